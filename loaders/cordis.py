"""The `cordis` loader: the CSV files of CORDIS on EU research projects and on who takes part in them.

project.csv and organization.csv are large, quoted throughout, and now and then broken: each row is read by itself.
https://cordis.europa.eu/about/services
"""

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from loaders.errors import UnreadableSource
from loaders.records import (
    Amount,
    Entry,
    Organisation,
    Page,
    Position,
    Programme,
    Project,
    ProjectRole,
    Record,
    Ref,
    SourceRecord,
    Texts,
)
from loaders.register_records import Address
from loaders.registry import Loader
from loaders.report import Report
from loaders.sheets import CSV
from loaders.source import Raw
from loaders.values import UNTOLD, Values, concept, identifiers, is_identifier, may_be_a_person, short_hash
from ontology.identifiers import Kind
from ontology.terms import VK

_PROJECTS: Final = "projects"
_ORGANISATIONS: Final = "organisations"
_MARKS: Final = {
    _PROJECTS: ("id", "acronym", "title", "startDate", "endDate"),
    _ORGANISATIONS: ("projectID", "organisationID", "name", "role"),
}
"""Kind of file → columns that it has, whatever its release. Projects are read first."""
_START: Final = re.compile(rb'"?\d{5,}"?;')
"""How a row begins: a project's number. What does not begin so goes on with the row before it."""
_FREE_TEXT: Final = "objective"
"""The column whose quotes may be broken, so that it seems to be several."""
_LANGUAGE: Final = "en"
_STATUSES: Final = {"CLOSED": "ended", "TERMINATED": "ended"}
_ROLES: Final = {
    "coordinator": "coordinator",
    "participant": "participant",
    "partner": "associated-partner",
    "associatedPartner": "associated-partner",
    "thirdParty": "third-party",
    "internationalPartner": "associated-partner",
    "hostInstitution": "participant",
    "beneficiary": "participant",
}
_FORMS: Final = re.compile(
    r"\b(AB|AE|AG|APS|AS|ASBL|BV|BVBA|CIC|DD|DOO|EIRL|EV|GIE|GMBH|INC|KFT|KG|LDA|LIMITED|LLC|LLP|LTD|LTDA|MBH|NV|OOD|OU"
    r"|OY|OYJ|PLC|RY|SA|SARL|SAS|SCARL|SE|SL|SLU|SNC|SP|SPA|SRL|SRO|UAB|UG|ZRT)\b"
)
"""Forms of companies and associations, without points."""
_PROJECT_MONEY: Final = {"ecMaxContribution": ("granted", "eu"), "totalCost": ("planned", None)}
_PARTNER_MONEY: Final = {
    "ecContribution": ("granted", "eu"),
    "netEcContribution": ("granted-net", "eu"),
    "totalCost": ("planned", None),
}
"""Column → kind of amount and whose money it is."""
_COUNTRIES: Final = {"UK": "GB", "EL": "GR"}
"""The EU's own codes of countries → those of ISO 3166-1. XK, which is not in the standard, stays as it is."""
_OTHER: Final = ("legalBasis", "topics", "masterCall", "subCall", "fundingScheme", "grantDoi", "rcn")
"""Columns of projects that are kept with the record, as they are."""


@dataclass(frozen=True)
class _Row:
    """A row: its file, where it begins, its bytes, and its cells by column, without empty ones."""

    file: str
    start: int
    content: bytes
    cells: Mapping[str, str]
    problem: str | None = None
    """Why its cells can't be told apart."""
    is_mended: bool = False

    def position(self, selector: str, is_shown: bool = True) -> Position:
        """Where the row stands; of one that is not to be shown, with no place in the file that a page could show."""
        return Position.of(self.file, selector, self.content, self.start if is_shown else None)


@dataclass
class _Seen:
    """What earlier rows have told."""

    records: set[str] = field(default_factory=set)
    names: dict[str, str] = field(default_factory=dict)
    """Identifier of an organisation → the first name that it is given; others are other names."""
    acronyms: dict[str, str] = field(default_factory=dict)
    """Project → what the first of its partners' rows calls it."""
    has_projects: bool = False
    """Whether a file of projects is there."""


def read(raw: Raw, report: Report) -> Iterator[SourceRecord]:
    """The projects, then who takes part in them. Raises UnreadableSource if no file is one of CORDIS's two."""
    files: dict[str, list[str]] = {}
    for name in sorted(raw.files):
        files.setdefault(_kind(raw, name, report), []).append(name)
    if not files.keys() & _MARKS.keys():
        raise UnreadableSource(
            f"{', '.join(sorted(raw.files))}: neither projects nor organisations of CORDIS; "
            "their files are project.csv and organization.csv."
        )
    seen = _Seen(has_projects=_PROJECTS in files)
    for place, record in ((_PROJECTS, _project_record), (_ORGANISATIONS, _partner_record)):
        for name in files.get(place, ()):
            for row in _rows(raw, name):
                report.saw(place)
                found = record(row, seen, report)
                if found is not None:
                    yield found


def _kind(raw: Raw, name: str, report: Report) -> str:
    with raw.open(name) as file:
        columns = _columns(file.readline())
    for place, marks in _MARKS.items():
        if set(marks) <= set(columns):
            return place
    report.warn(f"{name} holds neither projects nor organisations of CORDIS, so it was not read")
    return ""


def _columns(line: bytes) -> list[str]:
    text = line.decode("utf-8-sig", errors="replace").strip()
    try:
        return next(csv.reader([text], delimiter=";"), [])
    except csv.Error:
        return []


def _rows(raw: Raw, name: str) -> Iterator[_Row]:
    """The rows of a file; a row goes on until a line begins with the number of a project."""
    with raw.open(name) as file:
        header = file.readline()
        columns, start, lines = _columns(header), len(header), b""
        for line in file:
            if lines and _START.match(line):
                yield _row(name, columns, start, lines)
                start, lines = start + len(lines), b""
            lines += line
        if lines.strip():
            yield _row(name, columns, start, lines)


def _row(name: str, columns: list[str], start: int, content: bytes) -> _Row:
    content = content.rstrip(b"\r\n")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        return _Row(name, start, content, {}, f"byte {start + error.start} is not UTF-8")
    try:
        (cells,) = csv.reader([text], delimiter=";", strict=True)
    except (csv.Error, ValueError):
        cells = []
    if len(cells) == len(columns):
        return _Row(name, start, content, _filled(columns, cells))
    cells = _mended(text, columns)
    if len(cells) != len(columns):
        problem = f"it has {len(cells)} cells, and the file has {len(columns)} columns; check the quotes"
        return _Row(name, start, content, {}, problem)
    return _Row(name, start, content, _filled(columns, cells), is_mended=True)


def _mended(text: str, columns: list[str]) -> list[str]:
    """The cells of a row whose quotes are broken: split where cells meet; what is too much belongs to the free text."""
    cells = text.removeprefix('"').removesuffix('"').split('";"')
    more = len(cells) - len(columns)
    if more > 0 and _FREE_TEXT in columns:
        at = columns.index(_FREE_TEXT)
        cells[at : at + more + 1] = ['";"'.join(cells[at : at + more + 1])]
    return [cell.replace('""', '"') for cell in cells]


def _filled(columns: list[str], cells: list[str]) -> dict[str, str]:
    return {column: cell.strip() for column, cell in zip(columns, cells, strict=True) if cell.strip()}


def _project_record(row: _Row, seen: _Seen, report: Report) -> SourceRecord | None:
    number = row.cells.get("id", "")
    name = f"{_PROJECTS}/{number}" if number else f"{_PROJECTS} at byte {row.start}"
    problem = row.problem or _problem_of_project(row.cells, name in seen.records)
    if problem is not None:
        report.skip(name, f"{row.file}: {problem}")
        return None
    seen.records.add(name)
    values = Values(_PROJECTS)
    if row.is_mended:
        values.note("the quotes of the row are broken, and its cells were told apart all the same")
    other = tuple((column, row.cells[column]) for column in _OTHER if column in row.cells)
    return values.record(number, row.position(number), _project(row.cells, number, values), other)


def _problem_of_project(cells: Mapping[str, str], is_known: bool) -> str | None:
    if not is_identifier(cells.get("id", "")):
        return "it has no number (id)"
    if "title" not in cells:
        return "the project has no title"
    return "its number stands in an earlier row" if is_known else None


def _project(cells: Mapping[str, str], number: str, values: Values) -> Iterator[Record]:
    programme = cells.get("frameworkProgramme", "")
    of = Ref(Kind.PROGRAMME, programme) if is_identifier(programme) else None
    label = values.texts("title", [(_LANGUAGE, cells["title"])])
    acronym = cells.get("acronym")
    ref = Ref(Kind.PROJECT, number)
    yield Project(
        entry=Entry(
            ref=ref,
            label=label,
            alternatives=((_LANGUAGE, acronym),) if acronym and acronym != label.get(_LANGUAGE) else (),
            description=values.texts("objective", [(_LANGUAGE, cells.get("objective"))]),
        ),
        code=number,
        identifiers=identifiers((VK.cordisId, number)),
        programme=of,
        start=values.day("startDate", cells.get("startDate")),
        end=values.day("endDate", cells.get("endDate")),
        status=values.mapped("status", VK.projectStatuses, _STATUSES, cells.get("status")),
    )
    if of is not None:
        yield Programme(entry=Entry(ref=of, label={_LANGUAGE: programme}))
    yield from _amounts(ref, number, label, _PROJECT_MONEY, cells, values)


def _partner_record(row: _Row, seen: _Seen, report: Report) -> SourceRecord | None:
    cells = row.cells
    project, organisation = cells.get("projectID", ""), cells.get("organisationID", "")
    native_id = f"{project}-{organisation}-{cells.get('role', '')}"
    name = f"{_ORGANISATIONS}/{native_id}" if project else f"{_ORGANISATIONS} at byte {row.start}"
    problem = row.problem or _problem_of_partner(cells, name in seen.records)
    if problem is not None:
        report.skip(name, f"{row.file}: {problem}")
        return None
    seen.records.add(name)
    values = Values(_ORGANISATIONS)
    if cells.get("endOfParticipation", "").casefold() == "true":
        values.note("the organisation left the project before its end; on which day is not told")
    things = _partner(cells, Ref(Kind.PROJECT, project), native_id, seen, values)
    country = cells.get("country", "")
    return values.record(
        native_id,
        # Of a trader who is called like a person the street is where somebody lives.
        row.position(native_id, is_shown=not _is_called_like_one(cells)),
        things,
        (("country", country),) if _is_list(country) else (),
    )


def _problem_of_partner(cells: Mapping[str, str], is_known: bool) -> str | None:
    if not all(is_identifier(cells.get(column, "")) for column in ("projectID", "organisationID")):
        return "it lacks the number of a project (projectID) or of an organisation (organisationID)"
    if "name" not in cells:
        return "the organisation has no name"
    if is_known:
        return "the same organisation has the same role in an earlier row"
    if _may_be_a_person(cells):
        return "it may be a natural person: no VAT number, no short name, no form of a company"
    return None


def _partner(cells: Mapping[str, str], project: Ref, native_id: str, seen: _Seen, values: Values) -> Iterator[Record]:
    """The role of an organisation, its money, and the organisation.

    Rows have no days: those of the project are not copied to roles.
    """
    acronym = seen.acronyms.setdefault(project.native_id, cells.get("projectAcronym", project.native_id))
    who = Ref(Kind.ORGANISATION, cells["organisationID"])
    role = values.mapped("role", VK.roles, _ROLES, cells.get("role"))
    ref = Ref(Kind.PARTICIPATION, native_id)
    label = {_LANGUAGE: f"{acronym}: {cells['name']}"}
    yield ProjectRole(
        entry=Entry(ref=ref, label=label), who=who, what=(project,), roles=() if role is None else (role,)
    )
    yield from _amounts(ref, native_id, label, _PARTNER_MONEY, cells, values)
    address = _address(who, cells, values)
    yield from () if address is None else (address,)
    name = seen.names.setdefault(who.native_id, cells["name"])
    yield _organisation(who, cells, name, None if address is None else address.entry.ref, values)
    if not seen.has_projects:
        yield Project(
            entry=Entry(ref=project, label={_LANGUAGE: acronym}),
            code=project.native_id,
            identifiers=identifiers((VK.cordisId, project.native_id)),
        )


def _address(who: Ref, cells: Mapping[str, str], values: Values) -> Address | None:
    """Country, post code and city of an organisation; the street never, as it may be where somebody lives.

    Of a trader who is called like a person it is the country alone. Rows of one organisation may differ in these:
    each address is a thing of its own, known by what it says.
    """
    country, post_code = _country(cells.get("country"), values), values.plain("postCode", cells.get("postCode"))
    city = values.texts("city", [(UNTOLD, cells.get("city"))])
    if (post_code or city) and _is_called_like_one(cells):
        values.drop("city", "post code and city left out, as they may be where a person lives")
        post_code, city = None, {}
    if not (country or post_code or city):
        return None
    said = "|".join((country or "", post_code or "", city.get(UNTOLD, "")))
    return Address(
        entry=Entry(ref=Ref(Kind.ADDRESS, f"{who.native_id}-{short_hash(said.encode())}")),
        post_code=post_code,
        post_name=city,
        country={} if country is None else {UNTOLD: country},
    )


def _country(code: str | None, values: Values) -> str | None:
    if code is None:
        return None
    if _is_list(code):
        values.drop("country", "several countries in the place of one; they are kept with the source record")
        return None
    if not re.fullmatch("[A-Z]{2}", code):
        values.drop("country", "this is no code of two letters")
        return None
    return _COUNTRIES.get(code, code)


def _is_list(country: str) -> bool:
    return ";" in country


def _organisation(who: Ref, cells: Mapping[str, str], name: str, address: Ref | None, values: Values) -> Organisation:
    """What a row says of an organisation, whose name here may differ from the one that it goes by."""
    others = dict.fromkeys(other for other in (cells["name"], cells.get("shortName")) if other and other != name)
    page = values.page("organizationURL", cells.get("organizationURL"), {})
    return Organisation(
        entry=Entry(
            ref=who,
            label=values.texts("name", [(UNTOLD, name)]),
            alternatives=tuple((UNTOLD, other) for other in others),
        ),
        identifiers=identifiers(
            (VK.pic, who.native_id),
            # The number of a trader is a person's.
            *(() if _is_called_like_one(cells) else (values.vat_number("vatNumber", cells.get("vatNumber")),)),
        ),
        pages=() if page is None else (Page(page.iri),),
        address=address,
    )


def _may_be_a_person(cells: Mapping[str, str]) -> bool:
    """Whether a row may be about a natural person.

    CORDIS does not say so: they stand there as companies or others without a VAT number and a short name, and with two
    or three words as their name. Universities, institutes and public bodies are none; a Finnish first name is enough.
    """
    return "vatNumber" not in cells and _is_called_like_one(cells)


def _is_called_like_one(cells: Mapping[str, str]) -> bool:
    """Whether a name is like a person's, be it that of a trader with a VAT number."""
    if cells.get("activityType") in ("HES", "REC", "PUB"):
        return False
    name = cells["name"].replace(".", "").upper()
    is_like_one = "shortName" not in cells and 2 <= len(name.split()) <= 3 and not _FORMS.search(name)
    return is_like_one or may_be_a_person(cells["name"])


def _amounts(
    of: Ref,
    native_id: str,
    label: Texts,
    money: Mapping[str, tuple[str, str | None]],
    cells: Mapping[str, str],
    values: Values,
) -> Iterator[Amount]:
    for column, (kind, source) in money.items():
        value = values.decimal(column, cells.get(column))
        if value is not None:
            yield Amount(
                entry=Entry(
                    ref=Ref(Kind.AMOUNT, f"{native_id}-{column}"),
                    label={language: f"{text}: {column}" for language, text in label.items()},
                ),
                of=of,
                value=value,
                currency="EUR",
                amount_kind=concept(VK.amountKinds, kind),
                money_source=None if source is None else concept(VK.moneySources, source),
            )


LOADER: Final = Loader(suffixes=(CSV,), read=read)
