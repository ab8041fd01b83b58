"""The processes of a running server, as the kernel tells of them; and a port for one."""

import socket
import time
from pathlib import Path
from typing import NamedTuple

_WATCHED = 0.2
"""Seconds over which it is seen whether processes compute."""
_BACKGROUND = 2
"""Ticks of a hundredth of a second that a server may use meanwhile, as it looks for new releases."""


class Process(NamedTuple):
    """What `proc(5) <https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html>`_ says of a process."""

    is_running: bool
    """Whether it has not ended yet."""
    parent: int
    ticks: int
    """Hundredths of a second that it has computed, in user mode and in the kernel."""


def free_port() -> int:
    """One that nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def server(address: str) -> int:
    """The process that answers at an address."""
    port = address.rpartition(":")[2]
    (found,) = (process for process in _all() if {"serve", port} <= _arguments(process))
    return found


def children(parent: int) -> set[int]:
    """The running processes that a process has started: the workers of a server."""
    found = ((process, known) for process in _all() if (known := look(process)) is not None)
    return {process for process, known in found if known.is_running and known.parent == parent}


def workers(address: str) -> set[int]:
    """The worker processes of the server at an address."""
    return children(server(address))


def look(process: int) -> Process | None:
    """What there is to know of a process; None if it is gone."""
    try:
        said = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name in brackets may have spaces; behind it come the state, the parent and, further on, the two times.
    state, parent, *rest = said.rpartition(")")[2].split()
    return Process(state not in "ZX", int(parent), int(rest[9]) + int(rest[10]))


def have_ended(processes: set[int], seconds: float) -> bool:
    """Whether all of some processes end within so many seconds."""
    deadline = time.monotonic() + seconds
    while any(known.is_running for known in map(look, processes) if known is not None):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def becomes_idle(address: str, seconds: float) -> bool:
    """Whether the server and all its workers stop computing within so many seconds."""
    parent, deadline = server(address), time.monotonic() + seconds
    while True:
        before = _ticks(parent)
        time.sleep(_WATCHED)
        after = _ticks(parent)
        if before.keys() == after.keys() and sum(after.values()) - sum(before.values()) <= _BACKGROUND:
            return True
        if time.monotonic() > deadline:
            return False


def _ticks(parent: int) -> dict[int, int]:
    found = {process: look(process) for process in {parent, *children(parent)}}
    return {process: known.ticks for process, known in found.items() if known is not None}


def _all() -> list[int]:
    return [int(path.name) for path in Path("/proc").glob("[0-9]*")]


def _arguments(process: int) -> set[str]:
    try:
        return set(Path(f"/proc/{process}/cmdline").read_text(encoding="utf-8", errors="replace").split("\0"))
    except OSError:
        return set()
