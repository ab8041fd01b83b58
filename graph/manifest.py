"""What a release says of itself: manifest.json, and the checksum that guards it."""

import hashlib
import os
from collections.abc import Iterable, Mapping, Set
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import msgspec

from graph.about import About
from graph.errors import DamagedRelease

MANIFEST: Final = "manifest.json"
CHECKSUM: Final = "manifest.json.sha256"
DUMP: Final = "verkosto.nq"
"""The dump of the whole graph, which a release is named after."""
VOID: Final = "void.ttl"
"""The VoID of a release."""
ID_DIGITS: Final = 8
"""How many digits of the dump's SHA-256 stand in a release's id."""
FORMAT: Final = 6


class FileEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a release: its size in bytes and the SHA-256 of its content, in hexadecimal."""

    bytes: int
    sha256: str
    rows: int | None = None
    """How many statements, things or rows it has, if it is a dump that was not made of another one."""


class ThemeCityCount(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many distinct documents of a city illustrate a theme; both are IRIs."""

    theme: str
    city: str
    documents: int


class Counts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is in a release, counted in its store."""

    quads: int
    """Statements in named graphs; one that stands in two graphs counts twice."""
    triples: int
    """Distinct triples: the size of the merged default graph."""
    graphs: dict[str, int]
    """Named graph → its quads."""
    classes: dict[str, int]
    """Class → its distinct instances in the merged graph."""
    theme_city: list[ThemeCityCount]
    """Theme × city; a pair without a document is left out."""
    overlaps: list[tuple[str, str, int]] | None = None
    """Two named graphs, and how many triples both have; only pairs that share any. None where nobody counted."""

    def share_triples(self, graphs: Set[str]) -> bool:
        """Whether some of these named graphs have a triple in common; also where that is not known."""
        if self.overlaps is None:
            return len(graphs) > 1
        return any({one, other} <= graphs for one, other, _ in self.overlaps)


class SourceEntry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One source: its title by language, its licence, the SHA-256 of each raw file, what became of its records."""

    name: str
    loader: str
    graph: str
    title: dict[str, str]
    licence: str
    files: dict[str, str]
    read: int
    loaded: int
    skipped: int
    municipality: str | None = None
    """The code of the municipality that the source speaks of, if it is one."""
    page: str | None = None
    """Where its publisher offers it."""
    attribution: str | None = None
    """Whom its licence asks to name."""
    seconds: float = 0.0
    """How long it took to read, when it was read last. It stands here and not in the report, which the same bytes make
    the same."""
    code: str = ""
    """A hash of the code that read it."""
    made_of: str = ""
    """A hash of all that its graph was made of: files, configuration, code; empty if that is not known."""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The description of a release that everything about it is checked against."""

    id: str
    created: str
    """When it was built: UTC, ISO 8601."""
    format: int
    """How releases are laid out; a release of another format is made anew, even when it says the same."""
    code: str
    """A hash of the code that made it (`graph.code`); other code builds upon nothing of it."""
    content: str
    """SHA-256 of the N-Quads dump: two releases with the same content say the same."""
    base: str
    """What the IRIs of the graph begin with."""
    about: About
    previous: str | None
    """The id of the release that was current when it was built."""
    counts: Counts
    sources: list[SourceEntry]
    files: dict[str, FileEntry]
    """Path inside the release → size and hash, for every file but the manifest and its checksum."""

    @property
    def iri(self) -> str:
        """The IRI of the release as a dataset, which is also what its files' addresses begin with."""
        return release_iri(self.base, self.id)


def release_iri(base: str, release_id: str) -> str:
    """The IRI of a release as a dataset.

    >>> release_iri("https://example.org", "2026-11-25-945c8627")
    'https://example.org/data/2026-11-25-945c8627/'
    """
    return f"{base}/data/{release_id}/"


def as_json(value: object) -> bytes:
    """What a release keeps as JSON, laid out to be read."""
    return msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n"


def offered(files: Iterable[str]) -> dict[str, str]:
    """The files for download among those of a release: address below that of the release → path inside it.

    The manifest and its checksum, which it cannot have, are offered too.

    >>> offered(["dumps/verkosto.nq", "graphs/a.nq", "report.json", "raw/a.places", "store/CURRENT"])
    {'verkosto.nq': 'dumps/verkosto.nq', 'sources/a.nq': 'graphs/a.nq', 'report.json': 'report.json'}
    """
    found = {}
    for path in files:
        folder, _, name = path.partition("/")
        # The raw files hold what the graph leaves out: persons' contact details. Their pages show them without.
        if folder == "dumps":
            found[name] = path
        elif folder == "graphs":
            # The N-Quads of a source are those that the next release is compared with; they are not kept twice.
            found[f"sources/{name}"] = path
        elif not name:
            found[path] = path
    return found


def write(directory: Path, manifest: Manifest) -> None:
    """Write manifest.json and its checksum (in the form `sha256sum --check` reads) into a release directory."""
    text = as_json(manifest)
    (directory / MANIFEST).write_bytes(text)
    (directory / CHECKSUM).write_text(f"{hashlib.sha256(text).hexdigest()}  {MANIFEST}\n", encoding="ascii")


def read(directory: Path) -> Manifest:
    """Read a release's manifest. Raises DamagedRelease, naming the file, if it is not what was written."""
    advice = "Run `verkosto rollback` to an older release, or `verkosto build` to make a new one."
    try:
        text = (directory / MANIFEST).read_bytes()
        stated = (directory / CHECKSUM).read_bytes()
    except OSError as error:
        raise DamagedRelease(f"{error.filename} can't be read ({error.strerror}). {advice}") from error
    if stated != f"{hashlib.sha256(text).hexdigest()}  {MANIFEST}\n".encode("ascii"):
        raise DamagedRelease(
            f"{directory / MANIFEST} does not match its checksum in {CHECKSUM}: one of the two was changed "
            f"after publication. {advice}"
        )
    try:
        return msgspec.json.decode(text, type=Manifest)
    except msgspec.DecodeError as error:
        raise DamagedRelease(f"{directory / MANIFEST} is of another version of Verkosto ({error}). {advice}") from error


def hash_file(path: Path) -> FileEntry:
    """The size and SHA-256 of a file, read in pieces; of a link, a pipe or the like, an entry that no file has."""
    if path.is_symlink() or not path.is_file():
        return FileEntry(bytes=0, sha256="not a regular file")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
        return FileEntry(bytes=file.tell(), sha256=digest.hexdigest())


def hash_files(directory: Path, names: Iterable[str]) -> dict[str, FileEntry]:
    """Size and SHA-256 of files in a directory, by their names there."""
    listed = list(names)
    # Hashing lets the interpreter go while it works.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(listed, pool.map(hash_file, (directory / name for name in listed)), strict=True))


def hash_tree(directory: Path, known: Mapping[int, FileEntry] | None = None) -> dict[str, FileEntry]:
    """Every file below a release directory but the manifest and its checksum, by its path there, sorted.

    Files that are known by their inode, being other names of files that never change, are not read again.
    """
    names = sorted(path.relative_to(directory).as_posix() for path in directory.rglob("*") if not path.is_dir())
    names = [name for name in names if name not in (MANIFEST, CHECKSUM)]
    found = {name: (known or {}).get((directory / name).lstat().st_ino) for name in names}
    hashed = hash_files(directory, (name for name, entry in found.items() if entry is None))
    return {name: entry or hashed[name] for name, entry in found.items()}
