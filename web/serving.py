"""Which release answers a request: the only module that opens releases for the pages, switches them, and closes them.

A request is given one site at its start and has it to its end, so that nothing in an answer is of another release.
"""

import logging
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from functools import cache
from time import monotonic
from typing import Final

from anyio import CancelScope, Lock, create_task_group, sleep, to_thread

from graph.errors import DamagedRelease, NoRelease
from graph.knowledge import KnowledgeGraph
from graph.manifest import FORMAT
from graph.release import Release
from graph.releases import Releases
from graph.retention import in_use
from ontology.errors import VerkostoError
from sparql.errors import Busy, QueryError
from sparql.limits import Limits
from sparql.protocol import Request
from sparql.stack import Elsewhere, engine_of
from web.errors import PageNotFound, ReleaseUnreadable
from web.ontology_page import ontology_page
from web.queries import first_questions
from web.remembered import Known, Remembered
from web.rendering import Renderer
from web.services import ServiceViews
from web.site import Site

_PERIOD: Final = 0.5
"""Seconds between two looks at which release is current: one call of the file system each, which any of them knows."""
_MOST_OLDER: Final = 8
"""How many older releases are open at once."""
_OLDER_WORKERS: Final = 2
"""Queries evaluated at the same time on one of them; its workers are started when they are needed."""
_OLDER_WAITING: Final = 8
"""Queries that may wait for one of these workers."""
_IDLE: Final = 300.0
"""Seconds after its last request when an older release is closed."""


@dataclass(frozen=True)
class Refused:
    """A release that was made current and can't be opened, so that the one before is served on."""

    release_id: str
    reason: str


class Sites:
    """The releases that are open: the current one, and older ones that somebody asked for.

    Begins with a release, and follows `current` of its data directory while `follow` runs. If `is_warmed`, the named
    queries are asked of each release that becomes current. Raises DamagedRelease, NoRelease if the release can't be
    opened.
    """

    def __init__(self, release: Release, limits: Limits, elsewhere: Elsewhere, is_warmed: bool = False) -> None:
        self._elsewhere = elsewhere
        self.refused: Refused | None = None
        self._releases = Releases.of(release)
        self._limits = limits
        self._is_warmed = is_warmed
        self._renderer = Renderer()
        self._current = Opened(release, limits, self._renderer, elsewhere)
        # Whatever is pointed at when the first look is taken is looked at.
        self._pointed: tuple[int, int] | None = None
        self._older: dict[str, Opened] = {}
        self._retired: list[Opened] = []
        self._opening = Lock()

    async def opened(self, release_id: str | None = None) -> "Opened":
        """A release, by default the current one, to be entered before anything is awaited.

        Raises PageNotFound, ReleaseUnreadable, and Busy if too many older ones are being asked.
        """
        if release_id in (None, self._current.site.release.id):
            return self._current
        return await self._older_one(release_id)

    @property
    def current_id(self) -> str:
        """The release that is served where none is named."""
        return self._current.site.release.id

    def remembered(self, request: bytes) -> Known | None:
        """The answer of the current release to a request, if it is remembered."""
        return self._current.site.remembered.get(request)

    async def follow(self) -> None:
        """Switch to whatever release becomes current, and close what nobody uses any more, until cancelled."""
        warmed: Opened | None = None
        async with create_task_group() as tasks:
            while True:
                if self._is_warmed and warmed is not self._current:
                    warmed = self._current
                    tasks.start_soon(self._ask_beforehand, warmed)
                await sleep(_PERIOD)
                try:
                    await self._switch()
                    await self._close_unused()
                # Whatever goes wrong with another release, this one is served on.
                except Exception:
                    logging.getLogger("verkosto").exception("unforeseen error while following the current release")

    async def _ask_beforehand(self, opened: "Opened") -> None:
        """Ask the named queries of a release, so that their answers are kept: one at a time, while it is current."""
        with opened:
            try:
                questions = await to_thread.run_sync(lambda: list(first_questions(opened.site.graph.identifiers)))
                for question in questions:
                    if opened is not self._current:
                        return
                    # Who asks it will be told what is wrong, or be answered when there is less to do.
                    with suppress(QueryError):
                        (await opened.site.engine.answer(question)).close()
            except Exception:
                logging.getLogger("verkosto").exception("unforeseen error while asking the named queries")

    def close(self) -> None:
        """Close all."""
        for opened in (self._current, *self._older.values(), *self._retired):
            opened.close()

    async def _switch(self) -> None:
        pointed = await to_thread.run_sync(self._releases.pointed)
        if pointed == self._pointed:
            return
        self._pointed = pointed
        release_id = await to_thread.run_sync(self._releases.current_id)
        if release_id is None:
            return
        if release_id == self._current.site.release.id:
            self.refused = None
            return
        try:
            # What was opened has to be kept, whoever is gone meanwhile: nobody else would close it.
            with CancelScope(shield=True):
                opened = await self._open_current(release_id)
                self._retired.append(self._current)
                self._current, self.refused = opened, None
        except (VerkostoError, OSError) as error:
            self.refused = Refused(release_id, str(error))
            logging.getLogger("verkosto").warning(
                "release %s is not switched to, %s is served on: %s", release_id, self._current.site.release.id, error
            )

    async def _open_current(self, release_id: str) -> "Opened":
        """Open a release completely; its first requests find it warm."""
        opened = await to_thread.run_sync(self._checked, release_id)
        try:
            await opened.warm()
        except BaseException:
            await to_thread.run_sync(opened.close)
            raise
        return opened

    def _checked(self, release_id: str) -> "Opened":
        """Open a release, having checked what it will answer from."""
        release = self._releases.get(release_id)
        if not release.is_whole(name for name in release.manifest.files if name.startswith("store/")):
            raise DamagedRelease(f"The store of {release_id} is not as published; `verkosto verify` tells more.")
        return Opened(release, self._limits, self._renderer, self._elsewhere)

    async def _older_one(self, release_id: str) -> "Opened":
        async with self._opening:
            if release_id not in self._older:
                release = await to_thread.run_sync(self._find, release_id)
                await self._make_room()
                with CancelScope(shield=True):
                    self._older[release_id] = await to_thread.run_sync(self._open_older, release)
        # Nothing is awaited until its user is counted, so that it can't be closed before.
        return self._older[release_id]

    def _find(self, release_id: str) -> Release:
        try:
            return self._releases.get(release_id)
        except NoRelease as error:
            raise _no_release(release_id) from error

    def _open_older(self, release: Release) -> "Opened":
        workers, waiting = min(_OLDER_WORKERS, self._limits.workers), min(_OLDER_WAITING, self._limits.waiting)
        limits = replace(self._limits, workers=workers, waiting=waiting)
        try:
            # Another engine holds the current release only.
            elsewhere = replace(self._elsewhere, engine=None)
            return Opened(release, limits, self._renderer, elsewhere, workers_at_once=0)
        except NoRelease as error:
            raise _no_release(release.id) from error
        except DamagedRelease as error:
            raise ReleaseUnreadable(
                f"Release {release.id} is here and can't be opened: it is damaged, or another version of Verkosto laid "
                "it out. /releases/ lists those that can."
            ) from error

    async def _make_room(self) -> None:
        while len(self._older) >= _MOST_OLDER:
            unused = [opened for opened in self._older.values() if not opened.users]
            if not unused:
                raise Busy(f"{_MOST_OLDER} older releases are being asked already; try again in a moment.")
            await self._close_older(min(unused, key=lambda opened: opened.last_used))

    async def _close_unused(self) -> None:
        for opened in [opened for opened in self._retired if not opened.users]:
            self._retired.remove(opened)
            await _close(opened)
        async with self._opening:
            for opened in list(self._older.values()):
                if not opened.users and monotonic() - opened.last_used > _IDLE:
                    await self._close_older(opened)

    async def _close_older(self, opened: "Opened") -> None:
        del self._older[opened.site.release.id]
        await _close(opened)


async def _close(opened: "Opened") -> None:
    # Nobody else has it any more, so that it is closed even if we are cancelled.
    with CancelScope(shield=True):
        await to_thread.run_sync(opened.close)


def _no_release(release_id: str) -> PageNotFound:
    return PageNotFound(f"There is no release {release_id} here (any more); /releases/ lists those there are.")


class Opened:
    """A release that is open, and how many requests have it. It stays open while somebody is in it."""

    def __init__(
        self, release: Release, limits: Limits, renderer: Renderer, elsewhere: Elsewhere, workers_at_once: int = 2
    ) -> None:
        self.users = 0
        self.last_used = monotonic()
        with ExitStack() as stack:
            stack.enter_context(in_use(release))
            if release.manifest.format != FORMAT:
                raise DamagedRelease(
                    f"{release.id} was laid out by another version of Verkosto; run `verkosto build` to make it anew."
                )
            # Opened first: a damaged release is refused before any process is started for it.
            graph = KnowledgeGraph(release)
            stack.callback(graph.close)
            engine = engine_of(release, limits, elsewhere, workers_at_once)
            stack.callback(engine.close)
            self.site = Site(
                release=release,
                graph=graph,
                engine=engine,
                services=ServiceViews(graph),
                # Made once, as a release never changes; goes with the site.
                ontology=cache(lambda: ontology_page(graph)),
                renderer=renderer,
                remembered=Remembered(),
            )
            self._stack = stack.pop_all()

    def __enter__(self) -> Site:
        self.users += 1
        return self.site

    def __exit__(self, *_: object) -> None:
        self.users -= 1
        self.last_used = monotonic()

    async def warm(self) -> None:
        """Look at what every reader looks at first, and wait until a worker answers. Raises QueryError."""
        await to_thread.run_sync(self.site.graph.kinds)
        await self.site.engine.answer(Request("ASK { ?s ?p ?o }", "application/sparql-results+json", None))

    def close(self) -> None:
        """Let go of the release. Nobody may be using it."""
        self._stack.close()
