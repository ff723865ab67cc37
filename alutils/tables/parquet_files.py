"""Parquet, by pyarrow."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alutils.errors import UserError
from alutils.tables.table import Table, check_columns, one_line

DEEPEST = 32  # lists in lists; of hundreds, a file could be written and not be read again
ROWS, BYTES = 20_000_000, 16 * 2**30  # read into memory as a whole


def read(path: Path, wanted: Sequence[str], only: bool, encoding: str | None) -> Table:
    """Read a Parquet file; see `alutils.tables.read_table`."""
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            schema, metadata = file.schema_arrow, file.metadata
            _check_size(path, metadata)
        names = schema.names
        check_columns(path, names, wanted if only else list(dict.fromkeys([*wanted, *names])))
        # A text that is repeated is read once: it may be large.
        texts = [field.name for field in schema if _is_text(field.type)]
        with pyarrow.parquet.ParquetFile(path, read_dictionary=texts) as file:
            table = file.read(columns=list(dict.fromkeys(wanted)) if only else None)
        if sum(_unpacked(table[name]) for name in table.column_names) > BYTES:
            raise _too_large(path, metadata.num_rows)
        table = table.cast(pyarrow.schema([schema.field(name) for name in table.column_names]))
        columns = {name: _values(table[name]) for name in (wanted if only else names)}
    except (pyarrow.ArrowException, ValueError, OSError, OverflowError) as error:
        # OverflowError: a time that Python cannot hold.
        raise UserError(f"{path} is not a sound Parquet file: {one_line(error)}") from error
    return Table(columns, {"types": {name: schema.field(name).type for name in columns}})


def _check_size(path: Path, metadata: Any) -> None:
    """Refuse what would not fit: a file of a kilobyte can stand for a billion rows."""
    groups = (metadata.row_group(at).total_byte_size for at in range(metadata.num_row_groups))
    if metadata.num_rows > ROWS or sum(groups) > BYTES:
        raise _too_large(path, metadata.num_rows)


def _too_large(path: Path, rows: int) -> UserError:
    return UserError(
        f"{path} has {rows:,} rows, or columns that are too large when they are unpacked "
        f"({ROWS:,} rows and {BYTES:,} bytes are the most): take a sample of it"
    )


def _is_text(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_string(kind) or types.is_large_string(kind) or types.is_binary(kind))


def _unpacked(column: Any) -> int:
    """Count the bytes of a column once every row has its own; 0 if they are as they were read."""
    import pyarrow
    import pyarrow.compute

    if not (pyarrow.types.is_dictionary(column.type) and _is_text(column.type.value_type)):
        return 0
    total = 0
    for chunk in column.chunks:
        lengths = pyarrow.compute.binary_length(chunk.dictionary).cast("int64")
        total += pyarrow.compute.sum(lengths.take(chunk.indices)).as_py() or 0
    return total


def write(table: Table, suffix: str) -> bytes:
    """Return the content of a Parquet file."""
    import pyarrow
    import pyarrow.parquet

    types = table.form.get("types", {})
    columns = {_whole(n): _array(v, types.get(n)) for n, v in table.columns.items()}
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
        if _depth(array.type) > DEEPEST:
            break
        return array.cast(pyarrow.string()) if pyarrow.types.is_null(array.type) else array
    return pyarrow.array([None if v is None else _whole(str(v)) for v in values])


def _depth(kind: Any) -> int:
    """Count how many lists and structures lie in each other."""
    return 1 + max((_depth(kind.field(at).type) for at in range(kind.num_fields)), default=0)


def _whole(text: str) -> str:
    """Spell out half a surrogate pair, which Parquet cannot hold."""
    return text.encode("utf-8", "backslashreplace").decode()
