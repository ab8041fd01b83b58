"""SERVICE goes to the endpoints that are allowed, joins as the standard says, and goes nowhere else."""

import asyncio
import http.server
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, ClassVar

import pytest
from handlers import serving
from pyoxigraph import QuerySolutions, Store
from starlette.testclient import TestClient

from graph.release import Release
from sparql import client as http_client
from sparql import services
from sparql.errors import EndpointFailed, ForbiddenQuery
from sparql.limits import Limits
from sparql.stack import Elsewhere
from web.app import create_app

CITY = "<https://w3id.org/verkosto#City>"


@pytest.fixture(scope="module")
def second(served: Callable[..., AbstractContextManager[str]], data: Path) -> Iterator[str]:
    """Another server with an endpoint."""
    with served(data) as address:
        yield address


@contextmanager
def allowing(release: Release, *origins: str, **limits: Any) -> Iterator[TestClient]:
    app = create_app(release, Limits(workers=2, **limits), Elsewhere(services=origins))
    with TestClient(app) as client:
        yield client


def rows(client: TestClient, query: str) -> list[str]:
    answer = client.get("/sparql", params={"query": query}, headers={"Accept": "text/csv"})
    assert answer.status_code == 200, answer.text
    return sorted(answer.text.splitlines()[1:])


def refused(client: TestClient, query: str) -> tuple[int, str]:
    answer = client.get("/sparql", params={"query": query})
    return answer.status_code, answer.json()["detail"]


class Canned(http.server.BaseHTTPRequestHandler):
    """An endpoint that answers with what the test has put there."""

    status, media_type, body, location = 200, "application/sparql-results+json", b"", ""
    asked: ClassVar[list[str]] = []

    def do_POST(self) -> None:
        length = int(self.headers["content-length"])
        type(self).asked.append(self.rfile.read(length).decode())
        self.send_response(self.status)
        self.send_header("Content-Type", self.media_type)
        self.send_header("Content-Length", str(len(self.body)))
        if self.location:
            self.send_header("Location", self.location)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def canned() -> Iterator[tuple[type[Canned], str]]:
    class Handler(Canned):
        asked: ClassVar[list[str]] = []

    with serving(Handler) as address:
        yield Handler, address


def solutions(*bindings: dict[str, Any], names: tuple[str, ...] = ("x",)) -> bytes:
    return json.dumps({"head": {"vars": names}, "results": {"bindings": bindings}}).encode()


def literal(text: str) -> dict[str, str]:
    return {"type": "literal", "value": text}


def test_a_service_that_is_allowed_is_asked_and_joined(release: Release, second: str) -> None:
    with allowing(release, second) as client:
        here = rows(client, f"SELECT ?city {{ ?city a {CITY} }}")
        there = f"SERVICE <{second}/sparql> {{ ?city a {CITY} }}"
        assert len(here) == 6
        assert rows(client, f"SELECT ?city {{ {there} }}") == here
        named = "?city <http://www.w3.org/2004/02/skos/core#notation> '049'"
        assert rows(client, f"SELECT ?city {{ {named} {there} }}") == rows(
            client, f"SELECT ?city {{ {named} ; a {CITY} }}"
        )
        assert rows(client, f"SELECT ?city {{ ?city a {CITY} FILTER NOT EXISTS {{ {there} }} }}") == []
        optional = f"SELECT ?city {{ ?city a {CITY} OPTIONAL {{ {there} }} }}"
        assert rows(client, optional) == here
        prefixes = f"PREFIX vk: <https://w3id.org/verkosto#> PREFIX s: <{second}/>"
        assert rows(client, f"{prefixes} SELECT ?c {{ service silent s:sparql {{?c a vk:City}} }}") == here
        two = f"SELECT (COUNT(*) AS ?n) {{ {there} SERVICE <{second}/sparql> {{ ?other a {CITY} }} }}"
        assert rows(client, two) == ["36"]


def test_the_description_says_whether_services_can_be_asked(release: Release, second: str) -> None:
    with allowing(release, second) as client:
        assert "BasicFederatedQuery" in client.get("/sparql", headers={"Accept": "text/turtle"}).text


@pytest.mark.parametrize(
    "query",
    [
        "ASK { SERVICE <HERE/sparql> { ?s ?p ?o } }",
        "ASK { SERVICE ?where { ?s ?p ?o } }",
        "ASK { SERVICE <OTHER/sparql> { SERVICE <HERE/> { ?s ?p ?o } } }",
        "ASK { SERVICE <OTHER/sparql> { ?s ?p ?o } ?s ?p trueSERVICE<HERE/>{ ?s ?p ?o } }",
        "ASK { SERVICE <OTHER.example.org/sparql> { ?s ?p ?o } }",
        "ASK { SERVICE <OTHER@HERE/sparql> { ?s ?p ?o } }",
        "ASK { SERVICE <file:///etc/passwd> { ?s ?p ?o } }",
        "ASK { SERVICE SILENT <HERE/sparql> { ?s ?p ?o } }",
    ],
)
def test_whoever_else_is_named_is_not_asked(release: Release, second: str, query: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, allowing(release, second) as client:
        listening.settimeout(0.2)
        here = f"http://127.0.0.1:{listening.getsockname()[1]}"
        asked = query.replace("HERE", here if "@" not in query else here.removeprefix("http://")).replace(
            "OTHER", second
        )
        status, _ = refused(client, asked)
        assert status == 403
        with pytest.raises(TimeoutError):
            listening.accept()


def test_a_redirect_is_not_followed(release: Release, canned: tuple[type[Canned], str]) -> None:
    handler, address = canned
    with socket.create_server(("127.0.0.1", 0)) as listening, allowing(release, address) as client:
        listening.settimeout(0.2)
        handler.status, handler.location = 307, f"http://127.0.0.1:{listening.getsockname()[1]}/"
        status, detail = refused(client, f"ASK {{ SERVICE <{address}/> {{ ?s ?p ?o }} }}")
        assert status == 502 and "status 307" in detail
        with pytest.raises(TimeoutError):
            listening.accept()


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (solutions({"x": literal("a")})[:-5], "not whole"),
        (b'{"head":{},"boolean":true}', "Yes or no"),
        (solutions({"x": {"type": "bnode", "value": "b"}}), "blank nodes"),
        (b"x" * 9_000_000, "larger than"),
        (b"", "not whole"),
    ],
)
def test_half_an_answer_of_a_service_is_no_answer(
    release: Release, canned: tuple[type[Canned], str], body: bytes, said: str
) -> None:
    handler, address = canned
    handler.body = body
    with allowing(release, address) as client:
        status, detail = refused(client, f"SELECT * {{ SERVICE <{address}/> {{ ?s ?p ?o }} }}")
        assert status >= 500 and said in detail


@pytest.mark.parametrize("status", [400, 500, 503])
def test_a_service_that_fails_makes_the_query_fail_unless_it_is_silent(
    release: Release, canned: tuple[type[Canned], str], status: int
) -> None:
    handler, address = canned
    handler.status = status
    with allowing(release, address) as client:
        assert refused(client, f"SELECT * {{ SERVICE <{address}/> {{ ?s ?p ?o }} }}")[0] == 502
        assert rows(client, f"SELECT (1 AS ?x) {{ SERVICE SILENT <{address}/> {{ ?s ?p ?o }} }}") == ["1"]
        # Its answer is not kept: next time the service may be well.
        assert len(handler.asked) == 2
        rows(client, f"SELECT (1 AS ?x) {{ SERVICE SILENT <{address}/> {{ ?s ?p ?o }} }}")
        assert len(handler.asked) == 3


def test_a_service_that_is_slow_is_given_up_in_time(release: Release) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with allowing(release, address, seconds=1) as client:
            status, detail = refused(client, f"ASK {{ SERVICE <{address}/> {{ ?s ?p ?o }} }}")
            assert status == 503 and "1 second" in detail


TEXTS = [
    "",
    "a{b}",
    "SERVICE <http://127.0.0.1:9/> { ?s ?p ?o }",
    'q"q',
    "back\\slash",
    "line\nbreak",
    "ä漢😀",
    "'''",
    "\\u007B",
]


@pytest.mark.parametrize("text", TEXTS)
def test_texts_of_a_service_come_as_they_are(release: Release, canned: tuple[type[Canned], str], text: str) -> None:
    handler, address = canned
    handler.body = solutions({"x": literal(text)}, {"x": {**literal(text), "xml:lang": "fi"}}, {})
    with allowing(release, address) as client:
        query = f"SELECT ?x {{ SERVICE <{address}/> {{ ?s ?p ?x }} }}"
        answer = client.get("/sparql", params={"query": query}).json()
    assert [row.get("x", {}).get("value") for row in answer["results"]["bindings"]] == [text, text, None]
    assert answer["results"]["bindings"][1]["x"]["xml:lang"] == "fi"


def test_a_clause_is_found_where_the_query_means_it() -> None:
    query = "PREFIX e: <http://e.org/> SELECT * { ?s ?p 'SERVICE e:x { }' . SERVICE SILENT e:y { ?s ?q '}' } }"
    with pytest.raises(ForbiddenQuery):
        # Where a text looks like a SERVICE, nobody can be sure how the engine would read it.
        services.clauses(query)
    (clause,) = services.clauses(query.replace("'SERVICE e:x { }'", "'SERVICE'"))
    assert (clause.address, clause.is_silent) == ("http://e.org/y", True)
    assert clause.query == "PREFIX e: <http://e.org/>  SELECT * WHERE { ?s ?q '}' }"
    joined = services.joined("SELECT * { SERVICE <http://e.org/> { ?x ?y ?z } }", [solutions({"x": literal("a")})])
    found = Store().query(joined)
    assert isinstance(found, QuerySolutions)
    assert [row["x"].value for row in found] == ["a"]


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/", "http://localhost:9/", "http://[::1]:9/"])
def test_an_address_that_is_listed_outright_may_be_of_this_machine(address: str) -> None:
    assert asyncio.run(http_client.public_address(address)) in ("127.0.0.1", "::1")


def test_a_name_that_leads_into_a_private_network_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async def looked_up(*_: object, **__: object) -> list[Any]:
        return [(None, None, None, None, ("10.0.0.7", 80))]

    async def look_up() -> str:
        monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", looked_up)
        return await http_client.public_address("http://example.org/sparql")

    with pytest.raises(ForbiddenQuery, match=r"10\.0\.0\.7"):
        asyncio.run(look_up())


def test_a_name_that_is_none_is_told() -> None:
    with pytest.raises(EndpointFailed, match="no host"):
        asyncio.run(http_client.public_address("http://no-such-host.invalid/"))
