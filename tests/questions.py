"""Competency questions: a named query, the values that it is asked with, and what a reader of the sources answers."""

import csv
import io

from starlette.testclient import TestClient

Question = tuple[str, dict[str, str], list[dict[str, str]]]


def check(client: TestClient, question: Question) -> None:
    """See to it that the endpoint answers as the reader does, who names things and gives no IRIs: in those columns."""
    name, values, expected = question
    answer = client.get(f"/api/{name}", params=values, headers={"Accept": "text/csv"})
    assert answer.status_code == 200, answer.text
    found = list(csv.DictReader(io.StringIO(answer.text)))
    assert [{column: row[column] for column in expected[0]} for row in found] == expected
