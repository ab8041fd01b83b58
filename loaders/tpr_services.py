"""Services and errands of the unit register as records of ours."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final, Protocol, TypeVar

from msgspec import UnsetType

from loaders.records import Code, Entry, Named, Record, Ref, ServiceRole, Texts, Typed
from loaders.register_records import (
    Address,
    AnnouncedService,
    Channel,
    ContactPoint,
    Cost,
    Errand,
    Offering,
    PublicService,
    Requirement,
)
from loaders.tpr_models import Availability, ChannelText, Empty, ErrandText, Link, ServiceText
from loaders.tpr_models import Errand as ErrandModel
from loaders.tpr_models import Service as ServiceModel
from loaders.values import LANGUAGES, Values, concept
from ontology.identifiers import Kind
from ontology.terms import VK, XSD

PTV: Final = "ptv"
"""The register whose identifiers general descriptions have: the Finnish Service Catalogue."""

_CHANNELS: Final = {
    "ESERVICE": "eservice",
    "WEBPAGE": "webpage",
    "TELEPHONE": "telephone",
    "EMAIL": "email",
    "CHAT": "chat",
    "PRINTABLE_FORM": "form",
    "MAIL": "mail",
    "LOCAL": "location",
}
_DURATION = re.compile(r"(?:käsittelyaika on )?(\d{1,4}) (vuorokautta|päivää|viikkoa|kuukautta)\.?\Z", re.IGNORECASE)
_UNITS: Final = {"vuorokautta": (1, "D"), "päivää": (1, "D"), "viikkoa": (7, "D"), "kuukautta": (1, "M")}

Text = TypeVar("Text")


class _Classified(Protocol):
    """What services and errands have in common."""

    responsible_depts: list[str] | None
    target_groups: list[str] | None
    life_events: list[str] | None
    provided_languages: list[str] | None


def service(model: ServiceModel, values: Values) -> Iterator[Record]:
    """A described service with its roles, requirement and offering; of a shell, that it was announced."""
    texts = _texts({"fi": model.fi, "sv": model.sv, "en": model.en})
    ref = Ref(Kind.SERVICE, str(model.id))
    if not texts:
        values.note("nothing but the identifier is known (announced only)")
        yield AnnouncedService(entry=Entry(ref=ref), status=status("announced"))
        return
    some = list(texts.values())
    offering = _offering(text.service_id for text in some)
    based_on = values.ref(
        "general_description_id",
        Kind.GENERAL_DESCRIPTION,
        next((text.general_description_id.lower() for text in some if text.general_description_id), None),
    )
    title = values.texts("title", ((lang, text.title) for lang, text in texts.items()))
    is_main = any(text.main_description for text in some)
    authorities, roles = _responsible(ref, some, title, values)
    requirement = _prose(ref, Kind.REQUIREMENT, values, "prerequisites", texts, lambda text: text.prerequisites)
    yield PublicService(
        entry=Entry(
            ref=ref,
            label=title,
            alternatives=values.names("name_synonyms", ((lang, text.name_synonyms) for lang, text in texts.items())),
            description=values.texts(
                "description_long", ((lang, text.description_long) for lang, text in texts.items())
            ),
        ),
        status=status("described"),
        offering=offering,
        main_of=offering if is_main else None,
        based_on=None if based_on is None else replace(based_on, register=PTV),
        summary=values.texts("description_short", ((lang, text.description_short) for lang, text in texts.items())),
        information=values.texts("information", ((lang, text.information) for lang, text in texts.items())),
        availability=_availability(values, texts),
        languages=_languages(values, some),
        audiences=_audiences(values, some),
        events=_events(values, some),
        authorities=authorities,
        participations=tuple(role.entry.ref for role in roles),
        points=_refs(Kind.SERVICE_POINT, (text.unit_ids for text in some)),
        errands=_refs(Kind.ERRAND, (text.exact_errand_services for text in some)),
        requirements=() if requirement is None else (requirement.ref,),
        pages=pages(values, ((lang, text.links) for lang, text in texts.items())),
    )
    yield from roles
    if requirement is not None:
        yield Requirement(entry=requirement)
    if offering is not None:
        yield Offering(entry=Entry(ref=offering, label=title if is_main else {}))


def errand(model: ErrandModel, values: Values) -> Iterator[Record]:
    """An errand with its channels, roles and cost."""
    texts = _texts({"fi": model.fi, "sv": model.sv, "en": model.en})
    ref = Ref(Kind.ERRAND, str(model.id))
    some = list(texts.values())
    name = values.texts("name", ((lang, text.name) for lang, text in texts.items()))
    authorities, roles = _responsible(ref, some, name, values)
    cost = _prose(ref, Kind.COST, values, "costs", texts, lambda text: text.costs)
    channels = list(_channels(ref, texts, values))
    offering = _offering(text.service_id for text in some)
    yield Errand(
        entry=Entry(
            ref=ref,
            label=name,
            alternatives=values.names("name_synonyms", ((lang, text.name_synonyms) for lang, text in texts.items())),
            description=values.texts("description", ((lang, text.description) for lang, text in texts.items())),
        ),
        type=values.code("type", VK.errandTypes, next((text.type for text in some if text.type), None)),
        offering=offering,
        services=_refs(Kind.SERVICE, (text.exact_descriptions for text in some)),
        information=values.texts("information", ((lang, text.information) for lang, text in texts.items())),
        instruction=values.texts(
            "process_description", ((lang, text.process_description) for lang, text in texts.items())
        ),
        processing_time=values.texts("processing_time", ((lang, text.processing_time) for lang, text in texts.items())),
        duration=duration(next((text.processing_time for lang, text in texts.items() if lang == "fi"), None)),
        validity=values.texts("expiration_time", ((lang, text.expiration_time) for lang, text in texts.items())),
        languages=_languages(values, some),
        audiences=_audiences(values, some),
        events=_events(values, some),
        authorities=authorities,
        channels=tuple(channel.entry.ref for channel in channels if isinstance(channel, Channel)),
        cost=None if cost is None else cost.ref,
        pages=pages(values, ((lang, text.links) for lang, text in texts.items())),
    )
    if offering is not None:
        yield Offering(entry=Entry(ref=offering))
    yield from roles
    yield from channels
    if cost is not None:
        yield Cost(entry=cost)


def status(notation: str) -> Code:
    """Whether a register has content of a thing or only its identifier."""
    return concept(VK.contentStatuses, notation)


def duration(text: str | None) -> Typed | None:
    """A duration, if a Finnish text says one and nothing else.

    >>> duration("Käsittelyaika on 14 vuorokautta.")
    Typed(text='P14D', datatype='http://www.w3.org/2001/XMLSchema#duration')
    >>> duration("18 kuukautta").text
    'P1Y6M'
    >>> duration("Noin kaksi viikkoa")
    """
    found = _DURATION.match((text or "").strip())
    if not found:
        return None
    factor, letter = _UNITS[found[2].lower()]
    number = int(found[1]) * factor
    # In the canonical form that the engine keeps: twelve months are a year.
    years, months = divmod(number, 12) if letter == "M" else (0, 0)
    parts = [(years, "Y"), (months, "M")] if letter == "M" else [(number, letter)]
    said = "".join(f"{count}{unit}" for count, unit in parts if count)
    return Typed(f"P{said}", XSD.duration) if said else None


def pages(values: Values, links: Iterable[tuple[str, list[Link] | None]]) -> tuple[Named, ...]:
    """Web pages with their titles, each once a language."""
    found: dict[tuple[str, str], Named] = {}
    for language, listed in links:
        for link in listed or ():
            page = values.page("links", link.url, values.texts("links", [(language, link.title)]))
            if page is not None:
                found[page.iri, language] = page
    return tuple(found.values())


def _texts(by_language: Mapping[str, Text | Empty | UnsetType | None]) -> dict[str, Text]:
    """The languages that a record has text in: the register writes ``[]`` for the others."""
    return {
        lang: text for lang, text in by_language.items() if text is not None and not isinstance(text, list | UnsetType)
    }


def _offering(service_ids: Iterable[int | None]) -> Ref | None:
    found = next((number for number in service_ids if number is not None), None)
    return None if found is None else Ref(Kind.OFFERING, str(found))


def _refs(kind: Kind, numbers: Iterable[list[int] | None]) -> tuple[Ref, ...]:
    return tuple(Ref(kind, str(number)) for number in dict.fromkeys(n for listed in numbers for n in listed or ()))


def _union(lists: Iterable[list[str] | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(member for listed in lists for member in listed or ()))


def _languages(values: Values, texts: Iterable[_Classified] | Iterable[ChannelText]) -> tuple[Code, ...]:
    return values.codes("provided_languages", LANGUAGES, _union(text.provided_languages for text in texts))


def _audiences(values: Values, texts: Iterable[_Classified]) -> tuple[Code, ...]:
    return values.codes("target_groups", VK.tprTargetGroups, _union(text.target_groups for text in texts))


def _events(values: Values, texts: Iterable[_Classified]) -> tuple[Code, ...]:
    return values.codes("life_events", VK.tprLifeEvents, _union(text.life_events for text in texts))


def _responsible(
    what: Ref, texts: Iterable[_Classified], name: Texts, values: Values
) -> tuple[tuple[Ref, ...], list[ServiceRole]]:
    """The departments that are responsible, and their roles; the register says no dates."""
    responsible = concept(VK.serviceRoles, "responsible")
    listed = _union(text.responsible_depts for text in texts)
    departments = values.refs("responsible_depts", Kind.DEPARTMENT, listed)
    roles = [
        ServiceRole(
            entry=Entry(
                ref=Ref(Kind.PARTICIPATION, f"{what.kind.slug}-{what.native_id}-{department.native_id}"),
                label={lang: f"{text}: {_RESPONSIBLE[lang]}" for lang, text in name.items()},
            ),
            who=department,
            what=(what,),
            roles=(responsible,),
        )
        for department in departments
    ]
    return departments, roles


_RESPONSIBLE: Final = {"fi": "vastuutaho", "sv": "ansvarig", "en": "responsible body"}


def _prose(
    of: Ref, kind: Kind, values: Values, what: str, texts: Mapping[str, Text], pick: Callable[[Text], str | None]
) -> Entry | None:
    """A thing that is nothing but prose, named after what it belongs to: a cost, a requirement."""
    found = values.texts(what, ((lang, pick(text)) for lang, text in texts.items()))
    if not found:
        return None
    label = {lang: text if len(text) <= 80 else text[:79].rstrip() + "…" for lang, text in found.items()}
    return Entry(ref=Ref(kind, f"{of.kind.slug}-{of.native_id}"), label=label, description=found)


def _availability(values: Values, texts: Mapping[str, ServiceText]) -> Texts:
    return values.texts(
        "availabilities",
        ((lang, _when(text.availability_summary, text.availabilities)) for lang, text in texts.items()),
    )


def _when(summary: str | None, listed: list[Availability | Empty] | None) -> str:
    """What is said of times, each sentence once; the summary often repeats the list."""
    sentences = [summary, *(entry.availability_string for entry in listed or () if isinstance(entry, Availability))]
    return "\n".join(dict.fromkeys(text.strip() for text in sentences if text and text.strip()))


def _channels(of: Ref, texts: Mapping[str, ErrandText], values: Values) -> Iterator[Record]:
    by_id: dict[int, dict[str, ChannelText]] = {}
    for language, text in texts.items():
        for channel in text.channels or ():
            by_id.setdefault(channel.id, {})[language] = channel
    for number, languages in by_id.items():
        yield from _channel(Ref(Kind.CHANNEL, str(number)), languages, values)


def _channel(ref: Ref, texts: Mapping[str, ChannelText], values: Values) -> Iterator[Record]:
    some = list(texts.values())
    contact = _contact(ref, texts, values)
    address = _address(ref, texts, values)
    said_type = next((text.type for text in some if text.type), None)
    type_ = values.mapped("channels.type", VK.channelTypes, _CHANNELS, said_type)
    yield Channel(
        entry=Entry(
            ref=ref,
            label=values.texts("channels.name", ((lang, text.name) for lang, text in texts.items()), is_contact=True),
        ),
        type=type_,
        languages=_languages(values, some),
        authentication=_flag(text.requires_authentication for text in some),
        saved=_flag(text.saved_to_customer_folder for text in some),
        processed=_flag(text.e_processing for text in some),
        decided=_flag(text.e_decision for text in some),
        paid=_flag(text.payment_enabled for text in some),
        for_persons=_flag(text.for_personal_customer for text in some),
        for_companies=_flag(text.for_corporate_customer for text in some),
        information=values.texts("channels.information", ((lang, text.information) for lang, text in texts.items())),
        instruction=values.texts(
            "channels.process_description", ((lang, _steps(text)) for lang, text in texts.items())
        ),
        availability=values.texts(
            "channels.availabilities",
            ((lang, _when(text.availability_summary, text.availabilities)) for lang, text in texts.items()),
        ),
        contact=None if contact is None else contact.entry.ref,
        address=None if address is None else address.entry.ref,
        pages=pages(values, ((lang, text.links) for lang, text in texts.items())),
    )
    yield from (part for part in (contact, address) if part is not None)


def _flag(said: Iterable[bool | None]) -> Typed | None:
    """True if any language says so, None if none says anything."""
    known = [flag for flag in said if flag is not None]
    return Typed("true" if any(known) else "false", XSD.boolean) if known else None


def _steps(text: ChannelText) -> str:
    return "\n\n".join(part.strip() for part in (text.prerequisites, text.process_description) if part and part.strip())


def _contact(of: Ref, texts: Mapping[str, ChannelText], values: Values) -> ContactPoint | None:
    some = list(texts.values())
    telephones = tuple(dict.fromkeys(n for text in some for n in values.telephones("channels.phone", text.phone)))
    emails = tuple(dict.fromkeys(a for text in some for a in values.emails("channels.email", text.email)))
    charge = values.texts("channels.call_charge_info", ((lang, text.call_charge_info) for lang, text in texts.items()))
    if not (telephones or emails):
        if charge:
            values.drop("channels.call_charge_info", "a call charge without a telephone number")
        return None
    return ContactPoint(
        entry=Entry(ref=Ref(Kind.CONTACT_POINT, f"{of.kind.slug}-{of.native_id}")),
        telephones=telephones,
        emails=emails,
        charge=charge,
    )


def _address(of: Ref, texts: Mapping[str, ChannelText], values: Values) -> Address | None:
    street = values.texts("channels.address", ((lang, t.personal_service_street_addr) for lang, t in texts.items()))
    codes = (values.post_code("channels.address", t.personal_service_postal_code) for t in texts.values())
    post_code = next((code for code in codes if code), None)
    post_name = values.texts("channels.address", ((lang, t.personal_service_city) for lang, t in texts.items()))
    if not (street or post_code or post_name):
        return None
    return Address(
        entry=Entry(ref=Ref(Kind.ADDRESS, f"{of.kind.slug}-{of.native_id}")),
        street=street,
        post_code=post_code,
        post_name=post_name,
    )
