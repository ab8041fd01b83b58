"""What a graph is made of: the raw bytes of its sources, and whether the current release was made of the same."""

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path

from graph.code import fingerprint, of_rooms
from graph.errors import GraphError
from graph.releases import Releases
from loaders import registry
from loaders.config import LINKS_GRAPH, Config, SourceConfig
from loaders.sheets import CSV, XLSX
from loaders.source import Raw, fetch


def fetch_all(config: Config) -> dict[str, Raw]:
    """The raw bytes of each source by its name, and of the decisions by the name of their graph. Raises LoaderError."""
    raws = {
        source.name: fetch(config.directory / source.path, registry.find(source.loader).suffixes)
        for source in config.source
    }
    if config.decisions is not None:
        raws[LINKS_GRAPH] = fetch(config.directory / config.decisions, (CSV, XLSX))
    return raws


def is_current(config: Config, data: Path) -> bool:
    """Whether the release that is served was made of these very inputs by this very code."""
    try:
        current = Releases(data).current()
        made_of = (data / "inputs").read_text(encoding="ascii")
        return made_of == _note(current.manifest.id, _digest(config, fetch_all(config)))
    except (GraphError, OSError):
        return False


def note(config: Config, raws: Mapping[str, Raw], data: Path, release_id: str) -> None:
    """Remember what a release was made of, for `is_current`; kept outside it, since it is not part of what is said."""
    (data / "inputs").write_text(_note(release_id, _digest(config, raws)), encoding="ascii")


def _note(release_id: str, digest: str) -> str:
    return f"{release_id} {digest}\n"


def made_of(base: str, source: SourceConfig, raw: Raw) -> str:
    """A hash of all that the graph of a source is made of: its files, what the configuration says of it, our code."""
    said = f"{base} {source} {sorted(raw.digests().items())} {code()}"
    return hashlib.sha256(said.encode()).hexdigest()


@cache
def code() -> str:
    """A hash of the ontology and of the code that reads sources, validates, and says records in RDF.

    Of another distribution's loaders it is the version that counts.
    """
    digest = hashlib.sha256(f"{fingerprint()} {of_rooms(Path(__file__).parent)}".encode())
    for entry in sorted(entry_points(group=registry.GROUP), key=lambda entry: entry.name):
        digest.update(f"{entry.name} {entry.value} {entry.dist and entry.dist.version}".encode())
    return digest.hexdigest()


def _digest(config: Config, raws: Mapping[str, Raw]) -> str:
    digest = hashlib.sha256(f"{config.base} {config.about} {config.source} {code()}".encode())
    for source, raw in sorted(raws.items()):
        digest.update(f"{source} {raw.digests()}".encode())
    return digest.hexdigest()
