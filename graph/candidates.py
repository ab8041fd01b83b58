"""What names suggest: pairs of things that are called alike. They are questions, and no more."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from graph.lexicon import readings
from graph.names import How, Index, Likeness, turned
from graph.pairs import LEAST_ALIKE, Pair, Party, Verdict, above, are_two, best_names, part_first, persons_of

MOST_CANDIDATES: Final = 5
"""How many other names a name may be the same as; and how many wholes it may be a part of."""


@dataclass
class _Name:
    """All things that are called the same, but for case and punctuation, and the names they have besides."""

    parties: list[Party] = field(default_factory=list)

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for party in self.parties for name in party.names))


def candidates(parties: Sequence[Party], known: Mapping[str, Party]) -> Iterator[Pair]:
    """The pairs whose names are alike: those of one name with the first that has it, and names with other names."""
    groups = _by_name(party for party in parties if party.names and party.is_compared)
    for group in groups:
        for party in group.parties[1:]:
            best = best_names(group.parties[0], party)
            if best is not None and _is_question(group.parties[0], party, known):
                yield part_first(Pair(group.parties[0].iri, party.iri, Verdict.OPEN, (), *best))
    limits = _Limits()
    for alike, a, b, names in sorted(_alike(groups), key=lambda found: (-found[0].score, found[3])):
        one, other = groups[a].parties[0], groups[b].parties[0]
        if _is_question(one, other, known) and limits.leave_room(alike.how, a, b):
            yield part_first(Pair(one.iri, other.iri, Verdict.OPEN, (), alike, names))


class _Limits:
    """Counts candidates, so that no name has too many."""

    def __init__(self) -> None:
        self._others: Counter[int] = Counter()
        self._wholes: Counter[int] = Counter()

    def leave_room(self, how: How, a: int, b: int) -> bool:
        """Whether there is room for a pair, which is counted then. A whole may have any number of parts."""
        counts, those = self._others, [a, b]
        if how in (How.PART, How.WHOLE):
            counts, those = self._wholes, [a if how is How.PART else b]
        if any(counts[one] == MOST_CANDIDATES for one in those):
            return False
        counts.update(those)
        return True


def _by_name(parties: Iterable[Party]) -> list[_Name]:
    """Things by what they are called. One that has several names is with the first that has one of them."""
    groups: dict[tuple[frozenset[str], tuple[str, ...]], _Name] = {}
    for party in parties:
        ways = [(reading.forms, reading.words) for reading in (readings(name)[0] for name in party.names)]
        group = next((groups[way] for way in ways if way in groups), _Name())
        group.parties.append(party)
        for way in ways:
            groups.setdefault(way, group)
    return list({id(group): group for group in groups.values()}.values())


def _alike(groups: Sequence[_Name]) -> Iterator[tuple[Likeness, int, int, tuple[str, str]]]:
    """Groups that have names which are alike enough: likeness, the numbers of the groups, the names. Each pair once."""
    of = {name: number for number, group in enumerate(groups) for name in group.names}
    names = list(of)
    index = Index(names)
    best: dict[tuple[int, int], tuple[Likeness, tuple[str, str]]] = {}
    for number, name in enumerate(names):
        for other, alike in index.nearest(number):
            a, b, found = of[name], of[names[other]], (alike, (name, names[other]))
            if a > b:
                a, b, found = b, a, (turned(alike), (names[other], name))
            if a != b and alike.score >= LEAST_ALIKE and ((a, b) not in best or best[a, b][0].score < alike.score):
                best[a, b] = found
    return ((alike, a, b, pair) for (a, b), (alike, pair) in best.items())


def _is_question(a: Party, b: Party, known: Mapping[str, Party]) -> bool:
    """Whether it can be asked if two things are one: not of two things of a register, nor of two legal persons."""
    if a.source == b.source and not (a.is_only_named or b.is_only_named):
        return False
    if b.iri in above(a, known) or a.iri in above(b, known):
        return False
    return not are_two(persons_of(a), persons_of(b))
