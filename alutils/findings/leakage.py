"""Leakage: no choice may change when what it must not see is replaced.

A run is made twice: as it is, and with the test side poisoned (its vectors replaced by random
numbers, its labels permuted) or with every label that no choice has paid for made wrong. Whoever
chooses without looking there chooses the same rows. Strategies that do look are run too, as a
check of the check.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
import torch

from alutils import catalogue, datasets, quality, strategies
from alutils.datasets import Dataset
from alutils.datasets.assembly import comparable
from alutils.embedders.classical import Lsa
from alutils.execution import run_tasks
from alutils.figures.style import names
from alutils.findings.finding import Finding, Number, Verdict
from alutils.findings.poisoned_runs import check_all, check_controls, poison_test
from alutils.heads import scale
from alutils.inputs import note
from alutils.loop import Problem
from alutils.study import Grid, open_problems


def examine(
    dataset: str,
    embedder: str,
    which: Sequence[str],
    initial_size: int,
    query_size: int,
    cycles: int,
    seeds: int,
    pool_size: int | None,
    test_size: int | None,
) -> tuple[Problem, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Make all checks on one dataset under one embedder.

    Parameters
    ----------
    dataset, embedder, initial_size, query_size, cycles, seeds, pool_size, test_size
        As in `alutils.study.Grid`.
    which : sequence of str
        Strategies to check.

    Returns
    -------
    tuple
        The problem, and what `check_all`, `check_controls` and `other_ways` returned.
    """
    sizes = {"initial_size": initial_size, "query_size": query_size, "cycles": cycles}
    grid = Grid(
        datasets=[dataset],
        embedders=[embedder],
        strategies=list(which),
        seeds=seeds,
        pool_size=pool_size,
        test_size=test_size,
        **sizes,
    )
    (problem,) = open_problems(grid.cells()).values()
    whole = datasets.load(dataset)
    note("datasets", [(dataset, whole.fingerprint)])

    def make(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
        return (
            check_all(problem, folder, which=which, seeds=range(seeds), **sizes),
            check_controls(problem, folder, seeds=range(seeds), **sizes),
            other_ways(whole, whole.sample(pool_size, test_size), problem, folder),
        )

    with TemporaryDirectory() as name:
        # As cells are run, on one thread: on problems this small, threads wait for each other.
        (found,) = run_tasks(make, [Path(name)], workers=1)
    return problem, *found


def answer(parameters: Mapping[str, Any]) -> Finding:
    """Make all checks with the parameters of the page, and say what they came to."""
    given = dict(parameters)
    which = given.pop("strategies") or strategies.names()
    return finding(*examine(which=which, **given)[1:])


DIFFERING = ["test_initial", "test_query", "hidden_initial", "hidden_query"]


def finding(checked: pd.DataFrame, controls: pd.DataFrame, others: pd.DataFrame) -> Finding:
    """Say whether all that selects or tunes is blind to what it must not see.

    Parameters
    ----------
    checked : pandas.DataFrame
        As returned by `check_all`.
    controls : pandas.DataFrame
        As returned by `check_controls`.
    others : pandas.DataFrame
        As returned by `other_ways`.

    Returns
    -------
    Finding
        There is no sampling here and no interval: it holds when not one row differs and nothing
        else has moved; it does not hold when one has; and nobody can tell when a control gets
        through or the poison has not reached the measures.
    """
    compared = int(2 * checked[["initial_rows", "query_rows"]].to_numpy().sum())
    differing = int(checked[DIFFERING].to_numpy().sum())
    caught = int(controls["caught"].sum())
    missed = controls.loc[~controls["caught"].astype(bool), "strategy"]
    unreached = checked.loc[~checked["arrived"].astype(bool), "strategy"]
    moved = others.loc[~others["passed"].astype(bool), "what"]
    verdict: Verdict = "holds"
    if differing or len(moved):
        verdict = "does not hold"
    elif len(missed) or len(unreached) or not len(checked):
        verdict = "cannot tell"
    leaking = checked.loc[checked[DIFFERING].sum(axis=1) > 0, "strategy"]
    sentence = (
        f"{compared:,} chosen rows of {len(checked)} strategies were compared with those chosen "
        "while the test side was poisoned or hidden labels were wrong; "
        f"{differing:,} differ{f' ({names(leaking)})' if len(leaking) else ''}. "
        f"The check catches {caught} of {len(controls)} strategies that leak by design"
    )
    if len(moved):
        sentence += f". Not as it should be: {'; '.join(moved)}"
    if len(missed):
        sentence += f". Needed: a check that also catches {names(missed)}"
    if len(unreached):
        sentence += f". Needed: a poison that moves the accuracy of {names(unreached)}"
    return Finding(
        question="Is everything that selects or tunes blind to the test side?",
        verdict=verdict,
        sentence=f"{sentence}.",
        test="Equality of every chosen row, one by one; unit: one chosen row. Nothing is "
        "estimated, so there is no interval.",
        change="A strategy that reads the test side by a way of its own, past what the loop hands "
        "to it, and only on other data than these; or an embedder that was trained on the test "
        "texts, which no check of choices can see.",
        numbers={
            "compared": Number("chosen rows compared", compared, kind="amount"),
            "differing": Number("chosen rows that differ", differing, kind="amount"),
            "caught": Number("leaking strategies caught", caught, kind="amount"),
        },
    )


def other_ways(whole: Dataset, dataset: Dataset, problem: Problem, folder: Path) -> pd.DataFrame:
    """Check the other ways by which the test side could reach a choice or a tuned number.

    Parameters
    ----------
    whole : Dataset
        All texts, to look for some that are on both sides.
    dataset : Dataset
        The sample of it that is embedded.
    problem : Problem
        That sample under one embedder.
    folder : pathlib.Path
        Where poisoned vectors are written.

    Returns
    -------
    pandas.DataFrame
        ``what`` could leak, ``prevented`` by what, ``result`` of the check in words, ``passed``.
    """
    dirty = poison_test(problem, folder)
    n_pool = len(problem.pool_labels)
    pools = []
    for one in (problem, dirty):
        vectors = torch.tensor(np.load(one.path, allow_pickle=False))
        pools.append(scale(vectors[:n_pool], vectors[n_pool:])[0])
    moved = int((pools[0] != pools[1]).any(dim=1).sum())

    # As the store has it measured; there is no other way in that takes a whole problem.
    measures = [quality._measure(one)[1] for one in (problem, dirty)]
    changed = [name for name in measures[0] if measures[0][name] != measures[1][name]]

    dim = catalogue.embedder_entry("lsa").dim or 256
    nonsense = tuple(f"nonsense{row} word{row}" for row in range(len(dataset.test_texts)))
    fitted = [Lsa(dataset.pool_texts, dim) for _ in range(2)]
    texts = [(*dataset.pool_texts, *test) for test in (dataset.test_texts, nonsense)]
    embedded = [lsa.vectors(each)[:n_pool] for lsa, each in zip(fitted, texts, strict=True)]
    turned = int((embedded[0] != embedded[1]).any(axis=1).sum())

    pool = {comparable(text) for text in whole.pool_texts}
    shared = sum(comparable(text) in pool for text in whole.test_texts)
    rows = [
        (
            "the scale of the embeddings",
            "mean and root mean square are those of the pool",
            f"{moved:,} of {n_pool:,} scaled pool vectors change when the test side is poisoned",
            moved == 0,
        ),
        (
            "an embedder that is fitted (LSA)",
            "it is fitted on the texts of the pool alone",
            f"{turned:,} of {n_pool:,} pool vectors change when the test texts are replaced",
            turned == 0,
        ),
        (
            "the measured quality of an embedding",
            "it is measured on the pool alone",
            f"{len(changed)} of {len(measures[0])} measures change when the test side is poisoned",
            not changed,
        ),
        (
            "texts that are in both the pool and the test side",
            "they are left out of the pool, up to white space and letter case",
            f"{shared:,} of {len(whole.test_texts):,} test texts are in the pool too",
            shared == 0,
        ),
    ]
    return pd.DataFrame(rows, columns=["what", "prevented", "result", "passed"])


def trained_on() -> pd.DataFrame:
    """List the pairs of the catalogue whose embedder has seen the dataset's labels in training.

    Returns
    -------
    pandas.DataFrame
        ``dataset``, ``embedders`` (a list of names) and ``basis``, how that is known; one row for
        each dataset that has such an embedder.
    """
    entries = [catalogue.dataset_entry(name) for name in catalogue.dataset_names()]
    rows = [
        (entry.name, list(entry.trained_on_by), entry.trained_on_basis)
        for entry in entries
        if entry.trained_on_by
    ]
    return pd.DataFrame(rows, columns=["dataset", "embedders", "basis"])
