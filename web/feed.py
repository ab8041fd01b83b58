"""The Atom feed of releases at ``/releases.atom``, by `RFC 4287 <https://www.rfc-editor.org/rfc/rfc4287>`_."""

import hashlib
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from graph.comparison import PATCH
from graph.errors import DamagedRelease
from graph.manifest import DUMP, Manifest
from graph.media import media_type
from graph.release import Release
from graph.releases import Releases
from web.files import not_modified
from web.languages import negotiated
from web.site import CurrentSite

router = APIRouter(include_in_schema=False)

MEDIA_TYPE: Final = "application/atom+xml"
_MOST: Final = 50
"""Releases in the feed: the newest ones."""


@dataclass(frozen=True)
class Entry:
    """A release, and how it differs from the one before."""

    manifest: Manifest
    added: int | None
    removed: int | None
    before: str | None
    """The id of the one before, if it is kept."""


@router.get("/releases.atom")
def feed(request: Request, site: CurrentSite) -> Response:
    """The newest releases, each with its dump and what it changed."""
    language = negotiated(request)
    releases = Releases.of(site.release).all()
    kept = {release.id for release in releases}
    context = {
        "about": site.release.manifest.about,
        "feed": f"{site.release.manifest.base}/releases.atom",
        "entries": [_entry(release, kept) for release in reversed(releases[-_MOST:])],
        "updated": max((release.manifest.created for release in releases), default=site.release.manifest.created),
        "origin": str(request.base_url).rstrip("/"),
        "dump": DUMP,
        "patch": PATCH,
        "media_type": media_type,
    }
    response = site.renderer.page(request, language, "releases.xml", context)
    tag = f'"{hashlib.sha256(response.body).hexdigest()}"'
    headers = {"Vary": "Accept-Language", "Cache-Control": "no-cache", "ETag": tag}
    known = not_modified(request, headers)
    if known is not None:
        return known
    response.headers.update({**headers, "Content-Type": f"{MEDIA_TYPE}; charset=utf-8"})
    return response


def _entry(release: Release, kept: set[str]) -> Entry:
    try:
        report = release.report
    except DamagedRelease:
        report = {}
    before = release.manifest.previous
    return Entry(release.manifest, report.get("added"), report.get("removed"), before if before in kept else None)
