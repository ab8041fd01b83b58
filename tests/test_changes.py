"""What changes between releases: compared exactly, as a patch, thing by thing, and for those who follow."""

import json
import random
from pathlib import Path

import pytest
from click.testing import CliRunner
from rdflib import Dataset

from graph import assembly
from graph.about import unsaid
from graph.manifest import SourceEntry
from graph.release import Release
from graph.releases import Releases
from ontology.terms import DCT, FOAF, PROV, RDF, RDFS, VK, XSD
from verkosto import main

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
    reports = {graph: {"source": graph.rpartition("/")[2]} for graph in said}
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


def chain(data: Path, seed: int, length: int) -> list[Release]:
    """Releases, each made of the one before by edits."""
    chance = random.Random(seed)
    graphs = {source: {statement(chance) for _ in range(40)} for source in SOURCES}
    found = []
    for _ in range(length):
        found.append(publish(data, graphs))
        graphs = edited(graphs, chance)
    return found


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
    releases = chain(tmp_path, seed, 4)
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
