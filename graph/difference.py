"""How new graphs differ from those of a release, statement by statement; and a sorted dump patched by that. On disk."""

import heapq
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from graph.ntriples import iri
from graph.release import Release, Statements, graph_file

ADDED: Final = "added"
REMOVED: Final = "removed"


@dataclass(frozen=True)
class Difference:
    """What new graphs have and old ones have not, and the other way round: sorted N-Quads, one file a graph."""

    directory: Path
    counts: Mapping[str, tuple[int, int]]
    """Graph IRI → how many statements were added and removed; of both the new and the old graphs."""

    @property
    def size(self) -> int:
        """How many statements were added or removed in all."""
        return sum(map(sum, self.counts.values()))

    def lines(self, kind: str) -> Iterator[bytes]:
        """All lines that were `ADDED` or `REMOVED`, sorted by bytes."""
        with ExitStack() as stack:
            files = [stack.enter_context(path.open("rb")) for path in sorted((self.directory / kind).iterdir())]
            yield from heapq.merge(*files)


def write_graphs(
    directory: Path, graphs: Mapping[str, Iterable[str]], previous: Release | None, workshop: Path
) -> Difference:
    """Write one file a graph, its N-Quads sorted by bytes, and beside it how it differs from the previous release's.

    `graphs`: graph IRI → its statements (`graph.ntriples`), sorted, each once. A graph that is taken from the previous
    release as it is becomes another name of the same file.
    """
    directory.mkdir()
    for kind in (ADDED, REMOVED):
        (workshop / kind).mkdir(parents=True)
    old_graphs = {} if previous is None else {graph: previous.graph(graph) for graph in previous.manifest.counts.graphs}
    counts = {}
    for graph_iri, statements in graphs.items():
        name, old = graph_file(graph_iri), old_graphs.pop(graph_iri, None)
        if isinstance(statements, Statements) and statements.path == old:
            os.link(old, directory / name)
            counts[graph_iri] = (0, 0)
            continue
        end = f" {iri(graph_iri)} .\n"
        lines = ((statement + end).encode() for statement in statements)
        counts[graph_iri] = _write_compared(directory / name, lines, old, workshop, name)
    for graph_iri, old in old_graphs.items():
        counts[graph_iri] = _write_compared(None, (), old, workshop, graph_file(graph_iri))
    return Difference(workshop, counts)


def _write_compared(
    path: Path | None, lines: Iterable[bytes], old: Path | None, workshop: Path, name: str
) -> tuple[int, int]:
    """Write lines, if there is somewhere to; how many of them are new, and how many old ones are gone."""
    with ExitStack() as stack:
        file = None if path is None else stack.enter_context(path.open("wb"))
        added = stack.enter_context((workshop / ADDED / name).open("wb"))
        removed = stack.enter_context((workshop / REMOVED / name).open("wb"))
        before = iter(()) if old is None else iter(stack.enter_context(old.open("rb")))
        counts = [0, 0]
        waiting = next(before, None)
        for line in lines:
            if file is not None:
                file.write(line)
            while waiting is not None and waiting < line:
                counts[1] += removed.write(waiting) and 1
                waiting = next(before, None)
            if waiting == line:
                waiting = next(before, None)
            else:
                counts[0] += added.write(line) and 1
        while waiting is not None:
            counts[1] += removed.write(waiting) and 1
            waiting = next(before, None)
        return counts[0], counts[1]


@dataclass(frozen=True)
class DefaultChanges:
    """What enters and leaves the merge of all graphs: sorted N-Triples, and how many of each."""

    added: Path
    removed: Path
    count_added: int
    count_removed: int


def patch_dump(old: Path, difference: Difference, new: Path, workshop: Path) -> DefaultChanges:
    """Write the dump that a difference makes of an older one, and what that changes in the merge of its graphs.

    A triple enters the merge with the first graph that has it and leaves with the last. The lines of one triple are
    neighbours, as each is the triple, a space and the graph; so one pass over the old dump tells.
    """
    added, removed = workshop / "default-added.nt", workshop / "default-removed.nt"
    with old.open("rb") as before, new.open("wb") as after, added.open("wb") as enter, removed.open("wb") as leave:
        patch = _Patch(after, enter, leave)
        for line in _marked(before, difference):
            patch.take(*line)
        patch.close()
    return DefaultChanges(added, removed, patch.entered, patch.left)


def _marked(old: Iterable[bytes], difference: Difference) -> Iterator[tuple[bytes, bool, bool]]:
    """The lines of an old dump and those that are added, in order: line, whether it was there, whether it is."""
    gone, new = difference.lines(REMOVED), difference.lines(ADDED)
    next_gone, next_new = next(gone, b""), next(new, b"")
    for line in old:
        while next_new and next_new < line:
            yield next_new, False, True
            next_new = next(new, b"")
        if line == next_gone:
            yield line, True, False
            next_gone = next(gone, b"")
        else:
            yield line, True, True
    while next_new:
        yield next_new, False, True
        next_new = next(new, b"")


class _Patch:
    """Writes the new dump line by line, and notices which triples are in no graph any more, or in one at last."""

    def __init__(self, dump: BinaryIO, enter: BinaryIO, leave: BinaryIO) -> None:
        self._dump = dump
        self._enter = enter
        self._leave = leave
        self._triple = b""
        """The triple whose graphs changed last, with the space behind it; empty if none did."""
        self._was = self._is = False
        self._last = b""
        self.entered = self.left = 0

    def take(self, line: bytes, was: bool, is_: bool) -> None:
        """The next line of either dump."""
        if self._triple and not line.startswith(self._triple):
            self._settle()
        if was is not is_ and not self._triple:
            self._triple = line[: line.rindex(b" <") + 1]
            # Of the lines before, none is of this triple but unchanged ones.
            self._was = self._is = self._last.startswith(self._triple)
        if self._triple:
            self._was |= was
            self._is |= is_
        if is_:
            self._dump.write(line)
        self._last = line if was and is_ else b""

    def close(self) -> None:
        """After the last line."""
        if self._triple:
            self._settle()

    def _settle(self) -> None:
        if self._is and not self._was:
            self._enter.write(self._triple + b".\n")
            self.entered += 1
        elif self._was and not self._is:
            self._leave.write(self._triple + b".\n")
            self.left += 1
        self._triple = b""
