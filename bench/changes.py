"""What has changed between two releases: seconds and memory to compare them, and seconds to read one page of it.

    .venv/bin/python bench/changes.py DATA [MILLIONS ...]

DATA and the graphs are those of bench/release.py; 1, 5, 20 and 100 % of the things are edited. Each comparison runs in
a process of its own. Memory counts the parts of the releases that are mapped, which the system takes back when it needs
them. Prints the commit and every number.
"""

import resource
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from release import MILLION, ROOT, build, copies, edit

from graph.comparison import Comparisons
from graph.releases import Releases

SHARES = (0.01, 0.05, 0.2, 1.0)


def compare(data: Path, before: str) -> str:
    """Compare a release with the current one."""
    comparisons = Comparisons(Releases(data))
    pair = comparisons.release(before), comparisons.release("current")
    start = time.monotonic()
    found = comparisons.between(*pair)
    compared = time.monotonic()
    page = found.page(max(1, len(found.summary.pages) // 2))
    for thing in page:
        found.lines(thing, 20)
    read = time.monotonic() - compared
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return (
        f"{compared - start:7.1f} s {megabytes:6.0f} MB  {sum(found.statements)} statements, "
        f"{found.summary.things.total} things; a page of {len(page)} in {read * 1000:.1f} ms"
    )


def main() -> None:
    """Each comparison in a process of its own."""
    if sys.argv[1] == "--compare":
        print(compare(Path(sys.argv[2]), sys.argv[3]))
        return
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    print(f"commit {commit.stdout.strip()}", flush=True)
    release = Releases(Path(sys.argv[1])).current()
    for millions in [float(text) for text in sys.argv[2:]] or [1.35]:
        with TemporaryDirectory(dir=sys.argv[1]) as room:
            graphs, data = Path(room) / "graphs", Path(room) / "data"
            copies(release, int(millions * MILLION), graphs)
            build(graphs, data, is_full=True)
            first = Releases(data).current().id
            for share in SHARES:
                edited = Path(room) / f"edited-{share}"
                edit(graphs, edited, share)
                build(edited, data, is_full=False)
                command = [sys.executable, __file__, "--compare", str(data), first]
                answer = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
                print(f"{millions} M, {share:.0%} of things edited:{answer.stdout.rstrip()}", flush=True)
                Releases(data).rollback(first)


if __name__ == "__main__":
    main()
