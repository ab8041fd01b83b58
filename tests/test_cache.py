"""The same question of the same release is asked once, and no two questions are taken for one."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from graph.release import Release
from sparql.answer import INLINE, Answer, Spool
from sparql.cache import Cache
from sparql.errors import QueryFailed
from sparql.limits import Limits
from sparql.protocol import Request
from sparql.tokens import normal, tokens
from web.app import create_app

ASK = Request("ASK {}", "text/csv", None)


class Engine:
    """Answers with the text of the query, when it is told to."""

    limits = Limits()

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.cancelled: list[str] = []
        self.go = asyncio.Event()
        self.body: Callable[[Request], bytes] = lambda request: request.query.encode()

    async def answer(self, request: Request) -> Answer:
        self.asked.append(request.query)
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled.append(request.query)
            raise
        if "fail" in request.query:
            raise QueryFailed("It failed.")
        spool = Spool()
        spool.write(self.body(request))
        return Answer("text/csv", spool.body())

    def close(self) -> None:
        pass


def run(test: Callable[[Cache, Engine], Awaitable[None]], most_bytes: int = 1 << 20) -> None:
    async def with_engine() -> None:
        engine = Engine()
        await test(Cache(engine, "release", most_bytes), engine)

    asyncio.run(with_engine())


def test_the_same_question_in_flight_is_evaluated_once_and_then_kept() -> None:
    async def test(cache: Cache, engine: Engine) -> None:
        asking = [asyncio.create_task(cache.answer(ASK)) for _ in range(5)]
        await asyncio.sleep(0)
        engine.go.set()
        answers = await asyncio.gather(*asking)
        assert [answer.read() for answer in answers] == [b"ASK {}"] * 5
        assert sorted(answer.origin for answer in answers) == ["engine", *["shared"] * 4]
        again = await cache.answer(replace(ASK, query="ASK  {} # again"))
        assert (again.read(), again.origin) == (b"ASK {}", "cache")
        assert engine.asked == ["ASK {}"]

    run(test)


def test_an_evaluation_goes_on_while_somebody_waits_and_ends_with_the_last() -> None:
    async def test(cache: Cache, engine: Engine) -> None:
        first, second = (asyncio.create_task(cache.answer(ASK)) for _ in range(2))
        await asyncio.sleep(0.01)
        first.cancel()
        await asyncio.sleep(0.01)
        assert engine.cancelled == []
        second.cancel()
        await asyncio.sleep(0.01)
        assert engine.cancelled == ["ASK {}"]
        # Who asks now does not get what was given up.
        third = asyncio.create_task(cache.answer(ASK))
        engine.go.set()
        assert (await third).read() == b"ASK {}"

    run(test)


def test_a_large_answer_is_shared_but_not_kept() -> None:
    async def test(cache: Cache, engine: Engine) -> None:
        engine.body = lambda request: b"x" * (INLINE + 1)
        engine.go.set()
        answers = await asyncio.gather(*(cache.answer(ASK) for _ in range(3)))
        assert [len(answer.read()) for answer in answers] == [INLINE + 1] * 3
        assert cache.bytes == 0
        assert len(engine.asked) == 1
        with await cache.answer(ASK) as again:
            assert again.origin == "engine"

    run(test)


def test_an_error_reaches_all_who_wait_and_is_not_kept() -> None:
    async def test(cache: Cache, engine: Engine) -> None:
        engine.go.set()
        failing = replace(ASK, query="ASK { 'fail' }")
        found = await asyncio.gather(cache.answer(failing), cache.answer(failing), return_exceptions=True)
        assert [type(one) for one in found] == [QueryFailed] * 2
        with pytest.raises(QueryFailed):
            await cache.answer(failing)
        assert len(engine.asked) == 2

    run(test)


def test_what_is_kept_is_bounded_and_what_was_not_asked_for_longest_goes() -> None:
    async def test(cache: Cache, engine: Engine) -> None:
        engine.body = lambda request: b"x" * 60
        engine.go.set()
        queries = [replace(ASK, query=f"ASK {{ {number} }}") for number in range(20)]
        for query in queries:
            await cache.answer(query)
            await cache.answer(queries[0])
        assert cache.bytes <= 1000
        assert [(await cache.answer(queries[number])).origin for number in (0, 19, 1)] == ["cache", "cache", "engine"]

    run(test, most_bytes=1000)


def test_tiny_answers_are_counted_with_what_they_take_besides() -> None:
    async def test(cache: Cache, engine: Engine) -> None:
        engine.go.set()
        requests = [replace(ASK, query=f"ASK {{ ?s ?p {number} }}") for number in range(3000)]
        for request in requests:
            await cache.answer(request)
        kept = sum(cache.kept(cache.key(request)) is not None for request in requests)
        assert 1000 < kept < 2700

    run(test, most_bytes=1 << 20)


def test_who_waits_less_long_is_answered_alone() -> None:
    async def test(cache: Cache, engine: Engine) -> None:
        asking = [asyncio.create_task(cache.answer(replace(ASK, seconds=seconds))) for seconds in (None, 1.0)]
        await asyncio.sleep(0.01)
        engine.go.set()
        assert [(await one).origin for one in asking] == ["engine", "engine"]
        assert (await cache.answer(replace(ASK, seconds=2.0))).origin == "cache"

    run(test)


@pytest.mark.parametrize(
    "other",
    [
        replace(ASK, query="ASK { }"),
        replace(ASK, results="application/sparql-results+json"),
        replace(ASK, graphs="text/turtle"),
        replace(ASK, default_graphs=("urn:a",)),
        replace(ASK, named_graphs=("urn:a",)),
        replace(ASK, default_graphs=("urn:a", "urn:b")),
        replace(ASK, default_graphs=("urn:a",), named_graphs=("urn:b",)),
    ],
)
def test_what_asks_for_something_else_has_another_key(other: Request) -> None:
    cache = Cache(Engine(), "release")
    assert cache.key(other) != cache.key(ASK)
    assert cache.key(other) is not None
    assert cache.key(other) != Cache(Engine(), "another release").key(other)
    assert cache.key(replace(other, seconds=1.0)) == cache.key(other)


def test_the_order_of_graphs_makes_no_other_question() -> None:
    cache = Cache(Engine(), "release")
    ways = [replace(ASK, default_graphs=graphs) for graphs in (("a", "b"), ("b", "a"), ("a", "b", "a"))]
    assert len({cache.key(way) for way in ways}) == 1


@pytest.mark.parametrize(
    "query",
    [
        "SELECT (NOW() AS ?x) {}",
        "SELECT (now ( ) AS ?x) {}",
        "SELECT (RAND#\n() AS ?x) {}",
        "SELECT (STRUUID() AS ?x) {}",
        "SELECT (UUID() AS ?x) {}",
        "SELECT * { FILTER (1=1.0NOW()) }",
        "SELECT * { ?s ?p '\\u0027 }",
        "SELECT * { ?s ?p 'unclosed",
        "SELECT * { FILTER (?a<'x>  y') }",
    ],
)
def test_what_may_have_another_answer_or_another_reading_has_no_key(query: str) -> None:
    assert Cache(Engine(), "release").key(replace(ASK, query=query)) is None


QUERIES = [
    "SELECT ?x { VALUES ?x { 'a  b' '''c\n#d''' \"#\" <http://e.org/#a> } } # comment",
    "PREFIX e:<http://e.org/#> ASK { e:a e:b e:c . FILTER (1<2 && 3>2) }",
    "SELECT (COUNT(*) AS ?n) { ?s a <https://w3id.org/verkosto#City> }",
]


@given(st.sampled_from(QUERIES), st.lists(st.sampled_from([" ", "\n", "\t", " #!\n", "  "]), min_size=1, max_size=6))
def test_space_and_comments_between_tokens_make_no_other_question(query: str, spaces: list[str]) -> None:
    spaced = ""
    for number, token in enumerate(tokens(query)):
        is_space = token.kind in ("space", "comment")
        spaced += spaces[number % len(spaces)] if is_space and token.kind == "space" else token.text
        spaced += "\n" if token.kind == "comment" else ""
    assert normal(spaced) == normal(query)


@given(st.text(alphabet="ab?'\"<>#\\ \n{}()u:.1", max_size=30))
@example("?a<'x>  y'")
@example("'''a''  '")
def test_tokens_are_the_query_and_its_normal_form_is_one(query: str) -> None:
    assert "".join(token.text for token in tokens(query)) == query
    form = normal(query)
    assert form is None or normal(form) in (form, None)


@pytest.fixture
def client(release: Release) -> Iterator[TestClient]:
    with TestClient(create_app(release, Limits(workers=1))) as client:
        yield client


def test_who_has_the_answer_is_told_so_without_any_engine(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    first = client.get("/sparql", params={"query": "ASK {}"})

    async def nobody(*_: object) -> Answer:
        raise AssertionError

    monkeypatch.setattr("sparql.workers.WorkerPool.answer", nobody)
    again = client.get("/sparql", params={"query": "ASK {}"}, headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert client.get("/sparql", params={"query": " ASK {}"}).json() == first.json()
