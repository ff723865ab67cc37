"""What the rows that a strategy chose have in common: doubt, spread, density, classes."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from alutils import heads
from alutils.loop import Replicates
from alutils.mechanism import batches
from alutils.mechanism.surroundings import surroundings
from alutils.strategies.uncertainty import margin

NEIGHBOURS = 20


def describe(records: pd.DataFrame, replicates: Replicates) -> pd.DataFrame:
    """Describe the rows that each query of some runs chose.

    Parameters
    ----------
    records : pandas.DataFrame
        Records of `alutils.loop.run_cell`, of cells that share a problem and a head.
    replicates : Replicates
        That problem, opened for the seeds of the records.

    Returns
    -------
    pandas.DataFrame
        ``strategy``, ``seed``, ``cycle`` (from 1: the initial pool is nobody's query), and for the
        rows chosen there

        - ``doubt``: share of the unlabelled rows that the head of the cycle before was surer of,
          by margin; on average over the rows chosen. 0.5 for a blind choice.
        - ``spread``: mean distance to the nearest other row chosen by the same query.
        - ``remoteness``: mean distance to the 20 nearest rows of the pool.
        - ``new_classes``: classes that had no label before.
    """
    pool, truth = replicates.pool, replicates.pool_labels
    remote = surroundings(pool, truth, NEIGHBOURS).remoteness
    found = []
    for (strategy, seed), run in records.groupby(["strategy", "seed"], sort=False):
        run = run.sort_values("cycle")
        chosen = [
            torch.tensor(np.asarray(rows), dtype=torch.int64, device=pool.device)
            for rows in run["chosen"]
        ]
        for cycle in range(1, len(chosen)):
            labelled, batch = torch.cat(chosen[:cycle]), chosen[cycle]
            found.append(
                {
                    "strategy": strategy,
                    "seed": seed,
                    "cycle": cycle,
                    "doubt": _doubt(replicates, labelled, batch, str(run["head"].iloc[0])),
                    "spread": float(batches.spread(pool, batch[None]).mean()),
                    "remoteness": float(remote[batch].mean()),
                    "new_classes": len(set(truth[batch].tolist()) - set(truth[labelled].tolist())),
                }
            )
    return pd.DataFrame(found)


def _doubt(replicates: Replicates, labelled: Tensor, batch: Tensor, head: str) -> float:
    """Share of the other unlabelled rows with a larger margin, mean over the batch."""
    truth = replicates.pool_labels[labelled]
    fitted = heads.get(head).fit(
        replicates.pool, labelled[None], truth[None], replicates.problem.n_classes
    )
    margins = margin(fitted.probabilities(replicates.pool))
    free = torch.ones_like(margins, dtype=torch.bool).index_fill_(1, labelled, False)
    return float(batches.share_above(margins, free, batch[None]).mean())
