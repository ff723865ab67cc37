"""What the rows of a batch have in common, one number for each row or each batch.

Batches of R replicates are given as rows of the pool, int64, shape (R, k).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn.functional import normalize, one_hot

from alutils.geometry import Space
from alutils.strategies.badge import residuals


def share_above(values: Tensor, free: Tensor, batch: Tensor) -> Tensor:
    """Share of the other unlabelled rows whose value is larger; equal ones count half.

    Parameters
    ----------
    values : torch.Tensor
        Shape (R, N).
    free : torch.Tensor
        Boolean, shape (R, N): the unlabelled rows, as many in each replicate.
    batch : torch.Tensor
        Some of them, shape (R, k).

    Returns
    -------
    torch.Tensor
        float64, shape (R, k): 1 for a row whose value is below all others. 0.5 on average for a
        blind choice.
    """
    others = values[free].view(len(values), -1).sort(dim=1).values
    mine = values.gather(1, batch).contiguous()
    n_others = others.shape[1]
    above = n_others - torch.searchsorted(others, mine, right=True)
    equal = n_others - above - torch.searchsorted(others, mine)
    share: Tensor = (above + (equal - 1) / 2.0).double() / max(1, n_others - 1)
    return share


def spread(pool: Tensor, batch: Tensor) -> Tensor:
    """Distance of each row to the nearest other row of its batch.

    Parameters
    ----------
    pool : torch.Tensor
        Shape (N, D).
    batch : torch.Tensor
        Shape (R, k).

    Returns
    -------
    torch.Tensor
        Shape (R, k), in the units of the pool; NaN in batches of one.
    """
    if batch.shape[1] == 1:
        return pool.new_full(batch.shape, torch.nan)
    replicates = torch.arange(len(batch), device=pool.device)
    squared = Space(pool, len(batch)).between(replicates, batch, batch)
    squared.diagonal(dim1=1, dim2=2).fill_(torch.inf)
    return squared.amin(dim=2).sqrt_()


def cosine(pool: Tensor, batch: Tensor, probabilities: Tensor | None = None) -> Tensor:
    """Mean cosine between two rows of a batch, or between the gradients of two rows.

    Parameters
    ----------
    pool : torch.Tensor
        Shape (N, D), centred: two rows drawn blindly have a cosine of about zero.
    batch : torch.Tensor
        Shape (R, k).
    probabilities : torch.Tensor, optional
        Shape (R, k, C), the head's for the rows of the batch. With them, cosines are taken
        between the gradients (p - onehot(argmax p)) hᵀ that BADGE compares.

    Returns
    -------
    torch.Tensor
        Shape (R,); NaN in batches of one. A gradient of zero has a cosine of zero.
    """
    vectors = normalize(pool[batch], dim=2)
    cosines = torch.bmm(vectors, vectors.mT)
    if probabilities is not None:
        predicted = probabilities.argmax(dim=2, keepdim=True)
        factors = normalize(residuals(probabilities.clone(), predicted), dim=2, eps=1e-30)
        cosines *= torch.bmm(factors, factors.mT)
    k = batch.shape[1]
    cosines.diagonal(dim1=1, dim2=2).fill_(0)
    total = cosines.sum(dim=(1, 2), dtype=torch.float64)
    return total / (k * (k - 1)) if k > 1 else torch.full_like(total, torch.nan)


def class_counts(truth: Tensor, batch: Tensor, n_classes: int) -> Tensor:
    """Count the rows of each class in each batch: (R, C), from the classes (N,) of the pool."""
    return one_hot(truth[batch], n_classes).sum(dim=1)


def class_entropy(counts: Tensor) -> Tensor:
    """Entropy of the classes of a batch, divided by the largest that it could have.

    Parameters
    ----------
    counts : torch.Tensor
        Shape (R, C), as of `class_counts`.

    Returns
    -------
    torch.Tensor
        Shape (R,): 0 when all rows have one class, 1 when they are spread evenly over as many
        classes as there can be; NaN where there can be one alone.
    """
    share = counts.double() / counts.sum(dim=1, keepdim=True)
    most = min(counts.shape[1], int(counts[0].sum()))
    entropy = torch.special.entr(share).sum(dim=1)
    return entropy / math.log(most) if most > 1 else torch.full_like(entropy, torch.nan)
