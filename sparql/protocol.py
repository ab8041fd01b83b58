"""The SPARQL 1.1 Protocol for queries: plain strings in, a Request out. Knows nothing of any web framework.

https://www.w3.org/TR/sparql11-protocol/#query-operation
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pyoxigraph import QueryResultsFormat, RdfFormat

from graph.errors import InvalidStatement
from graph.ntriples import iri
from sparql.accept import MediaRange, best, parse
from sparql.errors import ForbiddenQuery, InvalidRequest, NotAcceptable, UnsupportedMediaType
from sparql.policy import READ_ONLY

FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
UPDATE = "application/sparql-update"

# The media types we offer, the preferred first; what stands behind a format's own type are the generic types that
# browsers and simple clients ask for.
RESULTS: dict[str, QueryResultsFormat] = {
    "application/sparql-results+json": QueryResultsFormat.JSON,
    "application/sparql-results+xml": QueryResultsFormat.XML,
    "text/csv": QueryResultsFormat.CSV,
    "text/tab-separated-values": QueryResultsFormat.TSV,
    "application/json": QueryResultsFormat.JSON,
    "application/xml": QueryResultsFormat.XML,
    "text/xml": QueryResultsFormat.XML,
}
GRAPHS: dict[str, RdfFormat] = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/n-quads": RdfFormat.N_QUADS,
    "application/trig": RdfFormat.TRIG,
    "application/json": RdfFormat.JSON_LD,
    "application/xml": RdfFormat.RDF_XML,
    "text/xml": RdfFormat.RDF_XML,
    "text/plain": RdfFormat.N_TRIPLES,
}

FORMATS = {
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
    "ttl": "text/turtle",
    "nt": "application/n-triples",
    "rdf": "application/rdf+xml",
    "jsonld": "application/ld+json",
    "nq": "application/n-quads",
    "trig": "application/trig",
}
"""Short names for where no Accept header can be set: in a link (``?format=csv``) and on the command line."""
_ACCEPTED: Final = {
    **FORMATS,
    "xml": f"{FORMATS['xml']}, {FORMATS['rdf']}",
    "json": f"{FORMATS['json']}, {FORMATS['jsonld']}",
    "turtle": FORMATS["ttl"],
    "n3": FORMATS["ttl"],
    "rdf+xml": FORMATS["rdf"],
    "json-ld": FORMATS["jsonld"],
}
"""The Accept header that each stands for. SPARQLWrapper has names of its own, and asks for graphs as XML by default."""
_MARK: Final = "\ufeff"
"""Some programs write it before a text in UTF-8, of which it is no part."""
_MOST_PARAMETERS: Final = 1000
_FORGIVEN: Final = 1 << 14
_BROKEN: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_NUMBER: Final = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")


@dataclass(frozen=True)
class Request:
    """A query and what its answer may look like."""

    query: str
    results: str | None
    """The media type for SELECT and ASK, one of `RESULTS`; None if the client accepts none."""
    graphs: str | None
    """The media type for CONSTRUCT and DESCRIBE, one of `GRAPHS`; None if the client accepts none."""
    default_graphs: tuple[str, ...] = ()
    """The graphs whose merge is the default graph, instead of the merge of all (2.1.4)."""
    named_graphs: tuple[str, ...] = ()
    """The named graphs to look at. If no graph of either kind is named, the query says which, or it is asked of all."""
    seconds: float | None = None
    """After how many seconds of evaluation the client wants to give up; None for the limit of the endpoint."""


def from_get(query_string: str, accept: str) -> Request:
    """Query via GET (2.1.1). Raises InvalidRequest, NotAcceptable, ForbiddenQuery."""
    return _request(parameters(query_string), accept)


def from_post(media_type: str, query_string: str, body: bytes, accept: str) -> Request:
    """Query via POST: a form (2.1.2) or the query itself (2.1.3), by its `posted_type`.

    Raises InvalidRequest, NotAcceptable, ForbiddenQuery.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"The body is not UTF-8 (byte {error.start}); send it in UTF-8.") from error
    given = parameters(query_string)
    if media_type == FORM:
        # The standard has all in the body; what stands in the address as well is not passed over.
        return _request([*given, *parameters(text)], accept)
    if any(name == "query" for name, _ in given):
        raise InvalidRequest("The query stands in the body and in the address; send it once.")
    return _request([*given, ("query", text)], accept)


def posted_type(content_type: str, encoding: str) -> str:
    """The media type of a body that may carry a query, by its Content-Type and Content-Encoding.

    Raises UnsupportedMediaType, ForbiddenQuery.
    """
    media_type, _, rest = content_type.partition(";")
    media_type = media_type.strip().casefold()
    charset = rest.casefold().partition("charset=")[2].partition(";")[0].strip().strip('"') or "utf-8"
    if media_type == UPDATE:
        raise ForbiddenQuery(READ_ONLY)
    if media_type not in (FORM, QUERY) or charset not in ("utf-8", "utf8"):
        raise UnsupportedMediaType(
            f"A query is posted as {FORM} or {QUERY}, in UTF-8; this came as {content_type or 'nothing'!r}."
        )
    if encoding.strip().casefold() not in ("", "identity"):
        raise UnsupportedMediaType(f"A query is posted as it is, and this one came as {encoding!r}.")
    return media_type


@lru_cache(256)
def negotiate(accept: str) -> tuple[str | None, str | None]:
    """The media types for results and for graphs that an Accept header prefers; None where it takes none.

    >>> negotiate("text/csv, application/rdf+xml;q=0.5")
    ('text/csv', 'application/rdf+xml')
    >>> negotiate("image/png")
    (None, None)
    """
    ranges: Sequence[MediaRange] = parse(accept)
    return best(ranges, tuple(RESULTS)), best(ranges, tuple(GRAPHS))


def parameters(text: str) -> list[tuple[str, str]]:
    """The names and values of a form (`URL, application/x-www-form-urlencoded
    <https://url.spec.whatwg.org/#urlencoded-parsing>`_). A percent sign may stand for itself if the text is short.

    Raises InvalidRequest if they are not UTF-8 or too many.
    """
    if text.count("&") >= _MOST_PARAMETERS:
        raise InvalidRequest(f"There are more than {_MOST_PARAMETERS} parameters.")
    if len(text) < _FORGIVEN:
        text = _BROKEN.sub("%25", text)
    pairs = (part.partition("=") for part in text.split("&") if part)
    try:
        return [(_decoded(name), _decoded(value)) for name, _, value in pairs]
    except UnicodeDecodeError as error:
        raise InvalidRequest(
            "The parameters can't be read: percent-encode them as UTF-8, and a percent sign itself as %25."
        ) from error


def _decoded(text: str) -> str:
    # Python's own escapes are read in C. The standard library's reading of percent signs takes half a second a
    # megabyte, in which no page would be answered.
    escaped = text.replace("+", " ").replace("\\", "\\\\").replace("%", "\\x")
    return escaped.encode().decode("unicode_escape").encode("latin-1").decode()


def _request(parameters: Sequence[tuple[str, str]], accept: str) -> Request:
    def values(name: str) -> list[str]:
        return [value for key, value in parameters if key == name]

    if values("update") or values("using-graph-uri") or values("using-named-graph-uri"):
        raise ForbiddenQuery(READ_ONLY)
    queries, defaults, named = values("query"), values("default-graph-uri"), values("named-graph-uri")
    if len(queries) != 1:
        raise InvalidRequest("Send exactly one parameter query, with the text of the query.")
    try:
        for graph in (*defaults, *named):
            iri(graph)
    except InvalidStatement as error:
        raise InvalidRequest(f"A graph parameter is wrong: {error}") from error
    results, graphs = negotiate(_format(values("format")) or accept)
    if results is None and graphs is None:
        raise NotAcceptable(
            f"The result can be had as {', '.join(dict.fromkeys([*RESULTS, *GRAPHS]))}; ask for one of these."
        )
    return Request(
        queries[0].removeprefix(_MARK), results, graphs, tuple(defaults), tuple(named), seconds(values("timeout"))
    )


def _format(asked: Sequence[str]) -> str | None:
    """The Accept header of a short name, if one is asked for."""
    if not asked:
        return None
    # Behind some names SPARQLWrapper sends the media type as well.
    names = [name for name in asked if "/" not in name]
    if len(names) != 1 or names[0] not in _ACCEPTED:
        raise InvalidRequest(f"format is one of {', '.join(FORMATS)}; {', '.join(map(repr, asked))} is none of them.")
    return _ACCEPTED[names[0]]


def seconds(asked: Sequence[str]) -> float | None:
    """After how long the client wants to give up, from all values of ``timeout``. Raises InvalidRequest."""
    if not asked:
        return None
    if len(asked) > 1 or not _NUMBER.fullmatch(asked[0]) or not float(asked[0]):
        raise InvalidRequest("timeout is a number of seconds above zero, such as 2.5.")
    return float(asked[0])
