"""Older releases stay where they were: pages, linked data, SPARQL and files under /releases/{id}/; all can be cited."""

import html
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import anyio
import msgspec
import pytest
from pyoxigraph import NamedNode, RdfFormat, parse
from starlette.testclient import TestClient

from graph import manifest as manifests
from graph.release import Release
from graph.releases import Releases
from graph.retention import prune, tag
from loaders.build import Built
from sparql.errors import Busy
from sparql.limits import Limits
from sparql.stack import Elsewhere
from web.app import create_app
from web.serving import Sites

BASE = "https://w3id.org/verkosto"
LABEL = "SELECT ?name { <https://example.org/id/theme/s-t> <http://www.w3.org/2000/01/rdf-schema#label> ?name }"
CSV = {"Accept": "text/csv"}
PAGE = {"Accept": "text/html"}


@dataclass(frozen=True)
class Two:
    """An application over two releases of one theme: Vanha is its name in the older, Tuore in the current one."""

    client: TestClient
    old: Release
    new: Release

    @property
    def prefix(self) -> str:
        """What the addresses of the older one begin with."""
        return f"/releases/{self.old.id}"


@pytest.fixture
def two(build_themes: Callable[[str], Built]) -> Iterator[Two]:
    old, new = build_themes("t,Vanha\n").release, build_themes("t,Tuore\n").release
    with TestClient(create_app(new, Limits(workers=1)), follow_redirects=False) as client:
        yield Two(client, old, new)


def _links(text: str) -> set[str]:
    found = re.findall(r'(?:href|src|action)="(/[^"]*)"', text)
    return {html.unescape(link).partition("#")[0] for link in found}


def test_every_internal_link_of_a_release_asked_for_by_its_id_stays_in_it(client: TestClient, release: Release) -> None:
    prefix = f"/releases/{release.id}"
    quads = parse(path=str(release.dumps / "verkosto.nq"), format=RdfFormat.N_QUADS)
    things = {quad.subject.value for quad in quads if isinstance(quad.subject, NamedNode)}
    of_kind = {
        iri.split("/")[-2]: iri.removeprefix(f"{BASE}/id") for iri in sorted(things) if iri.startswith(f"{BASE}/id/")
    }
    pages = [
        "/en/",
        "/fi/themes-by-city",
        "/en/services-by/themes",
        "/sv/report",
        "/data/",
        "/def",
        "/sparql?query=ASK{}",
    ]
    pages += ["/en/tree/programme", *(f"/sv{path}" for path in of_kind.values()), *(f"/en/{kind}" for kind in of_kind)]
    pages += [f"/id{of_kind['city']}", "/", "/data", "/en", "/en/services-by", "/data/latest/verkosto.nq"]
    seen, links = set(pages), {f"{prefix}{page}" for page in pages}
    outside = {"/static/verkosto.css", "/static/verkosto.svg", "/health"}
    for link in sorted(links):
        answer = client.get(link, headers=PAGE)
        while "location" in answer.headers:
            assert answer.headers["location"].startswith(f"{prefix}/"), link
            answer = client.get(answer.headers["location"], headers=PAGE)
        assert (answer.status_code, answer.headers["x-release"]) == (200, release.id), link
        if not answer.headers["content-type"].startswith("text/html"):
            continue
        before, _, after = answer.text.partition('<p class="notice">')
        notice, _, after = after.partition("</p>")
        assert release.id in notice, link
        # The notice leads out, to this page in the current release; so do links to the list of releases and its feed.
        for found in _links(before + after) - outside:
            assert found.startswith((f"{prefix}/", "/releases/?lang=", "/releases.atom?lang=")), (
                f"{link} leads to {found}"
            )
            seen.add(found)
    assert len(seen) > 200
    for link in sorted(link for link in seen if link.startswith(prefix)):
        assert client.get(link, headers=PAGE).status_code in (200, 302, 303), link


def test_pages_data_sparql_and_files_of_an_older_release_say_what_it_said(two: Two) -> None:
    answers = [
        two.client.get(f"{two.prefix}/fi/theme/s-t"),
        two.client.get(f"{two.prefix}/doc/theme/s-t.ttl"),
        two.client.get(f"{two.prefix}/sparql?query={quote(LABEL)}", headers=CSV),
        two.client.post(f"{two.prefix}/sparql", data={"query": LABEL}, headers=CSV),
        two.client.get(f"{two.prefix}/data/{two.old.id}/verkosto.nq"),
        two.client.get(f"/data/{two.old.id}/verkosto.nq"),
    ]
    for answer in answers:
        assert (answer.status_code, answer.headers["x-release"]) == (200, two.old.id)
        assert "Vanha" in answer.text and "Tuore" not in answer.text
    now = two.client.get("/fi/theme/s-t")
    assert now.headers["x-release"] == two.new.id
    assert "Tuore" in now.text and "Vanha" not in now.text and 'class="notice"' not in now.text


@pytest.mark.parametrize(
    ("address", "location"),
    [
        ("/id/theme/s-t", "/fi/theme/s-t"),
        ("", "/"),
        ("/", "/fi/"),
        ("/sv", "/sv/"),
        ("/data", "/data/"),
        ("/data/latest/verkosto.nq", "/data/{id}/verkosto.nq"),
    ],
)
def test_redirects_stay_in_the_release(two: Two, address: str, location: str) -> None:
    answer = two.client.get(two.prefix + address, headers=PAGE)
    assert answer.headers["location"] == two.prefix + location.format(id=two.old.id)


def test_a_page_of_an_older_release_says_so_and_leads_to_the_same_page_now(two: Two) -> None:
    answer = two.client.get(f"{two.prefix}/en/theme?page=1")
    assert f"This is release {two.old.id} of {two.old.manifest.created[:10]}." in answer.text
    assert '<a href="/en/theme?page=1">This page in the current release</a>' in answer.text
    assert f'href="{two.prefix}/sv/theme?page=1" lang="sv"' in answer.text
    assert '</en/theme?page=1>; rel="latest-version"' in answer.headers["link"]


def test_what_never_changes_may_be_kept_by_caches_and_what_may_change_is_not(two: Two) -> None:
    assert two.client.get(f"{two.prefix}/en/").headers["cache-control"] == "public, max-age=86400"
    assert two.client.head(f"{two.prefix}/en/").headers["cache-control"] == "public, max-age=86400"
    assert "immutable" in two.client.get(f"/data/{two.old.id}/verkosto.nq").headers["cache-control"]
    assert "cache-control" not in two.client.get("/en/").headers
    assert "cache-control" not in two.client.get(f"{two.prefix}/en/nothing").headers
    assert two.client.get(f"{two.prefix}/health").headers["cache-control"] == "no-store"


def test_an_error_in_an_older_release_is_of_that_release(two: Two) -> None:
    answer = two.client.get(f"{two.prefix}/en/theme/s-x", headers=PAGE)
    assert (answer.status_code, answer.headers["x-release"]) == (404, two.old.id)
    assert f'href="{two.prefix}/en/"' in answer.text


@pytest.mark.parametrize(
    "address", ["/releases/2001-01-01-00000000/en/", "/releases/x/en/", "/data/2001-01-01/verkosto.nq"]
)
def test_an_unknown_release_is_404_with_advice(two: Two, address: str) -> None:
    answer = two.client.get(address)
    assert (answer.status_code, answer.headers["x-release"]) == (404, two.new.id)
    assert "/releases/ lists those there are" in answer.json()["detail"]
    assert answer.json()["type"].endswith("/page-not-found")
    page = two.client.get(address, headers=PAGE)
    assert page.status_code == 404 and "lists those there are" in page.text


def test_a_release_that_was_laid_out_otherwise_or_is_damaged_is_410_with_the_reason(two: Two) -> None:
    manifests.write(two.old.directory, msgspec.structs.replace(two.old.manifest, format=manifests.FORMAT - 1))
    listed = two.client.get("/releases/").json()["releases"]
    assert [one["address"] is None for one in listed] == [False, True]
    for _ in range(2):
        answer = two.client.get(f"{two.prefix}/en/")
        assert answer.status_code == 410
        assert "another version of Verkosto laid it out" in answer.json()["detail"]
        (two.old.directory / "manifest.json").write_text("{}")
    assert two.client.get("/en/").status_code == 200


def test_the_list_of_releases_tells_programs_days_counts_tags_and_how_to_cite(two: Two) -> None:
    tag(Releases.of(two.old), two.old.id, "seminar")
    answer = two.client.get("/releases/", headers={"Accept": "application/json"})
    new, old = answer.json()["releases"]
    assert (new["id"], new["current"], new["tags"]) == (two.new.id, True, [])
    assert (old["id"], old["current"], old["tags"]) == (two.old.id, False, ["seminar"])
    assert old["triples"] == two.old.manifest.counts.triples
    assert old["created"] == two.old.manifest.created
    assert old["address"] == f"http://testserver{two.prefix}/"
    assert old["cite"] == f"Verkosto, release {two.old.id}, {old['created'][:10]}. http://testserver{two.prefix}/"
    assert two.client.get("/releases").headers["location"] == "/releases/"


@pytest.mark.parametrize(
    ("language", "title", "current"),
    [("fi", "Julkaisut", "nykyinen"), ("sv", "Utgåvor", "aktuell"), ("en", "Releases", "current")],
)
def test_the_list_of_releases_is_a_page_in_each_language(two: Two, language: str, title: str, current: str) -> None:
    page = two.client.get(f"/releases/?lang={language}", headers=PAGE).text
    assert f"<h1>{title}</h1>" in page
    row = re.search(rf'<tr><th scope="row"><a href="/releases/{two.new.id}/{language}/">.*?</tr>', page, re.DOTALL)
    assert row is not None and f"<strong>{current}</strong>" in row[0]
    assert f"http://testserver{two.prefix}/" in page


def test_a_query_can_be_cited_by_an_address_that_lasts(two: Two, build_themes: Callable[[str], Built]) -> None:
    page = two.client.get(f"/sparql?lang=en&query={quote(LABEL)}", headers=PAGE).text
    found = re.search(r"Verkosto, release (\S+), (\d{4}-\d\d-\d\d)\. (http\S+)</pre>", page)
    assert found is not None
    assert (found[1], found[2]) == (two.new.id, two.new.manifest.created[:10])
    build_themes("t,Tuorein\n")
    with TestClient(create_app(Releases.of(two.new).current(), Limits(workers=1))) as later:
        assert "Tuorein" in later.get("/fi/theme/s-t").text
        answer = later.get(html.unescape(found[3]), headers=CSV)
        assert (answer.text, answer.headers["x-release"]) == ("name\r\nTuore\r\n", two.new.id)


def test_a_release_that_is_asked_stays_open_and_on_disk(two: Two, own_data: Path) -> None:
    assert two.client.get(f"{two.prefix}/en/").status_code == 200
    releases = Releases(own_data)
    with releases.lock():
        assert prune(releases, 1) == []
    assert two.client.get(f"{two.prefix}/en/").status_code == 200


def test_when_too_many_older_releases_are_being_asked_another_has_to_wait(
    two: Two, build_themes: Callable[[str], Built]
) -> None:
    ids = [build_themes(f"t,Teema {number}\n").release.id for number in range(9)]

    async def ask() -> None:
        sites = Sites(two.new, Limits(workers=1), Elsewhere())
        with ExitStack() as stack:
            for release_id in ids[:8]:
                stack.enter_context(await sites.opened(release_id))
            with pytest.raises(Busy, match="try again"):
                await sites.opened(ids[8])
            # Those that are open answer on, and so does the current one.
            for asked in (*ids[:8], None):
                with await sites.opened(asked) as site:
                    assert site.graph.answers()
        with await sites.opened(ids[8]) as site:
            assert site.release.id == ids[8]
        sites.close()

    anyio.run(ask)


def test_an_older_release_that_nobody_asks_any_more_is_closed(
    two: Two, own_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert two.client.get(f"{two.prefix}/sparql?format=csv&query={quote(LABEL)}").status_code == 200
    monkeypatch.setattr("web.serving._IDLE", 0)
    releases, deadline = Releases(own_data), time.monotonic() + 20
    with releases.lock():
        while not (deleted := prune(releases, 1)) and time.monotonic() < deadline:
            time.sleep(0.1)
    assert deleted == [two.old.id]


def test_more_older_releases_than_are_open_at_once_can_be_asked_one_after_the_other(
    two: Two, build_themes: Callable[[str], Built]
) -> None:
    ids = [build_themes(f"t,Teema {number}\n").release.id for number in range(10)]
    for release_id in [*ids, *ids]:
        answer = two.client.get(f"/releases/{release_id}/fi/theme/s-t")
        assert (answer.status_code, answer.headers["x-release"]) == (200, release_id)
        assert f"Teema {ids.index(release_id)}" in answer.text
