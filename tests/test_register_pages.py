"""What people see of service registers: services, raw records, groups, the report; on sources written for the tests."""

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import QuerySolutions
from starlette.testclient import TestClient

from graph.errors import InvalidShapes
from graph.release import Release
from graph.store import open_read_only
from loaders.build import Built, build
from loaders.config import load
from loaders.errors import InvalidConfig
from sparql.limits import Limits
from web.app import create_app

CASES = Path(__file__).parent / "cases"
SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> .
<https://example.org/shapes#Service> a sh:NodeShape ; sh:targetClass <http://purl.org/vocab/cpsv#PublicService> ;
    sh:property [ sh:path <http://data.europa.eu/m8g/hasCompetentAuthority> ; sh:minCount 1 ] .
"""


def _config(directory: Path, shapes: str = SHAPES) -> Path:
    licence = "https://creativecommons.org/licenses/by/4.0/"
    (directory / "shapes.ttl").write_text(shapes, encoding="utf-8")
    sources = (("a", "tpr", "tpr/small"), ("b", "tpr", "tpr/broken"), ("d", "ptv-general-descriptions",
               "ptv-general-descriptions/small/gd.json"))  # fmt: skip
    tables = "".join(
        f'[[source]]\nname = "{name}"\nloader = "{loader}"\npath = "{directory / name}"\nlicence = "{licence}"\n'
        f'title.fi = "Lähde {name}"\nmunicipality = "091"\nmax_skipped = 1.0\n'
        for name, loader, _ in sources
    )
    for name, _, case in sources:
        path = CASES / case
        (directory / name).mkdir(exist_ok=True)
        for file in [path] if path.is_file() else path.glob("*.json"):
            if file.name != "report.json":
                (directory / name / file.name).write_bytes(file.read_bytes())
    config = directory / "build.toml"
    config.write_text(
        f'base = "https://example.org"\n{tables}\n[[shapes]]\nname = "Our own"\npath = "shapes.ttl"\n', encoding="utf-8"
    )
    return config


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A release of three small registers."""
    directory = tmp_path_factory.mktemp("registers")
    return build(load(_config(directory)), directory / "data")


@pytest.fixture(scope="module")
def site(built: Built) -> Iterator[TestClient]:
    """The application over it."""
    with TestClient(create_app(built.release, Limits(workers=1)), follow_redirects=False) as client:
        yield client


def _page(site: TestClient, path: str) -> str:
    answer = site.get(path)
    assert answer.status_code == 200, path
    return html.unescape(answer.text)


def test_a_service_page_shows_who_is_responsible_whom_it_serves_and_its_national_description(site: TestClient) -> None:
    page = _page(site, "/fi/service/a-101")
    for text in (
        "Esimerkkipalvelu",
        "Exempeltjänst",
        "Esimerkkien toimiala",
        "Yritykset ja yhteisöt",
        "maahanmuuttajat",
        "Työttömäksi jääminen",
        "Esimerkin hakeminen",
        "Esimerkkitalo",
        "Lue lisää",
        "Arkisin klo 8–16",
        "Esimerkkien pohjakuvaus",
        "Kunta antaa esimerkkejä.",
        "Asiointien kanavat",
        "Hae verkossa",
    ):
        assert text in page, text
    assert "Example service for newcomers" in page.partition("Sama muualla")[2].partition("<section>")[0]


def test_what_is_inherited_is_not_said_of_the_service_itself(built: Built) -> None:
    query = """ASK { <https://example.org/id/service/a-101> ?p ?o ; <https://w3id.org/verkosto#basedOn> ?d . ?d ?q ?o
                FILTER (isLiteral(?o)) }"""
    assert not open_read_only(built.release.store).query(query)


def test_a_service_that_is_only_announced_has_a_page_that_says_so(site: TestClient) -> None:
    page = _page(site, "/en/service/a-103")
    assert "a-103" in page and "announced only" in page


def test_long_lists_of_links_lead_to_all_of_them(site: TestClient) -> None:
    listed = _page(site, "/en/service/a-101?outgoing=https://w3id.org/verkosto%23hasErrand")
    assert "Links from here" in listed and "Esimerkin hakeminen" in listed
    assert site.get("/en/service/a-101?outgoing=https://example.org/nothing").status_code == 404


def test_what_is_only_mentioned_says_so_and_has_no_empty_name(site: TestClient) -> None:
    page = _page(site, "/en/errand/a-599")
    assert "No source describes this; it is only mentioned." in page and "<dt>Name</dt>" not in page


def test_a_role_is_shown_once_though_it_is_said_in_two_vocabularies(site: TestClient) -> None:
    page = _page(site, "/en/participation/a-service-point-301-11111111-0000-4000-8000-000000000001-producer")
    assert page.count("Esimerkkien toimiala") == 1
    assert "<dd>yes</dd>" in _page(site, "/en/channel/a-701") and "<dd>kyllä</dd>" in _page(site, "/fi/channel/a-701")


def test_a_raw_record_is_one_click_away_and_shows_no_person(site: TestClient) -> None:
    page = _page(site, "/en/service/a-101")
    assert 'href="/en/record/a-services-101"' in page
    record = _page(site, "/en/record/a-services-101")
    shown = record.partition("<pre")[2].partition("</pre>")[0]
    assert '"title": "Esimerkkipalvelu"' in shown and "neuvonta@example.fi" in shown and "[…]" in shown
    unit = _page(site, "/en/record/a-units-301")
    for page in (record, unit):
        assert not re.search("Meikäläinen|040 123 4567|meikalainen@", page)
    # What belongs to a named person goes with the name.
    assert "09 310 1694" in unit and "09 310 1693" not in unit and "Johtaja" not in unit


def test_a_deep_tree_and_one_that_bites_its_tail_are_shown_whole(tmp_path: Path) -> None:
    chain: list[dict[str, Any]] = [
        {"id": f"d{n}", "parent_id": f"d{n - 1}" if n else None, "name_fi": f"Osasto {n}"} for n in range(1500)
    ]
    ring: list[dict[str, Any]] = [
        {"id": "r1", "parent_id": "r2", "name_fi": "Yksi"},
        {"id": "r2", "parent_id": "r1", "name_fi": "Kaksi"},
    ]
    departments = [{**row, "hierarchy_level": 1} for row in [*chain, *ring]]
    (tmp_path / "departments.json").write_text(json.dumps(departments), encoding="utf-8")
    (tmp_path / "build.toml").write_text(
        'base = "https://example.org"\n[[source]]\nname = "a"\nloader = "tpr"\npath = "departments.json"\n'
        'licence = "https://creativecommons.org/licenses/by/4.0/"\ntitle.fi = "A"\n'
    )
    release = build(load(tmp_path / "build.toml"), tmp_path / "data").release
    with TestClient(create_app(release, Limits(workers=1))) as client:
        page = _page(client, "/fi/tree/department")
    names = re.findall(r">(Osasto \d+|Yksi|Kaksi)</a>", page)
    assert sorted(names) == sorted(row["name_fi"] for row in departments)


def test_a_failed_attempt_is_told_of_beside_what_is_kept(tmp_path: Path) -> None:
    config = _config(tmp_path)
    config.write_text(config.read_text().replace("max_skipped = 1.0", "max_skipped = 0.3", 1), encoding="utf-8")
    before = build(load(config), tmp_path / "data").release
    services = json.loads((tmp_path / "a" / "services.json").read_text(encoding="utf-8"))
    for name in ("services", "errandservices", "units", "unitservices", "departments"):
        records = json.loads((tmp_path / "a" / f"{name}.json").read_text(encoding="utf-8"))
        listed = list(records.values()) if isinstance(records, dict) else records
        broken = [{**record, "id": [], "unit_id": []} for record in listed]
        (tmp_path / "a" / f"{name}.json").write_text(json.dumps(broken), encoding="utf-8")
    (tmp_path / "b" / "services.json").write_text(json.dumps(services), encoding="utf-8")
    built = build(load(config), tmp_path / "data")
    assert built.is_new and built.reports[0].kept
    kept = next(source for source in built.release.report["sources"] if source["source"] == "a")
    was = next(source for source in before.report["sources"] if source["source"] == "a")
    assert (kept["read"], kept["loaded"], kept["skipped"]) == (was["read"], was["loaded"], was["skipped"])
    with TestClient(create_app(built.release, Limits(workers=1))) as client:
        assert "The last attempt to read it failed:" in _page(client, "/en/report")
        assert "services record 1" in _page(client, "/en/report/a?what=attempt")


def test_raw_files_are_not_for_download(site: TestClient, built: Built) -> None:
    raw = [name for name in built.release.manifest.files if name.startswith("raw/")]
    assert raw
    for name in raw:
        assert site.get(f"/data/{built.release.id}/{name}").status_code == 404


def test_a_department_page_shows_its_place_in_the_tree(site: TestClient) -> None:
    page = _page(site, "/en/department/a-11111111-0000-4000-8000-000000000001")
    assert "City of Example" in page and "Esimerkkipalvelu" in page
    assert 'a> › <a href="/en/department/a-11111111-0000-4000-8000-000000000009">City of Example' in page
    assert "Esimerkkien toimiala" in _page(site, "/en/department/a-11111111-0000-4000-8000-000000000009")
    tree = re.sub(r"\s+", " ", _page(site, "/en/tree/department"))
    assert re.search(r'City of Example</a><ul class="list"> ?<li><a [^>]*><span[^>]*>Esimerkkien toimiala', tree)
    assert "As a tree" in _page(site, "/en/department")
    assert "Kulttuuri" in _page(site, "/fi/tree/tree-node") and site.get("/fi/tree/city").status_code == 404


def test_services_are_listed_by_target_group_life_event_and_theme(site: TestClient) -> None:
    groups = _page(site, "/en/services-by/target-groups")
    assert re.search(r'<code>KR2</code> <a href="/en/services-by/target-groups/KR2">Businesses', groups)
    assert re.search(r"<code>IMMIGRANTS</code> <a", groups)
    assert "Esimerkkipalvelu" in _page(site, "/fi/services-by/target-groups/KR2")
    assert "Esimerkkien pohjakuvaus" in _page(site, "/fi/services-by/life-events/KE8")
    assert "Esimerkkien pohjakuvaus" in _page(site, "/fi/services-by/themes/P1")
    # Themes are the national description's alone: a service is counted by way of it, in the broader theme too.
    themes = _page(site, "/en/services-by/themes")
    assert 'href="/en/services-by/themes/P1?kind=inherited">1</a>' in themes
    inherited = _page(site, "/en/services-by/themes/P1?kind=inherited")
    assert "Esimerkkipalvelu" in inherited and "Esimerkkien pohjakuvaus" not in inherited
    assert site.get("/sv/services-by").headers["location"] == "/sv/services-by/target-groups"
    for missing in (
        "/en/services-by/themes/P1?kind=colour",
        "/en/services-by/themes/P1?page=2",
        "/en/services-by/colours",
        "/en/services-by/themes/P99",
        "/en/services-by/colours/red",
    ):
        assert site.get(missing).status_code == 404


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_each_number_of_the_report_leads_to_its_records(site: TestClient, language: str) -> None:
    report = _page(site, f"/{language}/report")
    links = dict(re.findall(rf'href="(/{language}/re[^"]+)">([\d  ,.]+)</a>', report))
    assert len(links) > 8
    for address, number in links.items():
        page = _page(site, address)
        count = re.search(r'<span class="count">([^<]+)</span>', page)
        assert count is not None and re.sub(r"\D", "", count[1]) == re.sub(r"\D", "", number), address
    skipped = _page(site, f"/{language}/report/b?what=skipped")
    for record in ("services/yksi", "services/3", "services/4", "services/5", "services record 7", "services record 8"):
        assert record in skipped
    assert site.get(f"/{language}/report/nobody").status_code == 404
    assert site.get(f"/{language}/report/a?what=nothing").status_code == 404


def test_shapes_that_only_report_are_counted_by_municipality_and_class(site: TestClient, built: Built) -> None:
    found = {
        (entry["source"], entry["path"].rpartition("/")[2]): entry["count"] for entry in built.release.report["shapes"]
    }
    assert found == {("a", "hasCompetentAuthority"): 1, ("b", "hasCompetentAuthority"): 2}
    assert re.search(r"Our own</th><td>.*Helsinki.*cpsv:PublicService", _page(site, "/en/report"))


def test_the_quality_of_a_source_is_in_the_graph(built: Built) -> None:
    query = """SELECT ?metric ?value { ?m a dqv:QualityMeasurement ; dqv:value ?value ;
                 dqv:isMeasurementOf/skos:notation ?metric ; dqv:computedOn <https://example.org/id/graph/b> }"""
    prefixes = {"dqv": "http://www.w3.org/ns/dqv#", "skos": "http://www.w3.org/2004/02/skos/core#"}
    answer = open_read_only(built.release.store).query(query, prefixes=prefixes)
    assert isinstance(answer, QuerySolutions)
    assert {row["metric"].value: row["value"].value for row in answer} == {
        "read": "12", "loaded": "3", "skipped": "9", "dropped": "4",
    }  # fmt: skip


def test_the_same_registers_again_make_no_new_release(built: Built, tmp_path: Path) -> None:
    directory = built.release.directory.parent.parent.parent
    again = build(load(directory / "build.toml"), directory / "data")
    assert (again.release, again.is_new) == (Release(built.release.directory), False)


def test_shapes_and_municipalities_that_are_none_are_refused_with_advice(tmp_path: Path) -> None:
    config = _config(tmp_path, "this is no Turtle")
    with pytest.raises(Exception, match="are not Turtle"):
        build(load(config), tmp_path / "data")
    bad = (
        SHAPES
        + """<https://example.org/shapes#Other> a sh:NodeShape ; sh:targetClass
        <http://purl.org/vocab/cpsv#PublicService> ; sh:sparql [ sh:select "SELECT $this WHERE { bad" ] ."""
    )
    (tmp_path / "shapes.ttl").write_text(bad, encoding="utf-8")
    with pytest.raises(InvalidShapes, match="are not SHACL that can be run"):
        build(load(config), tmp_path / "data")
    config.write_text(config.read_text().replace('municipality = "091"', 'municipality = "91"', 1))
    with pytest.raises(InvalidConfig, match="the code of no municipality"):
        load(config)
    config.write_text(config.read_text().replace('municipality = "91"', 'municipality = "091"', 1))
    (tmp_path / "shapes.ttl").unlink()
    with pytest.raises(InvalidConfig, match=r"shapes\.ttl can't be read"):
        build(load(config), tmp_path / "data")
