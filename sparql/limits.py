"""How much one query may take. The same numbers are enforced, described and named in errors."""

from dataclasses import dataclass

MEBIBYTE = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """The limits of an endpoint. Each query has all of them to itself."""

    seconds: float = 15.0
    """Wall time until the result is whole, with the time in which a query waits for its turn."""
    memory: int = 1024 * MEBIBYTE
    """Bytes of address space a worker may take while it evaluates."""
    result_bytes: int = 256 * MEBIBYTE
    """Bytes of the serialised result."""
    query_bytes: int = MEBIBYTE
    """Bytes of the query text, in UTF-8."""
    depth: int = 200
    """How deep brackets may nest: the engine's parser is recursive, and its stack is finite."""
    workers: int = 8
    """Queries evaluated at the same time: more than there are cores, so that a few runaways leave room for others."""
    waiting: int = 64
    """Queries that may wait for a worker; more are turned away."""
    client_queries: int = 4
    """Queries of one client that are answered at the same time; 0 for any number."""
    client_seconds: float = 60.0
    """Seconds a minute that the queries of one client may take together; 0 for any number."""


def out_of_memory(limits: Limits) -> str:
    """What to say of a query that was stopped at the limit of memory."""
    return (
        f"The query needed more than {limits.memory // MEBIBYTE} MiB of memory and was stopped. "
        "Ask for less: sort or group fewer rows."
    )
