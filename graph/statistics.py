"""How often classes and properties occur in the merged graph, kept up by what changes. For VoID and for completions.

https://www.w3.org/TR/void/#statistics
"""

from collections import Counter
from itertools import combinations
from pathlib import Path
from typing import Self

import msgspec

from graph.manifest import as_json
from graph.things import Thing


class ClassPartition(msgspec.Struct, frozen=True):
    """The things of a class: how many there are, and how many triples they have of each property."""

    entities: int
    properties: dict[str, int]


class PropertyPartition(msgspec.Struct, frozen=True):
    """The triples of a property: how many there are, and of how many things."""

    triples: int
    subjects: int


class Statistics(msgspec.Struct, frozen=True):
    """Partitions of the merged graph, by the IRIs of classes and properties, sorted."""

    subjects: int
    classes: dict[str, ClassPartition]
    properties: dict[str, PropertyPartition]
    overlaps: list[tuple[str, str, int]]
    """Two named graphs, and how many triples both have; only pairs that share any, sorted."""

    def write(self, path: Path) -> None:
        """Keep it as JSON."""
        path.write_bytes(as_json(self))

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `write` wrote."""
        return msgspec.json.decode(path.read_bytes(), type=cls)


class Counting:
    """Counts things as they come and go."""

    def __init__(self, before: Statistics | None = None) -> None:
        self._subjects = 0
        self._entities: Counter[bytes] = Counter()
        self._triples: Counter[bytes] = Counter()
        self._having: Counter[bytes] = Counter()
        self._of_class: Counter[tuple[bytes, bytes]] = Counter()
        self._shared: Counter[tuple[bytes, ...]] = Counter()
        if before is not None:
            self._take_over(before)

    def _take_over(self, before: Statistics) -> None:
        self._subjects = before.subjects
        for iri, property_ in before.properties.items():
            term = f"<{iri}>".encode()
            self._triples[term], self._having[term] = property_.triples, property_.subjects
        for iri, class_ in before.classes.items():
            self._entities[iri.encode()] = class_.entities
            for name, count in class_.properties.items():
                self._of_class[iri.encode(), f"<{name}>".encode()] = count
        for one, other, count in before.overlaps:
            self._shared[one.encode(), other.encode()] = count

    def add(self, thing: Thing, by: int = 1) -> None:
        """Count a thing; with -1, count it no more. One without statements is none."""
        self._subjects += by if thing.lines else 0
        properties = Counter(predicate for predicate, _, _ in thing.triples)
        for predicate, count in properties.items():
            self._triples[predicate] += by * count
            self._having[predicate] += by
        for _, _, graphs in thing.triples:
            for pair in combinations(graphs, 2):
                self._shared[pair] += by
        for class_iri in thing.classes:
            self._entities[class_iri] += by
            for predicate, count in properties.items():
                self._of_class[class_iri, predicate] += by * count

    def statistics(self) -> Statistics:
        """What has been counted."""
        of_class: dict[str, dict[str, int]] = {}
        for (class_iri, predicate), count in sorted(self._of_class.items()):
            if count:
                of_class.setdefault(class_iri.decode(), {})[predicate[1:-1].decode()] = count
        return Statistics(
            self._subjects,
            {iri: ClassPartition(self._entities[iri.encode()], properties) for iri, properties in of_class.items()},
            {
                predicate[1:-1].decode(): PropertyPartition(count, self._having[predicate])
                for predicate, count in sorted(self._triples.items())
                if count
            },
            [(one.decode(), other.decode(), count) for (one, other), count in sorted(self._shared.items()) if count],
        )
