"""Parts of the graph for download: what there is of a city, and a small sample of everything."""

import heapq
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from itertools import groupby
from pathlib import Path
from typing import BinaryIO, Final

from pyoxigraph import DefaultGraph, Literal, NamedNode, Store

from graph import tables, turtle
from graph.patching import in_order, sorted_lines
from graph.things import Thing, thing_at
from ontology.terms import DCT, OWL, PROV, RDF, SKOS, VK, XSD

CITIES: Final = "cities"
_CODE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,19}\Z")
"""What can be the name of a file."""
SAMPLE: Final = "sample.nq"
SAMPLE_TURTLE: Final = "sample.ttl"
SAMPLE_BYTES: Final = 1_000_000
"""How large a sample may be."""


def write_cities(directory: Path, store: Store, dump: Path, graphs: Mapping[str, Iterable[Path]]) -> dict[str, int]:
    """Write the N-Quads of each city: of its own sources, of what is linked with it, and of the records of all that.

    graphs: code of a municipality → the files of the graphs that speak of it alone. File → its rows.
    """
    rows, cities = {}, _cities(store)
    for code in sorted(cities.keys() | graphs.keys()):
        subjects = sorted((iri.encode() for iri in _of_city(store, cities.get(code, ()))), key=in_order)
        path = directory / CITIES / f"{code}.nq"
        path.parent.mkdir(exist_ok=True)
        with ExitStack() as stack:
            whole = [stack.enter_context(file.open("rb")) for file in graphs.get(code, ())]
            quads = stack.enter_context(sorted_lines(dump))
            linked = (line for subject in subjects for line in thing_at(quads, subject).lines)
            target = stack.enter_context(path.open("wb"))
            rows[f"{CITIES}/{code}.nq"] = _write_each_once(heapq.merge(linked, *whole), target)
    return rows


def _cities(store: Store) -> dict[str, set[str]]:
    """Code of the municipality → the city, by all the IRIs of its descriptions and by that of the municipality."""
    found: dict[str, set[str]] = {}
    for city in _subjects(store, RDF.type, VK.City):
        for quad in store.quads_for_pattern(NamedNode(city), NamedNode(SKOS.notation), None, DefaultGraph()):
            if isinstance(quad.object, Literal) and _is_code(quad.object):
                found.setdefault(quad.object.value, set()).update(
                    _same(store, city), _targets(store, city, DCT.spatial)
                )
    return found


def _is_code(literal: Literal) -> bool:
    """Whether a notation is the code of a municipality: those of other registers have a datatype of their own."""
    return literal.datatype.value == XSD.string and _CODE.match(literal.value) is not None


def _same(store: Store, iri: str) -> set[str]:
    first = _targets(store, iri, OWL.sameAs) or {iri}
    return {iri} | first | {other for one in first for other in _subjects(store, OWL.sameAs, one)}


def _of_city(store: Store, city: Iterable[str]) -> set[str]:
    """What is linked with a city, the city itself, and the source records of all of them."""
    linked = {subject for iri in city for subject in _subjects(store, None, iri)} | set(city)
    return linked | {record for iri in linked for record in _targets(store, iri, PROV.wasDerivedFrom)}


def _subjects(store: Store, predicate: str | None, iri: str) -> set[str]:
    relation = None if predicate is None else NamedNode(predicate)
    quads = store.quads_for_pattern(None, relation, NamedNode(iri), DefaultGraph())
    return {quad.subject.value for quad in quads if isinstance(quad.subject, NamedNode)}


def _targets(store: Store, iri: str, predicate: str) -> set[str]:
    quads = store.quads_for_pattern(NamedNode(iri), NamedNode(predicate), None, DefaultGraph())
    return {quad.object.value for quad in quads if isinstance(quad.object, NamedNode)}


def _write_each_once(lines: Iterable[bytes], target: BinaryIO) -> int:
    return sum(1 for line, _ in groupby(lines) if target.write(line))


def write_sample(directory: Path, dump: Path) -> dict[str, int]:
    """Write some things of every kind, as N-Quads and as Turtle, into `SAMPLE_BYTES` each. File → its rows.

    The kinds take turns, each with its next thing by IRI, until the next one has no room.
    """
    chosen: dict[bytes, Thing] = {}
    left = SAMPLE_BYTES
    with ExitStack() as stack:
        tables_ = (path for path in sorted((directory / "tables").glob("*.csv")) if _is_kind(path))
        kinds = [_things_of(stack, path, dump) for path in tables_]
        while kinds:
            for kind in list(kinds):
                thing = next(kind, None)
                size = 0 if thing is None or thing.iri in chosen else sum(map(len, thing.lines))
                if thing is None or size > left:
                    kinds.remove(kind)
                else:
                    chosen[thing.iri] = thing
                    left -= size
    rows = 0
    with (directory / SAMPLE).open("wb") as quads, (directory / SAMPLE_TURTLE).open("wb") as document:
        document.write(turtle.HEADER)
        for iri in sorted(chosen, key=in_order):
            quads.writelines(chosen[iri].lines)
            document.write(turtle.line(iri, chosen[iri].pairs))
            rows += len(chosen[iri].lines)
    return {SAMPLE: rows, SAMPLE_TURTLE: len(chosen)}


def _is_kind(path: Path) -> bool:
    return tables.tables()[path.stem].class_iri is not None


def _things_of(stack: ExitStack, table: Path, dump: Path) -> Iterator[Thing]:
    """The things of a table, in its order, as the dump has them."""
    rows = stack.enter_context(table.open("rb"))
    quads = stack.enter_context(sorted_lines(dump))
    next(rows)
    for row in rows:
        # What goes on after a line break within a cell does not begin like a row: quotes in a cell are doubled.
        if row.startswith(tables.BEFORE) and row[1:2].isalpha():
            yield thing_at(quads, row[1 : row.index(tables.AFTER, 1)])
