"""From a configuration to a published release: each source read, said in RDF, validated, and handed to assembly."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from graph import assembly
from graph.manifest import SourceEntry
from graph.release import Release
from graph.releases import Releases
from graph.validation import violations
from loaders import registry
from loaders.config import Config, SourceConfig
from loaders.errors import UnreadableSource
from loaders.inputs import fetch_all, note
from loaders.records import Record
from loaders.report import Report
from loaders.source import Raw
from loaders.triples import SourceNames, graph_statements, statements
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
    with releases.lock():
        identifiers = Identifiers(config.base)
        ontology = SourceNames(identifiers, ONTOLOGY_GRAPH)
        graphs = {
            ontology.graph: [
                *(str(triple) for triple in vocabulary.triples()),
                *graph_statements(ontology, vocabulary.TITLE, vocabulary.LICENCE),
            ]
        }
        raws = fetch_all(config)
        entries, reports = [], []
        for source in config.source:
            raw = raws[source.name]
            names = SourceNames(identifiers, source.name)
            said, report = load(source.loader, raw, names)
            if not report.loaded:
                raise UnreadableSource(f"{source.name} has no record that can be loaded, so nothing was published.")
            graphs[names.graph] = [*said, *graph_statements(names, source.title, source.licence)]
            report.triples = len(graphs[names.graph])
            entries.append(_entry(source, raw, names, report))
            reports.append(report)
        release, is_new = assembly.build(releases, assembly.Content(config.base, graphs, entries))
        note(config, raws, data, release.id)
        return Built(release, is_new, reports)


def load(loader: str, raw: Raw, names: SourceNames) -> tuple[list[str], Report]:
    """What one source says, as statements, and the report on its records. Publishes nothing.

    Raises UnreadableSource if a file is broken.
    """
    report = Report(names.source)
    records = list(registry.find(loader).read(raw, report))
    valid = _valid({names.iri(record.entry.ref): record for record in records}, names, report)
    said = sorted({statement for found in valid for statement in found})
    report.loaded, report.triples = len(valid), len(said)
    return said, report


def _valid(records: Mapping[str, Record], names: SourceNames, report: Report) -> list[list[str]]:
    """The statements of the records that keep to the shapes; what refers to a record left out is left out too."""
    said = {iri: statements(record, names) for iri, record in records.items()}
    cause = ""
    while found := violations(statement for lines in said.values() for statement in lines):
        broken: dict[str, list[str]] = {}
        for violation in found:
            broken.setdefault(violation.node, []).append(violation.message)
        for iri, messages in broken.items():
            entry = records[iri].entry
            report.skip(f"{entry.place}/{entry.ref.native_id}", cause + "; ".join(dict.fromkeys(messages)))
            del said[iri]
        # What breaks a shape only now does so because of what was just left out.
        cause = "it refers to a record that was left out: "
    return list(said.values())


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
