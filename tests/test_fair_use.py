"""No client takes all of the engine; what happens to queries can be seen."""

import re
import time
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from graph.release import Release
from sparql.limits import Limits
from web.app import create_app

SLOW = f"SELECT (COUNT(*) AS ?n) {{ {' . '.join(f'?d{n} a <http://xmlns.com/foaf/0.1/Document>' for n in range(8))} }}"
STRANGER, OTHER = ("192.0.2.1", 1), ("192.0.2.2", 1)


def client_at(release: Release, address: tuple[str, int], **limits: float) -> TestClient:
    return TestClient(create_app(release, Limits(workers=2, **limits)), client=address)  # type: ignore[arg-type]


def ask(client: TestClient, query: str = "ASK {}") -> int:
    return client.get("/sparql", params={"query": query}).status_code


def lines(capsys: pytest.CaptureFixture[str], number: int) -> list[str]:
    """As many lines of the log of queries, which comes in a moment."""
    found, deadline = "", time.monotonic() + 10
    while found.count("\n") < number and time.monotonic() < deadline:
        time.sleep(0.02)
        found += capsys.readouterr().err
    return found.splitlines()


@pytest.mark.parametrize("address", [("192.0.2.1", 1), ("2001:db8::1", 1)])
def test_who_has_had_its_seconds_is_told_when_to_come_again(release: Release, address: tuple[str, int]) -> None:
    with client_at(release, address, seconds=1, client_seconds=0.5) as client:
        assert ask(client, SLOW) == 503
        answer = client.get("/sparql", params={"query": "ASK { ?s ?p ?o }"})
        assert answer.status_code == 429
        assert answer.json()["type"].endswith("/too-many-queries")
        assert 30 < int(answer.headers["retry-after"]) <= 90
        # What costs no engine is answered still.
        assert client.get("/en/").status_code == 200


def test_what_one_client_has_used_up_is_not_taken_from_others(release: Release) -> None:
    app = create_app(release, Limits(workers=2, seconds=1, client_seconds=0.5))
    with TestClient(app, client=STRANGER) as stranger:
        assert ask(stranger, SLOW) == 503
        assert ask(stranger, "ASK { ?s ?p 1 }") == 429
        assert ask(TestClient(app, client=OTHER), "ASK { ?s ?p 2 }") == 200


@pytest.mark.parametrize("address", [("127.0.0.1", 1), ("::1", 1)])
def test_who_asks_from_the_machine_itself_is_not_bounded(release: Release, address: tuple[str, int]) -> None:
    with client_at(release, address, seconds=1, client_seconds=0.5) as client:
        assert ask(client, SLOW) == 503
        assert ask(client, "ASK { ?s ?p ?o }") == 200


def test_bounds_can_be_lifted(release: Release) -> None:
    with client_at(release, STRANGER, seconds=1, client_seconds=0, client_queries=0) as client:
        assert ask(client, SLOW) == 503
        assert ask(client, "ASK { ?s ?p ?o }") == 200


@pytest.fixture
def local(release: Release) -> Iterator[TestClient]:
    with client_at(release, ("127.0.0.1", 1), seconds=1.1) as client:
        yield client


def test_metrics_are_read_by_prometheus_and_count_what_was_asked(local: TestClient, release: Release) -> None:
    for query in ("ASK {}", "ASK {}", "nonsense", SLOW):
        ask(local, query)
    answer = local.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    found = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert found["verkosto_queries_total", "answered", "engine"] == 1
    assert found["verkosto_queries_total", "answered", "cache"] == 1
    assert found["verkosto_queries_total", "invalid-query", "none"] == 1
    assert found["verkosto_queries_total", "none", "time-limit"] == 1
    assert found["verkosto_queries_running",] == 0
    assert found["verkosto_http_requests_total", "503"] == 1
    assert found["verkosto_release_triples", release.id] == release.manifest.counts.triples


def test_each_query_has_a_line_in_the_log(local: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    local.get("/sparql", params={"query": "SELECT ?x\n{ VALUES ?x { 1 2 3 } }"})
    ask(local, "nonsense")
    first, second = lines(capsys, 2)
    pattern = (
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} INFO verkosto.queries query outcome=answered origin=engine "
        r'seconds=\d\.\d+ rows=3 bytes=\d+ release=\S+ text="SELECT \?x\\n.*"'
    )
    assert re.fullmatch(pattern, first)
    assert "outcome=invalid-query origin=none" in second
    assert re.search(r' text="nonsense" error="The query is not SPARQL 1\.1: error at 1:.*"$', second)


def test_a_request_without_a_query_has_a_line_and_is_counted_too(
    local: TestClient, capsys: pytest.CaptureFixture[str]
) -> None:
    assert local.get("/sparql?quer=ASK").status_code == 400
    assert local.post("/sparql", content="x", headers={"Content-Type": "text/plain"}).status_code == 415
    first, second = lines(capsys, 2)
    assert "outcome=invalid-request origin=none" in first and 'text="" error="Send exactly one' in first
    assert "outcome=unsupported-media-type" in second
    assert 'outcome="invalid-request"} 1.0' in local.get("/metrics").text


def test_slow_queries_are_listed_for_who_is_at_the_machine(local: TestClient, release: Release) -> None:
    assert local.get("/metrics/slow-queries").json() == {"queries": []}
    ask(local, SLOW)
    (slow,) = local.get("/metrics/slow-queries").json()["queries"]
    assert (slow["query"], slow["outcome"], slow["release"]) == (SLOW, "time-limit", release.id)
    with client_at(release, STRANGER) as stranger:
        assert stranger.get("/metrics/slow-queries").status_code == 403
        assert stranger.get("/metrics").status_code == 200


@pytest.mark.parametrize(
    ("query", "accept", "rows"),
    [
        ("SELECT * { VALUES (?a ?b) { (1 2) (UNDEF UNDEF) ('},{\"' '},{') ('},{' '\"},{\"') } }", "json", 3),
        ("SELECT * { VALUES (?a ?b) { (1 2) (UNDEF UNDEF) ('<result>' '') } }", "xml", 3),
        ("SELECT ?x { VALUES ?x { 1 2 } }", "csv", 2),
        ("SELECT ?x { VALUES ?x { 'a\\nb' } }", "tsv", 1),
        ("SELECT ?x { FILTER (false) }", "json", 0),
        ("CONSTRUCT { <e:a> <e:b> 1, 2 } {}", "nt", 2),
        ("CONSTRUCT { <e:a> <e:b> 1, 2 } {}", "ttl", "-"),
    ],
)
def test_rows_are_counted_as_they_are_written(
    local: TestClient, capsys: pytest.CaptureFixture[str], query: str, accept: str, rows: object
) -> None:
    assert local.get("/sparql", params={"query": query, "format": accept}).status_code == 200
    assert f" rows={rows} " in lines(capsys, 1)[0]
