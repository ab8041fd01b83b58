"""Cuts the text of a query into tokens. The only module that does; it parses nothing.

https://www.w3.org/TR/sparql11-query/#sparqlGrammar. What is here has to hold for any text, in time that grows with its
length only: a string that is not closed reaches to where it would have to be.
"""

import re
import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import groupby, pairwise
from typing import Final, NamedTuple


class Kind(StrEnum):
    """What a token is. What fits nothing else, such as an operator, is `OTHER`, a character at a time."""

    IRI = "iri"
    """In angle brackets: IRIREF [139]."""
    STRING = "string"
    """With its quotes [156-159]; it may be unclosed."""
    COMMENT = "comment"
    SPACE = "space"
    VARIABLE = "variable"
    """With ``?`` or ``$`` [143, 144]."""
    LANGUAGE = "language"
    NAME = "name"
    """A prefixed name [136, 137], with its colon."""
    WORD = "word"
    """A keyword, a number, or the label of a blank node behind its underscore."""
    OPEN = "open"
    CLOSE = "close"
    OTHER = "other"


class Token(NamedTuple):
    """A piece of a query."""

    kind: Kind
    text: str
    start: int
    """At which character it begins."""


_MADE_UP: Final = ("NOW", "RAND", "UUID")
_DOUBTFUL: Final = ("string", "iri", "name", "other")
"""Kinds of tokens that may be unclosed, or have quotes or backslashes in them."""
_ESCAPE: Final = re.compile(r"\\(?:u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8})")
_LOCAL: Final = r"(?:[\w.:-]|%[0-9A-Fa-f]{2}|\\.)"
_TOKEN: Final = re.compile(
    rf"""
    (?P<iri> <[^<>"{{}}|^`\\\x00-\x20]*> )
  | (?P<string>
        '''(?:'{{0,2}}(?:[^'\\]|\\.))*+(?:'''|\Z|.)  | \"""(?:"{{0,2}}(?:[^"\\]|\\.))*+(?:\"""|\Z|.)
      | '(?:[^'\\\n\r]|\\[^\n\r])*+.?            | "(?:[^"\\\n\r]|\\[^\n\r])*+.?
    )
  | (?P<comment> \#[^\n\r]* )
  | (?P<space> \s+ )
  | (?P<variable> [?$]\w+ )
  | (?P<language> @[A-Za-z][\w-]* )
  | (?P<name> (?:\w[\w.-]*+)?:{_LOCAL}*+ )
  | (?P<word> \w[\w.-]*+ )
  | (?P<open> [(\[{{] )
  | (?P<close> [)\]}}] )
  | (?P<other> . )
    """,
    re.VERBOSE | re.DOTALL,
)


# Looking a kind up by its name is much quicker than asking the enumeration for it.
_KINDS: Final = {kind.value: kind for kind in Kind}


def tokens(query: str) -> Iterator[Token]:
    """The tokens of a query; put together they are the query."""
    for found in _TOKEN.finditer(query):
        assert found.lastgroup is not None
        yield Token(_KINDS[found.lastgroup], found[0], found.start())


def significant(query: str) -> list[Token]:
    """The tokens of a query without space and comments."""
    return [token for token in tokens(query) if token.kind not in (Kind.SPACE, Kind.COMMENT)]


def closing(listed: Iterable[Token]) -> int | None:
    """Behind which character the bracket is closed that tokens begin with; None if it is not."""
    depth = 0
    for token in listed:
        depth += (token.kind == Kind.OPEN) - (token.kind == Kind.CLOSE)
        if depth == 0:
            return token.start + len(token.text)
    return None


def normal(query: str) -> str | None:
    """A query without comments and needless space: queries that differ in these only have one normal form.

    None where another reader might see other tokens than we do: characters are written as escapes, a string is not
    closed, a quote stands within what looks like an IRI. None too where the same query may have another answer next
    time: a function makes something up (the time, chance, a new identifier), or SERVICE asks somebody else.

    >>> normal("ASK  { ?s ?p 'a  b' } # really?")
    "ASK { ?s ?p 'a  b' }"
    >>> normal("SELECT (now#!\\n() AS ?now) {}") is None
    True
    """
    found = _undoubted(query)
    if found is None:
        return None
    parts: list[str] = []
    is_made_up = False
    for kind, text in found:
        if kind in ("space", "comment"):
            if parts and parts[-1] != " ":
                parts.append(" ")
            continue
        if is_made_up and text == "(":
            return None
        # The engine has no tokenizer: ``1.5NOW()`` is a number and a function to it.
        word = text.upper() if kind == "word" else ""
        is_made_up = word.endswith(_MADE_UP)
        if word.endswith("SERVICE"):
            return None
        parts.append(text)
    return "".join(parts).strip(" ")


def unescaped(query: str) -> str:
    """A query with characters in the place of codepoint escapes (`19.2
    <https://www.w3.org/TR/sparql11-query/#codepointEscape>`_), but in comments, and in strings, where the engine reads
    them itself and an escaped quote is no end.

    >>> unescaped(r"ASK { ?\\u0061 ?b '\\u0027' }")
    "ASK { ?a ?b '\\\\u0027' }"
    """
    if "\\u" not in query and "\\U" not in query:
        return query
    parts = []
    for is_kept, group in groupby(tokens(query), key=lambda token: token.kind in (Kind.STRING, Kind.COMMENT)):
        text = "".join(token.text for token in group)
        parts.append(text if is_kept else _ESCAPE.sub(_character, text))
    return "".join(parts)


def _character(escape: re.Match[str]) -> str:
    number = int(escape[0][2:], 16)
    is_character = number < 0xD800 or 0xDFFF < number <= sys.maxunicode
    return chr(number) if is_character else escape[0]


def live(query: str) -> str:
    """A query with spaces in the place of strings and comments; as it is, where another reader might see others.

    >>> live("ASK { ?s ?p 'a' } # b")
    'ASK { ?s ?p     }    '
    """
    found = _undoubted(query)
    texts = ("string", "comment")
    # What is less-than to one reader may be the beginning of an IRI to another.
    if found is None or any(before == "<" and kind in texts for (_, before), (kind, _) in pairwise(found)):
        return query
    return "".join(" " * len(text) if kind in texts else text for kind, text in found)


def _undoubted(query: str) -> list[tuple[str, str]] | None:
    """Kind and text of each token; None where another reader might see other tokens."""
    if "\\u" in query or "\\U" in query:
        return None
    # Of each question asked: not by way of `tokens`, which takes twice as long.
    found = [(one.lastgroup or "", one[0]) for one in _TOKEN.finditer(query)]
    return None if any(kind in _DOUBTFUL and _is_doubtful(kind, text) for kind, text in found) else found


def _is_doubtful(kind: str, text: str) -> bool:
    if kind == "string":
        return len(text) < 2 or text[-1] != text[0]
    return "\\" in text or (kind == "iri" and "'" in text)
