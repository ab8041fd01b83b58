"""The graph as tables: a row a thing, one table a kind, and the tables of all edges and all literals.

CSV by `RFC 4180 <https://www.rfc-editor.org/rfc/rfc4180>`_, in UTF-8 with line feeds. The columns of a kind are those
of ``ontology/tables.toml``, whatever a release has values for, so that programs can rely on them. Several values of a
cell are separated by ``|``; a text's own ``|`` is written ``¦`` (exact texts are in the table of literals).
"""

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from graph.things import Thing
from ontology import vocabulary
from ontology.context import context
from ontology.identifiers import Kind
from ontology.terms import DCT, PREFIXES, PROV, RDFS, compact, expand

EDGES: Final = "edges"
LITERALS: Final = "literals"
SEPARATOR: Final = "|"
BEFORE: Final = b'"'
"""What stands before the IRI at the beginning of each row, and `AFTER` behind it."""
AFTER: Final = b'"'
_LANGUAGES: Final = ("fi", "sv", "en", "other")
_FIRST: Final = ("identifier", "label@")
_LAST: Final = ("records[]",)
_OWN: Final = {"records": PROV.wasDerivedFrom, "identifier": DCT.identifier, "label": RDFS.label}
_ESCAPE: Final = re.compile(rb"\\(.)")
_ESCAPED: Final = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}
_QUOTED: Final = re.compile(rb'[",\r\n]')
# What a reader of these types takes; anything else stays in the table of literals.
_TYPED: Final = {
    "integer": re.compile(rb"-?\d{1,18}\Z"),
    "decimal": re.compile(rb"-?\d{1,15}(\.\d{1,15})?\Z"),
    "boolean": re.compile(rb"(true|false)\Z"),
}


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    name: str
    is_list: bool = False
    """Whether a cell may hold several values, between them `SEPARATOR`."""
    type: str = "string"
    """string, integer, decimal or boolean."""
    property: str | None = None
    """The IRI of the property whose values it holds, if it is that of one."""
    language: str | None = None
    """The language of its texts: fi, sv, en, or ``other`` for all others and none."""


@dataclass(frozen=True)
class Table:
    """A table: what it is called, what its rows are, and its columns in order."""

    name: str
    class_iri: str | None
    """The class whose things are its rows; None if a row is a statement."""
    columns: tuple[Column, ...]

    @property
    def header(self) -> bytes:
        """The first line of the CSV."""
        return ",".join(column.name for column in self.columns).encode() + b"\n"


EDGE_COLUMNS: Final = (Column("subject"), Column("property"), Column("object"), Column("graphs", is_list=True))
LITERAL_COLUMNS: Final = (
    *(Column(name) for name in ("subject", "property", "value", "language", "datatype")),
    Column("graphs", is_list=True),
)


@cache
def tables() -> dict[str, Table]:
    """All tables by their names: those of the kinds of things, then edges and literals."""
    spec = tomllib.loads((files("ontology") / "tables.toml").read_text(encoding="utf-8"))
    found = {kind.slug: Table(kind.slug, kind.class_iri, tuple(_columns(spec[kind.slug]))) for kind in Kind}
    found[EDGES] = Table(EDGES, None, EDGE_COLUMNS)
    found[LITERALS] = Table(LITERALS, None, LITERAL_COLUMNS)
    return found


def _columns(spec: Iterable[str]) -> Iterator[Column]:
    yield Column("iri")
    yield Column("classes", is_list=True)
    for word in (*_FIRST, *spec, *_LAST):
        is_list = word.endswith("[]")
        word, _, type_ = word.removesuffix("[]").partition(":")
        if word.endswith("@"):
            name = word.removesuffix("@")
            for language in _LANGUAGES:
                yield Column(f"{name}_{language}", is_list, "string", _property_of(name), language)
        else:
            yield Column(word, is_list, type_ or "string", _property_of(word))
    yield Column("graphs", is_list=True)


def _property_of(name: str) -> str | None:
    """The IRI of the property that a column is called after; of a register, that of its datatype."""
    if name in _OWN:
        return _OWN[name]
    definition = context().get(name)
    if definition is None:
        return PREFIXES["vk"] + name
    return expand(definition if isinstance(definition, str) else definition["@id"])


def row(table: Table, thing: Thing) -> bytes:
    """A thing as a row of the table of its kind."""
    places = _places(table.name)
    cells: list[list[bytes]] = [[] for _ in table.columns]
    for predicate, target, _ in thing.triples:
        end = target.rfind(b'"') if target.startswith(b'"') else -1
        place = places[predicate, target[end + 1 :] if end > 0 else b""]
        if place is not None:
            cells[place].append(target[1:-1] if end < 0 else _unescaped(target[1:end]))
    for column, values in zip(table.columns, cells, strict=True):
        typed = _TYPED.get(column.type)
        # Readers of a typed column take one value of that type, and nothing else.
        if typed is not None and not (len(values) == 1 and typed.match(values[0])):
            values.clear()
    cells[1] = [_short(iri) for iri in thing.classes]
    cells[-1] = [_name(graph) for graph in thing.graphs]
    return BEFORE + thing.iri + AFTER + b"," + b",".join(map(_cell, cells[1:])) + b"\n"


class _Places(dict[tuple[bytes, bytes], int | None]):
    """Predicate, and language or datatype as it stands behind a literal → the number of the column."""

    def __init__(self, columns: Iterable[Column]) -> None:
        self._of = {
            (column.property, column.language): place for place, column in enumerate(columns) if column.property
        }

    def __missing__(self, key: tuple[bytes, bytes]) -> int | None:
        predicate, kind = key[0][1:-1].decode(), key[1].decode()
        language = kind[1:] if kind.startswith("@") else "other"
        datatype = kind[3:-1] if kind.startswith("^^") else ""
        found = self._of.get((datatype if datatype in vocabulary.registers() else predicate, None))
        if found is None:
            language = language if (predicate, language) in self._of else "other"
            found = self._of.get((predicate, language))
        self[key] = found
        return found


@cache
def _places(name: str) -> _Places:
    return _Places(tables()[name].columns)


def edges(thing: Thing) -> list[bytes]:
    """The rows of what links a thing with others."""
    return [
        _statement(thing, predicate, graphs, (_quoted(target[1:-1]),))
        for predicate, target, graphs in thing.triples
        if target.startswith(b"<")
    ]


def literals(thing: Thing) -> list[bytes]:
    """The rows of a thing's literals."""
    return [
        _statement(thing, predicate, graphs, _literal(target))
        for predicate, target, graphs in thing.triples
        if target.startswith(b'"')
    ]


def _statement(thing: Thing, predicate: bytes, graphs: Iterable[bytes], cells: Iterable[bytes]) -> bytes:
    first = BEFORE + thing.iri + AFTER
    return b",".join((first, _short(predicate[1:-1]), *cells, b"|".join(map(_name, graphs)))) + b"\n"


def _literal(target: bytes) -> tuple[bytes, bytes, bytes]:
    """Value, language and datatype of a literal, ready for cells."""
    end = target.rindex(b'"')
    tag = target[end + 1 :]
    language = tag[1:] if tag.startswith(b"@") else b""
    datatype = _short(tag[3:-1]) if tag.startswith(b"^") else b"rdf:langString" if language else b"xsd:string"
    return _quoted(_unescaped(target[1:end])), language, datatype


def _unescaped(text: bytes) -> bytes:
    return _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), text) if b"\\" in text else text


def _cell(values: list[bytes]) -> bytes:
    if not values:
        return b""
    return _quoted(b"|".join(value.replace(b"|", "¦".encode()) for value in values))


def _quoted(text: bytes) -> bytes:
    # An empty text in quotes is a text; nothing at all is none.
    return b'"' + text.replace(b'"', b'""') + b'"' if not text or _QUOTED.search(text) else text


@cache
def _short(iri: bytes) -> bytes:
    return _quoted(compact(iri.decode()).encode())


@cache
def _name(graph: bytes) -> bytes:
    """The name of a source, by its graph."""
    return graph.rpartition(b"/")[2]
