"""The names of classes and properties that code writes or asks for. The only place where their IRIs are spelled.

Each stands in verkosto.ttl with labels in three languages; tests/test_ontology.py compares the two.
"""

from typing import Final

_ADMS: Final = "http://www.w3.org/ns/adms#"
_CV: Final = "http://data.europa.eu/m8g/"
_DCAT: Final = "http://www.w3.org/ns/dcat#"
_DCT: Final = "http://purl.org/dc/terms/"
_FOAF: Final = "http://xmlns.com/foaf/0.1/"
_ORG: Final = "http://www.w3.org/ns/org#"
_OWL: Final = "http://www.w3.org/2002/07/owl#"
_PROV: Final = "http://www.w3.org/ns/prov#"
_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_RDFS: Final = "http://www.w3.org/2000/01/rdf-schema#"
_S66: Final = "http://data.europa.eu/s66#"
_SKOS: Final = "http://www.w3.org/2004/02/skos/core#"
_VK: Final = "https://w3id.org/verkosto#"
_XSD: Final = "http://www.w3.org/2001/XMLSchema#"

PREFIXES: Final[dict[str, str]] = {
    "adms": _ADMS,
    "cv": _CV,
    "dcat": _DCAT,
    "dct": _DCT,
    "foaf": _FOAF,
    "org": _ORG,
    "owl": _OWL,
    "prov": _PROV,
    "rdf": _RDF,
    "rdfs": _RDFS,
    "s66": _S66,
    "skos": _SKOS,
    "vk": _VK,
    "xsd": _XSD,
}
"""Prefix → namespace, as used in our Turtle, our pages and our example queries."""


class VK:
    """Verkosto's own terms."""

    City: Final = _VK + "City"
    ExampleAssessment: Final = _VK + "ExampleAssessment"
    Passage: Final = _VK + "Passage"
    Programme: Final = _VK + "Programme"
    SourceRecord: Final = _VK + "SourceRecord"
    Theme: Final = _VK + "Theme"
    WorkPackage: Final = _VK + "WorkPackage"
    assesses: Final = _VK + "assesses"
    city: Final = _VK + "city"
    companyBenefit: Final = _VK + "companyBenefit"
    managementUse: Final = _VK + "managementUse"
    otherColumn: Final = _VK + "otherColumn"
    themes: Final = _VK + "themes"
    whyExemplary: Final = _VK + "whyExemplary"


class DCAT:
    """Data Catalog Vocabulary 3, https://www.w3.org/TR/vocab-dcat-3/."""

    Dataset: Final = _DCAT + "Dataset"


class DCT:
    """DCMI Metadata Terms, https://www.dublincore.org/specifications/dublin-core/dcmi-terms/."""

    BibliographicResource: Final = _DCT + "BibliographicResource"
    creator: Final = _DCT + "creator"
    date: Final = _DCT + "date"
    description: Final = _DCT + "description"
    format: Final = _DCT + "format"
    identifier: Final = _DCT + "identifier"
    isPartOf: Final = _DCT + "isPartOf"
    issued: Final = _DCT + "issued"
    license: Final = _DCT + "license"
    source: Final = _DCT + "source"
    subject: Final = _DCT + "subject"
    title: Final = _DCT + "title"


class FOAF:
    """Friend of a Friend, http://xmlns.com/foaf/spec/."""

    Document: Final = _FOAF + "Document"
    page: Final = _FOAF + "page"


class ORG:
    """The Organization Ontology, https://www.w3.org/TR/vocab-org/."""

    Organization: Final = _ORG + "Organization"


class PROV:
    """The PROV Ontology, https://www.w3.org/TR/prov-o/."""

    wasDerivedFrom: Final = _PROV + "wasDerivedFrom"
    wasGeneratedBy: Final = _PROV + "wasGeneratedBy"


class RDF:
    """RDF 1.1, https://www.w3.org/TR/rdf11-concepts/."""

    type: Final = _RDF + "type"
    langString: Final = _RDF + "langString"


class RDFS:
    """RDF Schema, https://www.w3.org/TR/rdf-schema/."""

    comment: Final = _RDFS + "comment"
    label: Final = _RDFS + "label"
    subClassOf: Final = _RDFS + "subClassOf"


class S66:
    """EURIO, the EU research information ontology, http://data.europa.eu/s66."""

    Project: Final = _S66 + "Project"


class SKOS:
    """SKOS, https://www.w3.org/TR/skos-reference/."""

    altLabel: Final = _SKOS + "altLabel"
    inScheme: Final = _SKOS + "inScheme"
    notation: Final = _SKOS + "notation"
    prefLabel: Final = _SKOS + "prefLabel"


class XSD:
    """XML Schema datatypes, https://www.w3.org/TR/xmlschema11-2/."""

    date: Final = _XSD + "date"
    gYear: Final = _XSD + "gYear"
    gYearMonth: Final = _XSD + "gYearMonth"
    integer: Final = _XSD + "integer"
    string: Final = _XSD + "string"


def compact(iri: str) -> str:
    """Shorten an IRI with our prefixes, or give it back as it is.

    >>> compact("http://purl.org/dc/terms/title")
    'dct:title'
    >>> compact("https://example.org/x")
    'https://example.org/x'
    """
    for prefix, namespace in PREFIXES.items():
        if iri.startswith(namespace) and iri[len(namespace) :].isidentifier():
            return f"{prefix}:{iri[len(namespace) :]}"
    return iri
