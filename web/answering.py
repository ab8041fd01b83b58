"""How a query becomes an HTTP answer: conditions, compression, and clients that go away."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, Final

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from isal import igzip
from starlette.requests import ClientDisconnect
from starlette.responses import Response, StreamingResponse

from sparql import accept
from sparql.answer import Answer, Spool
from sparql.protocol import Request as Query
from web.fair_use import fair_use
from web.files import check_match, not_modified
from web.observed import observer
from web.site import Site

_WORTH_PACKING: Final = 1024
"""Bytes from which on an answer is compressed."""
_GRACE: Final = 0.05
"""Seconds in which a query may end by itself when its client is gone: a worker takes longer to be replaced."""


async def answer(
    request: Request, site: Site, query: Query, into: Callable[[Answer], Answer] | None = None
) -> Response:
    """The answer to a query, or 304 where the client has it. Raises QueryError, ClientDisconnect.

    It is put into another form by `into`, if there is one, which takes the answer, closes it, and may raise QueryError.
    """
    headers = {"Vary": "Accept, Accept-Encoding"}
    key = site.engine.key(query)
    encodings = ", ".join(request.headers.getlist("accept-encoding"))
    is_packed = accept.takes_gzip(encodings)
    if key is None:
        # Its answer may be another one next time.
        headers["Cache-Control"] = "no-store"
    elif request.method == "GET":
        # A release and a question have one answer, so that its tag is known before it is.
        tag = f"{key}{f'-{into.__name__}' if into else ''}{'-gzip' if is_packed else ''}"
        headers |= {"ETag": f'"{tag}"', "Cache-Control": "no-cache"}
        check_match(request, headers["ETag"])
        # An asterisk stands for whatever there is, and whether there is something is not known yet.
        known = None if request.headers.get("if-none-match", "").strip() == "*" else not_modified(request, headers)
        if known is not None:
            return known
    found = await evaluate(request, site, query)
    if found.origin == "cache" and hasattr(request.state, "whole"):
        request.state.again = observer(request).again(query, site, found)
    if into is not None:
        found = await run_in_threadpool(into, found)
    if "ETag" in headers and (known := not_modified(request, headers)) is not None:
        found.close()
        return known
    if is_packed and (found.length >= _WORTH_PACKING or accept.refuses_identity(encodings)):
        found = await run_in_threadpool(_packed, found)
        headers["Content-Encoding"] = "gzip"
    if isinstance(found.body, bytes):
        return Response(found.body, media_type=found.media_type, headers=headers)
    # The answer is whole, so its length is known before the status is sent: half a body can't look like one.
    headers["Content-Length"] = str(found.length)
    return StreamingResponse(found.chunks(), media_type=found.media_type, headers=headers)


async def evaluate(request: Request, site: Site, query: Query) -> Answer:
    """The answer to a query, from what is kept or from the engine. Raises QueryError.

    When the client goes away, the evaluation ends and ClientDisconnect is raised.
    """
    request.state.is_noted = True
    with observer(request).query(query, site) as seen:
        found = site.engine.kept(site.engine.key(query))
        if found is None:
            with fair_use(request).turn(request):
                found = await _unless_gone(request, site.engine.answer(query))
        seen.answer = found
    return found


async def _unless_gone(request: Request, answering: Coroutine[Any, Any, Answer]) -> Answer:
    """The answer; when the client goes away, the evaluation ends and ClientDisconnect is raised."""
    watching: list[asyncio.Task[None]] = []
    try:
        async with asyncio.timeout(None) as end:
            # Most answers are here before it is worth while to look.
            later = asyncio.get_running_loop().call_later(
                _GRACE, lambda: watching.append(asyncio.create_task(_end_when_gone(request, end)))
            )
            try:
                return await answering
            finally:
                later.cancel()
                for task in watching:
                    task.cancel()
    except TimeoutError as error:
        if end.expired():
            raise ClientDisconnect from error
        raise


async def _end_when_gone(request: Request, end: asyncio.Timeout) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    end.reschedule(0)


def _packed(answer: Answer) -> Answer:
    """The same, compressed with gzip."""
    spool = Spool()
    # Neither name nor time is written into it, so that the same answer has the same bytes.
    with igzip.IGzipFile("", "wb", 1, spool, 0) as target:  # type: ignore[no-untyped-call]
        for chunk in answer.chunks():
            target.write(chunk)  # type: ignore[no-untyped-call]
    return replace(answer, body=spool.body())
