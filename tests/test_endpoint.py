"""/sparql keeps to the SPARQL 1.1 Protocol: three request forms, negotiated results, plain errors."""

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import QueryResultsFormat, RdfFormat, parse, parse_query_results
from starlette.testclient import TestClient

from sparql.accept import best, weight
from sparql.accept import parse as parse_accept

ROOT = Path(__file__).parent.parent
COUNT = "SELECT (COUNT(*) AS ?n) WHERE { ?s a <https://w3id.org/verkosto#City> }"
ASK = "ASK { ?s a <https://w3id.org/verkosto#City> }"
CONSTRUCT = "CONSTRUCT { ?s a <https://w3id.org/verkosto#City> } WHERE { ?s a <https://w3id.org/verkosto#City> }"
DESCRIBE = "DESCRIBE <https://w3id.org/verkosto/id/city/six-cities-091>"
FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"

RESULTS = {
    "application/sparql-results+json": QueryResultsFormat.JSON,
    "application/sparql-results+xml": QueryResultsFormat.XML,
    "text/csv": None,
    "text/tab-separated-values": QueryResultsFormat.TSV,
}
GRAPHS = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/ld+json": RdfFormat.JSON_LD,
}


def test_a_query_is_taken_in_each_of_the_three_forms(client: TestClient) -> None:
    answers = [
        client.get("/sparql", params={"query": COUNT}),
        client.post("/sparql", data={"query": COUNT}),
        client.post("/sparql", content=COUNT, headers={"Content-Type": QUERY}),
        client.post("/sparql", content=COUNT, headers={"Content-Type": f"{QUERY}; charset=UTF-8"}),
    ]
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["results"]["bindings"][0]["n"]["value"] for answer in answers} == {"6"}


@pytest.mark.parametrize("media_type", RESULTS)
def test_select_is_answered_in_the_form_that_is_asked_for(client: TestClient, media_type: str) -> None:
    answer = client.get("/sparql", params={"query": COUNT}, headers={"Accept": media_type})
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == media_type
    format_ = RESULTS[media_type]
    if format_ is None:
        assert answer.text == "n\r\n6\r\n"
    else:
        rows = parse_query_results(answer.content, format=format_)
        assert [row["n"].value for row in rows] == ["6"]  # type: ignore[union-attr]


@pytest.mark.parametrize("media_type", RESULTS)
def test_ask_is_answered_in_the_form_that_is_asked_for(client: TestClient, media_type: str) -> None:
    answer = client.get("/sparql", params={"query": ASK}, headers={"Accept": media_type})
    assert answer.status_code == 200
    assert "true" in answer.text


@pytest.mark.parametrize("query", [CONSTRUCT, DESCRIBE], ids=["construct", "describe"])
@pytest.mark.parametrize("media_type", GRAPHS)
def test_graphs_are_answered_in_the_form_that_is_asked_for(client: TestClient, media_type: str, query: str) -> None:
    answer = client.get("/sparql", params={"query": query}, headers={"Accept": media_type})
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == media_type
    found = {quad.triple for quad in parse(answer.content, format=GRAPHS[media_type])}
    plain = client.get("/sparql", params={"query": query}, headers={"Accept": "application/n-triples"})
    assert found == {quad.triple for quad in parse(plain.content, format=RdfFormat.N_TRIPLES)}
    assert len(found) >= 6


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("*/*", "application/sparql-results+json"),
        ("", "application/sparql-results+json"),
        ("text/csv;q=0.5, application/sparql-results+xml", "application/sparql-results+xml"),
        ("text/*;q=0.5, text/csv;q=0, */*;q=0.1", "text/tab-separated-values"),
        ("application/json", "application/json"),
        ("TEXT/CSV", "text/csv"),
        ("image/png, */*;q=0.1", "application/sparql-results+json"),
    ],
)
def test_accept_is_read_as_http_says(client: TestClient, accept: str, expected: str) -> None:
    answer = client.get("/sparql", params={"query": COUNT}, headers={"Accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == expected


@pytest.mark.parametrize(
    ("query", "accept"),
    [(COUNT, "image/png"), (COUNT, "text/turtle"), (CONSTRUCT, "text/csv"), (COUNT, "*/*;q=0")],
)
def test_what_no_form_fits_is_406_and_says_which_forms_there_are(client: TestClient, query: str, accept: str) -> None:
    answer = client.get("/sparql", params={"query": query}, headers={"Accept": accept})
    assert answer.status_code == 406
    assert answer.headers["content-type"] == "application/problem+json"
    assert "ask for one of these" in answer.json()["detail"]


def test_what_is_not_sparql_is_400_with_the_parsers_message_and_place(client: TestClient) -> None:
    answer = client.get("/sparql", params={"query": "SELECT * WHERE {\n ?s ?p }"})
    assert answer.status_code == 400
    problem = answer.json()
    assert problem["status"] == 400
    assert problem["type"].endswith("/invalid-query")
    assert "error at 2:" in problem["detail"]
    assert answer.headers["access-control-allow-origin"] == "*"
    undeclared = client.get("/sparql", params={"query": "ASK { ?s foaf:name ?o }"}).json()
    assert "error at 1:19: Prefix not found. foaf: is not declared; write PREFIX foaf: <" in undeclared["detail"]


@pytest.mark.parametrize(
    ("method", "address", "content_type", "body", "status"),
    [
        ("GET", "/sparql?query=ASK%7B%7D&query=ASK%7B%7D", "", "", 400),
        ("GET", "/sparql?query=%FF", "", "", 400),
        ("GET", "/sparql?update=CLEAR%20ALL", "", "", 403),
        ("GET", "/sparql?query=ASK%7B%7D&format=pdf", "", "", 400),
        ("GET", "/sparql?query=ASK%7B%7D&default-graph-uri=nowhere", "", "", 400),
        ("POST", "/sparql", FORM, "", 400),
        ("POST", "/sparql", FORM, "update=CLEAR%20ALL", 403),
        ("POST", "/sparql", QUERY, "", 400),
        ("POST", "/sparql?query=ASK%7B%7D", QUERY, "ASK{}", 400),
        ("POST", "/sparql", QUERY, b"ASK { ?s ?p '\xff' }", 400),
        ("POST", "/sparql", "application/sparql-update", "CLEAR ALL", 403),
        ("POST", "/sparql", "text/plain", "ASK{}", 415),
        ("POST", "/sparql", "", "ASK{}", 415),
        ("POST", "/sparql", f"{QUERY}; charset=latin-1", "ASK{}", 415),
        ("POST", "/sparql", QUERY, "DELETE WHERE { ?s ?p ?o }", 403),
        ("POST", "/sparql", QUERY, "ASK {} #" + "x" * 1_200_000, 413),
        ("POST", "/sparql", QUERY, "x" * 4_000_000, 413),
        ("PUT", "/sparql", QUERY, "ASK{}", 405),
        ("DELETE", "/sparql", "", "", 405),
    ],
)
def test_a_wrong_request_is_refused_with_its_status_and_a_sentence(
    client: TestClient, method: str, address: str, content_type: str, body: str | bytes, status: int
) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    answer = client.request(method, address, content=body, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    "query",
    [
        "ASK { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "ASK { sErViCe SILENT <http://127.0.0.1:9/> { ?s ?p ?o } }",
        "ASK { SERVICE#comment\n<http://127.0.0.1:9/> { ?s ?p ?o } }",
        "PREFIX : <http://127.0.0.1:9/> ASK { SERVICE:p { ?s ?p ?o } }",
        "ASK { ?s ?p trueSERVICE<http://127.0.0.1:9/> { ?s ?p ?o } }",
        "ASK { ?s ?p 1.0e5SERVICE<http://127.0.0.1:9/> { ?s ?p ?o } }",
        "ASK { BIND(<http://127.0.0.1:9/> AS ?x) SERVICE ?x { ?s ?p ?o } }",
        "ASK { ?s ?p 'a\\'b' . SERVICE <http://127.0.0.1:9/> { } }",
        "ASK { ?s ?p '''a'b''' . SERVICE <http://127.0.0.1:9/> { } }",
        r"ASK { SERV\u0049CE <http://127.0.0.1:9/> { } }",
        r"ASK { SERVICE <http\u003A//127.0.0.1:9/> \u007B } }",
        r"ASK { ?s ?p 'a\u0027, \u0027b' . \U00000053ERVICE <http://127.0.0.1:9/> { } }",
    ],
)
def test_no_spelling_of_service_gets_through(client: TestClient, query: str) -> None:
    answer = client.get("/sparql", params={"query": query})
    assert answer.status_code == 403
    assert "SERVICE" in answer.json()["detail"]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A server that SERVICE could reach on this machine."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.2)
        yield listening


TRICKS = [
    "SELECT * { {} UNION { ?s ?p e:.SERVICE <HERE> {} } }",
    "SELECT * { BIND(1 AS ?a) BIND(2 AS ?b) FILTER(?a<?b)SERVICE#>\n<HERE>{} }",
    "SELECT * { OPTIONAL { ?s ?p e:a\u00b7\\# . } SERVICE <HERE> {}\n }",
    "SELECT * { OPTIONAL { ?s ?p e:a\u00b7\\' . } SERVICE <HERE> {}\n }",
    "SELECT * { SERV\\u0049CE <HERE> {} }",
    "SELECT * { SERVICE<HERE>{} }",
    "SELECT * { BIND(<HERE> AS ?x) SERVICE\n#{\n?x#}\n{} }",
]


@pytest.mark.parametrize("trick", TRICKS)
def test_no_trick_makes_the_endpoint_connect_to_anything(
    client: TestClient, listener: socket.socket, trick: str
) -> None:
    query = "PREFIX e: <http://e.org/> " + trick.replace("HERE", f"http://127.0.0.1:{listener.getsockname()[1]}/")
    assert client.get("/sparql", params={"query": query}).status_code in (400, 403)
    with pytest.raises(TimeoutError):
        listener.accept()


def test_a_worker_cannot_connect_even_with_what_the_policy_would_let_through(listener: socket.socket) -> None:
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    behind_the_walls = (
        "import sys, pyoxigraph; from sparql import sandbox; assert sandbox.enter();"
        "pyoxigraph.Store().query(f'ASK {{ SERVICE <{sys.argv[1]}> {{ ?s ?p ?o }} }}')"
    )
    done = subprocess.run([sys.executable, "-c", behind_the_walls, address], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 1
    assert "not permitted" in done.stderr
    with pytest.raises(TimeoutError):
        listener.accept()


def test_a_preflight_and_a_wrong_method_name_the_methods_there_are(client: TestClient) -> None:
    preflight = client.options("/sparql", headers={"Origin": "https://e.org", "Access-Control-Request-Method": "POST"})
    assert preflight.status_code == 204
    assert "POST" in preflight.headers["access-control-allow-methods"]
    assert "POST" in client.delete("/sparql").headers["allow"]
    assert client.delete("/en/").headers["allow"] == "GET, HEAD, OPTIONS"
    assert "use one of the methods in the Allow header" in client.delete("/en/").json()["detail"]
    assert "start at the front page" in client.get("/static/nothing").json()["detail"]
    elsewhere = client.options("/api/documents-on-many-themes")
    assert (elsewhere.status_code, elsewhere.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
    assert elsewhere.headers["access-control-allow-methods"] == "GET, HEAD"


def test_a_wide_result_is_offered_as_files_and_not_as_a_page(client: TestClient) -> None:
    names = " ".join(f"?x{number}" for number in range(200))
    query = f"SELECT {names} {{ ?x0 ?p ?o }} LIMIT 1000"
    page = client.get("/sparql", params={"query": query, "lang": "en"}, headers={"Accept": "text/html"})
    assert "too long for a page" in page.text
    assert len(page.content) < 100_000


@pytest.mark.parametrize(
    "query",
    [
        "ASK { ?service ?p 'SERVICE' }",
        "SELECT ?service ?name { ?service ?p ?name } LIMIT 1",
        "SELECT $PublicService $name { $PublicService ?p $name } LIMIT 1",
        "ASK { <http://example.org/service> ?p ?o } # SERVICE",
        "PREFIX cpsv: <http://purl.org/vocab/cpsv#> ASK { ?s a cpsv:PublicService }",
        'ASK { ?s ?p """SERVICE "quoted" """ }',
    ],
)
def test_the_word_service_elsewhere_is_no_offence(client: TestClient, query: str) -> None:
    assert client.get("/sparql", params={"query": query}).status_code == 200


def test_a_default_graph_can_be_chosen(client: TestClient) -> None:
    graph = "https://w3id.org/verkosto/id/graph/ontology"
    everything = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
    counted = client.get("/sparql", params={"query": everything, "default-graph-uri": graph}).json()
    manifest = client.get("/data/latest/manifest.json", follow_redirects=True).json()
    assert int(counted["results"]["bindings"][0]["n"]["value"]) == manifest["counts"]["graphs"][graph]


def test_naming_named_graphs_leaves_the_default_graph_empty(client: TestClient) -> None:
    graph = "https://w3id.org/verkosto/id/graph/ontology"
    query = "SELECT (COUNT(*) AS ?n) (COUNT(DISTINCT ?g) AS ?g2) WHERE { GRAPH ?g { ?s ?p ?o } }"
    row = client.get("/sparql", params={"query": query, "named-graph-uri": graph}).json()["results"]["bindings"][0]
    assert row["g2"]["value"] == "1"
    assert client.get("/sparql", params={"query": "ASK { ?s ?p ?o }", "named-graph-uri": graph}).json() == {
        "head": {},
        "boolean": False,
    }


@pytest.mark.parametrize("accept", ["application/sparql-results+xml", "application/sparql-results+json"])
def test_a_result_that_xml_cannot_carry_is_refused_in_xml_only(client: TestClient, accept: str) -> None:
    answer = client.get("/sparql", params={"query": 'SELECT ("a\\bb" AS ?x) {}'}, headers={"Accept": accept})
    if accept.endswith("xml"):
        assert answer.status_code == 406
        assert "Ask for JSON" in answer.json()["detail"]
    else:
        assert answer.json()["results"]["bindings"][0]["x"]["value"] == "a\bb"


def test_a_predicate_that_rdf_xml_cannot_name_is_refused_there(client: TestClient) -> None:
    query = "CONSTRUCT { <http://e.org/a> <http://e.org/1> 'x' } WHERE {}"
    refused = client.get("/sparql", params={"query": query}, headers={"Accept": "application/rdf+xml"})
    assert refused.status_code == 406
    assert client.get("/sparql", params={"query": query}, headers={"Accept": "text/turtle"}).status_code == 200


def test_xml_results_are_well_formed_and_escape_markup(client: TestClient) -> None:
    query = "SELECT ('<b>&' AS ?x) {}"
    answer = client.get("/sparql", params={"query": query}, headers={"Accept": "application/sparql-results+xml"})
    assert "<b>&" in [element.text for element in ElementTree.fromstring(answer.content).iter()]


def test_every_answer_carries_its_release(client: TestClient) -> None:
    release = client.get("/health").json()["release"]
    found, missing = (
        ["/sparql?query=ASK%7B%7D", "/en/", "/data/latest/verkosto.nq"],
        ["/sparql", "/no/where", "/id/x/y"],
    )
    for address in found + missing:
        assert client.get(address).headers["x-release"] == release


def test_head_answers_as_get_without_a_body(client: TestClient) -> None:
    address = f"/sparql?query={quote(COUNT)}"
    get, head = client.get(address), client.head(address)
    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == get.headers["content-length"] == str(len(get.content))


def test_a_browser_gets_a_form_and_its_answer_as_a_table(client: TestClient) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    form = client.get("/sparql", headers=browser)
    assert form.status_code == 200
    assert '<textarea id="query" name="query"' in form.text
    answer = client.get("/sparql", params={"query": COUNT}, headers=browser)
    assert "<td>6</td>" in answer.text
    wrong = client.get("/sparql", params={"query": "SELEC <b>"}, headers=browser)
    assert wrong.status_code == 400
    assert "error at 1:" in wrong.text
    assert "SELEC &lt;b&gt;" in wrong.text
    graph = client.get("/sparql", params={"query": DESCRIBE}, headers=browser)
    assert "six-cities-091" in graph.text


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
@pytest.mark.parametrize("query", ["SELECT * { ?s ?p 'no such text' }", "CONSTRUCT WHERE { ?s ?p 'no such text' }"])
def test_a_page_says_in_words_that_there_is_nothing_and_still_has_files(
    client: TestClient, query: str, language: str
) -> None:
    page = client.get("/sparql", params={"query": query, "lang": language}, headers={"Accept": "text/html"}).text
    sentence = {
        "fi": "Tässä julkaisussa ei ole vastausta tähän.",
        "sv": "Det finns inget svar på detta i den här utgåvan.",
        "en": "Nothing in this release answers this.",
    }
    assert sentence[language] in page and "<table>" not in page and "&amp;format=" in page


def test_the_form_hands_on_what_the_address_says_besides_the_query(client: TestClient) -> None:
    graph = "http://example.org/nothing"
    asked = [
        ("query", COUNT),
        ("default-graph-uri", graph),
        ("named-graph-uri", graph),
        ("timeout", "3"),
        ("lang", "en"),
    ]
    page = client.get("/sparql", params=urlencode(asked), headers={"Accept": "text/html"}).text
    form = page.partition("<form")[2].partition("</form>")[0]
    assert re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', form) == [asked[-1], *asked[1:-1]]


def test_a_link_can_ask_for_a_format(client: TestClient) -> None:
    browser = {"Accept": "text/html"}
    answer = client.get("/sparql", params={"query": COUNT, "format": "csv"}, headers=browser)
    assert answer.text == "n\r\n6\r\n"


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=60))
def test_any_text_is_answered_or_refused_by_the_query_rules(client: TestClient, text: str) -> None:
    answer = client.post("/sparql", content=text.encode("utf-8", "ignore"), headers={"Content-Type": QUERY})
    assert answer.status_code in (200, 400, 403, 503)
    assert answer.status_code != 200 or answer.headers["content-type"] in (
        "text/turtle; charset=utf-8",
        "application/sparql-results+json",
    )


@given(st.text(max_size=40))
def test_any_accept_header_is_understood_somehow(header: str) -> None:
    chosen = best(parse_accept(header), ["text/csv", "text/turtle"])
    assert chosen is None or weight(parse_accept(header), chosen) > 0
