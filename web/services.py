"""What pages show of services beyond their own facts: who describes the same, and lists by group, event and theme."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache

from graph.knowledge import KnowledgeGraph, Label, Link, Links
from ontology import vocabulary
from ontology.identifiers import Kind
from ontology.terms import CV, DCT, ORG, SKOS, VK

_SHOWN = 25
_DEEPEST = 30
"""How deep a tree is drawn; what is deeper stands in one list at this depth."""
GROUPINGS = {
    "target-groups": ((VK.targetGroups, VK.tprTargetGroups), DCT.audience),
    "life-events": ((VK.lifeEvents, VK.tprLifeEvents), CV.isGroupedBy),
    "themes": ((VK.serviceClasses,), CV.thematicArea),
}
"""The word of a grouping in addresses → its code lists, and the property by which things are in it."""
INHERITED = "inherited"
COLUMNS = (Kind.SERVICE.slug, INHERITED, Kind.ERRAND.slug, Kind.GENERAL_DESCRIPTION.slug)
"""What is counted apart in a group. Inherited are services that only their national description puts there."""
TREES = {Kind.DEPARTMENT: ORG.subOrganizationOf, Kind.TREE_NODE: SKOS.broader, Kind.PROGRAMME: DCT.isPartOf}
"""Kinds of things that form a tree → the property that leads up."""


@dataclass(frozen=True)
class Relatives:
    """What is known of a service by way of others."""

    description: Link | None
    """The general description it is based on."""
    inherited: tuple[tuple[Link, Label], ...]
    """What that description says: property, texts. The service itself says none of it."""
    same_description: Links | None
    """Services based on the same general description, this one left out."""
    same_offering: Links | None
    """Other descriptions of the same service."""
    channels: tuple[tuple[Link, tuple[Link, ...]], ...]
    """The channels of its errands, by type."""


@dataclass(frozen=True)
class Group:
    """A concept of a code list, and how many things are in it or in a narrower one."""

    concept: Link
    notation: str
    depth: int
    """How many concepts are above it."""
    counts: Mapping[str, int]
    """Column (`COLUMNS`) → things."""


@dataclass(frozen=True)
class Branch:
    """A thing of a tree with what is below it."""

    link: Link
    below: tuple["Branch", ...]


class ServiceViews:
    """What pages show of the services of one release, which never changes: what takes long is computed once."""

    def __init__(self, graph: KnowledgeGraph) -> None:
        self._graph = graph
        self.groups = lru_cache(maxsize=None)(self._groups)
        self.tree = lru_cache(maxsize=None)(self._tree)

    def relatives(self, iri: str) -> Relatives:
        """The relatives of a service; all empty for anything else."""
        graph = self._graph
        description = next(iter(graph.targets(iri, VK.basedOn)), None)
        offering = next(iter(graph.targets(iri, VK.describes)), None)
        inherited: tuple[tuple[Link, Label], ...] = ()
        if description is not None:
            described = graph.describe(description.iri, most=0)
            facts = described.facts if described else ()
            wanted = (VK.summary, VK.backgroundDescription, VK.userInstruction)
            inherited = tuple((fact.property, fact.texts) for fact in facts if fact.property.iri in wanted)
        return Relatives(
            description=description,
            inherited=inherited,
            same_description=self._others(description, VK.basedOn, iri),
            same_offering=self._others(offering, VK.describes, iri),
            channels=self._channels(iri),
        )

    def ancestors(self, kind: Kind | None, iri: str) -> tuple[Link, ...]:
        """The things above one in its tree, the topmost first; a tree that bites its tail is followed once round."""
        found: list[Link] = []
        while kind in TREES:
            above = next(iter(self._graph.targets(iri, TREES[kind])), None)
            if above is None or above in found:
                break
            found.append(above)
            iri = above.iri
        return tuple(reversed(found))

    def members(self, grouping: str, notation: str, column: str | None) -> tuple[Link, list[Link]] | None:
        """A concept and what is in it, of one column or of all, in no particular order; None if there is none such."""
        concepts = _concepts(grouping)
        if notation not in concepts:
            return None
        found = self._in(grouping, concepts[notation])
        wanted = set().union(*found.values()) if column is None else found[column]
        return self._graph.link(concepts[notation]), [self._graph.link(iri) for iri in wanted]

    def _groups(self, grouping: str) -> tuple[Group, ...]:
        above = dict(vocabulary.links(SKOS.broader))
        found = []
        for notation, concept in sorted(_concepts(grouping).items(), key=lambda pair: _order(pair[0])):
            counts = {column: len(things) for column, things in self._in(grouping, concept).items()}
            found.append(Group(self._graph.link(concept), notation, _depth(concept, above), counts))
        return tuple(found)

    def _in(self, grouping: str, concept: str) -> dict[str, set[str]]:
        """What is in a concept or a narrower one, by column."""
        found: dict[str, set[str]] = {column: set() for column in COLUMNS}
        for narrower in _with_narrower(concept):
            for iri in self._graph.subjects(GROUPINGS[grouping][1], narrower):
                kind = self._graph.identifiers.kind(iri)
                if kind is not None and kind.slug in found:
                    found[kind.slug].add(iri)
        descriptions = found[Kind.GENERAL_DESCRIPTION.slug]
        based = {iri for description in descriptions for iri in self._graph.subjects(VK.basedOn, description)}
        found[INHERITED] = based - found[Kind.SERVICE.slug]
        return found

    def _tree(self, kind: Kind) -> tuple[Branch, ...]:
        """All things of a kind as a tree."""
        graph = self._graph
        members = {link.iri: link for link in graph.members(kind.class_iri)}
        above = {iri: {link.iri for link in graph.targets(iri, TREES[kind])} & members.keys() for iri in members}
        below: dict[str, list[str]] = {}
        for iri in sorted(members):
            for parent in above[iri]:
                below.setdefault(parent, []).append(iri)

        met: set[str] = set()

        def branch(iri: str, depth: int) -> Branch:
            met.add(iri)
            if depth == _DEEPEST:
                return Branch(
                    members[iri], tuple(Branch(members[deeper], ()) for deeper in _all_below(iri, below, met))
                )
            children = (branch(child, depth + 1) for child in below.get(iri, ()) if child not in met)
            return Branch(members[iri], tuple(children))

        roots = [branch(iri, 0) for iri in sorted(members) if not above[iri]]
        # What is left is above itself somewhere: such a ring is begun at its first member.
        return (*roots, *(branch(iri, 0) for iri in sorted(members) if iri not in met))

    def _channels(self, iri: str) -> tuple[tuple[Link, tuple[Link, ...]], ...]:
        graph = self._graph
        found: dict[Link, dict[Link, None]] = {}
        for errand in graph.targets(iri, VK.hasErrand)[:_SHOWN]:
            for channel in graph.targets(errand.iri, CV.hasChannel)[:_SHOWN]:
                for kind in graph.targets(channel.iri, VK.channelType):
                    found.setdefault(kind, {})[channel] = None
        return tuple((kind, tuple(channels)) for kind, channels in found.items())

    def _others(self, shared: Link | None, predicate: str, iri: str) -> Links | None:
        """Other services that link to the same thing; what links there besides, such as errands, is no service."""
        if shared is None:
            return None
        graph = self._graph
        linked = graph.subjects(predicate, shared.iri) - {iri}
        others = sorted(other for other in linked if graph.identifiers.kind(other) is Kind.SERVICE)
        some = tuple(graph.link(other) for other in others[:_SHOWN])
        return Links(graph.link(predicate), len(others), some) if others else None


def _all_below(iri: str, below: Mapping[str, list[str]], met: set[str]) -> list[str]:
    """Everything below a thing that has not been met, in one list."""
    found, waiting = [], [iri]
    while waiting:
        for child in below.get(waiting.pop(), ()):
            if child not in met:
                met.add(child)
                found.append(child)
                waiting.append(child)
    return sorted(found)


def _concepts(grouping: str) -> dict[str, str]:
    """The concepts of a grouping by notation: those of the shared list, then what only a register's own list has."""
    first, *others = GROUPINGS[grouping][0]
    found = dict(vocabulary.concepts(first))
    for scheme in others:
        found |= {code: iri for code, iri in vocabulary.concepts(scheme).items() if iri not in vocabulary.matches()}
    return found


def _with_narrower(concept: str) -> set[str]:
    return {concept, *_all_below(concept, _narrower(), {concept})}


@cache
def _narrower() -> Mapping[str, list[str]]:
    """Concept → the concepts right below it."""
    below: dict[str, list[str]] = {}
    for narrower, broader in vocabulary.links(SKOS.broader):
        below.setdefault(broader, []).append(narrower)
    return below


def _depth(concept: str, above: Mapping[str, str]) -> int:
    return 1 + _depth(above[concept], above) if concept in above else 0


def _order(notation: str) -> tuple[str, tuple[int, ...]]:
    letters = notation.rstrip("0123456789.")
    numbers = notation[len(letters) :]
    return letters, tuple(int(part) for part in numbers.split(".") if part)
