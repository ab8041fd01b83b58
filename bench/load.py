"""Minutes of mixed load: is every answer right, and does memory stay as it is?

    .venv/bin/python bench/load.py DATA [MINUTES] [CLIENTS]

DATA is a data directory (docs/registers.md: of real registers); 10 minutes and 8 clients by default. Clients ask small
look-ups about things at random, aggregates, pages of things, now and then something that is stopped at a limit. Each
answer to a query is compared with that of the engine in this process. Every half minute the memory of the server,
with the answers that it keeps (64 MiB at most), and that of all its workers is printed.
"""

import csv
import io
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode
from urllib.request import urlopen

from pyoxigraph import NamedNode, QueryResultsFormat, QuerySolutions, Store

from graph.releases import Releases
from graph.store import open_read_only
from ontology.identifiers import Identifiers, Kind

ROOT = Path(__file__).parent.parent
LABEL = "http://www.w3.org/2000/01/rdf-schema#label"
RUNAWAY = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
TEMPLATES = [
    "SELECT ?p ?o {{ <{thing}> ?p ?o }}",
    "SELECT ?s ?p {{ ?s ?p <{thing}> }}",
    f"SELECT ?label {{{{ <{{thing}}> <{LABEL}> ?label FILTER (lang(?label) = 'fi') }}}}",
    "SELECT ?class (COUNT(*) AS ?n) {{ <{thing}> a ?class . ?other a ?class }} GROUP BY ?class",
    "SELECT ?g (COUNT(*) AS ?n) {{ GRAPH ?g {{ <{thing}> ?p ?o }} }} GROUP BY ?g",
    "SELECT (COUNT(*) AS ?n) {{ <{thing}> (!<urn:nothing>)/(!<urn:nothing>) ?o }}",
    "SELECT ?class (COUNT(*) AS ?n) {{ ?s a ?class }} GROUP BY ?class",
]


class Answers:
    """The right ones, and how often what came was right."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []

    def check(self, query: str, text: str) -> None:
        results = self._store.query(query)
        assert isinstance(results, QuerySolutions)
        expected = results.serialize(format=QueryResultsFormat.CSV)
        assert expected is not None
        is_right = _rows(text) == _rows(expected.decode())
        with self._lock:
            self.counts["right" if is_right else "WRONG"] += 1
            if not is_right:
                self.wrong.append(query)

    def note(self, what: str) -> None:
        with self._lock:
            self.counts[what] += 1


def _rows(text: str) -> list[list[str]]:
    return sorted(csv.reader(io.StringIO(text, newline="")))


def client(port: int, things: list[str], pages: list[str], answers: Answers, until: float, seed: int) -> None:
    chance, connection = random.Random(seed), HTTPConnection("127.0.0.1", port, timeout=60)
    while time.monotonic() < until:
        kind = chance.random()
        query = RUNAWAY if kind < 0.001 else chance.choice(TEMPLATES).format(thing=chance.choice(things))
        if kind < 0.2 and query != RUNAWAY:
            connection.request("GET", chance.choice(pages))
            response = connection.getresponse()
            response.read()
            answers.note(f"page {response.status}")
            continue
        body = urlencode({"query": query})
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/csv"}
        connection.request("POST", "/sparql", body, headers)
        response = connection.getresponse()
        text = response.read().decode()
        if response.status == 200:
            answers.check(query, text)
        else:
            answers.note(f"query {response.status}{' (runaway)' if query == RUNAWAY else ''}")


def memory(process: int) -> tuple[int, int]:
    """Resident kilobytes of a process, and of its children together."""
    children = [
        int(path.parent.name)
        for path in Path("/proc").glob("[0-9]*/stat")
        if path.read_text().rpartition(")")[2].split()[1] == str(process)
    ]
    return _resident(process), sum(map(_resident, children))


def kept_bytes(port: int) -> int:
    """Bytes of the answers that the server keeps, as it counts them."""
    with urlopen(f"http://127.0.0.1:{port}/metrics") as metrics:
        lines = metrics.read().decode().splitlines()
    return next((int(float(line.split()[1])) for line in lines if line.startswith("verkosto_cache_bytes ")), 0)


def _resident(process: int) -> int:
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")), 0)


def main() -> None:
    """Serve, ask, compare."""
    data, minutes = Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 10.0
    clients = int(sys.argv[3]) if len(sys.argv) > 3 else 8
    release = Releases(data).current()
    store = open_read_only(release.store)
    identifiers = Identifiers(release.manifest.base)
    # Lists of a kind sort thousands of names at each request (docs/architecture.md), so pages of things are asked for.
    some = random.Random(2026)
    labelled = (quad.subject for quad in store.quads_for_pattern(None, NamedNode(LABEL), None, None))
    things = sorted(
        {
            thing.value
            for thing in labelled
            if some.random() < 0.1 and isinstance(thing, NamedNode) and identifiers.path(thing.value)
        }
    )
    pages = [f"/en/{identifiers.path(thing)}" for thing in things[:: max(1, len(things) // 500)]]
    pages += ["/en/", "/health", "/metrics", f"/en/{Kind.CITY.slug}"]
    command = [sys.executable, "-m", "verkosto", "serve", "--data", str(data), "--port", "8765", "--query-timeout", "3"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        assert server.stdout is not None
        server.stdout.readline()
        answers, start = Answers(store), time.monotonic()
        until = start + minutes * 60
        threads = [
            threading.Thread(target=client, args=(8765, things, pages, answers, until, seed)) for seed in range(clients)
        ]
        for thread in threads:
            thread.start()
        while time.monotonic() < until:
            time.sleep(min(30, max(0.1, until - time.monotonic())))
            (own, workers), kept = memory(server.pid), kept_bytes(8765)
            done = sum(answers.counts.values())
            print(
                f"{time.monotonic() - start:5.0f} s  server {own // 1024:4} MB, answers {kept // 1000_000:3}  "
                f"workers {workers // 1024:4} MB  "
                f"{done} requests",
                flush=True,
            )
        for thread in threads:
            thread.join()
        server.terminate()
    print(", ".join(f"{count} {what}" for what, count in sorted(answers.counts.items())))
    for query in answers.wrong[:10]:
        print(f"WRONG: {query}")
    print(f"{release.manifest.counts.triples} triples, {clients} clients, {os.cpu_count()} cores for all of it")


if __name__ == "__main__":
    main()
