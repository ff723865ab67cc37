"""Datasets made harder on purpose, one thing at a time: wrong labels, rare classes, copies.

Only the pool is changed. The test side stays as it is, with its labels.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from alutils.catalogue.steps import Step
from alutils.datasets.dataset import Dataset
from alutils.errors import UserError
from alutils.streams import stream, stream_label


def thin(dataset: Dataset, step: Step) -> Dataset:
    """Make the classes of the pool unequal (a long tail, as of Cui et al. 2019 [1]_).

    Parameters
    ----------
    dataset : Dataset
        Before it is sampled.
    step : Step
        ``imbalance(r)``: the class of rank j by size keeps no more than ``n r^(-j / (C - 1))``
        texts, n those of the largest. Smaller classes keep what they have, all one or more. A
        larger r keeps a part of what a smaller one keeps.

    References
    ----------
    .. [1] Cui, Jia, Lin, Song and Belongie, Class-balanced loss based on effective number of
       samples, CVPR 2019.
    """
    counts = np.bincount(dataset.pool_labels, minlength=len(dataset.classes))
    by_size = np.argsort(-counts, kind="stable")
    kept = []
    for rank, each in enumerate(by_size):
        share = step.value ** (-rank / max(1, len(by_size) - 1))
        rows = np.flatnonzero(dataset.pool_labels == each)
        generator = stream(f"imbalance {each}", stream_label(dataset.name), 0)
        kept.append(generator.permutation(rows)[: max(1, int(counts.max() * share))])
    return _pool(dataset, np.sort(np.concatenate(kept)))


def copied(dataset: Dataset, step: Step) -> Dataset:
    """Replace texts of the pool by copies of others.

    Parameters
    ----------
    dataset : Dataset
        The sample that is worked on.
    step : Step
        ``copies(s)``: a share s of the rows, at random, takes text and label of one of the other
        rows, at random. The pool keeps its size.
    """
    n = len(dataset.pool_labels)
    generator = stream("copies", stream_label(dataset.name), 0)
    order = generator.permutation(n)
    replaced, others = np.split(order, [round(step.value * n)])
    if not len(others):
        raise UserError(f"{step} leaves no text of the {n:,} in the pool to copy: lower it")
    rows = np.arange(n)
    rows[replaced] = generator.choice(others, size=len(replaced))
    return _pool(dataset, rows)


def mislabelled(dataset: Dataset, step: Step) -> Dataset:
    """Give texts of the pool wrong labels.

    Parameters
    ----------
    dataset : Dataset
        The sample that is worked on.
    step : Step
        ``label_noise(s)``: each label is wrong with probability s, and then any other class with
        the same probability. ``label_confusion(s)``: the wrong class is the one that is most like
        the true one, by the cosine of the mean TF-IDF weights of their texts in the pool. A larger
        s leaves wrong what a smaller one made wrong.
    """
    n, n_classes = len(dataset.pool_labels), len(dataset.classes)
    generator = stream("label noise", stream_label(dataset.name), 0)
    chance, shift = generator.random(n), generator.integers(1, max(2, n_classes), size=n)
    if step.name == "label_noise":
        other = (dataset.pool_labels + shift) % n_classes
    else:
        other = _nearest_class(dataset)[dataset.pool_labels]
    labels = np.where(chance < step.value, other, dataset.pool_labels)
    return replace(dataset, pool_labels=labels)


def _nearest_class(dataset: Dataset) -> np.ndarray:
    """Return for each class (C,) the one whose texts use the most similar words."""
    weights = TfidfVectorizer(sublinear_tf=True).fit_transform(dataset.pool_texts)
    member = np.eye(len(dataset.classes))[dataset.pool_labels]
    means = np.asarray((weights.T @ member).T)
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-12)
    alike = means @ means.T
    np.fill_diagonal(alike, -np.inf)
    nearest: np.ndarray = alike.argmax(axis=1)
    return nearest


def _pool(dataset: Dataset, rows: np.ndarray) -> Dataset:
    return replace(
        dataset,
        pool_texts=tuple(dataset.pool_texts[row] for row in rows),
        pool_labels=dataset.pool_labels[rows],
    )
