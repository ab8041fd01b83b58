"""What can be seen of queries from outside: metrics, a line in the log for each, and the slow ones.

Metrics are in the text format of `Prometheus <https://prometheus.io/docs/instrumenting/exposition_formats/>`_.
"""

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from ipaddress import ip_address
from time import perf_counter
from typing import Final

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse, Response

from ontology.errors import VerkostoError
from sparql.answer import Answer, Origin
from sparql.protocol import Request as Query
from web.errors import NotForStrangers, problem_of
from web.query_log import QueryLog, told
from web.site import CurrentSite, Site

router = APIRouter(include_in_schema=False)

_SLOW: Final = 1.0
"""Seconds from which on a query is slow."""
_MOST_SLOW: Final = 100
_KEPT: Final = 10_000
"""Characters of a slow query that are kept."""
_BUCKETS: Final = (0.001, 0.005, 0.02, 0.1, 0.5, 1, 2, 5, 10, 15, 30, 60)


@dataclass(frozen=True)
class SlowQuery:
    """A query that took long, or was stopped."""

    asked: str
    """When its evaluation began: UTC, ISO 8601."""
    seconds: float
    outcome: str
    rows: int | None
    bytes: int | None
    release: str
    query: str


@dataclass
class Seen:
    """What becomes of a query while it is watched."""

    answer: Answer | None = None


class Observer:
    """Counts and remembers queries, and what is asked of the server otherwise."""

    def __init__(self) -> None:
        self.log = QueryLog()
        self._registry = CollectorRegistry()
        self.slow: deque[SlowQuery] = deque(maxlen=_MOST_SLOW)
        self._queries = Counter(
            "verkosto_queries", "Queries, by what became of them", ("outcome", "origin"), registry=self._registry
        )
        self._seconds = Histogram(
            "verkosto_query_seconds",
            "Seconds until an answer was whole, waiting included",
            ("origin",),
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._bytes = Counter("verkosto_result_bytes", "Bytes of answers to queries", registry=self._registry)
        self._running = Gauge("verkosto_queries_running", "Queries asked and not answered", registry=self._registry)
        self._requests = Counter("verkosto_http_requests", "Requests by status", ("status",), registry=self._registry)
        self._age = Gauge("verkosto_release_age_seconds", "Age of the release being served", registry=self._registry)
        self._triples = Gauge("verkosto_release_triples", "Triples of it", ("release",), registry=self._registry)
        self._cached = Gauge("verkosto_cache_bytes", "Bytes of answers that are kept", registry=self._registry)

    @contextmanager
    def query(self, query: Query, site: Site) -> Iterator[Seen]:
        """Watch a query until it has an answer, which is told to what is given, or an error passes."""
        seen, outcome, why, start, asked = Seen(), "answered", "", perf_counter(), datetime.now(UTC)
        self._running.inc()
        try:
            yield seen
        except VerkostoError as error:
            outcome, why = problem_of(error), str(error)
            raise
        except ClientDisconnect:
            outcome = "client-gone"
            raise
        except BaseException:
            outcome = "failed"
            raise
        finally:
            self._running.dec()
            self._note(query, site, seen.answer, outcome, why, perf_counter() - start, asked)

    def refused(self, error: VerkostoError, site: Site) -> None:
        """Note a request that carried no query that could be asked."""
        self._queries.labels(problem_of(error), "none").inc()
        self.log.add(problem_of(error), "none", 0.0, told(None, None, site.release.id, str(error)))

    def again(self, query: Query, site: Site, answer: Answer) -> Callable[[float], None]:
        """What to call when an answer is given once more, with the seconds that this took."""
        origin: Origin = "cache"
        length, rest = answer.length, told(query, answer, site.release.id)
        # To look a child up by its labels takes longer than to count.
        queries, seconds = self._queries.labels("answered", origin), self._seconds.labels(origin)
        requests = self._requests.labels(HTTPStatus.OK.value)

        def note(taken: float) -> None:
            queries.inc()
            seconds.observe(taken)
            requests.inc()
            self._bytes.inc(length)
            self.log.add("answered", origin, taken, rest)

        return note

    def request(self, status: int) -> None:
        """Count a request."""
        self._requests.labels(status).inc()

    def metrics(self, site: Site) -> bytes:
        """All counts, as Prometheus reads them."""
        manifest = site.release.manifest
        self._age.set((datetime.now(UTC) - datetime.fromisoformat(manifest.created)).total_seconds())
        self._triples.clear()
        self._triples.labels(manifest.id).set(manifest.counts.triples)
        self._cached.set(site.engine.bytes)
        return generate_latest(self._registry)

    def _note(
        self, query: Query, site: Site, answer: Answer | None, outcome: str, why: str, seconds: float, asked: datetime
    ) -> None:
        origin = "none" if answer is None else answer.origin
        rows, length = (None, None) if answer is None else (answer.rows, answer.length)
        self._queries.labels(outcome, origin).inc()
        self._seconds.labels(origin).observe(seconds)
        self._bytes.inc(length or 0)
        self.log.add(outcome, origin, seconds, told(query, answer, site.release.id, why))
        if seconds >= _SLOW:
            started = asked.isoformat(timespec="milliseconds")
            text = query.query[:_KEPT]
            self.slow.append(SlowQuery(started, round(seconds, 3), outcome, rows, length, site.release.id, text))


def observer(request: Request) -> Observer:
    """That of the application."""
    found = request.app.state.observer
    assert isinstance(found, Observer)
    return found


@router.get("/metrics")
def metrics(request: Request, site: CurrentSite) -> Response:
    """Counts since the server started, for Prometheus."""
    body = observer(request).metrics(site)
    return Response(body, headers={"Content-Type": CONTENT_TYPE_LATEST, "Cache-Control": "no-store"})


@router.get("/metrics/slow-queries")
def slow_queries(request: Request) -> Response:
    """The slow queries that were asked last, the slowest first. For who is at the machine: they may tell of people."""
    if not is_local(request):
        raise NotForStrangers("What others have asked is told on the machine itself only: ask 127.0.0.1.")
    found = sorted(observer(request).slow, key=lambda query: -query.seconds)
    return JSONResponse({"queries": [asdict(query) for query in found]}, headers={"Cache-Control": "no-store"})


def is_local(request: Request) -> bool:
    """Whether the client is on this machine."""
    try:
        return request.client is None or ip_address(request.client.host).is_loopback
    except ValueError:
        # Not an address: a Unix socket, or a test.
        return True
