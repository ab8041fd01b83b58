"""A hostile query fails honestly and hurts nobody else: a real server, real processes."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import httpx2
import pytest

from graph.release import Release
from sparql.answer import INLINE
from sparql.errors import Busy, MemoryLimit, SizeLimit, TimeLimit
from sparql.limits import MEBIBYTE, Limits
from sparql.protocol import Request
from sparql.workers import WorkerPool

SECONDS = 2
DOCUMENT = "<http://xmlns.com/foaf/0.1/Document>"
NUMBERS = " ".join(map(str, range(3000)))
RUNAWAYS = {
    "product of four patterns": "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }",
    # Of 63 documents with themselves, so that time runs out before memory, however large the graph grows.
    "counted product": f"SELECT (COUNT(*) AS ?n) {{ {' . '.join(f'?d{n} a {DOCUMENT}' for n in range(8))} }}",
    "product of VALUES": f"SELECT (COUNT(*) AS ?n) {{ VALUES ?a {{ {NUMBERS} }} VALUES ?b {{ {NUMBERS} }} "
    f"VALUES ?c {{ {NUMBERS} }} }}",
    "nested lists, slow to parse": "SELECT * { ?s ?p " + "(" * 190 + ")" * 190 + " }",
}
GOOD = "SELECT (COUNT(*) AS ?n) WHERE { ?s a <https://w3id.org/verkosto#City> }"
JSON = "application/sparql-results+json"


@pytest.fixture(scope="module")
def address(served: Callable[..., AbstractContextManager[str]], data: Path) -> Iterator[str]:
    """A server whose queries may take two seconds."""
    with served(data, "--query-timeout", str(SECONDS)) as address:
        yield address


def _workers(address: str) -> set[int]:
    """The worker processes of the server at this address."""
    port = address.rpartition(":")[2].encode()
    servers = _processes(lambda arguments: b"serve" in arguments and port in arguments)
    return {worker for worker in _processes(_is_worker) if _parent(worker) in servers}


def _is_worker(arguments: list[bytes]) -> bool:
    return b"sparql.worker" in arguments


def _processes(wanted: Callable[[list[bytes]], bool]) -> set[int]:
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if wanted(path.read_bytes().split(b"\0")):
                found.add(int(path.parent.name))
        except OSError:
            continue
    return found


def _parent(process: int) -> int:
    try:
        return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return -1


def _ask(address: str, query: str) -> httpx2.Response:
    return httpx2.post(f"{address}/sparql", data={"query": query}, timeout=30)


def _is_good(answer: httpx2.Response) -> bool:
    return answer.status_code == 200 and answer.json()["results"]["bindings"][0]["n"]["value"] == "6"


@pytest.mark.parametrize("query", RUNAWAYS.values(), ids=RUNAWAYS.keys())
def test_a_runaway_query_fails_on_time_while_good_ones_are_answered(address: str, query: str) -> None:
    assert _is_good(_ask(address, GOOD))
    seen = _workers(address)
    result: list[tuple[httpx2.Response, float]] = []

    def run_away() -> None:
        start = time.monotonic()
        answer = _ask(address, query)
        result.append((answer, time.monotonic() - start))

    thread = threading.Thread(target=run_away)
    thread.start()
    answered_before_it = 0
    while thread.is_alive() and not result:
        assert _is_good(_ask(address, GOOD))
        assert httpx2.get(f"{address}/en/").status_code == 200
        # How many there are depends on the machine; that there are some, on us.
        answered_before_it += not result
        seen |= _workers(address)
    thread.join()
    assert _is_good(_ask(address, GOOD))
    answer, duration = result[0]
    assert answered_before_it
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"].endswith("/time-limit")
    assert f"{SECONDS} seconds" in answer.json()["detail"]
    assert SECONDS <= duration < SECONDS + 1
    assert len(seen - _workers(address)) == 1


def test_as_many_runaways_as_there_are_workers_leave_the_pages_alone(address: str) -> None:
    threads = [
        threading.Thread(target=_ask, args=(address, RUNAWAYS["counted product"])) for _ in range(Limits().workers + 2)
    ]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    assert httpx2.get(f"{address}/en/themes-by-city", timeout=1.5).status_code == 200
    for thread in threads:
        thread.join()
    assert _is_good(_ask(address, GOOD))


@pytest.mark.parametrize(
    "nested",
    [
        "SELECT * { FILTER(" + "(" * 10_000 + "1" + ")" * 10_000 + ") }",
        "SELECT * " + "{" * 10_000 + "}" * 10_000,
        "SELECT * { FILTER(" + "!" * 10_000 + "true) }",
        "SELECT * { ?s ?p " + "[ <http://e.org/p> " * 10_000 + "1" + "]" * 10_000 + " }",
        "SELECT * { " + " UNION ".join(["{ ?s ?p ?o }"] * 10_000) + " }",
    ],
    ids=["brackets", "groups", "negations", "nodes", "a long chain"],
)
def test_a_query_nested_too_deeply_is_400_and_the_service_lives(address: str, nested: str) -> None:
    answer = _ask(address, nested)
    assert answer.status_code == 400
    assert answer.json()["type"].endswith("/invalid-query")
    assert _is_good(_ask(address, GOOD))


def test_a_killed_worker_is_replaced(address: str) -> None:
    assert _is_good(_ask(address, GOOD))
    doomed = _workers(address)
    for worker in doomed:
        os.kill(worker, signal.SIGKILL)
    while doomed & _workers(address):
        time.sleep(0.01)
    for _ in range(5):
        assert _is_good(_ask(address, GOOD))


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
    command = [sys.executable, "-c", ORPHANED, str(release.directory), GOOD, RUNAWAYS["counted product"]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parent.parent) as owner:
        assert owner.stdout is not None
        assert owner.stdout.readline() == b"ready\n"
        time.sleep(0.3)
        orphans = {process for process in _processes(_is_worker) if _parent(process) == owner.pid}
        assert len(orphans) == 2
        owner.kill()
    deadline = time.monotonic() + 5
    while (left := orphans & _processes(_is_worker)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left


def ask(pool: WorkerPool, query: str, media_type: str = JSON) -> bytes:
    return asyncio.run(pool.answer(Request(query, media_type, None))).read()


def test_a_query_that_wants_too_much_memory_is_stopped(release: Release) -> None:
    hungry = "SELECT * { ?a ?b ?c . ?d ?e ?f } ORDER BY ?c ?f"
    with WorkerPool(release, Limits(seconds=60, memory=400 * MEBIBYTE, workers=1)) as pool:
        with pytest.raises(MemoryLimit, match="400 MiB"):
            ask(pool, hungry)
        assert b'"6"' in ask(pool, GOOD)


def test_a_result_that_is_too_large_is_not_sent_at_all(release: Release) -> None:
    with WorkerPool(release, Limits(seconds=60, result_bytes=MEBIBYTE, workers=1)) as pool:
        with pytest.raises(SizeLimit, match="larger than 1048576 bytes"):
            ask(pool, "SELECT * { ?a ?b ?c . ?d ?e ?f }", "text/csv")
        assert b'"6"' in ask(pool, GOOD)


def test_more_queries_than_may_wait_are_turned_away(release: Release) -> None:
    async def ask_twice(pool: WorkerPool) -> None:
        busy = asyncio.create_task(pool.answer(Request(RUNAWAYS["counted product"], JSON, None)))
        await asyncio.sleep(0.3)
        with pytest.raises(Busy, match="try again"):
            await pool.answer(Request(GOOD, JSON, None))
        with pytest.raises(TimeLimit, match="stopped after 1 second"):
            await busy

    with WorkerPool(release, Limits(seconds=1, workers=1, waiting=0)) as pool:
        asyncio.run(ask_twice(pool))


def test_a_large_answer_comes_whole(release: Release) -> None:
    query = "SELECT * { ?a ?b ?c . ?d a <https://w3id.org/verkosto#City> }"
    with WorkerPool(release, Limits(workers=1)) as pool:
        answer = asyncio.run(pool.answer(Request(query, "text/csv", None)))
        length, text = answer.length, answer.read()
    assert len(text) == length > INLINE
    assert text.count(b"\r\n") > release.manifest.counts.triples * 6
