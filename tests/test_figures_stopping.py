"""Figures of estimates beside the truth show what is there, with the data behind them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alutils import figures

DATASETS = ["subj", "trec6", "sst2", "kjv_genres"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ALUTILS_FIGURES", str(tmp_path))
    return tmp_path


def shown(folder: Path) -> str:
    return (folder / "p.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("n", [1, 4])
def test_estimates_of_three_datasets_at_most(folder: Path, n: int) -> None:
    one_seed = pd.DataFrame(
        {"dataset": d, "n_labelled": x, "audit": 0.7, "audit_low": 0.6, "audit_high": 0.8,
         "naive": 0.5, "pile_accuracy": 0.65}
        for d in DATASETS[:n]
        for x in (100, 200)
    )  # fmt: skip
    errors = pd.DataFrame(
        {"dataset": d, "estimate": e, "n_labelled": x, "mean": 0.01, "low": np.nan, "high": 0.02}
        for d in DATASETS[:n]
        for e in ("audit", "naive", "steers")
        for x in (100, 200)
    )
    figures.estimates_beside_truth(one_seed, errors, "p", alt="Alt", caption="Found.")
    for words in ["truth", "audit", "audit that the strategy sees"]:
        assert f"<!-- {words} -->" in shown(folder)
    assert ("<!-- SST-2 -->" in shown(folder)) == (n > 2)
    assert "KJV" not in shown(folder)
    assert len(pd.read_csv(folder / "p.csv")) == len(one_seed) + len(errors)


def test_a_forecast_that_fails_has_another_colour(folder: Path) -> None:
    moments = pd.DataFrame(
        {"dataset": "subj", "seed": [0, 1, 2], "n_labelled": 100, "forecast": 0.01,
         "forecast_low": 0.0, "forecast_high": 0.02, "gain": [0.01, 0.015, 0.005]}
    )  # fmt: skip
    figures.forecasts_beside_gains(moments, "p", alt="Alt", caption="Found.")
    inside = shown(folder).count("#d55e00")
    figures.forecasts_beside_gains(moments.assign(gain=0.03), "p", alt="Alt", caption="Found.")
    assert shown(folder).count("#d55e00") > inside


def test_every_dataset_has_its_mark_beside_the_bound(folder: Path) -> None:
    changes = pd.DataFrame(
        {"dataset": DATASETS * 3, "changed": np.linspace(0, 0.3, 12), "moved": 0.01, "gain": 0.02}
    )
    figures.changes_beside_gains(changes, "p", alt="Alt", caption="Found.")
    for words in ["TREC-6", "SST-2", "KJV genres", "bound"]:
        assert f"<!-- {words} -->" in shown(folder)
    assert len(pd.read_csv(folder / "p.csv")) == 12
