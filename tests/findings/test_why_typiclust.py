"""Why an initial pool helps: gains of known composition are taken apart as they were made."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alutils.cell import Cell
from alutils.findings import why_typiclust
from alutils.findings.why_typiclust import PARTS, balanced_gain, changes, decomposed, finding
from tests.findings.pool_tables import few_resamples

__all__ = ["few_resamples"]

DATASETS = [f"d{i}" for i in range(9)]
MEASURES = ("accuracy", "balanced_accuracy", "classes_seen", "typicality")


def evidence(
    classes: float,
    texts: float,
    *,
    datasets: list[str] = DATASETS,
    seeds: int = 6,
    balance: float = 0.06,
    noise: float = 0.002,
    embedders: tuple[str, ...] = ("good",),
) -> pd.DataFrame:
    """Measures of initial pools, of which TypiClust gains so much by its classes and its texts."""
    rng = np.random.default_rng(0)
    rows = []
    for dataset, embedder, size, seed in itertools.product(
        datasets, embedders, [20, 100], range(seeds)
    ):
        own = classes + rng.normal(0, 0.003)
        level = {
            ("random", "chosen"): 0.5,
            ("random", "matched"): 0.5,
            ("random", "balanced"): 0.5 + balance,
            ("typiclust", "matched"): 0.5 + own,
            ("typiclust", "chosen"): 0.5 + own + texts,
        }
        for (pool, variant), accuracy in level.items():
            cell = Cell(dataset, embedder, pool, "random", size, 1, 1, None, None)
            measured = {name: accuracy + rng.normal(0, noise) for name in MEASURES}
            rows.append({**cell.fields(), "seed": seed, "variant": variant, **measured})
    return pd.DataFrame(rows)


def qualities(datasets: list[str] = DATASETS) -> pd.DataFrame:
    rows = itertools.product(datasets, ["poor", "good"])
    table = pd.DataFrame(rows, columns=["dataset", "embedder"])
    return table.assign(probe_accuracy=table["embedder"].map({"poor": 0.5, "good": 0.8}))


@settings(deadline=None, max_examples=20)
@given(st.floats(-0.2, 0.2), st.floats(-0.2, 0.2), st.sampled_from(MEASURES[:2]))
def test_the_parts_add_up(classes: float, texts: float, metric: str) -> None:
    runs = decomposed(evidence(classes, texts, datasets=["a", "b"], seeds=2), metric)
    np.testing.assert_allclose(runs["classes"] + runs["texts"], runs["gain"], atol=1e-15)
    assert len(runs) == 2 * 2 * 2 * 2


def test_parts_are_those_of_each_run() -> None:
    table = evidence(0.04, 0.01, datasets=["a", "b"], embedders=("good", "poor"))
    runs = decomposed(table.sample(frac=1, random_state=0))
    keys = ["dataset", "embedder", "initial_size", "seed"]
    slow = table.set_index([*keys, "initial_pool", "variant"])["accuracy"]
    for _, run in runs.iterrows():
        at = tuple(run[key] for key in keys)
        own, matched = (slow[(*at, run["initial_pool"], v)] for v in ("chosen", "matched"))
        blind = slow[(*at, "random", "chosen")]
        assert run["gain"] == own - blind
        assert run["classes"] == matched - blind
        assert run["texts"] == own - matched


def test_random_is_a_control_without_a_gain() -> None:
    runs = decomposed(evidence(0.04, 0.01))
    blind = runs[runs["initial_pool"] == "random"]
    assert (blind["gain"] == 0).all() and (blind["texts"] == -blind["classes"]).all()


@pytest.mark.usefixtures("few_resamples")
@pytest.mark.parametrize(
    ("classes", "texts", "verdict"),
    [
        (0.06, 0.01, "holds"),
        (0.01, 0.06, "does not hold"),  # a gain, by its texts
        (-0.03, 0.06, "does not hold"),  # the classes are in its way
        (0.0, 0.0, "does not hold"),  # no gain
        (0.03, -0.06, "does not hold"),  # classes covered, and a loss
        (0.03, 0.0297, "does not hold"),  # half a point does not matter
    ],
)
def test_the_claim_needs_a_gain_most_of_it_through_the_classes(
    classes: float, texts: float, verdict: str
) -> None:
    found = finding(evidence(classes, texts), qualities())
    assert found.verdict == verdict
    assert found.numbers["classes"].value == pytest.approx(classes, abs=0.002)
    assert found.numbers["texts"].value == pytest.approx(texts, abs=0.002)
    assert found.numbers["gain"].value == pytest.approx(classes + texts, abs=0.002)
    assert found.numbers["balanced"].value == pytest.approx(0.06, abs=0.002)


@pytest.mark.usefixtures("few_resamples")
def test_few_datasets_that_disagree_cannot_tell() -> None:
    one = evidence(0.08, 0.01, datasets=["a", "b"])
    two = evidence(-0.05, 0.01, datasets=["c", "d"])
    found = finding(pd.concat([one, two], ignore_index=True), qualities(["a", "b", "c", "d"]))
    assert found.verdict == "cannot tell" and "needs" in found.sentence
    assert "share" not in found.numbers  # of nothing that can be told from zero


@pytest.mark.usefixtures("few_resamples")
def test_one_dataset_gives_intervals_over_seeds_and_no_verdict() -> None:
    found = finding(evidence(0.06, 0.01, datasets=["a"]), qualities(["a"]))
    assert found.verdict == "cannot tell"
    gain = found.numbers["gain"]
    assert gain.unit == "seeds" and gain.low == found.numbers["gain_here"].low > 0.06
    assert "on these datasets alone" in found.sentence


@pytest.mark.usefixtures("few_resamples")
def test_only_the_best_embedder_is_judged() -> None:
    poor = evidence(0.01, 0.06, embedders=("poor",))
    found = finding(pd.concat([poor, evidence(0.06, 0.01)], ignore_index=True), qualities())
    assert found.verdict == "holds"


@pytest.mark.usefixtures("few_resamples")
def test_share_is_that_of_the_means() -> None:
    found = finding(evidence(0.06, 0.02, noise=0), qualities()).numbers["share"]
    assert found.low < 0.75 < found.high and found.value == pytest.approx(0.75, abs=0.02)


def test_changes_are_differences_from_random() -> None:
    table = evidence(0.04, 0.02, noise=0)
    found = changes(table, ["classes_seen", "typicality"])
    assert set(found["property"]) == {"classes_seen", "typicality"}
    assert set(found["initial_pool"]) == {"typiclust"}
    assert found["difference"].mean() == pytest.approx(0.06, abs=0.002)
    assert balanced_gain(table)["difference"].to_numpy() == pytest.approx(0.06)


@pytest.mark.usefixtures("few_resamples")
def test_effects_have_a_row_for_the_gain_and_each_part() -> None:
    found = why_typiclust.effects(decomposed(evidence(0.04, 0.02)), ["initial_pool"])
    assert set(found["part"]) == set(PARTS) and len(found) == 6


def test_random_and_typiclust_are_always_there() -> None:
    given = {"datasets": ["trec6"], "embedders": ["lsa"], "initial_pools": ["coreset"]}
    grid = why_typiclust.grid_of({**given, "initial_size": [20], "seeds": 2, "other": 1})
    assert grid.initial_pools == ["random", "typiclust", "coreset"]
    assert why_typiclust.evidence_grids({**given, "initial_size": 20, "seeds": 2}) == {
        "initial_pools": [grid.model_copy(update={"initial_size": 20})]
    }
    assert why_typiclust.grids(given) == []
