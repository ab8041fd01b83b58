"""What became of a source's records: what a loader tells people besides the records themselves."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Skipped:
    """A record that is not in the graph, and why: one sentence a person can act on."""

    record: str
    reason: str


@dataclass
class Report:
    """The account of one source. Every record read is either loaded or skipped with its reason."""

    source: str
    read: int = 0
    loaded: int = 0
    triples: int = 0
    skipped: list[Skipped] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def skip(self, record: str, reason: str) -> None:
        """Name a record that is left out."""
        self.skipped.append(Skipped(record, reason))

    def warn(self, sentence: str) -> None:
        """Tell of something that did not cost a record; said once however often it occurs."""
        if sentence not in self.warnings:
            self.warnings.append(sentence)
