"""What keys prove: pairs of things from different sources that have an identifier in common."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import Final

from graph.names import How
from graph.pairs import LEAST_ALIKE, Key, Pair, Party, Verdict, above, best_names, part_first
from ontology.terms import VK

BORROWED: Final = frozenset({VK.businessId, VK.vatNumber})
"""Keys of legal persons, which sources also give to parts of these: alone they prove nothing if the names differ."""


def shared_keys(parties: Sequence[Party]) -> dict[frozenset[str], Pair]:
    """The pairs that have a key in common: proven ones, and those of which the key alone does not tell."""
    holders: dict[Key, list[Party]] = defaultdict(list)
    for party in parties:
        for key in party.keys:
            holders[key].append(party)
    shared: dict[tuple[str, str], list[tuple[Key, bool]]] = defaultdict(list)
    known = {party.iri: party for party in parties}
    for key, holding in holders.items():
        for a, b, is_proof in _across_sources(key, holding, known):
            shared[a, b].append((key, is_proof))
    return {
        frozenset(pair): _keyed(known[pair[0]], known[pair[1]], sorted(keys, key=str)) for pair, keys in shared.items()
    }


def _across_sources(key: Key, holding: list[Party], known: Mapping[str, Party]) -> Iterator[tuple[str, str, bool]]:
    """Pairs of holders of a key from different sources, and whether the key proves them one.

    A source that gives one key to several things means one whole and its parts: only the topmost of them is meant,
    and if several are, the key doesn't tell which.
    """
    by_source: dict[str, list[Party]] = defaultdict(list)
    for party in holding:
        by_source[party.source].append(party)
    tops = {source: _topmost(members, known) for source, members in by_source.items()}
    for members, others in combinations(tops.values(), 2):
        for a, b in product(members, others):
            is_proof = len(members) == len(others) == 1 and (key.scheme not in BORROWED or _agree(a, b))
            first, second = sorted((a.iri, b.iri))
            yield first, second, is_proof


def _topmost(members: list[Party], known: Mapping[str, Party]) -> list[Party]:
    """Those of some things of one source that are not a part of another of them: by what is above them, or by name."""
    iris = {party.iri for party in members}
    tops = [party for party in members if not iris & set(above(party, known))]
    return [party for party in tops if not any(_is_named_part(party, other) for other in tops if other is not party)]


def _is_named_part(party: Party, whole: Party) -> bool:
    best = best_names(party, whole)
    return best is not None and best[0].how is How.PART


def _agree(a: Party, b: Party) -> bool:
    """Whether names do not speak against a key: they are alike, and neither is of a part; or there are none."""
    best = best_names(a, b)
    return best is None or (best[0].score >= LEAST_ALIKE and best[0].how not in (How.PART, How.WHOLE))


def _keyed(a: Party, b: Party, keys: list[tuple[Key, bool]]) -> Pair:
    best = best_names(a, b)
    verdict = Verdict.PROVEN if any(is_proof for _, is_proof in keys) else Verdict.OPEN
    shared = tuple(key for key, _ in keys)
    return part_first(Pair(a.iri, b.iri, verdict, shared, best and best[0], best and best[1]))
