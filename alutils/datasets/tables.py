"""Columns out of CSV, JSON Lines and Parquet files; whatever is wrong with one is a `UserError`."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from alutils.errors import UserError, unknown

Columns = dict[str, list[Any]]


def read_columns(path: Path, wanted: Sequence[str]) -> Columns:
    """Read some columns of a file, one value per row, in the order of the file.

    Parameters
    ----------
    path : pathlib.Path
        A ``.csv``, ``.jsonl`` or ``.parquet`` file.
    wanted : sequence of str
        Names of the columns.

    Raises
    ------
    UserError
        If the file is missing, of another kind or damaged, or has no such column.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise UserError(
            f"cannot read {path}: its name must end in one of {', '.join(sorted(READERS))}"
        )
    try:
        if not path.exists():
            raise UserError(f"there is no file {path} (seen from {Path.cwd()})")
        return reader(path, wanted)
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or _one_line(error)}") from error


def _read_csv(path: Path, wanted: Sequence[str]) -> Columns:
    import pandas

    content = _decode(path)

    def parse(header: int | None, rows: int | None) -> pandas.DataFrame:
        return pandas.read_csv(
            io.StringIO(content),
            dtype=str,
            na_filter=False,  # "NA" and "null" are texts like any other
            index_col=False,
            header=header,
            nrows=rows,
        )

    try:
        with warnings.catch_warnings():
            # A row with more fields than the header has is only a warning to pandas.
            warnings.simplefilter("error", pandas.errors.ParserWarning)
            # Read apart, because pandas renames the second of two columns with one name.
            header = parse(header=None, rows=1).iloc[0].tolist()
            if len(header) == 1 and {";", "\t"} & set(header[0]):
                raise UserError(
                    f"{path} has its columns not separated by commas: save it with them"
                )
            _check_columns(path, header, wanted)
            table = parse(header=0, rows=None)
    except pandas.errors.EmptyDataError:
        raise UserError(f"{path} is empty: its first line must name the columns") from None
    except (ValueError, pandas.errors.ParserWarning) as error:
        raise UserError(f"{path} is not a CSV file with commas: {_one_line(error)}") from error
    return {name: table[name].tolist() for name in wanted}


def _read_jsonl(path: Path, wanted: Sequence[str]) -> Columns:
    records = []
    # Not splitlines: a JSON text may hold U+2028 and its kin, which are no line breaks to JSON.
    for number, line in enumerate(_decode(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UserError(f"line {number} of {path} is not JSON: {_one_line(error)}") from error
        if not isinstance(record, dict):
            raise UserError(f"line {number} of {path} is not a JSON object of column: value")
        records.append(record)
    known = list(dict.fromkeys(name for record in records for name in record))
    if not known:
        raise UserError(f"{path} is empty: every line must be a JSON object of column: value")
    _check_columns(path, known, wanted)
    return {name: [record.get(name) for record in records] for name in wanted}


def _read_parquet(path: Path, wanted: Sequence[str]) -> Columns:
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            _check_columns(path, file.schema_arrow.names, wanted)
            table = file.read(columns=list(dict.fromkeys(wanted)))
            return {name: table[name].to_pylist() for name in wanted}
    except (pyarrow.ArrowException, ValueError, OSError) as error:
        raise UserError(f"{path} is not a sound Parquet file: {_one_line(error)}") from error


READERS: dict[str, Callable[[Path, Sequence[str]], Columns]] = {
    ".csv": _read_csv,
    ".jsonl": _read_jsonl,
    ".parquet": _read_parquet,
}


def _decode(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is not UTF-8 at byte {error.start}: save it as UTF-8") from error


def _check_columns(path: Path, known: list[str], wanted: Sequence[str]) -> None:
    for name in wanted:
        if name not in known:
            raise UserError(f"{path}: {unknown('column', name, known)}")
        if known.count(name) > 1:
            raise UserError(f"{path} has {known.count(name)} columns {name!r}: rename one of them")


def _one_line(error: Exception | Warning) -> str:
    line = " ".join(str(error).split())
    return line if len(line) <= 160 else f"{line[:157]}..."
