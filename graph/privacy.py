"""Takes persons' contact details out of free text. The only module that decides what is personal.

Registers say of staff what a published graph need not repeat. What stays: offices, switchboards, role addresses.
What goes is counted by whoever asks, never kept.
"""

import re
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

GAP: Final = "[…]"
"""What stands where something was taken out."""

_MOBILE = re.compile(r"(?<![\d+])(?:\+358[\s\u202f\xa0-]?(?:\(0\)\s?)?|0)(?:4\d|50)(?:[\s\u202f\xa0-]?\d){5,8}(?!\d)")
_ADDRESS = re.compile(r"[\w.+-]+\s?(?:@|\(at\)|\[at\])\s?[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_WORD = r"[A-ZÅÄÖ][a-zåäöéüø]+(?:-[A-ZÅÄÖ][a-zåäöéüø]+)?"
_NAME = re.compile(rf"(?<![\w-])({_WORD})[ \xa0\u202f]({_WORD})(?![\w-])")
_PERSONAL_LOCAL_PART = re.compile(r"[a-zåäö]+(?:-[a-zåäö]+)?\.(?:[a-z]\.)?[a-zåäö]+(?:-[a-zåäö]+)?\Z")
_DIGIT, _AT = re.compile(r"\d"), re.compile(r"@|[(\[]at[)\]]", re.IGNORECASE)
_TELEPHONE = re.compile(r"puh|tfn|tel|phone|p\.|\+358|\b0\d", re.IGNORECASE)
_LANDLINE_NEAR = re.compile(rf"\A[^\n]{{0,60}}?(?:{_TELEPHONE.pattern})", re.IGNORECASE)
_MASKED: Final = "redacted@"

# Words of which role addresses are made, such as kirjaamo.helsinki@…; a person is not called so.
_ROLE_WORDS: Final = re.compile(
    r"asiakas|palvelu|service|info|kirjaamo|registr|neuvonta|r[aå]dgivning|kanslia|avustu|kirjasto|bibliote|toimisto|"
    r"office|pk\b|pvk|p[aä]iv[aä]koti|koulu|skola|school|laskutus|vara(us|amo)|hakemu|luvat|lupa|tontti|asunto|yhteis|"
    r"ty[oö]llis|liikunta|museo|teatteri|nuoriso|perhe|sosiaali|terveys|viestint|tiedotus|hallinto|rekister|tuki|"
    r"kaupunki|helsinki|espoo|vantaa|turku|tampere|oulu|posti|mail|seniori|opisto|arkisto|kuntoutus|valvonta|"
    r"ymp[aä]rist|rakennus|kaava|liikenne|pys[aä]k|talpa|kymp|kasko|sote|hel\b"
)


class Cleaned(NamedTuple):
    """A text without persons' contact details, and what kinds of them were taken out."""

    text: str
    removed: tuple[str, ...]


def is_personal_address(address: str) -> bool:
    """Whether an e-mail address is a person's and not an office's.

    >>> is_personal_address("maija.meikalainen@hel.fi"), is_personal_address("helsinki.kirjaamo@hel.fi")
    (True, False)
    """
    local = re.split(r"@|\(at\)|\[at\]", address.lower())[0].strip()
    if address.lower().startswith(_MASKED):
        return True
    return bool(_PERSONAL_LOCAL_PART.match(local)) and not _ROLE_WORDS.search(local)


def names_a_person(address: str) -> bool:
    """Whether a web address has a personal e-mail address in it.

    >>> names_a_person("https://example.org/?to=maija.meikalainen@example.org")
    True
    """
    return any(is_personal_address(found[0]) for found in _ADDRESS.finditer(address))


def without_contacts(text: str) -> Cleaned:
    """A text without the mobile numbers, the personal e-mail addresses and the names of those they belong to.

    >>> without_contacts("Kysy: Maija Meikäläinen, puh. 040 123 4567 tai 09 310 1691.")
    Cleaned(text='Kysy: […], puh. […] tai 09 310 1691.', removed=('mobile number', 'name'))
    >>> without_contacts("Maija Meikäläinen on Helsingin historiaa.")
    Cleaned(text='Maija Meikäläinen on Helsingin historiaa.', removed=())
    """
    # Most texts have nothing of the kind, and looking for a sign or a digit costs little.
    has_digits, has_addresses = _DIGIT.search(text) is not None, _AT.search(text) is not None
    if not (has_digits or has_addresses):
        return Cleaned(text, ())
    removed: dict[str, None] = {}

    def take(what: str) -> str:
        removed[what] = None
        return GAP

    if has_digits:
        text = _MOBILE.sub(lambda _: take("mobile number"), text)
    if has_addresses:
        text = _ADDRESS.sub(
            lambda found: take("personal e-mail address") if is_personal_address(found[0]) else found[0], text
        )
    before = text
    if removed or _TELEPHONE.search(text):
        text = _NAME.sub(lambda found: take("name") if _is_contact(found, before) else found[0], before)
    return Cleaned(text, tuple(removed))


def _is_contact(found: "re.Match[str]", text: str) -> bool:
    """Whether a pair of capitalised words is the name of somebody whose contact details follow."""
    after = text[found.end() :]
    first_name = any(part in _first_names() for part in found[1].lower().split("-"))
    # The contact may stand in the same line or, as in a signature, in one of the next two.
    near = "\n".join(after.split("\n", 3)[:3])[:120]
    return first_name and (GAP in near or bool(_LANDLINE_NEAR.match(after)))


@cache
def _first_names() -> frozenset[str]:
    return frozenset((files("graph") / "first_names.txt").read_text(encoding="utf-8").split())
