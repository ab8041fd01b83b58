"""Who is who among many names: CPU seconds and memory of `graph.links.resolve` as the number of organisations grows.

    .venv/bin/python bench/identity.py [NAMES ...]

The organisations are made: every municipality with the kinds of bodies that stand in lists of projects, then companies
of made-up words, half of them written a second time in capitals. Prints the commit and every number; each size runs in
a process of its own.
"""

import random
import resource
import subprocess
import sys
import time
from pathlib import Path

from graph.links import resolve
from graph.pairs import Party
from ontology import vocabulary
from ontology.terms import SKOS, VK

ROOT = Path(__file__).parent.parent
KINDS = (
    "kaupunki",
    "koulutuskuntayhtymä",
    "seurakunta",
    "Yrittäjät ry",
    "kehitys Oy",
    "ammattiopisto",
    "kirjasto",
    "museo",
)
SYLLABLES = ("ka", "lo", "mi", "ter", "vu", "sen", "ra", "pi", "tol", "he", "nor", "ju")


def names(count: int) -> list[str]:
    """So many names, always the same."""
    chance = random.Random(2026)
    genitives = [text.rpartition(" ")[0] for _, text, language in vocabulary.texts(SKOS.altLabel) if language == "fi"]
    found = [f"{place} {kind}" for place in genitives for kind in KINDS]
    while len(found) < count:
        word = "".join(chance.choice(SYLLABLES) for _ in range(4)).capitalize()
        company = f"{word} {chance.choice(('Oy', 'Oy Ab', 'ry', 'Palvelut Oy', 'Group Oyj'))}"
        found += [company, company.upper()] if chance.random() < 0.5 else [company]
    return found[:count]


def measure(count: int) -> str:
    """One line about one size."""
    parties = [Party(f"t{number}", "pool", (name,), is_only_named=True) for number, name in enumerate(names(count))]
    start = time.process_time()
    found = resolve(parties)
    seconds = time.process_time() - start
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    speed = f"{seconds:6.1f} s  {count / seconds:7.0f} names/s"
    return f"{count:>7} names  {speed}  {len(found.pairs):>7} pairs  {megabytes:5.0f} MB"


def main() -> None:
    """Each size in a process of its own, so that memory is its own."""
    sizes = [int(text) for text in sys.argv[1:]] or [1_000, 10_000, 50_000]
    if len(sizes) == 1:
        print(measure(sizes[0]))
        return
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    print(
        f"commit {commit.stdout.strip()}, codes of {len(vocabulary.concepts(VK.municipalities))} municipalities",
        flush=True,
    )
    for size in sizes:
        subprocess.run([sys.executable, __file__, str(size)], check=True)


if __name__ == "__main__":
    main()
