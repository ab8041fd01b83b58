"""Programs that people read endpoints with get from a running server what an engine in this process answers."""

import io
import json
import shutil
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from xml.dom.minidom import Document

import pandas
import pytest
import SPARQLWrapper as sparqlwrapper
from pyoxigraph import (
    BlankNode,
    DefaultGraph,
    Literal,
    NamedNode,
    QueryBoolean,
    QuerySolutions,
    QueryTriples,
    Store,
    Triple,
)
from rdflib import Graph
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import SPARQLWrapper

from graph.release import Release
from graph.store import open_read_only

LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
SELECT = f"SELECT ?thing ?label {{ ?thing <{LABEL}> ?label FILTER (lang(?label) = 'fi') }}"
LONG = SELECT.replace(" }", f" FILTER (?label NOT IN ({', '.join(map(repr, map(str, range(500))))})) }}")
"""The same, too long for some clients to put it into an address."""
CONSTRUCT = f"CONSTRUCT {{ ?thing <{LABEL}> ?label }} WHERE {{ ?thing a ?class ; <{LABEL}> ?label }}"
YES, NO = "ASK { ?s ?p ?o }", "ASK { ?s <http://e.org/none> ?o }"

Row = tuple[str, ...]


@pytest.fixture(scope="module")
def endpoint(served: Callable[..., AbstractContextManager[str]], data: Path) -> Iterator[str]:
    """The address of a running server's endpoint."""
    with served(data) as address:
        yield f"{address}/sparql"


@pytest.fixture(scope="module")
def store(release: Release) -> Store:
    """The same graph in this process."""
    return open_read_only(release.store)


@pytest.fixture(scope="module")
def rows(store: Store) -> list[Row]:
    """The answer to `SELECT`, sorted: things with their names, many of them not in ASCII."""
    solutions = store.query(SELECT)
    assert isinstance(solutions, QuerySolutions)
    found: list[Row] = sorted((row["thing"].value, row["label"].value) for row in solutions)
    assert len(found) > 500
    return found


@pytest.fixture(scope="module")
def triples(store: Store) -> list[Row]:
    """The answer to `CONSTRUCT`, sorted."""
    graph = store.query(CONSTRUCT)
    assert isinstance(graph, QueryTriples)
    found = sorted({_values(triple) for triple in graph})
    assert len(found) > 1000
    return found


def _values(triple: Triple) -> Row:
    assert isinstance(triple.subject, NamedNode | BlankNode)
    assert isinstance(triple.object, NamedNode | Literal | BlankNode)
    return triple.subject.value, triple.predicate.value, triple.object.value


def _said(graph: Iterable[tuple[Any, ...]]) -> list[Row]:
    """The triples of an rdflib graph, sorted."""
    return sorted({tuple(map(str, triple)) for triple in graph})


def test_the_engine_says_yes_and_no(store: Store) -> None:
    answers = [store.query(query) for query in (YES, NO)]
    assert [bool(answer) for answer in answers if isinstance(answer, QueryBoolean)] == [True, False]


def _wrapped(endpoint: str, query: str, format_: str | None, method: str = "GET") -> Any:
    """The answer as SPARQLWrapper converts it; in its default format if there is none."""
    wrapper = SPARQLWrapper(endpoint)
    wrapper.setQuery(query)
    wrapper.setMethod(method)
    if format_ is not None:
        wrapper.setReturnFormat(format_)
    return wrapper.queryAndConvert()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_sparqlwrapper_reads_rows(endpoint: str, rows: list[Row], method: str) -> None:
    answer = _wrapped(endpoint, SELECT, sparqlwrapper.JSON, method)
    found = [(row["thing"]["value"], row["label"]["value"]) for row in answer["results"]["bindings"]]
    assert sorted(found) == rows


def test_sparqlwrapper_reads_rows_in_every_format_that_it_asks_for(endpoint: str, rows: list[Row]) -> None:
    for format_ in (None, sparqlwrapper.XML):
        document = _wrapped(endpoint, SELECT, format_)
        assert isinstance(document, Document)
        assert len(document.getElementsByTagName("result")) == len(rows)
    for format_, end in ((sparqlwrapper.CSV, b"\r\n"), (sparqlwrapper.TSV, b"\n")):
        assert _wrapped(endpoint, SELECT, format_).count(end) == len(rows) + 1


@pytest.mark.parametrize("format_", [sparqlwrapper.JSON, sparqlwrapper.XML])
def test_sparqlwrapper_reads_yes_and_no(endpoint: str, format_: str) -> None:
    for query, expected in ((YES, True), (NO, False)):
        answer = _wrapped(endpoint, query, format_)
        if isinstance(answer, Document):
            assert answer.getElementsByTagName("boolean")[0].toxml() == f"<boolean>{str(expected).lower()}</boolean>"
        else:
            assert answer["boolean"] is expected


@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "format_", [None, sparqlwrapper.XML, sparqlwrapper.RDFXML, sparqlwrapper.TURTLE, sparqlwrapper.N3, "json-ld"]
)
def test_sparqlwrapper_reads_graphs(endpoint: str, triples: list[Row], format_: str | None, method: str) -> None:
    answer = _wrapped(endpoint, CONSTRUCT, format_, method)
    graph = answer if isinstance(answer, Graph) else Graph().parse(data=answer, format="turtle")
    assert _said(graph) == triples


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
@pytest.mark.parametrize("format_", ["xml", "json", "csv", "tsv"])
def test_rdflib_reads_rows(endpoint: str, rows: list[Row], method: str, format_: str) -> None:
    found = SPARQLStore(endpoint, returnFormat=format_, method=method).query(SELECT)
    assert sorted((str(row[0]), str(row[1])) for row in found if not isinstance(row, bool)) == rows


def test_rdflib_reads_yes_and_no_and_graphs(endpoint: str, triples: list[Row]) -> None:
    store = SPARQLStore(endpoint)
    assert [store.query(query).askAnswer for query in (YES, NO)] == [True, False]
    graph = store.query(CONSTRUCT).graph
    assert graph is not None
    assert _said(graph) == triples


def test_rdflib_reads_the_endpoint_as_a_graph(endpoint: str, store: Store) -> None:
    graph = Graph(SPARQLStore(endpoint))
    assert len(graph) == sum(1 for _ in store.quads_for_pattern(None, None, None, DefaultGraph()))


def test_comunica_finds_the_endpoint_and_reads_from_it(
    endpoint: str, comunica: Path, rows: list[Row], triples: list[Row]
) -> None:
    command = ["node", str(comunica), endpoint, SELECT, LONG, CONSTRUCT, YES, NO]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=120)
    *found, graph, yes, no = map(json.loads, done.stdout.splitlines())
    assert [sorted((row["thing"], row["label"]) for row in answer) for answer in found] == [rows, rows]
    # The engine says some triples of a graph more than once.
    assert sorted(set(map(tuple, graph))) == triples
    assert (yes, no) == (True, False)


@pytest.fixture
def curl() -> Callable[..., str]:
    """What curl prints when it is called with some arguments."""
    program = shutil.which("curl")
    if program is None:
        pytest.skip("curl is not here")

    def run(*arguments: str) -> str:
        command = [program, "--silent", "--show-error", "--fail", "--compressed", *arguments]
        return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout.decode()

    return run


def test_curl_reads_rows_in_each_form_of_request(endpoint: str, rows: list[Row], curl: Callable[..., str]) -> None:
    as_csv = ("--header", "Accept: text/csv", endpoint)
    direct = ("--header", "Content-Type: application/sparql-query", "--data-binary", SELECT)
    for arguments in (
        ("--data-urlencode", f"query={SELECT}"),
        ("--get", "--data-urlencode", f"query={SELECT}"),
        direct,
    ):
        table = pandas.read_csv(io.StringIO(curl(*arguments, *as_csv)), keep_default_na=False)
        assert sorted(table.itertuples(index=False, name=None)) == rows


def test_curl_reads_yes_and_no_and_graphs(endpoint: str, triples: list[Row], curl: Callable[..., str]) -> None:
    for query, expected in ((YES, True), (NO, False)):
        assert json.loads(curl("--data-urlencode", f"query={query}", endpoint))["boolean"] is expected
    turtle = curl("--data-urlencode", f"query={CONSTRUCT}", "--header", "Accept: text/turtle", endpoint)
    assert _said(Graph().parse(data=turtle, format="turtle")) == triples


def test_pandas_reads_rows(endpoint: str, rows: list[Row]) -> None:
    for parameters, headers in (({"format": "csv"}, {}), ({}, {"Accept": "text/csv"})):
        address = f"{endpoint}?{urlencode({'query': SELECT, **parameters})}"
        table = pandas.read_csv(address, storage_options=headers, keep_default_na=False)
        assert list(table.columns) == ["thing", "label"]
        assert sorted(table.itertuples(index=False, name=None)) == rows
