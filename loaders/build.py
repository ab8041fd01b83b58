"""From a configuration to a published release: each source extracted, and all handed to assembly."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from graph import assembly
from graph.about import Publisher, unsaid
from graph.history import History
from graph.manifest import SourceEntry
from graph.progress import Progress, unseen
from graph.release import Release
from graph.releases import EXTRACTING, Releases
from graph.retention import prune
from loaders.config import LINKS_GRAPH, RESERVED, Config, ShapesConfig, SourceConfig
from loaders.errors import InvalidConfig, UnreadableSource
from loaders.extraction import extract, today
from loaders.identity import TITLE, link
from loaders.inputs import code, fetch_all, made_of, note
from loaders.report import Report
from loaders.source import Raw
from loaders.triples import SourceNames, graph_statements, publisher_statements, quality_statements
from ontology import vocabulary
from ontology.identifiers import Identifiers

ONTOLOGY_GRAPH, RELEASE_GRAPH, _ = RESERVED
ONTOLOGY_DESCRIPTION = {
    "fi": "Luokat, ominaisuudet ja koodistot, joilla muut graafit puhuvat.",
    "sv": "Klasserna, egenskaperna och kodlistorna som de andra graferna talar med.",
    "en": "The classes, properties and code lists that the other graphs speak in.",
}
RELEASE_TITLE = {
    "fi": "Tämän julkaisun laatu",
    "sv": "Kvaliteten på denna utgåva",
    "en": "The quality of this release",
}


@dataclass(frozen=True)
class Built:
    """What a build came to."""

    release: Release
    is_new: bool
    """False if the sources say what the current release says already."""
    reports: list[Report]
    deleted: Sequence[str] = ()
    """The ids of older releases that were deleted."""


def build(
    config: Config,
    data: Path,
    progress: Progress = unseen,
    is_full: bool = False,
    keep: int | None = None,
    is_patient: bool = False,
) -> Built:
    """Read all sources and publish what they say as one release: from scratch if `is_full`, else if that is quicker.

    keep: how many of the newest releases stay (`graph.retention.prune`); all, if that is None. What is too many already
    is deleted first, so that its space can be had.
    is_patient: whether to wait for another build to end (`Releases.lock`).
    Raises LoaderError or GraphError; then nothing has changed.
    """
    releases = Releases(data)
    with releases.lock(is_patient), TemporaryDirectory(dir=data, prefix=EXTRACTING) as workshop:
        deleted = [] if keep is None else prune(releases, keep)
        identifiers, previous = Identifiers(config.base), releases.previous()
        raws = fetch_all(config)
        read = partial(_source, identifiers, Path(workshop), previous, progress, is_full)
        found = [
            (None if is_full else _unchanged(identifiers, previous, source, raws[source.name]))
            or read(source, raws[source.name])
            for source in config.source
        ]
        found.append(_links(config, raws.get(LINKS_GRAPH), identifiers, found, previous))
        shapes = {shapes.name: _turtle(config, shapes) for shapes in config.shapes}
        about = config.about or unsaid(config.base)
        quality = _quality(identifiers, found, shapes, about.publisher)
        graphs: dict[str, Iterable[str]] = dict([_ontology(identifiers), quality])
        graphs.update({source.entry.graph: source.statements for source in found})
        content = assembly.Content(
            base=config.base,
            about=about,
            graphs=graphs,
            sources=[source.entry for source in found],
            raws=[source.raw for source in found],
            shapes=shapes,
            reports={source.entry.graph: source.account for source in found},
        )
        release, is_new = assembly.build(releases, content, progress, is_full)
        note(config, raws, data, release.id)
        deleted += [] if keep is None else prune(releases, keep)
        return Built(release, is_new, [source.report for source in found], deleted)


def _turtle(config: Config, shapes: ShapesConfig) -> bytes:
    path = config.directory / shapes.path
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidConfig(f"The shapes {path} can't be read ({error.strerror}); check the path.") from error


@dataclass(frozen=True)
class _Found:
    """A source, ready for assembly."""

    entry: SourceEntry
    statements: Iterable[str]
    raw: assembly.RawSource
    report: Report
    """What became of its records in this build."""
    account: dict[str, Any]
    """The report on what the graph holds, as JSON values: that of an earlier build, if the source was kept."""


def _ontology(identifiers: Identifiers) -> tuple[str, list[str]]:
    names = SourceNames(identifiers, ONTOLOGY_GRAPH)
    said = {str(triple) for triple in vocabulary.triples()}
    said.update(graph_statements(names, vocabulary.TITLE, vocabulary.LICENCE, description=ONTOLOGY_DESCRIPTION))
    return names.graph, sorted(said)


def _quality(
    identifiers: Identifiers, found: Sequence[_Found], shapes: Mapping[str, bytes], publisher: Publisher
) -> tuple[str, list[str]]:
    """The graph of measurements and of who publishes the graphs.

    It names the shapes that were run, so that other shapes make another release.
    """
    names = SourceNames(identifiers, RELEASE_GRAPH)
    said = set(graph_statements(names, RELEASE_TITLE, vocabulary.LICENCE, description=_description(shapes)))
    for source in found:
        said.update(quality_statements(names, SourceNames(identifiers, source.entry.name), source.account))
    graphs = [identifiers.graph(name) for name in (ONTOLOGY_GRAPH, RELEASE_GRAPH)]
    said.update(publisher_statements(names, [*graphs, *(source.entry.graph for source in found)], publisher))
    return names.graph, sorted(said)


def _description(shapes: Mapping[str, bytes]) -> dict[str, str]:
    run = ", ".join(f"{name} (SHA-256 {hashlib.sha256(turtle).hexdigest()[:12]})" for name, turtle in shapes.items())
    return {
        "fi": "Lähteistä luetut ja ladatut tietueet." + (f" Ajetut muodot: {run}." if run else ""),
        "sv": "Poster som lästs och laddats ur källorna." + (f" Former som körts: {run}." if run else ""),
        "en": "Records read and loaded from the sources." + (f" Shapes run: {run}." if run else ""),
    }


def _unchanged(identifiers: Identifiers, previous: Release | None, source: SourceConfig, raw: Raw) -> _Found | None:
    """The source as it is in the current release, if it is made of the same; reading it again would change nothing."""
    names = SourceNames(identifiers, source.name)
    entry = _entry_of(previous, source)
    if previous is None or entry is None or entry.made_of != made_of(identifiers.base, source, raw):
        return None
    if not previous.is_whole([f"graphs/{source.name}.nq", f"raw/{source.name}.places", "report.json"]):
        return None
    account = _account_of(previous, source.name)
    if account["kept"]:
        # That release has the graph of an earlier one, and says so; it would not be true any more.
        return None
    kept = _raw_source(entry, raw, previous.raw.places(source.name), sorted(previous.raw.valid(source.name)))
    return _Found(entry, previous.statements(names.graph), kept, Report.of(account), account)


def _raw_source(entry: SourceEntry, raw: Raw, places: Iterable[str], valid: Iterable[str] = ()) -> assembly.RawSource:
    files = {digest: partial(raw.open, name) for name, digest in entry.files.items()}
    return assembly.RawSource(entry.name, files, places, valid)


def _entry_of(previous: Release | None, source: SourceConfig) -> SourceEntry | None:
    entries = () if previous is None else previous.manifest.sources
    return next((entry for entry in entries if entry.name == source.name), None)


def _account_of(release: Release, source: str) -> dict[str, Any]:
    """The report on a source that a release keeps, without how it differed from the release before that."""
    kept = next(found for found in release.report["sources"] if found["source"] == source)
    return {key: value for key, value in kept.items() if key not in ("added", "removed")}


def _source(
    identifiers: Identifiers,
    workshop: Path,
    previous: Release | None,
    progress: Progress,
    is_full: bool,
    source: SourceConfig,
    raw: Raw,
) -> _Found:
    """What a source says; what it said before, if too many of its records can't be used now."""
    names = SourceNames(identifiers, source.name)
    history = History(previous, source.date or today())
    known = frozenset[str]() if is_full else _valid_before(previous, source)
    found = extract(source.loader, raw, names, workshop / source.name, history, progress, known)
    report = found.report
    kept = _kept(source, names, report, previous)
    if kept is not None:
        return kept
    if not report.loaded:
        raise UnreadableSource(f"{source.name} has no record that can be loaded, so nothing was published.")
    about = graph_statements(names, source.title, source.licence, source.municipality, source.description)
    found.statements.add(about)
    report.triples = len(found.statements)
    entry = _entry(source, raw, names, report)
    raw_source = _raw_source(entry, raw, found.places, found.valid)
    return _Found(entry, found.statements, raw_source, report, report.as_json())


def _valid_before(previous: Release | None, source: SourceConfig) -> frozenset[str]:
    """What the records of a source said that were valid in the previous release, if the same code found that."""
    entry = _entry_of(previous, source)
    is_known = previous is not None and entry is not None and entry.code == code()
    if not is_known or previous is None or not previous.is_whole([f"raw/{source.name}.valid"]):
        return frozenset()
    return previous.raw.valid(source.name)


def _links(
    config: Config, table: Raw | None, identifiers: Identifiers, found: Iterable[_Found], previous: Release | None
) -> _Found:
    """Who is who across the sources, as if it were one more."""
    names = SourceNames(identifiers, LINKS_GRAPH)
    linked = link(names, {source.entry.name: source.statements for source in found}, table, History(previous, today()))
    raw, report = table or Raw({}), linked.report
    entry = SourceEntry(
        name=LINKS_GRAPH,
        loader="decisions",
        graph=names.graph,
        title=TITLE,
        licence=vocabulary.LICENCE,
        files=raw.digests(),
        read=report.read,
        loaded=report.loaded,
        skipped=len(report.skipped),
        seconds=round(report.seconds, 3),
    )
    return _Found(entry, linked.statements, _raw_source(entry, raw, linked.places), report, report.as_json())


def _kept(source: SourceConfig, names: SourceNames, report: Report, previous: Release | None) -> _Found | None:
    """The source as it is in the current release, if it was read too badly this time and is there already."""
    share = len(report.skipped) / max(report.read, 1)
    entry = _entry_of(previous, source)
    if previous is None or entry is None:
        if share > source.max_skipped:
            report.warn(
                f"{share:.0%} of the records can't be used, and there is no earlier graph of this source to keep."
            )
        return None
    if share > source.max_skipped:
        cause = f"{share:.0%} of the records can't be used, more than {source.max_skipped:.0%}"
    elif report.loaded < (1 - source.max_skipped) * entry.loaded:
        share = 1 - report.loaded / entry.loaded
        cause = (
            f"{report.loaded} of {entry.loaded} records are left, so {share:.0%} would go, more than "
            f"{source.max_skipped:.0%}"
        )
    else:
        return None
    report.kept = True
    report.warn(
        f"{cause}: the graph of this source stays as it is in release {previous.id}. Mend the source; if this is "
        f"meant, set max_skipped = {ceil(share * 100) / 100:g} for the source in the configuration and build again."
    )
    attempt = {key: value for key, value in report.as_json().items() if key in ("read", "skipped", "dropped")}
    account = {**_account_of(previous, source.name), "kept": True, "warnings": report.warnings, "attempt": attempt}
    report.triples = previous.manifest.counts.graphs[names.graph]
    files = {digest: partial(previous.raw.open, digest) for digest in entry.files.values()}
    raw = assembly.RawSource(
        source.name, files, previous.raw.places(source.name), sorted(previous.raw.valid(source.name))
    )
    return _Found(entry, previous.statements(names.graph), raw, report, account)


def _entry(source: SourceConfig, raw: Raw, names: SourceNames, report: Report) -> SourceEntry:
    return SourceEntry(
        name=source.name,
        loader=source.loader,
        graph=names.graph,
        title=source.title,
        licence=source.licence,
        files=raw.digests(),
        read=report.read,
        loaded=report.loaded,
        skipped=len(report.skipped),
        municipality=source.municipality,
        page=source.page,
        attribution=source.attribution,
        seconds=round(report.seconds, 3),
        code=code(),
        made_of=made_of(names.identifiers.base, source, raw),
    )
