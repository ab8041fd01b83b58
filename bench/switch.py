"""Requests while a server switches between releases: how many fail, and how many mix two releases. Both should be none.

    .venv/bin/python bench/switch.py [SECONDS] [REQUESTS_PER_SECOND]

A real `verkosto serve` answers for a minute (by default), 200 requests a second in all, from sixteen clients that keep
their connections: pages, data documents, SPARQL and files. Meanwhile releases are built and rolled back to, as from a
shell. The name of one theme tells which release it is of: each answer has to name the release that its X-Release names.
Prints the commit and every number; ends with status 1 if a request failed or an answer was mixed.
"""

import re
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

ROOT = Path(__file__).parent.parent
CLIENTS = 16
QUERY = "SELECT ?name { <https://example.org/id/theme/s-t> <http://www.w3.org/2000/01/rdf-schema#label> ?name }"
ADDRESSES = {
    "page": "/fi/theme/s-t",
    "list": "/fi/theme",
    "document": "/doc/theme/s-t.ttl",
    "SPARQL": f"/sparql?format=csv&query={quote(QUERY)}",
    "file": "/data/latest/sources/s.nq",
}
CONFIG = """base = "https://example.org"
[[source]]
name = "s"
loader = "tables"
path = "source"
licence = "https://creativecommons.org/licenses/by/4.0/"
title = { fi = "Lähde" }
"""


@dataclass(frozen=True)
class Seen:
    """What became of a request: when it began, how long it took, the release it names and the words in its body."""

    kind: str
    start: float
    seconds: float
    release: str
    markers: frozenset[str]
    failure: str


class Publisher:
    """Builds releases and rolls back to them, as one does from a shell."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self.data = directory / "data"
        self.named: dict[str, str] = {}
        """The word in a release → its id."""
        (directory / "source").mkdir()
        (directory / "build.toml").write_text(CONFIG, encoding="utf-8")

    def build(self) -> None:
        """Publish a release with a word of its own."""
        word = f"Merkki{len(self.named)}"
        (self._directory / "source" / "Themes.csv").write_text(f"id,label_fi\nt,{word}\n", encoding="utf-8")
        said = self._run("build", str(self._directory / "build.toml"))
        found = re.search(r"^Release (\S+) is current now", said, re.MULTILINE)
        assert found is not None, said
        self.named[word] = found[1]

    def roll_back(self, number: int) -> None:
        """Make the release of this number current again."""
        self._run("rollback", list(self.named.values())[number])

    def _run(self, *arguments: str) -> str:
        command = [sys.executable, "-m", "verkosto", *arguments, "--data", str(self.data)]
        return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout


@contextmanager
def serving(data: Path) -> Iterator[int]:
    """Run `verkosto serve` and give its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = int(listening.getsockname()[1])
    command = [sys.executable, "-m", "verkosto", "serve", "--data", str(data), "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        # It says so when it is ready.
        process.stdout.readline()
        yield port
        process.terminate()


def ask(connection: HTTPConnection, kind: str) -> Seen:
    """Ask one thing, and follow where it leads."""
    start, address = time.monotonic(), ADDRESSES[kind]
    try:
        while True:
            connection.request("GET", address)
            answer = connection.getresponse()
            body = answer.read().decode()
            if answer.status != 302:
                break
            address = answer.getheader("Location", "")
        failure = "" if answer.status == 200 else f"{answer.status} at {address}: {body[:200]}"
        release = answer.getheader("X-Release", "")
    except (OSError, HTTPException) as error:
        failure, release, body = f"{type(error).__name__} at {address}: {error}", "", ""
        connection.close()
    markers = frozenset(re.findall(r"Merkki\d+", body))
    return Seen(kind, start, time.monotonic() - start, release, markers, failure)


def client(port: int, number: int, until: float, rate: float) -> list[Seen]:
    """Ask one thing after the other, on one connection, so many a second; what is late is made up for."""
    connection, kinds = HTTPConnection("127.0.0.1", port, timeout=60), list(ADDRESSES)
    seen: list[Seen] = []
    following = time.monotonic() + number / CLIENTS / rate
    while (now := time.monotonic()) < until:
        if now < following:
            time.sleep(following - now)
        seen.append(ask(connection, kinds[(len(seen) + number) % len(kinds)]))
        following += 1 / rate
    connection.close()
    return seen


def run(seconds: float, rate: float) -> tuple[list[Seen], dict[str, str], int]:
    """All that was seen, the release of each word, and how often another release was made current."""
    with TemporaryDirectory() as directory:
        publisher, published = Publisher(Path(directory)), 0
        publisher.build()
        publisher.build()
        with serving(publisher.data) as port, ThreadPoolExecutor(CLIENTS) as pool:
            until = time.monotonic() + seconds
            clients = [pool.submit(client, port, number, until, rate / CLIENTS) for number in range(CLIENTS)]
            while time.monotonic() + 2 < until:
                publisher.build() if published % 3 == 0 else publisher.roll_back(published % 3 - 1)
                published += 1
                time.sleep(max(1.2, seconds / 20))
            seen = sorted((one for made in clients for one in made.result()), key=lambda one: one.start)
        return seen, publisher.named, published


def main() -> None:
    """Run once and report."""
    arguments = [float(text) for text in sys.argv[1:]]
    seconds, rate = (*arguments, *(60.0, 200.0)[len(arguments) :])
    seen, named, published = run(seconds, rate)
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    failed = [one.failure for one in seen if one.failure]
    mixed = [one for one in seen if not one.failure and {named.get(word) for word in one.markers} != {one.release}]
    switches = len([release for release, _ in groupby(one.release for one in seen if one.kind == "page")]) - 1
    print(f"commit {commit.stdout.strip()}")
    print(f"{len(seen)} requests in {seconds:.0f} s, {len(seen) / seconds:.0f} a second")
    print(f"{published} times another release was made current, {len(named) - 2} of them new; {switches} switches seen")
    print(f"{len(failed)} failed, {len(mixed)} mixed")
    for kind, count in Counter(one.kind for one in seen).items():
        took = sorted(one.seconds * 1000 for one in seen if one.kind == kind)
        quantiles = f"median {took[count // 2]:6.1f} ms  p95 {took[int(count * 0.95)]:6.1f} ms  max {took[-1]:6.1f} ms"
        print(f"{kind:<9}{count:>6}  {quantiles}")
    for failure in [*failed, *map(str, mixed)][:20]:
        print(failure, file=sys.stderr)
    sys.exit(bool(failed or mixed))


if __name__ == "__main__":
    main()
