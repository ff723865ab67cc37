"""The check for leaks finds leaks, and only leaks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

from alutils import loop, strategies
from alutils.cell import Cell
from alutils.datasets import Dataset
from alutils.findings import leakage, leaks, poisoned_runs
from alutils.loop import Problem, Replicates

SIZES: dict[str, Any] = {"initial_size": 6, "query_size": 5, "cycles": 3, "seeds": [0, 1]}


@pytest.fixture
def problem(tmp_path: Path) -> Problem:
    rng = np.random.default_rng(0)
    labels = np.tile(np.arange(3), 40)
    vectors = rng.normal(size=(120, 6)) + 2 * np.eye(3, 6)[labels]
    np.save(tmp_path / "vectors.npy", vectors.astype(np.float32))
    return Problem("toy", "toy", tmp_path / "vectors.npy", labels[:90], labels[90:], 3, "", "")


def test_poison_reaches_the_test_side_and_nothing_else(problem: Problem, tmp_path: Path) -> None:
    dirty = poisoned_runs.poison_test(problem, tmp_path)
    before, after = (np.load(each.path) for each in (problem, dirty))
    assert (before[:90] == after[:90]).all() and (before[90:] != after[90:]).all()
    assert np.abs(after[90:]).mean() > 10 * np.abs(before).mean()
    assert (dirty.pool_labels == problem.pool_labels).all()
    assert (dirty.test_labels != problem.test_labels).any()
    assert sorted(dirty.test_labels) == sorted(problem.test_labels)
    wrong = poisoned_runs.poison_hidden(problem, [3, 5])
    assert np.flatnonzero(wrong.pool_labels == problem.pool_labels).tolist() == [3, 5]
    assert wrong.path == problem.path


def test_honest_strategies_pass(problem: Problem, tmp_path: Path) -> None:
    which = ["random", "margin", "badge", "typiclust", "coreset"]
    found = poisoned_runs.check_all(problem, tmp_path, which=which, **SIZES)
    assert found["strategy"].tolist() == which
    assert found["initial_pool"].tolist() == ["random"] * 3 + ["typiclust", "coreset"]
    assert set(found["initial_rows"]) == {12} and set(found["query_rows"]) == {20}
    assert (found[leakage.DIFFERING] == 0).all(axis=None)
    assert found["arrived"].all()


def test_leaking_strategies_are_caught_where_they_peek(problem: Problem, tmp_path: Path) -> None:
    names = strategies.names()
    found = poisoned_runs.check_controls(problem, tmp_path, **SIZES).set_index("strategy")
    assert found.index.tolist() == list(leaks.CONTROLS)
    assert found["caught"].all()
    assert (found["test_query"] > 0).tolist() == [True, True, False]
    assert (found["hidden_query"] > 0).tolist() == [False, False, True]
    assert (found[["test_initial", "hidden_initial"]] == 0).all(axis=None)
    assert strategies.names() == names  # none of them stays


def test_a_loop_that_leaks_is_caught(
    problem: Problem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def scale_with_test(pool: torch.Tensor, test: torch.Tensor) -> tuple[torch.Tensor, ...]:
        both = torch.cat([pool, test])
        return tuple((each - both.mean(dim=0)) / both.std(dim=0) for each in (pool, test))

    monkeypatch.setattr(loop, "scale", scale_with_test)
    found = poisoned_runs.check_all(problem, tmp_path, which=["margin", "coreset"], **SIZES)
    assert (found["test_query"] > 0).all()
    assert found["test_initial"].tolist()[1] > 0


def test_a_strategy_that_differs_in_one_row_is_counted(problem: Problem, tmp_path: Path) -> None:
    class OneRow:
        name, needs_head = "one_row", False

        def __init__(self, replicates: Replicates) -> None:
            self.far = bool(replicates.test.abs().max() > 20)

        def query(self, selection: Any, k: int, streams: Any) -> torch.Tensor:
            free = [torch.nonzero(~row)[:, 0] for row in selection.labelled]
            rows = torch.stack([each[:k] for each in free])
            if self.far and selection.labelled.sum() == 12:
                rows[0, 0] = free[0][k]
            return rows

    cell = Cell("toy", "toy", "random", "one_row", 6, 5, 2)
    found = poisoned_runs.check(cell, problem, [0, 1], tmp_path, OneRow)
    assert (found["test_query"], found["hidden_query"], found["test_initial"]) == (1, 0, 0)


def test_a_name_that_is_taken_is_not_replaced(problem: Problem) -> None:
    taken = leaks.NearestToTest(Replicates(problem, [0]), name="margin")
    with pytest.raises(ValueError, match="already"), poisoned_runs.entered(taken):
        pass
    assert strategies.get("margin").name == "margin"


def tables() -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    zero = dict.fromkeys(leakage.DIFFERING, 0)
    row = {"strategy": "margin", "initial_rows": 4, "query_rows": 6, **zero, "arrived": True}
    checked = pd.DataFrame([row, {**row, "strategy": "badge"}])
    controls = pd.DataFrame({"strategy": ["peeks", "tunes"], "caught": [True, True]})
    others = pd.DataFrame({"what": ["the scale", "copies"], "passed": [True, True]})
    return checked, controls, others


def test_verdicts() -> None:
    checked, controls, others = tables()
    found = leakage.finding(checked, controls, others)
    assert found.verdict == "holds"
    assert found.numbers["compared"].value == 40 and found.numbers["differing"].value == 0
    assert "40 chosen rows of 2 strategies" in found.sentence
    leaking = checked.assign(test_query=[0, 2])
    found = leakage.finding(leaking, controls, others)
    assert found.verdict == "does not hold" and "2 differ (BADGE)" in found.sentence
    moved = others.assign(passed=[False, True])
    found = leakage.finding(checked, controls, moved)
    assert found.verdict == "does not hold" and "the scale" in found.sentence
    found = leakage.finding(checked, controls.assign(caught=[True, False]), others)
    assert found.verdict == "cannot tell" and "also catches tunes" in found.sentence
    found = leakage.finding(checked.assign(arrived=[False, True]), controls, others)
    assert found.verdict == "cannot tell" and "accuracy of Margin" in found.sentence


def test_other_ways_are_checked(
    problem: Problem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [f"word{i % 7} word{i % 11} text{i}" for i in range(120)]

    def dataset(test: list[str]) -> Dataset:
        return Dataset(
            "toy", tuple(texts[:90]), problem.pool_labels.copy(), tuple(test),
            problem.test_labels.copy(), ("a", "b", "c"), 0,
        )  # fmt: skip

    whole = dataset(texts[90:])
    found = leakage.other_ways(whole, whole, problem, tmp_path)
    assert len(found) == 4 and found["passed"].all()
    copied = dataset([texts[3].upper(), *texts[91:]])
    found = leakage.other_ways(copied, whole, problem, tmp_path)
    assert found["passed"].tolist() == [True, True, True, False]
    assert found["result"].iloc[3].startswith("1 of 30 ")

    def careless(self: Any, given: Any) -> np.ndarray:
        self.pool_texts = given
        model = self._fit()
        return model.transform(given).astype(np.float32)

    monkeypatch.setattr(leakage.Lsa, "vectors", careless)
    monkeypatch.setattr(leakage, "scale", lambda pool, test: (pool + test.mean(),))
    found = leakage.other_ways(whole, whole, problem, tmp_path)
    assert found["passed"].tolist() == [False, False, True, True]


def test_contaminated_pairs_come_from_the_catalogue() -> None:
    found = leakage.trained_on().set_index("dataset")
    assert "nv_embed_v2" in found.loc["banking77", "embedders"]
    assert found["basis"].str.len().gt(10).all()
