"""Which releases stay when others are deleted: newest, current, tagged, in use; and nothing is ever half deleted."""

import fcntl
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from graph.errors import InvalidTag, NoRelease
from graph.release import Release
from graph.releases import Releases
from graph.retention import in_use, prune, tag, tags, untag
from loaders.build import Built
from verkosto import main

Build = Callable[[str], Built]


@pytest.fixture
def releases(own_data: Path) -> Releases:
    """The releases of this test."""
    return Releases(own_data)


@pytest.fixture
def three(build_themes: Build, releases: Releases) -> list[Release]:
    """Three releases, oldest first; the last is current."""
    for word in ("Yksi", "Kaksi", "Kolme"):
        build_themes(f"t,{word}\n")
    return releases.all()


def _ids(releases: Releases) -> set[str]:
    return {release.id for release in releases.all()}


def _pruned(releases: Releases, keep: int) -> list[str]:
    with releases.lock():
        return prune(releases, keep)


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments], catch_exceptions=False)


def test_all_releases_stay_unless_one_says_how_many(three: list[Release], releases: Releases, tmp_path: Path) -> None:
    assert _run("build", tmp_path / "build.toml", "--data", releases.data).exit_code == 0
    assert len(_ids(releases)) == 3


def test_a_build_told_to_keep_some_deletes_the_oldest_and_says_so(
    three: list[Release], releases: Releases, tmp_path: Path
) -> None:
    (tmp_path / "source" / "Themes.csv").write_text("id,label_fi\nt,Neljä\n", encoding="utf-8")
    oldest = [release.id for release in three[:2]]
    result = _run("build", tmp_path / "build.toml", "--data", releases.data, "--keep", 2)
    assert result.exit_code == 0
    assert [line for line in result.stdout.splitlines() if "deleted" in line] == [
        f"Release {release_id} is deleted." for release_id in oldest
    ]
    assert len(_ids(releases)) == 2
    assert all(release.verify() == [] for release in releases.all())
    assert not (releases.data / "building").exists()


def test_the_current_release_stays_however_old_it_is(three: list[Release], releases: Releases) -> None:
    oldest, middle, newest = (release.id for release in three)
    releases.rollback(oldest)
    assert _pruned(releases, 1) == [middle]
    assert _ids(releases) == {oldest, newest}


def test_a_tagged_release_stays_until_its_tag_is_taken_off(three: list[Release], releases: Releases) -> None:
    oldest, middle, newest = (release.id for release in three)
    assert _run("tag", oldest, "seminar-2026", "--data", releases.data).exit_code == 0
    assert f"{oldest}  " in (listed := _run("releases", "--data", releases.data).stdout)
    assert next(line for line in listed.splitlines() if oldest in line).endswith("  seminar-2026")
    assert _pruned(releases, 1) == [middle]
    assert _run("untag", "seminar-2026", "--data", releases.data).exit_code == 0
    assert _pruned(releases, 1) == [oldest]
    assert _ids(releases) == {newest}


def test_a_release_in_use_stays_until_nobody_uses_it(three: list[Release], releases: Releases) -> None:
    oldest, middle, newest = (release.id for release in three)
    with in_use(releases.get(oldest)), in_use(releases.get(oldest)):
        assert _pruned(releases, 1) == [middle]
    assert _pruned(releases, 1) == [oldest]
    assert _ids(releases) == {newest}


def test_a_tag_that_may_have_been_cited_does_not_move(three: list[Release], releases: Releases) -> None:
    first, second, _ = three
    tag(releases, first.id, "v1")
    tag(releases, first.id, "v1")
    with pytest.raises(InvalidTag, match=f"on {first.id}.*untag"):
        tag(releases, second.id, "v1")
    assert tags(releases) == {"v1": first.id}
    assert untag(releases, "v1") == first.id
    with pytest.raises(InvalidTag, match="shows the tags"):
        untag(releases, "v1")
    assert list((releases.data / "tags").iterdir()) == []


def test_an_impossible_name_of_a_tag_is_refused_with_what_is_possible(three: list[Release], releases: Releases) -> None:
    for name in ("", "..", "a/b", ".hidden", "a b", "x" * 65, "ä"):
        with pytest.raises(InvalidTag, match="letters, digits"):
            tag(releases, three[0].id, name)


def test_what_is_no_release_can_be_neither_tagged_nor_used(three: list[Release], releases: Releases) -> None:
    with pytest.raises(NoRelease, match="verkosto releases"):
        tag(releases, "2001-01-01-00000000", "v1")
    shutil.rmtree(three[0].directory)
    with pytest.raises(NoRelease, match="has been deleted"), in_use(three[0]):
        pass


def test_a_reader_that_comes_while_a_release_is_deleted_is_told_so(
    three: list[Release], releases: Releases, monkeypatch: pytest.MonkeyPatch
) -> None:
    oldest = three[0]
    told: list[str] = []

    def read() -> None:
        try:
            with in_use(oldest):
                told.append("in use")
        except NoRelease as error:
            told.append(str(error))

    clear_workshop = Releases.clear_workshop

    def clear_while_somebody_reads(self: Releases) -> Path:
        reader = threading.Thread(target=read)
        reader.start()
        reader.join()
        return clear_workshop(self)

    monkeypatch.setattr(Releases, "clear_workshop", clear_while_somebody_reads)
    with releases.lock():
        assert oldest.id in prune(releases, 2)
    assert told == [f"Release {oldest.id} has been deleted; `verkosto releases` lists those there are."]


def test_a_deletion_that_was_stopped_leaves_no_half_release_and_the_next_build_clears_it(
    three: list[Release], releases: Releases, build_themes: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    class _Stop(Exception):
        """The machine stops here."""

    def stop(_: Path, ignore_errors: bool = False) -> None:
        if not ignore_errors:
            raise _Stop

    with monkeypatch.context() as context, pytest.raises(_Stop), releases.lock():
        # The first deletion clears the workshop; what is left of the release is in it.
        context.setattr("graph.retention.shutil.rmtree", stop)
        prune(releases, 2)
    assert len(_ids(releases)) == 2
    assert list((releases.data / "building").iterdir())
    build_themes("t,Neljä\n")
    assert not (releases.data / "building").exists()
    assert all(release.verify() == [] for release in releases.all())


def test_a_reader_who_may_not_write_holds_what_it_reads(three: list[Release], releases: Releases) -> None:
    oldest = three[0]
    # As from another user's process: the lock file is there, and can be opened for reading only.
    with (releases.data / "in-use" / oldest.id).open() as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        assert oldest.id not in _pruned(releases, 1)


def test_a_build_that_waits_builds_when_the_other_one_has_ended(
    three: list[Release], releases: Releases, tmp_path: Path
) -> None:
    (tmp_path / "source" / "Themes.csv").write_text("id,label_fi\nt,Neljä\n", encoding="utf-8")
    command = ("build", tmp_path / "build.toml", "--data", releases.data)
    results: list[Result] = []
    with releases.lock():
        refused = _run(*command)
        assert refused.exit_code == 1 and "`verkosto build --wait`" in refused.stderr
        waiting = threading.Thread(target=lambda: results.append(_run(*command, "--wait")))
        waiting.start()
        waiting.join(timeout=0.5)
        assert waiting.is_alive() and len(_ids(releases)) == 3
    waiting.join()
    assert results[0].exit_code == 0
    assert len(_ids(releases)) == 4
