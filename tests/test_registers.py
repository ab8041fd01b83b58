"""The loaders of service registers: each directory below cases/{loader} is a source and what becomes of it."""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdflib import Graph
from rdflib.compare import isomorphic

from graph.knowledge import KnowledgeGraph
from graph.rawrecord import raw_record
from loaders.build import build
from loaders.config import load
from loaders.errors import LoaderError
from loaders.extraction import extract
from loaders.members import members
from loaders.report import Report
from loaders.source import Raw, fetch
from loaders.triples import SourceNames
from ontology.identifiers import Identifiers
from ontology.terms import RDF, VK

LOADERS = ("tpr", "ptv-general-descriptions")
CASES = sorted(case for loader in LOADERS for case in (Path(__file__).parent / "cases" / loader).iterdir())
NAMES = SourceNames(Identifiers("https://example.org"), "case")


def _raw(case: Path) -> Raw:
    return Raw({name: path for name, path in fetch(case, (".json",)).files.items() if name != "report.json"})


def _extract(loader: str, raw: Raw, workshop: Path) -> tuple[list[str], Report]:
    found = extract(loader, raw, NAMES, workshop)
    return list(found.statements), found.report


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}-{case.name}")
def test_the_files_of_a_register_become_what_their_case_expects(case: Path, tmp_path: Path) -> None:
    said, report = _extract(case.parent.name, _raw(case), tmp_path)
    found, expected = report.as_json(), json.loads((case / "report.json").read_text(encoding="utf-8"))
    assert {key: found[key] for key in expected} == expected
    assert report.triples == len(said)
    if (case / "expected.ttl").exists():
        # The day since when a record has been so is that of the test.
        graph = Graph().parse(data="".join(f"{line} .\n" for line in said if "#since>" not in line), format="nt")
        assert isomorphic(graph, Graph().parse(case / "expected.ttl"))


def _check_damaged(loader: str, raw: Raw) -> None:
    """Each record is loaded or named, or the whole source is refused with an error of ours."""
    with TemporaryDirectory() as workshop:
        try:
            said, report = _extract(loader, raw, Path(workshop))
        except LoaderError:
            return
    assert report.loaded + len(report.skipped) == report.read
    Graph().parse(data="".join(f"{line} .\n" for line in said), format="nt")


_FILES = [
    (case.parent.name, path) for case in CASES for path in sorted(case.glob("*.json")) if path.name != "report.json"
]
_ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_file_with_damaged_bytes_is_read_record_by_record_or_refused(data: st.DataObject) -> None:
    loader, path = data.draw(st.sampled_from(_FILES))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 10))):
        at = data.draw(st.integers(0, len(content) - 1))
        match data.draw(st.integers(0, 2)):
            case 0:
                content[at] ^= 1 << data.draw(st.integers(0, 7))
            case 1:
                content[at:at] = data.draw(st.binary(max_size=6))
            case _:
                del content[at : at + data.draw(st.integers(1, 30))]
    _check_damaged(loader, Raw({path.name: bytes(content)}))


def _damaged(data: st.DataObject, node: Any) -> Any:
    """A value of a record with something in it replaced by anything; also in lists and in JSON inside of strings."""
    if isinstance(node, str) and node.startswith('{"') and node.endswith("}") and data.draw(st.booleans()):
        return json.dumps(_damaged(data, json.loads(node)))[: data.draw(st.integers(1, 10_000))]
    if isinstance(node, dict) and node and data.draw(st.integers(0, 9)):
        key = data.draw(st.sampled_from(sorted(node)))
        return {**node, key: _damaged(data, node[key])}
    if isinstance(node, list) and node and data.draw(st.integers(0, 9)):
        at = data.draw(st.integers(0, len(node) - 1))
        return [*node[:at], _damaged(data, node[at]), *node[at + 1 :]]
    return data.draw(_ANY)


def _damaged_file(data: st.DataObject) -> tuple[str, str, bytes]:
    """A loader, a file's name and its content with damaged records."""
    loader, path = data.draw(st.sampled_from(_FILES))
    found = json.loads(path.read_bytes()) if path.parent.name != "broken" else [{"id": 1, "fi": {"title": "A"}}]
    records: list[Any] = list(found.values()) if isinstance(found, dict) else found
    return loader, path.name, json.dumps([_damaged(data, record) for record in records]).encode()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_records_with_values_of_any_type_and_nesting_are_loaded_or_named(data: st.DataObject) -> None:
    loader, name, content = _damaged_file(data)
    _check_damaged(loader, Raw({name: content}))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_what_is_loaded_of_damaged_records_can_be_published_and_shown(data: st.DataObject) -> None:
    loader, name, content = _damaged_file(data)
    with TemporaryDirectory() as directory:
        (Path(directory) / name).write_bytes(content)
        config = Path(directory) / "build.toml"
        config.write_text(
            f'base = "https://example.org"\n[[source]]\nname = "a"\nloader = "{loader}"\npath = "{name}"\n'
            'licence = "https://creativecommons.org/licenses/by/4.0/"\ntitle.en = "A"\nmax_skipped = 1.0\n'
        )
        try:
            release = build(load(config), Path(directory) / "data").release
        except LoaderError:
            return
        assert release.verify() == []
        graph = KnowledgeGraph(release)
        for iri in graph.subjects(RDF.type, VK.SourceRecord):
            shown = raw_record(release, unquote(iri.rpartition("/record/")[2]))
            assert shown is not None and shown.text
            assert graph.describe(iri, 5) is not None


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'"text"', "no JSON array or object"),
        (b"[{}, {}", "ends in the middle"),
        (b'[{"id": 1}] more', "goes on where it should end"),
        (b'[{"id": 1}}', "ends in the middle"),
        (b"[" * 100_000, "ends in the middle"),
        ('[{"id": 1}]'.encode("utf-16"), "no JSON array or object in UTF-8"),
        (b"", "no JSON array or object"),
    ],
)
def test_a_file_that_is_not_one_whole_list_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(LoaderError, match=message):
        _extract("tpr", Raw({"services.json": content}), tmp_path)


def _service(number: int) -> str:
    return json.dumps({"id": number, "fi": {"title": f"Palvelu {number}"}, "sv": [], "en": []})


@pytest.mark.parametrize(
    ("damage", "named"),
    [
        (lambda lines: [lines[0], lines[1][:-1], *lines[2:]], {"services/2"}),
        (lambda lines: [*lines[:3], lines[3] + "}", *lines[4:]], {"services record 5"}),
        (lambda lines: [lines[0], lines[1][:-1], *lines[2:4], lines[4] + "}", *lines[5:]], {"services/2"}),
        (
            lambda lines: [lines[0], lines[1].replace('2"', "2"), *lines[2:4], lines[4].replace('"Palvelu', "Palvelu")],
            {"services/2", "services/5"},
        ),
        (lambda lines: [*lines[:2], lines[2].replace('"id": 3', '"id" 3'), *lines[3:]], {"services/3"}),
        (lambda lines: [*lines[:2], lines[2].replace('"id": 3', '"id": null'), *lines[3:]], {"services record 3"}),
    ],
)
def test_a_missing_bracket_or_quote_costs_the_records_it_stands_in_and_no_other(
    damage: Callable[[list[str]], list[str]], named: set[str], tmp_path: Path
) -> None:
    lines = damage([_service(number) for number in range(1, 7)])
    _, report = _extract("tpr", Raw({"services.json": f"[{', '.join(lines)}]".encode()}), tmp_path)
    assert {skipped.record for skipped in report.skipped} == named
    assert report.loaded >= len(lines) - len(named) and report.loaded + len(report.skipped) == report.read


@pytest.mark.parametrize(
    "content",
    [
        '{"fi": {"title": "Palvelu"}, "sv": [], "en": [], "id": 7}',
        '[{"id": 6, "dept_id": "x", "fi": [], "sv": [], "en": []}, '
        '{"id": 7, "fi": {"title": "Palvelu", "description_short": "Lyhyt"}, "sv": []}]',
    ],
)
def test_what_a_file_holds_is_told_by_most_records_and_its_name(content: str, tmp_path: Path) -> None:
    said, report = _extract("tpr", Raw({"services.json": content.encode()}), tmp_path)
    assert report.skipped == [] and any("/id/service/case-7>" in line and "Palvelu" in line for line in said)


def test_texts_in_a_list_where_the_register_writes_an_empty_one_are_not_lost_unseen(tmp_path: Path) -> None:
    content = b'[{"id": 1, "fi": {"title": "A"}}, {"id": 2, "fi": [{"title": "B"}], "sv": [], "en": []}]'
    report = _extract("tpr", Raw({"services.json": content}), tmp_path)[1]
    assert [skipped.record for skipped in report.skipped] == ["services/2"]


def test_days_are_those_of_finland_and_odd_forms_of_times_are_left_out(tmp_path: Path) -> None:
    times = ["2020-01-01T23:30:00Z", "2020-01-01T23:30:00", "2024-W01", "20240101", "2024-W01-1", "2020-02-30T00:00:00"]
    units = [{"id": at, "name_fi": "A", "dept_id": "x", "created_time": time} for at, time in enumerate(times)]
    said, report = _extract("tpr", Raw({"units.json": json.dumps(units).encode()}), tmp_path)
    days = sorted(re.findall(r'/case-(\d)> <[^>]*created> "([^"]*)"', "\n".join(said)))
    assert days == [("0", "2020-01-02"), ("1", "2020-01-01")]
    assert report.dropped["units: created_time: this is no time in ISO form"].count == 4


def test_long_texts_without_spaces_are_cleaned_in_little_time(tmp_path: Path) -> None:
    """Without a bound these take minutes; nothing is timed here."""
    text = "a.b" * 100_000 + "@ 0"
    record = {
        "id": 1,
        "fi": {"title": "A", "description_long": text, "links": [{"url": "https://a.fi/" + "x" * 50_000}]},
    }
    assert _extract("tpr", Raw({"services.json": json.dumps([record]).encode()}), tmp_path)[1].loaded == 1


def test_a_file_of_another_kind_is_refused_with_advice(tmp_path: Path) -> None:
    with pytest.raises(LoaderError, match="holds none of services, errandservices"):
        _extract("tpr", Raw({"recipes.json": b'[{"salt": 1}]'}), tmp_path)


@settings(max_examples=200)
@given(st.lists(st.dictionaries(st.text(max_size=5), _ANY, max_size=3) | _ANY.filter(lambda v: v == v), max_size=6))
def test_the_members_of_a_list_are_found_where_they_stand(values: list[Any]) -> None:
    content = json.dumps(values, indent=1).encode()
    containers = [value for value in values if isinstance(value, (dict, list))]
    found = [member for member in members(io.BytesIO(content), "x") if member.content[:1] in (b"{", b"[")]
    assert [json.dumps(json.loads(member.content)) for member in found] == [json.dumps(value) for value in containers]
    assert all(content[member.start :].startswith(member.content) for member in found)
