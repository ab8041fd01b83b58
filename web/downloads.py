"""Dumps under /data/: the download page, immutable files of a release, and redirects from ``latest``."""

from datetime import datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from graph.manifest import CHECKSUM, MANIFEST, VOID, FileEntry, hash_file
from graph.media import media_type
from web.data_page import data_page
from web.errors import PageNotFound
from web.files import file_answer
from web.languages import negotiated
from web.site import CurrentSite, Site, is_kept

router = APIRouter(include_in_schema=False)

IMMUTABLE: Final = "public, max-age=31536000, immutable"
"""Cache-Control of what never changes."""


@router.get("/data")
@router.get("/data/{release}")
def without_slash(site: CurrentSite, release: str | None = None) -> Response:
    """To the download page, or that of a release."""
    if release is None:
        return RedirectResponse("/data/", 308)
    if release != "latest" and not is_kept(site, release):
        raise PageNotFound(f"There is no release {release}; /releases/ lists those that there are.")
    return RedirectResponse(f"/data/{release}/", 308)


@router.get("/.well-known/void")
def void(site: CurrentSite) -> Response:
    """To the VoID of the release that is served, `7.2 <https://www.w3.org/TR/void/#well-known>`_."""
    return RedirectResponse(f"/data/{site.release.id}/{VOID}", 302, {"Cache-Control": "no-cache"})


@router.get("/data/")
def downloads(request: Request, site: CurrentSite) -> Response:
    """The files of the release, with what one needs to trust and cite them; made from its manifest."""
    language = negotiated(request)
    context = data_page(site, language, str(request.base_url).rstrip("/"))
    response = site.renderer.page(request, language, "data.html", context)
    response.headers["Vary"] = "Accept-Language"
    return response


@router.get("/data/latest/{name:path}")
def latest(name: str, site: CurrentSite) -> Response:
    """To the file of this name in the release that is served; without a name, to the list of all."""
    if name:
        _file(site, site.release.id, name)
    return RedirectResponse(f"/data/{site.release.id}/{name}", 302, {"Cache-Control": "no-cache"})


@router.get("/data/{release}/{name:path}")
def file(release: str, name: str, request: Request, site: CurrentSite) -> Response:
    """A file of a release; it never changes. Its entity tag is its SHA-256."""
    if not name and release == site.release.id:
        return downloads(request, site)
    path, entry = _file(site, release, name)
    headers = {
        "Cache-Control": IMMUTABLE,
        # The name that SHA256SUMS has, so that what a browser has saved can be checked.
        "Content-Disposition": f'attachment; filename="{name.rpartition("/")[2]}"',
        "ETag": f'"{entry.sha256}"',
        "Last-Modified": format_datetime(datetime.fromisoformat(site.release.manifest.created), usegmt=True),
    }
    return file_answer(request, path, media_type(name), headers)


def _file(site: Site, release: str, name: str) -> tuple[Path, FileEntry]:
    manifest, directory = site.release.manifest, site.release.directory
    if release == site.release.id:
        if name in (MANIFEST, CHECKSUM):
            return directory / name, hash_file(directory / name)
        path = site.release.offered.get(name)
        if path is not None:
            return directory / path, manifest.files[path]
    raise PageNotFound("There is no such file; /data/ lists the files of the current release.")
