"""The process that evaluates queries: started, and killed without mercy, by `sparql.workers`.

``python -m sparql.worker RELEASE CONTROL LIMITS FOLDER``: the release's directory, the number of an inherited socket,
the limits as JSON, and where files without a name may be made. On the socket come requests; a verdict goes back when
the engine's own serialiser has written all of the answer, with the answer behind it or in a file whose descriptor
comes along.
"""

import errno
import json
import os
import re
import socket
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Final, cast
from xml.parsers import expat

from pyoxigraph import QueryBoolean, QuerySolutions, QueryTriples

from graph.release import Release
from sparql import channel, policy, rows, sandbox
from sparql.answer import Spool
from sparql.dataset import Datasets
from sparql.errors import NotAcceptable, QueryError
from sparql.limits import Limits
from sparql.protocol import GRAPHS, RESULTS, Request

_CHARACTER_CLASS: Final = re.compile(r"\[(?:'[^']*'|[^\]'])*\]")


def main() -> None:
    """Answer requests until the parent closes the socket or dies."""
    directory, control = Path(sys.argv[1]), socket.socket(fileno=int(sys.argv[2]))
    limits = Limits(**json.loads(sys.argv[3]))
    sandbox.enter()
    threading.Thread(target=_die_with_parent, daemon=True).start()
    datasets = Datasets(Release(directory))
    sandbox.bound(limits)
    serve(datasets, control, limits, sys.argv[4])


def serve(datasets: Datasets, control: socket.socket, limits: Limits, folder: str) -> None:
    """Read requests from the socket and send back a verdict on each, with the answer if there is one."""
    while (message := channel.receive(control)) is not None:
        spool = Spool(folder)
        verdict: Mapping[str, object]
        try:
            request = Request(query=message.body.decode(), **message.head)
            verdict = _answer(datasets, request, spool, limits)
        except QueryError as error:
            verdict = {"error": type(error).__name__, "message": str(error)}
        except SyntaxError as error:
            verdict = _refused(error, message.body.decode())
        except MemoryError:
            verdict = {"error": "MemoryLimit", "message": "The query needs more memory than allowed."}
        except (OSError, RuntimeError, ValueError) as error:
            verdict = _failure(error, limits)
        _send(control, verdict, spool)


def _send(control: socket.socket, verdict: Mapping[str, object], spool: Spool) -> None:
    body = spool.body() if "media_type" in verdict else b""
    if isinstance(body, bytes):
        channel.send(control, verdict, body)
    else:
        channel.send(control, verdict, descriptor=body.fileno())
    spool.close()


def _answer(datasets: Datasets, request: Request, spool: Spool, limits: Limits) -> Mapping[str, object]:
    """Evaluate a query into the spool and tell what was written."""
    policy.check(request.query, limits)
    results = datasets.query(request)
    media_type = _serialize(results, spool, request)
    body = spool.body()
    if media_type.endswith("xml"):
        _check_well_formed(body)
    return {"media_type": media_type, "rows": rows.count(media_type, isinstance(results, QueryTriples), body)}


def _serialize(results: QuerySolutions | QueryBoolean | QueryTriples, spool: Spool, request: Request) -> str:
    # What the engine writes to only has to look like a file.
    output = cast(IO[bytes], spool)
    if isinstance(results, QueryTriples):
        media_type = _accepted(request.graphs, "CONSTRUCT and DESCRIBE", GRAPHS)
        results.serialize(output, format=GRAPHS[media_type])
    else:
        media_type = _accepted(request.results, "SELECT and ASK", RESULTS)
        results.serialize(output, format=RESULTS[media_type])
    return media_type


def _check_well_formed(body: bytes | IO[bytes]) -> None:
    """Refuse XML that no parser would read: the engine writes characters and names that XML does not have."""
    parser = expat.ParserCreate(namespace_separator=" ")
    try:
        if isinstance(body, bytes):
            parser.Parse(body, True)
        else:
            parser.ParseFile(body)
    except expat.ExpatError as error:
        raise NotAcceptable(
            f"This result can't be said in XML ({error}): a text or a name in it is not allowed there. "
            "Ask for JSON, or for Turtle if it is a graph."
        ) from error


def _refused(error: SyntaxError, query: str) -> dict[str, str]:
    """What a text is that the engine does not read as a query."""
    if policy.is_update(query):
        return {"error": "ForbiddenQuery", "message": policy.READ_ONLY}
    return {"error": "InvalidQuery", "message": f"The query is not SPARQL 1.1: {_readable(error)}"}


def _failure(error: Exception, limits: Limits) -> dict[str, str]:
    """What an error of the engine means to the one who asked."""
    if isinstance(error, OSError) and error.errno == errno.EFBIG:
        message = (
            f"The result is larger than {limits.result_bytes} bytes and was not sent. "
            "Ask for fewer rows, or take the dump at /data/."
        )
        return {"error": "SizeLimit", "message": message}
    return {"error": "QueryFailed", "message": f"The engine could not answer: {error}"}


def _readable(error: SyntaxError) -> str:
    """The parser's message with its place, without the classes of characters that it would have taken there.

    >>> _readable(SyntaxError("error at 1:24: expected one of Prefix not found, ['%'], ['-' | '0' ..= '9']"))
    'error at 1:24: Prefix not found'
    >>> _readable(SyntaxError("error at 2:5: expected one of \\".\\", [':'], [_]"))
    'error at 2:5: expected "."'
    >>> _readable(SyntaxError("error at 1:6: expected [_]"))
    'error at 1:6: unexpected text'
    """
    place, _, expected = str(error).partition("expected ")
    choices = _CHARACTER_CLASS.sub("", expected.removeprefix("one of ")).split(", ")
    named = [choice.strip() for choice in choices if choice.strip()]
    sentences = [choice for choice in named if " " in choice]
    if sentences:
        return place + "; ".join(sentences)
    return f"{place}expected {' or '.join(named)}" if named else f"{place}unexpected text"


def _accepted(media_type: str | None, forms: str, offered: Mapping[str, object]) -> str:
    if media_type is None:
        raise NotAcceptable(f"{forms} are answered as {', '.join(offered)}; ask for one of these in Accept.")
    return media_type


def _die_with_parent() -> None:
    """Standard input is a pipe from the parent: it ends when the parent does, however that happens."""
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
