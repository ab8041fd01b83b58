"""The JSON-LD context: short names for everything the ontology declares, made from it and never written by hand.

https://www.w3.org/TR/json-ld11/#the-context
"""

from functools import cache
from typing import Any

from ontology import vocabulary
from ontology.terms import PREFIXES, RDF, compact

_OWL = PREFIXES["owl"]
_KINDS = {f"{_OWL}Class", f"{_OWL}ObjectProperty", f"{_OWL}DatatypeProperty", f"{_OWL}AnnotationProperty"}


@cache
def context() -> dict[str, Any]:
    """Prefixes, then each declared class and property under its local name.

    A local name that two vocabularies have goes to the first by IRI; the other's has its prefix before it.

    >>> context()["assesses"]
    {'@id': 'vk:assesses', '@type': '@id'}
    """
    found: dict[str, Any] = dict(sorted(PREFIXES.items()))
    for iri, kind in sorted(_declared(), key=lambda pair: (not pair[0].startswith(PREFIXES["vk"]), pair)):
        short = compact(iri)
        prefix, _, local = short.partition(":")
        name = local if local not in found else f"{prefix}{local[0].upper()}{local[1:]}"
        found[name] = _definition(iri, short, kind)
    return found


def _declared() -> set[tuple[str, str]]:
    return {(iri, kind) for iri, kind in vocabulary.links(RDF.type) if kind in _KINDS and iri != RDF.type}


def _definition(iri: str, short: str, kind: str) -> dict[str, str] | str:
    if kind == f"{_OWL}ObjectProperty":
        return {"@id": short, "@type": "@id"}
    datatype = dict(vocabulary.links(f"{PREFIXES['rdfs']}range")).get(iri, "")
    return {"@id": short, "@type": compact(datatype)} if datatype.startswith(PREFIXES["xsd"]) else short
