"""What answers queries: the one protocol that every engine keeps, embedded or remote."""

from typing import Protocol

from sparql.answer import Answer
from sparql.limits import Limits
from sparql.protocol import Request


class Engine(Protocol):
    """Answers queries about one release."""

    @property
    def limits(self) -> Limits:
        """What one query may take."""
        ...

    async def answer(self, request: Request) -> Answer:
        """Evaluate a query and return its whole result. Raises QueryError; then there is no result at all.

        Whoever is not interested any more cancels; then the evaluation ends at once.
        """
        ...

    def close(self) -> None:
        """Let go of everything, once the queries that are being answered have ended."""
        ...
