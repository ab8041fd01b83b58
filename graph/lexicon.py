"""Reads names of organisations as what they are made of, by a lexicon in Finnish, Swedish and English."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache, cached_property, lru_cache
from importlib.resources import files
from typing import Final

import msgspec

from ontology import vocabulary
from ontology.terms import SKOS, VK

_WORD = re.compile(r"[^\W_]+")
_FORMS_GLUED = tuple(
    re.compile(rf"(?<=\s){form}(?=[^\W\d_]{{3,}})") for form in ("OYJ", "OY", "KY", "AB", "LTD", "RY", "SR")
)
_SHORTEST_PIECE: Final = 3
"""Shorter pieces of compounds are not looked for: nearly any word has them."""
_SHORTEST_TAIL: Final = 5
"""How long the known end of a compound has to be if its beginning is not known."""
_NO_TAILS: Final = frozenset({"kunta", "liitto", "seura", "kommun"})
"""Words that end too many others: a palokunta is no municipality."""
_LONGEST_NAME, _MOST_WORDS, _LONGEST_WORD = 300, 40, 60
"""What is read of a name: letters, words, and letters of a word that is taken apart. None is called longer."""


class Class(Enum):
    """What a piece of a name tells."""

    BODY = "body"
    """Which of the bodies that the lexicon knows by several names."""
    PLACE = "place"
    KIND = "kind"
    """What kind of organisation: two kinds are two organisations."""
    PART = "part"
    """What parts of organisations are called."""
    TOPIC = "topic"
    WORD = "word"
    """A word that the lexicon doesn't know: most often the very name."""


@dataclass(frozen=True)
class Piece:
    """A piece of a name with what it means, and as it is written (folded)."""

    of: Class
    value: str
    written: str


@dataclass(frozen=True)
class Reading:
    """One way to read a name."""

    pieces: tuple[Piece, ...]
    plain: tuple[Piece, ...]
    """Its pieces if the lexicon knew no bodies: what its words mean one by one."""
    words: tuple[str, ...]
    """Its folded words, legal forms and words without meaning left out."""
    forms: frozenset[str]
    """The classes of its legal forms."""
    is_divided: bool
    """Whether something in the name sets a part of it apart: a slash, a dash, a comma or brackets."""

    @cached_property
    def flat(self) -> str:
        """Its words without spaces, as some sources lose these."""
        return "".join(self.words)

    @cached_property
    def bodies(self) -> frozenset[str]:
        """The bodies that it names."""
        return frozenset(piece.value for piece in self.pieces if piece.of is Class.BODY)

    def values(self, of: Class) -> frozenset[str]:
        """The meanings of its words of a class."""
        return frozenset(piece.value for piece in self.plain if piece.of is of)


class _File(msgspec.Struct, forbid_unknown_fields=True):
    version: str
    forms: dict[str, str]
    stop: dict[str, str]
    kinds: dict[str, str]
    parts: dict[str, str]
    topics: dict[str, str]
    places: dict[str, str]
    bodies: dict[str, str]


_Phrase = tuple[str, ...]
_Phrases = Mapping[_Phrase, tuple[Class, str]]


def fold(text: str) -> str:
    """A text in lower case without diacritics, so that ``ÅBO`` and ``Abo`` are one.

    >>> fold("Hämeenlinna, Ørsted & Straße")
    'hameenlinna, orsted & strasse'
    """
    plain = unicodedata.normalize("NFKD", text).casefold().replace("ø", "o").replace("æ", "ae").replace("ł", "l")
    return "".join(char for char in plain if not unicodedata.combining(char))


def version() -> str:
    """The version of the lexicon."""
    return _file().version


@lru_cache(maxsize=200_000)
def readings(name: str) -> tuple[Reading, ...]:
    """The ways to read a name: as it stands, and with what sources glue together taken apart. At least one.

    >>> [piece.value for piece in readings("Esbo stadsmuseum")[0].pieces]
    ['municipality-049', 'city', 'museum']
    """
    short = name[:_LONGEST_NAME]
    return tuple(dict.fromkeys(_reading(text) for text in (short, *_unglued(short))))


def _reading(name: str) -> Reading:
    words = [found[0] for found in _WORD.finditer(fold(name))][:_MOST_WORDS]
    forms: set[str] = set()
    pieces, kept = _pieces(words, _phrases(), forms)
    plain, _ = _pieces(words, _common_phrases(), forms)
    divided = bool(re.search(r"[/(,]|\s[-\u2013]\s", name.strip(" ,")))
    return Reading(pieces, plain, tuple(kept), frozenset(forms), divided)


def _pieces(words: list[str], phrases: _Phrases, forms: set[str]) -> tuple[tuple[Piece, ...], list[str]]:
    """What words are, each meaning once, and the words that mean something; classes of legal forms are put apart."""
    found: dict[tuple[Class, str], Piece] = {}
    kept: list[str] = []
    position = 0
    while position < len(words):
        length, meant = _longest(words, position, phrases)
        if isinstance(meant, str):
            forms.add(meant)
        elif meant:
            kept += words[position : position + length]
            for piece in meant:
                found.setdefault((piece.of, piece.value), piece)
        position += length
    return tuple(found.values()), kept


def _longest(words: list[str], position: int, phrases: _Phrases) -> tuple[int, list[Piece] | str]:
    """How many words the longest known phrase here has, and what it is: pieces, none, or the class of a legal form."""
    for length in range(min(_most_words(), len(words) - position), 0, -1):
        phrase = tuple(words[position : position + length])
        if phrase in phrases:
            of, value = phrases[phrase]
            return length, [Piece(of, value, "".join(phrase))]
        if phrase in _forms() and length < len(words):
            return length, _forms()[phrase]
    word = words[position]
    return 1, [] if word in _stop_words() else _compound(word)


def _compound(word: str) -> list[Piece]:
    """The pieces of a compound; the word itself if the lexicon doesn't know how it ends."""
    if len(word) > _LONGEST_WORD:
        return [Piece(Class.WORD, word, word)]
    whole = _split(word)
    if whole is not None:
        return list(whole)
    for start in range(_SHORTEST_PIECE, len(word) - _SHORTEST_TAIL + 1):
        known = _common_phrases().get((word[start:],))
        if known is not None and known[0] in (Class.KIND, Class.PART) and word[start:] not in _NO_TAILS:
            head = _split(word[:start]) or [Piece(Class.WORD, word[:start], word[:start])]
            return [*head, Piece(known[0], known[1], word[start:])]
    return [Piece(Class.WORD, word, word)]


@lru_cache(maxsize=100_000)
def _split(word: str) -> tuple[Piece, ...] | None:
    """A word as known pieces only, the longest first; None if it can't be had."""
    if not word:
        return ()
    for end in range(len(word), _SHORTEST_PIECE - 1, -1):
        known = _common_phrases().get((word[:end],))
        if known is not None:
            rest = _split(word[end:])
            if rest is not None:
                return (Piece(known[0], known[1], word[:end]), *rest)
    return None


def fine_words(words: Iterable[str]) -> tuple[str, ...]:
    """Words with their compounds taken apart as far as the lexicon goes.

    >>> fine_words(["sairaanhoitopiiri"])
    ('sairaan', 'hoito', 'piiri')
    """
    return tuple(piece for word in words for piece in (len(word) <= _LONGEST_WORD and _finest(word)) or [word])


@lru_cache(maxsize=50_000)
def _finest(word: str) -> list[str]:
    """A word as the most known pieces; empty if it isn't made of known ones."""
    best: list[str] = [word] if (word,) in _common_phrases() else []
    for end in range(_SHORTEST_PIECE, len(word) - _SHORTEST_PIECE + 1):
        if (word[:end],) in _common_phrases():
            rest = _finest(word[end:])
            if len(rest) + 1 > len(best) and rest:
                best = [word[:end], *rest]
    return best


def _unglued(name: str) -> Iterator[str]:
    """What a name may be in which names were glued together without a space between them.

    The lists of projects give a company's name and its auxiliary name so; then either is a name of it.

    >>> list(_unglued("JUNNIKKALA OYJUNNIKKALA OY"))[:2]
    ['JUNNIKKALA OY', 'JUNNIKKALA OY']
    """
    if not name.isupper():
        return
    for at in range(_SHORTEST_PIECE, len(name) - _SHORTEST_PIECE):
        before, after = name[:at], name[at:]
        if before[-1].isalpha() and after[0].isalpha() and _begins_anew(before.split(), after):
            yield from (before, after)
    for form in _FORMS_GLUED:
        for glued in form.finditer(name):
            yield from (name[: glued.end()], name[glued.end() :])
    words = name.split(" ")
    for number, word in enumerate(words):
        kind = _kind_before(fold(word))
        if kind:
            yield " ".join([*words[:number], word[:kind], "/", word[kind:], *words[number + 1 :]])


def _begins_anew(before: list[str], after: str) -> bool:
    """Whether what follows begins with the first or the last word of what is before."""
    return any(len(word) > _SHORTEST_PIECE and after.startswith(word) for word in (before[0], before[-1]))


def _kind_before(word: str) -> int:
    """How many letters of a word are a kind of organisation to which an unknown word is glued; 0 if none are."""
    if len(word) > _LONGEST_WORD:
        return 0
    whole = _split(word)
    # No compound ends in the name of a place, but glued names go on with one.
    if (word,) in _phrases() or (whole is not None and not any(piece.of is Class.PLACE for piece in whole[1:])):
        return 0
    for end in range(len(word) - _SHORTEST_PIECE, _SHORTEST_TAIL, -1):
        known = _common_phrases().get((word[:end],))
        if known is not None and known[0] is Class.KIND:
            return end
    return 0


@cache
def _file() -> _File:
    return msgspec.toml.decode((files("graph") / "lexicon.toml").read_bytes(), type=_File)


@cache
def _forms() -> Mapping[_Phrase, str]:
    return {phrase: value for value, texts in _file().forms.items() for phrase in _in(texts)}


@cache
def _stop_words() -> frozenset[str]:
    return frozenset(word for phrase in _in(_file().stop["words"]) for word in phrase)


@cache
def _phrases() -> _Phrases:
    """Phrase → what it means."""
    return {**_common_phrases(), **dict(_meanings(Class.BODY, _file().bodies))}


@cache
def _common_phrases() -> _Phrases:
    """The same without bodies. Where two sections have a phrase, the later of these lines wins."""
    sections = (
        (Class.TOPIC, _file().topics),
        (Class.PART, _file().parts),
        (Class.KIND, _file().kinds),
        (Class.PLACE, _file().places),
    )
    found = {phrase: meaning for of, entries in sections for phrase, meaning in _meanings(of, entries)}
    found.update(_municipalities())
    return found


def _meanings(of: Class, entries: Mapping[str, str]) -> Iterator[tuple[_Phrase, tuple[Class, str]]]:
    for value, texts in entries.items():
        for phrase in _in(texts):
            yield phrase, (of, value)


@cache
def _most_words() -> int:
    return max(map(len, _phrases()))


def _municipalities() -> Iterator[tuple[_Phrase, tuple[Class, str]]]:
    """The names of municipalities, their Finnish genitives (in the names of the corporations) and Swedish ones."""
    codes = {iri: code for code, iri in vocabulary.concepts(VK.municipalities).items()}
    for concept, text, _ in vocabulary.texts(SKOS.altLabel):
        if concept in codes:
            yield _words(text.rpartition(" ")[0]), (Class.PLACE, f"municipality-{codes[concept]}")
    for concept, text, language in vocabulary.texts(SKOS.prefLabel):
        if concept in codes:
            for form in (text, f"{text}s") if language == "sv" else (text,):
                yield _words(form), (Class.PLACE, f"municipality-{codes[concept]}")


def _in(texts: str) -> Iterable[_Phrase]:
    return (_words(text) for text in texts.split())


def _words(text: str) -> _Phrase:
    return tuple(_WORD.findall(fold(text)))
