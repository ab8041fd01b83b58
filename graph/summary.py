"""The counts a release promises: of its graphs and of what occurs in their merge; theme by city, asked of its store."""

from pyoxigraph import QuerySolutions, Store

from graph.difference import Difference
from graph.manifest import Counts, ThemeCityCount
from graph.statistics import Statistics
from ontology.terms import DCT, FOAF, VK

THEME_CITY = f"""
SELECT ?theme ?city (COUNT(DISTINCT ?document) AS ?documents) WHERE {{
  ?document a <{FOAF.Document}> ; <{DCT.subject}> ?theme ; <{VK.city}> ?city .
}} GROUP BY ?theme ?city ORDER BY ?theme ?city"""
"""How many documents of each city illustrate each theme (competency question 18)."""


def counts(difference: Difference, statistics: Statistics, store: Store) -> Counts:
    """Count what is in a release whose graphs were compared and whose merge was counted while they were written."""
    return Counts(
        quads=sum(difference.sizes.values()),
        triples=sum(partition.triples for partition in statistics.properties.values()),
        graphs=dict(difference.sizes),
        classes={iri: partition.entities for iri, partition in statistics.classes.items()},
        theme_city=_theme_city(store),
        overlaps=statistics.overlaps,
    )


def _theme_city(store: Store) -> list[ThemeCityCount]:
    """The theme × city table, without its empty cells."""
    solutions = store.query(THEME_CITY)
    assert isinstance(solutions, QuerySolutions)
    rows = (tuple(term.value for term in solution if term is not None) for solution in solutions)
    return [ThemeCityCount(theme, city, int(count)) for theme, city, count in rows]
