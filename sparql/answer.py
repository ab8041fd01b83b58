"""A whole answer, and where it is kept: a small one in memory, a large one in a file without a name."""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import IO, Final, Literal, Self

INLINE: Final = 1 << 18
"""Bytes up to which an answer is kept in memory."""
_CHUNK: Final = 1 << 18
Origin = Literal["engine", "shared", "cache"]
"""Whether the engine was asked, for this client or for another one who asked the same at the time, or not at all."""


@dataclass(frozen=True)
class Answer:
    """A whole result: its media type, and its bytes or a file to read them from. Close it after use."""

    media_type: str
    body: bytes | IO[bytes]
    rows: int | None = None
    """Solutions, or triples; None where nobody counted."""
    origin: Origin = "engine"

    @property
    def length(self) -> int:
        """How many bytes it has."""
        return len(self.body) if isinstance(self.body, bytes) else os.fstat(self.body.fileno()).st_size

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back the file, if there is one."""
        if not isinstance(self.body, bytes):
            self.body.close()

    def again(self) -> "Answer":
        """The same answer for another reader, who closes it."""
        if isinstance(self.body, bytes):
            return self
        return replace(self, body=os.fdopen(os.dup(self.body.fileno()), "rb"))

    def chunks(self) -> Iterator[bytes]:
        """The result in pieces; closes it at the end."""
        with self:
            if isinstance(self.body, bytes):
                yield self.body
                return
            # Readers of one file share its position, so that none of them may rely on it.
            position = 0
            while chunk := os.pread(self.body.fileno(), _CHUNK, position):
                yield chunk
                position += len(chunk)

    def read(self) -> bytes:
        """All of it; closes it."""
        return b"".join(self.chunks())


class Spool:
    """A file to write an answer to, of which only large ones reach the disk."""

    def __init__(self, directory: str | None = None) -> None:
        self._directory = directory
        self._memory = bytearray()
        self._file: IO[bytes] | None = None

    def write(self, data: bytes) -> int:
        """Write at the end. Raises OSError as files do."""
        self._memory += data
        if len(self._memory) > INLINE:
            self._spill()
        return len(data)

    def _spill(self) -> None:
        if self._file is None:
            # Without a buffer of its own: what can't be written any more must not be tried again when it is closed.
            self._file = tempfile.TemporaryFile(dir=self._directory, buffering=0)  # noqa: SIM115
        left = memoryview(self._memory)
        while left:
            left = left[self._file.write(left) :]
        self._memory = bytearray()

    def flush(self) -> None:
        """Nothing: what is small stays in memory."""

    def body(self) -> bytes | IO[bytes]:
        """What was written, from its beginning. The file, if there is one, is the caller's to close."""
        if self._file is None:
            return bytes(self._memory)
        self._spill()
        self._file.seek(0)
        return self._file

    def clear(self) -> None:
        """Throw away what was written, to write something else."""
        self.close()
        self._memory, self._file = bytearray(), None

    def close(self) -> None:
        """Throw away what was written."""
        if self._file is not None:
            self._file.close()
