"""The figures about quality draw what they are given, however much or little that is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alutils import figures


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ALUTILS_FIGURES", str(tmp_path))
    return tmp_path


def rows(**levels: list[object]) -> pd.DataFrame:
    return pd.MultiIndex.from_product(levels.values(), names=list(levels)).to_frame(index=False)


@pytest.mark.parametrize("n", [1, 9])
@pytest.mark.parametrize("strategies", [["margin"], ["margin", "badge", "tcm", "coreset", "bald"]])
def test_leads_and_rises(folder: Path, n: int, strategies: list[str]) -> None:
    each = rows(
        strategy=["random", *strategies],
        dataset=[f"d{i}" for i in range(n)],
        embedder=["lsa", "minilm"],
    )
    each = each.assign(quality=np.linspace(0.5, 0.9, len(each)), aulc=0.6, lead=0.01)
    each.loc[each["strategy"] == "random", "lead"] = np.nan
    means = each.groupby(["strategy", "embedder"])[["quality", "aulc", "lead"]].mean()
    means = means.assign(low=means["lead"] - 0.01, high=np.nan if n == 1 else 0.02).reset_index()
    figures.lead_by_quality(each, means, "leads", alt="a", caption="c")
    data = pd.read_csv(folder / "leads.csv")
    assert len(data) == len(each) + len(means)
    assert (folder / "leads.svg").stat().st_size > 1000

    apart = rows(strategy=strategies, dataset=[f"d{i}" for i in range(n)])
    apart = apart.assign(mean=0.01, low=np.nan, high=np.nan)
    whole = pd.DataFrame({"strategy": strategies, "mean": 0.01})
    whole = whole.assign(low=0, high=0.02, low_fixed=np.nan, high_fixed=np.nan)
    figures.rise_by_dataset(apart, whole, "rises", xlabel="x", alt="a", caption="c")
    assert len(pd.read_csv(folder / "rises.csv")) == len(apart) + len(strategies)


def test_correlations_without_interval_or_value(folder: Path) -> None:
    table = rows(
        kind=["within datasets", "across datasets"],
        outcome=["AULC", "gain"],
        strategy=["random", "margin"],
        initial_size=[20, 50],
    ).assign(mean=0.5, low=np.nan, high=np.nan)
    table.loc[table["strategy"] == "margin", "mean"] = np.nan
    figures.correlation_by_size(table, "sizes", strong=0.7, alt="a", caption="c")
    assert len(pd.read_csv(folder / "sizes.csv")) == len(table)
