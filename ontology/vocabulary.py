"""What the ontology files say, read once: the triples to publish, superclasses, and the code lists."""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from ontology.errors import OntologyError
from ontology.terms import RDFS, SKOS

ONTOLOGY_IRI = "https://w3id.org/verkosto"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
TITLE = {"fi": "Verkosto-ontologia", "sv": "Verkostos ontologi", "en": "Verkosto ontology"}
FILES: Final = ("verkosto.ttl", "codes.ttl", "finland.ttl")
"""Terms, our own code lists, and Finnish ones; together they are the ontology graph."""


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
    in_scheme, notation = NamedNode(SKOS.inScheme), NamedNode(SKOS.notation)
    members = {
        triple.subject for triple in triples() if triple.predicate == in_scheme and triple.object == NamedNode(scheme)
    }
    return {
        triple.object.value: triple.subject.value
        for triple in triples()
        if triple.predicate == notation
        and triple.subject in members
        and isinstance(triple.object, Literal)
        and isinstance(triple.subject, NamedNode)
    }


@cache
def superclasses(class_iri: str) -> tuple[str, ...]:
    """The class itself and all classes above it, sorted.

    >>> superclasses("https://w3id.org/verkosto#City")[:2]
    ('http://data.europa.eu/m8g/PublicOrganisation', 'http://www.w3.org/ns/org#Organization')
    """
    found = {class_iri}
    waiting = [class_iri]
    while waiting:
        for above in _direct_superclasses(waiting.pop()):
            if above not in found:
                found.add(above)
                waiting.append(above)
    return tuple(sorted(found))


def _direct_superclasses(class_iri: str) -> Iterable[str]:
    below, relation = NamedNode(class_iri), NamedNode(RDFS.subClassOf)
    return [
        triple.object.value
        for triple in triples()
        if triple.subject == below and triple.predicate == relation and isinstance(triple.object, NamedNode)
    ]
