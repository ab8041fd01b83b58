"""CORDIS's CSV files: fixtures of ours, and real rows against a recount of theirs."""

import csv
import json
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rdflib import Graph, Namespace
from rdflib.compare import isomorphic
from stdnum.fi import ytunnus

from loaders.errors import LoaderError
from loaders.extraction import BATCH, extract
from loaders.source import Raw, fetch
from loaders.triples import SourceNames
from ontology.identifiers import Identifiers
from ontology.terms import PREFIXES

CASES = Path(__file__).parent / "cases" / "cordis"
NAMES = SourceNames(Identifiers("https://example.org"), "case")
S66, VK, SKOS = (Namespace(PREFIXES[prefix]) for prefix in ("s66", "vk", "skos"))
HEADER = "projectID;projectAcronym;organisationID;vatNumber;name;activityType;role;ecContribution"


def _graph(lines: object) -> Graph:
    said = "".join(f"{line} .\n" for line in lines if "#since>" not in line)  # type: ignore[attr-defined]
    return Graph().parse(data=said, format="nt")


@pytest.mark.parametrize("case", sorted(CASES.iterdir()), ids=lambda case: case.name)
def test_projects_and_partners_become_what_their_case_expects(case: Path, tmp_path: Path) -> None:
    found = extract("cordis", fetch(case, (".csv",)), NAMES, tmp_path)
    expected = json.loads((case / "report.json").read_text(encoding="utf-8"))
    report = found.report.as_json()
    assert {key: report[key] for key in expected} == expected
    assert isomorphic(_graph(found.statements), Graph().parse(case / "expected.ttl"))


def test_a_file_that_is_neither_of_the_two_is_refused_and_beside_them_warned_of(tmp_path: Path) -> None:
    with pytest.raises(LoaderError, match=r"a\.csv: neither projects nor organisations of CORDIS"):
        extract("cordis", Raw({"a.csv": b"a;b\n1;2\n"}), NAMES, tmp_path / "1")
    files = {path.name: path.read_bytes() for path in (CASES / "both").glob("*.csv")}
    report = extract("cordis", Raw({**files, "topics.csv": b"a;b\n1;2\n"}), NAMES, tmp_path / "2").report
    assert any(warning.startswith("topics.csv holds neither") for warning in report.warnings)


def test_an_organisation_with_two_names_in_rows_far_apart_keeps_the_first_and_has_the_other(tmp_path: Path) -> None:
    rows = [f"{number};P;77;FI1;{'LATER' if number > 100_000 + BATCH else 'FIRST'} OY;PRC;participant;1"
            for number in range(100_000, 100_000 + 3 * BATCH)]  # fmt: skip
    found = extract("cordis", Raw({"organization.csv": "\n".join([HEADER, *rows]).encode()}), NAMES, tmp_path)
    assert found.report.loaded == len(rows)
    about = [
        line.split(" ", 1)[1] for line in found.statements if line.startswith("<https://example.org/id/organisation/")
    ]
    assert [line for line in about if "#label>" in line] == [f'<{PREFIXES["rdfs"]}label> "FIRST OY"@und']
    assert f'<{PREFIXES["skos"]}altLabel> "LATER OY"@und' in about


def test_no_role_has_days_as_partners_have_none(tmp_path: Path) -> None:
    graph = _graph(extract("cordis", fetch(CASES / "both", (".csv",)), NAMES, tmp_path).statements)
    schema = Namespace(PREFIXES["schema"])
    dated = {*graph.subjects(schema.startDate), *graph.subjects(schema.endDate)}
    assert dated and all("/project/" in str(subject) for subject in dated)


@pytest.mark.parametrize(
    ("country", "said", "left_out"),
    [
        ("UK", "GB", None),
        ("EL", "GR", None),
        ("XK", "XK", None),
        ("DE;HU", None, "several countries in the place of one; they are kept with the source record"),
        ("Suomi", None, "this is no code of two letters"),
        ("", None, None),
    ],
)
def test_countries_are_codes_of_iso_3166_and_what_is_none_is_left_out(
    country: str, said: str | None, left_out: str | None, tmp_path: Path
) -> None:
    text = f'{HEADER};country;city\n100000;P;77;DE1;LAMPS GMBH;PRC;participant;1;"{country}";\n'
    found = extract("cordis", Raw({"organization.csv": text.encode()}), NAMES, tmp_path)
    graph = _graph(found.statements)
    codes = [str(code) for code in graph.objects(None, Namespace(PREFIXES["locn"]).adminUnitL1)]
    assert codes == ([] if said is None else [said])
    assert list(found.report.dropped) == ([] if left_out is None else [f"organisations: country: {left_out}"])
    kept = [str(value) for value in graph.objects(None, VK.otherColumn)]
    assert kept == (["country: DE;HU"] if country == "DE;HU" else [])


def test_of_a_trader_called_like_a_person_no_more_than_the_country_is_told(tmp_path: Path) -> None:
    header = f"{HEADER};street;postCode;city;country"
    rows = ["100000;P;77;IT1;STUDIO BIANCHI;PRC;participant;1;Via Roma 2;00187;Roma;IT",
            "100000;P;78;IT2;LUCE SRL;PRC;participant;1;Via Roma 3;00188;Torino;IT"]  # fmt: skip
    found = extract("cordis", Raw({"organization.csv": "\n".join([header, *rows]).encode()}), NAMES, tmp_path)
    said = " ".join(found.statements)
    assert '"00188"' in said and '"Torino"@und' in said and said.count('adminUnitL1> "IT"@und') == 2
    assert not [text for text in ("00187", "Roma", "IT1") if f'"{text}' in said] and "Via Roma" not in said
    assert [line.split("\t")[0] for line in found.places] == ["organisations-100000-78-participant"], "no raw page"


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_damaged_files_are_read_row_by_row_or_refused(data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(sorted((CASES / "both").glob("*.csv"))))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 10))):
        at = data.draw(st.integers(0, len(content) - 1))
        content[at : at + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=6))
    with TemporaryDirectory() as workshop:
        try:
            report = extract("cordis", Raw({path.name: bytes(content)}), NAMES, Path(workshop)).report
        except LoaderError:
            return
    assert report.read == report.loaded + len(report.skipped)


def test_real_rows_are_loaded_with_their_roles_names_and_money(shared: Path, tmp_path: Path) -> None:
    path = shared / "cordis" / "organization.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    found = extract("cordis", fetch(path, (".csv",)), NAMES, tmp_path)
    assert (found.report.read, found.report.loaded) == (len(rows), len(rows)) == (6, 6)
    graph = _graph(found.statements)
    names = {str(label) for label in graph.objects(None, SKOS.prefLabel)}
    assert names == {row["name"] for row in rows}
    money = {"ecContribution": "granted", "netEcContribution": "granted-net", "totalCost": "planned"}
    for column, kind in money.items():
        of_kind = graph.subjects(VK.amountKind, VK[f"amountKinds-{kind}"])
        amounts = [graph.value(amount, S66.value) for amount in of_kind]
        given = [Decimal(row[column].replace(",", ".")) for row in rows if row[column]]
        assert sorted(Decimal(str(amount)) for amount in amounts) == sorted(given), column
    words = {"thirdParty": "third-party", "partner": "associated-partner"}
    for row in rows:
        role = VK[f"roles-{words.get(row['role'], row['role'])}"]
        held = [who for one in graph.subjects(VK.role, role) for who in graph.objects(one, VK.participant)]
        assert row["organisationID"] in {str(who).rpartition("-")[2] for who in held}
    known = {str(found) for found in graph.objects(None, Namespace(PREFIXES["org"]).identifier)}
    assert {row["organisationID"] for row in rows} <= known
    assert {row["vatNumber"] for row in rows if row["vatNumber"]} <= known
    locn = Namespace(PREFIXES["locn"])
    iso = {"UK": "GB", "EL": "GR"}
    found_at = sorted(
        (str(who).rpartition("-")[2], *(str(graph.value(at, part) or "") for part in parts))
        for parts in [(locn.adminUnitL1, locn.postCode, locn.postName)]
        for who, at in graph.subject_objects(locn.address)
    )
    assert found_at == sorted(
        (row["organisationID"], iso.get(row["country"], row["country"]), row["postCode"], row["city"]) for row in rows
    )
    assert {place[1] for place in found_at} == {"GB", "GR", "XK", "HK", "ES"}
    said = {str(text) for text in graph.objects()}
    assert not [row["street"] for row in rows if row["street"] in said]
    assert ytunnus.is_valid("1234567-1"), "the number in the fixture has a right check digit"
