"""From a source's raw bytes to valid statements, sorted, and the report on its records. Publishes nothing."""

import hashlib
import re
import time
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

from graph.errors import InvalidStatement
from graph.history import History
from graph.ntriples import iri
from graph.progress import Progress, unseen
from graph.sorting import Sorter
from graph.validation import violations
from loaders import registry
from loaders.records import SourceRecord
from loaders.report import Report
from loaders.source import Raw
from loaders.triples import SourceNames, statements, stub_statements, type_statements
from ontology.identifiers import Kind
from ontology.terms import PROV

BATCH: Final = 500
"""How many records of an open source are validated together."""

_NAMED: Final = 5
"""How many of the things that links lead to in vain are named."""

_SAID = tuple[SourceRecord, list[str]]
_PROVENANCE: Final = f"> {iri(PROV.wasDerivedFrom)} <"
_MOST_WAITING: Final = 10 * BATCH
"""How many records of a batch may be known to be valid already."""


@dataclass(frozen=True)
class Extracted:
    """What a source says, sorted and each statement once, and what became of its records."""

    statements: Sorter
    places: Sorter
    """Where each record stands in the raw files: key of its IRI, file, first byte, length, with tabs between."""
    valid: Sorter
    """A digest of what each record of an open source says: the next build need not validate what it knows."""
    report: Report


def extract(
    loader_name: str,
    raw: Raw,
    names: SourceNames,
    workshop: Path,
    history: History | None = None,
    progress: Progress = unseen,
    known: Container[str] = (),
) -> Extracted:
    """Read, say and validate one source, in memory that does not grow with it. `workshop` is an empty folder for runs.

    A closed source (`loaders.registry.Loader.closed`) is held and validated whole, so that a record which is left out
    takes with it what refers to it. `history` knows since when records have been as they are; without it, since today.
    `known`: digests of what was valid before, by the same shapes.
    Raises UnreadableSource if a file is broken.
    """
    started = time.monotonic()
    loader = registry.find(loader_name)
    report = Report(names.source)
    said, places, valid = (Sorter(workshop / name) for name in ("statements", "places", "valid"))
    records = _watched(loader.read(raw, report), names.source, raw.size(), progress)
    found = _said(records, names, history or History(None, today()), report)
    stubs = _Stubs(names, Sorter(workshop / "mentions"))
    for record, lines in _valid_together(list(found), report) if loader.closed else _valid(found, names, report, known):
        report.load(record)
        said.add(lines)
        places.add(record.stands_at())
        if not loader.closed:
            stubs.note(lines)
            valid.add([_digest(lines)])
    said.add(stubs.statements(report))
    report.triples = len(said)
    report.seconds = time.monotonic() - started
    return Extracted(said, places, valid, report)


def today() -> date:
    """The day of a build, in UTC."""
    return datetime.now(UTC).date()


def _watched(records: Iterable[SourceRecord], source: str, size: int, progress: Progress) -> Iterator[SourceRecord]:
    """The records, while the bytes that they take up in the files are counted."""
    done = 0
    for record in records:
        yield record
        done = min(done + record.position.length, size)
        progress(source, done, size)
    progress(source, size, size)


def _said(records: Iterable[SourceRecord], names: SourceNames, history: History, report: Report) -> Iterator[_SAID]:
    for record in records:
        since = history.since(names.record(record), record.position.fingerprint)
        try:
            yield record, statements(record, names, since)
        except InvalidStatement as error:
            report.skip(record.name, str(error))


def _valid_together(found: list[_SAID], report: Report) -> list[_SAID]:
    """The records that keep to the shapes; what refers to a record left out is left out too."""
    cause = ""
    while broken := _broken(found, ()):
        found = _without(found, broken, cause, report)
        # What breaks a shape only now does so because of what was just left out.
        cause = "it refers to a record that was left out: "
    return found


def _valid(found: Iterable[_SAID], names: SourceNames, report: Report, known: Container[str]) -> Iterator[_SAID]:
    """The records that keep to the shapes, in their order.

    Whether one does is a matter of what it says itself; things that it does not describe are taken to be what their
    IRIs say. So what was valid before is valid, and only speed depends on which records are validated together.
    """
    for batch in _batches(found, known):
        new = [(record, lines) for record, lines, is_known in batch if not is_known]
        broken = _broken(new, _types_of_others(new, names)) if new else {}
        for record, lines, is_known in batch:
            yield from [(record, lines)] if is_known or not broken else _without([(record, lines)], broken, "", report)


def _batches(found: Iterable[_SAID], known: Container[str]) -> Iterator[list[tuple[SourceRecord, list[str], bool]]]:
    """Records to be validated together, with those between them that are known to be valid.

    No two of them describe one thing in different words: that they do is no fault of either.
    """
    batch: list[tuple[SourceRecord, list[str], bool]] = []
    described: dict[str, set[str]] = {}
    new = 0
    for record, lines in found:
        is_known = _digest(lines) in known
        own = {} if is_known else _by_subject(lines)
        is_full = new >= BATCH or len(batch) >= _MOST_WAITING
        if is_full or any(described.get(subject, said) != said for subject, said in own.items()):
            yield batch
            batch, described, new = [], {}, 0
        batch.append((record, lines, is_known))
        described |= own
        new += not is_known
    yield batch


def _by_subject(lines: Iterable[str]) -> dict[str, set[str]]:
    """What is said of each thing, but for where that comes from: of that, more can't be wrong."""
    found: dict[str, set[str]] = {}
    for line in lines:
        if _PROVENANCE not in line:
            found.setdefault(_subject(line), set()).add(line)
    return found


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()[:32]


def _broken(found: list[_SAID], context: Iterable[str]) -> dict[str, list[str]]:
    """The things that break a shape: subject, as a term → messages."""
    lines = [line for _, said in found for line in said]
    broken: dict[str, list[str]] = {}
    for violation in violations([*lines, *context]):
        broken.setdefault(f"<{violation.node}>", []).append(violation.message)
    return broken


def _without(found: list[_SAID], broken: dict[str, list[str]], cause: str, report: Report) -> list[_SAID]:
    kept = []
    for record, lines in found:
        messages = [m for subject in dict.fromkeys(map(_subject, lines)) for m in broken.get(subject, ())]
        if messages:
            report.skip(record.name, cause + "; ".join(dict.fromkeys(messages)))
        else:
            kept.append((record, lines))
    return kept


def _subject(line: str) -> str:
    return line[: line.index(" ")]


def _types_of_others(batch: list[_SAID], names: SourceNames) -> set[str]:
    subjects = {_subject(line) for _, lines in batch for line in lines}
    mentioned = {line[line.rindex(" ") + 1 :] for _, lines in batch for line in lines if line.endswith(">")}
    return {line for term in mentioned - subjects for line in type_statements(term[1:-1], names)}


class _Stubs:
    """Finds what an open source mentions and does not describe; all that is known of that is its identifier."""

    def __init__(self, names: SourceNames, seen: Sorter) -> None:
        self._names = names
        self._seen = seen
        self._described: set[Kind | None] = set()
        # Whatever begins with our base; what it is, its IRI tells.
        self._object = re.compile(rf"> <({re.escape(names.identifiers.base)}/[^>]*)>\Z")

    def note(self, lines: list[str]) -> None:
        """Remember what these lines describe and what they mention."""
        subjects = {line[1 : line.index(">")] for line in lines}
        self._described.update(map(self._names.identifiers.kind, subjects))
        self._seen.add(f"{subject}\tdescribed" for subject in subjects)
        self._seen.add(f"{found[1]}\tmentioned" for line in lines if (found := self._object.search(line)))

    def statements(self, report: Report) -> Iterator[str]:
        """The identifier of each thing that is mentioned only, and its kind if the source describes none of that kind.

        Where it describes others of the kind, the link leads nowhere: the report says how many do.
        """
        dangling: dict[Kind, tuple[int, list[str]]] = {}
        for mentioned in self._mentioned_only():
            kind = self._names.identifiers.kind(mentioned)
            is_expected = kind in self._described
            if kind is not None and is_expected:
                count, some = dangling.get(kind, (0, []))
                if count < _NAMED:
                    some.append(self._names.identifiers.native_id(mentioned, self._names.source))
                dangling[kind] = count + 1, some
            yield from stub_statements(mentioned, self._names, with_kind=not is_expected)
        for kind, (count, some) in dangling.items():
            ids = ", ".join(some) + (" …" if count > len(some) else "")
            report.warn(f"{count} of kind {kind.slug} are linked to and not described: {ids}")

    def _mentioned_only(self) -> Iterator[str]:
        previous = ""
        for line in self._seen:
            iri, _, how = line.partition("\t")
            if how == "mentioned" and iri != previous:
                yield iri
            previous = iri
