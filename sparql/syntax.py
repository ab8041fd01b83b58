"""What the engine's parser says of a text that it does not read, as a sentence for people."""

import re
from typing import Final

_CHOICE: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\[(?:\'[^\']*\'|[^\]\'])*\]|[^,\["]+')
"""What the engine's parser would have taken: a text, a class of characters, or something that has a name."""
_MOST_NAMED: Final = 8


def readable(error: SyntaxError) -> str:
    """The parser's message with its place, without the classes of characters that it would have taken there.

    >>> readable(SyntaxError("error at 1:24: expected one of Prefix not found, ['%'], ['-' | '0' ..= '9']"))
    'error at 1:24: Prefix not found'
    >>> readable(SyntaxError("error at 2:5: expected one of \\".\\", [':'], [_]"))
    'error at 2:5: expected "."'
    >>> readable(SyntaxError("error at 1:6: expected [_]"))
    'error at 1:6: unexpected text'
    >>> readable(SyntaxError("error at 1:9: expected one of \\"[\\", \\"]\\", ['0'..='9']"))
    'error at 1:9: expected "[" or "]"'
    """
    place, _, expected = str(error).partition("expected ")
    choices = _CHOICE.findall(expected.removeprefix("one of "))
    named = [choice.strip() for choice in choices if choice.strip() and not choice.startswith("[")]
    sentences = [choice for choice in named if " " in choice]
    if sentences:
        return place + "; ".join(sentences)
    few = [*named[:_MOST_NAMED], *(["something else"] if len(named) > _MOST_NAMED else [])]
    return f"{place}expected {' or '.join(few)}" if few else f"{place}unexpected text"
