"""The things that service registers describe: services with their errands, channels, places and authorities."""

from dataclasses import dataclass, field

from loaders.records import Code, Date, Named, Record, Ref, Texts, Typed


@dataclass(frozen=True, kw_only=True)
class PublicService(Record):
    """A service as one description in a register has it."""

    status: Code
    offering: Ref | None = None
    main_of: Ref | None = None
    """The offering, if this is its main description."""
    based_on: Ref | None = None
    summary: Texts = field(default_factory=dict)
    information: Texts = field(default_factory=dict)
    availability: Texts = field(default_factory=dict)
    languages: tuple[Code, ...] = ()
    audiences: tuple[Code, ...] = ()
    events: tuple[Code, ...] = ()
    authorities: tuple[Ref, ...] = ()
    participations: tuple[Ref, ...] = ()
    points: tuple[Ref, ...] = ()
    errands: tuple[Ref, ...] = ()
    requirements: tuple[Ref, ...] = ()
    pages: tuple[Named, ...] = ()


@dataclass(frozen=True, kw_only=True)
class AnnouncedService(Record):
    """A service of which a register has the identifier and nothing else."""

    status: Code


@dataclass(frozen=True, kw_only=True)
class Offering(Record):
    """What a resident takes to be one service; several descriptions may be of it."""


@dataclass(frozen=True, kw_only=True)
class GeneralDescription(Record):
    """A national description that municipalities base their own on."""

    reference: str | None = None
    type: Code | None = None
    charge: Code | None = None
    summary: Texts = field(default_factory=dict)
    background: Texts = field(default_factory=dict)
    instruction: Texts = field(default_factory=dict)
    deadline: Texts = field(default_factory=dict)
    processing_time: Texts = field(default_factory=dict)
    validity: Texts = field(default_factory=dict)
    cost: Ref | None = None
    requirements: tuple[Ref, ...] = ()
    laws: tuple[Ref, ...] = ()
    themes: tuple[Code, ...] = ()
    subjects: tuple[Named, ...] = ()
    audiences: tuple[Code, ...] = ()
    events: tuple[Code, ...] = ()
    sectors: tuple[Named, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Errand(Record):
    """A matter that a customer deals with in a service."""

    type: Code | None = None
    offering: Ref | None = None
    services: tuple[Ref, ...] = ()
    information: Texts = field(default_factory=dict)
    instruction: Texts = field(default_factory=dict)
    processing_time: Texts = field(default_factory=dict)
    duration: Typed | None = None
    validity: Texts = field(default_factory=dict)
    languages: tuple[Code, ...] = ()
    audiences: tuple[Code, ...] = ()
    events: tuple[Code, ...] = ()
    authorities: tuple[Ref, ...] = ()
    channels: tuple[Ref, ...] = ()
    cost: Ref | None = None
    pages: tuple[Named, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Channel(Record):
    """A way to deal with an errand."""

    type: Code | None = None
    languages: tuple[Code, ...] = ()
    authentication: Typed | None = None
    saved: Typed | None = None
    processed: Typed | None = None
    decided: Typed | None = None
    paid: Typed | None = None
    for_persons: Typed | None = None
    for_companies: Typed | None = None
    information: Texts = field(default_factory=dict)
    instruction: Texts = field(default_factory=dict)
    availability: Texts = field(default_factory=dict)
    contact: Ref | None = None
    address: Ref | None = None
    pages: tuple[Named, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ServicePoint(Record):
    """A place where services are given."""

    type: Code | None = None
    identifiers: tuple[Typed, ...] = ()
    """Its identifiers in registers whose identifiers prove what it is."""
    other_ids: tuple[str, ...] = ()
    """Its identifiers in other registers, each with the register's name before it."""
    summary: Texts = field(default_factory=dict)
    keywords: tuple[Texts, ...] = ()
    owner: Ref | None = None
    contacts: tuple[Ref, ...] = ()
    address: Ref | None = None
    geometry: Typed | None = None
    availability: Texts = field(default_factory=dict)
    information: tuple[Texts, ...] = ()
    accessibility: tuple[Texts, ...] = ()
    viewpoints: tuple[str, ...] = ()
    """How accessible it is from some viewpoints, each as ``11:red``, in the codes of the register."""
    words: tuple[Ref, ...] = ()
    tree: tuple[Ref, ...] = ()
    services: tuple[Ref, ...] = ()
    cost: Ref | None = None
    created: Date | None = None
    modified: Date | None = None
    pages: tuple[Named, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PointServices(Record):
    """Which services a service point offers, by a list apart from the point's own description."""

    services: tuple[Ref, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Department(Record):
    """A part of a public organisation, in the tree of a register."""

    parent: Ref | None = None
    type: Code | None = None
    identifiers: tuple[Typed, ...] = ()
    area: Code | None = None


@dataclass(frozen=True, kw_only=True)
class OtherOrganisation(Department):
    """An organisation of such a tree that is not public."""


@dataclass(frozen=True, kw_only=True)
class TreeNode(Record):
    """A class of a register's tree."""

    broader: Ref | None = None


@dataclass(frozen=True, kw_only=True)
class OntologyWord(Record):
    """A word by which a register says what a service point has."""


@dataclass(frozen=True, kw_only=True)
class Cost(Record):
    """What something costs, in the words of the source (the entry's description)."""

    type: Code | None = None


@dataclass(frozen=True, kw_only=True)
class Requirement(Record):
    """What a customer has to fulfil, in the words of the source (the entry's description)."""


@dataclass(frozen=True, kw_only=True)
class Law(Record):
    """A legal resource."""

    pages: tuple[Named, ...] = ()


@dataclass(frozen=True, kw_only=True)
class ContactPoint(Record):
    """How somebody or something is reached. Never a person."""

    telephones: tuple[str, ...] = ()
    emails: tuple[str, ...] = ()
    charge: Texts = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Address(Record):
    """A postal or street address."""

    street: Texts = field(default_factory=dict)
    post_code: str | None = None
    post_name: Texts = field(default_factory=dict)
    full: Texts = field(default_factory=dict)
    country: Texts = field(default_factory=dict)
    """Its code of two letters by ISO 3166-1, as LOCN advises; XK for Kosovo, which has none there."""
