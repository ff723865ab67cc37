"""Paired dots show every row, series and panel, with the data behind them."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alutils import figures

SERIES = {"whole": ("#222222", "o"), "part": ("#0072b2", "D")}


@pytest.mark.parametrize("n_panels", [1, 4])
def test_all_that_is_there_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_panels: int
) -> None:
    monkeypatch.setenv("ALUTILS_FIGURES", str(tmp_path))
    titles = [f"panel {i}" for i in range(n_panels)]
    rows = itertools.product(titles, ["typiclust", "kmeans"], SERIES)
    table = pd.DataFrame(rows, columns=["panel", "row", "series"])
    mean = np.linspace(-0.05, 0.05, len(table))
    table = table.assign(mean=mean, low=mean - 0.01, high=np.nan)
    figure = figures.paired_dots(table, SERIES, "p", xlabel="points", alt="Alt", caption="Found.")
    text = (figure.folder / "p.svg").read_text(encoding="utf-8")
    for words in [*titles, "TypiClust", "k-means", "whole", "part", "points"]:
        assert f"<!-- {words} -->" in text
    assert len(pd.read_csv(figure.folder / "p.csv")) == len(table)
