"""Pages while hostile queries run: how long they take beside an idle server. Their p95 should be at most twice as long.

    PYTHONPATH=tests .venv/bin/python bench/hostile.py DATA [SECONDS] [QUERY_TIMEOUT]

A real `verkosto serve` over a data directory answers for half a minute (by default) while nobody else asks, and as
long while eight clients ask all of the hostile queries (tests/hostile_queries.py), over and over, each from elsewhere
in the list. One reader asks a page after the other, twenty a second: the front page, the list of things of a kind, and
the page of one of them. Prints the commit, every number, and what became of the queries.
"""

import re
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from hostile_queries import DEEP, LONG, PATHS, PRODUCTS, SORTED, TEXTS

ROOT = Path(__file__).parent.parent
CLIENTS = 8
RATE = 20
KINDS = ("service", "document", "unit", "project")
QUERIES = [query for group in (PRODUCTS, SORTED, TEXTS, PATHS, DEEP, LONG) for query in group.values()]


@contextmanager
def serving(data: Path, query_timeout: float) -> Iterator[int]:
    """Run `verkosto serve` and give its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = int(listening.getsockname()[1])
    command = [sys.executable, "-m", "verkosto", "serve", "--data", str(data), "--port", str(port)]
    command += ["--query-timeout", str(query_timeout)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        assert process.stdout is not None
        # It says so when it is ready.
        process.stdout.readline()
        try:
            yield port
        finally:
            process.terminate()


def get(connection: HTTPConnection, address: str) -> tuple[int, str]:
    """The status and the text of a page."""
    connection.request("GET", address, headers={"Accept": "text/html"})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def pages(port: int) -> dict[str, str]:
    """The addresses to ask: the front page, a list, and a thing in it."""
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    for kind in KINDS:
        status, text = get(connection, f"/en/{kind}")
        things = re.findall(rf'href="(/en/{kind}/[^"/?#]+)"', text)
        if status == 200 and things:
            return {"front": "/en/", "list": f"/en/{kind}", "thing": things[len(things) // 2]}
    raise SystemExit(f"there are none of {', '.join(KINDS)}")


def read(port: int, addresses: dict[str, str], seconds: float) -> dict[str, list[float]]:
    """Milliseconds that each page took, asked one after the other at a steady rate; what is late is not made up for."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    took: dict[str, list[float]] = {name: [] for name in addresses}
    until, number = time.monotonic() + seconds, 0
    while (start := time.monotonic()) < until:
        name = list(addresses)[number % len(addresses)]
        status, _ = get(connection, addresses[name])
        assert status == 200, f"{addresses[name]} answered with {status}"
        took[name].append((time.monotonic() - start) * 1000)
        number += 1
        time.sleep(max(0.0, start + 1 / RATE - time.monotonic()))
    return took


def attack(port: int, number: int, until: float) -> Counter[str]:
    """Ask hostile queries until it is time; what became of them."""
    found: Counter[str] = Counter()
    place = number * len(QUERIES) // CLIENTS
    while time.monotonic() < until:
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            query = QUERIES[place % len(QUERIES)].encode()
            connection.request("POST", "/sparql", query, {"Content-Type": "application/sparql-query"})
            answer = connection.getresponse()
            answer.read()
            found[str(answer.status)] += 1
        except (OSError, HTTPException) as error:
            found[type(error).__name__] += 1
        finally:
            connection.close()
        place += 1
    return found


def shown(name: str, took: Sequence[float]) -> str:
    """Quantiles as a line."""
    ordered = sorted(took)
    p50, p95 = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.95)]
    return f"{name:<14}{len(ordered):>6}  median {p50:7.1f} ms  p95 {p95:7.1f} ms  max {ordered[-1]:7.1f} ms"


def p95(took: dict[str, list[float]]) -> float:
    """Of all pages together."""
    ordered = sorted(one for times in took.values() for one in times)
    return ordered[int(len(ordered) * 0.95)]


def main() -> None:
    """Read from an idle server, then while it is attacked, and report."""
    data, numbers = Path(sys.argv[1]), [float(text) for text in sys.argv[2:]]
    seconds, query_timeout = (*numbers, *(30.0, 2.0)[len(numbers) :])
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    print(f"commit {commit.stdout.strip()}")
    with serving(data, query_timeout) as port, ThreadPoolExecutor(CLIENTS) as pool:
        addresses = pages(port)
        read(port, addresses, 3)
        idle = read(port, addresses, seconds)
        until = time.monotonic() + seconds
        attacks = [pool.submit(attack, port, number, until) for number in range(CLIENTS)]
        attacked = read(port, addresses, seconds)
        outcomes = sum((attack.result() for attack in attacks), Counter[str]())
    print(f"{CLIENTS} clients asked {len(QUERIES)} hostile queries, {query_timeout:g} s allowed: {dict(outcomes)}")
    for what, took in (("idle", idle), ("attacked", attacked)):
        print(what)
        for name, times in took.items():
            print(shown(f"  {name}", times))
        print(shown("  all", [one for times in took.values() for one in times]))
    print(f"p95 {p95(attacked) / p95(idle):.1f} times as long")


if __name__ == "__main__":
    main()
