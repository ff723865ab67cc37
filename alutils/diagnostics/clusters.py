"""Clusters found without labels, as many as there are classes, and whether they are the classes."""

from __future__ import annotations

import itertools

import numpy as np
from sklearn.metrics import adjusted_mutual_info_score, adjusted_rand_score

from alutils.diagnostics.measured import UNDEFINED, Measured, jackknife, mean_of, mean_of_runs
from alutils.diagnostics.pool import Pool


def cluster_silhouette(pool: Pool) -> Measured:
    """Tell how well the clusters of k-means are set apart.

    Parameters
    ----------
    pool : Pool
        Embeddings, shape (N, D), and the number of classes.

    Returns
    -------
    Measured
        Mean silhouette (Rousseeuw 1987) of clusters by k-means, as many as there are classes,
        averaged over five draws: from -1 to 1, near 0 where clusters run into each other.
        The error is of the draws, and in a large pool of the sample of rows. Undefined for one
        cluster.
    """
    if pool.n_classes == 1:
        return UNDEFINED
    runs = np.stack(pool.survey.silhouettes[-len(pool.clusterings) :])
    rows = mean_of(runs.mean(axis=0), len(pool))
    drawn = mean_of_runs(runs.mean(axis=1))
    return Measured(rows.value, float(np.hypot(rows.error, drawn.error)))


def cluster_stability(pool: Pool) -> Measured:
    """Tell whether k-means finds the same clusters again from another draw.

    Parameters
    ----------
    pool : Pool
        Embeddings, shape (N, D), and the number of classes.

    Returns
    -------
    Measured
        Mean adjusted Rand index (Hubert and Arabie 1985) between two of five clusterings by
        k-means that differ in the draw of their seeds (von Luxburg 2010): 1 if they are the same,
        about 0 if they agree as chance does. The error is a jackknife over the five. In a large
        pool all five are of one sample of 5,000 rows, which the error does not count.
    """
    runs = [clusters.numpy() for clusters in pool.clusterings]
    agreement = np.full((len(runs), len(runs)), np.nan)
    for a, b in itertools.combinations(range(len(runs)), 2):
        agreement[a, b] = adjusted_rand_score(runs[a], runs[b])
    without = [
        np.nanmean(np.delete(np.delete(agreement, run, axis=0), run, axis=1))
        for run in range(len(runs))
    ]
    return Measured(float(np.nanmean(agreement)), jackknife(np.array(without)))


def cluster_agreement(pool: Pool) -> Measured:
    """Tell whether the clusters of k-means are the classes.

    Parameters
    ----------
    pool : Pool
        Embeddings, shape (N, D), with labels.

    Returns
    -------
    Measured
        Adjusted mutual information (Vinh, Epps and Bailey 2010) of the classes and as many
        clusters by k-means, averaged over five draws: 1 if they are the same, about 0 if the
        clusters know nothing of the classes. The error is of the draws.
    """
    truth = pool.truth.numpy()
    runs = [adjusted_mutual_info_score(truth, clusters.numpy()) for clusters in pool.clusterings]
    return mean_of_runs(np.array(runs))
