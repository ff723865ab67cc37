"""What an initial pool consists of, and what it is worth: of its classes, and of its texts.

A method that chooses the first texts can help in two ways: by the classes that its texts come
from, or by which texts of these classes it takes. To tell them apart, random texts are drawn that
have exactly the class counts of the method's (*matched*). Where such texts do as well as the
method's own, its merit lies in its classes. No one who starts without labels could draw them: they
are an experiment, not a method.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torch.nn.functional import one_hot

from alutils import datasets, heads
from alutils.catalogue.steps import same_texts
from alutils.cell import Cell
from alutils.geometry import Space, squared_norms
from alutils.loop import Replicates, cycles
from alutils.mechanism.batches import share_above, spread
from alutils.mechanism.surroundings import nearest_others
from alutils.metrics import evaluate
from alutils.streams import stream

DRAWS = 5
"""Random pools drawn for each seed; their mean has less noise than a single one."""

NEIGHBOURS = 20
"""Nearest other texts that tell how typical a text is, as TypiClust counts them."""

VOTERS = 10
"""Nearest other texts whose labels are compared with a text's own."""

METRICS = ("accuracy", "balanced_accuracy", "log_loss")


def measure(cell: Cell, replicates: Replicates) -> pd.DataFrame:
    """Choose the initial pool of a cell, fit the first head, and describe what was chosen.

    Parameters
    ----------
    cell : Cell
        Its dataset and embedder are those of `replicates`; only initial pool, initial size and
        head matter.
    replicates : Replicates
        Data and seeds.

    Returns
    -------
    pandas.DataFrame
        One row per ``seed`` and ``variant``. Variants: ``"chosen"``, the rows that the loop labels
        first; ``"matched"``, random rows with the same class counts; of a random initial pool also
        ``"balanced"``, random rows with class counts as equal as the pool allows. The last two are
        means over `DRAWS` draws. Columns:

        - ``accuracy``, ``balanced_accuracy``, ``log_loss`` of the head on the test side, as of
          `alutils.metrics.evaluate`;
        - ``classes_seen``: share of the dataset's classes that have a label; ``class_entropy``:
          entropy of the class shares over its maximum, from 0 to 1; ``rarest``: labels of the
          class with fewest; ``class_distance``: total variation distance of the class shares from
          those of the pool, from 0 to 1;
        - ``coverage``: mean distance of the pool's rows to the nearest chosen one (small is
          good), ``radius``: the largest of these distances; ``spread``: mean distance of a
          chosen row to the nearest other chosen one. In units of the root mean square length of
          the pool's rows;
        - ``typicality``: the mean percentile rank, within the pool, of the inverse mean distance
          to the 20 nearest other rows; 0.5 for a blind choice, 1 for the most typical rows;
        - ``disagreement``: share of the rows whose label has fewer votes among the 10 nearest
          other rows than another label: an estimate of wrong labels, which also counts rows
          between classes;
        - ``wrong``: share of labels that a step of the dataset's name has made wrong; NaN without
          such a step.
    """
    pool = _Described(cell, replicates)
    chosen = initial_rows(cell, replicates)
    variants = {"chosen": [chosen], "matched": matched(replicates, chosen)}
    if cell.initial_pool == "random":
        variants["balanced"] = balanced(replicates, cell.initial_size)
    tables = []
    for variant, draws in variants.items():
        measured = [pool.describe(rows) for rows in draws]
        means = {
            name: torch.stack([each[name].double() for each in measured]).mean(dim=0).cpu().numpy()
            for name in measured[0]
        }
        tables.append(pd.DataFrame({"seed": replicates.seeds, "variant": variant, **means}))
    return pd.concat(tables, ignore_index=True)


def initial_rows(cell: Cell, replicates: Replicates) -> Tensor:
    """Return the rows that `alutils.loop.run_cell` labels first: shape (R, initial size)."""
    return next(cycles(cell, replicates)).chosen


def matched(replicates: Replicates, chosen: Tensor) -> list[Tensor]:
    """Draw random rows that have the same labels as some chosen ones.

    Parameters
    ----------
    replicates : Replicates
        Data and seeds.
    chosen : torch.Tensor
        Rows, shape (R, L).

    Returns
    -------
    list of torch.Tensor
        `DRAWS` draws, each of shape (R, L): with the class counts of `chosen` in each replicate.
        A draw takes the first rows of each class in one random order per draw and seed, so that
        two methods with the same counts are matched by the same rows.
    """
    labels = replicates.problem.pool_labels
    n_classes = replicates.problem.n_classes
    counts = [np.bincount(labels[rows], minlength=n_classes) for rows in chosen.cpu().numpy()]
    return _drawn(replicates, [counts] * DRAWS)


def balanced(replicates: Replicates, size: int) -> list[Tensor]:
    """Draw random rows with class counts as equal as the pool allows: `DRAWS` of shape (R, size).

    From the same random orders as `matched`.
    """
    sizes = np.bincount(replicates.problem.pool_labels, minlength=replicates.problem.n_classes)
    counts = [
        [even_counts(sizes, size, rng) for rng in replicates.streams(f"balanced {draw}")]
        for draw in range(DRAWS)
    ]
    return _drawn(replicates, counts)


def even_counts(sizes: np.ndarray, total: int, rng: np.random.Generator) -> np.ndarray:
    """Share out a total among classes as equally as their sizes allow.

    Parameters
    ----------
    sizes : numpy.ndarray
        Rows that there are of each class, shape (C,).
    total : int
        What to share out, at most the sum of `sizes`.
    rng : numpy.random.Generator
        Decides which classes get one more where it does not divide.

    Returns
    -------
    numpy.ndarray
        Rows to take of each class, shape (C,). A class has as many as the largest, or one less,
        or all its rows.
    """
    levels = np.minimum(sizes, np.arange(total + 1)[:, None])
    level = np.searchsorted(levels.sum(axis=1), total, side="right") - 1
    counts: np.ndarray = levels[level]
    roomy = np.flatnonzero(sizes > level)
    counts[rng.choice(roomy, size=total - counts.sum(), replace=False)] += 1
    return counts


def _drawn(replicates: Replicates, counts: Sequence[Sequence[np.ndarray]]) -> list[Tensor]:
    """Draw rows for counts by draw, replicate and class."""
    labels = replicates.problem.pool_labels
    ends = np.cumsum(np.bincount(labels, minlength=replicates.problem.n_classes))
    draws = []
    for draw, of_draw in enumerate(counts):
        rows = []
        for seed, of_seed in zip(replicates.seeds, of_draw, strict=True):
            order = stream(f"matched {draw}", replicates.label, seed).permutation(len(labels))
            by_class = np.split(order[labels[order].argsort(kind="stable")], ends[:-1])
            rows.append(np.concatenate([r[:n] for r, n in zip(by_class, of_seed, strict=True)]))
        draws.append(torch.as_tensor(np.stack(rows), device=replicates.pool.device))
    return draws


class _Described:
    """A pool of which rows are described."""

    def __init__(self, cell: Cell, replicates: Replicates) -> None:
        self.replicates, self.head = replicates, heads.get(cell.head)
        labels, n_classes = replicates.pool_labels, replicates.problem.n_classes
        self.shares = one_hot(labels, n_classes).double().mean(dim=0)
        self.unit = squared_norms(replicates.pool).double().mean().sqrt()
        self.typicality, self.disagrees = pool_ranks(replicates)
        truth = true_labels(cell.dataset, cell.pool_size, cell.test_size)
        wrong = np.full(len(labels), np.nan) if truth is None else labels.cpu().numpy() != truth
        self.wrong = torch.as_tensor(wrong.astype(np.float64), device=labels.device)

    def describe(self, rows: Tensor) -> dict[str, Tensor]:
        """Fit heads to rows (R, L) and describe them: each measure of shape (R,)."""
        replicates = self.replicates
        pool, labels = replicates.pool, replicates.pool_labels[rows]
        fitted = self.head.fit(pool, rows, labels, replicates.problem.n_classes)
        scores = evaluate(fitted.probabilities(replicates.test), replicates.test_labels)
        counts = one_hot(labels, replicates.problem.n_classes).sum(dim=1)
        shares = counts.double() / rows.shape[1]
        entropy = torch.special.entr(shares).sum(dim=1)
        every = torch.arange(len(rows), device=rows.device)
        nearest = Space(pool, len(rows)).to_nearest(every, rows).double().sqrt() / self.unit
        return {
            **{name: scores[name] for name in METRICS},
            "classes_seen": (counts > 0).double().mean(dim=1),
            "class_entropy": entropy / np.log(max(2, counts.shape[1])),
            "rarest": counts.amin(dim=1),
            "class_distance": (shares - self.shares).abs().sum(dim=1) / 2,
            "coverage": nearest.mean(dim=1),
            "radius": nearest.amax(dim=1),
            "spread": spread(pool, rows).mean(dim=1) / self.unit,
            "typicality": self.typicality[rows].mean(dim=1),
            "disagreement": self.disagrees[rows].mean(dim=1),
            "wrong": self.wrong[rows].mean(dim=1),
        }


@lru_cache(maxsize=1)  # cells of one problem come one after another
def pool_ranks(replicates: Replicates) -> tuple[Tensor, Tensor]:
    """Say of each row of the pool how typical it is, and whether its neighbours disagree.

    Returns
    -------
    tuple of torch.Tensor
        Both of shape (N,), float64: the percentile rank of typicality, from 0 to 1, ties sharing
        theirs; 1 where another label has more votes among the nearest other rows, else 0.
    """
    pool, labels = replicates.pool, replicates.pool_labels
    distances, neighbours = nearest_others(pool, NEIGHBOURS)
    everyone = torch.arange(len(pool), device=pool.device)[None]
    remote = distances.mean(dim=1)[None]
    typical = share_above(remote, torch.ones_like(remote, dtype=torch.bool), everyone)[0]
    votes = one_hot(labels[neighbours[:, :VOTERS]], replicates.problem.n_classes).sum(dim=1)
    own = votes.gather(1, labels[:, None])[:, 0]
    return typical, (own < votes.amax(dim=1)).double()


@lru_cache(maxsize=1)
def true_labels(name: str, pool_size: int | None, test_size: int | None) -> np.ndarray | None:
    """Return the labels of a pool before steps of its name made some wrong; None without such."""
    before = same_texts(name)
    if before == name:
        return None
    return datasets.sampled(before, pool_size, test_size).pool_labels
