"""Small against large queries, on tables in which the answer was planted."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from alutils.findings import small_queries as page

N = 500
STRATEGIES = ["random", "margin", "badge", "typiclust"]

Gain = Callable[[str, int], float]
"""Gain over Random of a strategy with a size of query."""

Tables = tuple[pd.DataFrame, pd.DataFrame]


def tables(
    gain: Gain,
    n_datasets: int = 5,
    seeds: int = 6,
    noise: float = 0.002,
    sizes: tuple[int, int] = (5, 10),
) -> Tables:
    """Records with small and with large queries, in the form in which studies give them."""
    rng = np.random.default_rng(0)
    found = []
    for size, last in ((5, 30), (10, 70)):
        rows = []
        # The large ones go further: what the small ones lack must not count.
        for cycle in range((last - 10) // size + 1):
            for d in range(n_datasets):
                for embedder in ("poor", "good"):
                    for strategy in STRATEGIES:
                        for seed in range(seeds):
                            extra = gain(strategy, size) if cycle else 0.0
                            extra += rng.normal(0, noise) if cycle else 0.0
                            rows.append(
                                {
                                    "dataset": f"d{d}",
                                    "embedder": embedder,
                                    "initial_pool": "random",
                                    "strategy": strategy,
                                    "initial_size": 10,
                                    "query_size": size,
                                    "cycles": 9,
                                    "seed": seed,
                                    "cycle": cycle,
                                    "n_labelled": 10 + size * cycle,
                                    "accuracy": 0.6 + 0.1 * seed + 0.01 * cycle * size + extra,
                                }
                            )
        found.append(pd.DataFrame(rows))
    return found[0], found[1]


def redundant(strategy: str, size: int) -> float:
    """Margin gains with small queries only."""
    return {"margin": 0.04 if size == 5 else 0.0, "badge": 0.01, "typiclust": 0.005}.get(
        strategy, 0
    )


def alike(strategy: str, size: int) -> float:
    """All strategies gain, with whatever queries."""
    return {"margin": 0.03, "badge": 0.02, "typiclust": 0.01}.get(strategy, 0.0)


def test_planted_redundancy_is_found() -> None:
    small, large = tables(redundant)
    hidden, margin = page.finding(small, large, N), page.margin_finding(small, large)
    assert (hidden.verdict, margin.verdict) == ("holds", "holds")
    assert hidden.numbers["range_small"].value == pytest.approx(0.04, abs=0.002)
    assert hidden.numbers["range_large"].value == pytest.approx(0.01, abs=0.002)
    assert margin.numbers["redundancy"].value == pytest.approx(0.04, abs=0.002)
    assert margin.numbers["badge_change"].value == pytest.approx(0, abs=0.002)


def test_what_does_not_depend_on_the_query_does_not_hold() -> None:
    small, large = tables(alike)
    hidden, margin = page.finding(small, large, N), page.margin_finding(small, large)
    assert (hidden.verdict, margin.verdict) == ("does not hold", "does not hold")
    assert hidden.numbers["range_large"].value == pytest.approx(0.03, abs=0.002)
    outcome = page.summary(page.at_shared_labels(small, large)).query("what == 'change'")
    assert set(outcome["outcome"]) == {"equivalent"}


def test_noise_leaves_the_answer_open() -> None:
    small, large = tables(alike, noise=0.1)
    hidden, margin = page.finding(small, large, N), page.margin_finding(small, large)
    assert (hidden.verdict, margin.verdict) == ("cannot tell", "cannot tell")
    assert "more datasets" in hidden.change and "more" in margin.change


@pytest.mark.parametrize(("n_datasets", "seeds"), [(1, 6), (1, 1), (4, 1)])
def test_little_data_cannot_tell_of_others(n_datasets: int, seeds: int) -> None:
    small, large = tables(lambda s, size: 0.0, n_datasets, seeds, noise=0.03)
    hidden, margin = page.finding(small, large, N), page.margin_finding(small, large)
    if n_datasets == 1:
        assert (hidden.verdict, margin.verdict) == ("cannot tell", "cannot tell")
        assert "one says nothing of others" in hidden.change
    if seeds == 1:
        change = page.ranges(page.at_shared_labels(small, large), N).set_index("queries")
        assert np.isnan(change.loc["change", "low_fixed"])


def test_only_shared_numbers_of_labels_count() -> None:
    small, large = tables(alike)
    assert page.shared_labels(small, large) == [20, 30]
    spoilt = large.assign(accuracy=large["accuracy"].mask(~large["n_labelled"].isin([20, 30]), 0))
    pd.testing.assert_frame_equal(
        page.at_shared_labels(small, spoilt), page.at_shared_labels(small, large)
    )
    with pytest.raises(ValueError, match="share no number"):
        page.at_shared_labels(small, large[large["n_labelled"] > 30])


def test_a_run_without_a_partner_is_refused() -> None:
    small, large = tables(alike)
    shared = page.at_shared_labels(small, large)
    with pytest.raises(ValueError, match="1 runs have no partner"):
        page.changes(shared.iloc[1:])


def test_the_order_of_rows_does_not_matter() -> None:
    both = tables(redundant, noise=0.02)
    mixed = [records.sample(frac=1, random_state=i) for i, records in enumerate(both)]
    assert page.finding(*mixed, N).sentence == page.finding(*both, N).sentence
    assert page.margin_finding(*mixed).sentence == page.margin_finding(*both).sentence


def test_numbers_by_hand() -> None:
    small, large = tables(redundant, noise=0.02)
    keys = ["dataset", "embedder", "seed"]
    wide = {
        name: t[t["n_labelled"].isin([20, 30])].pivot_table("accuracy", keys, "strategy")
        for name, t in (("small", small), ("large", large))
    }
    change = wide["small"] - wide["large"]
    twice = change["margin"] - change["badge"]
    margin = page.margin_finding(small, large)
    assert margin.numbers["redundancy"].value == pytest.approx(twice.mean())
    datasets = twice.groupby("dataset").mean()
    # The bootstrap over datasets is near Student's interval of their means.
    half = stats.t.ppf(0.975, len(datasets) - 1) * stats.sem(datasets)
    assert margin.numbers["redundancy"].high == pytest.approx(twice.mean() + half, abs=0.3 * half)

    hidden = page.finding(small, large, N)
    shared = page.at_shared_labels(small, large)
    ranges = page.ranges(shared, N).set_index("queries")
    for name, table in wide.items():
        means = table.groupby(["dataset", "embedder"]).mean()
        seen = (means.max(axis=1) - means.min(axis=1)).groupby("dataset").mean().mean()
        assert ranges.loc[name, "observed"] == pytest.approx(seen)
        # Noise widens a range, and what is taken off is about what noise adds.
        assert ranges.loc[name, "mean"] < seen
    assert ranges.loc["change", "observed"] == pytest.approx(
        ranges.loc["small", "observed"] - ranges.loc["large", "observed"]
    )
    control = hidden.numbers["random_change"]
    assert control.value == pytest.approx(change["random"].mean())

    table = page.summary(shared).set_index(["strategy", "what"])
    for what, here in wide.items():
        gain = here.sub(here["random"], axis=0)
        for name in ("margin", "badge", "typiclust"):
            assert table.loc[(name, what), "mean"] == pytest.approx(gain[name].mean())
    duel = page.margin_minus_badge(shared).set_index(["dataset", "embedder", "what"])
    here = twice.loc["d0", "poor"]
    assert duel.loc[("d0", "poor", "change"), "mean"] == pytest.approx(here.mean())
    assert duel.loc[("d0", "poor", "change"), "high"] == pytest.approx(
        here.mean() + stats.t.ppf(0.975, len(here) - 1) * stats.sem(here)
    )


def test_ranges_of_noise_alone_are_near_none_without_bias() -> None:
    small, large = tables(lambda s, size: 0.0, n_datasets=6, seeds=10, noise=0.02)
    ranges = page.ranges(page.at_shared_labels(small, large), N).set_index("queries")
    assert ranges.loc["small", "mean"] < 0.7 * ranges.loc["small", "observed"]
    for low, high in (("low", "high"), ("low_fixed", "high_fixed")):
        middle = (ranges.loc["small", low] + ranges.loc["small", high]) / 2
        assert middle == pytest.approx(ranges.loc["small", "mean"], abs=0.002)
    assert abs(ranges.loc["change", "mean"]) < 0.01
