"""What the ontology files say, read once: the triples to publish, superclasses, and the code lists."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from ontology.errors import OntologyError
from ontology.terms import RDF, RDFS, SKOS

ONTOLOGY_IRI = "https://w3id.org/verkosto"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
TITLE = {"fi": "Verkosto-ontologia", "sv": "Verkostos ontologi", "en": "Verkosto ontology"}
FILES: Final = ("verkosto.ttl", "codes.ttl", "finland.ttl", "eu.ttl")
"""Terms, our own code lists, Finnish ones and the EU's; together they are the ontology graph."""


def turtle(name: str = FILES[0]) -> bytes:
    """An ontology file as it is published."""
    return (files("ontology") / name).read_bytes()


def shapes() -> bytes:
    """The structural SHACL shapes, in Turtle. They are served and used for validation, not part of the graph."""
    return (files("ontology") / "shapes.ttl").read_bytes()


@cache
def triples() -> tuple[Triple, ...]:
    """Everything the files state. Raises OntologyError if one is not Turtle or uses blank nodes."""
    found = tuple(triple for name in FILES for triple in _parse(name))
    if any(isinstance(term, BlankNode) for triple in found for term in (triple.subject, triple.object)):
        raise OntologyError("The ontology has blank nodes; give each node an IRI.")
    return found


def _parse(name: str) -> list[Triple]:
    try:
        return [quad.triple for quad in parse(turtle(name), format=RdfFormat.TURTLE)]
    except SyntaxError as error:
        raise OntologyError(f"ontology/{name} is not Turtle: {error}. Mend that line.") from error


@cache
def concepts(scheme: str) -> Mapping[str, str]:
    """The concepts of a code list: notation → IRI, in the order of the file.

    >>> concepts("https://w3id.org/verkosto#layers")["support"]
    'https://w3id.org/verkosto#layers-support'
    """
    notation = NamedNode(SKOS.notation)
    members = {concept for concept, of_scheme in links(SKOS.inScheme) if of_scheme == scheme}
    return {
        triple.object.value: triple.subject.value
        for triple in triples()
        if triple.predicate == notation
        and isinstance(triple.object, Literal)
        and isinstance(triple.subject, NamedNode)
        and triple.subject.value in members
    }


@cache
def registers() -> frozenset[str]:
    """The datatypes of identifiers, each of which tells the register that they are of.

    >>> "https://w3id.org/verkosto#businessId" in registers()
    True
    """
    return frozenset(iri for iri, kind in links(RDF.type) if kind == RDFS.Datatype)


@cache
def matches() -> Mapping[str, str]:
    """What is an exact match of what, both ways round: a register's code → the shared concept; an old IRI → the new.

    >>> matches()["https://w3id.org/verkosto#tprTargetGroups-ENTERPRISES"]
    'http://uri.suomi.fi/codelist/ptv/ptvkohderyhmat/code/KR2'
    """
    pairs = links(SKOS.exactMatch)
    known = {concept for concept, _ in links(SKOS.inScheme)}
    return {**dict(pairs), **{other: concept for concept, other in pairs if other not in known}}


@cache
def superclasses(class_iri: str) -> tuple[str, ...]:
    """The class itself and all classes above it, sorted.

    >>> superclasses("https://w3id.org/verkosto#City")[:2]
    ('http://data.europa.eu/m8g/PublicOrganisation', 'http://www.w3.org/ns/org#Organization')
    """
    found = {class_iri}
    waiting = [class_iri]
    while waiting:
        current = waiting.pop()
        for below, above in links(RDFS.subClassOf):
            if below == current and above not in found:
                found.add(above)
                waiting.append(above)
    return tuple(sorted(found))


@cache
def links(predicate: str) -> tuple[tuple[str, str], ...]:
    """What the files link by a property: pairs of subject and object, both IRIs, in the order of the files."""
    return tuple(
        (triple.subject.value, triple.object.value)
        for triple in triples()
        if triple.predicate.value == predicate
        and isinstance(triple.subject, NamedNode)
        and isinstance(triple.object, NamedNode)
    )


def label(iri: str, language: str) -> str | None:
    """What a term is called in a language.

    >>> label("https://w3id.org/verkosto#businessId", "sv")
    'FO-nummer'
    """
    return _labels().get((iri, language))


@cache
def _labels() -> Mapping[tuple[str, str | None], str]:
    return {(iri, language): text for iri, text, language in texts(RDFS.label)}


@cache
def texts(predicate: str) -> tuple[tuple[str, str, str | None], ...]:
    """The literals of a property: subject, text and language, in the order of the files."""
    return tuple(
        (triple.subject.value, triple.object.value, triple.object.language)
        for triple in triples()
        if triple.predicate.value == predicate
        and isinstance(triple.subject, NamedNode)
        and isinstance(triple.object, Literal)
    )
