"""Dumps: every format, read by a program that we did not write, says what the release says."""

import csv
import gzip
import io
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
import zstandard
from pyoxigraph import DefaultGraph, NamedNode, RdfFormat, Triple, parse
from rdflib import Dataset, Graph

from graph import assembly
from graph.about import unsaid
from graph.descriptions import CATALOGUE
from graph.manifest import VOID
from graph.release import Release
from graph.releases import Releases
from graph.store import open_read_only
from graph.tables import Table, tables
from ontology.identifiers import Identifiers, Kind
from ontology.terms import DCT, FOAF, PREFIXES, RDF, SKOS, VK
from sparql.named import named_queries

# rdflib warns of what it does itself.
pytestmark = pytest.mark.filterwarnings("ignore:.*is deprecated, use Dataset:DeprecationWarning")

Question = tuple[str, dict[str, str], list[dict[str, str]]]
KINDS = {name: table for name, table in tables().items() if table.class_iri is not None}
# What the tables of kinds leave to the edges and the literals: labels and roles said again in other terms.
REPEATED = {DCT.title, FOAF.name, SKOS.prefLabel, RDF.type} | {
    PREFIXES[name.partition(":")[0]] + name.partition(":")[2]
    for name in ("cv:hasParticipant", "cv:role", "s66:isInvolvedIn", "s66:isRoleOf")
}


@pytest.fixture(scope="module")
def merged(release: Release) -> set[Triple]:
    """The merge of all graphs, from the store."""
    quads = open_read_only(release.store).quads_for_pattern(None, None, None, DefaultGraph())
    return {quad.triple for quad in quads}


def _triples(*paths: Path, format_: RdfFormat) -> set[Triple]:
    return {quad.triple for path in paths for quad in parse(path=str(path), format=format_)}


def _count(graph: Graph) -> int:
    return len(set(graph))


@pytest.mark.parametrize("name", ["verkosto.nq", "verkosto.trig"])
def test_the_dataset_as_rdflib_reads_it_has_every_graph(release: Release, name: str) -> None:
    dataset = Dataset()
    dataset.parse(release.dumps / name)
    counts = {
        str(graph.identifier): len(graph)
        for graph in dataset.graphs()
        if graph.identifier != dataset.default_graph.identifier
    }
    assert counts == release.manifest.counts.graphs


def test_trig_and_the_turtle_of_each_source_say_what_n_quads_say(release: Release) -> None:
    quads = set(parse(path=str(release.dumps / "verkosto.nq"), format=RdfFormat.N_QUADS))
    assert set(parse(path=str(release.dumps / "verkosto.trig"), format=RdfFormat.TRIG)) == quads
    for graph in release.manifest.counts.graphs:
        said = {quad.triple for quad in quads if quad.graph_name == NamedNode(graph)}
        path = release.dumps / "sources" / f"{graph.rpartition('/')[2]}.ttl"
        assert _triples(path, format_=RdfFormat.TURTLE) == said


def test_the_json_ld_of_all_classes_together_is_the_merged_graph(release: Release, merged: set[Triple]) -> None:
    paths = sorted((release.dumps / "classes").glob("*.jsonld"))
    assert _triples(*paths, format_=RdfFormat.JSON_LD) == merged
    graph = Graph()
    for path in paths:
        graph.parse(path, format="json-ld")
    assert _count(graph) == release.manifest.counts.triples


def test_the_json_ld_of_a_class_is_plain_json_with_one_thing_a_line(release: Release) -> None:
    for name, table in KINDS.items():
        path = release.dumps / "classes" / f"{name}.jsonld"
        count = release.manifest.counts.classes.get(table.class_iri or "", 0)
        assert path.exists() == bool(count)
        if count:
            things = json.loads(path.read_bytes())["@graph"][1:]
            assert len(things) == count == release.manifest.files[f"dumps/classes/{name}.jsonld"].rows
            assert path.read_bytes().count(b"\n") == count + 2


def _text(path: Path) -> io.StringIO:
    return io.StringIO(path.read_bytes().decode(), newline="")


def _term(value: str, language: str, datatype: str) -> str:
    """A literal as the tables of the release tell it, in the words of the engine's parser."""
    tag = f"@{language}" if language else f"^^<{_full(datatype)}>"
    return f"{json.dumps(value, ensure_ascii=False)}{tag}"


def _full(name: str) -> str:
    prefix, _, local = name.partition(":")
    return PREFIXES[prefix] + local if prefix in PREFIXES else name


def _rebuilt(edges: Iterable[tuple[str, ...]], literals: Iterable[tuple[str, ...]]) -> set[Triple]:
    lines = [f"<{subject}> <{_full(name)}> <{target}> ." for subject, name, target in edges]
    lines += [f"<{row[0]}> <{_full(row[1])}> {_term(*row[2:])} ." for row in literals]
    return {quad.triple for quad in parse("\n".join(lines), format=RdfFormat.N_TRIPLES)}


def _rows(query: str) -> list[tuple[Any, ...]]:
    found = duckdb.sql(query)
    assert found is not None
    return found.fetchall()


@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "csv.zst", "parquet"])
def test_edges_and_literals_as_duckdb_reads_them_are_the_merged_graph(
    release: Release, merged: set[Triple], suffix: str
) -> None:
    def rows(name: str, columns: str) -> list[tuple[str, ...]]:
        path = release.dumps / "tables" / f"{name}.{suffix}"
        source = f"'{path}'" if suffix == "parquet" else f"read_csv('{path}', all_varchar = true, header = true)"
        return _rows(f"SELECT {columns} FROM {source}")

    literals = rows("literals", "subject, property, value, coalesce(language, ''), datatype")
    assert _rebuilt(rows("edges", "subject, property, object"), literals) == merged


def test_edges_and_literals_as_pandas_reads_them_are_the_merged_graph(release: Release, merged: set[Triple]) -> None:
    def rows(name: str, columns: list[str]) -> list[tuple[str, ...]]:
        frame = pd.read_csv(release.dumps / "tables" / f"{name}.csv.gz", dtype=str, keep_default_na=False)
        assert len(frame) == release.manifest.files[f"dumps/tables/{name}.csv"].rows
        return list(frame[columns].itertuples(index=False, name=None))

    literals = rows("literals", ["subject", "property", "value", "language", "datatype"])
    assert _rebuilt(rows("edges", ["subject", "property", "object"]), literals) == merged


def test_a_table_has_the_columns_that_are_documented_and_a_row_a_thing(release: Release) -> None:
    for name, table in tables().items():
        path = release.dumps / "tables" / f"{name}.csv"
        if table.class_iri is not None:
            assert path.exists() == (table.class_iri in release.manifest.counts.classes)
        if not path.exists():
            continue
        rows = list(csv.DictReader(_text(path)))
        assert list(rows[0]) == [column.name for column in table.columns]
        assert len(rows) == release.manifest.files[f"dumps/tables/{name}.csv"].rows
        if table.class_iri is not None:
            assert len({row["iri"] for row in rows}) == len(rows) == release.manifest.counts.classes[table.class_iri]


def test_parquet_has_lists_and_types_and_the_same_values_as_csv(release: Release) -> None:
    for path in sorted((release.dumps / "tables").glob("*.parquet")):
        table = tables()[path.stem]
        described = _rows(f"DESCRIBE SELECT * FROM '{path}'")
        types = {"string": "VARCHAR", "integer": "BIGINT", "decimal": "DOUBLE", "boolean": "BOOLEAN"}
        expected = [(column.name, types[column.type] + ("[]" if column.is_list else "")) for column in table.columns]
        assert [(name, type_) for name, type_, *_ in described] == expected
        texts = ", ".join(
            f"array_to_string({_name(column.name)}, '|')" if column.is_list else _name(column.name)
            for column in table.columns
            if column.type in ("string", "integer")
        )
        columns = ", ".join(_name(column.name) for column in table.columns if column.type in ("string", "integer"))
        csv_ = f"read_csv('{path.with_suffix('.csv')}', all_varchar = true, header = true)"
        typed = f"SELECT {columns} FROM {csv_}"
        assert _texts(f"SELECT {texts} FROM '{path}'") == _texts(typed)


def _name(column: str) -> str:
    return f'"{column}"'


def _texts(query: str) -> list[tuple[str, ...]]:
    return [tuple("" if value is None else str(value) for value in row) for row in _rows(query)]


def _cells(table: Table, row: dict[str, str]) -> set[tuple[str, str]]:
    """Property, or datatype of a register, and value: what a row of the table of a kind says."""
    return {
        (column.property, value)
        for column in table.columns
        if column.property is not None
        for value in (row[column.name].split("|") if column.is_list else [row[column.name]])
        if value
    }


def test_every_property_of_a_thing_has_a_column_but_for_those_that_repeat_others(
    release: Release, merged: set[Triple]
) -> None:
    said: dict[str, set[tuple[str, str]]] = {}
    for triple in merged:
        said.setdefault(_iri(triple.subject), set()).add(_said(triple))
    for name, table in KINDS.items():
        path = release.dumps / "tables" / f"{name}.csv"
        if path.exists():
            for row in csv.DictReader(_text(path)):
                expected = {pair for pair in said[row["iri"]] if pair[0] not in REPEATED}
                assert _cells(table, row) == expected, name


def _iri(term: object) -> str:
    assert isinstance(term, NamedNode)
    return term.value


def _said(triple: Triple) -> tuple[str, str]:
    assert isinstance(triple.predicate, NamedNode)
    datatype = getattr(triple.object, "datatype", None)
    is_register = datatype is not None and datatype.value.startswith(PREFIXES["vk"])
    value = str(getattr(triple.object, "value", "")).replace("|", "¦")
    return (datatype.value if datatype is not None and is_register else triple.predicate.value), value


def test_compressed_copies_are_copies(release: Release) -> None:
    plain = [path for path in release.dumps.rglob("*") if path.suffix in (".nq", ".ttl", ".trig", ".jsonld", ".csv")]
    assert len(plain) > 80
    for path in plain:
        if path.name in (CATALOGUE, VOID):
            continue
        content = path.read_bytes()
        assert gzip.decompress(path.with_name(f"{path.name}.gz").read_bytes()) == content
        packed = path.with_name(f"{path.name}.zst").read_bytes()
        assert zstandard.ZstdDecompressor().decompress(packed) == content


@pytest.fixture(scope="module")
def loaded(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that Oxigraph's own program has loaded from the compressed dumps."""
    store = tmp_path_factory.mktemp("oxigraph")
    for name in ("verkosto.nq.gz", "verkosto.ttl.gz"):
        unpacked = store.with_name(name.removesuffix(".gz"))
        unpacked.write_bytes(gzip.decompress((release.dumps / name).read_bytes()))
        _oxigraph("load", "--location", str(store), "--file", str(unpacked))
    return store


def _oxigraph(*arguments: str) -> bytes:
    program = Path(sys.executable).with_name("oxigraph")
    return subprocess.run([program, *arguments], check=True, capture_output=True).stdout


def _asking(question: Question) -> str:
    name, values, _ = question
    return named_queries()[name].asking(values, Identifiers("https://w3id.org/verkosto"))


def _of_the_reader(question: Question, answer: bytes) -> list[dict[str, str]]:
    """The columns of an answer in CSV that a reader of the seeds has."""
    found = csv.DictReader(io.StringIO(answer.decode()))
    return [{column: row[column] for column in question[2][0]} for row in found]


def test_oxigraphs_own_loader_makes_a_store_that_answers_the_same(loaded: Path, question: Question) -> None:
    answer = _oxigraph("query", "--location", str(loaded), "--query", _asking(question), "--results-format", "csv")
    assert _of_the_reader(question, answer) == question[2]


@pytest.fixture(scope="module")
def dataset(release: Release) -> Dataset:
    """The TriG dump in rdflib, whose default graph is the union of all."""
    dataset = Dataset(default_union=True)
    dataset.parse(release.dumps / "verkosto.trig")
    return dataset


def test_rdflib_answers_the_same_from_trig(dataset: Dataset, question: Question) -> None:
    answer = dataset.query(_asking(question)).serialize(format="csv")
    assert answer is not None
    assert sorted(_of_the_reader(question, answer), key=str) == sorted(question[2], key=str)


def test_a_city_slice_has_what_is_linked_with_the_city_and_the_records_of_that(release: Release) -> None:
    whole = set(parse(path=str(release.dumps / "verkosto.nq"), format=RdfFormat.N_QUADS))
    assert {path.name for path in (release.dumps / "cities").glob("*.nq")} == {
        f"{code}.nq" for code in ("049", "091", "092", "564", "837", "853")
    }
    helsinki = set(parse(path=str(release.dumps / "cities" / "091.nq"), format=RdfFormat.N_QUADS))
    assert helsinki < whole
    subjects = {quad.subject for quad in helsinki}
    assert all(quad in helsinki for quad in whole if quad.subject in subjects), (
        "things are there with all their statements"
    )
    documents = {
        quad.subject for quad in whole if quad.predicate == NamedNode(VK.city) and quad.object.value.endswith("-091")
    }
    assert documents and documents <= subjects
    others = {quad.subject for quad in whole if quad.predicate == NamedNode(VK.city)} - documents
    assert not others & subjects


def test_the_sample_has_things_of_every_kind_in_less_than_a_megabyte(release: Release) -> None:
    sample = release.dumps / "sample.nq"
    assert sample.stat().st_size <= 1_000_000
    whole = set(parse(path=str(release.dumps / "verkosto.nq"), format=RdfFormat.N_QUADS))
    quads = set(parse(path=str(sample), format=RdfFormat.N_QUADS))
    assert quads <= whole
    classes = {_iri(quad.object) for quad in quads if quad.predicate == NamedNode(RDF.type)}
    assert {kind.class_iri for kind in Kind} & release.manifest.counts.classes.keys() <= classes
    assert _triples(release.dumps / "sample.ttl", format_=RdfFormat.TURTLE) == {quad.triple for quad in quads}


def test_two_values_of_a_typed_column_and_empty_texts_do_no_harm(tmp_path: Path) -> None:
    base, thing = "https://example.org", "<https://example.org/id/panel/a-1>"
    said = sorted(
        [
            f"{thing} <{RDF.type}> <{VK.Panel}>",
            *(f'{thing} <{VK.memberCount}> "{count}"^^<{PREFIXES["xsd"]}integer>' for count in (5, 6)),
            f'{thing} <{DCT.description}> ""@en',
            f"{thing} <{VK.concerns}> <org:acme>",
        ]
    )
    graph = f"{base}/id/graph/a"
    content = assembly.Content(base=base, about=unsaid(base), graphs={graph: said}, sources=[])
    releases = Releases(tmp_path)
    with releases.lock():
        release, _ = assembly.build(releases, content)
    ((count, text),) = _rows(f"SELECT memberCount, description_en FROM '{release.dumps}/tables/panel.parquet'")
    assert (count, text) == (None, "")
    assert len(_rows(f"FROM '{release.dumps}/tables/literals.parquet'")) == 3
    merged = _triples(release.dumps / "verkosto.ttl", format_=RdfFormat.TURTLE)
    assert _triples(release.dumps / "classes" / "panel.jsonld", format_=RdfFormat.JSON_LD) == merged
    assert len(Graph().parse(release.dumps / "classes" / "panel.jsonld", format="json-ld")) == len(said)
