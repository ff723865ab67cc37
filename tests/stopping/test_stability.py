import itertools

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from alutils.labelled_pool import LabelledPool
from alutils.stopping import stability as room
from alutils.stopping.held_out import order_given
from alutils.stopping.stability import changed_by_last, kappa, stability
from tests.stopping.test_held_out import problem


def with_batches(numbers=(-1, 3, 4, 7)):
    at = problem()
    batch = np.full(120, -1)
    batch[:60] = np.repeat(numbers, 15)
    return at, batch


@pytest.mark.parametrize("seed", range(5))
def test_kappa_is_that_of_scikit_learn(seed):
    draw = np.random.default_rng(seed)
    left = draw.integers(4, size=200)
    right = np.where(draw.random(200) < 0.7, left, draw.integers(5, size=200))
    assert kappa(left, right) == pytest.approx(cohen_kappa_score(left, right))


def test_kappa_of_one_class():
    ones = np.ones(9, dtype=int)
    assert np.isnan(kappa(ones, ones))
    assert kappa(ones, np.arange(9) % 2) == 0


def test_table_is_what_heads_up_to_each_batch_predict():
    at, batch = with_batches()
    found = stability(at, batch)
    assert found["batch"].tolist() == [3, 4, 7]
    assert found["n_labelled"].tolist() == [30, 45, 60]
    guesses = [
        at.fit(np.arange(upto)).probabilities(at.pool[60:])[0].argmax(1).numpy()
        for upto in (15, 30, 45, 60)
    ]
    pairs = list(itertools.pairwise(guesses))
    assert found["changed"].tolist() == [(a != b).mean() for a, b in pairs]
    assert found["kappa"].tolist() == pytest.approx([cohen_kappa_score(a, b) for a, b in pairs])
    assert found["changed"].iloc[0] > 0


def test_true_labels_of_other_rows_do_not_exist_for_it_and_accuracy_cannot_change_by_more():
    at, batch = with_batches()
    truth = problem(n_labelled=120).known[60:]
    right = [
        (at.fit(np.arange(upto)).probabilities(at.pool[60:])[0].argmax(1).numpy() == truth).mean()
        for upto in (15, 30, 45, 60)
    ]
    assert (np.abs(np.diff(right)) <= stability(at, batch)["changed"] + 1e-12).all()


def test_one_class_in_early_batches_and_classes_that_come_late():
    at, batch = with_batches()
    known = at.known.copy()
    known[:30] = 0
    known[30:45] = 1 + known[30:45] % 2
    found = stability(LabelledPool(at.pool, known, at.classes), batch)
    assert found["changed"].iloc[0] == 0
    assert np.isnan(found["kappa"].iloc[0])
    assert found["kappa"].iloc[1] == 0
    assert found["changed"].iloc[1] > 0


def test_nothing_to_compare():
    at, batch = with_batches()
    assert not len(stability(at, np.zeros(120, int)))
    everything = problem(n_labelled=120)
    assert not len(stability(everything, np.arange(120) // 40))
    nothing = problem(n_labelled=0)
    assert list(stability(nothing, batch)) == ["batch", "n_labelled", "changed", "kappa"]


def test_work_and_rows_are_bounded(monkeypatch):
    at, batch = with_batches()
    full = stability(at, batch)
    monkeypatch.setattr(room, "MOST_WORK", 3 * (45 + 60))
    assert stability(at, batch)["batch"].tolist() == [7]
    assert stability(at, batch)["changed"].iloc[0] == full["changed"].iloc[-1]
    monkeypatch.setattr(room, "MOST_ROWS", 10)
    few = stability(at, batch, seed=1)
    assert (few["changed"] * 10 % 1 == 0).all()
    assert few.equals(stability(at, batch, seed=1))


def test_changed_by_the_last_labels_is_that_of_a_batch():
    at, batch = with_batches()
    order = order_given(at, batch, 0)
    assert changed_by_last(at, order, 15) == stability(at, batch)["changed"].iloc[-1]
    # At most half of the labels count as the last.
    assert changed_by_last(at, order, 100) == changed_by_last(at, order, 30)
