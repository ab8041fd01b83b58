"""Named queries: what their files hold, values that become terms and never text, and the answers at /api/."""

import csv
import io
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, QuerySolutions, RdfFormat, Store, Variable, parse
from rdflib.plugins.sparql import prepareQuery
from starlette.testclient import TestClient

from graph.release import Release
from graph.store import in_memory, open_read_only
from ontology.identifiers import Identifiers
from ontology.terms import PREFIXES
from sparql import objects
from sparql.answer import Answer
from sparql.errors import InvalidNamedQuery, InvalidRequest, SizeLimit
from sparql.named import NamedQuery, ParameterType, named_queries, read
from sparql.tokens import Kind, normal, tokens

Ask = Callable[..., list[dict[str, str]]]
OURS = Identifiers("https://w3id.org/verkosto")
PAGE = {"Accept": "text/html"}
SH = "http://www.w3.org/ns/shacl#"
HEADER = """#: title = { fi = "a", sv = "b", en = "c" }
#: description = { fi = "a", sv = "b", en = "c" }
#: [[column]]
#: name = "x"
#: type = "text"
#: title = { fi = "a", sv = "b", en = "c" }
"""
ALL_TYPES = (
    HEADER
    + "".join(
        f'#: [[parameter]]\n#: name = "{type_}"\n#: type = "{type_}"\n#: example = "{example}"\n{more}'
        '#: title = { fi = "a", sv = "b", en = "c" }\n'
        for type_, example, more in (
            ("iri", "city/six-cities-049", ""),
            ("concept", "853", '#: code_list = "municipalities"\n'),
            ("string", "a", ""),
            ("language", "fi", ""),
            ("integer", "1", ""),
            ("date", "2024-06-01", ""),
            ("boolean", "true", ""),
        )
    )
    + """SELECT ?x $iri $concept $string $language $integer $date $boolean WHERE {
  ?s ?p ?x FILTER (?x = $iri || ?x = $concept || STR(?x) = $string || LANG(?x) = $language || ?x = $integer
                   || ?x = $date || ?x = $boolean)
}"""
)


def _asking(name: str, **values: str) -> str:
    return named_queries()[name].asking(values, OURS)


# What is in the files


def test_there_are_many_and_each_is_named_by_its_question() -> None:
    assert len(named_queries()) >= 15
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)+", name) for name in named_queries())


@pytest.mark.parametrize("query", named_queries().values(), ids=lambda query: query.name)
def test_a_named_query_says_what_it_is_in_three_languages(query: NamedQuery) -> None:
    for texts in (query.title, query.description, *(part.title for part in (*query.parameters, *query.columns))):
        assert all(len(text) > 1 for text in texts.values())
    assert query.title["fi"].endswith("?") and query.title["sv"].endswith("?") and query.title["en"].endswith("?")


@pytest.mark.parametrize("name", named_queries())
def test_a_named_query_answers_in_the_columns_and_types_that_it_declares(
    release: Release, ask: Ask, name: str
) -> None:
    ask(open_read_only(release.store), name)


@pytest.mark.parametrize("name", named_queries())
def test_the_answer_to_a_named_query_is_kept(name: str) -> None:
    assert normal(_asking(name)) is not None


def test_every_query_about_the_bundled_graph_has_an_answer_that_is_not_empty(client: TestClient) -> None:
    empty = {name for name in named_queries() if client.get(f"/api/{name}").json() == []}
    # Of these, the bundled graph has nothing: registers of services and EU projects are sources of one's own.
    assert empty == {
        "services-by-life-event",
        "services-by-number-of-departments",
        "services-by-service-class",
        "services-by-status",
        "services-for-companies",
        "work-packages-and-deliverables-by-lead",
    }


@pytest.mark.parametrize("language", ["fi", "sv", "en", "cs"])
@pytest.mark.parametrize(
    "name", [name for name, query in named_queries().items() if "language" in {p.name for p in query.parameters}]
)
def test_a_language_changes_names_and_never_how_many_rows_there_are(
    release: Release, ask: Ask, name: str, language: str
) -> None:
    store = open_read_only(release.store)
    assert len(ask(store, name, language=language)) == len(ask(store, name))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("SELECT ?x { ?s ?p ?x }", "title"),
        (HEADER.replace('sv = "b", ', "", 1) + "SELECT ?x { ?s ?p ?x }", "sv"),
        (HEADER.replace("text", "number") + "SELECT ?x { ?s ?p ?x }", "number"),
        (HEADER + "SELECT ?x { ?s ?p ?x FILTER (?x = $y) }", "uses ['y']"),
        (HEADER + ALL_TYPES.partition("[[parameter]]")[0][:0] + "#: surprise = 1\nSELECT ?x { ?s ?p ?x }", "surprise"),
        (HEADER + "#: [[\nSELECT ?x { ?s ?p ?x }", "TOML|Invalid|Expected"),
        (ALL_TYPES.replace('example = "853"', 'example = ""'), "neither a default nor an example"),
        (ALL_TYPES.replace("municipalities", "nowhere"), "there is not"),
        (ALL_TYPES.replace('"string"', '"format"').replace("$string", "$format"), "format"),
    ],
)
def test_a_file_that_is_not_as_it_has_to_be_is_refused_with_its_name(text: str, reason: str) -> None:
    with pytest.raises(InvalidNamedQuery, match=rf"^a-query\.rq: .*({re.escape(reason) if '[' in reason else reason})"):
        read("a-query", text)


# Values become terms


@pytest.mark.parametrize(
    ("parameter", "value", "term"),
    [
        ("iri", "city/six-cities-049", "<https://w3id.org/verkosto/id/city/six-cities-049>"),
        ("iri", "https://w3id.org/verkosto/id/city/six-cities-049", "<https://w3id.org/verkosto/id/city/six-cities-049>"),
        ("iri", "service/a b", "<https://w3id.org/verkosto/id/service/a%20b>"),
        ("iri", "vk:layers-core", "<https://w3id.org/verkosto#layers-core>"),
        ("iri", "https://example.org/ä", "<https://example.org/ä>"),
        ("concept", "853", "<https://w3id.org/verkosto#municipalities-853>"),
        ("concept", "https://w3id.org/verkosto#municipalities-853", "<https://w3id.org/verkosto#municipalities-853>"),
        ("string", 'Pa\u0308iva\u0308 "x"\n', '"Päivä \\"x\\"\\n"'),
        ("string", "", '""'),
        ("language", "sv-FI", '"sv-fi"'),
        ("integer", "+007", '"7"^^<http://www.w3.org/2001/XMLSchema#integer>'),
        ("date", "2024-02-29", '"2024-02-29"^^<http://www.w3.org/2001/XMLSchema#date>'),
        ("boolean", "1", '"true"^^<http://www.w3.org/2001/XMLSchema#boolean>'),
    ],
)
def test_a_value_becomes_a_term_of_its_type(parameter: str, value: str, term: str) -> None:
    (found,) = (one for one in read("all-types", ALL_TYPES).parameters if one.name == parameter)
    assert found.term(value, OURS) == term


@pytest.mark.parametrize(
    ("parameter", "value"),
    [
        ("iri", "Helsinki"),
        ("iri", "city/"),
        ("iri", "https://example.org/> } #"),
        ("iri", "https://w3id.org/verkosto/id/nothing/x"),
        ("iri", "city/%ff"),
        ("concept", "1"),
        ("concept", "https://example.org/853"),
        ("string", "\x00"),
        ("string", "\ud800"),
        ("language", "*"),
        ("language", ""),
        ("integer", "1.0"),
        ("integer", "٣"),
        ("integer", ""),
        ("date", "2023-02-29"),
        ("date", "20230101"),
        ("boolean", "yes"),
    ],
)
def test_a_value_that_is_not_of_the_type_is_refused_with_parameter_type_and_example(parameter: str, value: str) -> None:
    (found,) = (one for one in read("all-types", ALL_TYPES).parameters if one.name == parameter)
    with pytest.raises(InvalidRequest, match=rf"^The parameter {parameter} \({parameter}\) is .*such as {found.example}"):
        found.term(value, OURS)


def test_a_thing_of_another_kind_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="theme .iri. is a thing of the kind theme.*such as theme/six-cities-t5"):
        _asking("documents-by-theme-and-city", theme="city/six-cities-091")


_PIECES = ["'", '"', "\\", "\\u0022", "\\U00000022", "u0022", "\n", "\r", "}", "{", "<", ">", "?x", "$string", "#", " "]
_TEXT = st.lists(st.sampled_from([*_PIECES, "a", "ä", "UNION", "SERVICE", "^^", "@en", '"""']) | st.text()).map("".join)


def _structure(query: str) -> str:
    """A query as rdflib parses it."""
    return str(prepareQuery(query).algebra)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(list(ParameterType)), _TEXT)
@example(ParameterType.STRING, '\\u0022 || true) } #')
@example(ParameterType.STRING, '\\\\u0022')
@example(ParameterType.STRING, "$integer")
@example(ParameterType.IRI, "city/a> } UNION { ?s ?p ?x } #")
def test_no_value_whatever_its_text_changes_the_structure_of_a_query(type_: ParameterType, value: str) -> None:
    query = read("all-types", ALL_TYPES)
    (parameter,) = (one for one in query.parameters if one.name == type_)
    values = {one.name: one.shown for one in query.parameters}
    try:
        term = parameter.term(value, OURS)
    except InvalidRequest:
        return
    text = query.asking({**values, type_: value}, OURS)
    # As we read it: token by token, but for one parameter.
    plain = [token.text for token in tokens(query.asking(values, OURS))]
    own = [token.text for token in tokens(parameter.term(parameter.shown, OURS))]
    theirs = [token.text for token in tokens(term)]
    assert "".join(plain).count("".join(own)) >= 1 and len(theirs) == len(own)
    assert len(list(tokens(text))) == len(plain)
    # As another reader does, which replaces escapes of code points before it parses.
    projection = re.compile(r"SELECT[^{]*\{")
    shown = _structure(projection.sub("SELECT ?x {", query.asking(values, OURS), count=1))
    if type_ in (ParameterType.STRING, ParameterType.LANGUAGE):
        filled = _structure(projection.sub("SELECT ?x {", text, count=1))
        assert re.sub(r"rdflib\.term\.Literal\(.*?\)", "", filled) == re.sub(r"rdflib\.term\.Literal\(.*?\)", "", shown)
