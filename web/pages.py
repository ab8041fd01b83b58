"""Pages for people: the home page, lists by kind, one page a thing, themes by cities, the ontology."""

from collections import Counter
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from graph.knowledge import Description, Links
from graph.rawrecord import raw_record
from ontology.identifiers import Kind
from sparql.accept import best, parse
from web.addresses import address
from web.asked import Paging, language_of, page_number
from web.endpoint import example
from web.errors import PageNotFound
from web.gone import moved, replacement
from web.languages import Language, negotiated, sorted_by_name
from web.linked_data import DOCUMENTS
from web.projects import network
from web.services import COLUMNS, GROUPINGS, TREES
from web.site import CurrentSite, Site, titles

router = APIRouter(include_in_schema=False)

LINKS_SHOWN = 25
"""Links of one property on a page; the rest are a click away."""
LIST_SHOWN = 100
"""Things on one page of a list."""


@router.get("/")
def start(request: Request) -> Response:
    """To the home page in the reader's language."""
    headers = {"Vary": "Accept-Language"}
    return RedirectResponse(f"/{negotiated(request).tag}/", 302, headers)


@router.get("/def")
def ontology(request: Request, site: CurrentSite) -> Response:
    """The ontology: a page for people, Turtle for programs."""
    accepted = parse(request.headers.get("accept", "*/*"))
    headers = {"Vary": "Accept, Accept-Language"}
    if best(accepted, ("text/turtle", "text/html")) != "text/html":
        return RedirectResponse("/def.ttl", 303, headers)
    language = negotiated(request)
    context = {
        "ontology": site.ontology(),
        "address": lambda iri: address(site, iri, language),
    }
    response = site.renderer.page(request, language, "def.html", context)
    response.headers.update(headers)
    return response


@router.get("/{tag}")
def without_slash(tag: str) -> Response:
    """To the home page in a language."""
    return RedirectResponse(f"/{language_of(tag).tag}/", 308)


@router.get("/{tag}/")
def home(tag: str, request: Request, site: CurrentSite) -> Response:
    """What this is, what is in it, and the ways in."""
    manifest = site.release.manifest
    context = {
        "release": site.release,
        "counts": manifest.counts,
        "kinds": site.graph.kinds(),
        "titles": titles(manifest),
    }
    return site.renderer.page(request, language_of(tag), "home.html", context)


@router.get("/{tag}/themes-by-city")
def themes_by_city(tag: str, request: Request, site: CurrentSite) -> Response:
    """Themes × cities: how many documents each city has on each theme."""
    language = language_of(tag)
    cells: Counter[tuple[str, str]] = Counter()
    for cell in site.release.manifest.counts.theme_city:
        # Documents of different sources are different ones, so that they can be added.
        cells[site.graph.standing_for(cell.theme), site.graph.standing_for(cell.city)] += cell.documents
    themes = site.graph.members(Kind.THEME.class_iri)
    context = {
        "themes": sorted(themes, key=lambda theme: theme.iri),
        "cities": sorted_by_name(site.graph.members(Kind.CITY.class_iri), language),
        "cells": cells,
        "documents": {
            city: len(site.graph.members(Kind.DOCUMENT.class_iri, [city])) for city in {city for _, city in cells}
        },
        "address": lambda iri: address(site, iri, language),
        "query": example(language),
        "key": lambda iri: (site.graph.identifiers.path(iri) or "").partition("/")[2],
    }
    return site.renderer.page(request, language, "themes_by_city.html", context)


@router.get("/{tag}/services-by")
def groupings(tag: str) -> Response:
    """To the first of the lists of groups."""
    return RedirectResponse(f"/{language_of(tag).tag}/services-by/{next(iter(GROUPINGS))}", 307)


@router.get("/{tag}/services-by/{grouping}")
def groups_list(tag: str, grouping: str, request: Request, site: CurrentSite) -> Response:
    """Target groups, life events or themes, with how many services each has."""
    if grouping not in GROUPINGS:
        raise PageNotFound(f"Services are grouped by {', '.join(GROUPINGS)}.")
    context = {"grouping": grouping, "columns": COLUMNS, "groups": site.services.groups(grouping)}
    return site.renderer.page(request, language_of(tag), "groups.html", context)


@router.get("/{tag}/services-by/{grouping}/{notation}")
def group(tag: str, grouping: str, notation: str, request: Request, site: CurrentSite) -> Response:
    """What is in a target group, life event or theme: all, or what ``?kind=`` names."""
    language, column = language_of(tag), request.query_params.get("kind")
    known = grouping in GROUPINGS and column in (*COLUMNS, None)
    found = site.services.members(grouping, notation, column) if known else None
    if found is None:
        raise PageNotFound(f"There is no such group; services are grouped by {', '.join(GROUPINGS)}.")
    concept, linked = found
    page = page_number(request)
    ordered = sorted_by_name(linked, language)
    context = {
        "grouping": grouping,
        "concept": concept,
        "column": column,
        "count": len(ordered),
        "members": ordered[(page - 1) * LIST_SHOWN : page * LIST_SHOWN],
        "paging": Paging.of(request, page, len(ordered), LIST_SHOWN),
        "address": lambda iri: address(site, iri, language),
    }
    return site.renderer.page(request, language, "group.html", context)


@router.get("/{tag}/tree/{slug}")
def kind_tree(tag: str, slug: str, request: Request, site: CurrentSite) -> Response:
    """All things of a kind that form a tree."""
    language, kind = language_of(tag), Kind.of_slug(slug)
    if kind is None or kind not in TREES:
        raise PageNotFound(f"Trees are of {', '.join(tree_kind.slug for tree_kind in TREES)}.")
    context = {
        "kind": kind,
        "branches": site.services.tree(kind),
        "address": lambda iri: address(site, iri, language),
    }
    return site.renderer.page(request, language, "tree.html", context)


@router.get("/{tag}/{slug}")
def kind_list(tag: str, slug: str, request: Request, site: CurrentSite) -> Response:
    """All things of a kind, or those linked with given things: ``/en/document?theme=…&city=…``."""
    language, kind = language_of(tag), Kind.of_slug(slug)
    if kind is None:
        raise PageNotFound("There is no list at this address; the home page shows all lists.")
    page = page_number(request)
    filters = [
        site.graph.link(site.graph.identifiers.at(name, key))
        for name, key in request.query_params.multi_items()
        if Kind.of_slug(name) is not None
    ]
    listed = sorted_by_name(site.graph.members(kind.class_iri, [link.iri for link in filters]), language)
    context = {
        "kind": kind,
        "has_tree": kind in TREES,
        "filters": filters,
        "count": len(listed),
        "members": listed[(page - 1) * LIST_SHOWN : page * LIST_SHOWN],
        "paging": Paging.of(request, page, len(listed), LIST_SHOWN),
        "address": lambda iri: address(site, iri, language),
    }
    return site.renderer.page(request, language, "list.html", context)


@router.get("/{tag}/{slug}/{key:path}")
def thing(tag: str, slug: str, key: str, request: Request, site: CurrentSite) -> Response:
    """One thing: its facts, its links out and in with their counts, and where all that is said."""
    language = language_of(tag)
    iri = site.graph.identifiers.at(slug, key)
    if site.graph.standing_for(iri) != iri:
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{address(site, iri, language)}{query}", 307)
    described = site.graph.describe(iri, LINKS_SHOWN)
    if described is None:
        other = replacement(site, iri)
        return moved(str(address(site, other, language)), other)
    for direction in ("incoming", "outgoing"):
        if direction in request.query_params:
            return _all_links(request, site, language, described, direction == "incoming")
    kind = Kind.of_slug(slug)
    is_record = slug == Kind.RECORD.slug
    context = {
        "thing": described,
        "relatives": site.services.relatives(iri) if slug == Kind.SERVICE.slug else None,
        "network": network(site.graph, iri, LIST_SHOWN) if kind in (Kind.PROJECT, Kind.PROGRAMME) else None,
        "ancestors": site.services.ancestors(kind, iri),
        "is_origin": kind in (Kind.RECORD, Kind.GRAPH, Kind.MEASUREMENT),
        "raw": raw_record(site.release, key) if is_record else None,
        **_thing_context(site, language, iri),
    }
    response = site.renderer.page(request, language, "thing.html", context)
    response.headers["Link"] = ", ".join(
        f'<{document}>; rel="alternate"; type="{media_type}"' for document, media_type in context["documents"].values()
    )
    return response


def _all_links(request: Request, site: Site, language: Language, described: Description, is_incoming: bool) -> Response:
    """All things that link to this one by one property, or that it links to, page by page."""
    page, predicate = page_number(request), request.query_params["incoming" if is_incoming else "outgoing"]
    if predicate not in {links.property.iri for links in (described.links_in if is_incoming else described.links_out)}:
        raise PageNotFound("There are no links by this property; the page of the thing shows which there are.")
    linked = site.graph.incoming if is_incoming else site.graph.outgoing
    links: Links = linked(described.iri, predicate, (page - 1) * LIST_SHOWN, LIST_SHOWN)
    context = {
        "thing": described,
        "is_incoming": is_incoming,
        "links": links,
        "paging": Paging.of(request, page, links.count, LIST_SHOWN),
        "address": lambda iri: address(site, iri, language),
    }
    return site.renderer.page(request, language, "links.html", context)


def _documents(site: Site, iri: str) -> dict[str, tuple[str, str]]:
    """The data documents of a thing: suffix → address and media type."""
    path = site.graph.identifiers.path(iri)
    return {suffix: (f"{site.base}/doc/{path}.{suffix}", format_.media_type) for suffix, format_ in DOCUMENTS.items()}


def _thing_context(site: Site, language: Language, iri: str) -> dict[str, Any]:
    path = site.graph.identifiers.path(iri)
    return {
        "kind": Kind.of_slug((path or "").partition("/")[0]),
        "address": lambda other: address(site, other, language),
        "documents": _documents(site, iri),
        "documents_of": lambda other: _documents(site, other),
    }
