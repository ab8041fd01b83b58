"""Dumps under /data/: the download page, immutable files of a release, and redirects from ``latest``."""

from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, RedirectResponse, Response

from graph.manifest import CHECKSUM, MANIFEST
from ontology.vocabulary import LICENCE
from web.errors import PageNotFound
from web.languages import negotiated
from web.site import CurrentSite, Site, titles

router = APIRouter(include_in_schema=False)

_MEDIA_TYPES: Final = {"nq": "application/n-quads", "ttl": "text/turtle", "json": "application/json"}


@router.get("/data")
def without_slash() -> Response:
    """To the download page."""
    return RedirectResponse("/data/", 308)


@router.get("/data/")
def downloads(request: Request, site: CurrentSite) -> Response:
    """The files of the release, with what one needs to trust and cite them; made from its manifest."""
    manifest = site.release.manifest
    files = {name.removeprefix("dumps/"): entry for name, entry in manifest.files.items() if name.startswith("dumps/")}
    response = site.renderer.page(
        request,
        negotiated(request),
        "data.html",
        {"manifest": manifest, "files": files, "titles": titles(manifest), "ontology_licence": LICENCE},
    )
    response.headers["Vary"] = "Accept-Language"
    return response


@router.get("/data/latest/{name}")
def latest(name: str, site: CurrentSite) -> Response:
    """To the file of this name in the current release."""
    _path(site, site.release.id, name)
    return RedirectResponse(f"/data/{site.release.id}/{name}", 302, {"Cache-Control": "no-cache"})


@router.get("/data/{release}/{name:path}")
def file(release: str, name: str, site: CurrentSite) -> Response:
    """A file of a release; it never changes."""
    path = _path(site, release, name)
    stem, _, suffix = name.rpartition("/")[2].partition(".")
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "Content-Disposition": f'attachment; filename="{stem}-{release}.{suffix}"',
    }
    return FileResponse(path, media_type=_MEDIA_TYPES.get(suffix, "text/plain"), headers=headers)


def _path(site: Site, release: str, name: str) -> str:
    manifest = site.release.manifest
    if release == site.release.id:
        if name in (MANIFEST, CHECKSUM):
            return str(site.release.directory / name)
        for path in (f"dumps/{name}", f"graphs/{name}", name):
            # The raw files hold what the graph leaves out: persons' contact details. Their pages show them without.
            if path in manifest.files and not path.startswith(("store/", "raw/")):
                return str(site.release.directory / path)
    raise PageNotFound("There is no such file; /data/ lists the files of the current release.")
