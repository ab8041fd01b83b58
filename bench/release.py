"""A release from scratch and the next one when records have changed, beside `oxigraph load` and `oxigraph dump`.

    .venv/bin/python bench/release.py DATA [MILLIONS ...]

DATA is a data directory whose current release says what real sources say (docs/registers.md: the unit register). Its
statements are copied under other identifiers until there are as many million quads as asked (default 1.35). Then 1, 5,
20, 50 and 100 % of the things are edited (of more than 2 million quads, 1 %): most get another name, some go, some
come. What is measured is assembly: sorted statements in, a published release with store, dumps in all formats and
descriptions out; reading sources comes before that. Oxigraph's own program loads the same N-Quads and dumps them again.
Each runs in a process of its own; prints the commit, versions and every number.
"""

import math
import random
import re
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib.metadata import version
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from graph import assembly
from graph.about import unsaid
from graph.release import Release
from graph.releases import Releases

ROOT = Path(__file__).parent.parent
MILLION = 1_000_000
SHARES = (0.01, 0.05, 0.2, 0.5, 1.0)


class Lines:
    """Statements in a file, one a line, sorted."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __iter__(self) -> Iterator[str]:
        with self._path.open(encoding="utf-8") as file:
            yield from (line[:-1] for line in file)


def copies(release: Release, quads: int, directory: Path) -> None:
    """Write the graphs of a release, copied until there are so many statements: one file a graph."""
    directory.mkdir()
    of_sources = [entry.graph for entry in release.manifest.sources if entry.loaded]
    written = number = 0
    while written < quads:
        for graph in of_sources:
            name = graph.rpartition("/")[2]
            said = sorted(
                re.sub(rf"(/id/[a-z-]+/){name}-", rf"\g<1>{name}{number}-", line) for line in release.statements(graph)
            )
            said = said[: quads - written]
            (directory / f"{name}{number}").write_text("".join(f"{line}\n" for line in said), encoding="utf-8")
            written += len(said)
        number += 1


def edit(source: Path, target: Path, share: float) -> None:
    """Write the same graphs with a share of their things edited."""
    target.mkdir()
    chance = random.Random(2026)
    for path in sorted(source.iterdir()):
        said: list[str] = []
        for subject, group in groupby(Lines(path), key=lambda line: line[: line.index(" ")]):
            lines = list(group)
            kind = chance.random() / share
            if kind < 0.1:
                continue
            if kind < 0.9:
                lines = [line.replace('label> "', f'label> "{share} ') for line in lines]
            elif kind < 1:
                lines += [line.replace(subject, f"{subject[:-1]}-new>", 1) for line in lines]
            said += lines
        (target / path.name).write_text("".join(f"{line}\n" for line in sorted(said)), encoding="utf-8")


def build(graphs: Path, data: Path, is_full: bool) -> str:
    """Build a release of the graphs in a folder; how long that took, and in how much memory."""
    base = "https://example.org"
    content = assembly.Content(
        base=base,
        about=unsaid(base),
        graphs={f"{base}/id/graph/{path.name}": Lines(path) for path in sorted(graphs.iterdir())},
        sources=[],
    )
    # Where a full build would be quicker is what is to be seen.
    assembly.LARGE = math.inf  # type: ignore[misc]
    releases = Releases(data)
    start = time.monotonic()
    with releases.lock():
        release, _ = assembly.build(releases, content, is_full=is_full)
    seconds = time.monotonic() - start
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"{seconds:7.1f} s {megabytes:6.0f} MB  {release.manifest.counts.quads} quads"


def main() -> None:
    """Each build in a process of its own."""
    if sys.argv[1] == "--build":
        print(build(Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4] == "full"))
        return
    release = Releases(Path(sys.argv[1])).current()
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    print(f"commit {commit.stdout.strip()}, oxigraph {version('oxigraph')}", flush=True)
    for millions in [float(text) for text in sys.argv[2:]] or [1.35]:
        with TemporaryDirectory(dir=sys.argv[1]) as room:
            graphs = Path(room) / "graphs"
            copies(release, int(millions * MILLION), graphs)
            _run(f"{millions} M, from scratch", graphs, Path(room) / "data", "full")
            current = Releases(Path(room) / "data").current()
            first = current.id
            _oxigraph(f"{millions} M", current.dumps / "verkosto.nq", Path(room) / "oxigraph")
            for share in SHARES if millions <= 2 else SHARES[:1]:
                edited = Path(room) / f"edited-{share}"
                edit(graphs, edited, share)
                _run(f"{millions} M, {share:.0%} of things edited", edited, Path(room) / "data", "difference")
                _run(f"{millions} M, the same from scratch", edited, Path(room) / "whole", "full")
                Releases(Path(room) / "data").rollback(first)


def _oxigraph(what: str, quads: Path, store: Path) -> None:
    program = str(Path(sys.executable).with_name("oxigraph"))
    dump = str(store.with_suffix(".nq"))
    for name, command in {
        "load": [program, "load", "--location", str(store), "--file", str(quads)],
        "dump": [program, "dump", "--location", str(store), "--file", dump],
    }.items():
        start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        megabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        memory = f"{megabytes / 1024:6.0f} MB" if megabytes > before else "less than above"
        print(f"{what + ', oxigraph ' + name:<40}{time.monotonic() - start:7.1f} s {memory}", flush=True)


def _run(what: str, graphs: Path, data: Path, how: str) -> None:
    command = [sys.executable, __file__, "--build", str(graphs), str(data), how]
    answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    print(f"{what:<40}{answer.stdout.strip()}", flush=True)


if __name__ == "__main__":
    main()
