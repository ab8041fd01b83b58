"""The tables loader: each directory below cases/tables is a source and what becomes of it."""

import csv
import datetime
import io
import json
import re
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import QueryResultsFormat, QuerySolutions, RdfFormat, Store
from rdflib import Graph
from rdflib.compare import isomorphic

from loaders.errors import LoaderError, UnreadableSource
from loaders.extraction import extract
from loaders.report import Report
from loaders.source import Raw, fetch
from loaders.tables import LOADER, SHEETS
from loaders.triples import SourceNames
from ontology.identifiers import Identifiers

CASES = sorted(path for path in (Path(__file__).parent / "cases" / "tables").iterdir())
NAMES = SourceNames(Identifiers("https://example.org"), "case")


def _raw(case: Path) -> Raw:
    found = fetch(case, LOADER.suffixes)
    return Raw({name: found.read(name) for name in found.files if name != "expected.csv"})


def _workbook(raw: Raw) -> Raw:
    """The same tables as one workbook, as Excel would save them."""
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for name in raw.files:
        content = raw.read(name)
        sheet = book.create_sheet(name.removesuffix(".csv"))
        text = content.decode("utf-8-sig")
        for row in csv.reader(io.StringIO(text), delimiter=";" if ";" in text.splitlines()[0] else ","):
            sheet.append(row)
    saved = io.BytesIO()
    book.save(saved)
    return Raw({"tables.xlsx": saved.getvalue()})


def _load(raw: Raw, names: SourceNames) -> tuple[list[str], Report]:
    with TemporaryDirectory() as workshop:
        found = extract("tables", raw, names, Path(workshop))
        return list(found.statements), found.report


WORKBOOK = _workbook(_raw(CASES[0].parent / "dates-and-lists")).read("tables.xlsx")


def _ntriples(statements: list[str]) -> str:
    return "".join(f"{statement} .\n" for statement in statements)


def _check(case: Path, raw: Raw) -> None:
    said, report = _load(raw, NAMES)
    expected = json.loads((case / "report.json").read_text())
    assert {skipped.record: skipped.reason for skipped in report.skipped} == expected["skipped"]
    assert sorted(report.warnings) == sorted(expected["warnings"])
    assert (report.read, report.loaded, report.triples) == (expected["read"], expected["loaded"], len(said))
    if (case / "expected.ttl").exists():
        # Where a row stands depends on the form of the file; the next test but one looks at that.
        about = [line for line in said if not re.search(r"#(inFile|selector|fingerprint|since)> ", line)]
        found = Graph().parse(data=_ntriples(about), format="nt")
        assert isomorphic(found, Graph().parse(case / "expected.ttl"))
    if (case / "query.rq").exists():
        store = Store()
        store.load(_ntriples(said), format=RdfFormat.N_TRIPLES)
        answer = store.query((case / "query.rq").read_text())
        assert isinstance(answer, QuerySolutions)
        table = answer.serialize(format=QueryResultsFormat.CSV)
        assert table is not None
        assert table.decode().replace("\r\n", "\n") == (case / "expected.csv").read_text()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_folder_of_csv_files_becomes_what_its_case_expects(case: Path) -> None:
    _check(case, _raw(case))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_same_tables_as_a_workbook_say_the_same(case: Path) -> None:
    _check(case, _workbook(_raw(case)))


def test_a_record_says_where_it_stands_and_since_when(tmp_path: Path) -> None:
    content = '\ufeffid,label_fi\nt1,Teema\nt2,"Toinen\nteema"\n'.encode()
    found = extract("tables", Raw({"Themes.csv": content}), NAMES, tmp_path)
    assert [line.split("\t") for line in found.places] == [
        ["Themes-t1", "Themes.csv", "15", "9"],
        ["Themes-t2", "Themes.csv", "24", "18"],
    ]
    assert content[24 : 24 + 18].decode() == 't2,"Toinen\nteema"\n'
    said = {line.partition("> <")[2] for line in found.statements if "record/case-Themes-t1>" in line}
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    assert 'https://w3id.org/verkosto#inFile> "Themes.csv"' in said
    assert 'https://w3id.org/verkosto#selector> "Themes: id t1"' in said
    assert f'https://w3id.org/verkosto#since> "{today}"^^<http://www.w3.org/2001/XMLSchema#date>' in said


def test_a_workbook_with_dates_and_numbers_is_read_as_its_reader_sees_it(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Documents"
    for row in (["id", "label_fi", "date"], [17, "Päivätty", datetime.datetime(2017, 12, 14)], [None, None, None]):
        sheet.append(row)
    cities = book.create_sheet("Organisations")
    for row in (["id", "type", "label_fi", "code"], ["hki", "city", "Helsinki", 91]):
        cities.append(row)
    cities["D2"].number_format = "000"
    notes = book.create_sheet("Muistiinpanot")
    notes.append(["Tarkista vielä", "päiväykset"])
    book.save(tmp_path / "t.xlsx")
    said, report = _load(fetch(tmp_path / "t.xlsx", LOADER.suffixes), NAMES)
    assert (report.read, report.loaded) == (2, 2)
    assert any("document/case-17>" in line and '"2017-12-14"' in line for line in said)
    assert any("notation" in line and '"091"' in line for line in said)
    assert [warning.partition(":")[0] for warning in report.warnings] == ["Muistiinpanot"]


def test_a_sheet_that_stands_in_two_files_is_refused() -> None:
    themes = Raw({"Themes.csv": b"id,label_fi\nt,Teema\n"})
    with pytest.raises(UnreadableSource, match="Themes stands in two files"):
        LOADER.read(Raw({**themes.files, **_workbook(themes).files}), Report("case"))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("Documents.csv", b"id,label_fi\nd1,\xff\xfe\n", "line 2: not UTF-8"),
        ("Documents.csv", b'id,label_fi\nd1,"open\n', "check the quotes"),
        ("Documents.csv", b"id,label_fi,label_fi\nd1,a,b\n", "'label_fi' stands there twice"),
        ("Documents.csv", b"label_fi\nMalli\n", "no column 'id'"),
        ("Documents.csv", b"id,label_fi\nd1,\0\n", "NUL"),
        ("tables.xlsx", b"PK\x03\x04 this is no archive", "not an XLSX workbook"),
        ("tables.xlsx", b"", "not an XLSX workbook"),
        ("tables.xlsx", WORKBOOK[: len(WORKBOOK) // 2], "not an XLSX workbook"),
    ],
)
def test_a_broken_file_is_refused_whole_with_its_place(name: str, content: bytes, message: str) -> None:
    good = b"id,label_fi\nt1,Teema\n"
    with pytest.raises(UnreadableSource, match=message):
        list(LOADER.read(Raw({"Themes.csv": good, name: content}), Report("case")))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_damaged_workbook_is_read_or_refused_with_an_error_of_ours(data: st.DataObject) -> None:
    workbook = bytearray(WORKBOOK)
    for _ in range(data.draw(st.integers(1, 8))):
        position = data.draw(st.integers(0, len(workbook) - 1))
        workbook[position] ^= 1 << data.draw(st.integers(0, 7))
    report = Report("case")
    try:
        records = list(LOADER.read(Raw({"tables.xlsx": bytes(workbook)}), report))
    except LoaderError:
        return
    assert len(records) + len(report.skipped) == report.read


def test_the_size_a_workbook_states_of_a_sheet_is_not_believed() -> None:
    source = zipfile.ZipFile(io.BytesIO(WORKBOOK))
    saved = io.BytesIO()
    with source, zipfile.ZipFile(saved, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, re.sub(rb'<dimension ref="[^"]*"', b'<dimension ref="A1:B2"', content))
    report = Report("case")
    read = len(list(LOADER.read(Raw({"tables.xlsx": saved.getvalue()}), report)))
    assert (read, report.read) == (6, 6)


def test_control_characters_are_taken_out_and_told_of() -> None:
    said, report = _load(Raw({"Themes.csv": b"id,label_fi\nt1,Tee\x07ma\x1b\n"}), NAMES)
    assert any('"Teema"@fi' in line for line in said)
    assert report.warnings == ["Themes: control characters were taken out of 1 cells"]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from([f"{name}.csv" for name in SHEETS]), st.binary(max_size=200), min_size=1))
def test_any_bytes_are_loaded_or_refused_with_an_error_of_ours(files: dict[str, bytes]) -> None:
    report = Report("case")
    try:
        records = list(LOADER.read(Raw(files), report))
    except LoaderError:
        return
    assert len(records) + len(report.skipped) == report.read


_CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(_CELLS, _CELLS, _CELLS, _CELLS, _CELLS), max_size=6))
def test_every_row_is_loaded_or_named(rows: list[tuple[str, ...]]) -> None:
    text = io.StringIO()
    table = csv.writer(text, quoting=csv.QUOTE_ALL)
    table.writerows([("id", "label_fi", "themes", "date", "pages"), *rows])
    raw = Raw({"Documents.csv": text.getvalue().encode(), "Themes.csv": b"id,label_fi\nt1,Teema\n"})
    try:
        said, report = _load(raw, NAMES)
    except UnreadableSource as error:
        assert "NUL" in str(error)
        return
    assert report.loaded + len(report.skipped) == report.read
    Graph().parse(data=_ntriples(said), format="nt")


def test_the_documentation_shows_every_sheet_and_column_of_the_template() -> None:
    root = Path(__file__).parent.parent
    sections = dict(
        part.split("\n", 1) for part in (root / "docs" / "tables.md").read_text(encoding="utf-8").split("\n## ")[1:]
    )
    bundled = fetch(root / "loaders" / "six_cities", LOADER.suffixes)
    for name in SHEETS:
        assert name in sections
        header = bundled.read(f"{name}.csv").decode() if f"{name}.csv" in bundled.files else "id"
        for column in header.splitlines()[0].split(","):
            shown = re.sub("_(fi|sv|en|cs)$", "_…", column)
            assert f"`{shown}`" in sections[name] + sections["Columns of every sheet"], f"{name}: {shown}"
