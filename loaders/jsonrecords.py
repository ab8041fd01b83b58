"""Members of JSON files as typed models; one that is not what its format says is named and skipped."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import msgspec

from loaders.members import Member, members
from loaders.records import Position, Record, SourceRecord
from loaders.report import Report
from loaders.source import Raw

Model = TypeVar("Model")

UNDECODABLE: Final = (msgspec.DecodeError, ValueError, RecursionError)
"""What the decoder raises: for another structure, for bytes that are not UTF-8, for nesting without end."""


@dataclass(frozen=True)
class Decoded(Generic[Model]):
    """A member of a file, as its model."""

    place: str
    file: str
    number: int
    """Which record of the file it is, from 0."""
    member: Member
    model: Model

    def record(self, native_id: str, selector: str, things: tuple[Record, ...]) -> SourceRecord:
        """The source record that this member is, with what it describes."""
        return SourceRecord(
            place=self.place,
            native_id=native_id,
            position=Position.of(self.file, selector, self.member.content, self.member.start),
            things=things,
        )


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
    seen: set[int] = set()
    decoder = msgspec.json.Decoder(model, strict=False)
    for name in sorted(raw.files) if names is None else names:
        with raw.open(name) as file:
            for number, member in enumerate(members(file, name)):
                report.saw(place)
                try:
                    found = decoder.decode(member.content)
                except UNDECODABLE as error:
                    what = "it is not in UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
                    report.skip(_name(place, member, number), f"{name} record {number + 1}: {what}")
                    continue
                key = hash(native_id(found))
                if key in seen:
                    reason = f"{name} record {number + 1}: its id stands in an earlier record, of this file or another"
                    report.skip(f"{place}/{native_id(found)}", reason)
                    continue
                seen.add(key)
                yield Decoded(place, name, number, member, found)


def _name(place: str, member: Member, number: int) -> str:
    """What a record that can't be decoded is called: by its id if that can be made out, else by its number."""
    found = re.search(rb'"(?:unit_)?id"\s*:\s*(?:"([^"]{1,60})"|([\w.-]{1,40}))', member.content, re.IGNORECASE)
    key = (found[1] or found[2]) if found else (member.key or b"").strip(b'"')
    return f"{place}/{key.decode('utf-8', 'replace')}" if key else f"{place} record {number + 1}"
