"""An engine elsewhere is believed as far as its answers are whole and of this release; a replica answers the same."""

import http.server
import json
import shutil
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs

import pytest
from handlers import serving
from processes import free_port
from starlette.testclient import TestClient

from graph.release import Release
from sparql.limits import MEBIBYTE, Limits
from sparql.stack import Elsewhere
from web.app import create_app

LIMITS = Limits(seconds=8, result_bytes=8 * MEBIBYTE, workers=2, waiting=4)


def ask(client: TestClient, query: str) -> Any:
    return client.get("/sparql", params={"query": query}, headers={"Accept": "text/csv"})


class Canned(http.server.BaseHTTPRequestHandler):
    """An engine that holds the release, as it says, and answers each other query with what the test has put there."""

    body, headers_sent, media_type = b"", dict[str, str](), "application/sparql-results+json"
    cut = 0
    holds = b"true"
    sizes: ClassVar[dict[str, int]] = {}
    """How many triples each graph has."""

    def do_POST(self) -> None:
        asked = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        query = asked["query"][0]
        is_ours = "ASK" not in query and "COUNT(*)" not in query
        body = b'{"head":{},"boolean":%b}' % self.holds if "ASK" in query else self.body
        if "COUNT(*)" in query:
            size = self.sizes[asked["named-graph-uri"][0]]
            body = b'{"head":{"vars":["n"]},"results":{"bindings":[{"n":{"type":"literal","value":"%d"}}]}}' % size
        self.send_response(200)
        for name, value in {"Content-Type": self.media_type, **(self.headers_sent if is_ours else {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body) + (self.cut if is_ours else 0)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def asking(release: Release, handler: type[Canned]) -> Iterator[TestClient]:
    """A client of an application whose engine is a handler."""
    with (
        serving(handler) as address,
        TestClient(create_app(release, LIMITS, Elsewhere(engine=f"{address}/"))) as client,
    ):
        yield client


def sizes(release: Release) -> dict[str, int]:
    """What an engine has that holds all of a release."""
    counts = release.manifest.counts
    return {f"{release.manifest.base}/id/graph/merged": counts.triples, **counts.graphs}


ROW = json.dumps(
    {"head": {"vars": ["x"]}, "results": {"bindings": [{"x": {"type": "literal", "value": "a"}}] * 3}}
).encode()


@pytest.mark.parametrize(
    ("body", "headers", "cut", "status", "said"),
    [
        (ROW, {}, 0, 200, ""),
        (ROW[:-4], {}, 0, 502, "not whole"),
        (ROW, {}, 5, 502, "no whole answer"),
        (ROW, {"X-SQL-State": "S1TAT"}, 0, 502, "part of an answer"),
        (ROW, {"X-SPARQL-MaxRows": "3"}, 0, 503, "3 rows at most"),
        (ROW, {"X-SPARQL-MaxRows": "4"}, 0, 200, ""),
        (ROW, {"Content-Type": "text/html"}, 0, 502, "text/html"),
        (b"Query timed out", {}, 0, 502, "not whole"),
        (ROW + b"The query timed out", {}, 0, 502, "not whole"),
        (b" " * 9_000_000, {}, 0, 503, "larger than"),
    ],
)
def test_half_an_answer_of_an_engine_is_no_answer(
    release: Release, body: bytes, headers: dict[str, str], cut: int, status: int, said: str
) -> None:
    class Handler(Canned):
        pass

    Handler.body, Handler.headers_sent, Handler.cut = body, headers, cut
    Handler.sizes = sizes(release)
    with asking(release, Handler) as client:
        answer = ask(client, "SELECT ?x { ?s ?p ?x }")
        assert answer.status_code == status, answer.text
        assert said in (answer.json()["detail"] if said else "")


def test_an_engine_that_is_not_there_is_told_and_pages_are_there(release: Release) -> None:
    with TestClient(create_app(release, LIMITS, Elsewhere(engine=f"http://127.0.0.1:{free_port()}/query"))) as client:
        assert ask(client, "ASK {}").status_code == 502
        assert client.get("/en/").status_code == 200
        health = client.get("/health")
        assert (health.status_code, health.json()["status"]) == (503, "failing")
        assert "127.0.0.1" in health.json()["engine"]


def test_an_engine_that_holds_another_release_is_not_asked(release: Release) -> None:
    class Handler(Canned):
        holds = b"false"

    with asking(release, Handler) as client:
        answer = ask(client, "SELECT ?x { ?s ?p ?x }")
        assert answer.status_code == 502
        assert f"does not hold release {release.id}" in answer.json()["detail"]


def test_an_engine_that_does_not_hold_all_of_a_release_is_not_asked_until_it_does(release: Release) -> None:
    class Handler(Canned):
        body = ROW

    merged = f"{release.manifest.base}/id/graph/merged"
    Handler.sizes = {**sizes(release), merged: 0}
    with asking(release, Handler) as client:
        answer = ask(client, "SELECT ?x { ?s ?p ?x }")
        assert answer.status_code == 502
        assert f"{merged} has 0 triples there, and not {release.manifest.counts.triples}" in answer.json()["detail"]
        assert client.get("/health").status_code == 503
        Handler.sizes = sizes(release)
        assert ask(client, "SELECT ?x { ?s ?p ?x }").status_code == 200


def test_a_copy_of_a_release_on_another_machine_answers_the_same(
    data: Path, release: Release, tmp_path: Path, served: Callable[..., Any]
) -> None:
    copy = tmp_path / "replica"
    (copy / "releases").mkdir(parents=True)
    shutil.copytree(release.directory, copy / "releases" / release.id)
    (copy / "current").write_text(f"{release.id}\n")
    query = "query=SELECT%20(COUNT(*)%20AS%20%3Fn)%20%7B%20%3Fs%20%3Fp%20%3Fo%20%7D"
    answers = []
    for directory in (data, copy):
        with served(directory) as address, urllib.request.urlopen(f"{address}/sparql?{query}") as answer:
            answers.append((answer.headers["X-Release"], answer.read()))
    assert answers[0] == answers[1]
