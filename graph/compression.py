"""Compressed copies of dumps. The only module that compresses them."""

import gzip
import os
import shutil
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import zstandard

SUFFIXES: Final = (".gz", ".zst")
"""gzip (`RFC 1952 <https://www.rfc-editor.org/rfc/rfc1952>`_), Zstandard (`RFC 8878
<https://www.rfc-editor.org/rfc/rfc8878>`_)."""
_CHUNK: Final = 1 << 20


def compress(paths: Iterable[Path]) -> None:
    """Write a copy in each format beside each file; the same bytes make the same copies."""
    # Both compressors let the interpreter go while they work.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(job, path) for path in paths for job in (_gzip, _zstandard)]
        for job in jobs:
            job.result()


def _gzip(path: Path) -> None:
    with (
        path.open("rb") as source,
        path.with_name(path.name + ".gz").open("wb") as file,
        gzip.GzipFile(filename="", mode="wb", compresslevel=6, fileobj=file, mtime=0) as target,
    ):
        shutil.copyfileobj(source, target, _CHUNK)


def _zstandard(path: Path) -> None:
    with path.open("rb") as source, path.with_name(path.name + ".zst").open("wb") as target:
        zstandard.ZstdCompressor(level=3, write_checksum=True).copy_stream(source, target, size=path.stat().st_size)
