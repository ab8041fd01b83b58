"""The loaders of service registers: each directory below cases/{loader} is a source and what becomes of it."""

import json
from pathlib import Path

import pytest
from rdflib import Graph
from rdflib.compare import isomorphic

from loaders.extraction import extract
from loaders.report import Report
from loaders.source import Raw, fetch
from loaders.triples import SourceNames
from ontology.identifiers import Identifiers

LOADERS = ("tpr", "ptv-general-descriptions")
CASES = sorted(case for loader in LOADERS for case in (Path(__file__).parent / "cases" / loader).iterdir())
NAMES = SourceNames(Identifiers("https://example.org"), "case")


def _raw(case: Path) -> Raw:
    return Raw({name: path for name, path in fetch(case, (".json",)).files.items() if name != "report.json"})


def _extract(loader: str, raw: Raw, workshop: Path) -> tuple[list[str], Report]:
    found = extract(loader, raw, NAMES, workshop)
    return list(found.statements), found.report


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_the_files_of_a_register_become_what_their_case_expects(case: Path, tmp_path: Path) -> None:
    said, report = _extract(case.parent.name, _raw(case), tmp_path)
    found, expected = report.as_json(), json.loads((case / "report.json").read_text(encoding="utf-8"))
    assert {key: found[key] for key in expected} == expected
    assert report.triples == len(said)
    if (case / "expected.ttl").exists():
        # The day since when a record has been so is that of the test.
        graph = Graph().parse(data="".join(f"{line} .\n" for line in said if "#since>" not in line), format="nt")
        assert isomorphic(graph, Graph().parse(case / "expected.ttl"))
