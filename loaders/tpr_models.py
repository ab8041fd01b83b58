"""The records of the unit register (toimipisterekisteri, TPR) of the capital region, as its files and API give them.

Fields that are not here are not read. Everything but the identifier may be missing: register snapshots differ.
https://www.hel.fi/palvelukarttaws/restpages/ver4.html
"""

from typing import Annotated, Any, Generic, TypeVar

from msgspec import UNSET, Meta, Struct, UnsetType

_Text = TypeVar("_Text")

Empty = Annotated[list[Any], Meta(max_length=0)]
"""What the register writes for a language that a record has no text in: ``[]``, and no list with something in it."""


class Link(Struct):
    """A web page with its title."""

    title: str | None = None
    url: str | None = None


class Availability(Struct):
    """When something is available, in prose."""

    availability_string: str | None = None


class ChannelText(Struct):
    """A channel of an errand, in one language."""

    id: int
    type: str | None = None
    name: str | None = None
    provided_languages: list[str] | None = None
    requires_authentication: bool | None = None
    saved_to_customer_folder: bool | None = None
    e_processing: bool | None = None
    e_decision: bool | None = None
    payment_enabled: bool | None = None
    for_personal_customer: bool | None = None
    for_corporate_customer: bool | None = None
    links: list[Link] | None = None
    availabilities: list[Availability | Empty] | None = None
    availability_summary: str | None = None
    phone: str | None = None
    call_charge_info: str | None = None
    email: str | None = None
    information: str | None = None
    prerequisites: str | None = None
    process_description: str | None = None
    personal_service_street_addr: str | None = None
    personal_service_postal_code: str | None = None
    personal_service_city: str | None = None


class ServiceText(Struct):
    """What a service record says in one language."""

    service_id: int | None = None
    main_description: bool | None = None
    title: str | None = None
    name_synonyms: str | None = None
    description_short: str | None = None
    description_long: str | None = None
    general_description_id: str | None = None
    provided_languages: list[str] | None = None
    responsible_depts: list[str] | None = None
    target_groups: list[str] | None = None
    life_events: list[str] | None = None
    exact_errand_services: list[int] | None = None
    links: list[Link] | None = None
    availabilities: list[Availability | Empty] | None = None
    availability_summary: str | None = None
    unit_ids: list[int] | None = None
    prerequisites: str | None = None
    information: str | None = None


class ErrandText(Struct):
    """What an errand record says in one language."""

    service_id: int | None = None
    exact_descriptions: list[int] | None = None
    type: str | None = None
    name: str | None = None
    name_synonyms: str | None = None
    description: str | None = None
    process_description: str | None = None
    costs: str | None = None
    provided_languages: list[str] | None = None
    responsible_depts: list[str] | None = None
    target_groups: list[str] | None = None
    life_events: list[str] | None = None
    links: list[Link] | None = None
    channels: list[ChannelText] | None = None
    information: str | None = None
    processing_time: str | None = None
    expiration_time: str | None = None


class _ByLanguage(Struct, Generic[_Text]):
    """A record with a text for each language, or an empty list."""

    id: int
    fi: _Text | Empty | UnsetType | None = UNSET
    sv: _Text | Empty | UnsetType | None = UNSET
    en: _Text | Empty | UnsetType | None = UNSET

    def __post_init__(self) -> None:
        """Refuse what has not even the places for texts: it is a record of something else."""
        if self.fi is UNSET and self.sv is UNSET and self.en is UNSET:
            raise ValueError("none of the fields fi, sv, en is there; this is no such record")


class Service(_ByLanguage[ServiceText]):
    """A service record; a shell has no text in any language."""


class Errand(_ByLanguage[ErrandText]):
    """An errand record."""


class UnitServices(Struct):
    """Which services a unit offers."""

    unit_id: int
    services: list[int]


class OtherId(Struct):
    """The identifier of a unit in another register."""

    source: str
    id: str


class Connection(Struct):
    """A link, telephone number, price or piece of information of a unit. What has a contact person is that person's."""

    section_type: str
    unit_id: int | None = None
    name_fi: str | None = None
    name_sv: str | None = None
    name_en: str | None = None
    www_fi: str | None = None
    www_sv: str | None = None
    www_en: str | None = None
    phone: str | None = None
    email: str | None = None
    contact_person: str | None = None


class ListedConnection(Connection, kw_only=True):
    """A connection in a list of its own, which has to say of which unit it is."""

    unit_id: int


class Described(Struct):
    """A service that a unit offers, by its identifier."""

    id: int


class Sentence(Struct):
    """A sentence on the accessibility of a unit."""

    sentence_fi: str | None = None
    sentence_sv: str | None = None
    sentence_en: str | None = None


class Unit(Struct):
    """A unit: a place where services are given."""

    id: int
    org_id: str | None = None
    dept_id: str | None = None
    provider_type: str | None = None
    organizer_type: str | None = None
    organizer_name: str | None = None
    organizer_business_id: str | None = None
    name_fi: str | None = None
    name_sv: str | None = None
    name_en: str | None = None
    short_desc_fi: str | None = None
    short_desc_sv: str | None = None
    short_desc_en: str | None = None
    desc_fi: str | None = None
    desc_sv: str | None = None
    desc_en: str | None = None
    extra_searchwords_fi: str | None = None
    extra_searchwords_sv: str | None = None
    extra_searchwords_en: str | None = None
    ontologyword_ids: list[int] | None = None
    ontologytree_ids: list[int] | None = None
    sources: list[OtherId] | None = None
    latitude: float | None = None
    longitude: float | None = None
    street_address_fi: str | None = None
    street_address_sv: str | None = None
    street_address_en: str | None = None
    address_zip: str | None = None
    address_city_fi: str | None = None
    address_city_sv: str | None = None
    address_city_en: str | None = None
    address_postal_full_fi: str | None = None
    address_postal_full_sv: str | None = None
    address_postal_full_en: str | None = None
    phone: str | None = None
    email: str | None = None
    call_charge_info_fi: str | None = None
    call_charge_info_sv: str | None = None
    call_charge_info_en: str | None = None
    www_fi: str | None = None
    www_sv: str | None = None
    www_en: str | None = None
    created_time: str | None = None
    modified_time: str | None = None
    connections: list[Connection] | None = None
    accessibility_sentences: list[Sentence] | None = None
    accessibility_viewpoints: str | None = None
    service_descriptions: list[Described] | None = None


class Department(Struct):
    """A node of the tree of organisations."""

    id: str
    parent_id: str | None = None
    organization_type: str | None = None
    business_id: str | None = None
    municipality_code: str | int | None = None
    name_fi: str | None = None
    name_sv: str | None = None
    name_en: str | None = None


class TreeNode(Struct):
    """A node of the tree of services."""

    id: int
    parent_id: int | None = None
    name_fi: str | None = None
    name_sv: str | None = None
    name_en: str | None = None


class Word(Struct):
    """An ontology word."""

    id: int
    ontologyword_fi: str | None = None
    ontologyword_sv: str | None = None
    ontologyword_en: str | None = None
