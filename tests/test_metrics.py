"""The batched metrics against scikit-learn, one replicate at a time."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk

from alutils import metrics
from alutils.metrics import CALIBRATION_BINS, PROBABILITY_FLOOR, evaluate


def predictions(
    seed: int, replicates: int, n: int, n_classes: int
) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.full(n_classes, 0.3), size=(replicates, n))
    return p, rng.integers(n_classes, size=n)


def slow_calibration_error(p: np.ndarray, y: np.ndarray) -> float:
    confidence, correct = p.max(axis=1), p.argmax(axis=1) == y
    error = 0.0
    for b in range(CALIBRATION_BINS):
        low, high = b / CALIBRATION_BINS, (b + 1) / CALIBRATION_BINS
        inside = (confidence >= low) & ((confidence < high) | (b == CALIBRATION_BINS - 1))
        if inside.any():
            error += inside.mean() * abs(confidence[inside].mean() - correct[inside].mean())
    return error


@given(st.integers(0, 10_000), st.integers(1, 3), st.integers(1, 60), st.integers(2, 7))
@settings(max_examples=60, deadline=None)
def test_agrees_with_scikit_learn(seed: int, replicates: int, n: int, n_classes: int) -> None:
    p, y = predictions(seed, replicates, n, n_classes)
    measured = evaluate(torch.tensor(p), torch.tensor(y))
    for r in range(replicates):
        predicted = p[r].argmax(axis=1)
        recalls = sk.recall_score(y, predicted, average=None, labels=np.unique(y), zero_division=0)
        floored = np.clip(p[r, np.arange(n), y], PROBABILITY_FLOOR, None)
        expected = {
            "accuracy": sk.accuracy_score(y, predicted),
            "balanced_accuracy": recalls.mean(),
            "macro_f1": sk.f1_score(y, predicted, average="macro", zero_division=0),
            "log_loss": -np.log(floored).mean(),
            "calibration_error": slow_calibration_error(p[r], y),
        }
        for name, value in expected.items():
            assert measured[name][r].item() == pytest.approx(value, abs=1e-9), name


def test_a_class_without_a_label_costs_the_floor_and_no_infinity() -> None:
    p = torch.tensor([[[1.0, 0.0], [1.0, 0.0]]])
    measured = evaluate(p, torch.tensor([0, 1]))
    assert measured["log_loss"].item() == pytest.approx(-np.log(PROBABILITY_FLOOR) / 2)


def test_constants_are_those_of_the_method_page() -> None:
    assert (metrics.PROBABILITY_FLOOR, metrics.CALIBRATION_BINS) == (1e-6, 15)
