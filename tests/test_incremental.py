"""A release made of the one before and the difference is the one that is made from scratch, byte for byte."""

import io
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import DefaultGraph, RdfFormat
from rdflib import Graph
from rdflib.compare import isomorphic

from graph import assembly
from graph.about import unsaid
from graph.manifest import SourceEntry
from graph.patching import Rewrite, patch, sorted_lines
from graph.release import Release
from graph.releases import Releases
from graph.store import open_read_only, update
from graph.validation import violations
from loaders.build import build
from loaders.config import load
from loaders.extraction import extract
from ontology.terms import DCT, FOAF, ORG, RDF, RDFS, SKOS, VK, XSD

BASE = "https://example.org"
SOURCES = ("a", "b", "c")
Graphs = dict[str, set[str]]
STARTS = (f"{BASE}/id/city/a-", f"{BASE}/id/city/a", f"{BASE}/id/city/a,%22", "urn:other:")
"""What IRIs begin with: of some, others are the beginning, which sorts differently with what stands behind them."""
CLASSES = (VK.City, ORG.Organization, FOAF.Document, f"{BASE}/class/1")
PROPERTIES = (RDFS.label, SKOS.altLabel, SKOS.notation, DCT.date, VK.city, f"{BASE}/property/1")
TEXTS = (
    "a",
    "ä|\\nb",
    'quoted \\" text',
    '\\n\\"https://example.org/id/city/a-3\\",x\\n\\"h',
    "> <http://www.w3.org/1999/02/22-rdf-syntax-ns#type> <x>",
    "0",
    "",
)


def _graph(source: str) -> str:
    return f"{BASE}/id/graph/{source}"


def _content(graphs: Mapping[str, set[str]]) -> assembly.Content:
    """What the graphs say, as a build hands it to assembly; a graph without statements is no more."""
    said = {_graph(source): sorted(lines) for source, lines in graphs.items() if lines}
    entries = [SourceEntry(s, "tables", _graph(s), {"en": s}, f"{BASE}/", {}, 1, 1, 0) for s in graphs if graphs[s]]
    reports = {graph: {"source": graph.rpartition("/")[2]} for graph in said}
    return assembly.Content(base=BASE, about=unsaid(BASE), graphs=said, sources=entries, reports=reports)


def _build(data: Path, graphs: Graphs, is_full: bool) -> Release:
    releases = Releases(data)
    with releases.lock():
        release, _ = assembly.build(releases, _content(graphs), is_full=is_full)
    return release


def _statement(chance: random.Random) -> str:
    """Of few things and properties, so that graphs share statements; with literals that are hard to write."""
    subject = f"<{chance.choice(STARTS)}{chance.randrange(20)}>"
    if chance.random() < 0.2:
        return f"{subject} <{RDF.type}> <{chance.choice(CLASSES)}>"
    if chance.random() < 0.2:
        return f"{subject} <{chance.choice(PROPERTIES)}> <{STARTS[0]}{chance.randrange(20)}>"
    if chance.random() < 0.1:
        return f'{subject} <{VK.memberCount}> "{chance.randrange(3)}"^^<{XSD.integer}>'
    text = chance.choice(TEXTS)
    tag = chance.choice(
        ["", "@fi", "@sv", "@cs", "^^<http://www.w3.org/2001/XMLSchema#date>" if text == "0" else "@en"]
    )
    return f'{subject} <{chance.choice(PROPERTIES)}> "{text}"{tag}'


def _edited(graphs: Graphs, chance: random.Random) -> Graphs:
    """A few statements gone, a few new, some now in two graphs or in one again; now and then a graph comes or goes."""
    edited = {source: set(lines) for source, lines in graphs.items()}
    for lines in edited.values():
        lines -= set(chance.sample(sorted(lines), min(len(lines), chance.randrange(8))))
        lines |= {_statement(chance) for _ in range(chance.randrange(8))}
    some = sorted(edited["a"])
    edited["b"] |= set(chance.sample(some, min(len(some), 5)))
    edited["c"] -= edited["a"]
    gone = f"<{STARTS[0]}{chance.randrange(20)}>"
    for lines in edited.values():
        lines -= {line for line in lines if line.startswith(gone)}
    if chance.random() < 0.2:
        edited[chance.choice(SOURCES[1:])].clear()
    return edited


def _default_graph(release: Release) -> list[bytes]:
    dump = open_read_only(release.store).dump(format=RdfFormat.N_TRIPLES, from_graph=DefaultGraph())
    assert dump is not None
    return sorted(dump.splitlines())


@pytest.mark.parametrize("seed", range(20))
def test_twenty_times_over_edits_make_the_release_that_a_full_build_makes(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance, updates = random.Random(seed), Mock(side_effect=update)
    monkeypatch.setattr("graph.store.update", updates)
    # Descriptions tell when they were made.
    monkeypatch.setattr("graph.assembly.datetime", Mock(now=Mock(return_value=datetime(2026, 11, 25, tzinfo=UTC))))
    graphs = {source: {_statement(chance) for _ in range(300)} for source in SOURCES}
    for _ in range(4):
        step, whole = (_build(tmp_path / name, graphs, name == "full") for name in ("step", "full"))
        assert step.id == whole.id
        stepped, expected = (
            {name: entry for name, entry in release.manifest.files.items() if not name.startswith("store/")}
            for release in (step, whole)
        )
        for name in expected:
            assert (step.directory / name).read_bytes() == (whole.directory / name).read_bytes(), name
        assert stepped == expected
        assert step.manifest.counts == whole.manifest.counts
        assert _default_graph(step) == _default_graph(whole)
        quads = open_read_only(step.store)
        assert {str(quad) for quad in quads} == {str(quad) for quad in open_read_only(whole.store)}
        assert step.verify() == []
        graphs = _edited(graphs, chance)
    assert updates.called, "some releases were made of the difference"
    assert (step.directory / "gone.jsonl").read_bytes(), "something was gone at last"


def test_the_release_before_is_left_as_it_was(tmp_path: Path) -> None:
    chance = random.Random(5)
    graphs = {source: {_statement(chance) for _ in range(300)} for source in SOURCES}
    first = _build(tmp_path, graphs, is_full=False)
    second = _build(tmp_path, _edited(graphs, chance), is_full=False)
    assert first.id != second.id and first.verify() == second.verify() == []


def test_damage_in_the_release_before_is_not_built_upon(tmp_path: Path) -> None:
    chance = random.Random(6)
    graphs = {source: {_statement(chance) for _ in range(300)} for source in SOURCES}
    for name in ("dumps/verkosto.nq", f"graphs/{SOURCES[0]}.nq"):
        data = tmp_path / name.replace("/", "-")
        first = _build(data, graphs, is_full=False)
        path = first.directory / name
        path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-3]))
        edited = _edited(graphs, random.Random(7))
        after, whole = _build(data, edited, is_full=False), _build(tmp_path / f"full-{path.name}", edited, is_full=True)
        assert after.manifest.content == whole.manifest.content and after.verify() == []


def test_a_large_difference_is_built_from_scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chance = random.Random(8)
    graphs = {source: {_statement(chance) for _ in range(300)} for source in SOURCES}
    _build(tmp_path, graphs, is_full=False)
    monkeypatch.setattr("graph.store.update", None)
    other = {source: {_statement(chance) for _ in range(300)} for source in SOURCES}
    assert _build(tmp_path, other, is_full=False).verify() == []


LINES = st.lists(st.text(alphabet="ab", min_size=1, max_size=4).map(lambda text: f"{text}\n".encode()), unique=True)


@given(LINES, LINES, st.randoms(use_true_random=False))
def test_a_patched_file_is_the_sorted_file_of_what_is_left_and_what_is_new(
    old: list[bytes], new: list[bytes], chance: random.Random
) -> None:
    gone = {line for line in old if chance.random() < 0.3}
    changes: dict[bytes, Rewrite] = {line: lambda _: [] for line in gone}
    # What comes again in a longer line is a line of its own: a key is a whole line here.
    changes.update({line: partial(_once, line) for line in new})
    with TemporaryDirectory() as directory:
        path = Path(directory) / "old"
        path.write_bytes(b"HEAD\n" + b"".join(sorted(old)))
        target = io.BytesIO()
        with sorted_lines(path, start=len(b"HEAD\n")) as lines:
            patch(lines, sorted(changes.items()), target)
    assert target.getvalue() == b"".join(sorted({*old, *new} - (gone - set(new))))


def _once(line: bytes, _: list[bytes]) -> list[bytes]:
    return [line]


def test_turtle_has_one_thing_a_line_in_the_order_of_their_iris(tmp_path: Path) -> None:
    chance = random.Random(9)
    graphs = {source: {_statement(chance) for _ in range(100)} for source in SOURCES}
    release = _build(tmp_path, graphs, is_full=True)
    lines = [
        line for line in (release.dumps / "verkosto.ttl").read_text().splitlines() if not line.startswith("PREFIX")
    ]
    subjects = [line.partition(" ")[0] for line in lines]
    assert subjects == sorted(set(subjects))
    assert isomorphic(Graph().parse(release.dumps / "verkosto.ttl"), Graph().parse(data="\n".join(
        f"{line} ." for line in sorted(set().union(*graphs.values()))), format="nt"))  # fmt: skip


CONFIG = """base = "https://example.org"
{}"""
SOURCE = """[[source]]
name = "{0}"
loader = "tables"
path = "{0}"
licence = "https://example.org/"
title = {{ en = "{0}" }}
"""


def _write(directory: Path, **labels: str) -> Path:
    """A configuration of table sources, each of two themes with a label of its own."""
    for name, label in labels.items():
        (directory / name).mkdir(parents=True, exist_ok=True)
        (directory / name / "Themes.csv").write_text(f"id,label_fi\nt,{label}\nu,Toinen\n", encoding="utf-8")
    path = directory / "build.toml"
    path.write_text(CONFIG.format("".join(SOURCE.format(name) for name in labels)), encoding="utf-8")
    return path


def test_a_source_whose_files_are_the_same_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Mock(side_effect=extract)
    monkeypatch.setattr("loaders.build.extract", read)
    first = build(load(_write(tmp_path, a="Yksi", b="Kaksi")), tmp_path / "data")
    config = load(_write(tmp_path, a="Yksi", b="Kolme"))
    read.reset_mock()
    second = build(config, tmp_path / "data")
    assert [call.args[2].source for call in read.call_args_list] == ["b"]
    assert first.release.manifest.sources[0] == second.release.manifest.sources[0]
    assert [(report.source, report.read, report.loaded) for report in second.reports[:2]] == [("a", 2, 2), ("b", 2, 2)]
    read.reset_mock()
    build(load(_write(tmp_path, a="Yksi", b="Kaksi")), tmp_path / "other")
    whole = build(load(_write(tmp_path, a="Yksi", b="Kolme")), tmp_path / "other", is_full=True)
    assert read.call_count == 4
    for name in ("dumps/verkosto.nq", "report.json"):
        assert (second.release.directory / name).read_bytes() == (whole.release.directory / name).read_bytes()
    assert second.release.verify() == []


def test_a_source_is_read_again_when_its_title_or_the_code_that_reads_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _write(tmp_path, a="Yksi")
    build(load(path), tmp_path / "data")
    read = Mock(side_effect=extract)
    monkeypatch.setattr("loaders.build.extract", read)
    build(load(path), tmp_path / "data")
    assert read.call_count == 0
    path.write_text(path.read_text(encoding="utf-8").replace('en = "a"', 'en = "A"'), encoding="utf-8")
    build(load(path), tmp_path / "data")
    assert read.call_count == 1
    monkeypatch.setattr("loaders.inputs.code", lambda: "other code")
    build(load(path), tmp_path / "data")
    assert read.call_count == 2


def test_of_a_changed_source_only_the_changed_records_are_validated_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = Path(__file__).parent / "cases" / "tpr" / "small"
    (tmp_path / "s").mkdir()
    for path in case.glob("*.json"):
        if path.name != "report.json":
            (tmp_path / "s" / path.name).write_bytes(path.read_bytes())
    config = tmp_path / "build.toml"
    config.write_text(CONFIG.format(SOURCE.format("s")).replace("tables", "tpr"), encoding="utf-8")
    validated = Mock(side_effect=violations)
    monkeypatch.setattr("loaders.extraction.violations", validated)
    first = build(load(config), tmp_path / "data")
    lines = sum(len(call.args[0]) for call in validated.call_args_list)
    services = tmp_path / "s" / "services.json"
    text = services.read_text(encoding="utf-8")
    services.write_text(text.replace('"Esimerkkipalvelu"', '"Muuttunut palvelu"', 1), encoding="utf-8")
    validated.reset_mock()
    second = build(load(config), tmp_path / "data")
    again = sum(len(call.args[0]) for call in validated.call_args_list)
    assert second.is_new and 0 < again < lines / 4
    build(load(config), tmp_path / "other", is_full=True)
    whole = Releases(tmp_path / "other").current()
    assert second.release.manifest.content == whole.manifest.content
    assert second.reports[0].loaded == first.reports[0].loaded


@pytest.mark.parametrize(
    "name", ["dumps/verkosto.trig", "report.json", "statistics.json", "gone.jsonl", "store/CURRENT", "raw", "store"]
)
@pytest.mark.parametrize("is_full", [False, True])
def test_damage_in_any_file_of_the_release_before_is_neither_built_upon_nor_taken_over(
    name: str, is_full: bool, tmp_path: Path
) -> None:
    first = build(load(_write(tmp_path, a="Yksi", b="Kaksi")), tmp_path / "data").release
    if name in ("raw", "store"):
        path = max(
            (first.directory / name).rglob("*.gz" if name == "raw" else "*.sst"), key=lambda file: file.stat().st_size
        )
        path.write_bytes(path.read_bytes()[:-8] + b"damaged!")
    else:
        (first.directory / name).unlink()
    assert first.verify()
    second = build(load(_write(tmp_path, a="Yksi", b="Kolme")), tmp_path / "data", is_full=is_full)
    assert second.is_new and second.release.verify() == []


@pytest.mark.parametrize(
    "more",
    ['attribution = "City of A"\n', 'page = "https://example.org/a"\n', '[about]\naddress = "https://x.example"\n'],
)
def test_what_is_said_beside_the_graph_makes_a_new_release_too(more: str, tmp_path: Path) -> None:
    path = _write(tmp_path, a="Yksi")
    first = build(load(path), tmp_path / "data")
    about = 'title.en = "T"\ndescription.en = "D"\npublisher = { name = { en = "P" }, page = "https://example.org/" }\n'
    with path.open("a", encoding="utf-8") as file:
        file.write(more + (about if more.startswith("[about]") else ""))
    second, third = (build(load(path), tmp_path / "data") for _ in range(2))
    assert second.is_new and second.release.id != first.release.id and not third.is_new
    described = (second.release.dumps / "dcat.ttl").read_text(encoding="utf-8")
    assert "City of A" in described or "https://example.org/a" in described or "https://x.example" in described
