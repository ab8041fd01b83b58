"""The formats of dumps: what they are called, their media types, and the EU's names of file types."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Format:
    """A format of files, by the register of media types and the EU's list of file types."""

    name: str
    media_type: str
    file_type: str
    """A code of http://publications.europa.eu/resource/authority/file-type."""


FORMATS: Final = {
    "nq": Format("N-Quads", "application/n-quads", "RDF_N_QUADS"),
    "trig": Format("TriG", "application/trig", "RDF_TRIG"),
    "ttl": Format("Turtle", "text/turtle", "RDF_TURTLE"),
    "jsonld": Format("JSON-LD", "application/ld+json", "JSON_LD"),
    "csv": Format("CSV", "text/csv", "CSV"),
    "parquet": Format("Parquet", "application/vnd.apache.parquet", "PARQUET"),
    "json": Format("JSON", "application/json", "JSON"),
    # https://afs.github.io/rdf-patch/
    "rdfp": Format("RDF Patch", "application/rdf-patch", "TXT"),
    "cff": Format("Citation File Format", "application/yaml", "TXT"),
}
"""Suffix → format."""
COMPRESSED: Final = {"gz": "application/gzip", "zst": "application/zstd"}
"""Suffix of a compressed copy → its media type."""


def split(name: str) -> tuple[str, str]:
    """The suffix of a file's format, and that of its compression or nothing.

    >>> split("tables/city.csv.gz"), split("verkosto.nq")
    (('csv', 'gz'), ('nq', ''))
    """
    stem, _, last = name.rpartition(".")
    return (stem.rpartition(".")[2], last) if last in COMPRESSED else (last, "")


def media_type(name: str) -> str:
    """The media type of a file by its name; text if the suffix tells nothing.

    >>> media_type("verkosto.ttl"), media_type("verkosto.ttl.zst"), media_type("SHA256SUMS")
    ('text/turtle', 'application/zstd', 'text/plain')
    """
    suffix, compression = split(name)
    return COMPRESSED.get(compression) or (FORMATS[suffix].media_type if suffix in FORMATS else "text/plain")
