"""What a sorted dump says, thing by thing: the lines of one subject, taken apart."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Final

from pyoxigraph import Literal, RdfFormat, parse

from graph.knowledge import Label, Text
from graph.ntriples import iri
from graph.patching import SortedLines
from ontology.terms import RDF, RDFS

_TYPE: Final = iri(RDF.type).encode()
_LABEL: Final = iri(RDFS.label).encode()


@dataclass(frozen=True)
class Thing:
    """A thing with all that the graphs say of it."""

    iri: bytes
    lines: list[bytes]
    """Its N-Quads, sorted."""

    @cached_property
    def triples(self) -> list[tuple[bytes, bytes, list[bytes]]]:
        """Predicate and object in canonical N-Triples, and the IRIs of the graphs that say so; sorted, each once."""
        start = len(self.iri) + 3
        found: list[tuple[bytes, bytes, list[bytes]]] = []
        previous = b""
        for line in self.lines:
            # A line ends in ` <graph> .` and no IRI has a space, so the triple is what stands before that.
            end = line.rindex(b" <")
            graph, said = line[end + 2 : -4], line[start:end]
            if said == previous:
                found[-1][2].append(graph)
            else:
                predicate, _, target = said.partition(b" ")
                found.append((predicate, target, [graph]))
                previous = said
        return found

    @property
    def pairs(self) -> list[tuple[bytes, bytes]]:
        """Predicate and object of each triple."""
        return [(predicate, target) for predicate, target, _ in self.triples]

    @cached_property
    def classes(self) -> list[bytes]:
        """The IRIs of its classes, sorted."""
        return [target[1:-1] for predicate, target, _ in self.triples if predicate == _TYPE]

    @cached_property
    def label(self) -> Label:
        """Its names."""
        said = b"".join(line for line in self.lines if line.startswith(_LABEL, len(self.iri) + 3))
        names = (quad.object for quad in parse(said, format=RdfFormat.N_QUADS))
        return tuple(
            dict.fromkeys(
                Text(name.value, name.language, name.datatype.value) for name in names if isinstance(name, Literal)
            )
        )

    def targets(self, predicate: str) -> list[bytes]:
        """The IRIs of the things that it links to by a property, sorted."""
        wanted = iri(predicate).encode()
        return [target[1:-1] for said, target, _ in self.triples if said == wanted and target.startswith(b"<")]

    @cached_property
    def graphs(self) -> list[bytes]:
        """The IRIs of the graphs that say something of it, sorted."""
        return sorted({graph for _, _, graphs in self.triples for graph in graphs})


def things(quads: Iterable[bytes]) -> Iterator[Thing]:
    """The things of sorted N-Quads, in their order."""
    for subject, lines in groupby(quads, key=lambda line: line[1 : line.index(b">")]):
        yield Thing(subject, list(lines))


def thing_at(dump: SortedLines, subject: bytes) -> Thing:
    """The thing with an IRI, which may have no lines; IRIs have to be asked for in ascending order."""
    key = b"<" + subject + b"> "
    dump.seek(key)
    return Thing(subject, dump.take(key))
