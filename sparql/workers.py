"""Queries in processes that can be killed. The only module that starts processes.

pyoxigraph cannot cancel a query, so the parent holds the clock and the kill. A worker says that its answer is whole
before any of it is handed out: nobody sees half an answer. A large one comes in a nameless file, and never passes
through the parent's memory, where it would slow the pages down.
"""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from time import monotonic
from typing import Final, Self, cast

from graph.release import Release
from sparql import channel, errors
from sparql.answer import Answer
from sparql.bounds import Queue, in_time, most_seconds
from sparql.channel import Message
from sparql.errors import Busy, InvalidQuery, MemoryLimit, QueryError, QueryFailed
from sparql.limits import Limits, out_of_memory
from sparql.protocol import Request

_NICENESS: Final = 10
"""Pages come first: a query of unknown cost takes what the web process leaves."""


class WorkerPool:
    """Workers over one release, some of them ready before they are needed. Queries are asked from one event loop."""

    def __init__(self, release: Release, limits: Limits, at_once: int = 2) -> None:
        self._limits = limits
        self._release = release
        self._is_closed = False
        self._queue = Queue(limits)
        self._at_once = min(at_once, limits.workers)
        self._busy = 0
        self._free = asyncio.Semaphore(limits.workers)
        # The last put in is the first taken out, so that those that are not needed stay unstarted.
        self._idle = deque(self._start() for _ in range(self._at_once))

    @property
    def limits(self) -> Limits:
        """What one query may take."""
        return self._limits

    async def answer(self, request: Request) -> Answer:
        """Evaluate a query and return its whole result. Raises QueryError; then there is no result at all.

        Whoever is not interested any more cancels; the process is killed then.
        """
        return as_answer(await self.do("query", request))

    async def do(
        self, task: str, request: Request, body: bytes | None = None, descriptor: int | None = None, **more: object
    ) -> Message:
        """Have a worker do a task (`sparql.tasks`), by default with the text of the query, and give its verdict.

        Raises QueryError. Whoever is given a descriptor closes it.
        """
        said = {name: value for name, value in vars(request).items() if name != "query"}
        head = {"task": task, "request": said, **more}
        text = request.query.encode() if body is None else body
        async with (
            self._worker(request.seconds) as (worker, waited),
            in_time(self._limits, request.seconds, waited),
        ):
            return await worker.do(head, text, descriptor)

    def close(self) -> None:
        """Stop all workers: those that are idle now, the others when their queries have ended."""
        self._is_closed = True
        while self._idle:
            self._idle.pop().kill()

    @asynccontextmanager
    async def _worker(self, seconds: float | None) -> "AsyncIterator[tuple[_Worker, float]]":
        """A worker, and for how many seconds it was waited for."""
        with self._queue.place():
            waited = await self._place(seconds)
            try:
                worker = self._alive()
                try:
                    yield worker, waited
                finally:
                    self._give_back(worker)
            finally:
                self._free.release()

    async def _place(self, seconds: float | None) -> float:
        if not self._free.locked():
            await self._free.acquire()
            return 0.0
        start = monotonic()
        try:
            async with asyncio.timeout(most_seconds(self._limits, seconds)):
                await self._free.acquire()
        except TimeoutError as error:
            raise Busy("All workers are busy; try again in a moment.") from error
        return monotonic() - start

    def _alive(self) -> "_Worker":
        self._busy += 1
        while self._idle:
            worker = self._idle.pop()
            if worker.is_alive():
                return worker
            worker.kill()
        return self._start()

    def _give_back(self, worker: "_Worker") -> None:
        self._busy -= 1
        if worker.is_alive() and not self._is_closed:
            self._idle.append(worker)
            return
        worker.kill()
        # Who asks next has all of its time for its query, and none goes into the start of a process.
        if not self._is_closed and len(self._idle) < min(self._at_once, self._limits.workers - self._busy):
            self._idle.appendleft(self._start())

    def _start(self) -> "_Worker":
        return _Worker(self._release.directory, self._limits)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Worker:
    """One process. It answers one query at a time, and is killed when one goes wrong."""

    def __init__(self, release: Path, limits: Limits) -> None:
        self._limits = limits
        self._is_killed = False
        self._control, theirs = socket.socketpair()
        self._control.setblocking(False)
        command = [
            sys.executable,
            "-P",
            "-m",
            "sparql.worker",
            str(release),
            str(theirs.fileno()),
            json.dumps(asdict(limits)),
            tempfile.gettempdir(),
        ]
        # Standard input stays open as long as we live; by its end the worker learns of our death.
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, pass_fds=[theirs.fileno()], env=_environment())
        # Already while it imports what it needs.
        os.setpriority(os.PRIO_PROCESS, self._process.pid, _NICENESS)
        theirs.close()

    def is_alive(self) -> bool:
        # One that was killed may take a moment to go.
        return not self._is_killed and self._process.poll() is None

    def kill(self) -> None:
        """End the process now, whatever it does."""
        self._is_killed = True
        self._process.kill()
        self._control.close()
        if self._process.stdin is not None:
            self._process.stdin.close()
        # The kernel takes a moment to free much memory; nobody has to wait for that.
        threading.Thread(target=self._process.wait).start()

    async def do(self, head: Mapping[str, object], body: bytes, descriptor: int | None) -> Message:
        try:
            verdict = await self._exchange(head, body, descriptor)
        except BaseException:
            # Nobody knows what the process would send next; or nobody wants it.
            self.kill()
            raise
        if "error" in verdict.head:
            raise cast(type[QueryError], getattr(errors, verdict.head["error"]))(verdict.head["message"])
        return verdict

    async def _exchange(self, head: Mapping[str, object], body: bytes, descriptor: int | None) -> Message:
        try:
            verdict = await channel.exchange(self._control, head, body, descriptor)
        except OSError:
            verdict = None
        if verdict is None:
            raise self._died()
        return verdict

    def _died(self) -> QueryError:
        """Why the process ended by itself, as an error to raise."""
        # Its end of the socket is closed after its memory is freed: this does not take long.
        self._process.wait()
        if self._process.returncode == -signal.SIGSEGV:
            # The stack was full, or could not grow any more.
            return InvalidQuery(
                "The query is nested too deeply, is too long a chain, or makes too much of a text; break it up."
            )
        if self._process.returncode == -signal.SIGABRT:
            return MemoryLimit(out_of_memory(self._limits))
        return QueryFailed(f"The worker ended unexpectedly (status {self._process.returncode}); try again.")


def as_answer(verdict: Message) -> Answer:
    """The answer that a verdict comes with."""
    body = verdict.body if verdict.descriptor is None else os.fdopen(verdict.descriptor, "rb")
    return Answer(verdict.head["media_type"], body, verdict.head["rows"])


def _environment() -> dict[str, str]:
    """What a worker needs to find our code where we found it, and nothing else of our environment.

    Of the C library it has one heap: each further one takes 64 MiB of the address space that is for the query.
    """
    path = os.pathsep.join(path for path in sys.path if path)
    return {"PYTHONPATH": path, "LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "1"}
