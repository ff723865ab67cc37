"""Whether a rule chooses better: worlds in which a measure decides, and in which nothing does."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from alutils.advice.contexts import contexts_of
from alutils.advice.tree import Leaf, Split, best_fixed, grow
from alutils.findings import held_out_rule
from alutils.findings import rule as page
from alutils.statistics import aulc
from tests.findings.worlds import runs

NINE = [f"d{n}" for n in range(1, 10)]
TWO = ["random", "margin", "badge"]


def hubness(dataset: str, embedder: str) -> float:
    """Differs among the embedders of a dataset, and among datasets."""
    return float((3 * int(dataset[1:]) + 5 * int(embedder[1:])) % 10)


def decided(dataset: str, embedder: str, strategy: str) -> float:
    """Margin is good where hubness is low, BADGE where it is high."""
    good = "margin" if hubness(dataset, embedder) < 4.5 else "badge"
    return 0.05 if strategy == good else 0.0


def undecided(dataset: str, embedder: str, strategy: str) -> float:
    """Margin is good everywhere."""
    return {"margin": 0.05, "badge": 0.02}.get(strategy, 0.0)


def world(
    level: Callable[[str, str, str], float], datasets: list[str] = NINE, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Records of strategies and of initial pools, and what was measured."""
    strategies = runs(level, datasets=datasets, strategies=TWO, seeds=4, seed=seed)
    pools = runs(undecided, datasets=datasets, strategies=TWO, seeds=4, seed=seed)
    pools = pools.assign(initial_pool=pools["strategy"], strategy="margin")
    pairs = strategies[["dataset", "embedder"]].drop_duplicates(ignore_index=True)
    values = [hubness(d, e) for d, e in pairs.itertuples(index=False)]
    classes = [2 + int(d[1:]) % 3 for d in pairs["dataset"]]
    measured = pairs.assign(n_classes=classes, hubness=values, contaminated=False, n_pool=100)
    return strategies, pools, measured


def test_a_rule_that_is_better_holds() -> None:
    strategies, pools, measured = world(decided)
    finding = page.finding(strategies, pools, measured=measured)
    assert finding.verdict == "holds"
    assert "the rule gains" in finding.sentence
    # Half of the contexts lose 0.05 with always the same, up to which is the more frequent.
    assert finding.numbers["rule_minus_fixed"].value == pytest.approx(0.025, abs=0.01)
    assert finding.numbers["regret_rule"].value == pytest.approx(0, abs=0.003)
    assert finding.numbers["rule_minus_random"].value == pytest.approx(0.05, abs=0.005)
    assert finding.numbers["pool_rule_minus_fixed"].value == 0


def test_where_one_is_best_everywhere_no_rule_is_better() -> None:
    strategies, pools, measured = world(undecided)
    finding = page.finding(strategies, pools, measured=measured)
    assert finding.verdict == "does not hold"
    assert "the rule never departs from the best fixed choice of the others (Margin)" in (
        finding.sentence
    )
    assert finding.numbers["rule_minus_margin"].value == 0
    assert finding.numbers["rule_minus_badge"].value == pytest.approx(0.03, abs=0.003)
    assert "bold tree" in finding.test


@pytest.mark.parametrize("n_datasets", [1, 2, 3])
def test_few_datasets_cannot_tell(n_datasets: int) -> None:
    strategies, pools, measured = world(decided, NINE[:n_datasets])
    finding = page.finding(strategies, pools, measured=measured)
    assert finding.verdict == "cannot tell"
    assert "Needs 4 datasets or more" in finding.change
    assert (held_out_rule.left_out(strategies, measured) is None) == (n_datasets == 1)


def test_datasets_held_out_are_asked_about_and_never_learnt_from() -> None:
    strategies, pools, measured = world(decided, NINE[:6])
    new, _, known = world(decided, NINE[6:], seed=1)
    both = pd.concat([measured, known], ignore_index=True)
    finding = page.finding(strategies, pools, new, measured=both)
    assert "d7, d8 and d9" in finding.sentence
    assert finding.numbers["held_out_rule_minus_fixed"].value > 0.01
    # What came out there changes nothing else, and nothing that is chosen.
    spoilt = new.assign(accuracy=1 - new["accuracy"])
    again = page.finding(strategies, pools, spoilt, measured=both)
    for name, number in finding.numbers.items():
        assert (number == again.numbers[name]) == (not name.startswith("held_out")), name
    learnt = contexts_of(strategies, both, "strategy")
    chosen = [held_out_rule.held_out(learnt, table, both).held.chosen for table in (new, spoilt)]
    pd.testing.assert_frame_equal(chosen[0], chosen[1])


def test_tables_are_told_apart_by_their_datasets() -> None:
    strategies, pools, _ = world(decided, NINE[:4])
    new, wide, _ = world(decided, NINE[4:])[0], pools, None
    assert held_out_rule.sort_out(strategies, pools) == (strategies, pools, None, None)
    found = held_out_rule.sort_out(strategies, pools, wide, new)
    assert found.wide is wide and found.held_out is new
    found = held_out_rule.sort_out(strategies, pools, new)
    assert found.wide is None and found.held_out is new


def test_numbers_by_hand() -> None:
    strategies, _, measured = world(decided)
    test = held_out_rule.left_out(strategies, measured)
    assert test is not None
    areas = aulc(strategies).set_index(["dataset", "embedder", "strategy", "seed"])["aulc"]
    chosen = test.held.chosen.droplevel("budget")
    ahead = [
        areas[d, e, rule].mean() - areas[d, e, "badge"].mean()
        for d, e, rule in chosen["rule"].reset_index().itertuples(index=False)
    ]
    by_hand = pd.Series(ahead, chosen.index).groupby("dataset").mean()
    table = held_out_rule.comparisons(test).set_index(["policy", "other"])
    assert table.loc[("rule", "badge"), "mean"] == pytest.approx(by_hand.mean())
    differ = (chosen["rule"] != "badge").mean()
    assert table.loc[("rule", "badge"), "departs"] == pytest.approx(differ)
    single = held_out_rule.regret_by_dataset(test)
    assert set(single["dataset"]) == set(NINE)
    overall = held_out_rule.regret_table(test).set_index("policy")["raw"]
    means = single.groupby("policy")["raw"].mean()
    pd.testing.assert_series_equal(means[overall.index], overall, check_names=False)


def test_other_conditions_have_other_choices() -> None:
    strategies, pools, measured = world(decided, NINE[:5])
    tables = held_out_rule.sort_out(strategies, pools, strategies.assign(embedder="e1"))
    # Without the best fixed choice only one is left beside Random, and so it is with one idea.
    assert list(held_out_rule.variants(held_out_rule.sort_out(strategies, pools), measured)) == []
    assert list(held_out_rule.variants(tables, measured)) == ["On 1 embedding"]
    more = strategies[strategies["strategy"] == "badge"].assign(strategy="entropy")
    wider = held_out_rule.sort_out(pd.concat([strategies, more], ignore_index=True), pools)
    found = held_out_rule.variants(wider, measured)
    assert list(found) == ["Without Margin", "Strategies of one idea"]
    assert set(found["Strategies of one idea"].contexts.areas) == {"random", "margin", "entropy"}


def test_the_picture_of_a_tree_names_what_to_use() -> None:
    strategies, _, measured = world(decided)
    contexts = contexts_of(strategies, measured, "strategy")
    tree = grow(contexts.features, contexts.gains, 1)
    assert isinstance(tree, Split) and isinstance(tree.below, Leaf)
    fixed = best_fixed(contexts.gains)
    drawn = page.nodes(tree, "the strategy", fixed).set_index("node")
    assert sorted(drawn.index) == ["", "n", "y"]
    assert str(drawn.loc["", "words"]).startswith("hubness\nat most 4.5?")
    assert [drawn.loc[n, "choice"] for n in "yn"] == ["margin", "badge"]
    dull = grow(contexts.features, contexts.gains.assign(margin=0.0, badge=0.0), 0)
    assert page.nodes(dull, "x", "random")["words"].iloc[0] == "Random\n9 datasets"


def test_the_order_of_rows_does_not_matter() -> None:
    strategies, pools, measured = world(decided, NINE[:5])
    mixed = (table.sample(frac=1, random_state=0) for table in (strategies, pools))
    found = page.finding(strategies, pools, measured=measured)
    assert page.finding(*mixed, measured=measured).sentence == found.sentence
