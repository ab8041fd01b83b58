"""The web application put together: routes, errors, and the headers that every answer carries."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any

from anyio import CapacityLimiter
from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graph.knowledge import KnowledgeGraph
from graph.release import Release
from graph.releases import Releases
from sparql.limits import Limits
from sparql.workers import WorkerPool
from web import changes, downloads, endpoint, errors, feed, linked_data, pages, report
from web.services import ServiceViews
from web.site import CurrentSite, Site

_HEADERS = {
    # No request leaves the machine: not for scripts, fonts, images or styles.
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    # Everything here is public and nothing can be changed, so any page anywhere may read it, errors included.
    "Access-Control-Allow-Origin": "*",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


def create_app(release: Release, limits: Limits) -> FastAPI:
    """An application that serves one release. Raises DamagedRelease if the release can't be opened."""
    # Opened first: a damaged release is refused before any process is started for it.
    graph = KnowledgeGraph(release)
    workers = WorkerPool(release, limits)
    site = Site(release, graph, workers, CapacityLimiter(limits.workers + limits.waiting), ServiceViews(graph))

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        workers.close()

    # The interactive documentation of FastAPI loads its scripts from elsewhere, so it is off.
    app = FastAPI(
        title="Verkosto",
        version=version("verkosto"),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )
    app.state.site = site
    app.state.comparing = changes.Comparing(Releases(release.directory.parent.parent))
    errors.register(app)
    app.add_api_route("/health", health, summary="Is the graph answering?")
    app.mount("/static", StaticFiles(packages=[("web", "static")]), name="static")
    for room in (changes, feed, endpoint, linked_data, downloads, report, pages):
        app.include_router(room.router)
    app.add_middleware(_EveryAnswer, release_id=release.id)
    return app


def health(site: CurrentSite) -> Response:
    """Ask the graph a small query and tell which release answers, and how old it is in seconds.

    The query is asked in this process, so that the answer neither waits for workers nor keeps them from anybody.
    """
    manifest = site.release.manifest
    body: dict[str, Any] = {
        "status": "ok" if site.graph.answers() else "failing",
        "release": manifest.id,
        "created": manifest.created,
        "age": int((datetime.now(UTC) - datetime.fromisoformat(manifest.created)).total_seconds()),
        "triples": manifest.counts.triples,
    }
    return JSONResponse(body, 200 if body["status"] == "ok" else 503)


class _EveryAnswer:
    """Adds the headers that every answer carries, and answers HEAD as GET without the body.

    Plain ASGI, so that bodies stream through untouched. HEAD: `RFC 9110, 9.3.2
    <https://www.rfc-editor.org/rfc/rfc9110.html#name-head>`_; FastAPI's routes do not answer it by themselves.
    """

    def __init__(self, app: ASGIApp, release_id: str) -> None:
        self._app = app
        self._headers = {"X-Release": release_id, **_HEADERS}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_head = scope["method"] == "HEAD"

        async def send_ours(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            elif is_head and message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET"} if is_head else scope, receive, send_ours)
