"""Answers by the very bytes of their requests: who sends the same again is answered before anything of it is read.

Whatever an answer depends on, but for the release, stands in the request: address, Accept, conditions. So the bytes of
a whole request tell it from all others, and nothing has to be known of HTTP to give its answer once more.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

_MOST_BYTES: Final = 16 << 20
_BESIDES: Final = 1000
"""Bytes that an answer takes beside itself and its request."""
_LARGEST: Final = 1 << 16
"""Bytes of an answer up to which reading the request takes longer than sending it."""


class Known(NamedTuple):
    """An answer with status 200 as it is sent."""

    head: bytes
    """Its headers, each with the end of its line, without those that the server adds."""
    body: bytes
    note: Callable[[float], None]
    """Tells those who watch that it was given again, and in how many seconds."""


class Remembered:
    """Some answers of one release; those that were asked for last."""

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, Known] = OrderedDict()
        self._bytes = 0

    def get(self, request: bytes) -> Known | None:
        """The answer to a request, if it is remembered."""
        known = self._known.get(request)
        if known is not None:
            self._known.move_to_end(request)
        return known

    def keep(
        self, request: bytes, headers: Iterable[tuple[bytes, bytes]], body: bytes, note: Callable[[float], None]
    ) -> None:
        """Remember what was answered, if it is small."""
        known = Known(b"".join(b"%b: %b\r\n" % header for header in headers), body, note)
        if len(body) > _LARGEST or request in self._known:
            return
        self._known[request] = known
        self._bytes += _size(request, known)
        while self._bytes > _MOST_BYTES:
            self._bytes -= _size(*self._known.popitem(last=False))


def _size(request: bytes, known: Known) -> int:
    return _BESIDES + len(request) + len(known.head) + len(known.body)
