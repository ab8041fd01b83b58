"""Competency questions: below cases/questions, a folder a named query, with the answers a reader of the seeds gives."""

from questions import Question, check
from starlette.testclient import TestClient


def test_a_named_query_answers_as_a_reader_of_the_seeds_does(client: TestClient, question: Question) -> None:
    check(client, question)


def test_json_says_the_same_as_csv(client: TestClient, question: Question) -> None:
    name, values, expected = question
    found = client.get(f"/api/{name}", params=values).json()
    as_text = [{name: "" if value is None else str(value) for name, value in row.items()} for row in found]
    assert [{column: row[column] for column in expected[0]} for row in as_text] == expected
