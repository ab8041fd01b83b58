"""The page of a project shows who takes part, as what, when, and its money by kind; on the bundled graph."""

import html
import re

import pytest
from starlette.testclient import TestClient


def _rows(client: TestClient, address: str) -> list[str]:
    page = html.unescape(client.get(address).text)
    rows = re.findall(r"<tr>(<th scope=.row.>.*?)</tr>", page, re.DOTALL)
    return [" | ".join(re.sub(r"<[^>]+>", "", cell) for cell in re.split(r"</t[hd]><td[^>]*>", row)) for row in rows]


@pytest.mark.parametrize(
    ("language", "lead", "granted"),
    [
        (
            "fi",
            "Forum Virium Helsinki Oy | päätoteuttaja | – | –",
            "myönnetty | EU:n ja valtion raha | 1\xa0336\xa0082,00 EUR",
        ),
        ("en", "Forum Virium Helsinki | lead | – | –", "granted | EU and state money | 1,336,082.00 EUR"),
    ],
)
def test_a_project_shows_its_partners_and_its_money(client: TestClient, language: str, lead: str, granted: str) -> None:
    rows = _rows(client, f"/{language}/project/six-cities-A70009")
    assert lead in rows and granted in rows
    assert len(rows) == 2 + 4


def test_a_role_with_days_of_its_own_shows_them_and_others_have_a_dash(client: TestClient) -> None:
    rows = _rows(client, "/en/project/six-cities-A71005")
    assert any(row.startswith("City of Turku | lead | ") for row in rows)
    assert all(re.search(r"\| (–|[\d-]+) \| (–|[\d-]+)$", row) or row.endswith(" EUR") for row in rows)


def test_other_things_have_no_such_tables(client: TestClient) -> None:
    assert _rows(client, "/en/city/six-cities-091") == []
