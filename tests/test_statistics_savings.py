"""Labels saved: worked by hand, against a slow twin, and that nothing censored is dropped."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alutils.statistics import labels_saved, labels_to_match, saved_summary
from tests.test_statistics import run

CURVES = st.lists(
    st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=7
).map(lambda rows: np.array(rows).T / 8)  # fmt: skip


def pair(own: list[float], other: list[float], **fields: object) -> pd.DataFrame:
    return pd.concat([run("margin", 0, own, **fields), run("random", 0, other, **fields)])


def test_the_baseline_catches_up_between_two_cycles() -> None:
    # With 15 labels margin has 0.4; random goes from 0.3 at 20 to 0.5 at 25, and has 0.4 at 22.5.
    found = labels_saved(pair([0.2, 0.4, 0.5, 0.6], [0.2, 0.25, 0.3, 0.5]))
    row = found[found["n_labelled"] == 15].iloc[0]
    assert row["saved"] == pytest.approx(7.5) and not row["censored"]
    assert row["lowest"] == row["highest"] == row["saved"]


def test_a_lead_that_is_not_made_up_is_a_bound() -> None:
    found = labels_saved(pair([0.2, 0.6, 0.7], [0.2, 0.3, 0.4])).iloc[1]
    assert (found["saved"], found["censored"], found["lowest"]) == (5, True, 5)
    assert found["highest"] == np.inf
    behind = labels_saved(pair([0.2, 0.3, 0.4], [0.2, 0.6, 0.7])).iloc[1]
    assert (behind["saved"], behind["censored"], behind["highest"]) == (-5, True, -5)
    assert behind["lowest"] == -np.inf


def test_the_last_cycle_censors_every_lead_and_no_tie() -> None:
    found = labels_saved(pair([0.2, 0.5], [0.2, 0.4])).iloc[-1]
    assert found["saved"] == 0 and found["censored"] and found["highest"] == np.inf
    tie = labels_saved(pair([0.2, 0.4], [0.3, 0.4])).iloc[-1]
    assert tie["saved"] == 0 and not tie["censored"]
    rounding = labels_saved(pair([0.2, 0.4 + 1e-15], [0.3, 0.4])).iloc[-1]
    assert rounding["saved"] == 0 and not rounding["censored"]


def test_a_curve_that_falls_again_has_still_been_there() -> None:
    found = labels_saved(pair([0.2, 0.5, 0.3, 0.3], [0.2, 0.3, 0.4, 0.6]))
    # Margin has had 0.5 by 20 labels; random has it half way from 20 to 25.
    assert found["saved"].tolist()[1:3] == pytest.approx([7.5, 2.5])


def test_lower_losses_are_ahead() -> None:
    table = pair([0.2, 0.4, 0.5, 0.6], [0.2, 0.25, 0.3, 0.5])
    expected = labels_saved(table)["saved"]
    found = labels_saved(table.assign(log_loss=1 - table["accuracy"]), metric="log_loss")
    assert found["saved"].tolist() == pytest.approx(expected.tolist())


def test_seeds_and_cells_keep_to_themselves() -> None:
    one, two = pair([0.2, 0.4, 0.5], [0.2, 0.3, 0.5]), pair([0.1, 0.2, 0.3], [0.1, 0.3, 0.5])
    table = pd.concat([one, two.assign(seed=1), two.assign(pool_size=100)])
    found = labels_saved(table.sample(frac=1, random_state=0))
    for own, where in (
        (one, found["seed"].eq(0) & found["pool_size"].isna()),
        (two, found["seed"].eq(1)),
        (two, found["pool_size"].eq(100)),
    ):
        assert found.loc[where, "saved"].tolist() == labels_saved(own)["saved"].tolist()
    assert len(found) == 9


def test_a_run_without_a_partner_is_an_error_and_no_run_no_rows() -> None:
    with pytest.raises(ValueError, match="no 'random' partner"):
        labels_saved(run("margin", 0, [0.1, 0.2]))
    assert labels_saved(run("random", 0, [0.1, 0.2])).empty


@settings(max_examples=60, deadline=None)
@given(CURVES)
def test_savings_agree_with_a_walk_along_the_curve(curves: np.ndarray) -> None:
    own, other = curves
    labels = 10.0 + 5 * np.arange(len(own))
    found = labels_saved(pair(list(own), list(other)))
    steps = np.linspace(labels[0], labels[-1], 500 * (len(own) - 1) + 1)

    def walked(curve: np.ndarray, target: float) -> float:
        there = np.interp(steps, labels, curve) >= target - 1e-9
        return float(steps[there.argmax()]) if there.any() else np.nan

    for cycle, row in found.iterrows():
        best = own[: cycle + 1].max(), other[: cycle + 1].max()
        ahead, behind = (own, other) if best[0] > best[1] else (other, own)
        reached = walked(behind, max(best)) if best[0] != best[1] else labels[cycle]
        assert row["censored"] == np.isnan(reached)
        gap = (labels[-1] if np.isnan(reached) else reached) - labels[cycle]
        sign = 1 if ahead is own else -1
        assert row["saved"] == pytest.approx(sign * gap, abs=0.02)


@settings(max_examples=40, deadline=None)
@given(CURVES)
def test_swapping_strategy_and_baseline_flips_the_sign(curves: np.ndarray) -> None:
    table = pair(list(curves[0]), list(curves[1]))
    there, back = labels_saved(table), labels_saved(table, baseline="margin")
    assert (there["saved"] == -back["saved"]).all()
    assert (there["lowest"] == -back["highest"]).all()
    assert (there["censored"] == back["censored"]).all()


def test_the_median_keeps_what_is_censored() -> None:
    found = pd.DataFrame(
        {
            "strategy": "margin",
            "saved": [5.0, 10.0, 40.0, 40.0, -3.0],
            "lowest": [5.0, 10.0, 40.0, 40.0, -3.0],
            "highest": [5.0, 10.0, np.inf, np.inf, -3.0],
            "censored": [False, False, True, True, False],
        }
    )
    row = saved_summary(found, ["strategy"]).iloc[0]
    assert row[["median", "lowest", "highest", "censored", "n_runs"]].tolist() == [
        10,
        10,
        10,
        0.4,
        5,
    ]
    row = saved_summary(found.iloc[1:4], ["strategy"]).iloc[0]
    assert row[["median", "lowest", "highest"]].tolist() == [40, 40, np.inf]


@settings(max_examples=100)
@given(CURVES, st.integers(0, 6))
def test_labels_to_match_agree_with_walking_along_the_curve(both: np.ndarray, place: int) -> None:
    own, other = both
    sizes = 10 + 5 * np.arange(len(own))
    at = int(sizes[min(place, len(own) - 1)])
    found = labels_to_match(pair(list(own), list(other)), at=at)["needed"].item()
    goal = other[sizes <= at].max()
    fine = np.linspace(sizes[0], sizes[-1], 5 * 800 * (len(own) - 1) + 1)
    there = fine[np.interp(fine, sizes, own) >= goal - 1e-9]
    if len(there):
        assert found == pytest.approx(there[0], abs=5 / 400)
    else:
        assert found == np.inf


def test_labels_to_match_are_of_all_labels_and_of_losses_too() -> None:
    table = pair([0.2, 0.4, 0.6], [0.2, 0.3, 0.5])
    assert labels_to_match(table)["needed"].item() == pytest.approx(17.5)
    assert labels_to_match(table, at=15)["needed"].item() == pytest.approx(12.5)
    losses = table.assign(log_loss=1 - table["accuracy"])
    assert labels_to_match(losses, metric="log_loss")["needed"].item() == pytest.approx(17.5)
