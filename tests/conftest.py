"""What many tests need: a built release, a client, a running server, and the shared data where there is some."""

import csv
import os
import shutil
import subprocess
import sys
import time
import tomllib
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest
from processes import free_port
from pyoxigraph import Literal, NamedNode, QuerySolutions, Store
from questions import Question
from starlette.testclient import TestClient

from graph.release import Release
from loaders.build import Built, build
from loaders.config import BUNDLED, load
from ontology.identifiers import Identifiers
from ontology.terms import PREFIXES
from sparql.limits import MEBIBYTE, Limits
from sparql.named import ColumnType, named_queries
from web.app import create_app

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared" / "data"
CHROMIUM = Path("/usr/bin/chromium")
CLIENTS = ROOT / "tests" / "clients"


def _or_skip(is_there: bool, what: str, variable: str) -> None:
    """Skip for want of something, unless the variable says that it has to be there."""
    if not is_there:
        message = f"{what} is not here"
        if os.environ.get(variable):
            pytest.fail(f"{message}, and {variable} is set")
        pytest.skip(message)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data files, kept beside the checkout and never in it."""
    _or_skip(SHARED.is_dir(), str(SHARED), "VERKOSTO_REQUIRE_SHARED")
    return SHARED


@pytest.fixture
def chromium() -> Path:
    """The browser the page tests drive."""
    _or_skip(CHROMIUM.exists(), f"{CHROMIUM} (apt-get install chromium)", "VERKOSTO_REQUIRE_BROWSER")
    return CHROMIUM


@pytest.fixture
def comunica() -> Path:
    """The script that asks with Comunica, which Node runs."""
    is_there = shutil.which("node") is not None and (CLIENTS / "node_modules").is_dir()
    _or_skip(is_there, "Node with Comunica (npm ci in tests/clients)", "VERKOSTO_REQUIRE_NODE")
    return CLIENTS / "comunica.js"


@pytest.fixture(scope="session")
def virtuoso_program() -> str:
    """Virtuoso 7, one of the engines that a release can be queried in."""
    found = shutil.which("virtuoso-t")
    _or_skip(found is not None, "virtuoso-t (apt-get install virtuoso-opensource-7)", "VERKOSTO_REQUIRE_VIRTUOSO")
    return str(found)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the bundled graph built into it. Tests read it only."""
    directory = tmp_path_factory.mktemp("data")
    build(load(BUNDLED), directory)
    return directory


@pytest.fixture(scope="session")
def release(data: Path) -> Release:
    """The release of the bundled graph."""
    return Release(data / "releases" / (data / "current").read_text().strip())


@pytest.fixture(scope="session")
def limits() -> Limits:
    """Limits tight enough to be reached in a test."""
    return Limits(seconds=2, memory=1024 * MEBIBYTE, result_bytes=4 * MEBIBYTE, workers=2, waiting=8)


@pytest.fixture(scope="session")
def client(release: Release, limits: Limits) -> Iterator[TestClient]:
    """The application over the bundled graph. Redirects are not followed, so that tests see them."""
    with TestClient(create_app(release, limits), follow_redirects=False) as client:
        yield client


@pytest.fixture
def own_data(tmp_path: Path) -> Path:
    """An empty data directory of this test's own."""
    return tmp_path / "data"


@pytest.fixture
def build_themes(tmp_path: Path, own_data: Path) -> Callable[[str], Built]:
    """Build a small graph whose themes are given as the rows of a CSV file."""

    def run(rows: str) -> Built:
        source = tmp_path / "source"
        source.mkdir(exist_ok=True)
        (source / "Themes.csv").write_text("id,label_fi\n" + rows, encoding="utf-8")
        (tmp_path / "build.toml").write_text(
            'base = "https://example.org"\n'
            '[[source]]\nname = "s"\nloader = "tables"\npath = "source"\n'
            'licence = "https://creativecommons.org/licenses/by/4.0/"\ntitle = { fi = "Lähde" }\n'
        )
        return build(load(tmp_path / "build.toml"), own_data)

    return run


QUESTIONS = ROOT / "tests" / "cases" / "questions"


def _question(path: Path) -> Question:
    """A file with an answer that was made by hand; the values, if there are any, stand beside it."""
    values = path.with_suffix(".toml")
    asked: dict[str, str] = tomllib.loads(values.read_text(encoding="utf-8")) if values.exists() else {}
    with path.open(encoding="utf-8", newline="") as file:
        return path.parent.name, asked, list(csv.DictReader(file))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ask each competency question in each test that takes one."""
    if "question" in metafunc.fixturenames:
        paths = sorted(QUESTIONS.glob("*/*.csv"))
        metafunc.parametrize(
            "question", [_question(path) for path in paths], ids=[f"{p.parent.name}-{p.stem}" for p in paths]
        )


_DATATYPES = {
    ColumnType.INTEGER: {"integer"},
    ColumnType.DECIMAL: {"integer", "decimal"},
    ColumnType.DATE: {"date", "gYearMonth", "gYear"},
    ColumnType.BOOLEAN: {"boolean"},
    ColumnType.TEXT: {"string"},
}


def _is_of(column: ColumnType, term: object) -> bool:
    if column == ColumnType.IRI:
        return isinstance(term, NamedNode)
    assert isinstance(term, Literal)
    is_text = column == ColumnType.TEXT and term.language is not None
    return is_text or term.datatype.value in {PREFIXES["xsd"] + name for name in _DATATYPES[column]}


@pytest.fixture(scope="session")
def ask() -> Callable[..., list[dict[str, str]]]:
    """Ask a store a named query. What is answered has the columns that the query declares, each of its type."""

    def run(store: Store, name: str, base: str = "https://w3id.org/verkosto", **values: str) -> list[dict[str, str]]:
        query = named_queries()[name]
        answer = store.query(query.asking(values, Identifiers(base)))
        assert isinstance(answer, QuerySolutions)
        assert [variable.value for variable in answer.variables] == [column.name for column in query.columns]
        rows = []
        for row in answer:
            terms = [(column, row[column.name]) for column in query.columns]
            wrong = [
                (column.name, term) for column, term in terms if term is not None and not _is_of(column.type, term)
            ]
            assert not wrong, f"{name}: {wrong}"
            rows.append({column.name: "" if term is None else term.value for column, term in terms})
        return rows

    return run


Served = Callable[..., AbstractContextManager[str]]


@pytest.fixture(scope="session")
def served() -> Served:
    """Start ``verkosto serve`` as a process of its own and give its address."""

    @contextmanager
    def run(data: Path, *options: str) -> Iterator[str]:
        port = free_port()
        command = [sys.executable, "-m", "verkosto", "serve", "--data", str(data), "--port", str(port), *options]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
        address = f"http://127.0.0.1:{port}"
        try:
            _wait_until_it_answers(address, process)
            yield address
        finally:
            process.terminate()
            process.wait(timeout=20)

    return run


def _wait_until_it_answers(address: str, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(200):
        try:
            with urllib.request.urlopen(f"{address}/health"):
                return
        except OSError:
            assert process.poll() is None, "the server ended before it answered"
            time.sleep(0.05)
    pytest.fail(f"{address} did not answer within 10 s")
