"""What the publisher says of the graph as a whole, and what its descriptions repeat."""

from collections.abc import Mapping
from typing import TypeVar

import msgspec

Texts = dict[str, str]
"""Language tag → text."""
Said = TypeVar("Said")


def in_language(said: Mapping[str, Said], tag: str) -> Said:
    """What is said in a language, or in another one where nothing is.

    >>> in_language({"fi": "Kaupunki", "en": "City"}, "en"), in_language({"fi": "Kaupunki"}, "en")
    ('City', 'Kaupunki')
    """
    return said.get(tag) or next(iter(said.values()))


class Publisher(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The organisation that publishes the graph; never a person."""

    name: Texts
    page: str
    """Its page, which is also its IRI."""
    contact: str | None = None
    """Where one can ask: a page, or ``mailto:`` and an address that is no person's."""


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The graph as a dataset, in the words of `DCAT-AP 3 <https://semiceu.github.io/DCAT-AP/releases/3.0.0/>`_."""

    title: Texts
    description: Texts
    publisher: Publisher
    address: str
    """Where it is served: the origin, without a slash at the end."""
    keywords: dict[str, list[str]] = {}
    """Language tag → keywords."""
    themes: list[str] = []
    """Codes of the EU's data themes, such as ``GOVE``
    (http://publications.europa.eu/resource/authority/data-theme)."""
    spatial: list[str] = []
    """IRIs of the areas it is about."""
    frequency: str = "IRREG"
    """How often there is a new release: a code of the EU's list of frequencies
    (http://publications.europa.eu/resource/authority/frequency)."""
    gaps: dict[str, list[str]] = {}
    """Language tag → what is known to be missing, a sentence each."""


def unsaid(base: str) -> About:
    """What can be said of a graph that its publisher says nothing of."""
    return About(
        title={"fi": "Verkosto", "sv": "Verkosto", "en": "Verkosto"},
        description={
            "fi": "Palvelut ja ekosysteemit linkitettynä datana.",
            "sv": "Tjänster och ekosystem som länkade data.",
            "en": "Services and ecosystems as linked data.",
        },
        publisher=Publisher(name={"en": base}, page=f"{base}/"),
        address=base,
    )
