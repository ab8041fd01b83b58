"""Compressed copies of dumps. The only module that compresses them.

gzip (`RFC 1952 <https://www.rfc-editor.org/rfc/rfc1952>`_) and Zstandard (`RFC 8878
<https://www.rfc-editor.org/rfc/rfc8878>`_). Both let the interpreter go while they work, so that they can run
in threads.
"""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import zstandard
from isal import igzip

_CHUNK: Final = 1 << 20


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
    # Statements repeat what stood nearby: higher levels take longer and save nothing.
    with path.open("rb") as source, copy.open("wb") as target:
        zstandard.ZstdCompressor(level=1, write_checksum=True).copy_stream(source, target, size=path.stat().st_size)
    return copy


COPIES: Final[Sequence[Callable[[Path], Path]]] = (_gzip, _zstandard)
"""Each writes a copy of a file beside it, in a format of its own, and tells where. The same bytes, the same copy."""
