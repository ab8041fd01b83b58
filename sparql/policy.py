"""What may not run. Looks at the text of a query before any parser does.

The engine's parser is recursive and would overflow its stack; its evaluation of ``SERVICE`` would open connections to
any address. Both are stopped here, and the worker is a second wall behind this one.
"""

import re

from sparql.errors import ForbiddenQuery, InvalidQuery
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
# 19.2: these stand for characters before anything else is read, so SERVICE may be spelled with them.
_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")


def check(query: str, limits: Limits) -> None:
    """Raise if a query may not be given to the engine.

    Raises InvalidQuery (brackets deeper than allowed) or ForbiddenQuery (``SERVICE``).
    """
    for reading in {query, _ESCAPE.sub(_character, query)}:
        _check_tokens(reading, limits)


def _check_tokens(query: str, limits: Limits) -> None:
    depth = 0
    for token in _TOKEN.finditer(query):
        if token["open"]:
            depth += 1
            if depth > limits.depth:
                line = query.count("\n", 0, token.start()) + 1
                raise InvalidQuery(
                    f"Brackets nest deeper than {limits.depth} in line {line}; write the query with fewer levels."
                )
        elif token["close"]:
            depth = max(0, depth - 1)
        elif "SERVICE" in (token["name"] or "").upper():
            # The engine reads without a tokenizer: to it, ``trueSERVICE<…>`` and ``SERVICE:p`` are SERVICE too.
            raise ForbiddenQuery(
                "SERVICE is not allowed here: this endpoint asks no other. Ask both and join the answers yourself; "
                f"if {token['name']!r} is a prefix or a name of yours, choose another."
            )


def _character(match: re.Match[str]) -> str:
    code = int(match[1] or match[2], 16)
    return chr(code) if code <= 0x10FFFF else match[0]
