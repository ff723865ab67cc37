"""Does quality foretell active learning? Planted correlations are found, and no others."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from alutils.findings import correlations
from alutils.findings import quality_correlation as qc
from alutils.findings.all_strategies import ALL

EMBEDDERS = ["hashing", "lsa", "wordllama", "minilm_layer0", "minilm_layer3", "minilm"]


def study(
    strength: float | dict[int, float],
    *,
    datasets: int = 6,
    embedders: int = 6,
    seeds: int = 5,
    sizes: tuple[int, ...] = (20, 100),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Records whose accuracy is a mixture of the quality and of something else."""
    rng = np.random.default_rng(3)
    rows, measured = [], []
    for d, embedder in itertools.product(range(datasets), EMBEDDERS[:embedders]):
        quality, other = rng.uniform(0.4, 0.9, 2)
        measured.append(
            {"dataset": f"d{d}", "embedder": embedder, "probe_accuracy": quality, "n_pool": 5000}
        )
        for k, seed, strategy in itertools.product(
            sizes, range(seeds), ["random", "margin", "badge"]
        ):
            share = strength[k] if isinstance(strength, dict) else strength
            start = share * quality + (1 - share) * other
            lead = {"random": 0.0, "margin": -0.1 * quality, "badge": -0.05 * quality}[strategy]
            luck = rng.normal(0, 0.002, 3)
            for cycle in range(3):
                value = start + 0.02 * cycle + luck[cycle] + (lead if cycle else 0)
                n = k + 50 * cycle
                rows.append((f"d{d}", embedder, strategy, k, seed, cycle, n, value))
    columns = ["dataset", "embedder", "strategy", "initial_size", "seed", "cycle", "n_labelled"]
    records = pd.DataFrame(rows, columns=[*columns, "accuracy"]).assign(
        initial_pool="random", query_size=50, cycles=3, pool_size=5000, test_size=2000,
        head="softmax",
    )  # fmt: skip
    table = pd.DataFrame(measured)
    return records, table.assign(
        neighbour_accuracy=table["probe_accuracy"] - 0.1, effective_rank=100.0
    )


def test_a_strong_correlation_at_every_size_holds() -> None:
    found = qc.finding(*study(1.0))
    assert found.verdict == "holds"
    assert found.numbers["aulc_20"].value > 0.95
    assert found.numbers["gain_20"].value < -0.8  # planted: leads fall with quality
    assert "changes by less than 0.1" in found.sentence


def test_no_correlation_does_not_hold() -> None:
    found = qc.finding(*study(0.0))
    assert found.verdict == "does not hold"
    assert abs(found.numbers["aulc_100"].value) < 0.5


def test_one_size_where_it_fails_is_enough_and_the_change_is_seen() -> None:
    records, measured = study({20: 0.0, 100: 1.0}, datasets=8)
    found = qc.finding(records, measured)
    assert found.verdict == "does not hold"
    assert "larger at the largest k0" in found.sentence
    table = correlations.performance(records)
    changes = correlations.change(table, correlations.qualities(measured), "probe_accuracy", "aulc")
    assert set(changes["outcome"]) == {"win"} and set(changes["initial_size"]) == {100}


@pytest.mark.parametrize(
    ("few", "word"),
    [({"embedders": 4}, "1 more embedder"), ({"seeds": 1}, "seed"), ({"datasets": 1}, "dataset")],
)
def test_too_few_of_anything_cannot_tell(few: dict[str, int], word: str) -> None:
    found = qc.finding(*study(1.0, **few))  # type: ignore[arg-type]
    assert found.verdict == "cannot tell" and word in found.change


def test_two_embedders_and_one_size_are_no_error() -> None:
    found = qc.finding(*study(1.0, embedders=2, datasets=1, seeds=1, sizes=(20,)))
    assert found.verdict == "cannot tell" and "With one initial size" in found.sentence


def test_order_of_rows_does_not_matter() -> None:
    records, measured = study(0.7, datasets=3)
    mixed = records.sample(frac=1, random_state=1), measured.sample(frac=1, random_state=2)
    assert qc.finding(records, measured).sentence == qc.finding(*mixed).sentence


def test_numbers_are_those_made_by_hand() -> None:
    records, measured = study(0.6, datasets=3)
    mine = records[(records["initial_size"] == 20) & (records["strategy"] != "random")]
    curves = mine.pivot_table("accuracy", ["dataset", "embedder"], "cycle")
    area = (curves[0] + 2 * curves[1] + curves[2]) / 4
    table = area.rename("area").reset_index().merge(measured)
    first = curves[0].rename("start").reset_index().merge(measured)
    expected = {"area": table, "start": first}
    found = qc.finding(records, measured).numbers
    for column, name in (("area", "aulc_20"), ("start", "first_20")):
        each = [
            stats.spearmanr(d[column], d["probe_accuracy"]).statistic
            for _, d in expected[column].groupby("dataset")
        ]
        assert found[name].value == pytest.approx(np.mean(each))


def test_measures_from_elsewhere() -> None:
    _, measured = study(1.0, datasets=3)
    found = correlations.qualities(measured)
    row = found[(found["dataset"] == "d0") & (found["embedder"] == "lsa")].iloc[0]
    others = measured[(measured["dataset"] != "d0") & (measured["embedder"] == "lsa")]
    assert row["elsewhere"] == pytest.approx(others["probe_accuracy"].mean())
    assert found.loc[found["embedder"] == "lsa", "mteb"].isna().all()
    assert (found.loc[found["embedder"] == "minilm", "mteb"] > 0).all()
    assert correlations.usable(found) == [
        "probe_accuracy", "neighbour_accuracy", "effective_rank", "elsewhere",
    ]  # fmt: skip
    alone = correlations.qualities(measured[measured["dataset"] == "d0"])
    assert alone["elsewhere"].isna().all() and "elsewhere" not in correlations.usable(alone)


def test_mteb_is_said_to_be_missing_or_not() -> None:
    assert "cannot be computed here: of the 2 embedders here, 1 has" in qc.mteb_words(
        ["lsa", "minilm"]
    )
    three = qc.mteb_words(["minilm", "bert_base", "nv_embed_v2", "lsa"])
    assert "of the 4 embedders here, 3 have" in three


def test_pairs_whose_order_may_be_luck_are_counted() -> None:
    measured = pd.DataFrame(
        {"dataset": ["a"] * 3 + ["b"], "probe_accuracy": [0.5, 0.51, 0.6, 0.5], "n_pool": 5000}
    )
    # One standard error is 0.007: two are more than the first gap, less than the others.
    assert correlations.close_pairs(measured) == (1, 3)


def test_the_picture_shows_what_strategies_share_once() -> None:
    records, measured = study(1.0, datasets=2)
    found = correlations.picture(
        correlations.performance(records), correlations.qualities(measured)
    )
    shown = found.groupby("outcome")["strategy"].unique()
    assert list(shown["accuracy of the first head"]) == [ALL]
    assert list(shown["AULC"]) == ["random", "badge", "margin"]
    assert list(shown["AULC minus Random's"]) == ["badge", "margin"]
    assert list(dict.fromkeys(found["kind"])) == ["within datasets", "across datasets"]


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.75, 0.9, "holds"), (0.6, 0.9, "cannot tell"), (0.2, 0.65, "does not hold")],
)
def test_strong_is_what_lies_above_the_bar(low: float, high: float, verdict: str) -> None:
    effect = pd.Series({"low": low, "high": high, "n_seeds": 5, "n_embedders": 6})
    assert qc.judge_strength(effect) == verdict
    assert qc.judge_strength(effect.replace(5, 1)) == "cannot tell"
