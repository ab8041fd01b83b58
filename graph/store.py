"""The triple store of a release. The only module that opens stores."""

import filecmp
import heapq
import io
import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pyoxigraph import RdfFormat, Store, parse, serialize

from graph.errors import DamagedRelease, InconsistentRelease
from graph.ntriples import merged

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

_READ: Final = 1 << 20
_PIECE: Final = 64 << 20
"""Bytes loaded at once: as fast as all at once, in a third of the memory (bench/results)."""


@dataclass(frozen=True)
class Changes:
    """Files of statements that leave a store and that enter it, each with its format; removals come first."""

    removed: Sequence[tuple[Path, RdfFormat]]
    added: Sequence[tuple[Path, RdfFormat]]


def create(directory: Path, quads: Path, default_graph: Path) -> None:
    """Make a store that nobody will write to any more.

    It holds the named graphs of `quads` (N-Quads) and, in its default graph, the triples of `default_graph`
    (N-Triples). The default graph is stored and not computed, because the engine's own union of graphs gives a
    triple that stands in two graphs twice.

    What is left in `directory` is a checkpoint: opening it read-only changes none of its bytes, so that a manifest
    can hold their hashes.
    """
    workshop = directory.with_name(directory.name + ".workshop")
    store = Store(str(workshop))
    _load(store, quads, RdfFormat.N_QUADS)
    _load(store, default_graph, RdfFormat.N_TRIPLES)
    store.optimize()
    store.flush()
    store.backup(str(directory))
    # The engine closes its files when the last reference goes; only then may the folder go.
    del store
    shutil.rmtree(workshop)


def update(directory: Path, previous: Path, changes: Changes) -> None:
    """Make a store of the one of another release, which stays as it is, and of changes. As `create` otherwise.

    What both have is kept once: the files of a store never change, and those that stay are shared by hard links.
    Raises InconsistentRelease if something that is to be removed is not there, or if a literal is not written as the
    engine writes it: then store and dump would not say the same.
    """
    workshop = directory.with_name(directory.name + ".workshop")
    open_read_only(previous).backup(str(workshop))
    store = Store(str(workshop))
    for path, format_ in changes.removed:
        for quad in parse(path=str(path), format=format_):
            if quad not in store:
                raise InconsistentRelease(f"{quad} is to be removed and not in the store; build with --full.")
            store.remove(quad)
    for path, format_ in changes.added:
        _check_literals(path, format_)
        _load(store, path, format_)
    store.flush()
    store.backup(str(directory))
    del store
    shutil.rmtree(workshop)


def _load(store: Store, path: Path, format_: RdfFormat) -> None:
    """Load a file of lines, some at a time: the engine's loader holds in memory what it is given at once."""
    with path.open("rb") as file:
        while lines := file.read(_PIECE):
            store.bulk_load(lines + file.readline(), format=format_)


def _check_literals(path: Path, format_: RdfFormat) -> None:
    written = path.with_suffix(".written")
    serialize(parse(path=str(path), format=format_), str(written), format_)
    if not filecmp.cmp(path, written, shallow=False):
        raise InconsistentRelease(
            "Some literal is not written as the engine writes it: please report this with your source."
        )


def open_read_only(directory: Path) -> Store:
    """Open the store of a release, in as many processes as one likes. Raises DamagedRelease if it can't be read."""
    try:
        return Store.read_only(str(directory))
    except (OSError, RuntimeError, ValueError) as error:
        raise DamagedRelease(
            f"The store in {directory} can't be opened ({error}). Run `verkosto verify` on the release, "
            "then `verkosto rollback` to an older one or `verkosto build`."
        ) from error


def in_memory(default: Sequence[Path] = (), named: Sequence[Path] = ()) -> Store:
    """A store in memory with the statements of some files of named graphs (sorted N-Quads, one graph a file).

    Of those in `default`, its default graph has each triple once; those in `named` stay named graphs.
    """
    store = Store()
    if default:
        store.bulk_load(input=io.BufferedReader(_Triples(default), _READ), format=RdfFormat.N_TRIPLES)
    for path in named:
        store.bulk_load(path=str(path), format=RdfFormat.N_QUADS)
    return store


class _Triples(io.RawIOBase):
    """Sorted files of N-Quads, read as the sorted N-Triples of their merge."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._files = ExitStack()
        lines = heapq.merge(*(self._files.enter_context(path.open("rb")) for path in paths))
        self._merged = merged(lines)
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "Buffer") -> int:
        """Fill a buffer as far as there is something; with nothing at the end."""
        if not self._rest:
            self._rest = b"".join(islice(self._merged, 1000))
        into = memoryview(buffer)
        found, self._rest = self._rest[: len(into)], self._rest[len(into) :]
        into[: len(found)] = found
        if not found:
            self._files.close()
        return len(found)
