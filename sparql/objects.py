"""A result as plain JSON: a list with an object a row, for who wants values and no terms.

IRIs, texts and days are strings, numbers and truth values are those of JSON, and what is not there is null. Language
tags and datatypes are left out: `SPARQL 1.1 JSON <https://www.w3.org/TR/sparql11-results-json/>`_ has them.
"""

import re
from dataclasses import replace
from typing import Final

import msgspec

from ontology.terms import PREFIXES
from sparql.answer import Answer
from sparql.errors import SizeLimit
from sparql.limits import MEBIBYTE

MOST_BYTES: Final = 16 * MEBIBYTE
"""Bytes of a result in SPARQL JSON up to which it is turned into plain JSON, which is done in memory."""
_XSD: Final = PREFIXES["xsd"]
# Numbers stay as they are written: as floats, amounts of money would not be exact.
_NUMBERS: Final = {
    _XSD + name for name in ("integer", "decimal", "double", "float", "int", "long", "nonNegativeInteger")
}
_JSON_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_TRUTH: Final = {"true": True, "1": True, "false": False, "0": False}


class _Term(msgspec.Struct):
    type: str
    value: str
    datatype: str = ""


class _Head(msgspec.Struct):
    vars: list[str]


class _Bindings(msgspec.Struct):
    bindings: list[dict[str, _Term]]


class _Result(msgspec.Struct):
    head: _Head
    results: _Bindings


def objects(answer: Answer) -> Answer:
    """The answer to a SELECT query, given in SPARQL JSON, as plain JSON; closes it.

    Raises SizeLimit if it has more than `MOST_BYTES`.

    >>> result = b'{"head":{"vars":["n","x"]},"results":{"bindings":[{"n":{"type":"uri","value":"https://a/"}}]}}'
    >>> objects(Answer("application/sparql-results+json", result)).body
    b'[\\n{"n":"https://a/","x":null}\\n]\\n'
    """
    with answer:
        if answer.length > MOST_BYTES:
            raise SizeLimit(
                f"The answer has {answer.length} bytes, too many for plain JSON; ask for it as text/csv or as "
                "application/sparql-results+json."
            )
        found = msgspec.json.decode(answer.read(), type=_Result)
    rows = (
        msgspec.json.encode({name: _value(row.get(name)) for name in found.head.vars}) for row in found.results.bindings
    )
    body = b",\n".join(rows)
    return replace(answer, media_type="application/json", body=b"[\n%b\n]\n" % body if body else b"[]\n")


def _value(term: _Term | None) -> str | bool | msgspec.Raw | None:
    if term is None:
        return None
    if term.type == "bnode":
        return f"_:{term.value}"
    if term.datatype in _NUMBERS and _JSON_NUMBER.fullmatch(term.value):
        return msgspec.Raw(term.value.encode())
    return _TRUTH.get(term.value, term.value) if term.datatype == f"{_XSD}boolean" else term.value
