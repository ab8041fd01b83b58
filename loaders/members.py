"""The members of a JSON array or object as byte slices, found without parsing them, in memory that does not grow.

One damaged member then costs one record and not the file, and each record is known by its place in the file.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

import msgspec

from loaders.errors import UnreadableSource

_CHUNK: Final = 1 << 20
MOST: Final = 16 << 20
"""How many bytes a member may have; real ones have some thousands."""
_BOM: Final = b"\xef\xbb\xbf"
_STRING: Final = rb'"(?:[^"\\]++|\\.)*+'
# A string, with its closing quote if that has been read already, or a bracket.
_TOKEN: Final = re.compile(_STRING + rb'("?)|[\[\]{}]', re.DOTALL)
_FLAT: Final = rb'[^"\[\]{}]*+(?:' + _STRING + rb'"[^"\[\]{}]*+)*+'
# Inside of a record, all up to the next bracket at once; what holds no brackets itself is passed over with its own.
_INNER: Final = re.compile(_FLAT + rb"(?:[\[{]" + _FLAT + rb"[\]}]" + _FLAT + rb")*+([\[\]{}])", re.DOTALL)
_BEGINNING: Final = re.compile(rb"\s*([\[{])")
_FIRST_KEY: Final = re.compile(rb"\s*" + _STRING + rb'"\s*:\s*(?=[^\s\[{])', re.DOTALL)
_KEY: Final = re.compile(_STRING + rb'"(?=\s*:\s*\Z)', re.DOTALL)
_CLOSING: Final = {b"[": b"]", b"{": b"}"}
_BETWEEN: Final = b", \t\r\n"


@dataclass(frozen=True)
class Member:
    """A member: where it begins in the file, its bytes, and in an object its key, as JSON."""

    start: int
    content: bytes
    key: bytes | None = None


def members(file: BinaryIO, name: str) -> Iterator[Member]:
    """The objects and arrays in the array or object that a file holds.

    An object whose first value is neither object nor array is one record by itself. Anything else between two members
    is given as a member too, so that whoever reads it can say that it is none.

    Raises UnreadableSource if the file is not one whole array or object, or has a member of more than `MOST` bytes;
    members before the damage are given first.

    >>> from io import BytesIO
    >>> [member.content for member in members(BytesIO(b'[{"id": 1}, {"id": 2}]'), "list.json")]
    [b'{"id": 1}', b'{"id": 2}']
    >>> [(member.key, member.content) for member in members(BytesIO(b'{"7": {"id": 7}}'), "map.json")]
    [(b'"7"', b'{"id": 7}')]
    """
    yield from _Scanner(file, name).run()


class _Scanner:
    """The part of the file that is in memory: from the last whole member on."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._name = name
        self._buffer = b""
        self._offset = 0
        """Where the buffer begins in the file."""

    def run(self) -> Iterator[Member]:
        self._read_on(0)
        begin = _BEGINNING.match(self._buffer, len(_BOM) if self._buffer.startswith(_BOM) else 0)
        if begin is None:
            raise UnreadableSource(f"{self._name} is no JSON array or object in UTF-8; fetch it again.")
        is_record = begin[1] == b"{" and self._is_record(begin)
        # A record by itself is a member at depth 0, and is there when its bracket closes.
        depth, end = 1, begin.start(1) if is_record else begin.end()
        at, start, is_borrowed = begin.end(), end, False
        while depth:
            is_inside = is_record or depth > 1
            token = _INNER.match(self._buffer, at) if is_inside else _TOKEN.search(self._buffer, at)
            if token is None or (not is_inside and token[1] == b""):
                # Nothing more, or a string that goes on: read on, and keep what belongs to the present member.
                at = (token.start() if token else at if is_inside else len(self._buffer)) - end
                start -= end
                if not self._read_on(end):
                    if is_borrowed and depth == 1 and not self._buffer.strip():
                        return
                    raise UnreadableSource(f"{self._name} ends in the middle of a record; fetch it again.")
                end = 0
                if len(self._buffer) > MOST + _CHUNK:
                    raise UnreadableSource(
                        f"{self._name} has a record of over {MOST >> 20} MiB; is it a list of records?"
                    )
                continue
            at, bracket = token.end(), self._buffer[token.end() - 1 : token.end()]
            if bracket in (b"[", b"{"):
                if depth == 1 and not is_record:
                    start = token.start()
                depth += 1
            elif bracket in (b"]", b"}"):
                if depth == 1 and bracket != _CLOSING[begin[1]]:
                    # One bracket too many after a record: it stands between records, as whatever else does.
                    continue
                depth -= 1
                # A record that lacks its bracket ends with that of the file, at the latest.
                is_borrowed = depth == 1 and bracket != _CLOSING[self._buffer[start : start + 1]]
                if is_record and depth == 0:
                    yield Member(self._offset + start, self._buffer[start:at])
                elif depth <= 1 and not is_record:
                    yield from self._members(end, start if depth else token.start(), at if depth else token.start())
                    end = at
        if self._buffer[at:].strip() or self._file.read(_CHUNK).strip():
            raise UnreadableSource(f"{self._name} goes on where it should end; fetch it again.")

    def _is_record(self, begin: re.Match[bytes]) -> bool:
        """Whether an object is a record by itself, which has single values, and not a map of records."""
        if _FIRST_KEY.match(self._buffer, begin.end()):
            return True
        while len(self._buffer) < MOST and self._read_on(0):
            pass
        try:
            fields = msgspec.json.decode(self._buffer[begin.start(1) :], type=dict[str, msgspec.Raw])
        except (msgspec.DecodeError, ValueError, RecursionError):
            return False
        return any(bytes(value)[:1] not in _CLOSING for value in fields.values())

    def _read_on(self, done: int) -> bool:
        """Forget what is done, and read on; False at the end of the file."""
        chunk = self._file.read(_CHUNK)
        self._buffer = self._buffer[done:] + chunk
        self._offset += done
        return bool(chunk)

    def _members(self, previous: int, start: int, end: int) -> Iterator[Member]:
        """The member from start to end, if there is one, after what stands between it and the one before."""
        key = _KEY.search(self._buffer, previous, start)
        stray = self._buffer[previous : key.start() if key else start].strip(_BETWEEN)
        if stray:
            yield Member(self._offset + self._buffer.index(stray, previous), stray)
        if end > start:
            yield Member(self._offset + start, self._buffer[start:end], key[0] if key else None)
