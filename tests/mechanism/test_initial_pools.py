"""What initial pools consist of, against slow computations on real texts."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.distance import cdist
from scipy.stats import entropy, rankdata

from alutils import datasets
from alutils.cell import Cell
from alutils.loop import Replicates, run_cell
from alutils.mechanism import initial_pools
from alutils.mechanism.initial_pools import (
    DRAWS,
    METRICS,
    balanced,
    even_counts,
    initial_rows,
    matched,
    measure,
)
from alutils.streams import stream
from alutils.study import requests_for

CELL = Cell("icd10_chapters", "hashing", "random", "random", 30, 10, 1, 300, 100)
METHODS = ["random", "typiclust", "coreset", "kmeans", "prob_cover"]


@pytest.fixture(scope="module")
def replicates() -> Replicates:
    return opened(CELL)


def opened(cell: Cell, seeds: int = 3) -> Replicates:
    (request,) = requests_for({cell: seeds})
    return Replicates(request.problem, request.seeds)


def of(table: pd.DataFrame, variant: str, seed: int) -> pd.Series:
    (row,) = table[(table["variant"] == variant) & (table["seed"] == seed)].index
    found: pd.Series = table.drop(columns=["seed", "variant"]).astype(float).loc[row]
    return found


@pytest.mark.parametrize("name", METHODS)
def test_the_rows_and_the_head_are_those_of_the_loop(replicates: Replicates, name: str) -> None:
    cell = replace(CELL, initial_pool=name)
    records = run_cell(replace(cell, cycles=2), replicates)
    first = records[records["cycle"] == 0].sort_values("seed", ignore_index=True)
    rows = initial_rows(cell, replicates)
    measured = measure(cell, replicates)
    for place, seed in enumerate(replicates.seeds):
        assert rows[place].tolist() == list(first["chosen"])[place].tolist()
        for metric in METRICS:
            assert of(measured, "chosen", seed)[metric] == list(first[metric])[place]


def slow(replicates: Replicates, rows: np.ndarray) -> dict[str, float]:
    pool = replicates.pool.double().numpy()
    labels, n_classes = replicates.problem.pool_labels, replicates.problem.n_classes
    pool = pool / np.sqrt((pool**2).sum(axis=1).mean())
    distances = cdist(pool, pool)
    np.fill_diagonal(distances, np.inf)
    typical = 1 / np.sort(distances, axis=1)[:, :20].mean(axis=1)
    rank = (rankdata(typical) - 1) / (len(pool) - 1)
    disagree = []
    for row in rows:
        votes = Counter(labels[distances[row].argsort()[:10]].tolist())
        disagree.append(max(votes.values()) > votes[labels[row]])
    counts = Counter(labels[rows].tolist())
    shares = np.array([counts[c] / len(rows) for c in range(n_classes)])
    of_pool = np.array([(labels == c).mean() for c in range(n_classes)])
    to_nearest = np.array([0 if i in set(rows) else distances[i, rows].min() for i in range(300)])
    return {
        "classes_seen": len(counts) / n_classes,
        "class_entropy": entropy(shares) / np.log(n_classes),
        "rarest": min(counts[c] for c in range(n_classes)),
        "class_distance": sum(max(0, p - q) for p, q in zip(shares, of_pool, strict=True)),
        "coverage": to_nearest.mean(),
        "radius": to_nearest.max(),
        "spread": np.mean([min(distances[a, b] for b in rows if b != a) for a in rows]),
        "typicality": rank[rows].mean(),
        "disagreement": np.mean(disagree),
    }


@pytest.mark.parametrize("name", METHODS)
def test_descriptions_agree_with_slow_ones(replicates: Replicates, name: str) -> None:
    cell = replace(CELL, initial_pool=name)
    measured = measure(cell, replicates)
    for place, rows in enumerate(initial_rows(cell, replicates).numpy()):
        found = of(measured, "chosen", replicates.seeds[place])
        for measure_name, value in slow(replicates, rows).items():
            assert found[measure_name] == pytest.approx(value, abs=1e-6), measure_name


def test_variants_are_means_over_their_draws(replicates: Replicates) -> None:
    measured = measure(CELL, replicates)
    drawn = {
        "matched": matched(replicates, initial_rows(CELL, replicates)),
        "balanced": balanced(replicates, CELL.initial_size),
    }
    for variant, draws in drawn.items():
        assert len(draws) == DRAWS
        for place, seed in enumerate(replicates.seeds):
            each = pd.DataFrame([slow(replicates, rows[place].numpy()) for rows in draws])
            found = of(measured, variant, seed)[each.columns]
            np.testing.assert_allclose(found, each.mean(), atol=1e-6)
    others = measure(replace(CELL, initial_pool="coreset"), replicates)
    assert set(others["variant"]) == {"chosen", "matched"}


def test_matched_accuracy_is_that_of_a_head_on_the_matched_rows(replicates: Replicates) -> None:
    cell = replace(CELL, initial_pool="typiclust")
    described = initial_pools._Described(cell, replicates)
    draws = matched(replicates, initial_rows(cell, replicates))
    each = torch.stack([described.describe(rows)["accuracy"] for rows in draws]).numpy()
    measured = measure(cell, replicates)
    for place, seed in enumerate(replicates.seeds):
        assert of(measured, "matched", seed)["accuracy"] == pytest.approx(each[:, place].mean())
    assert (each.std(axis=0) > 0).all()  # other texts, another head


@settings(deadline=None)
@given(st.integers(1, 100), st.integers(0, 2**32 - 1))
def test_matched_rows_have_the_same_classes(size: int, seed: int) -> None:
    replicates = KEPT.get()
    draws = np.random.default_rng(seed)
    chosen = torch.tensor(np.stack([draws.permutation(300)[:size] for _ in range(3)]))
    labels = replicates.problem.pool_labels
    for rows in matched(replicates, chosen):
        for mine, theirs in zip(rows.tolist(), chosen.tolist(), strict=True):
            assert len(set(mine)) == size
            assert sorted(labels[mine]) == sorted(labels[theirs])


class _Kept:
    """The replicates, opened once for all examples of a property."""

    def __init__(self) -> None:
        self.replicates: Replicates | None = None

    def get(self) -> Replicates:
        self.replicates = self.replicates or opened(CELL)
        return self.replicates


KEPT = _Kept()


@settings(deadline=None)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=12), st.floats(0, 1), st.integers(0, 9))
def test_even_counts_differ_by_one_where_classes_allow(
    sizes: list[int], share: float, seed: int
) -> None:
    there = np.array(sizes)
    total = int(share * there.sum())
    counts = even_counts(there, total, np.random.default_rng(seed))
    assert counts.sum() == total and (counts >= 0).all() and (counts <= there).all()
    assert (counts[counts < there] >= counts.max() - 1).all()


def test_who_gets_one_more_is_drawn() -> None:
    counts = [even_counts(np.full(5, 9), 7, np.random.default_rng(s)).tolist() for s in range(20)]
    assert np.unique(counts, axis=0).shape[0] > 5


def test_balanced_rows_are_balanced(replicates: Replicates) -> None:
    labels = replicates.problem.pool_labels
    sizes = np.bincount(labels, minlength=22)
    for rows in balanced(replicates, 60):
        for mine in rows.numpy():
            counts = np.bincount(labels[mine], minlength=22)
            assert len(set(mine.tolist())) == 60
            assert (counts[counts < sizes] >= counts.max() - 1).all()


def test_matched_texts_are_blind_within_their_classes(replicates: Replicates) -> None:
    """Every text of a class comes first equally often."""
    labels = replicates.problem.pool_labels
    order = [stream("matched 0", replicates.label, seed).permutation(300) for seed in range(300)]
    members = np.flatnonzero(labels == np.bincount(labels).argmax())
    first = [next(row for row in rows if row in set(members)) for rows in order]
    expected = len(first) / len(members)
    chi2 = sum((first.count(m) - expected) ** 2 / expected for m in members)
    assert chi2 < len(members) + 4 * np.sqrt(2 * len(members))
    # And what is drawn is what comes first.
    drawn = matched(replicates, torch.tensor([[members[0]]] * 3))[0][:, 0].tolist()
    assert drawn == first[:3]


def test_a_seed_does_not_depend_on_its_company(replicates: Replicates) -> None:
    together = measure(CELL, replicates)
    alone = measure(CELL, Replicates(replicates.problem, [1]))
    for variant in ("chosen", "matched", "balanced"):
        np.testing.assert_allclose(of(together, variant, 1), of(alone, variant, 1), atol=1e-6)


def test_wrong_labels_are_counted_where_a_step_made_them() -> None:
    cell = replace(CELL, dataset="icd10_chapters+label_noise(0.3)")
    noisy = opened(cell)
    plain = datasets.sampled("icd10_chapters", 300, 100)
    wrong = noisy.problem.pool_labels != plain.pool_labels
    measured = measure(cell, noisy)
    for place, rows in enumerate(initial_rows(cell, noisy).numpy()):
        assert of(measured, "chosen", place)["wrong"] == pytest.approx(wrong[rows].mean())
    assert measured["wrong"].mean() == pytest.approx(0.3, abs=0.1)
    assert measure(CELL, opened(CELL))["wrong"].isna().all()


def test_true_labels_are_those_after_all_other_steps() -> None:
    before = datasets.sampled("icd10_chapters+imbalance(5)+copies(0.2)", 300, 100)
    name = "icd10_chapters+copies(0.2)+label_confusion(0.2)+imbalance(5)"
    found = initial_pools.true_labels(name, 300, 100)
    assert found is not None and found.tolist() == before.pool_labels.tolist()
    assert initial_pools.true_labels("icd10_chapters+copies(0.2)", 300, 100) is None
