"""Finnish, Swedish and English are equal: no page text is missing in any."""

from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

WEB = Path(__file__).parent.parent / "web"
_TEMPLATES = ("templates/**.html", "templates/**.xml")


def _messages_in_templates() -> set[str]:
    found = extract_from_dir(
        WEB,
        method_map=[(pattern, "jinja2.ext:babel_extract") for pattern in _TEMPLATES],
        options_map={pattern: {"newstyle_gettext": "true", "trimmed": "true"} for pattern in _TEMPLATES},
    )
    return {message for _, _, message, _, _ in found if isinstance(message, str)}


@pytest.mark.parametrize("language", ["fi", "sv"])
def test_every_text_of_the_pages_is_translated_and_none_is_left_over(language: str) -> None:
    with (WEB / "locale" / language / "LC_MESSAGES" / "verkosto.po").open("rb") as file:
        catalogue = read_po(file, locale=language, abort_invalid=True)
    translated = {str(message.id) for message in catalogue if message.id and message.string and not message.fuzzy}
    assert translated == _messages_in_templates()
    assert len(translated) > 50


@pytest.mark.parametrize("language", ["fi", "sv"])
def test_a_translation_has_the_same_blanks_as_its_original(language: str) -> None:
    with (WEB / "locale" / language / "LC_MESSAGES" / "verkosto.po").open("rb") as file:
        catalogue = read_po(file, locale=language)
    for message in catalogue:
        blanks = {part.partition(")")[0] for part in str(message.id).split("%(")[1:]}
        assert {part.partition(")")[0] for part in str(message.string).split("%(")[1:]} == blanks, message.id
