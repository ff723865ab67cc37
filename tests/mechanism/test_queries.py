from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from alutils import heads
from alutils.cell import Cell
from alutils.loop import Problem, Replicates, run_cell
from alutils.mechanism import batches, queries

N_POOL, N_TEST, CLASSES, SEEDS = 150, 20, 4, [0, 1, 2]
STRATEGIES = ["random", "margin", "badge", "typiclust"]


def problem_of(folder: Path, n_classes: int = CLASSES) -> Problem:
    rng = np.random.default_rng(0)
    labels = rng.integers(n_classes, size=N_POOL + N_TEST)
    vectors = rng.normal(size=(n_classes, 6))[labels] + rng.normal(size=(len(labels), 6))
    path = folder / "vectors.npy"
    np.save(path, vectors.astype(np.float32))
    return Problem(
        "toy", "toy", path, labels[:N_POOL], labels[N_POOL:], n_classes, "data", "vectors"
    )


@pytest.fixture
def replicates(tmp_path: Path) -> Replicates:
    return Replicates(problem_of(tmp_path), SEEDS)


def cell_of(strategy: str, query_size: int = 10, cycles: int = 4) -> Cell:
    return Cell("toy", "toy", "random", strategy, 8, query_size, cycles)


def test_the_test_side_plays_no_part(tmp_path: Path) -> None:
    problem = problem_of(tmp_path)
    honest = queries.measure(cell_of("badge"), Replicates(problem, SEEDS))
    vectors = np.load(problem.path)
    vectors[N_POOL:] = 1e6
    path = tmp_path / "poisoned.npy"
    np.save(path, vectors)
    poisoned = dataclasses.replace(problem, path=path, test_labels=problem.test_labels[::-1].copy())
    pd.testing.assert_frame_equal(
        queries.measure(cell_of("badge"), Replicates(poisoned, SEEDS)), honest
    )


def by_hand(cell: Cell, replicates: Replicates) -> pd.DataFrame:
    """The measures of a cell, from its records, one row after another."""
    pool, truth = replicates.pool.double().numpy(), replicates.pool_labels.numpy()
    distance = np.linalg.norm(pool[:, None] - pool, axis=2)
    near = [[j for j in np.argsort(d) if j != i][:20] for i, d in enumerate(distance)]
    remote = np.array([distance[i, near[i]].mean() for i in range(N_POOL)])
    disagree = np.array([np.mean(truth[near[i]] != truth[i]) for i in range(N_POOL)])
    rows = []
    for seed, run in run_cell(cell, replicates).groupby("seed"):
        chosen = list(run.sort_values("cycle")["chosen"])
        for cycle in range(1, cell.cycles):
            known, batch = np.concatenate(chosen[:cycle]), chosen[cycle]
            free = np.setdiff1d(np.arange(N_POOL), known)
            head = heads.get("softmax").fit(
                replicates.pool, torch.tensor(known)[None].long(),
                torch.tensor(truth[known])[None], CLASSES,
            )  # fmt: skip
            p = head.probabilities(replicates.pool)[0].double().numpy()
            top = np.sort(p, axis=1)
            margins = top[:, -1] - top[:, -2]

            def above(values: np.ndarray, i: int, free: np.ndarray = free) -> float:
                others = values[free[free != i]]
                return float(np.mean(others > values[i]) + np.mean(others == values[i]) / 2)

            gradients = []
            for i in batch:
                factor = p[i].copy()
                factor[p[i].argmax()] -= 1
                gradients.append(np.outer(factor, pool[i]).ravel())

            def cosines(vectors: list[np.ndarray]) -> float:
                units = [v / np.linalg.norm(v) for v in vectors]
                return float(np.mean([
                    a @ b for i, a in enumerate(units) for j, b in enumerate(units) if i != j
                ]))  # fmt: skip

            counts = np.bincount(truth[batch], minlength=CLASSES)
            share = counts[counts > 0] / len(batch)
            doubt = [above(margins, i) for i in batch]
            novelty = [distance[i, known].min() for i in free]
            rows.append({
                "seed": seed,
                "cycle": cycle,
                "nearest": np.mean([min(distance[i, j] for j in batch if j != i) for i in batch]),
                "doubt": np.mean(doubt),
                "boundary": np.mean([d >= 0.9 for d in doubt]),
                "typicality": np.mean([above(remote, i) for i in batch]),
                "novelty": np.mean([distance[i, known].min() for i in batch]) / np.mean(novelty),
                "disagreement": disagree[batch].mean(),
                "wrong": np.mean(p[batch].argmax(axis=1) != truth[batch]),
                "cosine": cosines([pool[i] for i in batch]),
                "gradient_cosine": cosines(gradients),
                "class_entropy": -(share * np.log(share)).sum() / np.log(min(CLASSES, len(batch))),
                "largest_class": share.max(),
                "new_classes": len(set(truth[batch]) - set(truth[known])),
            })  # fmt: skip
    return pd.DataFrame(rows)


@pytest.mark.parametrize(("strategy", "query_size"), [("margin", 10), ("badge", 3), ("random", 2)])
def test_every_measure_by_hand(
    replicates: Replicates, strategy: str, query_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = cell_of(strategy, query_size)
    # With blind batches of spread 1 each, what is left is the distance itself.
    monkeypatch.setattr(queries, "_blind_spread", lambda query, replicates: torch.ones(len(SEEDS)))
    found, expected = queries.measure(cell, replicates), by_hand(cell, replicates)
    found = found.rename(columns={"spread": "nearest"})
    assert set(found) == set(expected)
    pd.testing.assert_frame_equal(
        found, expected[list(found)], check_dtype=False, rtol=2e-3, atol=2e-4
    )


def test_a_blind_choice_has_what_blind_choices_have(tmp_path: Path) -> None:
    replicates = Replicates(problem_of(tmp_path), range(20))
    found = queries.measure(cell_of("random", 20, 6), replicates)
    assert len(found) == 20 * 5
    means = found.mean()
    for name, value in {"spread": 1, "novelty": 1, "doubt": 0.5, "typicality": 0.5}.items():
        assert means[name] == pytest.approx(value, abs=0.03)
    assert means["boundary"] == pytest.approx(0.1, abs=0.02)
    assert means["cosine"] == pytest.approx(0, abs=0.02)


def test_margin_takes_the_doubtful_and_badge_spreads_gradients(replicates: Replicates) -> None:
    means = {s: queries.measure(cell_of(s), replicates).mean() for s in STRATEGIES}
    assert means["margin"]["boundary"] == 1
    assert means["margin"]["doubt"] > means["badge"]["doubt"] > means["random"]["doubt"]
    assert means["margin"]["wrong"] > means["random"]["wrong"]
    assert means["badge"]["gradient_cosine"] < means["random"]["gradient_cosine"]


def test_batches_of_one_have_no_spread(replicates: Replicates) -> None:
    found = queries.measure(cell_of("margin", 1, 3), replicates)
    assert found[["spread", "cosine", "gradient_cosine", "class_entropy"]].isna().all(axis=None)
    assert found[["doubt", "boundary", "wrong", "novelty"]].notna().all(axis=None)
    assert (found["largest_class"] == 1).all()


def test_a_cell_without_queries_has_no_rows(replicates: Replicates) -> None:
    assert queries.measure(cell_of("margin", cycles=1), replicates).empty


def test_a_seed_does_not_depend_on_the_others(tmp_path: Path) -> None:
    problem = problem_of(tmp_path)
    together = queries.measure(cell_of("badge"), Replicates(problem, SEEDS))
    alone = queries.measure(cell_of("badge"), Replicates(problem, [2]))
    pd.testing.assert_frame_equal(
        together[together["seed"] == 2].reset_index(drop=True), alone, rtol=1e-3, atol=1e-5
    )


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=2, max_size=20), st.integers(0, 10**6))
def test_share_above_is_a_rank(values: list[int], seed: int) -> None:
    rng = np.random.default_rng(seed)
    numbers = torch.tensor([values], dtype=torch.float32)
    free = torch.ones_like(numbers, dtype=torch.bool)
    if len(values) > 3:
        free[0, rng.integers(len(values))] = False
    rows = free[0].nonzero()[:, 0]
    share = batches.share_above(numbers, free, rows[None])[0]
    # Over all unlabelled rows the mean is a half, ties or not, and order is kept.
    assert float(share.mean()) == pytest.approx(0.5)
    assert ((share >= 0) & (share <= 1)).all()
    own = numbers[0, rows]
    assert (share[own.argsort()].diff() <= 1e-12).all()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=6).filter(lambda c: sum(c) > 0))
def test_entropy_of_classes_lies_between_one_class_and_evenly_spread(counts: list[int]) -> None:
    found = float(batches.class_entropy(torch.tensor([counts]))[0])
    if len(counts) == 1 or sum(counts) == 1:
        assert np.isnan(found)
        return
    assert -1e-9 <= found <= 1 + 1e-9
    present = [c for c in counts if c]
    if len(present) == 1:
        assert found == 0
    if len(present) == len(counts) and len(set(counts)) == 1:
        assert found == pytest.approx(1)


def test_copies_have_no_spread_and_a_cosine_of_one() -> None:
    pool = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))[[0, 0, 0, 1, 2]]
    batch = torch.tensor([[0, 1, 2]])
    assert batches.spread(pool, batch).tolist() == [[0, 0, 0]]
    assert float(batches.cosine(pool, batch)) == pytest.approx(1)
    opposite = torch.tensor([[[0.9, 0.1], [0.1, 0.9], [0.1, 0.9]]])
    # Two predictions alike, the third is the other class: gradients point away from each other.
    assert float(batches.cosine(pool, batch, opposite)) == pytest.approx(-1 / 3)
