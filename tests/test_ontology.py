"""The ontology says what the code writes, in three languages."""

import json
import re
from collections.abc import Iterable
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from pyoxigraph import DefaultGraph, Literal, NamedNode, RdfFormat, Triple, parse
from rdflib import Graph

from graph.release import Release
from graph.store import open_read_only
from loaders.build import build
from loaders.config import load
from loaders.extraction import extract
from loaders.source import Raw, fetch
from loaders.triples import SourceNames
from ontology import terms, vocabulary
from ontology.context import context
from ontology.identifiers import Identifiers
from ontology.terms import DCT, PREFIXES, RDF, RDFS

LANGUAGES = {"fi", "sv", "en"}
IS_DEFINED_BY = PREFIXES["rdfs"] + "isDefinedBy"


NAMED_ALIKE = {"program", "tema", "segment", "part", "layer", "roll", "data"}
"""Labels that two of the languages happen to share."""
TERMS = [quad.triple for quad in parse(vocabulary.turtle(), format=RdfFormat.TURTLE)]
CODES = [quad.triple for quad in parse(vocabulary.turtle("codes.ttl"), format=RdfFormat.TURTLE)]
FINLAND = [quad.triple for quad in parse(vocabulary.turtle("finland.ttl"), format=RdfFormat.TURTLE)]
MUNICIPALITIES = terms.VK.municipalities


def _subjects(triples: Iterable[Triple]) -> set[str]:
    return {triple.subject.value for triple in triples if isinstance(triple.subject, NamedNode)}


def _declared() -> set[str]:
    return _subjects(vocabulary.triples())


def _texts(triples: Iterable[Triple], predicate: str) -> dict[str, dict[str | None, str]]:
    """Subject → language → text."""
    found: dict[str, dict[str | None, str]] = {}
    for triple in triples:
        if triple.predicate == NamedNode(predicate) and isinstance(triple.object, Literal):
            texts = found.setdefault(triple.subject.value, {})  # type: ignore[union-attr]
            assert triple.object.language not in texts, f"{triple.subject} says {predicate} twice in one language"
            texts[triple.object.language] = triple.object.value
    return found


def _links(triples: Iterable[Triple], predicate: str) -> list[tuple[str, str]]:
    return [
        (triple.subject.value, triple.object.value)
        for triple in triples
        if triple.predicate == NamedNode(predicate)
        and isinstance(triple.subject, NamedNode)
        and isinstance(triple.object, NamedNode)
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


@pytest.mark.parametrize("iri", sorted(_subjects(TERMS) - {vocabulary.ONTOLOGY_IRI}))
def test_every_declared_term_has_one_label_a_language(iri: str) -> None:
    assert _texts(TERMS, RDFS.label)[iri].keys() == LANGUAGES


@pytest.mark.parametrize("iri", sorted(iri for iri in _subjects(TERMS) if iri.startswith(PREFIXES["vk"])))
def test_every_own_term_is_defined_in_three_languages_that_differ(iri: str) -> None:
    assert _texts(TERMS, RDFS.comment)[iri].keys() == LANGUAGES
    assert (iri, vocabulary.ONTOLOGY_IRI) in _links(TERMS, IS_DEFINED_BY)
    labels = list(_texts(TERMS, RDFS.label)[iri].values())
    assert len(set(labels)) == 3 or set(labels) & NAMED_ALIKE, labels
    assert len(set(_texts(TERMS, RDFS.comment)[iri].values())) == 3


def test_every_concept_of_our_code_lists_is_named_and_defined_in_three_languages() -> None:
    labels, definitions = _texts(CODES, RDFS.label), _texts(CODES, RDFS.comment)
    for iri in _subjects(CODES):
        assert labels[iri].keys() == definitions[iri].keys() == LANGUAGES, iri
        assert len(set(labels[iri].values())) > 1, iri


def test_finnish_codes_are_named_in_the_languages_they_have_names_in() -> None:
    """Municipalities have no English names of their own; the classifications have all three."""
    labels = _texts(FINLAND, RDFS.label)
    municipalities = set(vocabulary.concepts(MUNICIPALITIES).values())
    for iri in _subjects(FINLAND):
        assert labels[iri].keys() == ({"fi", "sv"} if iri in municipalities else LANGUAGES), iri


def test_the_finnish_lists_are_those_of_their_publishers(shared: Path) -> None:
    for scheme, name in (
        ("serviceClasses", "ServiceClasses"),
        ("targetGroups", "TargetGroups"),
        ("lifeEvents", "LifeEvents"),
    ):
        rows = json.loads((shared / "ptv" / "codes" / f"{name}.json").read_text(encoding="utf-8-sig"))
        assert set(vocabulary.concepts(PREFIXES["vk"] + scheme)) == {row["Notation"] for row in rows}
        labels = _texts(FINLAND, RDFS.label)
        for notation, iri in vocabulary.concepts(PREFIXES["vk"] + scheme).items():
            # The publisher gives the notation P7.12 to two classes.
            assert labels[iri]["fi"] in {row["Label"]["Fi"].strip() for row in rows if row["Notation"] == notation}
    rows = json.loads((shared / "ptv" / "codes" / "Municipality.json").read_text(encoding="utf-8-sig"))
    assert set(vocabulary.concepts(MUNICIPALITIES)) == {row["municipalityCode"] for row in rows}


def test_every_concept_is_in_a_scheme_and_every_scheme_has_a_top() -> None:
    triples = vocabulary.triples()
    types = _links(triples, RDF.type)
    concepts = {subject for subject, kind in types if kind == PREFIXES["skos"] + "Concept"}
    schemes = {subject for subject, kind in types if kind == PREFIXES["skos"] + "ConceptScheme"}
    member_of = _links(triples, terms.SKOS.inScheme)
    assert {subject for subject, _ in member_of} == concepts
    assert {scheme for _, scheme in member_of} <= schemes
    tops = {scheme for _, scheme in _links(triples, PREFIXES["skos"] + "topConceptOf")}
    # The themes are concepts of the bundled tables.
    assert schemes - tops == {terms.VK.themes}


def test_no_class_is_above_itself() -> None:
    below: dict[str, set[str]] = {}
    for subject, above in _links(vocabulary.triples(), RDFS.subClassOf):
        below.setdefault(subject, set()).add(above)
    tuple(TopologicalSorter(below).static_order())


def test_every_term_that_a_term_refers_to_is_declared() -> None:
    relations = ("subClassOf", "subPropertyOf", "domain", "range")
    for relation in relations:
        for subject, target in _links(TERMS, PREFIXES["rdfs"] + relation):
            assert target in _declared() or target.startswith(PREFIXES["xsd"]), f"{subject} {relation} {target}"


def _terms_of(statements: Iterable[str]) -> set[str]:
    """Properties, the things and classes they lead to, datatypes."""
    parts = [statement.split(" ", 2) for statement in statements]
    return {part[1].strip("<>") for part in parts} | {re.split(r"\^\^|\" ", part[2])[-1].strip("<>") for part in parts}


def test_every_own_term_is_used(release: Release, tmp_path: Path) -> None:
    """By the bundled graph, by the statements of a fixture, or as a class above one that is."""
    used: set[str] = set()
    for quad in parse(path=str(release.dumps / "verkosto.nq"), format=RdfFormat.N_QUADS):
        if quad.graph_name != NamedNode(f"{release.manifest.base}/id/graph/ontology"):
            used |= {quad.predicate.value, str(getattr(quad.object, "value", ""))}
            used |= {quad.object.datatype.value} if isinstance(quad.object, Literal) else set()
    for case in (Path(__file__).parent / "cases" / "tables").iterdir():
        names = SourceNames(Identifiers("https://example.org"), "case")
        said = extract("tables", fetch(case, (".csv",)), names, tmp_path / case.name).statements
        used |= _terms_of(said)
    for case in REGISTER_CASES:
        files = {path.name: path for path in case.glob("*.json") if path.name != "report.json"}
        said = extract(
            case.parent.name,
            Raw(files),
            SourceNames(Identifiers("https://example.org"), "case"),
            tmp_path / case.parent.name / case.name,
        ).statements
        used |= _terms_of(said)
    cases = Path(__file__).parent / "cases"
    networks = [(loader, case) for loader in ("cordis", "esif", "kohesio") for case in (cases / loader).iterdir()]
    for loader, path in [*networks, ("eurio", cases / "eurio" / "project" / "project.ttl")]:
        names = SourceNames(Identifiers("https://example.org"), "case")
        said = extract(loader, fetch(path, (".csv",)), names, tmp_path / loader / path.name).statements
        used |= _terms_of(said)
    links = build(load(cases / "who-is-who" / "build.toml"), tmp_path / "who-is-who").release
    used |= _terms_of(links.statements(f"{links.manifest.base}/id/graph/links"))
    in_code_lists = {triple.predicate.value for triple in CODES}
    own = {iri for iri in _subjects(TERMS) if iri.startswith(PREFIXES["vk"])}
    assert own - used - in_code_lists == set()


WITHOUT_A_MATCH = {
    "answersNeed",
    "customerSituation",
    "decision",
    "hasNeed",
    "provisionType",
    "remedy",
    "suggestedDecision",
    "themes",
}
"""Own terms that no public vocabulary has anything close to, and that no single place in a seed defines."""


@pytest.mark.parametrize("iri", sorted(iri for iri in _subjects(TERMS) if iri.startswith(PREFIXES["vk"])))
def test_every_own_term_is_related_to_a_reused_one_or_cites_the_seed_it_is_from(iri: str) -> None:
    """A place among our own terms counts if the term above has a relation; `prov:Entity` alone says nothing."""
    assert (iri in _related()) != (iri.removeprefix(PREFIXES["vk"]) in WITHOUT_A_MATCH)


def _related() -> set[str]:
    relations = ("closeMatch", "broadMatch", "narrowMatch", "relatedMatch")
    found = {subject for relation in relations for subject, _ in _links(TERMS, PREFIXES["skos"] + relation)}
    above = [*_links(TERMS, RDFS.subClassOf), *_links(TERMS, PREFIXES["rdfs"] + "subPropertyOf")]
    found |= {subject for subject, target in above if target != PREFIXES["prov"] + "Entity" and target not in found}
    found |= {subject for subject, target in above if target in found}
    found |= {subject for subject, _ in _links(TERMS, DCT.source)}
    return found | {subject for subject, _ in _links(TERMS, PREFIXES["owl"] + "disjointWith")}


REGISTER_CASES = [
    case
    for loader in ("tpr", "ptv-general-descriptions")
    for case in (Path(__file__).parent / "cases" / loader).iterdir()
]

OWN_DIVISIONS = {
    "contentStatuses", "descriptionTypes", "errandTypes", "organisationTypes", "tprLifeEvents", "tprTargetGroups",
    "channelTypes", "chargeTypes", "customerSituations", "decisions", "ecosystemRoles", "provisionTypes",
    "amountKinds", "funds", "moneySources", "projectStatuses", "recordMetrics", "roles",
    "serviceRoles", "standardisations",
}  # fmt: skip
"""Code lists that Verkosto made, or made one of several publishers' lists; their definitions say so."""


def test_every_concept_of_a_seed_and_every_term_of_one_leads_to_its_place_there(release: Release) -> None:
    store = open_read_only(release.store)
    cited = dict(_links([*TERMS, *CODES], DCT.source))
    for passage in set(cited.values()):
        assert list(store.quads_for_pattern(NamedNode(passage), NamedNode(DCT.isPartOf), None)), passage
    for concept, scheme in _links(CODES, terms.SKOS.inScheme):
        assert concept in cited or scheme.removeprefix(PREFIXES["vk"]) in OWN_DIVISIONS, concept


def test_what_the_graph_says_keeps_to_the_domains_and_ranges_of_own_terms(release: Release) -> None:
    store = open_read_only(release.store)
    triples = [quad.triple for quad in store if quad.graph_name == DefaultGraph()]
    types: dict[str, set[str]] = {}
    for subject, kind in _links(triples, RDF.type):
        types.setdefault(subject, set()).add(kind)
    for relation, pick in (("domain", 0), ("range", 1)):
        for term, kind in _links(TERMS, PREFIXES["rdfs"] + relation):
            if not kind.startswith(PREFIXES["xsd"]) and term.startswith(PREFIXES["vk"]):
                for pair in _links(triples, term):
                    assert kind in types[pair[pick]], f"{pair} and the {relation} of {term}"


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
        PREFIXES["foaf"] + "Agent",
    }


def test_the_json_ld_context_loses_nothing_on_the_way_there_and_back(release: Release) -> None:
    graph = Graph().parse(release.dumps / "verkosto.ttl")
    short = graph.serialize(format="json-ld", context=context(), auto_compact=False)
    assert json.loads(short)["@context"] == context()
    back = {quad.triple for quad in parse(short, format=RdfFormat.JSON_LD)}
    assert back == {quad.triple for quad in parse(path=str(release.dumps / "verkosto.ttl"))}


def test_the_context_has_a_short_name_for_every_declared_class_and_property() -> None:
    named = {
        (definition["@id"] if isinstance(definition, dict) else definition)
        for name, definition in context().items()
        if name not in PREFIXES
    }
    declared = {
        terms.compact(subject)
        for subject, kind in _links(vocabulary.triples(), RDF.type)
        if kind.startswith(PREFIXES["owl"]) and not kind.endswith("Ontology") and subject != RDF.type
    }
    assert named == declared


def test_every_own_term_and_code_list_stands_in_the_changelog_of_terms_once() -> None:
    page = (Path(__file__).parent.parent / "docs" / "terms.md").read_text(encoding="utf-8")
    listed = [name for section in page.split("\n## ")[1:] for name in re.findall(r"`(\w+)`", section)]
    schemes = {subject for subject, kind in _links(vocabulary.triples(), RDF.type) if kind.endswith("#ConceptScheme")}
    own = {iri for iri in _subjects(TERMS) | schemes if iri.startswith(PREFIXES["vk"])}
    assert sorted(listed) == sorted(iri.removeprefix(PREFIXES["vk"]) for iri in own)
    versions = re.findall(r"^## (\S+)", page, re.MULTILINE)
    stated = [triple.object.value for triple in TERMS if triple.predicate.value.endswith("versionInfo")]
    assert stated == versions[:1]
