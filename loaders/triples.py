"""How records are said in RDF. The only module that writes domain triples."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from graph.ntriples import iri, literal
from loaders.records import (
    Assessment,
    Blueprint,
    Code,
    Component,
    Consideration,
    Date,
    Document,
    Ecosystem,
    EventRole,
    Good,
    Membership,
    Need,
    Number,
    OperatingModel,
    Organisation,
    Page,
    Panel,
    Passage,
    Profile,
    Programme,
    Project,
    ProjectRole,
    Promise,
    Record,
    Ref,
    SameAsCandidate,
    Segment,
    Service,
    ServicePackage,
    ServiceRole,
    Source,
    Step,
    System,
    Texts,
    Theme,
    Value,
    WorkPackage,
    Workshop,
)
from ontology import vocabulary
from ontology.identifiers import Identifiers, Kind
from ontology.terms import CV, DC, DCAT, DCT, FOAF, ORG, PROV, RDF, RDFS, S66, SCHEMA, SKOS, VK, XSD

Said = Iterator[tuple[str, str]]
"""Pairs of a predicate's IRI and an object already written as a term."""

_DATATYPES = {4: XSD.gYear, 7: XSD.gYearMonth, 10: XSD.date}

_AGENT_NAMES = (SKOS.prefLabel, FOAF.name, DCT.title)

NAMED: dict[type[Record], tuple[str, ...]] = {
    # CPOV, DCAT-AP and CPSV-AP each ask for the name of an agent in another property.
    **dict.fromkeys((Organisation, Panel, Ecosystem), _AGENT_NAMES),
    Theme: (SKOS.prefLabel,),
    **dict.fromkeys((Source, Programme, Project, WorkPackage, Document, Assessment, Service), (DCT.title,)),
    # CPSV-AP wants a participation described.
    ServiceRole: (DCT.description,),
}
"""What a record's name is called in its vocabulary, besides ``rdfs:label``."""

_PARTICIPATION = {
    "who": VK.participant,
    "what": VK.participatesIn,
    "roles": VK.role,
    "provision": VK.provisionType,
    "start": SCHEMA.startDate,
    "end": SCHEMA.endDate,
}

FIELDS: dict[type[Record], dict[str, str]] = {
    Source: {"creators": DCT.creator, "authors": DC.creator, "issued": DCT.issued},
    Passage: {"source": DCT.isPartOf, "references": DCT.references},
    Organisation: {"code": SKOS.notation, "municipality": DCT.spatial, "pages": FOAF.page},
    Programme: {"part_of": DCT.isPartOf, "methods": VK.method},
    Project: {
        "code": SKOS.notation,
        "programme": DCT.isPartOf,
        "methods": VK.method,
        "partner_kinds": VK.partnerKind,
        "start": SCHEMA.startDate,
        "end": SCHEMA.endDate,
    },
    WorkPackage: {"code": SKOS.notation, "project": DCT.isPartOf},
    Theme: {"code": SKOS.notation, "scheme": SKOS.inScheme},
    Document: {
        "city": VK.city,
        "themes": DCT.subject,
        "project": PROV.wasGeneratedBy,
        "work_packages": PROV.wasGeneratedBy,
        "date": DCT.date,
        "format": DCT.format,
        "pages": FOAF.page,
    },
    Assessment: {
        "document": VK.assesses,
        "themes": DCT.subject,
        "why_exemplary": VK.whyExemplary,
        "management_use": VK.managementUse,
        "company_benefit": VK.companyBenefit,
    },
    Service: {
        "providers": SCHEMA.provider,
        "package": VK.inPackage,
        "needs": VK.answersNeed,
        "systems": VK.usesSystem,
        "charge": VK.chargeType,
        "channel_types": VK.channelType,
        "creates": VK.creates,
        "stage": VK.productisationStage,
    },
    ServicePackage: {"providers": SCHEMA.provider},
    Component: {"whole": VK.whole, "part": VK.part, "layer": VK.layer},
    Promise: {
        "service": VK.promiseOf,
        "for_whom": VK.forWhom,
        "which_need": VK.whichNeed,
        "core_content": VK.coreContent,
        "benefit_and_how": VK.benefitAndHow,
        "level": VK.level,
        "differentiation": VK.differentiation,
        "cost_to_customer": VK.costToCustomer,
        "how_found": VK.howFound,
    },
    Blueprint: {"service": VK.blueprintOf},
    Step: {
        "blueprint": VK.inBlueprint,
        "order": VK.stepOrder,
        "lane": VK.lane,
        "phase": VK.phase,
        "situation": VK.customerSituation,
        "standardisation": VK.standardisation,
        "creates": VK.creates,
    },
    Good: {},
    System: {
        "operators": VK.operator,
        "systems": VK.usesSystem,
        "documents": DCT.isReferencedBy,
        "pages": FOAF.page,
    },
    OperatingModel: {
        "operators": VK.operator,
        "documents": DCT.isReferencedBy,
        "methods": VK.method,
        "customer_role": VK.customerRole,
    },
    Segment: {"needs": VK.hasNeed},
    Profile: {
        "segment": VK.segment,
        "service": VK.profileOf,
        "need_in_short": VK.needInShort,
        "success_criterion": VK.successCriterion,
        "experience_risk": VK.experienceRisk,
        "customer_contribution": VK.customerContribution,
        "improvement": VK.improvement,
    },
    Need: {"need_kind": VK.needKind, "awareness": VK.awareness, "expectation": VK.expectationKind},
    ServiceRole: _PARTICIPATION,
    ProjectRole: _PARTICIPATION,
    EventRole: _PARTICIPATION,
    Membership: _PARTICIPATION,
    Panel: {
        "organisers": SCHEMA.organizer,
        "concerns": VK.concerns,
        "systems": VK.usesSystem,
        "methods": VK.method,
        "customer_role": VK.customerRole,
        "date": DCT.date,
        "members": VK.memberCount,
        "target_size_min": VK.targetSizeMin,
        "target_size_max": VK.targetSizeMax,
        "meetings_per_year_min": VK.meetingsPerYearMin,
        "meetings_per_year_max": VK.meetingsPerYearMax,
        "duration_years_min": VK.durationYearsMin,
        "duration_years_max": VK.durationYearsMax,
    },
    Workshop: {
        "organisers": SCHEMA.organizer,
        "concerns": VK.concerns,
        "customer_role": VK.customerRole,
        "start": SCHEMA.startDate,
        "end": SCHEMA.endDate,
    },
    Ecosystem: {"partner_kinds": VK.partnerKind},
    SameAsCandidate: {"candidates": VK.candidate, "evidence": VK.evidence, "decision": VK.decision},
    Consideration: {
        "concerns": VK.concerns,
        "beneficiary": VK.beneficiary,
        "creates": VK.creates,
        "remedy": VK.remedy,
    },
}
"""Record → field → the property that says it. Every field of every record stands here."""

ALSO: dict[type[Record], dict[str, str]] = {
    ServiceRole: {"who": CV.hasParticipant, "roles": CV.role},
    ProjectRole: {"who": S66.isRoleOf, "what": S66.isInvolvedIn},
    Membership: {"who": ORG.member, "what": ORG.organization, "roles": ORG.role},
}
"""What is said again in the terms of the vocabulary that the record's class comes from, for those who ask in these."""

CLASSES: dict[type[Record], str] = {
    ServiceRole: VK.ServiceRole,
    ProjectRole: VK.ProjectRole,
    EventRole: VK.EventRole,
    Membership: VK.Membership,
}
"""The class of a record that is more special than that of its kind."""


@dataclass(frozen=True)
class SourceNames:
    """The IRIs of one source's things."""

    identifiers: Identifiers
    source: str

    def iri(self, ref: Ref) -> str:
        """The IRI of a thing this source describes."""
        return self.identifiers.iri(ref.kind, self.source, ref.native_id)

    def record(self, record: Record) -> str:
        """The IRI of the source record itself."""
        return self.identifiers.iri(Kind.RECORD, self.source, f"{record.entry.place}-{record.entry.ref.native_id}")

    @property
    def graph(self) -> str:
        """The named graph of this source."""
        return self.identifiers.graph(self.source)


def statements(record: Record, names: SourceNames) -> list[str]:
    """Everything a record says: about the thing, and about the source record it is derived from."""
    provenance = names.record(record)
    class_iri = CLASSES.get(type(record), record.entry.ref.kind.class_iri)
    about = [*_common(record, names), *_own(record, names), (PROV.wasDerivedFrom, iri(provenance))]
    return [
        *_sentences(names.iri(record.entry.ref), [*_types(class_iri), *about]),
        *_sentences(provenance, [*_types(VK.SourceRecord), *_provenance(record, names)]),
    ]


def graph_statements(names: SourceNames, title: Texts, licence: str) -> list[str]:
    """What is said of a source's named graph: that it is a dataset, its title and its licence."""
    said = [
        *_types(DCAT.Dataset),
        (DCT.identifier, literal(names.source)),
        (DCT.license, iri(licence)),
        *_texts(RDFS.label, title),
        *_texts(DCT.title, title),
    ]
    return list(_sentences(names.graph, said))


def _sentences(subject_iri: str, said: Iterable[tuple[str, str]]) -> Iterator[str]:
    subject = iri(subject_iri)
    return (f"{subject} <{predicate}> {value}" for predicate, value in said)


def _types(class_iri: str) -> Said:
    for above in vocabulary.superclasses(class_iri):
        yield RDF.type, iri(above)


def _texts(predicate: str, texts: Texts) -> Said:
    for language, text in texts.items():
        yield predicate, literal(text, language)


def _values(predicate: str, value: Value, names: SourceNames) -> Said:
    """A field's value as objects, by its type: a value that is absent says nothing."""
    match value:
        case None:
            return
        case Ref():
            yield predicate, iri(names.iri(value))
        case Code() | Page():
            yield predicate, iri(value.iri)
        case Date():
            yield predicate, literal(value.text, datatype=_DATATYPES[len(value.text)])
        case Number():
            yield predicate, literal(str(value.value), datatype=XSD.integer)
        case str():
            yield predicate, literal(value)
        case tuple():
            for member in value:
                yield from _values(predicate, member, names)
        case Mapping():
            yield from _texts(predicate, value)


def _common(record: Record, names: SourceNames) -> Said:
    yield from _texts(RDFS.label, record.entry.label)
    for predicate in NAMED.get(type(record), ()):
        yield from _texts(predicate, record.entry.label)
    yield from _texts(DCT.description, record.entry.description)
    yield DCT.identifier, literal(record.entry.ref.native_id)
    for language, name in record.entry.alternatives:
        yield SKOS.altLabel, literal(name, language)


def _provenance(record: Record, names: SourceNames) -> Said:
    yield RDFS.label, literal(f"{record.entry.place}: {record.entry.ref.native_id}")
    yield DCT.identifier, literal(record.entry.ref.native_id)
    yield DCT.isPartOf, iri(names.graph)
    yield from _values(DCT.source, record.entry.passages, names)
    for column, value in record.entry.other:
        yield VK.otherColumn, literal(f"{column}: {value}")


def _own(record: Record, names: SourceNames) -> Said:
    for fields in (FIELDS[type(record)], ALSO.get(type(record), {})):
        for field, predicate in fields.items():
            yield from _values(predicate, getattr(record, field), names)
