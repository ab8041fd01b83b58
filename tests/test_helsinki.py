"""Helsinki's real register and the national descriptions: counts against recounts, statements against raw records."""

import csv
import io
import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyoxigraph import (
    DefaultGraph,
    Literal,
    NamedNode,
    QueryResultsFormat,
    QuerySolution,
    QuerySolutions,
    Store,
)

from graph.rawrecord import raw_record
from graph.release import Release
from graph.store import open_read_only
from loaders.build import build
from loaders.config import load
from loaders.extraction import extract
from loaders.source import Raw
from loaders.triples import SourceNames
from ontology import vocabulary
from ontology.identifiers import Identifiers
from ontology.terms import DCT, PREFIXES, PROV, RDF, VK

QUESTIONS = Path(__file__).parent / "cases" / "register-questions"
LANGUAGES = ("fi", "sv", "en")
Rows = list[dict[str, Any]]

CONFIG = """base = "https://w3id.org/verkosto"
[[source]]
name = "tpr"
loader = "tpr"
path = "{tpr}"
licence = "https://creativecommons.org/licenses/by/4.0/"
title = {{ fi = "Helsingin palvelurekisteri" }}
municipality = "091"
date = 2025-09-27
[[source]]
name = "descriptions"
loader = "ptv-general-descriptions"
path = "{gd}"
licence = "https://creativecommons.org/licenses/by/4.0/"
title = {{ fi = "Pohjakuvaukset" }}
"""


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8-sig"))


def _said(record: dict[str, Any]) -> list[dict[str, Any]]:
    """What a record of the register says, language by language: it writes an empty list for the others."""
    return [record[language] for language in LANGUAGES if isinstance(record[language], dict)]


@pytest.fixture(scope="module")
def real(shared: Path) -> Path:
    """The folder of real files."""
    return shared


@pytest.fixture(scope="module")
def services(real: Path) -> Rows:
    """The service records."""
    rows: Rows = _read(real / "tpr" / "services.json")
    return rows


@pytest.fixture(scope="module")
def errands(real: Path) -> Rows:
    """The errand records."""
    rows: Rows = _read(real / "tpr" / "errandservices.json")
    return rows


@pytest.fixture(scope="module")
def descriptions(real: Path) -> Rows:
    """The national descriptions."""
    rows: Rows = _read(real / "ptv" / "general-descriptions" / "gd.json")
    return rows


@pytest.fixture(scope="module")
def helsinki(real: Path, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """A release of both sources."""
    directory = tmp_path_factory.mktemp("helsinki")
    config = directory / "build.toml"
    config.write_text(
        CONFIG.format(tpr=real / "tpr", gd=real / "ptv" / "general-descriptions" / "gd.json"), encoding="utf-8"
    )
    return build(load(config), directory / "data").release


@pytest.fixture(scope="module")
def store(helsinki: Release) -> Store:
    """Its store."""
    return open_read_only(helsinki.store)


def _rows(store: Store, pattern: str) -> list[QuerySolution]:
    answer = store.query(f"SELECT * {{ {pattern} }}", prefixes=PREFIXES)
    assert isinstance(answer, QuerySolutions)
    return list(answer)


def _ask(store: Store, name: str) -> list[dict[str, str]]:
    answer = store.query((QUESTIONS / f"{name}.rq").read_text(encoding="utf-8"))
    assert isinstance(answer, QuerySolutions)
    table = answer.serialize(format=QueryResultsFormat.CSV)
    assert table is not None
    return list(csv.DictReader(io.StringIO(table.decode())))


def test_the_counts_are_those_of_the_files_in_the_report_the_manifest_and_the_graph(
    helsinki: Release, store: Store, services: Rows, errands: Rows, descriptions: Rows, real: Path
) -> None:
    links = len(_read(real / "tpr" / "unitservices.json"))
    units = sum(len(_read(real / "tpr" / f"units-{name}.json")) for name in ("helsinki", "espoo-vantaa"))
    assert (len(services), len(errands), links, units, len(descriptions)) == (1047, 478, 5765, 5, 458)
    tpr, gd = helsinki.report["sources"]
    for place, count in {"services": 1047, "errandservices": 478, "unitservices": 5765, "units": 5}.items():
        assert tpr["places"][place] == {"read": count, "loaded": count}
    assert (gd["read"], gd["loaded"], tpr["skipped"], gd["skipped"]) == (458, 458, [], [])
    assert [(entry.read, entry.loaded) for entry in helsinki.manifest.sources] == [(7295, 7295), (458, 458)]
    described = [record for record in services if _said(record)]
    assert len(described) == 593
    assert {entry["what"]: entry["count"] for entry in tpr["noted"]} == {
        "services: nothing but the identifier is known (announced only)": 1047 - 593
    }
    classes = helsinki.manifest.counts.classes
    assert classes[PREFIXES["cpsv"] + "PublicService"] == 593
    assert classes[VK.Service] == 1047
    bridges = {text["general_description_id"].lower() for record in described for text in _said(record)
               if text.get("general_description_id")}  # fmt: skip
    based_on = {row["d"].value.rpartition("/ptv-")[2] for row in _rows(store, "?s vk:basedOn ?d")}
    assert based_on == bridges and len(bridges) == 76
    known = {row["Id"].lower() for row in descriptions}
    titled = {row["d"].value for row in _rows(store, "?s vk:basedOn ?d . ?d dct:title ?t")}
    assert len(titled) == len(bridges & known) == 33


def test_question_1_services_and_those_only_announced(store: Store, services: Rows) -> None:
    finnish = sum(isinstance(record["fi"], dict) for record in services)
    assert _ask(store, "01-services-by-status") == [
        {"status": "announced", "services": "454", "inFinnish": "0"},
        {"status": "described", "services": "593", "inFinnish": str(finnish)},
    ]
    assert finnish == 592


def test_question_1_services_by_the_theme_of_their_national_description(
    store: Store, services: Rows, descriptions: Rows, real: Path
) -> None:
    notations = {row["OldUri"]: row["Notation"] for row in _read(real / "ptv" / "codes" / "ServiceClasses.json")}
    themes = {row["Id"].lower(): {notations[c["Key"]] for c in row["ServiceClass"]} for row in descriptions}
    expected: Counter[str] = Counter()
    for record in services:
        ids = {(text.get("general_description_id") or "").lower() for text in _said(record)} - {""}
        expected.update({theme for found in ids for theme in themes.get(found, ())})
    answer = {row["theme"]: int(row["services"]) for row in _ask(store, "01-services-by-theme")}
    assert answer == dict(expected)


def test_question_4_services_of_two_departments(store: Store, services: Rows) -> None:
    expected = Counter(
        len({d for text in _said(record) for d in text["responsible_depts"]}) for record in services if _said(record)
    )
    answer = {int(row["departments"]): int(row["services"]) for row in _ask(store, "04-joint-services")}
    assert answer == expected == {0: 22, 1: 546, 2: 25}


def test_question_6_errands_without_a_digital_channel(store: Store, errands: Rows) -> None:
    channels = [[c for text in _said(record) for c in text["channels"]] for record in errands]
    having = [listed for listed in channels if listed]
    digital = {"ESERVICE", "WEBPAGE", "EMAIL", "CHAT"}
    without = sum(not digital & {channel["type"] for channel in listed} for listed in having)
    strong = sum(any(channel["requires_authentication"] for channel in listed) for listed in having)
    (answer,) = _ask(store, "06-errands-without-a-digital-channel")
    assert answer == {
        "withChannels": str(len(having)), "withoutDigital": str(without), "needAuthentication": str(strong),
    }  # fmt: skip
    assert (len(having), without, strong) == (469, 106, 120)


def test_question_8_services_by_life_event(store: Store, services: Rows, descriptions: Rows, real: Path) -> None:
    by_name = {
        "HAVING_CHILD": "KE1", "ADOPTION": "KE1.1", "BEGINNING_FULLTIME_STUDIES": "KE3", "MOVING": "KE4",
        "MOVING_TO_NEW_HOME_IN_FINLAND": "KE4.2", "MOVING_BACK_TO_FINLAND": "KE4.4", "IMMIGRATING_TO_FINLAND": "KE5",
        "DIVORCE": "KE7", "LOSING_JOB": "KE8", "RETIREMENT": "KE10", "FALLING_SERIOUSLY_ILL": "KE11",
        "REHABILITATION": "KE12", "GIVING_INFORMAL_CARE": "KE13", "DEATH_OF_CLOSE_FAMILY_MEMBER": "KE14",
    }  # fmt: skip
    codes = _read(real / "ptv" / "codes" / "LifeEvents.json")
    by_address = {row["OldUri"]: row["Notation"] for row in codes}
    in_register: Counter[str] = Counter()
    for record in services:
        in_register.update({by_name[event] for text in _said(record) for event in text["life_events"]})
    in_descriptions = Counter(by_address[event["Key"]] for row in descriptions for event in row["LifeEvent"])
    answer = {row["event"]: (int(row["services"]), int(row["descriptions"]))
              for row in _ask(store, "08-services-by-life-event")}  # fmt: skip
    events = in_register.keys() | in_descriptions.keys()
    assert answer == {event: (in_register[event], in_descriptions[event]) for event in events}
    assert answer["KE8"][0] == 41 and answer["KE10"][0] == 21


def test_question_9_services_without_a_target_group(store: Store, services: Rows) -> None:
    without = sum(bool(_said(r)) and not any(text["target_groups"] for text in _said(r)) for r in services)
    assert _ask(store, "09-services-without-a-target-group") == [{"services": str(without)}]
    assert without == 171


def test_question_10_services_for_companies(store: Store, services: Rows, descriptions: Rows) -> None:
    groups = [{group for text in _said(record) for group in text["target_groups"]} for record in services]
    companies = {f"http://urn.fi/URN:NBN:fi:au:ptvl:v{number}" for number in range(2008, 2017)}
    meant = [row for row in descriptions if companies & {group["Key"] for group in row["TargetGroup"]}]
    plainly = [row for row in meant if any(group["Key"].endswith("v2008") for group in row["TargetGroup"])]
    answer = {(row["what"], row["group"]): (int(row["number"]), int(row["withChargeKnown"]))
              for row in _ask(store, "10-services-for-companies")}  # fmt: skip
    assert answer == {
        ("service", "KR2"): (sum("ENTERPRISES" in group for group in groups), 0),
        ("service", "any company group"): (sum(bool({"ENTERPRISES", "ASSOCIATIONS"} & group) for group in groups), 0),
        ("description", "KR2"): (len(plainly), sum(row["ChargeType"] is not None for row in plainly)),
        ("description", "any company group"): (len(meant), sum(row["ChargeType"] is not None for row in meant)),
    }


def test_question_25_where_a_service_comes_from(store: Store) -> None:
    assert _ask(store, "25-where-a-service-comes-from") == [
        {
            "record": "services: 2773",
            "file": "services.json",
            "place": "$[?@.id==2773]",
            "since": "2025-09-27",
            "licence": "https://creativecommons.org/licenses/by/4.0/",
            "municipality": "091",
        }
    ]


def _statements(store: Store) -> Iterator[tuple[str, str, str, str]]:
    """Statements of the sources' own, with the records of their subjects: subject, predicate, object, record."""
    inferred = {RDF.type, PROV.wasDerivedFrom, DCT.identifier}
    graphs = [NamedNode(f"https://w3id.org/verkosto/id/graph/{name}") for name in ("tpr", "descriptions")]
    for graph in graphs:
        for quad in store.quads_for_pattern(None, None, None, graph):
            subject, predicate, value = quad.subject.value, quad.predicate.value, quad.object.value  # type: ignore[union-attr]
            if "/id/record/" in subject or "/id/graph/" in subject or predicate in inferred:
                continue
            yield subject, predicate, value if isinstance(quad.object, Literal) else f"<{value}>", graph.value


def test_200_random_statements_stand_in_the_raw_records_they_are_derived_from(helsinki: Release, store: Store) -> None:
    """Each value, or the code it was mapped from, is found in the bytes that the record's place leads to."""
    statements = sorted(_statements(store))
    derived = NamedNode(PROV.wasDerivedFrom)
    for subject, predicate, value, _ in random.Random(4).sample(statements, 200):
        about = {NamedNode(subject)} if "/id/" in subject else _linking_to(store, subject)
        records = {target for thing in about for target in _targets(store, thing, derived)}
        assert records, (subject, predicate)
        shown = [raw_record(helsinki, record.rpartition("/record/")[2]) for record in records]
        texts = [re.sub(r"\s+", "", json.dumps(json.loads(found.text), ensure_ascii=False)) for found in shown if found]
        assert any(_stands_in(value, text) for text in texts), (subject, predicate, value)


def _linking_to(store: Store, iri: str) -> set[NamedNode]:
    quads = store.quads_for_pattern(None, None, NamedNode(iri), DefaultGraph())
    return {quad.subject for quad in quads if isinstance(quad.subject, NamedNode)}


def _targets(store: Store, thing: NamedNode, predicate: NamedNode) -> set[str]:
    quads = store.quads_for_pattern(thing, predicate, None, DefaultGraph())
    return {quad.object.value for quad in quads if isinstance(quad.object, NamedNode)}


def _stands_in(value: str, text: str) -> bool:
    def found(part: str) -> bool:
        return re.sub(r"\s+", "", json.dumps(part, ensure_ascii=False)[1:-1]) in text

    if not value.startswith("<"):
        # A label of ours holds the record's name; lines of a text are the blocks of its content state.
        parts = re.split(r": (?:vastuutaho|ansvarig|responsible body|tuottaja|producent|producer)\Z", value)[0]
        pieces = [line.removeprefix("- ").removesuffix("…") for line in parts.split("\n") if line.strip()]
        return all(found(p) or found(json.dumps(p, ensure_ascii=False)[1:-1]) for p in pieces) or _is_coded(value, text)
    iri = value[1:-1]
    native_id = iri.rpartition("/")[2].partition("-")[2]
    return (
        found(native_id)
        or found(native_id.rpartition("-")[2])
        or found(iri)
        or _is_mapped(iri, text)
        or any(part in text for part in (native_id.split("-")[-5:-4] or ["\0"]))
        or native_id.lower() in text.lower()
        or native_id.partition("-")[2].lower() in text.lower()
    )


def _is_coded(value: str, text: str) -> bool:
    """A value that is said in another form: a boolean, a duration, a point, an other id, an address in a list."""
    numbers = re.findall(r"\d+", value)
    return value in ("true", "false") or (bool(numbers) and all(number.lstrip("0") in text for number in numbers))


def _is_mapped(iri: str, text: str) -> bool:
    """A code of a list: its notation, or that of a register's code it is the match of, or its older address."""
    others = {other for other, concept in vocabulary.matches().items() if concept == iri} | {iri}
    if any(other in text for other in others):
        return True
    notations = {other.rpartition("-")[2] for other in others} | {
        triple.object.value
        for triple in vocabulary.triples()
        if isinstance(triple.subject, NamedNode) and isinstance(triple.object, Literal)
        if triple.subject.value in others and triple.predicate.value.endswith("#notation")
    }
    words = {"form": "PRINTABLE_FORM", "location": "LOCAL", "free": "Free", "chargeable": "Charged",
             "unknown": "null", "procured": "PURCHASED_SERVICE", "self-produced": "SELF_PRODUCED",
             "responsible": "responsible_depts", "producer": "provider_type", "described": "title",
             "announced": "[]"}  # fmt: skip
    return any(words.get(n, n) in text or n.upper().replace("-", "_") in text for n in notations)


def test_deleted_and_broken_records_are_named_and_every_count_moves_with_them(services: Rows, tmp_path: Path) -> None:
    chance = random.Random(7)
    picked = chance.sample([record["id"] for record in services if _said(record)], 10)
    deleted, broken = set(picked[:7]), picked[7:]
    left = [json.dumps(record) for record in services if record["id"] not in deleted]
    damages = (lambda text: text.replace('"title": "', '"title": 17, "x": "', 1), lambda text: text[:-1], lambda _: "")
    lines = []
    for text in left:
        number = json.loads(text)["id"]
        if number in broken[:2]:
            text = damages[broken.index(number)](text) + ("" if number == broken[0] else "\x00}")
        elif number == broken[2]:
            text = text.replace(f'"id": {number}', f'"id": "no {number}"', 1)
        lines.append(text)
    raw = Raw({"services.json": ("[" + ",\n".join(lines) + "]").encode()})
    report = extract("tpr", raw, SourceNames(Identifiers("https://example.org"), "tpr"), tmp_path).report
    assert (report.read, report.loaded) == (1047 - 7, 1047 - 7 - 3)
    named = {re.sub(r"\D", "", skipped.record) for skipped in report.skipped}
    assert named == {str(number) for number in broken}


def test_no_persons_contact_details_are_in_the_graph_or_on_a_record_page(helsinki: Release) -> None:
    """The real files have masks where mobiles and personal addresses were; a few mobiles of staff escaped the mask."""
    dump = (helsinki.dumps / "verkosto.nq").read_text(encoding="utf-8")
    for mark in ("redacted@example", "+358400000000", "040 503 9172", "Annika Jäntti", "Anni Raitaniemi"):
        in_texts = [line for line in dump.splitlines() if mark in line and "telephone" not in line]
        assert in_texts == [], in_texts[:3]
    shown = raw_record(helsinki, "tpr-services-3712")
    assert shown is not None and "redacted@" not in shown.text and "[…]" in shown.text


def test_the_same_files_in_another_order_of_keys_say_the_same(services: Rows, tmp_path: Path) -> None:
    names = SourceNames(Identifiers("https://example.org"), "tpr")

    def said(rows: Rows, folder: str) -> set[str]:
        raw = Raw({"palvelut-2024.json": json.dumps(rows, ensure_ascii=False).encode()})
        found = extract("tpr", raw, names, tmp_path / folder)
        return {line for line in found.statements if not re.search("#(fingerprint|inFile)> ", line)}

    turned = [dict(reversed(record.items())) for record in reversed(services)]
    assert said(services, "a") == said(turned, "b")
