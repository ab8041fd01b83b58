"""Takes persons' contact details out of text. The only module that decides what is personal.

Registers say of staff what a published graph need not repeat. What stays: offices, switchboards, role addresses.
What goes is counted by whoever asks, never kept.
"""

import itertools
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Final, NamedTuple

GAP: Final = "[…]"
"""What stands where something was taken out."""

_SEPARATOR = r"[\s\u202f\xa0./()\u2013-]"
# 04x and 050 are mobile networks in Finland, https://www.traficom.fi/en/communications/communications-networks/numbering.
_MOBILE = re.compile(rf"(?<![\d+])(?<!\d-)(?:(?:\+|00)?358{_SEPARATOR}{{0,3}}0?\)?{_SEPARATOR}?|\(?0)(?:4\d|50)"
                     rf"(?:{_SEPARATOR}{{0,3}}\d){{5,8}}(?!\d)")  # fmt: skip
_ADDRESS = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}+\s?(?:@|[(\[]\s?(?:at|ät|a)\s?[)\]])\s?[\w-]+(?:\.[\w-]+)+", re.IGNORECASE
)
_AT = re.compile(r"@|[(\[]\s?(?:at|ät|a)\s?[)\]]", re.IGNORECASE)
_IDENTITY_CODE = re.compile(r"\b\d{6}[-+ABCDEFUVWXY]\d{3}[0-9A-Y]\b")
_DIGIT = re.compile(r"\d")
_GLUED_FORM = re.compile(r"\A(?:oy|ab|ky)")
_CAPITALISED = re.compile(r"[A-ZÅÄÖŠŽÉÜØ](?:[a-zåäöšžéüøæ]+|[A-ZÅÄÖ]+)(?:-[A-ZÅÄÖ][a-zåäöéüø]+)*")
_BETWEEN_NAMES = re.compile(r"[ \xa0\u202f](?:[A-ZÅÄÖ]\.[ \xa0]?|(?:von|af|de|van)[ \xa0])?\Z")
_CONTACT = re.compile(r"puh\b|puhelin|tfn|\btel\b|phone|gsm|mobil|\bp\.|\+358|\b0\d|@", re.IGNORECASE)
_NEAR: Final = 90
"""How far from a name, in characters and over at most two line breaks, a contact makes it a contact person's."""

_FREE_MAIL = re.compile(
    r"(gmail|hotmail|outlook|live|luukku|kolumbus|yahoo|icloud|suomi24|pp\.inet|elisanet)\.", re.IGNORECASE
)
_MASKED: Final = "redacted@"
# Words of which role addresses are made, such as kirjaamo.helsinki@…
_ROLE_WORDS: Final = re.compile(
    r"asiakas|palvelu|service|info|kirjaamo|registr|neuvonta|r[aå]dgivning|kanslia|avustu|kirjasto|bibliote|toimisto|"
    r"office|pk\b|pvk|p[aä]iv[aä]koti|koulu|skola|school|laskutus|vara(us|amo)|hakemu|luvat|lupa|tontti|asunto|yhteis|"
    r"ty[oö]llis|liikunta|museo|teatteri|nuoriso|perhe|sosiaali|terveys|viestint|tiedotus|hallinto|rekister|tuki\b|"
    r"kaupunki|helsinki|espoo|vantaa|turku|tampere|oulu|posti\b|mail\b|seniori|opisto|arkisto|kuntoutus|valvonta|"
    r"ymp[aä]rist|rakennus|kaava|liikenne|pys[aä]k|talpa|kymp|kasko|sote|hel\b"
)


class Cleaned(NamedTuple):
    """A text without persons' contact details, and what kinds of them were taken out."""

    text: str
    removed: tuple[str, ...]


def is_mobile(number: str) -> bool:
    """Whether a telephone number is of a Finnish mobile network, and so perhaps a person's.

    >>> is_mobile("040 123 4567"), is_mobile("+358 9 310 1691")
    (True, False)
    """
    return _MOBILE.search(number) is not None


def is_personal_address(address: str) -> bool:
    """Whether an e-mail address is a person's and not an office's. In doubt it is.

    >>> is_personal_address("maija.meikalainen@hel.fi"), is_personal_address("helsinki.kirjaamo@hel.fi")
    (True, False)
    """
    local, domain = ([*_AT.split(address.lower(), maxsplit=1), ""])[:2]
    if address.lower().startswith(_MASKED) or _FREE_MAIL.search(domain.strip()):
        return True
    parts = [part for part in re.split(r"[._-]", local.strip()) if part]
    if len(parts) < 2:
        return False
    if parts[0] in _first_names():
        return True
    return all(re.fullmatch(r"[a-zåäö]+\d*", part) for part in parts) and not _ROLE_WORDS.search(local)


def names_a_person(address: str) -> bool:
    """Whether a web address has a personal e-mail address in it.

    >>> names_a_person("https://example.org/?to=maija.meikalainen@example.org")
    True
    """
    plain = address.replace("%40", "@")
    return "@" in plain and any(is_personal_address(found[0]) for found in _ADDRESS.finditer(plain))


def without_contacts(text: str, is_contact: bool = False) -> Cleaned:
    """A text without mobile numbers, personal e-mail addresses, identity codes and the names of those they belong to.

    `is_contact`: the text says whom one contacts, so that any name in it is a contact person's.

    >>> without_contacts("Kysy: Maija Meikäläinen, puh. 040 123 4567 tai 09 310 1691.")
    Cleaned(text='Kysy: […], puh. […] tai 09 310 1691.', removed=('mobile number', 'name'))
    >>> without_contacts("Maija Meikäläinen on Helsingin historiaa.")
    Cleaned(text='Maija Meikäläinen on Helsingin historiaa.', removed=())
    """
    # Most texts have nothing of the kind, and looking for a sign or a digit costs little.
    has_digits = _DIGIT.search(text) is not None
    has_addresses = "@" in text or (("(" in text or "[" in text) and _AT.search(text) is not None)
    if not (has_digits or has_addresses or is_contact):
        return Cleaned(text, ())
    removed: dict[str, None] = {}

    def take(what: str) -> str:
        removed[what] = None
        return GAP

    if has_digits:
        text = _IDENTITY_CODE.sub(lambda _: take("personal identity code"), text)
        text = _MOBILE.sub(lambda _: take("mobile number"), text)
    if has_addresses:
        text = _ADDRESS.sub(
            lambda found: take("personal e-mail address") if is_personal_address(found[0]) else found[0], text
        )
    if removed or is_contact or _CONTACT.search(text):
        pieces, done = [], 0
        for start, end in _names(text):
            if is_contact or _is_near_a_contact(text, start, end):
                pieces += [text[done:start], take("name")]
                done = end
        text = "".join((*pieces, text[done:]))
    return Cleaned(text, tuple(removed))


def _names(text: str) -> Iterator[tuple[int, int]]:
    """Where names stand: known first names and the capitalised word after them, or before one with a comma."""
    words = list(_CAPITALISED.finditer(text))
    taken = 0
    for index, (first, second) in enumerate(itertools.pairwise(words)):
        if first.start() < taken:
            continue
        if _is_name(text, first, second):
            # Two first names may stand before a surname.
            following = words[index + 2 : index + 3]
            last = next((third for third in following if _is_name(text, second, third)), second)
        elif text[first.end() : second.start()] == ", " and _is_first_name(second[0]) and not _is_first_name(first[0]):
            last = second
        else:
            continue
        taken = last.end()
        yield first.start(), last.end()


def _is_name(text: str, first: re.Match[str], second: re.Match[str]) -> bool:
    return _is_first_name(first[0]) and _BETWEEN_NAMES.match(text[first.end() : second.start()]) is not None


def _is_near_a_contact(text: str, start: int, end: int) -> bool:
    after = "\n".join(text[end : end + _NEAR].split("\n", 3)[:3])
    before = "\n".join(text[max(0, start - _NEAR) : start].rsplit("\n", 2)[-2:])
    return GAP in after or GAP in before or _CONTACT.search(after) is not None


def _is_first_name(word: str) -> bool:
    # Lists of companies have whoever keeps the books glued to the name: Esimerkki OYMAIJA MEIKÄLÄINEN.
    parts = (part for whole in word.lower().split("-") for part in (whole, _GLUED_FORM.sub("", whole)))
    return any(part in _first_names() for part in parts)


@cache
def _first_names() -> frozenset[str]:
    return frozenset((files("graph") / "first_names.txt").read_text(encoding="utf-8").split())
