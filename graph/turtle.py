"""The merged graph in Turtle, one thing a line: sorted, so that it can be patched, searched and compared by lines.

https://www.w3.org/TR/turtle/. Terms come in canonical N-Triples, which is Turtle too; IRIs of known vocabularies are
shortened.
"""

import heapq
import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import BinaryIO, Final

from graph.difference import DefaultChanges
from graph.ntriples import iri
from graph.patching import Rewrite, SortedLines, patch, sorted_lines
from ontology.terms import PREFIXES, RDF

HEADER: Final = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in PREFIXES.items()).encode()
_NAMESPACES: Final = {namespace.encode(): prefix.encode() for prefix, namespace in PREFIXES.items()}
_LOCAL: Final = re.compile(rb"[A-Za-z_][\w-]*\Z", re.ASCII)
_IRI: Final = re.compile(rb"<([^>]*[#/])([^>#/]*)>\Z")
_TYPE: Final = iri(RDF.type).encode()


def write(quads: Path, target: BinaryIO) -> None:
    """Write the merge of the graphs of a sorted dump."""
    target.write(HEADER)
    with quads.open("rb") as lines:
        target.writelines(_lines(lines))


def patched(old: Path, changes: DefaultChanges, quads: Path, target: BinaryIO) -> None:
    """Write the same, by an older file and what has changed since; `quads` is the new dump."""
    target.write(HEADER)
    with sorted_lines(quads) as dump:
        rewritten = ((subject, _rewrite(dump, subject)) for subject in _subjects(changes))
        patch(old, rewritten, target, start=len(HEADER))


def _rewrite(dump: SortedLines, subject: bytes) -> Rewrite:
    dump.seek(subject)
    line = list(_lines(dump.take(subject)))
    return lambda _: line


def _subjects(changes: DefaultChanges) -> Iterator[bytes]:
    """The things that have changed, each with a space behind it, sorted."""
    with changes.added.open("rb") as added, changes.removed.open("rb") as removed:
        yield from (subject for subject, _ in groupby(heapq.merge(added, removed), key=_subject))


def _subject(line: bytes) -> bytes:
    return line[: line.index(b" ") + 1]


def _lines(quads: Iterable[bytes]) -> Iterator[bytes]:
    """One line a subject, of sorted quads: a triple of several graphs once."""
    for subject, of_subject in groupby(quads, key=_subject):
        start = len(subject)
        pairs = dict.fromkeys(line[start : line.rindex(b" <")] for line in of_subject)
        said = groupby((pair.split(b" ", 1) for pair in pairs), key=lambda pair: pair[0])
        yield subject + b" ; ".join(_statement(relation, targets) for relation, targets in said) + b" .\n"


def _statement(relation: bytes, targets: Iterable[list[bytes]]) -> bytes:
    verb = b"a" if relation == _TYPE else _short(relation)
    return verb + b" " + b" , ".join(_short(target) for _, target in targets)


def _short(term: bytes) -> bytes:
    """A term with its IRI, or that of its datatype, shortened if a prefix is known for it."""
    if not term.startswith(b"<"):
        text, mark, datatype = term.rpartition(b'"^^')
        return text + mark + _short(datatype) if mark else term
    found = _IRI.match(term)
    prefix = _NAMESPACES.get(found[1]) if found else None
    if found is None or prefix is None or not _LOCAL.match(found[2]):
        return term
    return prefix + b":" + found[2]
