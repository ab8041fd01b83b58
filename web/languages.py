"""Three equal languages: which one to use, which of a thing's names to show, in which order names come."""

from collections.abc import Sequence
from enum import Enum

from starlette.requests import Request

from graph.knowledge import Link, Text


class Language(Enum):
    """A language of the pages; each knows its tag and what it calls itself."""

    FI = ("fi", "suomi")
    SV = ("sv", "svenska")
    EN = ("en", "English")

    def __init__(self, tag: str, own_name: str) -> None:
        self.tag = tag
        self.own_name = own_name

    @classmethod
    def of(cls, tag: str) -> "Language | None":
        """The language with this tag, or None.

        >>> Language.of("sv").own_name
        'svenska'
        """
        return next((language for language in cls if language.tag == tag), None)


def negotiated(request: Request) -> Language:
    """The language for an address that names none: ``?lang=``, then Accept-Language, then Finnish.

    `RFC 9110, 12.5.4 <https://www.rfc-editor.org/rfc/rfc9110.html#name-accept-language>`_
    """
    asked = Language.of(request.query_params.get("lang", ""))
    return asked or _preferred(request.headers.get("accept-language", "")) or Language.FI


def _preferred(header: str) -> Language | None:
    weighed: list[tuple[float, int, Language]] = []
    for position, member in enumerate(header.split(",")):
        tag, _, parameter = member.strip().partition(";")
        language = Language.of(tag.strip().lower().partition("-")[0])
        try:
            weight = float(parameter.partition("=")[2] or 1)
        except ValueError:
            continue
        if language is not None and weight > 0:
            weighed.append((weight, -position, language))
    return max(weighed, key=lambda entry: entry[:2])[2] if weighed else None


def choose(texts: Sequence[Text], language: Language) -> Text | None:
    """The text to show: in the reader's language, else in another (English first), else any. None of none.

    >>> label = (Text("Åbo", "sv", ""), Text("Turku", "fi", ""))
    >>> choose(label, Language.SV).value, choose(label, Language.EN).value
    ('Åbo', 'Turku')
    """
    order = [language.tag, *(tag for tag in ("en", "fi", "sv") if tag != language.tag)]

    def rank(text: Text) -> tuple[int, str, str]:
        place = order.index(text.language) if text.language in order else len(order)
        return place, text.language or "", text.value

    return min(texts, key=rank, default=None)


def sorted_by_name(links: Sequence[Link], language: Language) -> list[Link]:
    """Things in the order of their shown names, å ä ö last as in Finnish and Swedish.

    >>> links = [Link("1", (Text("Äänekoski", "fi", ""),)), Link("2", (Text("Åbo", "fi", ""),)), Link("3", ())]
    >>> [link.iri for link in sorted_by_name(links, Language.FI)]
    ['2', '1', '3']
    """

    def key(link: Link) -> tuple[bool, str, str]:
        text = choose(link.label, language)
        return text is None, text.value.casefold().translate(_AFTER_Z) if text else "", link.iri

    return sorted(links, key=key)


_AFTER_Z = str.maketrans({"å": "{", "ä": "|", "ö": "}"})
