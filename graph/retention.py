"""Which releases stay: tags, what readers hold, and the rest deleted. The only module that deletes releases.

::

    data/tags/<name>    one line: the id of a release that is kept
    data/in-use/<id>    locked, shared, by every process that has the release open
"""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from graph.errors import InvalidTag, NoRelease
from graph.release import Release
from graph.releases import Releases, sync

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


@contextmanager
def in_use(release: Release) -> Iterator[None]:
    """Keep a release from being deleted while this lasts. Raises NoRelease if it is gone already.

    The kernel ends it with the process, however that ends. A file outside the release is locked, as nothing in a
    release changes, and as network file systems lock no directories.
    """
    try:
        file = _locked(release, fcntl.LOCK_SH)
    except BlockingIOError as error:
        raise _gone(release) from error
    except OSError:
        # A copy of releases, where nothing can be written: nobody builds there, and nobody deletes.
        file = None
    try:
        if not release.directory.is_dir():
            raise _gone(release)
        yield
    finally:
        if file is not None:
            file.close()


def tags(releases: Releases) -> dict[str, str]:
    """The name of each tag → the id of its release."""
    folder = releases.data / "tags"
    named = sorted(folder.iterdir()) if folder.is_dir() else []
    return {path.name: path.read_text(encoding="ascii").strip() for path in named if _NAME.fullmatch(path.name)}


def tag(releases: Releases, release_id: str, name: str) -> None:
    """Keep a release for good, under a name. Raises NoRelease, InvalidTag."""
    if not _NAME.fullmatch(name):
        raise InvalidTag(f"{name!r} is no name for a tag: letters, digits, '.', '_' and '-', at most 64 of them.")
    # What is in use is not being deleted: once the tag is written, it stays.
    with in_use(releases.get(release_id)):
        folder = releases.data / "tags"
        folder.mkdir(exist_ok=True)
        new = folder / f".{name}-{os.getpid()}"
        try:
            with new.open("w", encoding="ascii") as file:
                file.write(f"{release_id}\n")
                file.flush()
                os.fsync(file.fileno())
            os.link(new, folder / name)
            sync(folder)
        except FileExistsError as error:
            tagged = tags(releases)[name]
            if tagged != release_id:
                raise InvalidTag(
                    f"The tag {name} is on {tagged} and may have been cited; choose another, or `verkosto untag` it."
                ) from error
        finally:
            new.unlink(missing_ok=True)


def untag(releases: Releases, name: str) -> str:
    """Take a tag off, and give the id of the release that had it. Raises InvalidTag if there is no such tag."""
    tagged = tags(releases).get(name)
    if tagged is None:
        raise InvalidTag(f"There is no tag {name!r} in {releases.data}; `verkosto releases` shows the tags.")
    (releases.data / "tags" / name).unlink()
    sync(releases.data / "tags")
    return tagged


def prune(releases: Releases, keep: int) -> list[str]:
    """Delete all but the `keep` newest releases, and give the ids of those deleted. Needs the lock of `releases`.

    The current one, those with a tag and those in use stay, and so do those whose manifest can't be read.
    """
    return [release.id for release in releases.all()[:-keep] if _delete(releases, release)]


def _delete(releases: Releases, release: Release) -> bool:
    """Delete a release, unless it is to stay. It is gone by one rename, so that nobody ever sees half of it."""
    try:
        file = _locked(release, fcntl.LOCK_EX)
    except BlockingIOError:
        return False
    with file:
        # Who tags a release has it in use: now that nobody has, all its tags are there.
        if release.id == releases.current_id() or release.id in tags(releases).values():
            return False
        workshop = releases.clear_workshop()
        release.directory.rename(workshop / release.id)
        sync(release.directory.parent)
        _lock_file(release).unlink(missing_ok=True)
    shutil.rmtree(workshop)
    return True


def _lock_file(release: Release) -> Path:
    return Releases.of(release).data / "in-use" / release.id


def _locked(release: Release, how: int) -> IO[str]:
    """The lock file of a release, locked. Raises BlockingIOError if somebody holds it so that this can't be."""
    path = _lock_file(release)
    while True:
        file = _opened(path)
        try:
            fcntl.flock(file, how | fcntl.LOCK_NB)
            # It may have been deleted, and made anew by somebody else, before it was locked.
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                    return file
        except BaseException:
            file.close()
            raise
        file.close()


def _opened(path: Path) -> IO[str]:
    try:
        path.parent.mkdir(exist_ok=True)
        return path.open("a+", encoding="ascii")
    except OSError:
        # A reader need not be allowed to write; `Releases.publish` has made the file.
        return path.open(encoding="ascii")


def _gone(release: Release) -> NoRelease:
    return NoRelease(f"Release {release.id} has been deleted; `verkosto releases` lists those there are.")
