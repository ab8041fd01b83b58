"""A query is asked of exactly the graphs that it, or its request, names; several are merged as the standard says."""

from collections.abc import Iterator
from itertools import chain, combinations

import msgspec
import pytest
from starlette.testclient import TestClient

from graph import assembly
from graph.about import unsaid
from graph.manifest import SourceEntry
from graph.release import Release
from graph.releases import Releases
from sparql.dataset import Datasets
from sparql.limits import Limits
from sparql.protocol import Request
from web.app import create_app

BASE = "https://example.org"
GRAPHS = {name: f"{BASE}/id/graph/{name}" for name in "abcd"}
SAID = {
    "a": ["s p 1", "s p 2"],
    "b": ["s p 2", "s p 3"],
    "c": ["s p 4"],
    "d": ["s p 1", "s p 2", "s p 5"],
}
"""Which statements stand in which graph: some in two, one in three."""


def line(statement: str) -> str:
    subject, predicate, value = statement.split()
    return f'<{BASE}/id/city/{subject}> <{BASE}/{predicate}> "{value}"'


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    releases = Releases(tmp_path_factory.mktemp("datasets"))
    content = assembly.Content(
        base=BASE,
        about=unsaid(BASE),
        graphs={GRAPHS[name]: sorted(map(line, said)) for name, said in SAID.items()},
        sources=[SourceEntry(name, "tables", GRAPHS[name], {"en": name}, f"{BASE}/", {}, 1, 1, 0) for name in SAID],
    )
    with releases.lock():
        return assembly.build(releases, content)[0]


@pytest.fixture(scope="module")
def client(release: Release) -> Iterator[TestClient]:
    with TestClient(create_app(release, Limits(workers=1))) as client:
        yield client


def values(client: TestClient, query: str, **parameters: list[str]) -> list[str]:
    answer = client.get("/sparql", params={"query": query, **parameters}, headers={"Accept": "text/csv"})
    assert answer.status_code == 200, answer.text
    return sorted(answer.text.split()[1:])


def subsets(names: str) -> list[str]:
    return ["".join(some) for some in chain.from_iterable(combinations(names, size) for size in range(1, 5))]


def merged(names: str) -> list[str]:
    return sorted({statement[-1] for name in names for statement in SAID[name]})


@pytest.mark.parametrize("names", subsets("abcd"))
def test_default_graphs_are_merged_whoever_names_them(client: TestClient, names: str) -> None:
    graphs = [GRAPHS[name] for name in names]
    assert values(client, "SELECT ?o { ?s ?p ?o }", **{"default-graph-uri": graphs}) == merged(names)
    clauses = " ".join(f"FROM <{graph}>" for graph in graphs)
    assert values(client, f"SELECT ?o {clauses} {{ ?s ?p ?o }}") == merged(names)
    assert values(client, f"SELECT (COUNT(*) AS ?n) {clauses} {{ ?s ?p ?o }}") == [str(len(merged(names)))]
    constructed = client.get(
        "/sparql",
        params={"query": f"CONSTRUCT {{ ?s ?p ?o }} {clauses} WHERE {{ ?s ?p ?o }}"},
        headers={"Accept": "application/n-triples"},
    )
    assert len(constructed.text.splitlines()) == len(merged(names))


@pytest.mark.parametrize("names", subsets("abcd"))
def test_named_graphs_are_those_that_are_named_and_the_default_graph_is_then_empty(
    client: TestClient, names: str
) -> None:
    graphs = [GRAPHS[name] for name in names]
    expected = sorted(statement[-1] for name in names for statement in SAID[name])
    query = "SELECT ?o { GRAPH ?g { ?s ?p ?o } }"
    assert values(client, query, **{"named-graph-uri": graphs}) == expected
    clauses = " ".join(f"FROM NAMED <{graph}>" for graph in graphs)
    assert values(client, f"SELECT ?o {clauses} {{ GRAPH ?g {{ ?s ?p ?o }} }}") == expected
    assert values(client, f"SELECT ?o {clauses} {{ ?s ?p ?o }}") == []


def test_both_kinds_go_together(client: TestClient) -> None:
    query = "SELECT ?o ?n { ?s ?p ?o GRAPH ?g { ?s ?p ?n } }"
    both = {"default-graph-uri": [GRAPHS["a"], GRAPHS["b"]], "named-graph-uri": [GRAPHS["c"]]}
    assert values(client, query, **both) == ["1,4", "2,4", "3,4"]


def test_what_the_request_names_stands_above_what_the_query_names(client: TestClient) -> None:
    clauses = f"FROM <{GRAPHS['a']}> FROM NAMED <{GRAPHS['a']}>"
    query = f"SELECT ?o {clauses} {{ {{ ?s ?p ?o }} UNION {{ GRAPH ?g {{ ?s ?p ?o }} }} }}"
    assert values(client, query, **{"default-graph-uri": [GRAPHS["c"]]}) == ["4"]
    assert values(client, query, **{"named-graph-uri": [GRAPHS["b"]]}) == ["2", "3"]


def test_without_any_name_all_graphs_are_merged_and_all_are_named(client: TestClient) -> None:
    assert values(client, "SELECT ?o { ?s ?p ?o }") == merged("abcd")
    assert len(values(client, "SELECT ?o { GRAPH ?g { ?s ?p ?o } }")) == 8


def test_a_graph_that_nobody_knows_is_empty(client: TestClient) -> None:
    assert values(client, "SELECT ?o { ?s ?p ?o }", **{"default-graph-uri": ["urn:nothing"]}) == []
    assert values(client, f"SELECT ?o FROM <urn:nothing> FROM <{GRAPHS['c']}> {{ ?s ?p ?o }}") == ["4"]


@pytest.mark.parametrize(
    "query",
    [
        "PREFIX g: <{base}/id/graph/> SELECT ?o FROM g:a FROM g:b {{ ?s ?p ?o }}",
        "prefix : <{base}/id/graph/> select ?o from :a\n#from :c\nfrom<{base}/id/graph/b>{{ ?s ?p ?o }}",
        "BASE <{base}/id/graph/> SELECT ?o FROM <a> FROM <../graph/b> WHERE {{ ?s ?p ?o }}",
        "SELECT (?x AS ?o) FROM <{base}/id/graph/a> FROM <{base}/id/graph/b> {{ ?s ?p ?x FILTER (?x != 'FROM') }}",
    ],
)
def test_names_of_graphs_are_read_as_the_query_means_them(client: TestClient, query: str) -> None:
    assert values(client, query.format(base=BASE)) == ["1", "2", "3"]


def test_a_release_knows_which_graphs_share_how_many_triples(release: Release) -> None:
    pairs = {(one[-1], other[-1]): count for one, other, count in release.manifest.counts.overlaps or ()}
    assert pairs == {("a", "b"): 1, ("a", "d"): 2, ("b", "d"): 1}


def test_graphs_of_which_nobody_knows_what_they_share_are_merged_too(release: Release) -> None:
    counts = msgspec.structs.replace(release.manifest.counts, overlaps=None)
    older = Release(release.directory)
    older.__dict__["manifest"] = msgspec.structs.replace(release.manifest, counts=counts)
    query = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"
    for names in subsets("abcd"):
        request = Request(query, None, None, tuple(GRAPHS[name] for name in names))
        (row,) = Datasets(older).query(request)  # type: ignore[misc]
        assert row["n"].value == str(len(merged(names)))
