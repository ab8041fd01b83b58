"""A release that is queried in another program: any SPARQL 1.1 engine that holds its dumps, asked over HTTP.

docs/scaling.md says how a release gets there. The limits are ours, and so are the formats: what the engine answers
is read whole and written anew, so that half an answer is noticed.
"""

import asyncio
import json
from collections.abc import Sequence
from time import monotonic
from typing import Final

from graph.release import Release
from ontology.identifiers import Identifiers
from sparql import client
from sparql.answer import Answer
from sparql.bounds import Queue, in_time
from sparql.client import Fetched
from sparql.errors import EndpointFailed, ForbiddenQuery, QueryError, SizeLimit
from sparql.limits import Limits
from sparql.protocol import Request
from sparql.workers import WorkerPool, as_answer

MERGED: Final = "merged"
"""The source that the graph is named after which holds the merge of all graphs in the engine."""
DESCRIPTION: Final = "void"
"""The source that the graph is named after which holds the VoID of the release, and so tells which one it is."""
_CHECKED: Final = 10.0
"""Seconds after which the engine is asked again which release it holds."""


class RemoteEngine:
    """A release in another engine. `address` may have ``{release}`` in it, which stands for the release's id."""

    def __init__(self, release: Release, limits: Limits, address: str, workers: WorkerPool) -> None:
        self._release = release
        self._limits = limits
        self._address = address.replace("{release}", release.id)
        # Told at start, and not to each who asks.
        client.origin(self._address)
        self._workers = workers
        self._places = asyncio.Semaphore(limits.workers)
        self._queue = Queue(limits)
        self._checked = -_CHECKED
        self._counting: asyncio.Task[None] | None = None
        names = Identifiers(release.manifest.base)
        self._merged, self._description = names.graph(MERGED), names.graph(DESCRIPTION)

    @property
    def limits(self) -> Limits:
        """What one query may take."""
        return self._limits

    async def answer(self, request: Request) -> Answer:
        """Evaluate a query and return its whole result. Raises QueryError; then there is no result at all."""
        with self._queue.place():
            async with in_time(self._limits, request.seconds), self._places:
                await self._check()
                return await self._answer(request)

    async def _answer(self, request: Request) -> Answer:
        prepared = await self._workers.do("prepare", request)
        graphs = self._dataset(prepared.head["defaults"], prepared.head["named"])
        with prepared.opened() as file:
            query = file.read().decode()
        said = prepared.head
        return await self._fetched(request, query, graphs, is_boolean=said["is_boolean"], template=said["template"])

    async def _fetched(
        self, request: Request, query: str, graphs: Sequence[tuple[str, str]], is_boolean: bool, template: str | None
    ) -> Answer:
        fetched = await client.ask(self._address, query, self._limits.result_bytes, graphs)
        with fetched.answer as answer:
            body, descriptor = (answer.body, None) if isinstance(answer.body, bytes) else (b"", answer.body.fileno())
            verdict = await self._workers.do(
                "convert", request, body, descriptor, is_boolean=is_boolean, template=template
            )
        self._check_whole(fetched, verdict.head["solutions"])
        return as_answer(verdict)

    def _check_whole(self, fetched: Fetched, solutions: int) -> None:
        """Refuse what Virtuoso cuts off and answers with status 200: after its own time, or at so many rows."""
        if "x-sql-state" in fetched.headers:
            raise EndpointFailed("The engine gave a part of an answer, as its own time was over; it was not passed on.")
        most = fetched.headers.get("x-sparql-maxrows", "")
        if most.isdecimal() and solutions >= int(most):
            raise SizeLimit(f"The engine gives {most} rows at most, and there may be more; ask for fewer with LIMIT.")

    def _dataset(self, defaults: Sequence[str], named: Sequence[str]) -> list[tuple[str, str]]:
        """The parameters that make the engine see the graphs that a query is asked of, and only these."""
        counts = self._release.manifest.counts
        if not (defaults or named):
            default, named = [self._merged], list(counts.graphs)
        else:
            default = self._one_graph(frozenset(defaults) & counts.graphs.keys())
        # Without any graph of a kind, some engines would take all.
        nothing = [f"{self._merged}-of-nothing"]
        return [
            *(("default-graph-uri", graph) for graph in default or nothing),
            *(("named-graph-uri", graph) for graph in sorted({*named} & counts.graphs.keys()) or nothing),
        ]

    def _one_graph(self, graphs: frozenset[str]) -> list[str]:
        """The graphs to name as default graph, so that no triple is there twice."""
        counts = self._release.manifest.counts
        if graphs == counts.graphs.keys():
            return [self._merged]
        if counts.share_triples(graphs):
            raise ForbiddenQuery(
                "These default graphs share statements, which this engine would give twice. Ask of one of them, of all "
                "(then name none), or with GRAPH and DISTINCT."
            )
        return sorted(graphs)

    async def _check(self) -> None:
        """See to it that the engine holds this very release, and all of it. Raises EndpointFailed."""
        if monotonic() - self._checked < _CHECKED:
            return
        try:
            pattern = f"<{self._release.manifest.iri}> ?property ?value"
            answer = await self._in_graph(self._description, f"ASK {{ GRAPH ?graph {{ {pattern} }} }}", is_boolean=True)
            if b"true" not in answer.read():
                raise EndpointFailed(
                    f"The engine does not hold release {self._release.id}: load its dumps and void.ttl "
                    "(docs/scaling.md)."
                )
            # Goes on when the query that waits for it has had its time: in a large graph it takes longer than one may.
            self._counting = self._counting or asyncio.create_task(self._count())
            await asyncio.shield(self._counting)
        except QueryError:
            self._counting = None
            raise
        self._checked = monotonic()

    async def _count(self) -> None:
        """Compare how many triples each graph has. Raises EndpointFailed."""
        counts = self._release.manifest.counts
        for graph, triples in {self._merged: counts.triples, **counts.graphs}.items():
            answer = await self._in_graph(graph, "SELECT (COUNT(*) AS ?n) { GRAPH ?graph { ?s ?p ?o } }")
            (row,) = json.loads(answer.read())["results"]["bindings"]
            found = row["n"]["value"]
            if found != str(triples):
                raise EndpointFailed(
                    f"The engine does not hold all of release {self._release.id}: {graph} has {found} triples there, "
                    f"and not {triples}. Load it anew (docs/scaling.md)."
                )

    async def _in_graph(self, graph: str, query: str, *, is_boolean: bool = False) -> Answer:
        """What the engine says of one graph alone."""
        dataset = [("named-graph-uri", graph)]
        return await self._fetched(Request(query, client.JSON, None), query, dataset, is_boolean, template=None)

    def close(self) -> None:
        """Stop the workers."""
        if self._counting is not None:
            self._counting.cancel()
        self._workers.close()
