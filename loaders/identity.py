"""Who is who across sources: what keys and decisions make one, and what may be, as a graph of its own."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from graph import lexicon
from graph.history import History
from graph.links import Conflict, Resolution, resolve
from graph.names import How
from graph.pairs import MUNICIPALITY, Decision, Key, Pair, Party, Verdict
from loaders.decisions import Row, decisions
from loaders.parties import parties
from loaders.records import Date, Entry, Page, Ref, SameAsCandidate, Texts, Typed
from loaders.report import Report
from loaders.source import Raw
from loaders.triples import SourceNames, derived_statements, graph_statements, identity_statements, statements
from loaders.values import concept, short_hash
from ontology import vocabulary
from ontology.identifiers import Kind
from ontology.terms import VK, XSD

TITLE: Final = {
    "fi": "Kuka on kuka: samuudet lähteiden välillä",
    "sv": "Vem är vem: identiteter över källgränser",
    "en": "Who is who: identities across sources",
}
_AND: Final = {"fi": "ja", "sv": "och", "en": "and"}
_SAME_KEY: Final = {
    "fi": "Sama tunnus ({register}): {value}.",
    "sv": "Samma identifierare ({register}): {value}.",
    "en": "The same identifier ({register}): {value}.",
}
_KEY_ALONE: Final = {
    "fi": "Tunnus ei yksin ratkaise: osalla voi olla kokonaisuuden tunnus, ja lähteessä se voi olla usealla.",
    "sv": "Identifieraren avgör inte ensam: en del kan ha helhetens, och en källa kan ge den till flera.",
    "en": "The identifier alone does not tell: a part may have that of its whole, and a source may give it to several.",
}
_NOTHING: Final = {
    "fi": "Nimissä ja tunnuksissa ei ole mitään yhteistä.",
    "sv": "Namnen och identifierarna har inget gemensamt.",
    "en": "Names and identifiers have nothing in common.",
}
_WORDED: Final[Mapping[How, Texts]] = {
    How.EQUAL: {
        "fi": "Nimet ”{a}” ja ”{b}” merkitsevät samaa.",
        "sv": "Namnen ”{a}” och ”{b}” betyder samma sak.",
        "en": "The names “{a}” and “{b}” mean the same.",
    },
    How.ALIKE: {
        "fi": "Nimet ”{a}” ja ”{b}” muistuttavat toisiaan.",
        "sv": "Namnen ”{a}” och ”{b}” liknar varandra.",
        "en": "The names “{a}” and “{b}” are alike.",
    },
    How.ACRONYM: {
        "fi": "Nimistä ”{a}” ja ”{b}” toinen voi olla toisen lyhenne.",
        "sv": "Av namnen ”{a}” och ”{b}” kan det ena vara en förkortning av det andra.",
        "en": "Of the names “{a}” and “{b}” one may be an acronym of the other.",
    },
    How.PART: {
        "fi": "Nimi ”{a}” voi tarkoittaa osaa siitä, jonka nimi on ”{b}”.",
        "sv": "Namnet ”{a}” kan avse en del av det som heter ”{b}”.",
        "en": "The name “{a}” may mean a part of what is named “{b}”.",
    },
    How.WHOLE: {
        "fi": "Nimi ”{b}” voi tarkoittaa osaa siitä, jonka nimi on ”{a}”.",
        "sv": "Namnet ”{b}” kan avse en del av det som heter ”{a}”.",
        "en": "The name “{b}” may mean a part of what is named “{a}”.",
    },
}


@dataclass(frozen=True)
class Linked:
    """The graph of identities, and what became of the decisions."""

    statements: list[str]
    """Sorted, each once."""
    places: list[str]
    """Where the decisions stand, as `loaders.extraction.Extracted.places`."""
    report: Report


def link(names: SourceNames, sources: Mapping[str, Iterable[str]], table: Raw | None, history: History) -> Linked:
    """Who is who among the things of all sources: name → its statements, in the order of the configuration.

    `names` are those of the graph of identities. `table` holds decisions (`loaders.decisions`).
    Raises UnreadableSource if it doesn't.
    """
    started = time.monotonic()
    report = Report(names.source)
    rows = [] if table is None else list(decisions(table, names.identifiers, report))
    things = parties(names.identifiers, sources)
    found = resolve(things, [row.decision for row in rows])
    used = _used(rows, found, report)
    _tell(found, report)
    said = set(graph_statements(names, TITLE, vocabulary.LICENCE, description=_description()))
    for row in used.values():
        since = history.since(names.record(row.record), row.record.position.fingerprint)
        said.update(statements(row.record, names, since))
        report.load(row.record)
    known = {party.iri: party for party in things}
    for pair in found.pairs:
        said.update(_pair_statements(pair, known, used, names))
    said.update(identity_statements(found.same, found.parts))
    report.triples = len(said)
    report.seconds = time.monotonic() - started
    return Linked(sorted(said), sorted(line for row in used.values() for line in row.record.stands_at()), report)


def _description() -> Texts:
    version = lexicon.version()
    return {
        "fi": f"Pääteltyjä ja päätettyjä samuuksia; nimien sanaston versio {version}.",
        "sv": f"Härledda och beslutade identiteter; namnlexikonets version {version}.",
        "en": f"Identities that were derived or decided; version {version} of the lexicon of names.",
    }


def _used(rows: Iterable[Row], found: Resolution, report: Report) -> dict[Decision, Row]:
    """The decisions on things that are there; the others are named."""
    unused = set(found.unused)
    for row in rows:
        if row.decision in unused:
            report.skip(
                row.record.name,
                "one of the two is no organisation, project or service point that a source of this graph describes; "
                "correct its key, or take the row out",
            )
    return {row.decision: row for row in rows if row.decision not in unused}


def _tell(found: Resolution, report: Report) -> None:
    """How many pairs there are of each sort, and which were not made one though something says that they are."""
    counts = {verdict: sum(pair.verdict is verdict for pair in found.pairs) for verdict in Verdict}
    if any(counts.values()):
        report.warn("pairs: " + ", ".join(f"{count} {verdict.value}" for verdict, count in counts.items() if count))
    for conflict in found.conflicts:
        report.warn(_worded_conflict(conflict))
    for crowd in found.crowds:
        report.warn(
            f"{crowd.count} things of {crowd.source} have the {_register(crowd.key, 'en')} {crowd.key.value}, and none "
            "of them is what the others are parts of: nothing was asked about it"
        )


def _worded_conflict(conflict: Conflict) -> str:
    pair = " and ".join(conflict.pair)
    if conflict.against is None:
        return (
            f"{pair} were not made one, as then two business ids or municipality codes, or two things of one register, "
            "would be one: correct the identifiers, or decide of the pair"
        )
    if set(conflict.pair) == set(conflict.against):
        return f"{pair} have an identifier in common, and were decided to be two: kept apart"
    if len(set(conflict.against)) == 1:
        return f"{conflict.pair[0]} is no part of {conflict.pair[1]}, as that is a part of it by other decisions"
    against = " and ".join(conflict.against)
    return f"{pair} were not made one, as then {against} would be one too; decide of one of the pairs anew"


def _pair_statements(
    pair: Pair, known: Mapping[str, Party], used: Mapping[Decision, Row], names: SourceNames
) -> list[str]:
    things = known[pair.a], known[pair.b]
    records = [thing.records[0] for thing in things if thing.records]
    if pair.decision is not None:
        records.append(names.record(used[pair.decision].record))
    return derived_statements(_candidate(pair, *things), records, names)


def _candidate(pair: Pair, a: Party, b: Party) -> SameAsCandidate:
    decision, verdict = pair.decision, concept(VK.decisions, pair.verdict.value)
    suggested = pair.suggested if pair.verdict is Verdict.OPEN else None
    native_id = short_hash("\n".join(sorted((pair.a, pair.b))).encode())
    return SameAsCandidate(
        entry=Entry(
            ref=Ref(Kind.SAME_AS_CANDIDATE, native_id),
            label={
                language: f"{_called(a, language)} {word} {_called(b, language)}: {_label(verdict.iri, language)}"
                for language, word in _AND.items()
            },
        ),
        candidates=(Page(pair.a), Page(pair.b)),
        evidence=_evidence(pair),
        decision=verdict,
        part=Page(pair.a) if Verdict.PART_OF in (pair.verdict, suggested) else None,
        score=None if pair.alike is None else Typed(f"{pair.alike.score:.2f}".rstrip("0").rstrip("."), XSD.decimal),
        suggestion=concept(VK.decisions, suggested.value) if suggested else None,
        reason=decision.reason if decision else None,
        decided=Date(decision.on.isoformat()) if decision and decision.on else None,
    )


def _evidence(pair: Pair) -> Texts:
    """What speaks for a pair, in the languages of the graph."""
    return {language: " ".join(_sentences(pair, language)) or _NOTHING[language] for language in _AND}


def _sentences(pair: Pair, language: str) -> Iterable[str]:
    for key in pair.keys:
        yield _SAME_KEY[language].format(register=_register(key, language), value=key.value)
    if pair.keys and pair.verdict is Verdict.OPEN:
        yield _KEY_ALONE[language]
    if pair.alike is not None and pair.names is not None and pair.alike.score > 0:
        yield _WORDED[pair.alike.how][language].format(a=pair.names[0], b=pair.names[1])


def _called(thing: Party, language: str) -> str:
    """The name of a thing in a language, or another of its names."""
    return thing.labels.get(language) or next(iter(thing.names), thing.iri)


def _register(key: Key, language: str) -> str:
    return _label(VK.municipalities if key.scheme == MUNICIPALITY else key.scheme, language)


def _label(iri: str, language: str) -> str:
    """What a term of ours is called, in a language that all of these are named in."""
    return vocabulary.label(iri, language) or iri
