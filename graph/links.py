"""Which descriptions are of one thing: proven by keys, or decided by people; and which ones may be. Knows no RDF."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from graph.candidates import candidates
from graph.keys import Crowd, shared_keys
from graph.pairs import Decision, Pair, Party, Verdict, are_several, best_names


@dataclass(frozen=True)
class Conflict:
    """A pair of which a key or a person says something that is not said, as it can't be true beside something else."""

    pair: tuple[str, str]
    against: tuple[str, str] | None = None
    """The two things that would be one as well, and are two by decision; None if it is identifiers that don't fit."""


@dataclass(frozen=True)
class Resolution:
    """Who is who."""

    pairs: tuple[Pair, ...]
    """All pairs that there is something to say of, by their things."""
    same: Mapping[str, str]
    """Thing → the one that stands for all descriptions of it; things that are alone or stand for others are absent."""
    parts: tuple[tuple[str, str], ...]
    """Parts and wholes, by decision."""
    conflicts: tuple[Conflict, ...]
    crowds: tuple[Crowd, ...]
    unused: tuple[Decision, ...]
    """Decisions on things that are not there."""


def resolve(parties: Sequence[Party], decisions: Iterable[Decision] = ()) -> Resolution:
    """Who is who among things, each given once, those first that are to stand for others.

    Only keys and decisions make two things one; a decision against it wins over both. What may be one does not depend
    on decisions, so that taking one back changes nothing else; nor on the order of the things.
    """
    known = {party.iri: party for party in parties}
    given = list(decisions)
    usable = {
        decision.pair: decision for decision in given if decision.pair <= known.keys() and len(decision.pair) == 2
    }
    found, crowds = shared_keys(parties)
    for pair in candidates(parties, known):
        found.setdefault(frozenset((pair.a, pair.b)), pair)
    decided = [_decided(found.get(key), decision, known) for key, decision in usable.items()]
    against = [
        Conflict((pair.a, pair.b), (pair.a, pair.b))
        for pair in decided
        if pair.verdict is not Verdict.ACCEPTED and _is_proven(found.get(frozenset((pair.a, pair.b))))
    ]
    undecided = (pair for key, pair in found.items() if key not in usable)
    pairs = sorted([*undecided, *decided], key=lambda pair: (pair.a, pair.b))
    same, apart = _clusters(pairs, parties)
    parts, circles = _parts(decided)
    unused = tuple(decision for decision in given if usable.get(decision.pair) is not decision)
    return Resolution(tuple(pairs), same, parts, (*against, *apart, *circles), tuple(crowds), unused)


def _is_proven(pair: Pair | None) -> bool:
    return pair is not None and pair.verdict is Verdict.PROVEN


def _decided(found: Pair | None, decision: Decision, known: Mapping[str, Party]) -> Pair:
    """A pair with what was decided of it, the first of the decision first."""
    best = best_names(known[decision.a], known[decision.b])
    keys = () if found is None else found.keys
    return Pair(decision.a, decision.b, decision.verdict, keys, best and best[0], best and best[1], decision)


def _parts(decided: Iterable[Pair]) -> tuple[tuple[tuple[str, str], ...], list[Conflict]]:
    """The parts with their wholes, without those that would make something a part of itself."""
    wholes: dict[str, list[str]] = defaultdict(list)
    parts, circles = [], []
    for pair in decided:
        if pair.verdict is not Verdict.PART_OF:
            continue
        if pair.a in _all_above(pair.b, wholes):
            circles.append(Conflict((pair.a, pair.b), (pair.a, pair.a)))
        else:
            wholes[pair.a].append(pair.b)
            parts.append((pair.a, pair.b))
    return tuple(parts), circles


def _all_above(iri: str, wholes: Mapping[str, list[str]]) -> set[str]:
    found, waiting = {iri}, [iri]
    while waiting:
        above = set(wholes.get(waiting.pop(), ())) - found
        found |= above
        waiting += above
    return found


class _Clusters:
    """Things that are one, put together pair by pair."""

    def __init__(self, parties: Sequence[Party], apart: Iterable[tuple[str, str]]) -> None:
        self._order = {party.iri: number for number, party in enumerate(parties)}
        self._of = {iri: iri for iri in self._order}
        self._members = {party.iri: [party] for party in parties}
        self._apart: dict[str, set[str]] = defaultdict(set)
        for a, b in apart:
            self._apart[a].add(b)
            self._apart[b].add(a)

    @property
    def same(self) -> dict[str, str]:
        """Each thing that another one stands for → that one."""
        return {iri: first for iri, first in self._of.items() if iri != first}

    def join(self, pair: Pair) -> Conflict | None:
        """Make two things one, with all that each is one with already; or tell why these can't be."""
        one, other = sorted((self._of[pair.a], self._of[pair.b]), key=self._order.__getitem__)
        if one == other:
            return None
        members, others = self._members[one], self._members[other]
        for party in others:
            for foe in sorted(self._apart[party.iri] & {member.iri for member in members}):
                return Conflict((pair.a, pair.b), (party.iri, foe))
        if are_several(key for party in (*members, *others) for key in party.keys):
            return Conflict((pair.a, pair.b))
        if pair.verdict is Verdict.PROVEN and _are_of_one_register(members, others):
            return Conflict((pair.a, pair.b))
        members += self._members.pop(other)
        self._of.update({party.iri: one for party in others})
        return None


def _are_of_one_register(members: Iterable[Party], others: Iterable[Party]) -> bool:
    """Whether there are two things that one register tells apart. People may know better; keys don't."""
    registers = {party.source for party in members if not party.is_only_named}
    return any(party.source in registers for party in others if not party.is_only_named)


def _clusters(pairs: Sequence[Pair], parties: Sequence[Party]) -> tuple[Mapping[str, str], tuple[Conflict, ...]]:
    """Things made one, by whoever comes first among the parties; and what was not, as something speaks against it."""
    apart = ((pair.a, pair.b) for pair in pairs if pair.verdict in (Verdict.REJECTED, Verdict.PART_OF))
    clusters = _Clusters(parties, apart)
    joining = [pair for pair in pairs if pair.verdict in (Verdict.PROVEN, Verdict.ACCEPTED)]
    # What keys prove comes first: where not all can be true, a decision of a person is what is told to be in the way.
    joining.sort(key=lambda pair: pair.verdict is not Verdict.PROVEN)
    conflicts = [conflict for pair in joining if (conflict := clusters.join(pair)) is not None]
    return clusters.same, tuple(conflicts)
