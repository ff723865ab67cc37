"""Measures of quality on data where the answer is known, and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from alutils import diagnostics
from alutils.diagnostics import Pool, labelled, pool, survey
from alutils.diagnostics.labelled import FOLDS
from alutils.streams import stream


def probe_accuracy(points: np.ndarray, labels: np.ndarray, dataset: str) -> float:
    return diagnostics.probe_accuracy(Pool(points, labels, name=dataset)).value


def neighbour_accuracy(points: np.ndarray, labels: np.ndarray) -> float:
    return diagnostics.neighbour_accuracy(Pool(points, labels)).value


def effective_rank(points: np.ndarray) -> float:
    return diagnostics.effective_rank(Pool(points)).value


@pytest.fixture(scope="module")
def digits() -> tuple[np.ndarray, np.ndarray]:
    images, labels = load_digits(return_X_y=True)
    return images[:600].astype(np.float32), labels[:600].astype(np.int64)


def test_probe_agrees_with_scikit_learn(digits: tuple[np.ndarray, np.ndarray]) -> None:
    points, labels = digits
    scaled = points - points.mean(axis=0)
    scaled /= np.sqrt((scaled**2).mean())
    fold = stream("probe folds", "digits", 0).permutation(len(points)) % FOLDS
    hits = 0
    for f in range(FOLDS):
        head = LogisticRegression(C=0.1, tol=1e-8, max_iter=10_000)
        head.fit(scaled[fold != f], labels[fold != f])
        hits += (head.predict(scaled[fold == f]) == labels[fold == f]).sum()
    assert probe_accuracy(points, labels, "digits") == pytest.approx(hits / len(points), abs=0.002)


def test_neighbours_agree_with_scikit_learn(digits: tuple[np.ndarray, np.ndarray]) -> None:
    points, labels = digits
    unit = points / np.linalg.norm(points, axis=1, keepdims=True)
    near = KNeighborsClassifier(n_neighbors=10).fit(unit, labels).kneighbors(return_distance=False)
    hits = 0
    for row, neighbours in enumerate(near):
        hits += np.bincount(labels[neighbours]).argmax() == labels[row]
    assert neighbour_accuracy(points, labels) == pytest.approx(hits / len(points), abs=0.002)


def test_noise_is_worth_chance_and_labels_are_worth_everything() -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(4, size=2000)
    noise = rng.normal(size=(2000, 16)).astype(np.float32)
    told = (np.eye(4)[labels] + rng.normal(0, 0.01, (2000, 4))).astype(np.float32)
    assert probe_accuracy(noise, labels, "x") == pytest.approx(0.25, abs=0.04)
    assert neighbour_accuracy(noise, labels) == pytest.approx(0.25, abs=0.04)
    assert probe_accuracy(told, labels, "x") == neighbour_accuracy(told, labels) == 1.0


def test_effective_rank_counts_directions() -> None:
    rng = np.random.default_rng(1)
    ball = rng.normal(size=(20_000, 8))
    line = np.outer(rng.normal(size=500), rng.normal(size=8))
    assert effective_rank(ball) == pytest.approx(8, abs=0.05)
    assert effective_rank(line) == pytest.approx(1, abs=1e-6)
    assert effective_rank(ball * 1000 + 5) == pytest.approx(effective_rank(ball), abs=1e-6)


def test_neighbours_beyond_one_block_leave_the_text_itself_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Every text has one twin, of the other class: only a text that votes for itself is right.
    rng = np.random.default_rng(0)
    ours = rng.normal(size=(2200, 4)).astype(np.float32)
    points = np.concatenate([ours, ours])
    labels = np.repeat([0, 1], 2200)
    monkeypatch.setattr(labelled, "NEIGHBOURS", 1)
    assert neighbour_accuracy(points, labels) < 0.01


def test_a_pool_of_few_texts_has_few_neighbours() -> None:
    assert neighbour_accuracy(np.eye(3, dtype=np.float32), np.array([0, 0, 0])) == 1


def test_constants_are_those_of_the_docstrings() -> None:
    assert (labelled.FOLDS, labelled.LOW, survey.NEIGHBOURS) == (5, 0.1, 10)
    assert (pool.WHOLE, pool.ASKED, pool.RUNS) == (5000, 1000, 5)


def test_effective_rank_is_of_the_centred_pool() -> None:
    ball = np.random.default_rng(1).normal(size=(5000, 4))
    assert effective_rank(ball + 1000) == pytest.approx(effective_rank(ball), abs=1e-6)
