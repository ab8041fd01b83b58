"""What may not run. Looks at the text of a query before any parser does.

The engine's parser is recursive and would overflow its stack; its evaluation of ``SERVICE`` would open connections to
any address. Both are stopped here with a sentence. Behind this stand the worker, which may crash without harm, and
`sparql.sandbox`, in which no connection can be opened.
"""

import re
from typing import Final

from sparql.errors import ForbiddenQuery, InvalidQuery, QueryTooLong
from sparql.limits import Limits
from sparql.tokens import Kind, live, tokens

READ_ONLY: Final = (
    "Nothing can be changed here: updates and LOAD are not allowed. Take the dumps at /data/ into a store of your own."
)
_UPDATES: Final = ("INSERT", "DELETE", "LOAD", "CLEAR", "DROP", "CREATE", "ADD", "MOVE", "COPY", "WITH")

# SERVICE as the engine reads it, which has no tokenizer: ``trueSERVICE<…>{`` and ``SERVICE:p{`` are SERVICE to it, and
# what looks like a string or a comment to one reader need not be one to another. So it is looked for everywhere.
_SPACE = r"(?:\s|\#[^\r\n]*(?:[\r\n]|\Z))*"
_SERVICE = re.compile(
    rf"SERVICE{_SPACE}(?:SILENT{_SPACE})?(?:<[^>]*>|[?$]\w+|[^\s<>{{}}\"']*:[^\s{{]*){_SPACE}\{{",
    re.IGNORECASE,
)


def check(query: str, limits: Limits, *, is_walled: bool = False) -> None:
    """Raise if a query may not be given to the engine, which can open no connection if it is walled in.

    Then SERVICE in a string or a comment is no offence; otherwise nobody can be sure how the engine reads them. Raises
    ForbiddenQuery (``SERVICE``) or InvalidQuery (brackets deeper than allowed).
    """
    check_services(live(query) if is_walled else query)
    check_depth(query, limits)


def check_length(query: str, limits: Limits) -> None:
    """Raise QueryTooLong if a query is longer than allowed."""
    if len(query) > limits.query_bytes or len(query.encode()) > limits.query_bytes:
        raise too_long(limits)


def too_long(limits: Limits) -> QueryTooLong:
    """What to raise of a query that is longer than allowed."""
    return QueryTooLong(f"The query is longer than {limits.query_bytes} bytes; make it shorter.")


def check_services(query: str) -> None:
    """Raise ForbiddenQuery if SERVICE stands in a query, or the engine might read it there."""
    if has_service(query):
        raise ForbiddenQuery(
            "SERVICE is not allowed here: this endpoint asks no other. Ask both and join the answers yourself. "
            "If this is not meant as SERVICE, write the name before the bracket in another way."
        )


def has_service(query: str) -> bool:
    """Whether SERVICE stands in a query, or the engine might read it there."""
    return any(not _is_in_variable(query, match.start()) for match in _SERVICE.finditer(query))


def _is_in_variable(query: str, position: int) -> bool:
    """Whether the word around a position is the name of a variable, as in ``SELECT ?service ?name {``."""
    while position and (query[position - 1].isalnum() or query[position - 1] == "_"):
        position -= 1
    return position > 0 and query[position - 1] in "?$"


def check_depth(query: str, limits: Limits) -> None:
    """Raise InvalidQuery if brackets nest deeper than allowed."""
    if sum(map(query.count, "([{")) <= limits.depth:
        return
    depth = 0
    for token in tokens(query):
        if token.kind == Kind.OPEN:
            depth += 1
            if depth > limits.depth:
                line = query.count("\n", 0, token.start) + 1
                raise InvalidQuery(
                    f"Brackets nest deeper than {limits.depth} in line {line}; write the query with fewer levels."
                )
        elif token.kind == Kind.CLOSE:
            depth = max(0, depth - 1)


def is_update(text: str) -> bool:
    """Whether a text that is no query begins as an update does (`SPARQL 1.1 Update
    <https://www.w3.org/TR/sparql11-update/>`_)."""
    words = (token.text.upper() for token in tokens(text) if token.kind == Kind.WORD)
    return next((word for word in words if word not in ("PREFIX", "BASE")), "") in _UPDATES
