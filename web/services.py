"""What pages show of services beyond their own facts: who describes the same, and lists by group, event and theme."""

from dataclasses import dataclass
from functools import lru_cache

from graph.knowledge import KnowledgeGraph, Label, Link, Links
from ontology import vocabulary
from ontology.identifiers import Kind
from ontology.terms import CV, DCT, ORG, SKOS, VK

_SHOWN = 25
GROUPINGS = {
    "target-groups": (VK.targetGroups, DCT.audience),
    "life-events": (VK.lifeEvents, CV.isGroupedBy),
    "themes": (VK.serviceClasses, CV.thematicArea),
}
"""The word of a grouping in addresses → its code list, and the property by which things are in it."""


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
    """A concept of a code list, and how many services and other things are in it."""

    concept: Link
    notation: str
    services: int
    others: int


def relatives(graph: KnowledgeGraph, iri: str) -> Relatives:
    """The relatives of a service; all empty for anything else."""
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
        same_description=_others(graph, description, VK.basedOn, iri),
        same_offering=_others(graph, offering, VK.describes, iri),
        channels=_channels(graph, iri),
    )


def _channels(graph: KnowledgeGraph, iri: str) -> tuple[tuple[Link, tuple[Link, ...]], ...]:
    found: dict[Link, dict[Link, None]] = {}
    for errand in graph.targets(iri, VK.hasErrand)[:_SHOWN]:
        for channel in graph.targets(errand.iri, CV.hasChannel)[:_SHOWN]:
            for kind in graph.targets(channel.iri, VK.channelType):
                found.setdefault(kind, {})[channel] = None
    return tuple((kind, tuple(channels)) for kind, channels in found.items())


TREES = {Kind.DEPARTMENT: ORG.subOrganizationOf, Kind.TREE_NODE: SKOS.broader, Kind.PROGRAMME: DCT.isPartOf}
"""Kinds of things that form a tree → the property that leads up."""


@dataclass(frozen=True)
class Branch:
    """A thing of a tree with what is below it."""

    link: Link
    below: tuple["Branch", ...]


def ancestors(graph: KnowledgeGraph, kind: Kind, iri: str) -> tuple[Link, ...]:
    """The things above one in its tree, the topmost first; a tree that bites its tail is followed once round."""
    found: list[Link] = []
    while kind in TREES:
        above = next(iter(graph.targets(iri, TREES[kind])), None)
        if above is None or above in found:
            break
        found.append(above)
        iri = above.iri
    return tuple(reversed(found))


@lru_cache(maxsize=8)
def tree(graph: KnowledgeGraph, kind: Kind) -> tuple[Branch, ...]:
    """All things of a kind as a tree. Made once a release, which never changes."""
    members = {link.iri: link for link in graph.members(kind.class_iri)}
    above = {iri: {link.iri for link in graph.targets(iri, TREES[kind])} & members.keys() for iri in members}
    below: dict[str, list[str]] = {}
    for iri in sorted(members):
        for parent in above[iri]:
            below.setdefault(parent, []).append(iri)

    def branch(iri: str, path: frozenset[str]) -> Branch:
        inside = path | {iri}
        return Branch(members[iri], tuple(branch(child, inside) for child in below.get(iri, ()) if child not in inside))

    return tuple(branch(iri, frozenset()) for iri in sorted(members) if not above[iri])


def _others(graph: KnowledgeGraph, shared: Link | None, predicate: str, iri: str) -> Links | None:
    if shared is None:
        return None
    found = graph.incoming(shared.iri, predicate, 0, _SHOWN + 1)
    others = tuple(link for link in found.links if link.iri != iri)[:_SHOWN]
    return Links(found.property, found.count - 1, others) if others else None


@lru_cache(maxsize=8)
def groups(graph: KnowledgeGraph, grouping: str) -> tuple[Group, ...]:
    """The concepts of a grouping in the order of their notations. Counted once a release, which never changes."""
    scheme, predicate = GROUPINGS[grouping]
    found = []
    for notation, concept in vocabulary.concepts(scheme).items():
        members = graph.subjects(predicate, concept)
        services = sum(graph.identifiers.kind(member) is Kind.SERVICE for member in members)
        found.append(Group(graph.link(concept), notation, services, len(members) - services))
    return tuple(sorted(found, key=lambda group: _order(group.notation)))


def members(graph: KnowledgeGraph, grouping: str, notation: str) -> tuple[Link, list[Link]] | None:
    """A concept and all that is in it, in no particular order; None if there is no such concept."""
    scheme, predicate = GROUPINGS[grouping]
    concept = vocabulary.concepts(scheme).get(notation)
    if concept is None:
        return None
    return graph.link(concept), [graph.link(iri) for iri in graph.subjects(predicate, concept)]


def _order(notation: str) -> tuple[str, tuple[int, ...]]:
    letters = notation.rstrip("0123456789.")
    numbers = notation[len(letters) :]
    return letters, tuple(int(part) for part in numbers.split(".") if part)
