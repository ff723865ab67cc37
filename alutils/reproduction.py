"""Does the code still give what an archive says? A sample of cells, from raw texts on."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from alutils import catalogue, evidence, reexamination
from alutils.archive import CELL_FIELDS, Archive, cells_of
from alutils.catalogue.steps import base_name
from alutils.cell import Cell
from alutils.datasets.hub import mirror_files
from alutils.errors import NotReproduced, UserError
from alutils.results import ResultsStore, write_atomically
from alutils.running import Request, code_of, run_cells
from alutils.statistics import METRICS, aulc
from alutils.streams import stream
from alutils.study import requests_for

DIGITS = 1.5e-5
"""Archives keep five decimals: equal numbers differ by no more than their rounding."""

AULC_TOLERANCE = 0.01
"""Processors add in different orders, and a choice between two points that are nearly equal may
then fall differently. What a cell is about, its mean AULC, may differ by this much."""

CONFIRMED = "verified.json"


@dataclass(frozen=True)
class Report:
    """What was computed again, and how it compares.

    Parameters
    ----------
    identical, close : int
        Cells of which every metric of every cycle and seed is the archived one; other cells whose
        mean AULC is within the tolerance.
    largest : float
        Largest difference of a cell's mean AULC from the archived one.
    not_here : dict of str to int
        Datasets that cannot be had here, with the number of their cells.
    evidence : tuple of str
        What came of measuring evidence again, a sentence for each kind.
    verifiable : int
        Cells that could have been drawn.
    records : pandas.DataFrame
        What was computed again, as archives keep it.
    """

    identical: int
    close: int
    largest: float
    verifiable: int
    records: pd.DataFrame = field(repr=False)
    not_here: dict[str, int] = field(default_factory=dict)
    evidence: tuple[str, ...] = ()

    def __str__(self) -> str:
        n = self.identical + self.close
        said = (
            f"{n:,} of {self.verifiable:,} cells computed again from the texts: {self.identical:,} "
            "agree with the archive in every metric of every cycle and seed"
        )
        if self.close:
            said += (
                f", {self.close:,} took another path somewhere; their mean AULC differs by "
                f"{self.largest:.4f} at most (allowed {AULC_TOLERANCE})"
            )
        said = "\n".join([said, *self.evidence])
        if self.not_here:
            names = ", ".join(f"{name} ({count:,})" for name, count in self.not_here.items())
            said += (
                f"\nnot verifiable here, for want of their texts: {names} cells; name a folder "
                "that has them with --mirror"
            )
        return said


def reproduce(
    archive: Archive, *, sample: int | None, workers: int | None = None, note: bool = True
) -> Report:
    """Compute cells of an archive again and compare.

    Parameters
    ----------
    archive : Archive
        What to compare with.
    sample : int or None
        Number of cells, drawn by a seeded stream, so that the same are drawn everywhere. If code
        has changed that none of them uses, cells that use it are added. None computes all.
    workers : int, optional
        Processes at once; by default one for each core.
    note : bool
        Whether to write down beside the archive which code has been found to give the same.

    Returns
    -------
    Report

    Raises
    ------
    UserError
        If no dataset of the archive can be had here.
    NotReproduced
        If a cell differs by more than is allowed, or the texts are others: naming them.
    """
    seeds = cells_of(archive.records)
    cells = sorted(seeds, key=repr)
    here = [cell for cell in cells if _obtainable(cell.dataset)]
    if not here:
        raise UserError("no dataset of the archive can be had here: name a folder with --mirror")
    absent = Counter(base_name(c.dataset) for c in cells if not _obtainable(c.dataset))
    changed = changed_code(archive)
    chosen = here if sample is None else _drawn(here, sample, changed)
    requests = requests_for({cell: seeds[cell] for cell in chosen})
    _check_texts(archive, requests)
    with tempfile.TemporaryDirectory() as folder:
        again = ResultsStore(Path(folder))
        run_cells(requests, again, workers)
        tables = [again.read(request.provenance) for request in requests]
    if any(table is None for table in tables):
        raise UserError("files of alutils changed meanwhile: run the same command again")
    records = pd.concat([t for t in tables if t is not None], ignore_index=True)
    equal, gaps = _compare(archive.records, records)
    worst = int(np.argmax(np.abs(gaps)))
    if not abs(gaps.iloc[worst]) <= AULC_TOLERANCE:  # so that NaN is refused
        raise NotReproduced(
            f"{Cell(*gaps.index[worst])}: its mean AULC differs by {gaps.iloc[worst]:+.4f} from "
            f"the archive, where {AULC_TOLERANCE} is allowed; {int(equal.sum())} of {len(equal)} "
            "cells are identical"
        )
    datasets = {cell.dataset for cell in here}
    said = []
    for kind in archive.evidence:
        # Measuring a cell takes about as long as running it.
        some = reexamination.drawn(archive, kind, datasets, sample and max(1, sample // 3))
        if some:
            said.append(reexamination.reexamine(archive, kind, some, workers))
    if note and changed:
        _confirm(archive, chosen, int(equal.sum()))
    return Report(
        identical=int(equal.sum()),
        close=int((~equal).sum()),
        largest=float(gaps.abs().max()),
        verifiable=len(here),
        records=records,
        not_here=dict(absent),
        evidence=tuple(said),
    )


def changed_code(archive: Archive) -> list[str]:
    """Name the code that computes numbers and is not, or no longer, known to give the archive's.

    Parameters
    ----------
    archive : Archive
        With the fingerprint of the code that made it.

    Returns
    -------
    list of str
        Modules and parts whose fingerprint is neither that of the archive nor one that
        `reproduce` has found to give the same.
    """
    now = _code_of(cells_of(archive.records), archive.evidence)
    accepted = {(name, str(value)) for name, value in archive.run["code"].items()}
    for each in _confirmed(archive):
        accepted |= set(each["code"].items())
    return sorted(name for name, value in now.items() if (name, value) not in accepted)


def _code_of(cells: Iterable[Cell], kinds: Iterable[str] = ()) -> dict[str, str]:
    code: dict[str, str] = {}
    for kind in kinds:
        code |= evidence.code_of(kind)
    for parts in {(c.initial_pool, c.strategy, c.head): c for c in cells}.values():
        code |= code_of(parts)
    return code


def _obtainable(dataset: str) -> bool:
    origin = catalogue.dataset_entry(base_name(dataset)).hub
    return origin is None or mirror_files(origin) is not None


def _drawn(cells: list[Cell], sample: int, changed: list[str]) -> list[Cell]:
    order = stream("verify", "", 0).permutation(len(cells))
    chosen = [cells[i] for i in order[:sample]]
    for name in changed:
        if not any(name in code_of(cell) for cell in chosen):
            using = (cells[i] for i in order if name in code_of(cells[i]))
            chosen.extend([cell] if (cell := next(using, None)) else [])
    return sorted(set(chosen), key=repr)


def _check_texts(archive: Archive, requests: list[Request]) -> None:
    for request in requests:
        name = request.cell.dataset
        if request.problem.data_fingerprint != archive.run["data"][name]:
            raise NotReproduced(
                f"the texts of {name} are not those of the archive, or are sampled otherwise: "
                "nothing can be compared"
            )


def _compare(old: pd.DataFrame, new: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Tell for each cell whether it is identical, and by how much its mean AULC differs."""
    keys = [*CELL_FIELDS, "seed", "cycle"]
    cells = new[CELL_FIELDS].drop_duplicates()
    both = old.merge(cells, on=CELL_FIELDS).merge(
        new, on=keys, how="outer", suffixes=("", "_again")
    )
    same = pd.Series(True, index=both.index)
    for metric in METRICS:
        # A row that one side lacks leaves NaN, which is not the same.
        same &= np.abs(both[metric] - both[f"{metric}_again"]) <= DIGITS
    equal = same.groupby([both[name] for name in CELL_FIELDS], dropna=False).all()
    means = [
        aulc(table.merge(cells, on=CELL_FIELDS)).groupby(CELL_FIELDS, dropna=False)["aulc"].mean()
        for table in (old, new)
    ]
    return equal, means[1] - means[0]


def _confirm(archive: Archive, chosen: list[Cell], identical: int) -> None:
    """Write down that the code of some cells has been found to give what the archive has."""
    before = _confirmed(archive)
    code = _code_of(chosen, archive.evidence)
    entry = {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "cells": len(chosen),
        "identical": identical,
        "code": dict(sorted(code.items())),
    }
    text = json.dumps([*before, entry], indent=1) + "\n"
    write_atomically(archive.folder / CONFIRMED, text.encode())


def _confirmed(archive: Archive) -> list[dict[str, Any]]:
    """Read what `_confirm` wrote."""
    path = archive.folder / CONFIRMED
    if not path.is_file():
        return []
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return [
            {**each, "code": {name: str(value) for name, value in each["code"].items()}}
            for each in found
        ]
    except (
        OSError,
        ValueError,
        TypeError,
        AttributeError,
        LookupError,
        RecursionError,
    ) as error:
        raise UserError(
            f"{path} is not what alutils verify writes ({error}): take it from the repository "
            "again, or delete it"
        ) from error
