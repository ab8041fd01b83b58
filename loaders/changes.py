"""How what a source says now differs from what it says in a release, before anything is published."""

from collections.abc import Iterable

from graph.release import Release
from graph.sorting import differences
from loaders.errors import UnknownSource
from loaders.triples import SourceNames


def changes(release: Release, names: SourceNames, statements: Iterable[str]) -> tuple[int, int]:
    """How many statements would be added and removed. `statements` are sorted, each once.

    What is said of the source's graph itself (title, licence) comes from a configuration and is left out of account.
    Raises UnknownSource if the release has no such source.
    """
    if not release.graph(names.graph).exists():
        known = ", ".join(source.name for source in release.manifest.sources)
        raise UnknownSource(f"Release {release.id} has no source {names.source!r}; there are {known}.")
    about = f"<{names.graph}> "
    before = (statement for statement in release.statements(names.graph) if not statement.startswith(about))
    return differences(before, statements)
