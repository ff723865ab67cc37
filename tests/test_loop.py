"""The loop on real texts, against a slow one that a reader can check by eye."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from alutils import datasets, embedders, heads, loop, strategies
from alutils.cell import Cell
from alutils.errors import UserError
from alutils.loop import Problem, Replicates, run_cell
from alutils.statistics import METRICS
from alutils.streams import stream

CELL = Cell("icd10_chapters", "hashing", "random", "margin", 20, 10, 4, 300, 100)


@pytest.fixture(scope="module")
def problem() -> Problem:
    dataset = datasets.load(CELL.dataset).sample(CELL.pool_size, CELL.test_size)
    embedded = embedders.embed(dataset, [CELL.embedder])[CELL.embedder]
    return Problem(
        CELL.dataset,
        CELL.embedder,
        embedded.path,
        dataset.pool_labels,
        dataset.test_labels,
        len(dataset.classes),
        dataset.fingerprint,
        embedded.fingerprint,
    )


def choices(records: pd.DataFrame, seed: int) -> list[np.ndarray]:
    return list(records.loc[records["seed"] == seed, "chosen"])


def test_curve_agrees_with_scikit_learn_trained_on_the_same_rows(problem: Problem) -> None:
    records = run_cell(CELL, Replicates(problem, [0, 1]))
    vectors = np.load(problem.path).astype(np.float64)
    pool, test = vectors[: CELL.pool_size], vectors[CELL.pool_size :]
    mean = pool.mean(axis=0)
    root = np.sqrt(((pool - mean) ** 2).mean())
    pool, test = (pool - mean) / root, (test - mean) / root
    for seed in (0, 1):
        rows = np.array([], dtype=int)
        run = records[records["seed"] == seed]
        for _, record in run.iterrows():
            rows = np.concatenate([rows, record["chosen"]])
            labels = problem.pool_labels[rows]
            head = LogisticRegression(C=0.1, tol=1e-8, max_iter=10_000).fit(pool[rows], labels)
            # A point on the boundary may fall to either side: one of the hundred may differ.
            expected = head.score(test, problem.test_labels)
            assert record["accuracy"] == pytest.approx(expected, abs=0.0101)
            assert record["class_counts"].tolist() == np.bincount(labels, minlength=22).tolist()
            assert record["n_labelled"] == len(rows) == len(set(rows))


def test_nothing_that_selects_sees_the_test_side(problem: Problem, tmp_path: Path) -> None:
    vectors = np.load(problem.path)
    poison = np.random.default_rng(0)
    n_pool = len(problem.pool_labels)
    vectors[n_pool:] = poison.normal(size=vectors[n_pool:].shape) * 100
    np.save(tmp_path / "poisoned.npy", vectors)
    poisoned = replace(
        problem,
        path=tmp_path / "poisoned.npy",
        test_labels=poison.permutation(problem.test_labels),
    )
    for name in strategies.names():
        initial = name if name in strategies.head_free_names() else "random"
        cell = replace(CELL, strategy=name, initial_pool=initial, cycles=3)
        clean, dirty = (run_cell(cell, Replicates(p, [0])) for p in (problem, poisoned))
        for a, b in zip(clean["chosen"], dirty["chosen"], strict=True):
            assert a.tolist() == b.tolist(), name
        assert clean["accuracy"].tolist() != dirty["accuracy"].tolist()


@pytest.mark.parametrize("name", strategies.names())
def test_a_seed_does_not_depend_on_its_company(problem: Problem, name: str) -> None:
    cell = replace(CELL, strategy=name)
    together = run_cell(cell, Replicates(problem, [0, 1, 2]))
    alone = run_cell(cell, Replicates(problem, [1]))
    for a, b in zip(choices(together, 1), choices(alone, 1), strict=True):
        assert a.tolist() == b.tolist()
    there = together.loc[together["seed"] == 1, METRICS].to_numpy()
    np.testing.assert_allclose(there, alone[METRICS].to_numpy(), atol=1e-6)


def test_same_seed_same_initial_pool_whatever_the_strategy(problem: Problem) -> None:
    first, second = (
        run_cell(replace(CELL, strategy=name, cycles=1), Replicates(problem, [0, 1]))
        for name in ("margin", "coreset")
    )
    for a, b in zip(first["chosen"], second["chosen"], strict=True):
        assert a.tolist() == b.tolist()
    assert first["chosen"][0].tolist() != first["chosen"][1].tolist()


def test_the_whole_pool_can_be_labelled(problem: Problem) -> None:
    cell = replace(CELL, initial_size=100, query_size=100, cycles=3)
    records = run_cell(cell, Replicates(problem, [0]))
    assert records["n_labelled"].tolist() == [100, 200, 300]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"query_size": 200}, "need 620 pool texts, but there are 300"),
        ({"initial_pool": "badge"}, "cannot choose the initial pool"),
        ({"strategy": "bagde"}, "did you mean 'badge'"),
        ({"cycles": 0}, "cycles must be at least 1"),
        ({"head": "sofmax"}, "no head 'sofmax'"),
    ],
)
def test_a_cell_that_cannot_be_run_is_refused(
    problem: Problem, change: dict[str, object], message: str
) -> None:
    with pytest.raises(UserError, match=message):
        run_cell(replace(CELL, **change), Replicates(problem, [0]))  # type: ignore[arg-type]


def test_every_draw_is_named_by_purpose_dataset_and_seed(
    problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[tuple[str, str, int]] = []

    def spy(purpose: str, dataset: str, seed: int) -> np.random.Generator:
        opened.append((purpose, dataset, seed))
        return stream(purpose, dataset, seed)

    monkeypatch.setattr(loop, "stream", spy)
    run_cell(replace(CELL, strategy="random", cycles=3), Replicates(problem, [3, 5]))
    purposes = ("initial pool", "query 1", "query 2")
    assert opened == [(p, "icd10_chapters", seed) for p in purposes for seed in (3, 5)]


def test_records_come_by_seed_then_cycle_with_seconds_per_seed(
    problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = iter([0.0, 4.0, 14.0] * 2)  # choosing takes 4 s, fitting 10 s, for two seeds together
    monkeypatch.setattr(loop, "time", SimpleNamespace(perf_counter=lambda: next(ticks)))
    records = run_cell(replace(CELL, cycles=2), Replicates(problem, [0, 1]))
    order = list(records[["seed", "cycle"]].itertuples(index=False, name=None))
    assert order == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert set(records["query_seconds"]) == {2.0} and set(records["fit_seconds"]) == {5.0}


def test_a_strategy_sees_the_last_head_and_only_the_labels_it_asked_for(
    problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[strategies.Selection] = []
    started: list[Any] = []
    select, fit = strategies.select, heads.SoftmaxRegression.fit

    def spy_select(name: str, selection: strategies.Selection, *rest: Any) -> Any:
        seen.append(selection)
        return select(name, selection, *rest)

    def spy_fit(self: Any, *given: Any, warm: Any = None) -> Any:
        started.append(warm)
        return fit(self, *given, warm=warm)

    monkeypatch.setattr(strategies, "select", spy_select)
    monkeypatch.setattr(heads.SoftmaxRegression, "fit", spy_fit)
    run_cell(replace(CELL, cycles=3), Replicates(problem, [0, 1]))
    for cycle, selection in enumerate(seen):
        known = selection.labels.numpy()
        truth = np.broadcast_to(problem.pool_labels, known.shape)
        assert (known >= 0).sum(axis=1).tolist() == [[0, 0], [20, 20], [30, 30]][cycle]
        assert (known[known >= 0] == truth[known >= 0]).all()
        assert (selection.labelled.numpy() == (known >= 0)).all()
        assert (selection.head is None) == (cycle == 0)
        assert started[cycle] is selection.head  # each fit starts from the last one
