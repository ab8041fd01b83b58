"""A build that is killed at any moment leaves the old release or the new one, whole."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from graph.release import Release
from graph.releases import Releases
from loaders.build import build
from loaders.config import load

TIMES = 30
CONFIG = """base = "https://example.org"
[[source]]
name = "s"
loader = "tables"
path = "source"
licence = "https://creativecommons.org/licenses/by/4.0/"
title = { fi = "Lähde" }
"""


def _write_source(directory: Path, word: str) -> None:
    (directory / "source").mkdir(parents=True, exist_ok=True)
    # Few of them differ by the word, so that the second release is made of the first and the difference.
    rows = "".join(f"t{number},{word if number < 20 else 'Sama'} {number}\n" for number in range(200))
    (directory / "source" / "Themes.csv").write_text("id,label_fi\n" + rows, encoding="utf-8")
    (directory / "build.toml").write_text(CONFIG, encoding="utf-8")


def _bytes_of(release: Release) -> dict[str, bytes]:
    """The dumps that say the same wherever they are built; descriptions tell when that was."""
    return {path.name: path.read_bytes() for path in sorted(release.dumps.glob("verkosto.*"))}


def _build_process(directory: Path, data: Path) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "verkosto", "build", str(directory / "build.toml"), "--data", str(data)]
    root = Path(__file__).parent.parent
    return subprocess.Popen(
        command, cwd=root, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def test_killing_a_build_30_times_leaves_the_old_release_or_the_new_one(tmp_path: Path) -> None:
    old, new, data = tmp_path / "old", tmp_path / "new", tmp_path / "data"
    _write_source(old, "Vanha")
    _write_source(new, "Uusi")
    first = build(load(old / "build.toml"), data).release
    start = time.monotonic()
    assert _build_process(new, tmp_path / "other").wait() == 0
    duration = time.monotonic() - start
    old_bytes, new_bytes = _bytes_of(first), _bytes_of(Releases(tmp_path / "other").current())
    assert old_bytes != new_bytes
    chance = random.Random(6)
    seen = {"old": 0, "new": 0}
    # Half of the kills fall into the last third of a build, where files are moved into place; the last comes too late.
    moments = [chance.uniform(chance.choice([0.0, 0.66]), 1.05) for _ in range(TIMES - 1)]
    for moment in [*moments, 3.0]:
        process = _build_process(new, data)
        time.sleep(duration * moment)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        served = Releases(data).current()
        assert served.verify() == []
        found = _bytes_of(served)
        assert found in (old_bytes, new_bytes)
        seen["old" if found == old_bytes else "new"] += 1
        if found == new_bytes:
            Releases(data).rollback(first.id)
            shutil.rmtree(served.directory)
    assert seen["old"] and seen["new"], f"all kills came at one side of publication: {seen}"
    assert _build_process(new, data).wait() == 0
    assert _bytes_of(Releases(data).current()) == new_bytes
    assert not (data / "building").exists()
