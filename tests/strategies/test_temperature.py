import numpy as np
import pytest
import torch

from alutils import heads
from alutils.metrics import calibration_error
from alutils.strategies.temperature import (
    FOLDS,
    GRID,
    best_temperature,
    tempered,
)
from alutils.streams import stream
from tests.strategies.problems import blobs


def test_tempered_divides_logits():
    logits = torch.randn(20, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    for temperature in (0.1, 1.0, 3.0):
        found = tempered(torch.softmax(logits, dim=1), temperature)
        assert torch.allclose(found, torch.softmax(logits / temperature, dim=1), atol=1e-12)


def test_a_class_that_cannot_be_predicted_stays_so():
    found = tempered(torch.tensor([[0.0, 1.0], [1e-40, 1.0], [0.5, 0.5]]), 0.125)
    assert found.tolist() == [[0, 1], [0, 1], [0.5, 0.5]]


def fold_by_fold(pool, rows, labels, n_classes, order):
    """The slow twin: predict each fold by a head that has not seen it, try every temperature."""
    best = (np.inf, 0.0, 0.0)
    for temperature in (2.0 ** (np.arange(-12, 13) / 4)).tolist():
        p, y = [], []
        for fold in np.array_split(order, FOLDS):
            rest = np.setdiff1d(order, fold)
            head = heads.get("softmax").fit(pool, rows[None, rest], labels[None, rest], n_classes)
            logits = head.logits(pool[rows[fold]])[0] / temperature
            p.append(torch.softmax(logits, dim=1))
            y.append(labels[fold])
        error = float(calibration_error(torch.cat(p)[None], torch.cat(y)))
        best = min(best, (round(error, 9), abs(np.log(temperature)), temperature))
    return best[2]


@pytest.mark.parametrize(("n_labelled", "noise"), [(23, 0.0), (60, 0.3), (60, 0.8)])
def test_the_temperature_of_least_error(n_labelled, noise):
    points, classes = blobs(100, 6, 3)
    rng = np.random.default_rng(1)
    classes = np.where(rng.random(100) < noise, rng.integers(3, size=100), classes)
    (pool,) = heads.scale(torch.tensor(points))
    rows, labels = torch.arange(n_labelled), torch.tensor(classes[:n_labelled])
    order = stream("query 1", "toy", 0).permutation(n_labelled)
    expected = fold_by_fold(pool, rows, labels, 3, order)
    found = best_temperature(pool, rows, labels, 3, stream("query 1", "toy", 0))
    assert found == pytest.approx(expected)


def test_noise_asks_for_a_higher_temperature():
    points, classes = blobs(400, 40, 2)
    (pool,) = heads.scale(torch.tensor(points))
    rows = torch.arange(200)
    noise = torch.tensor(np.random.default_rng(1).integers(2, size=400))
    low = best_temperature(pool, rows, torch.tensor(classes)[rows], 2, stream("t", "toy", 0))
    high = best_temperature(pool, rows, noise[rows], 2, stream("t", "toy", 0))
    assert low <= 1 < high


@pytest.mark.parametrize("n_labelled", [0, 1, 4])
def test_too_few_labels_leave_it_at_one(n_labelled):
    pool = torch.tensor(blobs(10, 3, 2)[0])
    rows = torch.arange(n_labelled)
    assert best_temperature(pool, rows, rows % 2, 2, stream("t", "toy", 0)) == 1


def test_one_class_is_sure_and_right_at_any_temperature():
    pool = torch.tensor(blobs(10, 3, 2)[0])
    rows = torch.arange(7)
    assert best_temperature(pool, rows, rows * 0, 2, stream("t", "toy", 0)) == 1


def test_the_grid_holds_one_and_prefers_the_mild():
    assert GRID[0] == 1
    assert (np.diff(np.abs(np.log(GRID))) > -1e-12).all()
    assert (min(GRID), max(GRID), len(GRID)) == (0.125, 8, 25)
