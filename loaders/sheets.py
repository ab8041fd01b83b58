"""Cells in, rows out: a CSV folder or an XLSX workbook as sheets of text. Knows nothing of what the columns mean."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from graph.ntriples import clean, has_control_characters
from loaders.errors import UnreadableSource
from loaders.records import Position
from loaders.source import Raw

CSV, XLSX = ".csv", ".xlsx"

_MOST_ROWS, _MOST_COLUMNS = 1_048_576, 1_000
"""The size of the largest sheet: Excel's rows, and more columns than a template will have."""
_MOST_CHARACTERS = 10_000_000
"""The longest cell of a CSV file; the csv module's own limit is 131,072."""


@dataclass(frozen=True)
class SheetRow:
    """A row: its number in the sheet (the header is row 1), and its cells by column, empty ones left out."""

    number: int
    cells: dict[str, str]
    damaged: str | None = None
    """Why the row can't be used at all, such as more cells than the header has."""
    raw: tuple[int, bytes] | None = None
    """In a CSV file, where the row begins and its bytes."""

    def position(self, file: str, selector: str) -> Position:
        """Where it stands in a file, and what it looks like; a row of a workbook looks like its cells."""
        if self.raw is None:
            return Position.of(file, selector, repr(sorted(self.cells.items())).encode())
        start, content = self.raw
        return Position.of(file, selector, content, start)


@dataclass(frozen=True)
class Sheet:
    """A named table of text. Its columns are in lower case and differ from each other."""

    name: str
    file: str
    columns: tuple[str, ...]
    rows: tuple[SheetRow, ...]
    cleaned: int
    """How many cells had control characters, which were taken out."""


def read_sheets(raw: Raw) -> list[Sheet]:
    """The sheets of one workbook or of a folder of CSV files.

    Raises UnreadableSource, naming file and line, if one is broken; then none is given.
    """
    sheets: list[Sheet] = []
    for name in sorted(raw.files):
        content = raw.read(name)
        stem, dot, suffix = name.rpartition(".")
        if f"{dot}{suffix}".lower() == XLSX:
            sheets.extend(_workbook(name, content))
        else:
            sheets.append(_sheet(stem or name, name, name, csv_lines(name, content)))
    names = [sheet.name for sheet in sheets]
    for name in names:
        if names.count(name) > 1:
            raise UnreadableSource(f"The sheet {name} stands in two files of {', '.join(sorted(raw.files))}; keep one.")
    return [sheet for sheet in sheets if sheet.columns]


Line = tuple[int, Sequence[str], tuple[int, bytes] | None]
"""A row's number, its cells, and in a CSV file where it begins and its bytes."""


def csv_lines(name: str, content: bytes, encoding: str = "utf-8") -> Iterator[Line]:
    """The rows of a CSV file, whatever its delimiter. Raises UnreadableSource, naming file and line."""
    # Excel writes a byte order mark, and semicolons where the comma is the decimal sign, as in Finland.
    mark = len(codecs.BOM_UTF8) if content.startswith(codecs.BOM_UTF8) else 0
    try:
        text = content[mark:].decode(encoding)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise UnreadableSource(f"{name}, line {line}: not UTF-8; save the file as CSV UTF-8.") from error
    if "\0" in text:
        raise UnreadableSource(f"{name} holds NUL bytes, so it is no text; save the file as CSV UTF-8.")
    csv.field_size_limit(_MOST_CHARACTERS)
    # Excel may write the delimiter into a first line of its own: sep=;
    header = next((line for line in text.splitlines() if line.strip() and not line.startswith("sep=")), "")
    delimiter = max(",;\t", key=header.count)
    lines = _Counted(io.StringIO(text, newline=""), mark, encoding)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        start = lines.read
        for cells in reader:
            if not (reader.line_num == 1 and cells and cells[0].startswith("sep=")):
                yield reader.line_num, cells, (start, content[start : lines.read])
            start = lines.read
    except csv.Error as error:
        raise UnreadableSource(f"{name}, line {reader.line_num}: {error}; check the quotes there.") from error


class _Counted:
    """Lines of text, and how many bytes of the file they and what stands before them take up."""

    def __init__(self, lines: Iterable[str], before: int, encoding: str) -> None:
        self._lines = iter(lines)
        self._encoding = encoding
        self.read = before

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.read += len(line.encode(self._encoding))
        return line


def _workbook(name: str, content: bytes) -> Iterator[Sheet]:
    # openpyxl takes a third of a second to import; a folder of CSV files need not pay for it.
    from openpyxl import load_workbook

    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        for sheet in book.worksheets:
            # The size that a sheet states of itself may be wrong, or so large that filling it up takes all memory.
            sheet.reset_dimensions()
            rows = (
                [_cell_text(cell) for cell in row] for row in sheet.iter_rows(max_row=_MOST_ROWS, max_col=_MOST_COLUMNS)
            )
            lines = ((number, cells, None) for number, cells in enumerate(rows, start=1))
            yield _sheet(sheet.title, name, f"{name}, sheet {sheet.title}", lines)
    except UnreadableSource:
        raise
    # On a damaged file the library raises whatever its zip and XML readers happen to stumble over.
    except Exception as error:
        raise UnreadableSource(f"{name} is not an XLSX workbook ({error}); save it as .xlsx again.") from error


def _cell_text(cell: Any) -> str:
    """A cell as its reader sees it: whole numbers without a point, codes with their zeros, dates in ISO form."""
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    # A cell of the format 000 shows the number 91 as 091, which is what whoever typed a code there meant.
    zeros = cell.number_format if isinstance(value, int) and set(cell.number_format) == {"0"} else ""
    return str(value).zfill(len(zeros))


def _sheet(name: str, file: str, place: str, lines: Iterable[Line]) -> Sheet:
    """Make a sheet of lines; the first line with any text in it is the header."""
    filled = (line for line in lines if any(cell.strip() for cell in line[1]))
    header = next(filled, None)
    if header is None:
        return Sheet(name, file, (), (), 0)
    columns = _columns(place, header[1])
    rows: list[SheetRow] = []
    cleaned = 0
    for number, cells, raw in filled:
        cleaned += sum(map(has_control_characters, cells))
        rows.append(_row(number, columns, [clean(cell) for cell in cells], raw))
    return Sheet(name, file, tuple(filter(None, columns)), tuple(rows), cleaned)


def _columns(place: str, header: Sequence[str]) -> list[str]:
    columns = [clean(cell).casefold() for cell in header]
    named = [column for column in columns if column]
    doubled = sorted({column for column in named if named.count(column) > 1})
    if doubled:
        raise UnreadableSource(f"{place}: column {doubled[0]!r} stands there twice; rename one.")
    return columns


def _row(number: int, columns: Sequence[str], cells: Sequence[str], raw: tuple[int, bytes] | None) -> SheetRow:
    found = {column: cell for column, cell in zip(columns, cells, strict=False) if column and cell}
    homeless = [
        cell for position, cell in enumerate(cells) if cell and (position >= len(columns) or not columns[position])
    ]
    damaged = f"{homeless[0]!r} stands in no named column; check the separators" if homeless else None
    return SheetRow(number, found, damaged, raw)
