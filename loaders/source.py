"""The raw bytes of a source. The only module that fetches; a loader is handed what it found."""

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

from loaders.errors import UnreadableSource


@dataclass(frozen=True)
class Raw:
    """What a source gave: file name → bytes, or where they are on disk; unchanged either way."""

    files: Mapping[str, bytes | Path]

    def open(self, name: str) -> BinaryIO:
        """A file, to be read in pieces."""
        content = self.files[name]
        return io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")

    def read(self, name: str) -> bytes:
        """A whole file."""
        with self.open(name) as file:
            return file.read()

    def size(self) -> int:
        """How many bytes all files have."""
        contents = self.files.values()
        return sum(len(c) if isinstance(c, bytes) else c.stat().st_size for c in contents)

    def digests(self) -> dict[str, str]:
        """File name → SHA-256 of its bytes, in hexadecimal, as they were when this was asked first."""
        return self._digests

    @cached_property
    def _digests(self) -> dict[str, str]:
        return {name: self._digest(name) for name in sorted(self.files)}

    def _digest(self, name: str) -> str:
        with self.open(name) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]


def fetch(location: Path, suffixes: tuple[str, ...]) -> Raw:
    """One file, or the files of a folder that end in one of `suffixes`.

    Raises UnreadableSource if there is nothing to read.
    """
    try:
        if location.is_dir():
            paths = sorted(path for path in location.iterdir() if path.suffix.lower() in suffixes)
        else:
            paths = [location]
        for path in paths:
            with path.open("rb") as file:
                file.read(1)
    except OSError as error:
        raise UnreadableSource(f"{error.filename} can't be read ({error.strerror}); check the path.") from error
    except ValueError as error:
        raise UnreadableSource(f"{str(location)!r} is no path ({error}).") from error
    if not paths:
        raise UnreadableSource(f"{location} has no {' or '.join(suffixes)} file; check the path.")
    return Raw({path.name: path for path in paths})
