"""Pages, linked data and downloads, through the application's door."""

import gzip
import html
import json
import re
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, QuerySolutions, RdfFormat, Store, parse
from starlette.testclient import TestClient

from graph.release import Release
from loaders.build import build
from loaders.config import load
from ontology.identifiers import Kind
from sparql.limits import Limits
from web.app import create_app

BASE = "https://w3id.org/verkosto"
LANGUAGES = ("fi", "sv", "en")
MEDIA_TYPES = {
    "ttl": ("text/turtle", RdfFormat.TURTLE),
    "jsonld": ("application/ld+json", RdfFormat.JSON_LD),
    "nt": ("application/n-triples", RdfFormat.N_TRIPLES),
    "rdf": ("application/rdf+xml", RdfFormat.RDF_XML),
}


@pytest.fixture(scope="module")
def subjects(release: Release) -> list[str]:
    """Every thing in the graph that has an identifier of ours."""
    quads = parse(path=str(release.dumps / "verkosto.nq"), format=RdfFormat.N_QUADS)
    found = {quad.subject.value for quad in quads if isinstance(quad.subject, NamedNode)}
    return sorted(iri for iri in found if iri.startswith(f"{BASE}/id/"))


def test_every_resource_has_a_page_in_each_language(client: TestClient, subjects: list[str]) -> None:
    assert len(subjects) > 300
    for iri in subjects:
        for language in LANGUAGES:
            page = client.get(f"/{language}/{iri.removeprefix(f'{BASE}/id/')}")
            assert page.status_code == 200, iri
            assert page.headers["content-language"] == language
            assert html.escape(iri) in page.text


def test_every_internal_link_of_every_kind_of_page_leads_somewhere(client: TestClient, subjects: list[str]) -> None:
    first_of_kind = {iri.split("/")[-2]: iri.removeprefix(f"{BASE}/id/") for iri in reversed(subjects)}
    pages = ["/en/", "/fi/themes-by-city", "/data/", "/def", *(f"/sv/{path}" for path in first_of_kind.values())]
    pages += [f"/en/{slug}" for slug in first_of_kind]
    links = set()
    for page in pages:
        text = client.get(page, headers={"Accept": "text/html"}).text
        links |= {html.unescape(link).partition("#")[0] for link in re.findall(r'(?:href|src|action)="(/[^"]*)"', text)}
    assert len(links) > 200
    for link in sorted(links):
        assert client.get(link, headers={"Accept": "text/html"}).status_code in (200, 302, 303), link


def test_a_page_shows_facts_links_out_and_in_with_counts_and_the_place_in_the_source(client: TestClient) -> None:
    page = client.get("/en/document/six-cities-d009").text
    assert "<h1>Model of co-development</h1>" in page
    assert "Helsinki_Yhteiskehittämisen_malli_v0.1.pptx" in page
    assert re.search(r'subject <span class="count">5</span>', page)
    assert re.search(r'assesses <span class="count">1</span>', page)
    assert 'href="/en/city/six-cities-091"' in page
    assert 'href="/en/assessment/six-cities-e2"' in page
    assert "Compilation of examples for the summary of 6Aika AOA" in page
    assert ">Table 1, Helsinki</a>" in page
    assert 'href="/en/record/six-cities-Documents-d009"' in page


def test_incoming_links_are_counted_whole_and_paged(client: TestClient, release: Release) -> None:
    page = client.get("/en/graph/six-cities").text
    total = next(source.loaded for source in release.manifest.sources if source.name == "six-cities")
    assert f'part of <span class="count">{total}</span>' in page
    more = html.unescape(re.search(r'href="(\?incoming=[^"]*)"', page)[1])  # type: ignore[index]
    listed = []
    address: str | None = f"/en/graph/six-cities{more}"
    while address:
        text = client.get(address).text
        listed += re.findall(r'<li><a href="(/en/record/[^"]*)"', text)
        following = re.search(r'href="(\?[^"]*)" rel="next"', text)
        address = f"/en/graph/six-cities{html.unescape(following[1])}" if following else None
    assert len(listed) == len(set(listed)) == total


@pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.slug)
def test_the_list_of_a_kind_holds_as_many_as_the_manifest_counts(
    client: TestClient, release: Release, kind: Kind
) -> None:
    count = release.manifest.counts.classes.get(kind.class_iri, 0)
    text = client.get(f"/fi/{kind.slug}").text
    assert f'<span class="count">{count}</span>' in text
    assert len(re.findall(r"<li><a href=\"/fi/", text)) == min(count, 100)


def test_a_name_in_another_language_says_so(client: TestClient) -> None:
    page = client.get("/sv/document/six-cities-d009").text
    assert '<h1><span lang="en">Model of co-development</span> <small class="tag">(på engelska)</small></h1>' in page


def test_the_language_links_lead_to_the_same_page(client: TestClient) -> None:
    page = client.get("/fi/document?theme=six-cities-t1&page=1").text
    assert 'href="/sv/document?theme=six-cities-t1&amp;page=1" lang="sv"' in page
    assert 'href="/data/?lang=en"' in client.get("/data/?lang=fi").text


@pytest.mark.parametrize(
    ("accept_language", "language"),
    [
        ("", "fi"),
        ("sv-FI,fi;q=0.5", "sv"),
        ("de,en;q=0.3", "en"),
        ("de", "fi"),
        ("fi;q=0.1,en;q=0.9", "en"),
        ("x;q=z", "fi"),
    ],
)
def test_the_start_page_follows_the_browsers_language(client: TestClient, accept_language: str, language: str) -> None:
    answer = client.get("/", headers={"Accept-Language": accept_language})
    assert (answer.status_code, answer.headers["location"]) == (302, f"/{language}/")
    assert "Accept-Language" in answer.headers["vary"]


@pytest.mark.parametrize(
    ("accept", "location"),
    [
        ("text/html", "/sv/city/six-cities-091"),
        ("text/turtle", "/doc/city/six-cities-091.ttl"),
        ("application/ld+json", "/doc/city/six-cities-091.jsonld"),
        ("application/n-triples", "/doc/city/six-cities-091.nt"),
        ("application/rdf+xml, text/html;q=0.5", "/doc/city/six-cities-091.rdf"),
        ("*/*", "/sv/city/six-cities-091"),
    ],
)
def test_an_identifier_answers_303_to_what_is_accepted(client: TestClient, accept: str, location: str) -> None:
    answer = client.get("/id/city/six-cities-091", headers={"Accept": accept, "Accept-Language": "sv"})
    assert (answer.status_code, answer.headers["location"]) == (303, location)
    assert "Accept" in answer.headers["vary"]


def test_an_identifier_in_no_acceptable_form_is_406(client: TestClient) -> None:
    assert client.get("/id/city/six-cities-091", headers={"Accept": "image/png"}).status_code == 406


@pytest.mark.parametrize("suffix", MEDIA_TYPES)
def test_a_data_document_says_what_the_graph_says(client: TestClient, suffix: str) -> None:
    media_type, format_ = MEDIA_TYPES[suffix]
    answer = client.get(f"/doc/city/six-cities-091.{suffix}")
    assert answer.headers["content-type"].partition(";")[0] == media_type
    store = Store()
    store.load(answer.content, format=format_)
    rows = store.query(
        f"SELECT ?place {{ <{BASE}/id/city/six-cities-091> <http://www.w3.org/ns/prov#wasDerivedFrom> ?record . "
        "?record <http://purl.org/dc/terms/source> ?place }"
    )
    assert isinstance(rows, QuerySolutions)
    assert len(list(rows)) == 7


@pytest.mark.parametrize(
    "address",
    [
        "/en/city/nowhere", "/en/nothing", "/de/city", "/id/city/nowhere", "/id/nothing/x", "/doc/city/nowhere.ttl",
        "/doc/city/six-cities-091.xyz", "/doc/city/six-cities-091", "/data/latest/nothing.nq",
        "/data/latest/..%2f..%2fmanifest.json", "/data/2001-01-01-00000000/verkosto.nq", "/en/document?page=0",
        "/en/document?page=x", "/en/city/six-cities-091?incoming=x", "/static/nothing.css", "/en/city/a%00b%ff",
    ],
)  # fmt: skip
def test_what_is_not_there_is_404_for_people_and_for_programs(client: TestClient, address: str) -> None:
    page = client.get(address, headers={"Accept": "text/html"})
    problem = client.get(address, headers={"Accept": "application/json"})
    assert page.status_code == problem.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert problem.headers["content-type"] == "application/problem+json"
    assert problem.json()["detail"]


def test_downloads_are_what_the_manifest_says(client: TestClient, release: Release) -> None:
    page = client.get("/data/?lang=en").text
    for name in ("verkosto.nq", "verkosto.ttl"):
        moved = client.get(f"/data/latest/{name}")
        assert (moved.status_code, moved.headers["location"]) == (302, f"/data/{release.id}/{name}")
        file = client.get(moved.headers["location"])
        entry = release.manifest.files[f"dumps/{name}"]
        assert len(file.content) == entry.bytes
        assert file.content == (release.dumps / name).read_bytes()
        assert "immutable" in file.headers["cache-control"]
        assert entry.sha256 in page
    part = client.get(f"/data/{release.id}/verkosto.nq", headers={"Range": "bytes=0-99"})
    assert (part.status_code, len(part.content)) == (206, 100)
    manifest = client.get(f"/data/{release.id}/manifest.json")
    assert json.loads(manifest.content)["id"] == release.id


def test_addresses_without_their_last_slash_lead_to_those_with_it(client: TestClient) -> None:
    assert client.get("/data").headers["location"] == "/data/"
    assert client.get("/sv").headers["location"] == "/sv/"
    assert client.get("/robots.txt").status_code == 404


def test_the_licence_shown_is_that_of_the_source(tmp_path: Path) -> None:
    (tmp_path / "Themes.csv").write_text("id,label_fi\nt,Teema\n")
    (tmp_path / "build.toml").write_text(
        'base = "https://example.org"\n[[source]]\nname = "x"\nloader = "tables"\npath = "."\n'
        'licence = "https://creativecommons.org/publicdomain/zero/1.0/"\ntitle = { en = "Themes of a city" }\n'
    )
    release = build(load(tmp_path / "build.toml"), tmp_path / "data").release
    with TestClient(create_app(release, Limits(workers=1))) as client:
        page = client.get("/data/?lang=en").text
        assert re.search(
            r"<dt>Themes of a city</dt><dd><a href=.https://creativecommons.org/publicdomain/zero/1.0/", page
        )
        assert "Themes of a city" in client.get("/en/").text


def test_the_ontology_is_a_page_for_people_and_turtle_for_programs(client: TestClient) -> None:
    page = client.get("/def?lang=sv", headers={"Accept": "text/html"}).text
    assert '<section id="ExampleAssessment">' in page
    assert "bedömning av exempel" in page
    assert client.get("/def", headers={"Accept": "text/turtle"}).headers["location"] == "/def.ttl"
    assert list(parse(client.get("/def.ttl").content, format=RdfFormat.TURTLE))
    assert list(parse(client.get("/def/shapes.ttl").content, format=RdfFormat.TURTLE))


def test_health_asks_the_graph_and_tells_release_and_age(client: TestClient, release: Release) -> None:
    body = client.get("/health").json()
    assert (body["status"], body["release"]) == ("ok", release.id)
    assert 0 <= body["age"] < 3600


def test_no_page_names_a_script_or_a_resource_from_elsewhere(client: TestClient) -> None:
    for address in ("/en/", "/en/city/six-cities-091", "/sparql?lang=en", "/data/", "/def", "/fi/themes-by-city"):
        answer = client.get(address, headers={"Accept": "text/html"})
        # What search engines read is no script: no browser runs it.
        assert set(re.findall(r"<script[^>]*>", answer.text)) <= {'<script type="application/ld+json">'}
        assert re.findall(r'<(?:link|img|form)[^>]*(?:href|src|action)="(?!/|\?)', answer.text) == []
        assert answer.headers["content-security-policy"].startswith("default-src 'self'")


def test_markup_in_data_is_shown_and_not_obeyed(tmp_path: Path) -> None:
    (tmp_path / "Themes.csv").write_text('id,label_fi\n"<b>&""%/ö?#","<script>alert(1)</script>"\n', encoding="utf-8")
    (tmp_path / "build.toml").write_text(
        'base = "http://localhost:8000"\n[[source]]\nname = "x"\nloader = "tables"\npath = "."\n'
        'licence = "https://creativecommons.org/licenses/by/4.0/"\ntitle = { fi = "<i>" }\n'
    )
    release = build(load(tmp_path / "build.toml"), tmp_path / "data").release
    with TestClient(create_app(release, Limits(workers=1)), follow_redirects=True) as client:
        listed = client.get("/fi/theme").text
        link = html.unescape(re.search(r'<li><a href="([^"]*)"', listed)[1])  # type: ignore[index]
        page = client.get(link)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
        assert client.get(link.replace("/fi/", "/id/", 1), headers={"Accept": "text/turtle"}).status_code == 200


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_the_home_page_leads_to_the_questions_that_need_no_query(client: TestClient, language: str) -> None:
    assert f'<a href="/api/?lang={language}">' in client.get(f"/{language}/").text


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_the_query_to_begin_with_asks_for_names_in_the_language_of_the_page(client: TestClient, language: str) -> None:
    table = html.unescape(client.get(f"/{language}/themes-by-city").text)
    (link,) = re.findall(r'<a href="(/sparql\?query=[^"]*)"', table)
    browser = {"Accept": "text/html"}
    form, answer = client.get(f"/sparql?lang={language}", headers=browser).text, client.get(link, headers=browser).text
    assert f'lang(?city) = "{language}"' in html.unescape(form)
    assert {"fi": "Helsingin kaupunki", "sv": "Helsingfors stad", "en": "City of Helsinki"}[language] in answer


@pytest.mark.parametrize(
    "address", ["/sparql?query=SELEC&lang=sv", "/api/documents-on-many-themes?least=a&lang=sv", "/sv/nothing/here"]
)
def test_the_text_of_an_error_says_that_it_is_english(client: TestClient, address: str) -> None:
    assert '<p lang="en">' in client.get(address, headers={"Accept": "text/html"}).text


def test_css_stays_small(client: TestClient) -> None:
    css = client.get("/static/verkosto.css").content
    assert len(css) <= 12 * 1024
    assert len(gzip.compress(client.get("/en/").content + css)) <= 50 * 1024
