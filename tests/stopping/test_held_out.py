import numpy as np
import pytest
import torch

from alutils import heads
from alutils.labelled_pool import LabelledPool
from alutils.stopping import held_out as room
from alutils.stopping.held_out import held_out, order_given
from tests.strategies.problems import blobs


def problem(n_labelled=60, n_rows=120, n_classes=3):
    embeddings, classes = blobs(n_rows, 6, n_classes)
    (pool,) = heads.scale(torch.tensor(embeddings))
    known = np.where(np.arange(n_rows) < n_labelled, classes, -1)
    return LabelledPool(pool, known, np.arange(n_classes))


def twin(at, audit, first):
    """Each fold on its own, by the definition."""
    position = {row: i for i, row in enumerate(order_given(at, None, 0).tolist())}
    ranked = sorted(audit.tolist(), key=position.__getitem__)
    found = {}
    for fold in range(10):
        out = ranked[fold::10]
        rows = np.array([row for row in first.tolist() if row not in out])
        head = at.fit(rows)
        for row in out:
            found[row] = int(head.probabilities(at.pool[[row]])[0].argmax()) == at.known[row]
    return [found[row] for row in audit.tolist()]


def test_is_what_a_head_for_each_fold_predicts():
    at, draw = problem(), np.random.default_rng(3)
    # Noise in the labels, so that many predictions are wrong.
    noisy = at.known.copy()
    noisy[:60:3] = draw.integers(3, size=20)
    at = LabelledPool(at.pool, noisy, at.classes)
    audit = draw.permutation(60)[:23]
    order = order_given(at, None, 0)
    found = held_out(at, audit, order, [9, 30, 60])
    assert found.shape == (3, 23)
    for row, size in enumerate([9, 30, 60]):
        assert found[row].tolist() == twin(at, audit, order[:size])
    assert 0 < found.mean() < 1


def test_no_row_is_predicted_by_a_head_that_saw_it():
    # Audit row 0 alone is of its class: only a head that was fitted to it could be right.
    at = problem()
    known = np.where(at.known >= 0, at.known % 2, -1)
    known[0] = 2
    pool = at.pool.clone()
    pool[0] *= 10
    at = LabelledPool(pool, known, at.classes)
    order = order_given(at, None, 0)
    assert at.fit().probabilities(at.pool[:1])[0].argmax() == 2
    found = held_out(at, np.arange(20), order, [30, 60])
    assert not found[:, 0].any()
    assert found.any()


def test_a_label_in_its_fold_changes_no_prediction():
    at = problem()
    audit, order = np.arange(25), order_given(at, None, 0)
    before = held_out(at, audit, order, [60])[0]
    first = audit[np.argsort(np.argsort(order)[audit])][::10]  # one fold
    changed = at.known.copy()
    changed[first] = (changed[first] + 1) % 3
    after = held_out(LabelledPool(at.pool, changed, at.classes), audit, order, [60])[0]
    was_right = before[np.isin(audit, first)]
    assert was_right.any()
    assert not after[np.isin(audit, first)][was_right].any()


def test_few_labels_and_many_classes(monkeypatch):
    at = problem(n_labelled=4)
    order = order_given(at, None, 0)
    assert held_out(at, at.labelled, order, [1, 4]).shape == (2, 4)
    alone = problem(n_labelled=1)
    assert not held_out(alone, np.array([0]), np.array([0]), [1]).any()
    # However little may be done, labels are left to train on.
    monkeypatch.setattr(room, "MOST_WORK", 1)
    at = problem()
    order = order_given(at, None, 0)
    assert held_out(at, np.arange(20), order, [60]).mean() > 0.8
    assert held_out(at, at.labelled, order, [60]).mean() > 0.8
    assert room.too_much(at, [60])


@pytest.mark.parametrize("seed", [0, 1])
def test_order_is_by_batch_and_random_within(seed):
    at = problem()
    batch = np.where(at.known >= 0, np.arange(120) // 20, -1)
    order = order_given(at, batch, seed)
    assert sorted(order.tolist()) == at.labelled.tolist()
    assert (np.diff(batch[order]) >= 0).all()
    assert (np.diff(order[:20]) < 0).any()
    assert order.tolist() != order_given(at, batch, 2).tolist()
