"""The `esif` loader: Finland's lists of structural fund projects, 2014-20 and 2007-13, as published in CSV.

One row a project, with its lead only: partners are not in these lists. An organisation is known by its name alone, so
its identifier is made of it; which names are one organisation is not decided here.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from loaders.errors import UnreadableSource
from loaders.records import (
    Amount,
    Date,
    Entry,
    Organisation,
    Position,
    Project,
    ProjectRole,
    Record,
    Ref,
    SourceRecord,
)
from loaders.registry import Loader
from loaders.report import Report
from loaders.sheets import CSV, csv_lines
from loaders.source import Raw
from loaders.values import (
    Values,
    concept,
    identifiers,
    is_identifier,
    may_be_a_person,
    name_identifier,
    structural_funds_code,
)
from ontology.identifiers import Kind
from ontology.terms import VK

_PLACE: Final = "projects"
_COLUMNS: Final = {
    "koodi": "code",
    "rahasto": "fund",
    "hankkeen nimi": "title",
    "projektin nimi": "title",
    "ohjelma / osio": "part",
    "tl": "axis",
    "viranomainen": "authority",
    "tila": "status",
    "toiminnan tila": "status",
    "aloituspvm": "start",
    "päättymispvm": "end",
    "toteuttajan nimi": "lead",
    "myönnetty eu- ja valtion rahoitus": "granted",
    "toteutunut eu- ja valtion rahoitus": "paid",
    "suunniteltu julkinen rahoitus yhteensä": "planned",
    "toteutunut julkinen rahoitus yhteensä": "realised",
}
"""Columns of the lists, in lower case, as fields; the two periods call two of them differently."""
_NEEDED: Final = ("code", "title", "authority", "start", "end", "lead", "granted", "paid", "planned", "realised")
_MONEY: Final = {"granted": "eu-and-state", "paid": "eu-and-state", "planned": "public", "realised": "public"}
"""Kind of money → whose it is."""
_KINDS: Final = {
    "granted": {"fi": "myönnetty", "sv": "beviljat", "en": "granted"},
    "paid": {"fi": "maksettu", "sv": "utbetalt", "en": "paid"},
    "planned": {"fi": "suunniteltu", "sv": "planerat", "en": "planned"},
    "realised": {"fi": "toteutunut", "sv": "utfallet", "en": "realised"},
}
_FUNDS: Final = {"EAKR": "ERDF", "ESR": "ESF"}
_STATUSES: Final = {"Toiminnassa": "running", "Toiminta päättynyt": "ended"}
_DAY: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})\Z")
_GLUED: Final = re.compile(r"(.+? (?:OY|AB|KY))((?:\d|[A-ZÅÄÖ]{2}|C/O).*)\Z")
_ROLES: Final = {
    "lead": {"fi": "päätoteuttaja", "sv": "huvudgenomförare", "en": "lead"},
    "authority": {"fi": "rahoittava viranomainen", "sv": "finansierande myndighet", "en": "funding authority"},
}


@dataclass(frozen=True)
class _Row:
    """A row of a list: where it stands, and its cells by field, without empty ones."""

    file: str
    number: int
    start: int
    content: bytes
    cells: Mapping[str, str]


@dataclass(frozen=True)
class _Called:
    """What a list calls an organisation; empty if it is not to be named."""

    name: str
    business_id: str | None = None


def read(raw: Raw, report: Report) -> Iterator[SourceRecord]:
    """The projects of all files. Raises UnreadableSource if a file has not the columns of these lists."""
    seen: dict[str, str] = {}
    for name in sorted(raw.files):
        rows = list(_rows(name, raw.read(name)))
        authorities = _authorities(rows)
        for row in rows:
            report.saw(_PLACE)
            code = row.cells.get("code", "")
            if not is_identifier(code):
                report.skip(f"{_PLACE} row {row.number}", f"{name} row {row.number}: it has no code (Koodi)")
            elif "title" not in row.cells:
                report.skip(f"{_PLACE}/{code}", f"{name} row {row.number}: the project has no name")
            elif code in seen:
                report.skip(
                    f"{_PLACE}/{code}", f"{name} row {row.number}: its code stands in an earlier row of {seen[code]}"
                )
            else:
                seen[code] = name
                yield _record(row, code, authorities)


def _rows(name: str, content: bytes) -> Iterator[_Row]:
    lines = csv_lines(name, content, _encoding(content))
    header = [cell.strip().casefold() for cell in next(lines, (0, (), None))[1]]
    fields = [_COLUMNS.get(column) for column in header]
    missing = [column for column, field in _COLUMNS.items() if field in _NEEDED and field not in fields]
    if missing:
        raise UnreadableSource(f"{name} is no list of structural fund projects: it has no column {missing[0]!r}.")
    for number, cells, place in lines:
        assert place is not None
        if any(cell.strip() for cell in cells):
            named = zip(fields, _realigned(cells, fields), strict=False)
            found = {field: " ".join(cell.split()) for field, cell in named if field and cell.strip()}
            yield _Row(name, number, place[0], place[1].rstrip(b"\r\n"), found)


def _encoding(content: bytes) -> str:
    """The newer list is in UTF-8, the older one in Latin-1."""
    try:
        content.decode()
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"


def _realigned(cells: Sequence[str], fields: Sequence[str | None]) -> list[str]:
    """The cells of a row whose lead has commas in its name that were not quoted: they pushed the money to the right.

    The money is the last four cells that are filled; all between the end date and it is the name.
    """
    filled = list(cells)
    while filled and not filled[-1].strip():
        filled.pop()
    lead, last = fields.index("lead"), fields.index("realised")
    if len(filled) <= last + 1:
        return list(cells)
    name = ", ".join(part.strip() for part in filled[lead:-4] if part.strip())
    return [*filled[:lead], name, *filled[-4:]]


def _authorities(rows: Sequence[_Row]) -> list[str]:
    """The authorities that stand alone in at least two rows, the longest first."""
    counted = Counter(row.cells.get("authority", "") for row in rows)
    return sorted((name for name, count in counted.items() if name and count > 1), key=len, reverse=True)


def _record(row: _Row, code: str, authorities: Sequence[str]) -> SourceRecord:
    values = Values(_PLACE)
    position = Position.of(row.file, code, row.content, row.start)
    return values.record(code, position, _things(row, code, authorities, values))


def _things(row: _Row, code: str, authorities: Sequence[str], values: Values) -> Iterator[Record]:
    cells = row.cells
    ref = Ref(Kind.PROJECT, code)
    authority, spilled = _authority(cells.get("authority", ""), authorities)
    # The lists write a bar where the name of a project has a comma.
    title = ", ".join(part.strip() for part in (*cells["title"].split("|"), spilled) if part.strip())
    if spilled:
        values.note("the end of the name stood in the column of the authority, and was put back")
    start, end = _day("Aloituspvm", cells.get("start"), values), _day("Päättymispvm", cells.get("end"), values)
    has_shifted = "start" in cells and start is None
    if has_shifted:
        values.drop("Aloituspvm", "no date stands there, so the columns have shifted and no amount of the row is taken")
    fund = values.mapped("Rahasto", VK.funds, _FUNDS, cells.get("fund"))
    status = values.mapped("Tila", VK.projectStatuses, _STATUSES, cells.get("status"))
    name = values.texts("name", [("fi", title)])
    yield Project(
        entry=Entry(ref=ref, label=name),
        code=code,
        identifiers=identifiers(structural_funds_code(code)),
        start=start,
        end=end,
        fund=fund,
        status=status,
        axis=values.plain("Tl", cells.get("axis")),
        programme_part=values.texts("part", [("fi", cells.get("part"))]),
    )
    if not has_shifted:
        yield from _amounts(ref, name, cells, values)
    for role, organisation in (("lead", _lead(cells.get("lead", ""), values)), ("authority", _Called(authority))):
        yield from _role(ref, name, role, organisation)


def _authority(text: str, authorities: Sequence[str]) -> tuple[str, str]:
    """The authority, and what stands before it because a comma in the name of the project was not quoted."""
    known = next((name for name in authorities if text.endswith(f" {name}")), None)
    return (text, "") if text in authorities or known is None else (known, text.removesuffix(known).strip())


def _lead(text: str, values: Values) -> _Called:
    """Who carries a project out. A name that may be a person's is left out; a company may be called after one."""
    glued = _GLUED.match(text)
    if glued is None:
        if may_be_a_person(text):
            values.drop("Toteuttajan nimi", "a name that may be a person's")
            return _Called("")
        return _Called(text)
    # What is glued to the form of a company is its business id, or whoever keeps its books.
    number = values.business_id("Toteuttajan nimi", glued[2]) if glued[2][0].isdigit() else None
    if number is None:
        values.drop("Toteuttajan nimi", "something is glued to the end of the name")
    return _Called(glued[1].strip(), number)


def _role(project: Ref, name: Mapping[str, str], role: str, organisation: _Called) -> Iterator[Record]:
    """An organisation and its role. The lists give roles no dates; those of the project are not copied."""
    if not organisation.name:
        return
    who = Ref(Kind.ORGANISATION, name_identifier(organisation.name))
    yield Organisation(
        entry=Entry(ref=who, label={"fi": organisation.name}),
        identifiers=identifiers((VK.businessId, organisation.business_id)),
    )
    yield ProjectRole(
        entry=Entry(
            ref=Ref(Kind.PARTICIPATION, f"{project.native_id}-{role}"),
            label={lang: f"{name['fi']}: {text}" for lang, text in _ROLES[role].items() if "fi" in name},
        ),
        who=who,
        what=(project,),
        roles=(concept(VK.roles, role),),
    )


def _amounts(project: Ref, name: Mapping[str, str], cells: Mapping[str, str], values: Values) -> Iterator[Amount]:
    for kind, source in _MONEY.items():
        value = values.decimal(kind, cells.get(kind))
        if value is not None:
            yield Amount(
                entry=Entry(
                    ref=Ref(Kind.AMOUNT, f"{project.native_id}-{kind}"),
                    label={lang: f"{name['fi']}: {word}" for lang, word in _KINDS[kind].items() if "fi" in name},
                ),
                of=project,
                value=value,
                currency="EUR",
                amount_kind=concept(VK.amountKinds, kind),
                money_source=concept(VK.moneySources, source),
            )


def _day(what: str, text: str | None, values: Values) -> Date | None:
    found = _DAY.match(text or "")
    try:
        return None if found is None else Date(date(int(found[3]), int(found[2]), int(found[1])).isoformat())
    except ValueError:
        values.drop(what, "there is no such day")
        return None


LOADER: Final = Loader(suffixes=(CSV,), read=read)
