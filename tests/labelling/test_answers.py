"""Answers out of tables, as people and spreadsheet programs leave them, and out of exports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from alutils.errors import UserError
from alutils.labelling import Pile, read_pile
from alutils.labelling.answers import proposed_before, with_answers
from tests.labelling.piles import texts, write


@pytest.fixture
def pile(tmp_path: Path) -> Pile:
    return read_pile(write(tmp_path / "texts.csv", text=texts(6)))


def answered(pile: Pile, name: str = "labels.csv", **columns: list[Any]) -> Pile:
    return with_answers(pile, write(pile.path.with_name(name), **columns))


def test_a_plain_list_of_labels_may_have_holes(pile: Pile) -> None:
    found = answered(pile, al_row=["2", "4", "", "5"], label=["x", "", "", "y"])
    assert found.labels == (None, "x", None, None, "y", None)
    assert not found.waiting, "a list of labels asks about nothing"


def test_a_batch_says_what_waits_and_what_is_skipped(pile: Pile) -> None:
    found = answered(
        pile,
        al_row=["2", "4", "5", "6"],
        label=["x", "", "", "y"],
        al_batch=["1", "1.0", "2", "2"],
        al_skip=["", "", "no idea", " "],
    )
    assert found.labels == (None, "x", None, None, None, "y")
    assert (found.waiting, found.skipped) == ({3}, {4})
    assert found.batch.tolist() == [0, 1, 0, 1, 2, 2]


def test_what_a_spreadsheet_adds_is_overlooked(pile: Pile) -> None:
    found = answered(
        pile,
        al_row=["2.0", "", " 4 ", ""],
        text=["Text  number 1", "", "text number 3\r\n", ""],
        label=[" x ", "", "y\t", ""],
        al_batch=["1.0", "", "", ""],
    )
    assert found.labels == (None, "x", None, "y", None, None)


def test_empty_cells_of_pandas_are_empty(pile: Pile) -> None:
    nan = float("nan")
    found = answered(
        pile,
        "labels.jsonl",
        al_row=[2.0, 4.0, 5.0],
        label=["x", nan, nan],
        al_batch=[1.0, 1.0, nan],
        al_skip=[nan, None, "yes"],
    )
    assert found.labels == (None, "x", None, None, None, None)
    assert (found.waiting, found.skipped) == ({3}, {4})


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"al_row": ["9"], "label": ["x"]}, "has the al_row '9'"),
        ({"al_row": [""], "label": ["x"]}, "row 1 of .* has no 'al_row': remove it"),
        ({"nr": ["1"], "label": ["x"]}, r"has no column 'al_row'.*ids \(--id\)"),
        ({"al_row": ["1"], "topic": ["x"]}, "no column 'label': choose from al_row, topic"),
        ({"al_row": ["1"], "label": ["x"], "al_batch": ["one"]}, "has 'one' as 'al_batch'"),
        ({"al_row": ["1"], "label": ["x"], "text": ["text number 3"]}, "has another text"),
        ({"al_row": ["1"], "label": ["-1"]}, "has the label -1"),
    ],
)
def test_a_table_that_does_not_fit_is_refused(
    pile: Pile, columns: dict[str, list[str]], sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        answered(pile, **columns)


def test_a_column_of_ids_is_named_if_it_is_gone(tmp_path: Path) -> None:
    pile = read_pile(write(tmp_path / "texts.csv", text=texts(2), nr=["a", "b"]), id="nr")
    with pytest.raises(UserError, match=r"has no column 'nr'.* name another with --id"):
        answered(pile, label=["x"])


def test_json_is_a_table_or_an_export(pile: Pile) -> None:
    record = {
        "id": 7,
        "data": {"al_id": "3", "al_text": "text number 2", "al_batch": 2},
        "annotations": [{"result": [choice("x")]}],
    }
    export = pile.path.with_name("export.json")
    export.write_text(json.dumps([record]))
    found = with_answers(pile, export)
    assert (found.labels[2], found.batch[2]) == ("x", 2)
    # The same on one line is an export too, and a table is none.
    lines = pile.path.with_name("export.jsonl")
    lines.write_text(json.dumps(record))
    assert with_answers(pile, lines).labels == found.labels
    assert answered(pile, "table.jsonl", al_row=[3], label=["x"]).labels == found.labels


def choice(name: str) -> dict[str, Any]:
    told = {"from_name": "al_label", "to_name": "al_text", "type": "choices"}
    return {**told, "value": {"choices": [name]}}


def test_remarks_of_an_export_name_their_file(pile: Pile) -> None:
    people = [{"result": [choice("x")]}, {"result": [choice("y")]}]
    data = {"al_id": "3", "al_text": "text number 2"}
    export = pile.path.with_name("export.json")
    export.write_text(json.dumps([{"id": 7, "data": data, "annotations": people}]))
    found = with_answers(pile, export)
    assert found.remarks[0].startswith(f"{export}: people disagree evenly on 1 text")
    assert found.waiting == {2}


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("labels.txt", "3 x", "is neither a table"),
        ("labels.json", "3 x", "is not JSON"),
        ("labels.json", '{"3": "x"}', "is not an export of"),
        ("labels.json", "[]", "has no records"),
    ],
)
def test_a_file_of_no_labels_is_refused(pile: Pile, name: str, content: str, sentence: str) -> None:
    path = pile.path.with_name(name)
    path.write_text(content)
    with pytest.raises(UserError, match=sentence):
        with_answers(pile, path)


def test_only_a_batch_is_a_batch(pile: Pile) -> None:
    path = write(pile.path.with_name("batch.csv"), al_row=["1"], label=["x"])
    with pytest.raises(UserError, match="no batch that was proposed before"):
        proposed_before(path, pile, None)
    write(path, al_row=["1"], label=["x"], al_batch=["1"])
    assert proposed_before(path, pile, None).n_rows == 1
    write(path, label=["x"], al_batch=["1"])
    with pytest.raises(UserError, match="has no column 'al_row'"):
        proposed_before(path, pile, None)
