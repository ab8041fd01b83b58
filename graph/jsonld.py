"""One thing as a line of JSON-LD, and the document that such lines stand in.

https://www.w3.org/TR/json-ld11/. The escapes of canonical N-Triples are escapes of JSON too, so that texts are taken
over as they are.
"""

import json
from functools import cache
from typing import Final

from graph.ntriples import iri
from graph.things import Thing
from ontology.context import context
from ontology.terms import PREFIXES, RDF, expand

BEFORE: Final = b',{"@id":"'
"""What stands before the IRI of the thing in a line, and `AFTER` behind it."""
AFTER: Final = b'"'
FOOTER: Final = b"]}\n"
_TYPE: Final = iri(RDF.type).encode()


def header(first: str) -> bytes:
    """The beginning of a document.

    Each line begins with a comma, and so something has to come first, of which nothing is said: `first`, an IRI.
    """
    named = json.dumps({"@id": first}, ensure_ascii=False)
    return f'{{"@context":{json.dumps(_context(), separators=(",", ":"))},"@graph":[{named}\n'.encode()


def line(thing: Thing) -> bytes:
    """A thing as one line."""
    said: dict[bytes, list[bytes]] = {}
    for predicate, target, _ in thing.triples:
        if predicate == _TYPE:
            said.setdefault(b"@type", []).append(_class(target))
        else:
            name, coercion = _property(predicate)
            said.setdefault(name, []).append(_value(target, coercion))
    members = b",".join(
        b'"' + name + b'":' + (values[0] if len(values) == 1 else b"[" + b",".join(values) + b"]")
        for name, values in said.items()
    )
    return BEFORE + thing.iri + AFTER + (b"," + members if members else b"") + b"}\n"


@cache
def _names() -> dict[str, tuple[str, str]]:
    """IRI → the term of the context that stands for it, and what values are taken for: ``@id``, a datatype, nothing."""
    found = {}
    for name, definition in context().items():
        if name in PREFIXES:
            continue
        short, coercion = (definition, "") if isinstance(definition, str) else (definition["@id"], definition["@type"])
        found[expand(short)] = (name, coercion if coercion == "@id" else expand(coercion))
    return found


@cache
def _context() -> dict[str, dict[str, str]]:
    """The terms with their IRIs in full: without prefixes, no IRI of a thing can be taken for a shortened one."""
    return {
        name: {"@id": full, **({"@type": coercion} if coercion else {})} for full, (name, coercion) in _names().items()
    }


@cache
def _class(term: bytes) -> bytes:
    full = term[1:-1].decode()
    return json.dumps(_names().get(full, (full, ""))[0], ensure_ascii=False).encode()


@cache
def _property(term: bytes) -> tuple[bytes, bytes]:
    full = term[1:-1].decode()
    name, coercion = _names().get(full, (full, ""))
    return name.encode(), coercion.encode()


def _value(term: bytes, coercion: bytes) -> bytes:
    if term.startswith(b"<"):
        text = b'"' + term[1:-1] + b'"'
        return text if coercion == b"@id" else b'{"@id":' + text + b"}"
    end = term.rindex(b'"') + 1
    text, kind = term[:end], term[end:]
    if kind.startswith(b"@"):
        return b'{"@language":"' + kind[1:] + b'","@value":' + text + b"}"
    if kind:
        datatype = kind[3:-1]
        return text if datatype == coercion else b'{"@type":"' + datatype + b'","@value":' + text + b"}"
    return b'{"@value":' + text + b"}" if coercion else text
