"""Named queries described in RDF, so that programs find out what can be asked and how.

`SHACL <https://www.w3.org/TR/shacl/#constraint-components-parameters>`_ has queries (`sh:SPARQLSelectExecutable`) and,
for their parameters, the rule that we keep: ``$name`` in the query is the parameter whose path has this local name.
Columns are those of `CSV on the Web <https://www.w3.org/TR/tabular-metadata/#columns>`_, as CSV has them.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse

from ontology.identifiers import Identifiers, Kind
from ontology.terms import PREFIXES, RDF, RDFS, SKOS
from sparql.description import link, text
from sparql.named import ColumnType, NamedQuery, Parameter, ParameterType, Texts

_SH: Final = "http://www.w3.org/ns/shacl#"
_CSVW: Final = "http://www.w3.org/ns/csvw#"
_RDF: Final = PREFIXES["rdf"]
_XSD: Final = PREFIXES["xsd"]
NAMESPACES: Final = {
    **{name: PREFIXES[name] for name in ("rdf", "rdfs", "skos", "vk", "xsd")},
    "sh": _SH,
    "csvw": _CSVW,
}
"""Prefixes of what is here."""
_DATATYPES: Final = {
    ParameterType.STRING: "string",
    ParameterType.LANGUAGE: "string",
    ParameterType.INTEGER: "integer",
    ParameterType.DATE: "date",
    ParameterType.BOOLEAN: "boolean",
}
_COLUMN_TYPES: Final = {
    ColumnType.IRI: "anyURI",
    ColumnType.TEXT: "string",
    ColumnType.INTEGER: "integer",
    ColumnType.DECIMAL: "decimal",
    ColumnType.BOOLEAN: "boolean",
}
"""What CSVW calls the types of columns. A day may be a month or a year, for which it has no one type."""


def describe(queries: Iterable[NamedQuery], address: str, identifiers: Identifiers) -> Iterator[Triple]:
    """The named queries as they are at an address (without a slash at the end): each is ``{address}/{name}``."""
    for query in queries:
        yield from _query(query, f"{address}/{query.name}", identifiers)


def _query(query: NamedQuery, me: str, identifiers: Identifiers) -> Iterator[Triple]:
    for kind in ("SPARQLExecutable", "SPARQLSelectExecutable", "Parameterizable"):
        yield link(me, RDF.type, _SH + kind)
    yield from _texts(me, RDFS.label, query.title)
    yield from _texts(me, RDFS.comment, query.description)
    yield text(me, f"{_SH}select", query.text)
    for parameter in query.parameters:
        yield link(me, f"{_SH}parameter", f"{me}#parameter-{parameter.name}")
    yield link(me, f"{_CSVW}tableSchema", f"{me}#columns")
    for parameter in query.parameters:
        yield from _parameter(parameter, f"{me}#parameter-{parameter.name}", f"{me}#{parameter.name}", identifiers)
    yield link(f"{me}#columns", RDF.type, f"{_CSVW}Schema")
    columns = [NamedNode(f"{me}#column-{column.name}") for column in query.columns]
    yield from _list(NamedNode(f"{me}#columns"), f"{_CSVW}column", columns)
    for column, node in zip(query.columns, columns, strict=True):
        yield link(node.value, RDF.type, f"{_CSVW}Column")
        yield text(node.value, f"{_CSVW}name", column.name)
        yield from _texts(node.value, f"{_CSVW}title", column.title)
        if column.type in _COLUMN_TYPES:
            yield link(node.value, f"{_CSVW}datatype", _XSD + _COLUMN_TYPES[column.type])


def _parameter(parameter: Parameter, me: str, path: str, identifiers: Identifiers) -> Iterator[Triple]:
    yield link(me, RDF.type, f"{_SH}Parameter")
    yield link(me, f"{_SH}path", path)
    yield from _texts(me, f"{_SH}name", parameter.title)
    if parameter.type in _DATATYPES:
        yield link(me, f"{_SH}datatype", _XSD + _DATATYPES[parameter.type])
    else:
        yield link(me, f"{_SH}nodeKind", f"{_SH}IRI")
    # Of several kinds each is enough, and of several classes SHACL would want all.
    if len(parameter.kinds) == 1 and (kind := Kind.of_slug(parameter.kinds[0])) is not None:
        yield link(me, f"{_SH}class", kind.class_iri)
    if parameter.type == ParameterType.CONCEPT:
        yield link(me, f"{_SH}class", f"{PREFIXES['skos']}Concept")
        yield link(me, SKOS.inScheme, parameter.scheme)
    yield Triple(NamedNode(me), NamedNode(f"{_SH}optional"), Literal(parameter.default is not None))
    if parameter.default is not None:
        yield _statement(me, f"{_SH}defaultValue", parameter.term(parameter.default, identifiers))
    elif parameter.example is not None:
        yield _statement(me, f"{PREFIXES['skos']}example", parameter.term(parameter.example, identifiers))


def _statement(subject: str, predicate: str, term: str) -> Triple:
    (quad,) = parse(f"<{subject}> <{predicate}> {term} .", format=RdfFormat.N_TRIPLES)
    return Triple(quad.subject, quad.predicate, quad.object)


def _list(subject: NamedNode, predicate: str, members: Iterable[NamedNode]) -> Iterator[Triple]:
    """An RDF list, as the order of columns matters."""
    here: NamedNode | BlankNode = subject
    by = predicate
    for member in members:
        node = BlankNode()
        yield Triple(here, NamedNode(by), node)
        yield Triple(node, NamedNode(f"{_RDF}first"), member)
        here, by = node, f"{_RDF}rest"
    yield Triple(here, NamedNode(by), NamedNode(f"{_RDF}nil"))


def _texts(subject: str, predicate: str, texts: Texts) -> Iterator[Triple]:
    for language in ("fi", "sv", "en"):
        yield Triple(NamedNode(subject), NamedNode(predicate), Literal(texts[language], language=language))
