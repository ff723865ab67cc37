"""Batches as files: nothing of the user's is lost, and nothing else is written over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from alutils.errors import UserError
from alutils.labelling import Pile, propose, read_pile
from alutils.labelling.batch_files import check_target, write_batch, write_tasks
from tests.labelling.piles import (
    go_on,
    label_all,
    rows_of,
    texts,
    vectors,
    with_target,
    write,
    write_rows,
)

OURS = ["al_batch", "al_guess", "al_confidence", "al_why", "al_audit", "al_skip"]
TEXTS = texts(60)
E = vectors(60)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write(tmp_path / "texts.csv", text=TEXTS, formula=[f"=1+{i}" for i in range(60)])


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "batch.csv"


def test_a_first_batch_has_all_columns_and_no_guess(source: Path, target: Path) -> None:
    found = go_on(source, target, E, k=10)
    rows = rows_of(target)
    assert list(rows[0]) == ["al_row", "text", "formula", "label", *OURS]
    assert [int(row["al_row"]) - 1 for row in rows] == found.texts.tolist()
    for row, u in zip(rows, found.texts, strict=True):
        assert (row["text"], row["formula"], row["label"]) == (TEXTS[u], f"=1+{u}", "")
        assert (row["al_batch"], row["al_guess"], row["al_confidence"]) == ("1", "", "")
    assert [row["al_audit"] for row in rows] == ["yes"] + 9 * [""]
    assert rows[0]["al_why"].startswith("Drawn at random, so that accuracy can be estimated. ")
    assert rows[1]["al_why"].startswith("Stands for a group of ")


def test_later_batches_guess_and_are_appended(source: Path, target: Path) -> None:
    go_on(source, target, E, k=10)
    label_all(target, TEXTS)
    before = rows_of(target)
    go_on(source, target, E, k=10)
    after = rows_of(target)
    assert after[:10] == before
    assert [row["al_batch"] for row in after] == ["1"] * 10 + ["2"] * 10
    for row in after[10:]:
        assert row["al_guess"] in ("cards", "fees", "loans")
        assert 1 / 3 < float(row["al_confidence"]) <= 1


def test_what_a_person_adds_or_moves_stays(source: Path, target: Path) -> None:
    go_on(source, target, E, k=10)
    label_all(target, TEXTS)
    rows = sorted(rows_of(target), key=lambda row: row["text"], reverse=True)
    for number, row in enumerate(rows):
        row |= {"my note": f"note {number}", "formula": "=changed"}
        del row["al_why"]
    write_rows(target, rows)
    go_on(source, target, E, k=10)
    after = rows_of(target)
    assert [{k: v for k, v in row.items() if k != "al_why"} for row in after[:10]] == rows
    assert [row["my note"] for row in after[10:]] == [""] * 10
    assert all(row["al_why"] for row in after[10:])


def test_columns_of_the_user_keep_their_types(tmp_path: Path) -> None:
    for kind in ("jsonl", "parquet"):
        numbers: list[Any] = [i if i % 2 else None for i in range(60)]
        columns = {"text": TEXTS, "n": numbers, "tags": [[i, i + 1] for i in range(60)]}
        source = write(tmp_path / f"texts.{kind}", id=list(range(60)), **columns)
        target = tmp_path / f"batch.{kind}"
        for k in (5, 10):  # the second time, rows are appended
            go_on(source, target, E, k=k)
        rows = rows_of(target)
        assert [row["al_batch"] for row in rows] == 5 * [1] + 5 * [2]
        for row in rows:
            i = row["id"]
            assert (row["text"], row["n"], row["tags"]) == (TEXTS[i], numbers[i], [i, i + 1])
            assert row["label"] is row["al_guess"] is row["al_confidence"] is None


def test_a_batch_that_was_saved_otherwise_is_read_with_its_encoding(tmp_path: Path) -> None:
    source = write(tmp_path / "texts.csv", text=[f"café {i}" for i in range(60)])
    target = tmp_path / "batch.csv"
    go_on(source, target, E, k=5)
    target.write_bytes(target.read_text("utf-8").replace(",", ";").encode("cp1252"))
    pile = read_pile(source)
    with pytest.raises(UserError, match="is not UTF-8"):
        check_target(target, None, pile)
    check_target(target, None, pile, "cp1252")
    write_batch(target, pile, propose(pile, E, k=5), "cp1252")
    rows = rows_of(target)
    assert len(rows) == 10 and all("café" in row["text"] for row in rows)
    assert target.read_text("utf-8-sig").startswith("al_row;text;label;al_batch;")


def test_tasks_hold_what_the_table_holds(source: Path, target: Path, tmp_path: Path) -> None:
    go_on(source, target, E, k=10)
    label_all(target, TEXTS)
    pile = with_target(source, target)
    proposal = propose(pile, E, k=10)
    tasks, table = tmp_path / "tasks.json", tmp_path / "table.csv"
    setup = write_tasks(tasks, "label-studio", pile, proposal, ["loans", "savings"])
    write_batch(table, pile, proposal)
    written = json.loads(tasks.read_text())
    for task, row in zip(written, rows_of(table), strict=True):
        assert (task["data"]["al_id"], task["data"]["al_text"]) == (row["al_row"], row["text"])
        assert task["data"]["formula"] == row["formula"]
        assert str(task["data"]["al_batch"]) == row["al_batch"] == "2"
        assert task["predictions"][0]["score"] == float(row["al_confidence"])
    assert setup == tmp_path / "tasks.xml"
    asked = [name for name in ("loans", "savings", "cards", "fees") if name in setup.read_text()]
    assert len(asked) == 4


def test_the_setup_is_written_once_and_not_before_a_class_is_known(
    source: Path, tmp_path: Path
) -> None:
    pile = read_pile(source)
    tasks, setup = tmp_path / "tasks.json", tmp_path / "tasks.py"
    assert write_tasks(tasks, "argilla", pile, propose(pile, E, k=5)) is None
    assert not setup.exists()
    tasks.unlink()
    assert write_tasks(tasks, "argilla", pile, propose(pile, E, k=5), ["a", "b"]) == setup
    setup.write_text("mine")
    tasks.unlink()
    assert write_tasks(tasks, "argilla", pile, propose(pile, E, k=5), ["a", "b", "c"]) is None
    assert setup.read_text() == "mine"


def test_tasks_without_answers_are_never_written_over(source: Path, tmp_path: Path) -> None:
    pile = read_pile(source)
    tasks = tmp_path / "tasks.json"
    proposal = propose(pile, E, k=5)
    write_tasks(tasks, "label-studio", pile, proposal, ["a"])
    content = tasks.read_bytes()
    with pytest.raises(UserError, match="holds 5 texts of which no answer is known"):
        write_tasks(tasks, "argilla", pile, proposal, ["a"])
    with pytest.raises(UserError, match="holds 5 texts of which no answer is known"):
        check_target(tasks, "label-studio", pile)
    assert tasks.read_bytes() == content


@pytest.mark.parametrize(
    ("name", "tool", "sentence"),
    [
        ("batch.xlsx", None, "must end in .csv, .jsonl, .parquet, .tsv"),
        ("batch", None, "must end in"),
        ("batch.csv", "argilla", "must end in .json"),
        ("none/batch.csv", None, "there is no folder"),
        ("other.csv", None, "no batch that was proposed before"),
        ("other.json", "argilla", "is not an export of"),
        ("folder.csv", None, "is a folder, a pipe or a device"),
    ],
)
def test_a_place_where_no_batch_can_go_is_refused(
    source: Path, tmp_path: Path, name: str, tool: str | None, sentence: str
) -> None:
    write(tmp_path / "other.csv", text=["mine"])
    (tmp_path / "other.json").write_text('{"mine": 1}')
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(UserError, match=sentence):
        check_target(tmp_path / name, tool, read_pile(source))


def test_a_place_that_cannot_be_written_leaves_all_as_it_was(
    source: Path, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on(source, target, E, k=5)
    content = target.read_bytes()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(UserError, match="No space left on device"):
        go_on(source, target, E, k=10)
    assert target.read_bytes() == content
    assert sorted(p.name for p in target.parent.iterdir()) == ["batch.csv", "texts.csv"]


def test_a_link_stays_a_link(source: Path, target: Path) -> None:
    link = target.with_name("link.csv")
    link.symlink_to(target)
    go_on(source, link, E, k=5)
    go_on(source, link, E, k=10)
    assert link.is_symlink() and len(rows_of(target)) == 10


def test_the_same_seed_writes_the_same_bytes(source: Path, tmp_path: Path) -> None:
    written = [three_rounds(source, tmp_path / f"{name}.csv", E) for name in ("one", "two")]
    assert written[0] == written[1]


def three_rounds(source: Path, target: Path, embeddings: NDArray[np.float32]) -> bytes:
    for _ in range(3):
        go_on(source, target, embeddings, k=7, seed=4)
        label_all(target, TEXTS)
    return target.read_bytes()


def test_numbers_of_batches_go_on_after_those_in_other_files(source: Path, target: Path) -> None:
    earlier = target.with_name("earlier.csv")
    go_on(source, earlier, E, k=5)
    pile: Pile = with_target(source, earlier)
    write_batch(target, pile, propose(pile, E, k=8))
    assert [row["al_batch"] for row in rows_of(target)] == ["2"] * 3
