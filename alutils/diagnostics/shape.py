"""The shape of the cloud of embeddings: how many directions it uses, and how evenly."""

from __future__ import annotations

import numpy as np
import torch

from alutils.diagnostics.measured import UNDEFINED, Measured, ratio_of
from alutils.diagnostics.pool import Pool


def effective_rank(pool: Pool) -> Measured:
    """Count the directions that the pool really uses.

    Parameters
    ----------
    pool : Pool
        Embeddings, shape (N, D).

    Returns
    -------
    Measured
        Exponential of the entropy of the normalised singular values of the centred pool (Roy and
        Vetterli 2007): 1 for points on a line, D for a ball. Exact.
    """
    share = pool.singular / pool.singular.sum()
    return Measured(float(torch.special.entr(share).sum().exp()))


def isotropy(pool: Pool) -> Measured:
    """Tell how evenly the variance is spread over the dimensions there are.

    Parameters
    ----------
    pool : Pool
        Embeddings, shape (N, D).

    Returns
    -------
    Measured
        IsoScore (Rudman, Gillman, Rayne and Eickhoff 2022): 0 if one direction has all the
        variance, 1 if all D have the same. Undefined for D = 1. Exact.

    Notes
    -----
    Written out, the authors' steps come to ``(P - 1) / (D - 1)`` with P the participation ratio
    of the eigenvalues of the covariance, ``sum(e) ** 2 / sum(e ** 2)``. It is of the centred
    pool. The mean cosine of random pairs, which is often called isotropy too, is near 0 for every
    centred pool, and would tell nothing about what a head sees.
    """
    n_dimensions = pool.points.shape[1]
    if n_dimensions == 1:
        return UNDEFINED
    variances = pool.singular.square()
    participation = variances.sum().square() / variances.square().sum()
    return Measured(float((participation - 1) / (n_dimensions - 1)))


def intrinsic_dimension(pool: Pool) -> Measured:
    """Tell in how many dimensions the rows near a row spread.

    Parameters
    ----------
    pool : Pool
        Embeddings, shape (N, D).

    Returns
    -------
    Measured
        Maximum-likelihood estimate from the distances to the ten nearest other rows (Levina and
        Bickel 2004), inverses averaged over rows (MacKay and Ghahramani 2005): d for points
        spread evenly over d dimensions, less when d is large, since then near rows are not near.
        Copies of a row, at distance 0, are left out. Undefined if there is nothing else.
    """
    distances = pool.survey.distances
    reach = distances[:, -1:]
    inside = distances[:, :-1]
    counted = inside > 0
    logs = np.log(np.divide(reach, inside, out=np.ones_like(inside), where=counted))
    return ratio_of(counted.sum(axis=1).astype(float), logs.sum(axis=1), len(pool))
