"""What the rows that a query strategy asked for have in common, query by query."""

from __future__ import annotations

import pandas as pd
import torch
from torch import Tensor

from alutils.cell import Cell
from alutils.geometry import Space
from alutils.loop import Cycle, Replicates, cycles
from alutils.mechanism import batches
from alutils.mechanism.surroundings import surroundings
from alutils.strategies.uncertainty import margin

NEIGHBOURS = 20
BOUNDARY = 0.9
"""Rows with more doubt than this share of the unlabelled ones lie near the decision boundary."""
BLIND = 10
"""Blind batches whose spread a batch is compared with."""


def measure(cell: Cell, replicates: Replicates) -> pd.DataFrame:
    """Describe every query of a cell, from the same choices as those on record.

    Parameters
    ----------
    cell : Cell
        What to run; its dataset and embedder are those of `replicates`.
    replicates : Replicates
        Data and seeds. The test side plays no part.

    Returns
    -------
    pandas.DataFrame
        One row per ``seed`` and ``cycle`` (from 1), float32. On average over the rows chosen:

        - ``spread``: distance to the nearest other row of the batch, divided by the same of blind
          batches of as many unlabelled rows: below 1 for a batch more redundant than these.
        - ``doubt``: share of the other unlabelled rows that the head was surer of, by margin;
          0.5 for a blind choice.
        - ``boundary``: share of the batch among the tenth of the unlabelled rows with most doubt;
          0.1 for a blind choice.
        - ``typicality``: share of the other unlabelled rows that are farther from their 20 nearest
          neighbours in the pool; 0.5 for a blind choice.
        - ``novelty``: distance to the nearest labelled row, divided by that of all unlabelled ones.
        - ``disagreement``: share of the 20 nearest neighbours in the pool with another class.
        - ``wrong``: share of the batch that the head had wrong before it was labelled.

        Of the batch as a whole:

        - ``cosine``: mean cosine between two of its rows; about 0 for a blind choice.
        - ``gradient_cosine``: the same between the gradients that BADGE compares.
        - ``class_entropy``: as of `alutils.mechanism.batches.class_entropy`.
        - ``largest_class``: share of its most frequent class.
        - ``new_classes``: classes that had no label before.

        ``spread`` and the cosines are NaN for batches of one row.

    Raises
    ------
    UserError
        As `alutils.loop.check`.
    """
    pool, truth = replicates.pool, replicates.pool_labels
    n_seeds, n_classes = len(replicates.seeds), replicates.problem.n_classes
    around = surroundings(pool, truth, NEIGHBOURS)
    remoteness = around.remoteness.expand(n_seeds, -1)
    space, everyone = Space(pool, n_seeds), torch.arange(n_seeds, device=pool.device)
    nearest = torch.full((n_seeds, len(pool)), torch.inf, device=pool.device)
    labelled, tables = torch.empty((n_seeds, 0), dtype=torch.long, device=pool.device), []

    for cycle in cycles(cell, replicates):
        before, labelled = labelled, cycle.rows
        # Distances are to what was labelled before this query.
        distance = nearest.sqrt()
        nearest = torch.minimum(nearest, space.to_nearest(everyone, cycle.chosen))
        if cycle.number == 0:  # the initial pool is nobody's query
            continue
        free, chosen = ~cycle.selection.labelled, cycle.chosen
        probabilities = cycle.selection.probabilities()
        mine = probabilities[everyone[:, None], chosen]
        doubt = batches.share_above(margin(probabilities), free, chosen)
        counts = batches.class_counts(truth, chosen, n_classes)
        known = batches.class_counts(truth, before, n_classes)
        found = {
            "spread": batches.spread(pool, chosen).mean(dim=1) / _blind_spread(cycle, replicates),
            "doubt": doubt.mean(dim=1),
            "boundary": (doubt >= BOUNDARY).double().mean(dim=1),
            "typicality": batches.share_above(remoteness, free, chosen).mean(dim=1),
            "novelty": distance.gather(1, chosen).mean(dim=1)
            / distance[free].view(n_seeds, -1).mean(dim=1),
            "disagreement": around.disagreement[chosen].mean(dim=1),
            "wrong": (mine.argmax(dim=2) != truth[chosen]).double().mean(dim=1),
            "cosine": batches.cosine(pool, chosen),
            "gradient_cosine": batches.cosine(pool, chosen, mine),
            "class_entropy": batches.class_entropy(counts),
            "largest_class": counts.amax(dim=1) / chosen.shape[1],
            "new_classes": ((counts > 0) & (known == 0)).sum(dim=1),
        }
        table = {name: value.float().cpu().numpy() for name, value in found.items()}
        tables.append(pd.DataFrame({"seed": replicates.seeds, "cycle": cycle.number, **table}))
    if not tables:
        return pd.DataFrame({"seed": [], "cycle": []}, dtype=int)
    return pd.concat(tables).sort_values(["seed", "cycle"], ignore_index=True)


def _blind_spread(cycle: Cycle, replicates: Replicates) -> Tensor:
    """Mean spread (R,) of batches of unlabelled rows as large as the one chosen."""
    free, k = ~cycle.selection.labelled, cycle.chosen.shape[1]
    unlabelled = torch.nonzero(free)[:, 1].view(len(free), -1)
    drawn = torch.empty((BLIND, len(free), k), dtype=torch.long)
    for r, stream in enumerate(replicates.streams(f"blind batches {cycle.number}")):
        for b in range(BLIND):
            places = stream.choice(unlabelled.shape[1], k, replace=False, shuffle=False)
            drawn[b, r] = torch.from_numpy(places)
    rows = [unlabelled.gather(1, places.to(free.device)) for places in drawn]
    each = [batches.spread(replicates.pool, batch).mean(dim=1) for batch in rows]
    return torch.stack(each).mean(dim=0)
