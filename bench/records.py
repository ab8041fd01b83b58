"""Records to N-Quads: how many triples a CPU second, beside morph-kgc on the same triples, and how much memory.

    .venv/bin/python bench/records.py DATA [RUNS] [TIMES ...]

DATA is a folder with the unit register's files (services.json, errandservices.json, unitservices.json). For the
comparison morph-kgc is installed into an environment of its own. Its input are tables of subject and object, one a
predicate, made from our own triples: it says the very same triples, and has no JSON to read. TIMES are how many times
as large the register is made to see how memory grows (default 1 10 100).

Prints the commit, the versions and every single time; nothing is left out and nothing averaged.
"""

import csv
import json
import resource
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parent.parent
MORPH = "morph-kgc==2.10.0"
FILES = ("services.json", "errandservices.json", "unitservices.json")

OURS = """
import sys, time
from pathlib import Path
from loaders import registry
from loaders.report import Report
from loaders.source import fetch
from loaders.triples import SourceNames, statements
from ontology.identifiers import Identifiers
names = SourceNames(Identifiers("https://w3id.org/verkosto"), "tpr")
loader, raw = registry.find("tpr"), fetch(Path(sys.argv[1]), (".json",))
end, count = f" <{names.graph}> .\\n", 0
start = time.process_time()
with open(sys.argv[2], "w", encoding="utf-8") as file:
    for record in loader.read(raw, Report("tpr")):
        lines = statements(record, names, "2025-01-01")
        count += len(lines)
        file.writelines(line + end for line in lines)
print(count, time.process_time() - start)
"""

THEIRS = """
import sys, time, logging
import morph_kgc
start = time.process_time()
triples = morph_kgc.materialize_set(sys.argv[1])
with open(sys.argv[2], "w", encoding="utf-8") as file:
    file.writelines(triple + " .\\n" for triple in triples)
print(len(triples), time.process_time() - start)
"""


def ours(data: Path, output: Path) -> tuple[int, float]:
    """Triples and CPU seconds of one run of ours."""
    return _run(sys.executable, OURS, str(data), str(output))


def _run(python: str, script: str, *arguments: str) -> tuple[int, float]:
    done = subprocess.run([python, "-c", script, *arguments], cwd=ROOT, check=True, capture_output=True, text=True)
    count, seconds = done.stdout.split()[-2:]
    return int(count), float(seconds)


def tables(quads: Path, folder: Path) -> Path:
    """Tables of subject and object, one a predicate and kind of object, and the mapping that says them again."""
    rows: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for line in quads.read_text(encoding="utf-8").splitlines():
        subject, predicate, rest = line.split(" ", 2)
        value = rest.rsplit(" <", 1)[0]
        if value.startswith("<"):
            kind, text = "iri", value[1:-1]
        else:
            text, _, suffix = value.rpartition('"')
            kind, text = suffix, json.loads(f'{text}"')
        rows.setdefault((predicate[1:-1], kind), set()).add((subject[1:-1], text))
    maps = ["@prefix rr: <http://www.w3.org/ns/r2rml#> .", "@prefix rml: <http://semweb.mmlab.be/ns/rml#> .",
            "@prefix ql: <http://semweb.mmlab.be/ns/ql#> ."]  # fmt: skip
    for number, ((predicate, kind), pairs) in enumerate(sorted(rows.items())):
        path = folder / f"{number}.csv"
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([("s", "o"), *sorted(pairs)])
        typed = "rr:termType rr:IRI" if kind == "iri" else "rr:termType rr:Literal"
        if kind.startswith("@"):
            typed = f'rr:language "{kind[1:]}"'
        elif kind.startswith("^^"):
            typed = f"rr:datatype {kind[2:]}"
        maps.append(
            f'<#m{number}> rml:logicalSource [ rml:source "{path}" ; rml:referenceFormulation ql:CSV ] ;\n'
            f'  rr:subjectMap [ rml:reference "s" ; rr:termType rr:IRI ] ;\n'
            f'  rr:predicateObjectMap [ rr:predicate <{predicate}> ; rr:objectMap [ rml:reference "o" ; {typed} ] ] .'
        )
    (folder / "mapping.ttl").write_text("\n".join(maps), encoding="utf-8")
    config = folder / "morph.ini"
    # One process, as ours is one; no guessing of datatypes, as the mapping says them.
    config.write_text(
        f"[CONFIGURATION]\nlogging_level=ERROR\nnumber_of_processes=1\n[D]\nmappings={folder}/mapping.ttl\n"
    )
    return config


def enlarged(data: Path, folder: Path, times: int) -> Path:
    """The register `times` as large: the same records under other identifiers."""
    folder.mkdir()
    for name in FILES:
        records = json.loads((data / name).read_text(encoding="utf-8"))
        listed = list(records.values()) if isinstance(records, dict) else records
        with (folder / name).open("w", encoding="utf-8") as file:
            file.write("[\n")
            for number in range(times):
                for position, record in enumerate(listed):
                    key = "unit_id" if "unit_id" in record else "id"
                    again = {**record, key: record[key] + number * 10_000_000}
                    file.write(("" if number == position == 0 else ",\n") + json.dumps(again, ensure_ascii=False))
            file.write("\n]\n")
    return folder


def memory(data: Path) -> tuple[int, float, float]:
    """Records loaded, seconds and greatest memory in MiB of a whole dry run, sorting and validation included."""
    start = time.monotonic()
    code = (
        "import json,sys\nfrom pathlib import Path\nfrom tempfile import TemporaryDirectory\n"
        "from loaders.extraction import extract\nfrom loaders.source import fetch\n"
        "from loaders.triples import SourceNames\nfrom ontology.identifiers import Identifiers\nimport resource\n"
        "with TemporaryDirectory() as workshop:\n"
        "  found = extract('tpr', fetch(Path(sys.argv[1]), ('.json',)), "
        "SourceNames(Identifiers('https://w3id.org/verkosto'), 'tpr'), Path(workshop))\n"
        "  print(found.report.loaded, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(data)], cwd=ROOT, check=True, capture_output=True, text=True)
    loaded, kibibytes = done.stdout.split()
    return int(loaded), time.monotonic() - start, int(kibibytes) / 1024


def _comparison(data: Path, folder: Path, runs: int) -> Iterator[str]:
    quads = folder / "ours.nq"
    results = [ours(data, quads) for _ in range(runs)]
    environment = folder / "morph"
    venv.create(environment, with_pip=True)
    python = str(environment / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", MORPH], check=True, capture_output=True)
    (folder / "tables").mkdir()
    config = tables(quads, folder / "tables")
    for name, found in (
        ("ours     ", results),
        ("morph-kgc", [_run(python, THEIRS, str(config), str(folder / "theirs.nt")) for _ in range(runs)]),
    ):
        for count, seconds in found:
            yield f"{name} {count:>8} triples  {seconds:6.2f} CPU s  {count / seconds:>9,.0f} triples/CPU s"


def main() -> None:
    """Compare, then grow."""
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    data, runs = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 3
    sizes = [int(text) for text in sys.argv[3:]] or [1, 10, 100]
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout
    print(f"commit {commit.strip()}, Python {sys.version.split()[0]}, pyoxigraph {version('pyoxigraph')}, {MORPH}")
    with tempfile.TemporaryDirectory() as directory:
        plain = Path(directory) / "plain"
        enlarged(data, plain, 1)
        for line in _comparison(plain, Path(directory), runs):
            print(line)
        for times in sizes:
            loaded, seconds, mebibytes = memory(enlarged(data, Path(directory) / f"x{times}", times))
            print(f"x{times:<4} {loaded:>8} records  {seconds:7.1f} s  {mebibytes:7.0f} MiB at most")
    print(f"this script itself: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
