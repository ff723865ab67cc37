"""What the nearest neighbours are like, without any label."""

from __future__ import annotations

import numpy as np

from alutils.diagnostics.measured import Measured, jackknife, ratio_of
from alutils.diagnostics.pool import Pool

PARTS = 20
"""Parts of the rows asked; without each in turn the error of hubness is found."""


def neighbour_contrast(pool: Pool) -> Measured:
    """Tell how much nearer the nearest rows are than any row.

    Parameters
    ----------
    pool : Pool
        Embeddings, shape (N, D).

    Returns
    -------
    Measured
        Relative contrast (He, Kumar and Chang 2012) with the tenth neighbour: mean distance
        between two rows, divided by the mean distance of a row to its tenth nearest other row.
        From 1, where no row is nearer than any other, without limit; undefined if every row has
        ten copies.
    """
    return ratio_of(pool.survey.mean_distance, pool.survey.distances[:, -1], len(pool))


def hubness(pool: Pool) -> Measured:
    """Tell whether a few rows are the neighbours of very many.

    Parameters
    ----------
    pool : Pool
        Embeddings, shape (N, D).

    Returns
    -------
    Measured
        Skewness, over the rows, of the number of rows that have it among their ten nearest
        (Radovanović, Nanopoulos and Ivanović 2010): 0 if there are as many above as below ten,
        large if there are hubs.

    Notes
    -----
    Of a large pool only n of N rows are asked. A row that is a neighbour of c rows is then found
    by fewer, m. Since ``m (m - 1) ... (m - r + 1)`` has the mean
    ``c (c - 1) ... (c - r + 1)`` times that same product for n over that for N, the moments of c
    follow without bias, and the skewness from these. The error is that of a jackknife over 20
    parts of the rows asked.
    """
    near, n_rows = pool.survey.neighbours, len(pool)
    counts = np.bincount(near.ravel(), minlength=n_rows)
    value = _skewness(counts, len(near), near.shape[1])
    if len(near) == n_rows:
        return Measured(value)
    without = []
    for part in np.array_split(near, PARTS):
        fewer = counts - np.bincount(part.ravel(), minlength=n_rows)
        without.append(_skewness(fewer, len(near) - len(part), near.shape[1]))
    error = jackknife(np.array(without)) * np.sqrt(1 - len(near) / n_rows)
    return Measured(value, float(error))


def _skewness(counts: np.ndarray, n_asked: int, n_neighbours: int) -> float:
    """Skewness of k-occurrences of N rows, from those (N,) that the rows asked account for."""
    n_rows = len(counts)
    found = counts.astype(float)
    second = (found * (found - 1)).mean()
    third = (found * (found - 1) * (found - 2)).mean()
    if n_asked < n_rows:
        second *= n_rows * (n_rows - 1) / (n_asked * (n_asked - 1))
        third *= n_rows * (n_rows - 1) * (n_rows - 2) / (n_asked * (n_asked - 1) * (n_asked - 2))
    mean = n_neighbours
    square, cube = second + mean, third + 3 * second + mean
    variance = square - mean**2
    if variance <= 1e-12 * square:
        return 0.0  # all rows alike, as far as can be told
    return float((cube - 3 * mean * square + 2 * mean**3) / variance**1.5)
