"""Makes a sorted file of an older one by rewriting the lines that have changed; the rest is copied as it is."""

import mmap
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

Rewrite = Callable[[list[bytes]], Iterable[bytes]]
"""The old lines that begin with a key → the lines that stand in their place."""

_STEP: Final = 1 << 14
"""How far ahead is looked first; a change in a hundred things is about so far from the next one."""


class SortedLines:
    """A file of lines sorted by their bytes, gone through once, in ascending order. Read, never held."""

    def __init__(self, content: mmap.mmap | bytes, start: int) -> None:
        self._content = content
        self.at = start
        """Where the line begins that was found last."""

    def seek(self, key: bytes) -> int:
        """Go to the first line that is not before a key; where the search began. Keys have to ascend."""
        began = low = self.at
        step, size = _STEP, len(self._content)
        while low + step < size:
            line = self._line_at(low + step)
            if not self._is_before(line, key):
                break
            low, step = line, step * 2
        high = min(low + step, size)
        while low < high:
            middle = self._line_at((low + high) // 2)
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
        while self._content[self.at : self.at + len(key)] == key:
            end = self._after(self.at)
            lines.append(self._content[self.at : end])
            self.at = end
        return lines

    def skip(self, lines: bytes) -> bool:
        """Whether these very lines come next; then they are passed over."""
        end = self.at + len(lines)
        is_here = self._content[self.at : end] == lines
        self.at = end if is_here else self.at
        return is_here

    def until(self, line: bytes | None) -> list[bytes]:
        """The lines before another one, or all that are left; they are passed over."""
        found = []
        while self.at < len(self._content):
            end = self._after(self.at)
            old = self._content[self.at : end]
            if line is not None and old >= line:
                break
            found.append(old)
            self.at = end
        return found

    def copy(self, start: int, end: int | None, target: BinaryIO) -> None:
        """Copy what stands between two places; up to the end of the file if that is None."""
        with memoryview(self._content) as view, view[start:end] as part:
            target.write(part)

    def _line_at(self, place: int) -> int:
        """Where the line begins that a place is in."""
        return self._content.rfind(b"\n", 0, place) + 1

    def _after(self, line: int) -> int:
        end = self._content.find(b"\n", line)
        return len(self._content) if end < 0 else end + 1

    def _is_before(self, line: int, key: bytes) -> bool:
        return line < len(self._content) and self._content[line : line + len(key)] < key


@contextmanager
def sorted_lines(path: Path | None, start: int = 0) -> Iterator[SortedLines]:
    """The lines of a file from a place on, where the sorted ones begin; none without a file."""
    # An empty file can't be mapped.
    if path is None or path.stat().st_size == 0:
        yield SortedLines(b"", 0)
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        yield SortedLines(content, start)


def patch(old: Path, changes: Iterable[tuple[bytes, Rewrite]], new: BinaryIO, start: int = 0) -> None:
    """Write an older file with some of its lines rewritten.

    `changes`: the beginning of the lines, ascending, and what becomes of them; there need not be any such line yet.
    What stands before `start` is not copied.
    """
    with sorted_lines(old, start) as lines:
        for key, rewrite in changes:
            began = lines.seek(key)
            lines.copy(began, lines.at, new)
            new.writelines(rewrite(lines.take(key)))
        lines.copy(lines.at, None, new)
