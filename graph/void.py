"""The release in VoID: how much there is of each class and property, where the dumps are, which vocabularies it uses.

https://www.w3.org/TR/void/
"""

from typing import Final

from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, RDF, VOID, XSD

from graph.catalogue import DCAT
from graph.dumps import SOURCES
from graph.manifest import DUMP, Manifest
from graph.statistics import Statistics
from ontology import vocabulary
from ontology.identifiers import Identifiers
from ontology.terms import PREFIXES

_FORMATS: Final = Namespace("http://www.w3.org/ns/formats/")


def void(manifest: Manifest, statistics: Statistics) -> Graph:
    """Describe the merged graph with its class and property partitions, and each named graph as a subset."""
    graph, me = Graph(), URIRef(manifest.iri)
    dataset = _dataset(graph, me, manifest)
    counts = {
        VOID.triples: manifest.counts.triples,
        VOID.distinctSubjects: statistics.subjects,
        VOID.classes: len(statistics.classes),
        VOID.properties: len(statistics.properties),
    }
    for property_, count in counts.items():
        graph.add((dataset, property_, _number(count)))
    _properties(graph, me, statistics)
    _classes(graph, me, statistics)
    _subsets(graph, me, manifest)
    return graph


def _dataset(graph: Graph, me: URIRef, manifest: Manifest) -> URIRef:
    about = manifest.about
    graph.add((me, RDF.type, VOID.Dataset))
    graph.add((me, RDF.type, DCAT.Dataset))
    for tag, title in about.title.items():
        graph.add((me, DCTERMS.title, Literal(title, lang=tag)))
    graph.add((me, VOID.sparqlEndpoint, URIRef(f"{about.address}/sparql")))
    graph.add((me, VOID.uriSpace, Literal(Identifiers(manifest.base).space)))
    for name in (DUMP, f"{DUMP}.gz", "verkosto.ttl", "verkosto.trig"):
        graph.add((me, VOID.dataDump, URIRef(f"{about.address}/data/{manifest.id}/{name}")))
    for namespace in PREFIXES.values():
        graph.add((me, VOID.vocabulary, URIRef(namespace)))
    for suffix in ("N-Quads", "TriG", "Turtle", "JSON-LD"):
        graph.add((me, VOID.feature, _FORMATS[suffix]))
    return me


def _properties(graph: Graph, me: URIRef, statistics: Statistics) -> None:
    for number, (iri, partition) in enumerate(statistics.properties.items()):
        part = URIRef(f"{me}#property-{number}")
        graph.add((me, VOID.propertyPartition, part))
        graph.add((part, VOID.property, URIRef(iri)))
        graph.add((part, VOID.triples, _number(partition.triples)))
        graph.add((part, VOID.distinctSubjects, _number(partition.subjects)))


def _classes(graph: Graph, me: URIRef, statistics: Statistics) -> None:
    for number, (iri, partition) in enumerate(statistics.classes.items()):
        part = URIRef(f"{me}#class-{number}")
        graph.add((me, VOID.classPartition, part))
        graph.add((part, VOID["class"], URIRef(iri)))
        graph.add((part, VOID.entities, _number(partition.entities)))
        for place, (name, triples) in enumerate(partition.properties.items()):
            of_class = URIRef(f"{part}-{place}")
            graph.add((part, VOID.propertyPartition, of_class))
            graph.add((of_class, VOID.property, URIRef(name)))
            graph.add((of_class, VOID.triples, _number(triples)))


def _subsets(graph: Graph, me: URIRef, manifest: Manifest) -> None:
    licences = {source.graph: source.licence for source in manifest.sources}
    for iri, count in manifest.counts.graphs.items():
        part, name = URIRef(iri), iri.rpartition("/")[2]
        graph.add((me, VOID.subset, part))
        graph.add((part, RDF.type, VOID.Dataset))
        graph.add((part, VOID.triples, _number(count)))
        graph.add((part, VOID.dataDump, URIRef(f"{manifest.about.address}/data/{manifest.id}/{SOURCES}/{name}.ttl")))
        graph.add((part, DCTERMS.license, URIRef(licences.get(iri, vocabulary.LICENCE))))


def _number(count: int) -> Literal:
    return Literal(count, datatype=XSD.integer)
