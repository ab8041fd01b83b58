"""What the page of a project or programme shows of its network: who takes part as what and when, and its money."""

from dataclasses import dataclass

from graph.knowledge import KnowledgeGraph, Label, Link
from ontology.terms import S66, SCHEMA, VK


@dataclass(frozen=True)
class Role:
    """An organisation's part in something, with the days that a source gives this role and no other days."""

    who: tuple[Link, ...]
    roles: tuple[Link, ...]
    start: Label
    end: Label


@dataclass(frozen=True)
class Money:
    """An amount of money. Amounts of different kinds stand beside each other and are never added."""

    amount: Link
    kinds: tuple[Link, ...]
    sources: tuple[Link, ...]
    value: Label
    currency: Label


@dataclass(frozen=True)
class Network:
    """The roles in something and its amounts of money, in the order of their IRIs; the first of each only.

    Where several descriptions of a thing say the same, it stands here once.
    """

    roles: tuple[Role, ...]
    money: tuple[Money, ...]


def network(graph: KnowledgeGraph, iri: str, most: int) -> Network:
    """The network of a thing; empty if nobody has a role in it. At most `most` roles and amounts are given."""
    roles = (_role(graph, role) for role in sorted(graph.subjects(VK.participatesIn, iri))[:most])
    different: dict[object, Money] = {}
    for amount in sorted(graph.subjects(VK.amountOf, iri))[:most]:
        found = _money(graph, amount)
        different.setdefault((found.kinds, found.sources, found.value, found.currency), found)
    return Network(roles=tuple(dict.fromkeys(roles)), money=tuple(different.values()))


def _role(graph: KnowledgeGraph, iri: str) -> Role:
    return Role(
        who=tuple(graph.link(graph.standing_for(who.iri)) for who in graph.targets(iri, VK.participant)),
        roles=graph.targets(iri, VK.role),
        start=graph.texts(iri, SCHEMA.startDate),
        end=graph.texts(iri, SCHEMA.endDate),
    )


def _money(graph: KnowledgeGraph, iri: str) -> Money:
    return Money(
        amount=graph.link(iri),
        kinds=graph.targets(iri, VK.amountKind),
        sources=graph.targets(iri, VK.moneySource),
        value=graph.texts(iri, S66.value),
        currency=graph.texts(iri, S66.currency),
    )
