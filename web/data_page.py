"""What the data page shows, made from the manifest: files by what they hold, licences, gaps, lines to copy."""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from graph import media
from graph.about import in_language
from graph.dumps import CLASSES, SOURCES, TABLES
from graph.knowledge import Link, Text
from graph.manifest import DUMP, FileEntry, Manifest
from graph.rights import MIXED, licence_of, licences
from graph.slices import CITIES, SAMPLE, SAMPLE_TURTLE
from graph.tables import EDGES, LITERALS
from ontology import vocabulary
from ontology.identifiers import Kind
from ontology.terms import RDF, VK
from web.languages import Language, choose
from web.site import Site, is_kept, titles

_WHOLE: Final = (DUMP, "verkosto.trig", "verkosto.ttl")
_SHOWN: Final = 20
"""Rows of an example."""


@dataclass(frozen=True)
class Download:
    """A file with its compressed copies: name, format, and what the manifest has of each."""

    name: str
    format: str
    entry: FileEntry
    copies: Mapping[str, FileEntry]
    """Name of a copy → size and hash."""


def data_page(site: Site, language: Language, origin: str) -> dict[str, Any]:
    """All that the page shows. `origin`: where the reader is, for the lines to copy."""
    manifest = site.release.manifest
    files = {name: manifest.files[path] for name, path in sorted(site.release.offered.items())}
    downloads = {name: _download(name, files) for name in files if not media.split(name)[1]}
    licence = licence_of("", manifest)
    return {
        "manifest": manifest,
        "before": manifest.previous if is_kept(site, manifest.previous) else None,
        "files": files,
        "whole": [downloads[name] for name in _WHOLE],
        "sources": _sources(site, downloads),
        "kinds": _kinds(manifest, downloads),
        "statements": [(name, _formats(downloads, f"{TABLES}/{name}")) for name in (EDGES, LITERALS)],
        "cities": _cities(site, downloads),
        "samples": [downloads[name] for name in (SAMPLE, SAMPLE_TURTLE)],
        "example": _example(site),
        "titles": titles(manifest),
        "licence": licence,
        "ontology_licence": vocabulary.LICENCE,
        "mixed": MIXED[language.tag],
        "gaps": _gaps(manifest, language),
        "reports": site.release.report["sources"],
        "diagrams": [term for term in site.ontology().classes if _is_used(manifest, term.description.iri)],
        "origin": origin,
        "dataset": _schema_org(manifest, language, downloads),
    }


def _download(name: str, files: Mapping[str, FileEntry]) -> Download:
    suffix, _ = media.split(name)
    format_ = media.FORMATS[suffix].name if suffix in media.FORMATS else ""
    copies = {
        f"{name}.{packed}": files[f"{name}.{packed}"] for packed in media.COMPRESSED if f"{name}.{packed}" in files
    }
    return Download(name, format_, files[name], copies)


def _formats(downloads: Mapping[str, Download], *stems: str) -> list[Download]:
    """The files of some names, in all formats."""
    names = (f"{stem}.{suffix}" for stem in stems for suffix in media.FORMATS)
    return [downloads[name] for name in names if name in downloads]


def _kinds(manifest: Manifest, downloads: Mapping[str, Download]) -> list[tuple[Kind, int, list[Download]]]:
    found = []
    for kind in Kind:
        listed = _formats(downloads, f"{CLASSES}/{kind.slug}", f"{TABLES}/{kind.slug}")
        if listed:
            found.append((kind, manifest.counts.classes[kind.class_iri], listed))
    return found


def _sources(site: Site, downloads: Mapping[str, Download]) -> list[tuple[Link, int, list[Download]]]:
    """Each named graph, its statements, its files."""
    found, manifest = [], site.release.manifest
    for graph, count in manifest.counts.graphs.items():
        name = graph.rpartition("/")[2]
        found.append((site.graph.link(graph), count, _formats(downloads, f"{SOURCES}/{name}")))
    return found


def _cities(site: Site, downloads: Mapping[str, Download]) -> list[tuple[Link | str, Download]]:
    codes = vocabulary.concepts(VK.municipalities)
    found = []
    for name, download in downloads.items():
        if name.startswith(f"{CITIES}/"):
            code = name.removeprefix(f"{CITIES}/").partition(".")[0]
            found.append((site.graph.link(codes[code]) if code in codes else code, download))
    return found


def _example(site: Site) -> list[list[str]]:
    """The first rows of the table of edges, with its header."""
    path = site.release.dumps / TABLES / f"{EDGES}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(islice(csv.reader(file), _SHOWN + 1))


def _is_used(manifest: Manifest, class_iri: str) -> bool:
    return class_iri in manifest.counts.classes


def _gaps(manifest: Manifest, language: Language) -> list[Text]:
    """What is known to be missing, in the reader's language, or in another one than not at all."""
    said = [[Text(gap, tag, RDF.langString) for gap in gaps] for tag, gaps in manifest.about.gaps.items() if gaps]
    shown = choose([gaps[0] for gaps in said], language)
    return next((gaps for gaps in said if gaps[0] is shown), [])


def _schema_org(manifest: Manifest, language: Language, downloads: Mapping[str, Download]) -> dict[str, Any]:
    """The release as a `Dataset <https://schema.org/Dataset>`_, for search engines."""
    about, tag = manifest.about, language.tag
    licence = licence_of("", manifest)
    return {
        "@context": "https://schema.org/",
        "@type": "Dataset",
        "@id": manifest.iri,
        "name": in_language(about.title, tag),
        "description": in_language(about.description, tag),
        "inLanguage": list(about.title),
        "keywords": in_language(about.keywords, tag) if about.keywords else [],
        "version": manifest.id,
        "datePublished": manifest.created[:10],
        "isAccessibleForFree": True,
        "url": f"{about.address}/data/",
        **({"license": licence} if licence else _several_licences(manifest, tag)),
        "creator": {
            "@type": "Organization",
            "name": in_language(about.publisher.name, tag),
            "url": about.publisher.page,
        },
        "distribution": [
            {
                "@type": "DataDownload",
                "encodingFormat": media.media_type(name),
                "contentUrl": f"{about.address}/data/{manifest.id}/{name}",
                "contentSize": str(downloads[name].entry.bytes),
                "sha256": downloads[name].entry.sha256,
            }
            for name in (*_WHOLE, SAMPLE)
        ],
    }


def _several_licences(manifest: Manifest, tag: str) -> dict[str, Any]:
    return {
        "license": sorted(licences(manifest)),
        "usageInfo": {"@type": "CreativeWork", "text": MIXED[tag]},
    }
