"""How a release is put together in the workshop, from what the sources said to a directory ready to publish."""

import heapq
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec
from pyoxigraph import RdfFormat

from graph import descriptions, dumps, gone, parquet, slices, summary, tables, turtle
from graph import manifest as manifests
from graph import store as stores
from graph.about import About
from graph.code import fingerprint
from graph.compression import COPIES
from graph.difference import ADDED, REMOVED, DefaultChanges, Difference, patch_dump, write_graphs
from graph.errors import InconsistentRelease
from graph.manifest import FileEntry, Manifest, SourceEntry
from graph.ntriples import merged
from graph.progress import Progress, unseen
from graph.rawstore import RawStore
from graph.release import Release, graph_file
from graph.releases import Releases, sync
from graph.statistics import Counting, Statistics
from graph.validation import findings

TRIG: Final = "verkosto.trig"
STATISTICS: Final = "statistics.json"
_STEP: Final = "release"
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
    valid: Iterable[str] = ()
    """Digests of what its valid records say, sorted."""


@dataclass(frozen=True)
class Content:
    """What goes into a release: the statements (`graph.ntriples`) of each named graph, and where they are from."""

    base: str
    about: About
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
    if `is_full`; graphs, dumps and reports are the same either way.
    Returns the current release and whether it is new: content that is already current makes no new release.
    """
    # What lets the interpreter go (compressing, Arrow) is done beside what does not.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return _build(_Building(releases, content, is_full, pool), releases, progress)


def _build(made: "_Building", releases: Releases, progress: Progress) -> tuple[Release, bool]:
    comparing = (made.compare, made.merge)
    completing = (
        made.keep_raws,
        made.fill_store,
        made.list_gone,
        made.write_dumps,
        made.cut,
        made.report,
        made.describe,
    )
    count = len(comparing) + len(completing) + 1
    for done, step in enumerate(comparing):
        progress(_STEP, done, count)
        step()
    same = _with_content(releases, made.content, made.dump.sha256)
    is_new = same is None or same.id != releases.current_id()
    if same is None:
        for done, step in enumerate(completing, len(comparing)):
            progress(_STEP, done, count)
            step()
        release = made.publish()
    else:
        release = same
        if is_new:
            releases.point_at(release)
    progress(_STEP, count, count)
    made.clear()
    return release, is_new


class _Building:
    """A release in the making; its steps are taken in the order in which they stand here."""

    def __init__(self, releases: Releases, content: Content, is_full: bool, pool: ThreadPoolExecutor) -> None:
        self._releases = releases
        self.content = content
        self._is_full = is_full
        self._before = releases.previous()
        of_graphs, of_others = _files(self._before)
        self._previous = self._before if _is_whole(self._before, of_graphs) else None
        self._workshop = releases.clear_workshop()
        self._staged = self._workshop / "release"
        self._dumps = self._staged / "dumps"
        self._dumps.mkdir(parents=True)
        self._merged = _Merged(self._staged / "graphs", self._dumps / manifests.DUMP, self._workshop)
        self._update: _Update | None = None
        self._created = datetime.now(UTC)
        self._pool = pool
        self._jobs: list[Future[tuple[int, FileEntry]]] = []
        self._is_sound = pool.submit(_is_whole, self._previous, of_others)

    def compare(self) -> None:
        """Write the graphs, and how they differ from those of the previous release."""
        self._difference = write_graphs(self._merged.graphs, self.content.graphs, self._previous, self._workshop)

    def merge(self) -> None:
        """Write the dump of all graphs."""
        previous, difference = self._trusted, self._difference
        if self._is_full or previous is None or not self._can_patch(previous):
            self._merged.write()
        else:
            default = patch_dump(previous.dumps / manifests.DUMP, difference, self._merged.dump, self._workshop)
            self._update = _Update(previous, difference, default)
        _, self.dump = self._finish(self._merged.dump).result()

    def _finish(self, path: Path) -> Future[tuple[int, FileEntry]]:
        """Have a dump put on disk, and what is made of it alone, beside what follows. The entry of the dump itself."""
        makers = (_itself, *COPIES, *((_parquet,) if path.suffix == ".csv" else ()))
        jobs = [self._pool.submit(_made, make, path) for make in makers]
        self._jobs += jobs
        return jobs[0]

    @property
    def _trusted(self) -> Release | None:
        """The previous release, if every file of it is as published: damage is not built upon, nor taken over."""
        return self._previous if self._is_sound.result() else None

    def _can_patch(self, previous: Release) -> bool:
        """Whether the same code made the previous release, and making all anew would take longer."""
        manifest = previous.manifest
        return manifest.code == fingerprint() and self._difference.size <= LARGE * manifest.counts.quads

    def keep_raws(self) -> None:
        """Keep the raw files of the sources."""
        before = None if self._trusted is None else self._trusted.raw
        _keep_raws(RawStore(self._staged / "raw"), self.content.raws, before)

    def fill_store(self) -> None:
        """Make the triple store."""
        if self._update is None:
            stores.create(self._staged / "store", self._merged.dump, self._merged.default_graph)
        else:
            self._update.store(self._staged / "store")
        self._store = stores.open_read_only(self._staged / "store")

    def list_gone(self) -> None:
        """Write what earlier releases had and this one has not."""
        base, day = self.content.base, self._created
        gone.write(self._staged, self._before, self._difference, self._merged.dump, self._store, base, day)

    def write_dumps(self) -> None:
        """Write the files that have a line a thing, and count what is in the release."""
        if self._update is None:
            counting = Counting()
            self._rows = dumps.write(self._dumps, self._merged.dump, counting, self._finish)
        else:
            counting = Counting(Statistics.read(self._update.previous.directory / STATISTICS))
            self._rows = self._update.dumps(self._dumps, self._merged.dump, counting, self._finish)
        self._statistics = counting.statistics()
        self._statistics.write(self._staged / STATISTICS)
        self._counts = summary.counts(self._difference, self._statistics, self._store)
        stated = self._counts.quads + self._counts.triples
        if self._update is None and len(self._store) != stated:
            raise InconsistentRelease(
                f"The new store holds {len(self._store)} statements, the dumps {stated}; nothing was published. "
                "Some literal is not written as the engine writes it: please report this with your source."
            )

    def cut(self) -> None:
        """Make what is made of other dumps: the dataset in TriG, slices, the sample."""
        graphs = {graph: self._dumps / dumps.of_source(graph.encode()) for graph in self._counts.graphs}
        with (self._dumps / TRIG).open("wb") as file:
            turtle.write_trig(graphs, file)
        cut = slices.write_sample(self._dumps, self._merged.dump)
        cut |= slices.write_cities(self._dumps, self._store, self._merged.dump, self._graphs_of_municipalities())
        for name in (TRIG, *cut):
            self._finish(self._dumps / name)
        self._rows |= {manifests.DUMP: self._counts.quads, TRIG: self._counts.quads, **cut}

    def _graphs_of_municipalities(self) -> dict[str, list[Path]]:
        found: dict[str, list[Path]] = {}
        for source in self.content.sources:
            if source.municipality is not None:
                found.setdefault(source.municipality, []).append(self._merged.graphs / graph_file(source.graph))
        return found

    def report(self) -> None:
        """Write what became of the sources, and what the shapes found that only report."""
        content, names = self.content, [entry.name for entry in self.content.sources]
        found = findings(self._merged.default_graph, content.shapes, names) if content.shapes else []
        reports = _reports(content.reports, self._difference)
        reports["shapes"] = [msgspec.to_builtins(finding) for finding in found]
        (self._staged / REPORT).write_bytes(manifests.as_json(reports))

    def describe(self) -> None:
        """Write the descriptions and the manifest, once all else is there."""
        known = {} if self._trusted is None else self._trusted.inodes()
        known |= dict(job.result() for job in self._jobs)
        digest = self.dump.sha256
        draft = Manifest(
            id=_free_id(self._releases, f"{self._created:%Y-%m-%d}-{digest[: manifests.ID_DIGITS]}"),
            created=self._created.isoformat(timespec="milliseconds"),
            format=manifests.FORMAT,
            code=fingerprint(),
            content=digest,
            base=self.content.base,
            about=self.content.about,
            previous=self._releases.current_id(),
            counts=self._counts,
            sources=list(self.content.sources),
            files=_with_rows(manifests.hash_tree(self._staged, known), self._rows),
        )
        described = [f"dumps/{name}" for name in descriptions.write(self._dumps, draft, self._statistics)]
        files = draft.files | manifests.hash_files(self._staged, described)
        self._manifest = msgspec.structs.replace(draft, files=dict(sorted(files.items())))
        manifests.write(self._staged, self._manifest)

    def publish(self) -> Release:
        """Make it the current release."""
        return self._releases.publish(self._staged, self._manifest.id)

    def clear(self) -> None:
        """Leave nothing behind."""
        shutil.rmtree(self._workshop)


def _made(make: Callable[[Path], Path], dump: Path) -> tuple[int, FileEntry]:
    """Make a file of a dump and have it on disk. Its inode and what the manifest says of it."""
    path = make(dump)
    sync(path)
    return path.stat().st_ino, manifests.hash_file(path)


def _itself(dump: Path) -> Path:
    return dump


def _parquet(table: Path) -> Path:
    path = table.with_suffix(".parquet")
    parquet.write(tables.tables()[table.stem], table, path)
    return path


def _with_rows(files: Mapping[str, FileEntry], rows: Mapping[str, int]) -> dict[str, FileEntry]:
    """The files of a release, with the rows of those dumps that were written for it."""
    counted = {f"dumps/{name}": count for name, count in rows.items()}
    return {name: msgspec.structs.replace(entry, rows=counted.get(name, entry.rows)) for name, entry in files.items()}


def _files(release: Release | None) -> tuple[list[str], list[str]]:
    """The files of a release that hold its graphs, and all others."""
    names = [] if release is None else release.manifest.files
    return [n for n in names if n.startswith("graphs/")], [n for n in names if not n.startswith("graphs/")]


def _is_whole(release: Release | None, names: Iterable[str]) -> bool:
    """Whether there is a release and some of its files are as published; damage is not built upon."""
    return release is not None and release.is_whole(names)


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
            with self.dump.open("rb") as dump, path.open("wb") as file:
                file.writelines(merged(dump))
        return path

    def write(self) -> None:
        """Make the dump of the files of the graphs."""
        with ExitStack() as stack:
            files = [stack.enter_context(path.open("rb")) for path in sorted(self.graphs.iterdir())]
            stack.enter_context(self.dump.open("wb")).writelines(heapq.merge(*files))


@dataclass(frozen=True)
class _Update:
    """What makes a release of the one before."""

    previous: Release
    difference: Difference
    default: DefaultChanges

    def store(self, directory: Path) -> None:
        """Make the store of the previous one, with the difference in its named graphs and in the merge of these."""
        quads = self.difference.write(self.difference.directory)
        changes = stores.Changes(
            removed=[(quads[REMOVED], RdfFormat.N_QUADS), (self.default.removed, RdfFormat.N_TRIPLES)],
            added=[(quads[ADDED], RdfFormat.N_QUADS), (self.default.added, RdfFormat.N_TRIPLES)],
        )
        stores.update(directory, self.previous.store, changes)

    def dumps(self, directory: Path, dump: Path, counting: Counting, finish: dumps.Finish) -> dict[str, int]:
        """Make the dumps of the previous ones, and share those that stay. File → rows, of those that do not."""
        stated = self.previous.manifest.files
        before = {
            name.removeprefix("dumps/"): self.previous.directory / name
            for name in stated
            if name.startswith((f"dumps/{dumps.MERGED}", *(f"dumps/{folder}/" for folder in dumps.FOLDERS)))
        }
        quads = self.previous.dumps / manifests.DUMP, dump
        more = dumps.update(directory, before, quads, self.difference, counting, finish)
        dumps.adopt(directory, before, more)
        entries = {name: stated.get(f"dumps/{name}") for name in more}
        return {name: more[name] + ((entry and entry.rows) or 0) for name, entry in entries.items()}


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
        store.write_valid(raw.source, raw.valid)


def _reports(reports: Mapping[str, dict[str, Any]], difference: Difference) -> dict[str, Any]:
    """What became of the sources, each with how its graph differs from the one in the previous release; and all."""
    found = []
    for graph_iri, report in reports.items():
        added, removed = difference.counts[graph_iri]
        found.append({**report, "added": added, "removed": removed})
    added, removed = (sum(count) for count in zip((0, 0), *difference.counts.values(), strict=True))
    return {"sources": found, "added": added, "removed": removed}


def _with_content(releases: Releases, content: Content, digest: str) -> Release | None:
    """A whole release that says the same: the current one, an older one, or one that a crash kept from publication."""
    wanted = (manifests.FORMAT, fingerprint(), digest, content.about, _credits(content.sources))
    same = [release for release in releases.all() if _said(release.manifest) == wanted]
    same.sort(key=lambda release: release.id != releases.current_id())
    return next((release for release in same if not release.verify()), None)


def _said(manifest: Manifest) -> tuple[object, ...]:
    """What has to be the same for no new release to be made: the graph, what is said beside it, and how."""
    return manifest.format, manifest.code, manifest.content, manifest.about, _credits(manifest.sources)


def _credits(sources: Iterable[SourceEntry]) -> list[tuple[str, str | None, str | None]]:
    return [(source.name, source.page, source.attribution) for source in sources]


def _free_id(releases: Releases, wanted: str) -> str:
    taken = {path.name for path in (releases.data / "releases").glob("*")}
    candidate, number = wanted, 2
    while candidate in taken:
        candidate, number = f"{wanted}-{number}", number + 1
    return candidate
