"""Whatever engine answers, the endpoint is the same: our workers, the Oxigraph server, Virtuoso 7, all real ones."""

import csv
import io
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from processes import free_port
from pyoxigraph import RdfFormat, parse
from questions import Question, check
from starlette.testclient import TestClient

from graph.release import Release
from ontology.identifiers import Identifiers
from ontology.terms import RDFS
from sparql.limits import MEBIBYTE, Limits
from sparql.remote import DESCRIPTION, MERGED
from sparql.stack import NOWHERE, Elsewhere
from web.app import create_app

OXIGRAPH = Path(sys.executable).with_name("oxigraph")
LIMITS = Limits(seconds=8, result_bytes=8 * MEBIBYTE, workers=2, waiting=4)
VIRTUOSO_INI = """
[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
TempStorage = TempDatabase
[TempDatabase]
DatabaseFile = temp.db
TransactionFile = temp.trx
[Parameters]
ServerPort = 127.0.0.1:{sql}
DirsAllowed = {dumps}
NumberOfBuffers = 10000
MaxDirtyBuffers = 6000
CheckpointInterval = 0
ThreadsPerQuery = 1
[HTTPServer]
ServerPort = 127.0.0.1:{http}
ServerRoot = .
ServerThreads = 10
[SPARQL]
ResultSetMaxRows = {rows}
"""
VIRTUOSO_LOAD = """
ld_dir('{dumps}', 'verkosto.nq', '{merged}-unused');
ld_dir('{dumps}', 'verkosto.ttl', '{merged}');
ld_dir('{dumps}', 'void.ttl', '{description}');
rdf_loader_run();
checkpoint;
select count(*) from DB.DBA.load_list where ll_error is not null;
"""
VIRTUOSO_ROWS = 30_000


@contextmanager
def running(command: list[str], address: str, folder: Path) -> Iterator[None]:
    """A server of somebody else's, until it answers and while it is wanted."""
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(command, cwd=folder, stdout=output, stderr=output)
        try:
            for _ in range(600):
                try:
                    with urllib.request.urlopen(address, timeout=5):
                        break
                except OSError:
                    assert process.poll() is None, (folder / "output").read_text(errors="replace")
                    time.sleep(0.1)
            yield
        finally:
            # Not asked politely: Virtuoso goes on with a query that its client has given up.
            process.kill()
            process.wait(timeout=30)


@contextmanager
def oxigraph(release: Release, folder: Path) -> Iterator[str]:
    names, port = Identifiers(release.manifest.base), free_port()
    store = str(folder / "store")
    for name, graph in (
        ("verkosto.nq", None),
        ("verkosto.ttl", names.graph(MERGED)),
        ("void.ttl", names.graph(DESCRIPTION)),
    ):
        load = [str(OXIGRAPH), "load", "--location", store, "--file", str(release.dumps / name)]
        load += [] if graph is None else ["--graph", graph]
        subprocess.run(load, check=True, capture_output=True)
    serve = [str(OXIGRAPH), "serve-read-only", "--location", store, "--bind", f"127.0.0.1:{port}"]
    with running(serve, f"http://127.0.0.1:{port}/", folder):
        yield f"http://127.0.0.1:{port}/query"


@contextmanager
def virtuoso(release: Release, folder: Path) -> Iterator[str]:
    names, sql, port = Identifiers(release.manifest.base), free_port(), free_port()
    dumps = release.dumps.resolve()
    (folder / "virtuoso.ini").write_text(VIRTUOSO_INI.format(sql=sql, http=port, dumps=dumps, rows=VIRTUOSO_ROWS))
    serve = ["virtuoso-t", "+configfile", "virtuoso.ini", "+foreground"]
    with running(serve, f"http://127.0.0.1:{port}/", folder):
        script = VIRTUOSO_LOAD.format(dumps=dumps, merged=names.graph(MERGED), description=names.graph(DESCRIPTION))
        load = ["isql-vt", f"127.0.0.1:{sql}", "dba", "dba", "ERRORS=STDOUT", "VERBOSE=OFF"]
        done = subprocess.run(load, input=script, text=True, check=True, capture_output=True)
        assert "Error" not in done.stdout and re.search(r"_\s+0\s", done.stdout), done.stdout
        yield f"http://127.0.0.1:{port}/sparql"


@pytest.fixture(scope="module", params=["embedded", "oxigraph", "virtuoso"])
def elsewhere(
    request: pytest.FixtureRequest, release: Release, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Elsewhere]:
    """Where the release is queried."""
    if request.param == "embedded":
        yield NOWHERE
        return
    if request.param == "virtuoso":
        request.getfixturevalue("virtuoso_program")
    start: Callable[..., Any] = {"oxigraph": oxigraph, "virtuoso": virtuoso}[request.param]
    with start(release, tmp_path_factory.mktemp(request.param)) as address:
        yield Elsewhere(engine=address)


@pytest.fixture(scope="module")
def client(release: Release, elsewhere: Elsewhere) -> Iterator[TestClient]:
    with TestClient(create_app(release, LIMITS, elsewhere), follow_redirects=False) as client:
        yield client


def ask(client: TestClient, query: str, accept: str = "text/csv", **parameters: Any) -> Any:
    return client.get("/sparql", params={"query": query, **parameters}, headers={"Accept": accept})


def rows(client: TestClient, query: str, **parameters: Any) -> list[list[str]]:
    answer = ask(client, query, **parameters)
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.text)))[1:]


CITY = "<https://w3id.org/verkosto#City>"
GRAPH = "https://w3id.org/verkosto/id/graph"


def test_the_questions_have_their_answers(client: TestClient, question: Question) -> None:
    check(client, question)


def test_each_triple_is_there_once_and_each_graph_has_its_own(client: TestClient, release: Release) -> None:
    counts = release.manifest.counts
    assert rows(client, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }") == [[str(counts.triples)]]
    found = rows(client, "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g")
    assert {graph: int(count) for graph, count in found} == counts.graphs


def test_graphs_are_chosen_by_the_request_and_by_the_query(client: TestClient, release: Release) -> None:
    ontology, cities = f"{GRAPH}/ontology", f"{GRAPH}/six-cities"
    count = "SELECT (COUNT(*) AS ?n) {} {{ ?s ?p ?o }}"
    sizes = release.manifest.counts.graphs
    assert rows(client, count.format(""), **{"default-graph-uri": ontology}) == [[str(sizes[ontology])]]
    assert rows(client, count.format(f"FROM <{ontology}>")) == [[str(sizes[ontology])]]
    assert rows(client, count.format(f"FROM <{ontology}>"), **{"default-graph-uri": cities}) == [[str(sizes[cities])]]
    assert rows(client, count.format("FROM <urn:nothing>")) == [["0"]]
    assert rows(client, count.format(f"FROM NAMED <{cities}>")) == [["0"]]
    named = "SELECT (COUNT(*) AS ?n) {} {{ GRAPH ?g {{ ?s ?p ?o }} }}"
    assert rows(client, named.format(f"FROM NAMED <{cities}>")) == [[str(sizes[cities])]]
    assert rows(client, named.format(f"FROM <{cities}>")) == [["0"]]
    every = " ".join(f"FROM <{graph}>" for graph in sizes)
    assert rows(client, count.format(every)) == [[str(release.manifest.counts.triples)]]


@pytest.mark.parametrize(
    "media_type",
    ["application/sparql-results+json", "application/sparql-results+xml", "text/csv", "text/tab-separated-values"],
)
def test_results_come_in_each_form(client: TestClient, media_type: str) -> None:
    answer = ask(client, f"SELECT (COUNT(*) AS ?n) {{ ?s a {CITY} }}", media_type)
    assert answer.headers["content-type"].partition(";")[0] == media_type
    assert "6" in answer.text
    assert ask(client, f"ASK {{ ?s a {CITY} }}", "application/sparql-results+json").json()["boolean"] is True
    assert ask(client, "ASK { ?s a <urn:nothing> }", "application/sparql-results+json").json()["boolean"] is False


@pytest.mark.parametrize("form", [RdfFormat.TURTLE, RdfFormat.N_TRIPLES, RdfFormat.RDF_XML, RdfFormat.JSON_LD])
def test_graphs_come_in_each_form(client: TestClient, form: RdfFormat) -> None:
    query = f"CONSTRUCT {{ ?s <{RDFS.label}> ?o }} {{ ?s a {CITY} ; <{RDFS.label}> ?o }}"
    answer = ask(client, query, form.media_type)
    assert answer.status_code == 200, answer.text
    assert len(list(parse(answer.content, format=form))) >= 12


def test_all_that_is_said_is_answered_term_by_term(client: TestClient, release: Release) -> None:
    said = {quad.triple for quad in parse(path=str(release.dumps / "verkosto.nq"), format=RdfFormat.N_QUADS)}
    answer = ask(client, "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }", "application/n-triples")
    assert answer.status_code == 200, answer.text
    assert {quad.triple for quad in parse(answer.content, format=RdfFormat.N_TRIPLES)} == said


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("SELECT * { ?s ?p }", 400),
        ("INSERT DATA { <e:a> <e:b> <e:c> }", 403),
        ("ASK { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", 403),
        ("ASK " + "{" * 300 + "}" * 300, 400),
        ("ASK {} #" + "x" * 1_100_000, 413),
    ],
)
def test_what_is_refused_is_refused_by_any(client: TestClient, query: str, status: int) -> None:
    answer = client.post("/sparql", data={"query": query})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_what_takes_too_long_is_stopped(client: TestClient) -> None:
    product = " . ".join(f"?a{n} ?b{n} ?c{n}" for n in range(6))
    start = time.monotonic()
    answer = ask(client, f"SELECT (COUNT(*) AS ?n) {{ {product} FILTER (?a0 != ?c5) }}", timeout="2")
    assert answer.status_code in (503, 502), answer.text
    assert time.monotonic() - start < 3.5
    assert rows(client, f"SELECT (COUNT(*) AS ?n) {{ ?s a {CITY} }}") == [["6"]]


def test_what_is_too_large_is_not_sent(client: TestClient) -> None:
    answer = ask(client, "SELECT * { ?a ?b ?c . ?d ?e ?f }")
    assert answer.status_code in (502, 503), answer.text


def test_a_question_asked_again_is_answered_from_what_is_kept(client: TestClient) -> None:
    first = ask(client, f"SELECT ?s {{ ?s a {CITY} }} ORDER BY ?s")
    again = client.get(
        "/sparql",
        params={"query": f"SELECT ?s {{ ?s a {CITY} }} ORDER BY ?s"},
        headers={"Accept": "text/csv", "If-None-Match": first.headers["etag"]},
    )
    assert again.status_code == 304


def test_pages_are_the_same(client: TestClient) -> None:
    assert client.get("/en/city/six-cities-091").status_code == 200
    page = client.get("/sparql", params={"query": f"SELECT ?s {{ ?s a {CITY} }}"}, headers={"Accept": "text/html"})
    assert page.text.count("six-cities-") >= 6
    assert client.get("/health").json()["status"] == "ok"
