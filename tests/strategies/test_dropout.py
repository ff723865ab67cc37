import numpy as np
import pytest
import torch
from scipy import stats

from alutils import strategies
from alutils.errors import UserError
from alutils.strategies import dropout
from alutils.strategies.dropout import dropped_probabilities
from alutils.streams import stream


class Recorder:
    """A head that keeps what it was asked about."""

    def __init__(self):
        self.points = []

    def probabilities(self, points):
        self.points.append(points.clone())
        return torch.softmax(points[None, :, :2], dim=2)


def dropped(pool, passes, rate, draws=None):
    """What the head sees, shape (N, T, D)."""
    head = Recorder()
    parts = list(dropped_probabilities(pool, head, passes, rate, draws or stream("q", "toy", 0)))
    assert [p.shape for _, p in parts] == [(len(pool[rows]), passes, 2) for rows, _ in parts]
    assert torch.cat([torch.arange(len(pool))[rows] for rows, _ in parts]).equal(
        torch.arange(len(pool))
    )
    return torch.cat(head.points).view(len(pool), passes, -1)


def points(n_rows, n_dimensions, dtype=torch.float64):
    return torch.tensor(np.random.default_rng(1).normal(size=(n_rows, n_dimensions)), dtype=dtype)


def masks(draws, n_rows, passes, n_dimensions, rate):
    """From the definition: one byte per entry, row by row, passes of a row one after the other."""
    n_bytes = n_rows * passes * n_dimensions
    words = [int(draws.integers(2**64, dtype=np.uint64)) for _ in range(-(-n_bytes // 8))]
    drawn = b"".join(word.to_bytes(8, "little") for word in words)[:n_bytes]
    kept = np.array([byte < 256 * (1 - rate) for byte in drawn])
    return kept.reshape(n_rows, passes, n_dimensions)


@pytest.mark.parametrize(("n_rows", "n_dimensions", "passes"), [(1, 3, 2), (37, 5, 3), (60, 7, 40)])
def test_masks_are_the_stream_s_bytes(n_rows, n_dimensions, passes):
    pool = points(n_rows, n_dimensions)
    kept = masks(stream("q", "toy", 0), n_rows, passes, n_dimensions, 0.75)
    expected = np.where(kept, pool.numpy()[:, None] * 4, 0)
    assert (dropped(pool, passes, 0.75).numpy() == expected).all()


@pytest.mark.parametrize("rate", [0.25, 0.5, 0.75])
def test_what_is_kept_is_scaled_up(rate):
    """The fault: entries kept as they are, so that every embedding shrinks towards the mean."""
    pool = points(50, 30)
    seen = dropped(pool, 400, rate)
    kept = seen != 0
    assert torch.allclose(seen[kept], (pool[:, None] / (1 - rate)).expand_as(seen)[kept])
    deviation = (seen.mean(dim=1) - pool) / pool.abs() * np.sqrt(400 * (1 - rate) / rate)
    assert abs(float(deviation.mean())) < 0.1
    assert abs(float(deviation.std()) - 1) < 0.1


def test_entries_are_dropped_independently():
    kept = (dropped(torch.ones(200, 4, dtype=torch.float64), 50, 0.5) != 0).numpy()
    patterns = np.bincount((kept * [1, 2, 4, 8]).sum(axis=2).ravel(), minlength=16)
    assert stats.chisquare(patterns).pvalue > 1e-3
    both = [(kept[1:] & kept[:-1]).mean(), (kept[:, 1:] & kept[:, :-1]).mean()]
    np.testing.assert_allclose(both, 0.25, atol=0.02)


def test_neither_division_into_parts_nor_dtype_changes_masks(monkeypatch):
    pool = points(45, 3)
    seen = dropped(pool, 5, 0.5)
    single = dropped(pool.float(), 5, 0.5)
    assert single.dtype == torch.float32
    assert ((single != 0) == (seen != 0)).all()
    for size in (1, 80, 10**6):
        monkeypatch.setattr(dropout, "POINTS", size)
        assert dropped(pool, 5, 0.5).equal(seen)


def test_a_rate_is_a_multiple_of_a_256th():
    assert strategies.get("bald(dropout=0.25)").dropout == 0.25
    assert strategies.get("drop_query(dropout=0.30078125)").dropout == 77 / 256
    with pytest.raises(UserError, match=r"dropout cannot be 0\.3: should be a multiple of 1/256, "):
        strategies.get("bald(dropout=0.3)")
    with pytest.raises(UserError, match=r"nearest is 0\.00390625"):
        strategies.get("bald(dropout=0.0001)")
    for wrong in ("0", "1", "1.5", "-0.5", "1e999", "'x'"):
        with pytest.raises(UserError, match="dropout cannot be"):
            strategies.get(f"drop_query(dropout={wrong})")
