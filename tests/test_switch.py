"""A running server switches to what becomes current: no request fails, no answer mixes two, nothing stays open."""

import fcntl
import logging
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest
from starlette.testclient import TestClient

from graph.release import Release
from graph.releases import Releases
from graph.retention import prune
from loaders.build import Built
from sparql.limits import Limits
from web.app import create_app

ROOT = Path(__file__).parent.parent
LABEL = "SELECT ?name { <https://example.org/id/theme/s-t> <http://www.w3.org/2000/01/rdf-schema#label> ?name }"
NUMBERS = " ".join(map(str, range(500)))
SLOW = f"""SELECT (SAMPLE(?name) AS ?word) (COUNT(*) AS ?n) {{
  VALUES ?a {{ {NUMBERS} }} VALUES ?b {{ {NUMBERS} }} VALUES ?c {{ {NUMBERS} }}
  <https://example.org/id/theme/s-t> <http://www.w3.org/2000/01/rdf-schema#label> ?name
}}"""
"""Some seconds of counting."""

Build = Callable[[str], Built]


@pytest.fixture
def old(build_themes: Build) -> Release:
    """The release that is current at first; its theme is called Vanha."""
    return build_themes("t,Vanha\n").release


@pytest.fixture
def client(old: Release) -> Iterator[TestClient]:
    """An application that follows the current release of this test's data."""
    with TestClient(create_app(old, Limits(workers=2)), follow_redirects=False) as client:
        yield client


def _wait_for(client: TestClient | httpx2.Client, what: Callable[[httpx2.Response], bool]) -> httpx2.Response:
    deadline = time.monotonic() + 20
    while not what(answer := client.get("/health")):
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.05)
    return answer


def _serves(release: Release) -> Callable[[httpx2.Response], bool]:
    return lambda answer: answer.headers["x-release"] == answer.json()["release"] == release.id


def test_what_is_published_or_rolled_back_to_is_served_without_a_restart(
    client: TestClient, old: Release, build_themes: Build, own_data: Path
) -> None:
    new = build_themes("t,Tuore\n").release
    _wait_for(client, _serves(new))
    assert "Tuore" in client.get("/fi/theme/s-t").text
    assert "Tuore" in client.get(f"/sparql?format=csv&query={quote(LABEL)}").text
    assert f"/data/{new.id}/" in client.get("/data/latest/sources/s.nq").headers["location"]
    Releases(own_data).rollback(old.id)
    _wait_for(client, _serves(old))
    assert "Vanha" in client.get("/fi/theme/s-t").text
    assert "Vanha" in client.get(f"/sparql?format=csv&query={quote(LABEL)}").text


def test_a_damaged_release_is_not_switched_to_and_health_and_log_say_so_once(
    client: TestClient, old: Release, build_themes: Build, own_data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    new = build_themes("t,Tuore\n").release
    _wait_for(client, _serves(new))
    tables = sorted(old.store.glob("*.sst"))
    whole = tables[0].read_bytes()
    tables[0].write_bytes(whole[: len(whole) // 2])
    with caplog.at_level(logging.WARNING, "verkosto"):
        with Releases(own_data).lock():
            Releases(own_data).point_at(old)
        body = _wait_for(client, lambda answer: "not_switched_to" in answer.json()).json()
        # Some looks later, nothing is tried again.
        time.sleep(1.5)
    assert (body["status"], body["release"]) == ("ok", new.id)
    assert body["not_switched_to"]["release"] == old.id
    assert "store" in body["not_switched_to"]["reason"]
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "Tuore" in client.get("/fi/theme/s-t").text
    tables[0].write_bytes(whole)
    Releases(own_data).rollback(old.id)
    answer = _wait_for(client, _serves(old))
    assert "not_switched_to" not in answer.json()


def test_a_current_file_that_names_nothing_changes_nothing(client: TestClient, old: Release, own_data: Path) -> None:
    (own_data / "current").write_text("2001-01-01-00000000\n")
    body = _wait_for(client, lambda answer: "not_switched_to" in answer.json()).json()
    assert (body["release"], body["not_switched_to"]["release"]) == (old.id, "2001-01-01-00000000")
    (own_data / "current").unlink()
    time.sleep(1)
    assert client.get("/health").json()["release"] == old.id


def test_an_answer_begun_before_the_switch_ends_as_it_began_and_then_the_old_release_is_let_go(
    served: Callable[..., AbstractContextManager[str]], old: Release, build_themes: Build, own_data: Path
) -> None:
    answers: list[httpx2.Response] = []
    with served(own_data, "--query-timeout", "60") as address, httpx2.Client(base_url=address, timeout=60) as client:

        def ask() -> None:
            answers.append(
                httpx2.post(f"{address}/sparql", data={"query": SLOW}, headers={"Accept": "text/csv"}, timeout=60)
            )

        slow = threading.Thread(target=ask)
        slow.start()
        new = build_themes("t,Tuore\n").release
        _wait_for(client, _serves(new))
        assert slow.is_alive(), "the query was too quick for this test"
        # It is in use as long as it answers, and no longer.
        releases = Releases(own_data)
        with releases.lock():
            assert prune(releases, 1) == []
        assert "Tuore" in client.get(f"/sparql?format=csv&query={quote(LABEL)}").text
        slow.join()
        (answer,) = answers
        assert (answer.status_code, answer.headers["x-release"]) == (200, old.id)
        assert answer.text.splitlines()[1].startswith("Vanha,")
        deadline = time.monotonic() + 10
        while not _is_free(own_data, old) and time.monotonic() < deadline:
            time.sleep(0.05)
        with releases.lock():
            assert prune(releases, 1) == [old.id]
        assert client.get(f"/releases/{old.id}/fi/").status_code == 404
        assert client.get("/fi/theme/s-t").status_code == 200


def _is_free(data: Path, release: Release) -> bool:
    with (data / "in-use" / release.id).open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def test_under_load_no_request_fails_and_no_answer_mixes_two_releases() -> None:
    """Ten seconds of bench/switch.py, which runs a minute by itself."""
    command = [sys.executable, str(ROOT / "bench" / "switch.py"), "10", "200"]
    bench = subprocess.run(command, capture_output=True, text=True, check=False)
    assert bench.returncode == 0, bench.stdout + bench.stderr
    assert "0 failed, 0 mixed" in bench.stdout
    found = re.search(r"(\d+) times another release was made current, (\d+) of them new; (\d+) switches", bench.stdout)
    assert found is not None, bench.stdout
    published, new, seen = map(int, found.groups())
    assert published >= 3 and new >= 1 and seen >= 2
    asked = re.match(r"(\d+) requests", bench.stdout.splitlines()[1])
    assert asked is not None and int(asked[1]) > 1000
