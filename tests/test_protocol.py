"""A table of requests and what the specifications make of them: SPARQL 1.1 Protocol, its results formats, and HTTP.

Each row names the clause that it is written from.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

import pytest
from pyoxigraph import RdfFormat, parse
from starlette.testclient import TestClient

from graph.release import Release
from sparql.limits import Limits
from web.app import create_app

FORM = "application/x-www-form-urlencoded"
QUERY = "application/sparql-query"
ROWS = """SELECT ?iri ?text ?number { VALUES (?iri ?text ?number) {
  (<http://e.org/a> "plain" 1) (<http://e.org/b> "sanoi \\"hei\\", <&>"@fi 2.5) (UNDEF "line\\nbreak\\ttab" true)
} }"""
NONE = "SELECT ?x { FILTER (false) }"
YES, NO = "ASK {}", "ASK { FILTER (false) }"
GRAPH = "CONSTRUCT { <http://e.org/a> <http://e.org/p> 'x'@fi, 5, <http://e.org/b> } {}"
EMPTY = "CONSTRUCT { ?s ?p 1 } { FILTER (false) }"
DESCRIBE = "DESCRIBE <https://w3id.org/verkosto/id/city/six-cities-091>"
CITIES = "SELECT (COUNT(*) AS ?n) { ?s a <https://w3id.org/verkosto#City> }"
CITIES_GRAPH = "https://w3id.org/verkosto/id/graph/six-cities"
ONTOLOGY = "https://w3id.org/verkosto/id/graph/ontology"
JSON, XML = "application/sparql-results+json", "application/sparql-results+xml"
CSV, TSV = "text/csv", "text/tab-separated-values"
TURTLE, NT, RDFXML = "text/turtle", "application/n-triples", "application/rdf+xml"
JSONLD, NQ, TRIG = "application/ld+json", "application/n-quads", "application/trig"
FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@dataclass(frozen=True, eq=False)
class Row:
    """A request and what is expected of its answer."""

    clause: str
    what: str
    status: int = 200
    media_type: str = ""
    method: str = "GET"
    query: str | list[tuple[str, str]] = ""
    """What stands behind the question mark: text, or parameters."""
    body: str | bytes = ""
    headers: dict[str, str] = field(default_factory=dict)
    expected: Callable[[Any], object] | None = None
    """What must be true of the answer (`httpx2.Response`)."""


def get(clause: str, what: str, query: str, accept: str = "", **more: Any) -> Row:
    headers = {**({"Accept": accept} if accept else {}), **more.pop("more_headers", {})}
    return Row(clause, what, query=[("query", query)], headers=headers, **more)


def asked(clause: str, what: str, parameters: str | list[tuple[str, str]], status: int = 200, **more: Any) -> Row:
    return Row(clause, what, status, query=parameters, **more)


def form(clause: str, what: str, parameters: list[tuple[str, str]] | str, status: int = 200, **more: Any) -> Row:
    body = parameters if isinstance(parameters, str) else urlencode(parameters)
    headers = {"Content-Type": FORM, **more.pop("headers", {})}
    return Row(clause, what, status, method="POST", body=body, headers=headers, **more)


def direct(clause: str, what: str, body: str | bytes, status: int = 200, content_type: str = QUERY, **more: Any) -> Row:
    headers = {**({"Content-Type": content_type} if content_type else {}), **more.pop("headers", {})}
    return Row(clause, what, status, method="POST", body=body, headers=headers, **more)


def counts(number: int) -> Callable[[Any], object]:
    return lambda answer: answer.json()["results"]["bindings"][0]["n"]["value"] == str(number)


def some(answer: Any) -> object:
    return int(answer.json()["results"]["bindings"][0]["n"]["value"]) > 0


def detail(text: str) -> Callable[[Any], object]:
    return lambda answer: text in answer.json()["detail"]


def is_true(answer: Any) -> object:
    return answer.json() == {"head": {}, "boolean": True}


def triples(format_: RdfFormat, count: int = 3) -> Callable[[Any], object]:
    return lambda answer: len(list(parse(answer.content, format=format_))) == count


def is_packed(answer: Any) -> object:
    return answer.headers.get("content-encoding") == "gzip" and answer.text.count("\n") > 500


def is_plain(answer: Any) -> object:
    return "content-encoding" not in answer.headers and answer.text.count("\n") > 500


def describes(answer: Any) -> object:
    """Whether an answer is a service description, true to what this table asks for."""
    described = "http://www.w3.org/ns/sparql-service-description#"
    said = {
        (q.predicate.value, q.object.value)
        for q in parse(answer.content, format=FORMATS[answer.headers["content-type"].partition(";")[0]])
    }
    formats = {value.rpartition("/")[2] for predicate, value in said if predicate == f"{described}resultFormat"}
    return (
        (f"{described}supportedLanguage", f"{described}SPARQL11Query") in said
        and (f"{described}name", ONTOLOGY) in said
        and (f"{described}feature", f"{described}BasicFederatedQuery") not in said
        and len(formats) == 10
        and ("https://schema.org/propertyID", "time-limit") in said
    )


CITY, TYPE = "<https://w3id.org/verkosto#City>", "<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>"
TWICE = f"SELECT (COUNT(*) AS ?n) {{ {CITY} {TYPE}|!<urn:nothing> <http://www.w3.org/2002/07/owl#Class> }}"
NESTED = f"SELECT (COUNT(*) AS ?n) {{ {CITY} ({TYPE}|!<urn:nothing>)/^{TYPE} {CITY} }}"
FORMATS = {
    TURTLE: RdfFormat.TURTLE,
    NT: RdfFormat.N_TRIPLES,
    RDFXML: RdfFormat.RDF_XML,
    JSONLD: RdfFormat.JSON_LD,
}
FORMS = [
    # 2.1.1 query via GET
    get("2.1.1", "a query in the address", CITIES, expected=counts(6)),
    get("2.1.1", "a query with letters of other alphabets", "ASK { FILTER ('ÄÖ漢' = 'ÄÖ漢') }", expected=is_true),
    asked("2.1.1", "a plus sign is a space", "query=ASK+%7B+%7D", expected=is_true),
    asked("2.1.1", "percent-encoded in lower case", "query=ASK%20%7b%7d", expected=is_true),
    asked("2.1.1", "no query at all but another parameter", "default-graph-uri=" + quote(ONTOLOGY), 400),
    asked("2.1.1", "an empty query", "query=", 400),
    asked("2.1.1", "two queries", [("query", YES), ("query", YES)], 400, expected=detail("exactly one")),
    asked("2.1.1", "not UTF-8", "query=ASK%20%7B%7D%FF", 400, expected=detail("UTF-8")),
    asked("2.1.1", "a broken percent-encoding is text", "query=ASK%20%7B%7D%20%23%G1", expected=is_true),
    asked("2.1.1", "parameters of other people's are passed over", [("query", YES), ("foo", "bar")], expected=is_true),
    asked("2.1.1", "names of parameters are as they are spelled", [("QUERY", YES)], 400),
    # 2.1.2 query via URL-encoded POST
    form("2.1.2", "a query in a form", [("query", CITIES)], expected=counts(6)),
    form("2.1.2", "a form with a charset", [("query", YES)], headers={"Content-Type": f"{FORM}; charset=UTF-8"}),
    form("2.1.2", "a media type in capitals", [("query", YES)], headers={"Content-Type": FORM.upper()}),
    form("2.1.2", "no query in the form", [("foo", "bar")], 400),
    form("2.1.2", "an empty form", "", 400),
    form("2.1.2", "two queries in the form", [("query", YES), ("query", NO)], 400),
    form("2.1.2", "a form that is not UTF-8", "query=ASK%7B%7D%FE", 400),
    form(
        "2.1.2",
        "graphs in the form",
        [("query", "ASK { ?s ?p ?o }"), ("default-graph-uri", "urn:nothing")],
        expected=lambda answer: answer.json()["boolean"] is False,
    ),
    # 2.1.3 query via POST directly
    direct("2.1.3", "the query as the body", CITIES, expected=counts(6)),
    direct("2.1.3", "the query as the body, in UTF-8", YES, content_type=f"{QUERY}; charset=utf-8", expected=is_true),
    direct("2.1.3", "a charset in quotes", YES, content_type=f'{QUERY}; charset="UTF-8"', expected=is_true),
    direct("2.1.3", "other letters", "ASK { FILTER ('å' = 'å') }".encode(), expected=is_true),
    direct("2.1.3", "an empty body", "", 400),
    direct("2.1.3", "a body that is not UTF-8", b"ASK { ?s ?p '\xff' }", 400, expected=detail("byte")),
    direct(
        "2.1.3",
        "graphs in the address",
        "ASK { ?s ?p ?o }",
        query=[("default-graph-uri", "urn:nothing")],
        expected=lambda answer: answer.json()["boolean"] is False,
    ),
    direct("2.1.3", "a query in the address as well", YES, 400, query=[("query", YES)], expected=detail("once")),
    direct("2.1.3", "another charset", YES, 415, content_type=f"{QUERY}; charset=latin-1"),
    direct("RFC 9110, 15.5.16", "plain text", YES, 415, content_type="text/plain"),
    direct("RFC 9110, 15.5.16", "JSON", json.dumps({"query": YES}), 415, content_type="application/json"),
    direct("RFC 9110, 15.5.16", "a form of parts", YES, 415, content_type="multipart/form-data; boundary=x"),
    direct("RFC 9110, 15.5.16", "no media type", YES, 415, content_type=""),
    direct("RFC 9110, 15.5.14", "a body that is too long", "ASK {} #" + "x" * 1_200_000, 413),
    direct("RFC 9110, 15.5.14", "a body that is far too long", "x" * 4_000_000, 413),
    # 2.1.4 the dataset
    asked(
        "2.1.4",
        "a default graph",
        [("query", CITIES), ("default-graph-uri", CITIES_GRAPH)],
        expected=counts(6),
    ),
    asked("2.1.4", "another default graph", [("query", CITIES), ("default-graph-uri", ONTOLOGY)], expected=counts(0)),
    asked(
        "2.1.4",
        "two default graphs are merged",
        [("query", CITIES), ("default-graph-uri", ONTOLOGY), ("default-graph-uri", CITIES_GRAPH)],
        expected=counts(6),
    ),
    asked(
        "2.1.4",
        "the same default graph twice",
        [("query", CITIES), ("default-graph-uri", CITIES_GRAPH), ("default-graph-uri", CITIES_GRAPH)],
        expected=counts(6),
    ),
    asked(
        "2.1.4",
        "a named graph",
        [("query", "SELECT (COUNT(DISTINCT ?g) AS ?n) { GRAPH ?g { ?s ?p ?o } }"), ("named-graph-uri", ONTOLOGY)],
        expected=counts(1),
    ),
    asked(
        "2.1.4",
        "two named graphs",
        [
            ("query", "SELECT (COUNT(DISTINCT ?g) AS ?n) { GRAPH ?g { ?s ?p ?o } }"),
            ("named-graph-uri", ONTOLOGY),
            ("named-graph-uri", CITIES_GRAPH),
        ],
        expected=counts(2),
    ),
    asked(
        "2.1.4",
        "with named graphs only, the default graph is empty",
        [("query", "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"), ("named-graph-uri", ONTOLOGY)],
        expected=counts(0),
    ),
    asked(
        "2.1.4",
        "with default graphs only, there are no named ones",
        [("query", "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }"), ("default-graph-uri", ONTOLOGY)],
        expected=counts(0),
    ),
    asked(
        "2.1.4",
        "the protocol stands above FROM",
        [("query", CITIES.replace("{", f"FROM <{CITIES_GRAPH}> {{", 1)), ("default-graph-uri", ONTOLOGY)],
        expected=counts(0),
    ),
    get(
        "2.1.4", "FROM names the default graph", CITIES.replace("{", f"FROM <{CITIES_GRAPH}> {{", 1), expected=counts(6)
    ),
    get("2.1.4", "without any of it, all graphs are merged", CITIES, expected=counts(6)),
    get("2.1.4", "and all graphs have names", "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } }", expected=some),
    asked("2.1.4", "a graph that is no IRI", [("query", YES), ("default-graph-uri", "no where")], 400),
    asked("2.1.4", "a graph with a relative IRI", [("query", YES), ("named-graph-uri", "graph")], 400),
    asked("2.1.4", "an empty graph", [("query", YES), ("default-graph-uri", "")], 400),
]

RESULTS = [
    # 2.1.5 accepted response formats; 2.1.6 success responses
    *(
        get("2.1.5", f"{query[:40]} as {accept}", query, accept, media_type=accept, expected=expected)
        for query, accept, expected in [
            (ROWS, JSON, lambda answer: len(answer.json()["results"]["bindings"]) == 3),
            (ROWS, XML, lambda answer: len(ElementTree.fromstring(answer.content)[1]) == 3),
            (ROWS, CSV, lambda answer: len(list(csv.reader(io.StringIO(answer.text)))) == 4),
            (ROWS, TSV, lambda answer: answer.text.count("\n") == 4),
            (YES, JSON, is_true),
            (YES, XML, lambda answer: ElementTree.fromstring(answer.content)[1].text == "true"),
            (GRAPH, TURTLE, triples(RdfFormat.TURTLE)),
            (GRAPH, NT, triples(RdfFormat.N_TRIPLES)),
            (GRAPH, RDFXML, triples(RdfFormat.RDF_XML)),
            (GRAPH, JSONLD, triples(RdfFormat.JSON_LD)),
            (GRAPH, NQ, triples(RdfFormat.N_QUADS)),
            (GRAPH, TRIG, triples(RdfFormat.TRIG)),
            (EMPTY, TURTLE, triples(RdfFormat.TURTLE, 0)),
            (EMPTY, NT, triples(RdfFormat.N_TRIPLES, 0)),
            (EMPTY, RDFXML, triples(RdfFormat.RDF_XML, 0)),
            (EMPTY, JSONLD, triples(RdfFormat.JSON_LD, 0)),
            (EMPTY, NQ, triples(RdfFormat.N_QUADS, 0)),
            (EMPTY, TRIG, triples(RdfFormat.TRIG, 0)),
        ]
    ),
    *(
        get("2.1.5", f"DESCRIBE as {accept}", DESCRIBE, accept, media_type=accept)
        for accept in (TURTLE, JSONLD, RDFXML)
    ),
    get(
        "JSON 3",
        "a head with the names",
        ROWS,
        JSON,
        expected=lambda a: a.json()["head"]["vars"] == ["iri", "text", "number"],
    ),
    get(
        "JSON 3.2.1",
        "no solution, but a head",
        NONE,
        JSON,
        expected=lambda a: a.json() == {"head": {"vars": ["x"]}, "results": {"bindings": []}},
    ),
    get(
        "JSON 3.2.2",
        "an IRI",
        ROWS,
        JSON,
        expected=lambda a: a.json()["results"]["bindings"][0]["iri"] == {"type": "uri", "value": "http://e.org/a"},
    ),
    get(
        "JSON 3.2.2",
        "a text with its language",
        ROWS,
        JSON,
        expected=lambda a: (
            a.json()["results"]["bindings"][1]["text"]
            == {"type": "literal", "xml:lang": "fi", "value": 'sanoi "hei", <&>'}
        ),
    ),
    get(
        "JSON 3.2.2",
        "a number with its datatype",
        ROWS,
        JSON,
        expected=lambda a: (
            a.json()["results"]["bindings"][0]["number"]
            == {"type": "literal", "datatype": "http://www.w3.org/2001/XMLSchema#integer", "value": "1"}
        ),
    ),
    get(
        "JSON 3.2.1",
        "what is not bound is not there",
        ROWS,
        JSON,
        expected=lambda a: "iri" not in a.json()["results"]["bindings"][2],
    ),
    get(
        "JSON 3.2.2",
        "a blank node",
        "SELECT ?b { BIND (BNODE() AS ?b) }",
        JSON,
        expected=lambda a: a.json()["results"]["bindings"][0]["b"]["type"] == "bnode",
    ),
    get("JSON 3.3", "no", NO, JSON, expected=lambda a: a.json() == {"head": {}, "boolean": False}),
    get(
        "XML 2.2",
        "a head with the names",
        ROWS,
        XML,
        expected=lambda a: (
            [one.get("name") for one in ElementTree.fromstring(a.content)[0]] == ["iri", "text", "number"]
        ),
    ),
    get(
        "XML 2.3.1",
        "markup in a text",
        ROWS,
        XML,
        expected=lambda a: 'sanoi "hei", <&>' in [one.text for one in ElementTree.fromstring(a.content).iter()],
    ),
    get("XML 2.3.1", "the language of a text", ROWS, XML, expected=lambda a: 'xml:lang="fi"' in a.text),
    get(
        "XML 2.3.1",
        "the datatype of a number",
        ROWS,
        XML,
        expected=lambda a: 'datatype="http://www.w3.org/2001/XMLSchema#integer"' in a.text,
    ),
    get("XML 2.3.2", "no", NO, XML, expected=lambda a: ElementTree.fromstring(a.content)[1].text == "false"),
    get("XML 2.3.1", "no solution", NONE, XML, expected=lambda a: len(ElementTree.fromstring(a.content)[1]) == 0),
    get(
        "XML 1.0, 2.2",
        "a character that XML has not",
        "SELECT ('a\\bb' AS ?x) {}",
        XML,
        status=406,
        expected=detail("Ask for JSON"),
    ),
    get("RDF/XML 2.2", "a predicate that RDF/XML can't name", "CONSTRUCT { <e:a> <e:1> 'x' } {}", RDFXML, status=406),
    get("RDF/XML 2.2", "the same in Turtle", "CONSTRUCT { <e:a> <e:1> 'x' } {}", TURTLE),
    get(
        "CSV/TSV 3",
        "names without question marks, lines end in CR LF",
        ROWS,
        CSV,
        expected=lambda a: a.content.startswith(b"iri,text,number\r\n"),
    ),
    get(
        "CSV/TSV 3.2",
        "quotes where they are needed",
        ROWS,
        CSV,
        expected=lambda a: (
            list(csv.reader(io.StringIO(a.text, newline="")))[2] == ["http://e.org/b", 'sanoi "hei", <&>', "2.5"]
        ),
    ),
    get(
        "CSV/TSV 3.2",
        "a line break within a cell",
        ROWS,
        CSV,
        expected=lambda a: list(csv.reader(io.StringIO(a.text, newline="")))[3][1] == "line\nbreak\ttab",
    ),
    get("CSV/TSV 3", "no solution", NONE, CSV, expected=lambda a: a.content == b"x\r\n"),
    get(
        "CSV/TSV 4",
        "names with question marks",
        ROWS,
        TSV,
        expected=lambda a: a.text.split("\n")[0] == "?iri\t?text\t?number",
    ),
    get(
        "CSV/TSV 4.2",
        "terms as in Turtle",
        ROWS,
        TSV,
        expected=lambda a: a.text.split("\n")[1] == '<http://e.org/a>\t"plain"\t1',
    ),
    get(
        "CSV/TSV 4.2",
        "a language, and quotes escaped",
        ROWS,
        TSV,
        expected=lambda a: '"sanoi \\"hei\\", <&>"@fi' in a.text,
    ),
    get("CSV/TSV 4.2", "tabs and line breaks escaped", ROWS, TSV, expected=lambda a: '"line\\nbreak\\ttab"' in a.text),
    # RFC 9110, 12.5.1: which media type
    get("RFC 9110, 12.5.1", "no Accept, SELECT", CITIES, media_type=JSON),
    get("RFC 9110, 12.5.1", "no Accept, CONSTRUCT", GRAPH, media_type=TURTLE),
    get("RFC 9110, 12.5.1", "anything", CITIES, "*/*", media_type=JSON),
    get("RFC 9110, 12.5.1", "an empty Accept", CITIES, " ", media_type=JSON),
    get("RFC 9110, 12.5.1", "weights", CITIES, f"{CSV};q=0.5, {XML}", media_type=XML),
    get("RFC 9110, 12.5.1", "weights in another order", CITIES, f"{XML}, {CSV};q=0.5", media_type=XML),
    get("RFC 9110, 12.5.1", "a weight of three digits", CITIES, f"{CSV};q=0.501, {TSV};q=0.5", media_type=CSV),
    get("RFC 9110, 12.5.1", "all of a type", CITIES, "text/*", media_type=CSV),
    get(
        "RFC 9110, 12.5.1",
        "the most specific range counts",
        CITIES,
        f"text/*;q=0.5, {CSV};q=0, */*;q=0.1",
        media_type=TSV,
    ),
    get("RFC 9110, 12.5.1", "capitals", CITIES, "TEXT/CSV", media_type=CSV),
    get("RFC 9110, 12.5.1", "a type with parameters", CITIES, "text/csv;charset=utf-8", media_type=CSV),
    get("RFC 9110, 12.5.1", "spaces round weights", CITIES, f"{CSV} ; q=0.2 , {XML} ; q=0.8", media_type=XML),
    get("RFC 9110, 12.5.1", "one that we have, among others", CITIES, f"image/png, {XML};q=0.1", media_type=XML),
    get("RFC 9110, 12.5.1", "the first is none of ours", CITIES, "image/png, */*;q=0.1", media_type=JSON),
    get("RFC 9110, 12.5.1", "results or graphs: results", CITIES, f"{TURTLE}, {CSV}", media_type=CSV),
    get("RFC 9110, 12.5.1", "results or graphs: a graph", GRAPH, f"{TURTLE}, {CSV}", media_type=TURTLE),
    get("RFC 9110, 12.5.1", "nothing malformed disturbs", CITIES, f"garbage, {CSV}", media_type=CSV),
    get("RFC 9110, 12.5.1", "generic JSON", CITIES, "application/json", media_type="application/json"),
    get("RFC 9110, 12.5.1", "generic JSON for a graph", GRAPH, "application/json", media_type="application/json"),
    get("RFC 9110, 12.5.1", "generic XML", CITIES, "application/xml", media_type="application/xml"),
    get("RFC 9110, 12.5.1", "XML as text", CITIES, "text/xml", media_type="text/xml"),
    get("RFC 9110, 12.5.1", "plain text is N-Triples", GRAPH, "text/plain", media_type="text/plain"),
    get(
        "RFC 9110, 12.5.1",
        "what SPARQLWrapper asks for",
        CITIES,
        "application/sparql-results+xml,*/*;q=0.1",
        media_type=XML,
    ),
    get("RFC 9110, 12.5.1", "a browser", CITIES, FIREFOX, media_type="text/html"),
    get("RFC 9110, 12.5.1", "a browser and a graph", GRAPH, FIREFOX, media_type="text/html"),
    get("RFC 9110, 15.5.7", "no form fits", CITIES, "image/png", status=406),
    get("RFC 9110, 15.5.7", "results as a graph", CITIES, TURTLE, status=406, expected=detail(JSON)),
    get("RFC 9110, 15.5.7", "a graph as results", GRAPH, CSV, status=406, expected=detail(TURTLE)),
    get("RFC 9110, 15.5.7", "everything refused", CITIES, "*/*;q=0", status=406),
    get("RFC 9110, 15.5.7", "the only one refused", CITIES, f"{CSV};q=0", status=406),
    *(
        asked(
            "our format", f"{name} where no Accept can be set", [("query", query), ("format", name)], media_type=type_
        )
        for query, name, type_ in [
            (CITIES, "json", JSON),
            (CITIES, "xml", XML),
            (CITIES, "csv", CSV),
            (CITIES, "tsv", TSV),
            (GRAPH, "ttl", TURTLE),
            (GRAPH, "nt", NT),
            (GRAPH, "rdf", RDFXML),
            (GRAPH, "jsonld", JSONLD),
            (GRAPH, "nq", NQ),
            (GRAPH, "trig", TRIG),
        ]
    ),
    *(
        asked("our format", f"a graph as {name}", [("query", GRAPH), ("format", name)], media_type=type_)
        for name, type_ in [("xml", RDFXML), ("json", JSONLD), ("turtle", TURTLE), ("rdf+xml", RDFXML)]
    ),
    asked(
        "our format",
        "stands above Accept",
        [("query", CITIES), ("format", "csv")],
        headers={"Accept": XML},
        media_type=CSV,
    ),
    form("our format", "in a form", [("query", CITIES), ("format", "tsv")], media_type=TSV),
    direct("our format", "beside a body", CITIES, query="format=xml", media_type=XML),
    asked(
        "our format", "an unknown one", [("query", YES), ("format", "pdf")], 400, expected=detail("format is one of")
    ),
    asked("our format", "two of them", [("query", YES), ("format", "csv"), ("format", "xml")], 400),
    asked("our format", "results as a graph", [("query", CITIES), ("format", "ttl")], 406),
]

ERRORS = [
    # 2.1.7 failure responses
    get("2.1.7", "what is no SPARQL", "SELECT * WHERE {\n ?s ?p }", status=400, expected=detail("error at 2:")),
    get("2.1.7", "an unknown prefix", "ASK { ?s nope:name ?o }", status=400, expected=detail("Prefix not found")),
    get("2.1.7", "a variable that is grouped away", "SELECT ?s (COUNT(*) AS ?n) { ?s ?p ?o }", status=400),
    get("2.1.7", "an unclosed bracket", "SELECT * { ?s ?p ?o", status=400),
    get("2.1.7", "plain words", "give me all cities", status=400),
    get("2.1.7", "brackets too deep", "ASK " + "{" * 300 + "}" * 300, status=400, expected=detail("deeper than 200")),
    get("2.1.7", "more stack than there is", "ASK { FILTER(" + "!" * 20_000 + "true) }", status=400),
    asked("2.1.7", "an error is a problem", "query=x", 400, media_type="application/problem+json"),
    asked("RFC 9457, 3.1", "a problem has its status", "query=x", 400, expected=lambda a: a.json()["status"] == 400),
    asked(
        "RFC 9457, 3.1", "and a type", "query=x", 400, expected=lambda a: a.json()["type"].endswith("/invalid-query")
    ),
    get("RFC 9110, 12.5.1", "a browser gets a page with the error", "x", FIREFOX, status=400, media_type="text/html"),
    # 2.2 update is not offered
    form("2.2.1", "an update in a form", [("update", "CLEAR ALL")], 403, expected=detail("Nothing can be changed")),
    direct("2.2.2", "an update as the body", "CLEAR ALL", 403, "application/sparql-update"),
    asked("2.2", "an update in the address", [("update", "CLEAR ALL")], 403),
    form("2.2.3", "an update with graphs", [("update", "CLEAR ALL"), ("using-graph-uri", ONTOLOGY)], 403),
    *(
        get("2.2", f"{update.split()[0]} as a query", update, status=403, expected=detail("LOAD"))
        for update in (
            "INSERT DATA { <e:a> <e:b> <e:c> }",
            "DELETE WHERE { ?s ?p ?o }",
            "LOAD <http://127.0.0.1/>",
            "PREFIX e: <e:> # LOAD\n load silent <http://127.0.0.1/> into graph e:g",
            "CLEAR ALL",
            "DROP GRAPH <e:g>",
            "CREATE GRAPH <e:g>",
            "COPY <e:g> TO <e:h>",
            "MOVE <e:g> TO <e:h>",
            "ADD <e:g> TO <e:h>",
            "WITH <e:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
        )
    ),
    # RFC 9110: methods
    *(
        Row(
            "RFC 9110, 15.5.6",
            f"{method} is not there",
            405,
            method=method,
            body=YES,
            expected=lambda a: "POST" in a.headers["allow"],
        )
        for method in ("PUT", "DELETE", "PATCH")
    ),
    Row(
        "RFC 9110, 9.3.7",
        "OPTIONS names the methods",
        204,
        method="OPTIONS",
        expected=lambda a: a.headers["allow"] == "GET, HEAD, POST, OPTIONS",
    ),
    Row(
        "RFC 9110, 9.3.2",
        "HEAD is GET without the body",
        200,
        JSON,
        "HEAD",
        [("query", CITIES)],
        expected=lambda a: not a.content and int(a.headers["content-length"]) > 50,
    ),
    Row("RFC 9110, 9.3.2", "HEAD of an error", 400, method="HEAD", query="query=x", expected=lambda a: not a.content),
    Row("RFC 9110, 9.3.2", "HEAD in another form", 200, CSV, "HEAD", [("query", CITIES)], headers={"Accept": CSV}),
    # CORS, https://fetch.spec.whatwg.org/#http-cors-protocol
    get("Fetch, CORS", "any page may read it", YES, expected=lambda a: a.headers["access-control-allow-origin"] == "*"),
    asked(
        "Fetch, CORS",
        "and its errors",
        "query=x",
        400,
        expected=lambda a: a.headers["access-control-allow-origin"] == "*",
    ),
    Row(
        "Fetch, CORS",
        "a preflight",
        204,
        method="OPTIONS",
        headers={
            "Origin": "https://e.org",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
        },
        expected=lambda a: (
            "content-type" in a.headers["access-control-allow-headers"].lower()
            and "POST" in a.headers["access-control-allow-methods"]
        ),
    ),
    get(
        "Fetch, CORS",
        "pages may see which release and which tag",
        YES,
        expected=lambda a: (
            {"etag", "x-release"} <= set(a.headers["access-control-expose-headers"].lower().replace(" ", "").split(","))
        ),
    ),
]

HTTP = [
    # what stands in the address of a form that is posted
    form(
        "2.1.2",
        "a graph in the address is not passed over",
        [("query", CITIES)],
        query=[("default-graph-uri", ONTOLOGY)],
        expected=counts(0),
    ),
    form("2.1.2", "a query in the address and in the form", [("query", CITIES)], 400, query=[("query", CITIES)]),
    direct("UTF-8, 6", "a mark of the order of bytes is no part of the text", b"\xef\xbb\xbfASK {}", expected=is_true),
    # what looks like SERVICE
    get(
        "4.1 of SPARQL 1.1 Query",
        "in a string",
        "ASK { FILTER ('SERVICE <http://e.org/> {}' != '') }",
        expected=is_true,
    ),
    get("4.1 of SPARQL 1.1 Query", "in a comment", "ASK {} # SERVICE <http://e.org/> { ?s ?p ?o }", expected=is_true),
    get(
        "4.1 of SPARQL 1.1 Query",
        "behind what only looks like a comment",
        "ASK { ?s ?p <http://e.org/#a> SERVICE <http://e.org/> {} }",
        status=403,
    ),
    get(
        "SPARQL 1.1 Query, 19.2",
        "escapes in keywords, names and variables",
        r"PREFIX \u0065: <http://e.org/\U0000002F> S\u0045LECT ?\u0078 { VALUES ?x { e:\u00E4 '\u0027' } }",
        expected=lambda a: (
            a.json()["head"]["vars"] == ["x"]
            and [b["x"]["value"] for b in a.json()["results"]["bindings"]] == ["http://e.org//ä", "'"]
        ),
    ),
    get("SPARQL 1.1 Query, 19.2", "an escape of no character", r"ASK { ?s ?p ?\uD800 }", status=400),
    get("SPARQL 1.1 Query, 18.4", "alternatives keep duplicates", TWICE, JSON, expected=counts(2)),
    # what readers of a format need
    get(
        "CSV and TSV, 3.2",
        "an IRI with a comma",
        "SELECT (<http://e.org/a,b> AS ?x) ('c,\"d' AS ?y) ?z {}",
        CSV,
        expected=lambda a: a.content == b'x,y,z\r\n"http://e.org/a,b","c,""d",\r\n',
    ),
    get(
        "CSV and TSV, 3.2",
        "IRIs with commas in a long answer",
        "SELECT ?s (<http://e.org/a,b> AS ?x) { ?s ?p ?o . ?t a <http://xmlns.com/foaf/0.1/Document> } LIMIT 9000",
        CSV,
        expected=lambda a: a.text.count(',"http://e.org/a,b"\r\n') == 9000,
    ),
    get(
        "XML 1.0, 2.11",
        "a carriage return in a result",
        'SELECT ("a\\rb\\n" AS ?x) {}',
        XML,
        expected=lambda a: any(one.text == "a\rb\n" for one in ElementTree.fromstring(a.content).iter()),
    ),
    get(
        "XML 1.0, 2.11",
        "a carriage return in a graph",
        'CONSTRUCT { <e:a> <e:b> "a\\rb" } {}',
        RDFXML,
        expected=lambda a: any(one.text == "a\rb" for one in ElementTree.fromstring(a.content).iter()),
    ),
    # RFC 9110, 12.5.3 and 8.4: compressed as asked
    *(
        get(
            "RFC 9110, 12.5.3",
            f"Accept-Encoding {encoding!r}",
            "SELECT * { ?s ?p ?o } LIMIT 500",
            CSV,
            expected=is_packed if packed else is_plain,
            more_headers={"Accept-Encoding": encoding},
        )
        for encoding, packed in [
            ("gzip", True),
            ("GZIP", True),
            ("x-gzip", True),
            ("deflate, gzip;q=0.1", True),
            ("br;q=1.0, *;q=0.5", True),
            ("*", True),
            ("gzip ; q=0.5", True),
            ("identity", False),
            ("gzip;q=0", False),
            ("gzip;q=0.000, *", False),
            ("*;q=0", False),
            ("br", False),
            ("", False),
        ]
    ),
    get(
        "RFC 9110, 12.5.5",
        "caches are told what the answer depends on",
        CITIES,
        expected=lambda a: {"accept", "accept-encoding"} <= set(a.headers["vary"].lower().replace(" ", "").split(",")),
    ),
    get("RFC 9110, 8.8.3", "an answer has a tag", CITIES, expected=lambda a: a.headers["etag"].startswith('"')),
    get(
        "RFC 9110, 8.8.3",
        "what is made up has none",
        "SELECT (RAND() AS ?r) {}",
        expected=lambda a: "etag" not in a.headers and a.headers["cache-control"] == "no-store",
    ),
    get(
        "RFC 9110, 12.5.3",
        "what is not compressed is liked better",
        "SELECT * { ?s ?p ?o } LIMIT 500",
        CSV,
        expected=is_plain,
        more_headers={"Accept-Encoding": "gzip;q=0.5, identity;q=0.9"},
    ),
    get(
        "RFC 9110, 12.5.3",
        "what is not compressed is refused, however small",
        YES,
        expected=lambda a: a.headers["content-encoding"] == "gzip" and a.json()["boolean"],
        more_headers={"Accept-Encoding": "identity;q=0, gzip"},
    ),
    # RFC 9110, 13.1.1: If-Match
    get("RFC 9110, 13.1.1", "another tag", YES, status=412, more_headers={"If-Match": '"other"'}),
    get("RFC 9110, 13.1.1", "any tag", YES, more_headers={"If-Match": "*"}),
    Row("RFC 9110, 13.1.1", "the description with another tag", 412, headers={"If-Match": '"other"'}),
    Row("RFC 9110, 13.1.2", "the description that the client has", 304, headers={"If-None-Match": "*"}),
    # RFC 9110, 8.4: bodies that are encoded
    direct("RFC 9110, 15.5.16", "a body that is compressed", YES, 415, headers={"Content-Encoding": "gzip"}),
    direct("RFC 9110, 8.4", "a body that is encoded as it is", YES, headers={"Content-Encoding": "identity"}),
    direct(
        "RFC 9110, 15.5.16",
        "what would have been taken is told",
        YES,
        415,
        "text/plain",
        expected=lambda a: "application/sparql-query" in a.headers["accept"],
    ),
    # RFC 9110, 5.6.4 and 12.5.1
    get(
        "RFC 9110, 5.6.4",
        "a comma in quotes ends no range",
        CITIES,
        f'x/y;p="a, {CSV}, b", {XML};q=0.5',
        media_type=XML,
    ),
    get("RFC 9110, 5.6.1.2", "an empty list takes anything", CITIES, ",", media_type=JSON),
    get("RFC 9110, 12.5.1", "a lone asterisk takes anything", CITIES, "*, text/html;q=0.1", media_type=JSON),
    # our timeout
    asked("our timeout", "less than the limit", [("query", CITIES), ("timeout", "1.5")], expected=counts(6)),
    asked(
        "our timeout", "more than the limit is the limit", [("query", CITIES), ("timeout", "9999")], expected=counts(6)
    ),
    *(
        asked("our timeout", f"{text!r} is no number of seconds", [("query", YES), ("timeout", text)], 400)
        for text in ("", "0", "-1", "soon", "1e3", "nan", "inf", "٣")
    ),
    # Service Description
    Row("SD 2", "the address alone describes the service", 200, TURTLE, expected=describes),
    *(
        Row("SD 2", f"as {type_}", 200, type_, headers={"Accept": type_}, expected=describes)
        for type_ in (NT, RDFXML, JSONLD)
    ),
    Row("SD 2", "a browser gets a form", 200, "text/html", headers={"Accept": FIREFOX}),
    Row("SD 2", "results can't describe it", 400, headers={"Accept": JSON}, expected=detail("parameter query")),
    # every answer
    get("ours", "every answer tells its release", YES, expected=lambda a: a.headers["x-release"]),
    asked("ours", "errors too", "query=x", 400, expected=lambda a: a.headers["x-release"]),
]
UNMET = {
    get(
        "RDF 1.1, 3.3",
        f"the number {number} as it is written",
        f"SELECT (<http://e.org/f> AS ?f) ?n {{ VALUES ?n {{ {number} }} }}",
        JSON,
        expected=lambda a, text=text: a.json()["results"]["bindings"][0]["n"]["value"] == text,
    ): "The engine keeps numbers by their value: codes are strings in our graph for that reason."
    for number, text in (("2.50", "2.50"), ("'01'^^<http://www.w3.org/2001/XMLSchema#integer>", "01"))
} | {
    get("SPARQL 1.1 Query, 18.4", "alternatives within a sequence keep duplicates", NESTED, JSON, expected=counts(2)): (
        "The engine gives what two alternatives of a path find once; only those at the top of a path are written anew."
    ),
    get(
        "SPARQL 1.1 Query, 17.4.3.15",
        "a group in REPLACE before a letter",
        'ASK { FILTER (REPLACE("abc", "(b)", "$1x") = "abxc") }',
        JSON,
        expected=is_true,
    ): "The engine takes $1x for the name of a group.",
    get(
        "SPARQL 1.1 Query, 17.4.2.9",
        "a blank node for each solution",
        'SELECT (COUNT(DISTINCT ?b) AS ?n) { VALUES ?x { 1 2 } BIND (BNODE("k") AS ?b) }',
        JSON,
        expected=counts(2),
    ): "The engine makes one for each name.",
}
"""What the engine does otherwise than the standard says, and why we live with it."""
TABLE = [*FORMS, *RESULTS, *ERRORS, *HTTP]


@pytest.fixture(scope="module")
def client(release: Release, limits: Limits) -> Iterator[TestClient]:
    """A client that sends no header that a row does not have."""
    with TestClient(create_app(release, limits), follow_redirects=False) as client:
        client.headers.clear()
        yield client


def test_the_table_is_long_and_names_each_case_once() -> None:
    assert len(TABLE) >= 150
    assert len({(row.clause, row.what) for row in TABLE}) == len(TABLE)


@pytest.mark.parametrize(
    "row",
    [*TABLE, *(pytest.param(row, marks=pytest.mark.xfail(strict=True, reason=why)) for row, why in UNMET.items())],
    ids=lambda row: f"{row.clause}: {row.what}",
)
def test_a_request_is_answered_as_the_specifications_say(client: TestClient, row: Row) -> None:
    headers = {"Accept-Encoding": "identity", **row.headers}
    query = row.query if isinstance(row.query, str) else urlencode(row.query)
    address = f"/sparql?{query}" if query else "/sparql"
    answer = client.request(row.method, address, content=row.body, headers=headers)
    assert answer.status_code == row.status, answer.text
    if row.media_type:
        assert answer.headers["content-type"].partition(";")[0] == row.media_type
    if row.status >= 400 and row.method != "HEAD" and row.media_type != "text/html":
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"]
    if row.expected is not None:
        assert row.expected(answer), answer.text


def test_a_question_asked_again_costs_a_304_in_each_form_of_its_own(client: TestClient) -> None:
    tags = set()
    for accept in (JSON, CSV):
        for encoding in ("identity", "gzip"):
            headers = {"Accept": accept, "Accept-Encoding": encoding}
            first = client.get("/sparql", params={"query": CITIES}, headers=headers)
            tags.add(first.headers["etag"])
            again = client.get(
                "/sparql", params={"query": CITIES}, headers={**headers, "If-None-Match": first.headers["etag"]}
            )
            assert again.status_code == 304
            assert again.content == b""
            assert again.headers["etag"] == first.headers["etag"]
            spaced = client.get("/sparql", params={"query": f"#!\n{CITIES}  "}, headers=headers)
            assert spaced.headers["etag"] == first.headers["etag"]
    assert len(tags) == 4
    other = client.get("/sparql", params={"query": CITIES}, headers={"If-None-Match": '"other", W/"another"'})
    assert other.status_code == 200


def test_an_asterisk_is_whatever_there_is_and_of_a_wrong_query_there_is_nothing(client: TestClient) -> None:
    star = {"If-None-Match": "*"}
    assert client.get("/sparql", params={"query": CITIES}, headers=star).status_code == 304
    assert client.get("/sparql", params={"query": "SELECT"}, headers=star).status_code == 400
