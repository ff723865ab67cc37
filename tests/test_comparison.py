"""Two sides of a comparison, from the published archive: what is the same, and what is not."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from alutils import archive, cli, comparison, statistics
from alutils.archive import CELL_FIELDS
from alutils.cell import Cell
from alutils.comparison import Side, compare, read_side
from alutils.comparison.side import KEPT
from alutils.comparison.words import summary
from alutils.errors import UserError
from alutils.results import Provenance, ResultsStore
from tests.archives import forge
from tests.book_parts import REPOSITORY

ARCHIVE = REPOSITORY / "data" / "results" / "offline"


@pytest.fixture(scope="module")
def records() -> pd.DataFrame:
    everything = archive.read(ARCHIVE).records
    kept = everything["dataset"].isin(["kjv_genres", "trec6"]) & (everything["cycles"] == 16)
    return everything.loc[kept & everything["embedder"].isin(["lsa", "minilm"]), KEPT]


def side(records: pd.DataFrame, name: str = "some", **more: Any) -> Side:
    return Side(name, "a test", {}, records.reset_index(drop=True), **more)


def shifted(records: pd.DataFrame, strategy: str, by: float, noise: float = 0.0) -> pd.DataFrame:
    """Move the accuracy of a strategy on TREC-6 under MiniLM, each seed by its own amount."""
    here = (records["strategy"] == strategy) & (records["dataset"] == "trec6")
    here &= records["embedder"] == "minilm"
    own = np.random.default_rng(0).normal(by, noise, 10)
    return records.assign(accuracy=records["accuracy"] + here * own[records["seed"].to_numpy()])


def test_the_same_results_are_said_to_be_the_same(records: pd.DataFrame) -> None:
    noisy = records.assign(accuracy=records["accuracy"] + 4e-6)
    found = compare(side(records, rounded=True), side(noisy))
    assert found.cells["same"].all() and len(found.cells) == 48
    assert summary(found, "accuracy") == [
        "All 48 cells that both have agree in all 5 metrics of every cycle and seed that both "
        "have, to five decimals."
    ]
    assert not compare(side(records), side(noisy)).cells["same"].any()


def test_differences_are_paired_by_seed(records: pd.DataFrame) -> None:
    moved = shifted(records, "badge", 0.004, 0.002)
    found = compare(side(records), side(moved[moved["seed"] < 7]))
    first = found.cells.iloc[0]
    assert (first["strategy"], first["dataset"], first["seeds"]) == ("badge", "trec6", 7)
    own = np.random.default_rng(0).normal(0.004, 0.002, 10)[:7]
    assert first["mean"] == pytest.approx(own.mean())
    half = stats.t.ppf(0.975, 6) * own.std(ddof=1) / np.sqrt(7)
    assert first["high"] - first["mean"] == pytest.approx(half)
    assert first["p"] == pytest.approx(stats.ttest_1samp(own, 0).pvalue)
    (said,) = summary(found, "accuracy")
    assert said.startswith("1 of 48 cells that both have differ")
    assert "1 cannot be luck at the 5 % level; the clearest is BADGE on TREC-6, MiniLM." in said


def test_luck_is_not_called_a_difference(records: pd.DataFrame) -> None:
    rng = np.random.default_rng(2)
    runs = records.groupby([*CELL_FIELDS, "seed"], dropna=False, sort=False).ngroup()
    luck = rng.normal(0, 0.01, runs.max() + 1)[runs]
    found = compare(side(records), side(records.assign(accuracy=records["accuracy"] + luck)))
    (said,) = summary(found, "accuracy")
    assert said.startswith("48 of 48") and "none can be told from luck" in said
    assert 0 < (found.cells["p"] < 0.05).sum() < 10


def test_cells_of_one_only_are_named(records: pd.DataFrame, tmp_path: Path) -> None:
    a, b = records[records["strategy"] != "tcm"], records[records["dataset"] == "trec6"]
    found = compare(side(a), side(b))
    assert set(found.only_a["dataset"]) == {"kjv_genres"} and len(found.only_a) == 22
    assert set(found.only_b["strategy"]) == {"tcm"} and len(found.only_b) == 2
    page = comparison.write_page(tmp_path / "x.html", side(a), side(b), found, "accuracy")
    text = page.read_text()
    assert "22 cells are in A only" in text and "Random → TCM" in text


def test_where_sizes_differ_gains_are_compared(records: pd.DataFrame) -> None:
    other = records.assign(pool_size=None, cycles=8)[records["cycle"] < 8]
    other = shifted(other, "margin", 0.05)
    a, b = side(records), side(other)
    found = compare(a, b)
    assert found.cells.empty and len(found.gains) == 44
    first = found.gains.iloc[0]
    assert (first["strategy"], first["dataset"], first["embedder"]) == ("margin", "trec6", "minilm")
    gains = []
    for table in records, other:
        areas = statistics.aulc(
            table[(table["dataset"] == "trec6") & (table["embedder"] == "minilm")]
        )
        gain = statistics.paired_differences(areas, "aulc", "strategy", "random")
        gains.append(gain.loc[gain["strategy"] == "margin", "difference"])
    expected = stats.ttest_ind(gains[1], gains[0], equal_var=False)
    assert first["p"] == pytest.approx(expected.pvalue)
    assert first["low"] == pytest.approx(expected.confidence_interval().low)
    assert "without pairing" in summary(found, "accuracy")[1]


def test_one_seed_is_not_judged(records: pd.DataFrame) -> None:
    one = records[records["seed"] == 0]
    (said,) = summary(compare(side(one), side(shifted(one, "badge", 0.1))), "accuracy")
    assert said.endswith("nobody can say whether that is more than luck.")


class Checked(HTMLParser):
    """What would be fetched, and whether tables and figures have what they need."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.names: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag != "a":  # where a link leads is fetched by whoever follows it
            self.fetched += [
                v for k, v in attrs if k in ("src", "href", "xlink:href") and v and v[0] != "#"
            ]
        if tag == "div" and ("role", "img") in attrs:
            self.names.append(dict(attrs)["aria-label"] or "")


def test_the_page_stands_alone_and_shows_what_differs(
    records: pd.DataFrame, tmp_path: Path
) -> None:
    a = side(records, "<b>a</b>", made_of={"code x": "1", "Python": "3.11", "texts t": "y"})
    b = side(
        shifted(records, "badge", 0.004, 0.002), "b", made_of={"code x": "2", "Python": "3.11"}
    )
    path = comparison.write_page(tmp_path / "page.html", a, b, compare(a, b), "accuracy")
    text = path.read_text()
    page = Checked()
    page.feed(text)
    assert page.fetched == [] and "script" not in page.tags
    assert page.tags.count("svg") == 1 and page.tags.count("caption") == page.tags.count("table")
    assert "<h1>&lt;b&gt;a&lt;/b&gt; beside b</h1>" in text
    assert '<th scope="row">code x</th><td>1</td><td>2</td><td><mark>≠ differs</mark></td>' in text
    assert "1 known of one only" in text and "1 the same" in text
    assert '<a href="page.csv">page.csv</a>' in text and "BADGE on TREC-6" in page.names[-1]
    assert re.search(r"B minus A \+0\.\d points", page.names[-1])
    alike = comparison.write_page(tmp_path / "alike.html", a, a, compare(a, a), "accuracy")
    assert "The two lie on each other." in alike.read_text()
    table = pd.read_csv(path.with_suffix(".csv"))
    assert len(table) == 48 and table.loc[0, "strategy"] == "badge"


def test_a_profile_is_its_archive_or_what_the_store_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, records: pd.DataFrame
) -> None:
    published = read_side(REPOSITORY, "offline")
    assert published.rounded and published.missing == 0
    assert published.parameters["curves"]["seeds"] == 10
    assert published.made_of["package torch"].startswith("2.")
    folder = read_side(REPOSITORY, str(ARCHIVE))
    assert len(folder.records) == len(published.records) and folder.parameters == {}

    monkeypatch.setenv("ALUTILS_HOME", str(tmp_path / "home"))
    shutil.copytree(REPOSITORY / "notebooks", tmp_path / "notebooks")
    (tmp_path / "data" / "profiles").mkdir(parents=True)
    own = records[(records["dataset"] == "trec6") & (records["embedder"] == "lsa")]
    given = {
        "datasets": ["trec6"], "embedders": ["lsa"], "strategies": ["random", "margin", "badge"],
        "initial_size": 100, "query_size": 100, "cycles": 16, "pool_size": 5000,
        "test_size": 2000, "seeds": 10,
    }  # fmt: skip
    profile = {"about": "small", "notebooks": {"ties": given}}
    (tmp_path / "data" / "profiles" / "small.yaml").write_text(json.dumps(profile))
    with pytest.raises(UserError, match="small has no results here yet"):
        read_side(tmp_path, "small")
    store = ResultsStore(tmp_path / "home" / "results")
    for strategy in "random", "margin":
        rows = own[own["strategy"] == strategy].drop(columns="dataset")
        cell = Cell("trec6", "lsa", "random", strategy, 100, 100, 16, 5000, 2000)
        rows = rows.assign(dataset="trec6")[KEPT]
        store.write(Provenance(cell, "old", "vectors", {"alutils.loop": "1"}), rows)
    found = read_side(tmp_path, "small")
    assert len(found.records) == 320 and found.missing == 1
    assert found.made_of["code alutils.loop"] == "1" and found.made_of["texts trec6"] == "old"
    # Computed again by other code: the newest counts.
    store.write(Provenance(cell, "old", "vectors", {"alutils.loop": "2"}), rows)
    assert read_side(tmp_path, "small").made_of["code alutils.loop"] == "several"

    run = {"notebook": "ties", "parameters": {**found.parameters["ties"], "strategies": ["random"]}}
    (tmp_path / "one.run.json").write_text(
        json.dumps({**run, "git": {"commit": "abc", "dirty": True}})
    )
    one = read_side(tmp_path, str(tmp_path / "one.ipynb"))
    assert one.missing == 0 and len(one.records) == 160
    assert one.made_of["commit"] == "abc, with changes"

    # Made from an archive, a page has nothing in the store.
    monkeypatch.setenv("ALUTILS_HOME", str(tmp_path / "empty"))
    with pytest.raises(UserError, match="ALUTILS_ARCHIVE="):
        read_side(tmp_path, str(tmp_path / "one.ipynb"))
    monkeypatch.setenv("ALUTILS_ARCHIVE", str(ARCHIVE))
    archived = read_side(tmp_path, str(tmp_path / "one.ipynb"))
    assert archived.rounded and archived.missing == 0 and len(archived.records) == 160
    assert archived.source.endswith(f"and the archive {ARCHIVE}")
    assert archived.made_of["texts trec6"] == published.made_of["texts trec6"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["offlin", "offline"], "there is no profile 'offlin'"),
        (["no/such", "offline"], "there is no no/such to compare: name a profile"),
        (["book", "offline"], "book is no archive of results"),
        (["x.ipynb", "offline"], "x.ipynb is no notebook that was run here"),
        (["offline", "offline", "--metric", "acuracy"], "did you mean 'accuracy'"),
        (["offline", "offline", "-o", "README.md"], "the page README.md is no HTML"),
    ],
)
def test_mistakes_are_one_sentence(
    words: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("ALUTILS_HOME", str(tmp_path))
    monkeypatch.chdir(REPOSITORY)
    monkeypatch.setattr("sys.argv", ["alutils", "compare", *words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    said = capsys.readouterr().err.strip()
    assert message in said and "\n" not in said


def test_the_command_ends_with_the_path(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    records: pd.DataFrame,
) -> None:
    for name in "a", "b":
        shutil.copytree(ARCHIVE, tmp_path / name)
        some = records if name == "a" else records[records["strategy"] != "tcm"]
        forge(tmp_path / name, "records", some)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["alutils", "compare", "a", "b", "-o", "new/page.html"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 0
    captured = capsys.readouterr()
    assert captured.out == "new/page.html\n"
    assert re.search(r"All 44 cells that both have agree in all 5 metrics", captured.err)
    assert "Nothing differs." in Path("new/page.html").read_text()
