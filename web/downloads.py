"""Dumps under /data/: the download page, immutable files of a release, and redirects from ``latest``."""

from datetime import datetime
from email.utils import format_datetime
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import FileResponse, RedirectResponse, Response

from graph.descriptions import VOID
from graph.manifest import CHECKSUM, MANIFEST, FileEntry
from graph.media import media_type
from web.data_page import data_page
from web.errors import PageNotFound
from web.languages import negotiated
from web.site import CurrentSite, Site

router = APIRouter(include_in_schema=False)

IMMUTABLE: Final = "public, max-age=31536000, immutable"
"""Cache-Control of what never changes."""


@router.get("/data")
def without_slash() -> Response:
    """To the download page."""
    return RedirectResponse("/data/", 308)


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
    """A file of a release; it never changes.

    Ranges and conditions by `RFC 9110 <https://www.rfc-editor.org/rfc/rfc9110.html>`_, 13 and 14: the entity tag is the
    SHA-256 of the manifest.
    """
    if not name and release == site.release.id:
        return downloads(request, site)
    path, entry = _file(site, release, name)
    stem, dot, suffix = name.rpartition("/")[2].partition(".")
    headers = {
        "Cache-Control": IMMUTABLE,
        "Content-Disposition": f'attachment; filename="{stem}-{release}{dot}{suffix}"',
        "Last-Modified": format_datetime(datetime.fromisoformat(site.release.manifest.created), usegmt=True),
    }
    if entry is not None:
        headers["ETag"] = f'"{entry.sha256}"'
        if has_tag(request.headers.get("if-none-match", ""), headers["ETag"]):
            return Response(None, 304, headers)
    return FileResponse(path, media_type=media_type(name), headers=headers)


def has_tag(condition: str, tag: str) -> bool:
    """Whether If-None-Match names an entity tag, by 13.1.2."""
    return any(one.strip().removeprefix("W/") in (tag, "*") for one in condition.split(","))


def _file(site: Site, release: str, name: str) -> tuple[str, FileEntry | None]:
    manifest = site.release.manifest
    if release == site.release.id:
        if name in (MANIFEST, CHECKSUM):
            return str(site.release.directory / name), None
        # The N-Quads of a source are those that the next release is compared with; they are not kept twice.
        source = name.removeprefix("sources/") if name.endswith(".nq") and name.startswith("sources/") else None
        for path in (f"dumps/{name}", f"graphs/{source}", name if "/" not in name else ""):
            # The raw files hold what the graph leaves out: persons' contact details. Their pages show them without.
            if path in manifest.files and not path.startswith(("store/", "raw/")):
                return str(site.release.directory / path), manifest.files[path]
    raise PageNotFound("There is no such file; /data/ lists the files of the current release.")
