"""A line a query on standard error. Lines are written together, as to write each by itself takes longer than to answer.

They look as those of Python's logging do, which takes as long for a line as a dozen answers do that are kept.
"""

import asyncio
import json
import sys
import time
from contextlib import suppress
from typing import Final, TextIO

from sparql.answer import Answer
from sparql.protocol import Request

_SHOWN: Final = 300
"""Characters of a query."""
_PERIOD: Final = 0.2
"""Seconds for which a line may wait."""
_MOST_WAITING: Final = 1000


class QueryLog:
    """Writes to a stream, by default to what is standard error then."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._lines: list[str] = []
        self._second = 0
        self._time = ""

    def add(self, outcome: str, origin: str, seconds: float, rest: str) -> None:
        """What became of a query: the rest comes of `told`. Asked from the event loop."""
        now = time.time()
        if int(now) != self._second:
            self._second = int(now)
            self._time = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now))
        millisecond = int(now * 1000) % 1000
        self._lines.append(
            f"{self._time},{millisecond:03} INFO verkosto.queries query outcome={outcome} origin={origin} "
            f"seconds={seconds:.6f} {rest}\n"
        )
        if len(self._lines) == 1:
            asyncio.get_running_loop().call_later(_PERIOD, self.flush)
        elif len(self._lines) >= _MOST_WAITING:
            self.flush()

    def flush(self) -> None:
        """Write what waits."""
        lines, self._lines = self._lines, []
        stream = self._stream or sys.stderr
        # A log that can't be written keeps nobody from an answer.
        with suppress(OSError, ValueError):
            stream.write("".join(lines))
            stream.flush()


def told(query: Request | None, answer: Answer | None, release_id: str, why: str = "") -> str:
    """What is the same each time that a query has this answer, or fails for a reason.

    >>> told(Request("ASK {}", None, None), None, "2026-11-25-945c8627")
    'rows=- bytes=- release=2026-11-25-945c8627 text="ASK {}"'
    >>> told(None, None, "2026-11-25-945c8627", "Send one query.")
    'rows=- bytes=- release=2026-11-25-945c8627 text="" error="Send one query."'
    """
    rows, length = (None, None) if answer is None else (answer.rows, answer.length)
    text = json.dumps("" if query is None else query.query[:_SHOWN], ensure_ascii=False)
    error = f" error={json.dumps(why[:_SHOWN], ensure_ascii=False)}" if why else ""
    return (
        f"rows={'-' if rows is None else rows} bytes={'-' if length is None else length} "
        f"release={release_id} text={text}{error}"
    )
