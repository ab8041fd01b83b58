"""What the pages ask of a release: one thing and its links, the things of a class. Bounded look-ups, no queries.

Queries of unknown cost belong in `sparql.workers`; what is here runs in the web process.

Where several descriptions are of one thing, one of them stands for all: the others are ``owl:sameAs`` that one
(`graph.links`). Asked for it, all that is here gives what all of them say; asked for another, what that one says.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad

from graph.release import Release
from graph.store import open_read_only
from ontology.identifiers import Identifiers, Kind
from ontology.terms import DCT, OWL, PROV, RDF, RDFS

_PROVENANCE = frozenset({PROV.wasDerivedFrom})
_NAMES = frozenset({RDFS.label})
# Types and provenance have places of their own on a page.
_APART = _PROVENANCE | {RDF.type}


@dataclass(frozen=True)
class Text:
    """A literal: its lexical form, its language tag (None without one) and its datatype's IRI."""

    value: str
    language: str | None
    datatype: str


Label = tuple[Text, ...]
"""The names of a thing, in all languages it has one in; empty if it has none."""


@dataclass(frozen=True)
class Link:
    """A thing that another one is linked with."""

    iri: str
    label: Label


@dataclass(frozen=True)
class Facts:
    """The literals that a thing has for one property."""

    property: Link
    texts: tuple[Text, ...]


@dataclass(frozen=True)
class Links:
    """The things at the other end of one property: how many there are, and some or all of them."""

    property: Link
    count: int
    links: tuple[Link, ...]


@dataclass(frozen=True)
class Citation:
    """Where statements come from: a source record, its graph, and the passages of documents it cites."""

    record: Link
    graphs: tuple[Link, ...]
    passages: tuple[tuple[Link, tuple[Link, ...]], ...]
    """Each passage with the documents it is part of."""


@dataclass(frozen=True)
class Identity:
    """One of several descriptions of a thing, and the graphs of the sources that it is from."""

    link: Link
    graphs: tuple[Link, ...]


@dataclass(frozen=True)
class Description:
    """All that a page about a thing shows."""

    iri: str
    label: Label
    types: tuple[Link, ...]
    facts: tuple[Facts, ...]
    links_out: tuple[Links, ...]
    links_in: tuple[Links, ...]
    citations: tuple[Citation, ...]
    identities: tuple[Identity, ...] = ()
    """All descriptions of the thing, if there are several; this one first."""


class KnowledgeGraph:
    """A release, opened for look-ups. Safe to use from many threads."""

    def __init__(self, release: Release) -> None:
        self.release = release
        self.identifiers = Identifiers(release.manifest.base)
        self._store = open_read_only(release.store)
        self.label = lru_cache(maxsize=50_000)(self._label)
        # Few things have several descriptions, but whether one does is asked for every link.
        self._first = {
            quad.subject.value: quad.object.value
            for quad in self._pattern(None, OWL.sameAs, None)
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode)
        }
        self._others: dict[str, list[str]] = {}
        for one, first in sorted(self._first.items()):
            self._others.setdefault(first, []).append(one)

    def close(self) -> None:
        """Let go of the store's files; nothing can be asked afterwards."""
        del self._store

    def answers(self) -> bool:
        """Whether the store answers, which it does as long as its files can be read."""
        try:
            return bool(self._store.query("ASK { ?s ?p ?o }"))
        except (OSError, RuntimeError):
            return False

    def knows(self, iri: str) -> bool:
        """Whether anything is said of a thing."""
        return bool(self._said_of(iri))

    def describe(self, iri: str, most: int) -> Description | None:
        """A thing with its facts and its links out and in; at most `most` links a property are listed, all counted.

        None if nothing in the graph has this IRI as its subject.
        """
        quads = self._outgoing(iri)
        if not quads:
            return None
        links = _pairs(quads)
        return Description(
            iri=iri,
            label=self.label(iri),
            types=tuple(self.link(other) for other in dict.fromkeys(o for p, o in links if p == RDF.type)),
            facts=self._facts(quads),
            links_out=self._links((pair for pair in links if pair[0] not in _APART), most),
            links_in=self._links(self._incoming(iri), most),
            citations=tuple(self._citation(other) for predicate, other in links if predicate in _PROVENANCE),
            identities=self._identities(iri),
        )

    def incoming(self, iri: str, predicate: str, first: int, most: int) -> Links:
        """The things that link to this one by a property: all counted, those from number `first` on listed."""
        found = sorted(self.subjects(predicate, iri))
        return Links(
            self.link(predicate), len(found), tuple(self.link(subject) for subject in found[first : first + most])
        )

    def outgoing(self, iri: str, predicate: str, first: int, most: int) -> Links:
        """The things that this one links to by a property: all counted, those from number `first` on listed."""
        found = self.targets(iri, predicate)
        return Links(self.link(predicate), len(found), found[first : first + most])

    def members(self, class_iri: str, linked_to: Iterable[str] = ()) -> list[Link]:
        """The things of a class, of those only that link to all the given ones. In no particular order.

        Of several descriptions of a thing only the one that stands for them.
        """
        found = self._things(class_iri)
        for iri in linked_to:
            found &= {self.standing_for(subject) for subject in self.subjects(None, iri)}
        return [self.link(iri) for iri in found]

    def statements(self, iri: str) -> list[Quad]:
        """What the data documents of a thing hold: its statements, those of its source records, its links' names.

        Of this description alone: data documents are of what has an identifier.
        """
        quads = self._said_of(iri)
        for quad in list(quads):
            if isinstance(quad.object, NamedNode):
                if quad.predicate.value in _PROVENANCE:
                    quads += self._said_of(quad.object.value)
                else:
                    quads += self._store.quads_for_pattern(quad.object, NamedNode(RDFS.label), None, DefaultGraph())
        return sorted(set(quads), key=str)

    def kinds(self) -> Mapping[Kind, int]:
        """How many things of each kind there are, as lists have them; kinds without any are left out."""
        return self._kinds

    @cached_property
    def _kinds(self) -> Mapping[Kind, int]:
        classes = self.release.manifest.counts.classes
        # The manifest counts descriptions; of these classes, several may be of one thing.
        described = (pair for iri in self._first for pair in _pairs(self._said_of(iri)))
        with_others = {target for relation, target in described if relation == RDF.type}
        return {
            kind: len(self._things(kind.class_iri)) if kind.class_iri in with_others else classes[kind.class_iri]
            for kind in Kind
            if kind.class_iri in classes
        }

    def _things(self, class_iri: str) -> set[str]:
        """The things of a class; of several descriptions of one, that which stands for them."""
        return {self.standing_for(iri) for iri in self.subjects(RDF.type, class_iri)}

    def standing_for(self, iri: str) -> str:
        """The description that stands for all descriptions of the same thing: most often itself."""
        return self._first.get(iri, iri)

    def link(self, iri: str) -> Link:
        """A thing by its IRI and its names."""
        return Link(iri, self.label(iri))

    def _label(self, iri: str) -> Label:
        return self.texts(iri, RDFS.label)

    def texts(self, iri: str, predicate: str) -> tuple[Text, ...]:
        """The literals that a thing has for a property, in no particular order."""
        quads = (quad for one in self._all(iri) for quad in self._pattern(one, predicate, None))
        return tuple(dict.fromkeys(_text(quad.object) for quad in quads if isinstance(quad.object, Literal)))

    def _all(self, iri: str) -> list[str]:
        """The descriptions that this one stands for, itself first."""
        return [iri, *self._others.get(iri, ())]

    def _identities(self, iri: str) -> tuple[Identity, ...]:
        if iri not in self._others:
            return ()
        return tuple(Identity(self.link(one), self._graphs(one)) for one in self._all(iri))

    def _graphs(self, iri: str) -> tuple[Link, ...]:
        """The graphs of the sources that describe a thing."""
        records = (record for relation, record in _pairs(self._said_of(iri)) if relation in _PROVENANCE)
        return tuple(dict.fromkeys(graph for record in records for graph in self.targets(record, DCT.isPartOf)))

    def _outgoing(self, iri: str) -> list[Quad]:
        return [quad for one in self._all(iri) for quad in self._said_of(one) if quad.predicate.value != OWL.sameAs]

    def _said_of(self, iri: str) -> list[Quad]:
        try:
            return list(self._pattern(iri, None, None))
        except ValueError:
            return []

    def _incoming(self, iri: str) -> Iterator[tuple[str, str]]:
        for one in self._all(iri):
            for quad in self._pattern(None, None, one):
                if isinstance(quad.subject, NamedNode) and quad.predicate.value != OWL.sameAs:
                    yield quad.predicate.value, quad.subject.value

    def _pattern(self, subject: str | None, predicate: str | None, target: str | None) -> Iterator[Quad]:
        one, relation, other = (None if iri is None else NamedNode(iri) for iri in (subject, predicate, target))
        return self._store.quads_for_pattern(one, relation, other, DefaultGraph())

    def subjects(self, predicate: str | None, iri: str) -> set[str]:
        """The IRIs of the things that link to this one by a property, or by any."""
        quads = (quad for one in self._all(iri) for quad in self._pattern(None, predicate, one))
        return {quad.subject.value for quad in quads if isinstance(quad.subject, NamedNode)}

    def _facts(self, quads: Iterable[Quad]) -> tuple[Facts, ...]:
        found: dict[str, list[Text]] = {}
        for quad in quads:
            if isinstance(quad.object, Literal) and quad.predicate.value not in _NAMES:
                found.setdefault(quad.predicate.value, []).append(_text(quad.object))
        return tuple(Facts(self.link(iri), tuple(sorted(set(texts), key=str))) for iri, texts in sorted(found.items()))

    def _links(self, pairs: Iterable[tuple[str, str]], most: int) -> tuple[Links, ...]:
        found: dict[str, set[str]] = {}
        for predicate, other in pairs:
            found.setdefault(predicate, set()).add(other)
        return tuple(
            Links(self.link(predicate), len(others), tuple(self.link(other) for other in sorted(others)[:most]))
            for predicate, others in sorted(found.items())
        )

    def _citation(self, record: str) -> Citation:
        return Citation(
            record=self.link(record),
            graphs=self.targets(record, DCT.isPartOf),
            passages=tuple(
                (passage, self.targets(passage.iri, DCT.isPartOf)) for passage in self.targets(record, DCT.source)
            ),
        )

    def targets(self, iri: str, predicate: str) -> tuple[Link, ...]:
        """The things that this one links to by a property, by their IRIs."""
        quads = (quad for one in self._all(iri) for quad in self._pattern(one, predicate, None))
        return tuple(self.link(other) for _, other in sorted(set(_pairs(quads))))


def _pairs(quads: Iterable[Quad]) -> list[tuple[str, str]]:
    """Predicate and object of the quads whose object is a thing."""
    return [(quad.predicate.value, quad.object.value) for quad in quads if isinstance(quad.object, NamedNode)]


def _text(literal: Literal) -> Text:
    return Text(literal.value, literal.language, literal.datatype.value)
