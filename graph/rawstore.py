"""The raw bytes of sources as a release keeps them: compressed, named after their content, readable from the middle.

::

    raw/<sha256>.gz       gzip members of one MiB each, which any gunzip reads as one file
    raw/<sha256>.members  where each member begins in the .gz, as JSON
    raw/<source>.places   sorted lines: key of a record, file, first byte, length, with tabs between
    raw/<source>.valid    sorted lines: a digest of what a valid record says
"""

import gzip
import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

from graph.errors import DamagedRelease

_MEMBER: Final = 1 << 20


@dataclass(frozen=True)
class Place:
    """Where a record stands in a raw file: bytes from `start`, `length` of them."""

    file: str
    start: int
    length: int


@dataclass(frozen=True)
class RawStore:
    """The folder ``raw`` of a release."""

    directory: Path

    def keep(self, file: BinaryIO) -> str:
        """Keep a file; its SHA-256 is its name. The same bytes make the same files."""
        self.directory.mkdir(exist_ok=True)
        digest, starts = hashlib.sha256(), [0]
        unnamed = self.directory / "incoming"
        with unnamed.open("wb") as target:
            while chunk := file.read(_MEMBER):
                digest.update(chunk)
                target.write(gzip.compress(chunk, mtime=0))
                starts.append(target.tell())
        name = digest.hexdigest()
        unnamed.rename(self._compressed(name))
        (self.directory / f"{name}.members").write_text(json.dumps(starts[:-1] or [0]), encoding="ascii")
        return name

    def adopt(self, other: "RawStore", name: str) -> None:
        """Keep a file that another release has already, without another copy of it."""
        self.directory.mkdir(exist_ok=True)
        for path in (other._compressed(name), other.directory / f"{name}.members"):
            if not (self.directory / path.name).exists():
                os.link(path, self.directory / path.name)

    def holds(self, name: str) -> bool:
        """Whether a file with this SHA-256 is kept here."""
        return self._compressed(name).is_file()

    def open(self, name: str) -> BinaryIO:
        """A file as it was, to be read in pieces."""
        return gzip.open(self._compressed(name), "rb")  # type: ignore[return-value]

    def read(self, name: str, start: int, length: int) -> bytes:
        """Some bytes of a file, without reading what stands before them. Raises DamagedRelease."""
        try:
            starts = json.loads((self.directory / f"{name}.members").read_text(encoding="ascii"))
            first = min(start // _MEMBER, len(starts) - 1)
            with self._compressed(name).open("rb") as packed:
                packed.seek(starts[first])
                with gzip.GzipFile(fileobj=packed) as file:
                    file.read(start - first * _MEMBER)
                    return file.read(length)
        except (OSError, ValueError, EOFError) as error:
            raise DamagedRelease(f"The raw file {name} can't be read ({error}); run `verkosto verify`.") from error

    def write_places(self, source: str, lines: Iterable[str]) -> None:
        """Keep where the records of a source stand: sorted lines."""
        self.directory.mkdir(exist_ok=True)
        with self._places(source).open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in lines)

    def places(self, source: str) -> Iterable[str]:
        """The lines of `write_places`."""
        with self._places(source).open(encoding="utf-8", newline="\n") as file:
            yield from (line.rstrip("\n") for line in file)

    def write_valid(self, source: str, digests: Iterable[str]) -> None:
        """Keep what need not be validated again: digests, sorted."""
        with self._valid(source).open("w", encoding="ascii") as file:
            file.writelines(f"{digest}\n" for digest in digests)

    def valid(self, source: str) -> frozenset[str]:
        """The digests of `write_valid`; none if there are none."""
        try:
            return frozenset(self._valid(source).read_text(encoding="ascii").split())
        except OSError:
            return frozenset()

    def find(self, source: str, key: str) -> Place | None:
        """Where a record stands, found by halving the list; None if it has no place in a raw file."""
        try:
            with self._places(source).open("rb") as file:
                line = _search(file, key.encode())
        except OSError:
            return None
        if line is None:
            return None
        _, name, start, length = line.decode().rsplit("\t", 3)
        return Place(name, int(start), int(length))

    def keys(self, source: str, prefix: str, first: int, most: int) -> list[str]:
        """The keys of the records that begin with a prefix, from number `first` on, at most `most` of them."""
        try:
            with self._places(source).open("rb") as file:
                file.seek(_first_from(file, prefix.encode()))
                lines = islice((line for line in file), first, first + most)
                keys = [line.decode().partition("\t")[0] for line in lines]
        except OSError:
            return []
        return [key for key in keys if key.startswith(prefix)]

    def _compressed(self, name: str) -> Path:
        return self.directory / f"{name}.gz"

    def _valid(self, source: str) -> Path:
        return self.directory / f"{source}.valid"

    def _places(self, source: str) -> Path:
        return self.directory / f"{source}.places"


def _search(file: BinaryIO, key: bytes) -> bytes | None:
    """The line that begins with a key and a tab, in a file of lines sorted by their bytes."""
    file.seek(_first_from(file, key + b"\t"))
    line = file.readline()
    return line.rstrip(b"\n") if line.startswith(key + b"\t") else None


def _first_from(file: BinaryIO, text: bytes) -> int:
    """Where the first line begins that is not before a text, found by halving."""
    low, high = 0, file.seek(0, os.SEEK_END)
    while low < high:
        middle = (low + high) // 2
        file.seek(middle)
        if middle:
            file.seek(middle - 1)
            file.readline()
        line = file.readline()
        if line and line < text:
            low = file.tell()
        else:
            high = middle
    return low
