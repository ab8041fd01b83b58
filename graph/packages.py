"""The tables and files described for those who use them: Frictionless, CSVW, the Citation File Format, checksums.

https://datapackage.org/standard/data-package/, https://www.w3.org/TR/tabular-metadata/,
https://citation-file-format.github.io, and the form that ``sha256sum --check`` reads.
"""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from graph.about import in_language
from graph.dumps import TABLES
from graph.manifest import FileEntry, Manifest
from graph.rights import licence_of, with_sentence
from graph.tables import SEPARATOR, Column, Table, tables
from ontology import vocabulary
from ontology.terms import PREFIXES, RDF, compact

_SPDX: Final = {
    "https://creativecommons.org/licenses/by/4.0/": "CC-BY-4.0",
    "https://creativecommons.org/publicdomain/zero/1.0/": "CC0-1.0",
}
"""Licences that have a code in the list of SPDX (https://spdx.org/licenses/)."""
_CSVW: Final = {"string": "string", "integer": "integer", "decimal": "decimal", "boolean": "boolean"}
_FRICTIONLESS: Final = {"string": "string", "integer": "integer", "decimal": "number", "boolean": "boolean"}


def datapackage(manifest: Manifest) -> bytes:
    """The tables as a Data Package."""
    about = manifest.about
    said = {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "verkosto",
        "id": manifest.iri,
        "title": _english(about.title),
        "description": _described(manifest),
        "version": manifest.id,
        "created": manifest.created,
        "homepage": f"{about.address}/data/",
        "keywords": about.keywords.get("en"),
        "contributors": [
            {"title": _english(about.publisher.name), "path": about.publisher.page, "roles": ["publisher"]}
        ],
        "sources": [
            {"title": _english(source.title), "path": source.page or source.graph} for source in manifest.sources
        ],
        "licenses": [_licence(licence) for licence in sorted({source.licence for source in manifest.sources})],
        "resources": [_resource(table, entry) for table, entry in _tables(manifest)],
    }
    # The profile wants at least one of what is listed.
    return _json({name: value for name, value in said.items() if value})


def _resource(table: Table, entry: FileEntry) -> dict[str, Any]:
    return {
        "name": table.name,
        "title": _title(table),
        "type": "table",
        "path": f"{TABLES}/{table.name}.csv",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": entry.bytes,
        "hash": f"sha256:{entry.sha256}",
        "rows": entry.rows,
        "dialect": {"delimiter": ",", "quoteChar": '"', "doubleQuote": True, "lineTerminator": "\n"},
        "schema": {
            "fields": [_field(column) for column in table.columns],
            "missingValues": [""],
            **({"primaryKey": ["iri"]} if table.class_iri else {}),
        },
    }


def _field(column: Column) -> dict[str, Any]:
    type_ = {"type": "list", "delimiter": SEPARATOR} if column.is_list else {"type": _FRICTIONLESS[column.type]}
    said: dict[str, Any] = {"name": column.name, **type_, "title": _label(column)}
    property_ = _property(column)
    return said if property_ is None else {**said, "rdfType": property_}


def csvw(manifest: Manifest) -> bytes:
    """The tables as CSV on the Web."""
    said = {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "dc:title": _english(manifest.about.title),
        "dialect": {"encoding": "utf-8", "lineTerminators": ["\n"]},
        "tables": [
            {
                "url": f"{TABLES}/{table.name}.csv",
                "dc:title": _title(table),
                # A row of the other tables is a statement, and csv2rdf can't say its property by a short name.
                "suppressOutput": table.class_iri is None,
                "tableSchema": {
                    "columns": [_csvw_column(column) for column in table.columns],
                    **({"aboutUrl": "{+iri}", "primaryKey": "iri"} if table.class_iri else {}),
                },
            }
            for table, _ in _tables(manifest)
        ],
    }
    return _json(said)


def _csvw_column(column: Column) -> dict[str, Any]:
    """A column, which gives RDF by `csv2rdf <https://www.w3.org/TR/csv2rdf/>`_ only where the graph says the same.

    It does not where a text may have several languages or datatypes, nor where a cell has several links: of a list,
    ``valueUrl`` makes one address (`5.1.3 <https://www.w3.org/TR/tabular-metadata/#uri-template-properties>`_).
    """
    said: dict[str, Any] = {"name": column.name, "titles": column.name, "datatype": _CSVW[column.type]}
    said["dc:description"] = _label(column)
    if column.is_list:
        said["separator"] = SEPARATOR
    property_ = _property(column)
    if property_ is not None:
        said["propertyUrl"] = property_
    if column.language not in (None, "other"):
        said["lang"] = column.language
    elif property_ in _link_properties() and not column.is_list:
        said["valueUrl"] = f"{{+{column.name}}}"
    elif property_ is None or column.type == "string":
        said["suppressOutput"] = True
    return said


def _property(column: Column) -> str | None:
    """The property of a column; none of those that are of a register, whose identifiers differ by datatype only."""
    return None if column.property in vocabulary.registers() else column.property


@cache
def _link_properties() -> frozenset[str]:
    return frozenset(iri for iri, kind in vocabulary.links(RDF.type) if kind == f"{PREFIXES['owl']}ObjectProperty")


def citation(manifest: Manifest) -> bytes:
    """How to cite the release, as CITATION.cff. JSON is YAML, so that nothing has to be escaped by hand."""
    about, licence = manifest.about, licence_of("", manifest)
    said = {
        "cff-version": "1.2.0",
        "message": "Cite the release that you use by its version and address.",
        "type": "dataset",
        "title": _english(about.title),
        "abstract": _described(manifest),
        "version": manifest.id,
        "date-released": manifest.created[:10],
        "authors": [{"name": _english(about.publisher.name), "website": about.publisher.page}],
        "url": f"{about.address}/releases/{manifest.id}/",
        "repository-artifact": f"{about.address}/data/{manifest.id}/",
        "identifiers": [{"type": "url", "value": manifest.iri}],
        **({"license": _SPDX[licence]} if licence in _SPDX else {}),
        **({"keywords": about.keywords["en"]} if about.keywords.get("en") else {}),
    }
    return _json(said)


def checksums(files: Mapping[str, FileEntry]) -> bytes:
    """One line a file, by its address below that of the release."""
    return "".join(f"{entry.sha256}  {name}\n" for name, entry in sorted(files.items())).encode()


def _tables(manifest: Manifest) -> Iterator[tuple[Table, FileEntry]]:
    for name, table in tables().items():
        entry = manifest.files.get(f"dumps/{TABLES}/{name}.csv")
        if entry is not None:
            yield table, entry


def _title(table: Table) -> str:
    return (vocabulary.label(table.class_iri, "en") if table.class_iri else None) or table.name


def _label(column: Column) -> str:
    """What a column holds, in a few words."""
    if column.property is None:
        return column.name
    text = vocabulary.label(column.property, "en") or compact(column.property)
    if column.language is None:
        return text
    return f"{text} ({column.language})"


def _licence(iri: str) -> dict[str, str]:
    return {"path": iri, **({"name": _SPDX[iri]} if iri in _SPDX else {})}


def _described(manifest: Manifest) -> str:
    """The description, with the honest sentence where several licences hold."""
    texts = manifest.about.description
    return with_sentence(_english(texts), "en" if texts.get("en") else next(iter(texts)), manifest)


def _english(texts: Mapping[str, str]) -> str:
    return in_language(texts, "en")


def _json(said: Mapping[str, Any]) -> bytes:
    return json.dumps(said, ensure_ascii=False, indent=1).encode() + b"\n"
