"""One side of a comparison: a profile, an archive or an executed notebook, with its results."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from alutils import archive
from alutils.archive import CELL_FIELDS
from alutils.cell import Cell
from alutils.errors import UserError
from alutils.home import home
from alutils.page_needs import needs_of_page, page_parameters
from alutils.results import ResultsStore, missing_seeds
from alutils.statistics import METRICS
from alutils.study import Grid, wanted_of

KEPT = [*CELL_FIELDS, "seed", "cycle", "n_labelled", *METRICS]

RUN = ".run.json"

WHAT = (
    "name a profile of data/profiles, a folder that alutils archive wrote, or a notebook that "
    "alutils run-notebook wrote (.ipynb)"
)


@dataclass(frozen=True)
class Side:
    """What one side is and has.

    Parameters
    ----------
    name : str
        As it was given.
    source : str
        Where its results come from, in words.
    parameters : dict of str to dict
        By page; empty where only results are known.
    records : pandas.DataFrame
        Its results.
    missing : int
        Cells that it asks for and that have no result.
    made_of : dict of str to str
        What is known of code, versions, texts and vectors, by name.
    rounded : bool
        Whether results are kept to five decimals, as in an archive.
    """

    name: str
    source: str
    parameters: dict[str, dict[str, Any]]
    records: pd.DataFrame
    missing: int = 0
    made_of: dict[str, str] = field(default_factory=dict)
    rounded: bool = False


def read_side(root: Path, name: str) -> Side:
    """Find out what a name of a comparison means, and read it; nothing is computed.

    Parameters
    ----------
    root : pathlib.Path
        The checkout.
    name : str
        A profile (its archive, or else what the store has of it), the folder of an archive, or an
        executed notebook.

    Returns
    -------
    Side

    Raises
    ------
    UserError
        If it is none of these, or has no results.
    """
    path = Path(name)
    if path.suffix == ".ipynb" or name.endswith(RUN):
        side = _of_run(name, path)
    elif path.is_dir():
        side = _of_archive(name, path, {})
    elif (root / "data" / "profiles" / f"{name}.yaml").is_file() or "/" not in name:
        side = _of_profile(root, name)
    else:
        raise UserError(f"there is no {name} to compare: {WHAT}")
    if not len(side.records):
        raise UserError(
            f"{name} has no results here yet, and a comparison computes none: run it first, or "
            "name the archive that it was made from, as in ALUTILS_ARCHIVE=data/results/offline"
        )
    return side


def _of_profile(root: Path, name: str) -> Side:
    parameters = page_parameters(root, name)
    folder = root / "data" / "results" / name
    if folder.is_dir():
        return _of_archive(name, folder, parameters)
    grids = [grid for page in parameters for grid in needs_of_page(page, parameters[page]).grids]
    return _of_store(name, grids, parameters, {})


def _of_archive(name: str, folder: Path, parameters: dict[str, dict[str, Any]]) -> Side:
    found = archive.read(folder)
    run = found.run
    known = {**_environment(run), "written": str(run.get("written", "")), **_made_of_archive(found)}
    records = found.records[KEPT]
    return Side(name, f"the archive {folder}", parameters, records, made_of=known, rounded=True)


def _made_of_archive(found: archive.Archive) -> dict[str, str]:
    run = found.run
    texts, vectors = _named("texts", run["data"]), _named("vectors", run["embeddings"])
    return texts | vectors | _named("code", run["code"])


def _of_run(name: str, path: Path) -> Side:
    record = path if name.endswith(RUN) else path.with_suffix(RUN)
    try:
        run = json.loads(record.read_text(encoding="utf-8"))
        page, parameters = str(run["notebook"]), dict(run["parameters"])
    except (OSError, ValueError, TypeError, LookupError, RecursionError) as error:
        raise UserError(
            f"{name} is no notebook that was run here, since {record} cannot be read "
            f"({type(error).__name__}): {WHAT}"
        ) from error
    known = {**_environment(run), "written": str(run.get("ended", ""))}
    grids = needs_of_page(page, parameters).grids
    # Whoever made the page from an archive has nothing in the store.
    return _of_store(name, grids, {page: parameters}, known, archive.in_force())


def _of_store(
    name: str,
    grids: Iterable[Grid],
    parameters: dict[str, dict[str, Any]],
    known: dict[str, str],
    archived: archive.Archive | None = None,
) -> Side:
    """Take the newest result of every cell, whatever the code is now; else that of an archive."""
    store = ResultsStore(home() / "results")
    tables = [pd.DataFrame(columns=KEPT)]
    made: dict[str, str] = {}
    wanted = wanted_of(grids)
    elsewhere: dict[int, list[Cell]] = {}
    for cell, seeds in wanted.items():
        if (found := _newest(store, cell, seeds)) is None:
            elsewhere.setdefault(seeds, []).append(cell)
        else:
            table, parts = found
            tables.append(table)
            for part, value in parts.items():
                # Cells that were computed at different times may be made of different code.
                have = made.setdefault(part, value)
                made[part] = have if have == value else "several"
    source = f"the store {store.root}"
    rounded = False
    if archived:
        for seeds, cells in elsewhere.items():
            rows = archived.of(cells, seeds)[KEPT]
            rounded |= len(rows) > 0
            tables += [rows] if len(rows) else []
        if rounded:
            source += f" and the archive {archived.folder}"
            made = {**_made_of_archive(archived), **made}
    records = pd.concat(tables[1:] or tables, ignore_index=True)
    missing = len(wanted) - len(records[CELL_FIELDS].drop_duplicates())
    return Side(name, source, parameters, records, missing, {**known, **made}, rounded)


def _newest(
    store: ResultsStore, cell: Cell, seeds: int
) -> tuple[pd.DataFrame, dict[str, str]] | None:
    for provenance in store.found(cell):
        table = store.read(provenance)
        if table is not None and not missing_seeds(table, range(seeds)):
            parts = _named("code", provenance.code)
            parts[f"texts {cell.dataset}"] = provenance.data
            parts[f"vectors {cell.dataset} / {cell.embedder}"] = provenance.embedding
            return table.loc[table["seed"] < seeds, KEPT], parts
    return None


def _environment(run: Mapping[str, Any]) -> dict[str, str]:
    git = run.get("git") or {}
    changed = ", with changes" if git.get("dirty") else ""
    known = {"commit": f"{git.get('commit', 'unknown')}{changed}", "Python": str(run.get("python"))}
    known |= _named("machine", run.get("machine", {}))
    return known | _named("package", run.get("packages", {}))


def _named(kind: str, values: Mapping[str, Any]) -> dict[str, str]:
    return {f"{kind} {name}": str(value) for name, value in values.items()}
