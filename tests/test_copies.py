import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from alutils.geometry import copies


@settings(max_examples=40, deadline=None)
@given(
    n_points=st.integers(1, 60),
    distinct=st.integers(1, 20),
    single=st.booleans(),
    seed=st.integers(0, 10**6),
)
def test_first_copies(n_points, distinct, single, seed):
    rng = np.random.default_rng(seed)
    kinds = rng.integers(distinct, size=n_points)
    points = rng.integers(-1, 2, size=(distinct, 4))[kinds] * rng.choice([-0.0, 1.5], size=4)
    points = torch.tensor(points, dtype=torch.float32 if single else torch.float64)
    expected = [
        next(j for j in range(n_points) if (points[i] == points[j]).all()) for i in range(n_points)
    ]
    assert copies.first_copies(points).tolist() == expected


def test_points_of_one_hash_that_differ_are_no_copies(monkeypatch):
    class Zeros:
        def integers(self, *args, size, dtype):
            return np.zeros(size, dtype=dtype)

    monkeypatch.setattr(copies, "stream", lambda *names: Zeros())
    points = torch.tensor([[1.0, 0], [0, 1], [1, 0]])  # hashes are sums of bits, all the same
    assert copies.first_copies(points).tolist() == [0, 1, 0]
