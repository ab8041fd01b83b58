"""The same bytes asked again have the same answer, without anything of them being read; other bytes never have it."""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import quote

import pytest
import uvicorn

from graph.releases import Releases
from loaders.build import Built
from sparql.limits import Limits
from web.app import create_app
from web.connections import Connection
from web.remembered import Known, Remembered
from web.serving import Sites

LABEL = "SELECT ?name { <https://example.org/id/theme/s-t> <http://www.w3.org/2000/01/rdf-schema#label> ?name }"
PATH = f"/sparql?query={quote(LABEL)}&format=csv"
DATE = re.compile(rb"^date: [^\r]*\r\n", re.MULTILINE | re.IGNORECASE)


class Asker:
    """A client that sends what it is told, and knows where an answer ends."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._rest = b""

    def send(self, *pieces: bytes) -> None:
        for piece in pieces:
            self._connection.sendall(piece)

    def head(self) -> bytes:
        """The head of the next answer."""
        while b"\r\n\r\n" not in self._rest:
            self._read()
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        return head

    def answer(self) -> tuple[bytes, bytes]:
        """The head of the next answer, without its date, and its body."""
        head = self.head()
        found = re.search(rb"content-length: (\d+)", head)
        length = int(found[1]) if found else 0
        while len(self._rest) < length:
            self._read()
        body, self._rest = self._rest[:length], self._rest[length:]
        assert DATE.search(head)
        return DATE.sub(b"", head), body

    def ask(self, request: bytes) -> tuple[bytes, bytes]:
        self.send(request)
        return self.answer()

    def _read(self) -> None:
        data = self._connection.recv(1 << 16)
        assert data, "the connection was closed"
        self._rest += data


@dataclass
class Served:
    """A server in this process, and what it remembered of the requests it was asked."""

    old: Built
    new: Built
    port: int = 0
    remembered: list[bool] = field(default_factory=list)

    @contextmanager
    def connected(self) -> Iterator[Asker]:
        with socket.create_connection(("127.0.0.1", self.port), 20) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            yield Asker(connection)

    def ask(self, *requests: bytes) -> list[tuple[bytes, bytes]]:
        """The answers to requests on one connection, one after the other; remembers whether each was remembered."""
        self.remembered.clear()
        with self.connected() as one:
            return [one.ask(request) for request in requests]


@pytest.fixture
def server(build_themes: Callable[[str], Built], monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """Serves a release whose theme is called Vanha; in the other it is called Uusi."""
    new, old = build_themes("t,Uusi\n"), build_themes("t,Vanha\n")
    served, look = Served(old, new), Sites.remembered

    def remembered(sites: Sites, request: bytes) -> Known | None:
        known = look(sites, request)
        served.remembered.append(known is not None)
        return known

    monkeypatch.setattr(Sites, "remembered", remembered)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        app = create_app(old.release, Limits(workers=2))
        running = uvicorn.Server(uvicorn.Config(app, http=Connection, log_level="critical", timeout_keep_alive=1))
        thread = threading.Thread(target=running.run, args=([listening],))
        thread.start()
        served.port = listening.getsockname()[1]
        yield served
        running.should_exit = True
        thread.join()


def request(path: str = PATH, method: str = "GET", version: str = "1.1", more: str = "") -> bytes:
    return f"{method} {path} HTTP/{version}\r\nHost: example.org\r\n{more}\r\n".encode()


def test_the_same_bytes_have_the_same_answer_however_often(server: Served) -> None:
    answers = server.ask(*[request()] * 4)
    assert server.remembered == [False, False, True, True]
    answers += server.ask(*[request()] * 2)
    assert server.remembered == [True, True]
    head, body = answers[0]
    assert head.startswith(b"HTTP/1.1 200 OK\r\n") and b"Vanha" in body
    assert answers == [(head, body)] * 6


def test_an_answer_that_is_remembered_is_counted_and_logged(server: Served, capfd: pytest.CaptureFixture[str]) -> None:
    server.ask(*[request()] * 5)
    ((_, metrics),) = server.ask(request("/metrics"))
    assert b'verkosto_queries_total{origin="cache",outcome="answered"} 4.0' in metrics
    assert b'verkosto_query_seconds_count{origin="cache"} 4.0' in metrics
    assert b'verkosto_http_requests_total{status="200"} 5.0' in metrics
    found, deadline = "", time.monotonic() + 10
    while found.count("outcome=answered origin=cache") < 4 and time.monotonic() < deadline:
        time.sleep(0.05)
        found += capfd.readouterr().err
    assert found.count("outcome=answered origin=cache") == 4


@pytest.mark.parametrize(
    "asked",
    [
        request(more="Content-Length: 0\r\n"),
        request(version="1.0", more="Connection: keep-alive\r\n"),
        request(method="HEAD"),
        request("/health"),
        request("/en/"),
        request("/sparql?query=SELECT%20(NOW()%20AS%20%3Fn)%20%7B%7D"),
        request("/sparql?query=nonsense"),
    ],
    ids=["with a length", "of HTTP/1.0", "HEAD", "no query", "a page", "what is made up", "an error"],
)
def test_what_is_no_kept_answer_is_not_remembered(server: Served, asked: bytes) -> None:
    for _ in range(3):
        with server.connected() as one:
            one.send(asked)
            one.head()
    assert not any(server.remembered)


def test_requests_in_one_piece_or_in_many_are_answered_in_their_order(server: Served) -> None:
    other = request("/sparql?query=ASK%20%7B%7D&format=json")
    name, yes = server.ask(*[request()] * 3, *[other] * 3)[-4:-2]
    assert b"Vanha" in name[1] and b"true" in yes[1]
    assert server.remembered == [False, False, True] * 2
    with server.connected() as one:
        one.send(request() + other + request())
        assert [one.answer() for _ in range(3)] == [name, yes, name]
        one.send(*(bytes([byte]) for byte in request()))
        assert one.answer() == name
        one.send(request(), other, request("/health"), request(), other)
        answers = [one.answer() for _ in range(5)]
        assert [answers[number] for number in (0, 1, 3, 4)] == [name, yes, name, yes]
        # What came in many pieces leaves no trace: the next request in one is known again.
        server.remembered.clear()
        assert one.ask(request()) == name
        assert server.remembered == [True]


def test_another_header_is_another_question(server: Served) -> None:
    path = PATH.removesuffix("&format=csv")
    csv, json = (request(path, more=f"Accept: {name}\r\n") for name in ("text/csv", "application/json"))
    answers = server.ask(*[csv, json] * 3)
    assert server.remembered == [False] * 4 + [True] * 2
    assert answers[4][1].startswith(b"name") and answers[5][1].startswith(b"{")
    tag = re.search(rb'etag: ("[^"]*")', answers[0][0])
    assert tag is not None
    known = request(path, more=f"Accept: text/csv\r\nIf-None-Match: {tag[1].decode()}\r\n")
    assert [head.split(b"\r\n")[0] for head, _ in server.ask(*[known] * 3)] == [b"HTTP/1.1 304 Not Modified"] * 3


def test_what_was_remembered_of_one_release_is_not_answered_of_another(server: Served) -> None:
    assert b"Vanha" in server.ask(*[request()] * 3)[-1][1]
    Releases(server.new.release.directory.parent.parent).rollback(server.new.release.id)
    deadline = time.monotonic() + 20
    while server.new.release.id.encode() not in server.ask(request("/health"))[0][1]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert all(b"Uusi" in body for _, body in server.ask(*[request()] * 3))
    # And of one that is asked for by its id, nothing is remembered: it may be gone next time.
    server.ask(*[request(f"/releases/{server.old.release.id}{PATH}")] * 3)
    assert not any(server.remembered)


def test_a_connection_on_which_nothing_else_is_asked_stays_open(server: Served) -> None:
    server.ask(*[request()] * 2)
    with server.connected() as one:
        start = time.monotonic()
        # For longer than a connection may be silent.
        while time.monotonic() - start < 2.5:
            assert b"Vanha" in one.ask(request())[1]
            time.sleep(0.25)
    assert all(server.remembered[2:])


def test_no_more_is_remembered_than_there_is_room_for() -> None:
    remembered, body = Remembered(), b"x" * (1 << 16)
    for number in range(1000):
        remembered.keep(b"%d" % number, [], body, lambda _: None)
        assert remembered.get(b"0") is not None
    kept = sum(remembered.get(b"%d" % number) is not None for number in range(1000))
    assert 200 < kept < 256 and remembered.get(b"999") is not None
    remembered.keep(b"large", [], body + b"x", lambda _: None)
    assert remembered.get(b"large") is None
