"""EU projects in EURIO: a fixture of ours, and BIG-MAP's graph against a recount with rdflib."""

import json
import re
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import QuerySolution, QuerySolutions, Store
from rdflib import OWL, RDF, RDFS, SKOS, Graph, Literal, Namespace
from rdflib.compare import isomorphic
from starlette.testclient import TestClient

from graph.releases import Releases
from graph.store import open_read_only
from loaders.build import build
from loaders.config import load
from loaders.errors import LoaderError
from loaders.extraction import extract
from loaders.source import Raw, fetch
from loaders.triples import SourceNames
from ontology.identifiers import Identifiers
from ontology.terms import PREFIXES
from sparql.limits import Limits
from sparql.named import named_queries
from web.app import create_app

CASE = Path(__file__).parent / "cases" / "eurio" / "project"
Ask = Callable[..., list[dict[str, str]]]
NAMES = SourceNames(Identifiers("https://example.org"), "case")
EURIO = Namespace("http://data.europa.eu/s66#")
BIGMAP = Namespace("https://w3id.org/big-map/resource#")
WORK_PACKAGE = "https://w3id.org/emmo/domain/datamanagement#datamanagement_0a817093_49a9_4762_9eea_7f79a0fcc16b"


def test_a_project_and_all_that_belongs_to_it_become_what_their_case_expects(tmp_path: Path) -> None:
    found = extract("eurio", fetch(CASE / "project.ttl", (".ttl",)), NAMES, tmp_path)
    expected = json.loads((CASE / "report.json").read_text(encoding="utf-8"))
    report = found.report.as_json()
    assert {key: report[key] for key in expected} == expected
    said = "".join(f"{line} .\n" for line in found.statements if "#since>" not in line)
    assert isomorphic(Graph().parse(data=said, format="nt"), Graph().parse(CASE / "expected.ttl"))


def test_the_order_and_the_format_of_a_file_change_nothing_that_is_said(tmp_path: Path) -> None:
    def said(name: str, content: bytes) -> set[str]:
        found = extract("eurio", Raw({name: content}), NAMES, tmp_path / name)
        # The file has another name, and so have the records' places.
        return {line for line in found.statements if "#inFile>" not in line}

    turtle = (CASE / "project.ttl").read_bytes()
    graph = Graph().parse(data=turtle, format="turtle")
    lines = sorted(graph.serialize(format="nt").splitlines(), reverse=True)
    xml = graph.serialize(format="xml").encode()
    assert said("a.ttl", turtle) == said("b.nt", "\n".join(lines).encode()) == said("c.rdf", xml)


def test_a_file_that_is_no_rdf_or_speaks_of_no_project_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LoaderError, match=r"a\.ttl can't be read as RDF: .*line 1"):
        extract("eurio", Raw({"a.ttl": b"<a> <b"}), NAMES, tmp_path / "1")
    with pytest.raises(LoaderError, match="no s66:Project is described"):
        extract("eurio", Raw({"a.ttl": b"<http://a.b/c> a <http://a.b/d> ."}), NAMES, tmp_path / "2")


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.integers(0, 200), max_size=30))
def test_a_graph_that_lacks_statements_is_read_or_refused_and_every_record_accounted_for(missing: list[int]) -> None:
    lines = sorted(Graph().parse(CASE / "project.ttl").serialize(format="nt").splitlines())
    left = "\n".join(line for number, line in enumerate(lines) if number not in missing)
    with TemporaryDirectory() as workshop:
        try:
            report = extract("eurio", Raw({"a.nt": left.encode()}), NAMES, Path(workshop)).report
        except LoaderError:
            return
    assert report.read == report.loaded + len(report.skipped)


def test_a_role_without_days_gets_none_from_its_project(tmp_path: Path) -> None:
    lines = list(extract("eurio", fetch(CASE / "project.ttl", (".ttl",)), NAMES, tmp_path).statements)
    days = {line.split(" ")[0].rpartition("/")[2] for line in lines if "Date>" in line and "/participation/" in line}
    assert days == {"case-role1>"}


@pytest.fixture(scope="module")
def raw_graph(shared: Path) -> Graph:
    """BIG-MAP's graph as rdflib reads it."""
    return Graph().parse(shared / "eurio" / "bigmap-project.ttl")


@pytest.fixture(scope="module")
def store(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The store of a release of BIG-MAP's graph."""
    return _store(shared / "eurio" / "bigmap-project.ttl", tmp_path_factory.mktemp("eurio"))


def _store(source: Path, work: Path) -> Store:
    (work / "build.toml").write_text(
        'base = "https://example.org"\n[[source]]\nname = "eurio"\nloader = "eurio"\n'
        f'path = "{source}"\nlicence = "https://creativecommons.org/licenses/by/4.0/"\ntitle = {{ en = "Project" }}\n',
        encoding="utf-8",
    )
    return open_read_only(build(load(work / "build.toml"), work / "data").release.store)


def _rows(store: Store, query: str) -> list[QuerySolution]:
    answer = store.query(query, prefixes=PREFIXES)
    assert isinstance(answer, QuerySolutions)
    return list(answer)


def test_every_role_of_big_map_is_there_with_its_days_and_its_organisation(store: Store, raw_graph: Graph) -> None:
    found = _rows(
        store,
        "SELECT ?n ?r ?s ?e { ?role vk:participatesIn [ a s66:Project ] ; vk:participant/rdfs:label ?n ;"
        " vk:role/skos:notation ?r ; schema:startDate ?s ; schema:endDate ?e }",
    )
    assert Counter(row["r"].value for row in found) == {"participant": 34, "third-party": 3, "coordinator": 1}
    words = {"thirdParty": "third-party"}
    expected: Counter[tuple[str, ...]] = Counter()
    for role in raw_graph.subjects(RDF.type, EURIO.OrganisationRole):
        word = str(raw_graph.value(role, EURIO.roleLabel))
        name = str(raw_graph.value(role, RDFS.label)).removeprefix("Org: ").partition("/ Role: ")[0]
        days = (str(raw_graph.value(role, day)) for day in (EURIO.startDate, EURIO.endDate))
        expected[(name, words.get(word, word), *days)] += 1
    assert Counter((row["n"].value, row["r"].value, row["s"].value, row["e"].value) for row in found) == expected


def test_no_payment_of_big_map_has_a_value_and_none_is_made_up(shared: Path, raw_graph: Graph, tmp_path: Path) -> None:
    """Each of the 38 roles has a payment that the file names and does not describe; the one amount is the project's."""
    links = set(raw_graph.subject_objects(EURIO.isRecipientOf))
    described = {payment for _, payment in links if raw_graph.value(payment, EURIO.hasPaymentAmount) is not None}
    assert (len(links), len({payment for _, payment in links}), described) == (38, 38, set())
    found = extract("eurio", fetch(shared / "eurio" / "bigmap-project.ttl", (".ttl",)), NAMES, tmp_path)
    noted = found.report.as_json()["noted"]
    assert [(note["what"], note["count"]) for note in noted] == [
        ("roles: isRecipientOf: the value of a payment is not in the file", 38)
    ]
    assert [line for line in found.statements if "amountOf> " in line and "/participation/" in line] == []


def test_payments_with_a_value_become_money_of_their_roles(raw_graph: Graph, tmp_path: Path) -> None:
    """BIG-MAP's graph with amounts of ours on every other payment; summed by rdflib and by SPARQL."""
    graph = Graph() + raw_graph
    payments = sorted(set(raw_graph.objects(None, EURIO.isRecipientOf)), key=str)
    for number, payment in enumerate(payments[::2], start=1):
        money = EURIO[f"test-{number}"]
        graph.add((payment, EURIO.hasPaymentAmount, money))
        graph.add((money, EURIO.value, Literal(Decimal(f"{number}000.5"))))
        graph.add((money, EURIO.currency, Literal("EUR")))
    source = tmp_path / "paid.nt"
    graph.serialize(source, format="nt", encoding="utf-8")
    found = _rows(
        _store(source, tmp_path),
        "SELECT ?role ?value { ?a vk:amountOf ?r ; vk:amountKind/skos:notation 'paid' ; s66:value ?value ;"
        " s66:currency 'EUR' . ?r a vk:ProjectRole ; dct:identifier ?role }",
    )
    expected = {}
    for role, received in graph.subject_objects(EURIO.isRecipientOf):
        for amount in graph.objects(received, EURIO.hasPaymentAmount):
            known_as = str(graph.value(role, OWL.equivalentClass) or role)
            expected[re.split("[#/]", known_as)[-1]] = Decimal(str(graph.value(amount, EURIO.value)))
    assert {row["role"].value: Decimal(row["value"].value) for row in found} == expected
    assert len(expected) == len(found) == 19


def test_work_packages_tasks_and_results_are_as_many_as_in_the_file(store: Store, raw_graph: Graph) -> None:
    counted = {
        name: int(_rows(store, f"SELECT (COUNT(DISTINCT ?x) AS ?n) {{ {pattern} }}")[0]["n"].value)
        for name, pattern in {
            "packages": "?x a vk:WorkPackage ; dct:isPartOf [ a s66:Project ]",
            "tasks": "?x a vk:Task ; dct:isPartOf [ a vk:WorkPackage ]",
            "deliverables": "?x a s66:ProjectDeliverable",
            "of packages": "?x a s66:ProjectDeliverable ; s66:isResultOf [ a vk:WorkPackage ]",
            "publications": "?x a s66:ProjectPublication",
            "results": "?x a s66:Result",
        }.items()
    }
    assert counted == {
        "packages": 11, "tasks": 53, "deliverables": 28, "of packages": 28, "publications": 26, "results": 69
    }  # fmt: skip
    assert counted["results"] == len(set(raw_graph.subjects(RDF.type, EURIO.Result)))
    assert counted["tasks"] == len(set(raw_graph.subjects(EURIO.isDivisionOf)))
    assert counted["packages"] == len(set(raw_graph.objects(None, BIGMAP.hasWorkPackage)))


def test_no_author_is_named(store: Store, raw_graph: Graph) -> None:
    authors = {name for text in raw_graph.objects(None, EURIO.author) for name in str(text).split(", ") if " " in name}
    texts = " ".join(row["o"].value for row in _rows(store, "SELECT DISTINCT ?o { ?s ?p ?o FILTER isLiteral(?o) }"))
    assert len(authors) > 50 and not [name for name in authors if name in texts]


def test_question_17_what_organisations_led_and_which_deliverables_came_of_it(
    store: Store, raw_graph: Graph, ask: Ask
) -> None:
    found = Counter(_answers(store, ask))
    expected: Counter[tuple[str | None, ...]] = Counter()
    packages = set(raw_graph.objects(None, BIGMAP.hasWorkPackage))
    deliverables = set(raw_graph.subjects(RDF.type, EURIO.ProjectDeliverable))
    for led, role in raw_graph.subject_objects(BIGMAP.hasLeadPartner):
        name = str(raw_graph.value(role, RDFS.label)).removeprefix("Org: ").partition("/ Role: ")[0]
        title = str(raw_graph.value(led, EURIO.title))
        for package in set(raw_graph.objects(led, EURIO.isResultOf)) & packages:
            codes: list[str | None] = [
                str(raw_graph.value(one, SKOS.altLabel) or raw_graph.value(one, SKOS.prefLabel))
                for one in set(raw_graph.subjects(EURIO.isResultOf, led)) & deliverables
            ]
            for code in codes or [None]:
                expected[(name, title, str(raw_graph.value(package, SKOS.prefLabel)), code)] += 1
    assert sum(expected.values()) > 40 and found == expected


def test_the_page_of_a_project_shows_its_roles_and_names_without_a_language_as_they_are(
    tmp_path: Path, limits: Limits
) -> None:
    _store(CASE / "project.ttl", tmp_path)
    release = Releases(tmp_path / "data").current()
    with TestClient(create_app(release, limits)) as client:
        page = client.get("/sv/project/eurio-p-1").text
    found = re.findall(r"<tr>(<th scope=.row.>.*?)</tr>", page, re.DOTALL)
    rows = [re.sub(r"<[^>]+>", " ", row).split() for row in found]
    assert ["Valaisin", "Oy", "koordinator", "2019-03-01", "–"] in rows
    assert ["GÅRDSLJUS", "AB", "tredje", "part", "–", "–"] in rows and "und" not in page


def test_question_17_tells_the_lead_of_a_work_package_where_one_is_named(tmp_path: Path, ask: Ask) -> None:
    assert _answers(_store(CASE / "project.ttl", tmp_path), ask) == [
        ("GÅRDSLJUS AB", "WP1 Lamps", "WP1 Lamps", "D1.1"),
        ("Valaisin Oy", "A yard that is lit", "WP1 Lamps", "D1.1"),
        ("Valaisin Oy", "A yard that is lit", "WP2 Wires", "D1.1"),
    ]


def _answers(store: Store, ask: Ask) -> list[tuple[str | None, ...]]:
    rows = ask(store, "work-packages-and-deliverables-by-lead")
    columns = ("organisation", "led", "package", "deliverable")
    return [tuple(row[name] or None for name in columns) for row in rows]


def test_every_named_query_has_an_answer_of_this_release(store: Store, ask: Ask) -> None:
    for name in named_queries():
        ask(store, name, base="https://example.org")
