"""The days of roles: their own, or those of their project, and which of the two, on fixtures and the bundled graph."""

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from pyoxigraph import QuerySolutions, RdfFormat, Store
from starlette.testclient import TestClient

from graph.release import Release
from graph.store import open_read_only
from loaders.extraction import extract
from loaders.source import Raw, fetch
from loaders.triples import SourceNames
from ontology.identifiers import Identifiers

CASES = Path(__file__).parent / "cases"
Ask = Callable[..., list[dict[str, str]]]
TABLES = Path(__file__).parent.parent / "loaders" / "six_cities"
ONTOLOGY = Path(__file__).parent.parent / "ontology"


def _answers(loader: str, raw: Raw, ask: Ask) -> list[tuple[str | None, ...]]:
    """The answer over what a loader makes of a fixture, beside the code lists."""
    store = Store()
    store.load(path=str(ONTOLOGY / "codes.ttl"), format=RdfFormat.TURTLE)
    with TemporaryDirectory() as work:
        said = extract(loader, raw, SourceNames(Identifiers("https://example.org"), "case"), Path(work)).statements
        store.load("".join(f"{line} .\n" for line in said), format=RdfFormat.N_TRIPLES)
    return [tuple(value or None for value in row.values()) for row in ask(store, "roles-in-projects-and-their-days")]


def test_a_list_without_days_of_roles_answers_with_those_of_projects_and_says_so(ask: Ask) -> None:
    found = _answers("esif", fetch(CASES / "esif" / "newer", (".csv",)), ask)
    assert ("A1", "Esimerkin kaupunki", "lead", "2015-04-01", "2018-03-31", "true") in found
    assert ("A2", "MEIKÄLÄISEN KONEPAJA OY", "lead", None, "2017-06-30", "true") in found
    assert {row[5] for row in found if row[3] or row[4]} == {"true"}


def test_a_role_with_one_day_of_its_own_is_not_filled_up_from_its_project(ask: Ask) -> None:
    """The project began in January, the coordinator in March; until when it is one, nobody says."""
    found = _answers("eurio", fetch(CASES / "eurio" / "project" / "project.ttl", (".ttl",)), ask)
    assert found == [
        ("p-1", "GÅRDSLJUS AB", "third-party", "2019-01-01", None, "true"),
        ("p-1", "NOBODY KNOWS", None, "2019-01-01", None, "true"),
        ("p-1", "Valaisin Oy", "coordinator", "2019-03-01", None, "false"),
    ]


@pytest.mark.parametrize(
    ("project", "role", "answer"),
    [
        ("2019,2021", "2020-02,", ("2020-02", None, "false")),
        ("2019,2021", ",2020", (None, "2020", "false")),
        ("2019,2021", ",", ("2019", "2021", "true")),
        (",", "2020,2021", ("2020", "2021", "false")),
        (",", ",", (None, None, "false")),
    ],
)
def test_own_days_come_before_those_of_the_project(
    project: str, role: str, answer: tuple[str | None, ...], ask: Ask
) -> None:
    found = _answers(
        "tables",
        Raw(
            {
                "Projects.csv": f"id,label_en,start,end\np,Lamps,{project}\n".encode(),
                "Organisations.csv": b"id,label_en\no,Light Ltd\n",
                "Participations.csv": f"id,label_en,who,what,role,start,end\nr,x,o,p,lead,{role}\n".encode(),
            }
        ),
        ask,
    )
    assert found == [("p", "Light Ltd", "lead", *answer)]


def test_the_bundled_graph_has_no_days_of_roles_in_projects_so_all_are_inherited(
    release: Release, client: TestClient
) -> None:
    """Counted from the tables: each role in a project, and the days that the project's row has."""
    answer = client.get("/api/roles-in-projects-and-their-days", headers={"Accept": "text/csv"})
    found = list(csv.DictReader(io.StringIO(answer.text)))
    days = {row["id"]: (_iso(row["start"]), _iso(row["end"])) for row in _table("Projects")}
    roles = [row for row in _table("Participations") if row["what"] in days]
    assert not any(row["start"] or row["end"] for row in roles)
    assert sorted((row["project"], row["as"], row["start"], row["end"], row["inherited"]) for row in found) == sorted(
        (row["what"], row["role"], *days[row["what"]], "true") for row in roles
    )
    dated = open_read_only(release.store).query(
        "SELECT ?role { ?role <https://w3id.org/verkosto#participatesIn> [ a <http://data.europa.eu/s66#Project> ] ;"
        " <https://schema.org/startDate>|<https://schema.org/endDate> ?day }"
    )
    assert isinstance(dated, QuerySolutions) and not list(dated), "asking writes nothing"


def _table(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO((TABLES / f"{name}.csv").read_text(encoding="utf-8"))))


def _iso(text: str) -> str:
    finnish = re.fullmatch(r"(\d+)\.(\d+)\.(\d{4})", text)
    return f"{finnish[3]}-{int(finnish[2]):02}-{int(finnish[1]):02}" if finnish else text
