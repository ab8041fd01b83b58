"""Since when the records of a source have been as they are, by the release before the one that is being built."""

from datetime import date

from pyoxigraph import Literal, NamedNode, Store

from graph.errors import DamagedRelease
from graph.release import Release
from graph.store import open_read_only
from ontology.terms import VK


class History:
    """The days that the previous release has; records that are new or have changed get the day of this build."""

    def __init__(self, previous: Release | None, day: date) -> None:
        self._store = None if previous is None else _opened(previous)
        self._day = day.isoformat()

    def since(self, record_iri: str, fingerprint: str) -> str:
        """The day, in ISO form, since which the record with this IRI has had this fingerprint."""
        if self._said(record_iri, VK.fingerprint) == fingerprint:
            return self._said(record_iri, VK.since) or self._day
        return self._day

    def _said(self, record_iri: str, predicate: str) -> str | None:
        if self._store is None:
            return None
        # Of all graphs, as the same triple stands in the merged one too.
        for quad in self._store.quads_for_pattern(NamedNode(record_iri), NamedNode(predicate), None, None):
            return quad.object.value if isinstance(quad.object, Literal) else None
        return None


def _opened(release: Release) -> Store | None:
    """The store of a release; without it a build goes on, and all records are as of this day."""
    try:
        return open_read_only(release.store)
    except DamagedRelease:
        return None
