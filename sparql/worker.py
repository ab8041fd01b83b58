"""The process that evaluates queries: started, and killed without mercy, by `sparql.workers`.

``python -m sparql.worker STORE CONTROL LIMITS``: the store's directory, the number of an inherited socket, and the
limits as JSON. On the socket come requests, each with an open file for the result; a verdict goes back when the
engine's own serialiser has written all of it.
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
from typing import IO, Any
from xml.parsers import expat

from pyoxigraph import NamedNode, QueryBoolean, QuerySolutions, QueryTriples, Store

from graph.store import open_read_only
from sparql import channel, policy, sandbox
from sparql.errors import NotAcceptable, QueryError
from sparql.limits import Limits
from sparql.protocol import GRAPHS, RESULTS, Request

_BUFFER = 1 << 16
_CHARACTER_CLASS = re.compile(r"\[(?:'[^']*'|[^\]'])*\]")


def main() -> None:
    """Answer requests until the parent closes the socket or dies."""
    directory, control = Path(sys.argv[1]), socket.socket(fileno=int(sys.argv[2]))
    limits = Limits(**json.loads(sys.argv[3]))
    sandbox.enter()
    threading.Thread(target=_die_with_parent, daemon=True).start()
    store = open_read_only(directory)
    sandbox.bound(limits)
    serve(store, control, limits)


def serve(store: Store, control: socket.socket, limits: Limits) -> None:
    """Read requests from the socket, answer each into its file, send back a verdict."""
    while (received := channel.receive(control)) is not None:
        message, file = received
        try:
            verdict = {"media_type": _answer(store, Request(**message), file, limits)}
        except QueryError as error:
            verdict = {"error": type(error).__name__, "message": str(error)}
        except SyntaxError as error:
            verdict = {"error": "InvalidQuery", "message": f"The query is not SPARQL 1.1: {_readable(error)}"}
        except MemoryError:
            verdict = {"error": "MemoryLimit", "message": "The query needs more memory than allowed."}
        except (OSError, RuntimeError, ValueError) as error:
            verdict = _failure(error, limits)
        finally:
            os.close(file)
        channel.send(control, verdict)


def _answer(store: Store, request: Request, file: int, limits: Limits) -> str:
    """Evaluate a query into the file and return the media type of what was written."""
    policy.check(request.query, limits)
    results = store.query(request.query, **_dataset(request))
    with open(file, "w+b", buffering=_BUFFER, closefd=False) as output:
        media_type = _serialize(results, output, request)
        if media_type.endswith("xml"):
            output.seek(0)
            _check_well_formed(output)
    return media_type


def _serialize(results: QuerySolutions | QueryBoolean | QueryTriples, output: IO[bytes], request: Request) -> str:
    if isinstance(results, QueryTriples):
        media_type = _accepted(request.graphs, "CONSTRUCT and DESCRIBE", GRAPHS)
        results.serialize(output, format=GRAPHS[media_type])
    else:
        media_type = _accepted(request.results, "SELECT and ASK", RESULTS)
        results.serialize(output, format=RESULTS[media_type])
    return media_type


def _check_well_formed(file: IO[bytes]) -> None:
    """Refuse XML that no parser would read: the engine writes characters and names that XML does not have."""
    parser = expat.ParserCreate(namespace_separator=" ")
    try:
        parser.ParseFile(file)
    except expat.ExpatError as error:
        raise NotAcceptable(
            f"This result can't be said in XML ({error}): a text or a name in it is not allowed there. "
            "Ask for JSON, or for Turtle if it is a graph."
        ) from error


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


def _dataset(request: Request) -> dict[str, Any]:
    """The dataset of 2.1.4 in the protocol: once it is described, it holds what is named and nothing else."""
    default, named = request.default_graph, request.named_graphs
    if default is None and not named:
        return {}
    return {
        "default_graph": [] if default is None else [NamedNode(default)],
        "named_graphs": [NamedNode(name) for name in named],
    }


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
