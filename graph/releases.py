"""The data directory: which releases there are and which one is current. The only module that publishes.

::

    data/releases/<id>/   immutable releases
    data/current          one line: the id of the release that is served
    data/building/        work in progress; a build that was killed leaves it behind, the next one clears it
    data/lock             held by the build that is running

`graph.retention` has the tags and what is in use.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from graph.errors import BuildInProgress, DamagedRelease, NoRelease
from graph.manifest import FORMAT
from graph.release import Release

EXTRACTING: Final = "extracting-"
"""How the folders begin in which sources are read; those of a killed build are removed with the rest of it."""


@dataclass(frozen=True)
class Releases:
    """All releases in one data directory."""

    data: Path

    @classmethod
    def of(cls, release: Release) -> "Releases":
        """The releases that a release is one of."""
        return cls(release.directory.parent.parent)

    def all(self) -> list[Release]:
        """Every release whose manifest can be read, oldest first."""
        readable = [release for release in self._directories() if _is_readable(release)]
        return sorted(readable, key=lambda release: (release.manifest.created, release.id))

    def damaged(self) -> list[Release]:
        """The releases whose manifest can't be read."""
        return [release for release in self._directories() if not _is_readable(release)]

    def current_id(self) -> str | None:
        """The id of the release that is served, or None before the first build."""
        try:
            return (self.data / "current").read_text(encoding="ascii", errors="replace").strip() or None
        except FileNotFoundError:
            return None

    def pointed(self) -> tuple[int, int] | None:
        """Something that is another whenever a release has been made current, even the same one; cheap to ask for."""
        try:
            found = (self.data / "current").stat()
            return found.st_ino, found.st_mtime_ns
        except FileNotFoundError:
            return None

    def current(self) -> Release:
        """The release that is served. Raises NoRelease before the first build, DamagedRelease if it is broken."""
        current = self.current_id()
        if current is None:
            raise NoRelease(f"There is no release in {self.data} yet; run `verkosto build`.")
        return self.get(current)

    def previous(self) -> Release | None:
        """What a build compares with: the current release, if it can be read and is laid out as releases are now."""
        try:
            found = self.current()
            return found if found.manifest.format == FORMAT else None
        except (NoRelease, DamagedRelease):
            return None

    def get(self, release_id: str) -> Release:
        """The release of this id. Raises NoRelease if there is none."""
        release = Release(self.data / "releases" / release_id)
        if release_id in ("", ".", "..") or "/" in release_id or not release.directory.is_dir():
            raise NoRelease(f"There is no release {release_id!r}; `verkosto releases` lists them.")
        return release

    def rollback(self, release_id: str) -> Release:
        """Serve an older (or newer) release from now on, after checking that it is whole.

        Raises NoRelease, DamagedRelease, BuildInProgress; in each case the current one stays.
        """
        release = self.get(release_id)
        with self.lock():
            problems = release.verify()
            if problems:
                raise DamagedRelease(f"{release_id} is damaged and stays unused: {problems[0]}.")
            self.point_at(release)
            return release

    @contextmanager
    def lock(self, is_patient: bool = False) -> Iterator[None]:
        """Be the only one who writes to the data directory; what a build that failed or was killed left is removed.

        If somebody else does, waits for them to end if `is_patient`, else raises BuildInProgress. The kernel lets the
        lock go when its holder dies, however it dies.
        """
        self.data.mkdir(parents=True, exist_ok=True)
        with (self.data / "lock").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | (0 if is_patient else fcntl.LOCK_NB))
            except BlockingIOError as error:
                raise BuildInProgress(
                    f"Another build is writing to {self.data}; wait for it to end, as `verkosto build --wait` does."
                ) from error
            self._clear()
            try:
                yield
            finally:
                # A build that fails for want of space gives back what it has taken.
                self._clear()

    def _clear(self) -> None:
        for left_behind in (self.data / "building", *self.data.glob(f"{EXTRACTING}*")):
            shutil.rmtree(left_behind, ignore_errors=True)

    def clear_workshop(self) -> Path:
        """An empty directory to build a release in; what a killed build left there is removed. Needs the lock."""
        workshop = self.data / "building"
        shutil.rmtree(workshop, ignore_errors=True)
        workshop.mkdir(parents=True)
        return workshop

    def publish(self, staged: Path, release_id: str) -> Release:
        """Make a finished directory the current release. Needs the lock.

        Everything is on disk before the one rename of ``current`` that readers notice; a crash at any point leaves
        the previous release serving.
        """
        _sync_tree(staged)
        home = self.data / "releases"
        home.mkdir(exist_ok=True)
        # For readers who may write nothing.
        in_use = self.data / "in-use"
        in_use.mkdir(exist_ok=True)
        (in_use / release_id).touch()
        staged.rename(home / release_id)
        sync(home)
        release = Release(home / release_id)
        self.point_at(release)
        return release

    def point_at(self, release: Release) -> None:
        """Make a release that is whole the current one, by one rename. Needs the lock."""
        new = self.data / "current.new"
        with new.open("w", encoding="ascii") as file:
            file.write(release.id + "\n")
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.data / "current")
        sync(self.data)

    def _directories(self) -> list[Release]:
        home = self.data / "releases"
        return [Release(path) for path in sorted(home.iterdir())] if home.is_dir() else []


def _is_readable(release: Release) -> bool:
    try:
        return release.manifest.id == release.id
    except DamagedRelease:
        return False


def _sync_tree(directory: Path) -> None:
    for path in directory.rglob("*"):
        sync(path)
    sync(directory)


def sync(path: Path) -> None:
    """Have the disk hold a file's content, or a directory's names, before anything that relies on it."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
