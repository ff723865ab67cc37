"""What the labels of the pool say about its embeddings."""

from __future__ import annotations

import numpy as np
import torch

from alutils.diagnostics.measured import UNDEFINED, Measured, mean_of
from alutils.diagnostics.pool import Pool
from alutils.diagnostics.survey import NEIGHBOURS
from alutils.heads.softmax import SoftmaxRegression
from alutils.streams import stream

FOLDS = 5
LOW = 0.1
BLOCK = 8192


def probe_accuracy(pool: Pool) -> Measured:
    """Accuracy of the default head when every other label of the pool is known.

    Parameters
    ----------
    pool : Pool
        Embeddings, shape (N, D), with labels.

    Returns
    -------
    Measured
        Five-fold cross-validated accuracy (Alain and Bengio 2016 call it a linear probe), of all
        rows. As an estimate for other texts its standard error is about
        ``sqrt(p * (1 - p) / N)``.
    """
    points, truth = pool.points, pool.truth
    fold = torch.from_numpy(stream("probe folds", pool.name, 0).permutation(len(points)) % FOLDS)
    hits, n_classes = 0, int(truth.max()) + 1
    for held_out in range(FOLDS):
        rows = torch.nonzero(fold != held_out).T
        fitted = SoftmaxRegression().fit(points, rows, truth[rows], n_classes)
        predicted = fitted.probabilities(points[fold == held_out])[0].argmax(dim=1)
        hits += int((predicted == truth[fold == held_out]).sum())
    return Measured(hits / len(points))


def neighbour_accuracy(pool: Pool) -> Measured:
    """Share of texts whose ten nearest other texts vote for their class.

    Parameters
    ----------
    pool : Pool
        Embeddings, shape (N, D), with labels.

    Returns
    -------
    Measured
        Leave-one-out accuracy of ten nearest neighbours by cosine (Cover and Hart 1967); ties go
        to the first class, as in scikit-learn. Of all rows. The cosine is of the vectors as the
        embedder gave them, not centred.
    """
    points = torch.nn.functional.normalize(torch.tensor(pool.vectors), dim=1)
    truth = pool.truth
    n_classes, k = int(truth.max()) + 1, min(NEIGHBOURS, len(points) - 1)
    hits = 0
    for start in range(0, len(points), 2048):
        block = points[start : start + 2048]
        near = block @ points.T
        near[torch.arange(len(block)), start + torch.arange(len(block))] = -torch.inf
        votes = torch.nn.functional.one_hot(truth[near.topk(k).indices], n_classes)
        winner = votes.sum(dim=1).argmax(dim=1)
        hits += int((winner == truth[start : start + 2048]).sum())
    return Measured(hits / len(points))


def neighbour_purity(pool: Pool) -> Measured:
    """Share of its own class among the ten nearest others of a text.

    Parameters
    ----------
    pool : Pool
        Embeddings, shape (N, D), with labels.

    Returns
    -------
    Measured
        Mean over rows of the share of the ten nearest other rows that have the row's class
        (precision at ten; Manning, Raghavan and Schütze 2008, chapter 8): from 0 to 1, the chance
        of two rows to share a class where neighbours tell nothing. Unlike a vote it tells a clear
        majority from a bare one.
    """
    asked, near = pool.survey.asked, pool.survey.neighbours
    truth = pool.truth.numpy()
    return mean_of((truth[near] == truth[asked, None]).mean(axis=1), len(pool))


def class_silhouette(pool: Pool) -> Measured:
    """Tell how well the classes are set apart as clusters.

    Parameters
    ----------
    pool : Pool
        Embeddings, shape (N, D), with labels.

    Returns
    -------
    Measured
        Mean silhouette (Rousseeuw 1987) of the classes: from -1 to 1, near 0 or below where
        classes lie within each other. Undefined for one class.
    """
    if len(pool.truth.unique()) < 2:
        return UNDEFINED
    return mean_of(pool.survey.silhouettes[0], len(pool))


def within_scatter(pool: Pool) -> Measured:
    """Share of the variance that the classes leave.

    Parameters
    ----------
    pool : Pool
        Embeddings, shape (N, D), with labels.

    Returns
    -------
    Measured
        Trace of the scatter within classes over that of the total scatter (Fukunaga 1990,
        section 10.2): 0 if every class is a point, 1 if all class means are the same. Classes
        that say nothing leave ``(N - C) / (N - 1)`` on average. Exact.
    """
    means, sizes = _class_means(pool)
    centre = pool.points.mean(dim=0, dtype=torch.float64)
    between = (sizes * (means - centre).square().sum(dim=1)).sum()
    total = sum((part.double() - centre).square().sum() for part in pool.points.split(BLOCK))
    return Measured(float(1 - between / total))


def class_margin(pool: Pool) -> Measured:
    """Tell how much nearer a text is to the mean of its class than to any other mean.

    Parameters
    ----------
    pool : Pool
        Embeddings, shape (N, D), with labels.

    Returns
    -------
    Measured
        Mean over rows of ``(b - a) / (b + a)``, with a the distance to the mean of the other rows
        of its class and b that to the nearest mean of another class, the relative distance
        difference of Sato and Yamada 1996: from -1 to 1, above 0 where the nearest mean is right.
        A row alone in its class is left out. Undefined for one class. Exact.
    """
    margins = _margins(pool)
    return Measured(float(margins.mean())) if len(margins) else UNDEFINED


def class_margin_low(pool: Pool) -> Measured:
    """Class margin that one text in ten falls short of.

    Parameters
    ----------
    pool : Pool
        Embeddings, shape (N, D), with labels.

    Returns
    -------
    Measured
        The 10th percentile of what `class_margin` is the mean of: from -1 to 1. Exact.
    """
    margins = _margins(pool)
    return Measured(float(np.quantile(margins, LOW))) if len(margins) else UNDEFINED


def _class_means(pool: Pool) -> tuple[torch.Tensor, torch.Tensor]:
    """Means (C, D) and sizes (C,) of the classes, float64; the mean of an empty one is 0."""
    truth = pool.truth
    n_classes = int(truth.max()) + 1
    sums = torch.zeros(n_classes, pool.points.shape[1], dtype=torch.float64)
    for part, own in zip(pool.points.split(BLOCK), truth.split(BLOCK), strict=True):
        sums.index_add_(0, own, part.double())
    sizes = torch.bincount(truth, minlength=n_classes).double()
    return sums / sizes.clamp(min=1)[:, None], sizes


def _margins(pool: Pool) -> np.ndarray:
    """Margins of the rows that are not alone in their class, shape (at most N,)."""
    means, sizes = _class_means(pool)
    if int((sizes > 0).sum()) < 2:
        return np.empty(0)
    found = []
    for part, own in zip(pool.points.split(BLOCK), pool.truth.split(BLOCK), strict=True):
        distances = torch.cdist(part.double(), means)
        distances[:, sizes == 0] = torch.inf
        mine, size = own[:, None], sizes[own]
        # Without the row itself the mean of n rows is n / (n - 1) times as far from it.
        inside = distances.gather(1, mine)[:, 0] * size / (size - 1).clamp(min=1)
        outside = distances.scatter_(1, mine, torch.inf).amin(dim=1)
        margins = ((outside - inside) / (outside + inside)).nan_to_num_(nan=0)
        found.append(margins[size > 1].numpy())
    return np.concatenate(found)
