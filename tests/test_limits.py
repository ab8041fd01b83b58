"""What bounds a query: processes that are killed and replaced, memory, bytes, and how many may wait. Hostile queries
are in `test_hostile`.
"""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx2
import pytest
from hostile_queries import PRODUCTS
from processes import children, have_ended, workers

from graph.release import Release
from sparql.answer import INLINE
from sparql.errors import Busy, MemoryLimit, SizeLimit, TimeLimit
from sparql.limits import MEBIBYTE, Limits
from sparql.protocol import Request
from sparql.workers import WorkerPool

RUNAWAY = PRODUCTS["patterns, counted"]
GOOD = "SELECT (COUNT(*) AS ?n) WHERE { ?s a <https://w3id.org/verkosto#City> }"
JSON = "application/sparql-results+json"


@pytest.fixture(scope="module")
def address(served: Callable[..., AbstractContextManager[str]], data: Path) -> Iterator[str]:
    """A server whose queries may take two seconds."""
    with served(data, "--query-timeout", "2") as address:
        yield address


def _is_answered(address: str, number: int) -> bool:
    """Whether a query that nobody has asked before is answered."""
    query = f"{GOOD[:-1]} FILTER (1 != -{number}) }}"
    answer = httpx2.post(f"{address}/sparql", data={"query": query}, timeout=30)
    return answer.status_code == 200 and answer.json()["results"]["bindings"][0]["n"]["value"] == "6"


def test_a_query_ends_after_as_many_seconds_as_are_said_and_only_its_worker_with_it(address: str) -> None:
    assert _is_answered(address, 0)
    before = workers(address)
    start = time.monotonic()
    answer = httpx2.post(f"{address}/sparql", data={"query": RUNAWAY}, timeout=30)
    assert 2 <= time.monotonic() - start < 3
    assert answer.status_code == 503
    assert answer.json()["type"].endswith("/time-limit")
    assert "2 seconds" in answer.json()["detail"]
    deadline = time.monotonic() + 5
    # One has ended, and another one is there already for who asks next; the kernel takes a moment to free its memory.
    while (len(before - (now := workers(address))), len(now)) != (1, len(before)):
        assert time.monotonic() < deadline, (before, now)
        time.sleep(0.01)


def test_a_killed_worker_is_replaced(address: str) -> None:
    assert _is_answered(address, 1)
    doomed = workers(address)
    for worker in doomed:
        os.kill(worker, signal.SIGKILL)
    assert have_ended(doomed, 5)
    assert all(_is_answered(address, number) for number in range(2, 7))


ORPHANED = """
import asyncio, sys
from pathlib import Path
from graph.release import Release
from sparql.limits import Limits
from sparql.protocol import Request
from sparql.workers import WorkerPool
pool = WorkerPool(Release(Path(sys.argv[1])), Limits(workers=2))
asyncio.run(pool.answer(Request(sys.argv[2], "text/csv", None)))
print("ready", flush=True)
asyncio.run(pool.answer(Request(sys.argv[3], "text/csv", None)))
"""


def test_workers_end_with_their_server_even_if_it_is_killed_while_they_work(release: Release) -> None:
    command = [sys.executable, "-c", ORPHANED, str(release.directory), GOOD, RUNAWAY]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parent.parent) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"ready\n"
        time.sleep(0.3)
        orphans = children(owner.pid)
        assert len(orphans) == 2
        owner.kill()
    assert have_ended(orphans, 5)


def ask(pool: WorkerPool, query: str, media_type: str = JSON) -> bytes:
    return asyncio.run(pool.answer(Request(query, media_type, None))).read()


@pytest.mark.parametrize("conditions", ["?c ?f", "STRLEN(STR(?c)) " * 1000], ids=["two", "a thousand"])
def test_a_query_that_wants_too_much_memory_is_stopped(release: Release, conditions: str) -> None:
    """However deep the stack goes when the memory is full."""
    hungry = f"SELECT * {{ ?a ?b ?c . ?d ?e ?f }} ORDER BY {conditions}"
    with WorkerPool(release, Limits(seconds=60, memory=400 * MEBIBYTE, workers=1)) as pool:
        with pytest.raises(MemoryLimit, match="400 MiB"):
            ask(pool, hungry)
        assert b'"6"' in ask(pool, GOOD)


def test_a_worker_takes_little_of_the_memory_that_is_for_a_query(release: Release) -> None:
    numbers = " ".join(map(str, range(80)))
    product = " ".join(f"VALUES ?{name} {{ {numbers} }}" for name in "abc")
    with WorkerPool(release, Limits(seconds=60, memory=500 * MEBIBYTE, workers=1)) as pool:
        assert b'"512000"' in ask(pool, f"SELECT (COUNT(DISTINCT *) AS ?n) {{ {product} }}")


def test_a_result_that_is_too_large_is_not_sent_at_all(release: Release) -> None:
    with WorkerPool(release, Limits(seconds=60, result_bytes=MEBIBYTE, workers=1)) as pool:
        with pytest.raises(SizeLimit, match="larger than 1048576 bytes"):
            ask(pool, "SELECT * { ?a ?b ?c . ?d ?e ?f }", "text/csv")
        assert b'"6"' in ask(pool, GOOD)


def test_more_queries_than_may_wait_are_turned_away(release: Release) -> None:
    async def ask_twice(pool: WorkerPool) -> None:
        busy = asyncio.create_task(pool.answer(Request(RUNAWAY, JSON, None)))
        await asyncio.sleep(0.3)
        with pytest.raises(Busy, match="try again"):
            await pool.answer(Request(GOOD, JSON, None))
        with pytest.raises(TimeLimit, match="stopped after 1 second"):
            await busy

    with WorkerPool(release, Limits(seconds=1, workers=1, waiting=0)) as pool:
        asyncio.run(ask_twice(pool))


def test_the_time_that_a_query_waits_is_part_of_its_time(release: Release) -> None:
    async def ask_at_once(pool: WorkerPool) -> None:
        start = time.monotonic()
        first = asyncio.create_task(pool.answer(Request(RUNAWAY, JSON, None)))
        await asyncio.sleep(0.3)
        second = asyncio.create_task(pool.answer(Request(RUNAWAY, JSON, None)))
        hasty = asyncio.create_task(pool.answer(Request(GOOD, JSON, None, seconds=0.2)))
        with pytest.raises(Busy):
            await hasty
        assert time.monotonic() - start < 1.5
        with pytest.raises(TimeLimit, match="after 2 seconds, without"):
            await first
        with pytest.raises(TimeLimit, match=r"after 2 seconds, 1\.\d of which it waited for its turn, without"):
            await second
        assert time.monotonic() - start < 3.5

    with WorkerPool(release, Limits(seconds=2, workers=1)) as pool:
        asyncio.run(ask_at_once(pool))


def test_a_large_answer_comes_whole(release: Release) -> None:
    query = "SELECT * { ?a ?b ?c . ?d a <https://w3id.org/verkosto#City> }"
    with WorkerPool(release, Limits(workers=1)) as pool:
        answer = asyncio.run(pool.answer(Request(query, "text/csv", None)))
        length, text = answer.length, answer.read()
    assert len(text) == length > INLINE
    assert text.count(b"\r\n") > release.manifest.counts.triples * 6
