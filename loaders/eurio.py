"""The `eurio` loader: EU projects in the terms of EURIO, with dated roles, work packages, tasks and results.

Organisations are often named by their roles alone, and money hangs on payments that need not have a value: what is not
there is not made up. https://op.europa.eu/en/web/eu-vocabularies/eurio
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, parse

from graph.ntriples import has_control_characters
from loaders.errors import UnreadableSource
from loaders.records import (
    Amount,
    Deliverable,
    Entry,
    Organisation,
    Position,
    Project,
    ProjectResult,
    ProjectRole,
    Publication,
    Record,
    Ref,
    SourceRecord,
    Task,
    WorkPackage,
)
from loaders.registry import Loader
from loaders.report import Report
from loaders.source import Raw
from loaders.values import UNTOLD, Values, concept, decimal, identifiers, short_hash
from ontology.identifiers import Kind
from ontology.terms import PREFIXES, RDF, S66, SKOS, VK

_FORMATS: Final = {".ttl": RdfFormat.TURTLE, ".nt": RdfFormat.N_TRIPLES, ".rdf": RdfFormat.RDF_XML}
_S66: Final = PREFIXES["s66"]


class _Read:
    """Properties of EURIO that are read here and said in other terms."""

    author: Final = _S66 + "author"
    doi: Final = _S66 + "doi"
    endDate: Final = _S66 + "endDate"
    hasPaymentAmount: Final = _S66 + "hasPaymentAmount"
    hasRecipient: Final = _S66 + "hasRecipient"
    hasResult: Final = _S66 + "hasResult"
    hasTotalCost: Final = _S66 + "hasTotalCost"
    identifier: Final = _S66 + "identifier"
    isDivisionOf: Final = _S66 + "isDivisionOf"
    isRecipientOf: Final = _S66 + "isRecipientOf"
    legalName: Final = _S66 + "legalName"
    projectStatus: Final = _S66 + "projectStatus"
    roleLabel: Final = _S66 + "roleLabel"
    startDate: Final = _S66 + "startDate"
    title: Final = _S66 + "title"
    url: Final = _S66 + "url"
    vatNumber: Final = _S66 + "vatNumber"


_BIGMAP: Final = "https://w3id.org/big-map/resource#"
_EMMO: Final = "https://w3id.org/emmo/domain/datamanagement#datamanagement_"
_WORK_PACKAGE: Final = f"{_EMMO}0a817093_49a9_4762_9eea_7f79a0fcc16b"
_TASK: Final = f"{_EMMO}1ac2d2a5_35d8_48bc_bf3e_5739762cf245"
_ATTRIBUTED: Final = f"{_EMMO}78f49bcd_6d21_4a55_9e27_bd03126c9a88"
"""From a deliverable to the role of a partner. BIG-MAP declares it nowhere, so it is taken for no more than a link."""
_EQUIVALENT: Final = "http://www.w3.org/2002/07/owl#equivalentClass"
"""BIG-MAP writes so that a thing is the one with this IRI in CORDIS; it is no class."""
_LABEL: Final = "http://www.w3.org/2000/01/rdf-schema#label"
_ROLE_LABEL: Final = re.compile(r"Org: (.+?)/ Role: ")
_ROLES: Final = {"coordinator": "coordinator", "participant": "participant", "thirdParty": "third-party"}
_STATUSES: Final = {"CLOSED": "ended", "TERMINATED": "ended"}
_LANGUAGE: Final = "en"
"""Projects are described in English."""


@dataclass(frozen=True)
class _Thing:
    """A subject of the file and all that is said of it: property → values, in the order of their text."""

    iri: str
    file: str
    said: dict[str, list[NamedNode | Literal]] = field(default_factory=dict)

    def things(self, *properties: str) -> tuple[str, ...]:
        """The IRIs that it links to, each once."""
        values = (value for name in properties for value in self.said.get(name, ()))
        return tuple(dict.fromkeys(value.value for value in values if isinstance(value, NamedNode)))

    def text(self, *properties: str) -> str | None:
        """The first literal of the first property that has one."""
        for name in properties:
            for value in self.said.get(name, ()):
                if isinstance(value, Literal) and value.value.strip():
                    return " ".join(value.value.split())
        return None

    @property
    def native_id(self) -> str:
        """Its identifier in CORDIS, or the end of its own IRI."""
        others = self.things(_EQUIVALENT)
        return _local_name(others[0] if others else self.iri)

    @property
    def content(self) -> bytes:
        """All that is said of it, whatever the order in the file."""
        return "\n".join(sorted(f"{name} {value}" for name, values in self.said.items() for value in values)).encode()


@dataclass(frozen=True)
class _File:
    """What all files say together, and how its things are looked up."""

    things: Mapping[str, _Thing]
    kinds: Mapping[str, Kind]
    """IRI of a thing that is loaded → its kind."""
    holders: Mapping[tuple[str, str], tuple[str, ...]]
    """Property and object → the subjects."""

    def refs(self, what: str, iris: Iterable[str], among: tuple[Kind, ...], values: Values) -> tuple[Ref, ...]:
        """The things of some kinds; what is of another kind, or not in the file, is left out."""
        found: dict[Ref, None] = {}
        for iri in iris:
            kind = self.kinds.get(iri)
            if kind is not None and kind in among:
                found[Ref(kind, self.things[iri].native_id)] = None
            else:
                values.drop(what, "it leads to nothing of that kind in the file")
        return tuple(found)

    def organisation(self, iri: str) -> Ref:
        """An organisation, which need not be described in the file."""
        described = self.things.get(iri)
        return Ref(Kind.ORGANISATION, described.native_id if described else _local_name(iri))

    def of(self, property_iri: str, iri: str) -> tuple[str, ...]:
        """The things that link to this one."""
        return self.holders.get((property_iri, iri), ())


@dataclass(frozen=True)
class _Form:
    """A class of things, the first that fits a thing."""

    place: str
    class_iri: str
    kind: Kind
    things: Callable[[_Thing, _File, Values], Iterable[Record]]


class _Unusable(Exception):
    """A thing lacks what it can't be without."""


def read(raw: Raw, report: Report) -> Iterator[SourceRecord]:
    """The projects and all that belongs to them. Raises UnreadableSource for what is no RDF or has no project."""
    things = _things(raw)
    said_elsewhere = {iri for thing in things.values() for iri in thing.things(_Read.hasTotalCost, S66.isRoleOf)}
    said_elsewhere |= _payments_of_roles(things)
    forms: dict[str, _Form] = {}
    others: Counter[str] = Counter()
    for iri, thing in things.items():
        classes = thing.things(RDF.type)
        form = next((form for form in _FORMS if form.class_iri in classes), None)
        if form is not None:
            forms[iri] = form
        else:
            others.update(c for c in classes if c.startswith(_S66) and iri not in said_elsewhere)
    if not any(form.kind is Kind.PROJECT for form in forms.values()):
        raise UnreadableSource(f"{', '.join(sorted(raw.files))}: no s66:Project is described; is this EURIO?")
    for class_iri, count in sorted(others.items()):
        report.warn(f"{count} of class s66:{class_iri.removeprefix(_S66)} are not loaded")
    file = _File(things, {iri: form.kind for iri, form in forms.items()}, _holders(things))
    seen: dict[tuple[str, str], str] = {}
    for iri in sorted(forms, key=lambda iri: (_FORMS.index(forms[iri]), iri)):
        record = _record(things[iri], forms[iri], file, report)
        if record is None:
            continue
        earlier = seen.setdefault((record.place, record.native_id), iri)
        if earlier == iri:
            yield record
        else:
            report.skip(record.name, f"it is the same in CORDIS as {earlier}, which is loaded")


def _things(raw: Raw) -> dict[str, _Thing]:
    found: dict[str, _Thing] = {}
    for name in sorted(raw.files):
        suffix = name[name.rfind(".") :].lower()
        try:
            for quad in parse(raw.read(name), format=_FORMATS.get(suffix, RdfFormat.TURTLE)):
                if isinstance(quad.subject, NamedNode) and not isinstance(quad.object, BlankNode):
                    thing = found.setdefault(quad.subject.value, _Thing(quad.subject.value, name))
                    values = thing.said.setdefault(quad.predicate.value, [])
                    if quad.object not in values:
                        values.append(quad.object)
        except (SyntaxError, ValueError) as error:
            raise UnreadableSource(f"{name} can't be read as RDF: {error}; nothing of it was loaded.") from error
    for thing in found.values():
        for values in thing.said.values():
            values.sort(key=str)
    return found


def _payments_of_roles(things: Mapping[str, _Thing]) -> set[str]:
    """The payments that roles are recipients of, and their amounts: these are said of the roles."""
    received = {iri for thing in things.values() for iri in thing.things(_Read.isRecipientOf)}
    received |= {iri for iri, thing in things.items() if thing.things(_Read.hasRecipient)}
    described = (things[iri] for iri in received if iri in things)
    return received | {amount for payment in described for amount in payment.things(_Read.hasPaymentAmount)}


def _holders(things: Mapping[str, _Thing]) -> dict[tuple[str, str], tuple[str, ...]]:
    found: dict[tuple[str, str], list[str]] = {}
    for thing in things.values():
        for name, values in thing.said.items():
            for value in values:
                if isinstance(value, NamedNode):
                    found.setdefault((name, value.value), []).append(thing.iri)
    return {key: tuple(sorted(subjects)) for key, subjects in found.items()}


def _record(thing: _Thing, form: _Form, file: _File, report: Report) -> SourceRecord | None:
    report.saw(form.place)
    values = Values(form.place)
    name = f"{form.place}/{thing.native_id}"
    if has_control_characters(thing.native_id):
        report.skip(name, f"{thing.iri}: its IRI has no usable end")
        return None
    try:
        things = tuple(form.things(thing, file, values))
    except _Unusable as error:
        report.skip(name, f"{thing.iri}: {error}")
        return None
    return values.record(thing.native_id, Position.of(thing.file, f"<{thing.iri}>", thing.content), things)


def _entry(thing: _Thing, kind: Kind, values: Values, *names: str) -> Entry:
    title = thing.text(*names)
    if title is None:
        raise _Unusable("it has no name")
    label = values.texts("name", [(_LANGUAGE, title)])
    return Entry(ref=Ref(kind, thing.native_id), label=label)


def _project(thing: _Thing, file: _File, values: Values) -> Iterator[Record]:
    entry = _entry(thing, Kind.PROJECT, values, _Read.title, _LABEL)
    short = thing.text(SKOS.prefLabel)
    if short is not None and short != entry.label.get(_LANGUAGE):
        entry = replace(entry, alternatives=((_LANGUAGE, short),))
    number = values.plain("identifier", thing.text(_Read.identifier))
    yield Project(
        entry=entry,
        code=number,
        identifiers=identifiers((VK.cordisId, number)),
        start=values.day("startDate", thing.text(_Read.startDate)),
        end=values.day("endDate", thing.text(_Read.endDate)),
        status=values.mapped("projectStatus", VK.projectStatuses, _STATUSES, thing.text(_Read.projectStatus)),
    )
    for iri in thing.things(_Read.hasTotalCost):
        yield from _total(file.things.get(iri), entry, values)


def _total(cost: _Thing | None, project: Entry, values: Values) -> Iterator[Amount]:
    """The total cost of a project as its contract plans it. EURIO says nothing of whose money it is."""
    native_id = f"{project.ref.native_id}-total"
    yield from _amount(cost, native_id, project, "hasTotalCost", "total cost", "planned", values)


def _amount(
    money: _Thing | None, native_id: str, of: Entry, what: str, name: str, kind: str, values: Values
) -> Iterator[Amount]:
    """What an s66:MonetaryAmount says, of a project or a role; nothing if it has no value or no currency."""
    value = None if money is None else decimal(money.text(S66.value) or "")
    currency = None if money is None else money.text(S66.currency)
    if value is None or currency is None or not re.fullmatch("[A-Z]{3}", currency):
        values.drop(what, "the amount has no value or no currency")
        return
    yield Amount(
        entry=Entry(
            ref=Ref(Kind.AMOUNT, native_id),
            label={_LANGUAGE: f"{of.label[_LANGUAGE]}: {name}"},
        ),
        of=of.ref,
        value=value,
        currency=currency,
        amount_kind=concept(VK.amountKinds, kind),
    )


def _payments(role: _Thing, of: Entry, file: _File, values: Values) -> Iterator[Amount]:
    """The money of a role, which EURIO puts on payments; these need not have a value.

    A payment is the amount "that was given to the beneficiary" (EURIO), hence *paid*.
    """
    for iri in sorted({*role.things(_Read.isRecipientOf), *file.of(_Read.hasRecipient, role.iri)}):
        payment = file.things.get(iri)
        amounts = () if payment is None else payment.things(_Read.hasPaymentAmount)
        if payment is None or not amounts:
            values.note("isRecipientOf: the value of a payment is not in the file")
        elif len({*file.of(_Read.isRecipientOf, iri), *payment.things(_Read.hasRecipient)}) > 1:
            values.drop("isRecipientOf", "a payment has several recipients, and who got how much is not told")
        elif len(amounts) > 1:
            values.drop("isRecipientOf", "a payment has several amounts")
        else:
            money = file.things.get(amounts[0])
            yield from _amount(money, payment.native_id, of, "hasPaymentAmount", "payment", "paid", values)


def _work_package(thing: _Thing, file: _File, values: Values) -> Iterator[Record]:
    projects = file.refs("hasWorkPackage", file.of(f"{_BIGMAP}hasWorkPackage", thing.iri), (Kind.PROJECT,), values)
    if not projects:
        raise _Unusable("no project in the file has this work package")
    entry = _entry(thing, Kind.WORK_PACKAGE, values, SKOS.prefLabel, _LABEL)
    yield WorkPackage(entry=entry, project=projects[0], code=values.plain("altLabel", thing.text(SKOS.altLabel)))
    yield from _leads(thing, entry, file, values)


def _task(thing: _Thing, file: _File, values: Values) -> Iterator[Record]:
    of = (*thing.things(_Read.isDivisionOf), *file.of(f"{_BIGMAP}hasTask", thing.iri))
    packages = file.refs("isDivisionOf", of, (Kind.WORK_PACKAGE,), values)
    if not packages:
        raise _Unusable("it belongs to no work package in the file")
    yield Task(entry=_entry(thing, Kind.TASK, values, SKOS.prefLabel, _LABEL), work_packages=packages)


def _role(thing: _Thing, file: _File, values: Values) -> Iterator[Record]:
    projects = file.refs("isInvolvedIn", thing.things(S66.isInvolvedIn), (Kind.PROJECT,), values)
    word = thing.text(_Read.roleLabel)
    role = values.mapped("roleLabel", VK.roles, _ROLES, word)
    if not projects:
        raise _Unusable("it is a role in no project of the file")
    organisation = _organisation(thing, file, values)
    yield organisation
    name = organisation.entry.label[UNTOLD]
    entry = Entry(ref=Ref(Kind.PARTICIPATION, thing.native_id), label={_LANGUAGE: f"{name}: {word or 'role'}"})
    yield ProjectRole(
        entry=entry,
        who=organisation.entry.ref,
        what=projects,
        roles=() if role is None else (role,),
        start=values.day("startDate", thing.text(_Read.startDate)),
        end=values.day("endDate", thing.text(_Read.endDate)),
    )
    yield from _payments(thing, entry, file, values)


def _organisation(role: _Thing, file: _File, values: Values) -> Organisation:
    """Who has a role: the organisation if it is described, else what the label of the role calls it."""
    of = role.things(S66.isRoleOf)
    if not of:
        raise _Unusable("it is nobody's role")
    described = file.things.get(of[0])
    named = _ROLE_LABEL.match(role.text(_LABEL) or "")
    name = (described.text(_Read.legalName, _LABEL) if described else None) or (named[1] if named else None)
    if name is None:
        raise _Unusable("the organisation has no name")
    short = [text for text in (role.text(SKOS.prefLabel), role.text(SKOS.altLabel)) if text and text != name]
    return Organisation(
        entry=Entry(
            ref=file.organisation(of[0]),
            label=values.texts("name", [(UNTOLD, name)]),
            alternatives=tuple((UNTOLD, text) for text in dict.fromkeys(short)),
        ),
        identifiers=identifiers(
            values.vat_number("vatNumber", described.text(_Read.vatNumber) if described else None),
        ),
    )


def _publication(thing: _Thing, file: _File, values: Values) -> Iterator[Record]:
    if thing.text(_Read.author) is not None:
        values.drop("author", "names of authors are names of persons")
    yield from _made(Publication, thing, file, values)


def _made(record: type[ProjectResult], thing: _Thing, file: _File, values: Values) -> Iterator[Record]:
    entry = _entry(thing, Kind.PROJECT_RESULT, values, _Read.title, _LABEL, SKOS.prefLabel)
    of = (*thing.things(S66.isResultOf), *file.of(_Read.hasResult, thing.iri))
    partners = thing.things(_ATTRIBUTED)
    page = thing.text(_Read.url) or _doi(thing)
    found = None if page is None else values.page("url", page, {})
    yield record(
        entry=entry,
        code=values.plain("altLabel", thing.text(SKOS.altLabel, SKOS.prefLabel)) if record is not Publication else None,
        result_of=file.refs("isResultOf", of, (Kind.PROJECT, Kind.WORK_PACKAGE, Kind.PROJECT_RESULT), values),
        attributed_to=tuple(_partners(partners, file, values)),
        pages=() if found is None else (found,),
    )
    yield from _leads(thing, entry, file, values)


def _doi(thing: _Thing) -> str | None:
    doi = thing.text(_Read.doi)
    return None if doi is None else f"https://doi.org/{doi}"


def _leads(thing: _Thing, entry: Entry, file: _File, values: Values) -> Iterator[ProjectRole]:
    """Who leads a work package or a result. When is not told: the days of the project are not taken for it."""
    for number, partner in enumerate(_partners(thing.things(f"{_BIGMAP}hasLeadPartner"), file, values)):
        yield ProjectRole(
            entry=Entry(
                ref=Ref(Kind.PARTICIPATION, f"{thing.native_id}-lead-{number}"),
                label={_LANGUAGE: f"{entry.label[_LANGUAGE]}: lead"},
            ),
            who=partner,
            what=(entry.ref,),
            roles=(concept(VK.roles, "lead"),),
        )


def _partners(roles: Iterable[str], file: _File, values: Values) -> Iterator[Ref]:
    """The organisations behind roles in the project; BIG-MAP links to the roles."""
    for iri in roles:
        role = file.things.get(iri)
        of = () if role is None else role.things(S66.isRoleOf)
        if not of:
            values.drop("partner", "it leads to no role in the file")
        else:
            yield file.organisation(of[0])


def _local_name(iri: str) -> str:
    name = re.split(r"[#/]", iri.rstrip("#/"))[-1]
    return name or short_hash(iri.encode())


_FORMS: Final = (
    _Form("projects", S66.Project, Kind.PROJECT, _project),
    _Form("work-packages", _WORK_PACKAGE, Kind.WORK_PACKAGE, _work_package),
    _Form("tasks", _TASK, Kind.TASK, _task),
    _Form("roles", S66.OrganisationRole, Kind.PARTICIPATION, _role),
    _Form("deliverables", S66.ProjectDeliverable, Kind.PROJECT_RESULT, partial(_made, Deliverable)),
    _Form("publications", S66.ProjectPublication, Kind.PROJECT_RESULT, _publication),
    _Form("results", S66.Result, Kind.PROJECT_RESULT, partial(_made, ProjectResult)),
)

LOADER: Final = Loader(suffixes=tuple(_FORMATS), read=read)
