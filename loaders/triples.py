"""How records are said in RDF. The only module that writes domain triples."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from graph.about import Publisher
from graph.ntriples import iri, literal
from loaders.records import (
    Amount,
    Assessment,
    Blueprint,
    Code,
    Component,
    Consideration,
    Date,
    Deliverable,
    Document,
    Ecosystem,
    EventRole,
    Good,
    Membership,
    Named,
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
    ProjectResult,
    ProjectRole,
    Promise,
    Publication,
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
    Task,
    Texts,
    Theme,
    Tie,
    Typed,
    Value,
    WorkPackage,
    Workshop,
)
from loaders.register_records import (
    Address,
    AnnouncedService,
    Channel,
    ContactPoint,
    Cost,
    Department,
    Errand,
    GeneralDescription,
    Law,
    Offering,
    OntologyWord,
    OtherOrganisation,
    PointServices,
    PublicService,
    Requirement,
    ServicePoint,
    TreeNode,
)
from ontology import vocabulary
from ontology.identifiers import Identifiers, Kind
from ontology.terms import (
    ADMS,
    CPSV,
    CV,
    DC,
    DCAT,
    DCT,
    DQV,
    FOAF,
    LOCN,
    ORG,
    OWL,
    PROV,
    RDF,
    RDFS,
    S66,
    SCHEMA,
    SKOS,
    VK,
    XSD,
)

_DATATYPES = {4: XSD.gYear, 7: XSD.gYearMonth, 10: XSD.date}

_AGENT_NAMES = (SKOS.prefLabel, FOAF.name, DCT.title)

NAMED: dict[type[Record], tuple[str, ...]] = {
    # CPOV, DCAT-AP and CPSV-AP each ask for the name of an agent in another property.
    **dict.fromkeys((Organisation, Panel, Ecosystem, Department, OtherOrganisation), _AGENT_NAMES),
    **dict.fromkeys((Theme, TreeNode, OntologyWord), (SKOS.prefLabel,)),
    **dict.fromkeys(
        (
            Source,
            Programme,
            Project,
            WorkPackage,
            Task,
            ProjectResult,
            Deliverable,
            Publication,
            Document,
            Assessment,
            Service,
            PublicService,
            GeneralDescription,
            Errand,
            Requirement,
            Law,
        ),
        (DCT.title,),
    ),
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

_RESULT = {
    "code": SKOS.notation,
    "result_of": S66.isResultOf,
    "attributed_to": PROV.wasAttributedTo,
    "pages": FOAF.page,
}

_DEPARTMENT = {
    "parent": ORG.subOrganizationOf,
    "type": ORG.classification,
    "identifiers": ORG.identifier,
    "area": DCT.spatial,
}

FIELDS: dict[type[Record], dict[str, str]] = {
    Source: {"creators": DCT.creator, "authors": DC.creator, "issued": DCT.issued},
    Passage: {"source": DCT.isPartOf, "references": DCT.references},
    Organisation: {
        "code": SKOS.notation,
        "municipality": DCT.spatial,
        "identifiers": ORG.identifier,
        "pages": FOAF.page,
        "address": LOCN.address,
    },
    Reorganisation: {
        "before": ORG.originalOrganization,
        "after": ORG.resultingOrganization,
        "date": DCT.date,
    },
    Programme: {"part_of": DCT.isPartOf, "methods": VK.method},
    Project: {
        "code": SKOS.notation,
        "identifiers": SCHEMA.identifier,
        "programme": DCT.isPartOf,
        "methods": VK.method,
        "partner_kinds": VK.partnerKind,
        "start": SCHEMA.startDate,
        "end": SCHEMA.endDate,
        "fund": VK.fund,
        "status": VK.projectStatus,
        "axis": VK.priorityAxis,
        "programme_part": VK.programmePart,
    },
    Amount: {
        "of": VK.amountOf,
        "value": S66.value,
        "currency": S66.currency,
        "amount_kind": VK.amountKind,
        "money_source": VK.moneySource,
    },
    WorkPackage: {"code": SKOS.notation, "project": DCT.isPartOf},
    Task: {"work_packages": DCT.isPartOf},
    **dict.fromkeys((ProjectResult, Deliverable, Publication), _RESULT),
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
        "areas": DCT.spatial,
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
    Tie: {
        "between": VK.between,
        "weight": VK.weight,
        "method": SCHEMA.measurementTechnique,
        "start": SCHEMA.startDate,
        "end": SCHEMA.endDate,
    },
    SameAsCandidate: {
        "candidates": VK.candidate,
        "evidence": VK.evidence,
        "decision": VK.decision,
        "part": VK.candidatePart,
        "score": VK.score,
        "suggestion": VK.suggestedDecision,
        "reason": VK.decisionReason,
        "decided": DCT.date,
    },
    PublicService: {
        "status": ADMS.status,
        "offering": VK.describes,
        "main_of": VK.mainDescriptionOf,
        "based_on": VK.basedOn,
        "summary": VK.summary,
        "information": VK.additionalInformation,
        "availability": VK.availabilityText,
        "languages": DCT.language,
        "audiences": DCT.audience,
        "events": CV.isGroupedBy,
        "authorities": CV.hasCompetentAuthority,
        "participations": CV.hasParticipation,
        "points": CV.hasChannel,
        "errands": VK.hasErrand,
        "requirements": CV.holdsRequirement,
        "pages": FOAF.page,
    },
    AnnouncedService: {"status": ADMS.status},
    Offering: {},
    GeneralDescription: {
        "reference": SKOS.notation,
        "type": DCT.type,
        "charge": VK.chargeType,
        "summary": VK.summary,
        "background": VK.backgroundDescription,
        "instruction": VK.userInstruction,
        "deadline": VK.deadlineText,
        "processing_time": VK.processingTimeText,
        "validity": VK.validityText,
        "cost": CV.hasCost,
        "requirements": CV.holdsRequirement,
        "laws": CV.hasLegalResource,
        "themes": CV.thematicArea,
        "subjects": DCT.subject,
        "audiences": DCT.audience,
        "events": CV.isGroupedBy,
        "sectors": CV.sector,
    },
    Errand: {
        "type": DCT.type,
        "offering": VK.describes,
        "services": VK.errandOf,
        "information": VK.additionalInformation,
        "instruction": VK.userInstruction,
        "processing_time": VK.processingTimeText,
        "duration": CV.processingTime,
        "validity": VK.validityText,
        "languages": DCT.language,
        "audiences": DCT.audience,
        "events": CV.isGroupedBy,
        "authorities": CV.hasCompetentAuthority,
        "channels": CV.hasChannel,
        "cost": CV.hasCost,
        "pages": FOAF.page,
    },
    Channel: {
        "type": VK.channelType,
        "languages": DCT.language,
        "authentication": VK.requiresAuthentication,
        "saved": VK.savedToCustomerFolder,
        "processed": VK.eProcessing,
        "decided": VK.eDecision,
        "paid": VK.paymentEnabled,
        "for_persons": VK.forPersonalCustomer,
        "for_companies": VK.forCorporateCustomer,
        "information": VK.additionalInformation,
        "instruction": VK.userInstruction,
        "availability": VK.availabilityText,
        "contact": CV.contactPoint,
        "address": LOCN.address,
        "pages": FOAF.page,
    },
    ServicePoint: {
        "type": VK.channelType,
        "summary": VK.summary,
        "identifiers": SCHEMA.identifier,
        "other_ids": SCHEMA.identifier,
        "keywords": DCAT.keyword,
        "owner": CV.ownedBy,
        "contacts": CV.contactPoint,
        "address": LOCN.address,
        "geometry": LOCN.geometry,
        "availability": VK.availabilityText,
        "information": VK.additionalInformation,
        "accessibility": VK.accessibilityText,
        "viewpoints": VK.accessibilityViewpoint,
        "words": DCT.subject,
        "tree": CV.thematicArea,
        "services": VK.offersService,
        "cost": CV.hasCost,
        "created": DCT.created,
        "modified": DCT.modified,
        "pages": FOAF.page,
    },
    PointServices: {"services": VK.offersService},
    Department: _DEPARTMENT,
    OtherOrganisation: _DEPARTMENT,
    TreeNode: {"broader": SKOS.broader},
    OntologyWord: {},
    Cost: {"type": VK.chargeType},
    Requirement: {},
    Law: {"pages": FOAF.page},
    ContactPoint: {"telephones": CV.telephone, "emails": CV.email, "charge": VK.chargeText},
    Address: {
        "street": LOCN.thoroughfare,
        "post_code": LOCN.postCode,
        "post_name": LOCN.postName,
        "full": LOCN.fullAddress,
        "country": LOCN.adminUnitL1,
    },
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
    Channel: {"type": DCT.type},
    ServicePoint: {"type": DCT.type},
}
"""What is said again in the terms of the vocabulary that the record's class comes from, for those who ask in these."""

CLASSES: dict[type[Record], str] = {
    ServiceRole: VK.ServiceRole,
    ProjectRole: VK.ProjectRole,
    EventRole: VK.EventRole,
    Membership: VK.Membership,
    Deliverable: S66.ProjectDeliverable,
    Publication: S66.ProjectPublication,
    PublicService: CPSV.PublicService,
    OtherOrganisation: ORG.Organization,
}
"""The class of a record that is more special than that of its kind."""


@dataclass(frozen=True)
class SourceNames:
    """The IRIs of one source's things."""

    identifiers: Identifiers
    source: str

    def iri(self, ref: Ref) -> str:
        """The IRI of a thing this source speaks of."""
        return self.identifiers.iri(ref.kind, ref.register or self.source, ref.native_id)

    def native_id(self, iri: str) -> str:
        """The identifier of a thing, as a term; of another register's thing, with the register before it."""
        return literal(self.identifiers.native_id(iri, self.source))

    def record(self, record: SourceRecord) -> str:
        """The IRI of the source record itself."""
        return self.identifiers.iri(Kind.RECORD, self.source, record.key)

    @property
    def graph(self) -> str:
        """The named graph of this source."""
        return self.identifiers.graph(self.source)


def statements(record: SourceRecord, names: SourceNames, since: str) -> list[str]:
    """Everything a source record says: about its things, and about the record that they are derived from.

    `since` is the day since which the record has been so, in ISO form.
    """
    provenance = f"<{names.record(record)}>"
    said: list[str] = []
    for thing in record.things:
        subject = f"<{names.iri(thing.entry.ref)}>"
        _say_thing(said, subject, thing, names)
        said.append(f"{subject} <{PROV.wasDerivedFrom}> {provenance}")
    _say_types(said, provenance, VK.SourceRecord)
    _say(said, provenance, RDFS.label, f"{record.place}: {record.native_id}", names)
    _say(said, provenance, DCT.identifier, record.native_id, names)
    said.append(f"{provenance} <{DCT.isPartOf}> <{names.graph}>")
    _say(said, provenance, VK.inFile, record.position.file, names)
    _say(said, provenance, VK.selector, record.position.selector, names)
    _say(said, provenance, VK.fingerprint, record.position.fingerprint, names)
    _say(said, provenance, VK.since, Date(since), names)
    _say(said, provenance, DCT.source, record.passages, names)
    for column, value in record.other:
        _say(said, provenance, VK.otherColumn, f"{column}: {value}", names)
    return said


GRAPH_DESCRIPTION: Final = {
    "fi": "Kaikki, mitä tämä lähde sanoo.",
    "sv": "Allt som denna källa säger.",
    "en": "All that this source says.",
}
"""Of a source that is not described any further."""


def graph_statements(
    names: SourceNames,
    title: Texts,
    licence: str,
    municipality: str | None = None,
    description: Texts | None = None,
) -> list[str]:
    """What is said of a source's named graph: that it is a dataset, its title, licence, the area it is about."""
    graph = f"<{names.graph}>"
    said: list[str] = []
    _say_types(said, graph, DCAT.Dataset)
    _say(said, graph, DCT.identifier, names.source, names)
    _say(said, graph, DCT.license, Page(licence), names)
    _say(said, graph, RDFS.label, title, names)
    _say(said, graph, DCT.title, title, names)
    _say(said, graph, DCT.description, description or GRAPH_DESCRIPTION, names)
    if municipality is not None:
        _say(said, graph, DCT.spatial, Code(vocabulary.concepts(VK.municipalities)[municipality]), names)
    return said


def publisher_statements(names: SourceNames, graphs: Iterable[str], publisher: Publisher) -> list[str]:
    """Who publishes the named graphs with these IRIs. `names` are those of the graph that says so."""
    agent = f"<{publisher.page}>"
    said: list[str] = []
    _say_types(said, agent, FOAF.Agent)
    _say(said, agent, RDFS.label, publisher.name, names)
    _say(said, agent, FOAF.name, publisher.name, names)
    # CPSV-AP wants these of every agent, https://semiceu.github.io/CPSV-AP/.
    _say(said, agent, DCT.title, publisher.name, names)
    _say(said, agent, DCT.identifier, publisher.page, names)
    for graph in graphs:
        _say(said, f"<{graph}>", DCT.publisher, Page(publisher.page), names)
    return said


def derived_statements(thing: Record, records: Iterable[str], names: SourceNames) -> list[str]:
    """Everything that is said of a thing which was worked out from what the records with these IRIs say."""
    subject = f"<{names.iri(thing.entry.ref)}>"
    said: list[str] = []
    _say_thing(said, subject, thing, names)
    said.extend(f"{subject} <{PROV.wasDerivedFrom}> <{record}>" for record in records)
    return said


def identity_statements(same: Mapping[str, str], parts: Iterable[tuple[str, str]]) -> list[str]:
    """That things are one, each with the one that stands for all; and that things are parts of others. All by IRIs."""
    said = [f"<{iri}> <{OWL.sameAs}> <{first}>" for iri, first in same.items()]
    return said + [f"<{part}> <{ORG.subOrganizationOf}> <{whole}>" for part, whole in parts]


def quality_statements(names: SourceNames, source: SourceNames, account: Mapping[str, Any]) -> list[str]:
    """How many records and values of a source were read, loaded and left out, as measurements of its graph.

    `account` is its report as JSON values (`loaders.report`).
    In the structure of the `Data Quality Vocabulary <https://www.w3.org/TR/vocab-dqv/>`_.
    """
    measured = {
        "read": account["read"],
        "loaded": account["loaded"],
        "skipped": len(account["skipped"]),
        "dropped": sum(entry["count"] for entry in account["dropped"]),
    }
    metrics = vocabulary.concepts(VK.recordMetrics)
    said: list[str] = []
    for metric, count in measured.items():
        subject = f"<{names.iri(Ref(Kind.MEASUREMENT, f'{source.source}-{metric}'))}>"
        _say_types(said, subject, DQV.QualityMeasurement)
        _say(said, subject, DQV.isMeasurementOf, Code(metrics[metric]), names)
        _say(said, subject, DQV.computedOn, Page(source.graph), names)
        _say(said, subject, DQV.value, Number(count), names)
    return said


def type_statements(iri: str, names: SourceNames) -> list[str]:
    """What its IRI alone tells of a thing of ours: its classes. Nothing of records, graphs and others' things."""
    kind = names.identifiers.kind(iri)
    said: list[str] = []
    if kind is not None and kind not in (Kind.GRAPH, Kind.RECORD):
        _say_types(said, f"<{iri}>", kind.class_iri)
    return said


def stub_statements(iri: str, names: SourceNames, with_kind: bool) -> list[str]:
    """What is known of a thing that a source mentions and does not describe: its identifier, maybe its classes."""
    said = type_statements(iri, names)
    if not said:
        return []
    return [*(said if with_kind else ()), f"<{iri}> <{DCT.identifier}> {names.native_id(iri)}"]


def _say_thing(said: list[str], subject: str, thing: Record, names: SourceNames) -> None:
    kind, entry = type(thing), thing.entry
    _say_types(said, subject, CLASSES.get(kind, entry.ref.kind.class_iri))
    for predicate in (RDFS.label, *NAMED.get(kind, ())):
        _say(said, subject, predicate, entry.label, names)
    _say(said, subject, DCT.description, entry.description, names)
    _say(said, subject, DCT.identifier, entry.ref.native_id, names)
    for language, name in entry.alternatives:
        said.append(f"{subject} <{SKOS.altLabel}> {literal(name, language)}")
    for fields in (FIELDS[kind], ALSO.get(kind, {})):
        for field, predicate in fields.items():
            value = getattr(thing, field)
            if value is not None:
                _say(said, subject, predicate, value, names)


def _say_types(said: list[str], subject: str, class_iri: str) -> None:
    said.extend(f"{subject} <{RDF.type}> <{above}>" for above in vocabulary.superclasses(class_iri))


def _say(said: list[str], subject: str, predicate: str, value: Value, names: SourceNames) -> None:
    """Say a field's value as objects, by its type: a value that is absent says nothing."""
    match value:
        case str():
            said.append(f"{subject} <{predicate}> {literal(value)}")
        case Ref():
            said.append(f"{subject} <{predicate}> <{names.iri(value)}>")
        case tuple():
            for member in value:
                _say(said, subject, predicate, member, names)
        case Mapping():
            said.extend(f"{subject} <{predicate}> {literal(text, language)}" for language, text in value.items())
        case Code() | Page():
            said.append(f"{subject} <{predicate}> {iri(value.iri)}")
        case Date():
            said.append(f"{subject} <{predicate}> {literal(value.text, datatype=_DATATYPES[len(value.text)])}")
        case Named():
            term = iri(value.iri)
            said.append(f"{subject} <{predicate}> {term}")
            said.extend(f"{term} <{RDFS.label}> {literal(text, language)}" for language, text in value.label.items())
            if value.class_iri is not None:
                said.append(f"{term} <{RDF.type}> <{value.class_iri}>")
        case Typed():
            said.append(f"{subject} <{predicate}> {literal(value.text, datatype=value.datatype)}")
        case Number():
            said.append(f"{subject} <{predicate}> {literal(str(value.value), datatype=XSD.integer)}")
