"""Which code makes releases: nothing is built upon what other code has made."""

import hashlib
import sys
from functools import cache
from importlib.metadata import version
from pathlib import Path

from ontology import vocabulary

_SUFFIXES = (".py", ".toml", ".ttl")
_LIBRARIES = ("isal", "msgspec", "pyarrow", "pyoxigraph", "rdflib", "zstandard")
"""Those that write files of a release."""


@cache
def fingerprint() -> str:
    """A hash of the ontology and of all code that puts releases together, that of libraries by their versions."""
    ours = of_rooms(Path(__file__).parent, Path(vocabulary.__file__).parent)
    theirs = [f"{name} {version(name)}" for name in _LIBRARIES]
    return hashlib.sha256(" ".join([ours, *theirs, sys.version]).encode()).hexdigest()


def of_rooms(*rooms: Path) -> str:
    """A hash of the code, tables and vocabularies in some folders."""
    digest = hashlib.sha256()
    for room in rooms:
        for path in sorted(path for path in room.iterdir() if path.suffix in _SUFFIXES):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()
