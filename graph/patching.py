"""Makes a sorted file of an older one by rewriting the lines that have changed; the rest is copied as it is."""

import mmap
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

Rewrite = Callable[[list[bytes]], Iterable[bytes]]
"""The old lines that begin with a key → the lines that stand in their place."""

_WINDOW: Final = 1 << 26
"""How much of a file that is mapped is kept in memory behind the place that has been reached."""
_STEP: Final = 1 << 14
"""How far ahead is looked first; a change in a hundred things is about so far from the next one."""


@dataclass(frozen=True)
class Frame:
    """Where the IRI that lines are sorted by stands in each: at the beginning, between two marks.

    Lines are then sorted by that IRI and the ``>`` behind it, as N-Quads are. What lies between the marks and the line
    break may have line breaks itself, if none is followed by the first mark and a letter (as in CSV, where quotes
    within a cell are doubled).
    """

    before: bytes
    after: bytes


BY_IRI: Final = Frame(b'{"iri":"', b'"')
"""That of JSON, an object a line, whose first member is the IRI."""


def in_order(iri: bytes) -> bytes:
    """What things are sorted by and their lines found by in a frame, as the lines of a dump are."""
    return iri + b">"


class SortedLines:
    """A file of lines sorted by their bytes, or by the IRI in a frame, gone through once, in ascending order."""

    def __init__(self, content: mmap.mmap | bytes, start: int, end: int, frame: Frame | None) -> None:
        self._content = content
        self._end = end
        self._frame = frame
        self._break = b"\n" if frame is None else b"\n" + frame.before
        self._let_go = 0
        self.at = start
        """Where the line begins that was found last."""

    def seek(self, key: bytes) -> int:
        """Go to the first line that is not before a key; where the search began. Keys have to ascend."""
        self._forget(self.at)
        began = low = self.at
        step, size = _STEP, self._end
        while low + step < size:
            line = self._line_at(low + step, low)
            if not self._is_before(line, key):
                break
            low, step = line, step * 2
        high = min(low + step, size)
        while low < high:
            middle = self._line_at((low + high) // 2, low)
            if middle <= low:
                # The line that begins at `low` reaches beyond the middle.
                if not self._is_before(low, key):
                    break
                low = self._after(low)
            elif self._is_before(middle, key):
                low = middle
            else:
                high = middle
        self.at = low
        return began

    def take(self, key: bytes) -> list[bytes]:
        """The lines here that begin with a key; afterwards the next line is here."""
        lines = []
        while self.at < self._end and self._has(key):
            end = self._after(self.at)
            lines.append(self._content[self.at : end])
            self.at = end
        return lines

    def skip(self, lines: bytes) -> bool:
        """Whether these very lines come next; then they are passed over."""
        self._forget(self.at)
        end = self.at + len(lines)
        is_here = self._content[self.at : end] == lines
        self.at = end if is_here else self.at
        return is_here

    def until(self, line: bytes | None) -> list[bytes]:
        """The lines before another one, or all that are left; they are passed over."""
        found = []
        while self.at < self._end:
            self._forget(self.at)
            end = self._after(self.at)
            old = self._content[self.at : end]
            if line is not None and old >= line:
                break
            found.append(old)
            self.at = end
        return found

    def copy(self, start: int, end: int | None, target: BinaryIO) -> None:
        """Copy what stands between two places; up to the end of the lines if that is None."""
        last = self._end if end is None else end
        for first in range(start, last, _WINDOW):
            with memoryview(self._content) as view, view[first : min(first + _WINDOW, last)] as part:
                target.write(part)
            self._forget(first)

    def _forget(self, place: int) -> None:
        """Let the system take back what was mapped well before a place, which counts as our memory until then."""
        done = place - place % _WINDOW
        if done > self._let_go and isinstance(self._content, mmap.mmap):
            self._content.madvise(mmap.MADV_DONTNEED, self._let_go, done - self._let_go)
            self._let_go = done

    def _line_at(self, place: int, low: int) -> int:
        """Where the line begins that a place is in; `low` if that is not after it."""
        end = place - 1 + len(self._break)
        while (at := self._content.rfind(self._break, low, end)) >= 0:
            if self._is_break(at):
                return at + 1
            end = at - 1 + len(self._break)
        return low

    def _after(self, line: int) -> int:
        at = line
        while (at := self._content.find(self._break, at, self._end)) >= 0:
            if self._is_break(at):
                return at + 1
            at += 1
        return self._end

    def _is_break(self, place: int) -> bool:
        """Whether a line begins behind a line break: behind the mark comes an IRI, which begins with a letter."""
        following = place + len(self._break)
        return self._frame is None or self._content[following : following + 1].isalpha()

    def _is_before(self, line: int, key: bytes) -> bool:
        if line >= self._end:
            return False
        return (self._content[line : line + len(key)] if self._frame is None else self._key(line)) < key

    def _has(self, key: bytes) -> bool:
        return self._content[self.at : self.at + len(key)] == key if self._frame is None else self._key(self.at) == key

    def _key(self, line: int) -> bytes:
        assert self._frame is not None
        start = line + len(self._frame.before)
        return in_order(self._content[start : self._content.find(self._frame.after, start)])


@contextmanager
def sorted_lines(
    path: Path | None, start: int = 0, footer: int = 0, frame: Frame | None = None
) -> Iterator[SortedLines]:
    """The lines of a file; none without a file.

    start: bytes before the first of them; footer: bytes behind the last.
    """
    # An empty file can't be mapped.
    if path is None or path.stat().st_size == 0:
        yield SortedLines(b"", 0, 0, frame)
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        yield SortedLines(content, start, len(content) - footer, frame)


def line_of(path: Path | None, iri: str) -> bytes | None:
    """The line of a thing in a file of JSON (`BY_IRI`); None if it has none there."""
    key = in_order(iri.encode())
    with sorted_lines(path, frame=BY_IRI) as lines:
        lines.seek(key)
        return next(iter(lines.take(key)), None)


def patch(lines: SortedLines, changes: Iterable[tuple[bytes, Rewrite]], new: BinaryIO) -> None:
    """Write older lines with some of them rewritten.

    `changes`: the beginning or key of the lines, ascending, and what becomes of them; there need not be any such line
    yet.
    """
    for key, rewrite in changes:
        began = lines.seek(key)
        lines.copy(began, lines.at, new)
        new.writelines(rewrite(lines.take(key)))
    lines.copy(lines.at, None, new)
