"""Alternatives of property paths as UNION: the engine gives what two of them find once, and the standard twice.

``?s p|q ?o`` means the union of ``?s p ?o`` and ``?s q ?o``, with all duplicates (`SPARQL 1.1 Query, 18.4
<https://www.w3.org/TR/sparql11-query/#sparqlPropertyPaths>`_). Written anew are the triples that can be told for sure
from the tokens around them: a plain subject, a path with alternatives at its top only, a plain object. Others stay as
they are.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sparql.tokens import Kind, Token, significant

_NAMES: Final = (Kind.IRI, Kind.NAME)
_MOST: Final = 100
"""Paths of a query that are written anew."""
_BEHIND: Final = ("FILTER", "OPTIONAL", "BIND", "MINUS", "GRAPH", "VALUES")
"""What may stand behind a triple without a full stop."""


def spelled_out(query: str) -> str:
    """A query with the same meaning to who reads it by the standard.

    >>> spelled_out("SELECT * { ?s <a:p>|<a:q> ?o }")
    'SELECT * { { ?s <a:p> ?o } UNION { ?s <a:q> ?o } }'
    >>> spelled_out("SELECT * { ?s a <a:C> ; (<a:p>|^<a:q>) ?o ; <a:r> 1 }")
    'SELECT * { ?s a <a:C>  . { ?s <a:p> ?o } UNION { ?s ^<a:q> ?o } . ?s <a:r> 1 }'
    """
    for _ in range(_MOST):
        listed = significant(query)
        # A blank node may not be part of two groups, and a full stop at the end of a name may end the triple.
        if any(one.text.startswith("_:") or (len(one.text) > 1 and one.text.endswith(".")) for one in listed):
            return query
        # From the left: what is behind it in a list is then a triple of its own.
        places = range(len(listed))
        written = next((found for place in places if (found := _spelled_out_at(listed, place, query))), None)
        if written is None:
            return query
        query = written
    return query


def _spelled_out_at(listed: Sequence[Token], place: int, query: str) -> str | None:
    """The query with the alternatives spelled out that begin behind one of its tokens; None if there are none."""
    subject = _subject(listed, place)
    if subject is None:
        return None
    path = _Path(listed, place + 1)
    if path.alternatives is None:
        return None
    end = _object(listed, path.end)
    if end is None or end >= len(listed):
        return None
    behind = listed[end]
    if behind.text not in (".", ";", "}") and not (behind.kind == Kind.WORD and behind.text.upper() in _BEHIND):
        return None
    found = query[listed[path.end].start : _end(listed[end - 1])]
    union = " UNION ".join(
        f"{{ {subject.text} {query[listed[first].start : _end(listed[last - 1])]} {found} }}"
        for first, last in path.alternatives
    )
    start, stop = listed[place].start, _end(listed[end - 1])
    if listed[place].text == ";":
        union = f" . {union}"
    if behind.text == ";":
        union, stop = f"{union} . {subject.text}", _end(behind)
    return query[:start] + union + query[stop:]


def _subject(listed: Sequence[Token], place: int) -> Token | None:
    """The subject of the triple whose path begins behind a token: that token, or the one before a list of others."""
    token = listed[place]
    if token.text != ";":
        before = listed[place - 1].text if place else ""
        return token if before in ("{", "}", ".", ")") and _is_plain(token) else None
    depth, at = 0, place - 1
    while at >= 0 and (depth or listed[at].text not in (".", "{", "}")):
        depth += (listed[at].kind == Kind.CLOSE) - (listed[at].kind == Kind.OPEN)
        if depth < 0:
            return None
        at -= 1
    subject = listed[at + 1]
    return subject if at >= 0 and _is_plain(subject) else None


def _is_plain(token: Token) -> bool:
    return token.kind in (Kind.VARIABLE, *_NAMES)


def _object(listed: Sequence[Token], at: int) -> int | None:
    """Behind which token an object ends that begins at one; None if it is not plain."""
    if at >= len(listed):
        return None
    token = listed[at]
    if _is_plain(token) or (token.kind == Kind.WORD and token.text.upper() not in _BEHIND):
        return at + 1
    if token.kind != Kind.STRING:
        return None
    after = [one.text for one in listed[at + 1 : at + 3]]
    if after == ["^", "^"]:
        return at + 4
    return at + 2 if at + 1 < len(listed) and listed[at + 1].kind == Kind.LANGUAGE else at + 1


def _end(token: Token) -> int:
    return token.start + len(token.text)


@dataclass
class _Path:
    """A path that begins at a token, as `Path <https://www.w3.org/TR/sparql11-query/#rPath>`_ [88] and below say."""

    listed: Sequence[Token]
    end: int
    """Behind which token it ends."""
    alternatives: list[tuple[int, int]] | None = field(init=False)
    """From which token to which, if there are two at least, none of which has others in it."""

    def __post_init__(self) -> None:
        first = self.end
        spans = self._spans()
        if spans is not None and len(spans) == 1 and self._text(first) == "(":
            # All of it in brackets.
            inner = _Path(self.listed, first + 1)
            spans = inner.alternatives if inner.end + 1 == self.end else None
        is_flat = spans is not None and all(not self._has_others(*span) for span in spans)
        self.alternatives = spans if spans is not None and len(spans) > 1 and is_flat else None

    def _spans(self) -> list[tuple[int, int]] | None:
        spans = []
        while True:
            first = self.end
            if not self._sequence():
                return None
            spans.append((first, self.end))
            if self._text(self.end) != "|" or self._text(self.end + 1) == "|":
                return spans
            self.end += 1

    def _sequence(self) -> bool:
        while self._element():
            if self._text(self.end) != "/":
                return True
            self.end += 1
        return False

    def _element(self) -> bool:
        if self._text(self.end) == "^":
            self.end += 1
        if self._text(self.end) == "!":
            self.end += 1
            if self._text(self.end) == "^":
                self.end += 1
        if self._text(self.end) == "(":
            self.end += 1
            if self._spans() is None or self._text(self.end) != ")":
                return False
            self.end += 1
        elif self.end < len(self.listed) and (self.listed[self.end].kind in _NAMES or self._text(self.end) == "a"):
            self.end += 1
        else:
            return False
        if self._text(self.end) in ("*", "+", "?"):
            self.end += 1
        return True

    def _has_others(self, first: int, last: int) -> bool:
        return any(one.text == "|" for one in self.listed[first:last])

    def _text(self, at: int) -> str:
        return self.listed[at].text if at < len(self.listed) else ""
