"""Lists of structural fund projects: fixtures of both periods, and the real list against a recount of its rows."""

import csv
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import QuerySolution, QuerySolutions, Store
from rdflib import Graph
from rdflib.compare import isomorphic

from graph.rawrecord import raw_record
from graph.release import Release
from graph.store import open_read_only
from loaders.build import build
from loaders.config import load
from loaders.errors import LoaderError
from loaders.extraction import extract
from loaders.source import Raw, fetch
from loaders.triples import SourceNames
from ontology.identifiers import Identifiers
from ontology.terms import PREFIXES
from sparql.named import named_queries

CASES = Path(__file__).parent / "cases" / "esif"
Ask = Callable[..., list[dict[str, str]]]
NAMES = SourceNames(Identifiers("https://example.org"), "case")


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda case: case.name)
def test_the_rows_of_a_list_become_what_their_case_expects(case: Path, tmp_path: Path) -> None:
    found = extract("esif", fetch(case, (".csv",)), NAMES, tmp_path)
    expected = json.loads((case / "report.json").read_text(encoding="utf-8"))
    report = found.report.as_json()
    assert {key: report[key] for key in expected} == expected
    graph = Graph().parse(
        data="".join(f"{line} .\n" for line in found.statements if "#since>" not in line), format="nt"
    )
    assert isomorphic(graph, Graph().parse(case / "expected.ttl"))


def test_a_file_without_the_columns_of_these_lists_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LoaderError, match="no list of structural fund projects: it has no column 'hankkeen nimi'"):
        extract("esif", Raw({"a.csv": b"Koodi,Rahasto\nA1,EAKR\n"}), NAMES, tmp_path)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_damaged_list_is_read_row_by_row_or_refused(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted(CASES.glob("*/*.csv"))))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 10))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=6))
    with TemporaryDirectory() as workshop:
        try:
            found = extract("esif", Raw({path.name: bytes(content)}), NAMES, Path(workshop))
        except LoaderError:
            return
        assert found.report.loaded + len(found.report.skipped) == found.report.read
        Graph().parse(data="".join(f"{line} .\n" for line in found.statements), format="nt")


@pytest.fixture(scope="module")
def rows(shared: Path) -> list[dict[str, str]]:
    """The rows of the real list."""
    with (shared / "esif-fi" / "projektilista-2014-2020.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def release(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release of the real list."""
    directory = tmp_path_factory.mktemp("esif")
    (directory / "build.toml").write_text(
        f'base = "https://example.org"\n[[source]]\nname = "esif"\nloader = "esif"\npath = "{shared / "esif-fi"}"\n'
        'licence = "https://creativecommons.org/licenses/by/4.0/"\ntitle.fi = "Hankkeet"\n'
    )
    return build(load(directory / "build.toml"), directory / "data").release


@pytest.fixture(scope="module")
def store(release: Release) -> Store:
    """Its store."""
    return open_read_only(release.store)


def _rows(store: Store, query: str) -> Iterator[QuerySolution]:
    answer = store.query(query, prefixes=PREFIXES)
    assert isinstance(answer, QuerySolutions)
    return answer


def test_every_project_is_loaded_with_its_money_by_kind(
    store: Store, release: Release, rows: list[dict[str, str]]
) -> None:
    assert (len(rows), release.manifest.sources[0].loaded, release.manifest.sources[0].skipped) == (2881, 2881, 0)
    columns = {"granted": "Myönnetty EU- ja valtion rahoitus", "paid": "Toteutunut EU- ja valtion rahoitus",
               "planned": "Suunniteltu julkinen rahoitus yhteensä",
               "realised": "Toteutunut julkinen rahoitus yhteensä"}  # fmt: skip
    straight = [row for row in rows if re.match(r"\d+\.|\Z", row["Aloituspvm"])]
    assert len(straight) == 2880
    for kind, column in columns.items():
        numbers = [Decimal(row[column]) for row in straight if row[column].strip()]
        query = f'SELECT ?v {{ ?a vk:amountKind/skos:notation "{kind}" ; s66:value ?v ; s66:currency "EUR" }}'
        found = [Decimal(row["v"].value) for row in _rows(store, query)]
        assert sorted(found) == sorted(numbers), kind


def test_days_funds_and_axes_are_those_of_the_rows(store: Store, rows: list[dict[str, str]]) -> None:
    def iso(text: str) -> str | None:
        parts = text.split(".")
        return f"{parts[2]}-{int(parts[1]):02}-{int(parts[0]):02}" if len(parts) == 3 else None

    query = (
        "SELECT ?c ?f ?x ?s ?e { ?p a s66:Project ; skos:notation ?c ; vk:fund/skos:notation ?f ; vk:priorityAxis ?x "
    )
    query += "OPTIONAL { ?p schema:startDate ?s } OPTIONAL { ?p schema:endDate ?e } }"
    found = {
        row["c"].value: tuple(row[k] and row[k].value for k in ("f", "x", "s", "e")) for row in _rows(store, query)
    }
    funds = {"EAKR": "ERDF", "ESR": "ESF"}
    assert found == {
        row["Koodi"]: (funds[row["Rahasto"]], row["Tl"], iso(row["Aloituspvm"]), iso(row["Päättymispvm"]))
        for row in rows
    }


def test_no_role_has_a_date_as_the_list_gives_projects_alone_dates(store: Store) -> None:
    assert not list(_rows(store, "SELECT ?r { ?r vk:participatesIn ?p ; schema:startDate|schema:endDate ?d }"))


def test_authorities_are_as_many_as_there_are_once_spaces_and_ends_of_names_are_put_right(
    store: Store, rows: list[dict[str, str]]
) -> None:
    query = (
        'SELECT ?n ?p { ?r vk:role/skos:notation "authority" ; vk:participant/rdfs:label ?n ; vk:participatesIn ?p }'
    )
    found = Counter(row["n"].value for row in _rows(store, query))
    assert sum(found.values()) == 2881 and len(found) == 16
    expected = Counter(" ".join(row["Viranomainen"].split()) for row in rows)
    assert all(count >= expected[name] for name, count in found.items())
    assert sum(found.values()) - sum(expected[name] for name in found) == 3


def test_question_14_which_6aika_projects_were_led_by_whom_with_what_money_until_when(
    store: Store, rows: list[dict[str, str]], ask: Ask
) -> None:
    found = ask(store, "projects-by-lead", word="6aika", language="fi")
    wanted = [row for row in rows if "6aika" in row["Hankkeen nimi"].casefold().replace(" ", "")]
    assert len(found) == len(wanted) == 13
    assert sum(int(row["granted"]) for row in found) == 7_761_649
    assert sum(int(row["planned"]) for row in found) == 18_114_258
    turku = [row for row in found if row["lead"] == "Turun kaupunki"]
    assert [(row["code"], row["granted"], row["end"]) for row in turku] == [
        ("A71005", "3531405", "2018-03-31"),
        ("S20516", "346510", "2017-12-31"),
    ]
    leads = {row["Koodi"]: " ".join(row["Toteuttajan nimi"].split()) for row in wanted}
    assert {row["code"]: row["lead"] for row in found} == leads


def test_a_company_called_after_a_person_stays_and_a_person_goes(
    store: Store, release: Release, rows: list[dict[str, str]]
) -> None:
    leads = {row["n"].value for row in _rows(
        store, 'SELECT ?n { ?r vk:role/skos:notation "lead" ; vk:participant/rdfs:label ?n }')}  # fmt: skip
    assert not any("[…]" in name for name in leads)
    glued = [row for row in rows if re.search(r" OY[A-ZÅÄÖ]{2}", row["Toteuttajan nimi"])]
    assert len(glued) > 40
    for row in glued:
        assert row["Toteuttajan nimi"] not in leads
        assert row["Toteuttajan nimi"].partition(" OY")[0] + " OY" in leads
    alone = [row for row in rows if re.fullmatch(r"[A-ZÅÄÖ]+, [A-ZÅÄÖ]+", row["Toteuttajan nimi"])]
    assert alone
    for row in alone:
        shown = raw_record(release, f"esif-projects-{row['Koodi']}")
        assert shown is not None and row["Toteuttajan nimi"] not in shown.text and row["Koodi"] in shown.text


def test_every_named_query_has_an_answer_of_this_release(store: Store, ask: Ask) -> None:
    for name in named_queries():
        ask(store, name, base="https://example.org")
