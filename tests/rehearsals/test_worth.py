"""What choosing was worth: planted savings are found, ties and bounds are called so."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from alutils.rehearsals.worth import band, saved_by_seed, worth


def run(seed: int, labels: list[int], values: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"seed": seed, "n_labelled": labels, "sorted": values})


def rivals(seeds: int = 5) -> pd.DataFrame:
    """Labels of which every one sorts a thousandth more, with some noise."""
    draws = np.random.default_rng(0)
    sizes = list(range(100, 1001, 100))
    return pd.concat(
        run(s, sizes, [n / 1000 + d for n, d in zip(sizes, draws.normal(0, 1e-3, 10), strict=True)])
        for s in range(seeds)
    )


def test_planted_savings_are_counted() -> None:
    # With 300 chosen labels as far as with 450 random ones.
    chosen = pd.concat(run(s, [100, 200, 300], [0.1, 0.3, 0.45]) for s in range(5))
    found = worth(chosen, rivals(), "sorted")
    assert found.verdict == "better" and found.bounded == 0
    assert found.by_seed["needed"].tolist() == pytest.approx([450] * 5, abs=5)
    assert found.saved["mean"] == pytest.approx(150, abs=3)
    assert found.saved["low"] < found.saved["mean"] < found.saved["high"]
    assert found.ahead["mean"] == pytest.approx(0.15, abs=3e-3)


def test_what_is_behind_costs_labels() -> None:
    chosen = pd.concat(run(s, [200, 400], [0.1, 0.25]) for s in range(5))
    found = worth(chosen, rivals(), "sorted")
    assert found.verdict == "worse" and found.saved["mean"] == pytest.approx(-150, abs=3)


def test_luck_is_a_tie_and_so_is_one_seed() -> None:
    draws = np.random.default_rng(1).normal(0, 0.02, 5)
    chosen = pd.concat(run(s, [200, 400], [0.2, 0.4 + d]) for s, d in enumerate(draws))
    assert worth(chosen, rivals(), "sorted").verdict == "undecided"
    one = worth(run(0, [200, 400], [0.2, 0.6]), rivals(1), "sorted")
    assert one.verdict == "undecided" and np.isnan(one.saved["low"]) and one.saved["mean"] > 150


def test_what_random_labels_never_reach_is_a_bound() -> None:
    ends = [0.5, 0.5, 5.0, 0.5, 5.0]
    chosen = pd.concat(run(s, [200, 400], [0.2, end]) for s, end in enumerate(ends))
    found = worth(chosen, rivals(), "sorted")
    assert found.bounded == 2
    assert found.by_seed["saved"].tolist() == pytest.approx([100, 100, 600, 100, 600], abs=5)
    open_ended = saved_by_seed(chosen, rivals(), "sorted")
    assert open_ended["needed"].isna().tolist() == [False, False, True, False, True]


def test_rows_in_any_order_tell_the_same() -> None:
    chosen = pd.concat(run(s, [100, 200, 300], [0.1, 0.3, 0.45]) for s in range(5))
    plain, mixed = (
        worth(a, b, "sorted").by_seed
        for a, b in (
            (chosen, rivals()),
            (chosen.sample(frac=1, random_state=0), rivals().sample(frac=1, random_state=1)),
        )
    )
    pd.testing.assert_frame_equal(plain, mixed)


def test_a_band_goes_from_the_lowest_seed_to_the_highest() -> None:
    table = pd.concat([run(0, [99], [0.2]), run(1, [97], [0.4])]).assign(batch=1)
    (row,) = band(table, "batch", "sorted").to_dict("records")
    assert row == {"mean": pytest.approx(0.3), "low": 0.2, "high": 0.4, "n_labelled": 98}
