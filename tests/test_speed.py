"""What the page on speed says, from small measurements made by hand."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import nbformat
import numpy as np
import pandas as pd
import pytest

from alutils import figures, inputs, speed
from alutils.book import gate, run_notebook
from alutils.errors import UserError
from alutils.figures import timings

ROOT = Path(__file__).parent.parent
ABOUT = {
    "kind": "quick",
    "date": "2001-02-03",
    "git": None,
    "python": "3.11",
    "packages": dict.fromkeys(["torch", "scikit-learn", "scikit-activeml", "small-text"], "1"),
    "machine": {"platform": "Linux", "processor": "one", "cores": 2, "memory_bytes": 2**30},
    "peak_flops": 1e9,
    "peak_bandwidth": 1e9,
    "limit_seconds": 120.0,
    "limit_memory_bytes": 2**30,
}


def row(item: str, system: str, seconds: float | None, **other: Any) -> dict[str, Any]:
    sizes = {"rows": 1000, "dim": 8, "classes": 3, "labelled": 10, "query_size": 5}
    usual = {"task": "strategy", "part": "query", "implementation": "X", "note": ""}
    measured = {"seconds": seconds, "fastest": seconds, "slowest": seconds, "repeats": 1}
    unknown = dict.fromkeys(["memory_bytes", "flops", "bytes"])
    given = {"item": item, "system": system, "replicates": 10 if system == "alutils" else 1}
    return {**usual, **sizes, **measured, **unknown, **given, **other}


ROWS = [
    # the arithmetic of badge needs 1 ms, its traffic 2 ms, of typiclust 1 ms and once 4 ms
    row("badge", "alutils", 0.004, flops=1e6, bytes=2e6, memory_bytes=3e6),
    row("badge", "scikit-activeml", 8.0),
    row("badge", "small-text", None, note="out of memory"),
    row("typiclust", "alutils", 0.002, flops=1e6, bytes=0, memory_bytes=5e6),
    row("typiclust", "alutils", 0.008, part="once per pool", flops=4e6, bytes=0),
    row("typiclust", "scikit-activeml", 0.005, note="returned 4 distinct rows of 5"),
    row("margin", "alutils", 0.001),
    row("badge", "alutils", 0.04, rows=2000),
    row("badge", "scikit-activeml", None, rows=2000, note="over 120 s"),
    row("head", "alutils", 0.002, task="head", labelled=100),
    row("head", "scikit-learn", 0.006, task="head", labelled=100),
    row("badge", "alutils", 2.0, task="run", note="20 cycles"),
    row("badge", "scikit-activeml", 50.0, task="run", note="one seed"),
    row("margin", "alutils", 0.01, task="growth", rows=10_000),
    row("margin", "alutils", 0.1, task="growth", rows=100_000),
]


def compared(task: str = "strategy") -> pd.DataFrame:
    return speed.compare(speed.of(ABOUT, ROWS), task)


def test_ratios_and_limits_by_hand() -> None:
    table = compared().set_index(["rows", "item", "system"])
    assert len(table) == 8  # what is spent once per pool is a column, not a row
    badge, theirs, failed = (
        table.loc[(1000, "badge", s)] for s in ("alutils", "scikit-activeml", "small-text")
    )
    assert (badge["ratio"], theirs["ratio"]) == (1, pytest.approx(2000))
    assert np.isnan(failed["ratio"])
    assert badge["least"] == pytest.approx(0.002)  # the longer of 1 ms and 2 ms
    assert badge["over_least"] == pytest.approx(2)
    clusters = table.loc[(1000, "typiclust", "alutils")]
    assert clusters["whole"] == pytest.approx(0.010)
    assert clusters["ratio"] == 1
    assert clusters["least"] == pytest.approx(0.005)
    assert clusters["over_least"] == pytest.approx(2)
    # a peer is compared with the whole, so that clustering once is no way to look fast
    assert table.loc[(1000, "typiclust", "scikit-activeml"), "ratio"] == pytest.approx(0.5)
    assert np.isnan(table.loc[(1000, "margin", "alutils"), "least"])
    # each shape is compared with ours of the same shape
    assert np.isnan(table.loc[(2000, "badge", "scikit-activeml"), "ratio"])
    assert compared("run")["ratio"].tolist() == [1, pytest.approx(25)]


def test_a_kept_part_without_a_model_has_no_limit() -> None:
    rows = [
        row("typiclust", "alutils", 0.002, flops=1e6, bytes=0),
        row("typiclust", "alutils", 0.008, part="once per pool"),
    ]
    assert speed.compare(speed.of(ABOUT, rows), "strategy")["least"].isna().all()


def test_table_for_reading() -> None:
    small = compared().query("rows == 1000")
    table = figures.speed_table(small).set_index("strategy")
    assert table.loc["BADGE"].to_dict() == {
        "ours, ms": "4.00",
        "ours / least possible": "2 ×",
        "once per pool, ms": "",
        "memory, MB": "3",
        "scikit-activeml, ms": "8,000",
        "scikit-activeml / ours": "2,000 ×",
        "small-text, ms": "out of memory",
    }
    assert table.loc["TypiClust", "once per pool, ms"] == "8.00"
    assert table.loc["TypiClust", "scikit-activeml, ms"] == "5.00 (returned 4 distinct rows of 5)"
    assert table.loc["Margin"].to_dict() | {"ours, ms": ""} == dict.fromkeys(table.columns, "")
    heads = figures.speed_table(compared("head"), "labelled")
    assert heads.iloc[0].to_dict() == {
        "labelled": "100",
        "ours, ms": "2.00",
        "scikit-learn, ms": "6.00",
        "scikit-learn / ours": "3 ×",
    }


def test_figure_shows_every_time_and_every_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[plt.Figure] = []
    monkeypatch.setattr(timings, "save", lambda figure, *_, **__: kept.append(figure))
    figures.costs(compared(), "x", alt="a", caption="c")
    left, right = kept[0].axes
    assert left.get_title() == "1,000 texts\n8 dimensions, 3 classes"
    names = [label.get_text() for label in left.get_yticklabels()]
    assert names == ["Margin", "BADGE", "TypiClust"]  # the cheapest on top
    assert left.get_ylim()[0] > left.get_ylim()[1]
    points = [(line.get_xdata()[0], names[round(line.get_ydata()[0])]) for line in left.lines]
    times = [0.004, 8.0, 24.0, 0.01, 0.005, 0.001]  # 24 is the edge
    assert sorted(points) == sorted(
        [
            *zip(times, ["BADGE"] * 3 + ["TypiClust"] * 2 + ["Margin"], strict=True),
            (0.002, "BADGE"),
            (0.005, "TypiClust"),
        ]
    )
    assert [text.get_text() for text in left.texts] == ["out of memory"]
    assert [text.get_text() for text in right.texts] == ["over 120 s"]
    figures.growth(compared("growth"), "x", alt="a", caption="c")
    (line,) = kept[1].axes[0].lines
    assert (line.get_xdata().tolist(), line.get_ydata().tolist()) == ([1e4, 1e5], [0.01, 0.1])
    plt.close("all")


def written(path: Path, rows: list[dict[str, Any]] = ROWS) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"about": ABOUT, "rows": rows}))
    return path


def test_the_full_measurement_is_preferred(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALUTILS_PROJECT", str(tmp_path))
    with pytest.raises(UserError, match=r"cannot read .*quick\.json.*make bench"):
        speed.read()
    written(tmp_path / "data/benchmarks/quick.json", ROWS[:1])
    assert len(speed.read().rows) == 1
    written(tmp_path / "data/benchmarks/full.json")
    assert len(speed.read().rows) == len(ROWS)
    assert len(speed.read("data/benchmarks/quick.json").rows) == 1
    monkeypatch.delenv("ALUTILS_PROJECT")
    monkeypatch.chdir(tmp_path)
    assert len(speed.read().rows) == len(ROWS)


def test_the_record_of_a_page_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALUTILS_FIGURES", str(tmp_path))
    content = written(tmp_path / "mine.json").read_bytes()
    speed.read(str(tmp_path / "mine.json"))
    digest = hashlib.sha256(content).hexdigest()
    assert inputs.noted(tmp_path) == {"measurements": {"mine.json": [digest]}}


@pytest.mark.parametrize("text", ["", "[]", '{"about": {}}', '{"about": 3, "rows": []}'])
def test_a_file_without_measurements_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "mine.json").write_text(text)
    with pytest.raises(UserError, match=r"mine\.json holds no measurements"):
        speed.read(str(tmp_path / "mine.json"))


def page(path: Path) -> str:
    outputs = [o for cell in nbformat.read(path, 4).cells for o in cell.get("outputs", [])]
    kinds = [output.get("data", {}) for output in outputs]
    return "\n".join(data.get("text/markdown") or data.get("text/html", "") for data in kinds)


def test_the_page_of_a_measurement(tmp_path: Path) -> None:
    made = run_notebook(
        ROOT / "notebooks" / "speed.py",
        {"results": str(written(tmp_path / "mine.json"))},
        tmp_path / "out" / "speed.ipynb",
    )
    assert gate.problems(made) == []
    text = page(made)
    assert "**quick** measurement of 2001-02-03, commit unknown" in text
    assert "Of 2 comparisons, ours takes less in 1" in text
    assert "The peer is faster in 1: TypiClust in scikit-activeml." in text
    assert "No result: BADGE in small-text (out of memory). One" in text
    assert "No result: BADGE in scikit-activeml (over 120 s). One" in text
    assert "**25 ×** as long" in text
    assert "At 100,000 texts: Margin 0.10 s." in text
    assert "to the power of 1.00 (Margin)" in text


def test_the_page_finds_the_projects_file_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # the checkout's own code, from this folder too
    monkeypatch.chdir(tmp_path)
    made = run_notebook(ROOT / "notebooks" / "speed.py", {}, tmp_path / "speed.ipynb")
    assert gate.problems(made) == []
    assert f"measurement of {json.loads(newest().read_text())['about']['date']}" in page(made)


def newest() -> Path:
    folder = ROOT / "data" / "benchmarks"
    return next(path for name in ("full", "quick") if (path := folder / f"{name}.json").exists())
