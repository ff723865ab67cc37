"""Do strategies gain from better embeddings? Planted answers are found, and no others."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from alutils.findings import leads_over_random as leads
from alutils.findings import quality_interaction as qi

QUALITY = {"bad": 0.5, "fair": 0.6, "good": 0.7, "best": 0.8}
LABELS = [50, 100, 150, 200, 250, 300, 350, 400]


def study(
    slopes: dict[str, float],
    *,
    datasets: int = 6,
    seeds: int = 6,
    noise: float = 0.002,
    spread: float = 0.0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Records where the lead of a strategy is its slope times the quality above 0.5."""
    rng = np.random.default_rng(0)
    rows, measured = [], []
    for d, (embedder, quality) in itertools.product(range(datasets), QUALITY.items()):
        probe = quality + 0.02 * d
        measured.append(
            {
                "dataset": f"d{d}",
                "embedder": embedder,
                "probe_accuracy": probe,
                "neighbour_accuracy": probe - 0.01,
                "effective_rank": float(rng.uniform(50, 90)),
                "contaminated": False,
            }
        )
        tilt = spread * (-1) ** d
        for seed, (strategy, slope) in itertools.product(
            range(seeds), {"random": 0.0, **slopes}.items()
        ):
            lead = 0 if strategy == "random" else (slope + tilt) * (quality - 0.5)
            luck = rng.normal(0, noise)
            for cycle, n in enumerate(LABELS):
                value = probe - 0.2 + 0.0003 * n + lead + luck
                rows.append((f"d{d}", embedder, strategy, seed, cycle, n, value))
    columns = ["dataset", "embedder", "strategy", "seed", "cycle", "n_labelled", "accuracy"]
    records = pd.DataFrame(rows, columns=columns).assign(
        initial_pool="random", initial_size=50, query_size=50, cycles=len(LABELS),
        pool_size=5000, test_size=2000, head="softmax",
    )  # fmt: skip
    return records, pd.DataFrame(measured)


def test_a_planted_rise_is_found_and_has_its_size() -> None:
    found = qi.finding(*study({"margin": 0.1, "badge": 0.05}))
    assert found.verdict == "holds"
    # Quality rises by 0.3: leads by 0.03 and 0.015.
    assert found.numbers["rise_margin"].value == pytest.approx(0.03, abs=0.003)
    assert found.numbers["rise"].value == pytest.approx(0.0225, abs=0.003)
    assert found.numbers["rise_random"].value == pytest.approx(0.3, abs=0.003)
    assert found.numbers["correlation"].value == pytest.approx(1)
    assert "it holds for BADGE and Margin" in found.sentence


def test_better_accuracy_for_all_is_no_gain() -> None:
    found = qi.finding(*study({"margin": 0.0, "badge": 0.0}))
    assert found.verdict == "does not hold"
    assert found.numbers["rise_random"].low > 0.25


def test_a_fall_does_not_hold_and_strategies_are_told_apart() -> None:
    found = qi.finding(*study({"margin": 0.1, "typiclust": -0.2}))
    assert found.verdict == "does not hold"
    assert "it holds for Margin; it does not hold for TypiClust" in found.sentence


def test_datasets_that_disagree_and_lone_seeds_or_datasets_cannot_tell() -> None:
    apart = qi.finding(*study({"margin": 0.02, "badge": 0.02}, spread=0.1))
    assert apart.verdict == "cannot tell" and "more datasets" in apart.change
    one_seed = qi.finding(*study({"margin": 0.1, "badge": 0.1}, seeds=1))
    assert one_seed.verdict == "cannot tell" and "more than one seed" in one_seed.change
    one = qi.finding(*study({"margin": 0.1}, datasets=1))
    assert one.verdict == "cannot tell" and "more than one dataset" in one.change
    assert "There is no mixed model" in one.test


def test_order_of_rows_does_not_matter() -> None:
    records, measured = study({"margin": 0.1, "badge": 0.05}, datasets=3, seeds=3)
    mixed = records.sample(frac=1, random_state=1), measured.sample(frac=1, random_state=2)
    plain, shuffled = qi.finding(records, measured), qi.finding(*mixed)
    assert plain.sentence == shuffled.sentence and plain.test == shuffled.test


def test_rises_and_shares_are_those_made_by_hand() -> None:
    records, measured = study({"margin": 0.1, "badge": 0.05}, datasets=3, seeds=3)
    curves = records.pivot(
        index=["dataset", "embedder", "seed", "strategy"], columns="n_labelled", values="accuracy"
    )
    areas = pd.Series(
        (curves.to_numpy()[:, 1:] + curves.to_numpy()[:, :-1]).mean(axis=1) / 2, curves.index
    ).unstack()
    gain = areas["margin"] - areas["random"]
    by_hand = gain.xs("best", level="embedder") - gain.xs("bad", level="embedder")
    rise = leads.rises(leads.leads(records), "bad", "best")
    own = rise[rise["strategy"] == "margin"].set_index(["dataset", "seed"])["difference"]
    assert own.to_dict() == pytest.approx(by_hand.to_dict())

    probe = measured.set_index(["dataset", "embedder"])["probe_accuracy"]
    room = probe - areas["random"].groupby(["dataset", "embedder"]).mean()
    portion = leads.shares(leads.leads(records), measured)
    portion = portion[portion["strategy"] == "margin"]
    found = portion.set_index(["dataset", "embedder", "seed"])["difference"]
    wanted = gain / room.reindex(gain.index.droplevel("seed")).to_numpy()
    assert found.to_dict() == pytest.approx(wanted.to_dict())


def test_correlations_are_scipys() -> None:
    records, measured = study({"margin": 0.03, "badge": 0.0}, datasets=4, seeds=3, noise=0.01)
    lead = leads.leads(records)
    found = leads.correlations(lead, measured, "effective_rank").loc["margin"]
    means = lead[lead["strategy"] == "margin"].groupby(["dataset", "embedder"])["difference"].mean()
    table = means.reset_index().merge(measured)
    each = [
        stats.spearmanr(d["difference"], d["effective_rank"]).statistic
        for _, d in table.groupby("dataset")
    ]
    assert found["within"] == pytest.approx(np.mean(each))
    over_all = stats.spearmanr(table["difference"], table["effective_rank"]).statistic
    assert found["across"] == pytest.approx(over_all)


def test_without_room_there_is_no_share() -> None:
    records, measured = study({"margin": 0.1})
    full = measured["dataset"] == "d0"
    measured.loc[full, "probe_accuracy"] = 0.0
    kept = leads.rises(leads.shares(leads.leads(records), measured), "bad", "best")
    assert sorted(set(kept["dataset"])) == ["d1", "d2", "d3", "d4", "d5"]


def test_a_dataset_without_one_of_the_ends_is_left_out() -> None:
    records, _ = study({"margin": 0.1})
    lead = leads.leads(records)
    clean = lead[(lead["dataset"] != "d2") | (lead["embedder"] != "best")]
    assert "d2" not in set(leads.rises(clean, "bad", "best")["dataset"])


def test_labels_saved_are_read_early() -> None:
    records, _ = study({"margin": 0.1}, noise=0.0)
    found = leads.saved(records, ["bad", "best"]).set_index("embedder")
    assert set(found["n_labelled"]) == {150}
    # A lead of 0.03 on a line that rises by 0.0003 for each label.
    assert found.loc["best", "median"] == pytest.approx(100)
    assert found.loc["bad", "median"] == pytest.approx(0, abs=1e-6)
    assert found["censored"].max() == 0


def test_rises_apart_is_free_of_random() -> None:
    records, _ = study({"margin": 0.1, "badge": 0.05}, noise=0.0)
    rise = leads.rises(leads.leads(records), "bad", "best")
    assert leads.rises_apart(rise, "margin").loc["badge", "mean"] == pytest.approx(-0.015)


def test_the_picture_has_random_first_and_means_over_datasets() -> None:
    records, measured = study({"margin": 0.1}, noise=0.0, datasets=2)
    each, means = leads.by_quality(leads.leads(records), measured)
    assert list(dict.fromkeys(each["strategy"])) == ["random", "margin"]
    assert each.loc[each["strategy"] == "random", "lead"].isna().all()
    row = means.set_index(["strategy", "embedder"]).loc[("margin", "best")]
    assert row["lead"] == pytest.approx(0.03) and row["quality"] == pytest.approx(0.81)
    random = each[(each["strategy"] == "random") & (each["embedder"] == "best")]["aulc"]
    assert random.tolist() == pytest.approx([0.8 - 0.2 + 0.0003 * 225, 0.82 - 0.2 + 0.0003 * 225])
