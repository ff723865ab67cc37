"""An archive: the results of a study in a few files that travel with the code.

A folder with ``records.parquet`` (one row per cell, seed and cycle; no text, no row numbers),
``quality.parquet`` (one row per dataset and embedder), ``costs.parquet`` (one row per cell and per
embedding), ``run.json`` (what made them) and a table for each kind of evidence beyond records, such
as ``evidence_queries.parquet``. With the environment variable ``ALUTILS_ARCHIVE`` set
to such a folder, studies take from it what it has, whatever the code is now; `alutils.verification`
is there to find out whether the code would still give the same.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from alutils.archive_tables import CELL_FIELDS as CELL_FIELDS
from alutils.archive_tables import EVIDENCE as EVIDENCE
from alutils.archive_tables import NUMBERS, read_table
from alutils.cell import Cell
from alutils.errors import UserError
from alutils.inputs import note

FILES = ("records.parquet", "quality.parquet", "costs.parquet", "run.json")

MAPPINGS = ("data", "embeddings", "code", "machine")
"""What ``run.json`` must have: mappings from names to what was used."""


@dataclass(frozen=True)
class Archive:
    """What one folder holds.

    Parameters
    ----------
    folder : pathlib.Path
        Where it is.
    records, quality, costs : pandas.DataFrame
        The tables.
    run : dict
        Provenance.
    evidence : dict of str to pandas.DataFrame
        By kind, as of `alutils.evidence.evidence`.
    sha256 : dict of str to str
        Of each file, by name.
    """

    folder: Path
    records: pd.DataFrame
    quality: pd.DataFrame
    costs: pd.DataFrame
    run: dict[str, Any]
    evidence: dict[str, pd.DataFrame] = field(default_factory=dict)
    sha256: dict[str, str] = field(default_factory=dict)

    def of(self, cells: Iterable[Cell], seeds: int) -> pd.DataFrame:
        """Return the records of those cells that are here with all of the first seeds.

        Parameters
        ----------
        cells : iterable of Cell
            What is wanted.
        seeds : int
            Seeds 0 to `seeds` - 1 of each.

        Returns
        -------
        pandas.DataFrame
            As of `alutils.loop.run_cell`, without ``chosen``, ``class_counts`` and seconds.
        """
        return complete(self.records, cells, seeds)


def note_use(archive: Archive, cells: Iterable[Cell]) -> None:
    """Note in the record of a notebook that it takes these cells from an archive.

    Parameters
    ----------
    archive : Archive
        Where they are.
    cells : iterable of Cell
        The texts and vectors that they were computed from are noted, as the archive says.
    """
    data, vectors = archive.run["data"], archive.run["embeddings"]
    pairs = {(cell.dataset, cell.embedder) for cell in cells}
    texts = {name for name, _ in pairs}
    note("datasets", [(name, data[name]) for name in texts if name in data])
    names = {f"{dataset} / {embedder}" for dataset, embedder in pairs}
    note("embeddings", [(name, vectors[name]) for name in names if name in vectors])


def complete(table: pd.DataFrame, cells: Iterable[Cell], seeds: int) -> pd.DataFrame:
    """Take from a table the rows of those cells that it has with all of the first seeds."""
    wanted = pd.DataFrame([cell.fields() for cell in cells], columns=CELL_FIELDS)
    have = table[table["seed"] < seeds]
    for name in NUMBERS.intersection(CELL_FIELDS):
        if pd.api.types.is_integer_dtype(have[name]):
            wanted = wanted[wanted[name].notna()]  # without a size: nothing here is
    found = have.merge(wanted.astype(have[CELL_FIELDS].dtypes, errors="ignore"), on=CELL_FIELDS)
    whole = found.groupby(CELL_FIELDS, dropna=False)["seed"].transform("nunique") == seeds
    return found[whole].reset_index(drop=True)


def in_force() -> Archive | None:
    """Return the archive that ``ALUTILS_ARCHIVE`` names, or None where it is not set.

    Raises
    ------
    UserError
        If the folder is no archive.
    """
    folder = os.environ.get("ALUTILS_ARCHIVE")
    found = read(Path(folder)) if folder else None
    note("archive", found.sha256.items() if found else [])
    return found


@functools.lru_cache(maxsize=2)
def read(folder: Path) -> Archive:
    """Read an archive.

    Raises
    ------
    UserError
        If the folder is no archive, or a file of it cannot be read.
    """
    missing = [name for name in FILES if not (folder / name).is_file()]
    if missing:
        raise UserError(
            f"{folder} is no archive of results, since it has no {missing[0]}: name a folder that "
            "alutils archive has written"
        )
    try:
        records, quality, costs = (read_table(folder / name) for name in FILES[:3])
        run = json.loads((folder / FILES[3]).read_text(encoding="utf-8"))
        if not all(isinstance(run[name], dict) for name in MAPPINGS):
            raise TypeError(f"{FILES[3]} does not say what the results were made of")
        more = sorted(folder.glob(f"{EVIDENCE}*.parquet"))
        evidence = {path.stem.removeprefix(EVIDENCE): read_table(path) for path in more}
        sha256 = {
            path.name: hashlib.sha256(path.read_bytes()).hexdigest()
            for path in (*(folder / name for name in FILES), *more)
        }
        for name, digest in dict(run.get("files", {})).items():  # older archives do not say
            if sha256.get(name) != digest:
                raise ValueError(f"{name} is not the file that was archived")
    # pyarrow's errors are of many families.
    except (
        OSError,
        ValueError,
        TypeError,
        LookupError,
        RecursionError,
        pa.ArrowException,
    ) as error:
        raise UserError(
            f"the archive {folder} cannot be read ({' '.join(str(error).split())}): take it from "
            "the repository again"
        ) from error
    return Archive(folder, records, quality, costs, run, evidence, sha256)


def cells_of(records: pd.DataFrame) -> dict[Cell, int]:
    """Return the cells that a table of records has, each with its number of seeds."""
    rows = records.groupby(CELL_FIELDS, dropna=False)["seed"].nunique().reset_index()
    rows = rows.astype(object).where(rows.notna(), None)
    cells = {}
    for row in rows.to_dict("records"):
        # Sizes become fractions where one of them is missing.
        fields: dict[str, Any] = {
            str(k): int(v) if isinstance(v, float) else v for k, v in row.items()
        }
        seeds = fields.pop("seed")
        cells[Cell(**fields)] = seeds
    return cells
