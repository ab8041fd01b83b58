"""From a configuration to a published release: each source extracted, and all handed to assembly."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from graph import assembly
from graph.manifest import SourceEntry
from graph.release import Release
from graph.releases import Releases
from graph.sorting import Sorter
from loaders.config import Config, SourceConfig
from loaders.errors import UnreadableSource
from loaders.extraction import extract
from loaders.inputs import fetch_all, note
from loaders.report import Report
from loaders.source import Raw
from loaders.triples import SourceNames, graph_statements
from ontology import vocabulary
from ontology.identifiers import Identifiers

ONTOLOGY_GRAPH = "ontology"


@dataclass(frozen=True)
class Built:
    """What a build came to."""

    release: Release
    is_new: bool
    """False if the sources say what the current release says already."""
    reports: list[Report]


def build(config: Config, data: Path) -> Built:
    """Read all sources and publish what they say as one release.

    Raises LoaderError or GraphError; then nothing has changed.
    """
    releases = Releases(data)
    with releases.lock(), TemporaryDirectory(dir=data, prefix="extracting-") as workshop:
        identifiers = Identifiers(config.base)
        graphs: dict[str, Iterable[str]] = dict([_ontology(identifiers)])
        raws = fetch_all(config)
        entries, reports = [], []
        for source in config.source:
            raw, names = raws[source.name], SourceNames(identifiers, source.name)
            said, report = _source(source, raw, names, Path(workshop) / source.name)
            graphs[names.graph] = said
            entries.append(_entry(source, raw, names, report))
            reports.append(report)
        release, is_new = assembly.build(releases, assembly.Content(config.base, graphs, entries))
        note(config, raws, data, release.id)
        return Built(release, is_new, reports)


def _ontology(identifiers: Identifiers) -> tuple[str, list[str]]:
    names = SourceNames(identifiers, ONTOLOGY_GRAPH)
    said = {str(triple) for triple in vocabulary.triples()}
    said.update(graph_statements(names, vocabulary.TITLE, vocabulary.LICENCE))
    return names.graph, sorted(said)


def _source(source: SourceConfig, raw: Raw, names: SourceNames, workshop: Path) -> tuple[Sorter, Report]:
    found = extract(source.loader, raw, names, workshop)
    if not found.report.loaded:
        raise UnreadableSource(f"{source.name} has no record that can be loaded, so nothing was published.")
    found.statements.add(graph_statements(names, source.title, source.licence))
    found.report.triples = len(found.statements)
    return found.statements, found.report


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
    )
