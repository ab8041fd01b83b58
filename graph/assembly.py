"""How a release is put together in the workshop, from what the sources said to a directory ready to publish."""

import heapq
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec
from pyoxigraph import RdfFormat

from graph import manifest as manifests
from graph import store as stores
from graph import summary, turtle
from graph.difference import ADDED, REMOVED, DefaultChanges, Difference, patch_dump, write_graphs
from graph.errors import InconsistentRelease
from graph.manifest import Counts, Manifest, SourceEntry
from graph.progress import Progress, unseen
from graph.rawstore import RawStore
from graph.release import Release
from graph.releases import Releases
from graph.validation import findings

TURTLE = "verkosto.ttl"
_STEP, _STEPS = "release", 6
LARGE: Final = 0.3
"""From this share of the statements on, applying a difference takes longer than building anew (bench/release.py)."""
REPORT = "report.json"
"""What became of the records of each source."""


@dataclass(frozen=True)
class RawSource:
    """The raw files of a source, and where its records stand in them."""

    source: str
    files: Mapping[str, Callable[[], BinaryIO]]
    """SHA-256 → a way to open the file."""
    places: Iterable[str]


@dataclass(frozen=True)
class Content:
    """What goes into a release: the statements (`graph.ntriples`) of each named graph, and where they are from."""

    base: str
    graphs: Mapping[str, Iterable[str]]
    """Graph IRI → its statements, sorted by bytes, each once."""
    sources: Sequence[SourceEntry]
    raws: Sequence[RawSource] = ()
    reports: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    """Graph IRI → what became of the records of its source, as JSON values."""
    shapes: Mapping[str, bytes] = field(default_factory=dict)
    """Shapes that only report: what they are called → Turtle."""


def build(
    releases: Releases, content: Content, progress: Progress = unseen, is_full: bool = False
) -> tuple[Release, bool]:
    """Build a release and publish it. Needs the lock of `releases`.

    It is made of the previous one and the difference, or from scratch if there is none, if the difference is large, or
    if `is_full`; dump, merged graph and reports are the same either way.
    Returns the current release and whether it is new: content that is already current makes no new release.
    """
    workshop = releases.clear_workshop()
    staged = workshop / "release"
    dumps = staged / "dumps"
    dumps.mkdir(parents=True)
    previous = _sound(releases.previous())
    progress(_STEP, 0, _STEPS)
    difference = write_graphs(staged / "graphs", content.graphs, previous, workshop)
    progress(_STEP, 1, _STEPS)
    merged = _Merged(staged / "graphs", dumps / manifests.DUMP, workshop)
    if is_full or previous is None or _is_large(difference, previous):
        update = None
        merged.write()
    else:
        default = patch_dump(previous.dumps / manifests.DUMP, difference, merged.dump, workshop)
        update = _Update(previous, difference, default)
    dump = manifests.hash_file(merged.dump)
    digest = dump.sha256
    progress(_STEP, 2, _STEPS)
    same = _with_content(releases, digest)
    if same is not None:
        progress(_STEP, _STEPS, _STEPS)
        is_new = same.id != releases.current_id()
        if is_new:
            releases.point_at(same)
        shutil.rmtree(workshop)
        return same, is_new
    _keep_raws(RawStore(staged / "raw"), content.raws, None if previous is None else previous.raw)
    progress(_STEP, 3, _STEPS)
    counts = _fill_store(staged / "store", merged) if update is None else update.store(staged / "store")
    progress(_STEP, 4, _STEPS)
    with (dumps / TURTLE).open("wb") as file:
        if update is None:
            turtle.write(merged.dump, file)
        else:
            turtle.patched(update.previous.dumps / TURTLE, update.default, merged.dump, file)
    progress(_STEP, 5, _STEPS)
    created = datetime.now(UTC)
    release_id = _free_id(releases, f"{created:%Y-%m-%d}-{digest[: manifests.ID_DIGITS]}")
    names = (entry.name for entry in content.sources)
    found = findings(merged.default_graph, content.shapes, names) if content.shapes else []
    reports = _reports(content.reports, difference)
    reports["shapes"] = [msgspec.to_builtins(finding) for finding in found]
    (staged / REPORT).write_bytes(msgspec.json.format(msgspec.json.encode(reports), indent=1) + b"\n")
    known = {} if previous is None else previous.inodes()
    known[merged.dump.lstat().st_ino] = dump
    manifests.write(
        staged,
        Manifest(
            id=release_id,
            created=created.isoformat(timespec="seconds"),
            format=manifests.FORMAT,
            content=digest,
            base=content.base,
            counts=counts,
            sources=list(content.sources),
            files=manifests.hash_tree(staged, known),
        ),
    )
    release = releases.publish(staged, release_id)
    progress(_STEP, _STEPS, _STEPS)
    shutil.rmtree(workshop)
    return release, True


def _sound(previous: Release | None) -> Release | None:
    """The previous release if the files that a difference is made of are as published; damage is not built upon."""
    if previous is None:
        return None
    graphs = (name for name in previous.manifest.files if name.startswith("graphs/"))
    return previous if previous.is_whole([f"dumps/{manifests.DUMP}", f"dumps/{TURTLE}", *graphs]) else None


def _is_large(difference: Difference, previous: Release) -> bool:
    """Whether it takes longer to apply a difference than to build anew."""
    return difference.size > LARGE * previous.manifest.counts.quads


@dataclass(frozen=True)
class _Merged:
    """The graphs put together: the dump with the names of the graphs, and the default graph without."""

    graphs: Path
    dump: Path
    workshop: Path

    @property
    def default_graph(self) -> Path:
        """Each triple once, without a graph, sorted by bytes."""
        path = self.workshop / "default.nt"
        if not path.exists():
            with self.dump.open("rb") as dump, path.open("wb") as merged:
                _merge(dump, merged)
        return path

    def write(self) -> None:
        """Make the dump of the files of the graphs."""
        with ExitStack() as stack:
            files = [stack.enter_context(path.open("rb")) for path in sorted(self.graphs.iterdir())]
            stack.enter_context(self.dump.open("wb")).writelines(heapq.merge(*files))


def _merge(quads: Iterable[bytes], merged: BinaryIO) -> None:
    previous = b""
    for line in quads:
        # A line ends in ` <graph> .` and no IRI has a space, so the triple is what stands before that. Lines of one
        # triple share it and the space behind it as their beginning: sorted, they are neighbours.
        triple = line[: line.rindex(b" <")]
        if triple != previous:
            merged.write(triple + b" .\n")
        previous = triple


@dataclass(frozen=True)
class _Update:
    """What makes a release of the one before."""

    previous: Release
    difference: Difference
    default: DefaultChanges

    def store(self, directory: Path) -> Counts:
        """Make the store of the previous one, with the difference in its named graphs and in the merge of these."""
        quads = {kind: self.difference.directory / f"all-{kind}.nq" for kind in (ADDED, REMOVED)}
        for kind, path in quads.items():
            with path.open("wb") as file:
                file.writelines(self.difference.lines(kind))
        changes = stores.Changes(
            removed=[(quads[REMOVED], RdfFormat.N_QUADS), (self.default.removed, RdfFormat.N_TRIPLES)],
            added=[(quads[ADDED], RdfFormat.N_QUADS), (self.default.added, RdfFormat.N_TRIPLES)],
        )
        stores.update(directory, self.previous.store, changes)
        before, store = self.previous.manifest.counts, stores.open_read_only(directory)
        return summary.updated(before, self.difference, self.default, store)


def _fill_store(directory: Path, merged: _Merged) -> Counts:
    stores.create(directory, merged.dump, merged.default_graph)
    counts = summary.counts(stores.open_read_only(directory))
    with merged.dump.open("rb") as file:
        lines = sum(1 for _ in file)
    if lines != counts.quads:
        raise InconsistentRelease(
            f"The new store holds {counts.quads} quads, its dump {lines}; nothing was published. "
            "Some literal is not written as the engine writes it: please report this with your source."
        )
    return counts


def _keep_raws(store: RawStore, raws: Iterable[RawSource], previous: RawStore | None) -> None:
    for raw in raws:
        for digest, open_file in raw.files.items():
            if previous is not None and previous.holds(digest):
                store.adopt(previous, digest)
            elif not store.holds(digest):
                with open_file() as file:
                    kept = store.keep(file)
                if kept != digest:
                    raise InconsistentRelease(f"A file of {raw.source} changed while it was read; build again.")
        store.write_places(raw.source, raw.places)


def _reports(reports: Mapping[str, dict[str, Any]], difference: Difference) -> dict[str, Any]:
    """What became of the sources, each with how its graph differs from the one in the previous release."""
    found = []
    for graph_iri, report in reports.items():
        added, removed = difference.counts[graph_iri]
        found.append({**report, "added": added, "removed": removed})
    return {"sources": found}


def _with_content(releases: Releases, digest: str) -> Release | None:
    """A whole release that says the same: the current one, an older one, or one that a crash kept from publication."""
    wanted = (manifests.FORMAT, digest)
    same = [release for release in releases.all() if (release.manifest.format, release.manifest.content) == wanted]
    same.sort(key=lambda release: release.id != releases.current_id())
    return next((release for release in same if not release.verify()), None)


def _free_id(releases: Releases, wanted: str) -> str:
    taken = {path.name for path in (releases.data / "releases").glob("*")}
    candidate, number = wanted, 2
    while candidate in taken:
        candidate, number = f"{wanted}-{number}", number + 1
    return candidate
