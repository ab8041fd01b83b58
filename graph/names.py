"""Finds names of organisations that may be of one organisation, and says how alike they are. Decides nothing."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Final

from rapidfuzz.fuzz import ratio

from graph.lexicon import Class, Piece, Reading, fine_words, readings

_WEIGHT: Final = {
    Class.BODY: 2.5,
    Class.WORD: 1.2,
    Class.PLACE: 1.0,
    Class.KIND: 0.8,
    Class.PART: 0.5,
    Class.TOPIC: 0.5,
}
"""How much a piece says about which organisation a name is of."""
_SPELT_ALIKE: Final = 0.84
"""From here on two words may be one word, inflected or mistyped."""
_WRITTEN_ALIKE: Final = 0.86
"""From here on two whole names may be one name with some mistakes in it."""
_OTHER_PLACE, _OTHER_KIND, _OTHER_FORM = 0.45, 0.6, 0.9
"""What is left of the likeness of names that tell of different places, kinds or legal forms."""
_LONGEST_ACRONYM: Final = 7
_MUNICIPAL: Final = frozenset({"city", "municipality"})
_OF_MUNICIPALITIES: Final = frozenset(
    {"library", "museum", "orchestra", "theatre", "rescue", "school", "bureau", "sector", "committee", "services"}
)
"""Kinds and parts that municipalities have, so that a name with one of these and a municipality may be of its part."""
_OF_EDUCATION: Final = frozenset({"vocational", "adult_education", "apprenticeship"})
"""What joint authorities for education keep."""
_PARTS: Final = frozenset({"library", "museum", "orchestra", "vocational", "adult_education", "te_office", "rescue"})
"""Kinds that are often parts of something, beside what the lexicon calls parts."""


class How(Enum):
    """Why two names may be of one organisation."""

    EQUAL = "equal"
    """They are the same, but for case, punctuation, order and legal form."""
    ALIKE = "alike"
    """They share words, or words that mean the same."""
    ACRONYM = "acronym"
    """One may be an acronym of the other."""
    PART = "part"
    """The first holds the second and names a part of it."""
    WHOLE = "whole"
    """The second holds the first and names a part of it."""


@dataclass(frozen=True, order=True)
class Likeness:
    """How alike two names are, from 0 to 1, and in what way. The number is no probability."""

    score: float
    how: How = How.ALIKE


@lru_cache(maxsize=500_000)
def likeness(a: str, b: str) -> Likeness:
    """How alike two names are, in the best of the ways to read them.

    >>> likeness("Espoon kaupunki", "Esbo stad")
    Likeness(score=1.0, how=<How.EQUAL: 'equal'>)
    >>> likeness("Espoon kaupunginmuseo", "Espoon kaupunki").how
    <How.PART: 'part'>
    >>> likeness("Kemin kaupunki", "Keminmaan kunta").score < 0.3
    True
    """
    if a > b:
        return turned(likeness(b, a))
    ways = [_likeness(one, other) for one in readings(a) for other in readings(b)]
    return max(ways, key=lambda way: way.score)


def _likeness(a: Reading, b: Reading) -> Likeness:
    known = bool(a.bodies & b.bodies)
    one, other = (a.pieces, b.pieces) if known else (a.plain, b.plain)
    if not (one and other) or (a.bodies and b.bodies and not known):
        return Likeness(0.0)
    shared, of_a, of_b = _shared(one, other)
    if of_a + of_b and (_is_place(one) or _is_place(other)):
        return Likeness(0.0)
    if shared and (is_part := _is_part(a, b, of_a, of_b)):
        return Likeness(_rounded(0.6 + 0.35 * shared / (shared + of_a + of_b)), is_part)
    fit = _fit_of_forms(a, b) if known else _fit(a, b)
    if of_a == of_b == 0:
        # An acronym may be somebody else's as well.
        is_short = known and (_is_short(a) != _is_short(b))
        return Likeness(round(0.9 * fit, 2), How.ACRONYM) if is_short else Likeness(round(fit, 2), How.EQUAL)
    alike = shared / (shared + (of_a + of_b) / 2)
    held = shared / (shared + min(of_a, of_b))
    written = ratio(a.flat, b.flat) / 100
    score = max(0.6 * alike + 0.4 * held * min(1.0, shared), written if written >= _WRITTEN_ALIKE else 0.0)
    score *= fit
    acronym = max(_acronym(a, b), _acronym(b, a))
    return Likeness(_rounded(acronym), How.ACRONYM) if acronym > score else Likeness(_rounded(score))


def _rounded(score: float) -> float:
    """Never a full one, which is for equal names."""
    return min(round(score, 2), 0.99)


def _shared(a: Sequence[Piece], b: Sequence[Piece]) -> tuple[float, float, float]:
    """The weight that two names share, and that of what only the first and only the second has."""
    left, shared, of_a = list(b), 0.0, 0.0
    unmatched = []
    of_b = 0.0
    for piece in a:
        twin = next((other for other in left if (other.of, other.value) == (piece.of, piece.value)), None)
        if twin is None:
            unmatched.append(piece)
        else:
            left.remove(twin)
            shared += _WEIGHT[piece.of]
    for piece in unmatched:
        best = max(left, key=lambda other: _spelt(piece, other), default=None)
        alike = 0.0 if best is None else _spelt(piece, best)
        if best is not None and alike >= _SPELT_ALIKE:
            left.remove(best)
            shared += alike * (_WEIGHT[piece.of] + _WEIGHT[best.of]) / 2
            # What differs counts twice, on either side: two companies may well be a letter apart.
            of_a += 2 * (1 - alike) * _WEIGHT[piece.of]
            of_b += 2 * (1 - alike) * _WEIGHT[best.of]
        else:
            of_a += _WEIGHT[piece.of]
    return shared, of_a, of_b + sum(_WEIGHT[piece.of] for piece in left)


def _spelt(a: Piece, b: Piece) -> float:
    """How alike two words are spelt. Words of the lexicon and places are what they are."""
    return ratio(a.written, b.written) / 100 if a.of is b.of is Class.WORD else 0.0


def _fit(a: Reading, b: Reading) -> float:
    """What is left of a likeness after what speaks against it."""
    left = 1.0
    places, kinds = (a.values(Class.PLACE), b.values(Class.PLACE)), (_kinds(a), _kinds(b))
    if all(places) and not places[0] & places[1]:
        left *= _OTHER_PLACE
    if all(kinds) and not kinds[0] & kinds[1]:
        left *= _OTHER_KIND
    return left * _fit_of_forms(a, b)


def _fit_of_forms(a: Reading, b: Reading) -> float:
    return _OTHER_FORM if a.forms and b.forms and not a.forms & b.forms else 1.0


def _is_place(pieces: Sequence[Piece]) -> bool:
    """Whether a name is that of a place and no more, which many organisations there have in theirs."""
    return all(piece.of is Class.PLACE for piece in pieces)


def _is_short(name: Reading) -> bool:
    return len(name.words) == 1 and len(name.words[0]) <= _LONGEST_ACRONYM


def _kinds(name: Reading) -> frozenset[str]:
    """What kinds of organisation a name tells of; a company, if it has that form and tells of no other kind."""
    # Whether a municipality calls itself a city is its own choice.
    found = {"municipality" if kind in _MUNICIPAL else kind for kind in name.values(Class.KIND)}
    return frozenset(found) or name.forms & {"company"}


def _is_part(a: Reading, b: Reading, of_a: float, of_b: float) -> How | None:
    """Whether one of two names is of a part of the other."""
    if _names_part(a, b, of_a, of_b):
        return How.PART
    return How.WHOLE if _names_part(b, a, of_b, of_a) else None


def _names_part(part: Reading, whole: Reading, of_part: float, of_whole: float) -> bool:
    held = {(piece.of, piece.value) for piece in (*whole.plain, *whole.pieces)}
    more = [piece for piece in part.pieces if (piece.of, piece.value) not in held]
    names_one = any(piece.of is Class.PART or piece.value in _PARTS for piece in more)
    if of_whole == 0 and of_part > 0 and _kinds(whole) == {"municipality"} and len(whole.plain) == 2:
        return True
    if of_whole == 0 and of_part > 0 and whole.values(Class.KIND) | whole.bodies:
        apart = part.is_divided and sum(_WEIGHT[piece.of] for piece in more) >= 1 and not whole.is_divided
        return names_one or apart
    return not part.forms and bool(whole.values(Class.PLACE) & part.values(Class.PLACE)) and _is_kept(part, whole)


def _is_kept(part: Reading, whole: Reading) -> bool:
    """Whether one is of a kind that the other keeps without being named: “Helsingin sosiaalivirasto” is of the city."""
    kinds = part.values(Class.KIND)
    own = kinds | part.values(Class.PART) | part.values(Class.TOPIC)
    if _kinds(whole) == {"municipality"}:
        return len(whole.plain) == 2 and kinds <= _OF_MUNICIPALITIES and bool(own & _OF_MUNICIPALITIES)
    keeps_schools = _kinds(whole) == {"joint_authority"} and "education" in whole.values(Class.TOPIC)
    return keeps_schools and kinds <= _OF_EDUCATION and bool(own & _OF_EDUCATION)


def _acronym(short: Reading, long: Reading) -> float:
    """How well a name of one short word fits as an acronym of another name; 0 if it doesn't."""
    if short.values(Class.PLACE) or len(short.words) != 1 or not long.words:
        return 0.0
    if not _is_short(short) or len(short.words[0]) < 2:
        return 0.0
    letters = short.words[0]
    return max(
        0.8 if letters == "".join(word[0] for word in words) else _taken_from(letters, words) for words in _starts(long)
    )


def _starts(name: Reading) -> Iterator[tuple[str, ...]]:
    """The words whose beginnings an acronym may be made of: whole words, the pieces of compounds, and the very name."""
    yield name.words
    yield tuple(piece.written for piece in name.plain)
    yield tuple(piece.written for piece in name.plain if piece.of is not Class.KIND)
    yield fine_words(name.words)


def _taken_from(letters: str, words: tuple[str, ...]) -> float:
    """How well letters can be taken from the beginnings of words, in their order, from the first word on.

    The more words give letters, the better; a few letters from inside of words are let pass, as in “Kinno”.
    """
    if not words or not words[0].startswith(letters[0]):
        return 0.0
    if len(letters) >= 3 and words[0].startswith(letters) and len(words[0]) <= 3 * len(letters):
        return 0.7
    giving = _words_giving(letters, words)
    if giving >= 2:
        return 0.5 + 0.25 * min(1.0, giving / len(words))
    return 0.4 if _in_order(letters, "".join(words)) and len(letters) >= 4 and len(words) <= len(letters) else 0.0


def _words_giving(letters: str, words: tuple[str, ...]) -> int:
    """The most words that letters can be put together of, from each its first letters or none; 0 if none do."""
    # most[n]: the most words that give the first n letters, of the words looked at so far.
    most = [0] + [-1] * len(letters)
    for word in words:
        for taken in range(len(letters), 0, -1):
            for length in range(1, taken + 1):
                if not word.startswith(letters[taken - length : taken]):
                    continue
                if most[taken - length] >= 0:
                    most[taken] = max(most[taken], most[taken - length] + 1)
    return max(most[-1], 0)


def _in_order(letters: str, text: str) -> bool:
    """Whether letters stand in a text in their order."""
    rest = iter(text)
    return all(letter in rest for letter in letters)


class Index:
    """Finds the names that are most like a given one, without comparing it with all of them."""

    MOST_COMPARED: Final = 80
    """How many names are compared in full with each name: those that share most with it."""
    MOST_COMMON: Final = 2_000
    """What so many names have tells nothing apart, and finds no names by itself."""

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._by_key: dict[tuple[str, str], list[int]] = defaultdict(list)
        for number, name in enumerate(names):
            for key in _keys(name):
                self._by_key[key].append(number)

    def nearest(self, number: int) -> list[tuple[int, Likeness]]:
        """The names that are like the one with this number: number and likeness, the most alike first."""
        found = []
        for other in self._near(number):
            found.append((other, likeness(self._names[number], self._names[other])))
        return sorted(found, key=lambda pair: (-pair[1].score, self._names[pair[0]]))

    def _near(self, number: int) -> list[int]:
        weights: dict[int, float] = defaultdict(float)
        for key, weight in _keys(self._names[number]).items():
            members = self._by_key[key]
            if len(members) <= self.MOST_COMMON:
                for other in members:
                    weights[other] += weight / (1 + len(members) / self.MOST_COMMON)
        weights.pop(number, None)
        ordered = sorted(weights, key=lambda other: (-weights[other], self._names[other]))
        return ordered[: self.MOST_COMPARED]


def turned(alike: Likeness) -> Likeness:
    """The same likeness, seen from the other name."""
    other = {How.PART: How.WHOLE, How.WHOLE: How.PART}
    return Likeness(alike.score, other.get(alike.how, alike.how))


@lru_cache(maxsize=200_000)
def _keys(name: str) -> Mapping[tuple[str, str], float]:
    """What a name is found by, with its weight: what it is made of, beginnings of words, what may be its acronym."""
    found: dict[tuple[str, str], float] = {}
    for reading in readings(name):
        for piece in (*reading.pieces, *reading.plain):
            found[piece.of.value, piece.value] = _WEIGHT[piece.of]
            if piece.of is Class.WORD:
                found["beginning", piece.written[:3]] = 0.3
        found["flat", reading.flat[:8]] = 0.5
        for words in _starts(reading):
            for word in words[1:]:
                found["letters", words[0][0] + word[0]] = 0.2
        if len(reading.words) == 1 and len(reading.words[0]) <= _LONGEST_ACRONYM:
            for letter in reading.words[0][1:]:
                found["letters", reading.words[0][0] + letter] = 0.2
    return found
