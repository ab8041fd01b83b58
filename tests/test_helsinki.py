"""Helsinki's real register and the national descriptions: counts against recounts, statements against raw records."""

import json
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from pyoxigraph import (
    DefaultGraph,
    Literal,
    NamedNode,
    QuerySolution,
    QuerySolutions,
    Store,
)

import graph
from graph.privacy import GAP
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
from ontology.terms import DCT, PREFIXES, PROV, RDF, VK, compact
from sparql.named import named_queries

Ask = Callable[..., list[dict[str, str]]]
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


def test_the_counts_are_those_of_the_files_in_the_report_the_manifest_and_the_graph(
    helsinki: Release, store: Store, services: Rows, errands: Rows, descriptions: Rows, real: Path
) -> None:
    offered = len(_read(real / "tpr" / "unitservices.json"))
    units = [u for name in ("helsinki", "espoo-vantaa") for u in _read(real / "tpr" / f"units-{name}.json")]
    assert (len(services), len(errands), offered, len(units), len(descriptions)) == (1047, 478, 5765, 5, 458)
    tpr, gd, links = helsinki.report["sources"]
    assert (links["source"], links["read"]) == ("links", 0)
    for place, count in {"services": 1047, "errandservices": 478, "unitservices": 5765, "units": 5}.items():
        assert tpr["places"][place] == {"read": count, "loaded": count}
    assert (gd["read"], gd["loaded"], tpr["skipped"], gd["skipped"]) == (458, 458, [], [])
    assert [(entry.read, entry.loaded) for entry in helsinki.manifest.sources] == [(7295, 7295), (458, 458), (0, 0)]
    described = [record for record in services if _said(record)]
    assert len(described) == 593
    shells = {record["id"] for record in services if not _said(record)}
    offers = _read(real / "tpr" / "unitservices.json").values()
    to_shells = {
        "errandservices": sum(bool(shells & {s for t in _said(e) for s in t["exact_descriptions"]}) for e in errands),
        "unitservices": sum(bool(shells & set(offer["services"])) for offer in offers),
        "units": sum(bool(shells & {s["id"] for s in unit.get("service_descriptions", ())}) for unit in units),
    }
    assert {entry["what"]: entry["count"] for entry in tpr["noted"]} == {
        "services: nothing but the identifier is known (announced only)": 1047 - 593,
        **{f"{place}: services that are only announced are linked to": count for place, count in to_shells.items()},
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


def test_question_1_services_and_those_only_announced(store: Store, services: Rows, ask: Ask) -> None:
    finnish = sum(isinstance(record["fi"], dict) for record in services)
    assert ask(store, "services-by-status") == [
        {"concept": f"{VK.contentStatuses}-announced", "status": "announced", "services": "454", "inFinnish": "0"},
        {
            "concept": f"{VK.contentStatuses}-described",
            "status": "described",
            "services": "593",
            "inFinnish": str(finnish),
        },
    ]
    assert finnish == 592


def test_question_1_services_by_the_theme_of_their_national_description(
    store: Store, services: Rows, descriptions: Rows, real: Path, ask: Ask
) -> None:
    notations = {row["OldUri"]: row["Notation"] for row in _read(real / "ptv" / "codes" / "ServiceClasses.json")}
    themes = {row["Id"].lower(): {notations[c["Key"]] for c in row["ServiceClass"]} for row in descriptions}
    expected: Counter[str] = Counter()
    for record in services:
        ids = {(text.get("general_description_id") or "").lower() for text in _said(record)} - {""}
        expected.update({theme for found in ids for theme in themes.get(found, ())})
    answer = {row["theme"]: int(row["services"]) for row in ask(store, "services-by-service-class")}
    assert answer == dict(expected)


def test_question_4_services_of_two_departments(store: Store, services: Rows, ask: Ask) -> None:
    expected = Counter(
        len({d for text in _said(record) for d in text["responsible_depts"]}) for record in services if _said(record)
    )
    answer = {int(row["departments"]): int(row["services"]) for row in ask(store, "services-by-number-of-departments")}
    assert answer == expected == {0: 22, 1: 546, 2: 25}


def test_question_6_errands_without_a_digital_channel(store: Store, errands: Rows, ask: Ask) -> None:
    channels = [[c for text in _said(record) for c in text["channels"]] for record in errands]
    having = [listed for listed in channels if listed]
    digital = {"ESERVICE", "WEBPAGE", "EMAIL", "CHAT"}
    without = sum(not digital & {channel["type"] for channel in listed} for listed in having)
    strong = sum(any(channel["requires_authentication"] for channel in listed) for listed in having)
    (answer,) = ask(store, "errands-without-a-digital-channel")
    assert answer == {
        "withChannels": str(len(having)), "withoutDigital": str(without), "needAuthentication": str(strong),
    }  # fmt: skip
    assert (len(having), without, strong) == (469, 106, 120)


def test_question_8_services_by_life_event(
    store: Store, services: Rows, descriptions: Rows, real: Path, ask: Ask
) -> None:
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
              for row in ask(store, "services-by-life-event")}  # fmt: skip
    events = in_register.keys() | in_descriptions.keys()
    assert answer == {event: (in_register[event], in_descriptions[event]) for event in events}
    assert answer["KE8"][0] == 41 and answer["KE10"][0] == 21


def test_question_9_services_without_a_target_group(store: Store, services: Rows, ask: Ask) -> None:
    without = sum(bool(_said(r)) and not any(text["target_groups"] for text in _said(r)) for r in services)
    assert ask(store, "services-without-a-target-group") == [{"services": str(without)}]
    assert without == 171


def test_question_10_services_for_companies(store: Store, services: Rows, descriptions: Rows, ask: Ask) -> None:
    groups = [{group for text in _said(record) for group in text["target_groups"]} for record in services]
    companies = {f"http://urn.fi/URN:NBN:fi:au:ptvl:v{number}" for number in range(2008, 2017)}
    meant = [row for row in descriptions if companies & {group["Key"] for group in row["TargetGroup"]}]
    plainly = [row for row in meant if any(group["Key"].endswith("v2008") for group in row["TargetGroup"])]
    answer = {(row["what"], row["group"]): (int(row["number"]), int(row["withChargeKnown"]))
              for row in ask(store, "services-for-companies")}  # fmt: skip
    assert answer == {
        ("service", "KR2"): (sum("ENTERPRISES" in group for group in groups), 0),
        ("service", "any company group"): (sum(bool({"ENTERPRISES", "ASSOCIATIONS"} & group) for group in groups), 0),
        ("description", "KR2"): (len(plainly), sum(row["ChargeType"] is not None for row in plainly)),
        ("description", "any company group"): (len(meant), sum(row["ChargeType"] is not None for row in meant)),
    }


def test_question_25_where_a_service_comes_from(store: Store, ask: Ask) -> None:
    assert ask(store, "sources-of-a-thing", thing="service/tpr-2773") == [
        {
            "record": "services: 2773",
            "file": "services.json",
            "selector": "$[?@.id==2773]",
            "since": "2025-09-27",
            "licence": "https://creativecommons.org/licenses/by/4.0/",
            "municipality": "091",
            "source": "",
            "place": "",
        }
    ]


def _statements(store: Store) -> Iterator[tuple[str, str, str, str]]:
    """Statements of the sources' own, with the records of their subjects: subject, predicate, object, record."""
    inferred = {RDF.type, PROV.wasDerivedFrom, DCT.identifier}
    named = [NamedNode(f"https://w3id.org/verkosto/id/graph/{source}") for source in ("tpr", "descriptions")]
    for name in named:
        for quad in store.quads_for_pattern(None, None, None, name):
            subject, predicate, value = quad.subject.value, quad.predicate.value, quad.object.value  # type: ignore[union-attr]
            if "/id/record/" in subject or "/id/graph/" in subject or predicate in inferred:
                continue
            yield subject, predicate, value if isinstance(quad.object, Literal) else f"<{value}>", name.value


# Which fields of a raw record may say a property; endings _fi, _sv, _en are left off.
SAYING = {
    "rdfs:label": "title name Name Names Value costs prerequisites",
    "dct:title": "title name Name Names costs prerequisites",
    "dct:description": "description_long description desc Description costs prerequisites title name "
    "ChargeTypeAdditionalInfo ServiceRestrictions",
    "skos:altLabel": "name_synonyms", "skos:notation": "ReferenceCode", "dcat:keyword": "extra_searchwords",
    "vk:summary": "description_short short_desc ShortDescription", "vk:backgroundDescription": "BackgroundDescription",
    "vk:additionalInformation": "information name",
    "vk:userInstruction": "process_description prerequisites UserInstructions",
    "vk:availabilityText": "availability_summary availabilities name", "vk:deadlineText": "DeadLineAdditionalInfo",
    "vk:processingTimeText": "processing_time ProcessingTimeAdditionalInfo", "cv:processingTime": "processing_time",
    "vk:validityText": "expiration_time ValidityTimeAdditionalInfo", "vk:chargeText": "call_charge_info",
    "vk:chargeType": "ChargeType", "dct:language": "provided_languages", "dct:audience": "target_groups TargetGroup",
    "cv:isGroupedBy": "life_events LifeEvent", "cv:thematicArea": "ServiceClass ontologytree_ids",
    "dct:subject": "OntologyTerm ontologyword_ids", "cv:sector": "IndustrialClass", "dct:type": "type ServiceType",
    "vk:channelType": "type", "cv:hasCompetentAuthority": "responsible_depts", "cv:ownedBy": "dept_id",
    "vk:participant": "responsible_depts dept_id org_id", "cv:hasParticipant": "responsible_depts dept_id org_id",
    "vk:role": "responsible_depts dept_id org_id", "cv:role": "responsible_depts dept_id org_id",
    "vk:participatesIn": "id", "cv:hasParticipation": "id", "vk:provisionType": "provider_type",
    "vk:basedOn": "general_description_id", "vk:describes": "service_id", "vk:mainDescriptionOf": "service_id",
    "vk:hasErrand": "exact_errand_services", "vk:errandOf": "exact_descriptions", "cv:hasChannel": "unit_ids id",
    "cv:contactPoint": "id", "locn:address": "id", "cv:hasCost": "id Id", "cv:holdsRequirement": "id Id",
    "cv:hasLegalResource": "Laws", "vk:offersService": "services service_descriptions", "foaf:page": "url www Links",
    "vk:requiresAuthentication": "requires_authentication", "vk:savedToCustomerFolder": "saved_to_customer_folder",
    "vk:eProcessing": "e_processing", "vk:eDecision": "e_decision", "vk:paymentEnabled": "payment_enabled",
    "vk:forPersonalCustomer": "for_personal_customer", "vk:forCorporateCustomer": "for_corporate_customer",
    "locn:thoroughfare": "street_address personal_service_street_addr", "locn:fullAddress": "address_postal_full",
    "locn:postCode": "address_zip personal_service_postal_code", "locn:postName": "address_city personal_service_city",
    "locn:geometry": "latitude longitude", "cv:telephone": "phone", "cv:email": "email", "dct:created": "created_time",
    "dct:modified": "modified_time", "schema:identifier": "sources", "vk:accessibilityText": "sentence",
    "vk:accessibilityViewpoint": "accessibility_viewpoints", "adms:status": "fi sv en",
}  # fmt: skip
CODED = {"PRINTABLE_FORM": "form", "LOCAL": "location", "PURCHASED_SERVICE": "procured", "Charged": "chargeable"}
"""Codes of the sources that ours differ from in more than letters and hyphens."""


def test_200_random_statements_stand_in_the_fields_of_the_raw_records_they_are_derived_from(
    helsinki: Release, store: Store
) -> None:
    """The value, or the code that it was mapped from, is in a field that may say it, and seldom in another record."""
    chance, derived = random.Random(4), NamedNode(PROV.wasDerivedFrom)
    records = sorted(row["r"].value for row in _rows(store, "?r a vk:SourceRecord"))
    elsewhere = 0
    for subject, predicate, value, named in chance.sample(sorted(_statements(store)), 200):
        about = {NamedNode(subject)} if "/id/" in subject else _linking_to(store, subject)
        own = {target for thing in about for target in _targets(store, thing, derived)}
        own = {record for record in own if f"/{named.rpartition('/')[2]}-" in record}
        assert any(_says(_raw(helsinki, record), predicate, value) for record in own), (subject, predicate, value)
        place = re.match(r"tpr-[a-z]+-|descriptions-", next(iter(own)).rpartition("/")[2])
        assert place is not None
        others = [record for record in records if f"/{place[0]}" in record and record not in own]
        elsewhere += _says(_raw(helsinki, chance.choice(others)), predicate, value)
    # Languages, audiences and the words of a call charge are the same in many records; nothing else is.
    assert elsewhere < 50


def _raw(release: Release, record: str) -> Any:
    shown = raw_record(release, record.rpartition("/record/")[2])
    assert shown is not None
    return json.loads(shown.text)


def _linking_to(store: Store, iri: str) -> set[NamedNode]:
    quads = store.quads_for_pattern(None, None, NamedNode(iri), DefaultGraph())
    return {quad.subject for quad in quads if isinstance(quad.subject, NamedNode)}


def _targets(store: Store, thing: NamedNode, predicate: NamedNode) -> set[str]:
    quads = store.quads_for_pattern(thing, predicate, None, DefaultGraph())
    return {quad.object.value for quad in quads if isinstance(quad.object, NamedNode)}


def _says(record: Any, predicate: str, value: str) -> bool:
    """Whether one of the fields that may say a property holds its value. IRIs come in angle brackets."""
    fields = set(SAYING[compact(predicate)].split())
    leaves = list(_leaves(record, fields))
    if compact(predicate) == "adms:status":
        return value.endswith("-described>" if leaves else "-announced>")
    if compact(predicate) in ("vk:role", "cv:role"):
        return bool(leaves)
    if value.startswith("<"):
        return any(_names(str(leaf).strip(), value[1:-1]) for leaf in leaves) or (
            value.endswith("chargeTypes-unknown>") and record["ChargeType"] is None
        )
    if value in ("true", "false"):
        return (value == "true") in leaves
    numbers = re.findall(r"\d+\.\d+", value) if value.startswith("POINT") else re.findall(r"\AP(\d+)D", value)
    if numbers:
        return all(any(number in str(leaf) for leaf in leaves) for number in numbers)
    value = re.sub(r": (?:vastuutaho|ansvarig|responsible body|tuottaja|producent|producer)\Z", "", value)
    pieces = [piece for line in value.split("\n") for piece in line.removesuffix("…").removeprefix("- ").split(GAP)]
    texts = ["".join(str(leaf).split()) for leaf in leaves]
    if compact(predicate) == "schema:identifier":
        pieces = value.split(":", 1)
    return all(any("".join(piece.split()) in text for text in texts) for piece in pieces)


def _leaves(node: Any, fields: set[str], is_inside: bool = False) -> Iterator[Any]:
    """All single values under keys of some names, whatever they are nested in."""
    if isinstance(node, dict):
        for key, inner in node.items():
            yield from _leaves(inner, fields, is_inside or re.sub("_(fi|sv|en)$", "", key) in fields)
    elif isinstance(node, list):
        for inner in node:
            yield from _leaves(inner, fields, is_inside)
    elif is_inside and isinstance(node, str) and node.startswith('{"'):
        yield "\n".join(block["text"] for block in json.loads(node)["blocks"])
    elif is_inside and node is not None:
        yield node


def _names(leaf: str, iri: str) -> bool:
    """Whether a source's value is what an IRI names: an address, an identifier, or a code."""
    if "/id/" in iri:
        key = iri.rpartition("/")[2].partition("-")[2]
        # A thing that is part of a record has that record's identifier, or its part's, in its own.
        return leaf.lower() in (key.lower(), re.sub(r"^(service-point|[a-z]+)-", "", key).lower()) or (
            "/participation/" in iri and key.split("-")[1:2] == [leaf]
        )
    if "authority/language/" in iri:
        return vocabulary.concepts("http://publications.europa.eu/resource/authority/language").get(leaf.lower()) == iri
    same = {other for other, concept in vocabulary.matches().items() if concept == iri} | {iri}
    code = iri.rpartition("-")[2] if "verkosto#" not in iri else iri.partition("-")[2]
    return (
        leaf in same
        or quote(leaf.partition(" (")[0], safe="%/:=&?~#+!$,;'@()*[]") == iri
        or any(other.endswith(f"-{leaf}") for other in same)
        or CODED.get(leaf, leaf.lower().replace("_", "-")) == code.lower()
    )


@pytest.mark.parametrize("is_turned", [False, True])
@pytest.mark.parametrize("seed", [7, 8, 9])
def test_deleted_and_broken_records_are_named_and_every_count_moves_with_them(
    services: Rows, tmp_path: Path, seed: int, is_turned: bool
) -> None:
    chance = random.Random(seed)
    picked = chance.sample([record["id"] for record in services if _said(record)], 10)
    deleted, broken = set(picked[:7]), picked[7:]
    lines = []
    for record in services:
        number = record["id"]
        text = json.dumps(dict(reversed(record.items())) if is_turned else record)
        if number == broken[0]:
            text = text.replace('"title": "', '"title": 17, "x": "', 1)
        elif number == broken[1]:
            text = text[:-1] + "\x00}"
        elif number == broken[2]:
            text = text.replace(f'"id": {number}', f'"id": "no {number}"')
        if number not in deleted:
            lines.append(text)
    raw = Raw({"services.json": ("[" + ",\n".join(lines) + "]").encode()})
    report = extract("tpr", raw, SourceNames(Identifiers("https://example.org"), "tpr"), tmp_path).report
    assert (report.read, report.loaded) == (1047 - 7, 1047 - 7 - 3)
    named = {skipped.record for skipped in report.skipped}
    assert named == {f"services/{broken[0]}", f"services/{broken[1]}", f"services/no {broken[2]}"}


MASK = re.compile(r"redacted@|\+358400000000|\b0(?:4\d|50)[ -]?\d{3}")
NAME = re.compile(r"\b([A-ZÅÄÖ][a-zåäöé]+)(?:-[A-ZÅÄÖ][a-zåäö]+)? (?:[A-ZÅÄÖ][a-zåäö]+ )?[A-ZÅÄÖ][a-zåäöé]+")
MOBILE = re.compile(r"(?<![\w+])(?:\+358[ -]?|0)(?:4\d|50)[ -]?(?:\d[ -]?){5,8}(?!\w)")


def test_no_persons_contact_details_are_in_the_graph_or_on_a_record_page(
    helsinki: Release, services: Rows, errands: Rows
) -> None:
    """The real files have masks where mobiles and personal addresses were; names stand before them, some unmasked."""
    first_names = set((Path(graph.__file__).parent / "first_names.txt").read_text(encoding="utf-8").split())
    found = {
        (place, record["id"], name[0])
        for place, rows in (("services", services), ("errandservices", errands))
        for record in rows
        for text in _texts(record)
        for mask in MASK.finditer(text)
        for name in NAME.finditer(text[max(0, mask.start() - 80) : mask.start()])
        if name[1].lower() in first_names
    }
    assert len(found) > 15
    literals = re.findall(r'"((?:[^"\\]|\\.)*)"', (helsinki.dumps / "verkosto.nq").read_text(encoding="utf-8"))
    for place, number, name in found:
        assert not any(name in literal for literal in literals), (place, number)
        shown = raw_record(helsinki, f"tpr-{place}-{number}")
        assert shown is not None and name not in shown.text and GAP in shown.text
    assert not any(MOBILE.search(literal) or "redacted@" in literal for literal in literals)


def _texts(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _texts(inner)


def test_the_same_files_in_another_order_of_keys_say_the_same(services: Rows, tmp_path: Path) -> None:
    names = SourceNames(Identifiers("https://example.org"), "tpr")

    def said(rows: Rows, folder: str) -> set[str]:
        raw = Raw({"palvelut-2024.json": json.dumps(rows, ensure_ascii=False).encode()})
        found = extract("tpr", raw, names, tmp_path / folder)
        return {line for line in found.statements if not re.search("#(fingerprint|inFile)> ", line)}

    turned = [dict(reversed(record.items())) for record in reversed(services)]
    assert said(services, "a") == said(turned, "b")


def test_every_named_query_has_an_answer_of_this_release(store: Store, ask: Ask) -> None:
    for name in named_queries():
        ask(store, name)
