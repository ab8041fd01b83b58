"""How a worker and its parent talk: JSON and bytes on a Unix socket, a file descriptor travelling with a message.

One end speaks at a time.
"""

import asyncio
import io
import json
import os
import socket
import struct
from collections.abc import Mapping
from typing import IO, Any, Final, NamedTuple

_LENGTHS: Final = struct.Struct("!II")
_PIECE: Final = 1 << 18


class Message(NamedTuple):
    """What one end says to the other."""

    head: dict[str, Any]
    body: bytes
    descriptor: int | None
    """A copy of an open file descriptor; whoever receives it closes it."""

    def opened(self) -> IO[bytes]:
        """The body, or the file in its place, to read and to close."""
        return io.BytesIO(self.body) if self.descriptor is None else os.fdopen(self.descriptor, "rb")


def pack(head: Mapping[str, Any], body: bytes = b"") -> bytes:
    """A message as bytes."""
    text = json.dumps(head).encode()
    return _LENGTHS.pack(len(text), len(body)) + text + body


def send(control: socket.socket, head: Mapping[str, Any], body: bytes = b"", descriptor: int | None = None) -> None:
    """Send a message, and a copy of an open file descriptor with it. Raises OSError if nobody is there."""
    data = memoryview(pack(head, body))
    sent = socket.send_fds(control, [data], [] if descriptor is None else [descriptor])
    control.sendall(data[sent:])


def receive(control: socket.socket) -> Message | None:
    """The next message; None when the other end is closed."""
    reader = _Reader()
    while reader.missing > 0:
        # So that nothing of the next message is read.
        data, descriptors, _, _ = socket.recv_fds(control, _PIECE, 1)
        if not data:
            reader.close()
            return None
        reader.take(data, descriptors)
    return reader.message()


async def exchange(
    control: socket.socket, head: Mapping[str, Any], body: bytes = b"", descriptor: int | None = None
) -> Message | None:
    """Send a message on a socket that does not block and wait for the answer; None when the other end is closed.

    Raises OSError if nobody is there.
    """
    loop, message = asyncio.get_running_loop(), memoryview(pack(head, body))
    if descriptor is not None:
        # The socket is empty between two messages, so that it takes a byte.
        message = message[socket.send_fds(control, [message[:1]], [descriptor]) :]
    await loop.sock_sendall(control, message)
    reader = _Reader()
    try:
        while reader.missing > 0:
            # The other end has to think before it answers.
            await _readable(loop, control)
            try:
                data, descriptors, _, _ = socket.recv_fds(control, _PIECE, 1)
            except BlockingIOError:
                continue
            if not data:
                reader.close()
                return None
            reader.take(data, descriptors)
        return reader.message()
    except BaseException:
        reader.close()
        raise


async def _readable(loop: asyncio.AbstractEventLoop, control: socket.socket) -> None:
    is_readable = asyncio.Event()
    loop.add_reader(control, is_readable.set)
    try:
        await is_readable.wait()
    finally:
        loop.remove_reader(control)


class _Reader:
    """Puts a message together from what comes in."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._descriptor: int | None = None

    @property
    def missing(self) -> int:
        """How many bytes are still to come, as far as is known."""
        if len(self._data) < _LENGTHS.size:
            return _LENGTHS.size - len(self._data)
        length, more = _LENGTHS.unpack_from(self._data)
        return int(_LENGTHS.size + length + more - len(self._data))

    def take(self, data: bytes, descriptors: list[int]) -> None:
        self._data += data
        if descriptors:
            self._descriptor = descriptors[0]

    def message(self) -> Message:
        length, _ = _LENGTHS.unpack_from(self._data)
        end = _LENGTHS.size + length
        return Message(json.loads(self._data[_LENGTHS.size : end]), bytes(self._data[end:]), self._descriptor)

    def close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
