"""The raw bytes of a source. The only module that fetches; a loader is handed what it found."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from loaders.errors import UnreadableSource


@dataclass(frozen=True)
class Raw:
    """What a source gave: file name → bytes, unchanged."""

    files: Mapping[str, bytes]

    def digests(self) -> dict[str, str]:
        """File name → SHA-256 of its bytes, in hexadecimal."""
        return {name: hashlib.sha256(content).hexdigest() for name, content in sorted(self.files.items())}


def fetch(location: Path, suffixes: tuple[str, ...]) -> Raw:
    """Read one file, or the files of a folder that end in one of `suffixes`.

    Raises UnreadableSource if there is nothing to read.
    """
    try:
        if location.is_dir():
            paths = sorted(path for path in location.iterdir() if path.suffix.lower() in suffixes)
        else:
            paths = [location]
        files = {path.name: path.read_bytes() for path in paths}
    except OSError as error:
        raise UnreadableSource(f"{error.filename} can't be read ({error.strerror}); check the path.") from error
    except ValueError as error:
        raise UnreadableSource(f"{str(location)!r} is no path ({error}).") from error
    if not files:
        raise UnreadableSource(f"{location} has no {' or '.join(suffixes)} file; check the path.")
    return Raw(files)
