"""Our N-Triples are byte for byte the engine's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store

from graph.errors import InvalidStatement
from graph.ntriples import clean, has_control_characters, iri, literal

S, P = NamedNode("https://example.org/s"), NamedNode("https://example.org/p")


def _as_the_engine_writes_it(term: Literal) -> str:
    store = Store()
    store.add(Quad(S, P, term))
    line = store.dump(format=RdfFormat.N_QUADS).decode()  # type: ignore[union-attr]
    return line.removeprefix(f"{S} {P} ").removesuffix(" .\n")


@given(st.text())
def test_a_cleaned_text_is_written_as_the_engine_writes_it(text: str) -> None:
    assert literal(clean(text)) == _as_the_engine_writes_it(Literal(clean(text)))


@given(st.text(), st.sampled_from(["fi", "sv", "en", "se", "sms", "en-gb"]))
def test_a_text_with_a_language_is_written_as_the_engine_writes_it(text: str, language: str) -> None:
    assert literal(clean(text), language) == _as_the_engine_writes_it(Literal(clean(text), language=language))


@pytest.mark.parametrize(
    ("text", "datatype"),
    [("2018-03-13", "date"), ("2017-09", "gYearMonth"), ("2017", "gYear"), ("0091", "string")],
)
def test_dates_and_codes_keep_their_form(text: str, datatype: str) -> None:
    type_iri = f"http://www.w3.org/2001/XMLSchema#{datatype}"
    written = literal(text) if datatype == "string" else literal(text, datatype=type_iri)
    assert written == _as_the_engine_writes_it(Literal(text, datatype=NamedNode(type_iri)))
    assert text in written


@given(st.text())
def test_cleaning_twice_changes_nothing_more(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert not has_control_characters(clean(text))


def test_cleaning_composes_letters() -> None:
    assert clean("A\u030abo") == "Åbo"


@pytest.mark.parametrize("value", ["", "turku", "http://[x", "https://example.org/a b", "https://example.org/<x>"])
def test_what_is_no_iri_is_refused_with_advice(value: str) -> None:
    with pytest.raises(InvalidStatement, match="write it in full"):
        iri(value)


def test_control_characters_do_not_get_in_unnoticed() -> None:
    with pytest.raises(InvalidStatement, match="control characters"):
        literal("a\x01b")
