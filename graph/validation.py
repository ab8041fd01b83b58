"""Which nodes break the structural shapes. The only module that runs SHACL.

pySHACL on a Store is quadratic in violations, so the graph is copied into rdflib first.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import cast

from rdflib import Graph
from rdflib.namespace import RDF, SH
from rdflib.plugins.parsers.notation3 import BadSyntax
from rdflib.term import Node, URIRef

from graph.errors import InvalidShapes
from ontology import vocabulary

_TYPE = RDF.type.n3()


@dataclass(frozen=True)
class Violation:
    """A node that breaks a shape, the path at which it does, and the shape's message. All as text."""

    node: str
    path: str
    message: str


@dataclass(frozen=True)
class Finding:
    """What shapes that only report find: how many nodes of a class of one source miss something at a path."""

    shapes: str
    source: str
    class_iri: str
    path: str
    count: int
    example: str


def violations(statements: Iterable[str]) -> list[Violation]:
    """Validate statements (`graph.ntriples`) against the structural shapes, sorted by node.

    Uses `SHACL Core <https://www.w3.org/TR/shacl/>`_ without inference: superclasses are materialised already.
    """
    # pySHACL takes longer to import than a small graph to validate; only builds pay for it.
    from pyshacl import validate

    data = Graph().parse(data="".join(f"{statement} .\n" for statement in filter(_is_asked, statements)), format="nt")
    conforms, report, _ = validate(data, shacl_graph=_shapes(), inference="none", advanced=False)
    if conforms:
        return []
    results = cast(Graph, report)
    return sorted(
        (_violation(results, node) for node in results.subjects(RDF.type, SH.ValidationResult)),
        key=lambda violation: (violation.node, violation.path, violation.message),
    )


@cache
def _shapes() -> Graph:
    return Graph().parse(data=vocabulary.shapes(), format="turtle")


def findings(default_graph: Path, shapes: Mapping[str, bytes], sources: Iterable[str]) -> list[Finding]:
    """What other people's shapes find in a graph (N-Triples), by shapes, source, class and path.

    The whole graph is held in memory for this, so it is done only where a configuration asks for it.
    """
    if not shapes:
        return []
    from pyshacl import validate

    data, names = Graph().parse(default_graph, format="nt"), sorted(sources)
    nodes: dict[tuple[str, str, str, str], list[str]] = {}
    for name, turtle in shapes.items():
        try:
            shapes_graph = Graph().parse(data=turtle, format="turtle")
        except (BadSyntax, UnicodeDecodeError) as error:
            raise InvalidShapes(
                f"The shapes {name!r} are not Turtle ({_first_line(error)}); check the file."
            ) from error
        try:
            _, report, _ = validate(data, shacl_graph=shapes_graph, inference="none")
        # The library raises whatever its parsers of paths, patterns and queries happen to stumble over.
        except Exception as error:
            reason = f"The shapes {name!r} are not SHACL that can be run ({_first_line(error)}); check them."
            raise InvalidShapes(reason) from error
        results = cast(Graph, report)
        for node in results.subjects(RDF.type, SH.ValidationResult):
            found = _violation(results, node)
            target = _target(shapes_graph, data, found.node)
            nodes.setdefault((name, _source(found.node, names), target, found.path), []).append(found.node)
    counted = [Finding(*key, count=len(found), example=min(found)) for key, found in nodes.items()]
    return sorted(counted, key=lambda found: (found.shapes, -found.count, found.source, found.path, found.class_iri))


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


def _target(shapes: Graph, data: Graph, node: str) -> str:
    """The class for which the shapes look at a node."""
    classes = set(data.objects(URIRef(node), RDF.type)) & set(shapes.objects(None, SH.targetClass))
    return min((str(found) for found in classes), default="")


def _source(node: str, names: Iterable[str]) -> str:
    """The source whose name a node's IRI has in it; empty if there is none."""
    key = node.rpartition("/")[2] if "/id/" in node else ""
    return next((name for name in names if key == name or key.startswith(f"{name}-")), "")


def _is_asked(statement: str) -> bool:
    """Whether a statement can matter to any shape. Most can't, and a copy of the rest is soon made."""
    predicate, _, value = statement[statement.index(" ") + 1 :].partition(" ")
    return predicate in _predicates() and (predicate != _TYPE or value in _classes())


@cache
def _predicates() -> frozenset[str]:
    """The paths of the shapes, which are all single properties, and the type."""
    return frozenset((_TYPE, *(f"<{path}>" for path in _shapes().objects(None, SH.path))))


@cache
def _classes() -> frozenset[str]:
    """The classes that the shapes are about or ask for."""
    found = {*_shapes().objects(None, SH.targetClass), *_shapes().objects(None, SH["class"])}
    return frozenset(f"<{found_class}>" for found_class in found)


def _violation(report: Graph, result: Node) -> Violation:
    def text(predicate: Node) -> str:
        return str(report.value(result, predicate) or "")

    return Violation(text(SH.focusNode), text(SH.resultPath), text(SH.resultMessage))
