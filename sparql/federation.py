"""SERVICE for queries: asks the endpoints that are allowed, and no others, before the engine is asked."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from sparql import client
from sparql.answer import Answer
from sparql.bounds import in_time
from sparql.engine import Engine
from sparql.errors import EndpointFailed, ForbiddenQuery
from sparql.limits import MEBIBYTE, Limits
from sparql.protocol import Request
from sparql.workers import WorkerPool

_MOST_BYTES: Final = 8 * MEBIBYTE
"""Bytes of the answer of one service."""


class Federation:
    """An engine in front of another, which it gives queries in which services have answered already."""

    def __init__(self, engine: Engine, workers: WorkerPool, origins: Sequence[str]) -> None:
        self._engine = engine
        self._workers = workers
        self._origins = {client.origin(one) for one in origins}

    @property
    def limits(self) -> Limits:
        """What one query may take."""
        return self._engine.limits

    async def answer(self, request: Request) -> Answer:
        """Evaluate a query and return its whole result. Raises QueryError; then there is no result at all."""
        if not self._origins or "service" not in request.query.casefold():
            return await self._engine.answer(request)
        # Services and engine together have the time that a query has.
        async with in_time(self.limits, request.seconds):
            return await self._engine.answer(await self._joined(request))

    async def _joined(self, request: Request) -> Request:
        """The query with the answers of its services in it."""
        clauses = (await self._workers.do("services", request)).head["services"]
        if not clauses:
            return request
        for clause in clauses:
            self._check(clause["address"])
        parts = [request.query.encode(), *await asyncio.gather(*map(self._ask, clauses))]
        lengths = [None if part is None else len(part) for part in parts]
        body = b"".join(part or b"" for part in parts)
        verdict = await self._workers.do("federate", request, body, lengths=lengths)
        with verdict.opened() as file:
            return replace(request, query=file.read().decode())

    def _check(self, address: str) -> None:
        if client.origin(address) not in self._origins:
            allowed = ", ".join(sorted(self._origins))
            raise ForbiddenQuery(f"SERVICE may go to {allowed} here, and not to {address}.")

    async def _ask(self, clause: dict[str, Any]) -> bytes | None:
        """The answer of a service; None if it failed and is SILENT."""
        try:
            pinned = await client.public_address(clause["address"])
            fetched = await client.ask(clause["address"], clause["query"], _MOST_BYTES, pinned=pinned)
            return fetched.answer.read()
        except EndpointFailed:
            if clause["is_silent"]:
                return None
            raise

    def close(self) -> None:
        """Close the engine."""
        self._engine.close()
