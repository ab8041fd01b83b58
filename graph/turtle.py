"""One thing as a line of Turtle, and the documents that such lines stand in: they can be patched, searched, compared.

https://www.w3.org/TR/turtle/, https://www.w3.org/TR/trig/. Terms come in canonical N-Triples, which is Turtle too; IRIs
of known vocabularies are shortened.
"""

import re
import shutil
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import BinaryIO, Final

from graph.ntriples import iri
from ontology.terms import PREFIXES, RDF

BEFORE: Final = b"<"
"""What stands before the IRI of the thing in a line, and `AFTER` behind it."""
AFTER: Final = b">"
HEADER: Final = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in PREFIXES.items()).encode()
_NAMESPACES: Final = {namespace.encode(): prefix.encode() for prefix, namespace in PREFIXES.items()}
_LOCAL: Final = re.compile(rb"[A-Za-z_][\w-]*\Z", re.ASCII)
_IRI: Final = re.compile(rb"<([^>]*[#/])([^>#/]*)>\Z")
_TYPE: Final = iri(RDF.type).encode()


def line(subject: bytes, pairs: Iterable[tuple[bytes, bytes]]) -> bytes:
    """A thing with what is said of it: predicates and objects, sorted."""
    said = groupby(pairs, key=lambda pair: pair[0])
    statements = b" ; ".join(_statement(relation, [target for _, target in targets]) for relation, targets in said)
    return BEFORE + subject + AFTER + b" " + statements + b" .\n"


def write_trig(documents: Mapping[str, Path], target: BinaryIO) -> None:
    """Put the Turtle of each graph together as a dataset. `documents`: graph IRI → its Turtle."""
    target.write(HEADER)
    for graph, path in documents.items():
        target.write(f"<{graph}> {{\n".encode())
        with path.open("rb") as document:
            document.seek(len(HEADER))
            shutil.copyfileobj(document, target, 1 << 20)
        target.write(b"}\n")


def _statement(relation: bytes, targets: list[bytes]) -> bytes:
    verb = b"a" if relation == _TYPE else _short(relation)
    return verb + b" " + b" , ".join(map(_object, targets))


def _object(term: bytes) -> bytes:
    """A term with its IRI, or that of its datatype, shortened if a prefix is known for it."""
    if term.startswith(b"<"):
        return _short(term)
    text, mark, datatype = term.rpartition(b'"^^')
    return text + mark + _short(datatype) if mark else term


@lru_cache(maxsize=10_000)
def _short(term: bytes) -> bytes:
    found = _IRI.match(term)
    prefix = _NAMESPACES.get(found[1]) if found else None
    if found is None or prefix is None or not _LOCAL.match(found[2]):
        return term
    return prefix + b":" + found[2]
