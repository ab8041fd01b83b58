"""Two things and what is known of whether they are one: the words in which the modules about identity speak."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Final

from graph.names import How, Likeness, likeness, turned
from ontology.terms import VK

MUNICIPALITY: Final = "municipality"
"""The scheme of keys that are municipality codes."""
LEAST_ALIKE: Final = 0.45
"""Names that are less alike are not asked about. Set on the dev half of tests/cases/identity, see docs/identity.md."""
_TELLING_APART: Final = VK.businessId
"""Two of these are two legal persons."""


@dataclass(frozen=True)
class Key:
    """An identifier in a register: the datatype of the register, or `MUNICIPALITY`, and the identifier."""

    scheme: str
    value: str


@dataclass(frozen=True)
class Party:
    """A thing as one or several sources identify it."""

    iri: str
    source: str
    """The first source, in the order of the build, that describes it."""
    names: tuple[str, ...] = ()
    """What it is called."""
    keys: frozenset[Key] = frozenset()
    above: str | None = None
    """What its source says that it is a part of."""
    is_only_named: bool = False
    """Whether its source knows it by its name alone. A register knows its own things apart, such a source does not."""
    is_compared: bool = True
    """Whether names may tell that it is another thing; else keys alone do."""
    records: tuple[str, ...] = ()
    """The source records that it is described by."""


class Verdict(Enum):
    """What is known of a pair; the values are notations of ``vk:decisions``."""

    OPEN = "open"
    PROVEN = "proven"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    PART_OF = "part-of"


@dataclass(frozen=True)
class Decision:
    """What a person decided of two things. In `Verdict.PART_OF` the first is a part of the second."""

    a: str
    b: str
    verdict: Verdict
    reason: str = ""
    on: date | None = None

    @property
    def pair(self) -> frozenset[str]:
        """The two things, in no order."""
        return frozenset((self.a, self.b))


@dataclass(frozen=True)
class Pair:
    """Two things, what speaks for their being one, and what is known. The first is the part if there is one."""

    a: str
    b: str
    verdict: Verdict
    keys: tuple[Key, ...] = ()
    """The keys that both have."""
    alike: Likeness | None = None
    """How alike their names are, seen from the first."""
    names: tuple[str, str] | None = None
    """The names that are alike."""
    decision: Decision | None = None

    @property
    def suggested(self) -> Verdict | None:
        """What the evidence speaks for; None where it does not tell."""
        if self.alike is None or (self.keys and self.alike.score < LEAST_ALIKE):
            return None
        return Verdict.PART_OF if self.alike.how in (How.PART, How.WHOLE) else Verdict.ACCEPTED


def above(party: Party, known: Mapping[str, Party]) -> Iterator[str]:
    """The things that one is a part of by what sources say, the nearest first; a circle is followed once round."""
    seen = {party.iri}
    upper = party.above
    while upper is not None and upper not in seen:
        yield upper
        seen.add(upper)
        upper = known[upper].above if upper in known else None


def best_names(a: Party, b: Party) -> tuple[Likeness, tuple[str, str]] | None:
    """The names of two things that are most alike; None if one has none."""
    ways = [(likeness(one, other), (one, other)) for one in a.names for other in b.names]
    # Of equally good ones those that are written the same.
    return max(ways, key=lambda way: (way[0].score, way[1][0] == way[1][1]), default=None)


def part_first(pair: Pair) -> Pair:
    """The pair with the part first, where the names tell of one."""
    if pair.alike is None or pair.alike.how is not How.WHOLE:
        return pair
    names = pair.names and (pair.names[1], pair.names[0])
    return Pair(pair.b, pair.a, pair.verdict, pair.keys, turned(pair.alike), names, pair.decision)


def persons_of(party: Party) -> frozenset[str]:
    """The legal persons that a thing is, by their business ids; in sound data one at most."""
    return frozenset(key.value for key in party.keys if key.scheme == _TELLING_APART)


def are_two(persons: frozenset[str], others: frozenset[str]) -> bool:
    """Whether what is known of two things' legal persons tells them apart."""
    return bool(persons and others) and not persons & others
