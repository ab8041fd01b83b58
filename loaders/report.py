"""What became of a source's records and values: what a loader tells people besides the records themselves."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from loaders.records import SourceRecord

MOST_NAMED: Final = 10_000
"""How many records are named of which the same is said; all are counted."""


@dataclass(frozen=True)
class Skipped:
    """A record that is not in the graph, and why: one sentence a person can act on."""

    record: str
    reason: str


@dataclass
class Remark:
    """How many records something is said of, and which: the first `MOST_NAMED` of them, to bound memory."""

    count: int = 0
    records: list[str] = field(default_factory=list)

    def add(self, record: str) -> None:
        """Count a record, and name it if there is room."""
        self.count += 1
        if self.count <= MOST_NAMED:
            self.records.append(record)


@dataclass
class Tally:
    """How many records of one sheet or kind of file were read, and how many of them are in the graph."""

    read: int = 0
    loaded: int = 0


@dataclass
class Report:
    """The account of one source. Every record read is either loaded or skipped with its reason."""

    source: str
    places: dict[str, Tally] = field(default_factory=dict)
    """Sheet or kind of file → its records."""
    skipped: list[Skipped] = field(default_factory=list)
    dropped: dict[str, Remark] = field(default_factory=dict)
    """What was left out of records that are loaded, and why → these records."""
    noted: dict[str, Remark] = field(default_factory=dict)
    """What is worth knowing of records that are loaded whole → these records."""
    warnings: list[str] = field(default_factory=list)
    triples: int = 0
    seconds: float = 0.0
    kept: bool = False
    """Whether the source was read too badly and stays as it is in the current release."""

    @property
    def read(self) -> int:
        """How many records were read."""
        return sum(tally.read for tally in self.places.values())

    @property
    def loaded(self) -> int:
        """How many records are in the graph."""
        return sum(tally.loaded for tally in self.places.values())

    def saw(self, place: str, count: int = 1) -> None:
        """Count records that were read."""
        self.places.setdefault(place, Tally()).read += count

    def load(self, record: SourceRecord) -> None:
        """Count a record that is in the graph, and name it where values of it were left out or something was noted."""
        self.places.setdefault(record.place, Tally()).loaded += 1
        for what in record.dropped:
            self.dropped.setdefault(what, Remark()).add(record.name)
        for what in record.noted:
            self.noted.setdefault(what, Remark()).add(record.name)

    def skip(self, record: str, reason: str) -> None:
        """Name a record that is left out."""
        self.skipped.append(Skipped(record, reason))

    def warn(self, sentence: str) -> None:
        """Tell of something that did not cost a record; said once however often it occurs."""
        if sentence not in self.warnings:
            self.warnings.append(sentence)

    @classmethod
    def of(cls, account: Mapping[str, Any]) -> "Report":
        """The report that a release keeps, which has no duration."""
        return cls(
            source=account["source"],
            places={name: Tally(**tally) for name, tally in account["places"].items()},
            skipped=[Skipped(**skipped) for skipped in account["skipped"]],
            dropped=_remarks(account["dropped"]),
            noted=_remarks(account["noted"]),
            warnings=list(account["warnings"]),
            triples=account["triples"],
        )

    def as_json(self) -> dict[str, Any]:
        """The report as JSON values, as a release keeps it: the same bytes make the same report."""
        return {
            "source": self.source,
            "read": self.read,
            "loaded": self.loaded,
            "triples": self.triples,
            "kept": self.kept,
            "places": {name: {"read": tally.read, "loaded": tally.loaded} for name, tally in self.places.items()},
            "skipped": [{"record": skipped.record, "reason": skipped.reason} for skipped in self.skipped],
            "dropped": _counted(self.dropped),
            "noted": _counted(self.noted),
            "warnings": self.warnings,
        }


def _remarks(found: Iterable[Mapping[str, Any]]) -> dict[str, Remark]:
    return {entry["what"]: Remark(entry["count"], list(entry["records"])) for entry in found}


def _counted(found: dict[str, Remark]) -> list[dict[str, Any]]:
    return [{"what": what, "count": remark.count, "records": remark.records} for what, remark in found.items()]
