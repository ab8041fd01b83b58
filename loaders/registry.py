"""Which loaders are installed: ours and other people's, by the entry-point group ``verkosto.loaders``."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import cast

from loaders.errors import UnknownLoader
from loaders.records import SourceRecord
from loaders.report import Report
from loaders.source import Raw

GROUP = "verkosto.loaders"


@dataclass(frozen=True)
class Loader:
    """What an entry point of the group gives."""

    suffixes: tuple[str, ...]
    """Which files of a folder are the source's, such as ``.csv``."""
    read: Callable[[Raw, Report], Iterable[SourceRecord]]
    """Raw bytes in, records out. Broken records go to the report, broken files raise UnreadableSource."""
    closed: bool = False
    """Whether whatever a record refers to has to be a record of the same source. Such a source is held in memory."""


def names() -> list[str]:
    """The installed loaders, sorted."""
    return sorted(entry_points(group=GROUP).names)


def find(name: str) -> Loader:
    """The loader of this name. Raises UnknownLoader."""
    for entry in entry_points(group=GROUP, name=name):
        return cast(Loader, entry.load())
    raise UnknownLoader(f"There is no loader {name!r}; installed are: {', '.join(names())}.")
