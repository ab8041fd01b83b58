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
    text = _shown(release.raw.read(source.files[place.file], place.start, place.length))
    return RawRecord(place.file, text[:MOST_SHOWN], len(text) <= MOST_SHOWN)


def _shown(content: bytes) -> str:
    try:
        return json.dumps(_cleaned(json.loads(content)), ensure_ascii=False, indent=2)
    except (ValueError, RecursionError):
        text = _IN_TEXT.sub(rf'\1"{GAP}"', content.decode("utf-8", "replace"))
        return without_contacts(text).text.strip()


def _cleaned(value: Any) -> Any:
    match value:
        case str():
            return without_contacts(value).text
        case list():
            return [_cleaned(member) for member in value]
        case dict():
            return {name: GAP if name in _PERSONS and inner else _cleaned(inner) for name, inner in value.items()}
        case _:
            return value
