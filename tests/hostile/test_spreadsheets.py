"""Cells that a spreadsheet would compute: text in every CSV file, and as they were when read."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alutils import figures
from alutils.labelling import Pile, propose, read_pile
from alutils.labelling.answers import proposed_before, read_ours, with_answers
from alutils.labelling.batch_files import write_batch
from alutils.labelling.predictions import predicted, write_predictions
from alutils.rehearsals.person import answer_table
from alutils.tables import Table, read_table, write_table
from alutils.tables.spreadsheet import guard, unguard
from tests.hostile.damage import cases

FORMULAS = [
    "=1",
    "=cmd|' /C calc'!A0",
    "+1",
    "-2+3",
    "@SUM(1)",
    "-item",
    "\t=2",
    "\r=3",
    "\n=4",
    "＝1",
]
HARMLESS = ["-2", "-2.5", "-1,5", "-1e-3", "a=b", "1+1", "", "'tis", "a@b.org", "2026-01-02"]
cells = st.sampled_from([*FORMULAS, *HARMLESS]) | st.text("'=+-@\t\r\n＝12a.", max_size=6)


@pytest.mark.parametrize("cell", FORMULAS)
def test_a_formula_begins_with_an_apostrophe(cell: str) -> None:
    assert guard(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", [*HARMLESS, 5, -2, None, 0.5])
def test_what_is_none_stays(cell: object) -> None:
    assert guard(cell) == cell == unguard(cell)


@cases
@given(cell=cells, times=st.integers(1, 3))
def test_what_was_there_comes_back(cell: str, times: int) -> None:
    once = guard(cell)
    assert unguard(once) == cell
    assert once[:1] not in {*"=+@\t\r\n＝＋－＠"}
    assert once[:1] != "-" or float(once.replace(",", ".")) < 1
    for _ in range(times):  # it may be written and read as often as one likes
        once = guard(once)
    for _ in range(times):
        once = unguard(once)
    assert unguard(once) == cell


def pile_of(folder: Path, ids: list[str], texts: list[str], labels: list[str], name: str) -> Pile:
    columns = {name: ids, "=text": texts, "@label": labels, "+more": texts}
    write_table(folder / "texts.csv", Table(columns))
    return read_pile(folder / "texts.csv", "=text", "@label", name)


VECTORS = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)


@settings(cases, max_examples=cases.max_examples // 5)  # each takes a second
@given(ids=st.lists(cells.filter(str.strip), min_size=6, max_size=6, unique_by=str.strip))
def test_every_column_of_a_batch_survives_the_round_trip(ids: list[str], tmp_path: Path) -> None:
    texts = [f"{each} {number}" for number, each in enumerate(ids)]
    pile = pile_of(tmp_path, ids, texts, ["=a", "@b", "", "", "", ""], "-id")
    assert pile.classes == ["=a", "@b"]
    path = tmp_path / "batch.csv"
    path.unlink(missing_ok=True)
    batch = propose(pile, VECTORS, strategy="margin", k=2, audit=0.5)
    write_batch(path, pile, batch)
    with path.open(newline="") as file:
        for row in csv.reader(file):
            assert all(guard(cell) == cell or cell.startswith("'") for cell in row), row
    rows = pile.first[batch.texts].tolist()
    found = proposed_before(path, pile, None)
    for name, values in pile.table.columns.items():
        assert found.columns[name] == [values[row] for row in rows]
    # As a person fills it in, and the next batch is added.
    said = dict.fromkeys(texts, "=a")
    assert answer_table(path, said, "=text", "@label") == 2
    answered = with_answers(pile, path)
    assert answered.n_labelled == 4 and not answered.waiting
    write_batch(path, answered, propose(answered, VECTORS, strategy="margin", k=1, audit=0))
    assert with_answers(answered, path).n_labelled == 4
    write_predictions(tmp_path / "sorted.csv", predicted(answered, VECTORS))
    ends = read_ours(tmp_path / "sorted.csv").columns
    for name, values in pile.table.columns.items():
        assert ends[name] == values
    assert set(ends["al_label"]) <= {"=a", "@b"}


def test_guesses_and_reasons_are_guarded_too(tmp_path: Path) -> None:
    texts = [f"text {number}" for number in range(6)]
    pile = pile_of(tmp_path, texts, texts, ["=1", "=2", "", "", "", ""], "id")
    write_batch(tmp_path / "batch.csv", pile, propose(pile, VECTORS, strategy="margin", k=2))
    raw = read_table(tmp_path / "batch.csv", []).columns
    assert set(raw["al_guess"]) <= {"'=1", "'=2"}
    assert "'@label" in raw and "'=text" in raw and "@label" not in raw


@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_what_no_spreadsheet_opens_by_itself_stays_as_it_is(suffix: str, tmp_path: Path) -> None:
    pile = pile_of(tmp_path, list("abcdef"), FORMULAS[:6], ["=1", "=2", "", "", "", ""], "id")
    path = tmp_path / f"batch{suffix}"
    write_batch(path, pile, propose(pile, VECTORS, strategy="margin", k=2))
    assert set(read_table(path, []).columns["=text"]) <= set(FORMULAS)


def test_your_own_list_of_labels_is_read_as_it_is(tmp_path: Path) -> None:
    pile = pile_of(tmp_path, ["'=1", *"bcdef"], list("uvwxyz"), [""] * 6, "id")
    write_table(tmp_path / "labels.csv", Table({"id": ["'=1"], "@label": ["'+1"]}))
    assert with_answers(pile, tmp_path / "labels.csv").labels[0] == "'+1"


def test_data_behind_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALUTILS_FIGURES", str(tmp_path))
    points = pd.DataFrame({"x": [0.5, -1.25], "y": [1, 2], "kind": "labelled"})
    points["class"] = ["=cmd|' /C calc'!A0", "-2"]
    figures.proposal_map(points, "map", alt="a", caption="c")
    written = pd.read_csv(tmp_path / "map.csv")
    assert written["class"].tolist() == ["'=cmd|' /C calc'!A0", "-2"]
    assert written["x"].tolist() == [0.5, -1.25]
