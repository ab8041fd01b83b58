"""The engines that bench/engines.py compares: how each is filled from dumps, started, and asked what it is."""

import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from abc import ABC, abstractmethod
from http.client import HTTPException
from pathlib import Path
from typing import Final
from urllib.parse import quote

from graph.release import Release

ROOT: Final = Path(__file__).parent.parent
MERGED: Final = "https://example.org/id/graph/merged"
"""The merge of all graphs, in an engine that has no default graph to load it into."""
_VIRTUOSO: Final = """\
[Database]
DatabaseFile = virtuoso.db
ErrorLogFile = virtuoso.log
LockFile = virtuoso.lck
TransactionFile = virtuoso.trx
xa_persistent_file = virtuoso.pxa
FileExtend = 200
MaxCheckpointRemap = 2000

[TempDatabase]
DatabaseFile = virtuoso-temp.db
TransactionFile = virtuoso-temp.trx
MaxCheckpointRemap = 2000

[Parameters]
ServerPort = {sql}
DisableUnixSocket = 1
MaxClientConnections = 10
ServerThreads = 40
CheckpointInterval = 0
NumberOfBuffers = 170000
MaxDirtyBuffers = 130000
DirsAllowed = {dumps}

[HTTPServer]
ServerPort = {http}
ServerThreads = 40
MaxKeepAlives = 40
KeepAliveTimeout = 60

[SPARQL]
ResultSetMaxRows = 1000000
"""


class Server(ABC):
    """One engine, serving one release on a port of its own."""

    name: str
    path = "/sparql?query="

    def __init__(self, room: Path, release: Release) -> None:
        self.room = room / type(self).__name__.lower()
        self.room.mkdir()
        self.release = release
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @abstractmethod
    def load(self) -> None:
        """Fill the engine from the dumps of the release."""

    @abstractmethod
    def command(self) -> list[str]:
        """What starts the server."""

    @abstractmethod
    def version(self) -> str:
        """What the running server says that it is."""

    def start(self, most: float = 1200) -> float:
        """Start the server; seconds until it has answered a query. Raises TimeoutError."""
        start = time.monotonic()
        with (self.room / "server.log").open("wb") as log:
            self._process = subprocess.Popen(self.command(), cwd=self.room, stdout=log, stderr=log)
        while time.monotonic() - start < most:
            try:
                self.ask("ASK { ?s ?p ?o }", 60)
                return time.monotonic() - start
            except (OSError, HTTPException):
                if self._process.poll() is not None:
                    raise SystemExit(f"{self.name} ended: {(self.room / 'server.log').read_text()[-2000:]}") from None
                time.sleep(0.01)
        raise TimeoutError

    def stop(self) -> None:
        """End the server."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def root_process(self) -> int | None:
        """The process id of the server while it runs."""
        return None if self._process is None else self._process.pid

    def address(self, query: str) -> str:
        """Path and query string that ask a query."""
        return f"{self.path}{quote(query, safe='')}"

    def ask(self, query: str, seconds: float) -> bytes:
        """The answer as SPARQL results in JSON. Raises OSError, HTTPException."""
        return self.get(self.address(query), seconds)[1]

    def get(self, address: str, seconds: float = 60) -> tuple[str, bytes]:
        """What the server calls itself in its answer, and the answer."""
        headers = {"Accept": "application/sparql-results+json, application/json;q=0.9"}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{address}", headers=headers)
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            return answer.headers.get("Server", ""), answer.read()


class Verkosto(Server):
    """Ours: `verkosto serve` on the release as it is, with all defaults."""

    name = "verkosto"

    def load(self) -> None:
        """Nothing: the release has its store."""

    def command(self) -> list[str]:
        data = self.release.directory.parent.parent
        return [sys.executable, "-m", "verkosto", "serve", "--data", str(data), "--port", str(self.port)]

    def version(self) -> str:
        return f"{json.loads(self.get('/openapi.json')[1])['info']['version']}, commit {commit()}"


class Oxigraph(Server):
    """The Oxigraph server, read-only: the N-Quads are its named graphs, the Turtle its default graph."""

    name = "oxigraph"
    path = "/query?query="

    def load(self) -> None:
        for file in ("verkosto.nq", "verkosto.ttl"):
            _run(self._program(), "load", "--location", str(self.room), "--file", str(self.release.dumps / file))
        # It says itself that this is to be done before much is read.
        _run(self._program(), "optimize", "--location", str(self.room))

    def command(self) -> list[str]:
        return [self._program(), "serve-read-only", "--location", str(self.room), "--bind", f"127.0.0.1:{self.port}"]

    def version(self) -> str:
        return self.get(self.address("ASK {}"))[0]

    @staticmethod
    def _program() -> str:
        return str(Path(sys.executable).with_name("oxigraph"))


class Virtuoso(Server):
    """Virtuoso 7, filled by its bulk loader: N-Quads, and the Turtle into a graph that each query names as its default.

    It has no default graph of its own: without a name it would answer from all graphs. It has 1.3 GB of buffers, more
    than the data need, keeps connections and limits no result: as configured by Debian it would cut results at 10,000
    rows and give what it has after a minute, with status 200.
    """

    name = "virtuoso"
    path = f"/sparql?default-graph-uri={quote(MERGED, safe='')}&query="

    def __init__(self, room: Path, release: Release) -> None:
        super().__init__(room, release)
        if shutil.which("virtuoso-t") is None:
            raise SystemExit("Virtuoso 7 is missing: apt-get install virtuoso-opensource-7")
        self._sql = free_port()
        settings = _VIRTUOSO.format(sql=self._sql, http=self.port, dumps=release.dumps)
        (self.room / "virtuoso.ini").write_text(settings, encoding="utf-8")

    def load(self) -> None:
        self.start()
        dumps = self.release.dumps
        self._isql(
            f"ld_dir('{dumps}', 'verkosto.nq', '{MERGED}'); ld_dir('{dumps}', 'verkosto.ttl', '{MERGED}'); "
            "rdf_loader_run(); checkpoint;"
        )
        wrong = self._isql(
            "select ll_file, ll_error from DB.DBA.load_list where ll_state <> 2 or ll_error is not null;"
        )
        if wrong.strip():
            raise SystemExit(f"Virtuoso could not load: {wrong}")
        self._isql("shutdown;")
        assert self._process is not None
        self._process.wait()

    def command(self) -> list[str]:
        return ["virtuoso-t", "+foreground", "+configfile", "virtuoso.ini"]

    def version(self) -> str:
        said = " ".join(self._isql("select sys_stat('st_dbms_ver');").split())
        return f"{said}, {self.get(self.address('ASK {}'))[0]}"

    def _isql(self, statements: str) -> str:
        options = ["BANNER=OFF", "PROMPT=OFF", "VERBOSE=OFF", f"exec={statements}"]
        return _run("isql-vt", f"127.0.0.1:{self._sql}", "dba", "dba", *options)


class RdflibEndpoint(Server):
    """rdflib-endpoint, in an environment made for it: the N-Quads in memory, queried as the union of their graphs."""

    name = "rdflib-endpoint"
    path = "/?query="

    def load(self) -> None:
        """Only makes the environment: the server reads the file when it starts."""
        _run(sys.executable, "-m", "venv", str(self.room / "venv"))
        _run(str(self._bin / "pip"), "install", "--quiet", "--disable-pip-version-check", "rdflib-endpoint[cli]")

    def command(self) -> list[str]:
        file = str(self.release.dumps / "verkosto.nq")
        return [str(self._bin / "rdflib-endpoint"), "serve", file, "--host", "127.0.0.1", "--port", str(self.port)]

    def version(self) -> str:
        said = "from importlib.metadata import version as v; print(v('rdflib-endpoint'), 'rdflib', v('rdflib'))"
        return _run(str(self._bin / "python"), "-c", said).strip()

    @property
    def _bin(self) -> Path:
        return self.room / "venv" / "bin"


def commit() -> str:
    """The commit of our code."""
    return _run("git", "-C", str(ROOT), "rev-parse", "--short", "HEAD").strip()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def _run(*command: str) -> str:
    answer = subprocess.run(command, capture_output=True, encoding="utf-8")
    if answer.returncode:
        raise SystemExit(f"{' '.join(command)[:200]} failed: {(answer.stderr or answer.stdout)[-2000:]}")
    return answer.stdout
