"""Which property goes along with the gain? The planted one is found, and no other."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from alutils.findings import embedding_properties as ep
from alutils.findings import properties
from alutils.findings.all_strategies import ALL
from alutils.findings.ladders import ladders_of

EMBEDDERS = [
    "lsa", "hashing", "wordllama", "minilm", "minilm_layer0", "minilm_layer3", "minilm+noise(1)",
    "minilm+noise(4)", "minilm+pca(64)", "minilm+pca(16)", "minilm+whiten(1)", "minilm+bits(1)",
]  # fmt: skip


def study(
    cause: dict[str, float],
    *,
    datasets: int = 9,
    embedders: int = len(EMBEDDERS),
    seeds: int = 4,
    noise: float = 0.0005,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Records whose gains are a weighted sum of measures, which are independent of each other."""
    rng = np.random.default_rng(1)
    rows, measured = [], []
    for d, embedder in itertools.product(range(datasets), EMBEDDERS[:embedders]):
        known = {name: float(rng.normal()) for name in properties.TITLES}
        known["probe_accuracy"] = 0.7 + 0.05 * known["probe_accuracy"]
        measured.append({"dataset": f"d{d}", "embedder": embedder, **known})
        scaled = known | {"probe_accuracy": (known["probe_accuracy"] - 0.7) / 0.05}
        gain = 0.01 * sum(weight * scaled[name] for name, weight in cause.items())
        for seed, strategy in itertools.product(range(seeds), ["random", "margin", "badge"]):
            level = 0.5 + 0.1 * known["probe_accuracy"] + noise * rng.normal()
            level += 0.0 if strategy == "random" else gain + noise * rng.normal()
            rows += [(f"d{d}", embedder, strategy, seed, c, 50 + 50 * c, level) for c in range(3)]
    columns = ["dataset", "embedder", "strategy", "seed", "cycle", "n_labelled", "accuracy"]
    records = pd.DataFrame(rows, columns=columns).assign(
        initial_pool="random", initial_size=50, query_size=50, cycles=3, pool_size=5000,
        test_size=2000, head="softmax",
    )  # fmt: skip
    return records, pd.DataFrame(measured).assign(contaminated=False)


def test_the_planted_property_is_found() -> None:
    records, measured = study({"hubness": -1.0})
    found = ep.finding(records, measured)
    assert found.verdict == "holds"
    assert "whatever the probe says (**1 of 6**): hubness −" in found.sentence
    assert found.numbers["hubness"].high < -0.5 and found.numbers["hubness_given"].high < -0.5
    table = ep.judged(properties.outcomes(records), measured)
    assert table.index[table["verdict"] == "holds"].tolist() == ["hubness"]
    # Six properties, nine datasets on one side: two in 512, six times.
    assert table.loc["hubness", "p_holm"] == pytest.approx(6 * 2 / 2**9)


def test_what_the_probe_explains_decides_nothing() -> None:
    """Purity goes along with the gain, but only because the probe does."""
    records, measured = study({"probe_accuracy": 1.0})
    rng = np.random.default_rng(2)
    measured["neighbour_purity"] = measured["probe_accuracy"] + rng.normal(0, 0.02, len(measured))
    table = ep.judged(properties.outcomes(records), measured)
    row = table.loc["neighbour_purity"]
    assert row["low"] > 0.3 and abs(row["mean_given"]) < row["mean"] / 2
    assert row["verdict"] != "holds"


def test_nothing_planted_does_not_hold_with_many_embeddings() -> None:
    records, measured = study({"cluster_stability": 1.0}, datasets=20, seeds=2)
    found = ep.finding(records, measured)
    assert found.verdict == "does not hold"
    assert "beyond the probe (**6 of 6**)" in found.sentence


def test_a_property_that_turns_round_given_the_probe_does_not_hold() -> None:
    records, measured = study({"probe_accuracy": 1.0, "isotropy": -0.4})
    measured["isotropy"] += 3 * (measured["probe_accuracy"] - 0.7) / 0.05
    table = ep.judged(properties.outcomes(records), measured)
    row = table.loc["isotropy"]
    assert row["mean"] > 0.3 and row["mean_given"] < -0.1
    assert row["p"] == 1 and row["verdict"] == "does not hold"


@pytest.mark.parametrize(
    ("few", "words"),
    [
        ({"seeds": 1}, "seed"),
        ({"embedders": 3}, "2 more embedders"),
        ({"datasets": 3}, "5 more datasets"),
        ({"datasets": 1}, "7 more datasets"),
    ],
)
def test_too_few_of_anything_cannot_tell(few: dict[str, int], words: str) -> None:
    found = ep.finding(*study({"hubness": 1.0}, **few))
    assert found.verdict == "cannot tell" and words in found.change


def test_a_measure_that_an_archive_lacks_is_left_out() -> None:
    records, measured = study({"isotropy": 1.0})
    measured["hubness"] = np.nan
    measured = measured.drop(columns="class_margin")
    assert {"hubness", "class_margin"}.isdisjoint(properties.usable(measured))
    found = ep.finding(records, measured)
    assert found.verdict == "holds" and "of 4**" in found.sentence
    only_old = measured[["dataset", "embedder", "probe_accuracy", "contaminated"]]
    none = ep.finding(records, only_old)
    assert none.verdict == "cannot tell" and list(none.numbers) == ["probe_accuracy"]


def test_order_of_rows_does_not_matter() -> None:
    records, measured = study({"isotropy": 0.3, "hubness": 0.3}, datasets=3)
    mixed = records.sample(frac=1, random_state=1), measured.sample(frac=1, random_state=2)
    assert ep.finding(records, measured).sentence == ep.finding(*mixed).sentence


def test_correlations_are_those_made_by_hand() -> None:
    records, measured = study({"hubness": 0.5, "isotropy": 0.5}, datasets=3, noise=0.004)
    results = properties.outcomes(records)
    found = properties.along(results, measured, properties.usable(measured))
    found = found.set_index(["strategy", "measure"])
    level = records.groupby(["dataset", "embedder", "strategy"])["accuracy"].mean().unstack()
    wanted = {
        "random": level["random"],
        "badge": level["badge"] - level["random"],
        ALL: level[["margin", "badge"]].mean(axis=1) - level["random"],
    }
    known = measured.set_index(["dataset", "embedder"])
    for strategy, values in wanted.items():
        each = [
            stats.spearmanr(known["hubness"][d], values[d].reindex(known.loc[d].index)).statistic
            for d in ("d0", "d1", "d2")
        ]
        assert found.loc[(strategy, "hubness"), "mean"] == pytest.approx(np.mean(each))


def test_what_says_the_same_stands_side_by_side() -> None:
    _, measured = study({}, datasets=4)
    measured["isotropy"] = -measured["probe_accuracy"]
    square = properties.together(measured, list(properties.TITLES))
    assert square.loc["isotropy", "probe_accuracy"] == pytest.approx(-1)
    names = list(square.index)
    assert abs(names.index("isotropy") - names.index("probe_accuracy")) == 1
    each = [
        stats.spearmanr(d["hubness"], d["class_margin"]).statistic
        for _, d in measured.groupby("dataset")
    ]
    assert square.loc["hubness", "class_margin"] == pytest.approx(np.mean(each))
    assert properties.together(measured, ["hubness"]).to_numpy().tolist() == [[1.0]]
    constant = measured.assign(hubness=1.0)
    assert (
        properties.together(constant, ["hubness", "isotropy", "class_margin"])
        .notna()
        .to_numpy()
        .all()
    )


def test_moves_are_lower_half_minus_top_in_standard_deviations() -> None:
    _, measured = study({}, datasets=2)
    ladders = properties.ladders_among(list(measured["embedder"].unique()))
    assert [ladder.name for ladder in ladders] == ["layers", "noise", "pca", "bits", "whiten"]
    found = properties.moves(measured, ["hubness"], ladders).set_index("ladder")
    each = []
    for _, here in measured.groupby("dataset"):
        value = here.set_index("embedder")["hubness"]
        # Of two rungs below the top the lower one is the lower half.
        each.append((value["minilm+noise(4)"] - value["minilm"]) / value.std())
    assert found.loc["noise", "mean"] == pytest.approx(np.mean(each))
    far = properties.shifts(measured, ["hubness"], ladders)
    assert far.loc["minilm+noise(4)", "hubness"] == pytest.approx(np.mean(each))
    assert far.loc["minilm", "hubness"] == 0


def test_ladders_of_the_most_common_backbone() -> None:
    assert properties.ladders_among(["lsa", "hashing", "minilm"]) == []
    assert properties.ladders_among(["minilm+pca(8)", "minilm+pca(16)", "lsa"]) == []
    mixed = properties.ladders_among(["lsa", "minilm+pca(8)", "lsa+noise(1)", "lsa+noise(2)"])
    assert [ladder.rungs for ladder in mixed] == [("lsa", "lsa+noise(1)", "lsa+noise(2)")]


def test_rungs_as_good_as_the_top_and_what_they_change() -> None:
    records, measured = study({"isotropy": 1.0}, datasets=4)
    good = measured["embedder"].isin(["minilm", "minilm+whiten(1)"])
    measured.loc[good, "probe_accuracy"] = 0.7
    bad = measured["embedder"].isin(["minilm+pca(16)"])
    measured.loc[bad, "probe_accuracy"] = 0.6
    ladders = ladders_of(["minilm", "minilm+whiten(1)", "minilm+pca(16)"])
    kept = properties.equally_good(measured, ladders)
    assert kept["embedder"].tolist() == ["minilm+whiten(1)"]
    one = measured[measured["dataset"] == "d0"]
    assert properties.equally_good(one, ladders)["embedder"].tolist() == ["minilm+whiten(1)"]
    change = properties.against_top(
        properties.outcomes(records), ladders, ["minilm+whiten(1)", "minilm+pca(16)"]
    )
    here = change[(change["strategy"] == "margin") & (change["embedder"] == "minilm+pca(16)")]
    known = measured.pivot(index="dataset", columns="embedder", values="isotropy")
    wanted = 0.01 * (known["minilm+pca(16)"] - known["minilm"])
    got = here.groupby("dataset")["difference"].mean()
    assert got.to_numpy() == pytest.approx(wanted.to_numpy(), abs=0.002)
    assert len(here) == 16  # four datasets, four seeds


def test_stand_ins_within_and_across_datasets() -> None:
    """A measure that orders embedders, but lies on another level for every dataset."""
    _, measured = study({}, datasets=5)
    level = measured["dataset"].str[1:].astype(int)
    measured["isotropy"] = measured["probe_accuracy"] - 3 * level
    measured["hubness"] = -measured["probe_accuracy"]
    found = properties.stand_ins(measured, ["isotropy", "hubness", "probe_accuracy"])
    found = found.set_index("measure")
    assert found.index.tolist() == ["isotropy", "hubness"]
    assert found.loc["isotropy", "within"] == pytest.approx(1)
    assert found["across"].abs()["isotropy"] < 0.7
    assert found[["within", "across"]].to_numpy()[1] == pytest.approx([-1, -1])
