"""The report pages: what became of the records of each source; each number leads to its records."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from ontology import vocabulary
from ontology.terms import VK
from web.addresses import address
from web.asked import Paging, language_of, page_number
from web.errors import PageNotFound
from web.site import CurrentSite, Site, titles

router = APIRouter(include_in_schema=False)

_SHOWN = 200
"""Records on one page of a list."""


@dataclass(frozen=True)
class Row:
    """A record that a number leads to: its name, where its page is if it is in the graph, and what is said of it."""

    name: str
    address: str | None
    reason: str


@router.get("/{tag}/report")
def report(tag: str, request: Request, site: CurrentSite) -> Response:
    """All sources: records read, loaded, skipped, values left out, statements, change."""
    language = language_of(tag)
    codes = vocabulary.concepts(VK.municipalities)
    context = {
        "sources": site.release.report["sources"],
        "shapes": site.release.report["shapes"],
        "titles": titles(site.release.manifest),
        "seconds": {source.name: source.seconds for source in site.release.manifest.sources},
        "municipalities": {
            source.name: site.graph.link(codes[source.municipality])
            for source in site.release.manifest.sources
            if source.municipality is not None
        },
        "address": lambda iri: address(site, iri, language),
    }
    return site.renderer.page(request, language, "report.html", context)


@router.get("/{tag}/report/{name}")
def records(tag: str, name: str, request: Request, site: CurrentSite) -> Response:
    """The records behind a number: those skipped, or those that lack a value, or those that something was noted of."""
    language = language_of(tag)
    source = next((found for found in site.release.report["sources"] if found["source"] == name), None)
    if source is None:
        raise PageNotFound("There is no such source in this release; the report lists them.")
    page, place = page_number(request), request.query_params.get("place")
    if place is not None:
        what, count, shown = place, *_loaded(site, source, place, (page - 1) * _SHOWN, language.tag)
        listed = count
    else:
        what = request.query_params.get("what", "skipped")
        count, rows = _rows(site, source, what, language.tag)
        listed, shown = len(rows), rows[(page - 1) * _SHOWN : page * _SHOWN]
    context = {
        "source": source,
        "title": titles(site.release.manifest)[name],
        "what": what,
        "count": count,
        "rows": shown,
        "listed": listed,
        "paging": Paging.of(request, page, listed, _SHOWN),
    }
    return site.renderer.page(request, language, "report_records.html", context)


def _loaded(site: Site, source: dict[str, Any], place: str, first: int, tag: str) -> tuple[int, list[Row]]:
    """The records of one sheet or kind of file that are in the graph: how many, and one page of them."""
    if place not in source["places"]:
        raise PageNotFound("There is no such sheet or file in the report of this source.")
    keys = site.release.raw.keys(source["source"], f"{place}-", first, _SHOWN)
    names = [f"{place}/{key.removeprefix(f'{place}-')}" for key in keys]
    rows = [Row(name, _address(site, source["source"], name, tag), "") for name in names]
    return source["places"][place]["loaded"], rows


def _rows(site: Site, source: dict[str, Any], what: str, tag: str) -> tuple[int, list[Row]]:
    """How many records something is said of, and those that the report names."""
    if what == "attempt" and "attempt" in source:
        source, what = source["attempt"], "skipped"
    if what == "skipped":
        return len(source["skipped"]), [Row(entry["record"], None, entry["reason"]) for entry in source["skipped"]]
    for entry in (*source["dropped"], *source["noted"]):
        if entry["what"] == what:
            rows = [Row(name, _address(site, source["source"], name, tag), what) for name in entry["records"]]
            return entry["count"], rows
    raise PageNotFound("Nothing of this kind is in the report of this source.")


def _address(site: Site, source: str, record: str, tag: str) -> str | None:
    place, _, native_id = record.partition("/")
    path = site.graph.identifiers.record_path(source, f"{place}-{native_id}")
    return f"{site.base}/{tag}/{path}"
