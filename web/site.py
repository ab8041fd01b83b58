"""What a running site is made of; handed to every route."""

from dataclasses import dataclass, field
from typing import Annotated

from anyio import CapacityLimiter
from fastapi import Depends, Request

from graph.knowledge import KnowledgeGraph, Label, Text
from graph.manifest import Manifest
from graph.release import Release
from ontology.terms import RDF
from sparql.workers import WorkerPool
from web.rendering import Renderer
from web.services import ServiceViews


@dataclass(frozen=True)
class Site:
    """One release being served, and the workers that answer queries about it."""

    release: Release
    graph: KnowledgeGraph
    workers: WorkerPool
    query_threads: CapacityLimiter
    """As many threads as there are places for queries, running and waiting."""
    services: ServiceViews
    renderer: Renderer = field(default_factory=Renderer)


def _site(request: Request) -> Site:
    site = request.app.state.site
    assert isinstance(site, Site)
    return site


CurrentSite = Annotated[Site, Depends(_site)]
"""A route's parameter of this type is given the site."""


def titles(manifest: Manifest) -> dict[str, Label]:
    """What each source is called, by its name."""
    return {
        source.name: tuple(Text(title, language, RDF.langString) for language, title in source.title.items())
        for source in manifest.sources
    }


def is_kept(site: Site, release_id: str | None) -> bool:
    """Whether another release is still beside the one being served."""
    return bool(release_id) and (site.release.directory.parent / str(release_id)).is_dir()
