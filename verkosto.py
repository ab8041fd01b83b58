"""The command line. The only reader of the environment; puts the rooms together."""

import asyncio
import errno
import json
import os
import shutil
import sys
from collections.abc import Callable
from functools import wraps
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, ParamSpec

import click
import msgspec

from graph.release import Release
from graph.releases import Releases
from graph.retention import in_use, tag, tags, untag
from ontology.errors import VerkostoError
from ontology.terms import compact
from sparql.limits import Limits

if TYPE_CHECKING:
    from graph.comparison import Comparison
    from loaders.report import Report

P = ParamSpec("P")

_SHOWN = 100
"""How many skipped records, or changed things, are named on the terminal."""

# What only one command needs (FastAPI, pySHACL) is imported inside it: `verkosto --help` and a worker start at once.


def _plain_errors(command: Callable[P, None]) -> Callable[P, None]:
    """What a person can mend ends the command with one sentence and status 1."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except VerkostoError as error:
            sentence = str(error)
        except BrokenPipeError:
            # Who reads no further, as `head` does, has what they wanted.
            raise
        except OSError as error:
            sentence = _about(error)
        except UnicodeDecodeError as error:
            sentence = f"The input is not UTF-8 (byte {error.start}); save it as UTF-8."
        else:
            return
        click.echo(f"verkosto: {sentence}", err=True)
        sys.exit(1)

    return run


def _about(error: OSError) -> str:
    # The engine's errors have no number, only a text.
    text = error.strerror or str(error)
    if error.errno in (errno.ENOSPC, errno.EDQUOT) or os.strerror(errno.ENOSPC) in text:
        return (
            "No space is left on the disk. Free some (`verkosto build --keep N` deletes older releases) and try again; "
            "what is served is whole."
        )
    return f"{error.filename or 'a file'}: {text}; check path, rights and free space."


data_option = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("data"),
    envvar="VERKOSTO_DATA",
    show_default=True,
    help="The data directory, where releases are kept.",
)
port_option = click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="verkosto")
def main() -> None:
    """City services and partner networks as one open, versioned knowledge graph."""


@main.command()
@click.argument("config", type=click.Path(path_type=Path), required=False)
@click.option("--full", "is_full", is_flag=True, help="Build from scratch, even where little has changed.")
@click.option(
    "--keep",
    metavar="N",
    type=click.IntRange(min=1),
    help="Then delete all but the N newest releases. The current one, those with a tag and those that a server has "
    "open stay. Without this, all stay.",
)
@click.option("--wait", "is_patient", is_flag=True, help="If another build is running, wait for it to end.")
@data_option
@_plain_errors
def build(config: Path | None, is_full: bool, keep: int | None, is_patient: bool, data: Path) -> None:
    """Build a release from CONFIG (the bundled six-city graph by default) and make it current."""
    _build(config, data, is_full, keep, is_patient)


@main.command()
@click.argument("loader")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--against", metavar="NAME", help="Tell the change to the source NAME of the current release, too.")
@data_option
@_plain_errors
def check(loader: str, path: Path, as_json: bool, against: str | None, data: Path) -> None:
    """Dry run: read PATH with LOADER, and report what would be loaded and what not. Publishes nothing."""
    from graph.history import History
    from loaders import registry
    from loaders.changes import changes
    from loaders.extraction import extract, today
    from loaders.source import fetch
    from loaders.triples import SourceNames
    from ontology.identifiers import Identifiers

    raw = fetch(path, registry.find(loader).suffixes)
    current = None if against is None else Releases(data).current()
    base = "https://w3id.org/verkosto" if current is None else current.manifest.base
    names = SourceNames(Identifiers(base), against or "check")
    with TemporaryDirectory() as workshop:
        found = extract(loader, raw, names, Path(workshop), History(current, today()), _Bars())
        change = None if current is None else changes(current, names, found.statements)
    if as_json:
        said = {**found.report.as_json(), "seconds": round(found.report.seconds, 3)}
        said.update({} if change is None else {"added": change[0], "removed": change[1]})
        click.echo(json.dumps(said, ensure_ascii=False, indent=1))
    else:
        _print_report(found.report, change)


@main.command()
@data_option
@_plain_errors
def releases(data: Path) -> None:
    """List the releases with their tags, oldest first; the current one has a star."""
    catalogue = Releases(data)
    tagged = tags(catalogue)
    for release in catalogue.all():
        star = "*" if release.id == catalogue.current_id() else " "
        counts = release.manifest.counts
        names = "".join(f"  {name}" for name, release_id in tagged.items() if release_id == release.id)
        click.echo(f"{star} {release.id}  {release.manifest.created}  {counts.triples} triples{names}")
    for release in catalogue.damaged():
        click.echo(f"! {release.id}  its manifest can't be read; `verkosto verify {release.id}` tells more")


@main.command(name="tag")
@click.argument("release_id", metavar="ID")
@click.argument("name")
@data_option
@_plain_errors
def tag_release(release_id: str, name: str, data: Path) -> None:
    """Give the release ID a NAME, under which no build deletes it."""
    tag(Releases(data), release_id, name)
    click.echo(f"{release_id} has the tag {name} and stays until `verkosto untag {name}`.")


@main.command(name="untag")
@click.argument("name")
@data_option
@_plain_errors
def untag_release(name: str, data: Path) -> None:
    """Take the tag NAME off; `verkosto build --keep` may delete its release then."""
    click.echo(f"{untag(Releases(data), name)} has no tag {name} any more.")


@main.command()
@data_option
@_plain_errors
def candidates(data: Path) -> None:
    """Print what may be one and nobody has decided of: a table to write decisions into, which CONFIG may name."""
    from loaders.candidates import write_candidates

    write_candidates(Releases(data).current(), sys.stdout)


@main.command()
@click.argument("release_id", metavar="ID")
@data_option
@_plain_errors
def rollback(release_id: str, data: Path) -> None:
    """Make the release ID current again, if it is whole."""
    release = Releases(data).rollback(release_id)
    click.echo(f"{release.id} is current now; a running server switches to it by itself.")


@main.command()
@click.argument("before", metavar="A")
@click.argument("after", metavar="B")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["text", "json", "patch", "added", "removed"]),
    default="text",
    show_default=True,
    help="A summary; all things as JSON; RDF Patch; the statements added or removed as N-Quads.",
)
@data_option
@_plain_errors
def diff(before: str, after: str, format_: str, data: Path) -> None:
    """Tell what has changed from release A to release B; `current` is the one that is served."""
    from graph.comparison import PATCH, Comparisons

    comparisons = Comparisons(Releases(data))
    found = comparisons.between(comparisons.release(before), comparisons.release(after))
    if format_ == "text":
        _print_changes(found)
    elif format_ == "json":
        _print_as_json(found)
    else:
        name = PATCH if format_ == "patch" else f"{format_}.nq"
        with (found.directory / name).open("rb") as file:
            shutil.copyfileobj(file, sys.stdout.buffer)


@main.command()
@click.argument("release_id", metavar="ID", required=False)
@data_option
@_plain_errors
def verify(release_id: str | None, data: Path) -> None:
    """Compare every byte of the release ID (the current one by default) with its manifest."""
    catalogue = Releases(data)
    release = catalogue.current() if release_id is None else catalogue.get(release_id)
    with in_use(release):
        problems = release.verify()
    for problem in problems:
        click.echo(f"verkosto: {problem}", err=True)
    if problems:
        sys.exit(1)
    click.echo(f"{release.id}: all {len(release.manifest.files)} files are as published.")


@main.command()
@click.argument("file", type=click.File("r", encoding="utf-8"))
@click.option("--format", "format_", default="csv", show_default=True, help="csv, tsv, json, xml, ttl, nt, rdf, jsonld")
@click.option("--query-timeout", type=click.FloatRange(min=0.1), default=15, show_default=True, help="Seconds.")
@data_option
@_plain_errors
def query(file: IO[str], format_: str, query_timeout: float, data: Path) -> None:
    """Ask the current release the SPARQL query in FILE (- for standard input)."""
    from sparql.protocol import FORMATS, GRAPHS, RESULTS, Request
    from sparql.workers import WorkerPool

    media_type = FORMATS.get(format_)
    if media_type is None:
        raise click.UsageError(f"--format is one of {', '.join(FORMATS)}")
    request = Request(
        file.read(),
        media_type if media_type in RESULTS else None,
        media_type if media_type in GRAPHS else "text/turtle",
    )
    limits = Limits(seconds=query_timeout, workers=1)
    release = Releases(data).current()
    with in_use(release), WorkerPool(release, limits) as pool, asyncio.run(pool.answer(request)) as answer:
        sys.stdout.buffer.writelines(answer.chunks())
        sys.stdout.buffer.write(b"" if answer.media_type.startswith("text/") else b"\n")


@main.command()
@data_option
@click.option("--host", default="127.0.0.1", show_default=True)
@port_option
@click.option("--query-timeout", type=click.FloatRange(min=0.1), default=15, show_default=True, help="Seconds.")
@click.option(
    "--client-queries",
    type=click.IntRange(min=0),
    default=4,
    show_default=True,
    help="Queries that one client may have answered at the same time; 0 for any number.",
)
@click.option(
    "--client-seconds",
    type=click.FloatRange(min=0),
    default=60,
    show_default=True,
    help="Seconds a minute that the queries of one client may take; 0 for any number.",
)
@click.option(
    "--engine",
    metavar="URL",
    help="A SPARQL endpoint that holds the dumps of the current release and answers queries (docs/scaling.md).",
)
@click.option(
    "--service",
    "services",
    metavar="ORIGIN",
    multiple=True,
    help="An origin that SERVICE may ask, such as https://query.wikidata.org; none by default.",
)
@click.option(
    "--proxies",
    default="127.0.0.1",
    show_default=True,
    help="Addresses, with commas, whose X-Forwarded-For tells who the client is. On this machine nobody is bounded.",
)
@_plain_errors
def serve(
    data: Path,
    host: str,
    port: int,
    query_timeout: float,
    client_queries: int,
    client_seconds: float,
    engine: str | None,
    services: tuple[str, ...],
    proxies: str,
) -> None:
    """Serve the current release, then each that becomes current: pages, linked data, dumps, SPARQL."""
    limits = Limits(seconds=query_timeout, client_queries=client_queries, client_seconds=client_seconds)
    _serve(Releases(data).current(), host, port, limits, engine, services, proxies)


@main.command()
@data_option
@port_option
@_plain_errors
def demo(data: Path, port: int) -> None:
    """Build the bundled six-city graph if needed, and serve it."""
    from loaders.config import BUNDLED, load
    from loaders.inputs import is_current

    if not is_current(load(BUNDLED), data):
        _build(None, data)
    _serve(Releases(data).current(), "127.0.0.1", port, Limits())


def _build(
    config: Path | None, data: Path, is_full: bool = False, keep: int | None = None, is_patient: bool = False
) -> None:
    from loaders.build import build as build_release
    from loaders.config import BUNDLED, load
    from loaders.errors import UnreadableSource

    built = build_release(load(config or BUNDLED), data, _Bars(), is_full, keep, is_patient)
    changes = {entry["source"]: (entry["added"], entry["removed"]) for entry in built.release.report["sources"]}
    for report in built.reports:
        _print_report(report, changes[report.source] if built.is_new else (0, 0))
    counts = f"{built.release.manifest.counts.triples} triples in {data}"
    if built.is_new:
        click.echo(f"Release {built.release.id} is current now: {counts}. A running server switches to it by itself.")
    else:
        click.echo(f"Release {built.release.id} says the same already, so nothing was published: {counts}.")
    for release_id in built.deleted:
        click.echo(f"Release {release_id} is deleted.")
    kept = [report.source for report in built.reports if report.kept]
    if kept:
        raise UnreadableSource(f"{', '.join(kept)} could not be read well enough and stays as it was; see above.")


class _Bars:
    """Progress bars on a terminal, one a step; nothing where nobody watches."""

    def __init__(self) -> None:
        self._step = ""
        self._bar: click.progressbar[int] | None = None  # type: ignore[valid-type]

    def __call__(self, step: str, done: int, total: int) -> None:
        if not sys.stderr.isatty():
            return
        if step != self._step:
            self._step = step
            self._bar = click.progressbar(length=total, label=step, file=sys.stderr)
            self._bar.__enter__()
        if self._bar is not None:
            self._bar.update(done - self._bar.pos)
            if done >= total:
                self._bar.__exit__(None, None, None)
                self._bar = None


def _print_report(report: "Report", change: tuple[int, int] | None = None) -> None:
    """What became of a source's records; of long lists the beginning, as ``--json`` and report.json have them whole."""
    changed = "" if change is None else f" (+{change[0]}, -{change[1]})"
    click.echo(
        f"{report.source}: {report.read} records read, {report.loaded} loaded, {len(report.skipped)} skipped, "
        f"{report.triples} triples{changed}, {f'{report.seconds:.1f} s' if report.seconds else 'as before'}"
    )
    if len(report.places) > 1:
        for place, tally in report.places.items():
            click.echo(f"  {place}: {tally.read} read, {tally.loaded} loaded")
    for skipped in report.skipped[:_SHOWN]:
        click.echo(f"  skipped {skipped.record}: {skipped.reason}")
    if len(report.skipped) > _SHOWN:
        click.echo(f"  … and {len(report.skipped) - _SHOWN} more")
    remarks = [("left out", *pair) for pair in sorted(report.dropped.items(), key=lambda pair: -pair[1].count)]
    for word, what, remark in [*remarks, *(("noted", *pair) for pair in report.noted.items())]:
        some = ", ".join(remark.records[:3]) + (" …" if remark.count > 3 else "")
        click.echo(f"  {word} {remark.count}: {what} ({some})")
    for warning in report.warnings:
        click.echo(f"  note: {warning}")


def _print_changes(found: "Comparison") -> None:
    """Counts by graph and class, then the first of the things with what has changed of them."""
    summary, things = found.summary, found.summary.things
    added, removed = found.statements
    click.echo(f"{summary.before} → {summary.after}: +{added} -{removed} statements")
    for iri, counts in summary.graphs.items():
        click.echo(f"  {iri}: +{counts[0]} -{counts[1]}")
    click.echo(f"{things.added} things added, {things.changed} changed, {things.deleted} deleted")
    for iri, tally in sorted(summary.classes.items(), key=lambda pair: (-pair[1].total, pair[0])):
        click.echo(f"  {compact(iri)}: {tally.added} added, {tally.changed} changed, {tally.deleted} deleted")
    for thing in islice(found.things(), _SHOWN):
        name = next((text.value for text in thing.label), "")
        click.echo(f"{thing.change} {thing.iri}{f' ({name})' if name else ''}")
        for graph in thing.graphs:
            since = f", so since {graph.since}" if graph.since else ""
            properties = ", ".join(map(compact, graph.properties))
            click.echo(f"  {graph.graph.rpartition('/')[2]}: +{graph.added} -{graph.removed}{since}: {properties}")
    if things.total > _SHOWN:
        click.echo(f"… and {things.total - _SHOWN} more; --format json names all.")


def _print_as_json(found: "Comparison") -> None:
    """All things, one a line, as there may be many."""
    summary = found.summary
    head = {"before": summary.before, "after": summary.after, "graphs": summary.graphs}
    head |= {name: msgspec.to_builtins(getattr(summary, name)) for name in ("things", "classes")}
    click.echo(json.dumps(head, ensure_ascii=False)[:-1] + ', "changes": [')
    for number, thing in enumerate(found.things()):
        said = {name: value for name, value in msgspec.to_builtins(thing).items() if name not in ("added", "removed")}
        click.echo((",\n" if number else "") + json.dumps(said, ensure_ascii=False), nl=False)
    click.echo("\n]}")


def _serve(
    release: Release,
    host: str,
    port: int,
    limits: Limits,
    engine: str | None = None,
    services: tuple[str, ...] = (),
    proxies: str = "127.0.0.1",
) -> None:
    from sparql.stack import Elsewhere
    from web.server import serve as serve_release

    serve_release(release, host, port, limits, Elsewhere(engine, services), proxies)


if __name__ == "__main__":
    main()
