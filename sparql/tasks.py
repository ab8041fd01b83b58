"""What a worker does with a query: evaluate it, or take it apart and put it together for other endpoints.

Whatever reads text that may be hostile is here, where it can be killed.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from itertools import pairwise
from typing import IO, Any, cast
from xml.parsers import expat

from pyoxigraph import QueryBoolean, QueryResultsFormat, QuerySolutions, QueryTriples, parse_query_results

from graph.release import Release
from graph.store import in_memory
from sparql import alternatives, csv_results, policy, rows, services, templates
from sparql.answer import Spool
from sparql.channel import Message
from sparql.dataset import Datasets, graphs_of, undescribed
from sparql.errors import EndpointFailed, ForbiddenQuery, InvalidQuery, NotAcceptable
from sparql.limits import Limits
from sparql.protocol import GRAPHS, RESULTS, Request
from sparql.syntax import readable
from sparql.tokens import Kind, significant, unescaped

_Results = QuerySolutions | QueryBoolean | QueryTriples


class Tasks:
    """The tasks, by their names: each takes a message, writes what it makes into a spool, and gives a verdict."""

    def __init__(self, release: Release, limits: Limits, is_walled: bool) -> None:
        self._limits = limits
        self._is_walled = is_walled
        self._datasets = Datasets(release)

    def do(self, message: Message, spool: Spool) -> Mapping[str, object]:
        """Do what a message names. Raises QueryError."""
        task = {
            "query": self.query,
            "services": self.services,
            "federate": self.federate,
            "prepare": self.prepare,
            "convert": self.convert,
        }[message.head["task"]]
        return task(message, spool)

    def query(self, message: Message, spool: Spool) -> Mapping[str, object]:
        """Evaluate a query over the release."""
        request = _request(message)
        policy.check(request.query, self._limits, is_walled=self._is_walled)
        try:
            return _written(partial(self._evaluated, request), request, spool)
        except SyntaxError as error:
            raise _refused(error, request.query) from error

    def _evaluated(self, request: Request) -> _Results:
        """What the engine answers; where it takes a query for wrong, it says so of the query as it came."""
        if "|" in request.query:
            with suppress(SyntaxError):
                return self._datasets.query(replace(request, query=alternatives.spelled_out(request.query)))
        return self._datasets.query(request)

    def services(self, message: Message, spool: Spool) -> Mapping[str, object]:
        """Tell which queries SERVICE sends to which addresses."""
        query = message.body.decode()
        policy.check_depth(query, self._limits)
        return {"services": [asdict(clause) for clause in services.clauses(query)]}

    def federate(self, message: Message, spool: Spool) -> Mapping[str, object]:
        """Write a query with the answers of services (SPARQL JSON) in the place of their clauses."""
        lengths, at, parts = message.head["lengths"], 0, []
        for length in lengths:
            parts.append(None if length is None else message.body[at : at + length])
            at += length or 0
        query, *answers = parts
        assert query is not None
        spool.write(services.joined(query.decode(), answers).encode())
        return {}

    def prepare(self, message: Message, spool: Spool) -> Mapping[str, object]:
        """Check a query, and write it as one that names no graphs; tell which ones it names, or its request."""
        request = _request(message)
        policy.check(request.query, self._limits)
        try:
            # In nothing there is nothing to find; but what is no SPARQL is noticed, and the form of the answer known.
            form = type(in_memory().query(request.query))
        except SyntaxError as error:
            raise _refused(error, request.query) from error
        defaults, named = graphs_of(request)
        query, template = undescribed(request.query), None
        if form == QueryTriples:
            query, template = templates.parts(query)
        spool.write(query.encode())
        return {"defaults": defaults, "named": named, "is_boolean": form == QueryBoolean, "template": template}

    def convert(self, message: Message, spool: Spool) -> Mapping[str, object]:
        """Write the answer of another engine, whole SPARQL JSON, in the form that a request asks for."""
        request, template = Request(query="", **message.head["request"]), message.head["template"]
        with message.opened() as file:
            if template is not None:
                values = services.values(file.read())
                query = f"{template} {{ {values.text} }}"
                return {**_written(lambda: in_memory().query(query), request, spool), "solutions": values.size}

            def results() -> _Results:
                file.seek(0)
                found = parse_query_results(file, format=QueryResultsFormat.JSON)
                return _of_form(found, message.head["is_boolean"])

            try:
                verdict = _written(results, request, spool)
                return {**verdict, "solutions": verdict["rows"]}
            except (SyntaxError, ValueError) as error:
                raise EndpointFailed(f"The engine's answer is not whole ({error}), and was not passed on.") from error


def _of_form(results: QuerySolutions | QueryBoolean, is_boolean: bool) -> QuerySolutions | QueryBoolean:
    """Results, if they are of the form that was asked for. Virtuoso answers ASK with a number in a row."""
    if is_boolean and isinstance(results, QuerySolutions):
        names = [variable.value for variable in results.variables]
        is_so = any(row[0] is not None and row[0].value not in ("0", "false") for row in results)
        if names == ["__ASK_RETVAL"]:
            found = in_memory().query(f"ASK {{ FILTER ({str(is_so).lower()}) }}")
            assert isinstance(found, QueryBoolean)
            return found
    if isinstance(results, QueryBoolean) != is_boolean:
        raise EndpointFailed("The engine answered another question: yes or no for solutions, or the other way round.")
    return results


def _request(message: Message) -> Request:
    said: dict[str, Any] = message.head["request"]
    return Request(query=unescaped(message.body.decode()), **said)


class _Xml:
    """Writes what an XML reader would take for the end of a line as a reference (`XML 1.0, 2.11
    <https://www.w3.org/TR/xml/#sec-line-ends>`_), as the engine does not everywhere."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self.flush = spool.flush

    def write(self, data: bytes) -> int:
        self._spool.write(data.replace(b"\r", b"&#13;"))
        return len(data)


def _written(results: Callable[[], _Results], request: Request, spool: Spool) -> Mapping[str, object]:
    """Write results in the form that is asked for, and tell what was written. They may be asked for once more."""
    found = results()
    is_graph = isinstance(found, QueryTriples)
    if isinstance(found, QueryTriples):
        media_type = _accepted(request.graphs, "CONSTRUCT and DESCRIBE", GRAPHS)
        found.serialize(_output(media_type, spool), format=GRAPHS[media_type])
    else:
        media_type = _accepted(request.results, "SELECT and ASK", RESULTS)
        found.serialize(_output(media_type, spool), format=RESULTS[media_type])
        if media_type == "text/csv" and isinstance(found, QuerySolutions):
            columns = len(found.variables)
            if columns and not csv_results.is_right(spool.body(), columns):
                spool.clear()
                csv_results.write(cast(QuerySolutions, results()), _output(media_type, spool))
    return _told(media_type, is_graph, spool)


def _output(media_type: str, spool: Spool) -> IO[bytes]:
    # What the engine writes to only has to look like a file.
    return cast(IO[bytes], _Xml(spool) if media_type.endswith("xml") else spool)


def _told(media_type: str, is_graph: bool, spool: Spool) -> Mapping[str, object]:
    body = spool.body()
    if media_type.endswith("xml"):
        _check_well_formed(body)
    return {"media_type": media_type, "rows": rows.count(media_type, is_graph, body)}


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


def _accepted(media_type: str | None, forms: str, offered: Mapping[str, object]) -> str:
    if media_type is None:
        raise NotAcceptable(
            f"{forms} are answered as {', '.join(offered)}; ask for one of these in Accept, or by its short name in "
            "format."
        )
    return media_type


def _refused(error: SyntaxError, query: str) -> ForbiddenQuery | InvalidQuery:
    """What a text is that the engine does not read as a query."""
    if policy.is_update(query):
        return ForbiddenQuery(policy.READ_ONLY)
    said = f"The query is not SPARQL 1.1: {readable(error)}"
    if "Prefix not found" in said and (missing := _undeclared(query)):
        said += f". {missing[0]}: is not declared; write PREFIX {missing[0]}: <…> before the query."
    return InvalidQuery(said)


def _undeclared(query: str) -> list[str]:
    """The prefixes that names have in a query and that it does not declare."""
    listed = significant(query)
    declared = {
        name.text.partition(":")[0]
        for keyword, name in pairwise(listed)
        if keyword.kind == Kind.WORD and keyword.text.upper() == "PREFIX"
    }
    used = dict.fromkeys(token.text.partition(":")[0] for token in listed if token.kind == Kind.NAME)
    return [prefix for prefix in used if prefix not in declared and prefix != "_"]
