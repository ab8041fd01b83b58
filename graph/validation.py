"""Which nodes break the structural shapes. The only module that runs SHACL.

pySHACL on a Store is quadratic in violations, so the graph is copied into rdflib first.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import cast

from rdflib import Graph
from rdflib.namespace import RDF, SH
from rdflib.term import Node

from ontology import vocabulary


@dataclass(frozen=True)
class Violation:
    """A node that breaks a shape, the path at which it does, and the shape's message. All as text."""

    node: str
    path: str
    message: str


def violations(statements: Iterable[str]) -> list[Violation]:
    """Validate statements (`graph.ntriples`) against the structural shapes, sorted by node.

    Uses `SHACL Core <https://www.w3.org/TR/shacl/>`_ without inference: superclasses are materialised already.
    """
    # pySHACL takes longer to import than a small graph to validate; only builds pay for it.
    from pyshacl import validate

    data = Graph().parse(data="".join(f"{statement} .\n" for statement in statements), format="nt")
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


def _violation(report: Graph, result: Node) -> Violation:
    def text(predicate: Node) -> str:
        return str(report.value(result, predicate) or "")

    return Violation(text(SH.focusNode), text(SH.resultPath), text(SH.resultMessage))
