"""Releases: immutable, checked to the byte, published whole or not at all."""

import fcntl
import hashlib
import os
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from pyoxigraph import BlankNode, DefaultGraph, Quad, QuerySolutions, RdfFormat, Store, parse

from graph.errors import BuildInProgress, DamagedRelease, NoRelease
from graph.release import Release
from graph.releases import Releases
from graph.store import open_read_only
from loaders.build import Built, build
from loaders.config import load
from loaders.errors import UnreadableSource

Build = Callable[[str], Built]


def test_the_store_holds_each_graph_and_their_merge(release: Release) -> None:
    store = open_read_only(release.store)
    named = {quad for quad in store if quad.graph_name != DefaultGraph()}
    merged = {quad.triple for quad in store if quad.graph_name == DefaultGraph()}
    assert merged == {quad.triple for quad in named}
    assert len(named) == release.manifest.counts.quads == sum(release.manifest.counts.graphs.values())
    assert len(merged) == release.manifest.counts.triples


def test_a_triple_in_two_graphs_is_in_the_merge_once(tmp_path: Path, own_data: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "Themes.csv").write_text("id,label_fi\nt,Teema\n")
    licence = "https://creativecommons.org/licenses/by/4.0/"
    (tmp_path / "build.toml").write_text(
        'base = "https://example.org"\n'
        + "".join(
            f'[[source]]\nname = "{name}"\nloader = "tables"\npath = "{name}"\nlicence = "{licence}"\ntitle.en = "S"\n'
            for name in ("a", "b")
        )
    )
    release = build(load(tmp_path / "build.toml"), own_data).release
    store = open_read_only(release.store)
    merged = [quad.triple for quad in store if quad.graph_name == DefaultGraph()]
    assert len(merged) == len(set(merged)) == release.manifest.counts.triples


@pytest.mark.parametrize(("name", "format_"), [("verkosto.nq", RdfFormat.N_QUADS), ("verkosto.ttl", RdfFormat.TURTLE)])
def test_a_dump_reloaded_into_an_empty_store_is_the_graph(release: Release, name: str, format_: RdfFormat) -> None:
    reloaded = Store()
    reloaded.load(path=str(release.dumps / name), format=format_)
    original = open_read_only(release.store)
    assert {quad.triple for quad in reloaded} == {quad.triple for quad in original}
    if format_ == RdfFormat.N_QUADS:
        assert set(reloaded) == {quad for quad in original if quad.graph_name != DefaultGraph()}


def test_the_dump_is_sorted_by_bytes_and_repeats_nothing(release: Release) -> None:
    lines = (release.dumps / "verkosto.nq").read_bytes().splitlines()
    assert lines == sorted(set(lines))


def test_the_dump_says_everything_as_the_engine_does(release: Release) -> None:
    store = open_read_only(release.store)
    engines = {str(quad) for quad in store if quad.graph_name != DefaultGraph()}
    assert engines == {
        line.removesuffix(" .") for line in (release.dumps / "verkosto.nq").read_text().split("\n") if line
    }


def test_no_node_is_blank(release: Release) -> None:
    quads: list[Quad] = list(parse(path=str(release.dumps / "verkosto.nq"), format=RdfFormat.N_QUADS))
    assert not any(isinstance(term, BlankNode) for quad in quads for term in (quad.subject, quad.object))


def test_the_same_sources_make_no_new_release(build_themes: Build, own_data: Path) -> None:
    first, second = build_themes("t,Teema\n"), build_themes("t,Teema\n")
    assert (first.is_new, second.is_new) == (True, False)
    assert first.release == second.release
    assert len(Releases(own_data).all()) == 1


def test_changed_sources_make_a_release_beside_the_old_one(build_themes: Build, own_data: Path) -> None:
    first = build_themes("t,Teema\n").release
    before = (first.dumps / "verkosto.nq").read_bytes()
    second = build_themes("t,Toinen\n").release
    assert Releases(own_data).current() == second
    assert Releases(own_data).all() == sorted(
        [first, second], key=lambda release: (release.manifest.created, release.id)
    )
    assert (first.dumps / "verkosto.nq").read_bytes() == before


def test_rolling_back_serves_the_older_release_again(build_themes: Build, own_data: Path) -> None:
    first = build_themes("t,Teema\n").release
    build_themes("t,Toinen\n")
    Releases(own_data).rollback(first.id)
    assert Releases(own_data).current() == first


def test_rolling_back_to_a_damaged_release_changes_nothing(build_themes: Build, own_data: Path) -> None:
    first = build_themes("t,Teema\n").release
    second = build_themes("t,Toinen\n").release
    (first.dumps / "verkosto.ttl").write_bytes(b"")
    with pytest.raises(DamagedRelease, match=r"verkosto\.ttl"):
        Releases(own_data).rollback(first.id)
    assert Releases(own_data).current() == second


@pytest.mark.parametrize("name", ["2001-01-01-00000000", "", "..", "../releases"])
def test_rolling_back_to_what_is_no_release_says_so(build_themes: Build, own_data: Path, name: str) -> None:
    build_themes("t,Teema\n")
    with pytest.raises(NoRelease, match="verkosto releases"):
        Releases(own_data).rollback(name)


def test_a_broken_file_is_refused_and_nothing_has_changed(build_themes: Build, own_data: Path) -> None:
    current = build_themes("t,Teema\n").release
    with pytest.raises(UnreadableSource):
        build_themes('t,"Teema\n')
    assert Releases(own_data).current() == current
    assert current.verify() == []


@pytest.mark.parametrize("rows", ["", "t,\n"])
def test_a_source_without_a_record_that_can_be_loaded_is_refused(
    build_themes: Build, own_data: Path, rows: str
) -> None:
    with pytest.raises(UnreadableSource, match="no record"):
        build_themes(rows)
    assert Releases(own_data).current_id() is None


def test_a_source_with_too_many_broken_records_stays_as_it_is_and_the_report_says_so(
    build_themes: Build, own_data: Path
) -> None:
    before = build_themes("t,Teema\nu,Toinen\nv,Kolmas\n").release
    built = build_themes("t,Muuttunut\nu,\nv,\n")
    graph = f"graphs/{before.manifest.sources[0].graph.rpartition('/')[2]}.nq"
    assert (built.release.directory / graph).read_bytes() == (before.directory / graph).read_bytes()
    assert built.release.raw.find(before.manifest.sources[0].name, "Themes-u") is not None
    assert not built.is_new and built.release == before
    report = built.reports[0]
    assert report.kept and "67% of the records" in report.warnings[0] and before.id in report.warnings[0]
    assert [skipped.record for skipped in report.skipped] == ["Themes/u", "Themes/v"]


def test_a_source_that_has_lost_many_records_stays_as_it_is(build_themes: Build) -> None:
    before = build_themes("t,Teema\nu,Toinen\nv,Kolmas\n").release
    built = build_themes("t,Teema\n")
    assert built.release == before
    assert "1 of 3 records are left" in built.reports[0].warnings[0]


def test_a_record_keeps_the_day_since_which_it_has_been_so(
    build_themes: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    def since(built: Built) -> dict[str, str]:
        query = """SELECT ?id ?since { ?r <https://w3id.org/verkosto#since> ?since ;
                                        <http://purl.org/dc/terms/identifier> ?id }"""
        answer = open_read_only(built.release.store).query(query)
        assert isinstance(answer, QuerySolutions)
        return {row["id"].value: row["since"].value for row in answer}

    monkeypatch.setattr("loaders.build.today", lambda: date(2026, 1, 1))
    assert since(build_themes("t,Teema\nu,Toinen\n")) == {"t": "2026-01-01", "u": "2026-01-01"}
    monkeypatch.setattr("loaders.build.today", lambda: date(2026, 2, 2))
    assert since(build_themes("t,Teema\nu,Muuttunut\nv,Uusi\n")) == {
        "t": "2026-01-01",
        "u": "2026-02-02",
        "v": "2026-02-02",
    }


def test_raw_files_are_kept_once_and_read_from_the_middle(build_themes: Build) -> None:
    first = build_themes("t,Teema\n").release
    entry = first.manifest.sources[0]
    (digest,) = entry.files.values()
    place = first.raw.find(entry.name, "Themes-t")
    assert place is not None
    assert first.raw.read(digest, place.start, place.length) == b"t,Teema\n"
    assert hashlib.sha256(first.raw.open(digest).read()).hexdigest() == digest
    assert first.raw.find(entry.name, "Themes-x") is None


def test_a_dump_changed_together_with_its_manifest_and_checksum_is_noticed(build_themes: Build) -> None:
    release = build_themes("t,Teema\n").release
    dump, manifest = release.dumps / "verkosto.nq", release.directory / "manifest.json"
    before = hashlib.sha256(dump.read_bytes()).hexdigest()
    dump.write_bytes(dump.read_bytes().replace(b"Teema", b"Tuuma"))
    after = hashlib.sha256(dump.read_bytes()).hexdigest()
    manifest.write_text(manifest.read_text().replace(before, after))
    checksum = hashlib.sha256(manifest.read_bytes()).hexdigest()
    (release.directory / "manifest.json.sha256").write_text(f"{checksum}  manifest.json\n")
    assert any("verkosto.nq" in str(problem) for problem in Release(release.directory).verify())


def test_a_second_build_at_the_same_time_says_that_it_has_to_wait(build_themes: Build, own_data: Path) -> None:
    build_themes("t,Teema\n")
    with (own_data / "lock").open("a") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(BuildInProgress, match="wait"):
            build_themes("t,Toinen\n")


def test_what_a_killed_build_left_behind_is_cleared(build_themes: Build, own_data: Path) -> None:
    (own_data / "building" / "release").mkdir(parents=True)
    (own_data / "building" / "release" / "half").write_text("x")
    release = build_themes("t,Teema\n").release
    assert not (own_data / "building").exists()
    assert release.verify() == []


def test_everything_is_on_disk_before_a_release_is_pointed_at(
    build_themes: Build, own_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []

    def noted(original: Callable[..., object], name: Callable[..., str]) -> Callable[..., object]:
        def run(*arguments: object) -> object:
            order.append(name(*arguments))
            return original(*arguments)

        return run

    monkeypatch.setattr(os, "fsync", noted(os.fsync, lambda fd: str(Path(f"/proc/self/fd/{fd}").readlink())))
    monkeypatch.setattr(Path, "rename", noted(Path.rename, lambda _, target: f"rename {target}"))
    monkeypatch.setattr(Path, "replace", noted(Path.replace, lambda _, target: f"replace {target}"))
    release = build_themes("t,Teema\n").release
    moved = order.index(f"rename {release.directory}")
    pointed = order.index(f"replace {own_data / 'current'}")
    staged = own_data / "building" / "release"
    assert {str(staged / name) for name in _every_file(release.directory)} <= set(order[:moved])
    assert str(own_data / "releases") in order[moved:pointed]
    assert str(own_data / "current.new") in order[moved:pointed]


def test_a_release_that_a_crash_kept_from_publication_is_taken_up(build_themes: Build, own_data: Path) -> None:
    old = build_themes("t,Teema\n").release
    new = build_themes("t,Toinen\n").release
    (own_data / "current").write_text(old.id + "\n")
    again = build_themes("t,Toinen\n")
    assert (again.release, again.is_new) == (new, True)
    assert len(Releases(own_data).all()) == 2


def _every_file(directory: Path) -> list[str]:
    return sorted(path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file())


def test_flipping_one_byte_of_any_file_is_noticed_and_the_file_named(build_themes: Build) -> None:
    release = build_themes("t,Teema\n").release
    files = _every_file(release.directory)
    assert {name.partition("/")[0] for name in files} == {
        "dumps", "gone.jsonl", "graphs", "manifest.json", "manifest.json.sha256", "raw", "report.json",
        "statistics.json", "store",
    }  # fmt: skip
    for name in files:
        path = release.directory / name
        original = path.read_bytes()
        if not original:
            continue
        for position in {0, len(original) // 2, len(original) - 1}:
            damaged = bytearray(original)
            damaged[position] ^= 1
            path.write_bytes(damaged)
            problems = Release(release.directory).verify()
            assert problems, f"byte {position} of {name}"
            assert any(name in str(problem) for problem in problems), f"byte {position} of {name}"
        path.write_bytes(original)
    assert Release(release.directory).verify() == []


def test_a_missing_and_a_foreign_file_are_named(build_themes: Build) -> None:
    release = build_themes("t,Teema\n").release
    (release.dumps / "verkosto.ttl").unlink()
    (release.store / "foreign").write_text("x")
    problems = [str(problem) for problem in release.verify()]
    assert any("verkosto.ttl" in problem and "not on disk" in problem for problem in problems)
    assert any("foreign" in problem and "not in the manifest" in problem for problem in problems)


def test_reading_a_release_changes_none_of_its_bytes(build_themes: Build) -> None:
    release = build_themes("t,Teema\n").release
    for _ in range(3):
        assert list(open_read_only(release.store))
    assert release.verify() == []


def test_a_build_over_a_damaged_release_makes_a_new_one(build_themes: Build, own_data: Path) -> None:
    damaged = build_themes("t,Teema\n").release
    (damaged.directory / "manifest.json").write_text("{}")
    rebuilt = build_themes("t,Teema\n")
    assert rebuilt.is_new
    assert rebuilt.release.id != damaged.id
    assert rebuilt.release.verify() == []


def test_a_build_recovers_when_the_current_release_is_gone(build_themes: Build, own_data: Path) -> None:
    shutil.rmtree(build_themes("t,Teema\n").release.directory)
    assert build_themes("t,Teema\n").release.verify() == []


def test_the_manifest_can_be_checked_with_common_tools(release: Release) -> None:
    stated, name = (release.directory / "manifest.json.sha256").read_text().split()
    assert stated == hashlib.sha256((release.directory / name).read_bytes()).hexdigest()
    for path, entry in release.manifest.files.items():
        content = (release.directory / path).read_bytes()
        assert (entry.bytes, entry.sha256) == (len(content), hashlib.sha256(content).hexdigest())
