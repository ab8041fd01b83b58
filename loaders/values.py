"""What every register loader does with single values. What can't be used is dropped and counted, never guessed."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final
from urllib.parse import quote

from graph.errors import InvalidStatement
from graph.ntriples import clean, has_control_characters, iri
from graph.privacy import is_mobile, is_personal_address, names_a_person, without_contacts
from loaders.records import Code, Date, Named, Position, Record, Ref, SourceRecord, Texts, Typed
from ontology import vocabulary
from ontology.identifiers import Kind
from ontology.terms import VK, XSD

LANGUAGES: Final = "http://publications.europa.eu/resource/authority/language"
"""The EU's list of languages, by the two-letter codes that our sources use."""
NAMED_ONLY: Final = re.compile(r"name-[0-9a-f]{12}|unit-\d+")
"""Identifiers that were made for organisations which their sources know by name alone."""
UNTOLD: Final = "und"
"""The tag of names whose language is not told (BCP 47, ISO 639-2)."""
_INVISIBLE: Final = "\u200b\u200c\u200d\u2060\ufeff\xa0\u202f \t\r\n"
_WEB_ADDRESS = re.compile(r"https?://[^/?#\s]+", re.IGNORECASE)
_TELEPHONE = re.compile(r"[+\d][\d\s()/\u202f\xa0\u2013-]{3,}\Z")
_COMPANY_FORM = re.compile(
    r"\b(oy|oyj|ab|abp|ky|ay|ry|rf|rs|osk|osuuskunta|ltd|gmbh|säätiö|stiftelse)\b", re.IGNORECASE
)
_BUSINESS_ID = re.compile(r"(\d{6,7})\s*-?\s*(\d)\Z")
_ISO_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?\Z")
_FINNISH_DATE = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})\Z")
_STRUCTURAL_FUNDS = re.compile(r"[ASR]\d{5}\Z")
_VAT_NUMBER = re.compile(r"[A-Z]{2}(?=.*[1-9])[A-Z0-9]{2,13}\Z")
REGISTERS: Final = {
    "business-id": (VK.businessId, re.compile(r"\d{7}-\d")),
    "vat": (VK.vatNumber, _VAT_NUMBER),
    "pic": (VK.pic, re.compile(r"\d{9}")),
    "oid": (VK.oid, re.compile(r"[0-2](\.(0|[1-9]\d*))+")),
    "ptv": (VK.ptvId, re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")),
    "tpr": (VK.tprId, re.compile(r"[\w-]+")),
}
"""Registers of organisations: the word for them in tables → the datatype of their identifiers, and their form."""
_POST_CODE = re.compile(r"\d{5}\Z")
_REMARK = re.compile(r"\s+\([^()]*\)\Z")
# Commas inside of brackets belong to a word.
_COMMA = re.compile(r",(?![^()]*\))")
_E_MAIL = re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+\Z")


def is_identifier(text: str) -> bool:
    """Whether a text can be an identifier: something is there, on one line, and all of it can be said in a graph.

    >>> is_identifier("83e74666-0836"), is_identifier(" "), is_identifier("a\\x00"), is_identifier("a\\nb")
    (True, False, False, False)
    """
    return bool(text.strip(_INVISIBLE)) and text.isprintable() and not has_control_characters(text)


def may_be_a_person(name: str) -> bool:
    """Whether a name may be a person's: a first name is in it, and no form of a company or association.

    >>> may_be_a_person("VIRTANEN ANNA"), may_be_a_person("Anna Virtanen Oy"), may_be_a_person("Turun kaupunki")
    (True, False, False)
    """
    if _COMPANY_FORM.search(name) is not None:
        return False
    words = name.split()
    # Registers write the family name first, often without the comma.
    ways = (name, " ".join(reversed(words))) if len(words) == 2 else (name,)
    return any(without_contacts(way, is_contact=True).removed for way in ways)


def name_identifier(name: str) -> str:
    """The identifier of an organisation that its source knows by name alone: a hash, which keeps names out of IRIs.

    >>> name_identifier("Turun kaupunki")
    'name-63af8ae90a07'
    """
    return f"name-{short_hash(name.encode())}"


def short_hash(content: bytes) -> str:
    """The beginning of a SHA-256, for an identifier that tells nothing of what it was made from.

    >>> short_hash(b"Turun kaupunki")
    '63af8ae90a07'
    """
    return hashlib.sha256(content).hexdigest()[:12]


def date_in_words(text: str) -> Date | None:
    """A day, month or year as people write it in a table: ISO form, or a day as d.m.yyyy; None if it is none.

    >>> date_in_words("14.12.2017"), date_in_words("2017-09"), date_in_words("soon")
    (Date(text='2017-12-14'), Date(text='2017-09'), None)
    """
    finnish = _FINNISH_DATE.match(text)
    if finnish:
        day, month, year = map(int, finnish.groups())
        text = f"{year:04}-{month:02}-{day:02}"
    elif not _ISO_DATE.match(text):
        return None
    try:
        date.fromisoformat(text + "-01-01"[len(text) - 4 :] if len(text) < 10 else text)
    except ValueError:
        return None
    return Date(text)


def day_in_words(text: str) -> Date | None:
    """The same, of a whole day only."""
    found = date_in_words(text)
    return found if found is not None and len(found.text) == len("2017-12-14") else None


def business_id(text: str) -> str | None:
    """A Finnish business id with its hyphen and leading zero; None if it is none, or its check digit is wrong.

    https://www.vero.fi/globalassets/tietoa-verohallinnosta/ohjelmistokehittajille/yritys--ja-yhteisötunnuksen-ja-henkilötunnuksen-tarkistusmerkin-tarkistuslaskenta.pdf

    >>> business_id("201256 6"), business_id("0201256-7")
    ('0201256-6', None)
    """
    found = _BUSINESS_ID.match(text)
    if not found:
        return None
    digits, check = found[1].zfill(7), int(found[2])
    rest = sum(weight * int(digit) for weight, digit in zip((7, 9, 10, 5, 8, 4, 2), digits, strict=True)) % 11
    return f"{digits}-{check}" if (rest == 0 and check == 0) or (rest > 1 and check == 11 - rest) else None


def identifier_in_words(text: str) -> Typed | None:
    """An identifier as people write it in a table, the register before it; None if it can't be one of that register.

    >>> identifier_in_words("business-id: 201256-6")
    Typed(text='0201256-6', datatype='https://w3id.org/verkosto#businessId')
    >>> identifier_in_words("business-id:0201256-7") is None
    True
    """
    word, _, value = (part.strip() for part in text.partition(":"))
    if word == "vat" and value.upper().startswith("FI"):
        word, value = "business-id", value[2:]
    if word not in REGISTERS:
        return None
    datatype, form = REGISTERS[word]
    value = value.lower() if datatype == VK.ptvId else value
    value = (business_id(value) or "") if datatype == VK.businessId else value
    return Typed(value, datatype) if form.fullmatch(value) else None


def identifiers(*found: tuple[str, str | None]) -> tuple[Typed, ...]:
    """Identifiers with the datatypes of their registers, from pairs of these; those that are absent are left out.

    The way that `ORG <https://www.w3.org/TR/vocab-org/#property-identifier>`_ advises to tell schemes apart.
    """
    return tuple(Typed(text, datatype) for datatype, text in found if text)


def structural_funds_code(code: str | None) -> tuple[str, str | None]:
    """A project's code as an identifier, if it has the form of those of Finland's structural funds.

    >>> structural_funds_code("A71005")[1], structural_funds_code("6aika-1")[1]
    ('A71005', None)
    """
    return VK.structuralFundsCode, code if code and _STRUCTURAL_FUNDS.match(code) else None


def concept(scheme: str, notation: str) -> Code:
    """A concept of a list of ours, by a notation that is known to be in it."""
    return Code(vocabulary.concepts(scheme)[notation])


def decimal(text: str) -> Typed | None:
    """A number with at most two decimals in its canonical form; None if the text is none.

    >>> decimal("1 250,50"), decimal("many")
    (Typed(text='1250.5', datatype='http://www.w3.org/2001/XMLSchema#decimal'), None)
    """
    try:
        number = Decimal(re.sub(r"\s", "", text).replace(",", "."))
        cents = number.quantize(Decimal("0.01"))
    except InvalidOperation:
        return None
    return Typed(f"{cents.normalize():f}", XSD.decimal) if cents == number and number.is_finite() else None


@dataclass(frozen=True)
class Values:
    """The values of one record, and what becomes of them."""

    place: str
    dropped: dict[str, None] = field(default_factory=dict)
    """Which values were left out, and why: each sentence once."""
    noted: dict[str, None] = field(default_factory=dict)
    """What is worth knowing of the record besides."""

    def drop(self, what: str, why: str) -> None:
        """Leave a value out, and say so."""
        self.dropped[f"{self.place}: {what}: {why}"] = None

    def note(self, what: str) -> None:
        """Say something that is worth knowing of the record, which is loaded all the same."""
        self.noted[f"{self.place}: {what}"] = None

    def texts(
        self, what: str, by_language: Iterable[tuple[str, str | None]], is_contact: bool = False
    ) -> dict[str, str]:
        """Free text by language, without persons' contact details; languages without text are left out.

        `is_contact`: the text says whom one contacts, so that no name may stay in it.
        """
        found: dict[str, str] = {}
        for language, raw in by_language:
            text = self._clean(what, raw)
            if text and language in found:
                self.drop(what, "a second text in the same language")
            elif text:
                text, removed = without_contacts(text, is_contact)
                for kind in removed:
                    self.drop(what, f"{kind} taken out of a text")
                found[language] = text
        return found

    def names(self, what: str, by_language: Iterable[tuple[str, str | None]]) -> tuple[tuple[str, str], ...]:
        """Comma lists of words, as pairs of language and word, each once."""
        return tuple(
            dict.fromkeys(
                (language, word.strip(_INVISIBLE))
                for language, text in self.texts(what, by_language).items()
                for word in _COMMA.split(text)
                if word.strip(_INVISIBLE)
            )
        )

    def page(self, what: str, address: str | None, title: Texts) -> Named | None:
        """A web page; spaces at its ends and a remark in brackets after it are cut off, spaces inside are escaped."""
        text = _REMARK.sub("", self._clean(what, address))
        if not text:
            return None
        if re.search(r"[\s,;]https?://", text):
            self.drop(what, "several web addresses in the place of one")
            return None
        if names_a_person(text):
            self.drop(what, "personal e-mail address in a web address left out")
            return None
        if not _WEB_ADDRESS.match(text):
            self.drop(what, "this is no web address")
            return None
        try:
            iri(escaped := quote(text, safe="%/:=&?~#+!$,;'@()*[]", encoding="utf-8"))
        except InvalidStatement:
            self.drop(what, "this is no web address")
            return None
        return Named(escaped, title)

    def plain(self, what: str, text: str | None) -> str | None:
        """A code or identifier, cleaned; None if nothing is there."""
        return self._clean(what, text) or None

    def post_code(self, what: str, text: str | None) -> str | None:
        """A Finnish postal code: five digits."""
        code = self.plain(what, text)
        if code is not None and not _POST_CODE.match(code):
            self.drop(what, "this is no postal code of five digits")
            return None
        return code

    def business_id(self, what: str, text: str | None) -> str | None:
        """A Finnish business id with its hyphen; one whose check digit is wrong is left out."""
        given = self._clean(what, text)
        found = business_id(given)
        if given and found is None:
            self.drop(what, "this is no business id, or its check digit is wrong")
        return found

    def vat_number(self, what: str, number: str | None) -> tuple[str, str | None]:
        """A VAT number as an identifier with its datatype: a Finnish one as the business id that it holds."""
        plain = re.sub(r"\W", "", number or "").upper()
        if plain.startswith("FI"):
            return VK.businessId, self.business_id(what, plain[2:])
        return VK.vatNumber, plain if _VAT_NUMBER.match(plain) else None

    def day(self, what: str, text: str | None) -> Date | None:
        """The day of a date or time in ISO form."""
        if text is None:
            return None
        try:
            return Date(date.fromisoformat(text[:10]).isoformat())
        except ValueError:
            self.drop(what, "there is no such day")
            return None

    def decimal(self, what: str, text: str | None) -> Typed | None:
        """An amount as a canonical decimal; both signs of decimals are in use."""
        given = self._clean(what, text)
        if not given:
            return None
        found = decimal(given)
        if found is None:
            self.drop(what, "this is no amount")
        return found

    def refs(self, what: str, kind: Kind, ids: Iterable[str | int | None]) -> tuple[Ref, ...]:
        """Things of this source by their identifiers, each once; what can't be an identifier is left out."""
        found: dict[Ref, None] = {}
        for native_id in ids:
            if native_id is None:
                continue
            if is_identifier(str(native_id)):
                found[Ref(kind, str(native_id))] = None
            else:
                self.drop(what, "this is no identifier")
        return tuple(found)

    def ref(self, what: str, kind: Kind, native_id: str | int | None) -> Ref | None:
        """One thing of this source by its identifier, or None."""
        return next(iter(self.refs(what, kind, (native_id,))), None)

    def telephones(self, what: str, text: str | None) -> tuple[str, ...]:
        """A comma list of telephone numbers, in the source's spacing."""
        found = []
        for number in (part.strip(_INVISIBLE) for part in self._clean(what, text).split(",")):
            if is_mobile(number):
                self.drop(what, "mobile number left out, as it may be a person's")
            elif _TELEPHONE.match(number):
                found.append(re.sub(r"\s+", " ", number))
            elif number:
                self.drop(what, "this is no telephone number")
        return tuple(dict.fromkeys(found))

    def emails(self, what: str, text: str | None) -> tuple[str, ...]:
        """An e-mail address that is an office's; a person's is left out."""
        address = self._clean(what, text).replace("(at)", "@").replace("[at]", "@")
        if not address:
            return ()
        if not _E_MAIL.match(address):
            self.drop(what, "this is no e-mail address")
        elif is_personal_address(address):
            self.drop(what, "personal e-mail address left out")
        else:
            return (address,)
        return ()

    def codes(self, what: str, scheme: str, codes: Iterable[str]) -> tuple[Code, ...]:
        """Codes of a list; one that the shared lists have too is given as the shared concept."""
        known, matches = vocabulary.concepts(scheme), vocabulary.matches()
        found: dict[Code, None] = {}
        for code in codes:
            if code in known:
                found[Code(matches.get(known[code], known[code]))] = None
            else:
                self.drop(what, f"the code {code[:40]!r} is not in the list")
        return tuple(found)

    def code(self, what: str, scheme: str, code: str | None) -> Code | None:
        """One code of a list, or None."""
        found = self.codes(what, scheme, () if code is None else (code,))
        return found[0] if found else None

    def concepts(self, what: str, addresses: Iterable[str], scheme: str) -> tuple[Code, ...]:
        """Concepts of a list by their addresses, old or new."""
        known, matches = set(vocabulary.concepts(scheme).values()), vocabulary.matches()
        found: dict[Code, None] = {}
        for address in addresses:
            concept = matches.get(address, address)
            if concept in known:
                found[Code(concept)] = None
            else:
                self.drop(what, "this address is not in the list")
        return tuple(found)

    def mapped(self, what: str, scheme: str, codes: Mapping[str, str], code: str | None) -> Code | None:
        """A source's code as the concept of a list of ours, by a table of codes and notations; or None."""
        if code is None:
            return None
        if code not in codes:
            self.drop(what, f"the code {code[:40]!r} is not known")
            return None
        return concept(scheme, codes[code])

    def record(
        self,
        native_id: str,
        position: Position,
        things: Iterable[Record],
        other: tuple[tuple[str, str], ...] = (),
    ) -> SourceRecord:
        """The source record that these are the values of, with what it describes and what became of them."""
        return SourceRecord(
            place=self.place,
            native_id=native_id,
            position=position,
            # Made before what became of the values is asked for: making them may leave some out.
            things=tuple(things),
            other=other,
            dropped=tuple(self.dropped),
            noted=tuple(self.noted),
        )

    def _clean(self, what: str, text: str | None) -> str:
        if text is None:
            return ""
        if has_control_characters(text):
            self.drop(what, "control characters taken out")
            text = clean(text)
        return unicodedata.normalize("NFC", text).strip(_INVISIBLE)
