"""Parquet, by pyarrow."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alutils.errors import UserError
from alutils.tables.table import Table, check_columns, one_line

ROWS, BYTES = 20_000_000, 16 * 2**30  # read into memory as a whole


def read(path: Path, wanted: Sequence[str], only: bool, encoding: str | None) -> Table:
    """Read a Parquet file; see `alutils.tables.read_table`."""
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            names = file.schema_arrow.names
            _check_size(path, file.metadata)
            check_columns(path, names, wanted if only else list(dict.fromkeys([*wanted, *names])))
            table = file.read(columns=list(dict.fromkeys(wanted)) if only else None)
            columns = {name: _values(table[name]) for name in (wanted if only else names)}
    except (pyarrow.ArrowException, ValueError, OSError, OverflowError) as error:
        # OverflowError: a time that Python cannot hold.
        raise UserError(f"{path} is not a sound Parquet file: {one_line(error)}") from error
    return Table(columns, {"types": {name: table.schema.field(name).type for name in columns}})


def _check_size(path: Path, metadata: Any) -> None:
    """Refuse what would not fit: a file of a kilobyte can stand for a billion rows."""
    groups = (metadata.row_group(at).total_byte_size for at in range(metadata.num_row_groups))
    if metadata.num_rows > ROWS or sum(groups) > BYTES:
        raise UserError(
            f"{path} has {metadata.num_rows:,} rows, or columns that are too large when they are "
            f"unpacked ({ROWS:,} rows and {BYTES:,} bytes are the most): take a sample of it"
        )


def write(table: Table, suffix: str) -> bytes:
    """Return the content of a Parquet file."""
    import pyarrow
    import pyarrow.parquet

    types = table.form.get("types", {})
    columns = {name: _array(v, types.get(name)) for name, v in table.columns.items()}
    out = io.BytesIO()
    pyarrow.parquet.write_table(pyarrow.table(columns), out)
    return out.getvalue()


def _values(column: Any) -> list[Any]:
    """Return the values of an Arrow column; if Python's calendar ends before, as numbers."""
    import pyarrow

    try:
        found: list[Any] = column.to_pylist()
    except OverflowError:
        number = pyarrow.int32() if pyarrow.types.is_date32(column.type) else pyarrow.int64()
        found = column.cast(number).to_pylist()
    return found


def _array(values: list[Any], kind: Any) -> Any:
    """Return an Arrow array, of the type that the column had if its values still fit."""
    import pyarrow

    for wanted in (kind, None):
        try:
            array = pyarrow.array(values, type=wanted)
        except (pyarrow.ArrowException, TypeError, ValueError, OverflowError):
            continue
        return array.cast(pyarrow.string()) if pyarrow.types.is_null(array.type) else array
    return pyarrow.array([None if v is None else str(v) for v in values])
