"""What loaders yield: things as one source describes them, before they are said in RDF.

A record holds what its source says and nothing else: an absent value is None or empty, never guessed.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from ontology.identifiers import Kind
from ontology.terms import VK

Texts = Mapping[str, str]
"""Language tag in lower case → text."""


@dataclass(frozen=True)
class Ref:
    """A thing, by its kind and its identifier in this source or in another register."""

    kind: Kind
    native_id: str
    register: str | None = None
    """Whose identifier it is, where it is not this source's own, such as ``ptv``."""


@dataclass(frozen=True)
class Date:
    """A day, month or year as XML Schema writes it (``2017-12-14``, ``2017-09``, ``2017``).

    The precision is the source's: a year is not made into its first of January.
    """

    text: str


@dataclass(frozen=True)
class Code:
    """A concept of a code list, by its IRI."""

    iri: str


@dataclass(frozen=True)
class Page:
    """A web page, by its address."""

    iri: str


@dataclass(frozen=True)
class Typed:
    """A literal of another datatype, whose lexical form the engine keeps: a boolean, a duration, a geometry."""

    text: str
    datatype: str


@dataclass(frozen=True)
class Named:
    """Something outside of our IRIs, such as a web page or a concept of somebody else's, with what it is called."""

    iri: str
    label: Texts = field(default_factory=dict)
    class_iri: str | None = None


@dataclass(frozen=True)
class Number:
    """A whole number: a count or a size. Identifiers and codes are text, even if they have only digits."""

    value: int


Value = str | Ref | Date | Code | Page | Named | Typed | Number | Texts | tuple["Value", ...] | None
"""What a field of a record may hold."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What every thing has: which one it is, what it is called, what it is."""

    ref: Ref
    label: Texts = field(default_factory=dict)
    alternatives: tuple[tuple[str, str], ...] = ()
    """Other names, each with its language."""
    description: Texts = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Record:
    """One thing as one source describes it. Each kind of thing has its own class below."""

    entry: Entry


@dataclass(frozen=True)
class Position:
    """Where a record stands in the raw files, and what it looks like there."""

    file: str
    selector: str
    """What picks it out and stays the same when other records come and go: a JSONPath, or the id of a row."""
    fingerprint: str
    """The beginning of the SHA-256 of its raw bytes."""
    start: int | None = None
    """Where its bytes begin in the file; None where a format has no such place (a workbook)."""
    length: int = 0

    @classmethod
    def of(cls, file: str, selector: str, content: bytes, start: int | None = None) -> "Position":
        """The position of a record with these raw bytes."""
        fingerprint = hashlib.sha256(content).hexdigest()[:16]
        return cls(file, selector, fingerprint, start, 0 if start is None else len(content))


@dataclass(frozen=True, kw_only=True)
class SourceRecord:
    """One record as a source gave it, and all that it describes."""

    place: str
    """The sheet or the kind of file it stands in; with the identifier, it names the record in this source."""
    native_id: str
    position: Position
    things: tuple[Record, ...]
    """What it describes; the first is what it is about."""
    passages: tuple[Ref, ...] = ()
    """The passages of source documents that it cites."""
    other: tuple[tuple[str, str], ...] = ()
    """Columns that the template does not have, with their values."""
    dropped: tuple[str, ...] = ()
    """Which of its values were left out, and why."""
    noted: tuple[str, ...] = ()
    """What is worth knowing of it besides, such as that its source says nothing of it."""

    @property
    def name(self) -> str:
        """What reports call it, such as ``Documents/d001``."""
        return f"{self.place}/{self.native_id}"

    @property
    def key(self) -> str:
        """What its IRI is made of, such as ``Documents-d001``."""
        return f"{self.place}-{self.native_id}"

    def stands_at(self) -> list[str]:
        """Where it stands in the raw files, as a line with tabs: key, file, first byte, length; none if not told."""
        position = self.position
        if position.start is None:
            return []
        return [f"{self.key}\t{position.file}\t{position.start}\t{position.length}"]


@dataclass(frozen=True, kw_only=True)
class Source(Record):
    """A document that statements are taken from."""

    creators: tuple[Ref, ...] = ()
    authors: tuple[str, ...] = ()
    """The names of those who wrote it, as the document has them."""
    issued: Date | None = None


@dataclass(frozen=True, kw_only=True)
class Passage(Record):
    """A named place in a source document."""

    source: Ref
    references: tuple[Ref, ...] = ()
    """The documents that this place refers to."""


@dataclass(frozen=True, kw_only=True)
class Organisation(Record):
    """An organisation; its kind tells whether it is a city."""

    code: str | None = None
    """A city's municipality code: three digits, kept as text."""
    municipality: Code | None = None
    """The municipality of that code, if there is one."""
    identifiers: tuple[Typed, ...] = ()
    """Its identifiers in registers, each of the datatype that its register has."""
    pages: tuple[Page, ...] = ()
    address: Ref | None = None


@dataclass(frozen=True, kw_only=True)
class Reorganisation(Record):
    """A change of organisations, such as a merger or a duty that passes to others; those before may go on to exist."""

    before: tuple[Ref, ...] = ()
    after: tuple[Ref, ...] = ()
    date: Date | None = None
    """When it took effect."""


@dataclass(frozen=True, kw_only=True)
class Programme(Record):
    """A strategy that projects carry out, or a priority area of one."""

    part_of: Ref | None = None
    methods: tuple[Code, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Project(Record):
    """A project and the programme it belongs to."""

    code: str | None = None
    """The code the funding authority gave it."""
    identifiers: tuple[Typed, ...] = ()
    """The same code, with the datatype of the system it is from, where that is known."""
    programme: Ref | None = None
    methods: tuple[Code, ...] = ()
    partner_kinds: tuple[Code, ...] = ()
    start: Date | None = None
    end: Date | None = None
    fund: Code | None = None
    status: Code | None = None
    axis: str | None = None
    """The number of its priority axis."""
    programme_part: Texts = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Amount(Record):
    """An amount of money, of one kind and from one source. Amounts of different kinds are never added."""

    of: Ref
    """The project, or somebody's role in it."""
    value: Typed
    """A decimal number."""
    currency: str
    """By ISO 4217."""
    amount_kind: Code
    money_source: Code | None = None


@dataclass(frozen=True, kw_only=True)
class WorkPackage(Record):
    """A part of a project."""

    project: Ref
    code: str | None = None


@dataclass(frozen=True, kw_only=True)
class Task(Record):
    """A part of work packages."""

    work_packages: tuple[Ref, ...]


@dataclass(frozen=True, kw_only=True)
class ProjectResult(Record):
    """What came of a project, of its work packages or of other results."""

    code: str | None = None
    """What the project calls it in short, such as ``D4.1``."""
    result_of: tuple[Ref, ...] = ()
    attributed_to: tuple[Ref, ...] = ()
    """The organisations it is ascribed to, in whatever capacity."""
    pages: tuple[Named, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Deliverable(ProjectResult):
    """A result that was agreed on with the funder."""


@dataclass(frozen=True, kw_only=True)
class Publication(ProjectResult):
    """A result that was published in a journal or at a conference. Its authors are persons, and not named."""


@dataclass(frozen=True, kw_only=True)
class Theme(Record):
    """A concept of the themes scheme."""

    code: str | None = None
    scheme: Code = Code(VK.themes)


@dataclass(frozen=True, kw_only=True)
class Document(Record):
    """Material that a city's work in a project led to."""

    city: Ref | None = None
    themes: tuple[Ref, ...] = ()
    project: Ref | None = None
    work_packages: tuple[Ref, ...] = ()
    date: Date | None = None
    format: str | None = None
    pages: tuple[Page, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Service(Record):
    """A service, whoever produces it."""

    providers: tuple[Ref, ...] = ()
    package: Ref | None = None
    needs: tuple[Ref, ...] = ()
    systems: tuple[Ref, ...] = ()
    charge: Code | None = None
    channel_types: tuple[Code, ...] = ()
    creates: tuple[Code, ...] = ()
    stage: Code | None = None
    areas: tuple[Code, ...] = ()
    """The municipalities that it is for."""


@dataclass(frozen=True, kw_only=True)
class ServicePackage(Record):
    """A group of services shown to the customer as one whole."""

    providers: tuple[Ref, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Component(Record):
    """The fact that a service, good or system belongs to a service in a layer."""

    whole: Ref
    part: Ref
    layer: Code | None = None


@dataclass(frozen=True, kw_only=True)
class Promise(Record):
    """A service promise: up to eight answers."""

    service: Ref
    for_whom: Texts = field(default_factory=dict)
    which_need: Texts = field(default_factory=dict)
    core_content: Texts = field(default_factory=dict)
    benefit_and_how: Texts = field(default_factory=dict)
    level: Texts = field(default_factory=dict)
    differentiation: Texts = field(default_factory=dict)
    cost_to_customer: Texts = field(default_factory=dict)
    how_found: Texts = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Blueprint(Record):
    """A described service process, made of steps."""

    service: Ref


@dataclass(frozen=True, kw_only=True)
class Step(Record):
    """An action in a blueprint."""

    blueprint: Ref
    order: Number | None = None
    lane: Code | None = None
    phase: Code | None = None
    situation: Code | None = None
    standardisation: Code | None = None
    creates: tuple[Code, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Good(Record):
    """A thing used in a service."""


@dataclass(frozen=True, kw_only=True)
class System(Record):
    """A software system or web service."""

    operators: tuple[Ref, ...] = ()
    systems: tuple[Ref, ...] = ()
    documents: tuple[Ref, ...] = ()
    pages: tuple[Page, ...] = ()


@dataclass(frozen=True, kw_only=True)
class OperatingModel(Record):
    """A named way of organising activity."""

    operators: tuple[Ref, ...] = ()
    documents: tuple[Ref, ...] = ()
    methods: tuple[Code, ...] = ()
    customer_role: Code | None = None


@dataclass(frozen=True, kw_only=True)
class Segment(Record):
    """A group of customers identified by segmentation."""

    needs: tuple[Ref, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Profile(Record):
    """How a segment meets a service: the row of a segmentation table."""

    segment: Ref
    service: Ref | None = None
    need_in_short: Texts = field(default_factory=dict)
    success_criterion: Texts = field(default_factory=dict)
    experience_risk: Texts = field(default_factory=dict)
    customer_contribution: Texts = field(default_factory=dict)
    improvement: Texts = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Need(Record):
    """What a customer wishes, expects, needs or requires."""

    need_kind: Code | None = None
    awareness: Code | None = None
    expectation: Code | None = None


@dataclass(frozen=True, kw_only=True)
class Participation(Record):
    """An organisation's role in something, with dates where the source has them."""

    who: Ref
    what: tuple[Ref, ...]
    roles: tuple[Code, ...] = ()
    provision: Code | None = None
    start: Date | None = None
    end: Date | None = None


@dataclass(frozen=True, kw_only=True)
class ServiceRole(Participation):
    """A role in services, systems or operating models."""


@dataclass(frozen=True, kw_only=True)
class ProjectRole(Participation):
    """A role in projects, work packages, results or programmes."""


@dataclass(frozen=True, kw_only=True)
class EventRole(Participation):
    """A role in workshops."""


@dataclass(frozen=True, kw_only=True)
class Membership(Participation):
    """Being a member of panels or ecosystems."""


@dataclass(frozen=True, kw_only=True)
class Panel(Record):
    """A group that develops a service with its provider."""

    organisers: tuple[Ref, ...] = ()
    concerns: tuple[Ref, ...] = ()
    systems: tuple[Ref, ...] = ()
    methods: tuple[Code, ...] = ()
    customer_role: Code | None = None
    date: Date | None = None
    members: Number | None = None
    target_size_min: Number | None = None
    target_size_max: Number | None = None
    meetings_per_year_min: Number | None = None
    meetings_per_year_max: Number | None = None
    duration_years_min: Number | None = None
    duration_years_max: Number | None = None


@dataclass(frozen=True, kw_only=True)
class Workshop(Record):
    """A meeting at which something is produced together."""

    organisers: tuple[Ref, ...] = ()
    concerns: tuple[Ref, ...] = ()
    customer_role: Code | None = None
    start: Date | None = None
    end: Date | None = None


@dataclass(frozen=True, kw_only=True)
class Ecosystem(Record):
    """Actors that depend on each other in producing and developing services."""

    partner_kinds: tuple[Code, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Tie(Record):
    """A tie between two organisations that a source declares, with its strength where the source has one."""

    between: tuple[Ref, ...]
    weight: Typed | None = None
    """A decimal number above zero, without a unit: it compares with weights found by the same method only."""
    method: Texts = field(default_factory=dict)
    """How the tie and its weight were found."""
    start: Date | None = None
    end: Date | None = None


@dataclass(frozen=True, kw_only=True)
class SameAsCandidate(Record):
    """Two things that may be one, why one may think so, and what was decided."""

    candidates: tuple[Ref | Page, ...]
    evidence: Texts
    decision: Code
    part: Page | None = None
    """That of the two which is a part of the other, or may be."""
    score: Typed | None = None
    """How alike their names are, from 0 to 1."""
    suggestion: Code | None = None
    """What the evidence speaks for, where nobody has decided."""
    reason: str | None = None
    decided: Date | None = None


@dataclass(frozen=True, kw_only=True)
class Consideration(Record):
    """What a source says of something: an aim, a result, a benefit, a challenge or an open question; its kind tells."""

    concerns: tuple[Ref, ...] = ()
    beneficiary: Code | None = None
    creates: tuple[Code, ...] = ()
    remedy: Texts = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Assessment(Record):
    """Why some material is a good example of a theme. Two of the seeds' examples have alternative themes."""

    themes: tuple[Ref, ...]
    document: Ref | None = None
    why_exemplary: Texts = field(default_factory=dict)
    management_use: Texts = field(default_factory=dict)
    company_benefit: Texts = field(default_factory=dict)
