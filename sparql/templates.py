"""CONSTRUCT and DESCRIBE as SELECT, for engines elsewhere: solutions are asked for, and the graph is made here.

Virtuoso cuts the graph of a CONSTRUCT off at its number of rows and does not say so; of a SELECT it does. A query is
taken apart by its tokens, after the engine has found it to be one.
"""

from typing import Final, NamedTuple

from sparql.dataset import prologue
from sparql.errors import ForbiddenQuery
from sparql.tokens import Token, closing, significant

_NAMES: Final = ("?described", "?described_property", "?described_value")
"""Variables that no query is likely to have."""


class Parts(NamedTuple):
    """A query that makes a graph, in two."""

    select: str
    """The query for its solutions."""
    template: str
    """The beginning of one that makes the graph of VALUES: ``CONSTRUCT { … } WHERE``."""


def parts(query: str) -> Parts:
    """A CONSTRUCT or DESCRIBE, which names no graphs, in two. Raises ForbiddenQuery of DESCRIBE *."""
    start = prologue(query)
    body = query[len(start) :]
    listed = significant(body)
    if listed[0].text.upper() == "DESCRIBE":
        body = _described(body, listed)
        listed = significant(body)
    place = 1 if listed[1].text == "{" else 2
    end = closing(listed[place:])
    pattern = body[listed[place].start : end]
    rest = body[end:] if place == 1 else body[listed[1].start :]
    return Parts(f"{start} SELECT * {rest}", f"{start} CONSTRUCT {pattern} WHERE")


def _described(body: str, listed: list[Token]) -> str:
    """The CONSTRUCT that says what DESCRIBE does: all that the graph says of some things."""
    thing, said, value = _NAMES
    named, place = list[str](), 1
    while place < len(listed) and listed[place].text != "{" and listed[place].text.upper() != "WHERE":
        named.append(listed[place].text)
        place += 1
    if "*" in named:
        raise ForbiddenQuery("DESCRIBE * is not answered here; name the variables or the things to describe.")
    pattern = body[listed[place].start :] if place < len(listed) else "{}"
    iris = [name for name in named if name[0] not in "?$"]
    found = [f"{{ VALUES {thing} {{ {' '.join(iris)} }} }}"] if iris else []
    found += [f"{{ SELECT ({name} AS {thing}) {pattern} }}" for name in named if name[0] in "?$"]
    return f"CONSTRUCT {{ {thing} {said} {value} }} WHERE {{ {' UNION '.join(found)} {thing} {said} {value} }}"
