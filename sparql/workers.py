"""Queries in processes that can be killed. The only module that starts processes.

pyoxigraph cannot cancel a query, so the parent holds the clock and the kill. A worker writes its answer into a nameless
file that the parent gave it; the parent hands that out only when the worker's verdict says that it is whole: nobody
sees half an answer, and a large one never passes through the parent's memory, where it would slow the pages down.
"""

import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import Empty, LifoQueue
from typing import IO, Self, cast

from graph.release import Release
from sparql import channel, errors
from sparql.errors import (
    Busy,
    InvalidQuery,
    MemoryLimit,
    QueryError,
    QueryFailed,
    QueryTooLong,
    TimeLimit,
)
from sparql.limits import MEBIBYTE, Limits
from sparql.protocol import Request

_CHUNK = 1 << 16


@dataclass(frozen=True)
class Answer:
    """A whole result: its media type, its length in bytes, and a file to read it from. Close it after use."""

    media_type: str
    length: int
    body: IO[bytes]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.body.close()

    def chunks(self) -> Iterator[bytes]:
        """The result in pieces; closes it at the end."""
        with self:
            while chunk := self.body.read(_CHUNK):
                yield chunk


class WorkerPool:
    """Workers over one release, some of them started at once. Safe to use from many threads."""

    def __init__(self, release: Release, limits: Limits, at_once: int = 2) -> None:
        self.release = release
        self.limits = limits
        self._is_closed = False
        self._places = threading.BoundedSemaphore(limits.workers + limits.waiting)
        # None stands for a worker that is started when it is first needed; the last put in is the first taken out.
        self._idle: LifoQueue[_Worker | None] = LifoQueue()
        for place in range(limits.workers):
            self._idle.put(_Worker(release.store, limits) if place >= limits.workers - at_once else None)

    def answer(self, request: Request) -> Answer:
        """Evaluate a query and return its whole result. Raises QueryError; then there is no result at all."""
        if len(request.query.encode()) > self.limits.query_bytes:
            raise QueryTooLong(f"The query is longer than {self.limits.query_bytes} bytes; make it shorter.")
        with self._worker() as worker:
            return worker.answer(request)

    def close(self) -> None:
        """Stop all workers: those that are idle now, the others when their queries have ended."""
        self._is_closed = True
        while True:
            try:
                worker = self._idle.get_nowait()
            except Empty:
                return
            if worker is not None:
                worker.kill()

    @contextmanager
    def _worker(self) -> "Iterator[_Worker]":
        if not self._places.acquire(blocking=False):
            raise Busy(f"{self.limits.waiting} queries are waiting already; try again in a moment.")
        try:
            idle = self._idle.get(timeout=self.limits.seconds)
        except Empty as error:
            self._places.release()
            raise Busy("All workers are busy; try again in a moment.") from error
        worker = None
        try:
            worker = self._alive(idle)
            yield worker
        finally:
            self._idle.put(worker)
            self._places.release()
            if self._is_closed:
                self.close()

    def _alive(self, worker: "_Worker | None") -> "_Worker":
        """The worker, or a new one in the place of one that is dead or was never started."""
        if worker is not None:
            if worker.is_alive():
                return worker
            worker.kill()
        return _Worker(self.release.store, self.limits)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Worker:
    """One process. It answers one query at a time, and is killed when one goes wrong."""

    def __init__(self, store: Path, limits: Limits) -> None:
        self._limits = limits
        self._control, theirs = socket.socketpair()
        command = [
            sys.executable,
            "-P",
            "-m",
            "sparql.worker",
            str(store),
            str(theirs.fileno()),
            json.dumps(asdict(limits)),
        ]
        # Standard input stays open as long as we live; by its end the worker learns of our death.
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[theirs.fileno()], env=_environment())
        theirs.close()

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def kill(self) -> None:
        """End the process now, whatever it does, and wait until the kernel has taken it away."""
        self._process.kill()
        self._process.wait()
        self._control.close()
        if self._process.stdin is not None:
            self._process.stdin.close()

    def answer(self, request: Request) -> Answer:
        with ExitStack() as unless_answered:
            body = unless_answered.enter_context(tempfile.TemporaryFile())
            try:
                media_type = self._evaluate(request, body)
            except QueryError:
                raise
            except BaseException:
                # Nobody knows what the process would send next.
                self.kill()
                raise
            length = body.seek(0, os.SEEK_END)
            body.seek(0)
            unless_answered.pop_all()
            return Answer(media_type, length, body)

    def _evaluate(self, request: Request, body: IO[bytes]) -> str:
        """Have the worker write its answer into the file. Returns the media type once the verdict is in."""
        try:
            channel.send(self._control, asdict(request), body.fileno())
            self._wait()
            received = channel.receive(self._control)
        except OSError:
            received = None
        if received is None:
            raise self._died()
        verdict, _ = received
        if "error" in verdict:
            raise cast(type[QueryError], getattr(errors, verdict["error"]))(verdict["message"])
        return cast(str, verdict["media_type"])

    def _wait(self) -> None:
        """Wait for the verdict. At the time limit, kills the process and raises TimeLimit."""
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        deadline = time.monotonic() + self._limits.seconds
        while (left := deadline - time.monotonic()) > 0:
            if poll.poll(left * 1000):
                return
        self.kill()
        raise TimeLimit(
            f"The query was stopped after {self._limits.seconds:g} seconds, without an answer. "
            "Ask for less: fewer patterns without a common variable, a LIMIT, or the dump at /data/."
        )

    def _died(self) -> QueryError:
        """Why the process ended by itself, as an error to raise."""
        self.kill()
        if self._process.returncode == -signal.SIGSEGV:
            return InvalidQuery("The query is nested too deeply, or is too long a chain, to be read; break it up.")
        if self._process.returncode == -signal.SIGABRT:
            return MemoryLimit(
                f"The query needed more than {self._limits.memory // MEBIBYTE} MiB of memory and was stopped. "
                "Ask for less: sort or group fewer rows."
            )
        return QueryFailed(f"The worker ended unexpectedly (status {self._process.returncode}); try again.")


def _environment() -> dict[str, str]:
    """What a worker needs to find our code where we found it, and nothing else of our environment."""
    return {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path), "LC_ALL": "C.UTF-8"}
