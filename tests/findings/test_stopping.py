"""The page on stopping, on made-up trials whose answers are known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from alutils.errors import UserError
from alutils.findings import stopping as found
from alutils.findings.judging import both_intervals

SEEDS, CYCLES = 8, 4
BIAS = {"one": 0.0, "two": -0.1}  # of the naive estimate
SEEN = 0.05  # what an estimate moves by when the strategy sees the audit
COST = 0.02


def trials(cover: float = 1.0, seed: int = 0) -> pd.DataFrame:
    """Make trials in which the share `cover` of the seeds have intervals that hold the truth."""
    draw = np.random.default_rng(seed)
    rows = []
    for dataset, bias in BIAS.items():
        for each in range(SEEDS):
            luck, missed = draw.normal(0, 0.03), each >= round(cover * SEEDS)
            for cycle in range(CYCLES):
                truth, gain = 0.6 + 0.05 * cycle, 0.05 + draw.normal(0, 0.005)
                for variant in ("apart", "steers", "unaudited"):
                    row = {
                        "dataset": dataset,
                        "embedder": "minilm",
                        "strategy": "badge",
                        "seed": each,
                        "cycle": cycle,
                        "variant": variant,
                        "n_labelled": 100 * (cycle + 1),
                        "test_accuracy": truth + COST * (variant == "unaudited"),
                        "gain": gain,
                    }
                    if variant != "unaudited":
                        estimate = truth + luck + SEEN * (variant == "steers")
                        row |= {
                            "pile_accuracy": truth,
                            "rest_accuracy": truth,
                            "audit": estimate,
                            "audit_low": truth + 0.01 if missed else truth - 0.2,
                            "audit_high": truth + 0.2,
                            "naive": truth + bias,
                            "rest": truth,
                            "rest_low": truth - 0.1,
                            "rest_high": truth + 0.1,
                            "changed": 0.3 / cycle if cycle else np.nan,
                            "forecast": gain + 0.01 if cycle > 1 else np.nan,
                            "forecast_low": gain - 0.01 if cycle > 1 else np.nan,
                            "forecast_high": gain + 0.02 if cycle > 1 else np.nan,
                        }
                    rows.append(row)
    return pd.DataFrame(rows)


@pytest.mark.parametrize("cover", [0.0, 0.75, 1.0])
def test_coverage_is_the_planted_one_and_its_unit_a_seed(cover: float) -> None:
    row = found.coverage(found.compared(trials(cover), "audit")).iloc[0]
    assert row["mean"] == cover
    assert row["n_seeds"] == 2 * SEEDS
    # Wilson's interval by its formula, one answer for each seed.
    n, z = 2 * SEEDS, stats.norm.ppf(0.975)
    middle = (cover + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(cover * (1 - cover) / n + z**2 / (4 * n**2))
    assert (row["low"], row["high"]) == pytest.approx((middle - half, middle + half))


def test_more_batches_of_a_seed_are_no_more_answers() -> None:
    table = trials(0.5)
    twice = pd.concat([table, table.assign(cycle=table["cycle"] + CYCLES)])
    once, again = (found.coverage(found.compared(t, "audit")) for t in (table, twice))
    pd.testing.assert_frame_equal(once, again)
    single = found.coverage(found.compared(table, "audit"), ["dataset"])
    assert single["dataset"].tolist() == list(BIAS)
    assert single["n_seeds"].tolist() == [SEEDS, SEEDS]


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.5, 0.9, "less often than"),
        (0.9, 1.0, "9 seeds cannot tell from"),
        (0.96, 1.0, "more often than"),
    ],
)
def test_words_compare_with_what_is_promised(low: float, high: float, said: str) -> None:
    row = pd.Series({"mean": (low + high) / 2, "low": low, "high": high, "n_seeds": 9})
    assert said in found.coverage_words(row)
    assert "the 95 % that it promises" in found.coverage_words(row)


def test_errors_are_estimate_minus_truth() -> None:
    table = trials()
    naive = found.compared(table, "naive")
    means = naive.groupby("dataset")["difference"].mean()
    assert means.to_dict() == pytest.approx(BIAS)
    assert naive["size"].max() == pytest.approx(0.1)
    # 400 labels at 0.65, as though drawn at random: the truth of 0.75 is outside.
    last = naive[(naive["dataset"] == "two") & (naive["n_labelled"] == 400)]
    assert not last["covered"].any()
    assert (naive["covered"][naive["dataset"] == "one"] == 1).all()
    assert found.compared(table, "forecast")["difference"].to_numpy() == pytest.approx(0.01)
    assert len(found.compared(table, "forecast")) == 2 * SEEDS * (CYCLES - 2)


def test_the_luck_of_the_draw_cancels_out_in_what_seeing_does() -> None:
    table = trials()
    effect = both_intervals(found.seeing(table)).iloc[0]
    assert effect["mean"] == pytest.approx(SEEN)
    assert effect["high_fixed"] - effect["low_fixed"] == pytest.approx(0, abs=1e-9)
    alone = both_intervals(found.compared(table, "audit", "steers")).iloc[0]
    assert alone["high_fixed"] - alone["low_fixed"] > 0.01


def test_changes_stand_beside_what_accuracy_did() -> None:
    table = trials()
    changed = found.changes(table)
    assert len(changed) == 2 * SEEDS * (CYCLES - 1)
    assert changed["moved"].to_numpy() == pytest.approx(0.05)
    assert changed.loc[changed["cycle"] == 1, "step"].unique() == ["more than 20 %"]
    assert changed.loc[changed["cycle"] == 3, "step"].unique() == ["5 to 10 %"]
    gains = found.next_gains(changed).set_index("step")
    assert list(gains.index) == ["5 to 10 %", "10 to 20 %", "more than 20 %"]
    assert gains["n"].tolist() == [2 * SEEDS] * 3
    some = changed[changed["cycle"] == 1]["gain"]
    row = gains.loc["more than 20 %"]
    low, high = stats.t.interval(0.95, len(some) - 1, some.mean(), stats.sem(some))
    assert (row["mean"], row["low"], row["high"]) == pytest.approx((some.mean(), low, high))
    assert (row["least"], row["most"]) == (some.min(), some.max())


def test_every_share_of_changes_has_a_range() -> None:
    table = trials()
    table["changed"] = np.where(table["changed"].notna(), 0.0, np.nan)
    assert set(found.changes(table)["step"]) == {"up to 2 %"}
    table["changed"] += 1
    assert set(found.changes(table)["step"]) == {"more than 20 %"}


def test_what_the_audit_costs_and_what_the_forecast_is_worth() -> None:
    table = trials()
    assert found.audit_cost(table)["difference"].to_numpy() == pytest.approx(COST)
    worth = found.worth_of_forecast(table)
    assert worth["error"].to_numpy() == pytest.approx(0.01)
    assert worth["difference"].to_numpy() == pytest.approx(worth["error_of_none"] - 0.01)
    assert both_intervals(worth).iloc[0]["low_fixed"] > 0.03


def test_the_order_of_rows_does_not_matter() -> None:
    table = trials(0.75)
    mixed = table.sample(frac=1, random_state=0)
    for variant in (found.compared, lambda t, _: found.changes(t)):
        one, two = (variant(t, "audit").sort_values(found.ONE) for t in (table, mixed))
        pd.testing.assert_frame_equal(
            one.reset_index(drop=True), two.reset_index(drop=True), check_exact=False
        )


def test_parameters_become_trials() -> None:
    given = {
        "datasets": ["movie_sentiment"],
        "embedders": ["hashing"],
        "strategies": ["margin"],
        "initial_pools": ["random"],
        "batches": 3,
        "k": 20,
        "seeds": 2,
        "report_dataset": "movie_sentiment",
    }
    (cell,) = found.grid_of(given).cells()
    assert (cell.initial_size, cell.query_size, cell.cycles) == (20, 20, 4)
    assert found.grids(given) == []
    assert found.evidence_grids(given)["trials"] == [found.grid_of(given)]
    for name, value in (("batches", 0), ("k", 1)):
        with pytest.raises(UserError, match=f"{name} must be at least"):
            found.grid_of({**given, name: value})
