"""The counts a release promises, asked of its store."""

from collections import Counter
from pathlib import Path

from pyoxigraph import QuerySolutions, Store

from graph.difference import DefaultChanges, Difference
from graph.manifest import Counts, ThemeCityCount
from graph.ntriples import iri
from ontology.terms import DCT, FOAF, RDF, VK

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


def updated(counts: Counts, difference: Difference, default: DefaultChanges, store: Store) -> Counts:
    """The counts of a store that changes have made of the one with the given counts."""
    graphs = dict(counts.graphs)
    for graph, (added, removed) in difference.counts.items():
        graphs[graph] = graphs.get(graph, 0) + added - removed
    graphs = {graph: count for graph, count in sorted(graphs.items()) if count}
    classes = Counter(counts.classes)
    # Each triple is in the default graph once, so that each that enters or leaves it is one instance more or less.
    classes.update(_classes(default.added))
    classes.subtract(_classes(default.removed))
    return Counts(
        quads=sum(graphs.values()),
        triples=counts.triples + default.count_added - default.count_removed,
        graphs=graphs,
        classes={key: count for key, count in sorted(classes.items()) if count},
        theme_city=theme_city(store),
    )


def _classes(statements: Path) -> Counter[str]:
    """How often N-Triples say of something that it is of a class."""
    is_a = iri(RDF.type).encode()
    with statements.open("rb") as file:
        triples = (line.split(b" ", 2) for line in file)
        return Counter(target[1 : target.index(b">")].decode() for _, relation, target in triples if relation == is_a)


def theme_city(store: Store) -> list[ThemeCityCount]:
    """The theme × city table, without its empty cells."""
    return [ThemeCityCount(theme, city, int(count)) for theme, city, count in _rows(store, THEME_CITY)]


def _table(store: Store, query: str) -> dict[str, int]:
    return {key: int(count) for key, count in _rows(store, query)}


def _rows(store: Store, query: str) -> list[tuple[str, ...]]:
    solutions = store.query(query)
    assert isinstance(solutions, QuerySolutions)
    return [tuple(term.value for term in solution if term is not None) for solution in solutions]
