"""The data page: made from the manifest, and its lines do what they say when somebody copies them."""

import hashlib
import html
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import anyio
import duckdb
import pytest
from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, RDF
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Message

from graph.manifest import offered
from graph.release import Release
from loaders.build import Built, build
from loaders.config import load
from sparql.limits import Limits
from web.app import create_app

LICENCES = ("https://creativecommons.org/licenses/by/4.0/", "https://creativecommons.org/publicdomain/zero/1.0/")


@pytest.fixture(scope="module")
def page(client: TestClient) -> str:
    """The page in English."""
    return client.get("/data/?lang=en").text


def test_every_file_of_the_manifest_can_be_downloaded_from_the_page(
    client: TestClient, release: Release, page: str
) -> None:
    linked = set(re.findall(rf'href="/data/{release.id}/([^"]+)"', page))
    paths = offered(release.manifest.files)
    assert paths.keys() <= linked
    for name in linked:
        answer = client.get(f"/data/{release.id}/{name}")
        assert answer.status_code == 200, name
        if name in paths:
            entry = release.manifest.files[paths[name]]
            assert len(answer.content) == entry.bytes and entry.sha256 in page


def test_a_file_known_already_costs_nothing_and_a_part_is_a_part(client: TestClient, release: Release) -> None:
    address = f"/data/{release.id}/tables/city.csv"
    whole = client.get(address)
    tag = whole.headers["etag"]
    assert tag == f'"{release.manifest.files["dumps/tables/city.csv"].sha256}"'
    known = client.get(address, headers={"If-None-Match": f'"x", W/{tag}'})
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", tag)
    assert client.get(address, headers={"If-None-Match": '"x"'}).status_code == 200
    part = client.get(address, headers={"Range": "bytes=3-9", "If-Range": tag})
    assert (part.status_code, part.content) == (206, whole.content[3:10])
    assert client.get(address, headers={"Range": "bytes=3-9", "If-Range": '"x"'}).status_code == 200
    assert client.get(address, headers={"Range": "bytes=99999999-"}).status_code == 416
    assert "immutable" in whole.headers["cache-control"]
    assert client.head(address).headers["content-length"] == str(len(whole.content))


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"Range": "items=0-5"}, 200),
        ({"Range": "bytes=5-2"}, 200),
        ({"Range": "bytes=x"}, 200),
        ({"Range": "bytes=0-1,99999999-"}, 206),
        ({"Range": "bytes=99999999-"}, 416),
        ({"Range": "bytes=-0"}, 416),
        ({"If-Match": '"x"'}, 412),
        ({"If-Match": "W/{tag}"}, 412),
        ({"If-Match": '"x", {tag}'}, 200),
        ({"If-Match": "*"}, 200),
        ({"If-Unmodified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"}, 412),
        ({"If-Unmodified-Since": "{modified}"}, 200),
        ({"If-Unmodified-Since": "some day"}, 200),
        ({"If-Match": "{tag}", "If-Unmodified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"}, 200),
        ({"If-Modified-Since": "{modified}"}, 304),
        ({"If-Modified-Since": "Sat, 01 Jan 2000 00:00:00 GMT"}, 200),
        ({"If-Modified-Since": "{modified}", "If-None-Match": '"x"'}, 200),
        ({"If-None-Match": "{tag}", "Range": "bytes=0-1"}, 304),
    ],
    ids=str,
)
def test_ranges_and_conditions_are_those_of_rfc_9110(
    client: TestClient, release: Release, asked: dict[str, str], status: int
) -> None:
    address = f"/data/{release.id}/tables/city.csv"
    whole = client.get(address)
    values = {"tag": whole.headers["etag"], "modified": whole.headers["last-modified"]}
    headers = {name: value.format(**values) for name, value in asked.items()}
    answer = client.get(address, headers=headers)
    assert answer.status_code == status
    if status in (200, 206):
        assert answer.content == whole.content[: 2 if status == 206 else None]


def test_head_of_a_file_does_not_read_it_and_knows_no_ranges(release: Release, limits: Limits) -> None:
    address, sent = f"/data/{release.id}/verkosto.nq", list[Message]()

    async def ask(app: ASGIApp) -> None:
        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        headers = [(b"host", b"example.org"), (b"range", b"bytes=0-5")]
        scope = {"type": "http", "method": "HEAD", "path": address, "headers": headers, "query_string": b""}
        await app({**scope, "server": ("example.org", 80), "scheme": "http", "http_version": "1.1"}, receive, send)

    app = create_app(release, limits)
    with TestClient(app):
        anyio.run(ask, app)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert (sent[0]["status"], sent[1]["body"]) == (200, b"")
    size = str(release.manifest.files["dumps/verkosto.nq"].bytes).encode()
    assert dict(sent[0]["headers"])[b"content-length"] == size


@pytest.mark.parametrize("name", ["manifest.json", "manifest.json.sha256"])
def test_the_manifest_has_its_checksum_as_entity_tag_too(client: TestClient, release: Release, name: str) -> None:
    address = f"/data/{release.id}/{name}"
    answer = client.get(address)
    assert answer.headers["etag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"'
    assert client.get(address, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


def test_a_saved_file_has_the_name_that_its_checksum_is_listed_under(client: TestClient, release: Release) -> None:
    answer = client.head(f"/data/{release.id}/tables/city.csv.gz")
    assert answer.headers["content-disposition"] == 'attachment; filename="city.csv.gz"'


@pytest.mark.parametrize("name", ["", "/latest", "/{id}"])
def test_addresses_of_lists_without_a_slash_lead_to_those_with_one(
    client: TestClient, release: Release, name: str
) -> None:
    address = f"/data{name.format(id=release.id)}"
    moved = client.get(address)
    assert (moved.status_code, moved.headers["location"]) == (308, f"{address}/")


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("verkosto.nq", "application/n-quads"),
        ("verkosto.trig", "application/trig"),
        ("verkosto.ttl.gz", "application/gzip"),
        ("classes/city.jsonld", "application/ld+json"),
        ("tables/city.csv", "text/csv"),
        ("tables/city.parquet", "application/vnd.apache.parquet"),
        ("cities/091.nq.zst", "application/zstd"),
        ("sources/six-cities.nq", "application/n-quads"),
        ("SHA256SUMS", "text/plain"),
    ],
)
def test_files_have_their_media_type_and_latest_leads_to_them(
    client: TestClient, release: Release, name: str, media_type: str
) -> None:
    moved = client.get(f"/data/latest/{name}")
    assert (moved.status_code, moved.headers["location"]) == (302, f"/data/{release.id}/{name}")
    answer = client.get(moved.headers["location"])
    assert answer.headers["content-type"].partition(";")[0] == media_type
    assert "content-encoding" not in answer.headers


def test_the_well_known_address_leads_to_the_void_of_the_release(client: TestClient, release: Release) -> None:
    moved = client.get("/.well-known/void")
    assert (moved.status_code, moved.headers["location"]) == (302, f"/data/{release.id}/void.ttl")
    assert client.get("/data/latest/").headers["location"] == f"/data/{release.id}/"
    assert client.get(f"/data/{release.id}/").status_code == 200


def _schema_org(page: str) -> dict[str, Any]:
    (text,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    found = json.loads(text)
    assert isinstance(found, dict)
    return found


def test_what_is_cited_is_the_published_address_wherever_one_reads(page: str, release: Release) -> None:
    dataset, published = _schema_org(page), release.manifest.about.address
    assert dataset["url"] == f"{published}/data/"
    assert all(file["contentUrl"].startswith(f"{published}/data/{release.id}/") for file in dataset["distribution"])
    assert f"{published}/data/{release.id}/" in page
    assert f"curl -sSLO http://testserver/data/{release.id}/verkosto.nq" in page


def test_the_dataset_in_the_page_is_the_release_for_search_engines(page: str, release: Release) -> None:
    dataset = _schema_org(page)
    assert (dataset["@type"], dataset["version"]) == ("Dataset", release.id)
    assert dataset["license"] == LICENCES[0]
    assert {file["sha256"] for file in dataset["distribution"]} <= {
        entry.sha256 for entry in release.manifest.files.values()
    }


def test_the_lines_to_copy_run_and_print_what_they_should(
    data: Path, served: Callable[..., AbstractContextManager[str]], tmp_path: Path, release: Release
) -> None:
    with served(data) as address:
        found = subprocess.run(["curl", "-sSL", f"{address}/data/?lang=en"], check=True, capture_output=True, text=True)
        lines = [
            (how, html.unescape(text))
            for how, text in re.findall(r'<pre data-runs="(\w+)">(.*?)</pre>', found.stdout, re.DOTALL)
        ]
        assert [how for how, _ in lines] == ["sh", "python", "python", "sh", "sql"]
        printed = [_run(how, text, tmp_path) for how, text in lines]
    triples = release.manifest.counts.triples
    assert printed[0] == "verkosto.nq: OK\n"
    assert printed[1] == f"{triples}\n"
    assert "rdf:type" in printed[2] and "rdf:type" in printed[4]
    assert sum(int(line.split()[-1]) for line in printed[4].splitlines()) < triples


def _run(how: str, text: str, directory: Path) -> str:
    if how == "sql":
        before = Path.cwd()
        os.chdir(directory)
        try:
            answer = duckdb.sql(text)
            assert answer is not None
            return "".join(f"{name} {count}\n" for name, count in answer.fetchall())
        finally:
            os.chdir(before)
    command = ["bash", "-euo", "pipefail", "-c", text] if how == "sh" else [sys.executable, "-c", text]
    return subprocess.run(command, cwd=directory, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def mixed(tmp_path: Path) -> Built:
    """A graph of two sources with different licences."""
    sources = []
    for name, licence in zip(("a", "b"), LICENCES, strict=True):
        (tmp_path / name).mkdir()
        (tmp_path / name / "Themes.csv").write_text(f"id,label_fi\nt,Teema {name}\n", encoding="utf-8")
        sources.append(
            f'[[source]]\nname = "{name}"\nloader = "tables"\npath = "{name}"\nlicence = "{licence}"\n'
            f'title.en = "S {name}"\nattribution = "City {name}"\npage = "https://example.org/{name}"\n'
        )
    about = (
        '[about]\naddress = "https://example.org"\ntitle.en = "T"\ndescription.en = "D."\nkeywords.sv = ["ord"]\n'
        'gaps.sv = ["Mycket fattas."]\npublisher = { name.en = "P", page = "https://example.org/" }\n'
    )
    config = 'base = "https://example.org"\n' + about + "".join(sources)
    (tmp_path / "build.toml").write_text(config, encoding="utf-8")
    return build(load(tmp_path / "build.toml"), tmp_path / "data")


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "keep to all of them"), ("fi", "noudata niitä kaikkia"), ("sv", "följ alla")],
)
def test_a_mixed_dump_says_honestly_that_several_licences_hold(mixed: Built, language: str, sentence: str) -> None:
    with TestClient(create_app(mixed.release, Limits(workers=1))) as client:
        page = client.get(f"/data/?lang={language}").text
        assert sentence in page
        assert "City a" in page and LICENCES[1] in page
        described, package, citation = (
            client.get(f"/data/{mixed.release.id}/{name}").text
            for name in ("dcat.ttl", "datapackage.json", "CITATION.cff")
        )
    dataset = _schema_org(page)
    assert dataset["license"] == list(LICENCES) and sentence in dataset["usageInfo"]["text"]
    for description in (json.loads(package)["description"], json.loads(citation)["abstract"]):
        assert description.startswith("D. ") and "keep to all of them" in description
    assert "license" not in json.loads(citation)
    whole, source = (
        next(
            block
            for block in described.split(" .\n")
            if f'dct:title "{name}"' in block or f'terms:title "{name}"' in block
        )
        for name in ("verkosto.nq", "sources/b.ttl")
    )
    assert "dcterms:rights" in whole and "dcterms:license" not in whole
    assert LICENCES[1] in source


def test_whom_a_source_asks_to_name_is_a_statement_of_rights(mixed: Built) -> None:
    catalogue, odrs = Graph().parse(mixed.release.dumps / "dcat.ttl"), Namespace("http://schema.theodi.org/odrs#")
    asked = catalogue.value(URIRef(mixed.release.manifest.sources[0].graph), DCTERMS.rights)
    assert (asked, RDF.type, DCTERMS.RightsStatement) in catalogue
    assert (asked, odrs.attributionText, Literal("City a")) in catalogue


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_gaps_and_keywords_are_told_in_another_language_rather_than_not_at_all(mixed: Built, language: str) -> None:
    with TestClient(create_app(mixed.release, Limits(workers=1))) as client:
        page = client.get(f"/data/?lang={language}").text
    assert ("Mycket fattas." if language == "sv" else '<span lang="sv">Mycket fattas.</span>') in page
    assert _schema_org(page)["keywords"] == ["ord"]


@pytest.mark.parametrize("name", ["../manifest.json", "raw/x", "store/CURRENT", "graphs/six-cities.nq", "tables/", "x"])
def test_what_is_not_for_download_is_not_there(client: TestClient, release: Release, name: str) -> None:
    assert client.get(f"/data/{release.id}/{name}").status_code == 404


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
def test_the_page_tells_known_gaps_in_the_readers_language(client: TestClient, release: Release, language: str) -> None:
    page = html.unescape(client.get(f"/data/?lang={language}").text)
    gaps = release.manifest.about.gaps[language]
    assert gaps and all(gap in page for gap in gaps)
