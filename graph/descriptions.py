"""The descriptions of a release, as files beside its dumps."""

from pathlib import Path
from typing import Final

from graph import packages
from graph.catalogue import catalogue
from graph.manifest import FileEntry, Manifest
from graph.statistics import Statistics
from graph.void import void

CATALOGUE: Final = "dcat.ttl"
VOID: Final = "void.ttl"
CHECKSUMS: Final = "SHA256SUMS"


def write(directory: Path, manifest: Manifest, statistics: Statistics) -> list[str]:
    """Describe a release whose manifest has all its files but these. The names of the files written."""
    texts = {
        CATALOGUE: catalogue(manifest).serialize(encoding="utf-8"),
        VOID: void(manifest, statistics).serialize(encoding="utf-8"),
        "datapackage.json": packages.datapackage(manifest),
        "csv-metadata.json": packages.csvw(manifest),
        "CITATION.cff": packages.citation(manifest),
        CHECKSUMS: packages.checksums(_dumps(manifest)),
    }
    for name, text in texts.items():
        (directory / name).write_bytes(text)
    return list(texts)


def _dumps(manifest: Manifest) -> dict[str, FileEntry]:
    return {name.removeprefix("dumps/"): entry for name, entry in manifest.files.items() if name.startswith("dumps/")}
