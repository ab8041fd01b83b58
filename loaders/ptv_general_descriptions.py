"""The `ptv-general-descriptions` loader: the national service descriptions of the Finnish Service Catalogue, as dumped.

One list in the catalogue's PascalCase dialect. Longer texts are Draft.js content states inside a string.
"""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec
from msgspec import Struct

from loaders.jsonrecords import UNDECODABLE, decoded
from loaders.records import Code, Entry, Named, Record, Ref, SourceRecord
from loaders.register_records import Cost, GeneralDescription, Law, Requirement
from loaders.registry import Loader
from loaders.report import Report
from loaders.source import Raw
from loaders.values import Values, concept
from ontology.identifiers import Kind
from ontology.terms import SKOS, VK

PTV: Final = "ptv"
_PLACE: Final = "general-descriptions"
_CHARGES: Final = {"Free": "free", "Charged": "chargeable", "Other": "other"}
_TAG: Final = re.compile(r"[a-z]{2,3}(-[a-z0-9]{1,8})*\Z")


class _Text(Struct, rename="pascal"):
    """A text in a language."""

    lang: str | None = None
    label: str | None = None


class _Coded(Struct, rename="pascal"):
    """A concept by its address, with its Finnish name."""

    key: str | None = None
    value: str | None = None


class _Law(Struct, rename="pascal"):
    id: str | None = None
    law_reference: str | None = None
    names: list[_Text] | None = None
    links: list[_Text] | None = None


class _Description(Struct, rename="pascal"):
    """A general description. Everything but its identifier may be missing."""

    id: str
    reference_code: str | None = None
    service_type: str | None = None
    name: list[_Text] | None = None
    short_description: list[_Text] | None = None
    description: list[_Text] | None = None
    background_description: list[_Text] | None = None
    laws: list[_Law] | None = None
    service_restrictions: list[_Text] | None = None
    user_instructions: list[_Text] | None = None
    charge_type: str | None = None
    charge_type_additional_info: list[_Text] | None = None
    dead_line_additional_info: list[_Text] | None = None
    processing_time_additional_info: list[_Text] | None = None
    validity_time_additional_info: list[_Text] | None = None
    service_class: list[_Coded] | None = None
    ontology_term: list[_Coded] | None = None
    target_group: list[_Coded] | None = None
    life_event: list[_Coded] | None = None
    industrial_class: list[_Coded] | None = None


class _Block(Struct):
    """A block of a Draft.js content state. https://draftjs.org/docs/api-reference-content-block"""

    text: str = ""
    type: str = "unstyled"


class _Content(Struct):
    blocks: list[_Block]


def read(raw: Raw, report: Report) -> Iterator[SourceRecord]:
    """The descriptions of all files. Raises UnreadableSource if a file is no JSON list."""
    for found in decoded(raw, report, _PLACE, _Description, lambda model: model.id.lower()):
        values = Values(_PLACE)
        things = tuple(_things(found.model, values))
        selector = f"$[?@.Id=={json.dumps(found.model.id, ensure_ascii=False)}]"
        yield found.record(found.model.id, selector, things, values)


def plain(text: str | None) -> str | None:
    """The plain text of a Draft.js content state, None if it is damaged; any other text as it is.

    >>> plain('{"entityMap": {}, "blocks": [{"text": "Hae tukea."}, {"text": "heti", "type": "unordered-list-item"}]}')
    'Hae tukea.\\n- heti'
    """
    if text is None or not text.lstrip().startswith("{"):
        return text
    try:
        blocks = msgspec.json.decode(text, type=_Content).blocks
    except UNDECODABLE:
        return None
    return "\n".join(f"- {block.text}" if block.type.endswith("list-item") else block.text for block in blocks)


def _things(model: _Description, values: Values) -> Iterator[Record]:
    ref = Ref(Kind.GENERAL_DESCRIPTION, model.id.lower(), PTV)
    laws = list(_laws(model, values))
    cost = _prose(Kind.COST, model, values, "ChargeTypeAdditionalInfo", model.charge_type_additional_info)
    restriction = _prose(Kind.REQUIREMENT, model, values, "ServiceRestrictions", model.service_restrictions)
    yield GeneralDescription(
        entry=Entry(
            ref=ref,
            label=_texts(values, "Name", model.name),
            description=_texts(values, "Description", model.description),
        ),
        reference=values.plain("ReferenceCode", model.reference_code),
        type=values.code("ServiceType", VK.descriptionTypes, model.service_type),
        charge=_charge(model, values),
        summary=_texts(values, "ShortDescription", model.short_description),
        background=_texts(values, "BackgroundDescription", model.background_description),
        instruction=_texts(values, "UserInstructions", model.user_instructions),
        deadline=_texts(values, "DeadLineAdditionalInfo", model.dead_line_additional_info),
        processing_time=_texts(values, "ProcessingTimeAdditionalInfo", model.processing_time_additional_info),
        validity=_texts(values, "ValidityTimeAdditionalInfo", model.validity_time_additional_info),
        cost=None if cost is None else cost.ref,
        requirements=() if restriction is None else (restriction.ref,),
        laws=tuple(law.entry.ref for law in laws),
        themes=values.concepts("ServiceClass", _keys(model.service_class), VK.serviceClasses),
        subjects=_named(values, "OntologyTerm", model.ontology_term),
        audiences=values.concepts("TargetGroup", _keys(model.target_group), VK.targetGroups),
        events=values.concepts("LifeEvent", _keys(model.life_event), VK.lifeEvents),
        sectors=_named(values, "IndustrialClass", model.industrial_class),
    )
    yield from laws
    if cost is not None:
        yield Cost(entry=cost)
    if restriction is not None:
        yield Requirement(entry=restriction)


def _charge(model: _Description, values: Values) -> Code | None:
    """What it costs in general. Nothing said is unknown, and not free."""
    if model.charge_type is None:
        return concept(VK.chargeTypes, "unknown")
    return values.mapped("ChargeType", VK.chargeTypes, _CHARGES, model.charge_type)


def _texts(values: Values, what: str, texts: list[_Text] | None) -> dict[str, str]:
    usable = [(tag, text.label) for text in texts or () if _TAG.match(tag := (text.lang or "").lower())]
    if len(usable) < len(texts or ()):
        values.drop(what, "a text without a language tag")
    found = [(tag, label, plain(label)) for tag, label in usable]
    if any(label is not None and shown is None for _, label, shown in found):
        values.drop(what, "a damaged Draft.js content state")
    return values.texts(what, ((tag, shown) for tag, _, shown in found))


def _prose(kind: Kind, model: _Description, values: Values, what: str, texts: list[_Text] | None) -> Entry | None:
    found = _texts(values, what, texts)
    if not found:
        return None
    name = _texts(values, "Name", model.name)
    return Entry(ref=Ref(kind, f"description-{model.id.lower()}"), label=name, description=found)


def _laws(model: _Description, values: Values) -> Iterator[Law]:
    for number, law in enumerate(model.laws or ()):
        title = _texts(values, "Laws.Names", law.names)
        pages = (
            values.page("Laws.Links", text.label, {tag: title[tag]} if tag in title else {})
            for text in law.links or ()
            for tag in ((text.lang or "").lower(),)
        )
        ref = values.ref("Laws.Id", Kind.LAW, law.id) or Ref(Kind.LAW, f"{model.id.lower()}-{number}")
        yield Law(entry=Entry(ref=ref, label=title), pages=tuple(page for page in pages if page is not None))


def _keys(coded: list[_Coded] | None) -> Iterable[str]:
    return (member.key for member in coded or () if member.key)


def _named(values: Values, what: str, coded: list[_Coded] | None) -> tuple[Named, ...]:
    """Concepts of other people's lists, with the Finnish names that the catalogue gives them."""
    found = (values.page(what, member.key, values.texts(what, [("fi", member.value)])) for member in coded or ())
    return tuple(Named(page.iri, page.label, SKOS.Concept) for page in found if page is not None)


LOADER: Final = Loader(suffixes=(".json",), read=read)
