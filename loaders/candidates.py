"""Lists the pairs of a release that nobody has decided of, as a table that decisions can be written into."""

import csv
from collections.abc import Iterator
from typing import IO, Final

from graph.knowledge import KnowledgeGraph, Label
from graph.pairs import Verdict
from graph.release import Release
from loaders.decisions import COLUMNS, WORDS
from ontology import vocabulary
from ontology.identifiers import Kind
from ontology.terms import VK

_SHOWN: Final = (*COLUMNS, "suggested", "score", "evidence")
"""What a reader needs beside the columns of decisions; reading decisions passes it over."""
_LANGUAGES: Final = ("fi", "en", "sv")


def write_candidates(release: Release, file: IO[str]) -> int:
    """Write the open pairs of a release as CSV, the most alike first; how many there are.

    Pairs that have become one by way of others are left out.
    """
    graph = KnowledgeGraph(release)
    rows = sorted(_rows(graph), key=lambda row: (-float(row["score"] or 0), row["a"], row["b"]))
    table = csv.DictWriter(file, _SHOWN, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return len(rows)


def _rows(graph: KnowledgeGraph) -> Iterator[dict[str, str]]:
    concepts = vocabulary.concepts(VK.decisions)
    words = {concepts[verdict.value]: word for word, verdict in WORDS.items()}
    for pair in graph.members(Kind.SAME_AS_CANDIDATE.class_iri, [concepts[Verdict.OPEN.value]]):
        # What a table of a source suspects has no score, and is not decided here.
        score = _first(graph.texts(pair.iri, VK.score))
        parts = [link.iri for link in graph.targets(pair.iri, VK.candidatePart)]
        things = sorted((link.iri for link in graph.targets(pair.iri, VK.candidate)), key=lambda iri: iri not in parts)
        if not score or len({graph.standing_for(iri) for iri in things}) < 2:
            continue
        suggested = [words[link.iri] for link in graph.targets(pair.iri, VK.suggestedDecision)]
        a, b = things
        yield {
            "a": graph.identifiers.path(a) or a,
            "name_a": _plain(_first(graph.label(a))),
            "b": graph.identifiers.path(b) or b,
            "name_b": _plain(_first(graph.label(b))),
            "suggested": "".join(suggested),
            "score": score,
            "evidence": _plain(_first(graph.texts(pair.iri, VK.evidence))),
        }


def _plain(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def _first(texts: Label) -> str:
    """The text in the first of our languages that there is one in."""
    found = {text.language: text.value for text in sorted(texts, key=str)}
    return next((found[language] for language in (*_LANGUAGES, *found) if language in found), "")
