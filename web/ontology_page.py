"""What the ontology page shows: own classes with their diagrams, own properties, and the code lists."""

from dataclasses import dataclass

from graph.knowledge import Description, KnowledgeGraph, Label, Link, Text
from ontology import vocabulary
from ontology.terms import DCT, PREFIXES, RDF, RDFS

_OWN = PREFIXES["vk"]
_OWL = PREFIXES["owl"]
_LINKS_SHOWN = 10
_DOMAIN, _RANGE = f"{PREFIXES['rdfs']}domain", f"{PREFIXES['rdfs']}range"


@dataclass(frozen=True)
class Arrow:
    """A property that leads from a class to another one, or to a value (then `target` is None)."""

    property: Link
    target: Link | None


@dataclass(frozen=True)
class Term:
    """A class or property of our own: its local name, what is said of it, and the arrows that start at it."""

    local: str
    description: Description
    arrows: tuple[Arrow, ...] = ()


@dataclass(frozen=True)
class CodeList:
    """A concept scheme: its concepts (notation, thing, definitions), and the places in sources that they are from."""

    local: str
    scheme: Link
    definitions: Label
    concepts: tuple[tuple[str, Link, Label], ...]
    sources: tuple[Link, ...]


@dataclass(frozen=True)
class OntologyPage:
    """All of it, each part sorted by local name."""

    classes: tuple[Term, ...]
    properties: tuple[Term, ...]
    code_lists: tuple[CodeList, ...]


def ontology_page(graph: KnowledgeGraph) -> OntologyPage:
    """The page of a release."""
    return OntologyPage(
        classes=tuple(_term(graph, iri, _arrows(graph, iri)) for iri in _own(f"{_OWL}Class")),
        properties=tuple(
            _term(graph, iri, ()) for kind in ("ObjectProperty", "DatatypeProperty") for iri in _own(_OWL + kind)
        ),
        code_lists=tuple(_code_list(graph, iri) for iri in _own(f"{PREFIXES['skos']}ConceptScheme")),
    )


def _own(kind: str) -> list[str]:
    return sorted(
        subject for subject, target in vocabulary.links(RDF.type) if target == kind and subject.startswith(_OWN)
    )


def _term(graph: KnowledgeGraph, iri: str, arrows: tuple[Arrow, ...]) -> Term:
    described = graph.describe(iri, most=_LINKS_SHOWN)
    return Term(iri.removeprefix(_OWN), described or Description(iri, (), (), (), (), (), ()), arrows)


def _arrows(graph: KnowledgeGraph, class_iri: str) -> tuple[Arrow, ...]:
    ranges = dict(vocabulary.links(_RANGE))
    starting = sorted(subject for subject, target in vocabulary.links(_DOMAIN) if target == class_iri)
    return tuple(Arrow(graph.link(iri), _target(graph, ranges.get(iri))) for iri in starting)


def _target(graph: KnowledgeGraph, iri: str | None) -> Link | None:
    return None if iri is None or iri.startswith(PREFIXES["xsd"]) else graph.link(iri)


def _code_list(graph: KnowledgeGraph, scheme: str) -> CodeList:
    concepts = vocabulary.concepts(scheme).items()
    cited = dict(vocabulary.links(DCT.source))
    return CodeList(
        local=scheme.removeprefix(_OWN),
        scheme=graph.link(scheme),
        definitions=_definitions(graph, scheme),
        concepts=tuple((notation, graph.link(iri), _definitions(graph, iri)) for notation, iri in concepts),
        sources=tuple(graph.link(place) for place in sorted({cited[iri] for _, iri in concepts if iri in cited})),
    )


def _definitions(graph: KnowledgeGraph, iri: str) -> tuple[Text, ...]:
    described = graph.describe(iri, most=0)
    facts = described.facts if described else ()
    return next((fact.texts for fact in facts if fact.property.iri == RDFS.comment), ())
