"""A raw record as it may be shown: what the source gave, without persons' contact details."""

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from graph.privacy import GAP, without_contacts
from graph.release import Release

MOST_SHOWN: Final = 200_000
"""How many characters of a raw record are shown at most."""
_PERSONS: Final = frozenset(("contact_person",))
"""Fields that hold nothing but a person's name."""
_ALONE: Final = frozenset(("esif",))
"""Loaders whose records may have a person's name with no contact details beside it: there, every name goes."""
_OF_PERSONS: Final = frozenset(("name_fi", "name_sv", "name_en", "phone", "email"))
"""What stands beside such a field is of the same person."""
_ABOUT_CONTACTS: Final = frozenset(("channels", "organizer_name"))
"""Fields that say whom one contacts, themselves or in their names."""
_IN_TEXT: Final = re.compile(r'("contact_person"\s*:\s*)"(?:[^"\\]|\\.)*"?')


@dataclass(frozen=True)
class RawRecord:
    """A record in its source's own words: JSON indented, anything else as it stands in the file."""

    file: str
    text: str
    is_whole: bool
    """Whether all of it is shown; a very long record is cut."""


def raw_record(release: Release, key: str) -> RawRecord | None:
    """The raw record behind the key of a record's IRI; None if it has no place in a raw file.

    Raises DamagedRelease if the raw file can't be read.
    """
    source = next((entry for entry in release.manifest.sources if key.startswith(f"{entry.name}-")), None)
    if source is None:
        return None
    place = release.raw.find(source.name, key.removeprefix(f"{source.name}-"))
    if place is None or place.file not in source.files:
        return None
    # All of it is read before it is cut: what is taken out is found by what stands around it.
    content = release.raw.read(source.files[place.file], place.start, place.length)
    text = _shown(content, source.loader in _ALONE)
    return RawRecord(place.file, text[:MOST_SHOWN], len(text) <= MOST_SHOWN)


def _shown(content: bytes, has_names_alone: bool) -> str:
    try:
        return json.dumps(_cleaned(json.loads(content)), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        text = _IN_TEXT.sub(rf'\1"{GAP}"', _decoded(content))
        return without_contacts(text, has_names_alone).text.strip()


def _decoded(content: bytes) -> str:
    """Text in UTF-8, or in Latin-1 as older lists are."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _cleaned(value: Any, is_contact: bool = False) -> Any:
    """A value without persons' details; `is_contact`: it says whom one contacts, so that no name may stay in it."""
    match value:
        case str():
            return without_contacts(value, is_contact).text
        case list():
            return [_cleaned(member, is_contact) for member in value]
        case dict():
            # What belongs to a named person is that person's, whatever it is.
            persons = _PERSONS | (_OF_PERSONS if any(value.get(field) for field in _PERSONS) else frozenset())
            says_whom = is_contact or "section_type" in value
            return {
                name: GAP
                if name in persons and inner
                else _cleaned(inner, name in _ABOUT_CONTACTS or (says_whom and name.startswith("name")))
                for name, inner in value.items()
            }
        case _:
            return value
