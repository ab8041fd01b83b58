"""The process that evaluates queries: started, and killed without mercy, by `sparql.workers`.

``python -m sparql.worker RELEASE CONTROL LIMITS FOLDER``: the release's directory, the number of an inherited socket,
the limits as JSON, and where files without a name may be made. On the socket come tasks (`sparql.tasks`); a verdict
goes back when all of the answer is written, with the answer behind it or in a file whose descriptor comes along.
"""

import errno
import json
import os
import socket
import sys
import threading
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from graph.release import Release
from sparql import channel, sandbox
from sparql.answer import Spool
from sparql.errors import QueryError
from sparql.limits import MEBIBYTE, Limits, out_of_memory
from sparql.tasks import Tasks

_STACK: Final = 8 * MEBIBYTE
"""As much as the stack of a process may grow to on most systems."""


def main() -> None:
    """Answer requests until the parent closes the socket or dies."""
    directory, control = Path(sys.argv[1]), socket.socket(fileno=int(sys.argv[2]))
    limits = Limits(**json.loads(sys.argv[3]))
    is_walled = sandbox.enter()
    threading.Thread(target=_die_with_parent, daemon=True).start()
    tasks = Tasks(Release(directory), limits, is_walled)
    # The stack of a thread is there from its start. That of the process grows, and with a full memory it would seem to
    # have been too small.
    threading.stack_size(_STACK)
    serving = threading.Thread(target=_serve_within_bounds, args=(tasks, control, limits, sys.argv[4]))
    serving.start()
    serving.join()


def _serve_within_bounds(tasks: Tasks, control: socket.socket, limits: Limits, folder: str) -> None:
    try:
        # Not before this thread has its stack.
        sandbox.bound(limits)
        serve(tasks, control, limits, folder)
    except MemoryError:
        # There is not even enough to say so: end as the engine does then.
        os.abort()
    except BaseException:
        traceback.print_exc()
        os._exit(1)


def serve(tasks: Tasks, control: socket.socket, limits: Limits, folder: str) -> None:
    """Read messages from the socket and send back a verdict on each, with what was made if there is something."""
    while (message := channel.receive(control)) is not None:
        spool = Spool(folder)
        verdict: Mapping[str, object]
        try:
            verdict = tasks.do(message, spool)
        except QueryError as error:
            verdict = {"error": type(error).__name__, "message": str(error)}
        except (MemoryError, OSError, RuntimeError, ValueError) as error:
            verdict = _failure(error, limits)
        _send(control, verdict, spool)


def _send(control: socket.socket, verdict: Mapping[str, object], spool: Spool) -> None:
    body = b"" if "error" in verdict else spool.body()
    if isinstance(body, bytes):
        channel.send(control, verdict, body)
    else:
        channel.send(control, verdict, descriptor=body.fileno())
    spool.close()


def _failure(error: Exception, limits: Limits) -> dict[str, str]:
    """What an error of the engine means to the one who asked."""
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        message = (
            f"The result is larger than {limits.result_bytes} bytes and was not sent. "
            "Ask for fewer rows, or take the dump at /data/."
        )
        return {"error": "SizeLimit", "message": message}
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return {"error": "MemoryLimit", "message": out_of_memory(limits)}
    if isinstance(error, RuntimeError) and "custom function" in str(error):
        return {"error": "InvalidQuery", "message": f"{error} here; use those of SPARQL 1.1."}
    return {"error": "QueryFailed", "message": f"The engine could not answer: {error}"}


def _die_with_parent() -> None:
    """Standard input is a pipe from the parent: it ends when the parent does, however that happens."""
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
