"""The `tpr` loader: the unit register (toimipisterekisteri) of the capital region, as JSON files of its API.

A folder of files or one file; what a file holds is told by its name or else by the fields of its first records. Records
that are not what `loaders.tpr_models` says are named and skipped one by one.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import msgspec

from loaders import tpr_models as models
from loaders.errors import UnreadableSource
from loaders.jsonrecords import UNDECODABLE, Seen, decoded
from loaders.members import members
from loaders.records import Record, SourceRecord
from loaders.register_records import AnnouncedService, Errand, PointServices, ServicePoint
from loaders.registry import Loader
from loaders.report import Report
from loaders.source import Raw
from loaders.tpr_services import errand, service
from loaders.tpr_units import connection, connection_id, department, tree_node, unit, unit_services, word
from loaders.values import Values

_SNIFFED: Final = 2_000
"""How many records are looked at to tell what a file holds."""


@dataclass(frozen=True)
class _Form:
    """A kind of file: what it is called, by which fields its records are known, how one of them is read."""

    place: str
    fields: tuple[frozenset[str], ...]
    """A record that has all fields of one of these sets, itself or in one of its languages, is of this kind."""
    model: type[Any]
    things: Callable[[Any, Values], Iterable[Record]]
    native_id: Callable[[Any], str] = lambda model: str(model.id)
    selector: Callable[[Any, int], str] = lambda model, _: f"$[?@.id=={json.dumps(model.id, ensure_ascii=False)}]"
    """The JSONPath of a record, by its model and its number in the file."""
    hints: tuple[frozenset[str], ...] = ()
    """Like `fields`, but other kinds may have these too: they count only where a file's name says nothing."""


def _any_of(*fields: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset((field,)) for field in fields)


_FORMS: Final = (
    _Form(
        "services",
        _any_of("description_short", "description_long", "exact_errand_services", "main_description"),
        models.Service,
        service,
    ),
    _Form(
        "errandservices",
        _any_of("exact_descriptions", "channels", "process_description"),
        models.Errand,
        errand,
    ),
    _Form(
        "unitservices",
        (frozenset(("unit_id", "services")),),
        models.UnitServices,
        lambda model, _: (unit_services(model),),
        lambda model: str(model.unit_id),
        lambda model, _: f"$[?@.unit_id=={model.unit_id}]",
    ),
    _Form(
        "units",
        _any_of("ontologyword_ids", "street_address_fi", "dept_id"),
        models.Unit,
        unit,
    ),
    _Form(
        "connections",
        _any_of("section_type"),
        models.ListedConnection,
        connection,
        connection_id,
        lambda _, number: f"$[{number}]",
    ),
    _Form(
        "departments",
        _any_of("organization_type", "hierarchy_level"),
        models.Department,
        lambda model, values: (department(model, values),),
    ),
    _Form(
        "ontologytree",
        _any_of("ontologyword_reference"),
        models.TreeNode,
        lambda model, values: (tree_node(model, values),),
        hints=(frozenset(("parent_id", "name_fi")),),
    ),
    _Form(
        "ontologywords",
        _any_of("ontologyword_fi"),
        models.Word,
        lambda model, values: (word(model, values),),
    ),
)


def read(raw: Raw, report: Report) -> Iterator[SourceRecord]:
    """The records of all files, one kind after the other.

    Raises UnreadableSource if a file is no JSON list, or of no kind that is known.
    """
    files: dict[str, list[str]] = {}
    for name in sorted(raw.files):
        files.setdefault(_form(raw, name).place, []).append(name)
    announced = Seen()
    # Services come first, so that it is known which of them are shells when others link to them.
    for form in _FORMS:
        if form.place in files:
            yield from _records(form, files[form.place], raw, report, announced)


def _records(form: _Form, names: list[str], raw: Raw, report: Report, announced: Seen) -> Iterator[SourceRecord]:
    for found in decoded(raw, report, form.place, form.model, form.native_id, names):
        native_id = form.native_id(found.model)
        values = Values(form.place)
        things = tuple(form.things(found.model, values))
        _note_shells(things, announced, values)
        yield found.record(native_id, form.selector(found.model, found.number), things, values)


def _note_shells(things: Iterable[Record], announced: Seen, values: Values) -> None:
    """Remember services that are only announced, and note what links to them: such links lead to no content."""
    for thing in things:
        if isinstance(thing, AnnouncedService):
            announced.add(thing.entry.ref.native_id)
        elif isinstance(thing, Errand | ServicePoint | PointServices) and any(
            announced.where(service.native_id) is not None for service in thing.services
        ):
            values.note("services that are only announced are linked to")


def _form(raw: Raw, name: str) -> _Form:
    """What a file holds. Its records and its name decide; if all of the first are shells, its name alone."""
    with raw.open(name) as file:
        met = [_fields(member.content) for member in islice(members(file, name), _SNIFFED)]
    # The beginning of the name: units-helsinki.json and unit_2024.json hold units.
    word = re.match(r"[a-z_]*", name.lower())
    stem = "" if word is None else word[0].replace("_", "").removesuffix("s")
    named = [form for form in _FORMS if form.place.removesuffix("s") == stem]
    # Each record speaks for one kind; that of the name is taken if any speaks for it, as a damaged one may mislead.
    speaking = Counter(next((f.place for f in _FORMS if any(k <= fields for k in f.fields)), "") for fields in met)
    for form in (*named, *sorted(_FORMS, key=lambda form: -speaking[form.place])):
        if speaking[form.place]:
            return form
    for form in (*named, *_FORMS):
        if form in named or any(known <= fields for known in form.hints for fields in met):
            return form
    known = ", ".join(form.place for form in _FORMS)
    raise UnreadableSource(f"{name} holds none of {known}; name the file after one of these, or take it away.")


def _fields(content: bytes) -> set[str]:
    """The fields of a record and those of its languages; none of one that can't be decoded."""
    try:
        found = msgspec.json.decode(content)
    except UNDECODABLE:
        return set()
    if not isinstance(found, dict):
        return set()
    inner = (found[language] for language in ("fi", "sv", "en") if isinstance(found.get(language), dict))
    return set(found).union(*inner)


LOADER: Final = Loader(suffixes=(".json",), read=read)
