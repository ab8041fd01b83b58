"""Named queries: questions that are kept in files, with what they are called, ask for and answer. Reads those files.

Each file of ``sparql/queries`` is one question. Its header, the lines that begin with ``#:``, is TOML
(docs/queries.md); the rest is a SELECT query in which ``$name`` stands for the value of a parameter. A value becomes a
term before it gets into a query, and takes the place of one token: whatever it says, the query keeps its structure.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final, TypedDict
from urllib.parse import unquote

import msgspec
from pyoxigraph import QuerySolutions

from graph.errors import InvalidStatement
from graph.ntriples import iri, literal
from graph.store import in_memory
from ontology import vocabulary
from ontology.identifiers import Identifiers, Kind
from ontology.terms import PREFIXES
from sparql.errors import ForbiddenQuery, InvalidNamedQuery, InvalidRequest
from sparql.policy import check_services
from sparql.syntax import readable
from sparql.tokens import Kind as TokenKind
from sparql.tokens import Token, tokens

RESERVED: Final = ("format", "lang", "timeout")
"""What an address asks of the answer, so that no parameter may be called so."""
_MARK: Final = "#:"
_XSD: Final = PREFIXES["xsd"]
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,18}")
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8}){0,8}")
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CODE_POINT: Final = re.compile(r"\\([uU])")
_BOOLEANS: Final = {"true": "true", "1": "true", "false": "false", "0": "false"}


class Texts(TypedDict):
    """A text in the three languages of the pages."""

    fi: str
    sv: str
    en: str


class ParameterType(StrEnum):
    """What the value of a parameter is."""

    IRI = "iri"
    """A thing: its IRI, or, if it is one of ours, ``{kind}/{key}`` as in the addresses of pages."""
    CONCEPT = "concept"
    """A concept of one of our code lists: its code or its IRI."""
    STRING = "string"
    LANGUAGE = "language"
    """A language tag, such as ``fi``."""
    INTEGER = "integer"
    DATE = "date"
    BOOLEAN = "boolean"


class ColumnType(StrEnum):
    """What is in a column, where there is something."""

    IRI = "iri"
    TEXT = "text"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    """A day, or a month or a year where no more is known."""
    BOOLEAN = "boolean"


class Parameter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What can be chosen in a query. One without a default has to be given."""

    name: str
    type: ParameterType
    title: Texts
    kinds: tuple[str, ...] = ()
    """For an IRI: the words of the kinds of things that it may be, if not anything."""
    code_list: str | None = None
    """For a concept: the local name of its code list."""
    default: str | None = None
    example: str | None = None

    @property
    def shown(self) -> str:
        """A value that can be given: the example, or the default."""
        return self.example or self.default or ""

    @property
    def scheme(self) -> str:
        """The IRI of the code list."""
        return f"{PREFIXES['vk']}{self.code_list}"

    @property
    def meaning(self) -> str:
        """What a value has to be, in words."""
        match self.type:
            case ParameterType.IRI:
                what = f"a thing of the kind {' or '.join(self.kinds)}" if self.kinds else "a thing"
                return f"{what}, by its IRI or, for one of ours, its kind and key"
            case ParameterType.CONCEPT:
                return f"a code of the list {self.code_list}, or the IRI of a concept of it"
            case ParameterType.STRING:
                return "a text without control characters"
            case ParameterType.LANGUAGE:
                return "a language tag"
            case ParameterType.INTEGER:
                return "an integer"
            case ParameterType.DATE:
                return "a day"
            case ParameterType.BOOLEAN:
                return "true or false"

    def term(self, value: str, identifiers: Identifiers) -> str:
        """A value as a term, in the form that it has in a query. Raises InvalidRequest if it is not of the type."""
        try:
            term = _TERMS[self.type](self, value, identifiers)
        except (ValueError, InvalidStatement) as error:
            raise InvalidRequest(
                f"The parameter {self.name} ({self.type}) is {self.meaning}, such as {self.shown}; "
                f"{value[:100]!r} is not."
            ) from error
        return _safe(term)


class Column(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a query answers."""

    name: str
    type: ColumnType
    title: Texts
    names: str | None = None
    """The column of the things whose names stand here, so that a page needs one column for both."""


class _Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands above a query."""

    title: Texts
    description: Texts
    column: tuple[Column, ...]
    parameter: tuple[Parameter, ...] = ()


@dataclass(frozen=True)
class NamedQuery:
    """A question that is kept under a name."""

    name: str
    title: Texts
    description: Texts
    parameters: tuple[Parameter, ...]
    columns: tuple[Column, ...]
    text: str
    """The query, with ``$name`` where the values of parameters belong."""

    @property
    def is_ready(self) -> bool:
        """Whether it can be asked without giving any value."""
        return all(parameter.default is not None for parameter in self.parameters)

    def terms(self, values: Mapping[str, str], identifiers: Identifiers) -> dict[str, str]:
        """The term of each parameter, by default where no value is given.

        Raises InvalidRequest if a value is not of its type, belongs to no parameter, or is missing.
        """
        known = [parameter.name for parameter in self.parameters]
        for name in values.keys() - set(known):
            has = f"it has {', '.join(known)}" if known else "it has none"
            raise InvalidRequest(f"The query {self.name} has no parameter {name[:100]!r}; {has}.")
        found = {}
        for parameter in self.parameters:
            value = values.get(parameter.name, parameter.default)
            if value is None:
                raise InvalidRequest(
                    f"The parameter {parameter.name} ({parameter.type}) is missing: {parameter.meaning}, "
                    f"such as {parameter.name}={parameter.shown}."
                )
            found[parameter.name] = parameter.term(value, identifiers)
        return found

    def asking(self, values: Mapping[str, str], identifiers: Identifiers) -> str:
        """The query with these values, and the defaults of all others. Raises InvalidRequest as `terms` does."""
        return _with_terms(tokens(self.text), self.terms(values, identifiers))


@cache
def named_queries() -> Mapping[str, NamedQuery]:
    """All named queries by their names, sorted.

    >>> named_queries()["documents-by-theme-and-city"].parameters[0].name
    'theme'
    """
    found = sorted(file.name for file in files("sparql").joinpath("queries").iterdir() if file.name.endswith(".rq"))
    return {
        name.removesuffix(".rq"): read(
            name.removesuffix(".rq"), files("sparql").joinpath("queries", name).read_text(encoding="utf-8")
        )
        for name in found
    }


def read(name: str, text: str) -> NamedQuery:
    """A named query from the text of its file. Raises InvalidNamedQuery if it is not as docs/queries.md says."""
    lines = text.splitlines(keepends=True)
    toml = "".join(line.removeprefix(_MARK).removeprefix(" ") for line in lines if line.startswith(_MARK))
    query = "".join(line for line in lines if not line.startswith(_MARK)).strip()
    try:
        header = msgspec.toml.decode(toml, type=_Header)
    except msgspec.DecodeError as error:
        raise InvalidNamedQuery(f"{name}.rq: {error}; docs/queries.md says what its header has to say.") from error
    declared = {parameter.name for parameter in header.parameter}
    parts = list(tokens(query))
    used = {text[1:] for kind, text, _ in parts if _is_parameter(kind, text)}
    if declared != used or len(declared) < len(header.parameter) or declared & set(RESERVED):
        raise InvalidNamedQuery(
            f"{name}.rq: the header declares {sorted(declared)}, the query uses {sorted(used)}; each has to be there "
            f"once, and none may be called {', '.join(RESERVED)}."
        )
    for parameter in header.parameter:
        if not parameter.shown and parameter.type != ParameterType.STRING:
            raise InvalidNamedQuery(f"{name}.rq: {parameter.name} has neither a default nor an example; give one.")
        if (parameter.type == ParameterType.CONCEPT) != (parameter.code_list is not None):
            raise InvalidNamedQuery(f"{name}.rq: {parameter.name} says no code list, or has one and is no concept.")
        for kind in parameter.kinds:
            if Kind.of_slug(kind) is None:
                raise InvalidNamedQuery(f"{name}.rq: {parameter.name} is of the kind {kind!r}, which there is not.")
    for column in header.column:
        if column.names is not None and column.names not in {other.name for other in header.column}:
            raise InvalidNamedQuery(
                f"{name}.rq: {column.name} names the things of {column.names!r}, which is no column."
            )
    tried = {parameter.name: _TRIED.get(parameter.type, '"a"') for parameter in header.parameter}
    _check(name, _with_terms(parts, tried), [column.name for column in header.column])
    return NamedQuery(name, header.title, header.description, header.parameter, header.column, query)


def _check(name: str, tried: str, columns: list[str]) -> None:
    """Raise InvalidNamedQuery if the engine does not read a query, or would answer other columns than these."""
    try:
        check_services(tried)
        answer = in_memory().query(tried)
    except (SyntaxError, ForbiddenQuery) as error:
        said = readable(error) if isinstance(error, SyntaxError) else str(error)
        raise InvalidNamedQuery(
            f"{name}.rq: {said} (counted from the query's first line). A parameter stands where a term may "
            "stand: not in LIMIT, not after AS."
        ) from error
    if not isinstance(answer, QuerySolutions):
        raise InvalidNamedQuery(f"{name}.rq: a named query is a SELECT query; this one is none.")
    answered = [variable.value for variable in answer.variables]
    if answered != columns:
        raise InvalidNamedQuery(
            f"{name}.rq: the query answers {answered}, the header has the columns {columns}; they have to be the same, "
            "in the same order."
        )


def _with_terms(parts: Iterable[Token], terms: Mapping[str, str]) -> str:
    """A query with terms in the places of its parameters."""
    return "".join(terms[text[1:]] if _is_parameter(kind, text) else text for kind, text, _ in parts)


def _is_parameter(kind: TokenKind, text: str) -> bool:
    return kind == TokenKind.VARIABLE and text.startswith("$")


def _safe(term: str) -> str:
    r"""A term such that no reader of a query finds an escape of a code point, or SERVICE, in it that is none.

    SPARQL replaces ``\u0022`` by a quote `before it parses <https://www.w3.org/TR/sparql11-query/#codepointEscape>`_,
    and some engines do so after another backslash too, which would end the string. A canonical term has backslashes
    before a ``u`` only there. SERVICE is looked for in texts too (`sparql.policy`), and is none without its bracket.

    >>> print(_safe(r'"a\\u0022"'))
    "a\\\U000000750022"
    >>> print(_safe('"SERVICE <a:b> {"'))
    "SERVICE <a:b> \U0000007B"
    """
    return _CODE_POINT.sub(lambda found: rf"\\U{ord(found[1]):08X}", term).replace("{", r"\U0000007B")


def _thing(parameter: Parameter, value: str, identifiers: Identifiers) -> str:
    slug, _, key = value.partition("/")
    prefix, colon, local = value.partition(":")
    if Kind.of_slug(slug) is not None and key:
        value = identifiers.at(slug, unquote(key, errors="strict"))
    elif colon and prefix in PREFIXES:
        value = PREFIXES[prefix] + local
    if value.startswith(identifiers.space):
        path = identifiers.path(value)
        if path is None or (parameter.kinds and path.partition("/")[0] not in parameter.kinds):
            raise ValueError
    return iri(value)


def _concept(parameter: Parameter, value: str, identifiers: Identifiers) -> str:
    concepts = vocabulary.concepts(parameter.scheme)
    if value in concepts:
        return iri(concepts[value])
    if value not in concepts.values():
        raise ValueError
    return iri(value)


def _string(parameter: Parameter, value: str, identifiers: Identifiers) -> str:
    # What is in the graph is in this form.
    return literal(unicodedata.normalize("NFC", value))


def _language(parameter: Parameter, value: str, identifiers: Identifiers) -> str:
    if not _LANGUAGE.fullmatch(value):
        raise ValueError
    return literal(value.lower())


def _integer(parameter: Parameter, value: str, identifiers: Identifiers) -> str:
    if not _INTEGER.fullmatch(value):
        raise ValueError
    return literal(str(int(value)), datatype=f"{_XSD}integer")


def _date(parameter: Parameter, value: str, identifiers: Identifiers) -> str:
    if not _DATE.fullmatch(value):
        raise ValueError
    return literal(date.fromisoformat(value).isoformat(), datatype=f"{_XSD}date")


def _boolean(parameter: Parameter, value: str, identifiers: Identifiers) -> str:
    if value not in _BOOLEANS:
        raise ValueError
    return literal(_BOOLEANS[value], datatype=f"{_XSD}boolean")


_TERMS: Final[Mapping[ParameterType, Callable[[Parameter, str, Identifiers], str]]] = {
    ParameterType.IRI: _thing,
    ParameterType.CONCEPT: _concept,
    ParameterType.STRING: _string,
    ParameterType.LANGUAGE: _language,
    ParameterType.INTEGER: _integer,
    ParameterType.DATE: _date,
    ParameterType.BOOLEAN: _boolean,
}
_TRIED: Final = {ParameterType.IRI: "<a:b>", ParameterType.CONCEPT: "<a:b>"}
"""Terms by which a query is tried when it is read; of the other types, a text."""
