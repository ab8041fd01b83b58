"""What verkosto.ttl says, read once: the triples to publish and the superclasses of each class."""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from pyoxigraph import BlankNode, NamedNode, RdfFormat, Triple, parse

from ontology.errors import OntologyError
from ontology.terms import RDFS

ONTOLOGY_IRI = "https://w3id.org/verkosto"
LICENCE = "https://creativecommons.org/licenses/by/4.0/"
TITLE = {"fi": "Verkosto-ontologia", "sv": "Verkostos ontologi", "en": "Verkosto ontology"}


def turtle() -> bytes:
    """The ontology file as it is published."""
    return (files("ontology") / "verkosto.ttl").read_bytes()


def shapes() -> bytes:
    """The structural SHACL shapes, in Turtle. They are served and used for validation, not part of the graph."""
    return (files("ontology") / "shapes.ttl").read_bytes()


@cache
def triples() -> tuple[Triple, ...]:
    """Everything verkosto.ttl states. Raises OntologyError if it is not Turtle or uses blank nodes."""
    try:
        found = tuple(quad.triple for quad in parse(turtle(), format=RdfFormat.TURTLE))
    except SyntaxError as error:
        raise OntologyError(f"ontology/verkosto.ttl is not Turtle: {error}. Mend that line.") from error
    if any(isinstance(term, BlankNode) for triple in found for term in (triple.subject, triple.object)):
        raise OntologyError("ontology/verkosto.ttl has blank nodes; give each node an IRI.")
    return found


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
