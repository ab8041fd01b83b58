"""What a connection may take: nothing below the application bounds heads, slow senders and slow readers.

What is remembered (`web.remembered`) is sent from here.
"""

import asyncio
import fcntl
import json
import re
import sys
import termios
from collections.abc import Callable, Iterator
from http import HTTPStatus
from time import perf_counter
from typing import Any, Final

from httptools import HttpParserInvalidMethodError
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from web.remembered import Known

_HEAD: Final = 1 << 16
"""Bytes of an address, of headers or trailers until they end. Long queries are posted."""
_HOST: Final = re.compile(rb"[\w.~!$&'()*+,;=%:\[\]-]*")
_METHOD: Final = re.compile(rb"([\w!#$%&'*+.^`|~-]{1,100}) [^ ]+ HTTP/")
_WITH_MORE: Final = (b"content-length", b"transfer-encoding", b"expect", b"upgrade")
"""Headers of requests that do not end with their heads."""


class _RefusedError(Exception):
    """Ends the reading of a request whose head is refused."""


class Connection(HttpToolsProtocol):
    """HTTP with an end to everything that a client sends, and to the time in which it sends and reads."""

    patience = 60.0
    """Seconds in which a request has to become whole, and in which some of what waits for a client has to be taken."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A client is there, and has said nothing yet."""
        super().connection_made(transport)
        self._head = 0
        self._is_whole = False
        self._left = 0
        self._refusal: tuple[HTTPStatus, str] | None = None
        self.url = b""
        self._piece = b""
        self._remembered: Callable[[bytes], Known | None] = self.app_state.get("remembered", lambda _: None)
        self._reading: asyncio.TimerHandle | None = self._later(self._give_up)
        self._writing: asyncio.TimerHandle | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone."""
        for timer in (self._reading, self._writing):
            if timer is not None:
                timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Something came. What it completes counts no more."""
        is_between = self._is_between()
        if is_between and (known := self._remembered(data)) is not None:
            self._answer_again(known)
            return
        self._piece = data if is_between else b""
        self._head += len(data)
        super().data_received(data)
        if self._is_whole:
            if self._reading is not None:
                self._reading.cancel()
                self._reading = None
        elif self._reading is None:
            self._reading = self._later(self._give_up)
        if self._head > _HEAD and not self.transport.is_closing():
            self._refuse(*self._too_long())

    def on_message_begin(self) -> None:
        """A request begins."""
        self._is_whole = False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head of a request is whole."""
        self._head = 0
        self._refusal = self._wrong()
        if self._refusal is not None:
            raise _RefusedError
        if self.parser.get_http_version() == "1.0":
            # RFC 9110, 15.2: it knows no interim answers.
            self.expect_100_continue = False
        if self._is_whole_piece():
            self.scope["state"]["whole"] = self._piece
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """Some of a body came."""
        self._head = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """A request is whole."""
        self._head = 0
        self._is_whole = True
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """What came can't be read, or was refused by its head."""
        self._refuse(*(self._refusal or self._unread(msg)))

    def pause_writing(self) -> None:
        """The client takes less than there is for it."""
        self._left = self._waiting()
        self._writing = self._writing or self._later(self._look_again)
        super().pause_writing()

    def resume_writing(self) -> None:
        """The client has taken most of what there was for it."""
        if self._writing is not None:
            self._writing.cancel()
            self._writing = None
        super().resume_writing()

    def _is_between(self) -> bool:
        """Whether what comes now begins a request, whose answer can be sent at once."""
        is_answered = self.cycle is None or (self._is_whole and self.cycle.response_complete)
        return not self._head and is_answered and not self.flow.write_paused and not self.transport.is_closing()

    def _is_whole_piece(self) -> bool:
        """Whether what came is one request and nothing else, behind which more may come."""
        return (
            self._piece.startswith(b"GET ")
            and self._piece.find(b"\r\n\r\n") == len(self._piece) - 4
            and self.parser.get_http_version() == "1.1"
            and self.parser.should_keep_alive()
            and not any(name in _WITH_MORE for name, _ in self.headers)
        )

    def _answer_again(self, known: Known) -> None:
        start = perf_counter()
        self._unset_keepalive_if_required()
        if self._reading is not None:
            self._reading.cancel()
            self._reading = None
        self._is_whole = True
        self.transport.write(b"".join((b"HTTP/1.1 200 OK\r\n", *self._added(), known.head, b"\r\n", known.body)))
        self.server_state.total_requests += 1
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)
        known.note(perf_counter() - start)

    def _later(self, action: Callable[[], None]) -> asyncio.TimerHandle:
        return self.loop.call_later(self.patience, action)

    def _look_again(self) -> None:
        """Whether the client has taken something since the last time."""
        before, self._left = self._left, self._waiting()
        if self._left < before:
            self._writing = self._later(self._look_again)
        else:
            self._give_up()

    def _waiting(self) -> int:
        """How many bytes wait for the client, here and in the kernel, which keeps some megabytes."""
        queued = 0
        if sys.platform == "linux":
            number = self.transport.get_extra_info("socket").fileno()
            queued = int.from_bytes(fcntl.ioctl(number, termios.TIOCOUTQ, bytes(4)), sys.byteorder)
        return self.transport.get_write_buffer_size() + queued

    def _give_up(self) -> None:
        self.transport.abort()

    def _wrong(self) -> tuple[HTTPStatus, str] | None:
        """What is wrong with a head."""
        if len(self.url) + sum(len(name) + len(value) for name, value in self.headers) > _HEAD:
            return self._too_long()
        # RFC 9112, 3.2: https://www.rfc-editor.org/rfc/rfc9112.html#section-3.2
        hosts = [value for name, value in self.headers if name == b"host"]
        is_missing = not hosts and self.parser.get_http_version() != "1.0"
        if is_missing or len(hosts) > 1 or not all(map(_HOST.fullmatch, hosts)):
            return HTTPStatus.BAD_REQUEST, "A request of HTTP/1.1 has one Host header, with a name and maybe a port."
        return None

    def _unread(self, message: str) -> tuple[HTTPStatus, str]:
        """What is to be said of what the parser did not read."""
        if isinstance(sys.exception(), HttpParserInvalidMethodError) and (method := _METHOD.match(self._piece)):
            # RFC 9110, 9.1: https://www.rfc-editor.org/rfc/rfc9110.html#section-9.1
            return HTTPStatus.NOT_IMPLEMENTED, f"There is no method {method[1].decode()} here; use GET, HEAD or POST."
        return HTTPStatus.BAD_REQUEST, f"{message} It is not HTTP/1.1 (RFC 9112)."

    def _too_long(self) -> tuple[HTTPStatus, str]:
        """414 or 431 (`RFC 9110, 15.5.15 <https://www.rfc-editor.org/rfc/rfc9110.html#section-15.5.15>`_, `RFC 6585, 5
        <https://www.rfc-editor.org/rfc/rfc6585.html#section-5>`_)."""
        is_address = len(self.url) > _HEAD // 2
        status = HTTPStatus.REQUEST_URI_TOO_LONG if is_address else HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        return status, f"The address and the headers are longer than {_HEAD} bytes; post long queries."

    def _refuse(self, status: HTTPStatus, detail: str) -> None:
        """Tell what is wrong, and end the connection."""
        if self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            # It would look like a part of the answer to the request before it.
            self.transport.abort()
            return
        problem: dict[str, Any] = {
            "type": "about:blank",
            "title": status.phrase,
            "status": status.value,
            "detail": detail,
        }
        body = json.dumps(problem).encode()
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/problem+json\r\n"
            f"Access-Control-Allow-Origin: *\r\nContent-Length: {len(body)}\r\nConnection: close\r\n"
        )
        self.transport.write(b"".join((head.encode(), *self._added(), b"\r\n", body)))
        self.transport.close()

    def _added(self) -> Iterator[bytes]:
        """The headers that the server adds to each answer, Date among them."""
        return (b"%b: %b\r\n" % header for header in self.server_state.default_headers)
