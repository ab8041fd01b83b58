"""Sorting on disk gives what sorting in memory gives, however many runs it takes."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph import sorting
from graph.sorting import Sorter

LINES = st.lists(st.text(st.characters(min_codepoint=11, exclude_categories=["Cs"]), max_size=4), max_size=200)


@settings(max_examples=60, deadline=None)
@given(LINES, st.integers(1, 20))
def test_lines_come_back_sorted_by_their_bytes_and_each_once(lines: list[str], most: int) -> None:
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as directory:
        patch.setattr(sorting, "MOST_RUNS", 3)
        sorter = Sorter(Path(directory), most)
        for line in lines:
            sorter.add([line])
        assert list(sorter) == sorted(set(lines), key=str.encode) == list(sorter)
        assert len(list(Path(directory).iterdir())) <= 3
