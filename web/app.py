"""The web application put together: routes, errors, the release of each request, the headers of every answer."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, Final
from urllib.parse import quote

from anyio import create_task_group
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.responses import JSONResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from graph.release import Release
from graph.releases import Releases
from ontology.errors import VerkostoError
from sparql.errors import QueryError
from sparql.limits import Limits
from sparql.protocol import Request as Query
from sparql.stack import NOWHERE, Elsewhere
from web import changes, downloads, endpoint, errors, feed, linked_data, observed, pages, queries, releases, report
from web.addresses import SPARQL
from web.fair_use import FairUse
from web.observed import Observer
from web.serving import Refused, Sites
from web.site import CurrentSite, Site

_HEADERS: Final = {
    # No request leaves the machine: not for scripts, fonts, images or styles.
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    # Everything here is public and nothing can be changed, so any page anywhere may read it, errors included.
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Link, Location, Retry-After, X-Release",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}
_RAW_HEADERS: Final = [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]
_ASKING: Final = ("GET", "HEAD", "POST")
_SECONDS_OF_HEALTH: Final = 5.0
_OF_A_RELEASE: Final = re.compile(r"/(?P<room>releases|data)/(?P<id>[0-9a-f-]{1,64})(?=/)")
_UNRESERVED: Final = "/:@!$&'()*+,;=-._~"
"""What stands in a path as it is, besides letters and digits: `RFC 3986, 3.3
<https://www.rfc-editor.org/rfc/rfc3986.html#section-3.3>`_."""


def create_app(release: Release, limits: Limits, elsewhere: Elsewhere = NOWHERE, is_warmed: bool = False) -> ASGIApp:
    """An application that serves a release, and each that becomes current in its data directory.

    If `is_warmed`, it asks each the named queries when nobody has done so yet, so that their answers are kept.

    Raises DamagedRelease, NoRelease if the release can't be opened.
    """
    sites = Sites(release, limits, elsewhere, is_warmed)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
        async with create_task_group() as tasks:
            tasks.start_soon(sites.follow)
            yield {"remembered": sites.remembered}
            tasks.cancel_scope.cancel()
        app.state.observer.log.flush()
        sites.close()

    # The interactive documentation of FastAPI loads its scripts from elsewhere, so it is off.
    app = FastAPI(
        title="Verkosto",
        version=version("verkosto"),
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        # One description for all releases: it would gather the addresses of those that were asked for.
        root_path_in_servers=False,
        lifespan=lifespan,
    )
    app.state.sites = sites
    app.state.elsewhere = elsewhere
    app.state.observer = Observer()
    app.state.fair_use = FairUse(limits)
    app.state.comparing = changes.Comparing(Releases.of(release))
    errors.register(app)
    app.add_api_route("/health", health, summary="Is the graph answering?")
    app.mount("/static", StaticFiles(packages=[("web", "static")]), name="static")
    for room in (changes, feed, endpoint, queries, observed, linked_data, downloads, report, releases, pages):
        app.include_router(room.router)
    return _Application(app, sites)


async def health(request: Request, site: CurrentSite) -> Response:
    """Ask the graph a small query and tell which release answers, and how old it is in seconds.

    A release that should be served instead and can't be opened is named, with the reason.
    The query is asked in this process, so that the answer neither waits for workers nor keeps them from anybody. If
    queries are answered by an engine elsewhere, that is asked too.
    """
    manifest = site.release.manifest
    engine = await _engine(request, site)
    is_well = engine in (None, "ok") and await run_in_threadpool(site.graph.answers)
    body: dict[str, Any] = {
        "status": "ok" if is_well else "failing",
        "release": manifest.id,
        "created": manifest.created,
        "age": int((datetime.now(UTC) - datetime.fromisoformat(manifest.created)).total_seconds()),
        "triples": manifest.counts.triples,
    }
    if engine is not None:
        body["engine"] = engine
    refused: Refused | None = request.app.state.sites.refused
    if refused is not None:
        body["not_switched_to"] = {"release": refused.release_id, "reason": refused.reason}
    return JSONResponse(body, 200 if body["status"] == "ok" else 503, {"Cache-Control": "no-store"})


async def _engine(request: Request, site: Site) -> str | None:
    """What is wrong with the engine that answers queries elsewhere, or that it is ok; None if there is none."""
    if request.app.state.elsewhere.engine is None or site.release.id != request.app.state.sites.current_id:
        return None
    # What time it is, nobody can have kept.
    query = Query("SELECT (NOW() AS ?now) {}", "text/csv", None, seconds=_SECONDS_OF_HEALTH)
    try:
        (await site.engine.answer(query)).close()
    except QueryError as error:
        return str(error)
    return "ok"


class _Application:
    """Gives each request the site of one release until its answer is sent, and each answer the headers that all carry.

    ``/releases/{id}/…`` is any address of ours, answered from that release. The beginning goes into `root_path
    <https://asgi.readthedocs.io/en/latest/specs/www.html#http-connection-scope>`_, so that the routes see the same
    paths for all releases. HEAD is answered as GET without the body (`RFC 9110, 9.3.2
    <https://www.rfc-editor.org/rfc/rfc9110.html#name-head>`_), as the framework's routes do not by themselves. A file
    is told that it is HEAD, so that it is not read.

    Plain ASGI, so that bodies stream through untouched.
    """

    def __init__(self, routes: FastAPI, sites: Sites) -> None:
        self._routes = routes
        self._sites = sites

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._routes(scope, receive, send)
            return
        release_id, base = _asked_for(scope["path"])
        app: ASGIApp = self._routes
        try:
            opened = await self._sites.opened(release_id)
        except VerkostoError as error:
            opened, base, app = await self._sites.opened(), "", _Failed(error)
        with opened as site:
            is_head = scope["method"] == "HEAD"
            if app is self._routes and scope["path"].removeprefix(base) == SPARQL and scope["method"] in _ASKING:
                app = endpoint.answer_at_once
            site = replace(site, base=base) if base else site
            state = {**scope.get("state", {}), "site": site, "is_head": is_head}
            asked = {**scope, "app": self._routes, "root_path": base, "state": state}

            start: Message = {}

            async def send_ours(message: Message) -> None:
                nonlocal start
                if message["type"] == "http.response.start":
                    start = message
                    _complete(message, site.release.id, asked)
                    self._routes.state.observer.request(message["status"])
                elif is_head and message["type"] == "http.response.body":
                    message = {**message, "body": b""}
                await send(message)
                if "again" in state and message is not start:
                    _remember(site, state, start, message)

            await app({**asked, "method": "GET"} if is_head else asked, receive, send_ours)


def _remember(site: Site, state: Mapping[str, Any], start: Message, message: Message) -> None:
    """Remember an answer that came from what is kept, if it is one of the current release and was sent in one piece."""
    if not site.base and start["status"] == HTTPStatus.OK and not message.get("more_body"):
        site.remembered.keep(state["whole"], start["headers"], message["body"], state["again"])


class _Failed:
    """Answers a request that has failed before any route was asked."""

    def __init__(self, error: VerkostoError) -> None:
        self._error = error

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await errors.answer(Request(scope), self._error)(scope, receive, send)


def _asked_for(path: str) -> tuple[str | None, str]:
    """The release that a path names, if it names one, and what all addresses begin with in its answer.

    >>> _asked_for("/releases/2026-11-25-945c8627/en/")
    ('2026-11-25-945c8627', '/releases/2026-11-25-945c8627')
    >>> _asked_for("/data/2026-11-25-945c8627/verkosto.nq")
    ('2026-11-25-945c8627', '')
    >>> _asked_for("/data/latest/verkosto.nq")
    (None, '')
    """
    found = _OF_A_RELEASE.match(path)
    if found is None:
        return None, ""
    return found["id"], found[0] if found["room"] == "releases" else ""


def _complete(start: Message, release_id: str, scope: Scope) -> None:
    """Add to the start of an answer the headers that every answer carries, and those of a release asked for by id."""
    start["headers"] = [*start["headers"], *_RAW_HEADERS, (b"x-release", release_id.encode())]
    base = scope["root_path"]
    if not base:
        return
    headers = MutableHeaders(scope=start)
    if headers.get("location", "").startswith("/") and not headers["location"].startswith(f"{base}/"):
        headers["location"] = base + headers["location"]
    if start["status"] == HTTPStatus.OK and scope["method"] in ("GET", "HEAD"):
        # The release never changes; what is said around it may, with the next version of Verkosto.
        headers.setdefault("cache-control", "public, max-age=86400")
        # RFC 5829, 3.2: https://www.rfc-editor.org/rfc/rfc5829.html#section-3.2
        current = quote(scope["path"].removeprefix(base), safe=_UNRESERVED)
        query = f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else ""
        headers.append("link", f'<{current}{query}>; rel="latest-version"')
