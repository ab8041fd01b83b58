"""The names of classes and properties that code writes or asks for. The only place where their IRIs are spelled.

Each stands in verkosto.ttl with labels in three languages; tests/test_ontology.py compares the two.
"""

from typing import Final

_ADMS: Final = "http://www.w3.org/ns/adms#"
_CPSV: Final = "http://purl.org/vocab/cpsv#"
_CV: Final = "http://data.europa.eu/m8g/"
_DC: Final = "http://purl.org/dc/elements/1.1/"
_DCAT: Final = "http://www.w3.org/ns/dcat#"
_DCT: Final = "http://purl.org/dc/terms/"
_DQV: Final = "http://www.w3.org/ns/dqv#"
_ELI: Final = "http://data.europa.eu/eli/ontology#"
_FOAF: Final = "http://xmlns.com/foaf/0.1/"
_LOCN: Final = "http://www.w3.org/ns/locn#"
_ORG: Final = "http://www.w3.org/ns/org#"
_OWL: Final = "http://www.w3.org/2002/07/owl#"
_PROV: Final = "http://www.w3.org/ns/prov#"
_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
_S66: Final = "http://data.europa.eu/s66#"
_SCHEMA: Final = "https://schema.org/"
_SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
_VK: Final = "https://w3id.org/verkosto#"
_XSD: Final = "http://www.w3.org/2001/XMLSchema#"

PREFIXES: Final[dict[str, str]] = {
    "adms": _ADMS,
    "cpsv": _CPSV,
    "cv": _CV,
    "dc": _DC,
    "dcat": _DCAT,
    "dct": _DCT,
    "dqv": _DQV,
    "eli": _ELI,
    "foaf": _FOAF,
    "locn": _LOCN,
    "org": _ORG,
    "owl": _OWL,
    "prov": _PROV,
    "rdf": _RDF,
    "rdfs": _RDFS,
    "s66": _S66,
    "schema": _SCHEMA,
    "skos": _SKOS,
    "vk": _VK,
    "xsd": _XSD,
}
"""Prefix → namespace, as used in our Turtle, our pages and our example queries."""


class VK:
    """Verkosto's own terms; the plural ones are code lists."""

    Aim: Final = _VK + "Aim"
    Benefit: Final = _VK + "Benefit"
    Blueprint: Final = _VK + "Blueprint"
    Challenge: Final = _VK + "Challenge"
    City: Final = _VK + "City"
    CollaborationTie: Final = _VK + "CollaborationTie"
    Consideration: Final = _VK + "Consideration"
    CustomerSegment: Final = _VK + "CustomerSegment"
    Department: Final = _VK + "Department"
    Ecosystem: Final = _VK + "Ecosystem"
    Errand: Final = _VK + "Errand"
    EventRole: Final = _VK + "EventRole"
    ExampleAssessment: Final = _VK + "ExampleAssessment"
    ExpectedResult: Final = _VK + "ExpectedResult"
    GeneralDescription: Final = _VK + "GeneralDescription"
    Good: Final = _VK + "Good"
    Membership: Final = _VK + "Membership"
    Need: Final = _VK + "Need"
    OntologyWord: Final = _VK + "OntologyWord"
    OpenQuestion: Final = _VK + "OpenQuestion"
    OperatingModel: Final = _VK + "OperatingModel"
    Panel: Final = _VK + "Panel"
    Participation: Final = _VK + "Participation"
    Passage: Final = _VK + "Passage"
    Programme: Final = _VK + "Programme"
    ProjectRole: Final = _VK + "ProjectRole"
    SameAsCandidate: Final = _VK + "SameAsCandidate"
    SegmentProfile: Final = _VK + "SegmentProfile"
    Service: Final = _VK + "Service"
    ServiceComponent: Final = _VK + "ServiceComponent"
    ServiceOffering: Final = _VK + "ServiceOffering"
    ServicePackage: Final = _VK + "ServicePackage"
    ServicePoint: Final = _VK + "ServicePoint"
    ServicePromise: Final = _VK + "ServicePromise"
    ServiceRole: Final = _VK + "ServiceRole"
    SourceRecord: Final = _VK + "SourceRecord"
    Step: Final = _VK + "Step"
    Task: Final = _VK + "Task"
    Theme: Final = _VK + "Theme"
    TreeNode: Final = _VK + "TreeNode"
    WorkPackage: Final = _VK + "WorkPackage"
    Workshop: Final = _VK + "Workshop"
    accessibilityText: Final = _VK + "accessibilityText"
    accessibilityViewpoint: Final = _VK + "accessibilityViewpoint"
    additionalInformation: Final = _VK + "additionalInformation"
    amountKind: Final = _VK + "amountKind"
    amountKinds: Final = _VK + "amountKinds"
    amountOf: Final = _VK + "amountOf"
    answersNeed: Final = _VK + "answersNeed"
    assesses: Final = _VK + "assesses"
    availabilityText: Final = _VK + "availabilityText"
    awareness: Final = _VK + "awareness"
    awarenesses: Final = _VK + "awarenesses"
    backgroundDescription: Final = _VK + "backgroundDescription"
    basedOn: Final = _VK + "basedOn"
    becomes: Final = _VK + "becomes"
    beneficiaries: Final = _VK + "beneficiaries"
    beneficiary: Final = _VK + "beneficiary"
    benefitAndHow: Final = _VK + "benefitAndHow"
    between: Final = _VK + "between"
    blueprintOf: Final = _VK + "blueprintOf"
    businessId: Final = _VK + "businessId"
    candidate: Final = _VK + "candidate"
    candidatePart: Final = _VK + "candidatePart"
    channelType: Final = _VK + "channelType"
    channelTypes: Final = _VK + "channelTypes"
    chargeText: Final = _VK + "chargeText"
    chargeType: Final = _VK + "chargeType"
    chargeTypes: Final = _VK + "chargeTypes"
    city: Final = _VK + "city"
    companyBenefit: Final = _VK + "companyBenefit"
    concerns: Final = _VK + "concerns"
    contentStatuses: Final = _VK + "contentStatuses"
    cordisId: Final = _VK + "cordisId"
    coreContent: Final = _VK + "coreContent"
    costToCustomer: Final = _VK + "costToCustomer"
    creates: Final = _VK + "creates"
    customerContribution: Final = _VK + "customerContribution"
    customerRole: Final = _VK + "customerRole"
    customerRoles: Final = _VK + "customerRoles"
    customerSituation: Final = _VK + "customerSituation"
    customerSituations: Final = _VK + "customerSituations"
    deadlineText: Final = _VK + "deadlineText"
    decision: Final = _VK + "decision"
    decisionReason: Final = _VK + "decisionReason"
    decisions: Final = _VK + "decisions"
    describes: Final = _VK + "describes"
    descriptionTypes: Final = _VK + "descriptionTypes"
    differentiation: Final = _VK + "differentiation"
    durationYearsMax: Final = _VK + "durationYearsMax"
    durationYearsMin: Final = _VK + "durationYearsMin"
    eDecision: Final = _VK + "eDecision"
    eProcessing: Final = _VK + "eProcessing"
    ecosystemRoles: Final = _VK + "ecosystemRoles"
    errandOf: Final = _VK + "errandOf"
    errandTypes: Final = _VK + "errandTypes"
    evidence: Final = _VK + "evidence"
    expectationKind: Final = _VK + "expectationKind"
    expectationKinds: Final = _VK + "expectationKinds"
    experienceRisk: Final = _VK + "experienceRisk"
    fingerprint: Final = _VK + "fingerprint"
    forCorporateCustomer: Final = _VK + "forCorporateCustomer"
    forPersonalCustomer: Final = _VK + "forPersonalCustomer"
    forWhom: Final = _VK + "forWhom"
    fund: Final = _VK + "fund"
    funds: Final = _VK + "funds"
    hasErrand: Final = _VK + "hasErrand"
    hasNeed: Final = _VK + "hasNeed"
    howFound: Final = _VK + "howFound"
    improvement: Final = _VK + "improvement"
    inBlueprint: Final = _VK + "inBlueprint"
    inFile: Final = _VK + "inFile"
    inPackage: Final = _VK + "inPackage"
    lane: Final = _VK + "lane"
    lanes: Final = _VK + "lanes"
    layer: Final = _VK + "layer"
    layers: Final = _VK + "layers"
    level: Final = _VK + "level"
    lifeEvents: Final = _VK + "lifeEvents"
    mainDescriptionOf: Final = _VK + "mainDescriptionOf"
    managementUse: Final = _VK + "managementUse"
    meetingsPerYearMax: Final = _VK + "meetingsPerYearMax"
    meetingsPerYearMin: Final = _VK + "meetingsPerYearMin"
    memberCount: Final = _VK + "memberCount"
    method: Final = _VK + "method"
    methods: Final = _VK + "methods"
    moneySource: Final = _VK + "moneySource"
    moneySources: Final = _VK + "moneySources"
    municipalities: Final = _VK + "municipalities"
    needInShort: Final = _VK + "needInShort"
    needKind: Final = _VK + "needKind"
    needKinds: Final = _VK + "needKinds"
    offersService: Final = _VK + "offersService"
    oid: Final = _VK + "oid"
    operator: Final = _VK + "operator"
    organisationTypes: Final = _VK + "organisationTypes"
    otherColumn: Final = _VK + "otherColumn"
    part: Final = _VK + "part"
    participant: Final = _VK + "participant"
    participatesIn: Final = _VK + "participatesIn"
    partnerKind: Final = _VK + "partnerKind"
    partnerKinds: Final = _VK + "partnerKinds"
    paymentEnabled: Final = _VK + "paymentEnabled"
    phase: Final = _VK + "phase"
    phases: Final = _VK + "phases"
    pic: Final = _VK + "pic"
    priorityAxis: Final = _VK + "priorityAxis"
    processingTimeText: Final = _VK + "processingTimeText"
    productisationStage: Final = _VK + "productisationStage"
    productisationStages: Final = _VK + "productisationStages"
    profileOf: Final = _VK + "profileOf"
    programmePart: Final = _VK + "programmePart"
    projectStatus: Final = _VK + "projectStatus"
    projectStatuses: Final = _VK + "projectStatuses"
    promiseOf: Final = _VK + "promiseOf"
    providersAction: Final = _VK + "providersAction"
    provisionType: Final = _VK + "provisionType"
    provisionTypes: Final = _VK + "provisionTypes"
    ptvId: Final = _VK + "ptvId"
    recordMetrics: Final = _VK + "recordMetrics"
    remedy: Final = _VK + "remedy"
    requiresAuthentication: Final = _VK + "requiresAuthentication"
    role: Final = _VK + "role"
    roles: Final = _VK + "roles"
    savedToCustomerFolder: Final = _VK + "savedToCustomerFolder"
    score: Final = _VK + "score"
    segment: Final = _VK + "segment"
    selector: Final = _VK + "selector"
    serviceClasses: Final = _VK + "serviceClasses"
    serviceRoles: Final = _VK + "serviceRoles"
    serviceViews: Final = _VK + "serviceViews"
    sharedQuestions: Final = _VK + "sharedQuestions"
    since: Final = _VK + "since"
    standardisation: Final = _VK + "standardisation"
    standardisations: Final = _VK + "standardisations"
    stepOrder: Final = _VK + "stepOrder"
    structuralFundsCode: Final = _VK + "structuralFundsCode"
    successCriterion: Final = _VK + "successCriterion"
    suggestedDecision: Final = _VK + "suggestedDecision"
    summary: Final = _VK + "summary"
    targetGroups: Final = _VK + "targetGroups"
    targetSizeMax: Final = _VK + "targetSizeMax"
    targetSizeMin: Final = _VK + "targetSizeMin"
    themes: Final = _VK + "themes"
    tprekId: Final = _VK + "tprekId"
    tprId: Final = _VK + "tprId"
    tprLifeEvents: Final = _VK + "tprLifeEvents"
    tprTargetGroups: Final = _VK + "tprTargetGroups"
    understandingLevels: Final = _VK + "understandingLevels"
    userInstruction: Final = _VK + "userInstruction"
    usesSystem: Final = _VK + "usesSystem"
    validityText: Final = _VK + "validityText"
    valueDimensions: Final = _VK + "valueDimensions"
    vatNumber: Final = _VK + "vatNumber"
    weight: Final = _VK + "weight"
    whichNeed: Final = _VK + "whichNeed"
    whole: Final = _VK + "whole"
    whyExemplary: Final = _VK + "whyExemplary"


class ADMS:
    """Asset Description Metadata Schema, https://www.w3.org/TR/vocab-adms/."""

    status: Final = _ADMS + "status"


class CPSV:
    """Core Public Service Vocabulary, https://semiceu.github.io/CPSV-AP/releases/3.2.0/."""

    PublicService: Final = _CPSV + "PublicService"


class CV:
    """Core vocabularies of SEMIC, https://semiceu.github.io/CPSV-AP/releases/3.2.0/."""

    Channel: Final = _CV + "Channel"
    ContactPoint: Final = _CV + "ContactPoint"
    Cost: Final = _CV + "Cost"
    LifeEvent: Final = _CV + "LifeEvent"
    Requirement: Final = _CV + "Requirement"
    contactPoint: Final = _CV + "contactPoint"
    email: Final = _CV + "email"
    hasChannel: Final = _CV + "hasChannel"
    hasCompetentAuthority: Final = _CV + "hasCompetentAuthority"
    hasCost: Final = _CV + "hasCost"
    hasLegalResource: Final = _CV + "hasLegalResource"
    hasParticipant: Final = _CV + "hasParticipant"
    hasParticipation: Final = _CV + "hasParticipation"
    holdsRequirement: Final = _CV + "holdsRequirement"
    isGroupedBy: Final = _CV + "isGroupedBy"
    ownedBy: Final = _CV + "ownedBy"
    processingTime: Final = _CV + "processingTime"
    role: Final = _CV + "role"
    sector: Final = _CV + "sector"
    telephone: Final = _CV + "telephone"
    thematicArea: Final = _CV + "thematicArea"


class DC:
    """Dublin Core elements, whose values are plain text, https://www.dublincore.org/specifications/dublin-core/dces/."""

    creator: Final = _DC + "creator"


class DCAT:
    """Data Catalog Vocabulary 3, https://www.w3.org/TR/vocab-dcat-3/."""

    Dataset: Final = _DCAT + "Dataset"
    keyword: Final = _DCAT + "keyword"


class DCT:
    """DCMI Metadata Terms, https://www.dublincore.org/specifications/dublin-core/dcmi-terms/."""

    BibliographicResource: Final = _DCT + "BibliographicResource"
    audience: Final = _DCT + "audience"
    created: Final = _DCT + "created"
    creator: Final = _DCT + "creator"
    date: Final = _DCT + "date"
    description: Final = _DCT + "description"
    format: Final = _DCT + "format"
    identifier: Final = _DCT + "identifier"
    isPartOf: Final = _DCT + "isPartOf"
    isReferencedBy: Final = _DCT + "isReferencedBy"
    issued: Final = _DCT + "issued"
    language: Final = _DCT + "language"
    license: Final = _DCT + "license"
    publisher: Final = _DCT + "publisher"
    modified: Final = _DCT + "modified"
    references: Final = _DCT + "references"
    source: Final = _DCT + "source"
    spatial: Final = _DCT + "spatial"
    subject: Final = _DCT + "subject"
    title: Final = _DCT + "title"
    type: Final = _DCT + "type"


class FOAF:
    """Friend of a Friend, http://xmlns.com/foaf/spec/."""

    Agent: Final = _FOAF + "Agent"
    Document: Final = _FOAF + "Document"
    name: Final = _FOAF + "name"
    page: Final = _FOAF + "page"


class DQV:
    """Data Quality Vocabulary, https://www.w3.org/TR/vocab-dqv/."""

    QualityMeasurement: Final = _DQV + "QualityMeasurement"
    computedOn: Final = _DQV + "computedOn"
    isMeasurementOf: Final = _DQV + "isMeasurementOf"
    value: Final = _DQV + "value"


class ELI:
    """European Legislation Identifier, https://eur-lex.europa.eu/eli-register/eli_ontology.html."""

    LegalResource: Final = _ELI + "LegalResource"


class LOCN:
    """Location Core Vocabulary, https://www.w3.org/ns/locn."""

    Address: Final = _LOCN + "Address"
    adminUnitL1: Final = _LOCN + "adminUnitL1"
    address: Final = _LOCN + "address"
    fullAddress: Final = _LOCN + "fullAddress"
    geometry: Final = _LOCN + "geometry"
    postCode: Final = _LOCN + "postCode"
    postName: Final = _LOCN + "postName"
    thoroughfare: Final = _LOCN + "thoroughfare"


class ORG:
    """The Organization Ontology, https://www.w3.org/TR/vocab-org/."""

    ChangeEvent: Final = _ORG + "ChangeEvent"
    Organization: Final = _ORG + "Organization"
    classification: Final = _ORG + "classification"
    identifier: Final = _ORG + "identifier"
    member: Final = _ORG + "member"
    organization: Final = _ORG + "organization"
    originalOrganization: Final = _ORG + "originalOrganization"
    resultingOrganization: Final = _ORG + "resultingOrganization"
    role: Final = _ORG + "role"
    subOrganizationOf: Final = _ORG + "subOrganizationOf"


class OWL:
    """Web Ontology Language, https://www.w3.org/TR/owl2-overview/."""

    sameAs: Final = _OWL + "sameAs"


class PROV:
    """The PROV Ontology, https://www.w3.org/TR/prov-o/."""

    wasAttributedTo: Final = _PROV + "wasAttributedTo"
    wasDerivedFrom: Final = _PROV + "wasDerivedFrom"
    wasGeneratedBy: Final = _PROV + "wasGeneratedBy"


class RDF:
    """RDF 1.1, https://www.w3.org/TR/rdf11-concepts/."""

    type: Final = _RDF + "type"
    langString: Final = _RDF + "langString"


class RDFS:
    """RDF Schema, https://www.w3.org/TR/rdf-schema/."""

    Datatype: Final = _RDFS + "Datatype"
    comment: Final = _RDFS + "comment"
    label: Final = _RDFS + "label"
    subClassOf: Final = _RDFS + "subClassOf"


class S66:
    """EURIO, the EU research information ontology, http://data.europa.eu/s66."""

    MonetaryAmount: Final = _S66 + "MonetaryAmount"
    OrganisationRole: Final = _S66 + "OrganisationRole"
    Project: Final = _S66 + "Project"
    ProjectDeliverable: Final = _S66 + "ProjectDeliverable"
    ProjectPublication: Final = _S66 + "ProjectPublication"
    Result: Final = _S66 + "Result"
    currency: Final = _S66 + "currency"
    isInvolvedIn: Final = _S66 + "isInvolvedIn"
    isResultOf: Final = _S66 + "isResultOf"
    isRoleOf: Final = _S66 + "isRoleOf"
    value: Final = _S66 + "value"


class SCHEMA:
    """schema.org, https://schema.org/."""

    SoftwareApplication: Final = _SCHEMA + "SoftwareApplication"
    endDate: Final = _SCHEMA + "endDate"
    identifier: Final = _SCHEMA + "identifier"
    measurementTechnique: Final = _SCHEMA + "measurementTechnique"
    organizer: Final = _SCHEMA + "organizer"
    provider: Final = _SCHEMA + "provider"
    startDate: Final = _SCHEMA + "startDate"


class SKOS:
    """SKOS, https://www.w3.org/TR/skos-reference/."""

    Concept: Final = _SKOS + "Concept"
    altLabel: Final = _SKOS + "altLabel"
    broader: Final = _SKOS + "broader"
    exactMatch: Final = _SKOS + "exactMatch"
    inScheme: Final = _SKOS + "inScheme"
    notation: Final = _SKOS + "notation"
    prefLabel: Final = _SKOS + "prefLabel"


class XSD:
    """XML Schema datatypes, https://www.w3.org/TR/xmlschema11-2/."""

    boolean: Final = _XSD + "boolean"
    date: Final = _XSD + "date"
    decimal: Final = _XSD + "decimal"
    duration: Final = _XSD + "duration"
    gYear: Final = _XSD + "gYear"
    gYearMonth: Final = _XSD + "gYearMonth"
    integer: Final = _XSD + "integer"
    string: Final = _XSD + "string"


def expand(name: str) -> str:
    """Write an IRI that was shortened with our prefixes in full, or give it back as it is.

    >>> expand("dct:title"), expand("https://example.org/x")
    ('http://purl.org/dc/terms/title', 'https://example.org/x')
    """
    prefix, _, local = name.partition(":")
    return PREFIXES[prefix] + local if prefix in PREFIXES else name


def compact(iri: str) -> str:
    """Shorten an IRI with our prefixes, or give it back as it is.

    >>> compact("http://purl.org/dc/terms/title")
    'dct:title'
    >>> compact("https://example.org/x")
    'https://example.org/x'
    """
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace) and iri[len(namespace) :].replace("-", "_").isidentifier():
            return f"{prefix}:{iri[len(namespace) :]}"
    return iri
