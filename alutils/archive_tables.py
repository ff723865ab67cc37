"""The tables of an archive, read as studies have them, or refused for what they are not."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from alutils.cell import Cell

EVIDENCE = "evidence_"

CELL_FIELDS = list(Cell.__dataclass_fields__)

NUMBERS = {"initial_size", "query_size", "cycles", "pool_size", "test_size", "cycle", "n_labelled"}

TEXTS = {"dataset", "embedder", "initial_pool", "strategy", "head", "stage"}

COLUMNS = {
    "records": [*CELL_FIELDS, "seed", "cycle", "n_labelled"],
    "quality": ["dataset", "embedder", "pool_size", "test_size"],
    "costs": ["stage"],
}
"""What every table must have; one of evidence, cells and seeds."""


def read_table(path: Path) -> pd.DataFrame:
    """Read a table, with categories as texts and single precision as double.

    Parameters
    ----------
    path : pathlib.Path
        Of a Parquet file; its name says what it must have.

    Raises
    ------
    Exception
        Of pyarrow's many families, or KeyError or TypeError, if it is no such table.
    """
    table = pd.read_parquet(path)
    for name in table:
        if isinstance(table[name].dtype, pd.CategoricalDtype):
            table[name] = table[name].astype(str)
        elif table[name].dtype == "float32":
            # Seven digits are what was kept; more would be those of the binary fraction.
            table[name] = table[name].astype(float).round(7)
    for name in COLUMNS.get(path.stem, [*CELL_FIELDS, "seed"]):
        _check(table, name, path)
    return table


def _check(table: pd.DataFrame, name: str, path: Path) -> None:
    if list(table).count(name) != 1:
        raise KeyError(f"{path.name} has no column {name}, or several")
    values = table[name]
    if name in NUMBERS and values.isna().all():  # of no type, which would be compared with numbers
        values = table[name] = values.astype(float)
    if name in NUMBERS and not pd.api.types.is_numeric_dtype(values):
        raise TypeError(f"{name} in {path.name} is no number")
    if name in TEXTS and pd.api.types.infer_dtype(values) not in ("string", "empty"):
        raise TypeError(f"{name} in {path.name} is no text")
    if name == "seed" and not pd.api.types.is_integer_dtype(values):
        raise TypeError(f"seeds in {path.name} are no whole numbers")
