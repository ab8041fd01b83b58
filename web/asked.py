"""What an address asks for: the language of a page, which page of a long list, and how to answer a query."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fastapi import Request

from web.errors import PageNotFound
from web.languages import Language


def language_of(tag: str) -> Language:
    """The language that an address begins with. Raises PageNotFound if it is none of ours."""
    language = Language.of(tag)
    if language is None:
        raise PageNotFound("There is no page at this address; pages start with /fi/, /sv/ or /en/.")
    return language


def page_number(request: Request) -> int:
    """The page that ``?page=`` asks for, from 1. Raises PageNotFound for anything else."""
    text = request.query_params.get("page", "1")
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) > 0):
        raise PageNotFound(f"There is no page {text!r}; pages are numbered from 1.")
    return int(text)


@dataclass(frozen=True)
class Paging:
    """Where a reader is in a long list, and the addresses of the pages before and after."""

    page: int
    pages: int
    previous: str | None
    next: str | None

    @classmethod
    def of(cls, request: Request, page: int, count: int, size: int) -> "Paging":
        """Page `page` of a list of `count` things, `size` on a page. Raises PageNotFound beyond the last one."""
        pages = max(1, -(-count // size))
        if page > pages:
            raise PageNotFound(f"There is no page {page}; the last one is page {pages}.")

        def at(number: int) -> str | None:
            inside = 1 <= number <= pages
            return f"?{request.url.include_query_params(page=number).query}" if inside else None

        return cls(page, pages, at(page - 1), at(page + 1))


def asked_of_answers(formats: Iterable[str]) -> dict[str, dict[str, Any]]:
    """What can be asked of the answer to a query, with these short names of formats, as schemas of OpenAPI."""
    return {
        "format": {
            "description": "Stands for an Accept header where none can be set.",
            "type": "string",
            "enum": list(formats),
        },
        "timeout": {
            "description": "Seconds after which to give up; at most those of the endpoint.",
            "type": "number",
            "exclusiveMinimum": 0,
        },
    }


def operands(**fields: dict[str, Any]) -> list[dict[str, Any]]:
    """Schemas as `parameters of an address <https://spec.openapis.org/oas/v3.1.0#parameter-object>`_; a query has to be
    there."""
    return [
        {
            "name": name,
            "in": "query",
            "required": name == "query",
            "schema": {key: value for key, value in field.items() if key != "description"},
            "description": field["description"],
        }
        for name, field in fields.items()
    ]
