"""IRIs into addresses of this server, so that links work whatever base the graph has; and addresses that last."""

from typing import Final

from fastapi import Request

from graph.knowledge import Label
from graph.release import Release
from ontology.terms import compact
from web.languages import Language
from web.site import Site

SPARQL: Final = "/sparql"
"""Where the endpoint is."""
SPARQL_METHODS: Final = "GET, HEAD, POST, OPTIONS"
"""What it can be asked by."""


def address(site: Site, iri: str, language: Language) -> str | None:
    """Where a reader finds a thing: its page here, the ontology page, the web; None if it has no address.

    Several descriptions of one thing have one page.
    """
    path = site.graph.identifiers.path(site.graph.standing_for(iri))
    if path is not None:
        return f"{site.base}/{language.tag}/{path}"
    if compact(iri).startswith("vk:"):
        return f"{site.base}/def?lang={language.tag}#{compact(iri).removeprefix('vk:')}"
    return iri if iri.startswith(("https://", "http://")) else None


def permanent(request: Request, release: Release) -> str:
    """What the addresses begin with that show a release whichever is current, our origin included."""
    return f"{request.url.scheme}://{request.url.netloc}{in_release(release.id, '')}"


def in_release(release_id: str, path: str) -> str:
    """The address at which a release that is kept answers what the current one answers at a path.

    >>> in_release("2026-11-25-945c8627", "/en/city/a-1")
    '/releases/2026-11-25-945c8627/en/city/a-1'
    """
    return f"/releases/{release_id}{path}"


def named(label: Label) -> list[dict[str, str]]:
    """Names as JSON has them: each with its language, if it has one."""
    return [{"value": text.value, **({"language": text.language} if text.language else {})} for text in label]
