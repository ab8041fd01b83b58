"""Errors into HTTP. The only module that knows which error is which status.

Programs get problem details (`RFC 9457 <https://www.rfc-editor.org/rfc/rfc9457.html>`_), people a page.

* WebError
  - PageNotFound        there is nothing at this address
  - ReleaseUnreadable   a release is there and can't be opened
  - PreconditionFailed  what is here is not what the client says it has
  - ThingGone           a thing was there and is no more
  - NoLongerKept        what changed since a release can't be told any more
  - NotForStrangers     something is told on the machine itself only
"""

import logging
import re
from http import HTTPStatus
from math import ceil
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from graph.errors import LargeDifference, NoRelease
from graph.gone import GoneThing
from ontology.errors import VerkostoError
from sparql import accept, protocol
from sparql.errors import (
    Busy,
    EndpointFailed,
    ForbiddenQuery,
    InvalidQuery,
    InvalidRequest,
    MemoryLimit,
    NotAcceptable,
    QueryFailed,
    QueryTooLong,
    SizeLimit,
    TimeLimit,
    TooManyQueries,
    UnsupportedMediaType,
)
from web.addresses import SPARQL, SPARQL_METHODS, in_release, named
from web.languages import Language, negotiated
from web.site import Site, is_kept


class WebError(VerkostoError):
    """A request that has no answer."""


class PageNotFound(WebError):
    """Nothing is at this address."""


class ReleaseUnreadable(WebError):
    """A release that was asked for by its id can't be opened by this version, or at all."""


class PreconditionFailed(WebError):
    """What is at this address is not what the request is about."""


class ThingGone(WebError):
    """A thing that an earlier release had, and nothing stands for."""

    def __init__(self, thing: GoneThing) -> None:
        super().__init__(f"{thing.iri} is gone since {thing.day}; the last release that had it is {thing.last}.")
        self.thing = thing


class NoLongerKept(WebError):
    """Changes were asked for since a release that is unknown, deleted, or too different."""


class NotForStrangers(WebError):
    """Something is asked from elsewhere that only who runs the server is told."""


# A query stopped at a limit is 503 and not 500: the service is well, and the same client may ask for less.
STATUS: dict[type[VerkostoError], HTTPStatus] = {
    InvalidRequest: HTTPStatus.BAD_REQUEST,
    InvalidQuery: HTTPStatus.BAD_REQUEST,
    ForbiddenQuery: HTTPStatus.FORBIDDEN,
    PageNotFound: HTTPStatus.NOT_FOUND,
    PreconditionFailed: HTTPStatus.PRECONDITION_FAILED,
    ThingGone: HTTPStatus.GONE,
    NoLongerKept: HTTPStatus.GONE,
    NoRelease: HTTPStatus.NOT_FOUND,
    ReleaseUnreadable: HTTPStatus.GONE,
    NotAcceptable: HTTPStatus.NOT_ACCEPTABLE,
    QueryTooLong: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    UnsupportedMediaType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    QueryFailed: HTTPStatus.INTERNAL_SERVER_ERROR,
    TimeLimit: HTTPStatus.SERVICE_UNAVAILABLE,
    MemoryLimit: HTTPStatus.SERVICE_UNAVAILABLE,
    SizeLimit: HTTPStatus.SERVICE_UNAVAILABLE,
    Busy: HTTPStatus.SERVICE_UNAVAILABLE,
    TooManyQueries: HTTPStatus.TOO_MANY_REQUESTS,
    EndpointFailed: HTTPStatus.BAD_GATEWAY,
    NotForStrangers: HTTPStatus.FORBIDDEN,
    LargeDifference: HTTPStatus.SERVICE_UNAVAILABLE,
}

# A release that is not there has not been taken off the path.
_OF_A_RELEASE = re.compile(r"^/releases/[^/]+(?=/)")
_READING = "GET, HEAD, OPTIONS"
_SENTENCES = {
    HTTPStatus.NOT_FOUND: "There is nothing at this address; start at the front page, /, or see /openapi.json for what "
    "programs can ask.",
    HTTPStatus.METHOD_NOT_ALLOWED: "Nothing can be changed here: use one of the methods in the Allow header.",
}
"""Of errors of which the framework says nothing but their names."""
_PROBLEMS = "https://w3id.org/verkosto/problems/"


def status_of(error: VerkostoError) -> HTTPStatus:
    """The status of an error: that of its own class, or of the nearest class above it."""
    return next(STATUS[cls] for cls in type(error).__mro__ if cls in STATUS)


def register(app: FastAPI) -> None:
    """Have an application answer errors in our form."""
    for known in STATUS:
        app.add_exception_handler(known, answer)
    app.add_exception_handler(HTTPException, _on_http_exception)
    app.add_exception_handler(RequestValidationError, _on_invalid_parameters)
    app.add_exception_handler(ClientDisconnect, _on_nobody_there)
    app.add_exception_handler(Exception, _on_the_unforeseen)


def wants_page(request: Request) -> bool:
    """Whether the client is a person's browser: HTML is wanted more than anything we have for programs."""
    ranges = accept.parse(request.headers.get("accept", "*/*"))
    return accept.weight(ranges, "text/html") > accept.weight(ranges, "application/json")


def answer(request: Request, error: Exception) -> Response:
    """The answer to a request that ended in one of the errors in `STATUS`."""
    assert isinstance(error, VerkostoError)
    headers = {"Retry-After": str(ceil(error.wait))} if isinstance(error, Busy | TooManyQueries) else {}
    if isinstance(error, UnsupportedMediaType):
        # RFC 9110, 15.5.16: what would have been taken.
        headers |= {"Accept": f"{protocol.FORM}, {protocol.QUERY}", "Accept-Encoding": "identity"}
    thing = error.thing if isinstance(error, ThingGone) else None
    return _answer(request, status_of(error), str(error), _PROBLEMS + problem_of(error), headers, thing)


def what_is_allowed(methods: str) -> Response:
    """The methods there are at an address, also for a browser that asks before another site's page may.

    `Fetch, CORS preflight <https://fetch.spec.whatwg.org/#cors-preflight-request>`_
    """
    headers = {
        "Allow": methods,
        "Access-Control-Allow-Methods": methods.removesuffix(", OPTIONS"),
        "Access-Control-Allow-Headers": "Accept, Cache-Control, Content-Type, If-Match, If-None-Match, Pragma, Range, "
        "X-Requested-With",
        "Access-Control-Max-Age": "86400",
    }
    return Response(status_code=204, headers=headers)


def respond(request: Request, error: Exception) -> Response:
    """The answer to a request that ended in any error, where no framework looks after it."""
    if isinstance(error, VerkostoError):
        return answer(request, error)
    if isinstance(error, ClientDisconnect):
        return _on_nobody_there(request, error)
    return _on_the_unforeseen(request, error)


def problem_of(error: VerkostoError) -> str:
    """What an error is called where programs read it: ``time-limit`` for TimeLimit."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", type(error).__name__).lower()


def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    headers = dict(error.headers or {})
    if request.method == "OPTIONS" and request.scope["path"] == "*":
        # RFC 9110, 9.3.7: not of one address, but of the server.
        return what_is_allowed(SPARQL_METHODS)
    if status == HTTPStatus.METHOD_NOT_ALLOWED:
        if request.method == "OPTIONS":
            return what_is_allowed(_READING)
        # The framework names the methods of the first route only that has this address.
        headers["Allow"] = SPARQL_METHODS if _path(request) == SPARQL else _READING
    return _answer(request, status, _SENTENCES.get(status, error.detail), "about:blank", headers)


def _on_invalid_parameters(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    sentences = (f"{found['loc'][-1]}: {found['msg']}." for found in error.errors())
    return _answer(request, HTTPStatus.BAD_REQUEST, " ".join(sentences), "about:blank", {})


def _on_nobody_there(request: Request, error: Exception) -> Response:
    """The client left before its request was whole: nobody reads the answer, and nothing is wrong here."""
    return Response(status_code=HTTPStatus.BAD_REQUEST)


def _on_the_unforeseen(request: Request, error: Exception) -> Response:
    logging.getLogger("verkosto").error("unforeseen error at %s", request.url.path, exc_info=error)
    sentence = "Something went wrong that was not foreseen; it has been written to the log."
    return _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, sentence, "about:blank", {})


def _answer(
    request: Request,
    status: HTTPStatus,
    detail: str,
    problem: str,
    headers: dict[str, str],
    gone: GoneThing | None = None,
) -> Response:
    headers = {**headers, "Vary": "Accept, Accept-Language"}
    if wants_page(request):
        site: Site = request.state.site
        language = Language.of(_OF_A_RELEASE.sub("", _path(request))[1:3]) or negotiated(request)
        context = {"status": status, "detail": detail}
        if gone is not None:
            context |= {
                "thing": gone,
                "classes": [site.graph.link(iri) for iri in gone.classes],
                "last_page": _in_last_release(site, gone, f"/{language.tag}/{{}}"),
            }
        template = "error.html" if gone is None else "gone.html"
        response: Response = site.renderer.page(request, language, template, context, status)
        response.headers.update(headers)
        return response
    body: dict[str, Any] = {"type": problem, "title": status.phrase, "status": status.value, "detail": detail}
    if gone is not None:
        site = request.state.site
        # Members of our own, by RFC 9457, 3.2.
        body |= {
            "iri": gone.iri,
            "names": named(gone.label),
            "classes": gone.classes,
            "last_release": gone.last,
            "gone_since": gone.day,
            "last_document": _in_last_release(site, gone, "/doc/{}.ttl"),
        }
    return JSONResponse(body, status, headers, media_type="application/problem+json")


def _path(request: Request) -> str:
    """The path that was asked for, as the routes have it: without the ``/releases/{id}`` of an older release."""
    return request.url.path.removeprefix(request.scope["root_path"])


def _in_last_release(site: Site, gone: GoneThing, address: str) -> str | None:
    """Where a thing that is gone can still be seen, if the release is kept. `address` has a blank for its path."""
    path = address.format(site.graph.identifiers.path(gone.iri))
    return in_release(gone.last, path) if is_kept(site, gone.last) else None
