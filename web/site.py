"""What a running site is made of; handed to every route."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from graph.knowledge import KnowledgeGraph, Label, Text
from graph.manifest import Manifest
from graph.release import Release
from ontology.terms import RDF
from sparql.cache import Cache
from web.ontology_page import OntologyPage
from web.remembered import Remembered
from web.rendering import Renderer
from web.services import ServiceViews


@dataclass(frozen=True)
class Site:
    """One release that is open, and what answers queries about it."""

    release: Release
    graph: KnowledgeGraph
    engine: Cache
    services: ServiceViews
    ontology: Callable[[], OntologyPage]
    renderer: Renderer
    remembered: Remembered
    base: str = ""
    """What the addresses of its pages begin with: ``/releases/{id}`` where the release was asked for by its id."""


# Not awaiting anything, and yet not for a thread, which the framework would take for it otherwise.
async def _site(request: Request) -> Site:
    site = request.state.site
    assert isinstance(site, Site)
    return site


CurrentSite = Annotated[Site, Depends(_site)]
"""A route's parameter of this type is given the site of the request (`web.app`)."""


def titles(manifest: Manifest) -> dict[str, Label]:
    """What each source is called, by its name."""
    return {
        source.name: tuple(Text(title, language, RDF.langString) for language, title in source.title.items())
        for source in manifest.sources
    }


def is_kept(site: Site, release_id: str | None) -> bool:
    """Whether another release is still beside the one being served."""
    return bool(release_id) and (site.release.directory.parent / str(release_id)).is_dir()
