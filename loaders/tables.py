"""The `tables` loader: our own template for cities without an interface, as a CSV folder or an XLSX workbook.

Every sheet and every column but ``id`` is optional. Texts have a column a language (``label_fi``, ``label_sv``,
``label_en``); ``;`` separates the members of a list; things refer to each other by ``id``; dates are ISO or d.m.yyyy.
`SHEETS` says which sheets there are, docs/tables.md shows them with their columns.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Final

from graph.errors import InvalidStatement
from graph.ntriples import iri
from loaders.errors import UnreadableSource
from loaders.records import (
    Amount,
    Assessment,
    Blueprint,
    Code,
    Component,
    Consideration,
    Date,
    Document,
    Ecosystem,
    Entry,
    EventRole,
    Good,
    Membership,
    Need,
    Number,
    OperatingModel,
    Organisation,
    Page,
    Panel,
    Participation,
    Passage,
    Profile,
    Programme,
    Project,
    ProjectRole,
    Promise,
    Record,
    Ref,
    Reorganisation,
    SameAsCandidate,
    Segment,
    Service,
    ServicePackage,
    ServiceRole,
    Source,
    SourceRecord,
    Step,
    System,
    Theme,
    Tie,
    Typed,
    WorkPackage,
    Workshop,
)
from loaders.registry import Loader
from loaders.report import Report
from loaders.sheets import CSV, XLSX, Sheet, SheetRow, read_sheets
from loaders.source import Raw
from loaders.values import (
    REGISTERS,
    concept,
    date_in_words,
    decimal,
    identifier_in_words,
    identifiers,
    structural_funds_code,
)
from ontology import vocabulary
from ontology.identifiers import Kind
from ontology.terms import VK, XSD

Index = Mapping[str, Mapping[str, Kind]]
"""Sheet → id → the kind of thing that row is."""

_LANGUAGE = r"[a-z]{2,3}"
_ISO_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?\Z")
_WEIGHT = re.compile(r"[0-9]{1,9}([.,][0-9]{1,9})?\Z")
_FINNISH_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})\Z")


class Row:
    """One row being read. Asking for a cell notes what is wrong with it, so that all faults are named at once."""

    def __init__(self, sheet: Sheet, row: SheetRow, index: Index) -> None:
        self.sheet = sheet.name
        self.kind = _kind(sheet.name, row)
        self.problems: list[str] = [row.damaged] if row.damaged else []
        self.asked = {"id"}
        self._cells = row.cells
        self._position = row.position(sheet.file, f"{sheet.name}: id {row.cells['id']}")
        self._columns = sheet.columns
        self._index = index

    def text(self, column: str) -> str | None:
        """The cell, or None where it is empty."""
        self.asked.add(column)
        return self._cells.get(column)

    def texts(self, column: str) -> dict[str, str]:
        """The cells ``{column}_{language}`` by language."""
        names = [name for name in self._columns if re.fullmatch(f"{column}_{_LANGUAGE}", name)]
        self.asked.update(names)
        return {name.rpartition("_")[2]: self._cells[name] for name in names if name in self._cells}

    def items(self, column: str) -> tuple[str, ...]:
        """The members of a ``;`` list, without empty ones, each once."""
        parts = [part.strip() for part in (self.text(column) or "").split(";")]
        return tuple(dict.fromkeys(filter(None, parts)))

    def names(self, column: str) -> tuple[tuple[str, str], ...]:
        """The ``;`` lists in ``{column}_{language}`` as pairs of language and name."""
        return tuple((language, item) for language in self.texts(column) for item in self.items(f"{column}_{language}"))

    def choice(self, column: str, among: tuple[str, ...]) -> str | None:
        """One of a few words, in any case."""
        text = self.text(column)
        if text is not None and text.casefold() not in among:
            self.problems.append(f"{column}: {text!r} is not one of {', '.join(among)}")
        return text

    def date(self, column: str) -> Date | None:
        """A day, month or year in ISO form, or a day as d.m.yyyy."""
        text = self.text(column)
        if text is None:
            return None
        found = date_in_words(text)
        if found is None:
            self.problems.append(f"{column}: {text!r} is no date; write 2017-12-14, 14.12.2017, 2017-12 or 2017")
        return found

    def pages(self, column: str) -> tuple[Page, ...]:
        """A ``;`` list of web addresses."""
        found = self.items(column)
        for address in found:
            if not _is_web_address(address):
                self.problems.append(f"{column}: {address!r} is no web address; it starts with https:// or http://")
        return tuple(map(Page, found))

    def refs(self, column: str, *sheets: str) -> tuple[Ref, ...]:
        """A ``;`` list of ids of another sheet, or of the first of several sheets that has each."""
        found = []
        for native_id in self.items(column):
            kinds = [kind for sheet in sheets if (kind := self._index.get(sheet, {}).get(native_id)) is not None]
            if kinds:
                found.append(Ref(kinds[0], native_id))
            else:
                self.problems.append(f"{column}: there is no usable row {native_id!r} in sheet {' or '.join(sheets)}")
        return tuple(found)

    def ref(self, column: str, *sheets: str) -> Ref | None:
        """The id of a row of another sheet, or None where the cell is empty."""
        found = self.refs(column, *sheets)
        if len(self.items(column)) > 1:
            self.problems.append(f"{column}: only one row of sheet {' or '.join(sheets)} can stand here")
        return found[0] if found else None

    def needed(self, column: str, *sheets: str) -> Ref:
        """The id of a row of another sheet, which must be there."""
        found = self.ref(column, *sheets)
        if found is None and self.text(column) is None:
            self.problems.append(f"{column}: a row of sheet {' or '.join(sheets)} is needed here")
        return found or Ref(self.kind, "")

    def codes(self, column: str, scheme: str) -> tuple[Code, ...]:
        """A ``;`` list of notations of a code list."""
        known = vocabulary.concepts(scheme)
        unknown = [item for item in self.items(column) if item not in known]
        if unknown:
            # A list of hundreds, such as municipalities, would hide what is wrong.
            among = f"one of {', '.join(known)}" if len(known) <= 40 else f"one of the {len(known)} codes of its list"
            self.problems.append(f"{column}: {unknown[0]!r} is not {among}")
        return tuple(Code(known[item]) for item in self.items(column) if item in known)

    def code(self, column: str, scheme: str) -> Code | None:
        """A notation of a code list, or None where the cell is empty."""
        found = self.codes(column, scheme)
        if len(self.items(column)) > 1:
            self.problems.append(f"{column}: only one code can stand here")
        return found[0] if found else None

    def number(self, column: str) -> Number | None:
        """A whole number from zero up."""
        text = self.text(column)
        if text is None:
            return None
        if not (text.isascii() and text.isdecimal() and len(text) <= 15):
            self.problems.append(f"{column}: {text!r} is no whole number")
            return None
        return Number(int(text))

    def identifiers(self, column: str) -> tuple[Typed, ...]:
        """A ``;`` list of identifiers in registers, such as ``business-id:0201256-6; pic:999999999``."""
        found = [(item, identifier_in_words(item)) for item in self.items(column)]
        for item, identifier in found:
            if identifier is None:
                self.problems.append(
                    f"{column}: {item!r} can't be right; write the register and its identifier, such as "
                    f"business-id:0201256-6; the registers are {', '.join(REGISTERS)}"
                )
        return tuple(identifier for _, identifier in found if identifier is not None)

    def entry(self) -> Entry:
        """What every thing has."""
        label = self.texts("label")
        if not label:
            self.problems.append("label: a name is needed in at least one language, such as label_fi")
        return Entry(
            ref=Ref(self.kind, self._cells["id"]),
            label=label,
            alternatives=self.names("alt"),
            description=self.texts("description"),
        )

    def record(self, thing: Record) -> SourceRecord:
        """The row as a source record. Ask for it last: it also takes the columns that nobody else asked for."""
        return SourceRecord(
            place=self.sheet,
            native_id=self._cells["id"],
            position=self._position,
            things=(thing,),
            passages=self.refs("passages", "Passages"),
            other=tuple((name, cell) for name, cell in self._cells.items() if name not in self.asked),
        )


def _source(row: Row) -> Record:
    return Source(
        creators=row.refs("creators", "Organisations"),
        authors=row.items("authors"),
        issued=row.date("issued"),
        entry=row.entry(),
    )


def _passage(row: Row) -> Record:
    return Passage(
        source=row.needed("source", "Sources"), references=row.refs("references", "Sources"), entry=row.entry()
    )


def _organisation(row: Row) -> Record:
    row.choice("type", (Kind.CITY.slug, Kind.ORGANISATION.slug))
    code = row.text("code")
    municipality = vocabulary.concepts(VK.municipalities).get(code or "")
    return Organisation(
        code=code,
        municipality=Code(municipality) if municipality else None,
        identifiers=row.identifiers("identifiers"),
        pages=row.pages("pages"),
        entry=row.entry(),
    )


def _reorganisation(row: Row) -> Record:
    return Reorganisation(
        before=row.refs("before", "Organisations"),
        after=row.refs("after", "Organisations"),
        date=row.date("date"),
        entry=row.entry(),
    )


def _programme(row: Row) -> Record:
    return Programme(
        part_of=row.ref("part_of", "Programmes"),
        methods=row.codes("methods", VK.methods),
        entry=row.entry(),
    )


def _project(row: Row) -> Record:
    code, fund = row.text("code"), row.code("fund", VK.funds)
    return Project(
        code=code,
        identifiers=identifiers(structural_funds_code(code)) if fund else (),
        programme=row.ref("programme", "Programmes"),
        methods=row.codes("methods", VK.methods),
        partner_kinds=row.codes("partner_kinds", VK.partnerKinds),
        start=row.date("start"),
        end=row.date("end"),
        fund=fund,
        status=row.code("status", VK.projectStatuses),
        axis=row.text("axis"),
        entry=row.entry(),
    )


def _amount(row: Row) -> Record:
    text = row.text("value")
    value = None if text is None else decimal(text)
    if value is None:
        row.problems.append("value: a number with at most two decimals is needed here")
    kind = row.code("kind", VK.amountKinds)
    if kind is None:
        row.problems.append("kind: one of the kinds of amounts is needed here")
    currency = row.text("currency") or ""
    if not re.fullmatch("[A-Z]{3}", currency):
        row.problems.append("currency: the three letters of a currency are needed here, such as EUR")
    return Amount(
        of=row.needed("project", "Projects"),
        value=value or Typed("0", XSD.decimal),
        currency=currency,
        amount_kind=kind or Code(VK.amountKinds),
        money_source=row.code("source", VK.moneySources),
        entry=row.entry(),
    )


def _work_package(row: Row) -> Record:
    return WorkPackage(code=row.text("code"), project=row.needed("project", "Projects"), entry=row.entry())


def _theme(row: Row) -> Record:
    return Theme(code=row.text("code"), entry=row.entry())


def _document(row: Row) -> Record:
    return Document(
        city=row.ref("city", "Organisations"),
        themes=row.refs("themes", "Themes"),
        project=row.ref("project", "Projects"),
        work_packages=row.refs("work_packages", "WorkPackages"),
        date=row.date("date"),
        format=row.text("format"),
        pages=row.pages("pages"),
        entry=row.entry(),
    )


def _assessment(row: Row) -> Record:
    return Assessment(
        themes=row.refs("themes", "Themes"),
        document=row.ref("document", "Documents"),
        why_exemplary=row.texts("why_exemplary"),
        management_use=row.texts("management_use"),
        company_benefit=row.texts("company_benefit"),
        entry=row.entry(),
    )


def _service(row: Row) -> Record:
    return Service(
        providers=row.refs("providers", "Organisations"),
        package=row.ref("package", "ServicePackages"),
        needs=row.refs("needs", "Needs"),
        systems=row.refs("systems", "Systems"),
        charge=row.code("charge", VK.chargeTypes),
        channel_types=row.codes("channel_types", VK.channelTypes),
        creates=row.codes("creates", VK.valueDimensions),
        stage=row.code("stage", VK.productisationStages),
        areas=row.codes("municipalities", VK.municipalities),
        entry=row.entry(),
    )


def _service_package(row: Row) -> Record:
    return ServicePackage(providers=row.refs("providers", "Organisations"), entry=row.entry())


def _component(row: Row) -> Record:
    return Component(
        whole=row.needed("whole", "Services"),
        part=row.needed("part", "Services", "Systems", "Goods"),
        layer=row.code("layer", VK.layers),
        entry=row.entry(),
    )


def _promise(row: Row) -> Record:
    return Promise(
        service=row.needed("service", "Services"),
        for_whom=row.texts("for_whom"),
        which_need=row.texts("which_need"),
        core_content=row.texts("core_content"),
        benefit_and_how=row.texts("benefit_and_how"),
        level=row.texts("level"),
        differentiation=row.texts("differentiation"),
        cost_to_customer=row.texts("cost_to_customer"),
        how_found=row.texts("how_found"),
        entry=row.entry(),
    )


def _blueprint(row: Row) -> Record:
    return Blueprint(service=row.needed("service", "Services"), entry=row.entry())


def _step(row: Row) -> Record:
    return Step(
        blueprint=row.needed("blueprint", "Blueprints"),
        order=row.number("order"),
        lane=row.code("lane", VK.lanes),
        phase=row.code("phase", VK.phases),
        situation=row.code("situation", VK.customerSituations),
        standardisation=row.code("standardisation", VK.standardisations),
        creates=row.codes("creates", VK.valueDimensions),
        entry=row.entry(),
    )


def _good(row: Row) -> Record:
    return Good(entry=row.entry())


def _system(row: Row) -> Record:
    return System(
        operators=row.refs("operators", "Organisations"),
        systems=row.refs("systems", "Systems"),
        documents=row.refs("documents", "Documents"),
        pages=row.pages("pages"),
        entry=row.entry(),
    )


def _operating_model(row: Row) -> Record:
    return OperatingModel(
        operators=row.refs("operators", "Organisations"),
        documents=row.refs("documents", "Documents"),
        methods=row.codes("methods", VK.methods),
        customer_role=row.code("customer_role", VK.customerRoles),
        entry=row.entry(),
    )


def _segment(row: Row) -> Record:
    return Segment(needs=row.refs("needs", "Needs"), entry=row.entry())


def _profile(row: Row) -> Record:
    return Profile(
        segment=row.needed("segment", "Segments"),
        service=row.ref("service", "Services", "ServicePackages"),
        need_in_short=row.texts("need_in_short"),
        success_criterion=row.texts("success_criterion"),
        experience_risk=row.texts("experience_risk"),
        customer_contribution=row.texts("customer_contribution"),
        improvement=row.texts("improvement"),
        entry=row.entry(),
    )


def _need(row: Row) -> Record:
    return Need(
        need_kind=row.code("kind", VK.needKinds),
        awareness=row.code("awareness", VK.awarenesses),
        expectation=row.code("expectation", VK.expectationKinds),
        entry=row.entry(),
    )


_ROLES: Final[Mapping[str, type[Participation]]] = {
    "Projects": ProjectRole,
    "Programmes": ProjectRole,
    "WorkPackages": ProjectRole,
    "Services": ServiceRole,
    "OperatingModels": ServiceRole,
    "Systems": ServiceRole,
    "Workshops": EventRole,
    "Panels": Membership,
    "Ecosystems": Membership,
}
"""What one can have a role in: sheet → the record of such a role."""
_SPOKEN_OF = (*_ROLES, "ServicePackages", "Documents")


def _participation(row: Row) -> Record:
    what = row.refs("what", *_ROLES)
    in_sheets = {SHEETS[sheet][0]: role for sheet, role in _ROLES.items()}
    roles = {in_sheets[ref.kind] for ref in what}
    if len(roles) > 1:
        row.problems.append("what: these are of several kinds (project, service, event, group); give each a row")
    elif not roles:
        row.problems.append("what: something to have a role in is needed here")
    return next(iter(roles), ServiceRole)(
        who=row.needed("who", "Organisations"),
        what=what,
        roles=(
            *row.codes("role", VK.roles),
            *row.codes("service_role", VK.serviceRoles),
            *row.codes("ecosystem_role", VK.ecosystemRoles),
        ),
        provision=row.code("provision", VK.provisionTypes),
        start=row.date("start"),
        end=row.date("end"),
        entry=row.entry(),
    )


def _panel(row: Row) -> Record:
    return Panel(
        organisers=row.refs("organisers", "Organisations"),
        concerns=row.refs("concerns", *_SPOKEN_OF),
        systems=row.refs("systems", "Systems"),
        methods=row.codes("methods", VK.methods),
        customer_role=row.code("customer_role", VK.customerRoles),
        date=row.date("date"),
        members=row.number("members"),
        target_size_min=row.number("target_size_min"),
        target_size_max=row.number("target_size_max"),
        meetings_per_year_min=row.number("meetings_per_year_min"),
        meetings_per_year_max=row.number("meetings_per_year_max"),
        duration_years_min=row.number("duration_years_min"),
        duration_years_max=row.number("duration_years_max"),
        entry=row.entry(),
    )


def _workshop(row: Row) -> Record:
    return Workshop(
        organisers=row.refs("organisers", "Organisations"),
        concerns=row.refs("concerns", *_SPOKEN_OF),
        customer_role=row.code("customer_role", VK.customerRoles),
        start=row.date("start"),
        end=row.date("end"),
        entry=row.entry(),
    )


def _ecosystem(row: Row) -> Record:
    return Ecosystem(partner_kinds=row.codes("partner_kinds", VK.partnerKinds), entry=row.entry())


def _tie(row: Row) -> Record:
    return Tie(
        between=row.refs("between", "Organisations"),
        weight=_weight(row),
        method=row.texts("method"),
        start=row.date("start"),
        end=row.date("end"),
        entry=row.entry(),
    )


def _weight(row: Row) -> Typed | None:
    """A number above zero in its canonical form. Shares such as 1/7 have more decimals than money has."""
    text = row.text("weight")
    if text is None:
        return None
    number = Decimal(text.replace(",", ".")) if _WEIGHT.match(text) else Decimal()
    if not number:
        row.problems.append(f"weight: {text!r} is no number above zero, such as 2 or 0.25")
    return Typed(f"{number.normalize():f}", XSD.decimal)


def _same_as_candidate(row: Row) -> Record:
    open_ = concept(VK.decisions, "open")
    return SameAsCandidate(
        candidates=row.refs("candidates", *_SPOKEN_OF, "Organisations", "Segments"),
        evidence=row.texts("evidence"),
        decision=row.code("decision", VK.decisions) or open_,
        entry=row.entry(),
    )


_CONSIDERATIONS = (Kind.AIM, Kind.RESULT, Kind.BENEFIT, Kind.CHALLENGE, Kind.QUESTION)


def _consideration(row: Row) -> Record:
    if row.choice("type", tuple(kind.slug for kind in _CONSIDERATIONS)) is None:
        row.problems.append(f"type: one of {', '.join(kind.slug for kind in _CONSIDERATIONS)} is needed here")
    return Consideration(
        concerns=row.refs("concerns", *_SPOKEN_OF),
        beneficiary=row.code("beneficiary", VK.beneficiaries),
        creates=row.codes("creates", VK.valueDimensions),
        remedy=row.texts("remedy"),
        entry=row.entry(),
    )


SHEETS: Final[Mapping[str, tuple[Kind, Callable[[Row], Record]]]] = {
    "Sources": (Kind.SOURCE, _source),
    "Passages": (Kind.PASSAGE, _passage),
    "Organisations": (Kind.ORGANISATION, _organisation),
    "Reorganisations": (Kind.REORGANISATION, _reorganisation),
    "Programmes": (Kind.PROGRAMME, _programme),
    "Projects": (Kind.PROJECT, _project),
    "Amounts": (Kind.AMOUNT, _amount),
    "WorkPackages": (Kind.WORK_PACKAGE, _work_package),
    "Themes": (Kind.THEME, _theme),
    "Documents": (Kind.DOCUMENT, _document),
    "Assessments": (Kind.ASSESSMENT, _assessment),
    "Needs": (Kind.NEED, _need),
    "ServicePackages": (Kind.SERVICE_PACKAGE, _service_package),
    "Services": (Kind.SERVICE, _service),
    "Systems": (Kind.SYSTEM, _system),
    "Goods": (Kind.GOOD, _good),
    "Components": (Kind.SERVICE_COMPONENT, _component),
    "Promises": (Kind.SERVICE_PROMISE, _promise),
    "Blueprints": (Kind.BLUEPRINT, _blueprint),
    "Steps": (Kind.STEP, _step),
    "Segments": (Kind.SEGMENT, _segment),
    "Profiles": (Kind.PROFILE, _profile),
    "OperatingModels": (Kind.OPERATING_MODEL, _operating_model),
    "Panels": (Kind.PANEL, _panel),
    "Workshops": (Kind.WORKSHOP, _workshop),
    "Ecosystems": (Kind.ECOSYSTEM, _ecosystem),
    "Ties": (Kind.TIE, _tie),
    "Participations": (Kind.PARTICIPATION, _participation),
    "Considerations": (Kind.AIM, _consideration),
    "SameAsCandidates": (Kind.SAME_AS_CANDIDATE, _same_as_candidate),
}
"""The sheets of the template in the order in which they are read: kind of thing, and how a row becomes a record."""


def read(raw: Raw, report: Report) -> Iterable[SourceRecord]:
    """The records of a folder of CSV files or a workbook.

    A row that can't be used is skipped and named in the report with all that is wrong with it; so is a row that
    refers to it. Raises UnreadableSource if a file is broken.
    """
    sheets = [sheet for sheet in read_sheets(raw) if _is_ours(sheet, report)]
    sheets.sort(key=lambda sheet: list(SHEETS).index(sheet.name))
    for sheet in sheets:
        report.saw(sheet.name, len(sheet.rows))
    rows = [found for sheet in sheets for found in _identified(sheet, report)]
    return _records(rows, report)


def _is_ours(sheet: Sheet, report: Report) -> bool:
    if sheet.cleaned:
        report.warn(f"{sheet.name}: control characters were taken out of {sheet.cleaned} cells")
    if sheet.name in SHEETS:
        if "id" not in sheet.columns:
            raise UnreadableSource(f"{sheet.name}: there is no column 'id' in the first row; every sheet needs one.")
        return True
    report.warn(f"{sheet.name}: no such sheet in the template, so it was not read; there are {', '.join(SHEETS)}")
    return False


def _identified(sheet: Sheet, report: Report) -> Iterable[tuple[Sheet, SheetRow]]:
    """The rows that have an id of their own."""
    seen: dict[str, int] = {}
    for row in sheet.rows:
        native_id = row.cells.get("id")
        if native_id is None:
            report.skip(f"{sheet.name} row {row.number}", "it has no id; give it one that no other row has")
        elif native_id in seen:
            reason = f"row {row.number}: the id stands in row {seen[native_id]} already; give each row its own"
            report.skip(f"{sheet.name}/{native_id}", reason)
        else:
            seen[native_id] = row.number
            yield sheet, row


def _records(rows: list[tuple[Sheet, SheetRow]], report: Report) -> list[SourceRecord]:
    """Read rows, leaving out broken ones and then what refers to them, until nothing more falls out."""
    while True:
        index: dict[str, dict[str, Kind]] = {}
        for sheet, cells in rows:
            index.setdefault(sheet.name, {})[cells.cells["id"]] = _kind(sheet.name, cells)
        records, usable = [], []
        for sheet, cells in rows:
            row = Row(sheet, cells, index)
            record = row.record(SHEETS[sheet.name][1](row))
            _warn_of_other_columns(sheet, row.asked, report)
            if row.problems:
                report.skip(f"{sheet.name}/{cells.cells['id']}", f"row {cells.number}: {'; '.join(row.problems)}")
            else:
                usable.append((sheet, cells))
                records.append(record)
        if len(usable) == len(rows):
            return records
        rows = usable


def _kind(sheet: str, row: SheetRow) -> Kind:
    if sheet == "Organisations" and row.cells.get("type", "").casefold() == Kind.CITY.slug:
        return Kind.CITY
    if sheet == "Considerations":
        found = Kind.of_slug(row.cells.get("type", "").casefold())
        return found if found in _CONSIDERATIONS else Kind.AIM
    return SHEETS[sheet][0]


def _warn_of_other_columns(sheet: Sheet, asked: set[str], report: Report) -> None:
    for column in sheet.columns:
        if column not in asked:
            what_becomes_of_it = "its values are kept with the source records, unread"
            report.warn(f"{sheet.name}: the template has no column {column!r}; {what_becomes_of_it}")


def _is_web_address(text: str) -> bool:
    try:
        iri(text)
    except InvalidStatement:
        return False
    return re.match(r"https?://[^/?#]", text) is not None


LOADER: Final = Loader(suffixes=(CSV, XLSX), read=read, closed=True)
