"""The release as a catalogue: DCAT-AP 3 with the checksum of every file, PROV of the build, DQV of the sources.

https://semiceu.github.io/DCAT-AP/releases/3.0.0/, https://www.w3.org/TR/prov-o/, https://www.w3.org/TR/vocab-dqv/
"""

from importlib.metadata import version
from typing import Final

from rdflib import Graph, Literal, Namespace, URIRef
from rdflib.namespace import DCTERMS, FOAF, PROV, RDF, RDFS, SKOS, XSD
from rdflib.term import Node

from graph import media
from graph.about import About, Texts
from graph.manifest import FileEntry, Manifest, SourceEntry, offered, release_iri
from graph.rights import MIXED, licence_of, source_of
from ontology import vocabulary
from ontology.terms import VK

# rdflib has the terms of DCAT 2 only.
DCAT: Final = Namespace("http://www.w3.org/ns/dcat#")
_ADMS: Final = Namespace("http://www.w3.org/ns/adms#")
_DQV: Final = Namespace("http://www.w3.org/ns/dqv#")
_ODRS: Final = Namespace("http://schema.theodi.org/odrs#")
_SPDX: Final = Namespace("http://spdx.org/rdf/terms#")
_VCARD: Final = Namespace("http://www.w3.org/2006/vcard/ns#")
_AUTHORITY: Final = "http://publications.europa.eu/resource/authority/"
_IANA: Final = "https://www.iana.org/assignments/media-types/"
_SPARQL: Final = "https://www.w3.org/TR/sparql11-protocol/"
LANGUAGES: Final = {"fi": "FIN", "sv": "SWE", "en": "ENG"}
"""Language tag → the code of the EU's list of languages."""


def catalogue(manifest: Manifest) -> Graph:
    """Describe a release whose manifest has all files but its descriptions."""
    said = _Catalogue(manifest)
    said.catalogue()
    said.release()
    for source in manifest.sources:
        said.source(source)
    for name, path in offered(manifest.files).items():
        if path.startswith(("dumps/", "graphs/")):
            said.distribution(name, manifest.files[path])
    said.build()
    return said.graph


def _with_gaps(about: About) -> Texts:
    """The description with what is known to be missing, for which DCAT-AP has no property."""
    languages = {**about.description, **about.gaps}
    return {tag: " ".join((about.description.get(tag, ""), *about.gaps.get(tag, []))).strip() for tag in languages}


class _Catalogue:
    def __init__(self, manifest: Manifest) -> None:
        self._manifest = manifest
        self._about = manifest.about
        self.graph = Graph()
        self.graph.bind("adms", _ADMS)
        self.graph.bind("dcat", DCAT, replace=True)
        self.graph.bind("dqv", _DQV)
        self.graph.bind("odrs", _ODRS)
        self.graph.bind("spdx", _SPDX)
        self.graph.bind("vcard", _VCARD)
        self._catalogue = URIRef(f"{manifest.base}/data/")
        self._dataset = URIRef(manifest.iri)
        self._service = URIRef(f"{manifest.base}/sparql")
        self._build = URIRef(f"{manifest.iri}#build")
        self._publisher = URIRef(self._about.publisher.page)

    def catalogue(self) -> None:
        about, me = self._about, self._catalogue
        self._say(me, RDF.type, DCAT.Catalog)
        self._describe(me, about.title, about.description)
        self._say(me, DCAT.dataset, self._dataset)
        self._say(me, DCAT.service, self._service)
        self._say(me, FOAF.homepage, self._typed(f"{about.address}/", FOAF.Document))
        self._say(self._publisher, RDF.type, FOAF.Agent)
        self._texts(self._publisher, FOAF.name, about.publisher.name)
        self._say(self._service, RDF.type, DCAT.DataService)
        self._texts(self._service, DCTERMS.title, {tag: f"SPARQL 1.1: {title}" for tag, title in about.title.items()})
        self._say(self._service, DCAT.endpointURL, self._typed(f"{about.address}/sparql", RDFS.Resource))
        self._say(self._service, DCTERMS.conformsTo, self._typed(_SPARQL, DCTERMS.Standard))
        self._say(self._service, DCAT.servesDataset, self._dataset)
        self._say(self._service, DCTERMS.publisher, self._publisher)

    def release(self) -> None:
        about, me, manifest = self._about, self._dataset, self._manifest
        self._say(me, RDF.type, DCAT.Dataset)
        self._say(me, RDF.type, PROV.Entity)
        self._describe(me, about.title, _with_gaps(about))
        self._say(me, DCTERMS.identifier, Literal(manifest.id))
        self._say(me, DCAT.version, Literal(manifest.id))
        self._say(me, DCTERMS.accrualPeriodicity, self._code("frequency", about.frequency, DCTERMS.Frequency))
        self._say(me, DCTERMS.accessRights, self._code("access-right", "PUBLIC", DCTERMS.RightsStatement))
        self._say(me, DCAT.landingPage, self._typed(f"{about.address}/data/", FOAF.Document))
        for tag, words in about.keywords.items():
            for word in words:
                self._say(me, DCAT.keyword, Literal(word, lang=tag))
        for code in about.themes:
            self._say(me, DCAT.theme, self._code("data-theme", code, SKOS.Concept))
            self._texts(URIRef(f"{_AUTHORITY}data-theme/{code}"), SKOS.prefLabel, {"en": code})
        for area in about.spatial:
            self._say(me, DCTERMS.spatial, self._typed(area, DCTERMS.Location))
        if manifest.previous is not None:
            before = URIRef(release_iri(manifest.base, manifest.previous))
            self._say(me, DCAT.previousVersion, before)
            self._say(me, PROV.wasRevisionOf, before)

    def _describe(self, me: URIRef, title: Texts, description: Texts) -> None:
        """What a catalogue and a dataset say alike."""
        created = Literal(self._manifest.created, datatype=XSD.dateTime)
        self._texts(me, DCTERMS.title, title)
        self._texts(me, DCTERMS.description, description)
        self._say(me, DCTERMS.publisher, self._publisher)
        self._say(me, DCTERMS.issued, created)
        self._say(me, DCTERMS.modified, created)
        for tag in title:
            if tag in LANGUAGES:
                self._say(me, DCTERMS.language, self._code("language", LANGUAGES[tag], DCTERMS.LinguisticSystem))
        contact = self._about.publisher.contact
        if contact is not None:
            card = URIRef(f"{self._catalogue}#contact")
            self._say(card, RDF.type, _VCARD.Kind)
            self._texts(card, _VCARD.fn, self._about.publisher.name)
            self._say(card, _VCARD.hasEmail if contact.startswith("mailto:") else _VCARD.hasURL, URIRef(contact))
            self._say(me, DCAT.contactPoint, card)

    def source(self, source: SourceEntry) -> None:
        """The dataset of a source: its named graph."""
        me = URIRef(source.graph)
        self._say(me, RDF.type, DCAT.Dataset)
        self._texts(me, DCTERMS.title, source.title)
        self._texts(me, DCTERMS.description, source.title)
        self._say(me, DCTERMS.publisher, self._publisher)
        self._say(me, DCTERMS.license, self._typed(source.licence, DCTERMS.LicenseDocument))
        self._say(self._dataset, DCTERMS.hasPart, me)
        self._say(me, DCTERMS.isPartOf, self._dataset)
        self._say(self._catalogue, DCAT.dataset, me)
        if source.page is not None:
            self._say(me, DCAT.landingPage, self._typed(source.page, FOAF.Document))
        if source.attribution is not None:
            asked = self._typed(f"{self._dataset}#attribution-{source.name}", DCTERMS.RightsStatement)
            self._say(asked, RDFS.label, Literal(source.attribution))
            self._say(asked, _ODRS.attributionText, Literal(source.attribution))
            self._say(me, DCTERMS.rights, asked)
        for name, digest in source.files.items():
            raw = URIRef(f"urn:sha256:{digest}")
            self._say(raw, RDF.type, PROV.Entity)
            self._say(raw, RDFS.label, Literal(name))
            self._say(me, PROV.wasDerivedFrom, raw)
            self._say(self._build, PROV.used, raw)
        self._quality(me, source)

    def _quality(self, me: URIRef, source: SourceEntry) -> None:
        metrics = vocabulary.concepts(VK.recordMetrics)
        measured = {"read": source.read, "loaded": source.loaded, "skipped": source.skipped}
        for metric, count in measured.items():
            measurement = URIRef(f"{self._dataset}#{source.name}-{metric}")
            self._say(measurement, RDF.type, _DQV.QualityMeasurement)
            self._say(measurement, _DQV.isMeasurementOf, URIRef(metrics[metric]))
            self._say(measurement, _DQV.computedOn, me)
            self._say(measurement, _DQV.value, Literal(count))
            self._say(me, _DQV.hasQualityMeasurement, measurement)

    def distribution(self, name: str, entry: FileEntry) -> None:
        """A file for download: of the release, or of the source that it is of alone."""
        suffix, compression = media.split(name)
        if suffix not in media.FORMATS:
            return
        format_, me = media.FORMATS[suffix], URIRef(f"{self._dataset}{name}")
        address = self._typed(f"{self._about.address}/data/{self._manifest.id}/{name}", RDFS.Resource)
        self._say(me, RDF.type, DCAT.Distribution)
        self._say(me, DCTERMS.title, Literal(name))
        self._say(me, DCAT.accessURL, address)
        self._say(me, DCAT.downloadURL, address)
        self._say(me, DCAT.mediaType, self._typed(_IANA + format_.media_type, DCTERMS.MediaType))
        self._say(me, DCTERMS["format"], self._code("file-type", format_.file_type, DCTERMS.MediaTypeOrExtent))
        if compression:
            packed = _IANA + media.COMPRESSED[compression]
            self._say(me, DCAT.compressFormat, self._typed(packed, DCTERMS.MediaType))
        self._say(me, DCAT.byteSize, Literal(entry.bytes, datatype=XSD.nonNegativeInteger))
        self._say(me, DCTERMS.issued, Literal(self._manifest.created, datatype=XSD.dateTime))
        self._checksum(me, entry)
        self._rights(me, name)
        self._say(me, DCAT.accessService, self._service)
        self._say(self._dataset_of(name), DCAT.distribution, me)
        if name.startswith("sample."):
            self._say(self._dataset, _ADMS.sample, me)

    def _checksum(self, me: URIRef, entry: FileEntry) -> None:
        checksum = URIRef(f"{me}#sha256")
        algorithm = self._typed(_SPDX.checksumAlgorithm_sha256, _SPDX.ChecksumAlgorithm)
        self._say(me, _SPDX.checksum, checksum)
        self._say(checksum, RDF.type, _SPDX.Checksum)
        self._say(checksum, _SPDX.algorithm, algorithm)
        self._say(checksum, _SPDX.checksumValue, Literal(entry.sha256, datatype=XSD.hexBinary, normalize=False))

    def _rights(self, me: URIRef, name: str) -> None:
        licence = licence_of(name, self._manifest)
        if licence is not None:
            self._say(me, DCTERMS.license, self._typed(licence, DCTERMS.LicenseDocument))
        else:
            mixed = self._typed(f"{self._dataset}#licences", DCTERMS.RightsStatement)
            self._texts(mixed, RDFS.label, MIXED)
            self._say(me, DCTERMS.rights, mixed)

    def _dataset_of(self, name: str) -> URIRef:
        source = source_of(name, self._manifest)
        return self._dataset if source is None else URIRef(source.graph)

    def build(self) -> None:
        """How the release came to be."""
        me, agent = self._build, URIRef(f"{self._dataset}#verkosto")
        self._say(me, RDF.type, PROV.Activity)
        self._say(me, PROV.endedAtTime, Literal(self._manifest.created, datatype=XSD.dateTime))
        self._say(me, PROV.wasAssociatedWith, agent)
        self._say(agent, RDF.type, PROV.SoftwareAgent)
        self._say(agent, RDFS.label, Literal(f"Verkosto {version('verkosto')}, code {self._manifest.code[:12]}"))
        self._say(self._dataset, PROV.wasGeneratedBy, me)
        self._say(self._dataset, PROV.wasAttributedTo, self._publisher)
        for graph in self._manifest.counts.graphs:
            self._say(self._dataset, PROV.wasDerivedFrom, URIRef(graph))

    def _code(self, scheme: str, code: str, class_: URIRef) -> URIRef:
        return self._typed(f"{_AUTHORITY}{scheme}/{code}", class_)

    def _typed(self, iri: str, class_: URIRef) -> URIRef:
        """A thing with its class, which the shapes of DCAT-AP want to be said of whatever is linked to."""
        self._say(URIRef(iri), RDF.type, class_)
        return URIRef(iri)

    def _texts(self, me: URIRef, predicate: URIRef, texts: Texts) -> None:
        for tag, text in texts.items():
            self._say(me, predicate, Literal(text, lang=tag))

    def _say(self, subject: Node, predicate: Node, target: Node) -> None:
        self.graph.add((subject, predicate, target))
