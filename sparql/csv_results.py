"""Results in CSV whose IRIs have commas: the engine puts no quotes round them, and a row would have a column too many.

`SPARQL 1.1 Query Results CSV and TSV Formats, 3.2 <https://www.w3.org/TR/sparql11-results-csv-tsv/#csv-terms>`_
"""

import csv
import io
import sys
from typing import IO

from pyoxigraph import Literal, NamedNode, QuerySolutions

csv.field_size_limit(sys.maxsize)


def is_right(body: bytes | IO[bytes], columns: int) -> bool:
    """Whether each row has as many columns as there are variables, of which there is one at least.

    >>> is_right(b"a,b\\r\\n1,2\\r\\n", 2), is_right(b"a,b\\r\\nhttp://e.org/1,2,3\\r\\n", 2)
    (True, False)
    """
    if not isinstance(body, bytes):
        text = io.TextIOWrapper(body, encoding="utf-8", newline="")
        try:
            return all(len(row) <= columns for row in csv.reader(text))
        finally:
            text.detach().seek(0)
    if b'"' not in body:
        # Quicker, and most have none.
        return body.count(b",") <= (columns - 1) * body.count(b"\n")
    return all(len(row) <= columns for row in csv.reader(io.StringIO(body.decode(), newline="")))


def write(solutions: QuerySolutions, output: IO[bytes]) -> None:
    """Write solutions with quotes wherever they are needed."""
    names = solutions.variables
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([name.value for name in names])
    for solution in solutions:
        writer.writerow([_said(solution[name]) for name in names])
        output.write(text.getvalue().encode())
        text.seek(0)
        text.truncate()
    output.write(text.getvalue().encode())


def _said(term: object) -> str:
    if term is None:
        return ""
    return term.value if isinstance(term, NamedNode | Literal) else str(term)
