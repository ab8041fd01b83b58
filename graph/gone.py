"""What a release does not have any more and an earlier one had: its tombstones, and what stands for it now.

A release keeps them in ``gone.jsonl``, a line a thing in the order of their IRIs. The list is carried on from the
previous release: things that went in this one come in, things that came back go out. It depends on the history of
releases and not only on what is said, so it is no part of what a release is named after.
"""

import heapq
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
from pyoxigraph import DefaultGraph, Literal, NamedNode, RdfFormat, Store, parse

from graph.difference import ADDED, REMOVED, Difference
from graph.knowledge import Label
from graph.ntriples import iri
from graph.patching import BY_IRI, Rewrite, SortedLines, in_order, line_of, patch, sorted_lines
from graph.release import Release
from graph.things import Thing, thing_at, things
from ontology import vocabulary
from ontology.identifiers import Identifiers
from ontology.terms import OWL, RDF

GONE: Final = "gone.jsonl"
_SAME_AS: Final = b"> " + iri(OWL.sameAs).encode() + b" "


class GoneThing(msgspec.Struct, frozen=True):
    """A thing that is gone, as it was last."""

    iri: str
    label: Label
    classes: list[str]
    last: str
    """The id of the last release that had it."""
    day: str
    """The day on which a release came without it, in ISO form."""
    replaced_by: str | None
    """The IRI of the thing that stood for it then."""


@dataclass(frozen=True)
class Gone:
    """The things that a release has lost."""

    release: Release

    def find(self, iri: str) -> GoneThing | None:
        """A thing that is gone; None if it never was, or still is."""
        path = self.release.directory / GONE
        found = line_of(path if path.exists() else None, iri)
        return None if found is None else msgspec.json.decode(found, type=GoneThing)

    def replacement(self, thing: GoneThing, is_there: Callable[[str], bool]) -> str | None:
        """The thing that stands for a gone one now, which may have been replaced itself since; None if none is left."""
        seen = {thing.iri}
        following: GoneThing | None = thing
        while following is not None and following.replaced_by is not None and following.replaced_by not in seen:
            found = following.replaced_by
            if is_there(found):
                return found
            seen.add(found)
            following = self.find(found)
        return None


def write(
    staged: Path,
    previous: Release | None,
    difference: Difference,
    dump: Path,
    store: Store,
    base: str,
    day: datetime,
) -> None:
    """Write the things that a release in the making has lost.

    `difference`: what it has and the previous one has not, and the other way round; `dump`, `store`: its own; `base`:
    what its IRIs begin with. The same of a release that could not be compared: then only what came back is noticed.
    """
    old = _whole(previous)
    with (staged / GONE).open("wb") as file, sorted_lines(old, frame=BY_IRI) as lines, sorted_lines(dump) as new:
        # What is added can only matter to those that are gone already.
        kinds = (REMOVED,) if old is None else (REMOVED, ADDED)
        changed = heapq.merge(*(difference.lines(kind) for kind in kinds))
        heirs = _Heirs(store, difference)
        last = "" if previous is None else previous.id
        changes = _changes(changed, new, Identifiers(base), partial(_line, heirs, last, day.date().isoformat()))
        patch(lines, changes, file)


def _whole(previous: Release | None) -> Path | None:
    """The list of the previous release, if it has one that is as published, and something is on it."""
    entry = None if previous is None else previous.manifest.files.get(GONE)
    if previous is None or entry is None or not entry.bytes or not previous.is_whole([GONE]):
        return None
    return previous.directory / GONE


def _changes(
    changed: Iterable[bytes], dump: SortedLines, identifiers: Identifiers, line: Callable[[Thing], bytes]
) -> Iterator[tuple[bytes, Rewrite]]:
    """What becomes of the lines of things whose statements have changed."""
    for was in things(changed):
        if identifiers.path(was.iri.decode()) is not None:
            # Of a thing that is gone all statements were removed, so these are what it was.
            said = [] if thing_at(dump, was.iri).lines else [line(was)]
            yield in_order(was.iri), partial(_in_place, said)


def _in_place(new: list[bytes], _: list[bytes]) -> list[bytes]:
    return new


def _line(heirs: "_Heirs", last: str, day: str, thing: Thing) -> bytes:
    gone = GoneThing(
        iri=thing.iri.decode(),
        label=thing.label,
        classes=[iri.decode() for iri in thing.classes],
        last=last,
        day=day,
        replaced_by=heirs.of(thing),
    )
    return msgspec.json.encode(gone) + b"\n"


class _Heirs:
    """Tells which thing of a new release stands for one that it has lost."""

    def __init__(self, store: Store, difference: Difference) -> None:
        self._store = store
        # All links between descriptions of a thing that is gone were removed. They are few.
        self._first: dict[str, str] = {}
        self._others: dict[str, set[str]] = {}
        for line in difference.lines(REMOVED):
            if _SAME_AS in line:
                one, _, rest = line.partition(_SAME_AS)
                other, first = one[1:].decode(), rest[1 : rest.index(b">")].decode()
                self._first[other] = first
                self._others.setdefault(first, set()).add(other)

    def of(self, thing: Thing) -> str | None:
        """The one thing that is another description of the same, or has the same identifier in a register.

        None if there is none, or if there are several and nothing tells which.
        """
        return self._one(self._same(thing.iri.decode())) or self._one(self._identified(thing))

    def _one(self, candidates: set[str]) -> str | None:
        there = {self._standing_for(iri) for iri in candidates if self._is_there(iri)}
        return there.pop() if len(there) == 1 else None

    def _same(self, iri: str) -> set[str]:
        first = self._first.get(iri, iri)
        if first != iri and self._is_there(first):
            return {first}
        pointing = self._store.quads_for_pattern(None, NamedNode(OWL.sameAs), NamedNode(first), DefaultGraph())
        return {
            *self._others.get(first, ()),
            *(quad.subject.value for quad in pointing if isinstance(quad.subject, NamedNode)),
        }

    def _identified(self, thing: Thing) -> set[str]:
        """The things with an identifier of a register and a class in common."""
        wanted = [iri.decode() for iri in thing.classes]
        found: set[str] = set()
        for literal in _register_identifiers(thing):
            for quad in self._store.quads_for_pattern(None, None, literal, DefaultGraph()):
                if isinstance(quad.subject, NamedNode) and self._has_class(quad.subject, wanted):
                    found.add(quad.subject.value)
        return found

    def _has_class(self, subject: NamedNode, classes: list[str]) -> bool:
        said = self._store.quads_for_pattern(subject, NamedNode(RDF.type), None, DefaultGraph())
        return any(isinstance(quad.object, NamedNode) and quad.object.value in classes for quad in said)

    def _is_there(self, iri: str) -> bool:
        return any(True for _ in self._store.quads_for_pattern(NamedNode(iri), None, None, DefaultGraph()))

    def _standing_for(self, iri: str) -> str:
        said = self._store.quads_for_pattern(NamedNode(iri), NamedNode(OWL.sameAs), None, DefaultGraph())
        return next((quad.object.value for quad in said if isinstance(quad.object, NamedNode)), iri)


def _register_identifiers(thing: Thing) -> list[Literal]:
    ends = tuple(b"^^" + iri(register).encode() for register in sorted(vocabulary.registers()))
    # All graphs that say it are one line here.
    said = b"".join(b"<urn:x> <urn:x> " + target + b" .\n" for _, target, _ in thing.triples if target.endswith(ends))
    return [quad.object for quad in parse(said, format=RdfFormat.N_TRIPLES) if isinstance(quad.object, Literal)]
