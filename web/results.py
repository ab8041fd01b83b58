"""What a page shows of an answer to a query: a table of some rows, a graph, or only its size."""

import json
from typing import Any, Final

from sparql.answer import Answer

# A page shows this many rows and says so. A result of more bytes or columns is offered for download only: a page
# many times as large as the result would be made of it.
_ROWS_SHOWN: Final = 1000
_COLUMNS_SHOWN: Final = 50
_BYTES_SHOWN: Final = 1024 * 1024


def shown(answer: Answer) -> dict[str, Any]:
    """`table` or `graph` for a template, of an answer in SPARQL JSON or in Turtle; closes it."""
    is_graph = answer.media_type == "text/turtle"
    with answer:
        length = answer.length
        text = answer.read() if length <= _BYTES_SHOWN else None
    if text is not None and is_graph:
        return {"graph": text.decode()}
    result = {} if text is None else json.loads(text)
    names = result.get("head", {}).get("vars", [])
    if text is None or len(names) > _COLUMNS_SHOWN:
        table: dict[str, Any] = {"names": [], "rows": [], "count": None, "boolean": None, "length": length}
        return {"graph": "" if is_graph else None, "table": table}
    rows = result.get("results", {}).get("bindings", [])
    table = {
        "names": names,
        "rows": rows[:_ROWS_SHOWN],
        "count": len(rows),
        "boolean": result.get("boolean"),
        "length": length,
    }
    return {"table": table}
