"""Under which licences a release and its files are, and the sentence that says so honestly."""

from typing import Final

from graph.dumps import SOURCES
from graph.manifest import Manifest, SourceEntry
from ontology import vocabulary

MIXED: Final = {
    "fi": "Tiedostossa on usean lähteen tietoa. Kullakin lähteellä, siis kullakin nimetyllä graafilla, on oma "
    "lisenssinsä; noudata niitä kaikkia.",
    "sv": "Filen har uppgifter ur flera källor. Varje källa, det vill säga varje namngiven graf, har sin egen licens; "
    "följ alla.",
    "en": "This file has data of several sources. Each source, that is each named graph, has its own licence; keep to "
    "all of them.",
}
"""The honest sentence for a file whose statements are under several licences."""


def licences(manifest: Manifest) -> set[str]:
    """The licences of all that is in a release; those of its sources, and ours of the ontology."""
    return {source.licence for source in manifest.sources} | {vocabulary.LICENCE}


def licence_of(name: str, manifest: Manifest) -> str | None:
    """The licence of a dump; None if what is in it is under several."""
    if name.startswith(f"{SOURCES}/"):
        source = source_of(name, manifest)
        return vocabulary.LICENCE if source is None else source.licence
    found = licences(manifest)
    return found.pop() if len(found) == 1 else None


def source_of(name: str, manifest: Manifest) -> SourceEntry | None:
    """The source that a dump is of alone; None if it is of several, or of a graph of ours."""
    folder, _, file = name.rpartition("/")
    wanted = file.partition(".")[0]
    return next((source for source in manifest.sources if folder == SOURCES and source.name == wanted), None)


def with_sentence(text: str, language: str, manifest: Manifest) -> str:
    """A text about a release, with the honest sentence behind it if that holds for the whole release."""
    if licence_of("", manifest) is not None:
        return text
    return f"{text} {MIXED.get(language, MIXED['en'])}"
