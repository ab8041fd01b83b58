"""Two things and what is known of whether they are one: the words in which the modules about identity speak."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Final

from graph.names import How, Likeness, likeness, turned
from ontology.terms import VK

MUNICIPALITY: Final = "municipality"
"""The scheme of keys that are municipality codes."""
LEAST_ALIKE: Final = 0.45
"""Names that are less alike are not asked about. Set on the dev half of tests/cases/identity, see docs/identity.md."""
ENOUGH_TO_ACCEPT: Final = 0.9
"""Names that are less alike are asked about, and nothing is suggested."""
_TELLING_APART: Final = frozenset({VK.businessId, MUNICIPALITY})
"""Keys of which two are two legal persons."""


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
    labels: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Language → the name it goes by in that language."""


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
        if self.alike is None:
            return None
        if self.alike.how in (How.PART, How.WHOLE):
            return Verdict.PART_OF
        # Beside a key that proves nothing, names that are merely alike rather tell of a part.
        least = 1 if self.keys else ENOUGH_TO_ACCEPT
        return Verdict.ACCEPTED if self.alike.score >= least else None


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


def are_two(keys: Iterable[Key], others: Iterable[Key]) -> bool:
    """Whether keys tell two things apart: both have a business id or a municipality code, and not the same one."""
    own, their = _by_scheme(keys), _by_scheme(others)
    return any(own[scheme].isdisjoint(their[scheme]) for scheme in own.keys() & their.keys())


def are_several(keys: Iterable[Key]) -> bool:
    """Whether keys are of several legal persons: there are two business ids or municipality codes among them."""
    return any(len(values) > 1 for values in _by_scheme(keys).values())


def _by_scheme(keys: Iterable[Key]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for key in keys:
        if key.scheme in _TELLING_APART:
            found.setdefault(key.scheme, set()).add(key.value)
    return found
