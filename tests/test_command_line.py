"""The command line: what it prints, and its exit status 0, 1 or 2."""

import csv
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from graph.release import Release
from graph.releases import Releases
from verkosto import main

ROOT = Path(__file__).parent.parent
TABLES = ROOT / "tests" / "cases" / "tables"

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    """Run a command as from a shell."""

    def invoke(*arguments: object, text: str | None = None) -> Result:
        return CliRunner().invoke(main, [str(argument) for argument in arguments], input=text, catch_exceptions=False)

    return invoke


def _config(directory: Path, source: Path) -> Path:
    config = directory / "build.toml"
    config.write_text(
        'base = "https://example.org"\n[[source]]\nname = "s"\nloader = "tables"\n'
        f'path = "{source}"\nlicence = "https://creativecommons.org/licenses/by/4.0/"\ntitle = {{ en = "S" }}\n'
    )
    return config


def test_build_says_what_became_of_each_source_and_names_what_it_skipped(run: Run, tmp_path: Path) -> None:
    result = run("build", _config(tmp_path, TABLES / "broken-rows"), "--data", tmp_path / "data")
    assert result.exit_code == 0
    assert "s: 11 records read, 3 loaded, 8 skipped" in result.stdout
    assert "skipped Documents/d2: row 3: themes: there is no usable row 'gone' in sheet Themes" in result.stdout
    assert "note: 73% of the records can't be used, and there is no earlier graph" in result.stdout
    assert "is current now" in result.stdout


def test_build_refuses_a_broken_file_with_one_sentence_and_changes_nothing(run: Run, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "Themes.csv").write_text("id,label_fi\nt,Teema\n")
    config, data = _config(tmp_path, source), tmp_path / "data"
    assert run("build", config, "--data", data).exit_code == 0
    before = Releases(data).current_id()
    (source / "Themes.csv").write_bytes(b"id,label_fi\nt,\xff\n")
    result = run("build", config, "--data", data)
    assert result.exit_code == 1
    assert result.stderr == "verkosto: Themes.csv, line 2: not UTF-8; save the file as CSV UTF-8.\n"
    assert Releases(data).current_id() == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("base = ", "is no build configuration"),
        ('base = "https://e.org/"\nsource = []', "without a slash at the end"),
        ('base = "https://e.org"\nsorce = []', "unknown field"),
        ('base = "https://e.org"', "source"),
    ],
)
def test_a_wrong_configuration_is_refused_with_what_is_wrong(run: Run, tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "build.toml").write_text(text)
    result = run("build", tmp_path / "build.toml", "--data", tmp_path / "data")
    assert result.exit_code == 1
    assert message in result.stderr
    assert len(result.stderr.splitlines()) == 1


ABOUT = {
    "title": '{ en = "T" }',
    "description": '{ en = "D" }',
    "address": '"https://example.org"',
    "publisher.name": '{ en = "P" }',
    "publisher.page": '"https://example.org/"',
}


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"publisher.contact": '"x@example.org"'}, "about.publisher.contact 'x@example.org' has to begin with mailto:"),
        ({"publisher.contact": '"javascript:alert(1)"'}, "has to begin with mailto: or https:// or http://"),
        ({"publisher.page": '"javascript:alert(1)"'}, "about.publisher.page 'javascript:alert(1)' has to begin with"),
        ({"publisher.page": '"https://example.org/a b"'}, "is not an IRI"),
        ({"address": '"example.org"'}, "about.address 'example.org' has to begin with https:// or http://"),
        ({"title": "{}"}, "about.title has to be said in at least one language"),
        ({"description": '{ en = " " }'}, "about.description has to be said in at least one language"),
        ({"publisher.name": "{}"}, "about.publisher.name has to be said in at least one language"),
        ({"title": '{ fi_FI = "T" }'}, "'fi_FI' is not a language tag"),
        ({"keywords": '{ fi_FI = ["T"] }'}, "'fi_FI' is not a language tag"),
        ({"gaps": '{ fi_FI = ["T"] }'}, "'fi_FI' is not a language tag"),
        ({"themes": '["GO VE"]'}, "'GO VE' is no code of the EU's lists"),
        ({"frequency": '"A/B"'}, "'A/B' is no code of the EU's lists"),
        ({"spatial": '["Finland"]'}, "'Finland' is not an IRI"),
        ({"source.page": '"javascript:alert(1)"'}, "page 'javascript:alert(1)' has to begin with https:// or http://"),
        ({"source.licence": '"CC BY"'}, "licence 'CC BY' has to begin with https:// or http://"),
        ({"source.title": "{}"}, "title has to be said in at least one language"),
        ({"source.description": '{ fi_FI = "D" }'}, "'fi_FI' is not a language tag"),
    ],
    ids=str,
)
def test_what_could_not_be_described_is_refused_before_anything_is_built(
    run: Run, tmp_path: Path, said: dict[str, str], message: str
) -> None:
    about = {name: value for name, value in {**ABOUT, **said}.items() if not name.startswith("source.")}
    source = {"name": '"s"', "loader": '"tables"', "path": '"."', "licence": '"https://example.org/"'}
    source |= {"title": '{ en = "S" }', **{name.removeprefix("source."): said[name] for name in said.keys() - about}}
    lines = ['base = "https://example.org"', "[about]", *(f"{name} = {value}" for name, value in about.items())]
    lines += ["[[source]]", *(f"{name} = {value}" for name, value in source.items())]
    (tmp_path / "build.toml").write_text("\n".join(lines))
    result = run("build", tmp_path / "build.toml", "--data", tmp_path / "data")
    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert message in result.stderr
    assert not (tmp_path / "data").exists()


def test_check_writes_nothing_and_reports_as_json(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = run("check", "tables", TABLES / "broken-rows", "--json")
    report = json.loads(result.stdout)
    assert (report["read"], report["loaded"], len(report["skipped"])) == (11, 3, 8)
    assert report["skipped"][0].keys() == {"record", "reason"}
    assert report["triples"] > 0
    assert list(tmp_path.iterdir()) == []


def test_check_names_the_loaders_there_are(run: Run) -> None:
    result = run("check", "tabels", TABLES)
    assert result.exit_code == 1
    assert "installed are: cordis, esif, eurio, kohesio, ptv-general-descriptions, tables, tpr" in result.stderr


def test_check_tells_the_change_to_a_source_of_the_current_release(run: Run, tmp_path: Path) -> None:
    source, data = tmp_path / "source", tmp_path / "data"
    source.mkdir()
    (source / "Themes.csv").write_text("id,label_fi\nt,Teema\nu,Toinen\n")
    run("build", _config(tmp_path, source), "--data", data)
    same = run("check", "tables", source, "--against", "s", "--data", data).stdout
    assert "(+0, -0)" in same
    (source / "Themes.csv").write_text("id,label_fi\nt,Teema\n")
    fewer = json.loads(run("check", "tables", source, "--against", "s", "--data", data, "--json").stdout)
    assert fewer["added"] == 0 and fewer["removed"] > 5
    unknown = run("check", "tables", source, "--against", "z", "--data", data)
    assert unknown.exit_code == 1 and "has no source 'z'; there are s" in unknown.stderr


def test_releases_are_listed_verified_and_rolled_back_to(run: Run, tmp_path: Path) -> None:
    data = tmp_path / "data"
    run("build", _config(tmp_path, TABLES / "small"), "--data", data)
    first = Releases(data).current().id
    other = tmp_path / "other"
    shutil.copytree(TABLES / "small", other)
    with (other / "Themes.csv").open("a", encoding="utf-8") as file:
        file.write("new,Uusi\n")
    run("build", _config(tmp_path, other), "--data", data)
    second = Releases(data).current().id
    listed = run("releases", "--data", data).stdout
    assert f"* {second}" in listed
    assert f"  {first}" in listed
    assert run("verify", first, "--data", data).exit_code == 0
    assert run("rollback", first, "--data", data).exit_code == 0
    assert Releases(data).current_id() == first
    path = Releases(data).get(second).dumps / "verkosto.nq"
    path.write_bytes(path.read_bytes().replace(b"e", b"f", 1))
    result = run("verify", second, "--data", data)
    assert result.exit_code == 1
    assert str(path) in result.stderr
    assert run("rollback", second, "--data", data).exit_code == 1


def test_query_answers_from_a_file_and_from_standard_input(run: Run, data: Path, tmp_path: Path) -> None:
    query = "SELECT (COUNT(*) AS ?n) { ?s a <https://w3id.org/verkosto#City> }"
    (tmp_path / "q.rq").write_text(query)
    assert list(csv.reader(io.StringIO(run("query", tmp_path / "q.rq", "--data", data).stdout))) == [["n"], ["6"]]
    assert json.loads(run("query", "-", "--format", "json", "--data", data, text=query).stdout)["head"]["vars"] == ["n"]
    turtle = run("query", "-", "--format", "ttl", "--data", data, text="DESCRIBE <https://w3id.org/verkosto#City>")
    assert "PublicOrganisation" in turtle.stdout
    wrong = run("query", "-", "--data", data, text="SELEC")
    assert (wrong.exit_code, wrong.stdout) == (1, "")
    assert "not SPARQL" in wrong.stderr
    assert run("query", "-", "--format", "pdf", "--data", data, text=query).exit_code == 2


@pytest.mark.parametrize("command", ["serve", "verify", "query"])
def test_before_the_first_build_a_command_says_what_to_do(run: Run, tmp_path: Path, command: str) -> None:
    arguments = ["-"] if command == "query" else []
    result = run(command, *arguments, "--data", tmp_path, text="ASK {}")
    assert result.exit_code == 1
    assert "run `verkosto build`" in result.stderr


def test_serving_on_a_taken_port_says_so(run: Run, data: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run("serve", "--data", data, "--port", taken.getsockname()[1])
    assert result.exit_code == 1
    assert "choose another with --port" in result.stderr


def test_serving_a_release_whose_manifest_was_changed_is_refused(run: Run, tmp_path: Path) -> None:
    data = tmp_path / "data"
    run("build", _config(tmp_path, TABLES / "small"), "--data", data)
    (Releases(data).current().directory / "manifest.json").write_text("{}")
    result = run("serve", "--data", data, "--port", 0)
    assert result.exit_code == 1
    assert "does not match its checksum" in result.stderr


@pytest.mark.parametrize("arguments", [["bild"], ["rollback"], ["serve", "--port", "many"], ["check", "tables"]])
def test_wrong_usage_is_status_2(run: Run, arguments: list[str]) -> None:
    assert run(*arguments).exit_code == 2


def test_demo_builds_once_says_where_it_serves_and_does_not_build_again(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "verkosto", "demo", "--port", "0", "--data", str(tmp_path)]
    for start in ("first", "second"):
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            lines = []
            for line in process.stdout:
                lines.append(line)
                if " on http://" in line:
                    break
            process.terminate()
        assert re.search(r"on http://127\.0\.0\.1:\d+ ", lines[-1])
        assert any("records read" in line for line in lines) == (start == "first")


def test_every_command_in_the_readme_exists(run: Run, release: Release) -> None:
    text = (ROOT / "README.md").read_text() + (ROOT / "docs" / "tables.md").read_text()
    named = set(re.findall(r"\bverkosto ([a-z]+)\b", text)) - {"is", "serves"}
    assert named
    for command in named:
        assert run(command, "--help").exit_code == 0, command
