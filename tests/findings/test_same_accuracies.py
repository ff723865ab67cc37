"""Only what is alike in every run is called one result."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd

from alutils.findings.same_accuracies import same_accuracies


def test_one_run_that_differs_makes_two_results() -> None:
    keys = itertools.product(["margin", "tcm", "badge"], ["d1", "d2"], range(3))
    runs = pd.DataFrame(keys, columns=["strategy", "dataset", "seed"])
    runs = runs.assign(accuracy=np.tile(np.linspace(0.5, 0.6, 6), 3))
    apart = (runs["strategy"] == "badge") & (runs["dataset"] == "d2") & (runs["seed"] == 2)
    runs.loc[apart, "accuracy"] += 1e-4
    runs.loc[runs["strategy"] == "tcm", "accuracy"] += 1e-14  # rounding
    assert same_accuracies(runs, "strategy", ["dataset", "seed"]) == [("margin", "tcm")]
