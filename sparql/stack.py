"""Puts together what answers queries about a release."""

from dataclasses import dataclass
from typing import Final

from graph.release import Release
from sparql.cache import Cache
from sparql.engine import Engine
from sparql.federation import Federation
from sparql.limits import Limits
from sparql.remote import RemoteEngine
from sparql.workers import WorkerPool


@dataclass(frozen=True)
class Elsewhere:
    """Which other endpoints take part in answering."""

    engine: str | None = None
    """Where the current release is queried, if not in processes of our own (`sparql.remote`)."""
    services: tuple[str, ...] = ()
    """Origins that SERVICE may go to."""


NOWHERE: Final = Elsewhere()
"""Answers come from here alone."""


def engine_of(release: Release, limits: Limits, elsewhere: Elsewhere, workers_at_once: int = 2) -> Cache:
    """What answers queries about a release; close it after use."""
    workers = WorkerPool(release, limits, workers_at_once)
    engine: Engine = workers
    if elsewhere.engine is not None:
        engine = RemoteEngine(release, limits, elsewhere.engine, workers)
    return Cache(Federation(engine, workers, elsewhere.services), release.id)
