"""Tables as Parquet, made of their CSV. The only module that uses Arrow.

https://parquet.apache.org/docs/file-format/. Several values are lists here; integers, decimals (as double) and booleans
have types of their own.
"""

from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet

from graph.tables import SEPARATOR, Column, Table

_TYPES: Final[dict[str, pa.DataType]] = {
    "string": pa.string(),
    "integer": pa.int64(),
    "decimal": pa.float64(),
    "boolean": pa.bool_(),
}
# A row has to fit into a block; the longest text of a register is far below.
_BLOCK: Final = 1 << 24


def write(table: Table, source: Path, target: Path) -> None:
    """Write the Parquet file of a table, given its CSV."""
    schema = pa.schema([(column.name, _type(column)) for column in table.columns])
    convert = pyarrow.csv.ConvertOptions(
        column_types={column.name: _TYPES[column.type] for column in table.columns},
        strings_can_be_null=True,
        quoted_strings_can_be_null=False,
        null_values=[""],
    )
    reader = pyarrow.csv.open_csv(
        source,
        read_options=pyarrow.csv.ReadOptions(block_size=_BLOCK, use_threads=False),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
        convert_options=convert,
    )
    with pyarrow.parquet.ParquetWriter(target, schema, compression="zstd") as writer:
        for batch in reader:
            arrays = [
                _split(array) if column.is_list else array
                for column, array in zip(table.columns, batch.columns, strict=True)
            ]
            writer.write_batch(pa.record_batch(arrays, schema=schema))


def _type(column: Column) -> pa.DataType:
    return pa.list_(_TYPES[column.type]) if column.is_list else _TYPES[column.type]


# Arrays can be subscripted in the stubs only.
def _split(array: "pa.Array[Any]") -> "pa.Array[Any]":
    return pc.split_pattern(array, SEPARATOR)
