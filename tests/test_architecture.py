"""The structure the README promises: who may import whom, and what only one module does."""

import ast
import importlib.metadata
import re
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

MAY_IMPORT = {
    "ontology": set(),
    "graph": {"ontology"},
    "loaders": {"ontology", "graph"},
    "sparql": {"ontology", "graph"},
    "web": {"ontology", "graph", "sparql"},
}
"""Each room → the other rooms it may import."""

MODULES = sorted(path for room in MAY_IMPORT for path in (ROOT / room).rglob("*.py"))


def _name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def _imports(path: Path) -> Iterator[str]:
    """Every module a file imports, those inside functions included."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively; imports are written in full"
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_there_are_modules_to_look_at() -> None:
    assert {path.parent.name for path in MODULES} == set(MAY_IMPORT)


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_imports_between_rooms_go_one_way(path: Path) -> None:
    room = path.parent.name
    rooms = {name.partition(".")[0] for name in _imports(path)} & (MAY_IMPORT.keys() | {"verkosto"})
    assert rooms - {room} <= MAY_IMPORT[room]


def test_no_module_imports_itself_round_a_corner() -> None:
    names = {_name(path): path for path in MODULES}
    arrows = {name: set(_imports(path)) & names.keys() - {name} for name, path in names.items()}
    try:
        tuple(TopologicalSorter(arrows).static_order())
    except CycleError as error:
        pytest.fail(f"import cycle: {' → '.join(error.args[1])}")


def test_nobody_else_owns_our_package_names() -> None:
    owners = importlib.metadata.packages_distributions()
    for name in (*MAY_IMPORT, "verkosto"):
        assert set(owners.get(name, ["verkosto"])) == {"verkosto"}, f"{name} is another distribution's: uninstall that"


@pytest.mark.parametrize("path", [*MODULES, ROOT / "verkosto.py"], ids=_name)
def test_every_module_says_in_one_line_what_it_is(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert docstring and docstring.splitlines()[0].endswith(".")


@pytest.mark.parametrize(
    ("what", "pattern", "owner"),
    [
        ("opens pyoxigraph stores", r"\bStore(\.read_only)?\(", "graph/store.py"),
        ("starts processes", r"\bsubprocess\.|\bmultiprocessing\b|\bos\.fork\b", "sparql/workers.py"),
        ("runs SHACL", r"\bpyshacl\b", "graph/validation.py"),
        ("opens Jinja", r"\bjinja2\b", "web/rendering.py"),
        ("makes domain triples", r"<\{(PROV|RDF)\.", "loaders/triples.py"),
        ("mints IRIs", r"\}/id/", "ontology/identifiers.py"),
        ("reads the environment", r"\benvvar=|\bos\.environ\b|\bgetenv\b", "verkosto.py"),
    ],
)
def test_only_one_module_does_it(what: str, pattern: str, owner: str) -> None:
    doers = {
        path.relative_to(ROOT).as_posix()
        for path in [*MODULES, ROOT / "verkosto.py"]
        if re.search(pattern, path.read_text(encoding="utf-8"))
    }
    assert doers == {owner}, f"only {owner} {what}"


def test_a_server_starts_without_what_only_builds_need() -> None:
    loaded = "import sys, web.server; print(sorted({'rdflib', 'pyshacl', 'pyarrow'} & sys.modules.keys()))"
    answer = subprocess.run([sys.executable, "-c", loaded], cwd=ROOT, check=True, capture_output=True, text=True)
    assert answer.stdout == "[]\n"
