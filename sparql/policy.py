"""What may not run. Looks at the text of a query before any parser does.

The engine's parser is recursive and would overflow its stack; its evaluation of ``SERVICE`` would open connections to
any address. Both are stopped here with a sentence. Behind this stand the worker, which may crash without harm, and
`sparql.sandbox`, in which no connection can be opened.
"""

import re

from sparql.errors import ForbiddenQuery, InvalidQuery, InvalidRequest
from sparql.limits import Limits

# What may hide brackets or keywords, https://www.w3.org/TR/sparql11-query/#sparqlGrammar: IRIREF [139], the string
# literals [156-159], comments (19.4), variables and language tags; then names, and brackets. A string that is not
# closed reaches to where it would have to be, so that every character is looked at a bounded number of times.
_TOKEN = re.compile(
    r"""
    (?P<skip>
        <[^<>"{}|^`\\\x00-\x20]*>
      | '''(?:'{0,2}(?:[^'\\]|\\.))*+(?:'''|\Z|.)  | \"""(?:"{0,2}(?:[^"\\]|\\.))*+(?:\"""|\Z|.)
      | '(?:[^'\\\n\r]|\\[^\n\r])*+.?            | "(?:[^"\\\n\r]|\\[^\n\r])*+.?
      | \#[^\n\r]*
      | [?$@]\w+
    )
  | (?P<name> \w[\w.-]*+ )(?: :(?:[\w.:-]|%[0-9A-Fa-f]{2}|\\.)*+ )?
  | : (?:[\w.:-]|%[0-9A-Fa-f]{2}|\\.)++
  | (?P<open> [(\[{] )
  | (?P<close> [)\]}] )
    """,
    re.VERBOSE | re.DOTALL,
)
# SERVICE as the engine reads it, which has no tokenizer: ``trueSERVICE<…>{`` and ``SERVICE:p{`` are SERVICE to it, and
# what looks like a string or a comment to one reader need not be one to another. So it is looked for everywhere.
_SPACE = r"(?:\s|\#[^\r\n]*(?:[\r\n]|\Z))*"
_SERVICE = re.compile(
    rf"SERVICE{_SPACE}(?:SILENT{_SPACE})?(?:<[^>]*>|[?$]\w+|[^\s<>{{}}\"']*:[^\s{{]*){_SPACE}\{{",
    re.IGNORECASE,
)


def check(query: str, limits: Limits) -> None:
    """Raise if a query may not be given to the engine.

    Raises ForbiddenQuery (``SERVICE``), InvalidQuery (brackets deeper than allowed) or InvalidRequest (several FROM).
    """
    for match in _SERVICE.finditer(query):
        if not _is_in_variable(query, match.start()):
            raise ForbiddenQuery(
                "SERVICE is not allowed here: this endpoint asks no other. Ask both and join the answers yourself. "
                "If this is not meant as SERVICE, write the name before the bracket in another way."
            )
    _check_tokens(query, limits)


def _is_in_variable(query: str, position: int) -> bool:
    """Whether the word around a position is the name of a variable, as in ``SELECT ?service ?name {``."""
    while position and (query[position - 1].isalnum() or query[position - 1] == "_"):
        position -= 1
    return position > 0 and query[position - 1] in "?$"


def _check_tokens(query: str, limits: Limits) -> None:
    depth, merged, before = 0, 0, ""
    for token in _TOKEN.finditer(query):
        name = (token["name"] or "").upper()
        # FROM <a> FROM <b>, unlike FROM NAMED: the engine would give a triple of both graphs twice.
        merged += before == "FROM" and name != "NAMED"
        before = name
        if merged > 1:
            raise InvalidRequest("Give at most one FROM: merging several graphs is not supported yet.")
        if token["open"]:
            depth += 1
            if depth > limits.depth:
                line = query.count("\n", 0, token.start()) + 1
                raise InvalidQuery(
                    f"Brackets nest deeper than {limits.depth} in line {line}; write the query with fewer levels."
                )
        elif token["close"]:
            depth = max(0, depth - 1)
