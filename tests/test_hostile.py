"""Who means harm gets an honest failure on time, and nobody else notices: a real server, its processes, its sockets."""

import http.server
import itertools
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import quote, urlsplit

import hostile_queries as hostile
import httpx2
import pytest
from processes import becomes_idle

from sparql.limits import Limits

SECONDS = 2
PATIENCE = 60
"""Seconds of a limit that a test does not wait for: something else has to end the query."""
AT_ONCE = 4
TWENTY = " ".join(map(str, range(20)))
SMALL = f"SELECT (COUNT(*) AS ?n) {{ VALUES ?a {{ {TWENTY} }} VALUES ?b {{ {TWENTY} }} VALUES ?c {{ {TWENTY} }} }}"
RUNAWAY = hostile.PRODUCTS["patterns, counted"]
LARGE = "SELECT * { ?a ?b ?c . ?d a <https://w3id.org/verkosto#City> }"
"""Some megabytes."""
FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"

Served = Callable[..., AbstractContextManager[str]]


@pytest.fixture(scope="module")
def address(served: Served, data: Path) -> Iterator[str]:
    """A server whose queries may take two seconds."""
    with served(data, "--query-timeout", str(SECONDS)) as address:
        yield address


@pytest.fixture(scope="module")
def patient(served: Served, data: Path) -> Iterator[str]:
    """A server whose queries may take a minute."""
    with served(data, "--query-timeout", str(PATIENCE)) as address:
        yield address


_numbers = itertools.count()
# One for all, as each would read all certificates of the machine first; connections are not kept.
_client = httpx2.Client(timeout=30, limits=httpx2.Limits(max_keepalive_connections=0))


def _unasked(query: str) -> str:
    """The same query, made one that nobody has asked before: what was asked before needs no worker."""
    return f"{query[:-1]} FILTER (1 != -{next(_numbers)}) }}"


def _ask(address: str, query: str) -> tuple[httpx2.Response, float]:
    """The answer to a query, and how many seconds it took."""
    start = time.monotonic()
    answer = _client.post(f"{address}/sparql", content=query, headers={"Content-Type": QUERY})
    return answer, time.monotonic() - start


def _small(address: str) -> bool:
    """Whether a small product is answered."""
    answer, _ = _ask(address, _unasked(SMALL))
    return answer.status_code == 200 and answer.json()["results"]["bindings"][0]["n"]["value"] == "8000"


@contextmanager
def others(address: str, *, ask_queries: bool = True) -> Iterator[None]:
    """Somebody else asks for pages and small things all the while, and gets them."""
    is_over = threading.Event()

    def ask() -> None:
        while True:
            assert not ask_queries or _small(address)
            assert _client.get(f"{address}/en/city", timeout=SECONDS).status_code == 200
            if is_over.wait(0.05):
                break

    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(ask)
        try:
            yield
        finally:
            is_over.set()
        asking.result()


def _is_honest(answer: httpx2.Response) -> bool:
    """Whether an answer is whole, or says that there is none, why, and what to do."""
    if answer.status_code == 200:
        return bool(answer.json()) if "json" in answer.headers["content-type"] else answer.text.endswith(".\n")
    problem = answer.json()
    return (
        answer.headers["content-type"] == "application/problem+json"
        and problem["status"] == answer.status_code
        and problem["type"].startswith("https://")
        and len(problem["detail"]) > 20
    )


def _some_at_once(*groups: Mapping[str, str]) -> pytest.MarkDecorator:
    """A case for some queries together, called by their names."""
    listed = [item for group in groups for item in group.items()]
    cases = [dict(listed[start : start + AT_ONCE]) for start in range(0, len(listed), AT_ONCE)]
    return pytest.mark.parametrize("queries", cases, ids=[", ".join(case) for case in cases])


def _outcomes(address: str, queries: Mapping[str, str]) -> dict[str, int]:
    """The statuses of some queries that are asked at the same time, each of them honest and on time."""
    with others(address), ThreadPoolExecutor(AT_ONCE) as pool:
        answers = pool.map(partial(_ask, address), queries.values())
        found = dict(zip(queries, answers, strict=True))
    for name, (answer, seconds) in found.items():
        assert _is_honest(answer), f"{name}: {answer.text[:500]}"
        assert seconds < SECONDS + 1, name
    assert becomes_idle(address, 1)
    return {name: answer.status_code for name, (answer, _) in found.items()}


@_some_at_once(hostile.PRODUCTS, hostile.SORTED, hostile.TEXTS, hostile.PATHS)
def test_queries_that_ask_for_too_much_are_stopped(address: str, queries: dict[str, str]) -> None:
    assert _outcomes(address, queries) == dict.fromkeys(queries, 503)


@_some_at_once(hostile.DEEP)
def test_queries_that_are_too_deep_are_refused(address: str, queries: dict[str, str]) -> None:
    assert _outcomes(address, queries) == dict.fromkeys(queries, 400)


@_some_at_once(hostile.LONG)
def test_queries_as_long_as_is_allowed_are_answered_refused_or_stopped(address: str, queries: dict[str, str]) -> None:
    assert set(_outcomes(address, queries).values()) <= {200, 400, 503}


FIVE_MEGABYTES = {
    "a query": (QUERY, b"ASK {} #" + b"x" * 5_000_000),
    "a form": (FORM, b"query=ASK%7B%7D%23" + b"x" * 5_000_000),
    "percent signs": (FORM, b"query=" + b"%41" * 1_700_000),
    "percent signs alone": (FORM, b"query=" + b"%" * 5_000_000),
    "ampersands": (FORM, b"&" * 5_000_000),
    "an update": ("application/sparql-update", b"LOAD <http://e.org/" + b"x" * 5_000_000),
    "anything": ("text/plain", b"x" * 5_000_000),
}


@pytest.mark.parametrize("is_chunked", [False, True], ids=["at once", "in chunks"])
@pytest.mark.parametrize(("content_type", "body"), FIVE_MEGABYTES.values(), ids=FIVE_MEGABYTES.keys())
def test_five_megabytes_of_text_are_refused(address: str, content_type: str, body: bytes, is_chunked: bool) -> None:
    content = (body[at : at + 1000] for at in range(0, len(body), 1000)) if is_chunked else body
    with others(address):
        start = time.monotonic()
        answer = _client.post(f"{address}/sparql", content=content, headers={"Content-Type": content_type})
        seconds = time.monotonic() - start
    # What can't carry a query is refused by its type, without being read.
    assert answer.status_code == {"application/sparql-update": 403, "text/plain": 415}.get(content_type, 413)
    assert _is_honest(answer)
    assert seconds < SECONDS + 1
    assert becomes_idle(address, 1)


@contextmanager
def _connected(address: str) -> Iterator[socket.socket]:
    """A plain connection to a server, which takes little at a time."""
    parts = urlsplit(address)
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(10)
        client.connect((parts.hostname, parts.port))
        yield client


def _taken(client: socket.socket, most: int) -> bytes:
    """Some of what a server sends."""
    data = client.recv(most)
    assert data, "the server has closed the connection"
    return data


def _read(client: socket.socket) -> tuple[bytes, bytes]:
    """The head of an answer, and a body as long as the head says."""
    head, body = bytearray(), bytearray()
    while not head.endswith(b"\r\n\r\n"):
        head += _taken(client, 1)
    length = next(int(line[15:]) for line in head.lower().splitlines() if line.startswith(b"content-length:"))
    while len(body) < length:
        body += _taken(client, length - len(body))
    return bytes(head), bytes(body)


TYPE = b"Content-Type: application/sparql-query\r\n"


@pytest.mark.parametrize(
    "beginning",
    [
        b"GET /sparql?query=",
        b"GET / HTTP/1.1\r\nHost: x\r\nAccept: ",
        b"POST /sparql HTTP/1.1\r\nHost: x\r\n%bTransfer-Encoding: chunked\r\n\r\n1;x=" % TYPE,
        b"POST /sparql HTTP/1.1\r\nHost: x\r\n%bTransfer-Encoding: chunked\r\n\r\n0\r\nX-Trailer: " % TYPE,
    ],
    ids=["address", "header", "chunk", "trailer"],
)
def test_what_stands_before_a_body_and_behind_it_has_an_end(address: str, beginning: bytes) -> None:
    with others(address), _connected(address) as client:
        start = time.monotonic()
        with suppress(ConnectionError):
            client.sendall(beginning + b"x" * 5_000_000)
        with suppress(ConnectionError):
            head, body = _read(client)
            assert head.startswith((b"HTTP/1.1 414", b"HTTP/1.1 431")) and b"longer than" in body
        assert time.monotonic() - start < 2
    assert becomes_idle(address, 1)


def _posted(query: str) -> bytes:
    head = f"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: {QUERY}\r\nContent-Length: {len(query)}\r\n\r\n"
    return (head + query).encode()


def _got(query: str, accept: str = "text/csv", method: str = "GET") -> bytes:
    return f"{method} /sparql?query={quote(query)} HTTP/1.1\r\nHost: x\r\nAccept: {accept}\r\n\r\n".encode()


def _close(client: socket.socket) -> None:
    client.close()


def _break_off(client: socket.socket) -> None:
    # Without lingering, what the other side gets is not an end but a reset.
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


def _say_no_more(client: socket.socket) -> None:
    client.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("leave", [_close, _break_off, _say_no_more])
@pytest.mark.parametrize(
    "request_for",
    [_posted, _got, partial(_got, accept="text/html"), partial(_got, method="HEAD")],
    ids=["POST", "GET", "page", "HEAD"],
)
def test_the_query_of_a_client_that_goes_away_ends_with_it(
    patient: str, request_for: Callable[[str], bytes], leave: Callable[[socket.socket], None]
) -> None:
    with others(patient), _connected(patient) as client:
        client.sendall(request_for(_unasked(RUNAWAY)))
        time.sleep(0.3)
        assert not becomes_idle(patient, 0)
        leave(client)
        time.sleep(0.1)
    assert becomes_idle(patient, 1)


def test_a_client_that_goes_away_takes_nothing_from_one_that_asks_the_same(patient: str) -> None:
    query = _unasked("SELECT (COUNT(*) AS ?n) { ?a a ?b . ?c a ?d }")
    with ThreadPoolExecutor(1) as pool, _connected(patient) as client:
        client.sendall(_posted(query))
        time.sleep(0.1)
        staying = pool.submit(_ask, patient, query)
        time.sleep(0.1)
        client.close()
        answer, _ = staying.result()
    assert answer.status_code == 200
    assert int(answer.json()["results"]["bindings"][0]["n"]["value"]) > 1_000_000


def test_clients_that_go_away_while_they_wait_for_a_worker_leave_no_work(patient: str) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(_connected(patient)) for _ in range(Limits().workers + 10)]
        for client in clients:
            client.sendall(_posted(_unasked(RUNAWAY)))
        time.sleep(1)
    assert becomes_idle(patient, 2)
    assert _small(patient)


def test_slow_readers_keep_nobody_from_anything(patient: str) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(_connected(patient)) for _ in range(5)]
        with others(patient):
            for client in clients:
                client.sendall(_got(_unasked(LARGE)))
            # A byte at a time, while the server has many more.
            beginnings = [client.recv(1) for client in clients]
            time.sleep(1)
        assert becomes_idle(patient, 1)
        # Who has taken its time gets all of it at last.
        head, body = _read(clients[0])
        assert beginnings[0] + head.splitlines()[0] == b"HTTP/1.1 200 OK"
        assert body.startswith(b"a,b,c,d\r\n") and body.count(b"\r\n") > 100_000


def test_slow_senders_keep_nobody_from_anything(address: str) -> None:
    request, said = _posted(SMALL), 50
    with ExitStack() as stack:
        clients = [stack.enter_context(_connected(address)) for _ in range(100)]
        # Some have sent all but the end of the head, others all but the end of the query.
        sent = [len(request) - len(SMALL) - said if number % 2 else len(request) - said for number in range(100)]
        for client, length in zip(clients, sent, strict=True):
            client.sendall(request[:length])
        with others(address):
            for _ in range(said - 1):
                for number, client in enumerate(clients):
                    client.sendall(request[sent[number] :][:1])
                    sent[number] += 1
                time.sleep(0.02)
        assert becomes_idle(address, 1)
        # Who has taken its time gets an answer at last.
        for number in range(2):
            clients[number].sendall(request[sent[number] :])
            head, body = _read(clients[number])
            assert head.startswith(b"HTTP/1.1 200") and b'"8000"' in body


def test_many_connections_at_once_keep_nobody_from_anything(address: str) -> None:
    with ExitStack() as stack:
        for _ in range(500):
            stack.enter_context(_connected(address))
        with others(address):
            time.sleep(0.5)
        assert becomes_idle(address, 1)


def test_many_runaways_at_once_are_all_told_on_time_and_pages_are_answered(address: str) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(_connected(address)) for _ in range(100)]
        # They have all workers, so that whoever else asks waits with them.
        with others(address, ask_queries=False):
            start = time.monotonic()
            for client in clients:
                client.sendall(_posted(_unasked(RUNAWAY)))
            heads = [_read(client)[0] for client in clients]
            # Those that had to wait for a worker, too.
            assert time.monotonic() - start < SECONDS + 1
    assert all(head.startswith(b"HTTP/1.1 503") for head in heads)
    assert _small(address)
    assert becomes_idle(address, 1)


class Trap:
    """A server that counts who connects to it, and leads whoever does elsewhere."""

    def __init__(self, host: str, leads_to: str = "http://e.invalid/") -> None:
        self.asked = 0
        trap = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(307)
                self.send_header("Location", leads_to)
                self.end_headers()

            do_POST = do_GET

            def log_message(self, *_: object) -> None:
                pass

        class Server(http.server.ThreadingHTTPServer):
            address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

            def verify_request(self, *_: object) -> bool:
                trap.asked += 1
                return True

        self._server = Server((host, 0), Handler)
        self.authority = f"{f'[{host}]' if ':' in host else host}:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop it."""
        self._server.shutdown()
        self._server.server_close()


@dataclass(frozen=True)
class Traps:
    """Servers on this machine that nobody may ask."""

    v4: Trap
    v6: Trap | None
    """None where there is no IPv6."""
    leading: Trap
    """Leads to the first."""

    @property
    def forbidden(self) -> list[str]:
        """All that may stand for the first two in an address."""
        port = self.v4.authority.partition(":")[2]
        hosts = ("127.0.0.1", "localhost", "LocalHost", "127.1", "0177.0.0.1", "0x7f.1", "2130706433", "0.0.0.0")
        others = ("user:word@127.0.0.1", "127.0.0.1.", "[::ffff:127.0.0.1]", "e.invalid:80@127.0.0.1")
        found = [f"{host}:{port}" for host in (*hosts, *others)]
        return found if self.v6 is None else [*found, self.v6.authority]

    @property
    def asked(self) -> int:
        """How often somebody has connected to the first two."""
        return self.v4.asked + (self.v6.asked if self.v6 else 0)


@pytest.fixture(scope="module")
def traps() -> Iterator[Traps]:
    """They are there as long as this module's tests."""
    v4 = Trap("127.0.0.1")
    try:
        v6 = Trap("::1")
    except OSError:
        v6 = None
    leading = Trap("127.0.0.1", f"http://{v4.authority}/")
    yield Traps(v4, v6, leading)
    for trap in (v4, v6, leading):
        if trap is not None:
            trap.close()


@pytest.fixture(scope="module")
def federated(served: Served, data: Path, patient: str, traps: Traps) -> Iterator[str]:
    """A server that may ask another one, and one that leads elsewhere."""
    origins = (patient, f"http://{traps.leading.authority}")
    options = [option for origin in origins for option in ("--service", origin)]
    with served(data, "--query-timeout", str(SECONDS), *options) as address:
        yield address


def _disguised(query: str, authority: str, address: str) -> str:
    return query.replace("TRAP", authority).replace("HERE", urlsplit(address).netloc)


def test_the_traps_would_notice(traps: Traps) -> None:
    for trap in (traps.v4, traps.v6, traps.leading):
        if trap is not None:
            before = trap.asked
            assert _client.get(f"http://{trap.authority}/").status_code == 307
            assert trap.asked == before + 1


@pytest.mark.parametrize("query", hostile.SERVICE.values(), ids=hostile.SERVICE.keys())
def test_no_disguise_of_service_leads_anywhere(address: str, federated: str, traps: Traps, query: str) -> None:
    before = traps.asked, traps.leading.asked
    for authority in [*traps.forbidden, traps.leading.authority]:
        answer, _ = _ask(address, _disguised(query, authority, address))
        assert answer.status_code == 403 and _is_honest(answer), authority
    assert (traps.asked, traps.leading.asked) == before
    # Where some may be asked, others may not be.
    for authority in traps.forbidden:
        answer, _ = _ask(federated, _disguised(query, authority, address))
        assert answer.status_code in (400, 403) and _is_honest(answer), authority
    # One that may be asked leads to one that may not.
    answer, _ = _ask(federated, _disguised(query, traps.leading.authority, address))
    assert answer.status_code in (200, 400, 403, 502) and _is_honest(answer)
    assert traps.asked == before[0]
    assert becomes_idle(address, 1) and becomes_idle(federated, 1)


def test_a_service_that_may_be_asked_is_asked_all_the_same(federated: str, patient: str, traps: Traps) -> None:
    before = traps.asked
    query = f"SELECT ?c {{ SERVICE <{patient}/sparql> {{ ?c a <https://w3id.org/verkosto#City> }} }}"
    leading = query.replace(f"{patient}/sparql", f"http://{traps.leading.authority}/")
    assert _ask(federated, leading)[0].status_code == 502
    answer, _ = _ask(federated, query)
    assert answer.status_code == 200 and len(answer.json()["results"]["bindings"]) == 6
    assert traps.asked == before


@pytest.mark.parametrize("update", hostile.UPDATES.values(), ids=hostile.UPDATES.keys())
def test_no_update_is_done_in_whatever_way_it_comes(address: str, traps: Traps, update: str) -> None:
    before, endpoint = traps.asked, f"{address}/sparql"
    update = _disguised(update, traps.v4.authority, address)
    for answer in (
        _client.post(endpoint, data={"update": update}),
        _client.post(endpoint, content=update, headers={"Content-Type": "application/sparql-update"}),
        _client.post(endpoint, data={"query": update}),
        _client.post(endpoint, content=update, headers={"Content-Type": QUERY}),
        _client.get(endpoint, params={"query": update}),
        _client.get(endpoint, params={"update": update}),
    ):
        assert answer.status_code == 403 and _is_honest(answer)
    assert traps.asked == before
    assert becomes_idle(address, 1)


@pytest.mark.parametrize("query", hostile.ABSENT.values(), ids=hostile.ABSENT.keys())
def test_what_is_not_here_is_not_fetched(address: str, federated: str, traps: Traps, query: str) -> None:
    before = traps.asked, traps.leading.asked
    for authority in [*traps.forbidden, traps.leading.authority]:
        for asked in (address, federated):
            answer, _ = _ask(asked, _disguised(query, authority, address))
            assert answer.status_code == 200, authority
            assert answer.text == "" or answer.json()["results"]["bindings"] == []
    assert (traps.asked, traps.leading.asked) == before
    assert becomes_idle(address, 1)


def test_a_function_that_nobody_knows_is_not_fetched(address: str, traps: Traps) -> None:
    before = traps.asked
    for authority in traps.forbidden:
        answer, _ = _ask(address, f"SELECT ?x {{ BIND (<http://{authority}/>(1) AS ?x) }}")
        assert answer.status_code == 400 and "is not supported" in answer.json()["detail"]
    assert traps.asked == before


@pytest.mark.parametrize("name", ["default-graph-uri", "named-graph-uri", "using-graph-uri", "format", "x"])
def test_no_parameter_is_fetched(address: str, traps: Traps, name: str) -> None:
    before = traps.asked
    parameters = {"query": "SELECT * { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } } LIMIT 1"}
    for authority in traps.forbidden:
        for answer in (
            _client.get(f"{address}/sparql", params={**parameters, name: f"http://{authority}/"}),
            _client.post(f"{address}/sparql", data={**parameters, name: f"http://{authority}/"}),
        ):
            assert answer.status_code in (200, 400, 403) and _is_honest(answer)
    assert traps.asked == before
    assert becomes_idle(address, 1)
