"""Sorts lines of text that need not fit into memory, and compares sorted ones. The only module that sorts on disk."""

import heapq
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import AnyStr, Final

MOST_IN_MEMORY: Final = 30_000
"""How many lines are held before they are written out as a sorted run."""
MOST_RUNS: Final = 64
"""How many runs there may be before they are merged into one, as each is an open file when they are read."""


class Sorter:
    """Takes lines in any order and gives them back sorted by their UTF-8 bytes, each once.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as directory:
    ...     sorter = Sorter(Path(directory), most=2)
    ...     sorter.add(["b", "a", "b", "ä", "c"])
    ...     print(list(sorter), len(sorter))
    ['a', 'b', 'c', 'ä'] 4
    """

    def __init__(self, directory: Path, most: int = MOST_IN_MEMORY) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._directory = directory
        self._most = most
        self._lines: set[str] = set()
        self._runs: list[Path] = []
        self._written = 0

    def add(self, lines: Iterable[str]) -> None:
        """Take lines; none may hold a line break, nor be what stands before a tab in another."""
        self._lines.update(lines)
        if len(self._lines) >= self._most:
            self._write_run()

    def __iter__(self) -> Iterator[str]:
        # Code points sort as the bytes of their UTF-8 do, so that text can be compared as it is.
        if not self._runs:
            yield from sorted(self._lines)
            return
        self._write_run()
        yield from (line[:-1] for line in self._merged())

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _write_run(self) -> None:
        if not self._lines:
            return
        self._write(f"{line}\n" for line in sorted(self._lines))
        self._lines.clear()
        if len(self._runs) >= MOST_RUNS:
            merged = list(self._runs)
            self._write(self._merged())
            for run in merged:
                run.unlink()
            self._runs = self._runs[len(merged) :]

    def _write(self, lines: Iterable[str]) -> None:
        run = self._directory / f"run-{self._written:05}"
        with run.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(lines)
        self._written += 1
        self._runs.append(run)

    def _merged(self) -> Iterator[str]:
        """The lines of all runs, sorted and each once, with their line breaks."""
        with ExitStack() as stack:
            files = [stack.enter_context(run.open(encoding="utf-8", newline="\n")) for run in self._runs]
            previous = None
            # The line break sorts before what else can follow in a longer line, so that whole lines merge rightly.
            for line in heapq.merge(*files):
                if line != previous:
                    yield line
                previous = line


def differences(before: Iterable[AnyStr], after: Iterable[AnyStr]) -> tuple[int, int]:
    """How many lines of two sorted lists stand in the second only, and in the first only.

    >>> differences(["a", "b"], ["b", "c", "d"])
    (2, 1)
    """
    old, new = iter(before), iter(after)
    left, right = next(old, None), next(new, None)
    added = removed = 0
    while left is not None or right is not None:
        if left == right:
            left, right = next(old, None), next(new, None)
        elif right is None or (left is not None and left < right):
            removed, left = removed + 1, next(old, None)
        else:
            added, right = added + 1, next(new, None)
    return added, removed
