"""Tests on ranks: against the published example of Demsar (2006), scipy, and slow twins."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from alutils.statistics import cliques, friedman_test, holm, signed_rank_tests

# AUC of C4.5 with and without two settings on 14 datasets, Table 6 of Demsar (2006). The last but
# one is printed as 0.975 twice, but ranked as no tie.
DEMSAR = """
0.763 0.768 0.771 0.798
0.599 0.591 0.590 0.569
0.954 0.971 0.968 0.967
0.628 0.661 0.654 0.657
0.882 0.888 0.886 0.898
0.936 0.931 0.916 0.931
0.661 0.668 0.609 0.685
0.583 0.583 0.563 0.625
0.775 0.838 0.866 0.875
1.000 1.000 1.000 1.000
0.940 0.962 0.965 0.962
0.619 0.666 0.614 0.669
0.972 0.981 0.97501 0.975
0.957 0.978 0.946 0.970
"""
LEARNERS = ["C4.5", "C4.5+m", "C4.5+cf", "C4.5+m+cf"]


def demsar() -> pd.DataFrame:
    values = np.array([line.split() for line in DEMSAR.split("\n") if line], float)
    wide = pd.DataFrame(values, columns=LEARNERS).assign(dataset=[f"d{i}" for i in range(14)])
    return wide.melt("dataset", var_name="strategy", value_name="aulc")


def units(values: np.ndarray, factor: str = "margin") -> pd.DataFrame:
    return pd.DataFrame(
        {"strategy": factor, "dataset": np.arange(len(values)), "difference": values}
    )


def test_friedman_and_nemenyi_reproduce_the_published_example() -> None:
    found = friedman_test(demsar(), unit=["dataset"], alpha=0.10)
    expected = {"C4.5": 3.143, "C4.5+m": 2.000, "C4.5+cf": 2.893, "C4.5+m+cf": 1.964}
    assert found.ranks.to_dict() == pytest.approx(expected, abs=5e-4)
    assert list(found.ranks.index) == ["C4.5+m+cf", "C4.5+m", "C4.5+cf", "C4.5"]
    # The paper's chi-square of 9.28 has no correction for ties, which divides it by 0.907 here:
    # 1 - sum(t**3 - t) / (n k (k**2 - 1)) with one tie of four and three of two.
    assert found.statistic * (1 - (60 + 3 * 6) / (14 * 4 * 15)) == pytest.approx(9.28, abs=0.01)
    assert found.critical_difference == pytest.approx(1.12, abs=0.005)
    assert found.groups == [["C4.5+m+cf", "C4.5+m", "C4.5+cf"], ["C4.5+cf", "C4.5"]]
    assert (found.n_units, found.unit) == (14, "dataset")


def test_critical_values_are_those_of_the_published_table() -> None:
    # Table 5(a) of Demsar (2006): q at 0.05 for 3, 4, 5 and 10 classifiers.
    rng = np.random.default_rng(0)
    for k, q in ((3, 2.343), (4, 2.569), (5, 2.728), (10, 3.164)):
        wide = pd.DataFrame(rng.normal(size=(6, k))).assign(dataset=range(6), embedder="e")
        found = friedman_test(
            wide.melt(["dataset", "embedder"], var_name="strategy", value_name="aulc")
        )
        assert found.critical_difference == pytest.approx(q * np.sqrt(k * (k + 1) / 36), abs=2e-3)
        assert found.unit == "dataset x embedder"


def test_friedman_is_scipys_on_means_over_seeds() -> None:
    rng = np.random.default_rng(1)
    keys = itertools.product("abcd", ["d1", "d2", "d3"], ["e1", "e2"], range(3))
    table = pd.DataFrame(keys, columns=["strategy", "dataset", "embedder", "seed"])
    table["aulc"] = rng.normal(size=len(table))
    wide = table.pivot_table("aulc", ["dataset", "embedder"], "strategy")
    expected = stats.friedmanchisquare(*(wide[name] for name in "abcd"))
    found = friedman_test(table.sample(frac=1, random_state=0))
    assert (found.statistic, found.p) == pytest.approx(tuple(expected))
    assert found.n_units == 6
    # Nothing is rejected here, so no pair is told apart either.
    assert found.p > 0.05 and found.groups == [list(found.ranks.index)]


def test_without_a_rejection_no_pair_is_told_apart() -> None:
    # Two levels seven ranks apart, more than the critical difference, among 18 that share all
    # other ranks alike: the test of all twenty sees nothing.
    others = [rank for rank in range(1, 21) if rank not in (7, 14)]
    ranks = [[7, 14, *np.roll(others, unit)] for unit in range(18)]
    wide = pd.DataFrame(-np.array(ranks)).assign(dataset=range(18))
    table = wide.melt("dataset", var_name="strategy", value_name="aulc")
    found = friedman_test(table, unit=["dataset"])
    assert found.critical_difference < 7 and found.p > 0.05
    assert len(found.groups) == 1 and len(found.groups[0]) == 20


def test_friedman_refuses_too_few_levels_and_missing_units() -> None:
    table = demsar()
    with pytest.raises(ValueError, match="three or more"):
        friedman_test(table[table["strategy"].isin(LEARNERS[:2])], unit=["dataset"])
    with pytest.raises(ValueError, match="lack a unit"):
        friedman_test(table.iloc[1:], unit=["dataset"])


def test_friedman_of_equal_values_finds_nothing_and_rounding_is_a_tie() -> None:
    table = demsar().assign(aulc=0.5)
    table["aulc"] += 1e-15 * np.arange(len(table))
    found = friedman_test(table, unit=["dataset"])
    assert (found.statistic, found.p) == (0, 1)
    assert found.ranks.tolist() == [2.5] * 4 and len(found.groups[0]) == 4


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=2, max_size=6), st.integers(1, 12))
def test_cliques_are_the_largest_sets_within_the_difference(ranks: list[int], gap: int) -> None:
    series = pd.Series(sorted(ranks), index=[f"s{i}" for i in range(len(ranks))])
    near = [
        set(names)
        for size in range(2, len(ranks) + 1)
        for names in itertools.combinations(series.index, size)
        if series[list(names)].max() - series[list(names)].min() < gap
    ]
    largest = {frozenset(s) for s in near if not any(s < other for other in near)}
    assert {frozenset(group) for group in cliques(series, gap)} == largest


def test_signed_ranks_reproduce_the_published_example() -> None:
    # Table 2 of Demsar (2006): C4.5 against C4.5+m, R+ = 93 and R- = 12.
    wide = demsar().pivot(index="dataset", columns="strategy", values="aulc")
    found = signed_rank_tests(units((wide["C4.5+m"] - wide["C4.5"]).to_numpy()), unit=["dataset"])
    row = found.iloc[0]
    assert (row["statistic"], row["n_units"], row["n_zero"]) == (12, 14, 2)
    assert row["unit"] == "dataset"
    assert 0.005 < row["p"] < 0.05  # the paper rejects at 0.05, where 21 would do


def test_signed_ranks_are_scipys_without_ties() -> None:
    values = np.random.default_rng(0).normal(0.4, 1, 21)
    row = signed_rank_tests(units(values), unit=["dataset"]).iloc[0]
    expected = stats.wilcoxon(values, method="exact")
    assert (row["statistic"], row["p"]) == pytest.approx(tuple(expected))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-4, 4), min_size=1, max_size=9))
def test_signed_ranks_with_ties_and_zeros_agree_with_all_signs_tried(values: list[int]) -> None:
    array = np.array(values, float)
    ranks = stats.rankdata(np.abs(array))
    sums = [
        abs(np.dot(signs, ranks * (array != 0)))
        for signs in itertools.product([-1, 1], repeat=len(array))
    ]
    own = abs(np.dot(np.sign(array), ranks))
    row = signed_rank_tests(units(array), unit=["dataset"]).iloc[0]
    assert row["p"] == pytest.approx(np.mean(np.array(sums) >= own - 1e-9))
    flipped = signed_rank_tests(units(-array), unit=["dataset"]).iloc[0]
    assert flipped["median"] == -row["median"] and flipped["p"] == row["p"]
    assert flipped["statistic"] == row["statistic"]


def test_more_seeds_make_no_more_units() -> None:
    rng = np.random.default_rng(2)
    keys = itertools.product(["d1", "d2"], ["e1", "e2", "e3"], range(5))
    table = pd.DataFrame(keys, columns=["dataset", "embedder", "seed"]).assign(strategy="margin")
    table["difference"] = rng.normal(0.5, 1, len(table))
    row = signed_rank_tests(table.sample(frac=1, random_state=0)).iloc[0]
    means = table.groupby(["dataset", "embedder"])["difference"].mean()
    assert row["p"] == pytest.approx(stats.wilcoxon(means, method="exact").pvalue)
    assert (row["n_units"], row["unit"]) == (6, "dataset x embedder")


def test_the_family_is_corrected_as_a_whole() -> None:
    rng = np.random.default_rng(3)
    table = pd.concat(
        units(rng.normal(g, 1, 10), name) for name, g in zip("abc", (0, 0.5, 1), strict=True)
    )
    found = signed_rank_tests(table, unit=["dataset"])
    assert found["p_holm"].tolist() == holm(found["p"]).tolist()
    assert found["strategy"].tolist() == ["a", "b", "c"]
