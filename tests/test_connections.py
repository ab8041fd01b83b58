"""A connection ends when its client neither asks nor reads; who takes time, but goes on, is served."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from web.connections import Connection

LARGE = 20_000_000
Served = Callable[..., AbstractContextManager[str]]


class Hasty(Connection):
    """Waits for less than a second."""

    patience = 0.5


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Reads the body and answers with its length, or with much if there is none."""
    length, is_more = 0, True
    while is_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        length, is_more = length + len(message["body"]), message.get("more_body", False)
    body = str(length).encode() if length else b"x" * LARGE
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server in this process."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        config = uvicorn.Config(application, http=Hasty, lifespan="off", log_level="critical")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        yield listening.getsockname()[1]
        server.should_exit = True
        thread.join()


@contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(5)
        client.connect(("127.0.0.1", port))
        yield client


def rest(client: socket.socket) -> bytes:
    """All that still comes."""
    found = bytearray()
    try:
        while data := client.recv(1 << 16):
            found += data
    except ConnectionError:
        pass
    return bytes(found)


@pytest.mark.parametrize(
    "beginning",
    [b"", b"GET /", b"GET / HTTP/1.1\r\nHost: x\r\n", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabc"],
    ids=["nothing", "half an address", "half a head", "half a body"],
)
def test_a_request_that_does_not_become_whole_is_given_up(port: int, beginning: bytes) -> None:
    with connected(port) as client:
        start = time.monotonic()
        client.sendall(beginning)
        assert rest(client) == b""
        assert Hasty.patience - 0.1 < time.monotonic() - start < Hasty.patience + 1


def test_a_client_that_takes_nothing_is_given_up(port: int) -> None:
    with connected(port) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        # Something goes to the kernel's buffers before all waits.
        time.sleep(3 * Hasty.patience)
        assert 0 < len(rest(client)) < LARGE


def test_a_client_that_goes_on_is_served(port: int) -> None:
    with connected(port) as client:
        for character in b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nabcdefghi":
            client.sendall(bytes([character]))
            time.sleep(0.005)
        assert client.recv(1000).endswith(b"\r\n\r\n9")
        # The next on the same connection.
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc")
        assert rest(client).endswith(b"\r\n\r\n3")


def test_a_client_that_takes_a_little_at_a_time_is_served(port: int) -> None:
    with connected(port) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        found, start = 0, time.monotonic()
        while data := client.recv(1 << 16):
            found += len(data)
            if time.monotonic() - start < 3 * Hasty.patience:
                time.sleep(0.01)
        assert found > LARGE


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x/y\r\n\r\n", 400),
        (b"NONSENSE\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01", 400),
        (b"FETCH / HTTP/1.1\r\nHost: x\r\n\r\n", 501),
        (b"get / HTTP/1.1\r\nHost: x\r\n\r\n", 501),
        (b"GET /?" + b"x" * 70_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET /?" + b"x" * 1_000_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", 431),
    ],
    ids=["none", "two", "space", "path", "nonsense", "tls", "method", "case", "address", "long address", "header"],
)
def test_what_is_wrong_with_a_head_is_told_as_a_problem(port: int, request_: bytes, status: int) -> None:
    with connected(port) as client:
        with suppress(ConnectionError):
            client.sendall(request_)
        head, _, body = rest(client).partition(b"\r\n\r\n")
    # Whoever sends on while it is refused may find the connection closed before it has read.
    if head or len(request_) < 100:
        assert head.startswith(b"HTTP/1.1 %d " % status)
        assert b"\r\ndate: " in head and b"\r\nAccess-Control-Allow-Origin: *" in head
        assert json.loads(body)["status"] == status


def test_a_server_names_the_methods_that_it_has_anywhere(served: Served, data: Path) -> None:
    with served(data) as address, connected(int(address.rpartition(":")[2])) as client:
        client.sendall(b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        found = rest(client)
    assert found.startswith(b"HTTP/1.1 204 ")
    assert b"\r\nallow: GET, HEAD, POST, OPTIONS\r\n" in found


@pytest.mark.parametrize("host", ["", "example.org", "example.org:80", "[::1]:8000", "127.0.0.1"])
def test_a_host_with_or_without_a_port_is_right(port: int, host: str) -> None:
    with connected(port) as client:
        client.sendall(f"POST / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: 1\r\n\r\na".encode())
        assert rest(client).startswith(b"HTTP/1.1 200 ")


def test_a_client_of_http_1_0_needs_no_host_and_gets_no_interim_answer(port: int) -> None:
    with connected(port) as client:
        client.sendall(b"POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na")
        assert rest(client).startswith(b"HTTP/1.1 200 ")
