"""Which descriptions are of one thing: proven by keys, or decided by people; and which ones may be. Knows no RDF."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from graph.candidates import candidates
from graph.keys import shared_keys
from graph.pairs import Decision, Pair, Party, Verdict, are_two, best_names, persons_of


@dataclass(frozen=True)
class Conflict:
    """A pair that was not made one, though a key or a person says that it is; and the pair that speaks against it."""

    pair: tuple[str, str]
    against: tuple[str, str]


@dataclass(frozen=True)
class Resolution:
    """Who is who."""

    pairs: tuple[Pair, ...]
    """All pairs that there is something to say of, by their things."""
    same: Mapping[str, str]
    """Thing → the one that stands for all descriptions of it; things that are alone or stand for others are absent."""
    conflicts: tuple[Conflict, ...]
    unused: tuple[Decision, ...]
    """Decisions on things that are not there."""

    @property
    def parts(self) -> Iterator[tuple[str, str]]:
        """Parts and wholes, by decision."""
        return ((pair.a, pair.b) for pair in self.pairs if pair.verdict is Verdict.PART_OF)


def resolve(parties: Sequence[Party], decisions: Iterable[Decision] = ()) -> Resolution:
    """Who is who among things, each given once, those first that are to stand for others.

    Only keys and decisions make two things one; a decision against it wins over both. What may be one does not depend
    on decisions, so that taking one back changes nothing else.
    """
    known = {party.iri: party for party in parties}
    given = list(decisions)
    usable = {
        decision.pair: decision for decision in given if decision.pair <= known.keys() and len(decision.pair) == 2
    }
    found = shared_keys(parties)
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
    same, conflicts = _clusters(pairs, parties)
    unused = tuple(decision for decision in given if usable.get(decision.pair) is not decision)
    return Resolution(tuple(pairs), same, (*against, *conflicts), unused)


def _is_proven(pair: Pair | None) -> bool:
    return pair is not None and pair.verdict is Verdict.PROVEN


def _decided(found: Pair | None, decision: Decision, known: Mapping[str, Party]) -> Pair:
    """A pair with what was decided of it, the first of the decision first."""
    best = best_names(known[decision.a], known[decision.b])
    keys = () if found is None else found.keys
    return Pair(decision.a, decision.b, decision.verdict, keys, best and best[0], best and best[1], decision)


class _Clusters:
    """Things that are one, put together pair by pair."""

    def __init__(self, parties: Sequence[Party], apart: Iterable[tuple[str, str]]) -> None:
        self._order = {party.iri: number for number, party in enumerate(parties)}
        self._of = {iri: iri for iri in self._order}
        self._members = {iri: [iri] for iri in self._order}
        self._persons = {party.iri: persons_of(party) for party in parties}
        self._apart: dict[str, set[str]] = defaultdict(set)
        for a, b in apart:
            self._apart[a].add(b)
            self._apart[b].add(a)

    @property
    def same(self) -> dict[str, str]:
        """Each thing that another one stands for → that one."""
        return {iri: first for iri, first in self._of.items() if iri != first}

    def join(self, pair: Pair) -> Conflict | None:
        """Make two things one, with all that each is one with already; or tell which two of these can't be."""
        one, other = sorted((self._of[pair.a], self._of[pair.b]), key=self._order.__getitem__)
        if one == other:
            return None
        for iri in self._members[other]:
            for foe in sorted(self._apart[iri] & set(self._members[one])):
                return Conflict((pair.a, pair.b), (iri, foe))
        if pair.verdict is Verdict.PROVEN and are_two(self._persons[one], self._persons[other]):
            return Conflict((pair.a, pair.b), (one, other))
        self._persons[one] |= self._persons[other]
        joined = self._members.pop(other)
        self._members[one] += joined
        self._of.update(dict.fromkeys(joined, one))
        return None


def _clusters(pairs: Sequence[Pair], parties: Sequence[Party]) -> tuple[Mapping[str, str], tuple[Conflict, ...]]:
    """Things made one, by whoever comes first among the parties; and what was not, as something speaks against it."""
    apart = ((pair.a, pair.b) for pair in pairs if pair.verdict in (Verdict.REJECTED, Verdict.PART_OF))
    clusters = _Clusters(parties, apart)
    joining = [pair for pair in pairs if pair.verdict in (Verdict.PROVEN, Verdict.ACCEPTED)]
    # What keys prove comes first: where not all can be true, a decision of a person is what is told to be in the way.
    joining.sort(key=lambda pair: pair.verdict is not Verdict.PROVEN)
    conflicts = [conflict for pair in joining if (conflict := clusters.join(pair)) is not None]
    return clusters.same, tuple(conflicts)
