"""Named queries at ``/api/{name}``: pages with a form, JSON, CSV and more for programs, and what each is in RDF."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from pyoxigraph import serialize
from starlette.responses import JSONResponse, RedirectResponse, Response

from ontology import vocabulary
from ontology.identifiers import Identifiers, Kind
from sparql import executable, protocol
from sparql.accept import best, parse
from sparql.errors import InvalidRequest, NotAcceptable, QueryError
from sparql.named import RESERVED, Column, ColumnType, NamedQuery, Parameter, ParameterType, named_queries
from sparql.objects import objects
from web.addresses import address, permanent
from web.answering import answer, evaluate
from web.asked import asked_of_answers, operands
from web.endpoint import RESPONSES
from web.errors import PageNotFound, status_of
from web.languages import Language, choose, negotiated, sorted_by_name
from web.results import shown
from web.site import CurrentSite, Site

router = APIRouter()

_HTML: Final = "text/html"
_JSON: Final = "application/json"
_SPARQL_JSON: Final = "application/sparql-results+json"
FORMATS: Final = {
    "json": _JSON,
    "srj": _SPARQL_JSON,
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "xml": "application/sparql-results+xml",
    "ttl": "text/turtle",
    "nt": "application/n-triples",
    "rdf": "application/rdf+xml",
    "jsonld": "application/ld+json",
}
"""Short names for a link; those of results first, then those in which a query itself is described."""
_RESULTS: Final = (_JSON, *(media_type for media_type in protocol.RESULTS if media_type != _JSON))
_DESCRIPTIONS: Final = tuple(FORMATS[name] for name in ("ttl", "jsonld", "rdf", "nt"))
_MOST_CHOICES: Final = 200
"""Things up to which a form lists them all."""
_SCHEMAS: Final[Mapping[ParameterType | ColumnType, dict[str, Any]]] = {
    ParameterType.IRI: {"type": "string"},
    ParameterType.CONCEPT: {"type": "string"},
    ParameterType.STRING: {"type": "string"},
    ParameterType.LANGUAGE: {"type": "string", "pattern": "^[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*$"},
    ParameterType.INTEGER: {"type": "integer"},
    ParameterType.DATE: {"type": "string", "format": "date"},
    ParameterType.BOOLEAN: {"type": "boolean"},
}
_COLUMNS: Final = {
    ColumnType.IRI: "string",
    ColumnType.TEXT: "string",
    ColumnType.INTEGER: "integer",
    ColumnType.DECIMAL: "number",
    ColumnType.DATE: "string",
    ColumnType.BOOLEAN: "boolean",
}


@dataclass(frozen=True)
class Field:
    """A parameter in a form: what stands in it, and what can be chosen, if that can be listed."""

    parameter: Parameter
    value: str
    choices: tuple[tuple[str, str], ...]
    """Value and what it is called."""


def first_questions(identifiers: Identifiers) -> Iterator[protocol.Request]:
    """What pages and programs ask when they give no values, in each language of the pages: for a cache to be filled."""
    for query in named_queries().values():
        if query.is_ready:
            languages = [part.name for part in query.parameters if part.type == ParameterType.LANGUAGE]
            for language in Language if languages else [Language.EN]:
                text = query.asking(dict.fromkeys(languages, language.tag), identifiers)
                yield protocol.Request(text, _SPARQL_JSON, None)


@router.get("/api", include_in_schema=False)
def without_slash() -> Response:
    """To the list."""
    return RedirectResponse("/api/", 308)


@router.get("/api/", summary="The named queries: what can be asked, and how")
async def named(request: Request, site: CurrentSite) -> Response:
    """All named queries: a page, JSON, or RDF in which each is a `sh:SPARQLExecutable`."""
    queries = named_queries()
    wanted = _wanted(request, (_JSON, *_DESCRIPTIONS, _HTML))
    if wanted in _DESCRIPTIONS:
        return _described(request, site, queries.values(), wanted)
    if wanted == _JSON:
        listed = [_listed(query, _address(request, query)) for query in queries.values()]
        return JSONResponse(listed, headers={"Vary": "Accept"})
    language = negotiated(request)
    ordered = sorted(queries.values(), key=lambda query: _in(language, query.title))
    context = {"queries": ordered, "formats": ("json", "ttl", "jsonld")}
    response = await run_in_threadpool(site.renderer.page, request, language, "queries.html", context)
    response.headers["Vary"] = "Accept, Accept-Language"
    return response


def _add(query: NamedQuery) -> None:
    """Give a query an address and an operation of its own."""

    async def ask(request: Request, site: CurrentSite) -> Response:
        return await _ask(query, request, site)

    router.add_api_route(
        f"/api/{query.name}",
        ask,
        operation_id=query.name,
        summary=query.title["en"],
        description=query.description["en"],
        tags=["named queries"],
        openapi_extra={"parameters": [*map(_operand, query.parameters), *_COMMON]},
        responses=_responses(query),
    )


def _operand(parameter: Parameter) -> dict[str, Any]:
    """A parameter in the words of `OpenAPI <https://spec.openapis.org/oas/v3.1.0#parameter-object>`_."""
    schema = dict(_SCHEMAS[parameter.type])
    if parameter.default is not None:
        schema["default"] = _as_json(parameter, parameter.default)
    return {
        "name": parameter.name,
        "in": "query",
        "required": parameter.default is None,
        "description": f"{parameter.title['en']}: {parameter.meaning}.",
        "schema": schema,
        "example": _as_json(parameter, parameter.shown),
    }


def _as_json(parameter: Parameter, value: str) -> str | int | bool:
    if parameter.type == ParameterType.INTEGER:
        return int(value)
    return value == "true" if parameter.type == ParameterType.BOOLEAN else value


def _responses(query: NamedQuery) -> dict[int | str, dict[str, Any]]:
    properties = {
        column.name: {"type": [_COLUMNS[column.type], "null"], "description": column.title["en"]}
        for column in query.columns
    }
    row = {"type": "object", "properties": properties, "required": list(properties)}
    content: dict[str, Any] = {media_type: {} for media_type in (*_RESULTS, *_DESCRIPTIONS, _HTML)}
    content[_JSON] = {"schema": {"type": "array", "items": row}}
    return {
        200: {"description": "The whole answer; or, as RDF, what the query is.", "content": content},
        400: {
            "description": "A value is missing, not of the type of its parameter, or names what is not in the release.",
            "content": {"application/problem+json": {}},
        },
        **{status: RESPONSES[status] for status in (304, 403, 406, 429, 502, 503)},
    }


_COMMON: Final = operands(**asked_of_answers(FORMATS))
for _each in named_queries().values():
    _add(_each)


@router.get("/api/{name}", include_in_schema=False)
def unknown(name: str) -> Response:
    """There is no such query."""
    raise PageNotFound(f"There is no named query {name[:100]!r}; /api/ lists those there are.")


async def _ask(query: NamedQuery, request: Request, site: Site) -> Response:
    wanted = _wanted(request, (*_RESULTS, *_DESCRIPTIONS, _HTML))
    if wanted == _HTML:
        return await _page(query, request, site)
    if wanted in _DESCRIPTIONS:
        return _described(request, site, [query], wanted)
    text, seconds = await _asking(query, _given(request), site), _seconds(request)
    if wanted == _JSON:
        return await answer(request, site, protocol.Request(text, _SPARQL_JSON, None, seconds=seconds), objects)
    return await answer(request, site, protocol.Request(text, wanted, None, seconds=seconds))


async def _asking(query: NamedQuery, values: Mapping[str, str], site: Site) -> str:
    """The query with these values. Raises InvalidRequest if one is wrong, or is an identifier of ours for nothing."""
    identifiers = site.graph.identifiers
    text = query.asking(values, identifiers)
    for parameter in query.parameters:
        value = values.get(parameter.name)
        # What a form begins with is no mistake of who sends it, also where a release has other things.
        if parameter.type != ParameterType.IRI or value is None or value == parameter.default:
            continue
        iri = parameter.term(value, identifiers)[1:-1]
        if iri.startswith(identifiers.space) and not await run_in_threadpool(site.graph.knows, iri):
            where = f"/api/{query.name} as a page lists" if parameter.kinds else "the lists that /en/ leads to say"
            raise InvalidRequest(
                f"The parameter {parameter.name}: nothing in this release has the identifier {iri[:200]}; "
                f"{where} what there is."
            )
    return text


def _wanted(request: Request, offered: tuple[str, ...]) -> str:
    """The media type that is asked for: by ``?format=``, else by Accept. Raises InvalidRequest, NotAcceptable."""
    formats = [name for name, media_type in FORMATS.items() if media_type in offered]
    asked = request.query_params.getlist("format")
    if asked:
        if len(asked) > 1 or asked[0] not in formats:
            raise InvalidRequest(f"format is one of {', '.join(formats)}; {', '.join(asked)[:100]!r} is not.")
        return FORMATS[asked[0]]
    found = best(parse(", ".join(request.headers.getlist("accept"))), offered)
    if found is None:
        raise NotAcceptable(f"This can be had as {', '.join(offered)}; ask for one of these.")
    return found


def _given(request: Request) -> dict[str, str]:
    """The values of parameters that stand in the address. Raises InvalidRequest if one is there twice."""
    pairs = [pair for pair in protocol.parameters(request.url.query) if pair[0] not in RESERVED]
    values = dict(pairs)
    if len(values) < len(pairs):
        raise InvalidRequest("A parameter stands in the address more than once; each has one value.")
    return values


def _seconds(request: Request) -> float | None:
    return protocol.seconds(request.query_params.getlist("timeout"))


def _described(request: Request, site: Site, queries: Iterable[NamedQuery], media_type: str) -> Response:
    triples = executable.describe(queries, f"{_origin(request)}/api", site.graph.identifiers)
    body = serialize(triples, format=protocol.GRAPHS[media_type], prefixes=executable.NAMESPACES)
    return Response(body, media_type=media_type, headers={"Vary": "Accept"})


def _origin(request: Request) -> str:
    """What the addresses of this release begin with, our origin included."""
    return str(request.base_url).rstrip("/")


def _address(request: Request, query: NamedQuery) -> str:
    return f"{_origin(request)}/api/{query.name}"


def _listed(query: NamedQuery, address: str) -> dict[str, Any]:
    return {
        "name": query.name,
        "address": address,
        "title": query.title,
        "description": query.description,
        "parameters": [_told(parameter) for parameter in query.parameters],
        "columns": [_told(column) for column in query.columns],
        "query": query.text,
    }


def _told(part: Parameter | Column) -> dict[str, Any]:
    """What is known of a parameter or a column."""
    return {name: value for name, value in msgspec.to_builtins(part).items() if value not in (None, [], ())}


def _in(language: Language, texts: Any) -> str:
    return str(texts[language.tag])


async def _page(query: NamedQuery, request: Request, site: Site) -> Response:
    """The form, and below it the answer to what stands in the address, or to what the form begins with."""
    language, status = negotiated(request), HTTPStatus.OK
    values: dict[str, str] = {}
    context: dict[str, Any] = {"table": None, "error": None, "downloads": {}, "permanent": None, "text": None}
    try:
        values = _values(query, request, language)
        if query.is_ready or _given(request):
            context["text"] = await _asking(query, values, site)
            asked = protocol.Request(context["text"], _SPARQL_JSON, None, seconds=_seconds(request))
            context |= await run_in_threadpool(shown, await evaluate(request, site, asked))
            here = f"/api/{query.name}"
            context["downloads"] = {
                name: f"{site.base}{here}?{urlencode({**values, 'format': name})}" for name in ("json", "csv", "srj")
            }
            context["permanent"] = f"{permanent(request, site.release)}{here}?{urlencode(values)}".rstrip("?")
    except QueryError as error:
        context["error"], status = str(error), status_of(error)
    response = await run_in_threadpool(_rendered, query, values, context, request, site, status)
    response.headers["Vary"] = "Accept, Accept-Language"
    return response


def _values(query: NamedQuery, request: Request, language: Language) -> dict[str, str]:
    """What the form holds: what was given, else defaults. On a page, names are in its language if no other is given."""
    given = _given(request)
    found = {
        parameter.name: language.tag if parameter.type == ParameterType.LANGUAGE else parameter.default
        for parameter in query.parameters
    }
    return {name: value for name, value in {**found, **given}.items() if value is not None}


def _rendered(
    query: NamedQuery, values: Mapping[str, str], context: Mapping[str, Any], request: Request, site: Site, status: int
) -> Response:
    language = negotiated(request)
    whole = {
        **context,
        "query": query,
        "fields": [
            _field(parameter, values.get(parameter.name, parameter.default or ""), site, language)
            for parameter in query.parameters
        ],
        "columns": {column.name: column for column in query.columns},
        "here": _address(request, query),
        "release": site.release,
        "link": site.graph.link,
        "address": lambda iri: address(site, iri, language),
    }
    return site.renderer.page(request, language, "query.html", whole, status)


def _field(parameter: Parameter, value: str, site: Site, language: Language) -> Field:
    match parameter.type:
        case ParameterType.IRI:
            value, choices = _path(value, site), _things(parameter, site, language)
        case ParameterType.CONCEPT:
            concepts = vocabulary.concepts(parameter.scheme)
            value = next((code for code, iri in concepts.items() if iri == value), value)
            choices = [(code, f"{_name(iri, site, language)} ({code})") for code, iri in concepts.items()]
        case ParameterType.LANGUAGE:
            choices = [(other.tag, other.own_name) for other in Language]
        case _:
            choices = []
    if choices and value not in dict(choices):
        choices = [(value, value), *choices]
    return Field(parameter, value, tuple(choices))


def _path(value: str, site: Site) -> str:
    """The kind and key of a thing of ours, as in the list of choices; whatever else is given as it is."""
    return site.graph.identifiers.path(value) or value


def _things(parameter: Parameter, site: Site, language: Language) -> list[tuple[str, str]]:
    """The things that a parameter may be, if they are few enough for a list."""
    counts = site.graph.kinds()
    kinds = [kind for slug in parameter.kinds if (kind := Kind.of_slug(slug)) is not None]
    if sum(counts.get(kind, 0) for kind in kinds) > _MOST_CHOICES:
        return []
    links = dict.fromkeys(link for kind in kinds for link in site.graph.members(kind.class_iri))
    return [(_path(link.iri, site), _name(link.iri, site, language)) for link in sorted_by_name(list(links), language)]


def _name(iri: str, site: Site, language: Language) -> str:
    text = choose(site.graph.label(iri), language)
    return text.value if text is not None else iri
