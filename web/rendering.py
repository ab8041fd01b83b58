"""Templates and catalogues: how a page is made of a template, in a language. The only module that opens Jinja."""

import gettext
import io
from collections.abc import Iterable, Mapping
from decimal import Decimal
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.units import format_unit
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request

from graph.about import in_language
from graph.knowledge import Links, Text
from ontology import vocabulary
from ontology.terms import ADMS, CV, DCT, ORG, PREFIXES, S66, SCHEMA, VK, compact
from web.languages import Language, choose

# English is the language of the message identifiers, so it needs no catalogue.
_TRANSLATED = (Language.FI, Language.SV)


class Renderer:
    """Renders templates; holds one environment a language."""

    def __init__(self) -> None:
        self._environments = {language: _environment(language) for language in Language}

    def page(
        self, request: Request, language: Language, template: str, context: Mapping[str, Any], status: int = 200
    ) -> HTMLResponse:
        """A whole page. `context` is what the template shows; the address and the language come by themselves.

        What the request's addresses begin with (`web.site.Site.base`) is `base` in templates; a page of a release that
        was asked for by its id is told which one it is, and where the current release has this very page.
        """
        base = request.scope["root_path"]
        of_the_request = {
            "path": request.url.path,
            "base": base,
            "asked_for": request.state.site.release if base else None,
            "in_current": _relative(request).removeprefix(base),
            "language_links": _language_links(request, language),
        }
        text = self._environments[language].get_template(template).render({**of_the_request, **context})
        return HTMLResponse(text, status, {"Content-Language": language.tag})


def catalogue(language: Language) -> gettext.NullTranslations:
    """The translations of a language; for English, none are needed."""
    if language not in _TRANSLATED:
        return gettext.NullTranslations()
    # Compiled when the server starts (some milliseconds), so that no binary file has to be kept in step.
    source = files("web") / "locale" / language.tag / "LC_MESSAGES" / "verkosto.po"
    compiled = io.BytesIO()
    write_mo(compiled, read_po(io.BytesIO(source.read_bytes()), locale=language.tag))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def _environment(language: Language) -> Environment:
    environment = Environment(
        loader=PackageLoader("web"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # The extension adds these methods when it is loaded; the stubs cannot know.
    environment.install_gettext_translations(catalogue(language), newstyle=True)  # type: ignore[attr-defined]
    environment.filters["shown"] = lambda texts: choose(texts, language)
    environment.filters["number"] = lambda number: format_decimal(number, locale=language.tag)
    environment.filters["size"] = lambda count: _size(count, language)
    environment.filters["in_language"] = lambda texts: in_language(texts, language.tag)
    environment.filters["money"] = lambda text: format_decimal(Decimal(text), "#,##0.00", locale=language.tag)
    environment.filters["compact"] = compact
    environment.filters["briefly"] = _briefly
    environment.filters["once"] = _once
    environment.filters["in_reading_order"] = _in_reading_order
    environment.filters["register"] = lambda text: _register(text.datatype, language)
    environment.filters["in_order"] = lambda texts: sorted(texts, key=lambda text: _rank(text, language))
    environment.globals["language"] = language
    environment.globals["languages"] = list(Language)
    return environment


_FIRST = (CV.hasCompetentAuthority, SCHEMA.provider, DCT.audience, CV.isGroupedBy, VK.hasErrand, VK.basedOn)
_LAST = (DCT.language, ADMS.status, CV.hasChannel)


# What is said again in the terms of a standard, for programs: that property → the one that people are shown.
_SAID_AGAIN = {
    CV.hasParticipant: VK.participant,
    CV.role: VK.role,
    S66.isRoleOf: VK.participant,
    S66.isInvolvedIn: VK.participatesIn,
    ORG.member: VK.participant,
    ORG.organization: VK.participatesIn,
    ORG.role: VK.role,
    DCT.type: VK.channelType,
}


def _once(links: Iterable[Links]) -> list[Links]:
    """Without what another property says as well."""
    listed = list(links)
    properties = {found.property.iri for found in listed}
    return [found for found in listed if _SAID_AGAIN.get(found.property.iri) not in properties]


def _in_reading_order(links: Iterable[Links]) -> list[Links]:
    """What a reader asks first comes first, long lists and what is there for programs last."""

    def rank(found: Links) -> int:
        iri = found.property.iri
        return _FIRST.index(iri) - len(_FIRST) if iri in _FIRST else _LAST.index(iri) + 1 if iri in _LAST else 0

    return sorted(links, key=rank)


def _size(count: int, language: Language) -> str:
    """A number of bytes to read: 1,000 of a unit are one of the next."""
    units = ("byte", "kilobyte", "megabyte", "gigabyte")
    power = min((len(str(count)) - 1) // 3, len(units) - 1)
    size = round(count / 1000**power, 1)
    return format_unit(size, f"digital-{units[power]}", "short", locale=language.tag)


def _briefly(iri: str) -> str:
    """What stands for a thing without a name: its shortened IRI, or the last part of a long one."""
    short = compact(iri)
    return short if short != iri or "/id/" not in iri else unquote(iri.rpartition("/")[2])


def _register(datatype: str, language: Language) -> str:
    """What the register is called whose identifiers have a datatype of ours; empty for other datatypes."""
    return (datatype.startswith(PREFIXES["vk"]) and vocabulary.label(datatype, language.tag)) or ""


def _rank(text: Text, language: Language) -> tuple[bool, str, str]:
    return text.language != language.tag, text.language or "", text.value


def _language_links(request: Request, current: Language) -> dict[Language, str]:
    """The address of this very page in each language."""
    base, here = request.scope["root_path"], _relative(request)
    if here.startswith(start := f"{base}/{current.tag}/"):
        return {language: f"{base}/{language.tag}/{here.removeprefix(start)}" for language in Language}
    asked = request.url.include_query_params
    return {language: f"{request.url.path}?{asked(lang=language.tag).query}" for language in Language}


def _relative(request: Request) -> str:
    """The address of the page, without our origin."""
    return f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
