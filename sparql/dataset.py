"""Which graphs a query is asked of. The only module that merges graphs for a query.

`SPARQL 1.1 Query, 13 <https://www.w3.org/TR/sparql11-query/#rdfDataset>`_ and `Protocol, 2.1.4
<https://www.w3.org/TR/sparql11-protocol/#dataset>`_: several default graphs are merged, so that a triple that two of
them have is there once. The engine would give it twice.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from pyoxigraph import BlankNode, DefaultGraph, NamedNode, QueryBoolean, QuerySolutions, QueryTriples, Store

from graph.release import Release
from graph.store import in_memory, open_read_only
from sparql.protocol import Request
from sparql.tokens import Kind, tokens

_FORMS: Final = ("SELECT", "CONSTRUCT", "DESCRIBE", "ASK")


class Datasets:
    """Answers queries of a release, each of the dataset that it describes."""

    def __init__(self, release: Release) -> None:
        self._release = release
        self._store = open_read_only(release.store)
        self._counts = release.manifest.counts
        self._graphs = frozenset(self._counts.graphs)
        # The merge that was asked for last: who asks of two graphs seldom asks once.
        self._merged: tuple[tuple[frozenset[str], frozenset[str]], Store] | None = None

    def query(self, request: Request) -> QuerySolutions | QueryBoolean | QueryTriples:
        """What the engine answers to a request; raises what the engine raises."""
        defaults, named = graphs_of(request)
        if not (defaults or named):
            return self._store.query(request.query)
        # Of a dataset that is described, whatever is not named is no part.
        default, others = self._graphs & set(defaults), self._graphs & set(named)
        names: list[NamedNode | BlankNode] = [NamedNode(name) for name in others]
        if default == self._graphs:
            # Their merge stands in the store.
            return self._store.query(request.query, default_graph=[DefaultGraph()], named_graphs=names)
        if self._counts.share_triples(default):
            return self._merge(default, others).query(request.query, default_graph=[DefaultGraph()], named_graphs=names)
        # Graphs that share nothing put together are their merge.
        graphs: list[NamedNode | BlankNode | DefaultGraph] = [NamedNode(name) for name in default]
        return self._store.query(request.query, default_graph=graphs, named_graphs=names)

    def _merge(self, default: frozenset[str], named: frozenset[str]) -> Store:
        """A store in memory whose default graph has each triple of some graphs once, and which has the named ones."""
        if self._merged is None or self._merged[0] != (default, named):
            # There is not room for two.
            self._merged = None
            files = ([self._release.graph(name) for name in sorted(names)] for names in (default, named))
            self._merged = (default, named), in_memory(*files)
        return self._merged[1]


def graphs_of(request: Request) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The default graphs and the named ones that a request names, or else its query; nothing if neither names any."""
    if request.default_graphs or request.named_graphs:
        return request.default_graphs, request.named_graphs
    return _described(request.query)


def _described(query: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The graphs that FROM and FROM NAMED name in a query, as full IRIs; nothing if it describes no dataset."""
    clauses = _clauses(query) if "from" in query.casefold() else []
    if not clauses:
        return (), ()
    graphs = resolved(prologue(query), [clause.name for clause in clauses])
    pairs = list(zip(clauses, graphs, strict=bool(graphs)))
    return (
        tuple(graph for clause, graph in pairs if not clause.is_named),
        tuple(graph for clause, graph in pairs if clause.is_named),
    )


def undescribed(query: str) -> str:
    """A query without its FROM and FROM NAMED, for who says otherwise which graphs it is asked of."""
    for clause in reversed(_clauses(query)):
        query = f"{query[: clause.start]} {query[clause.end :]}"
    return query


def prologue(query: str) -> str:
    """What stands before SELECT, CONSTRUCT, DESCRIBE or ASK: the prefixes, and what relative IRIs begin with."""
    forms = (token for token in tokens(query) if token.kind == Kind.WORD and token.text.upper() in _FORMS)
    return query[: found.start] if (found := next(forms, None)) else ""


def resolved(prologue: str, names: Sequence[str]) -> list[str]:
    """Names of graphs or services, as they stand in a query, as full IRIs; nothing if one of them is none."""
    if not names:
        return []
    terms = " ".join(f"({number} {name})" for number, name in enumerate(names))
    # The engine reads prefixes and relative IRIs as it does in the query itself.
    try:
        rows = in_memory().query(f"{prologue} SELECT ?n ?g {{ VALUES (?n ?g) {{ {terms} }} }}")
    except SyntaxError:
        # What is wrong with it is told where it stands in the query.
        return []
    assert isinstance(rows, QuerySolutions)
    found = {int(row["n"].value): row["g"].value for row in rows}
    return [found[number] for number in range(len(names))]


class _Clause(NamedTuple):
    """FROM or FROM NAMED, from which character to which, and the name of the graph as it stands there."""

    is_named: bool
    name: str
    start: int
    end: int


def _clauses(query: str) -> list[_Clause]:
    found, depth, start, before = list[_Clause](), 0, 0, ""
    for token in tokens(query):
        word = token.text.upper() if token.kind == Kind.WORD else ""
        if token.kind in (Kind.OPEN, Kind.CLOSE):
            depth += 1 if token.kind == Kind.OPEN else -1
        elif word == "FROM":
            start = token.start
        elif depth == 0 and token.kind in (Kind.IRI, Kind.NAME) and before in ("FROM", "FROM NAMED"):
            found.append(_Clause(before == "FROM NAMED", token.text, start, token.start + len(token.text)))
        if token.kind not in (Kind.SPACE, Kind.COMMENT):
            before = "FROM NAMED" if (before, word) == ("FROM", "NAMED") else word
    return found
