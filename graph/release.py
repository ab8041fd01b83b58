"""One release: an immutable directory with a manifest, a store and dumps."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import msgspec

from graph import manifest as manifests
from graph.errors import DamagedRelease
from graph.manifest import Manifest
from graph.rawstore import RawStore


@dataclass(frozen=True)
class Problem:
    """A file of a release that is not as it was published."""

    path: Path
    what: str

    def __str__(self) -> str:
        return f"{self.path}: {self.what}"


@dataclass(frozen=True)
class Release:
    """A release on disk. Nothing in it changes after publication."""

    directory: Path

    @property
    def id(self) -> str:
        """Its name, which is also the name of its directory and the value of ``X-Release``."""
        return self.directory.name

    @cached_property
    def manifest(self) -> Manifest:
        """What it says of itself, checked against its checksum. Raises DamagedRelease."""
        found = manifests.read(self.directory)
        if found.id != self.id:
            raise DamagedRelease(
                f"{self.directory / manifests.MANIFEST} is the manifest of {found.id}; "
                f"rename the directory back to {found.id}."
            )
        return found

    @cached_property
    def offered(self) -> dict[str, str]:
        """Its files for download: address below that of the release → path inside it."""
        return manifests.offered(self.manifest.files)

    @property
    def store(self) -> Path:
        """The directory of its triple store."""
        return self.directory / "store"

    @property
    def dumps(self) -> Path:
        """The directory of the files offered for download."""
        return self.directory / "dumps"

    def graph(self, graph_iri: str) -> Path:
        """The file with the statements of one named graph."""
        return self.directory / "graphs" / graph_file(graph_iri)

    def statements(self, graph_iri: str) -> "Statements":
        """The statements (`graph.ntriples`) of one named graph, sorted, without the name of the graph."""
        return Statements(self.graph(graph_iri))

    @property
    def raw(self) -> RawStore:
        """The raw files of its sources."""
        return RawStore(self.directory / "raw")

    @cached_property
    def report(self) -> dict[str, Any]:
        """What became of the records of its sources. Raises DamagedRelease."""
        try:
            found = msgspec.json.decode((self.directory / "report.json").read_bytes(), type=dict[str, Any])
        except (OSError, msgspec.DecodeError) as error:
            raise DamagedRelease(f"{self.directory / 'report.json'} can't be read ({error}).") from error
        return found

    def is_whole(self, names: Iterable[str]) -> bool:
        """Whether some of its files, by their paths in it, are as published."""
        stated = self.manifest.files
        found = manifests.hash_files(self.directory, names)
        return not any(_difference(stated.get(name), entry) for name, entry in found.items())

    def inodes(self) -> dict[int, manifests.FileEntry]:
        """The files of the release by their inodes, for a release that shares some of them by hard links."""
        stated = self.manifest.files
        return {(self.directory / name).lstat().st_ino: entry for name, entry in stated.items()}

    def verify(self) -> list[Problem]:
        """Compare every byte with the manifest; an empty list means the release is as published."""
        try:
            stated = self.manifest.files
        except DamagedRelease as error:
            path = self.directory / manifests.MANIFEST
            return [Problem(path, str(error).removeprefix(f"{path} "))]
        found = manifests.hash_tree(self.directory)
        problems = [
            Problem(self.directory / name, what)
            for name in sorted(stated.keys() | found.keys())
            if (what := _difference(stated.get(name), found.get(name)))
        ]
        # The id holds the beginning of the content's hash, so that not even dump, manifest and checksum can be
        # changed together without a trace.
        dump, content = f"dumps/{manifests.DUMP}", self.manifest.content
        if not problems and (found[dump].sha256 != content or content[: manifests.ID_DIGITS] not in self.id):
            problems.append(Problem(self.directory / dump, f"is not the content that {self.id} was named after"))
        return problems


@dataclass(frozen=True)
class Statements:
    """The statements in the file of a named graph; can be gone through as often as one likes."""

    path: Path

    def __iter__(self) -> Iterator[str]:
        with self.path.open(encoding="utf-8", newline="\n") as file:
            yield from (line[: line.rindex(" <")] for line in file)


def graph_file(graph_iri: str) -> str:
    """What the file of a named graph is called in the folder ``graphs`` of a release.

    >>> graph_file("https://example.org/id/graph/tpr")
    'tpr.nq'
    """
    return f"{graph_iri.rpartition('/')[2]}.nq"


def _difference(stated: manifests.FileEntry | None, found: manifests.FileEntry | None) -> str | None:
    if found is None:
        return "is in the manifest but not on disk"
    if stated is None:
        return "is on disk but not in the manifest"
    if found.bytes != stated.bytes:
        return f"has {found.bytes} bytes, the manifest says {stated.bytes}"
    if found.sha256 != stated.sha256:
        return "differs from what was published (its SHA-256 is not the manifest's)"
    return None
