"""Why BADGE would gain more, on tables in which the answer was planted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from scipy import stats

from alutils.errors import UserError
from alutils.figures import batch_properties
from alutils.findings import rival_batches as batches
from alutils.findings import why_badge as page
from alutils.findings.judging import both_intervals

EMBEDDERS = ["e0", "e1", "e2", "e3", "e4"]
STRATEGIES = ["random", "margin", "badge"]

Value = Callable[[str, int, int], float]
"""Of a strategy, with embedder number e and a size of query."""

Tables = tuple[list[pd.DataFrame], pd.DataFrame, pd.DataFrame]


def tables(
    reached: Value,
    spread: Value,
    *,
    n_datasets: int = 6,
    n_embedders: int = 5,
    seeds: int = 4,
    noise: float = 0.001,
) -> Tables:
    """Records of a ladder and of two sizes of query, qualities, and what the queries have."""
    rng = np.random.default_rng(0)
    records: list[pd.DataFrame] = []
    queries = []
    names = EMBEDDERS[:n_embedders]
    for size, cycles, embedders in ((10, 4, names), (5, 5, names[-1:]), (20, 2, names[-1:])):
        rows = []
        for d in range(n_datasets):
            for name in embedders:
                e = EMBEDDERS.index(name)
                for strategy in STRATEGIES:
                    for seed in range(seeds):
                        fields = {
                            "dataset": f"d{d}",
                            "embedder": name,
                            "initial_pool": "random",
                            "strategy": strategy,
                            "initial_size": 10,
                            "query_size": size,
                            "cycles": cycles,
                            "pool_size": None,
                            "test_size": 100,
                            "head": "softmax",
                            "seed": seed,
                        }
                        value = 0.5 + 0.02 * seed + 0.05 * d
                        value += reached(strategy, e, size) + noise * rng.normal()
                        wide = spread(strategy, e, size) + noise * rng.normal()
                        for cycle in range(cycles):
                            at = {"cycle": cycle, "n_labelled": 10 + size * cycle}
                            rows.append({**fields, **at, "accuracy": value})
                            if cycle:
                                # Two cycles around the mean.
                                swing = 0.1 if cycle % 2 else -0.1
                                swing = 0.0 if cycles % 2 == 0 else swing
                                own = dict.fromkeys(batches.PROPERTIES, 0.5)
                                own["spread"] = wide + swing
                                own["boundary"] = {"margin": 1.0, "badge": 0.4}.get(strategy, 0.1)
                                queries.append({**fields, "cycle": cycle, **own})
        records.append(pd.DataFrame(rows))
    measured = pd.DataFrame(
        {"dataset": f"d{d}", "embedder": name, "probe_accuracy": 0.6 + 0.05 * e + 0.001 * d}
        for d in range(n_datasets)
        for e, name in enumerate(names)
    )
    return records, measured, pd.DataFrame(queries)


def find(found: Tables) -> page.Finding:
    records, measured, queries = found
    return page.finding(*records, measured=measured, queries=queries)


def gaining(strategy: str, e: int, size: int) -> float:
    """BADGE gains a point with each step of the ladder; Margin loses 3 with large queries."""
    return {"badge": 0.01 * e, "margin": -0.03 * (size == 20)}.get(strategy, 0.0)


def spreading(strategy: str, e: int, size: int) -> float:
    """BADGE's batches are less redundant, and the more so the better the embedding."""
    return {"badge": 1.02 + 0.02 * e, "margin": 0.98}.get(strategy, 1.0)


def flat(strategy: str, e: int, size: int) -> float:
    return 0.0


def test_a_planted_claim_is_found() -> None:
    found = find(tables(gaining, spreading))
    assert found.verdict == "holds"
    assert found.numbers["gain"].value == pytest.approx(0.04, abs=0.002)
    assert found.numbers["spread"].value == pytest.approx(0.08, abs=0.002)
    assert found.numbers["spread_change"].value == pytest.approx(0.08, abs=0.002)
    assert found.numbers["follows"].value == pytest.approx(1)
    assert found.numbers["margin_spread"].value == pytest.approx(-0.02, abs=0.002)
    assert found.numbers["boundary"].value == pytest.approx(-0.6)
    assert found.numbers["margin_small"].value == pytest.approx(0.03, abs=0.002)
    assert found.numbers["badge_small"].value == pytest.approx(0, abs=0.002)
    assert found.numbers["margin_more"].value == pytest.approx(0.03, abs=0.002)


def test_no_gain_leaves_nothing_to_explain() -> None:
    found = find(tables(flat, spreading))
    assert found.verdict == "does not hold"
    assert "*BADGE gains more*: does not hold" in found.sentence
    assert "*its batches are less redundant*: holds" in found.sentence
    assert "BADGE gains more" in found.change


def test_a_gain_without_less_redundancy_has_another_reason() -> None:
    found = find(tables(gaining, lambda strategy, e, size: 1.0))
    assert found.verdict == "does not hold"
    assert "*its batches are less redundant*: does not hold" in found.sentence


def test_a_gain_that_goes_against_redundancy_does_not_follow_it() -> None:
    def shrinking(strategy: str, e: int, size: int) -> float:
        return 1.2 - 0.02 * e if strategy == "badge" else 1.0

    found = find(tables(gaining, shrinking))
    assert found.numbers["follows"].value == pytest.approx(-1)
    assert "*the one follows the other*: does not hold" in found.sentence
    assert found.verdict == "does not hold"


def test_noise_leaves_the_answer_open() -> None:
    found = find(tables(gaining, spreading, noise=0.15, n_datasets=4))
    assert found.verdict == "cannot tell"
    assert found.change.startswith("Needs, for ")


def test_few_embedders_do_not_tell_what_follows_what() -> None:
    found = find(tables(gaining, spreading, n_embedders=3))
    assert found.verdict == "cannot tell"
    assert "at least 5 embedders" in found.change


@pytest.mark.parametrize(("n_datasets", "seeds"), [(1, 4), (1, 1), (5, 1)])
def test_little_data_cannot_tell(n_datasets: int, seeds: int) -> None:
    found = find(tables(gaining, spreading, n_datasets=n_datasets, seeds=seeds))
    assert found.verdict == "cannot tell"
    if n_datasets == 1:
        assert "one says nothing of others" in found.change
        assert "unit: seed" in found.test


def test_embeddings_that_are_equally_good_have_no_line() -> None:
    records, measured, queries = tables(gaining, spreading)
    found = find((records, measured.assign(probe_accuracy=0.7), queries))
    assert found.verdict == "cannot tell"
    assert np.isnan(found.numbers["gain"].value)


def test_the_order_of_rows_does_not_matter() -> None:
    records, measured, queries = tables(gaining, spreading, noise=0.02)
    mixed = [each.sample(frac=1, random_state=1) for each in records]
    shuffled = find((mixed, measured.iloc[::-1], queries.sample(frac=1, random_state=2)))
    assert shuffled.sentence == find((records, measured, queries)).sentence


def test_numbers_by_hand() -> None:
    records, measured, queries = tables(gaining, spreading, noise=0.02)
    run = batches.runs(records[0], queries)
    differs = batches.differences(run)
    # Of the queries, those of the ladder alone, averaged over its cycles.
    own = queries[queries["query_size"] == 10]
    wide = own.pivot_table("spread", ["dataset", "embedder", "seed"], "strategy")
    spread = wide["badge"] - wide["margin"]
    last = records[0][records[0]["cycle"] == 3]
    wide = last.pivot_table("accuracy", ["dataset", "embedder", "seed"], "strategy")
    reached = wide["badge"] - wide["margin"]  # curves are flat here, so that AULC is accuracy
    for measure, expected in (("spread", spread), ("aulc", reached), ("accuracy", reached)):
        found = differs[differs["measure"] == measure].set_index(["dataset", "embedder", "seed"])
        assert found["difference"].loc[expected.index].to_numpy() == pytest.approx(
            expected.to_numpy()
        )

    rows = batches.along_ladder(differs, measured).set_index(["measure", "what"])["mean"]
    assert rows["spread", "level"] == pytest.approx(spread.mean())
    steps = spread.groupby("embedder").mean()
    assert rows["spread", "ends"] == pytest.approx(steps["e4"] - steps["e0"])
    slopes = [
        stats.linregress(0.05 * np.arange(5), here.groupby("embedder").mean()).slope * 0.2
        for _, here in reached.groupby("dataset")
    ]
    assert rows["aulc", "line"] == pytest.approx(np.mean(slopes))

    means = pd.DataFrame({"x": spread, "y": reached}).groupby(["dataset", "embedder"]).mean()
    each = [stats.spearmanr(part["x"], part["y"])[0] for _, part in means.groupby("dataset")]
    follow = batches.followed(differs).set_index("measure").loc["spread"]
    assert follow["mean"] == pytest.approx(np.mean(each))
    assert follow["n_embedders"] == 5

    level = batches.levels(run, "embedder").set_index(["measure", "strategy", "embedder"])["mean"]
    here = own[(own["strategy"] == "badge") & (own["embedder"] == "e2")]
    assert level["spread", "badge", "e2"] == pytest.approx(here["spread"].mean())

    sizes = pd.concat([batches.runs(each, queries) for each in records[1:]])
    change = batches.small_minus_large(sizes)
    keys = ["dataset", "strategy", "seed"]
    small, large = (
        each[each["cycle"] == each["cycle"].max()].set_index(keys)["accuracy"]
        for each in records[1:]
    )
    assert change.set_index(keys)["difference"].sort_index().to_numpy() == pytest.approx(
        (small - large).sort_index().to_numpy()
    )
    moved = batches.along_sizes(batches.differences(sizes)).set_index("measure")
    lead = [(each[:, "badge"] - each[:, "margin"]).mean() for each in (small, large)]
    assert moved.loc["accuracy", "mean"] == pytest.approx(lead[1] - lead[0])
    more = batches.more_than_badge(change)
    expected_more = (small - large)[:, "margin"] - (small - large)[:, "badge"]
    assert more["difference"].mean() == pytest.approx(expected_more.mean())


def test_what_differs_is_told_with_its_direction() -> None:
    records, measured, queries = tables(flat, spreading)
    found = batches.along_ladder(batches.differences(batches.runs(records[0], queries)), measured)
    told = page.telling(found)
    assert len(told) == 2  # all other properties are alike
    assert told[0].startswith("spread of the batch (+8.0 points")
    assert told[1].startswith("share near the boundary (−60.0 points")


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (-0.01, 0.03, "are no more redundant"),
        (-0.3, -0.1, "are more redundant"),
        (-0.1, 0.1, "cannot be told"),
    ],
)
def test_redundancy_of_margin_is_told_by_its_interval(low: float, high: float, words: str) -> None:
    row = {"mean": (low + high) / 2, "low": low, "high": high, "low_fixed": low, "high_fixed": high}
    assert words in page.redundancy_words(pd.Series({**row, "n_seeds": 3}))
    single = {**row, "low": np.nan, "high": np.nan}
    assert words in page.redundancy_words(pd.Series({**single, "n_seeds": 3}))
    assert "cannot be told" in page.redundancy_words(pd.Series({**row, "n_seeds": 1}))


PARAMETERS = {
    "datasets": ["trec6"],
    "embedders": ["lsa", "minilm"],
    "initial_pools": ["random"],
    "strategies": STRATEGIES,
    "initial_size": 100,
    "query_size": 100,
    "cycles": 8,
    "seeds": 2,
    "size_embedders": ["minilm"],
    "query_sizes": [500, 10, 100, 50],
    "labels": 600,
}


def test_grids_of_all_sizes_end_at_the_same_labels() -> None:
    ladder, *sizes = page.grids(PARAMETERS)
    assert (ladder.embedders, ladder.cycles) == (["lsa", "minilm"], 8)
    assert [(g.query_size, g.cycles) for g in sizes] == [(10, 51), (50, 11), (100, 6), (500, 2)]
    assert {cell.budget for grid in sizes for cell in grid.cells()} == {600}
    assert all(grid.embedders == ["minilm"] for grid in sizes)
    assert page.evidence_grids(PARAMETERS) == {"queries": [ladder, *sizes]}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"query_sizes": [10, 300]}, "queries of 300 do not lead from 100 labels to 600"),
        ({"labels": 100}, "do not lead from 100 labels to 100"),
        ({"query_sizes": [0, 10]}, "queries of 0 do not lead"),
        ({"query_sizes": [1, 10]}, "has no spread"),
        ({"query_size": 1}, "has no spread"),
        ({"cycles": 1}, "cycles needs at least two"),
    ],
)
def test_sizes_that_cannot_be_compared_are_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(UserError, match=words):
        page.grids({**PARAMETERS, **change})


def test_the_figure_shows_what_it_was_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALUTILS_FIGURES", str(tmp_path))
    records, _, queries = tables(gaining, spreading)
    run = pd.concat([batches.runs(each, queries) for each in records[1:]])
    levels = batches.levels(run, "query_size").assign(x=lambda t: t["query_size"])
    steps = both_intervals(batches.differences(run), ["measure", "query_size"])
    steps = steps.assign(x=steps["query_size"])
    drawn: list[Figure] = []
    monkeypatch.setattr(plt, "close", drawn.append)
    titles = {"spread": "spread of the batch", "boundary": "near", "accuracy": "accuracy"}
    saved = batch_properties(
        levels, steps, titles, {"spread": 1.0}, "sizes", xlabel="texts in a query",
        log=True, alt="a", caption="c",
    )  # fmt: skip
    figure = drawn[0]
    for column, measure in enumerate(titles):
        top, bottom = figure.axes[column], figure.axes[3 + column]
        lines = {line.get_label(): line for line in top.get_lines()}
        here = levels[(levels["measure"] == measure) & (levels["strategy"] == "badge")]
        assert list(lines["BADGE"].get_xdata()) == [5, 20]
        expected = 100 * here.sort_values("x")["mean"].to_numpy()
        assert np.asarray(lines["BADGE"].get_ydata()) == pytest.approx(expected)
        middle = steps[steps["measure"] == measure].sort_values("x")["mean"].to_numpy()
        dots = bottom.containers[0].get_children()[0]
        assert np.asarray(dots.get_ydata()) == pytest.approx(100 * middle)
        assert lines["BADGE"].get_linestyle() == "-"
    data = pd.read_csv(saved.folder / "sizes.csv")
    assert set(data["measure"]) == set(titles)
    assert set(data["strategy"]) == {*STRATEGIES, "badge minus margin"}


def test_embedders_are_not_joined_as_if_they_were_one_ladder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALUTILS_FIGURES", str(tmp_path))
    drawn: list[Figure] = []
    monkeypatch.setattr(plt, "close", drawn.append)
    rows = pd.DataFrame({"measure": "aulc", "x": [50.0, 80.0], "mean": [0.5, 0.7]})
    batch_properties(
        rows.assign(strategy="badge"), rows.assign(low=np.nan, high=np.nan), {"aulc": "AULC"}, {},
        "ladder", xlabel="quality", alt="a", caption="c",
    )  # fmt: skip
    top, bottom = drawn[0].axes
    assert top.get_lines()[0].get_linestyle() == "None"
    assert bottom.containers[0].get_children()[0].get_linestyle() == "None"
