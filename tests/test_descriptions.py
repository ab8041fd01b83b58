"""Descriptions of a release are true to it, and valid by the rules of those who read them."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import csvw  # type: ignore[import-untyped]
import frictionless
import pytest
from pyoxigraph import DefaultGraph, NamedNode, QuerySolutions
from pyoxigraph import Literal as Said
from pyshacl import validate
from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, FOAF, PROV, RDF, VOID, XSD

from graph.catalogue import LANGUAGES
from graph.manifest import offered
from graph.release import Release
from graph.store import open_read_only
from graph.tables import tables
from loaders.build import Built

DCAT = Namespace("http://www.w3.org/ns/dcat#")
SPDX = Namespace("http://spdx.org/rdf/terms#")
DQV = Namespace("http://www.w3.org/ns/dqv#")
BASE = "https://w3id.org/verkosto"


@pytest.fixture(scope="module")
def catalogue(release: Release) -> Graph:
    """The DCAT of the release."""
    return Graph().parse(release.dumps / "dcat.ttl")


@pytest.fixture(scope="module")
def void(release: Release) -> Graph:
    """The VoID of the release."""
    return Graph().parse(release.dumps / "void.ttl")


def test_the_catalogue_has_no_violation_of_the_official_dcat_ap_shapes(shared: Path, catalogue: Graph) -> None:
    shapes = Graph().parse(shared / "ckan-dcat" / "dcat-ap_3_shacl_shapes.ttl")
    conforms, _, text = validate(catalogue, shacl_graph=shapes, inference="none")
    assert conforms, text


def test_every_file_for_download_has_a_distribution_with_its_size_and_checksum(
    release: Release, catalogue: Graph
) -> None:
    described = {"dcat.ttl", "void.ttl", "datapackage.json", "csv-metadata.json", "CITATION.cff", "SHA256SUMS"}
    expected = {
        name: (release.manifest.files[path].bytes, release.manifest.files[path].sha256)
        for name, path in offered(release.manifest.files).items()
        if "/" in path and name not in described
    }
    found = {}
    for file in catalogue.subjects(RDF.type, DCAT.Distribution):
        name = str(file).removeprefix(f"{BASE}/data/{release.id}/")
        checksum = catalogue.value(file, SPDX.checksum)
        size = catalogue.value(file, DCAT.byteSize)
        assert isinstance(size, Literal) and checksum is not None
        found[name] = (size.toPython(), str(catalogue.value(checksum, SPDX.checksumValue)))
        assert str(catalogue.value(file, DCAT.downloadURL)).endswith(f"/data/{release.id}/{name}")
    assert found == expected


def test_the_catalogue_says_what_a_harvester_scores(catalogue: Graph, release: Release) -> None:
    """What the EU's Metadata Quality Assessment counts: https://data.europa.eu/mqa/methodology."""
    dataset = URIRef(f"{BASE}/data/{release.id}/")
    for property_ in (
        DCAT.keyword, DCAT.theme, DCTERMS.spatial, DCTERMS.publisher, DCTERMS.accessRights, DCTERMS.issued,
        DCTERMS.modified, DCTERMS.language, DCTERMS.accrualPeriodicity, DCAT.landingPage, DCAT.version,
    ):  # fmt: skip
        assert catalogue.value(dataset, property_, any=True) is not None, property_
    titles = {str(title.language) for title in catalogue.objects(dataset, DCTERMS.title) if isinstance(title, Literal)}
    assert titles == set(LANGUAGES)
    for file in catalogue.subjects(RDF.type, DCAT.Distribution):
        for property_ in (DCAT.accessURL, DCAT.downloadURL, DCAT.mediaType, DCTERMS["format"]):
            assert catalogue.value(file, property_) is not None, (file, property_)
        assert (file, DCTERMS.license, None) in catalogue or (file, DCTERMS.rights, None) in catalogue


def test_the_catalogue_tells_what_the_release_was_made_of_and_how_well_it_was_read(
    release: Release, catalogue: Graph
) -> None:
    (activity,) = catalogue.objects(URIRef(f"{BASE}/data/{release.id}/"), PROV.wasGeneratedBy)
    digests = {digest for source in release.manifest.sources for digest in source.files.values()}
    assert {str(used) for used in catalogue.objects(activity, PROV.used)} == {f"urn:sha256:{one}" for one in digests}
    for source in release.manifest.sources:
        measured = {
            str(catalogue.value(one, DQV.isMeasurementOf)).rpartition("-")[2]: int(str(catalogue.value(one, DQV.value)))
            for one in catalogue.objects(URIRef(source.graph), DQV.hasQualityMeasurement)
        }
        assert measured == {"read": source.read, "loaded": source.loaded, "skipped": source.skipped}
        assert catalogue.value(URIRef(source.graph), DCTERMS.license) == URIRef(source.licence)


def test_the_catalogue_names_no_person(catalogue: Graph) -> None:
    assert not list(catalogue.subjects(RDF.type, FOAF.Person))


def _ask(release: Release, query: str) -> dict[tuple[str, ...], int]:
    answer = open_read_only(release.store).query(query)
    assert isinstance(answer, QuerySolutions)
    rows = [tuple(term.value for term in row if term is not None) for row in answer]
    return {row[:-1]: int(row[-1]) for row in rows}


def test_void_counts_classes_and_properties_as_the_store_does(release: Release, void: Graph) -> None:
    (dataset,) = (iri for iri in void.subjects(VOID.sparqlEndpoint) if iri != URIRef(BASE))
    assert void.value(dataset, VOID.triples) == Literal(release.manifest.counts.triples)
    (subjects,) = _ask(release, "SELECT (COUNT(DISTINCT ?s) AS ?n) { ?s ?p ?o }").values()
    assert void.value(dataset, VOID.distinctSubjects) == Literal(subjects)
    classes, of_class, properties = {}, {}, {}
    for part in void.objects(dataset, VOID.classPartition):
        class_ = str(void.value(part, VOID["class"]))
        classes[(class_,)] = int(str(void.value(part, VOID.entities)))
        for inner in void.objects(part, VOID.propertyPartition):
            of_class[class_, str(void.value(inner, VOID.property))] = int(str(void.value(inner, VOID.triples)))
    for part in void.objects(dataset, VOID.propertyPartition):
        name = str(void.value(part, VOID.property))
        properties[name, str(void.value(part, VOID.distinctSubjects))] = int(str(void.value(part, VOID.triples)))
    assert classes == _ask(release, "SELECT ?c (COUNT(?s) AS ?n) { ?s a ?c } GROUP BY ?c")
    assert of_class == _ask(release, "SELECT ?c ?p (COUNT(*) AS ?n) { ?s a ?c ; ?p ?o } GROUP BY ?c ?p")
    query = "SELECT ?p ?d ?n { { SELECT ?p (COUNT(DISTINCT ?s) AS ?d) (COUNT(*) AS ?n) { ?s ?p ?o } GROUP BY ?p } }"
    assert properties == _ask(release, query)


def test_void_has_each_named_graph_as_a_subset_with_its_licence(release: Release, void: Graph) -> None:
    found = {str(part): int(str(void.value(part, VOID.triples))) for part in void.objects(None, VOID.subset)}
    assert found == release.manifest.counts.graphs
    assert all(void.value(URIRef(graph), DCTERMS.license) is not None for graph in found)


def test_checksums_are_those_of_every_file_but_themselves_and_the_manifest(release: Release) -> None:
    lines = (line.partition("  ") for line in (release.dumps / "SHA256SUMS").read_text().splitlines())
    found = {name: digest for digest, _, name in lines}
    paths = offered(release.manifest.files)
    assert {"sources/six-cities.nq", "dcat.ttl", "CITATION.cff", "report.json", "statistics.json"} <= found.keys()
    assert found.keys() == paths.keys() - {"SHA256SUMS"}
    for name, digest in found.items():
        assert hashlib.sha256((release.directory / paths[name]).read_bytes()).hexdigest() == digest, name


def test_known_gaps_are_in_the_description_and_no_differences_between_versions(
    release: Release, catalogue: Graph
) -> None:
    dataset = URIRef(f"{BASE}/data/{release.id}/")
    said = {str(text.language): str(text) for text in catalogue.objects(dataset, DCTERMS.description)}  # type: ignore[attr-defined]
    for language, gaps in release.manifest.about.gaps.items():
        assert all(gap in said[language] for gap in gaps)
    assert not list(catalogue.objects(None, URIRef("http://www.w3.org/ns/adms#versionNotes")))


def test_the_data_package_is_valid_and_its_tables_are_as_it_says(release: Release) -> None:
    with frictionless.system.use_context(trusted=True):
        package = frictionless.Package(str(release.dumps / "datapackage.json"))
        report = package.validate()
    assert report.valid, report.flatten(["name", "type", "note"])[:5]
    assert {resource.name for resource in package.resources} == {
        path.stem for path in (release.dumps / "tables").glob("*.csv")
    }


def test_a_data_package_leaves_out_lists_that_would_be_empty(
    build_themes: Callable[[str], Built], release: Release
) -> None:
    built = build_themes("t,Teema\n").release
    little, much = (json.loads((one.dumps / "datapackage.json").read_text()) for one in (built, release))
    assert much.keys() - little.keys() == {"keywords"}
    assert all(value for name, value in little.items() if isinstance(value, list)), little.keys()


def test_csv_on_the_web_is_read_with_lists_and_types(release: Release) -> None:
    group = csvw.TableGroup.from_file(release.dumps / "csv-metadata.json")
    read = {table.url.string: list(table) for table in group.tables}
    assert len(read) == len(list((release.dumps / "tables").glob("*.csv")))
    cities = read["tables/city.csv"]
    assert {row["label_sv"] for row in cities} >= {"Helsingfors stad", "Esbo stad"}
    assert all(isinstance(row["classes"], list) and "vk:City" in row["classes"] for row in cities)
    panel = read["tables/panel.csv"]
    assert all(isinstance(row["memberCount"], int) for row in panel)


def test_csv_on_the_web_gives_no_statement_that_the_graph_has_not(release: Release) -> None:
    """By csv2rdf, in minimal mode: https://www.w3.org/TR/csv2rdf/."""
    store, given = open_read_only(release.store), set[str]()
    for table in csvw.TableGroup.from_file(release.dumps / "csv-metadata.json").tables:
        if table.suppressOutput:
            continue
        columns = [column for column in table.tableSchema.columns if not column.inherit("suppressOutput")]
        for row in table:
            for column in columns:
                property_ = NamedNode(column.propertyUrl.uri)
                for said in _objects(column, row):
                    quads = store.quads_for_pattern(NamedNode(row["iri"]), property_, said, DefaultGraph())
                    assert next(iter(quads), None) is not None, (row["iri"], column.name, said)
                    given.add(column.name)
    assert {"label_fi", "isPartOf", "altLabel_sv", "memberCount"} <= given


def _objects(column: Any, row: dict[str, Any]) -> list[NamedNode | Said]:
    value = row[column.name]
    if column.valueUrl:
        return [NamedNode(column.valueUrl.expand(row))] if value else []
    values = value if isinstance(value, list) else [] if value is None else [value]
    if column.lang != "und":
        return [Said(text, language=column.lang) for text in values]
    datatype = NamedNode(f"{XSD}{column.inherit('datatype').base}")
    return [Said(str(one).lower() if isinstance(one, bool) else str(one), datatype=datatype) for one in values]


def test_columns_of_registers_name_no_property_as_there_is_none(release: Release) -> None:
    described = json.loads((release.dumps / "csv-metadata.json").read_text())
    package = json.loads((release.dumps / "datapackage.json").read_text())
    columns = [column for table in described["tables"] for column in table["tableSchema"]["columns"]]
    fields = [field for resource in package["resources"] for field in resource["schema"]["fields"]]
    identifiers = [column for column in columns if column["name"] == "businessId"]
    assert identifiers and all(one["suppressOutput"] and "propertyUrl" not in one for one in identifiers)
    assert not any("rdfType" in field for field in fields if field["name"] == "businessId")


def test_columns_are_described_by_what_the_ontology_calls_them(release: Release) -> None:
    described = json.loads((release.dumps / "csv-metadata.json").read_text())
    columns = {table["url"]: table["tableSchema"]["columns"] for table in described["tables"]}
    for table in tables().values():
        if f"tables/{table.name}.csv" in columns:
            assert [column["name"] for column in columns[f"tables/{table.name}.csv"]] == [
                column.name for column in table.columns
            ]
    (notation,) = (column for column in columns["tables/city.csv"] if column["name"] == "notation")
    assert notation["propertyUrl"] == "http://www.w3.org/2004/02/skos/core#notation"


def test_the_citation_names_release_date_and_address(release: Release) -> None:
    citation = json.loads((release.dumps / "CITATION.cff").read_text())
    assert citation["cff-version"] == "1.2.0" and citation["type"] == "dataset"
    assert (citation["version"], citation["date-released"]) == (release.id, release.manifest.created[:10])
    assert citation["license"] == "CC-BY-4.0" and citation["url"].endswith(f"/releases/{release.id}/")
