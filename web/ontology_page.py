"""What the ontology page shows: our own terms with names and definitions in each language."""

from dataclasses import dataclass
from typing import Self

from graph.knowledge import Description, KnowledgeGraph
from ontology import vocabulary
from ontology.terms import PREFIXES


@dataclass(frozen=True)
class OntologyPage:
    """The own terms, each with its local name, sorted by it."""

    terms: tuple[tuple[str, Description], ...]

    @classmethod
    def of(cls, graph: KnowledgeGraph) -> Self:
        """Describe each own term that the release's ontology graph has."""
        subjects = {str(triple.subject.value) for triple in vocabulary.triples()}  # type: ignore[union-attr]
        own = sorted(iri for iri in subjects if iri.startswith(PREFIXES["vk"]))
        described = ((iri, graph.describe(iri, most=0)) for iri in own)
        return cls(tuple((iri.removeprefix(PREFIXES["vk"]), found) for iri, found in described if found is not None))
