"""How a worker and its parent talk: JSON messages on a Unix socket, a file descriptor travelling with a request."""

import json
import socket
import struct
from collections.abc import Mapping
from typing import Any

_LENGTH = struct.Struct("!I")


def send(control: socket.socket, message: Mapping[str, Any], descriptor: int | None = None) -> None:
    """Send a message, and a copy of an open file descriptor with it. Raises OSError if nobody is there."""
    body = json.dumps(message).encode()
    socket.send_fds(control, [_LENGTH.pack(len(body))], [] if descriptor is None else [descriptor])
    control.sendall(body)


def receive(control: socket.socket) -> tuple[dict[str, Any], int] | None:
    """The next message and the descriptor that came with it, or -1; None when the other end is closed."""
    start, descriptors, _, _ = socket.recv_fds(control, _LENGTH.size, 1)
    header = start + _exactly(control, _LENGTH.size - len(start)) if start else b""
    if len(header) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(header)
    body = _exactly(control, length)
    if len(body) < length:
        return None
    return json.loads(body), descriptors[0] if descriptors else -1


def _exactly(control: socket.socket, length: int) -> bytes:
    parts = []
    while length > 0:
        part = control.recv(min(length, 1 << 16))
        if not part:
            break
        parts.append(part)
        length -= len(part)
    return b"".join(parts)
