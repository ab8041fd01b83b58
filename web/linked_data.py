"""Linked data: /id/ answers 303 to a page or to a data document under /doc/.

The pattern of `Cool URIs for the Semantic Web, 4.2 <https://www.w3.org/TR/cooluris/#r303gendocument>`_.
"""

import json
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter, Request
from pyoxigraph import NamedNode, RdfFormat, Triple, serialize
from starlette.responses import RedirectResponse, Response

from ontology import vocabulary
from ontology.context import context
from ontology.identifiers import Kind
from ontology.terms import PREFIXES
from sparql.accept import best, parse
from sparql.errors import NotAcceptable
from web.errors import PageNotFound
from web.gone import moved, replacement
from web.languages import negotiated
from web.site import CurrentSite

router = APIRouter(include_in_schema=False)

DOCUMENTS: Final = {
    "ttl": RdfFormat.TURTLE,
    "jsonld": RdfFormat.JSON_LD,
    "nt": RdfFormat.N_TRIPLES,
    "rdf": RdfFormat.RDF_XML,
}
"""The suffix of a data document → its format."""
_SUFFIXES: Final = {format_.media_type: suffix for suffix, format_ in DOCUMENTS.items()}


@router.get("/id/{slug}/{key:path}")
def identify(slug: str, key: str, request: Request, site: CurrentSite) -> Response:
    """See other: the page about a thing for people, the document about it for programs."""
    iri = site.graph.identifiers.at(slug, key)
    if not site.graph.knows(iri):
        other = replacement(site, iri)
        return moved(f"/id/{site.graph.identifiers.path(other)}", other)
    path = f"{slug}/{quote(key, safe='')}"
    wanted = best(parse(request.headers.get("accept", "*/*")), ("text/html", *_SUFFIXES))
    if wanted is None:
        raise NotAcceptable(f"This can be had as {', '.join(['text/html', *_SUFFIXES])}; ask for one of these.")
    page = f"/{negotiated(request).tag}/{path}"
    location = page if wanted == "text/html" else f"/doc/{path}.{_SUFFIXES[wanted]}"
    return RedirectResponse(location, 303, {"Vary": "Accept, Accept-Language"})


@router.get("/doc/{slug}/{name:path}")
def document(slug: str, name: str, site: CurrentSite) -> Response:
    """The statements about a thing and about the records they come from; of one that is gone, what stands for it."""
    key, _, suffix = name.rpartition(".")
    format_ = DOCUMENTS.get(suffix)
    if format_ is None or Kind.of_slug(slug) is None:
        raise PageNotFound(f"Data documents end in {', '.join(DOCUMENTS)}; for example /doc/city/….ttl.")
    iri = site.graph.identifiers.at(slug, key)
    quads = site.graph.statements(iri)
    triples = [quad.triple for quad in quads] or [_replaced(iri, replacement(site, iri))]
    body = serialize(triples, format=format_, prefixes=PREFIXES)
    headers = {"Link": f'<{iri}>; rel="describes"'}
    return Response(body, media_type=format_.media_type, headers=headers)


def _replaced(iri: str, other: str) -> Triple:
    """That another thing stands for one that is gone, by `DCMI
    <https://www.dublincore.org/specifications/dublin-core/dcmi-terms/#isReplacedBy>`_."""
    return Triple(NamedNode(iri), NamedNode(f"{PREFIXES['dct']}isReplacedBy"), NamedNode(other))


@router.get("/def.ttl")
def ontology_document() -> Response:
    """The ontology in Turtle."""
    return _turtle(vocabulary.turtle())


@router.get("/def/{name}.ttl")
def code_list_document(name: str) -> Response:
    """Code lists and shapes in Turtle."""
    if name == "shapes":
        return _turtle(vocabulary.shapes())
    if f"{name}.ttl" not in vocabulary.FILES:
        raise PageNotFound(f"There is no such file; /def lists {', '.join(vocabulary.FILES)}.")
    return _turtle(vocabulary.turtle(f"{name}.ttl"))


@router.get("/def/context.jsonld")
def context_document() -> Response:
    """The JSON-LD context."""
    return Response(json.dumps({"@context": context()}, indent=1), media_type="application/ld+json")


def _turtle(body: bytes) -> Response:
    return Response(body, media_type="text/turtle")
