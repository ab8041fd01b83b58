"""From what sources say to the things of which it can be asked whether they are one (`graph.pairs.Party`)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from graph.pairs import MUNICIPALITY, Key, Party
from loaders.values import NAMED_ONLY
from ontology import vocabulary
from ontology.identifiers import Identifiers, Kind
from ontology.terms import ORG, PROV, RDFS, SCHEMA, SKOS, VK

_COMPARED: Final = (Kind.CITY, Kind.ORGANISATION, Kind.DEPARTMENT)
"""Kinds whose names are compared; of things that two sources describe, the first kind here stands for both."""
_KEYED: Final = (Kind.PROJECT, Kind.SERVICE_POINT)
"""Kinds that are one only where a key proves it."""
_KINDS: Final = (*_COMPARED, *_KEYED)
_NAMES: Final = (RDFS.label, SKOS.altLabel)
_ASKED: Final = (*_NAMES, ORG.identifier, SCHEMA.identifier, SKOS.notation, ORG.subOrganizationOf, PROV.wasDerivedFrom)


@dataclass
class _Described:
    source: str
    kind: Kind
    names: dict[str, None] = field(default_factory=dict)
    labels: dict[str, str] = field(default_factory=dict)
    keys: set[Key] = field(default_factory=set)
    above: str | None = None
    records: list[str] = field(default_factory=list)


def parties(identifiers: Identifiers, sources: Mapping[str, Iterable[str]]) -> list[Party]:
    """The organisations, projects and service points of all sources, those first that are to stand for others.

    `sources`: name → its statements (`graph.ntriples`), in the order of the configuration. A source that comes first
    stands for the others, and in it cities before organisations before departments.
    """
    found: dict[str, _Described] = {}
    for source, statements in sources.items():
        for triple in _asked(statements, identifiers):
            _note(found, source, triple, identifiers)
    order = {source: number for number, source in enumerate(sources)}
    described = sorted(found.items(), key=lambda pair: (order[pair[1].source], _KINDS.index(pair[1].kind), pair[0]))
    return [_party(iri, thing, identifiers) for iri, thing in described]


def _asked(statements: Iterable[str], identifiers: Identifiers) -> Iterator[Triple]:
    starts = tuple(f"<{identifiers.start(kind)}" for kind in _KINDS)
    properties = tuple(f"> <{predicate}> " for predicate in _ASKED)
    lines = (line for line in statements if line.startswith(starts) and any(name in line for name in properties))
    text = "".join(f"{line} .\n" for line in lines)
    return (quad.triple for quad in parse(text.encode(), format=RdfFormat.N_TRIPLES))


def _note(found: dict[str, _Described], source: str, triple: Triple, identifiers: Identifiers) -> None:
    subject, predicate, value = triple.subject, triple.predicate.value, triple.object
    kind = identifiers.kind(subject.value) if isinstance(subject, NamedNode) else None
    if kind is None or predicate not in _ASKED or not isinstance(subject, NamedNode):
        return
    thing = found.setdefault(subject.value, _Described(source, kind))
    match value:
        case Literal() if predicate in _NAMES:
            thing.names[value.value] = None
            if predicate == RDFS.label and value.language:
                thing.labels.setdefault(value.language, value.value)
        case Literal():
            thing.keys.update(_keys(kind, predicate, value))
        case NamedNode() if predicate == ORG.subOrganizationOf:
            thing.above = thing.above or value.value
        case NamedNode():
            thing.records.append(value.value)


def _keys(kind: Kind, predicate: str, value: Literal) -> Iterator[Key]:
    """The keys that an identifier is: one of a register whose identifiers prove, or a city's municipality code.

    The list of municipalities has their business ids, so that a city known by its code has one too.
    """
    if value.datatype.value in vocabulary.registers():
        yield Key(value.datatype.value, value.value)
    elif predicate == SKOS.notation and kind is Kind.CITY:
        yield Key(MUNICIPALITY, value.value)
        number = _business_ids().get(value.value)
        if number is not None:
            yield Key(VK.businessId, number)


def _party(iri: str, thing: _Described, identifiers: Identifiers) -> Party:
    native_id = identifiers.native_id(iri, thing.source)
    return Party(
        iri=iri,
        source=thing.source,
        names=tuple(thing.names),
        keys=frozenset(thing.keys),
        above=thing.above,
        is_only_named=NAMED_ONLY.fullmatch(native_id) is not None,
        is_compared=thing.kind in _COMPARED,
        records=tuple(thing.records),
        labels=thing.labels,
    )


@cache
def _business_ids() -> Mapping[str, str]:
    """Municipality code → business id."""
    codes = {iri: code for code, iri in vocabulary.concepts(VK.municipalities).items()}
    return {codes[iri]: number for iri, number, _ in vocabulary.texts(SCHEMA.identifier) if iri in codes}
