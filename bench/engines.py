"""Questions a second: our endpoint, the Oxigraph server, Virtuoso 7 and rdflib-endpoint, on one release, in one run.

    .venv/bin/python bench/engines.py DATA [MILLIONS [SECONDS [ROUNDS]]]

DATA is a data directory whose current release says what real sources say, as for bench/release.py. A release of as many
million quads (default 1.35) is made of it, among them an organisation that 10,000 services name; the others are filled
from its dumps (bench/servers.py says how). All servers then run, and one is asked at a time: each workload of each,
for SECONDS (default 5; three times as long for heavy queries), ROUNDS times (default 3; the table has the round whose
throughput is the median). Programs needed from Debian: virtuoso-opensource-7, wrk.

Small queries: what a random thing says, what it is called, and twenty things that name it. Heavy ones: things by class;
organisations by role and priority axis of projects; service points by the authority of their services. Cold: no text is
asked twice (things and variables differ), so that no cache of answers helps, while caches of the disk are warm.
Repeated: thirty small texts, or the three heavy ones. Before all that each engine is asked the same samples, and their
rows are compared.

The client is wrk: in C, one thread, connections kept open, each asking again when its answer is here. Of the programs
that Debian has for this it is the one that can ask another address each time, by a Lua script (ab and hey ask one). It
takes some microseconds a request; its part of a core is in the table, as client and server share the machine's cores.
Its percentiles are corrected for coordinated omission. Memory is the sum of the resident sizes of a server's processes,
filling it included, so that what they share is counted more than once.
"""

import json
import os
import random
import resource
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from http.client import HTTPException
from itertools import count, islice
from pathlib import Path
from shutil import which
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from release import MILLION, build, copies
from servers import ROOT, Oxigraph, RdflibEndpoint, Server, Verkosto, Virtuoso, commit

from graph.release import Release
from graph.releases import Releases

LINKS: Final = 10_000
"""Services that name one organisation."""
TOO_SLOW: Final = 60.0
"""Seconds after which an engine is not asked a heavy query any more."""
_BASE: Final = "https://example.org"
_TYPE: Final = "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
_LABEL: Final = "<http://www.w3.org/2000/01/rdf-schema#label>"
_AUTHORITY: Final = "<http://data.europa.eu/m8g/hasCompetentAuthority>"
HUB: Final = f"{_BASE}/id/organisation/hub-0"

Rows = Counter[tuple[str, ...]]
"""The rows of a result, and how often each is there."""

# In each, {n} makes the text another one without asking for anything else, and {thing} is an IRI.
SMALL: Final = {
    "properties": "SELECT ?property{n} ?value{n} {{ <{thing}> ?property{n} ?value{n} }}",
    "label": f"SELECT ?name{{n}} {{{{ <{{thing}}> {_LABEL} ?name{{n}} FILTER(lang(?name{{n}}) = 'fi') }}}}",
    "list": f"SELECT ?one{{n}} ?name{{n}} {{{{ ?one{{n}} ?by{{n}} <{{thing}}> ; {_LABEL} ?name{{n}} }}}} LIMIT 20",
}
_PREFIXES: Final = "PREFIX vk: <https://w3id.org/verkosto#> PREFIX m8g: <http://data.europa.eu/m8g/> "
HEAVY: Final = {
    "by class": "SELECT ?class{n} (COUNT(?thing) AS ?things) {{ ?thing a ?class{n} }} GROUP BY ?class{n}",
    "two-way": f"{_PREFIXES}SELECT ?role{{n}} ?axis (COUNT(DISTINCT ?who) AS ?organisations) {{{{ "
    "?part vk:participant ?who ; vk:role ?role{n} ; vk:participatesIn ?project . ?project vk:priorityAxis ?axis }} "
    "GROUP BY ?role{n} ?axis",
    "join": f"{_PREFIXES}SELECT ?authority{{n}} (COUNT(DISTINCT ?point) AS ?points) {{{{ ?point a vk:ServicePoint ; "
    "vk:offersService ?service . ?service a vk:Service ; m8g:hasCompetentAuthority ?authority{n} }} "
    "GROUP BY ?authority{n}",
}


@dataclass(frozen=True)
class Load:
    """What was seen while an engine was asked as fast as it answered."""

    rate: float
    """Answers a second."""
    median: float
    """Milliseconds."""
    p95: float
    """Milliseconds."""
    answered: int
    failed: int
    client: float
    """The client's part of one core."""
    others: float
    """What neither server nor client took of the machine's busy time, in cores: other programs, which disturb."""

    def __str__(self) -> str:
        if not self.answered:
            return f"{'no answer':>9}{'':>20}{self.failed:>8}{self.client:>8.0%}{self.others:>8.2f}"
        times = f"{self.rate:>9.1f}{self.median:>10.1f}{self.p95:>10.1f}"
        return f"{times}{self.failed:>8}{self.client:>8.0%}{self.others:>8.2f}"


class Texts:
    """Queries of which no two are the same, about things in an order that chance has made."""

    def __init__(self, things: list[str]) -> None:
        self._things = things
        self._numbers = count()

    def small(self) -> Iterator[str]:
        """Each kind in turn, each of another thing."""
        kinds = list(SMALL.values())
        for number in self._numbers:
            yield kinds[number % len(kinds)].format(n=number, thing=self._things[number % len(self._things)])

    def heavy(self) -> Iterator[str]:
        """Each in turn."""
        kinds = list(HEAVY.values())
        for number in self._numbers:
            yield kinds[number % len(kinds)].format(n=number)


class Memory(threading.Thread):
    """Watches how much memory the processes of servers take, and at most took."""

    def __init__(self, servers: list[Server]) -> None:
        super().__init__(daemon=True)
        self._servers = servers
        self.most: dict[str, int] = defaultdict(int)
        """Bytes, by the name of the server."""

    def run(self) -> None:
        while True:
            children = _children()
            for server in self._servers:
                if (root := server.root_process) is not None:
                    taken = sum(map(_resident, _tree(root, children)))
                    self.most[server.name] = max(self.most[server.name], taken)
            time.sleep(0.3)


def make_release(source: Release, quads: int, room: Path) -> Release:
    """A release of so many quads: copies of a release's statements, and an organisation that many services name."""
    hub = room / "graphs" / "hub"
    said = [f'<{HUB}> {_LABEL} "Hub"@en', f"<{HUB}> {_TYPE} <http://www.w3.org/ns/org#Organization>"]
    for number in range(min(LINKS, quads // 10)):
        service = f"<{_BASE}/id/service/hub-{number}>"
        said += [
            f"{service} {_AUTHORITY} <{HUB}>",
            f'{service} {_LABEL} "Palvelu {number}"@fi',
            f"{service} {_TYPE} <https://w3id.org/verkosto#Service>",
        ]
    copies(source, quads - len(said), room / "graphs")
    hub.write_text("".join(f"{line}\n" for line in sorted(said)), encoding="utf-8")
    print(f"{'release, with all its files':<40}{build(room / 'graphs', room / 'data', is_full=True)}", flush=True)
    return Releases(room / "data").current()


def things_of(release: Release) -> list[str]:
    """The things that a release describes under our own identifiers, in an order that chance has made."""
    found: dict[str, None] = {}
    with (release.dumps / "verkosto.nq").open(encoding="utf-8") as file:
        for line in file:
            if line.startswith(f"<{_BASE}/id/"):
                found[line[1 : line.index(">")]] = None
    things = list(found)
    random.Random(2026).shuffle(things)
    return things


def start(server: Server) -> None:
    """Fill an engine, start its server, and say how long that took."""
    begun = time.monotonic()
    server.load()
    filled = time.monotonic() - begun
    begun = time.monotonic()
    server.start()
    started = time.monotonic() - begun
    print(f"{server.name:<17}filled in {filled:6.1f} s, answers {started:6.2f} s after its start", flush=True)
    print(f"{'':<17}{server.version()}", flush=True)


def rows(answer: bytes) -> Rows:
    """The rows of a result and how often each is there; of a term what it says and in which language."""
    found = json.loads(answer)
    names = found["head"]["vars"]

    def said(term: Mapping[str, str]) -> str:
        return f"{term.get('value', '')}@{term.get('xml:lang', '').lower()}"

    return Counter(tuple(said(row.get(name, {})) for name in names) for row in found["results"]["bindings"])


def compare(servers: list[Server], things: list[str]) -> set[str]:
    """Say whether all engines answer the same, and how long each took; returns those too slow for heavy queries."""
    samples = {
        name: [text.format(n="", thing=thing) for thing in (*things[:200], HUB)] for name, text in SMALL.items()
    } | {name: [text.format(n="")] for name, text in HEAVY.items()}
    slow: set[str] = set()
    print(f"\n{'samples':<12}{'engine':<17}{'queries':>8}{'as ours':>8}{'rows':>8}{'seconds':>9}", flush=True)
    for kind, queries in samples.items():
        expected: list[Rows] = []
        for server in servers:
            begun = time.monotonic()
            try:
                found = [rows(server.ask(query, TOO_SLOW)) for query in queries]
            except (OSError, HTTPException, ValueError) as error:
                print(f"{kind:<12}{server.name:<17}{len(queries):>8}  {type(error).__name__}: {error}", flush=True)
                slow |= {server.name} if kind in HEAVY else set()
                settle(server)
                continue
            seconds = time.monotonic() - begun
            expected = expected or found
            # Which twenty of more are given is the engine's choice.
            other = [
                (mine, theirs)
                for mine, theirs in zip(expected, found, strict=True)
                if (mine.total() != theirs.total() if kind == "list" else mine != theirs)
            ]
            counts = (
                f"{len(queries):>8}{len(queries) - len(other):>8}{sum(map(Counter.total, found)):>8}{seconds:>9.2f}"
            )
            example = f"  {_difference(*other[0])}" if other else ""
            print(f"{kind:<12}{server.name:<17}{counts}{example}", flush=True)
    return slow


def _difference(mine: Rows, theirs: Rows) -> str:
    """One row that only one of two results has, and one that only the other has."""
    return "; ".join(
        f"{whose} alone {' '.join(next(iter(only)))[:120]!r}"
        for whose, only in (("ours", mine - theirs), ("theirs", theirs - mine))
        if only
    )


def settle(server: Server, most: float = 30) -> None:
    """Wait until a server works no more on what nobody waits for any longer; one that goes on is started anew.

    Otherwise it would take its part of the machine while the next one is measured.
    """
    root = server.root_process
    assert root is not None
    until = time.monotonic() + most
    while time.monotonic() < until:
        tree = _tree(root, _children())
        before = sum(map(_ticks, tree))
        time.sleep(0.5)
        if sum(map(_ticks, tree)) - before <= 5:
            return
    server.stop()
    server.start()


def warm(server: Server, clients: int, queries: list[str]) -> None:
    """Ask some queries and wait for all answers, so that a server has started what it starts when it is needed.

    wrk can't do this: it leaves without its last answers, and a server may end what works on them.
    """
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(lambda query: server.ask(query, 300), queries))


def load(server: Server, addresses: Path, clients: int, seconds: float) -> Load:
    """Ask a server the addresses in a file, one after the other, from so many clients at once."""
    options = [*f"-t1 -c{clients} -d{seconds:.0f}s --timeout 300s -s".split(), str(ROOT / "bench/asking.lua")]
    command = ["wrk", *options, f"http://127.0.0.1:{server.port}", "--", str(addresses)]
    before, ticks = resource.getrusage(resource.RUSAGE_CHILDREN), _busy(server)
    answer = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    after, others = resource.getrusage(resource.RUSAGE_CHILDREN), (_busy(server) - ticks) / 100
    said = json.loads(answer.stdout.splitlines()[-1])
    duration = said["duration"] / MILLION
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Load(
        rate=said["answered"] / duration,
        median=said["median"] / 1000,
        p95=said["p95"] / 1000,
        answered=said["answered"],
        failed=said["failed"],
        client=used / duration,
        others=max(0.0, (others - used) / duration),
    )


def measure(servers: list[Server], slow: set[str], things: list[str], seconds: float, rounds: int, room: Path) -> None:
    """All workloads of all servers, each as often as asked; a line each, and what the goals compare."""
    texts, most = Texts(things), int(seconds * 15_000)
    repeated_small = [text.format(n="", thing=thing) for thing in things[:10] for text in SMALL.values()]
    repeated_heavy = [text.format(n="") for text in HEAVY.values()]
    workloads: dict[str, Callable[[], list[str]]] = {
        "cold small": lambda: list(islice(texts.small(), most)),
        "repeated small": lambda: repeated_small,
        "cold heavy": lambda: list(islice(texts.heavy(), most // 10)),
        "repeated heavy": lambda: repeated_heavy,
    }
    rates: dict[tuple[str, int, str], float] = {}
    head = f"{'answers/s':>9}{'p50 ms':>10}{'p95 ms':>10}{'failed':>8}{'client':>8}{'others':>8}"
    print(f"\n{'':<16}{'clients':>8} {'engine':<17}{head}", flush=True)
    for (kind, made), clients in ((pair, number) for pair in workloads.items() for number in (1, 16)):
        is_heavy = "heavy" in kind
        seen: dict[str, list[Load]] = defaultdict(list)
        for _ in range(rounds):
            queries = made()
            for server in servers:
                if is_heavy and server.name in slow:
                    continue
                addresses = room / "addresses.txt"
                addresses.write_text("".join(f"{server.address(query)}\n" for query in queries), encoding="utf-8")
                warm(server, clients, list(islice(texts.small(), 20 * clients)))
                if "repeated" in kind:
                    warm(server, 1, queries)
                one = load(server, addresses, clients, seconds * (3 if is_heavy else 1))
                settle(server)
                if "cold" in kind and one.answered > len(queries):
                    raise SystemExit(f"{server.name} was asked some texts twice; there have to be more of them.")
                seen[server.name].append(one)
        for server in servers:
            if server.name in seen:
                middle = sorted(seen[server.name], key=lambda one: one.rate)[rounds // 2]
                rates[kind, clients, server.name] = median(one.rate for one in seen[server.name])
                print(f"{kind:<16}{clients:>8} {server.name:<17}{middle}", flush=True)
            else:
                print(f"{kind:<16}{clients:>8} {server.name:<17}not asked: too slow", flush=True)
    print()
    for kind, clients, other, goal in (
        ("cold small", 16, "oxigraph", 0.4),
        ("repeated small", 16, "oxigraph", 1.5),
        ("repeated heavy", 16, "virtuoso", 10.0),
        ("repeated heavy", 1, "virtuoso", 10.0),
    ):
        ours, theirs = rates[kind, clients, "verkosto"], rates.get((kind, clients, other), 0.0)
        ratio = ours / theirs if theirs else float("inf")
        word = "met" if ratio >= goal else "MISSED"
        print(f"{kind}, {clients} clients: {ratio:.2f} × {other}; goal {goal:g} ×: {word}", flush=True)


def measure_hub(server: Server, room: Path) -> None:
    """How long the page of what ten thousand things name takes, in each language, and its data."""
    key = HUB.removeprefix(f"{_BASE}/id/")
    addresses = room / "addresses.txt"
    for what, paths in {
        "page": [f"/{language}/{key}" for language in ("en", "fi", "sv")],
        "data": [f"/doc/{key}.ttl"],
    }.items():
        addresses.write_text("".join(f"{path}\n" for path in paths), encoding="utf-8")
        seen = load(server, addresses, 1, 5)
        print(
            f"{what} of a thing with {LINKS} incoming links: median {seen.median:.1f} ms, p95 {seen.p95:.1f} ms, "
            f"{seen.failed} failed; goal 200 ms: {'met' if seen.p95 <= 200 and not seen.failed else 'MISSED'}"
        )


def _children() -> dict[int, list[int]]:
    """Which processes each process has started."""
    children: dict[int, list[int]] = defaultdict(list)
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _fields(int(entry.name))):
            children[int(fields[1])].append(int(entry.name))
    return children


def _tree(root: int, children: Mapping[int, list[int]]) -> list[int]:
    return [root, *(found for child in children.get(root, []) for found in _tree(child, children))]


def _fields(process: int) -> list[str]:
    """What /proc/[pid]/stat says from the third field on; nothing of a process that has ended."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _ticks(process: int) -> int:
    """Hundredths of a second of the processor that a process has taken, and those of its children that have ended."""
    return sum(map(int, _fields(process)[11:15]))


def _busy(server: Server) -> int:
    """Hundredths of a second for which the machine has worked, but not for a server."""
    user, nice, system, _, _, interrupts, soft, *_ = map(int, Path("/proc/stat").read_text().split()[1:9])
    root = server.root_process
    assert root is not None
    return user + nice + system + interrupts + soft - sum(map(_ticks, _tree(root, _children())))


def _resident(process: int) -> int:
    fields = _fields(process)
    return int(fields[21]) * os.sysconf("SC_PAGE_SIZE") if fields else 0


def main() -> None:
    """Make the release, fill and start all engines, compare what they answer, and measure."""
    if which("wrk") is None:
        raise SystemExit("wrk is missing: apt-get install wrk")
    millions, seconds, rounds = (*map(float, sys.argv[2:]), *(1.35, 5.0, 3.0)[len(sys.argv) - 2 :])
    print(f"commit {commit()}, {os.cpu_count()} cores for servers and client together", flush=True)
    print(subprocess.run(["wrk", "-v"], capture_output=True, encoding="utf-8").stdout.splitlines()[0], flush=True)
    with TemporaryDirectory(dir=sys.argv[1], prefix="engines-") as directory, ExitStack() as stack:
        room = Path(directory)
        release = make_release(Releases(Path(sys.argv[1])).current(), int(millions * MILLION), room)
        servers: list[Server] = [kind(room, release) for kind in (Verkosto, Oxigraph, Virtuoso, RdflibEndpoint)]
        memory = Memory(servers)
        memory.start()
        for server in servers:
            stack.callback(server.stop)
            start(server)
        things = things_of(release)
        slow = compare(servers, things)
        measure(servers, slow, things, seconds, int(rounds), room)
        measure_hub(servers[0], room)
        print()
        for server in servers:
            print(f"{server.name:<17}at most {memory.most[server.name] / MILLION:6.0f} MB resident", flush=True)


if __name__ == "__main__":
    main()
