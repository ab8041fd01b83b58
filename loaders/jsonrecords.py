"""Members of JSON files as typed models; one that is not what its format says is named and skipped."""

import json
import re
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import msgspec

from loaders.members import Member, members
from loaders.records import Position, Record, SourceRecord
from loaders.report import Report
from loaders.source import Raw
from loaders.values import Values, is_identifier

Model = TypeVar("Model")

_NEXT_OBJECT: Final = re.compile(r",\s*\{")
_DECODER: Final = json.JSONDecoder(strict=False)
_LEARNED: Final = 200
"""Of how many whole records the fields are learned."""
_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)
_VALUE: Final = re.compile(rb'\s*:?\s*("[^"\\]{1,80}"|(?!null|true|false)[\w.-]{1,80})')

UNDECODABLE: Final = (msgspec.DecodeError, ValueError, RecursionError)
"""What the decoder raises: for another structure, for bytes that are not UTF-8, for nesting without end."""


@dataclass(frozen=True)
class Decoded(Generic[Model]):
    """A member of a file, as its model."""

    file: str
    number: int
    """Which record of the file it is, from 0."""
    member: Member
    model: Model

    def record(self, native_id: str, selector: str, things: Iterable[Record], values: Values) -> SourceRecord:
        """The source record that this member is, with what it describes and what became of its values."""
        position = Position.of(self.file, selector, self.member.content, self.member.start)
        return values.record(native_id, position, things)


def decoded(
    raw: Raw,
    report: Report,
    place: str,
    model: type[Model],
    native_id: Callable[[Model], str],
    names: list[str] | None = None,
) -> Iterator[Decoded[Model]]:
    """The members of some files (of all, unless `names` are given) as models; each identifier once.

    Raises UnreadableSource if a file is not one whole array or object.
    """
    seen = Seen()
    decoder = msgspec.json.Decoder(model, strict=False)
    for name in sorted(raw.files) if names is None else names:
        with raw.open(name) as file:
            for number, member in enumerate(_whole(members(file, name))):
                report.saw(place)
                try:
                    found = decoder.decode(member.content)
                except UNDECODABLE as error:
                    what = "it is not in UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
                    report.skip(_name(place, member, number), f"{name} record {number + 1}: {what}")
                    continue
                own_id = native_id(found)
                if not is_identifier(own_id):
                    reason = "its id is empty, or has line breaks or control characters"
                    report.skip(f"{place} record {number + 1}", f"{name} record {number + 1}: {reason}")
                    continue
                if not seen.add(own_id, name):
                    reason = f"{name} record {number + 1}: its id stands in an earlier record of {seen.where(own_id)}"
                    report.skip(f"{place}/{own_id}", reason)
                    continue
                yield Decoded(name, number, member, found)


def _whole(found: Iterable[Member]) -> Iterator[Member]:
    """Members; where a bracket or quote is missing in one, the whole records that it has swallowed are given too.

    A record is known by its fields: all of them have been met in whole records before.
    """
    known: set[str] = set()
    looked = 0
    for member in found:
        if not _is_json(member.content):
            yield from _taken_apart(member, known)
            continue
        fields = _fields(member.content) if looked < _LEARNED else None
        if fields:
            looked += 1
            known |= fields
        yield member


def _taken_apart(member: Member, known: set[str]) -> Iterator[Member]:
    content, start, at = member.content, 0, 1
    text = content.decode("latin-1")
    while found := _NEXT_OBJECT.search(text, at):
        at = found.end() - 1
        try:
            _, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            at += 1
            continue
        fields = _fields(content[at:end])
        if fields is not None and len(fields) > 1 and fields <= known:
            damaged = content[start:at].rstrip(b", \t\r\n")
            if damaged:
                yield Member(member.start + start, damaged, member.key if start == 0 else None)
            yield Member(member.start + at, content[at:end])
            start = end
        at = end
    rest = content[start:].strip(b", \t\r\n")
    if rest.strip(b"}]") or start == 0:
        yield Member(member.start + content.index(rest, start), rest, member.key if start == 0 else None)


def _is_json(content: bytes) -> bool:
    try:
        msgspec.json.decode(content, type=msgspec.Raw)
    except UNDECODABLE:
        return False
    return True


def _fields(content: bytes) -> set[str] | None:
    """The names of an object's fields; None if it is none."""
    try:
        return set(msgspec.json.decode(content, type=dict[str, msgspec.Raw]))
    except UNDECODABLE:
        return None


class Seen:
    """Identifiers that have been met, on disk, so that memory does not grow with their number."""

    def __init__(self) -> None:
        # A database without a name is a file of SQLite's own that goes with the connection.
        self._known = sqlite3.connect("", isolation_level=None)
        self._known.execute("PRAGMA journal_mode = OFF")
        self._known.execute("CREATE TABLE seen (id TEXT PRIMARY KEY, file TEXT) WITHOUT ROWID")
        self._known.execute("BEGIN")

    def add(self, own_id: str, where: str = "") -> bool:
        """Remember an identifier and where it stands; False if it has been met before."""
        return self._known.execute("INSERT OR IGNORE INTO seen VALUES (?, ?)", (own_id, where)).rowcount == 1

    def where(self, own_id: str) -> str | None:
        """Where an identifier was met first; None if it was not."""
        found = self._known.execute("SELECT file FROM seen WHERE id = ?", (own_id,)).fetchone()
        return None if found is None else str(found[0])


def _name(place: str, member: Member, number: int) -> str:
    """What a record that can't be decoded is called: by its own id if that can be made out, else by its number."""
    own_id = _own_id(member.content) or (member.key or b"").strip(b'"').decode("utf-8", "replace")
    return f"{place}/{own_id}" if is_identifier(own_id) else f"{place} record {number + 1}"


def _own_id(content: bytes) -> str:
    """The id of a record that may be broken, and not that of something in it; empty if it can't be made out."""
    depth = 0
    for token in _TOKEN.finditer(content):
        if token[0] in (b"{", b"["):
            depth += 1
        elif token[0] in (b"}", b"]"):
            depth -= 1
        elif depth == 1 and token[0].lower() in (b'"id"', b'"unit_id"'):
            found = _VALUE.match(content, token.end())
            return found[1].strip(b'"').decode("utf-8", "replace") if found else ""
    return ""
