"""Bounds of time and number that the event loop keeps for an engine."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Final

from sparql.errors import Busy, TimeLimit
from sparql.limits import Limits

_WORTH_TELLING: Final = 0.1
_LEAST: Final = 0.5
"""Seconds that a query has when its turn comes, however long it waited: enough for most, and for a worker to start."""


def most_seconds(limits: Limits, seconds: float | None) -> float:
    """After how many seconds a query is given up: those its client wants to wait, at most those of the limit."""
    return min(limits.seconds, seconds or limits.seconds)


@asynccontextmanager
async def in_time(limits: Limits, seconds: float | None, waited: float = 0.0) -> AsyncIterator[None]:
    """Raise TimeLimit when a query has had its seconds, of which it may have waited some for its turn."""
    most = most_seconds(limits, seconds)
    try:
        async with asyncio.timeout(max(_LEAST, most - waited) if waited else most):
            yield
    except TimeoutError as error:
        turn = f", {waited:.1f} of which it waited for its turn," if waited >= _WORTH_TELLING else ","
        raise TimeLimit(
            f"The query was stopped after {most:g} seconds{turn} without an answer. "
            "Ask for less: fewer patterns without a common variable, a LIMIT, or the dump at /data/."
        ) from error


class Queue:
    """How many queries there are, evaluated and waiting."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._length = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """Be one of them. Raises Busy if there are as many as there may be."""
        if self._length >= self._limits.workers + self._limits.waiting:
            raise Busy(f"{self._limits.waiting} queries are waiting already; try again in a moment.")
        self._length += 1
        try:
            yield
        finally:
            self._length -= 1
