"""Which media type an Accept header prefers.

`RFC 9110, 12.5.1 <https://www.rfc-editor.org/rfc/rfc9110.html#name-accept>`_: the most specific range decides the
weight of a type; among types of equal weight the server chooses, so our own order counts.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

_MEMBER: Final = re.compile(r'(?:[^,"]|"(?:\\.|[^"\\])*"?)+')
"""A member of a list; a comma in a quoted string ends none."""


@dataclass(frozen=True)
class MediaRange:
    """One member of an Accept header: type, subtype (each maybe ``*``) and weight from 0 to 1."""

    type: str
    subtype: str
    weight: float

    def specificity(self, media_type: str) -> int:
        """How closely the range names the type: 0 not at all, 1 ``*/*``, 2 ``text/*``, 3 exactly."""
        type_, _, subtype = media_type.partition("/")
        if self.type == "*" and self.subtype == "*":
            return 1
        if self.type != type_:
            return 0
        return 2 if self.subtype == "*" else 3 * (self.subtype == subtype)


def parse(header: str) -> list[MediaRange]:
    """The ranges of an Accept header; an empty or absent one accepts everything. What is malformed is passed over.

    A lone asterisk, which some old clients send, stands for everything, too.

    >>> parse("text/csv;q=0.5")
    [MediaRange(type='text', subtype='csv', weight=0.5)]
    """
    members = [member for member in _MEMBER.findall(header) if member.strip()]
    if not members:
        return [MediaRange("*", "*", 1.0)]
    return [found for member in members if (found := _range(member)) is not None]


def best(ranges: Iterable[MediaRange], offered: Sequence[str]) -> str | None:
    """The offered type of the highest weight, the earliest of equals; None if all are refused.

    >>> best(parse("text/*;q=0.3, text/turtle"), ["text/csv", "text/turtle"])
    'text/turtle'
    """
    known = list(ranges)
    weighed = [(weight(known, media_type), -position) for position, media_type in enumerate(offered)]
    heaviest = max(weighed, default=(0.0, 0))
    return offered[-heaviest[1]] if heaviest[0] > 0 else None


def weight(ranges: Iterable[MediaRange], media_type: str) -> float:
    """How much a media type is wanted, from 0 to 1."""
    matching = [(range_.specificity(media_type), range_.weight) for range_ in ranges]
    return max((match for match in matching if match[0]), default=(0, 0.0))[1]


def takes_gzip(header: str) -> bool:
    """Whether an Accept-Encoding header asks for gzip (`RFC 9110, 12.5.3
    <https://www.rfc-editor.org/rfc/rfc9110.html#name-accept-encoding>`_).

    >>> takes_gzip("gzip, br;q=0.5"), takes_gzip("gzip;q=0, *"), takes_gzip("*"), takes_gzip("")
    (True, False, True, False)
    >>> takes_gzip("gzip;q=0.5, identity;q=0.9"), takes_gzip("gzip, identity")
    (False, True)
    """
    weights = _encodings(header)
    named = [weights[name] for name in ("gzip", "x-gzip") if name in weights]
    gzip = max(named) if named else weights.get("*", 0)
    return gzip > 0 and gzip >= weights.get("identity", 0)


def refuses_identity(header: str) -> bool:
    """Whether an Accept-Encoding header refuses what is not encoded at all.

    >>> refuses_identity("identity;q=0, gzip"), refuses_identity("gzip, *;q=0"), refuses_identity("gzip")
    (True, True, False)
    """
    weights = _encodings(header)
    return weights.get("identity", weights.get("*", 1.0)) == 0


@lru_cache(256)
def _encodings(header: str) -> dict[str, float]:
    weights = {}
    for member in header.split(","):
        # An encoding has no subtype; with one, it is weighed as a media type is.
        name, _, parameters = member.strip().partition(";")
        found = _range(f"{name.strip()}/x;{parameters}" if name.strip() != "*" else f"*/*;{parameters}")
        if found is not None:
            weights[found.type] = found.weight
    return weights


def _range(member: str) -> MediaRange | None:
    media_type, *parameters = (part.strip().lower() for part in member.split(";"))
    type_, slash, subtype = ("*/*" if media_type == "*" else media_type).partition("/")
    if not (slash and type_ and subtype) or (type_ == "*" and subtype != "*"):
        return None
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return MediaRange(type_, subtype, min(1.0, max(0.0, float(value))))
            except ValueError:
                return None
    return MediaRange(type_, subtype, 1.0)
