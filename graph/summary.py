"""The counts a release promises, asked of its store."""

from pyoxigraph import QuerySolutions, Store

from graph.manifest import Counts, ThemeCityCount
from ontology.terms import DCT, FOAF, VK

THEME_CITY = f"""
SELECT ?theme ?city (COUNT(DISTINCT ?document) AS ?documents) WHERE {{
  ?document a <{FOAF.Document}> ; <{DCT.subject}> ?theme ; <{VK.city}> ?city .
}} GROUP BY ?theme ?city ORDER BY ?theme ?city"""
"""How many documents of each city illustrate each theme (competency question 18)."""

_GRAPHS = "SELECT ?key (COUNT(*) AS ?count) WHERE { GRAPH ?key { ?s ?p ?o } } GROUP BY ?key ORDER BY ?key"
_CLASSES = "SELECT ?key (COUNT(DISTINCT ?s) AS ?count) WHERE { ?s a ?key } GROUP BY ?key ORDER BY ?key"
_TRIPLES = "SELECT (COUNT(*) AS ?count) WHERE { ?s ?p ?o }"


def counts(store: Store) -> Counts:
    """Count what is in a store whose default graph is the merge of its named graphs."""
    graphs = _table(store, _GRAPHS)
    return Counts(
        quads=sum(graphs.values()),
        triples=int(_rows(store, _TRIPLES)[0][0]),
        graphs=graphs,
        classes=_table(store, _CLASSES),
        theme_city=theme_city(store),
    )


def theme_city(store: Store) -> list[ThemeCityCount]:
    """The theme × city table, without its empty cells."""
    return [ThemeCityCount(theme, city, int(count)) for theme, city, count in _rows(store, THEME_CITY)]


def _table(store: Store, query: str) -> dict[str, int]:
    return {key: int(count) for key, count in _rows(store, query)}


def _rows(store: Store, query: str) -> list[tuple[str, ...]]:
    solutions = store.query(query)
    assert isinstance(solutions, QuerySolutions)
    return [tuple(term.value for term in solution if term is not None) for solution in solutions]
