"""The files of a release for download that have a line or a row a thing: written in one pass, or patched.

======================== =========================================================================================
``verkosto.ttl``         all graphs merged, one thing a line
``sources/{name}.ttl``   one named graph
``classes/{kind}.jsonld`` the things of a kind; ``other`` has those of no kind, such as codes and terms
``tables/{kind}.csv``    the same as rows (`graph.tables`); ``edges`` and ``literals`` have all statements
======================== =========================================================================================

A file that nothing stands in is left out.
"""

import heapq
import os
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import BinaryIO, Final

from graph import jsonld, tables, turtle
from graph.difference import ADDED, REMOVED, Difference
from graph.patching import Frame, Rewrite, in_order, patch, sorted_lines
from graph.statistics import Counting
from graph.things import Thing, thing_at, things
from ontology.identifiers import Kind
from ontology.vocabulary import ONTOLOGY_IRI

MERGED: Final = "verkosto.ttl"
SOURCES: Final = "sources"
CLASSES: Final = "classes"
TABLES: Final = "tables"
FOLDERS: Final = (SOURCES, CLASSES, TABLES)
OTHER: Final = "other"
_MOST_OPEN: Final = 200
"""Files that are open for writing at once; each takes a descriptor."""

Lines = dict[str, list[bytes]]
"""File → the lines or rows of a thing in it."""


Finish = Callable[[Path], object]
"""What is done with each file when it is written."""


def of_source(graph: bytes) -> str:
    """The file with the Turtle of a named graph."""
    return f"{SOURCES}/{graph.rpartition(b'/')[2].decode()}.ttl"


def lines_of(thing: Thing) -> Lines:
    """All that is written of a thing."""
    if not thing.lines:
        return {}
    found = {MERGED: [turtle.line(thing.iri, thing.pairs)]}
    graphs = thing.graphs
    for graph in graphs:
        pairs = [(predicate, target) for predicate, target, said_in in thing.triples if graph in said_in]
        found[of_source(graph)] = found[MERGED] if len(graphs) == 1 else [turtle.line(thing.iri, pairs)]
    node = [jsonld.line(thing)]
    kinds = [kind for class_iri in thing.classes for kind in _kinds().get(class_iri, ())]
    for kind in kinds:
        found[f"{CLASSES}/{kind}.jsonld"] = node
        found[f"{TABLES}/{kind}.csv"] = [tables.row(tables.tables()[kind], thing)]
    if not kinds:
        found[f"{CLASSES}/{OTHER}.jsonld"] = node
    found[f"{TABLES}/{tables.EDGES}.csv"] = tables.edges(thing)
    found[f"{TABLES}/{tables.LITERALS}.csv"] = tables.literals(thing)
    return found


@cache
def _kinds() -> Mapping[bytes, list[str]]:
    found: dict[bytes, list[str]] = {}
    for kind in Kind:
        found.setdefault(kind.class_iri.encode(), []).append(kind.slug)
    return found


def write(directory: Path, quads: Path, counting: Counting, finish: Finish) -> dict[str, int]:
    """Write all files, given the sorted dump. File → its things or rows."""
    rows: dict[str, int] = {}
    with _Files(directory) as opened, quads.open("rb") as dump:
        for thing in things(dump):
            counting.add(thing)
            for name, lines in lines_of(thing).items():
                if lines:
                    if name not in rows:
                        opened.file(name).write(_header(name))
                    opened.file(name).writelines(lines)
                    rows[name] = rows.get(name, 0) + len(lines)
        for name in rows:
            opened.file(name).write(_footer(name))
    for name in rows:
        finish(directory / name)
    return rows


class _Files:
    """Many files being written, of which those used last are open."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._open: OrderedDict[str, BinaryIO] = OrderedDict()

    def file(self, name: str) -> BinaryIO:
        """The file of this name, to write at its end."""
        if name not in self._open:
            if len(self._open) >= _MOST_OPEN:
                self._open.popitem(last=False)[1].close()
            path = self._directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            self._open[name] = path.open("ab")
        self._open.move_to_end(name)
        return self._open[name]

    def __enter__(self) -> "_Files":
        return self

    def __exit__(self, *_: object) -> None:
        with ExitStack() as stack:
            for file in self._open.values():
                stack.enter_context(file)


def update(
    directory: Path,
    before: Mapping[str, Path],
    quads: tuple[Path, Path],
    difference: Difference,
    counting: Counting,
    finish: Finish,
) -> dict[str, int]:
    """Write the files that a difference changes, given the older ones. File → how many rows it has more or less.

    before: file → where the older one is; quads: the older and the new sorted dump.
    """
    spool = difference.directory / "rows"
    more: dict[str, int] = {}
    with _Files(spool) as opened, sorted_lines(quads[0]) as old, sorted_lines(quads[1]) as new:
        for changed in things(heapq.merge(difference.lines(ADDED), difference.lines(REMOVED))):
            was, is_ = thing_at(old, changed.iri), thing_at(new, changed.iri)
            counting.add(was, -1)
            counting.add(is_)
            gone, here = lines_of(was), lines_of(is_)
            for name in gone.keys() | here.keys():
                lines = here.get(name, [])
                if gone.get(name, []) != lines:
                    opened.file(name).write(_spooled(changed.iri, lines))
                    more[name] = more.get(name, 0) + len(lines) - len(gone.get(name, ()))
    # What is made of the largest takes longest, and is done beside the others.
    for name in sorted(more, key=lambda name: before[name].stat().st_size if name in before else 0, reverse=True):
        if _rewrite(directory / name, before.get(name), name, spool / name):
            finish(directory / name)
    return more


def _spooled(subject: bytes, lines: Iterable[bytes]) -> bytes:
    text = b"".join(lines)
    return b"%d %d\n" % (len(subject), len(text)) + subject + text


def _spooled_in(file: BinaryIO) -> Iterator[tuple[bytes, bytes]]:
    while sizes := file.readline().split():
        yield file.read(int(sizes[0])), file.read(int(sizes[1]))


def _rewrite(path: Path, old: Path | None, name: str, spool: Path) -> bool:
    """Write a file that a difference changes; whether anything stands in it."""
    frame, header, footer = _frame(name), _header(name), _footer(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        spool.open("rb") as changes,
        sorted_lines(old, len(header), len(footer), frame) as lines,
        path.open("wb") as file,
    ):
        file.write(header)
        patch(lines, ((in_order(subject), _becomes(text)) for subject, text in _spooled_in(changes)), file)
        is_empty = file.tell() == len(header)
        file.write(footer)
    if is_empty:
        path.unlink()
    return not is_empty


def _becomes(text: bytes) -> Rewrite:
    return lambda _: (text,)


def adopt(directory: Path, before: Mapping[str, Path], changed: Iterable[str]) -> None:
    """Make the older files that have not changed, and what was made of them, files of this release too."""
    stems = {name.partition(".")[0] for name in changed}
    for name, path in before.items():
        if name.partition(".")[0] not in stems and not (directory / name).exists():
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            os.link(path, directory / name)


def _frame(name: str) -> Frame:
    module = {"ttl": turtle, "jsonld": jsonld, "csv": tables}[name.rpartition(".")[2]]
    return Frame(module.BEFORE, module.AFTER)


def _header(name: str) -> bytes:
    stem = name.rpartition("/")[2].partition(".")[0]
    if name.endswith(".ttl"):
        return turtle.HEADER
    if name.endswith(".csv"):
        return tables.tables()[stem].header
    kind = Kind.of_slug(stem)
    return jsonld.header(ONTOLOGY_IRI if kind is None else kind.class_iri)


def _footer(name: str) -> bytes:
    return jsonld.FOOTER if name.endswith(".jsonld") else b""
