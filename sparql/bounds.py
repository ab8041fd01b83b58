"""Bounds of time and number that the event loop keeps for an engine."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from sparql.errors import Busy, TimeLimit
from sparql.limits import Limits


@asynccontextmanager
async def in_time(limits: Limits, seconds: float | None) -> AsyncIterator[None]:
    """Raise TimeLimit when a query has had its seconds: those its client wants to wait, at most those of the limit."""
    most = min(limits.seconds, seconds or limits.seconds)
    try:
        async with asyncio.timeout(most):
            yield
    except TimeoutError as error:
        raise TimeLimit(
            f"The query was stopped after {most:g} seconds, without an answer. "
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
