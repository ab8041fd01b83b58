"""Sorts lines of text that need not fit into memory. The only module that sorts on disk."""

import heapq
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

MOST_IN_MEMORY: Final = 100_000
"""How many lines are held before they are written out as a sorted run."""


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

    def add(self, lines: Iterable[str]) -> None:
        """Take lines; none may hold a line break."""
        self._lines.update(lines)
        if len(self._lines) >= self._most:
            self._write_run()

    def __iter__(self) -> Iterator[str]:
        # Code points sort as the bytes of their UTF-8 do, so that text can be compared as it is.
        if not self._runs:
            yield from sorted(self._lines)
            return
        self._write_run()
        with ExitStack() as stack:
            files = [stack.enter_context(run.open(encoding="utf-8", newline="\n")) for run in self._runs]
            previous = None
            # The line break sorts before every character that a line can hold, so runs of whole lines merge rightly.
            for line in heapq.merge(*files):
                if line != previous:
                    yield line[:-1]
                previous = line

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _write_run(self) -> None:
        if not self._lines:
            return
        run = self._directory / f"run-{len(self._runs):05}"
        with run.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for line in sorted(self._lines))
        self._runs.append(run)
        self._lines.clear()
