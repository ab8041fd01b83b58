"""How things are named. The only module that mints IRIs."""

from dataclasses import dataclass
from enum import Enum
from urllib.parse import quote, unquote

from ontology.terms import CV, DCAT, DCT, DQV, ELI, FOAF, LOCN, ORG, S66, SCHEMA, VK


class Kind(Enum):
    """The kinds of things that have an IRI and a page; each knows its word in addresses and its class."""

    PROGRAMME = ("programme", VK.Programme)
    PROJECT = ("project", S66.Project)
    AMOUNT = ("amount", S66.MonetaryAmount)
    WORK_PACKAGE = ("work-package", VK.WorkPackage)
    TASK = ("task", VK.Task)
    PROJECT_RESULT = ("project-result", S66.Result)
    CITY = ("city", VK.City)
    ORGANISATION = ("organisation", ORG.Organization)
    REORGANISATION = ("reorganisation", ORG.ChangeEvent)
    THEME = ("theme", VK.Theme)
    DOCUMENT = ("document", FOAF.Document)
    ASSESSMENT = ("assessment", VK.ExampleAssessment)
    SERVICE = ("service", VK.Service)
    GENERAL_DESCRIPTION = ("general-description", VK.GeneralDescription)
    OFFERING = ("offering", VK.ServiceOffering)
    ERRAND = ("errand", VK.Errand)
    CHANNEL = ("channel", CV.Channel)
    SERVICE_POINT = ("service-point", VK.ServicePoint)
    DEPARTMENT = ("department", VK.Department)
    TREE_NODE = ("tree-node", VK.TreeNode)
    ONTOLOGY_WORD = ("ontology-word", VK.OntologyWord)
    REQUIREMENT = ("requirement", CV.Requirement)
    COST = ("cost", CV.Cost)
    LAW = ("law", ELI.LegalResource)
    CONTACT_POINT = ("contact-point", CV.ContactPoint)
    ADDRESS = ("address", LOCN.Address)
    SERVICE_PACKAGE = ("service-package", VK.ServicePackage)
    SERVICE_COMPONENT = ("service-component", VK.ServiceComponent)
    SERVICE_PROMISE = ("service-promise", VK.ServicePromise)
    BLUEPRINT = ("blueprint", VK.Blueprint)
    STEP = ("step", VK.Step)
    GOOD = ("good", VK.Good)
    SYSTEM = ("system", SCHEMA.SoftwareApplication)
    OPERATING_MODEL = ("operating-model", VK.OperatingModel)
    SEGMENT = ("segment", VK.CustomerSegment)
    PROFILE = ("profile", VK.SegmentProfile)
    NEED = ("need", VK.Need)
    PARTICIPATION = ("participation", VK.Participation)
    PANEL = ("panel", VK.Panel)
    WORKSHOP = ("workshop", VK.Workshop)
    ECOSYSTEM = ("ecosystem", VK.Ecosystem)
    TIE = ("tie", VK.CollaborationTie)
    AIM = ("aim", VK.Aim)
    RESULT = ("result", VK.ExpectedResult)
    BENEFIT = ("benefit", VK.Benefit)
    CHALLENGE = ("challenge", VK.Challenge)
    QUESTION = ("question", VK.OpenQuestion)
    SAME_AS_CANDIDATE = ("same-as-candidate", VK.SameAsCandidate)
    SOURCE = ("source", DCT.BibliographicResource)
    PASSAGE = ("passage", VK.Passage)
    RECORD = ("record", VK.SourceRecord)
    GRAPH = ("graph", DCAT.Dataset)
    MEASUREMENT = ("measurement", DQV.QualityMeasurement)

    def __init__(self, slug: str, class_iri: str) -> None:
        self.slug = slug
        self.class_iri = class_iri

    @classmethod
    def of_slug(cls, slug: str) -> "Kind | None":
        """The kind with this word in its addresses, or None.

        >>> Kind.of_slug("work-package").name
        'WORK_PACKAGE'
        """
        return next((kind for kind in cls if kind.slug == slug), None)


@dataclass(frozen=True)
class Identifiers:
    """Names for things under one base: ``{base}/id/{kind}/{source}-{native id}``, never built from labels.

    The form is opaque and persistent: a thing keeps its IRI when its name changes.
    """

    base: str

    def iri(self, kind: Kind, source: str, native_id: str) -> str:
        """Name a thing after the source that describes it and its identifier there.

        >>> Identifiers("https://example.org").iri(Kind.CITY, "ptv", "4 a/b")
        'https://example.org/id/city/ptv-4%20a%2Fb'
        """
        return f"{self.base}/id/{kind.slug}/{source}-{quote(native_id, safe='')}"

    @property
    def space(self) -> str:
        """What the IRIs of all things begin with.

        >>> Identifiers("https://example.org").space
        'https://example.org/id/'
        """
        return f"{self.base}/id/"

    def record_path(self, source: str, key: str) -> str:
        """The part ``record/{key}`` of the IRI of a source record.

        >>> Identifiers("https://example.org").record_path("tpr", "services-17")
        'record/tpr-services-17'
        """
        return f"{Kind.RECORD.slug}/{source}-{quote(key, safe='')}"

    def start(self, kind: Kind) -> str:
        """What the IRIs of all things of a kind begin with.

        >>> Identifiers("https://example.org").start(Kind.CITY)
        'https://example.org/id/city/'
        """
        return f"{self.base}/id/{kind.slug}/"

    def at_path(self, path: str) -> str:
        """The IRI of the thing with this ``{kind}/{key}``, percent-encoded as in addresses.

        >>> Identifiers("https://example.org").at_path("city/ptv-4%20a%2Fb")
        'https://example.org/id/city/ptv-4%20a%2Fb'
        """
        return f"{self.base}/id/{path}"

    def graph(self, source: str) -> str:
        """Name the named graph that holds what one source says.

        >>> Identifiers("https://example.org").graph("six-cities")
        'https://example.org/id/graph/six-cities'
        """
        return f"{self.base}/id/{Kind.GRAPH.slug}/{quote(source, safe='')}"

    def at(self, slug: str, key: str) -> str:
        """The IRI behind an address of ours, given its kind's word and its key as the server decoded it.

        >>> Identifiers("https://example.org").at("city", "ptv-4 a/b")
        'https://example.org/id/city/ptv-4%20a%2Fb'
        """
        return f"{self.base}/id/{slug}/{quote(key, safe='')}"

    def kind(self, iri: str) -> Kind | None:
        """The kind of thing an IRI of ours names; None for anybody else's IRI.

        >>> Identifiers("https://example.org").kind("https://example.org/id/city/ptv-4%20a%2Fb").name
        'CITY'
        """
        start = self.space
        return Kind.of_slug(iri[len(start) :].partition("/")[0]) if iri.startswith(start) else None

    def native_id(self, iri: str, source: str) -> str:
        """The identifier that a thing of ours has in a source, or in the register whose name its IRI begins with.

        >>> Identifiers("https://example.org").native_id("https://example.org/id/city/ptv-4%20a%2Fb", "ptv")
        '4 a/b'
        """
        key = unquote(iri.rpartition("/")[2])
        return key.removeprefix(f"{source}-") if key.startswith(f"{source}-") else key.partition("-")[2]

    def path(self, iri: str) -> str | None:
        """The part ``{kind}/{key}`` of an IRI of ours, still percent-encoded; None for anybody else's IRI.

        >>> Identifiers("https://example.org").path("https://example.org/id/city/ptv-4%20a%2Fb")
        'city/ptv-4%20a%2Fb'
        >>> Identifiers("https://example.org").path("https://example.com/") is None
        True
        """
        start = self.space
        if not iri.startswith(start):
            return None
        slug, slash, key = iri[len(start) :].partition("/")
        if not slash or Kind.of_slug(slug) is None or quote(unquote(key), safe="") != key:
            return None
        return f"{slug}/{key}"
