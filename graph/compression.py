"""Compressed copies of dumps. The only module that compresses them.

gzip (`RFC 1952 <https://www.rfc-editor.org/rfc/rfc1952>`_) and Zstandard (`RFC 8878
<https://www.rfc-editor.org/rfc/rfc8878>`_). Both let the interpreter go while they work, so that they can run
in threads.
"""

import shutil
from pathlib import Path
from typing import Final

import zstandard
from isal import igzip

_CHUNK: Final = 1 << 20


def compress(path: Path) -> list[Path]:
    """Write a copy in each format beside a file, and tell where; the same bytes make the same copies."""
    return [_gzip(path), _zstandard(path)]


def _gzip(path: Path) -> Path:
    copy = path.with_name(f"{path.name}.gz")
    # Neither name nor time is written into the copy.
    with (
        path.open("rb") as source,
        copy.open("wb") as file,
        igzip.IGzipFile("", "wb", 2, file, 0) as target,  # type: ignore[no-untyped-call]
    ):
        shutil.copyfileobj(source, target, _CHUNK)
    return copy


def _zstandard(path: Path) -> Path:
    copy = path.with_name(f"{path.name}.zst")
    with path.open("rb") as source, copy.open("wb") as target:
        zstandard.ZstdCompressor(level=3, write_checksum=True).copy_stream(source, target, size=path.stat().st_size)
    return copy
