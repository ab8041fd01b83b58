"""What names suggest: pairs of things that are called alike. They are questions, and no more."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, product
from typing import Final

from graph.lexicon import readings
from graph.names import How, Index, Likeness, likeness, turned
from graph.pairs import LEAST_ALIKE, Pair, Party, Verdict, above, are_two, part_first

MOST_CANDIDATES: Final = 5
"""How many other names a name may be the same as; and how many wholes it may be a part of."""
_MOST_TRIED: Final = 50
"""How many pairs of things are looked at for one pair of names, to find one that can be asked about."""


@dataclass
class _Name:
    """A name, in the ways of writing that differ in case and punctuation only, and the things that are called so."""

    texts: dict[str, None] = field(default_factory=dict)
    parties: dict[str, Party] = field(default_factory=dict)


def candidates(parties: Sequence[Party], known: Mapping[str, Party]) -> Iterator[Pair]:
    """The pairs whose names are alike: those of one name with the first that has it, and names with other names.

    Does not depend on the order of the parties. A pair may come twice, by different names, the more alike ones first.
    """
    names = _by_name(parties)
    for name in names:
        yield from _of_one_name(name, known)
    limits = _Limits()
    for alike, a, b, texts in sorted(_alike(names), key=lambda found: (-found[0].score, found[3])):
        pairs = islice(product(names[a].parties.values(), names[b].parties.values()), _MOST_TRIED)
        asked = next(((one, other) for one, other in pairs if _is_question(one, other, known)), None)
        if asked is not None and limits.leave_room(alike.how, a, b):
            yield part_first(Pair(asked[0].iri, asked[1].iri, Verdict.OPEN, (), alike, texts))


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
    """Things by what they are called, in the order of their IRIs. Names without words are none."""
    names: dict[tuple[frozenset[str], tuple[str, ...]], _Name] = {}
    for party in sorted(parties, key=lambda party: party.iri):
        for text in party.names if party.is_compared else ():
            reading = readings(text)[0]
            if reading.words:
                name = names.setdefault((reading.forms, reading.words), _Name())
                name.texts[text] = None
                name.parties[party.iri] = party
    return list(names.values())


def _of_one_name(name: _Name, known: Mapping[str, Party]) -> Iterator[Pair]:
    """Each thing of a name with the first of the same name that it may be."""
    first: list[Party] = []
    for party in name.parties.values():
        other = next((one for one in first[:_MOST_TRIED] if _is_question(one, party, known)), None)
        if other is not None:
            texts = tuple(next(text for text in one.names if text in name.texts) for one in (other, party))
            yield Pair(other.iri, party.iri, Verdict.OPEN, (), likeness(*texts), (texts[0], texts[1]))
        first.append(party)


def _alike(names: Sequence[_Name]) -> Iterator[tuple[Likeness, int, int, tuple[str, str]]]:
    """Names that are alike enough: likeness, their numbers, the texts. Each pair once."""
    texts = [min(name.texts) for name in names]
    index = Index(texts)
    found: dict[tuple[int, int], Likeness] = {}
    for number in range(len(texts)):
        for other, alike in index.nearest(number):
            # Found from one side or from both, as each name is compared with those that share most with it.
            if alike.score >= LEAST_ALIKE:
                found[min(number, other), max(number, other)] = alike if number < other else turned(alike)
    return ((alike, a, b, (texts[a], texts[b])) for (a, b), alike in found.items())


def _is_question(a: Party, b: Party, known: Mapping[str, Party]) -> bool:
    """Whether it can be asked if two things are one: not of two things of a register, nor of two legal persons."""
    if a.iri == b.iri or (a.source == b.source and not (a.is_only_named or b.is_only_named)):
        return False
    if b.iri in above(a, known) or a.iri in above(b, known):
        return False
    return not are_two(a.keys, b.keys)
