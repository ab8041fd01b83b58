"""The bundled graph says what a person reads in the seeds: counted by hand, and compared with the seed itself."""

import csv
import io
import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from pyoxigraph import QuerySolutions, RdfFormat, Store, parse
from starlette.testclient import TestClient

from graph.release import Release
from graph.store import open_read_only

TABLES = Path(__file__).parent.parent / "loaders" / "six_cities"

CITIES = ("049", "091", "564", "837", "853", "092")
"""Espoo, Helsinki, Oulu, Tampere, Turku, Vantaa: the order of the seed's tables."""
BY_HAND = {
    "t1": (1, 5, 2, 5, 2, 4),
    "t2": (2, 6, 2, 3, 1, 5),
    "t3": (2, 10, 2, 2, 2, 5),
    "t4": (3, 8, 2, 3, 2, 6),
    "t5": (1, 2, 2, 2, 4, 3),
    "t6": (1, 13, 2, 2, 3, 6),
}
"""The documents in each cell of the six tables of seed 001, counted by a reader (docs/seeds.md says how)."""

THEME_CITY = """
PREFIX dct: <http://purl.org/dc/terms/> PREFIX foaf: <http://xmlns.com/foaf/0.1/> PREFIX vk: <https://w3id.org/verkosto#>
SELECT ?theme ?city (COUNT(DISTINCT ?document) AS ?n) WHERE {
  ?document a foaf:Document ; dct:subject/dct:identifier ?theme ; vk:city/dct:identifier ?city
} GROUP BY ?theme ?city"""

EXPECTED = {(theme, city): count for theme, row in BY_HAND.items() for city, count in zip(CITIES, row, strict=True)}


def _table(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def test_the_manifest_counts_every_cell_as_a_reader_does(release: Release) -> None:
    found = {
        (cell.theme.rpartition("-")[2], cell.city.rpartition("-")[2]): cell.documents
        for cell in release.manifest.counts.theme_city
    }
    assert found == EXPECTED
    assert len(found) == 36


def test_the_endpoint_counts_every_cell_as_a_reader_does(client: TestClient) -> None:
    answer = client.get("/sparql", params={"query": THEME_CITY}, headers={"Accept": "text/csv"})
    rows = csv.DictReader(io.StringIO(answer.text))
    assert {(row["theme"], row["city"]): int(row["n"]) for row in rows} == EXPECTED


def test_the_dump_reloaded_into_an_empty_store_counts_every_cell_as_a_reader_does(client: TestClient) -> None:
    store = Store()
    store.load(client.get("/data/latest/verkosto.nq", follow_redirects=True).content, format=RdfFormat.N_QUADS)
    rows = store.query(THEME_CITY, use_default_graph_as_union=True)
    assert isinstance(rows, QuerySolutions)
    assert {(row["theme"].value, row["city"].value): int(row["n"].value) for row in rows} == EXPECTED


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_the_page_shows_every_cell_as_a_reader_counts_it(client: TestClient, language: str) -> None:
    page = client.get(f"/{language}/themes-by-city").text
    cells = re.findall(r'document\?theme=six-cities-(t\d)&amp;city=six-cities-(\d+)">(\d+)</a>', page)
    assert {(theme, city): int(count) for theme, city, count in cells} == EXPECTED


def test_each_cell_leads_to_a_list_of_as_many_documents(client: TestClient) -> None:
    for (theme, city), count in EXPECTED.items():
        page = client.get(f"/en/document?theme=six-cities-{theme}&city=six-cities-{city}").text
        assert len(re.findall(r'<li><a href="/en/document/', page)) == count


def test_there_are_twelve_assessments_and_63_documents_of_six_cities(release: Release) -> None:
    classes = release.manifest.counts.classes
    counted = {name: classes[iri] for iri in classes for name in [re.split("[#/]", iri)[-1]]}
    assert (counted["ExampleAssessment"], counted["Document"], counted["City"], counted["Theme"]) == (12, 63, 6, 6)
    assert (counted["Programme"], counted["Project"], counted["WorkPackage"]) == (5, 14, 8)


def test_the_6aika_projects_are_those_of_the_list_with_lead_days_and_money(
    release: Release, shared: Path, ask: Callable[..., list[dict[str, str]]]
) -> None:
    """Question 14 on the bundled graph; the list is read here by a few lines of the test's own."""
    with (shared / "esif-fi" / "projektilista-2014-2020.csv").open(encoding="utf-8-sig", newline="") as file:
        listed = [row for row in csv.DictReader(file) if "6aika" in row["Hankkeen nimi"].casefold().replace(" ", "")]
    money = ["Myönnetty EU- ja valtion rahoitus", "Toteutunut EU- ja valtion rahoitus",
             "Suunniteltu julkinen rahoitus yhteensä", "Toteutunut julkinen rahoitus yhteensä"]  # fmt: skip
    expected = {
        row["Koodi"]: (
            row["Aloituspvm"],
            row["Päättymispvm"],
            row["Toteuttajan nimi"].casefold(),
            "".join(filter(str.isalpha, row["Viranomainen"])),
            [Decimal(row[column]) for column in money],
        )
        for row in listed
    }
    names = {row["id"]: row["label_fi"] for row in _table(TABLES / "Organisations.csv")}
    roles = {(row["what"], row["role"]): names[row["who"]] for row in _table(TABLES / "Participations.csv")}
    amounts = {(row["project"], row["kind"]): Decimal(row["value"]) for row in _table(TABLES / "Amounts.csv")}
    kinds = ("granted", "paid", "planned", "realised")
    found = {
        row["code"]: (
            row["start"],
            row["end"],
            roles[row["code"], "lead"].casefold(),
            "".join(filter(str.isalpha, roles[row["code"], "authority"])),
            [amounts[row["code"], kind] for kind in kinds],
        )
        for row in _table(TABLES / "Projects.csv")
        if row["code"]
    }
    assert found == expected and len(found) == 13
    answer = ask(open_read_only(release.store), "projects-by-lead", word="")
    sums = {row["code"]: (row["granted"], row["planned"]) for row in answer}
    assert sum(int(granted) for granted, _ in sums.values()) == 7_761_649
    assert sum(int(planned) for _, planned in sums.values()) == 18_114_258


def test_the_counties_that_took_over_in_2023_are_those_of_the_code_lists(shared: Path) -> None:
    """Codes and names of the national classifications; Helsinki, which kept its services, has none."""
    key = (shared / "auroraai" / "municipality_to_wellbeing_service_county_codes.csv").read_text("windows-1252")
    found = re.findall(r"^\"'(\d{3})'\";\"[^\"]*\";\"'(\d\d)'\";\"([^\"]*)\"", key, re.MULTILINE)
    listed = {municipality: (code, name) for municipality, code, name in found}
    helsinki = listed.pop("091")
    assert helsinki == ("90", "Helsingin kaupunki")
    organisations = {row["id"]: row for row in _table(TABLES / "Organisations.csv")}
    events = _table(TABLES / "Reorganisations.csv")
    assert {row["before"] for row in events} == set(CITIES) - {"091"} and len(events) == 5
    for row in events:
        county = organisations[row["after"]]
        assert (county["code"], county["label_fi"]) == listed[row["before"]]
        assert row["date"] == "2023-01-01"


def test_every_service_that_changed_hands_has_one_responsible_body_on_each_day() -> None:
    """Up to the day before the reorganisation the city, from that day on its county; Helsinki all the time."""
    events = {row["before"]: row["after"] for row in _table(TABLES / "Reorganisations.csv")}
    areas = {row["id"]: row["municipalities"] for row in _table(TABLES / "Services.csv") if row["municipalities"]}
    roles: dict[str, set[tuple[str, str, str]]] = {service: set() for service in areas}
    for row in _table(TABLES / "Participations.csv"):
        if row["service_role"]:
            assert row["service_role"] == "responsible"
            roles[row["what"]].add((row["who"], row["start"], row["end"]))
    assert Counter(areas.values()) == dict.fromkeys(CITIES, 2)
    for service, city in areas.items():
        if city == "091":
            assert roles[service] == {("091", "", "")}
        else:
            assert roles[service] == {(city, "", "2022-12-31"), (events[city], "2023-01-01", "")}


def test_two_examples_have_two_themes_and_none_is_given_a_document_that_its_seed_does_not_name() -> None:
    rows = _table(TABLES / "Assessments.csv")
    assert Counter(len(row["themes"].split(";")) for row in rows) == {1: 10, 2: 2}
    assert sum(not row["document"] for row in rows) == 4


def test_no_letter_of_another_script_is_left_from_the_scan(release: Release) -> None:
    for quad in parse(path=str(release.dumps / "verkosto.nq"), format=RdfFormat.N_QUADS):
        scripts = {unicodedata.name(char, "?").split()[0] for char in str(quad.object) if char.isalpha()}
        assert scripts <= {"LATIN", "MICRO"}, quad


def test_nobody_can_be_called_or_written_to(release: Release) -> None:
    dump = (release.dumps / "verkosto.nq").read_text(encoding="utf-8")
    assert not re.search(r"[\w.]+@[\w-]+\.\w|\+358|\b0[45]0[ -]?\d{3}", dump)


def _seed(shared: Path) -> str:
    """Seed 001, with the damage of its scan repaired as in the tables: no-break spaces, Cyrillic look-alikes."""
    text = next((shared.parent / "seeds").glob("001_*.txt")).read_text(encoding="utf-8")
    repaired = text.replace("arv\u043e\u043d\u0443ontimalli", "arvonluontimalli").replace("\xa0", " ")
    return re.sub(r"<[^>]*>", "", repaired)


def _cells(seed: str) -> dict[tuple[str, str], str]:
    """(theme, city) → the text of the cell in the seed."""
    names = dict(zip(("Espoo", "Helsinki", "Oulu", "Tampere", "Turku", "Vantaa"), CITIES, strict=True))
    tables = seed.split("Kaupunki\tViittaus materiaaliin\n")[1:]
    return {
        (f"t{number}", names[city]): cell
        for number, table in enumerate(tables, start=1)
        for city, _, cell in (line.partition("\t") for line in table.splitlines()[:6])
    }


def test_the_names_of_a_cells_documents_leave_nothing_of_its_text_in_the_seed(shared: Path) -> None:
    cells = _cells(_seed(shared))
    assert cells.keys() == EXPECTED.keys()
    documents = _table(TABLES / "Documents.csv")
    for (theme, city), text in cells.items():
        rest = text
        listed = [row for row in documents if f"{theme}-{city}" in row["passages"].split(";")]
        found = 0
        spellings = sorted(
            ((name, row["id"]) for row in listed for name in (row["label_fi"], *row["alt_fi"].split("; ")) if name),
            key=lambda pair: -len(pair[0]),
        )
        named = set()
        for name, document in spellings:
            if document not in named and name in rest:
                rest = rest.replace(name, "|", 1)
                named.add(document)
                found += 1
        assert found == EXPECTED[theme, city], f"{theme} {city}: {spellings} in {text!r}"
        # What is left is work package codes, addresses, signs, and remarks that are no document.
        rest = re.sub(r"\(TP ?\d\)|https?://\S+|www\.\S+|digi\.hel\.fi\S*|\([^)]*\)|[|.,()\s\u2013]", " ", rest)
        assert rest.split() in ([], ["Asiakasymmärrystä", "käsitellään", "tuotoksissa:"]), f"{theme} {city}: {rest}"


def test_the_project_is_named_as_in_the_list_of_funded_projects(shared: Path) -> None:
    path = shared / "esif-fi" / "projektilista-2014-2020.csv"
    rows = [row for row in _table(path) if row["Koodi"] == "A71005"]
    project = _table(TABLES / "Projects.csv")[0]
    assert [row["Hankkeen nimi"] for row in rows] == [project["alt_fi"].split("; ")[0]]
