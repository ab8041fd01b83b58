"""How new graphs differ from those of a release, statement by statement; and a sorted dump patched by that. On disk."""

import heapq
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import groupby, islice
from pathlib import Path
from typing import BinaryIO, Final

from graph.ntriples import iri
from graph.patching import Rewrite, patch, sorted_lines
from graph.release import Release, Statements, graph_file

_LINES: Final = 100
"""How many lines are compared at once; in so many there is a change now and then."""
ADDED: Final = "added"
REMOVED: Final = "removed"


@dataclass(frozen=True)
class Difference:
    """What new graphs have and old ones have not, and the other way round: sorted N-Quads, one file a graph."""

    directory: Path
    counts: Mapping[str, tuple[int, int]]
    """Graph IRI → how many statements were added and removed; of both the new and the old graphs."""
    sizes: Mapping[str, int]
    """Graph IRI → its statements; of the new graphs that have any."""

    @property
    def size(self) -> int:
        """How many statements were added or removed in all."""
        return sum(map(sum, self.counts.values()))

    def lines(self, kind: str) -> Iterator[bytes]:
        """All lines that were `ADDED` or `REMOVED`, sorted by bytes."""
        with ExitStack() as stack:
            files = [stack.enter_context(path.open("rb")) for path in sorted((self.directory / kind).iterdir())]
            yield from heapq.merge(*files)

    def write(self, directory: Path) -> dict[str, Path]:
        """Write all lines that were `ADDED`, and all that were `REMOVED`, to a file each. Kind → file."""
        paths = {kind: directory / f"{kind}.nq" for kind in (ADDED, REMOVED)}
        for kind, path in paths.items():
            with path.open("wb") as file:
                file.writelines(self.lines(kind))
        return paths


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
    known = {} if previous is None else previous.manifest.counts.graphs
    old_graphs = {graph: previous.graph(graph) for graph in known} if previous is not None else {}
    counts, sizes = {}, {}
    for graph_iri, statements in graphs.items():
        name, old = graph_file(graph_iri), old_graphs.pop(graph_iri, None)
        if isinstance(statements, Statements) and statements.path == old:
            os.link(old, directory / name)
            counts[graph_iri] = (0, 0)
            sizes[graph_iri] = known[graph_iri]
            continue
        chunks = _chunks(statements, f" {iri(graph_iri)} .\n")
        added, removed = counts[graph_iri] = _write_compared(directory / name, chunks, old, workshop, name)
        sizes[graph_iri] = known.get(graph_iri, 0) + added - removed
    for graph_iri, old in old_graphs.items():
        counts[graph_iri] = _write_compared(None, (), old, workshop, graph_file(graph_iri))
    return Difference(workshop, counts, {graph: size for graph, size in sorted(sizes.items()) if size})


def compare(before: Release, after: Release, workshop: Path) -> Difference:
    """How the graphs of two releases on disk differ. Files that are one under two names are not read."""
    for kind in (ADDED, REMOVED):
        (workshop / kind).mkdir(parents=True)
    old, new = ({graph_file(graph): graph for graph in found.manifest.counts.graphs} for found in (before, after))
    counts: dict[str, tuple[int, int]] = {}
    for name in sorted(old.keys() | new.keys()):
        paths = [
            found.graph(graphs[name]) if name in graphs else None for found, graphs in ((before, old), (after, new))
        ]
        added, removed = _compared(paths[0], paths[1], workshop, name)
        # Of another base, graphs have other IRIs and may have the same file names.
        for graph, count in ((new.get(name), (added, 0)), (old.get(name), (0, removed))):
            if graph is not None:
                known = counts.get(graph, (0, 0))
                counts[graph] = known[0] + count[0], known[1] + count[1]
    return Difference(workshop, counts, after.manifest.counts.graphs)


def _compared(old: Path | None, new: Path | None, workshop: Path, name: str) -> tuple[int, int]:
    if old is not None and new is not None and old.samefile(new):
        return 0, 0
    with ExitStack() as stack:
        lines: Iterable[bytes] = () if new is None else stack.enter_context(new.open("rb"))
        waiting = iter(lines)
        chunks = (b"".join(some) for some in iter(lambda: list(islice(waiting, _LINES)), []))
        return _write_compared(None, chunks, old, workshop, name)


def _chunks(statements: Iterable[str], end: str) -> Iterator[bytes]:
    """Some lines at a time: statements, each with the same end."""
    waiting = iter(statements)
    while some := list(islice(waiting, _LINES)):
        yield (end.join(some) + end).encode()


def _write_compared(
    path: Path | None, chunks: Iterable[bytes], old: Path | None, workshop: Path, name: str
) -> tuple[int, int]:
    """Write lines, if there is somewhere to; how many of them are new, and how many old ones are gone."""
    with ExitStack() as stack:
        file = None if path is None else stack.enter_context(path.open("wb"))
        added = stack.enter_context((workshop / ADDED / name).open("wb"))
        removed = stack.enter_context((workshop / REMOVED / name).open("wb"))
        before = stack.enter_context(sorted_lines(old))
        counts = [0, 0]
        for chunk in chunks:
            if file is not None:
                file.write(chunk)
            # Most of what is written was there before, at the very place.
            if before.skip(chunk):
                continue
            for line in chunk.splitlines(keepends=True):
                gone = before.until(line)
                removed.writelines(gone)
                counts[1] += len(gone)
                if not before.skip(line):
                    counts[0] += added.write(line) and 1
        rest = before.until(None)
        removed.writelines(rest)
        counts[1] += len(rest)
        return counts[0], counts[1]


@dataclass(frozen=True)
class DefaultChanges:
    """What enters and leaves the merge of all graphs: sorted N-Triples."""

    added: Path
    removed: Path


def patch_dump(old: Path, difference: Difference, new: Path, workshop: Path) -> DefaultChanges:
    """Write the dump that a difference makes of an older one, and what that changes in the merge of its graphs.

    A triple enters the merge with the first graph that has it and leaves with the last. The lines of one triple are
    neighbours, as each is the triple, a space and the graph; so one pass over the old dump tells.
    """
    added, removed = workshop / "default-added.nt", workshop / "default-removed.nt"
    with new.open("wb") as file, added.open("wb") as entering, removed.open("wb") as leaving:
        merge = _Merge(entering, leaving)
        changes = ((triple, merge.rewrite(triple, list(lines))) for triple, lines in _by_triple(difference))
        with sorted_lines(old) as lines:
            patch(lines, changes, file)
    return DefaultChanges(added, removed)


def _by_triple(difference: Difference) -> Iterator[tuple[bytes, Iterator[tuple[bytes, bool]]]]:
    """The lines that change, with whether they are added; by triples, each with the space behind it."""
    gone = ((line, False) for line in difference.lines(REMOVED))
    new = ((line, True) for line in difference.lines(ADDED))
    return groupby(heapq.merge(gone, new), key=lambda change: change[0][: change[0].rindex(b" <") + 1])


class _Merge:
    """Notices which triples are in no graph any more, or in one at last."""

    def __init__(self, entering: BinaryIO, leaving: BinaryIO) -> None:
        self._entering = entering
        self._leaving = leaving

    def rewrite(self, triple: bytes, changes: list[tuple[bytes, bool]]) -> Rewrite:
        """What becomes of the lines of a triple."""

        def rewritten(old: list[bytes]) -> list[bytes]:
            gone = {line for line, is_added in changes if not is_added}
            new = sorted({*old, *(line for line, is_added in changes if is_added)} - gone)
            if new and not old:
                self._entering.write(triple + b".\n")
            elif old and not new:
                self._leaving.write(triple + b".\n")
            return new

        return rewritten
