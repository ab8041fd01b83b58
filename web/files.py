"""Files as answers: the only module that knows conditions, ranges and HEAD, by RFC 9110.

`9.3.2 <https://www.rfc-editor.org/rfc/rfc9110.html#section-9.3.2>`_, `13
<https://www.rfc-editor.org/rfc/rfc9110.html#section-13>`_ and `14
<https://www.rfc-editor.org/rfc/rfc9110.html#section-14>`_.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from web.errors import PreconditionFailed

_TAG: Final = re.compile(r'(?P<weak>W/)?(?P<opaque>"[^"]*")')
_RANGES: Final = re.compile(r"bytes=[ \t]*(.+)", re.IGNORECASE)
_RANGE: Final = re.compile(r"([0-9]{0,18})-([0-9]{0,18})")


def file_answer(request: Request, path: Path, media_type: str, headers: Mapping[str, str]) -> Response:
    """A file; or 304, where the client has it already. `headers` have its ETag, and Last-Modified if that is known.

    Conditions are evaluated in the order of 13.2.2. Raises PreconditionFailed.
    """
    asked, tag = request.headers, headers["ETag"]
    modified = _date(headers.get("Last-Modified"))
    check_match(request, tag)
    if "if-match" not in asked and _is_later(modified, _date(asked.get("if-unmodified-since"))):
        raise PreconditionFailed("The file is newer than If-Unmodified-Since says; ask without it.")
    if "if-none-match" in asked:
        is_known = has_tag(_joined(request, "if-none-match"), tag)
    else:
        since = _date(asked.get("if-modified-since"))
        is_known = modified is not None and since is not None and not _is_later(modified, since)
    if is_known:
        return Response(None, 304, headers)
    return _File(path, media_type=media_type, headers=headers, stat_result=path.stat())


def check_match(request: Request, tag: str) -> None:
    """Raise PreconditionFailed if If-Match is there and does not name this entity tag (13.1.1)."""
    if "if-match" in request.headers and not has_tag(_joined(request, "if-match"), tag, is_strong=True):
        raise PreconditionFailed("What is here is not what If-Match names; ask without it.")


def not_modified(request: Request, headers: Mapping[str, str]) -> Response | None:
    """304, if the client has what these headers have the ETag of (13.1.2)."""
    is_known = has_tag(_joined(request, "if-none-match"), headers["ETag"])
    return Response(None, 304, headers) if is_known else None


def has_tag(condition: str, tag: str, *, is_strong: bool = False) -> bool:
    """Whether If-None-Match names an entity tag, or If-Match does, which compares strongly (13.1.1, 13.1.2).

    >>> has_tag('"a", W/"b"', '"b"'), has_tag('"a", W/"b"', '"b"', is_strong=True), has_tag("*", '"b"')
    (True, False, True)
    """
    if condition.strip() == "*":
        return True
    return any(one["opaque"] == tag and not (is_strong and one["weak"]) for one in _TAG.finditer(condition))


class _File(FileResponse):
    """A file of which the framework is asked only for ranges that it reads by the rules."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The routes know GET only (`web.app`); the framework's answer to HEAD does not read the file.
        is_head = scope["state"]["is_head"]
        headers = MutableHeaders(raw=list(scope["headers"]))
        # 14.2: a range is of GET alone.
        ranges = None if is_head else satisfiable(headers.get("range", ""), int(self.headers["content-length"]))
        del headers["range"]
        if ranges is not None:
            headers["range"] = ranges
        asked = {**scope, "method": "HEAD" if is_head else scope["method"], "headers": headers.raw}
        await super().__call__(asked, receive, send)


def satisfiable(field: str, size: int) -> str | None:
    """A Range with only those of its ranges that a file of some bytes has; one beyond its end if it has none (14.1.2).

    None where it is ignored (14.2): its unit is unknown, or it is malformed.

    >>> satisfiable("bytes=0-1, 900-", 10), satisfiable("bytes=900-", 10), satisfiable("bytes=-4", 10)
    ('bytes=0-1', 'bytes=10-', 'bytes=-4')
    >>> satisfiable("items=0-5", 10), satisfiable("bytes=5-2", 10), satisfiable("bytes=x", 10)
    (None, None, None)
    """
    listed = _RANGES.fullmatch(field)
    if listed is None:
        return None
    kept = []
    for one in (part.strip() for part in listed[1].split(",")):
        found = _RANGE.fullmatch(one)
        if found is None or one == "-" or (found[1] and found[2] and int(found[2]) < int(found[1])):
            return None
        if int(found[1]) < size if found[1] else int(found[2]) > 0 and size > 0:
            kept.append(one)
    # One beyond the end is what the framework answers 416 to.
    return f"bytes={','.join(kept)}" if kept else f"bytes={size}-"


def _joined(request: Request, name: str) -> str:
    return ", ".join(request.headers.getlist(name))


def _date(field: str | None) -> datetime | None:
    """An HTTP-date (5.6.7); None of what is none, which conditions take as not there."""
    try:
        found = parsedate_to_datetime(field or "")
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _is_later(one: datetime | None, other: datetime | None) -> bool:
    return one is not None and other is not None and one > other
