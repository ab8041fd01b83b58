"""Which code makes releases: nothing is built upon what other code has made."""

import hashlib
from functools import cache
from pathlib import Path

from ontology import vocabulary

_SUFFIXES = (".py", ".toml", ".ttl")


@cache
def fingerprint() -> str:
    """A hash of the ontology and of all code that puts releases together."""
    return of_rooms(Path(__file__).parent, Path(vocabulary.__file__).parent)


def of_rooms(*rooms: Path) -> str:
    """A hash of the code, tables and vocabularies in some folders."""
    digest = hashlib.sha256()
    for room in rooms:
        for path in sorted(path for path in room.iterdir() if path.suffix in _SUFFIXES):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()
