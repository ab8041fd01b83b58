"""How two releases on disk differ, thing by thing. The only module that keeps what it found, in ``data/cache``.

Releases never change, so a pair is compared once. What is kept can be deleted at any time.

::

    data/cache/<before>..<after>/added.nq, removed.nq    sorted N-Quads
    data/cache/<before>..<after>/patch.rdfp              both, as RDF Patch
    data/cache/<before>..<after>/things.jsonl            a line a thing, in the order of their IRIs
    data/cache/<before>..<after>/summary.json            counts, and where pages of things begin
    data/cache/<before>..<after>/refused.json            only how many statements differ: too many to be compared then
    data/cache/lock                                      held by the process that compares
"""

import fcntl
import heapq
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby, islice
from pathlib import Path
from tempfile import mkdtemp
from typing import BinaryIO, Final

import msgspec
from pyoxigraph import Literal, NamedNode, Store

from graph import manifest as manifests
from graph.code import fingerprint
from graph.compression import COPIES
from graph.difference import ADDED, REMOVED, Difference, compare
from graph.errors import DamagedRelease, LargeDifference, NoRelease
from graph.knowledge import Label
from graph.patching import in_order, line_of, sorted_lines
from graph.release import Release
from graph.releases import Releases
from graph.retention import in_use, tags
from graph.store import open_read_only
from graph.things import Thing, thing_at, things
from ontology.terms import PROV, VK

CHANGED: Final = "changed"
DELETED: Final = "deleted"
CURRENT: Final = "current"
"""What the release that is served can be called by."""
PATCH: Final = "patch.rdfp"
PAGE: Final = 100
"""Things on a page."""
MOST_BYTES: Final = 1 << 30
"""When more than this is kept, what has not been asked for longest goes."""
_THINGS: Final = "things.jsonl"
_SUMMARY: Final = "summary.json"
_REFUSED: Final = "refused.json"
_LOCK: Final = "lock"
_MAKING: Final = "making-"


class GraphChange(msgspec.Struct, frozen=True):
    """What has changed of a thing in one named graph."""

    graph: str
    added: int
    removed: int
    properties: list[str]
    """IRIs of the properties whose values have changed, sorted."""
    since: str | None
    """The day since which the thing's records in this graph have been as they are: the latest one, in ISO form."""


class ThingChange(msgspec.Struct, frozen=True):
    """What has changed of a thing: its IRI, and whether it was added, changed or deleted."""

    iri: str
    change: str
    classes: list[str]
    """Its classes now; of a deleted thing, those that it had."""
    label: Label
    """Its names now; of a deleted thing, those that it had."""
    graphs: list[GraphChange]
    added: tuple[int, int]
    """From which byte to which one its statements stand in ``added.nq``."""
    removed: tuple[int, int]


class Tally(msgspec.Struct):
    """How many things were added, changed, and deleted."""

    added: int = 0
    changed: int = 0
    deleted: int = 0

    def count(self, change: str) -> None:
        """Count one more."""
        setattr(self, change, getattr(self, change) + 1)

    @property
    def total(self) -> int:
        """All of them."""
        return self.added + self.changed + self.deleted


class Summary(msgspec.Struct, frozen=True):
    """What has changed from one release to another, counted."""

    before: str
    after: str
    code: str
    """A hash of the code that compared."""
    graphs: dict[str, tuple[int, int]]
    """Named graph → statements added, statements removed."""
    things: Tally
    classes: dict[str, Tally]
    pages: list[int]
    """At which byte of the list of things each page begins."""


@dataclass(frozen=True)
class Comparison:
    """Two releases, compared."""

    directory: Path
    summary: Summary

    @cached_property
    def statements(self) -> tuple[int, int]:
        """How many statements were added and removed."""
        counts = self.summary.graphs.values()
        return sum(added for added, _ in counts), sum(removed for _, removed in counts)

    def things(self) -> Iterator[ThingChange]:
        """All things that have changed, in the order of their IRIs."""
        with (self.directory / _THINGS).open("rb") as file:
            yield from map(_decoded, file)

    def page(self, number: int) -> list[ThingChange]:
        """The things on a page; pages are numbered from 1."""
        if not 0 < number <= len(self.summary.pages):
            return []
        with (self.directory / _THINGS).open("rb") as file:
            file.seek(self.summary.pages[number - 1])
            return [_decoded(line) for line in islice(file, PAGE)]

    def thing(self, iri: str) -> ThingChange | None:
        """What has changed of a thing; None if nothing has."""
        found = line_of(self.directory / _THINGS, iri)
        return None if found is None else _decoded(found)

    def lines(self, thing: ThingChange, most: int) -> tuple[list[bytes], list[bytes]]:
        """The N-Quads of a thing that were added, and those that were removed: at most so many of each."""
        return self._lines(ADDED, thing.added, most), self._lines(REMOVED, thing.removed, most)

    def _lines(self, kind: str, span: tuple[int, int], most: int) -> list[bytes]:
        found: list[bytes] = []
        with (self.directory / f"{kind}.nq").open("rb") as file:
            file.seek(span[0])
            while len(found) < most and file.tell() < span[1]:
                found.append(file.readline())
        return found


_decoded: Final = msgspec.json.Decoder(ThingChange).decode


@dataclass(frozen=True)
class Comparisons:
    """The releases of a data directory, compared as they are asked for, by any number of threads and processes."""

    releases: Releases

    def release(self, name: str) -> Release:
        """A release by its id or a tag; the one that is served by ``current``.

        Raises NoRelease if there is none, or it can't be compared.
        """
        named = tags(self.releases).get(name, name)
        found = self.releases.current() if name == CURRENT else self.releases.get(named)
        try:
            if found.manifest.format == manifests.FORMAT:
                return found
        except DamagedRelease as error:
            raise NoRelease(str(error)) from error
        raise NoRelease(f"Release {found.id} is laid out as another version of Verkosto did, and can't be compared.")

    def kept(self, before: Release, after: Release, most: int | None = None) -> Comparison | None:
        """Two releases compared, if they have been. Raises LargeDifference if more than `most` are known to differ."""
        directory = self._home(before, after)
        try:
            if most is not None and (directory / _REFUSED).exists():
                _refuse(before, after, msgspec.json.decode((directory / _REFUSED).read_bytes(), type=int), most)
            summary = msgspec.json.decode((directory / _SUMMARY).read_bytes(), type=Summary)
            if summary.code != fingerprint():
                return None
            # The day of the last use decides which ones go.
            os.utime(directory)
            return Comparison(directory, summary)
        except (OSError, msgspec.DecodeError):
            return None

    def between(self, before: Release, after: Release, most: int | None = None) -> Comparison:
        """Two releases, compared now if they have not been; one pair at a time, whoever asks.

        Raises LargeDifference if more than `most` statements differ, and NoRelease if a release has just been deleted.
        """
        with _alone(self._cache):
            return self.kept(before, after, most) or self._compare(before, after, most)

    def _compare(self, before: Release, after: Release, most: int | None) -> Comparison:
        making = Path(mkdtemp(prefix=_MAKING, dir=self._cache))
        home = self._home(before, after)
        try:
            with in_use(before), in_use(after):
                difference = compare(before, after, making / "graphs")
                if most is not None and difference.size > most:
                    home.mkdir(exist_ok=True)
                    (home / _REFUSED).write_bytes(msgspec.json.encode(difference.size))
                    _refuse(before, after, difference.size, most)
                summary = _write(before, after, difference, making)
            _remove(home)
            making.rename(home)
        finally:
            shutil.rmtree(making, ignore_errors=True)
        _bound(self._cache, home)
        return Comparison(home, summary)

    @property
    def _cache(self) -> Path:
        return self.releases.data / "cache"

    def _home(self, before: Release, after: Release) -> Path:
        return self._cache / f"{before.id}..{after.id}"


@contextmanager
def _alone(cache: Path) -> Iterator[None]:
    """Be the only one who compares, having waited for others. The kernel lets go when the process ends."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / _LOCK).open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        # Nobody else is making anything: what is half made is from a process that was killed.
        for left_behind in cache.glob(f"{_MAKING}*"):
            shutil.rmtree(left_behind, ignore_errors=True)
        yield


def _refuse(before: Release, after: Release, size: int, most: int) -> None:
    """Raise LargeDifference if so many statements are more than `most`."""
    if size > most:
        raise LargeDifference(
            f"{before.id} and {after.id} differ in {size} statements, more than the {most} that are "
            f"compared here. Take the dump of {after.id}; who runs the server can have it ready with "
            f"`verkosto diff {before.id} {after.id}`."
        )


def _bound(cache: Path, newest: Path) -> None:
    """Delete what was used longest ago, until what is left is within bounds."""
    # Whatever else somebody has put there stays.
    compared = (path for path in cache.glob("*..*") if path != newest and path.is_dir())
    used = sorted(compared, key=lambda path: path.stat().st_mtime)
    sizes = {path: sum(file.stat().st_size for file in path.iterdir()) for path in (*used, newest)}
    total = sum(sizes.values())
    for path in used:
        if total <= MOST_BYTES:
            break
        _remove(path)
        total -= sizes[path]


def _remove(directory: Path) -> None:
    # Without its summary nobody takes it for whole.
    (directory / _SUMMARY).unlink(missing_ok=True)
    shutil.rmtree(directory, ignore_errors=True)


def _write(before: Release, after: Release, difference: Difference, directory: Path) -> Summary:
    files = difference.write(directory)
    shutil.rmtree(difference.directory)
    with (directory / PATCH).open("wb") as file:
        file.writelines(_patch(before, after, files[REMOVED], files[ADDED]))
    for path in (*files.values(), directory / PATCH):
        for copy in COPIES:
            copy(path)
    things, classes, pages = Tally(), dict[str, Tally](), list[int]()
    with (directory / _THINGS).open("wb") as file:
        for number, thing in enumerate(_things(before, after, files[ADDED], files[REMOVED])):
            if number % PAGE == 0:
                pages.append(file.tell())
            file.write(msgspec.json.encode(thing) + b"\n")
            for tally in (things, *(classes.setdefault(iri, Tally()) for iri in thing.classes)):
                tally.count(thing.change)
    graphs = {graph: counts for graph, counts in difference.counts.items() if any(counts)}
    summary = Summary(before.id, after.id, fingerprint(), graphs, things, classes, pages)
    (directory / _SUMMARY).write_bytes(msgspec.json.encode(summary))
    return summary


def _patch(before: Release, after: Release, removed: Path, added: Path) -> Iterator[bytes]:
    """The difference in `RDF Patch <https://afs.github.io/rdf-patch/>`_; each release is a patch to the one before."""
    for word, release in (("id", after), ("prev", before)):
        yield f"H {word} <{release.manifest.iri}> .\n".encode()
    yield b"TX .\n"
    for mark, path in ((b"D ", removed), (b"A ", added)):
        with path.open("rb") as file:
            for line in file:
                yield mark + line
    yield b"TC .\n"


def _things(before: Release, after: Release, added: Path, removed: Path) -> Iterator[ThingChange]:
    """The things whose statements were added or removed, in the order of their IRIs."""
    store = open_read_only(after.store)
    with ExitStack() as stack:
        old, new = (stack.enter_context(sorted_lines(release.dumps / manifests.DUMP)) for release in (before, after))
        files = (stack.enter_context(path.open("rb")) for path in (added, removed))
        parts = heapq.merge(*map(_spans, files, (ADDED, REMOVED)), key=lambda part: in_order(part[0].iri))
        for iri, of_thing in groupby(parts, key=lambda part: part[0].iri):
            spans, said = {ADDED: (0, 0), REMOVED: (0, 0)}, {ADDED: Thing(iri, []), REMOVED: Thing(iri, [])}
            for part, kind, span in of_thing:
                said[kind], spans[kind] = part, span
            was, thing = (thing_at(dump, iri) for dump in (old, new))
            change = ADDED if not was.lines else CHANGED if thing.lines else DELETED
            shown = thing if thing.lines else was
            yield ThingChange(
                iri=shown.iri.decode(),
                change=change,
                classes=[iri.decode() for iri in shown.classes],
                label=shown.label,
                graphs=_graphs(said[ADDED], said[REMOVED], _since(store, thing)),
                added=spans[ADDED],
                removed=spans[REMOVED],
            )


def _spans(file: BinaryIO, kind: str) -> Iterator[tuple[Thing, str, tuple[int, int]]]:
    """The lines of each thing, and where they stand."""
    start = 0
    for thing in things(file):
        end = start + sum(map(len, thing.lines))
        yield thing, kind, (start, end)
        start = end


def _graphs(added: Thing, removed: Thing, since: dict[str, str]) -> list[GraphChange]:
    found: dict[bytes, tuple[list[int], set[bytes]]] = {}
    for place, part in enumerate((added, removed)):
        for predicate, _, graphs in part.triples:
            for graph in graphs:
                counts, properties = found.setdefault(graph, ([0, 0], set()))
                counts[place] += 1
                properties.add(predicate[1:-1])
    return [
        GraphChange(
            graph=graph.decode(),
            added=counts[0],
            removed=counts[1],
            properties=sorted(iri.decode() for iri in properties),
            since=since.get(graph.decode()),
        )
        for graph, (counts, properties) in sorted(found.items())
    ]


def _since(store: Store, thing: Thing) -> dict[str, str]:
    """Graph → the latest day since which a record of the thing has been so in that graph."""
    records: Iterable[bytes] = (thing.iri, *thing.targets(PROV.wasDerivedFrom)) if thing.lines else ()
    found: dict[str, str] = {}
    for record in records:
        for quad in store.quads_for_pattern(NamedNode(record.decode()), NamedNode(VK.since), None, None):
            if isinstance(quad.graph_name, NamedNode) and isinstance(quad.object, Literal):
                graph = quad.graph_name.value
                found[graph] = max(found.get(graph, ""), quad.object.value)
    return found
