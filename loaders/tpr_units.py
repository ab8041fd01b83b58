"""Units, departments and classifications of the unit register as records of ours."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from loaders.records import Date, Entry, Named, Record, Ref, ServiceRole, Texts, Typed
from loaders.register_records import (
    Address,
    ContactPoint,
    Cost,
    Department,
    OntologyWord,
    OtherOrganisation,
    PointServices,
    ServicePoint,
    TreeNode,
)
from loaders.tpr_models import Connection, ListedConnection, Unit, UnitServices, Word
from loaders.tpr_models import Department as DepartmentModel
from loaders.tpr_models import TreeNode as TreeNodeModel
from loaders.values import Values, concept, identifiers, short_hash
from ontology.identifiers import Kind
from ontology.terms import VK

_WKT: Final = "http://www.opengis.net/ont/geosparql#wktLiteral"
_FINLAND: Final = ((59.0, 70.2), (19.0, 31.6))
"""Latitudes and longitudes (WGS 84, degrees) that a place in Finland can have."""
_LINKS: Final = {"LINK", "SOCIAL_MEDIA_LINK", "ESERVICE_LINK"}
_PROVISION: Final = {
    "SELF_PRODUCED": "self-produced",
    "MUNICIPALITY": "municipality",
    "ASSOCIATION": "association",
    "PRIVATE_COMPANY": "private-company",
    "PURCHASED_SERVICE": "procured",
    "VOUCHER_SERVICE": "voucher",
    "PAYMENT_COMMITMENT": "payment-commitment",
    "CONTRACT_SCHOOL": "contract-school",
    "SUPPORTED_OPERATIONS": "supported",
    "OTHER_PRODUCTION_METHOD": "other",
    "UNKNOWN_PRODUCTION_METHOD": "unknown",
}
_PUBLIC: Final = {"MUNICIPALITY", "GOVERNMENT", "JOINT_MUNICIPAL_AUTHORITY", "OTHER_REGIONAL_COOPERATION_ORGANIZATION"}
_OWN: Final = {"SELF_PRODUCED", "MUNICIPALITY"}
_ROLES: Final = {
    "producer": {"fi": "tuottaja", "sv": "producent", "en": "producer"},
    "responsible": {"fi": "vastuutaho", "sv": "ansvarig", "en": "responsible body"},
    "organiser": {"fi": "järjestäjä", "sv": "anordnare", "en": "organiser"},
}
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)?)?\Z")
_HELSINKI: Final = ZoneInfo("Europe/Helsinki")
_VIEWPOINT: Final = re.compile(r"\d\d:[a-z]+\Z")


def unit(model: Unit, values: Values) -> Iterator[Record]:
    """A service point with its address, contact details, price and producer."""
    ref = Ref(Kind.SERVICE_POINT, str(model.id))
    name = values.texts("name", _three(model.name_fi, model.name_sv, model.name_en))
    connections = model.connections or []
    department = values.ref("dept_id", Kind.DEPARTMENT, model.dept_id)
    contacts = list(_contacts(ref, model, connections, values))
    address = _address(ref, model, values)
    cost = _cost(ref, connections, values)
    yield ServicePoint(
        entry=Entry(
            ref=ref,
            label=name,
            description=values.texts("desc", _three(model.desc_fi, model.desc_sv, model.desc_en)),
        ),
        type=concept(VK.channelTypes, "location"),
        summary=values.texts("short_desc", _three(model.short_desc_fi, model.short_desc_sv, model.short_desc_en)),
        identifiers=identifiers((VK.tprekId, str(model.id))),
        other_ids=tuple(
            other_id
            for other in model.sources or ()
            if (other_id := values.plain("sources", f"{other.source}:{other.id}")) is not None
        ),
        keywords=_keywords(model, values),
        owner=department,
        contacts=tuple(contact.entry.ref for contact in contacts),
        address=None if address is None else address.entry.ref,
        geometry=_geometry(model, values),
        availability=_joined(connections, values, "OPENING_HOURS", "OPENING_HOUR_OBJECT"),
        information=_information(connections, values),
        accessibility=tuple(
            values.texts("accessibility_sentences", _three(s.sentence_fi, s.sentence_sv, s.sentence_en))
            for s in model.accessibility_sentences or ()
        ),
        viewpoints=_viewpoints(model, values),
        services=_numbered(Kind.SERVICE, [service.id for service in model.service_descriptions or ()]),
        words=_numbered(Kind.ONTOLOGY_WORD, model.ontologyword_ids),
        tree=_numbered(Kind.TREE_NODE, model.ontologytree_ids),
        cost=None if cost is None else cost.entry.ref,
        created=_day(model.created_time, "created_time", values),
        modified=_day(model.modified_time, "modified_time", values),
        pages=_pages(model, connections, values),
    )
    yield from contacts
    yield from (part for part in (address, cost) if part is not None)
    yield from _roles(ref, model, department, name, values)


def unit_services(model: UnitServices) -> Record:
    """Which services a service point offers."""
    services = _numbered(Kind.SERVICE, model.services)
    return PointServices(entry=Entry(ref=Ref(Kind.SERVICE_POINT, str(model.unit_id))), services=services)


def connection_id(model: Connection) -> str:
    """Connections have no identifiers; what one says, with its unit, tells it from the others."""
    return f"{model.unit_id}-{short_hash(msgspec.json.encode(model))}"


def connection(model: ListedConnection, values: Values) -> Iterator[Record]:
    """A connection that stands in a list of its own, apart from its unit: as what it adds to the unit."""
    alone = [model]
    contact = _contact(model, model.unit_id, values)
    cost = _cost(Ref(Kind.SERVICE_POINT, connection_id(model)), alone, values)
    yield ServicePoint(
        entry=Entry(ref=Ref(Kind.SERVICE_POINT, str(model.unit_id))),
        contacts=() if contact is None else (contact.entry.ref,),
        cost=None if cost is None else cost.entry.ref,
        availability=_joined(alone, values, "OPENING_HOURS", "OPENING_HOUR_OBJECT"),
        information=_information(alone, values),
        pages=tuple(_connection_pages(alone, values)),
    )
    yield from (part for part in (contact, cost) if part is not None)


def department(model: DepartmentModel, values: Values) -> Record:
    """A department, or an organisation that is not public."""
    public = model.organization_type is None or model.organization_type in _PUBLIC
    area = None if model.municipality_code is None else str(model.municipality_code).zfill(3)
    return (Department if public else OtherOrganisation)(
        entry=Entry(
            ref=Ref(Kind.DEPARTMENT, model.id),
            label=values.texts("name", _three(model.name_fi, model.name_sv, model.name_en)),
        ),
        parent=values.ref("parent_id", Kind.DEPARTMENT, model.parent_id),
        type=values.code("organization_type", VK.organisationTypes, model.organization_type),
        identifiers=identifiers(
            (VK.tprId, model.id), (VK.businessId, values.business_id("business_id", model.business_id))
        ),
        area=values.code("municipality_code", VK.municipalities, area),
    )


def tree_node(model: TreeNodeModel, values: Values) -> Record:
    """A node of the service tree."""
    return TreeNode(
        entry=Entry(
            ref=Ref(Kind.TREE_NODE, str(model.id)),
            label=values.texts("name", _three(model.name_fi, model.name_sv, model.name_en)),
        ),
        broader=None if model.parent_id is None else Ref(Kind.TREE_NODE, str(model.parent_id)),
    )


def word(model: Word, values: Values) -> Record:
    """An ontology word."""
    label = values.texts("name", _three(model.ontologyword_fi, model.ontologyword_sv, model.ontologyword_en))
    return OntologyWord(entry=Entry(ref=Ref(Kind.ONTOLOGY_WORD, str(model.id)), label=label))


def _three(fi: str | None, sv: str | None, en: str | None) -> list[tuple[str, str | None]]:
    return [("fi", fi), ("sv", sv), ("en", en)]


def _numbered(kind: Kind, numbers: list[int] | None) -> tuple[Ref, ...]:
    return tuple(Ref(kind, str(number)) for number in dict.fromkeys(numbers or ()))


def _keywords(model: Unit, values: Values) -> tuple[Texts, ...]:
    listed = _three(model.extra_searchwords_fi, model.extra_searchwords_sv, model.extra_searchwords_en)
    return tuple({language: word} for language, word in values.names("extra_searchwords", listed))


def _geometry(model: Unit, values: Values) -> Typed | None:
    """Where it is, as a point in WGS 84 (longitude first, as GeoSPARQL 1.0, 8.5.1 has it)."""
    if model.latitude is None or model.longitude is None:
        if model.latitude is not model.longitude:
            values.drop("latitude, longitude", "one without the other")
        return None
    (south, north), (west, east) = _FINLAND
    if not (south <= model.latitude <= north and west <= model.longitude <= east):
        values.drop("latitude, longitude", "this place is not in Finland")
        return None
    return Typed(f"POINT({model.longitude!r} {model.latitude!r})", _WKT)


def _day(text: str | None, what: str, values: Values) -> Date | None:
    """The day of a time in Finland; one without a zone is meant in Finnish time."""
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text) if _TIME.match(text) else None
    except ValueError:
        time = None
    if time is None:
        values.drop(what, "this is no time in ISO form")
        return None
    return Date((time if time.tzinfo is None else time.astimezone(_HELSINKI)).date().isoformat())


def _address(of: Ref, model: Unit, values: Values) -> Address | None:
    street = _three(model.street_address_fi, model.street_address_sv, model.street_address_en)
    city = _three(model.address_city_fi, model.address_city_sv, model.address_city_en)
    full = _three(model.address_postal_full_fi, model.address_postal_full_sv, model.address_postal_full_en)
    found = Address(
        entry=Entry(ref=Ref(Kind.ADDRESS, f"{of.kind.slug}-{of.native_id}")),
        street=values.texts("street_address", street),
        post_code=values.post_code("address_zip", model.address_zip),
        post_name=values.texts("address_city", city),
        full=values.texts("address_postal_full", full),
    )
    return found if found.street or found.post_code or found.post_name or found.full else None


def _contacts(of: Ref, model: Unit, connections: Iterable[Connection], values: Values) -> Iterator[ContactPoint]:
    """The unit's own telephone and e-mail, then those of its connections."""
    charge = values.texts(
        "call_charge_info",
        _three(model.call_charge_info_fi, model.call_charge_info_sv, model.call_charge_info_en),
    )
    telephones, emails = values.telephones("phone", model.phone), values.emails("email", model.email)
    if telephones or emails:
        ref = Ref(Kind.CONTACT_POINT, f"{of.kind.slug}-{of.native_id}")
        yield ContactPoint(entry=Entry(ref=ref), telephones=telephones, emails=emails, charge=charge)
    elif charge:
        values.drop("call_charge_info", "a call charge without a telephone number")
    found = (_contact(entry, model.id, values) for entry in connections)
    yield from {contact.entry.ref: contact for contact in found if contact is not None}.values()


def _contact(entry: Connection, unit_id: int, values: Values) -> ContactPoint | None:
    """The contact point that a connection is; what belongs to a named person is that person's."""
    if entry.contact_person:
        values.drop("connections.contact_person", "contact persons are not loaded")
        return None
    if entry.section_type != "PHONE_OR_EMAIL":
        return None
    telephones, emails = values.telephones("phone", entry.phone), values.emails("email", entry.email)
    if not (telephones or emails):
        return None
    ref = Ref(Kind.CONTACT_POINT, f"connection-{connection_id(msgspec.structs.replace(entry, unit_id=unit_id))}")
    label = values.texts("connections.PHONE_OR_EMAIL", _names(entry), is_contact=True)
    return ContactPoint(entry=Entry(ref=ref, label=label), telephones=telephones, emails=emails)


def _names(entry: Connection) -> list[tuple[str, str | None]]:
    return _three(entry.name_fi, entry.name_sv, entry.name_en)


def _cost(of: Ref, connections: Iterable[Connection], values: Values) -> Cost | None:
    found = _joined(connections, values, "PRICE")
    if not found:
        return None
    return Cost(entry=Entry(ref=Ref(Kind.COST, f"{of.kind.slug}-{of.native_id}"), description=found))


def _joined(connections: Iterable[Connection], values: Values, *sections: str) -> Texts:
    """The texts of some sections, one after the other, by language."""
    found: dict[str, list[str]] = {}
    for entry in connections:
        if entry.section_type in sections:
            named = values.texts(f"connections.{entry.section_type}", _names(entry), is_contact=True)
            for language, text in named.items():
                found.setdefault(language, []).append(text)
    return {language: "\n".join(dict.fromkeys(texts)) for language, texts in found.items()}


def _information(connections: Iterable[Connection], values: Values) -> tuple[Texts, ...]:
    """What connections say beyond addresses, contacts, times and prices."""
    elsewhere = {"PHONE_OR_EMAIL", "OPENING_HOURS", "OPENING_HOUR_OBJECT", "PRICE"}
    return tuple(
        texts
        for entry in connections
        if entry.section_type not in elsewhere
        # The name of a link is the title of its page.
        if not (entry.section_type in _LINKS and (entry.www_fi or entry.www_sv or entry.www_en))
        if (texts := values.texts(f"connections.{entry.section_type}", _names(entry)))
    )


def _pages(model: Unit, connections: Iterable[Connection], values: Values) -> tuple[Named, ...]:
    own = (values.page("www", address, {}) for _, address in _three(model.www_fi, model.www_sv, model.www_en))
    found = [*(page for page in own if page is not None), *_connection_pages(connections, values)]
    return tuple({(page.iri, str(page.label)): page for page in found}.values())


def _connection_pages(connections: Iterable[Connection], values: Values) -> Iterator[Named]:
    for entry in connections:
        addresses = {"fi": entry.www_fi, "sv": entry.www_sv, "en": entry.www_en}
        for language, address in addresses.items():
            title = values.texts(f"connections.{entry.section_type}", [(language, dict(_names(entry))[language])])
            page = values.page(f"connections.{entry.section_type}", address, title)
            if page is not None:
                yield page


def _roles(of: Ref, model: Unit, department: Ref | None, name: Texts, values: Values) -> Iterator[Record]:
    """Who is responsible for a unit, who produces in it, who organises it; the register says no dates."""
    provision = values.mapped("provider_type", VK.provisionTypes, _PROVISION, model.provider_type)

    def role(who: Ref, notation: str) -> ServiceRole:
        label = {lang: f"{text}: {_ROLES[notation][lang]}" for lang, text in name.items() if lang in _ROLES[notation]}
        return ServiceRole(
            entry=Entry(
                ref=Ref(Kind.PARTICIPATION, f"{of.kind.slug}-{of.native_id}-{who.native_id}-{notation}"), label=label
            ),
            who=who,
            what=(of,),
            roles=(concept(VK.serviceRoles, notation),),
            provision=provision,
        )

    if department is not None:
        # A city does not produce what it buys or only keeps a record of.
        yield role(department, "producer" if model.provider_type in _OWN else "responsible")
    organisation = values.ref("org_id", Kind.DEPARTMENT, model.org_id)
    if organisation is not None and organisation != department:
        yield role(organisation, "responsible")
    organiser = _organiser(model, values)
    if organiser is not None:
        yield organiser
        yield role(organiser.entry.ref, "organiser")


def _organiser(model: Unit, values: Values) -> OtherOrganisation | None:
    """Whoever organises a unit, if that is said by name; of one without a business id each unit has its own."""
    name = values.texts("organizer_name", [("fi", model.organizer_name)], is_contact=True)
    number = values.business_id("organizer_business_id", model.organizer_business_id)
    if not (name or number):
        return None
    return OtherOrganisation(
        entry=Entry(ref=Ref(Kind.ORGANISATION, number or f"unit-{model.id}"), label=name),
        type=values.code("organizer_type", VK.organisationTypes, model.organizer_type),
        identifiers=identifiers((VK.businessId, number)),
    )


def _viewpoints(model: Unit, values: Values) -> tuple[str, ...]:
    text = values.plain("accessibility_viewpoints", model.accessibility_viewpoints)
    found = [part.strip() for part in (text or "").split(",") if part.strip()]
    usable = tuple(dict.fromkeys(part for part in found if _VIEWPOINT.match(part)))
    if len(usable) < len(found):
        values.drop("accessibility_viewpoints", "this is no viewpoint with its colour")
    return usable
