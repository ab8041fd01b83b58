"""Answers that are kept: the same question of the same release is asked once. The only module that keeps answers.

A release never changes, so an answer never goes stale; only what a query makes up (the time, chance, new identifiers)
is asked for each time.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from typing import Final

from sparql.answer import Answer
from sparql.engine import Engine
from sparql.limits import MEBIBYTE, Limits
from sparql.policy import check_length
from sparql.protocol import Request
from sparql.tokens import normal

MOST_BYTES: Final = 64 * MEBIBYTE
_SHARE: Final = 16
"""An answer larger than this part of all that is kept is not kept: it would drive out many others."""
_BESIDES: Final = 400
"""Bytes that an answer takes beside its own."""
_LONGEST: Final = 1 << 12
"""Characters of a query up to which its answer is kept."""


@dataclass
class _Flight:
    """An evaluation that is under way, and how many wait for it."""

    task: "asyncio.Task[Answer]"
    waiting: int = 0


class Cache:
    """An engine in front of another, which it asks what it does not know."""

    def __init__(self, engine: Engine, release_id: str, most_bytes: int = MOST_BYTES) -> None:
        self.bytes = 0
        self._engine = engine
        self._release_id = release_id
        self._most_bytes = most_bytes
        self._kept: OrderedDict[str, Answer] = OrderedDict()
        self._flights: dict[str, _Flight] = {}
        self._key = lru_cache(1024)(self._new_key)

    @property
    def limits(self) -> Limits:
        """What one query may take."""
        return self._engine.limits

    def key(self, request: Request) -> str | None:
        """What tells this question from others, of any release; None if its answer is not to be kept.

        That is so if it may be another next time, and if the query is so long that looking at it would keep the pages
        waiting.
        """
        if len(request.query) > _LONGEST:
            return None
        return self._key(request if request.seconds is None else replace(request, seconds=None))

    def _new_key(self, request: Request) -> str | None:
        query = normal(request.query)
        if query is None:
            return None
        graphs = sorted(set(request.default_graphs)), sorted(set(request.named_graphs))
        parts = (self._release_id, query, request.results, request.graphs, graphs)
        return sha256(repr(parts).encode()).hexdigest()[:32]

    def kept(self, key: str | None) -> Answer | None:
        """The answer to a question, if it is kept."""
        answer = None if key is None else self._kept.get(key)
        if answer is not None and key is not None:
            self._kept.move_to_end(key)
        return answer

    async def answer(self, request: Request) -> Answer:
        """The answer that is kept, that of the same question being answered now, or that of the engine."""
        check_length(request.query, self.limits)
        key = self.key(request)
        answer = self.kept(key)
        if answer is not None:
            return answer
        # Who wants to wait less than others does not share with them.
        if key is None or request.seconds is not None:
            return self._keep(key, await self._engine.answer(request))
        return await self._shared(key, request)

    async def _shared(self, key: str, request: Request) -> Answer:
        flight = self._flights.get(key)
        is_shared = flight is not None
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.create_task(self._engine.answer(request)))
        flight.waiting += 1
        try:
            answer = self._keep(key, (await asyncio.shield(flight.task)).again())
            return replace(answer, origin="shared") if is_shared else answer
        finally:
            flight.waiting -= 1
            if not flight.waiting:
                self._end(key, flight)

    def _end(self, key: str, flight: _Flight) -> None:
        """Nobody waits for it any more: its answer was handed out, or is not wanted."""
        if self._flights.get(key) is flight:
            del self._flights[key]
        if not flight.task.cancel() and not flight.task.cancelled() and flight.task.exception() is None:
            flight.task.result().close()

    def _keep(self, key: str | None, answer: Answer) -> Answer:
        is_small = isinstance(answer.body, bytes) and answer.length <= self._most_bytes // _SHARE
        if key is None or key in self._kept or not is_small:
            return answer
        self._kept[key] = replace(answer, origin="cache")
        self.bytes += _BESIDES + answer.length
        while self.bytes > self._most_bytes:
            self.bytes -= _BESIDES + self._kept.popitem(last=False)[1].length
        return answer

    def close(self) -> None:
        """Close the engine."""
        self._engine.close()
