"""Which descriptions are of one thing: proven by keys, or decided by people; and which ones may be. Knows no RDF."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from functools import cached_property
from typing import Final

from graph.lexicon import readings
from graph.names import How, Index, Likeness, likeness, turned
from ontology.terms import VK

MOST_CANDIDATES: Final = 5
"""How many other names a name may be the same as; and how many wholes it may be a part of."""
LEAST_ALIKE: Final = 0.45
"""Names that are less alike are not asked about. Set on the dev half of tests/cases/identity, see docs/identity.md."""
MUNICIPALITY: Final = "municipality"
"""The scheme of keys that are municipality codes."""
BORROWED: Final = frozenset({VK.businessId, VK.vatNumber})
"""Keys of legal persons, which sources also give to parts of these: alone they prove nothing if the names differ."""
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
    found = _shared_keys(parties)
    for pair in _candidates(parties, known):
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


# --- Keys ---------------------------------------------------------------------------------------------------------


def _shared_keys(parties: Sequence[Party]) -> dict[frozenset[str], Pair]:
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
    for source, members in tops.items():
        for other, others in tops.items():
            if source < other:
                for a in members:
                    for b in others:
                        is_proof = len(members) == len(others) == 1 and (key.scheme not in BORROWED or _agree(a, b))
                        yield (*sorted((a.iri, b.iri)), is_proof)  # type: ignore[misc]


def _topmost(members: list[Party], known: Mapping[str, Party]) -> list[Party]:
    """Those of some things of one source that are not a part of another of them: by what is above them, or by name."""
    iris = {party.iri for party in members}
    tops = [party for party in members if not iris & set(_above(party, known))]
    return [party for party in tops if not any(_is_named_part(party, other) for other in tops if other is not party)]


def _is_named_part(party: Party, whole: Party) -> bool:
    best = _best(party, whole)
    return best is not None and best[0].how is How.PART


def _above(party: Party, known: Mapping[str, Party]) -> Iterator[str]:
    seen = {party.iri}
    above = party.above
    while above is not None and above not in seen:
        yield above
        seen.add(above)
        above = known[above].above if above in known else None


def _agree(a: Party, b: Party) -> bool:
    """Whether names do not speak against a key: they are alike, and neither is of a part; or there are none."""
    best = _best(a, b)
    return best is None or (best[0].score >= LEAST_ALIKE and best[0].how not in (How.PART, How.WHOLE))


def _best(a: Party, b: Party) -> tuple[Likeness, tuple[str, str]] | None:
    """The names of two things that are most alike; None if one has none."""
    ways = [(likeness(one, other), (one, other)) for one in a.names for other in b.names]
    # Of equally good ones those that are written the same.
    return max(ways, key=lambda way: (way[0].score, way[1][0] == way[1][1]), default=None)


def _keyed(a: Party, b: Party, keys: list[tuple[Key, bool]]) -> Pair:
    best = _best(a, b)
    verdict = Verdict.PROVEN if any(is_proof for _, is_proof in keys) else Verdict.OPEN
    shared = tuple(key for key, _ in keys)
    return _in_order(Pair(a.iri, b.iri, verdict, shared, best and best[0], best and best[1]))


def _in_order(pair: Pair) -> Pair:
    """The pair with the part first, where the names tell of one."""
    if pair.alike is None or pair.alike.how is not How.WHOLE:
        return pair
    names = pair.names and (pair.names[1], pair.names[0])
    return Pair(pair.b, pair.a, pair.verdict, pair.keys, turned(pair.alike), names, pair.decision)


# --- Names --------------------------------------------------------------------------------------------------------


@dataclass
class _Name:
    """All things that are called the same, but for case and punctuation, and the names they have besides."""

    parties: list[Party] = field(default_factory=list)

    @cached_property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for party in self.parties for name in party.names))


def _candidates(parties: Sequence[Party], known: Mapping[str, Party]) -> Iterator[Pair]:
    """The pairs whose names are alike: those of one name with the first that has it, and names with other names."""
    groups = _by_name(party for party in parties if party.names and party.is_compared)
    for group in groups:
        for party in group.parties[1:]:
            best = _best(group.parties[0], party)
            if best is not None and _is_question(group.parties[0], party, known):
                yield _in_order(Pair(group.parties[0].iri, party.iri, Verdict.OPEN, (), *best))
    asked: dict[int, int] = defaultdict(int)
    wholes: dict[int, int] = defaultdict(int)
    for alike, a, b, names in sorted(_alike(groups), key=lambda found: (-found[0].score, found[3])):
        one, other = groups[a].parties[0], groups[b].parties[0]
        if not _is_question(one, other, known):
            continue
        if alike.how in (How.PART, How.WHOLE):
            part = a if alike.how is How.PART else b
            if wholes[part] == MOST_CANDIDATES:
                continue
            wholes[part] += 1
        elif max(asked[a], asked[b]) == MOST_CANDIDATES:
            continue
        else:
            asked[a] += 1
            asked[b] += 1
        yield _in_order(Pair(one.iri, other.iri, Verdict.OPEN, (), alike, names))


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
    if b.iri in _above(a, known) or a.iri in _above(b, known):
        return False
    return not _are_two(_persons(a), _persons(b))


# --- Decisions, and what comes of all -----------------------------------------------------------------------------


def _decided(found: Pair | None, decision: Decision, known: Mapping[str, Party]) -> Pair:
    """A pair with what was decided of it, the first of the decision first."""
    best = _best(known[decision.a], known[decision.b])
    keys = () if found is None else found.keys
    return Pair(decision.a, decision.b, decision.verdict, keys, best and best[0], best and best[1], decision)


class _Clusters:
    """Things that are one, put together pair by pair."""

    def __init__(self, parties: Sequence[Party], apart: Iterable[tuple[str, str]]) -> None:
        self._order = {party.iri: number for number, party in enumerate(parties)}
        self._of = {iri: iri for iri in self._order}
        self._members = {iri: [iri] for iri in self._order}
        self._persons = {party.iri: _persons(party) for party in parties}
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
        if pair.verdict is Verdict.PROVEN and _are_two(self._persons[one], self._persons[other]):
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


def _persons(party: Party) -> frozenset[str]:
    """The legal persons that a thing is, by their business ids; in sound data one at most."""
    return frozenset(key.value for key in party.keys if key.scheme == _TELLING_APART)


def _are_two(persons: frozenset[str], others: frozenset[str]) -> bool:
    """Whether what is known of two things' legal persons tells them apart."""
    return bool(persons and others) and not persons & others
