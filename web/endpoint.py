"""The SPARQL endpoint: HTTP requests into `sparql.protocol` requests, whole answers back.

https://www.w3.org/TR/sparql11-protocol/
"""

from functools import lru_cache
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pyoxigraph import serialize
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from ontology.terms import DCT, FOAF, PREFIXES, RDFS, VK
from sparql import accept, protocol
from sparql.description import describe
from sparql.errors import QueryError
from sparql.limits import Limits
from sparql.policy import too_long
from web import errors
from web.addresses import SPARQL, SPARQL_METHODS, address, permanent
from web.answering import answer, evaluate
from web.asked import asked_of_answers, operands
from web.errors import status_of
from web.files import check_match, not_modified
from web.languages import Language, negotiated
from web.observed import observer
from web.results import shown
from web.site import CurrentSite, Site

router = APIRouter()

_OFFERED: Final = (*protocol.RESULTS, *protocol.GRAPHS)
_EXAMPLE: Final = f"""PREFIX rdfs: <{RDFS.label.removesuffix("label")}>
PREFIX foaf: <{FOAF.Document.removesuffix("Document")}>
PREFIX dct: <{DCT.subject.removesuffix("subject")}>
PREFIX vk: <{VK.city.removesuffix("city")}>

SELECT ?city ?theme (COUNT(DISTINCT ?document) AS ?documents) WHERE {{
  ?document a foaf:Document ; dct:subject/rdfs:label ?theme ; vk:city/rdfs:label ?city .
  FILTER (lang(?theme) = "LANGUAGE" && lang(?city) = "LANGUAGE")
}} GROUP BY ?city ?theme ORDER BY ?city ?theme"""
_IRIS: Final = {"type": "array", "items": {"type": "string", "format": "uri"}}
_FIELDS: Final[dict[str, dict[str, Any]]] = {
    "default-graph-uri": {"description": "The graphs to take as default graph, merged, instead of FROM's.", **_IRIS},
    "named-graph-uri": {"description": "The graphs to take as named graphs, instead of FROM NAMED's.", **_IRIS},
    **asked_of_answers(protocol.FORMATS),
}
_KEPT: Final = ("default-graph-uri", "named-graph-uri", "timeout")
"""What stands in an address and has no field in the form, which hands it on."""
_QUERY: Final = {"description": "A SPARQL 1.1 query.", "type": "string", "example": "ASK { ?s ?p ?o }"}
RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"description": "The whole answer.", "content": {media_type: {} for media_type in dict.fromkeys(_OFFERED)}},
    304: {"description": "The client has the answer already, by its ETag."},
    **{
        status: {"description": description, "content": {"application/problem+json": {}}}
        for status, description in {
            400: "The request or the query is wrong.",
            403: "The query may not run here: an update, LOAD, or SERVICE.",
            406: "No form of the answer is among those accepted.",
            412: "What is here is not what If-Match names.",
            413: "The query is too long.",
            415: "The body is of no type that carries queries.",
            429: "The client has had its share; Retry-After tells when to come again.",
            502: "Another endpoint, whose answer is needed, gave none that is whole.",
            503: "Stopped at a limit, or too many queries are waiting.",
        }.items()
    },
}


_BY_GET: Final = {"parameters": operands(query=_QUERY, **_FIELDS)}
_BY_POST: Final = {
    "parameters": operands(**_FIELDS),
    "requestBody": {
        "required": True,
        "content": {
            protocol.FORM: {
                "schema": {"type": "object", "required": ["query"], "properties": {"query": _QUERY, **_FIELDS}}
            },
            protocol.QUERY: {"schema": _QUERY},
        },
    },
}


@router.get(
    SPARQL,
    summary="Ask a SPARQL 1.1 query",
    openapi_extra=_BY_GET,
    responses=RESPONSES,
    response_class=Response,
)
async def query_by_get(request: Request, site: CurrentSite) -> Response:
    """Query via GET. A browser gets a page with a form and the result as a table; programs get what they accept.

    Without a query, the `service description <https://www.w3.org/TR/sparql11-service-description/>`_.
    """
    wanted = _accept(request)
    if _wants_page(wanted) and "format" not in request.query_params:
        return await _page(request, site)
    parameters = _parameters(request)
    if not parameters and (graphs := protocol.negotiate(wanted)[1]) is not None:
        return _description(request, site, graphs)
    return await answer(request, site, protocol.from_get(parameters, wanted))


@router.post(
    SPARQL,
    summary="Ask a SPARQL 1.1 query, as a form or as the body",
    openapi_extra=_BY_POST,
    responses=RESPONSES,
    response_class=Response,
)
async def query_by_post(request: Request, site: CurrentSite) -> Response:
    """Query via POST, as a form or with the query itself as the body."""
    headers = request.headers
    # Before the body is asked for: a client may wait with it until it hears that it is wanted.
    media_type = protocol.posted_type(headers.get("content-type", ""), headers.get("content-encoding", ""))
    body = await _body(request, site.engine.limits)
    return await answer(request, site, protocol.from_post(media_type, _parameters(request), body, _accept(request)))


async def answer_at_once(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer GET and POST before the framework's routes are asked, which takes longer than a small query does."""
    request = Request(scope, receive)
    site: Site = request.state.site
    try:
        response = await (query_by_get if request.method == "GET" else query_by_post)(request, site)
    # The framework does the same with what passes its routes.
    except Exception as error:
        if isinstance(error, QueryError) and not hasattr(request.state, "is_noted"):
            observer(request).refused(error, site)
        response = errors.respond(request, error)
    await response(scope, receive, send)


@router.options(SPARQL, include_in_schema=False)
def options() -> Response:
    """The methods there are."""
    return errors.what_is_allowed(SPARQL_METHODS)


def _description(request: Request, site: Site, media_type: str) -> Response:
    counts, endpoint = site.release.manifest.counts, str(request.url)
    services = request.app.state.elsewhere.services
    triples = describe(endpoint, site.engine.limits, counts.triples, counts.graphs, services)
    body = serialize(triples, format=protocol.GRAPHS[media_type], prefixes=PREFIXES)
    assert body is not None
    headers = {"Vary": "Accept", "ETag": f'"{sha256(body).hexdigest()[:32]}"', "Cache-Control": "no-cache"}
    check_match(request, headers["ETag"])
    return not_modified(request, headers) or Response(body, media_type=media_type, headers=headers)


async def _body(request: Request, limits: Limits) -> bytes:
    """The body of a request, but not more than a query may be long once percent-encoding is taken into account."""
    body, bound = bytearray(), 3 * limits.query_bytes + 4096
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > bound:
        raise too_long(limits)
    async for chunk in request.stream():
        body += chunk
        if len(body) > bound:
            raise too_long(limits)
    return bytes(body)


def _parameters(request: Request) -> str:
    # As in its URL, which is put together from many parts and then taken apart.
    query_string: bytes = request.scope["query_string"]
    return query_string.decode("latin-1")


def _accept(request: Request) -> str:
    return ", ".join(request.headers.getlist("accept"))


@lru_cache(256)
def _wants_page(wanted: str) -> bool:
    ranges = accept.parse(wanted)
    html = accept.weight(ranges, "text/html")
    return html > 0 and all(
        html > accept.weight(ranges, media_type) or media_type in ("application/xml", "text/xml")
        for media_type in _OFFERED
    )


def example(language: Language) -> str:
    """The query that stands in the form at first, and behind the table of themes by city: names in a language."""
    return _EXAMPLE.replace("LANGUAGE", language.tag)


async def _page(request: Request, site: Site) -> Response:
    """The form, and below it the result of the query that stands in the address."""
    query = request.query_params.get("query")
    language = negotiated(request)
    context: dict[str, Any] = {
        "query": query or example(language),
        "kept": [pair for pair in request.query_params.multi_items() if pair[0] in _KEPT],
        "error": None,
        "table": None,
        "graph": None,
        "downloads": {},
        "permanent": None,
        "release": site.release,
        "limits": site.engine.limits,
        "origin": str(request.base_url).rstrip("/"),
        "address": lambda iri: address(site, iri, language),
    }
    status = HTTPStatus.OK
    if query:
        try:
            asked = protocol.from_get(_parameters(request), "application/sparql-results+json, text/turtle")
            context |= await run_in_threadpool(shown, await evaluate(request, site, asked))
            formats = ("csv", "tsv", "json", "xml") if context["graph"] is None else ("ttl", "nt", "rdf", "jsonld")
            context["downloads"] = {name: _same_query(request, site.base, name) for name in formats}
            context["permanent"] = _same_query(request, permanent(request, site.release))
        except QueryError as error:
            context["error"], status = str(error), status_of(error)
    response = await run_in_threadpool(site.renderer.page, request, language, "sparql.html", context, status)
    response.headers["Vary"] = "Accept, Accept-Language"
    return response


def _same_query(request: Request, base: str, format_: str | None = None) -> str:
    """The address of the same query, of its answer in a format if there is one."""
    parameters = [(name, value) for name, value in request.query_params.multi_items() if name not in ("format", "lang")]
    return f"{base}{SPARQL}?{urlencode(parameters if format_ is None else [*parameters, ('format', format_)])}"
