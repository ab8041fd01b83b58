"""Competency questions: each directory below cases/questions is a query and the answer a reader of the seeds gives."""

import csv
import io
from pathlib import Path

import pytest
from starlette.testclient import TestClient

QUESTIONS = sorted((Path(__file__).parent / "cases" / "questions").iterdir())


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_the_endpoint_answers_as_a_reader_of_the_seeds_does(client: TestClient, question: Path) -> None:
    query = (question / "query.rq").read_text(encoding="utf-8")
    answer = client.post("/sparql", data={"query": query}, headers={"Accept": "text/csv"})
    assert answer.status_code == 200, answer.text
    expected = (question / "expected.csv").read_text(encoding="utf-8")
    assert list(csv.reader(io.StringIO(answer.text))) == list(csv.reader(io.StringIO(expected)))
