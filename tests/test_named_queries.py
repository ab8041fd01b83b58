"""Named queries: what their files hold, values that become terms and never text, and the answers at /api/."""

import csv
import html
import io
import json
import re
from collections.abc import Callable
from typing import Any

import anyio
import pytest
from anyio import create_task_group, fail_after, sleep
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    Quad,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Store,
    Triple,
    Variable,
    parse,
)
from rdflib import Literal as RdflibLiteral
from rdflib import URIRef
from rdflib.plugins.sparql import prepareQuery
from starlette.testclient import TestClient

from graph.release import Release
from graph.store import in_memory, open_read_only
from loaders.build import Built
from ontology.identifiers import Identifiers
from ontology.terms import PREFIXES
from sparql import objects
from sparql.answer import Answer
from sparql.errors import InvalidNamedQuery, InvalidRequest, SizeLimit
from sparql.limits import Limits
from sparql.named import NamedQuery, ParameterType, Texts, named_queries, read
from sparql.protocol import Request
from sparql.stack import NOWHERE
from sparql.tokens import normal, tokens
from web.app import create_app
from web.queries import first_questions
from web.serving import Sites

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
EXAMPLES = {
    "iri": "city/six-cities-049",
    "concept": "853",
    "string": "a",
    "language": "fi",
    "integer": "1",
    "date": "2024-06-01",
    "boolean": "true",
}
OF_CODES = '#: code_list = "municipalities"\n'


def _with_one(type_: str, text: str = "SELECT ?x WHERE { ?s ?p ?x FILTER (?x = $value) }") -> NamedQuery:
    """A query with a parameter of a type."""
    return read("a-query", _file(type_, text))


def _file(type_: str, text: str) -> str:
    more = OF_CODES if type_ == "concept" else ""
    return (
        f'{HEADER}#: [[parameter]]\n#: name = "value"\n#: type = "{type_}"\n#: example = "{EXAMPLES[type_]}"\n{more}'
        f'#: title = {{ fi = "a", sv = "b", en = "c" }}\n{text}'
    )


def _in(texts: Texts, language: str) -> str:
    return str(dict(texts)[language])


def _asking(name: str, **values: str) -> str:
    return named_queries()[name].asking(values, OURS)


# What is in the files


def test_there_are_many_and_each_is_named_by_its_question() -> None:
    assert len(named_queries()) >= 15
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", name) for name in named_queries())


@pytest.mark.parametrize("query", named_queries().values(), ids=lambda query: query.name)
def test_a_named_query_says_what_it_is_in_three_languages(query: NamedQuery) -> None:
    parts = [*(parameter.title for parameter in query.parameters), *(column.title for column in query.columns)]
    for language in ("fi", "sv", "en"):
        assert all(len(_in(texts, language)) > 1 for texts in (query.title, query.description, *parts))
    assert query.title["fi"].endswith("?") and query.title["sv"].endswith("?") and query.title["en"].endswith("?")


@pytest.mark.parametrize("name", named_queries())
def test_a_named_query_answers_in_the_columns_and_types_that_it_declares(release: Release, ask: Ask, name: str) -> None:
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
        (HEADER + "#: surprise = 1\nSELECT ?x { ?s ?p ?x }", "surprise"),
        (HEADER + "#: [[\nSELECT ?x { ?s ?p ?x }", "docs/queries.md"),
        (_file("date", "SELECT ?x { $value ?p ?x }").replace("2024-06-01", ""), "neither a default nor an example"),
        (_file("concept", "SELECT ?x { $value ?p ?x }").replace(OF_CODES, ""), "value says no code list"),
        (HEADER.replace('"x"', '"x"\n#: names = "y"') + "SELECT ?x { ?s ?p ?x }", "which is no column"),
        (_file("iri", "SELECT ?x { $value ?p ?x }").replace('"iri"', '"iri"\n#: kinds = ["town"]'), "town"),
        (_file("string", "SELECT ?x { ?s $format ?x }").replace('"value"', '"format"'), "none may be called format"),
        (_file("integer", "SELECT ?x { ?s ?p ?x } LIMIT $value"), "A parameter stands where a term may stand"),
        (_file("string", "SELECT ?x { ?s ?p ?x BIND (1 AS $value) }"), "A parameter stands where a term may stand"),
        (HEADER + "SELECT ?x { ?s rdfs:label ?x }", "Prefix not found (counted"),
        (HEADER + "SELECT ?x { ?s ?p ?x", "error at 1:"),
        (HEADER + "SELECT ?x { SERVICE <http://a.example/> { ?s ?p ?x } }", "SERVICE is not allowed"),
        (HEADER + "ASK { ?s ?p ?x }", "is a SELECT query; this one is none"),
        (HEADER + "CONSTRUCT WHERE { ?s ?p ?x }", "is a SELECT query; this one is none"),
        (HEADER + "DELETE WHERE { ?s ?p ?x }", "error at 1:"),
        (HEADER + "SELECT ?x ?p { ?s ?p ?x }", "the query answers ['x', 'p'], the header has the columns ['x']"),
        (HEADER + "SELECT ?y { ?s ?p ?y }", "the query answers ['y']"),
        (HEADER + "SELECT * { ?s ?p ?x }", "they have to be the same, in the same order"),
    ],
)
def test_a_file_that_is_not_as_it_has_to_be_is_refused_with_its_name(text: str, reason: str) -> None:
    with pytest.raises(InvalidNamedQuery, match=rf"(?s)^a-query\.rq: .*{re.escape(reason)}"):
        read("a-query", text)


# Values become terms


@pytest.mark.parametrize(
    ("type_", "value", "term"),
    [
        ("iri", "city/six-cities-049", "<https://w3id.org/verkosto/id/city/six-cities-049>"),
        (
            "iri",
            "https://w3id.org/verkosto/id/city/six-cities-049",
            "<https://w3id.org/verkosto/id/city/six-cities-049>",
        ),
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
def test_a_value_becomes_a_term_of_its_type(type_: str, value: str, term: str) -> None:
    assert _with_one(type_).terms({"value": value}, OURS) == {"value": term}


@pytest.mark.parametrize(
    ("type_", "value"),
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
def test_a_value_that_is_not_of_the_type_is_refused_with_parameter_type_and_example(type_: str, value: str) -> None:
    with pytest.raises(InvalidRequest, match=rf"^The parameter value \({type_}\) is .*such as {EXAMPLES[type_]}; "):
        _with_one(type_).asking({"value": value}, OURS)


def test_a_thing_of_another_kind_is_refused() -> None:
    with pytest.raises(InvalidRequest, match=r"theme \(iri\) is a thing of the kind theme"):
        _asking("documents-by-theme-and-city", theme="city/six-cities-091")


_PIECES = ["'", '"', "\\", "\\u0022", "\\U00000022", "u0022", "\n", "\r", "}", "{", "<", ">", "?x", "$value", "#", " "]
_TEXT = st.lists(st.sampled_from([*_PIECES, "a", "ä", "UNION", "SERVICE", "^^", "@en", '"""']) | st.text()).map("".join)
# Texts of all kinds, and values that are of the type, so that both are met often.
_VALUES = {
    ParameterType.IRI: _TEXT.map(lambda text: f"city/{text}") | _TEXT.map(lambda text: f"https://example.org/{text}"),
    ParameterType.CONCEPT: st.sampled_from(["853", "091"]),
    ParameterType.STRING: _TEXT,
    ParameterType.LANGUAGE: st.from_regex(r"[a-zA-Z]{1,8}(-[a-z0-9]{1,8})?", fullmatch=True),
    ParameterType.INTEGER: st.integers().map(str),
    ParameterType.DATE: st.dates().map(str),
    ParameterType.BOOLEAN: st.sampled_from(["true", "0"]),
}
_ASKED = st.sampled_from(list(ParameterType)).flatmap(lambda type_: st.tuples(st.just(type_), _VALUES[type_] | _TEXT))
_ATTACKS = ("\\u0022) } #", "\\\\u0022 || true) } #", "\\U00000022", "$value", '"""', "city/a> } UNION { ?s ?p ?x } #")


def _term(term: str) -> NamedNode | Literal:
    """A term of N-Triples as the engine reads it."""
    (quad,) = parse(f"<urn:s> <urn:p> {term} .", format=RdfFormat.N_TRIPLES)
    assert isinstance(quad.object, NamedNode | Literal)
    return quad.object


def _shape(node: Any, value: str) -> Any:
    """A query as rdflib parses it, without the value."""
    if isinstance(node, dict):
        return [type(node).__name__, [(key, _shape(part, value)) for key, part in sorted(node.items())]]
    if isinstance(node, list | tuple):
        return [_shape(part, value) for part in node]
    if isinstance(node, set):
        return sorted(map(str, node))
    return "the value" if isinstance(node, RdflibLiteral | URIRef) and str(node) == value else repr(node)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(_ASKED)
@example((ParameterType.STRING, _ATTACKS[0]))
@example((ParameterType.STRING, _ATTACKS[1]))
@example((ParameterType.STRING, _ATTACKS[2]))
@example((ParameterType.STRING, _ATTACKS[3]))
@example((ParameterType.STRING, _ATTACKS[4]))
@example((ParameterType.IRI, _ATTACKS[5]))
def test_no_value_whatever_its_text_changes_the_structure_of_a_query(asked: tuple[ParameterType, str]) -> None:
    """Parsed by rdflib, which replaces escapes of code points before it parses: an engine may."""
    type_, value = asked
    query = _with_one(type_)
    try:
        term = _term(query.terms({"value": value}, OURS)["value"])
        text = query.asking({"value": value}, OURS)
    except InvalidRequest:
        assume(False)
    other = _term(query.terms({"value": EXAMPLES[type_]}, OURS)["value"])
    expected = _shape(prepareQuery(query.asking({"value": EXAMPLES[type_]}, OURS)).algebra, other.value)
    assert "the value" in str(expected)
    assert _shape(prepareQuery(text).algebra, term.value) == expected
    assert len([*tokens(text)]) == len([*tokens(query.text)]) + len([*tokens(str(term))]) - 1


@settings(max_examples=300, deadline=None)
@given(_ASKED)
def test_a_value_is_to_the_engine_the_term_that_its_own_substitution_takes(asked: tuple[ParameterType, str]) -> None:
    type_, value = asked
    query = _with_one(type_, "SELECT ?x WHERE { ?x ?p ?y FILTER (sameTerm(?y, $value)) }")
    try:
        term = _term(query.terms({"value": value}, OURS)["value"])
    except InvalidRequest:
        assume(False)
    store = Store()
    store.add(Quad(NamedNode("urn:with"), NamedNode("urn:p"), term))
    store.add(Quad(NamedNode("urn:without"), NamedNode("urn:p"), Literal("something else")))
    ours = store.query(query.asking({"value": value}, OURS))
    theirs = store.query(query.text.replace("?x", "?x $value", 1), substitutions={Variable("value"): term})
    assert isinstance(ours, QuerySolutions) and isinstance(theirs, QuerySolutions)
    assert [row["x"].value for row in ours] == [row["x"].value for row in theirs] == ["urn:with"]


@pytest.mark.parametrize("name", [name for name, query in named_queries().items() if query.parameters])
def test_a_query_answers_as_with_the_engines_own_substitution(release: Release, name: str) -> None:
    store, query = open_read_only(release.store), named_queries()[name]
    terms: dict[Variable, NamedNode | BlankNode | Literal | Triple] = {
        Variable(key): _term(term) for key, term in query.terms({}, OURS).items()
    }
    projected = query.text.replace("SELECT ", f"SELECT {' '.join(f'${key.value}' for key in terms)} ", 1)
    ours, theirs = store.query(query.asking({}, OURS)), store.query(projected, substitutions=terms)
    assert isinstance(ours, QuerySolutions) and isinstance(theirs, QuerySolutions)
    columns = [column.name for column in query.columns]
    assert [[row[name] for name in columns] for row in ours] == [[row[name] for name in columns] for row in theirs]


def test_a_text_that_spells_out_a_service_is_a_text(client: TestClient) -> None:
    answer = client.get("/api/projects-by-lead", params={"word": "SERVICE <http://127.0.0.1/> { ?s ?p ?o }"})
    assert (answer.status_code, answer.json()) == (200, [])


# At /api/


def test_json_is_a_list_of_objects_with_the_values_of_json(client: TestClient) -> None:
    answer = client.get("/api/documents-on-many-themes?least=6&language=fi")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()[0] == {
        "document": "https://w3id.org/verkosto/id/document/six-cities-d051",
        "title": "Monikanavainen asiakaspalvelumalli ja asiakasohjaus",
        "themes": 6,
    }


def test_plain_json_keeps_numbers_exact_and_says_what_is_not_there() -> None:
    store = Store()
    rows = '(608038.63 true UNDEF "NaN"^^xsd:double "7") (<urn:x> 1e3 -2 "\\"" "å"@sv)'
    query = f"SELECT * {{ VALUES (?a ?b ?c ?d ?e) {{ {rows} }} }}"
    found = store.query(query, prefixes={"xsd": PREFIXES["xsd"]})
    assert isinstance(found, QuerySolutions)
    result = found.serialize(format=QueryResultsFormat.JSON)
    assert result is not None
    plain = objects.objects(Answer("application/sparql-results+json", result)).body
    assert isinstance(plain, bytes) and b"608038.63" in plain
    first, second = json.loads(plain)
    assert (first["b"], first["c"], first["d"], first["e"]) == (True, None, "NaN", "7")
    assert (second["a"], second["b"], second["c"], second["d"], second["e"]) == ("urn:x", 1000, -2, '"', "å")


def test_an_answer_too_long_for_plain_json_is_refused_whole_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "MOST_BYTES", 10)
    with pytest.raises(SizeLimit, match="text/csv"):
        objects.objects(Answer("application/sparql-results+json", b'{"head":{"vars":[]}}'))


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("application/sparql-results+json", "application/sparql-results+json"),
        ("text/csv", "text/csv; charset=utf-8"),
        ("application/sparql-results+xml", "application/sparql-results+xml"),
        ("text/tab-separated-values", "text/tab-separated-values; charset=utf-8"),
        ("text/turtle", "text/turtle; charset=utf-8"),
        ("application/ld+json", "application/ld+json"),
        ("application/rdf+xml", "application/rdf+xml"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html; charset=utf-8"),
        ("text/csv;q=0.5, text/turtle;q=0.4", "text/csv; charset=utf-8"),
    ],
)
def test_an_answer_comes_as_it_is_asked_for(client: TestClient, accept: str, media_type: str) -> None:
    answer = client.get("/api/reorganisations", headers={"Accept": accept})
    assert (answer.status_code, answer.headers["content-type"]) == (200, media_type)
    assert answer.headers["vary"].startswith("Accept")


@pytest.mark.parametrize(
    ("address", "status", "says"),
    [
        ("/api/documents-on-many-themes?least=many", 400, "least (integer) is an integer, such as 4; 'many' is not"),
        ("/api/documents-on-many-themes?lest=4", 400, "no parameter 'lest'; it has least, language"),
        ("/api/documents-on-many-themes?least=4&least=5", 400, "more than once"),
        ("/api/documents-on-many-themes?format=png", 400, "format is one of json, srj, csv"),
        ("/api/documents-on-many-themes?least=%ff", 400, "percent-encode"),
        ("/api/documents-on-many-themes?timeout=soon", 400, "timeout is a number"),
        ("/api/services-by-status?x=1", 400, "it has none"),
        ("/api/?format=csv", 400, "format is one of json, ttl"),
        ("/api/no-such-query", 404, "/api/ lists those there are"),
    ],
)
def test_what_cannot_be_answered_says_why(client: TestClient, address: str, status: int, says: str) -> None:
    answer = client.get(address)
    assert answer.status_code == status and answer.headers["content-type"] == "application/problem+json"
    assert says in answer.json()["detail"]
    page = client.get(address, headers=PAGE)
    assert page.status_code == status or "format" in address
    assert "text/html" in page.headers["content-type"]


def test_what_is_refused_is_406(client: TestClient) -> None:
    assert client.get("/api/reorganisations", headers={"Accept": "image/png"}).status_code == 406


def test_an_answer_that_the_client_has_is_304_and_each_form_has_its_own_tag(client: TestClient) -> None:
    address = "/api/documents-on-many-themes?least=2"
    tags = set()
    for accept in ("application/json", "application/sparql-results+json", "text/csv"):
        for encoding in ("gzip", "identity"):
            headers = {"Accept": accept, "Accept-Encoding": encoding}
            first = client.get(address, headers=headers)
            assert client.get(address, headers={**headers, "If-None-Match": first.headers["etag"]}).status_code == 304
            tags.add(first.headers["etag"])
    assert len(tags) == 6


def test_the_same_value_said_in_two_ways_is_the_same_question(client: TestClient) -> None:
    short = client.get("/api/parts-of-a-service?service=service/six-cities-daycare")
    full = client.get("/api/parts-of-a-service", params={"service": OURS.at_path("service/six-cities-daycare")})
    assert short.headers["etag"] == full.headers["etag"] and short.json() == full.json() != []


def test_an_older_release_answers_at_its_own_address(client: TestClient, release: Release) -> None:
    base = f"/releases/{release.id}"
    answer = client.get(f"{base}/api/reorganisations?format=csv")
    assert answer.text == client.get("/api/reorganisations?format=csv").text
    page = client.get(f"{base}/api/reorganisations", headers=PAGE).text
    assert f'action="{base}/api/reorganisations"' in page and f"{base}/api/reorganisations?language=" in page
    assert client.get(f"{base}/api").headers["location"] == f"{base}/api/"


@pytest.mark.parametrize("language", ["fi", "sv", "en"])
@pytest.mark.parametrize("name", named_queries())
def test_the_page_of_a_query_asks_answers_and_can_be_cited_in_three_languages(
    client: TestClient, release: Release, name: str, language: str
) -> None:
    query = named_queries()[name]
    answer = client.get(f"/api/{name}?lang={language}", headers=PAGE)
    page = html.unescape(answer.text)
    assert answer.status_code == 200 and "<script" not in page
    assert f'<html lang="{language}">' in page and f"<h1>{_in(query.title, language)}</h1>" in page
    assert _in(query.description, language) in page
    for parameter in query.parameters:
        assert _in(parameter.title, language) in page and f'name="{parameter.name}"' in page
    named = {column.names for column in query.columns}
    headings = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', page)
    if client.get(f"/api/{name}").json() == []:
        assert headings == [] and 'class="scroll"' not in page and "format=csv" in page
    else:
        assert headings == [_in(column.title, language) for column in query.columns if column.name not in named]
    assert f"/releases/{release.id}/api/{name}" in page
    if any(parameter.type == ParameterType.LANGUAGE for parameter in query.parameters):
        assert f'<option value="{language}" selected>' in page


def test_a_page_shows_a_name_as_the_link_to_its_thing(client: TestClient) -> None:
    page = client.get("/api/documents-on-many-themes?least=6&lang=fi", headers=PAGE).text
    assert '<a href="/fi/document/six-cities-d051">Monikanavainen asiakaspalvelumalli ja asiakasohjaus</a></td>' in page
    assert '<td class="n">6</td>' in page


def test_a_form_lists_what_can_be_chosen_and_keeps_what_was(client: TestClient) -> None:
    page = client.get("/api/documents-by-theme-and-city?city=city/six-cities-853&lang=en", headers=PAGE).text
    assert '<option value="city/six-cities-853" selected>City of Turku</option>' in page
    assert page.count('<option value="theme/') == 6
    page = client.get("/api/responsible-for-services-on-a-day?municipality=091&lang=fi", headers=PAGE).text
    assert '<option value="091" selected>Helsinki (091)</option>' in page
    assert 'type="date" required' in page


def test_a_page_with_a_wrong_value_says_so_above_the_form_that_still_has_it(client: TestClient) -> None:
    answer = client.get("/api/documents-on-many-themes?least=%3Cb%3E", headers=PAGE)
    assert answer.status_code == 400
    assert "is an integer, such as 4" in answer.text and 'value="&lt;b&gt;"' in answer.text


@pytest.mark.parametrize("wrong", ["city=town/x", "city=city/six-cities-000", "timeout=x", "surprise=1"])
def test_a_page_with_a_wrong_value_offers_no_query_or_call_that_would_be_wrong_too(
    client: TestClient, wrong: str
) -> None:
    answer = client.get(f"/api/documents-by-theme-and-city?{wrong}&lang=en", headers=PAGE)
    page = html.unescape(answer.text)
    assert answer.status_code == 400
    (call,) = re.findall(r"curl -H 'Accept: text/csv' '([^']*)'", page)
    assert client.get(call).status_code == 200
    link = re.findall(r'href="(/sparql\?query=[^"]*)"', page)
    # What is wrong about the time leaves the query as it is.
    assert [client.get(found, headers=PAGE).status_code for found in link] == [200] * (wrong == "timeout=x")


def test_an_identifier_of_ours_that_the_release_knows_nothing_of_is_wrong_and_one_of_others_is_not(
    client: TestClient,
) -> None:
    for city in ("city/six-cities-000", OURS.at_path("city/six-cities-000")):
        for format_ in ("json", "csv"):
            answer = client.get("/api/documents-by-theme-and-city", params={"city": city, "format": format_})
            assert answer.status_code == 400 and answer.json()["type"].endswith("/invalid-request")
            assert answer.json()["detail"] == (
                "The parameter city: nothing in this release has the identifier "
                "https://w3id.org/verkosto/id/city/six-cities-000; /api/documents-by-theme-and-city as a page lists "
                "what there is."
            )
        page = client.get("/api/documents-by-theme-and-city", params={"city": city}, headers=PAGE)
        assert page.status_code == 400 and "nothing in this release has the identifier" in page.text
    assert client.get("/api/documents-by-theme-and-city?city=http://example.org/city").json() == []
    answer = client.get("/api/sources-of-a-thing?thing=city/six-cities-000")
    assert answer.json()["detail"].endswith("six-cities-000; the lists that /en/ leads to say what there is.")


def test_what_a_form_begins_with_is_never_wrong(build_themes: Callable[[str], Built]) -> None:
    with TestClient(create_app(build_themes("1,Yksi\n").release, Limits(workers=1))) as client:
        for address in ("/api/parts-of-a-service", "/api/parts-of-a-service?service=service/six-cities-daycare"):
            page = client.get(f"{address}{'&' if '?' in address else '?'}lang=fi", headers=PAGE)
            assert page.status_code == 200 and "Tässä julkaisussa ei ole vastausta tähän." in page.text


def test_the_list_is_a_page_and_json_that_name_each(client: TestClient) -> None:
    listed = client.get("/api/").json()
    assert [entry["name"] for entry in listed] == list(named_queries())
    (entry,) = (entry for entry in listed if entry["name"] == "documents-on-many-themes")
    assert entry["address"] == "http://testserver/api/documents-on-many-themes"
    assert entry["parameters"][0] == {
        "name": "least",
        "type": "integer",
        "title": {"fi": "Teemoja vähintään", "sv": "Minst så många teman", "en": "At least so many themes"},
        "default": "4",
    }
    for language in ("fi", "sv", "en"):
        page = html.unescape(client.get(f"/api/?lang={language}", headers=PAGE).text)
        assert all(_in(query.title, language) in page for query in named_queries().values())
    assert 'href="/api/?lang=en"' in client.get("/sparql?lang=en", headers=PAGE).text


def test_openapi_has_an_operation_a_query_with_its_own_parameters(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert {f"/api/{name}" for name in named_queries()} <= paths.keys() and "/api/{name}" not in paths
    operation = paths["/api/documents-on-many-themes"]["get"]
    assert operation["operationId"] == "documents-on-many-themes"
    assert operation["parameters"][0] == {
        "name": "least",
        "in": "query",
        "required": False,
        "description": "At least so many themes: an integer.",
        "schema": {"type": "integer", "default": 4},
        "example": 4,
    }
    assert operation["responses"].keys() == {"200", "304", "400", "403", "406", "429", "502", "503"}
    rows = operation["responses"]["200"]["content"]["application/json"]["schema"]["items"]
    assert rows["properties"]["themes"] == {"type": ["integer", "null"], "description": "Themes"}


@pytest.mark.parametrize("media_type", ["text/turtle", "application/ld+json", "application/rdf+xml"])
def test_all_queries_are_described_as_executables_that_shacl_knows(client: TestClient, media_type: str) -> None:
    answer = client.get("/api/", headers={"Accept": media_type})
    format_ = RdfFormat.from_media_type(media_type)
    assert format_ is not None
    store = in_memory()
    quads = [Quad(quad.subject, quad.predicate, quad.object) for quad in parse(answer.content, format=format_)]
    store.extend(quads)
    found = store.query(
        f"""PREFIX sh: <{SH}> PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
        PREFIX rdf: <http://www.w3.org/1999/02/22-rdf-syntax-ns#> PREFIX csvw: <http://www.w3.org/ns/csvw#>
        SELECT ?query ?text (COUNT(DISTINCT ?label) AS ?labels) (COUNT(DISTINCT ?path) AS ?paths)
               (COUNT(DISTINCT ?column) AS ?columns) {{
          ?query a sh:SPARQLExecutable, sh:SPARQLSelectExecutable ; sh:select ?text ; rdfs:label ?label .
          ?query csvw:tableSchema/csvw:column/rdf:rest*/rdf:first/csvw:name ?column
          OPTIONAL {{ ?query sh:parameter/sh:path ?path
                      FILTER (CONTAINS(?text, CONCAT("$", STRAFTER(STR(?path), "#")))) }}
        }} GROUP BY ?query ?text ORDER BY ?query"""
    )
    assert isinstance(found, QuerySolutions)
    assert [tuple(row[name].value for name in ("query", "text", "labels", "paths", "columns")) for row in found] == [
        (f"http://testserver/api/{name}", query.text, "3", str(len(query.parameters)), str(len(query.columns)))
        for name, query in named_queries().items()
    ]


def test_the_description_of_one_query_has_defaults_as_terms_and_is_for_every_engine(client: TestClient) -> None:
    quads = {
        (quad.predicate.value, quad.object)
        for quad in parse(client.get("/api/documents-by-theme-and-city?format=ttl").content, format=RdfFormat.TURTLE)
    }
    assert (f"{SH}defaultValue", NamedNode("https://w3id.org/verkosto/id/theme/six-cities-t5")) in quads
    assert (f"{SH}class", NamedNode("https://w3id.org/verkosto#Theme")) in quads
    assert (f"{SH}datatype", NamedNode(f"{PREFIXES['xsd']}string")) in quads


def test_csv_is_what_spreadsheets_read(client: TestClient) -> None:
    text = client.get("/api/documents-counted-by-city-and-theme?format=csv&language=en").text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 36 and {"city", "theme", "documents"} == rows[0].keys()


def test_the_queries_are_asked_beforehand_when_a_release_is_served(release: Release, limits: Limits) -> None:
    async def warm() -> None:
        sites = Sites(release, limits, NOWHERE, is_warmed=True)
        site = (await sites.opened()).site
        async with create_task_group() as tasks:
            tasks.start_soon(sites.follow)
            keys = {site.engine.key(question) for question in first_questions(site.graph.identifiers)}
            with fail_after(30):
                while not all(site.engine.kept(key) for key in keys):
                    await sleep(0.05)
            page = Request(_asking("reorganisations", language="sv"), "application/sparql-results+json", None)
            assert None not in keys and site.engine.key(page) in keys
            tasks.cancel_scope.cancel()
        sites.close()

    anyio.run(warm)
