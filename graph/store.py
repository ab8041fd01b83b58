"""The triple store of a release. The only module that opens stores."""

import shutil
from pathlib import Path

from pyoxigraph import RdfFormat, Store

from graph.errors import DamagedRelease


def create(directory: Path, quads: Path, default_graph: Path) -> None:
    """Make a store that nobody will write to any more.

    It holds the named graphs of `quads` (N-Quads) and, in its default graph, the triples of `default_graph`
    (N-Triples). The default graph is stored and not computed, because the engine's own union of graphs gives a
    triple that stands in two graphs twice.

    What is left in `directory` is a checkpoint: opening it read-only changes none of its bytes, so that a manifest
    can hold their hashes.
    """
    workshop = directory.with_name(directory.name + ".workshop")
    store = Store(str(workshop))
    store.bulk_load(path=str(quads), format=RdfFormat.N_QUADS)
    store.bulk_load(path=str(default_graph), format=RdfFormat.N_TRIPLES)
    store.optimize()
    store.flush()
    store.backup(str(directory))
    # The engine closes its files when the last reference goes; only then may the folder go.
    del store
    shutil.rmtree(workshop)


def open_read_only(directory: Path) -> Store:
    """Open the store of a release, in as many processes as one likes. Raises DamagedRelease if it can't be read."""
    try:
        return Store.read_only(str(directory))
    except (OSError, RuntimeError, ValueError) as error:
        raise DamagedRelease(
            f"The store in {directory} can't be opened ({error}). Run `verkosto verify` on the release, "
            "then `verkosto rollback` to an older one or `verkosto build`."
        ) from error
