"""What a connection may take: nothing below the application bounds heads, slow senders and slow readers.

What is remembered (`web.remembered`) is sent from here.
"""

import asyncio
import fcntl
import json
import sys
import termios
from collections.abc import Callable
from http import HTTPStatus
from time import perf_counter
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from web.remembered import Known

_HEAD: Final = 1 << 16
"""Bytes of an address, of headers or trailers until they end. Long queries are posted."""


_WITH_MORE: Final = (b"content-length", b"transfer-encoding", b"expect", b"upgrade")
"""Headers of requests that do not end with their heads."""


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
            self._refuse()

    def on_message_begin(self) -> None:
        """A request begins."""
        self._is_whole = False
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """The head of a request is whole."""
        self._head = 0
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
        added = (b"%b: %b\r\n" % header for header in self.server_state.default_headers)
        self.transport.write(b"".join((b"HTTP/1.1 200 OK\r\n", *added, known.head, b"\r\n", known.body)))
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

    def _refuse(self) -> None:
        """Tell that the head is too long (`RFC 6585, 5 <https://www.rfc-editor.org/rfc/rfc6585.html#section-5>`_)."""
        if self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete:
            # It would look like a part of the answer to the request before it.
            self.transport.abort()
            return
        status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        problem: dict[str, Any] = {
            "type": "about:blank",
            "title": status.phrase,
            "status": status.value,
            "detail": f"The address and the headers are longer than {_HEAD} bytes; post long queries.",
        }
        body = json.dumps(problem).encode()
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/problem+json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
