"""How a release is put together in the workshop, from what the sources said to a directory ready to publish."""

import heapq
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from pyoxigraph import RdfFormat, parse, serialize

from graph import manifest as manifests
from graph import store as stores
from graph import summary
from graph.errors import InconsistentRelease
from graph.manifest import Counts, Manifest, SourceEntry
from graph.ntriples import iri
from graph.progress import Progress, unseen
from graph.rawstore import RawStore
from graph.release import Release, graph_file
from graph.releases import Releases
from graph.sorting import differences
from graph.validation import findings
from ontology.terms import PREFIXES

TURTLE = "verkosto.ttl"
_STEP, _STEPS = "release", 6
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


def build(releases: Releases, content: Content, progress: Progress = unseen) -> tuple[Release, bool]:
    """Build a release from scratch and publish it. Needs the lock of `releases`.

    Returns the current release and whether it is new: content that is already current makes no new release.
    """
    workshop = releases.clear_workshop()
    staged = workshop / "release"
    dumps = staged / "dumps"
    dumps.mkdir(parents=True)
    progress(_STEP, 0, _STEPS)
    _write_graphs(staged / "graphs", content.graphs)
    progress(_STEP, 1, _STEPS)
    _write_merged(staged / "graphs", dumps / manifests.DUMP, workshop / "default.nt")
    digest = manifests.hash_file(dumps / manifests.DUMP).sha256
    progress(_STEP, 2, _STEPS)
    same = _with_content(releases, digest)
    if same is not None:
        progress(_STEP, _STEPS, _STEPS)
        is_new = same.id != releases.current_id()
        if is_new:
            releases.point_at(same)
        shutil.rmtree(workshop)
        return same, is_new
    previous = releases.previous()
    _keep_raws(RawStore(staged / "raw"), content.raws, None if previous is None else previous.raw)
    progress(_STEP, 3, _STEPS)
    counts = _fill_store(staged / "store", dumps / manifests.DUMP, workshop / "default.nt")
    progress(_STEP, 4, _STEPS)
    _write_turtle(workshop / "default.nt", dumps / TURTLE)
    progress(_STEP, 5, _STEPS)
    created = datetime.now(UTC)
    release_id = _free_id(releases, f"{created:%Y-%m-%d}-{digest[: manifests.ID_DIGITS]}")
    found = findings(workshop / "default.nt", content.shapes, (entry.name for entry in content.sources))
    reports = _reports(content.reports, staged / "graphs", None if previous is None else previous.directory / "graphs")
    reports["shapes"] = [msgspec.to_builtins(finding) for finding in found]
    (staged / REPORT).write_bytes(msgspec.json.format(msgspec.json.encode(reports), indent=1) + b"\n")
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
            files=manifests.hash_tree(staged),
        ),
    )
    release = releases.publish(staged, release_id)
    progress(_STEP, _STEPS, _STEPS)
    shutil.rmtree(workshop)
    return release, True


def _write_graphs(directory: Path, graphs: Mapping[str, Iterable[str]]) -> None:
    """One file a graph, its N-Quads sorted by bytes."""
    directory.mkdir()
    for graph_iri, statements in graphs.items():
        end = f" {iri(graph_iri)} .\n"
        with (directory / graph_file(graph_iri)).open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(statement + end for statement in statements)


def _write_merged(graphs: Path, quads: Path, default_graph: Path) -> None:
    """The whole dump, sorted by bytes, and beside it the merge of its graphs: each triple once, without a graph."""
    with ExitStack() as stack:
        files = [stack.enter_context(path.open("rb")) for path in sorted(graphs.iterdir())]
        dump = stack.enter_context(quads.open("wb"))
        merged = stack.enter_context(default_graph.open("wb"))
        previous = b""
        for line in heapq.merge(*files):
            dump.write(line)
            # A line ends in ` <graph> .` and no IRI has a space, so the triple is what stands before that. Lines
            # of one triple share it and the space behind it as their beginning: sorted, they are neighbours.
            triple = line[: line.rindex(b" <")]
            if triple != previous:
                merged.write(triple + b" .\n")
            previous = triple


def _fill_store(directory: Path, quads: Path, default_graph: Path) -> Counts:
    stores.create(directory, quads, default_graph)
    counts = summary.counts(stores.open_read_only(directory))
    with quads.open("rb") as file:
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


def _reports(reports: Mapping[str, dict[str, Any]], graphs: Path, previous: Path | None) -> dict[str, Any]:
    """What became of the sources, each with how its graph differs from the one in the previous release."""
    found = []
    for graph_iri, report in reports.items():
        name = graph_file(graph_iri)
        with ExitStack() as stack:
            is_new = previous is None or not (previous / name).exists()
            old = () if previous is None or is_new else stack.enter_context((previous / name).open("rb"))
            added, removed = differences(old, stack.enter_context((graphs / name).open("rb")))
        found.append({**report, "added": added, "removed": removed})
    return {"sources": found}


def _write_turtle(default_graph: Path, turtle: Path) -> None:
    def triples() -> Iterator[object]:
        for quad in parse(path=str(default_graph), format=RdfFormat.N_TRIPLES):
            yield quad.triple

    serialize(triples(), str(turtle), RdfFormat.TURTLE, prefixes=PREFIXES)  # type: ignore[arg-type]


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
