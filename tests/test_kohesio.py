"""Kohesio's list of operations, on rows of ours in its documented columns."""

import json
from collections import Counter
from pathlib import Path

import pytest
from rdflib import Graph, Namespace
from rdflib.compare import isomorphic

from loaders.errors import LoaderError
from loaders.extraction import extract
from loaders.source import Raw, fetch
from loaders.triples import SourceNames
from ontology.identifiers import Identifiers
from ontology.terms import PREFIXES

CASE = Path(__file__).parent / "cases" / "kohesio" / "rows"
NAMES = SourceNames(Identifiers("https://example.org"), "case")
S66, VK, SCHEMA = (Namespace(PREFIXES[prefix]) for prefix in ("s66", "vk", "schema"))


@pytest.fixture
def graph(tmp_path: Path) -> Graph:
    """What the rows say."""
    found = extract("kohesio", fetch(CASE, (".csv",)), NAMES, tmp_path / "graph")
    return Graph().parse(data="".join(f"{line} .\n" for line in found.statements if "#since>" not in line), format="nt")


def test_the_rows_of_a_list_become_what_their_case_expects(graph: Graph, tmp_path: Path) -> None:
    report = extract("kohesio", fetch(CASE, (".csv",)), NAMES, tmp_path / "report").report.as_json()
    expected = json.loads((CASE / "report.json").read_text(encoding="utf-8"))
    assert {key: report[key] for key in expected} == expected
    assert isomorphic(graph, Graph().parse(CASE / "expected.ttl"))


def test_the_money_of_an_operation_is_said_once_however_many_beneficiaries_it_has(graph: Graph) -> None:
    amounts = [str(graph.value(amount, S66.value)) for amount in graph.subjects(S66.currency)]
    assert sorted(amounts) == ["100000.5", "200000"]
    words = Counter(str(role).rpartition("-")[2] for role in graph.objects(None, VK.role))
    assert words == {"beneficiary": 3, "authority": 1}


def test_roles_have_no_days_and_persons_no_names(graph: Graph) -> None:
    dated = {*graph.subjects(SCHEMA.startDate), *graph.subjects(SCHEMA.endDate)}
    assert len(dated) == 1 and all("/project/" in str(subject) for subject in dated)
    assert not [text for text in graph.objects() if "VIRTANEN" in str(text)]


def test_a_row_with_a_persons_name_has_no_place_that_a_page_could_show(tmp_path: Path) -> None:
    places = extract("kohesio", fetch(CASE, (".csv",)), NAMES, tmp_path).places
    assert {line.partition("\t")[0].partition("-")[2][:2] for line in places} == {"Q1"}


def test_a_file_without_the_columns_of_these_lists_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LoaderError, match="no list of Kohesio: it has no column 'operation_name_programme_language'"):
        extract("kohesio", Raw({"a.csv": b"Operation_Unique_Identifier,Country\nQ1,FI\n"}), NAMES, tmp_path)
