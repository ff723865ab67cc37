"""What pages take is what their cells took: from the store, or from the archive in force."""

from __future__ import annotations

import pandas as pd
import pytest

from alutils import effort
from alutils.page_needs import page_parameters
from tests.test_house import ROOT


@pytest.fixture
def archived(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALUTILS_ARCHIVE", str(ROOT / "data" / "results" / "offline"))


def test_pages_with_cells_say_what_these_took(archived: None) -> None:
    words = effort.effort_of_pages(ROOT, "offline")
    assert set(words) < set(page_parameters(ROOT, "offline"))
    assert "findings" not in words  # it has no cells of its own
    costs = pd.read_parquet(ROOT / "data" / "results" / "offline" / "costs.parquet")
    assert " on one core (" in words["curves"] and words["curves"].endswith(" MB")
    most = costs.loc[costs["stage"] == "cell", "peak_memory_bytes"].max() / 1e6
    assert all(float(w.split()[-2].replace(",", "")) <= most + 5 for w in words.values())
