"""How many rows an answer has, told from its bytes as our engine writes them. For the log only."""

import mmap
import re
from typing import IO, Final

from pyoxigraph import QueryResultsFormat, RdfFormat

from sparql.protocol import GRAPHS, RESULTS

# Format → what stands once a row, and how many rows there are more than that. Between two solutions of JSON, which is
# written without spaces, stands `},{`. In a text the quote behind it would be escaped; where it ends the text, a comma
# or a bracket follows. A cell of CSV with a line break of its own counts as more than one row.
_ROWS: Final = {
    QueryResultsFormat.JSON: (re.compile(rb'"bindings":\[(?=\{)|\},\{(?:"(?![,}])|\})'), 0),
    QueryResultsFormat.XML: (re.compile(rb"<result>"), 0),
    QueryResultsFormat.CSV: (re.compile(rb"\r\n"), -1),
    QueryResultsFormat.TSV: (re.compile(rb"\n"), -1),
    RdfFormat.N_TRIPLES: (re.compile(rb"\n"), 0),
    RdfFormat.N_QUADS: (re.compile(rb"\n"), 0),
}


def count(media_type: str, is_graph: bool, body: bytes | IO[bytes]) -> int | None:
    """Solutions of SELECT, or triples of a graph that is written a line each; None where that can't be told.

    >>> count("text/csv", False, b"a\\r\\n1\\r\\n2\\r\\n")
    2
    """
    rows = _ROWS.get((GRAPHS if is_graph else RESULTS)[media_type])
    if rows is None:
        return None
    if isinstance(body, bytes):
        found = len(rows[0].findall(body))
    else:
        with mmap.mmap(body.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            found = sum(1 for _ in rows[0].finditer(mapped))
    # ASK has no rows, and no form of it any of these.
    return found + rows[1] if found else 0
