"""How records are said in RDF. The only module that writes domain triples."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import singledispatch

from graph.ntriples import iri, literal
from loaders.records import (
    Assessment,
    Date,
    Document,
    Organisation,
    Passage,
    Programme,
    Project,
    Record,
    Ref,
    Source,
    Texts,
    Theme,
    WorkPackage,
)
from ontology import vocabulary
from ontology.identifiers import Identifiers, Kind
from ontology.terms import DCAT, DCT, FOAF, PROV, RDF, RDFS, SKOS, VK, XSD

Said = Iterator[tuple[str, str]]
"""Pairs of a predicate's IRI and an object already written as a term."""

_DATATYPES = {4: XSD.gYear, 7: XSD.gYearMonth, 10: XSD.date}


@dataclass(frozen=True)
class SourceNames:
    """The IRIs of one source's things."""

    identifiers: Identifiers
    source: str

    def iri(self, ref: Ref) -> str:
        """The IRI of a thing this source describes."""
        return self.identifiers.iri(ref.kind, self.source, ref.native_id)

    def record(self, record: Record) -> str:
        """The IRI of the source record itself."""
        return self.identifiers.iri(Kind.RECORD, self.source, f"{record.entry.place}-{record.entry.ref.native_id}")

    @property
    def graph(self) -> str:
        """The named graph of this source."""
        return self.identifiers.graph(self.source)


def statements(record: Record, names: SourceNames) -> list[str]:
    """Everything a record says: about the thing, and about the source record it is derived from."""
    provenance = names.record(record)
    about = [*_common(record, names), *_own(record, names), (PROV.wasDerivedFrom, iri(provenance))]
    return [
        *_sentences(names.iri(record.entry.ref), [*_types(record.entry.ref.kind.class_iri), *about]),
        *_sentences(provenance, [*_types(VK.SourceRecord), *_provenance(record, names)]),
    ]


def graph_statements(names: SourceNames, title: Texts, licence: str) -> list[str]:
    """What is said of a source's named graph: that it is a dataset, its title and its licence."""
    said = [
        *_types(DCAT.Dataset),
        (DCT.identifier, literal(names.source)),
        (DCT.license, iri(licence)),
        *_texts(RDFS.label, title),
        *_texts(DCT.title, title),
    ]
    return list(_sentences(names.graph, said))


def _sentences(subject_iri: str, said: Iterable[tuple[str, str]]) -> Iterator[str]:
    subject = iri(subject_iri)
    return (f"{subject} <{predicate}> {value}" for predicate, value in said)


def _types(class_iri: str) -> Said:
    for above in vocabulary.superclasses(class_iri):
        yield RDF.type, iri(above)


def _texts(predicate: str, texts: Texts) -> Said:
    for language, text in texts.items():
        yield predicate, literal(text, language)


def _refs(predicate: str, refs: Iterable[Ref | None], names: SourceNames) -> Said:
    for ref in refs:
        if ref is not None:
            yield predicate, iri(names.iri(ref))


def _date(predicate: str, date: Date | None) -> Said:
    if date is not None:
        yield predicate, literal(date.text, datatype=_DATATYPES[len(date.text)])


def _strings(predicate: str, values: Iterable[str | None]) -> Said:
    for value in values:
        if value is not None:
            yield predicate, literal(value)


def _common(record: Record, names: SourceNames) -> Said:
    yield from _texts(RDFS.label, record.entry.label)
    yield from _texts(DCT.description, record.entry.description)
    yield DCT.identifier, literal(record.entry.ref.native_id)
    for language, name in record.entry.alternatives:
        yield SKOS.altLabel, literal(name, language)


def _provenance(record: Record, names: SourceNames) -> Said:
    yield RDFS.label, literal(f"{record.entry.place}: {record.entry.ref.native_id}")
    yield DCT.identifier, literal(record.entry.ref.native_id)
    yield DCT.isPartOf, iri(names.graph)
    yield from _refs(DCT.source, record.entry.passages, names)
    for column, value in record.entry.other:
        yield VK.otherColumn, literal(f"{column}: {value}")


@singledispatch
def _own(record: Record, names: SourceNames) -> Said:
    raise TypeError(f"no triples are defined for {type(record).__name__}")


@_own.register
def _(record: Source, names: SourceNames) -> Said:
    yield from _texts(DCT.title, record.entry.label)
    yield from _refs(DCT.creator, record.creators, names)
    yield from _date(DCT.issued, record.issued)


@_own.register
def _(record: Passage, names: SourceNames) -> Said:
    yield from _refs(DCT.isPartOf, [record.source], names)


@_own.register
def _(record: Organisation, names: SourceNames) -> Said:
    yield from _texts(SKOS.prefLabel, record.entry.label)
    yield from _strings(SKOS.notation, [record.code])
    for page in record.pages:
        yield FOAF.page, iri(page)


@_own.register
def _(record: Programme, names: SourceNames) -> Said:
    yield from _texts(DCT.title, record.entry.label)


@_own.register
def _(record: Project, names: SourceNames) -> Said:
    yield from _texts(DCT.title, record.entry.label)
    yield from _strings(SKOS.notation, [record.code])
    yield from _refs(DCT.isPartOf, [record.programme], names)


@_own.register
def _(record: WorkPackage, names: SourceNames) -> Said:
    yield from _texts(DCT.title, record.entry.label)
    yield from _strings(SKOS.notation, [record.code])
    yield from _refs(DCT.isPartOf, [record.project], names)


@_own.register
def _(record: Theme, names: SourceNames) -> Said:
    yield from _texts(SKOS.prefLabel, record.entry.label)
    yield from _strings(SKOS.notation, [record.code])
    yield SKOS.inScheme, iri(VK.themes)


@_own.register
def _(record: Document, names: SourceNames) -> Said:
    yield from _texts(DCT.title, record.entry.label)
    yield from _refs(VK.city, [record.city], names)
    yield from _refs(DCT.subject, record.themes, names)
    yield from _refs(PROV.wasGeneratedBy, record.work_packages, names)
    yield from _date(DCT.date, record.date)
    yield from _strings(DCT.format, [record.format])
    for page in record.pages:
        yield FOAF.page, iri(page)


@_own.register
def _(record: Assessment, names: SourceNames) -> Said:
    yield from _texts(DCT.title, record.entry.label)
    yield from _refs(VK.assesses, [record.document], names)
    yield from _refs(DCT.subject, record.themes, names)
    yield from _texts(VK.whyExemplary, record.why_exemplary)
    yield from _texts(VK.managementUse, record.management_use)
    yield from _texts(VK.companyBenefit, record.company_benefit)
