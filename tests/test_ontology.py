"""The ontology says what the code writes, in three languages."""

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from graph.release import Release
from ontology import terms, vocabulary
from ontology.terms import PREFIXES, RDF, RDFS

LANGUAGES = {"fi", "sv", "en"}
IS_DEFINED_BY = PREFIXES["rdfs"] + "isDefinedBy"


def _declared() -> set[str]:
    return {triple.subject.value for triple in vocabulary.triples() if isinstance(triple.subject, NamedNode)}


def _languages(iri: str, predicate: str) -> list[str | None]:
    return [
        triple.object.language
        for triple in vocabulary.triples()
        if triple.subject == NamedNode(iri)
        and triple.predicate == NamedNode(predicate)
        and isinstance(triple.object, Literal)
    ]


def _constants() -> dict[str, str]:
    """Every term that terms.py names, but datatypes, which RDF and XML Schema declare."""
    vocabularies = [value for name, value in vars(terms).items() if isinstance(value, type) and name != "XSD"]
    return {
        f"{owner.__name__}.{name}": iri
        for owner in vocabularies
        for name, iri in vars(owner).items()
        if isinstance(iri, str) and iri.startswith("http") and iri != RDF.langString
    }


@pytest.mark.parametrize("iri", sorted(_declared() - {vocabulary.ONTOLOGY_IRI}))
def test_every_declared_term_has_one_label_a_language(iri: str) -> None:
    assert sorted(map(str, _languages(iri, RDFS.label))) == sorted(LANGUAGES)


@pytest.mark.parametrize("iri", sorted(iri for iri in _declared() if iri.startswith(PREFIXES["vk"])))
def test_every_own_term_is_defined_in_three_languages(iri: str) -> None:
    assert sorted(map(str, _languages(iri, RDFS.comment))) == sorted(LANGUAGES)
    assert any(
        triple.subject == NamedNode(iri)
        and triple.predicate == NamedNode(IS_DEFINED_BY)
        and triple.object == NamedNode(vocabulary.ONTOLOGY_IRI)
        for triple in vocabulary.triples()
    )


@pytest.mark.parametrize(("name", "iri"), sorted(_constants().items()))
def test_every_term_that_code_names_is_declared(name: str, iri: str) -> None:
    assert iri in _declared()


def test_the_graph_holds_only_declared_terms(release: Release) -> None:
    written = set()
    for quad in parse(path=str(release.dumps / "verkosto.nq"), format=RdfFormat.N_QUADS):
        written.add(quad.predicate.value)
        if quad.predicate.value == RDF.type and isinstance(quad.object, NamedNode):
            written.add(quad.object.value)
    assert written <= _declared()


def test_the_shapes_speak_of_declared_terms_only() -> None:
    about = {PREFIXES["rdf"] + "langString"}
    for quad in parse(vocabulary.shapes(), format=RdfFormat.TURTLE):
        if quad.predicate.value.endswith(("#path", "#class", "#targetClass")) and isinstance(quad.object, NamedNode):
            about.add(quad.object.value)
    assert about - {PREFIXES["rdf"] + "langString"} <= _declared()


def test_superclasses_are_transitive_and_include_the_class() -> None:
    assert set(vocabulary.superclasses(terms.VK.City)) == {
        terms.VK.City,
        PREFIXES["cv"] + "PublicOrganisation",
        PREFIXES["org"] + "Organization",
        PREFIXES["prov"] + "Agent",
    }
