"""What changes between releases, for people and for programs that follow: ``/diff/…`` and ``/changes``."""

from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse
from starlette.responses import RedirectResponse, Response

from graph.code import fingerprint
from graph.comparison import CURRENT, DELETED, PAGE, PATCH, Comparison, Comparisons, ThingChange
from graph.difference import ADDED, REMOVED
from graph.errors import LargeDifference, NoRelease
from graph.knowledge import Link, Text
from graph.manifest import DUMP, FORMAT
from graph.media import COMPRESSED, media_type
from graph.patching import sorted_lines
from graph.release import Release
from graph.releases import Releases
from graph.retention import in_use
from graph.things import thing_at
from ontology.identifiers import Identifiers
from sparql.errors import Busy
from web.addresses import address, in_release, named
from web.asked import Paging, page_number
from web.downloads import IMMUTABLE
from web.errors import NoLongerKept, PageNotFound
from web.files import file_answer, not_modified
from web.languages import Language, negotiated
from web.linked_data import DOCUMENTS
from web.site import CurrentSite, Site

router = APIRouter()

FILES: Final = {
    f"{name}{packed}": media_type(f"{name}{packed}")
    for name in (PATCH, f"{ADDED}.nq", f"{REMOVED}.nq")
    for packed in ("", *(f".{suffix}" for suffix in COMPRESSED))
}
"""The files of a comparison → their media types."""
MOST_STATEMENTS: Final = 200_000
"""So many are compared in five to fifteen seconds; releases that differ in more are compared at the terminal."""
_WAITING: Final = 4
"""So many requests may wait for a comparison, as each keeps a thread."""
_SHOWN: Final = 20
"""Statements of a thing in a list of things, of those added and those removed."""
_SHOWN_ALONE: Final = 1000
"""The same on a page of its own."""
_DAY: Final = "public, max-age=86400"
_SUFFIX: Final = next(iter(DOCUMENTS))


class Comparing:
    """Comparisons as the web asks for them: bounded in size, and in how many wait for one."""

    def __init__(self, releases: Releases) -> None:
        self._comparisons = Comparisons(releases)
        self._places = BoundedSemaphore(_WAITING)

    def release(self, site: Site, name: str) -> Release:
        """A release by its id or a tag; ``current`` is the one that this answer is of. Raises NoRelease."""
        return site.release if name == CURRENT else self._comparisons.release(name)

    def between(self, before: Release, after: Release) -> Comparison:
        """Two releases compared. Raises LargeDifference, NoRelease, and Busy if too many wait already."""
        kept = self._comparisons.kept(before, after, MOST_STATEMENTS)
        if kept is not None:
            return kept
        if not self._places.acquire(blocking=False):
            raise Busy("Other releases are being compared; ask again in some seconds.")
        try:
            return self._comparisons.between(before, after, MOST_STATEMENTS)
        finally:
            self._places.release()

    def oldest(self) -> Release:
        """The oldest release that is kept and can be compared. Raises NoRelease."""
        for release in self._comparisons.releases.all():
            if release.manifest.format == FORMAT:
                return release
        raise NoRelease("There is no release yet that could be compared.")


async def _comparing(request: Request) -> Comparing:
    comparing = request.app.state.comparing
    assert isinstance(comparing, Comparing)
    return comparing


CurrentComparing = Annotated[Comparing, Depends(_comparing)]
"""A route's parameter of this type is given what compares releases."""


@dataclass(frozen=True)
class ChangedGraph:
    """What has changed of a resource in one named graph, which is one source."""

    graph: str
    added: int
    removed: int
    properties: list[str]
    since: str | None


@dataclass(frozen=True)
class Changed:
    """A resource that was added, changed or deleted; of a deleted one, names and classes are those that it had."""

    iri: str
    change: str
    names: list[dict[str, str]]
    classes: list[str]
    graphs: list[ChangedGraph]
    document: str | None
    """Where its data document is, if it is still there and has an identifier of ours."""
    statements: str | None
    """Where exactly those N-Quads are that it is the subject of in `until`; null if it is deleted."""


@dataclass(frozen=True)
class Changes:
    """The resources that differ between two releases, a page of them."""

    since: str
    until: str
    count: int
    page: int
    pages: int
    next: str | None
    """The next page; it names both releases, so that a newer release does not shift the pages."""
    patch: str
    """All of it at once, in RDF Patch."""
    changes: list[Changed]


_GONE: Final[dict[int | str, dict[str, Any]]] = {
    410: {"description": "`since` or `until` is unknown or no longer kept: take the dump of a release."}
}


@router.get("/changes", summary="What has changed since a release", response_model=Changes, responses=_GONE)
def changes(
    request: Request,
    response: Response,
    site: CurrentSite,
    comparing: CurrentComparing,
    since: str | None = None,
    until: str = CURRENT,
    page: int = 1,
) -> Any:
    """The resources that were added, changed or deleted from release `since` to `until`, the current one by default.

    Without `since`, from the oldest release that is kept. To follow: load the dump of a release; from then on ask with
    that release as `since`, and take `until` as the next `since`. Either apply `patch`, or replace, for each resource
    and page by page, all statements that it is the subject of by those at `statements` (none if it is deleted).
    Addresses are relative to this server.
    """
    try:
        before = comparing.oldest() if since is None else comparing.release(site, since)
        after = comparing.release(site, until)
        found = comparing.between(before, after)
    except (NoRelease, LargeDifference) as error:
        raise NoLongerKept(
            f"{error} Take the newest dump, /data/latest/{DUMP}, and follow from its release."
        ) from error
    headers = {
        "Cache-Control": _DAY if (since, until) == (before.id, after.id) else "no-cache",
        "ETag": _tag(found, str(page)),
    }
    known = not_modified(request, headers)
    if known is not None:
        return known
    response.headers.update(headers)
    pages = max(1, len(found.summary.pages))
    if not 0 < page <= pages:
        raise PageNotFound(f"There is no page {page}; the last one is page {pages}.")
    pair = {"since": before.id, "until": after.id}
    return Changes(
        **pair,
        count=found.summary.things.total,
        page=page,
        pages=pages,
        next=f"/changes?{urlencode({**pair, 'page': page + 1})}" if page < pages else None,
        patch=f"/diff/{before.id}/{after.id}/{PATCH}",
        changes=[_changed(thing, after) for thing in found.page(page)],
    )


def _changed(thing: ThingChange, after: Release) -> Changed:
    is_there = thing.change != DELETED
    path = Identifiers(after.manifest.base).path(thing.iri)
    return Changed(
        iri=thing.iri,
        change=thing.change,
        names=named(thing.label),
        classes=thing.classes,
        graphs=[ChangedGraph(one.graph, one.added, one.removed, one.properties, one.since) for one in thing.graphs],
        document=f"/doc/{path}.{_SUFFIX}" if is_there and path is not None else None,
        statements=f"/changes/statements?{urlencode({'release': after.id, 'iri': thing.iri})}" if is_there else None,
    )


@router.get(
    "/changes/statements",
    summary="What a release says of a resource, exactly",
    response_class=Response,
    responses={200: {"content": {RdfFormat.N_QUADS.media_type: {}}}, **_GONE},
)
def statements(site: CurrentSite, comparing: CurrentComparing, release: str, iri: str) -> Response:
    """The N-Quads of a release that have the resource as their subject, and no others: each with its named graph."""
    try:
        found = comparing.release(site, release)
        with in_use(found), sorted_lines(found.dumps / DUMP) as dump:
            lines = thing_at(dump, iri.encode()).lines
    except NoRelease as error:
        raise NoLongerKept(f"{error} Take the newest dump, /data/latest/{DUMP}.") from error
    if not lines:
        raise PageNotFound(f"Release {found.id} says nothing of {iri}.")
    headers = {"Cache-Control": IMMUTABLE if release == found.id else "no-cache"}
    return Response(b"".join(lines), media_type=RdfFormat.N_QUADS.media_type, headers=headers)


@router.get("/diff", include_in_schema=False)
def chosen(request: Request, site: CurrentSite, comparing: CurrentComparing, before: str, after: str) -> Response:
    """From the form in the list of releases to the comparison of two of them."""
    pair = (comparing.release(site, name).id for name in (before, after))
    language = f"?lang={negotiated(request).tag}" if "lang" in request.query_params else ""
    return RedirectResponse(f"/diff/{'/'.join(pair)}{language}", 303)


@router.get("/diff/{before}/{after}", include_in_schema=False)
def difference(before: str, after: str, request: Request, site: CurrentSite, comparing: CurrentComparing) -> Response:
    """What has changed from one release to another: counts, and a list of things with their statements."""
    releases = comparing.release(site, before), comparing.release(site, after)
    if (before, after) != tuple(release.id for release in releases):
        return _by_ids(*releases)
    found, language = comparing.between(*releases), negotiated(request)
    headers = {"Cache-Control": _DAY, "Vary": "Accept-Language"}
    if "thing" in request.query_params:
        things, paging, most = [_thing_asked_for(request, found)], None, _SHOWN_ALONE
    else:
        page = page_number(request)
        # Names are those of the release that is served.
        headers["ETag"] = _tag(found, f"{site.release.id}-{language.tag}-{page}")
        known = not_modified(request, headers)
        if known is not None:
            return known
        paging = Paging.of(request, page, found.summary.things.total, PAGE)
        things, most = found.page(page), _SHOWN
    context = {
        "summary": found.summary,
        "statements": found.statements,
        "graphs": [(site.graph.link(iri), counts) for iri, counts in found.summary.graphs.items()],
        "classes": [
            (site.graph.link(iri), tally)
            for iri, tally in sorted(found.summary.classes.items(), key=lambda pair: (-pair[1].total, pair[0]))
        ],
        "things": [_shown(site, language, found, thing, most) for thing in things],
        "is_alone": paging is None,
        "paging": paging,
        "most": most,
        "files": FILES,
        "address": lambda iri: address(site, iri, language),
    }
    response = site.renderer.page(request, language, "diff.html", context)
    response.headers.update(headers)
    return response


def _thing_asked_for(request: Request, found: Comparison) -> ThingChange:
    iri = request.query_params["thing"]
    thing = found.thing(iri)
    if thing is None:
        raise PageNotFound(f"Nothing has changed of {iri} between these releases.")
    return thing


@dataclass(frozen=True)
class ShownStatement:
    """A statement that was added or removed: its property, the text or thing that it gives, and the graph."""

    is_added: bool
    property: Link
    text: Text | None
    target: Link | None
    graph: Link


@dataclass(frozen=True)
class ShownThing:
    """A thing that has changed, with where its page is and some of its statements."""

    change: ThingChange
    link: Link
    address: str | None
    statements: list[ShownStatement]
    is_whole: bool
    """Whether these are all."""


def _shown(site: Site, language: Language, found: Comparison, thing: ThingChange, most: int) -> ShownThing:
    place, path = address(site, thing.iri, language), site.graph.identifiers.path(thing.iri)
    if thing.change == DELETED and path is not None:
        place = in_release(found.summary.before, f"/{language.tag}/{path}")
    added, removed = found.lines(thing, most)
    statements = [
        _statement(site, found, quad, is_added)
        for is_added, lines in ((False, removed), (True, added))
        for quad in parse(b"".join(lines), format=RdfFormat.N_QUADS)
    ]
    count = sum(graph.added + graph.removed for graph in thing.graphs)
    return ShownThing(thing, Link(thing.iri, thing.label), place, statements, len(statements) == count)


def _target(site: Site, found: Comparison, iri: str) -> Link:
    """A thing that a statement leads to; what is gone by the name that it had."""
    link = site.graph.link(iri)
    gone = None if link.label else found.thing(iri)
    return link if gone is None else Link(iri, gone.label)


def _statement(site: Site, found: Comparison, quad: Quad, is_added: bool) -> ShownStatement:
    value = quad.object
    text = Text(value.value, value.language, value.datatype.value) if isinstance(value, Literal) else None
    target = _target(site, found, value.value) if isinstance(value, NamedNode) else None
    assert isinstance(quad.graph_name, NamedNode)
    return ShownStatement(
        is_added, site.graph.link(quad.predicate.value), text, target, site.graph.link(quad.graph_name.value)
    )


@router.get("/diff/{before}/{after}/{name}", include_in_schema=False)
def file(
    before: str, after: str, name: str, request: Request, site: CurrentSite, comparing: CurrentComparing
) -> Response:
    """The statements that were added, those that were removed, or both as RDF Patch."""
    if name not in FILES:
        raise PageNotFound(f"There is no such file; there are {', '.join(FILES)}.")
    releases = comparing.release(site, before), comparing.release(site, after)
    if (before, after) != tuple(release.id for release in releases):
        return _by_ids(*releases, name)
    found = comparing.between(*releases)
    stem, dot, suffix = name.partition(".")
    headers = {
        "Cache-Control": IMMUTABLE,
        "ETag": _tag(found, name),
        "Content-Disposition": f'attachment; filename="{stem}-{before}-{after}{dot}{suffix}"',
    }
    return file_answer(request, found.directory / name, FILES[name], headers)


def _by_ids(before: Release, after: Release, *name: str) -> Response:
    """To the same of these very releases."""
    return RedirectResponse("/".join(("/diff", before.id, after.id, *name)), 302, {"Cache-Control": "no-cache"})


def _tag(found: Comparison, part: str) -> str:
    return f'"{found.summary.before}..{found.summary.after}-{fingerprint()[:16]}-{part}"'
