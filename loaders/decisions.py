"""Reads what people have decided of two things that may be one: a table that is edited by hand."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from graph.pairs import Decision, Verdict
from loaders.errors import UnreadableSource
from loaders.records import SourceRecord
from loaders.report import Report
from loaders.sheets import SheetRow, read_sheets
from loaders.source import Raw
from loaders.values import day_in_words
from ontology.identifiers import Identifiers

PLACE: Final = "decisions"
COLUMNS: Final = ("a", "name_a", "b", "name_b", "decision", "reason", "date")
"""The columns; ``name_a`` and ``name_b`` are for those who read it, and not read here."""
WORDS: Final = {
    "accept": Verdict.ACCEPTED,
    "reject": Verdict.REJECTED,
    "part-of": Verdict.PART_OF,
}
"""What may stand in the column ``decision``: they are one; they are two; the first is a part of the second."""
_NEEDED: Final = ("a", "b", "decision", "reason")


@dataclass(frozen=True)
class Row:
    """A decision with the row that it stands in."""

    decision: Decision
    record: SourceRecord


def decisions(raw: Raw, identifiers: Identifiers, report: Report) -> Iterator[Row]:
    """The decisions of a table; rows that can't be used are skipped and named. Raises UnreadableSource."""
    sheets = read_sheets(raw)
    if len(sheets) != 1 or not set(_NEEDED) <= set(sheets[0].columns):
        raise UnreadableSource(
            f"Decisions stand in one table with the columns {', '.join(COLUMNS)}; `verkosto candidates` writes one."
        )
    report.saw(PLACE, len(sheets[0].rows))
    read = [(row, _decision(row, identifiers)) for row in sheets[0].rows]
    rows: dict[frozenset[str], list[int]] = {}
    for row, found in read:
        if isinstance(found, Decision):
            rows.setdefault(found.pair, []).append(row.number)
    for row, found in read:
        if isinstance(found, Decision) and len(rows[found.pair]) > 1:
            # Which of them is meant, nobody knows.
            numbers = ", ".join(map(str, rows[found.pair]))
            found = f"rows {numbers} decide of the same pair, so none of them counts; keep one of them"
        if isinstance(found, str):
            report.skip(f"{PLACE} row {row.number}", found)
        else:
            yield Row(found, _record(sheets[0].file, row, identifiers, found))


def _decision(row: SheetRow, identifiers: Identifiers) -> Decision | str:
    """What a row decides, or what is wrong with it."""
    cells = row.cells
    missing = [column for column in _NEEDED if column not in cells]
    if row.damaged or missing:
        return row.damaged or f"there is nothing in the column {missing[0]}"
    start = identifiers.at_path("")
    a, b = (identifiers.at_path(cells[column].removeprefix(start)) for column in ("a", "b"))
    for column, iri in (("a", a), ("b", b)):
        if identifiers.path(iri) is None:
            return f"{column}: {cells[column]!r} names nothing; write kind and key as in addresses: city/six-cities-049"
    if a == b:
        return "a and b are the same"
    if cells["decision"].casefold() not in WORDS:
        return f"decision: {cells['decision']!r} is not one of {', '.join(WORDS)}"
    on = day_in_words(cells["date"]) if "date" in cells else None
    if "date" in cells and on is None:
        return f"date: {cells['date']!r} is no day; write 2026-11-25 or 25.11.2026"
    day = None if on is None else date.fromisoformat(on.text)
    return Decision(a, b, WORDS[cells["decision"].casefold()], cells["reason"], day)


def _record(file: str, row: SheetRow, identifiers: Identifiers, decision: Decision) -> SourceRecord:
    a, b = (identifiers.path(iri) for iri in (decision.a, decision.b))
    position = row.position(file, f"{PLACE}: a {a}, b {b}")
    return SourceRecord(place=PLACE, native_id=f"{a} {b}", position=position, things=())
