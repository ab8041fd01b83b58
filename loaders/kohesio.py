"""The `kohesio` loader: the EU's list of cohesion policy operations, one row for each beneficiary of an operation.

The money of an operation stands in each of its rows, and is said once. Kohesio documents its columns at
https://kohesio.ec.europa.eu/en/services
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from loaders.errors import UnreadableSource
from loaders.records import (
    Amount,
    Date,
    Entry,
    Organisation,
    Position,
    Programme,
    Project,
    ProjectRole,
    Record,
    Ref,
    SourceRecord,
    Texts,
)
from loaders.registry import Loader
from loaders.report import Report
from loaders.sheets import CSV, csv_lines
from loaders.source import Raw
from loaders.values import UNTOLD, Values, concept, is_identifier, may_be_a_person, name_identifier
from ontology.identifiers import Kind
from ontology.terms import VK

_PLACE: Final = "operations"
_ID: Final = "operation_unique_identifier"
_NEEDED: Final = (_ID, "operation_name_programme_language", "beneficiary_name", "project_eu_budget")
_CURRENCY: Final = "total_eligible_expenditure_currency"
_MONEY: Final = {"total_eligible_expenditure_amount": ("planned", None), "project_eu_budget": ("granted", "eu")}
"""Column → kind of amount and whose money it is."""
_OTHER: Final = (
    "country",
    "postal_code",
    "cofinancing_rate",
    "category_of_intervention",
    "thematic_objective_id",
    "policy_objective_id",
    "nuts3_code",
    "lau_labels",
    "programming_period",
)
"""Columns that are kept with the record, as they are."""
_FUNDS: Final = {"ERDF": "ERDF", "ESF": "ESF"}
_DAY: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})\Z")
_PERSON: Final = "a name that may be a person's"


@dataclass
class _Seen:
    """What earlier rows have told."""

    records: set[str] = field(default_factory=set)
    money: dict[str, tuple[str | None, ...]] = field(default_factory=dict)
    """Operation → the cells with its money, as its first row has them."""


def read(raw: Raw, report: Report) -> Iterator[SourceRecord]:
    """The operations of all files. Raises UnreadableSource if a file has not the columns of these lists."""
    seen = _Seen()
    for name in sorted(raw.files):
        lines = csv_lines(name, raw.read(name))
        columns = [cell.strip().casefold() for cell in next(lines, (0, (), None))[1]]
        missing = [column for column in _NEEDED if column not in columns]
        if missing:
            raise UnreadableSource(f"{name} is no list of Kohesio: it has no column {missing[0]!r}.")
        for number, cells, place in lines:
            found = {column: " ".join(c.split()) for column, c in zip(columns, cells, strict=False) if c.strip()}
            if not found or place is None:
                continue
            report.saw(_PLACE)
            reason = _problem(found, seen)
            if reason is not None:
                report.skip(f"{_PLACE}/{found.get(_ID, f'row {number}')}", f"{name} row {number}: {reason}")
                continue
            native_id = _record_id(found)
            seen.records.add(native_id)
            values = Values(_PLACE)
            things = tuple(_things(found, values, seen))
            # A row with a person's name has no place in the file that a page could show.
            start = None if any(_PERSON in dropped for dropped in values.dropped) else place[0]
            position = Position.of(name, native_id, place[1].rstrip(b"\r\n"), start)
            other = tuple((column, found[column]) for column in _OTHER if column in found)
            yield values.record(native_id, position, things, other)


def _problem(cells: Mapping[str, str], seen: _Seen) -> str | None:
    if not is_identifier(cells.get(_ID, "")):
        return f"it has no identifier ({_ID})"
    if not _label(cells):
        return "the operation has no name"
    if _record_id(cells) in seen.records:
        return "the same beneficiary of the same operation stands in an earlier row"
    return None


def _record_id(cells: Mapping[str, str]) -> str:
    who = _organisation_id(cells.get("beneficiary_unique_identifier"), cells.get("beneficiary_name", ""))
    return f"{cells[_ID]}-{who}"


def _organisation_id(identifier: str | None, name: str) -> str:
    """The identifier that is given, or one that is made of the name."""
    if identifier is not None and is_identifier(identifier):
        return identifier
    return name_identifier(name)


def _label(cells: Mapping[str, str]) -> dict[str, str]:
    names = {"en": cells.get("operation_name_english"), UNTOLD: cells.get("operation_name_programme_language")}
    return {language: name for language, name in names.items() if name}


def _things(cells: Mapping[str, str], values: Values, seen: _Seen) -> Iterator[Record]:
    operation = cells[_ID]
    ref, label = Ref(Kind.PROJECT, operation), values.texts("name", list(_label(cells).items()))
    money = tuple(cells.get(column) for column in (*_MONEY, _CURRENCY))
    is_first = operation not in seen.money
    if seen.money.setdefault(operation, money) != money:
        values.note("the row states other sums than the first one of its operation, whose sums are taken")
    if is_first:
        yield from _operation(ref, label, cells, values)
        yield from _amounts(ref, label, cells, values)
        yield from _role(ref, label, "authority", None, cells.get("managingauthority", ""), values)
    identifier = cells.get("beneficiary_unique_identifier")
    yield from _role(ref, label, "beneficiary", identifier, cells.get("beneficiary_name", ""), values)


def _operation(ref: Ref, label: Texts, cells: Mapping[str, str], values: Values) -> Iterator[Record]:
    programme = cells.get("programme_code", "")
    of = Ref(Kind.PROGRAMME, programme) if is_identifier(programme) else None
    yield Project(
        entry=Entry(
            ref=ref,
            label=label,
            description=values.texts(
                "summary",
                [
                    ("en", cells.get("operation_summary_english")),
                    (UNTOLD, cells.get("operation_summary_programme_language")),
                ],
            ),
        ),
        code=values.plain("operation_local_identifier", cells.get("operation_local_identifier")),
        programme=of,
        start=_day("operation_start_date", cells, values),
        end=_day("operation_end_date", cells, values),
        fund=values.mapped("fund_code", VK.funds, _FUNDS, cells.get("fund_code")),
    )
    if of is not None:
        yield Programme(entry=Entry(ref=of, label={"en": cells.get("programme_name", programme)}))


def _amounts(ref: Ref, label: Texts, cells: Mapping[str, str], values: Values) -> Iterator[Amount]:
    currency = cells.get(_CURRENCY, "")
    for column, (kind, source) in _MONEY.items():
        value = values.decimal(column, cells.get(column))
        if value is not None and not re.fullmatch("[A-Z]{3}", currency):
            values.drop(column, "the amount has no currency")
        elif value is not None:
            yield Amount(
                entry=Entry(
                    ref=Ref(Kind.AMOUNT, f"{ref.native_id}-{kind}"),
                    label={language: f"{text}: {kind}" for language, text in label.items()},
                ),
                of=ref,
                value=value,
                currency=currency,
                amount_kind=concept(VK.amountKinds, kind),
                money_source=None if source is None else concept(VK.moneySources, source),
            )


def _role(project: Ref, label: Texts, role: str, identifier: str | None, name: str, values: Values) -> Iterator[Record]:
    """An organisation and its role. The days are those of operations, and are not copied to roles."""
    if not name:
        return
    if may_be_a_person(name):
        values.drop(role, _PERSON)
        return
    who = Ref(Kind.ORGANISATION, _organisation_id(identifier, name))
    yield Organisation(entry=Entry(ref=who, label={UNTOLD: name}))
    yield ProjectRole(
        entry=Entry(
            ref=Ref(Kind.PARTICIPATION, f"{project.native_id}-{who.native_id}-{role}"),
            label={language: f"{text}: {role}" for language, text in label.items()},
        ),
        who=who,
        what=(project,),
        roles=(concept(VK.roles, role),),
    )


def _day(column: str, cells: Mapping[str, str], values: Values) -> Date | None:
    """A day as dd/mm/yyyy."""
    text = cells.get(column)
    if text is None:
        return None
    found = _DAY.match(text)
    try:
        if found is not None:
            return Date(date(int(found[3]), int(found[2]), int(found[1])).isoformat())
    except ValueError:
        pass
    values.drop(column, "there is no such day")
    return None


LOADER: Final = Loader(suffixes=(CSV,), read=read)
