"""What a running site is made of; handed to every route."""

from dataclasses import dataclass, field
from typing import Annotated

from anyio import CapacityLimiter
from fastapi import Depends, Request

from graph.knowledge import KnowledgeGraph
from graph.release import Release
from sparql.workers import WorkerPool
from web.rendering import Renderer


@dataclass(frozen=True)
class Site:
    """One release being served, and the workers that answer queries about it."""

    release: Release
    graph: KnowledgeGraph
    workers: WorkerPool
    query_threads: CapacityLimiter
    """As many threads as there are places for queries, running and waiting."""
    renderer: Renderer = field(default_factory=Renderer)


def _site(request: Request) -> Site:
    site = request.app.state.site
    assert isinstance(site, Site)
    return site


CurrentSite = Annotated[Site, Depends(_site)]
"""A route's parameter of this type is given the site."""
