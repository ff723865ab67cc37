"""Trust, but compute again: a random sample of cells, from the embeddings on, against the store."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from alutils.errors import UserError
from alutils.home import home
from alutils.results import ResultsStore
from alutils.running import run_cells
from alutils.statistics import METRICS
from alutils.streams import stream
from alutils.study import Grid, requests_of

TOLERANCE = 1e-6


def verify(
    grids: Sequence[Grid],
    *,
    sample: int,
    workers: int | None = None,
    store: ResultsStore | None = None,
) -> str:
    """Compute some cells again and compare every metric of every cycle with the stored one.

    Parameters
    ----------
    grids : sequence of Grid
        The cells to draw from.
    sample : int
        Number of cells; drawn by a seeded stream, so that the same are drawn everywhere.
    workers : int, optional
        Processes at once; by default one for each core.
    store : ResultsStore, optional
        Where results are kept.

    Returns
    -------
    str
        A sentence for people: what was compared, and that it agreed.

    Raises
    ------
    UserError
        If nothing is stored yet, or a metric differs by more than 1e-6: naming cell and metric.
    """
    store = store or ResultsStore(home() / "results")
    stored = [r for r in requests_of(grids) if store.read(r.provenance) is not None]
    if not stored:
        raise UserError("there is no result to verify yet: run the profile first, with alutils run")
    order = stream("verify", "", 0).permutation(len(stored))[:sample]
    chosen = [stored[i] for i in sorted(order)]
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        again = ResultsStore(Path(folder))
        run_cells(chosen, again, workers)
        for request in chosen:
            old, new = store.read(request.provenance), again.read(request.provenance)
            if old is None or new is None:
                raise UserError(
                    f"{request.cell} could not be compared, because files of alutils changed "
                    "meanwhile: run the same command again"
                )
            # Seeds that were asked for later than what is stored have nothing to compare with.
            new = new[new["seed"].isin(old["seed"])]
            both = old.merge(new, on=["seed", "cycle"], how="outer", suffixes=("", "_again"))
            rows = zip(both["chosen"], both["chosen_again"], strict=True)
            if not all(np.array_equal(a, b) for a, b in rows):
                raise UserError(f"{request.cell}: other rows are chosen than the stored result has")
            for metric in METRICS:
                difference = both[metric] - both[f"{metric}_again"]
                gap = float(np.abs(difference.to_numpy()).max())
                if not gap <= TOLERANCE:  # so that NaN is refused
                    raise UserError(
                        f"{request.cell}: {metric} differs by {gap:.2g} from the stored result, "
                        f"where {TOLERANCE:g} is allowed: the machine that stored it computed "
                        "otherwise; delete the results folder to compute all of it here"
                    )
                worst = max(worst, gap)
    return (
        f"{len(chosen)} of {len(stored)} cells computed again: every metric of every cycle and "
        f"seed agrees with the stored one (largest difference {worst:.1g}, allowed {TOLERANCE:g})"
    )
