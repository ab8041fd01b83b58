"""The endpoint described in RDF, true to what it does.

`SPARQL 1.1 Service Description <https://www.w3.org/TR/sparql11-service-description/>`_. What it has no terms for, the
limits, are `schema:PropertyValue <https://schema.org/PropertyValue>`_: the name of each is that of its error.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pyoxigraph import Literal, NamedNode, Triple

from ontology.terms import PREFIXES, RDF, RDFS
from sparql.limits import Limits

_SD: Final = "http://www.w3.org/ns/sparql-service-description#"
_VOID: Final = "http://rdfs.org/ns/void#"
_SCHEMA: Final = PREFIXES["schema"]
_FORMATS: Final = tuple(
    f"http://www.w3.org/ns/formats/{name}"
    for name in (
        "SPARQL_Results_JSON",
        "SPARQL_Results_XML",
        "SPARQL_Results_CSV",
        "SPARQL_Results_TSV",
        "Turtle",
        "N-Triples",
        "RDF_XML",
        "JSON-LD",
        "N-Quads",
        "TriG",
    )
)


def describe(
    endpoint: str, limits: Limits, triples: int, graphs: Mapping[str, int], services: Sequence[str] = ()
) -> Iterator[Triple]:
    """What the endpoint at an address does, what it holds (named graph → statements), and its limits."""
    service, dataset, merge = endpoint, f"{endpoint}#dataset", f"{endpoint}#default-graph"
    yield link(service, RDF.type, _SD + "Service")
    yield link(service, _SD + "endpoint", endpoint)
    yield link(service, _SD + "supportedLanguage", _SD + "SPARQL11Query")
    yield link(service, _SD + "feature", _SD + "UnionDefaultGraph")
    if services:
        yield link(service, _SD + "feature", _SD + "BasicFederatedQuery")
    for format_ in _FORMATS:
        yield link(service, _SD + "resultFormat", format_)
    yield link(service, _SD + "defaultDataset", dataset)
    yield link(dataset, RDF.type, _SD + "Dataset")
    yield link(dataset, _SD + "defaultGraph", merge)
    yield link(merge, RDF.type, _SD + "Graph")
    yield _count(merge, triples)
    for number, (name, size) in enumerate(sorted(graphs.items())):
        named, graph = f"{endpoint}#named-graph-{number}", f"{endpoint}#graph-{number}"
        yield link(dataset, _SD + "namedGraph", named)
        yield link(named, RDF.type, _SD + "NamedGraph")
        yield link(named, _SD + "name", name)
        yield link(named, _SD + "graph", graph)
        yield link(graph, RDF.type, _SD + "Graph")
        yield _count(graph, size)
    yield from _limits(service, limits)


def _limits(service: str, limits: Limits) -> Iterator[Triple]:
    for name, value, unit, label in (
        ("time-limit", limits.seconds, "SEC", "Seconds that a query may take"),
        ("memory-limit", limits.memory, "AD", "Bytes of memory that a query may take"),
        ("size-limit", limits.result_bytes, "AD", "Bytes of a result before it is compressed"),
        ("query-too-long", limits.query_bytes, "AD", "Bytes of the text of a query"),
        ("invalid-query", limits.depth, "C62", "Brackets within brackets in a query"),
        ("busy", limits.waiting, "C62", "Queries that wait while others are evaluated"),
        ("too-many-queries", limits.client_queries, "C62", "Queries of one client at the same time; 0: any number"),
        ("fair-use", limits.client_seconds, "SEC", "Seconds a minute for the queries of one client; 0: any number"),
    ):
        limit = f"{service}#{name}"
        yield link(service, _SCHEMA + "additionalProperty", limit)
        yield link(limit, RDF.type, _SCHEMA + "PropertyValue")
        yield text(limit, _SCHEMA + "propertyID", name)
        yield Triple(NamedNode(limit), NamedNode(RDFS.label), Literal(label, language="en"))
        yield Triple(NamedNode(limit), NamedNode(_SCHEMA + "maxValue"), Literal(value))
        # UN/CEFACT Recommendation 20: second, byte, one.
        yield text(limit, _SCHEMA + "unitCode", unit)


def link(subject: str, predicate: str, target: str) -> Triple:
    """A triple that leads to a thing."""
    return Triple(NamedNode(subject), NamedNode(predicate), NamedNode(target))


def text(subject: str, predicate: str, value: str) -> Triple:
    """A triple with a text of no language."""
    return Triple(NamedNode(subject), NamedNode(predicate), Literal(value))


def _count(graph: str, triples: int) -> Triple:
    return Triple(NamedNode(graph), NamedNode(_VOID + "triples"), Literal(triples))
