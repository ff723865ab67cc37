"""The figure of a sorted pile: all that was measured is in it, with and without savings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alutils import figures

TOLD = pd.DataFrame(
    {
        "n_labelled": [98, 195],
        "estimate": [np.nan, 0.6],
        "low": [np.nan, 0.4],
        "high": [np.nan, 0.8],
        "true": [0.5, 0.55],
    }
)
WAYS = pd.DataFrame(
    {
        "way": ["chosen", "chosen", "random", "random", "this run", "this run"],
        "n_labelled": [98, 195, 100, 400, 98, 195],
        "mean": [0.5, 0.6, 0.4, 0.65, 0.52, 0.61],
        "low": [0.48, 0.59, 0.38, 0.64, np.nan, np.nan],
        "high": [0.53, 0.62, 0.42, 0.66, np.nan, np.nan],
    }
)


@pytest.mark.parametrize(
    ("needed", "arrow"), [(340.0, "145 labels saved"), (150.0, None), (np.nan, None)]
)
def test_savings_are_named_where_there_are_any(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, needed: float, arrow: str | None
) -> None:
    monkeypatch.setenv("ALUTILS_FIGURES", str(tmp_path))
    saved = {"reached": 0.6, "n_labelled": 195.0, "needed": needed}
    figure = figures.told_and_saved(TOLD, WAYS, saved, "tcm", "story", alt="two panels", caption="")
    svg = (tmp_path / "story.svg").read_text()
    assert ("labels saved" in svg) == (arrow is not None)
    assert arrow is None or arrow in svg
    for words in "what the report said", "what was true", "drawn at random", "this run":
        assert words in svg
    data = pd.read_csv(tmp_path / "story.csv")
    assert data["panel"].value_counts().to_dict() == {"ways": 6, "told": 2}
    assert figure.alt == "two panels"


def test_an_estimate_of_all_or_nothing_has_an_interval(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("ALUTILS_FIGURES", str(tmp_path))
    saved = {"reached": 0.6, "n_labelled": 195.0, "needed": np.nan}
    whole = TOLD.assign(estimate=[0.0, 1.0], low=[1e-17, 0.6], high=[0.2, 1 - 1e-15])
    figures.told_and_saved(whole, WAYS, saved, "tcm", "story", alt="two panels", caption="")
