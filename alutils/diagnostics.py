"""What "embedding quality" means, measured on the pool alone."""

from __future__ import annotations

import numpy as np
import torch

from alutils.heads.scaling import scale
from alutils.heads.softmax import SoftmaxRegression
from alutils.streams import stream

FOLDS = 5
NEIGHBOURS = 10


def probe_accuracy(pool: np.ndarray, labels: np.ndarray, dataset: str) -> float:
    """Accuracy of the default head when every other label of the pool is known.

    Parameters
    ----------
    pool : numpy.ndarray
        Shape (N, D), embeddings.
    labels : numpy.ndarray
        Shape (N,), classes from 0.
    dataset : str
        Names the stream that draws the five folds.

    Returns
    -------
    float
        Five-fold cross-validated accuracy (Alain and Bengio 2016 call it a linear probe). The
        standard error is about ``sqrt(p * (1 - p) / N)``.
    """
    points = scale(torch.tensor(pool))[0]
    truth = torch.tensor(labels)
    fold = torch.from_numpy(stream("probe folds", dataset, 0).permutation(len(points)) % FOLDS)
    hits, n_classes = 0, int(truth.max()) + 1
    for held_out in range(FOLDS):
        rows = torch.nonzero(fold != held_out).T
        fitted = SoftmaxRegression().fit(points, rows, truth[rows], n_classes)
        predicted = fitted.probabilities(points[fold == held_out])[0].argmax(dim=1)
        hits += int((predicted == truth[fold == held_out]).sum())
    return hits / len(points)


def neighbour_accuracy(pool: np.ndarray, labels: np.ndarray) -> float:
    """Share of texts whose ten nearest other texts vote for their class.

    Parameters
    ----------
    pool : numpy.ndarray
        Shape (N, D), embeddings.
    labels : numpy.ndarray
        Shape (N,), classes from 0.

    Returns
    -------
    float
        Leave-one-out accuracy of ten nearest neighbours by cosine; ties go to the first class,
        as in scikit-learn. Cost: one (N, N) product, in blocks.
    """
    points = torch.nn.functional.normalize(torch.tensor(pool), dim=1)
    truth = torch.tensor(labels)
    n_classes, k = int(truth.max()) + 1, min(NEIGHBOURS, len(points) - 1)
    hits = 0
    for start in range(0, len(points), 2048):
        block = points[start : start + 2048]
        near = block @ points.T
        near[torch.arange(len(block)), start + torch.arange(len(block))] = -torch.inf
        votes = torch.nn.functional.one_hot(truth[near.topk(k).indices], n_classes)
        winner = votes.sum(dim=1).argmax(dim=1)
        hits += int((winner == truth[start : start + 2048]).sum())
    return hits / len(points)


def effective_rank(pool: np.ndarray) -> float:
    """Count the directions that the pool really uses.

    Parameters
    ----------
    pool : numpy.ndarray
        Shape (N, D), embeddings.

    Returns
    -------
    float
        Exponential of the entropy of the normalised singular values of the centred pool (Roy and
        Vetterli 2007): 1 for points on a line, D for a ball.
    """
    points = torch.tensor(pool, dtype=torch.float64)
    singular = torch.linalg.svdvals(points - points.mean(dim=0))
    share = singular / singular.sum()
    return float(torch.special.entr(share).sum().exp())
