"""Disks that fail and machines that stop, at any step of a build: the old release or the new one is served, whole.

What Python writes is made to fail call by call; what the engine writes, by disks that are really full.
"""

import builtins
import errno
import io
import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import cycle
from pathlib import Path
from typing import IO, Any, Final

import pytest
from click.testing import CliRunner, Result

from graph import assembly
from graph.about import unsaid
from graph.release import Release
from graph.releases import Releases
from graph.store import open_read_only
from ontology.errors import VerkostoError
from ontology.terms import RDF, RDFS, VK
from verkosto import main

BASE: Final = "https://example.org"
CALLS: Final = ("fsync", "rename", "replace", "link", "mkdir", "unlink", "rmdir")
POINTS: Final = 100
"""How many steps of each kind of build are made to fail; a step is tried in one way, those of publication in all."""

PLENTY: Final = 1 << 30
Step = tuple[str, str, int]
"""A call, the file it is for, and how often that was called before."""


class _Stopped(BaseException):
    """The machine has stopped. Nothing in the build may catch it, as nothing could."""


class Disk:
    """Stands between a build and a directory: notes each step that changes something there, and lets one fail."""

    def __init__(self, root: Path, step: Step | None = None, how: str = "") -> None:
        self.steps: list[Step] = []
        self.is_reached = False
        self._root = root
        self._step = step
        self._how = how
        self._counts: Counter[tuple[str, str]] = Counter()
        self._is_stopped = False

    def before(self, call: str, path: str) -> None:
        """A step is about to be taken. Raises what happens instead."""
        counted = self._counts[call, path]
        self._counts[call, path] += 1
        self.steps.append((call, path, counted))
        if self._is_stopped:
            raise _Stopped
        if (call, path, counted) == self._step:
            self.is_reached = True
            if self._how == "stop":
                self._is_stopped = True
                raise _Stopped
            number = getattr(errno, self._how)
            raise OSError(number, os.strerror(number), path)

    def written(self, path: str) -> bool:
        """Whether what is written reaches the disk: not after the machine has stopped."""
        if self._is_stopped:
            return False
        self.before("write", path)
        return True

    def name(self, path: object) -> str | None:
        """A path as it is named here; None of what is elsewhere. The engine numbers its files anew in each run."""
        if isinstance(path, int):
            path = Path(f"/proc/self/fd/{path}").readlink()
        text = str(path)
        return re.sub(r"\d{6}", "N", text.removeprefix(f"{self._root}/")) if text.startswith(f"{self._root}/") else None


class _File(io.FileIO):
    """A file whose every write is a step."""

    def __init__(self, path: str, mode: str, disk: Disk, name: str) -> None:
        self._disk, self._known_as = disk, name
        super().__init__(path, mode)

    def write(self, data: Any) -> int:
        """Write, if the disk lets us. Where it does not, half of it is there, as when a disk becomes full."""
        try:
            if not self._disk.written(self._known_as):
                return len(data)
        except OSError:
            super().write(memoryview(data)[: len(data) // 2])
            raise
        return super().write(data)


@contextmanager
def between(disk: Disk) -> Iterator[Disk]:
    """Have all that Python writes go by the disk."""

    def watched(call: str, original: Callable[..., object]) -> Callable[..., object]:
        def run(*arguments: Any, **options: Any) -> object:
            path = arguments[-1] if call in ("rename", "replace", "link") else arguments[0]
            folder = options.get("dir_fd")
            name = disk.name(path if folder is None else Path(f"/proc/self/fd/{folder}").readlink() / path)
            if name is not None:
                disk.before(call, name)
            return original(*arguments, **options)

        return run

    real_open = io.open

    def open_file(file: Any, mode: str = "r", buffering: int = -1, *rest: Any, **options: Any) -> IO[Any]:
        name = disk.name(file) if isinstance(file, str | Path) and set(mode) & set("wax") else None
        if name is None:
            return real_open(file, mode, buffering, *rest, **options)
        raw = _File(str(file), mode.replace("b", "").replace("t", ""), disk, name)
        buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
        if "b" in mode:
            return buffered
        return io.TextIOWrapper(buffered, *rest, **{key: value for key, value in options.items() if value is not None})

    with pytest.MonkeyPatch.context() as patch:
        for call in CALLS:
            patch.setattr(os, call, watched(call, getattr(os, call)))
        patch.setattr(io, "open", open_file)
        patch.setattr(builtins, "open", open_file)
        yield disk


@pytest.fixture(scope="module")
def room() -> Iterator[Path]:
    """A directory in memory, where there is one: it is not the speed of a disk that is tested."""
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as directory:
        yield Path(directory)


def _content(word: str) -> assembly.Content:
    """Some themes. Few differ by the word, so that one release can be made of another and the difference."""
    said = set()
    for number in range(20):
        theme = f"<{BASE}/id/theme/s-t{number}>"
        said.add(f"{theme} <{RDF.type}> <{VK.Theme}>")
        said.add(f'{theme} <{RDFS.label}> "{word if number < 2 else "Sama"} {number}"@fi')
    return assembly.Content(base=BASE, about=unsaid(BASE), graphs={f"{BASE}/id/graph/s": sorted(said)}, sources=[])


def _build(releases: Releases, word: str, is_full: bool) -> Release:
    with releases.lock():
        return assembly.build(releases, _content(word), is_full=is_full)[0]


def _check_whole(releases: Releases) -> Release:
    """Nothing half made is listed, and what is current is whole: it is returned."""
    assert releases.damaged() == []
    assert all(release.verify() == [] for release in releases.all())
    current = releases.current()
    assert current.manifest.counts.triples == sum(1 for _ in open_read_only(current.store)) // 2
    return current


def _chosen(steps: list[Step]) -> list[tuple[Step, str]]:
    """Which steps fail, and how: all ways of those that publish, one way each of others, spread over the build."""
    ways = cycle(["ENOSPC", "EIO", "stop"])
    publishing = [step for step in steps if step[0] in ("rename", "replace")]
    publishing += steps[-8:]
    others = [step for step in steps if step not in publishing]
    spread = [others[number * len(others) // POINTS] for number in range(min(POINTS, len(others)))]
    return [(step, way) for step in publishing for way in ("ENOSPC", "EIO", "stop")] + list(
        zip(spread, ways, strict=False)
    )


def test_a_disk_that_fails_or_a_machine_that_stops_at_any_step_leaves_the_old_release_or_the_new_one(
    room: Path,
) -> None:
    """Each step: it fails, what is served is whole, and the next build makes the new release."""
    releases = Releases(room / "steps")
    old = _build(releases, "Vanha", is_full=True)
    tried, left = set(), Counter[str]()
    for is_full in (False, True):
        with between(Disk(room)) as disk:
            new = _build(releases, "Uusi", is_full)
        assert {call for call, _, _ in disk.steps} >= {"write", *CALLS} - ({"link"} if is_full else set())
        expected = new.manifest.content
        _restore(releases, old)
        for step, way in _chosen(disk.steps):
            where = f"{way} at {step} of a {'full' if is_full else 'incremental'} build"
            # What a program would still say after its machine has stopped, of files that lack their ends, is not heard.
            unheard = (Exception, _Stopped) if way == "stop" else (OSError, _Stopped)
            with between(Disk(room, step, way)) as failing, suppress(*unheard):
                _build(releases, "Uusi", is_full)
            current = _check_whole(releases)
            assert current.manifest.content in (old.manifest.content, expected), where
            left["old" if current == old else "new"] += 1
            again = _build(releases, "Uusi", is_full)
            assert again.manifest.content == expected and _check_whole(releases) == again, where
            assert not (releases.data / "building").exists(), where
            if failing.is_reached:
                tried.add((is_full, step, way))
            _restore(releases, old)
    assert len({(is_full, step) for is_full, step, _ in tried}) >= 200
    assert left["old"] > 120 and left["new"] > 5


def _restore(releases: Releases, old: Release) -> None:
    with releases.lock():
        releases.point_at(old)
    for other in releases.all():
        if other != old:
            shutil.rmtree(other.directory)


@pytest.fixture(scope="module")
def small_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int | None], Path]]:
    """A file system of its own in memory, of as many bytes as one says (plenty, of None); whoever may mount has one."""
    place = tmp_path_factory.mktemp("disk")

    def mount(*options: str) -> None:
        subprocess.run(["mount", *options, "tmpfs", str(place)], check=True, capture_output=True, text=True)

    def sized(size: int | None) -> Path:
        mount("-o", f"remount,size={PLENTY if size is None else size}")
        return place

    try:
        mount("-t", "tmpfs", "-o", f"size={PLENTY}")
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"no file system can be mounted here: {getattr(error, 'stderr', error)}")
    try:
        yield sized
    finally:
        subprocess.run(["umount", str(place)], check=True)


CONFIG: Final = """base = "https://example.org"
[[source]]
name = "s"
loader = "tables"
path = "source"
licence = "https://creativecommons.org/licenses/by/4.0/"
title = { fi = "Lähde" }
"""


def test_a_build_on_a_full_disk_ends_with_one_plain_sentence_and_gives_back_what_it_took(
    small_disk: Callable[[int | None], Path], tmp_path: Path
) -> None:
    place = small_disk(None)
    (tmp_path / "source").mkdir()
    (tmp_path / "build.toml").write_text(CONFIG, encoding="utf-8")

    def build(word: str) -> Result:
        (tmp_path / "source" / "Themes.csv").write_text(f"id,label_fi\nt,{word}\n", encoding="utf-8")
        command = ["build", str(tmp_path / "build.toml"), "--data", str(place / "told")]
        return CliRunner().invoke(main, command, catch_exceptions=False)

    assert build("Vanha").exit_code == 0
    old, taken = Releases(place / "told").current(), _used(place)
    for more in (0, 1 << 14, 1 << 16, 1 << 17, 1 << 18, 1 << 19, 1 << 20):
        small_disk(taken + more)
        result = build("Uusi")
        assert result.exit_code == 1
        assert result.stderr.startswith("verkosto: No space is left on the disk. Free some")
        assert len(result.stderr.splitlines()) == 1
        assert _check_whole(Releases(place / "told")) == old
        assert not (place / "told" / "building").exists()
        assert _used(place) <= taken + (1 << 12)
    small_disk(None)
    assert build("Uusi").exit_code == 0
    shutil.rmtree(place / "told")


def _used(directory: Path) -> int:
    room = os.statvfs(directory)
    return (room.f_blocks - room.f_bfree) * room.f_frsize


class _Gauge(Disk):
    """Tells how full a disk was at most."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.most = 0

    def before(self, call: str, path: str) -> None:
        self.most = max(self.most, _used(self._root))


def test_a_disk_that_is_full_at_any_moment_leaves_the_old_release_and_room_lets_the_next_build_succeed(
    small_disk: Callable[[int | None], Path],
) -> None:
    """Disks of eighteen sizes for each kind of build, from what the old release takes to what the build needs."""
    place = small_disk(None)
    releases = Releases(place / "data")
    old = _build(releases, "Vanha", is_full=True)
    taken, failed = _used(place), Counter[str]()
    for is_full in (False, True):
        gauge = _Gauge(place)
        with between(gauge):
            expected = _build(releases, "Uusi", is_full).manifest.content
        _restore(releases, old)
        for size in range(taken, gauge.most, (gauge.most - taken) // 18):
            small_disk(size)
            try:
                _build(releases, "Uusi", is_full)
            except (OSError, VerkostoError) as error:
                failed[type(error).__name__] += 1
                assert _check_whole(releases) == old
            small_disk(None)
            assert _build(releases, "Uusi", is_full).manifest.content == expected
            assert _check_whole(releases).manifest.content == expected
            _restore(releases, old)
    assert failed.total() >= 30
