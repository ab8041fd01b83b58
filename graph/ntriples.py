"""How terms are written in canonical N-Triples. The only module that escapes them.

Statements travel through a build as text: a *statement* is ``subject predicate object`` without the final dot, every
term in the canonical form of `RDF 1.2 N-Triples <https://www.w3.org/TR/rdf12-n-triples/#canonical-ntriples>`_, which is
also byte for byte what the engine writes (tests/test_ntriples.py). Sorting and comparing text is then exact.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import groupby

from pyoxigraph import NamedNode

from graph.errors import InvalidStatement

_ESCAPED = {"\\": "\\\\", '"': '\\"', "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}
_NEEDS_ESCAPE = re.compile(r'[\\"\x08\t\n\x0c\r]')

# What XML 1.0 cannot carry at all, https://www.w3.org/TR/xml/#charsets, and the other control characters. With
# one of these in the graph, results in XML would be ill-formed, so they do not get in.
_UNSAYABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff\ud800-\udfff]")
_LANGUAGE = re.compile(r"[a-z]{1,8}(-[a-z0-9]{1,8})*\Z")


def merged(quads: Iterable[bytes]) -> Iterator[bytes]:
    """Each triple of sorted N-Quads once, as a line of N-Triples.

    A line ends in ` <graph> .` and no IRI has a space, so the triple is what stands before that. Lines of one triple
    share it and the space behind it as their beginning: sorted, they are neighbours.
    """
    return (triple + b" .\n" for triple, _ in groupby(line[: line.rindex(b" <")] for line in quads))


def clean(text: str) -> str:
    """Text as it may enter the graph: NFC, without control characters, without space around it.

    >>> clean(" Ja\\u0308rvenpa\\u0308a\\u0308\\x07 ")
    'Järvenpää'
    """
    return unicodedata.normalize("NFC", _UNSAYABLE.sub("", text)).strip()


def has_control_characters(text: str) -> bool:
    """Whether `clean` takes characters out of the text, beyond space around it."""
    return _UNSAYABLE.search(text) is not None


def iri(value: str) -> str:
    """An IRI as a term. Raises InvalidStatement if it is not an absolute IRI.

    >>> iri("https://example.org/a")
    '<https://example.org/a>'
    """
    try:
        return str(NamedNode(value))
    except ValueError as error:
        raise InvalidStatement(f"{value!r} is not an IRI ({error}); write it in full, percent-encoded.") from error


def literal(text: str, language: str | None = None, datatype: str | None = None) -> str:
    """A literal as a term: plain, or with a language tag in lower case, or with a datatype.

    Only datatypes whose lexical form the engine keeps are safe here (strings and dates; numbers are kept by value).

    >>> literal("Hyvä \\"esimerkki\\"", language="fi")
    '"Hyvä \\\\"esimerkki\\\\""@fi'
    """
    if _UNSAYABLE.search(text):
        raise InvalidStatement(f"{text[:60]!r} has control characters; clean it first.")
    escaped = _NEEDS_ESCAPE.sub(lambda match: _ESCAPED[match[0]], text)
    if language is not None:
        if not _LANGUAGE.match(language):
            raise InvalidStatement(f"{language!r} is not a language tag in lower case, such as fi or sv.")
        return f'"{escaped}"@{language}'
    return f'"{escaped}"' if datatype is None else f'"{escaped}"^^<{datatype}>'
