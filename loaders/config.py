"""What a build reads: a TOML file that names the base of the IRIs and the sources."""

import datetime
import re
from pathlib import Path

import msgspec

from graph.about import About, Texts
from graph.errors import InvalidStatement
from graph.ntriples import iri, literal
from loaders.errors import InvalidConfig
from ontology import vocabulary
from ontology.terms import VK

LINKS_GRAPH = "links"
"""The graph of identities across sources."""
RESERVED = ("ontology", "release", LINKS_GRAPH)
"""Graphs of ours, whose names no source can have."""
_PAGES = ("https://", "http://")
_CONTACTS = ("mailto:", *_PAGES)
_CODE = re.compile(r"[A-Z0-9_-]+")
BUNDLED = Path(__file__).parent / "six_cities" / "build.toml"
"""The configuration of the six-city graph that comes with Verkosto."""


class SourceConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One source: its name in IRIs, who reads it, where it is and under what licence."""

    name: str
    loader: str
    path: str
    """Relative to the configuration file."""
    licence: str
    title: dict[str, str]
    """Language tag → what the source is called."""
    municipality: str | None = None
    """The code of the municipality that the source speaks of, if it is one: ``091``."""
    description: dict[str, str] = {}
    """Language tag → what it holds."""
    page: str | None = None
    """Where its publisher offers it."""
    attribution: str | None = None
    """Whom its licence asks to name."""
    date: datetime.date | None = None
    """The day its files are from, where that is known better than the day of the build."""
    max_skipped: float = 0.2
    """Above this share of skipped records the source keeps the graph that it has in the current release."""


class ShapesConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Shapes that only report, such as those of CPSV-AP: what the report calls them, and where they are."""

    name: str
    path: str
    """Relative to the configuration file."""


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A whole build."""

    base: str
    """What the IRIs begin with, without a slash at the end."""
    source: list[SourceConfig]
    shapes: list[ShapesConfig] = []
    about: About | None = None
    """What the descriptions of the graph say of it as a whole."""
    decisions: str | None = None
    """The table of what people decided of things that may be one (`loaders.decisions`), relative to this file."""
    directory: Path = Path()
    """Where relative paths start: set by `load`."""


def load(path: Path) -> Config:
    """Read a configuration. Raises InvalidConfig, naming what is wrong."""
    try:
        config = msgspec.toml.decode(path.read_bytes(), type=Config)
    except OSError as error:
        raise InvalidConfig(f"{path} can't be read ({error.strerror}); check the path.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidConfig(f"{path} is no build configuration: {error}.") from error
    _check(path, config)
    return msgspec.structs.replace(config, directory=path.parent)


def _check(path: Path, config: Config) -> None:
    names = [source.name for source in config.source]
    for name in names:
        if names.count(name) > 1:
            raise InvalidConfig(f"{path}: two sources are named {name!r}; give each its own name.")
        if name in RESERVED or not name.replace("-", "").isalnum() or not name.isascii():
            raise InvalidConfig(
                f"{path}: the source name {name!r} can't be used; give each source its own, of letters, digits "
                f"and hyphens, and none of {', '.join(RESERVED)}."
            )
    for name in (*names, *RESERVED):
        for other in names:
            if other.startswith(f"{name}-"):
                raise InvalidConfig(
                    f"{path}: the source names {name!r} and {other!r} could give two things one identifier; rename one."
                )
    try:
        iri(config.base)
        for source in config.source:
            _check_page("licence", source.licence)
            _check_texts("title", source.title)
            if source.description:
                _check_texts("description", source.description)
            if source.page is not None:
                _check_page("page", source.page)
        if config.about is not None:
            _check_about(config.about)
    except InvalidStatement as error:
        raise InvalidConfig(f"{path}: {error}") from error
    for source in config.source:
        if source.municipality is not None and source.municipality not in vocabulary.concepts(VK.municipalities):
            raise InvalidConfig(f"{path}: {source.municipality!r} is the code of no municipality; Helsinki has 091.")
        if not 0 <= source.max_skipped <= 1:
            raise InvalidConfig(f"{path}: max_skipped {source.max_skipped} is no share between 0 and 1.")
    if config.base.endswith("/") or not config.base.startswith(("https://", "http://")):
        raise InvalidConfig(f"{path}: base {config.base!r} has to be http(s)://… without a slash at the end.")


def _check_about(about: About) -> None:
    """Raises InvalidStatement if a description of the graph could not be written, or would lead astray."""
    publisher = about.publisher
    _check_texts("about.title", about.title)
    _check_texts("about.description", about.description)
    _check_texts("about.publisher.name", publisher.name)
    for language, texts in (*about.keywords.items(), *about.gaps.items()):
        for text in texts:
            literal(text, language)
    _check_page("about.address", about.address)
    _check_page("about.publisher.page", publisher.page)
    if publisher.contact is not None:
        _check_page("about.publisher.contact", publisher.contact, _CONTACTS)
    for area in about.spatial:
        iri(area)
    for code in (*about.themes, about.frequency):
        if not _CODE.fullmatch(code):
            raise InvalidStatement(f"{code!r} is no code of the EU's lists, such as GOVE or IRREG.")


def _check_texts(what: str, texts: Texts) -> None:
    if not any(text.strip() for text in texts.values()):
        raise InvalidStatement(f'{what} has to be said in at least one language: {what} = {{ en = "…" }}.')
    for language, text in texts.items():
        literal(text, language)


def _check_page(what: str, address: str, begins: tuple[str, ...] = _PAGES) -> None:
    # Pages link to it, so nothing that a browser would run, such as javascript:, may stand there.
    if not address.startswith(begins) or address in begins:
        raise InvalidStatement(f"{what} {address!r} has to begin with {' or '.join(begins)}.")
    iri(address)
