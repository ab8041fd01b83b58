"""The official shapes run over the bundled graph: what they find is known, and docs/shapes.md says it."""

from collections import Counter
from pathlib import Path

import pytest
from pyshacl import validate
from rdflib import Graph
from rdflib.namespace import RDF, SH

from graph.release import Release
from ontology.terms import compact

SHAPES = {
    "CPSV-AP 3.2.0": "cpsv-ap/3.2.0/cpsv-ap-SHACL.ttl",
    "CPOV 2.1.2": "cpov/2.1.2/core-public-organisation-ap-SHACL.ttl",
    "Core Business 2.3.0": "core-business/2.3.0/core-business-ap-SHACL.ttl",
    "DCAT-AP 3": "ckan-dcat/dcat-ap_3_shacl_shapes.ttl",
}


@pytest.fixture(scope="module")
def graph(release: Release) -> Graph:
    """The bundled graph in rdflib."""
    return Graph().parse(release.dumps / "verkosto.ttl")


def _findings(graph: Graph, shapes: Path) -> Counter[str]:
    _, report, _ = validate(graph, shacl_graph=Graph().parse(shapes), inference="none")
    assert isinstance(report, Graph)
    return Counter(
        compact(str(report.value(result, SH.resultPath))) for result in report.subjects(RDF.type, SH.ValidationResult)
    )


@pytest.mark.parametrize("name", SHAPES)
def test_what_the_official_shapes_find_is_what_the_documentation_says(shared: Path, graph: Graph, name: str) -> None:
    found = _findings(graph, shared / SHAPES[name])
    table = (Path(__file__).parent.parent / "docs" / "shapes.md").read_text(encoding="utf-8")
    said = {
        (cells[1].strip(" `"), int(cells[2]))
        for line in table.splitlines()
        if line.startswith("|") and (cells := line.strip("|").split("|"))[0].strip() == name
        if cells[1].strip() != "nothing"
    }
    assert set(found.items()) == said
