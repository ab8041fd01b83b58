"""The list of releases: what there is to query and to cite, for people and for programs."""

from dataclasses import asdict, dataclass

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from graph.manifest import FORMAT
from graph.releases import Releases
from graph.retention import tags
from web.addresses import permanent
from web.errors import PageNotFound, wants_page
from web.languages import negotiated
from web.site import CurrentSite, is_kept

router = APIRouter()


@dataclass(frozen=True)
class Listed:
    """A release in the list."""

    id: str
    created: str
    """When it was built: UTC, ISO 8601."""
    triples: int
    quads: int
    current: bool
    tags: list[str]
    address: str | None
    """Where its pages begin, permanently; None if this version of Verkosto can't open it."""
    previous: str | None
    """The release that was current when it was built."""
    changes: str | None
    """Where it is compared with `previous`; None if that is not kept."""
    cite: str


@router.get("/releases", include_in_schema=False)
def without_slash() -> Response:
    """To the list."""
    return RedirectResponse("/releases/", 308)


@router.get("/releases/", summary="List the releases, the newest first")
def releases(request: Request, site: CurrentSite) -> Response:
    """All releases with their day, counts and tags, and how to cite them; a page, or JSON."""
    if site.base:
        raise PageNotFound("The list of releases is at /releases/.")
    listed = _listed(request, site)
    headers = {"Vary": "Accept, Accept-Language"}
    if not wants_page(request):
        return JSONResponse({"releases": [asdict(one) for one in listed]}, headers=headers)
    page = site.renderer.page(request, negotiated(request), "releases.html", {"releases": listed})
    page.headers.update(headers)
    return page


@router.get("/releases/{rest:path}", include_in_schema=False)
def release(rest: str) -> Response:
    """To the pages of a release, where only the slash is missing."""
    if "/" in rest:
        raise PageNotFound("There is no such release; /releases/ lists those there are.")
    return RedirectResponse(f"/releases/{rest}/", 308)


def _listed(request: Request, site: CurrentSite) -> list[Listed]:
    catalogue = Releases.of(site.release)
    tagged = tags(catalogue)
    found = []
    for one in reversed(catalogue.all()):
        manifest = one.manifest
        address = permanent(request, one)
        found.append(
            Listed(
                id=one.id,
                created=manifest.created,
                triples=manifest.counts.triples,
                quads=manifest.counts.quads,
                current=one.id == site.release.id,
                tags=[name for name, release_id in tagged.items() if release_id == one.id],
                address=f"{address}/" if manifest.format == FORMAT else None,
                previous=manifest.previous,
                changes=f"/diff/{manifest.previous}/{one.id}" if is_kept(site, manifest.previous) else None,
                cite=f"Verkosto, release {one.id}, {manifest.created[:10]}. {address}/",
            )
        )
    return found
