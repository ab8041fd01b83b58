"""What keys prove: pairs of things from different sources that have an identifier in common."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, product
from typing import Final

from graph.names import How
from graph.pairs import LEAST_ALIKE, Key, Pair, Party, Verdict, above, best_names, part_first
from ontology.terms import VK

BORROWED: Final = frozenset({VK.businessId, VK.vatNumber})
"""Keys of legal persons, which sources give to parts as well: they prove nothing unless the names mean the same."""
MOST_SHARING: Final = 5
"""If more things of one source than this have a key without being parts of one another, nothing is asked about it."""


@dataclass(frozen=True)
class Crowd:
    """A key that too many things of a source have, so that it tells nothing."""

    key: Key
    source: str
    count: int


def shared_keys(parties: Sequence[Party]) -> tuple[dict[frozenset[str], Pair], list[Crowd]]:
    """The pairs that have a key in common, proven ones and those of which the key alone does not tell; and crowds."""
    holders: dict[Key, list[Party]] = defaultdict(list)
    for party in parties:
        for key in party.keys:
            holders[key].append(party)
    shared: dict[tuple[str, str], list[tuple[Key, bool]]] = defaultdict(list)
    crowds: list[Crowd] = []
    known = {party.iri: party for party in parties}
    for key, holding in sorted(holders.items(), key=lambda pair: (pair[0].scheme, pair[0].value)):
        by_source = _tops(key, holding, known, crowds)
        for a, b, is_proof in _across_sources(key, by_source):
            shared[a, b].append((key, is_proof))
    pairs = [_keyed(known[pair[0]], known[pair[1]], keys) for pair, keys in shared.items()]
    return {frozenset((pair.a, pair.b)): pair for pair in _unambiguous(pairs, known)}, crowds


def _unambiguous(pairs: Sequence[Pair], known: Mapping[str, Party]) -> Iterator[Pair]:
    """The pairs; none is proven of a thing whose keys lead to two things of one register, as they don't tell which."""
    partners: dict[tuple[str, str], set[str]] = defaultdict(set)
    for pair in pairs:
        if pair.verdict is Verdict.PROVEN:
            partners[pair.a, known[pair.b].source].add(pair.b)
            partners[pair.b, known[pair.a].source].add(pair.a)
    for pair in pairs:
        ways = ((pair.a, known[pair.b].source), (pair.b, known[pair.a].source))
        is_told = all(len(partners[way]) <= 1 for way in ways)
        yield pair if is_told else replace(pair, verdict=Verdict.OPEN)


def _tops(key: Key, holding: list[Party], known: Mapping[str, Party], crowds: list[Crowd]) -> list[list[Party]]:
    """The topmost holders of a key in each source, without the sources in which these are a crowd."""
    by_source: dict[str, list[Party]] = defaultdict(list)
    for party in holding:
        by_source[party.source].append(party)
    found = []
    for source, members in by_source.items():
        tops = _topmost(members, known)
        if len(tops) > MOST_SHARING:
            crowds.append(Crowd(key, source, len(members)))
        else:
            found.append(tops)
    return found


def _across_sources(key: Key, by_source: list[list[Party]]) -> Iterator[tuple[str, str, bool]]:
    """Pairs of holders of a key from different sources, and whether the key proves them one.

    A source that gives one key to several things means one whole and its parts: only the topmost of them is meant,
    and if several are, the key doesn't tell which.
    """
    for members, others in combinations(by_source, 2):
        for a, b in product(members, others):
            is_proof = len(members) == len(others) == 1 and _agree(key, a, b)
            first, second = sorted((a.iri, b.iri))
            yield first, second, is_proof


def _topmost(members: list[Party], known: Mapping[str, Party]) -> list[Party]:
    """Those of some things of one source that are not a part of another of them: by what is above them, or by name.

    All of them if each is a part of another, which can't be true.
    """
    iris = {party.iri for party in members}
    tops = [party for party in members if not iris & set(above(party, known))] or members
    if len(tops) > MOST_SHARING**2:
        return tops
    return [party for party in tops if not any(_is_named_part(party, other) for other in tops if other is not party)]


def _is_named_part(party: Party, whole: Party) -> bool:
    best = best_names(party, whole)
    return best is not None and best[0].how is How.PART


def _agree(key: Key, a: Party, b: Party) -> bool:
    """Whether names do not speak against a key. Those of projects and places may differ as they like."""
    best = best_names(a, b)
    if best is None or not (a.is_compared and b.is_compared):
        return True
    if key.scheme in BORROWED:
        return best[0].how is How.EQUAL and best[0].score == 1
    return best[0].score >= LEAST_ALIKE and best[0].how not in (How.PART, How.WHOLE)


def _keyed(a: Party, b: Party, keys: list[tuple[Key, bool]]) -> Pair:
    best = best_names(a, b)
    verdict = Verdict.PROVEN if any(is_proof for _, is_proof in keys) else Verdict.OPEN
    shared = tuple(key for key, _ in keys)
    return part_first(Pair(a.iri, b.iri, verdict, shared, best and best[0], best and best[1]))
