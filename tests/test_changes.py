"""What changes between releases: compared exactly, as a patch, thing by thing, and for those who follow."""

import gzip
import json
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from unittest.mock import Mock
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pyoxigraph import NamedNode, RdfFormat, Triple, parse
from rdflib import Dataset
from starlette.testclient import TestClient

from graph import assembly
from graph.about import unsaid
from graph.gone import Gone
from graph.manifest import SourceEntry
from graph.release import Release
from graph.releases import Releases
from ontology.terms import DCT, FOAF, ORG, OWL, PROV, RDF, RDFS, VK, XSD
from sparql.limits import Limits
from verkosto import main
from web.app import create_app

BASE = "https://example.org"
SOURCES = ("a", "b", "c")
Graphs = dict[str, set[str]]
THINGS = (f"{BASE}/id/city/a-", f"{BASE}/id/document/b-", "https://w3id.org/verkosto#", "urn:other:")
"""What IRIs begin with: things of ours, terms of the ontology, other people's."""


def graph_iri(source: str) -> str:
    return f"{BASE}/id/graph/{source}"


def publish(data: Path, graphs: Graphs) -> Release:
    """A release that says what the graphs say; a graph without statements is no more."""
    said = {graph_iri(source): sorted(lines) for source, lines in graphs.items() if lines}
    entries = [SourceEntry(s, "tables", graph_iri(s), {"en": s}, f"{BASE}/", {}, 1, 1, 0) for s in graphs if graphs[s]]
    reports = {graph: {"source": graph.rpartition("/")[2], "skipped": [], "dropped": []} for graph in said}
    content = assembly.Content(base=BASE, about=unsaid(BASE), graphs=said, sources=entries, reports=reports)
    releases = Releases(data)
    with releases.lock():
        return assembly.build(releases, content)[0]


def statement(chance: random.Random) -> str:
    """Of few things, so that graphs share statements and things come and go."""
    subject = f"<{chance.choice(THINGS)}{chance.randrange(12)}>"
    kind = chance.random()
    if kind < 0.2:
        return f"{subject} <{RDF.type}> <{chance.choice([VK.City, FOAF.Document])}>"
    if kind < 0.4:
        return f"{subject} <{DCT.references}> <{THINGS[0]}{chance.randrange(12)}>"
    text = chance.choice(["yksi", 'kaksi \\"k\\"', "kol\\nme", "neljä"])
    return f'{subject} <{RDFS.label}> "{text}"{chance.choice(["", "@fi", "@sv"])}'


def edited(graphs: Graphs, chance: random.Random) -> Graphs:
    """Statements gone and new, some in two graphs or in one again; a whole thing gone; now and then a graph gone."""
    found = {source: set(lines) for source, lines in graphs.items()}
    gone = f"<{chance.choice(THINGS)}{chance.randrange(12)}> "
    for lines in found.values():
        lines -= set(chance.sample(sorted(lines), min(len(lines), chance.randrange(6))))
        lines |= {statement(chance) for _ in range(chance.randrange(6))}
        lines -= {line for line in lines if line.startswith(gone)}
    found["b"] |= set(chance.sample(sorted(found["a"]), min(len(found["a"]), 4)))
    found["c"] -= found["a"]
    if chance.random() < 0.2:
        found["c"].clear()
    return found


def chain(data: Path, seed: int, length: int) -> Iterator[Release]:
    """Releases, each made of the one before by edits when it is asked for."""
    chance = random.Random(seed)
    graphs = {source: {statement(chance) for _ in range(40)} for source in SOURCES}
    for _ in range(length):
        yield publish(data, graphs)
        graphs = edited(graphs, chance)


def quads(release: Release) -> set[str]:
    return set((release.dumps / "verkosto.nq").read_text(encoding="utf-8").splitlines())


def run(*arguments: str) -> str:
    answer = CliRunner().invoke(main, arguments)
    assert answer.exit_code == 0, answer.output
    return answer.output


def subject(line: str) -> str:
    return line[1 : line.index(">")]


@pytest.mark.parametrize("seed", range(2))
def test_the_statements_between_any_two_releases_are_those_that_one_has_and_the_other_has_not(
    seed: int, tmp_path: Path
) -> None:
    releases = list(chain(tmp_path, seed, 4))
    for before in releases:
        for after in releases:
            pair, where = (before.id, after.id), ("--data", str(tmp_path))
            added, removed = (
                set(run("diff", *pair, "--format", kind, *where).splitlines()) for kind in ("added", "removed")
            )
            assert added == quads(after) - quads(before)
            assert removed == quads(before) - quads(after)
            found = json.loads(run("diff", *pair, "--format", "json", *where))
            old, new = ({subject(line) for line in quads(release)} for release in (before, after))
            changed = {subject(line) for line in added | removed}
            assert {(thing["iri"], thing["change"]) for thing in found["changes"]} == {
                (iri, "added" if iri not in old else "deleted" if iri not in new else "changed") for iri in changed
            }
            assert [thing["iri"] for thing in found["changes"]] == sorted(changed, key=lambda iri: iri + ">")
            counts = [sum(number) for number in zip(*found["graphs"].values(), strict=True)] or [0, 0]
            assert counts == [len(added), len(removed)]


# The library warns of what it does itself.
@pytest.mark.filterwarnings("ignore:Dataset:DeprecationWarning")
def test_a_patch_is_rdf_patch_that_another_library_applies(tmp_path: Path) -> None:
    before, after = chain(tmp_path, 1, 2)
    dataset = Dataset()
    dataset.parse(data=(before.dumps / "verkosto.nq").read_text(encoding="utf-8"), format="nquads")
    dataset.parse(data=run("diff", before.id, "current", "--format", "patch", "--data", str(tmp_path)), format="patch")
    expected = Dataset()
    expected.parse(data=(after.dumps / "verkosto.nq").read_text(encoding="utf-8"), format="nquads")
    assert set(dataset.quads()) == set(expected.quads())


@pytest.fixture
def told(tmp_path: Path) -> tuple[Release, Release]:
    """Two releases: a city that changes, one that goes, one that comes; the first is of a record."""
    record, day = f"{BASE}/id/record/a-1", f"^^<{XSD.date}>"

    def said(name: str, since: str, *more: str) -> Graphs:
        city = f"<{BASE}/id/city/a-1>"
        return {
            "a": {
                f"{city} <{RDF.type}> <{VK.City}>",
                f'{city} <{RDFS.label}> "{name}"@fi',
                f"{city} <{PROV.wasDerivedFrom}> <{record}>",
                f'<{record}> <{VK.since}> "{since}"{day}',
                *more,
            }
        }

    def city(number: int) -> tuple[str, str]:
        iri = f"<{BASE}/id/city/a-{number}>"
        return f"{iri} <{RDF.type}> <{VK.City}>", f'{iri} <{RDFS.label}> "Kaupunki {number}"@fi'

    first = publish(tmp_path, said("Vanha", "2026-01-01", *city(2)))
    return first, publish(tmp_path, said("Uusi", "2026-02-02", *city(3)))


def test_the_summary_tells_counts_classes_properties_source_and_since_when(
    told: tuple[Release, Release], tmp_path: Path
) -> None:
    text = run("diff", told[0].id, told[1].id, "--data", str(tmp_path))
    assert text.splitlines() == [
        f"{told[0].id} → {told[1].id}: +4 -4 statements",
        f"  {graph_iri('a')}: +4 -4",
        "1 things added, 2 changed, 1 deleted",
        "  vk:City: 1 added, 1 changed, 1 deleted",
        f"changed {BASE}/id/city/a-1 (Uusi)",
        "  a: +1 -1, so since 2026-02-02: rdfs:label",
        f"deleted {BASE}/id/city/a-2 (Kaupunki 2)",
        "  a: +0 -2: rdf:type, rdfs:label",
        f"added {BASE}/id/city/a-3 (Kaupunki 3)",
        "  a: +2 -0: rdf:type, rdfs:label",
        f"changed {BASE}/id/record/a-1",
        "  a: +1 -1, so since 2026-02-02: vk:since",
    ]


def client_of(release: Release) -> TestClient:
    return TestClient(create_app(release, Limits(workers=1)), follow_redirects=False)


class Follower:
    """A consumer with a graph of its own, kept up by what ``/changes`` lists and nothing else."""

    def __init__(self, release: Release) -> None:
        self.at = release.id
        self.quads = quads(release)

    def follow_things(self, client: TestClient) -> None:
        """Replace what is listed, thing by thing and page by page."""
        address = f"/changes?since={self.at}"
        while address:
            answer = client.get(address).json()
            for changed in answer["changes"]:
                self.quads = {line for line in self.quads if subject(line) != changed["iri"]}
                assert (changed["statements"] is None) == (changed["change"] == "deleted")
                if changed["statements"]:
                    self.quads |= set(client.get(changed["statements"]).text.splitlines())
            self.at, address = answer["until"], answer["next"]

    def follow_patches(self, client: TestClient) -> None:
        """Apply the patch."""
        answer = client.get(f"/changes?since={self.at}").json()
        for line in client.get(answer["patch"]).text.splitlines():
            if line.startswith("D "):
                self.quads.remove(line[2:])
            elif line.startswith("A "):
                assert line[2:] not in self.quads
                self.quads.add(line[2:])
        self.at = answer["until"]


# One example takes seconds: a smaller one would be found in minutes.
@settings(max_examples=4, deadline=None, phases=[Phase.generate])
@given(seed=st.integers(0, 2**32))
def test_who_follows_the_changes_of_nine_releases_ends_with_exactly_the_graph(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    releases = chain(tmp_path_factory.mktemp("data"), seed, 9)
    first = next(releases)
    step_by_step, patched, late, late_patched = (Follower(first) for _ in range(4))
    for release in releases:
        with client_of(release) as client:
            step_by_step.follow_things(client)
            patched.follow_patches(client)
        assert step_by_step.at == patched.at == release.id
        assert step_by_step.quads == patched.quads == quads(release)
    with client_of(release) as client:
        late.follow_things(client)
        late_patched.follow_patches(client)
    assert late.quads == late_patched.quads == quads(release)


def test_pages_of_changes_name_both_releases_and_stay_when_a_newer_one_comes(tmp_path: Path) -> None:
    def many(text: str) -> Graphs:
        return {"a": {f'<{BASE}/id/city/a-{number}> <{RDFS.label}> "{text}"' for number in range(250)}}

    first, second = publish(tmp_path, many("yksi")), publish(tmp_path, many("kaksi"))
    with client_of(second) as client:
        page = client.get(f"/changes?since={first.id}").json()
    assert (page["count"], page["pages"], len(page["changes"])) == (250, 3, 100)
    third = publish(tmp_path, many("kolme"))
    listed = [changed["iri"] for changed in page["changes"]]
    with client_of(third) as client:
        while page["next"]:
            page = client.get(page["next"]).json()
            assert (page["since"], page["until"]) == (first.id, second.id)
            listed += [changed["iri"] for changed in page["changes"]]
        assert client.get(f"/changes?since={first.id}&page=4").status_code == 404
    assert len(listed) == len(set(listed)) == 250


def test_changes_tell_what_a_thing_is_or_was_and_where_its_data_is(told: tuple[Release, Release]) -> None:
    with client_of(told[1]) as client:
        answer = client.get(f"/changes?since={told[0].id}").json()
        changed, deleted, added, _ = answer["changes"]
        assert client.get(added["document"]).status_code == 200
        assert client.get(changed["statements"]).headers["content-type"] == "application/n-quads"
    assert deleted == {
        "iri": f"{BASE}/id/city/a-2",
        "change": "deleted",
        "names": [{"value": "Kaupunki 2", "language": "fi"}],
        "classes": [VK.City],
        "graphs": [
            {"graph": graph_iri("a"), "added": 0, "removed": 2, "properties": [RDF.type, RDFS.label], "since": None}
        ],
        "document": None,
        "statements": None,
    }
    assert changed["graphs"][0]["since"] == "2026-02-02"
    assert added["change"] == "added" and added["document"] == "/doc/city/a-3.ttl"


def test_who_is_up_to_date_gets_an_empty_list_and_next_time_nothing_at_all(
    told: tuple[Release, Release], tmp_path: Path
) -> None:
    with client_of(told[1]) as client:
        answer = client.get(f"/changes?since={told[1].id}")
        assert (answer.json()["count"], answer.json()["changes"], answer.json()["next"]) == (0, [], None)
        again = client.get(f"/changes?since={told[1].id}", headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert client.get("/changes").json()["since"] == Releases(tmp_path).all()[0].id


@pytest.mark.parametrize("name", ["2001-01-01-00000000", "..", "x/y", "", "making-x"])
def test_who_asks_since_a_release_that_is_not_kept_is_sent_to_the_dump(
    told: tuple[Release, Release], name: str
) -> None:
    with client_of(told[1]) as client:
        for address in ("/changes?since=", "/changes/statements?iri=urn:x&release="):
            answer = client.get(address + name)
            assert (answer.status_code, answer.headers["content-type"]) == (410, "application/problem+json")
            assert "/data/latest/verkosto.nq" in answer.json()["detail"]
        assert client.get(f"/changes?since={told[0].id}&page=x").json()["status"] == 400


def test_releases_that_differ_in_too_much_are_not_compared_by_the_server_until_somebody_did(
    told: tuple[Release, Release], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.changes.MOST_STATEMENTS", 7)
    pair = (told[0].id, told[1].id)
    with client_of(told[1]) as client:
        assert client.get(f"/changes?since={pair[0]}").status_code == 410
        refused = client.get(f"/diff/{pair[0]}/{pair[1]}")
        assert refused.status_code == 503 and f"verkosto diff {pair[0]} {pair[1]}" in refused.json()["detail"]
        # That they do is found out once.
        monkeypatch.setattr("graph.comparison.compare", Mock(side_effect=AssertionError))
        assert client.get(f"/diff/{pair[0]}/{pair[1]}").json() == refused.json()
        monkeypatch.undo()
        monkeypatch.setattr("web.changes.MOST_STATEMENTS", 7)
        run("diff", *pair, "--data", str(tmp_path))
        assert client.get(f"/changes?since={pair[0]}").json()["count"] == 4
        assert client.get(f"/diff/{pair[0]}/{pair[1]}").status_code == 200


def test_what_was_compared_is_kept_and_can_be_deleted(
    told: tuple[Release, Release], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = told
    with client_of(second) as client:
        expected = client.get(f"/diff/{first.id}/{second.id}/patch.rdfp").content
        kept = tmp_path / "cache" / f"{first.id}..{second.id}"
        (kept / "summary.json").write_bytes(b"{")
        assert client.get(f"/diff/{first.id}/{second.id}/patch.rdfp").content == expected
        monkeypatch.setattr("graph.comparison.MOST_BYTES", 1)
        client.get(f"/diff/{second.id}/{first.id}")
        assert {path.name for path in (tmp_path / "cache").iterdir()} == {"lock", f"{second.id}..{first.id}"}
        assert client.get(f"/diff/{first.id}/{second.id}/patch.rdfp").content == expected
    assert first.verify() == second.verify() == []


def test_many_processes_compare_at_once_and_what_others_left_does_no_harm(
    told: tuple[Release, Release], tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    (cache / "making-left").mkdir(parents=True)
    (cache / ".DS_Store").write_bytes(b"of somebody else")
    command = [sys.executable, "-m", "verkosto", "diff", told[0].id, told[1].id, "--data", str(tmp_path)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for _ in range(4)]
    answers = {process.communicate(timeout=60)[0] for process in running}
    assert [process.returncode for process in running] == [0] * 4 and len(answers) == 1
    assert {path.name for path in cache.iterdir()} == {".DS_Store", "lock", f"{told[0].id}..{told[1].id}"}


def test_who_names_a_release_that_is_not_there_is_told_so_and_nothing_of_the_server(
    told: tuple[Release, Release], tmp_path: Path
) -> None:
    with client_of(told[1]) as client:
        answer = client.get(f"/diff/nothing/{told[1].id}", headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert "nothing" in answer.text and str(tmp_path) not in answer.text


def test_files_of_a_comparison_never_change_and_come_compressed_too(told: tuple[Release, Release]) -> None:
    first, second = told
    with client_of(second) as client:
        moved = client.get(f"/diff/{first.id}/current/added.nq")
        assert (moved.status_code, moved.headers["location"]) == (302, f"/diff/{first.id}/{second.id}/added.nq")
        whole = client.get(moved.headers["location"])
        assert "immutable" in whole.headers["cache-control"]
        assert (
            client.get(moved.headers["location"], headers={"If-None-Match": whole.headers["etag"]}).status_code == 304
        )
        assert gzip.decompress(client.get(f"{moved.headers['location']}.gz").content) == whole.content
        patch = client.get(f"/diff/{first.id}/{second.id}/patch.rdfp")
        assert patch.headers["content-type"].startswith("application/rdf-patch")
        assert patch.text.splitlines()[:3] == [
            f"H id <{BASE}/data/{second.id}/> .",
            f"H prev <{BASE}/data/{first.id}/> .",
            "TX .",
        ]
        assert client.get(f"/diff/{first.id}/{second.id}/things.jsonl").status_code == 404


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "4 statements added, 4 removed."),
        ("fi", "4 väittämää lisätty, 4 poistettu."),
        ("sv", "4 påståenden har tillkommit, 4 har tagits bort."),
    ],
)
def test_the_page_shows_counts_and_opens_each_thing_to_its_statements(
    told: tuple[Release, Release], language: str, sentence: str
) -> None:
    first, second = told
    with client_of(second) as client:
        page = client.get(f"/diff/{first.id}/{second.id}?lang={language}")
        assert page.headers["content-language"] == language and sentence in page.text
        assert "Vanha" in page.text and "Uusi" in page.text and "2026-02-02" in page.text
        assert page.text.count("<details") == 4
        assert f'href="/releases/{first.id}/{language}/city/a-2"' in page.text
        assert f'href="/{language}/city/a-3"' in page.text
        assert f'href="/diff/{second.id}/{first.id}?lang={language}"' in page.text
        known = client.get(
            f"/diff/{first.id}/{second.id}?lang={language}", headers={"If-None-Match": page.headers["etag"]}
        )
        assert known.status_code == 304


def test_a_tag_names_a_release_and_the_list_of_releases_leads_to_what_each_has_changed(
    told: tuple[Release, Release], tmp_path: Path
) -> None:
    first, second = told
    run("tag", first.id, "spring", "--data", str(tmp_path))
    assert run("diff", "spring", "current", "--format", "added", "--data", str(tmp_path))
    with client_of(second) as client:
        assert client.get("/diff/spring/current").headers["location"] == f"/diff/{first.id}/{second.id}"
        assert client.get("/changes?since=spring").json()["since"] == first.id
        page = client.get("/releases/?lang=en", headers={"Accept": "text/html"}).text
        assert f'href="/diff/{first.id}/{second.id}?lang=en"' in page


def test_two_releases_are_chosen_in_a_form(told: tuple[Release, Release]) -> None:
    with client_of(told[1]) as client:
        form = client.get("/releases/", params={"lang": "sv"}, headers={"Accept": "text/html"}).text
        assert form.count("<select") == 2 and f'<option value="{told[0].id}" selected>' in form
        moved = client.get("/diff", params={"before": told[0].id, "after": "current", "lang": "sv"})
        assert moved.status_code == 303 and moved.headers["location"] == f"/diff/{told[0].id}/{told[1].id}?lang=sv"
        assert client.get("/diff").status_code == 400


def test_the_data_page_leads_to_what_a_release_has_changed(told: tuple[Release, Release]) -> None:
    first, second = told
    with client_of(second) as client:
        assert f'href="/diff/{first.id}/{second.id}?lang=sv"' in client.get("/data/?lang=sv").text


def test_a_thing_with_many_changes_has_them_on_a_page_of_its_own(tmp_path: Path) -> None:
    thing = f"<{BASE}/id/city/a-1>"
    graphs = [{"a": {f'{thing} <{RDFS.label}> "{text} {number}"' for number in range(30)}} for text in ("a", "b")]
    first, second = (publish(tmp_path, said) for said in graphs)
    with client_of(second) as client:
        page = client.get(f"/diff/{first.id}/{second.id}?lang=en").text
        alone = re.search(r'href="(/diff/[^"]*thing=[^"]*)"', page)
        assert alone and page.count("<li><strong>") == 40
        assert client.get(alone[1].replace("&amp;", "&")).text.count("<li><strong>") == 60
        assert client.get(f"/diff/{first.id}/{second.id}?thing=urn:x").status_code == 404


def test_the_description_of_the_interface_has_the_changes(told: tuple[Release, Release]) -> None:
    with client_of(told[1]) as client:
        described = client.get("/openapi.json").json()
    assert {"since", "until", "page"} == {one["name"] for one in described["paths"]["/changes"]["get"]["parameters"]}
    assert "410" in described["paths"]["/changes"]["get"]["responses"]
    assert {"since", "until", "next", "patch", "changes"} <= described["components"]["schemas"]["Changes"][
        "properties"
    ].keys()


def thing(path: str, *said: str) -> set[str]:
    """Statements of a thing of ours; ``said`` are predicate and object."""
    return {f"<{BASE}/id/{path}> {one}" for one in said}


A_CITY = f"<{RDF.type}> <{VK.City}>"
STAYS = thing("city/stays", A_CITY)


def same_as(path: str) -> str:
    return f"<{OWL.sameAs}> <{BASE}/id/{path}>"


def business(number: str) -> str:
    return f'<{ORG.identifier}> "{number}"^^<{VK.businessId}>'


def test_what_is_removed_answers_410_with_what_it_was_and_where_it_can_still_be_seen(tmp_path: Path) -> None:
    names = (f'<{RDFS.label}> "Vanha kaupunki"@fi', f'<{RDFS.label}> "Gamla staden"@sv')
    first = publish(tmp_path, {"a": STAYS | thing("city/old", A_CITY, *names)})
    second = publish(tmp_path, {"a": STAYS})
    with client_of(second) as client:
        for address in ("/id/city/old", "/doc/city/old.ttl", "/en/city/old"):
            answer = client.get(address)
            assert (answer.status_code, answer.headers["content-type"]) == (410, "application/problem+json")
            problem = answer.json()
            assert {(name["value"], name["language"]) for name in problem["names"]} == {
                ("Vanha kaupunki", "fi"),
                ("Gamla staden", "sv"),
            }
            assert (problem["classes"], problem["last_release"]) == ([VK.City], first.id)
            assert problem["gone_since"] == second.manifest.created[:10]
            assert problem["last_document"] == f"/releases/{first.id}/doc/city/old.ttl"
        for language, sentence in (("fi", "Ei enää"), ("sv", "Finns inte längre"), ("en", "No longer")):
            page = client.get(f"/{language}/city/old", headers={"Accept": "text/html"})
            assert page.status_code == 410 and sentence in page.text and "Vanha kaupunki" in page.text
            assert f'href="/releases/{first.id}/{language}/city/old"' in page.text
            assert client.get(f"/releases/{first.id}/{language}/city/old").status_code == 200
        assert client.get("/id/city/never").status_code == 404
        assert client.get(problem["last_document"]).status_code == 200
        assert client.get(f"/releases/{first.id}/id/city/old").status_code == 303, "tombstones are of a release"
    shutil.rmtree(first.directory)
    with client_of(second) as client:
        assert client.get("/id/city/old").json()["last_document"] is None


def test_what_comes_back_is_there_again_and_what_stays_away_stays_gone(tmp_path: Path) -> None:
    old, other = thing("city/old", A_CITY), thing("city/other", A_CITY)
    for graphs in (STAYS | old | other, STAYS | thing("city/x", A_CITY), STAYS | old):
        last = publish(tmp_path, {"a": graphs})
    with client_of(last) as client:
        assert client.get("/id/city/old").status_code == 303
        assert client.get("/id/city/other").status_code == client.get("/id/city/x").status_code == 410


@pytest.mark.parametrize(
    ("before", "after", "target"),
    [
        # The same identifier in a register, and a class in common.
        ([("old", business("0201256-6"))], [("new", business("0201256-6"))], "new"),
        ([("old", business("0201256-6"))], [("new", business("0201256-7"))], None),
        ([("old", f'<{ORG.identifier}> "0201256-6"')], [("new", f'<{ORG.identifier}> "0201256-6"')], None),
        ([("old", business("1"))], [("new", business("1")), ("newer", business("1"))], None),
        ([("old", business("1"))], [("new", business("1"), same_as("city/newer")), ("newer", business("1"))], "newer"),
        # It was another description of one that is still there.
        ([("old", same_as("city/first")), ("first",)], [("first",)], "first"),
        # It stood for others, of which one is left, or several that are one.
        ([("old",), ("x", same_as("city/old"))], [("x",)], "x"),
        ([("old",), ("x", same_as("city/old")), ("y", same_as("city/old"))], [("x",), ("y",)], None),
        ([("old",), ("x", same_as("city/old")), ("y", same_as("city/old"))], [("x",), ("y", same_as("city/x"))], "x"),
        # Both are gone with the one that stood for them.
        ([("old", same_as("city/f")), ("f",), ("x", same_as("city/f"))], [("x",)], "x"),
    ],
)
def test_what_was_merged_answers_301_to_the_one_thing_that_stands_for_it(
    tmp_path: Path, before: list[tuple[str, ...]], after: list[tuple[str, ...]], target: str | None
) -> None:
    for said in (before, after):
        things = [thing(f"city/{key}", A_CITY, *more) for key, *more in said]
        last = publish(tmp_path, {"a": STAYS.union(*things)})
    with client_of(last) as client:
        answers = [client.get(address) for address in ("/id/city/old", "/sv/city/old")]
        document = client.get("/doc/city/old.ttl")
    if target is None:
        assert [answer.status_code for answer in (*answers, document)] == [410] * 3
        return
    assert [(answer.status_code, answer.headers["location"]) for answer in answers] == [
        (301, f"/id/city/{target}"),
        (301, f"/sv/city/{target}"),
    ]
    assert answers[0].headers["link"] == f'<{BASE}/id/city/{target}>; rel="successor-version"'
    (said_of,) = parse(document.content, format=RdfFormat.TURTLE)
    old, new = (NamedNode(f"{BASE}/id/city/{key}") for key in ("old", target))
    assert said_of.triple == Triple(old, NamedNode("http://purl.org/dc/terms/isReplacedBy"), new)


def test_who_was_merged_twice_leads_to_the_last_and_to_nothing_when_that_is_gone(tmp_path: Path) -> None:
    a, b, c = (thing(f"city/{key}", A_CITY, business("1")) for key in "abc")
    expected = {"a": None, "b": "b", "c": "c", "gone": None, "again": "b"}
    for key, graph in (("a", a), ("b", b), ("c", c), ("gone", set()), ("again", b)):
        last = publish(tmp_path, {"a": STAYS | graph})
        with client_of(last) as client:
            answer = client.get("/id/city/a")
        if key == "a":
            assert answer.status_code == 303
        elif expected[key] is None:
            assert answer.status_code == 410
        else:
            assert (answer.status_code, answer.headers["location"]) == (301, f"/id/city/{expected[key]}")


@settings(max_examples=5, deadline=None, phases=[Phase.generate])
@given(seed=st.integers(0, 2**32))
def test_gone_is_what_any_release_before_had_and_this_one_has_not(
    seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    seen: dict[str, str] = {}
    for release in chain(tmp_path_factory.mktemp("data"), seed, 6):
        there = {subject(line) for line in quads(release) if line.startswith(f"<{BASE}/id/")}
        gone = Gone(release)
        for iri in seen.keys() - there:
            found = gone.find(iri)
            assert found is not None and found.last == seen[iri], iri
        assert not any(gone.find(iri) for iri in there)
        lines = (release.directory / "gone.jsonl").read_bytes().splitlines()
        assert len(lines) == len(seen.keys() - there)
        seen |= dict.fromkeys(there, release.id)


def test_a_release_before_that_is_damaged_still_hands_on_what_is_gone(tmp_path: Path) -> None:
    publish(tmp_path, {"a": STAYS | thing("city/old", A_CITY)})
    second = publish(tmp_path, {"a": STAYS | thing("city/x", A_CITY)})
    (second.directory / "graphs" / "a.nq").write_bytes(b"")
    third = publish(tmp_path, {"a": STAYS | thing("city/y", A_CITY)})
    with client_of(third) as client:
        assert client.get("/id/city/old").status_code == 410


ATOM = "{http://www.w3.org/2005/Atom}"


def text_of(element: ElementTree.Element, name: str) -> str:
    (found,) = element.findall(f"{ATOM}{name}")
    assert found.text
    return found.text


def test_the_feed_of_releases_is_atom_and_tells_what_each_release_changed(told: tuple[Release, Release]) -> None:
    first, second = told
    with client_of(second) as client:
        answer = client.get("/releases.atom?lang=en")
        assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
        feed = ElementTree.fromstring(answer.content)
        # What RFC 4287 requires of a feed (4.1.1) and an entry (4.1.2), and that times are those of RFC 3339.
        assert feed.tag == f"{ATOM}feed"
        assert text_of(feed, "id") == f"{BASE}/releases.atom"
        assert text_of(feed, "title") and feed.findall(f"{ATOM}author/{ATOM}name")[0].text
        entries = {text_of(entry, "id"): entry for entry in feed.findall(f"{ATOM}entry")}
        assert entries.keys() == {f"{BASE}/data/{release.id}/" for release in told}
        for release in told:
            entry = entries[f"{BASE}/data/{release.id}/"]
            assert text_of(entry, "updated") == release.manifest.created
            assert datetime.fromisoformat(text_of(entry, "updated")).tzinfo is not None
            assert release.id in text_of(entry, "title")
        newer = entries[f"{BASE}/data/{second.id}/"]
        assert text_of(newer, "summary").startswith("4 statements added, 4 removed.")
        links = {link.attrib["type"]: link.attrib["href"] for link in newer.findall(f"{ATOM}link")}
        assert links["application/rdf-patch"].endswith(f"/diff/{first.id}/{second.id}/patch.rdfp")
        assert client.get(links["application/n-quads"]).status_code == 200
        assert client.get(links["application/rdf-patch"]).status_code == 200
        known = {"If-None-Match": answer.headers["etag"]}
        assert client.get("/releases.atom?lang=en", headers=known).status_code == 304


@pytest.mark.parametrize(("language", "word"), [("fi", "julkaisu"), ("sv", "utgåva"), ("en", "release")])
def test_pages_lead_to_the_feed_in_their_language(told: tuple[Release, Release], language: str, word: str) -> None:
    with client_of(told[1]) as client:
        page = client.get(f"/{language}/").text
        found = re.search(r'<link rel="alternate" type="application/atom\+xml" title="[^"]+" href="([^"]+)">', page)
        assert found
        feed = ElementTree.fromstring(client.get(found[1]).content)
    assert all(word in text_of(entry, "title") for entry in feed.findall(f"{ATOM}entry"))
