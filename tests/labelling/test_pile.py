"""What a pile knows of its texts: copies, ids, labels, and answers from several files."""

from __future__ import annotations

import datetime
import tempfile
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alutils.errors import UserError
from alutils.exchange import Answer
from alutils.labelling import Pile, read_pile
from tests.labelling.piles import texts, write

ELSEWHERE = Path("labels.csv")


def pile_of(tmp_path: Path, **columns: list[Any]) -> Pile:
    return read_pile(write(tmp_path / "texts.csv", **columns))


def label(name: str, value: str) -> Answer:
    return Answer(name, value, skipped=False, text=None)


def skip(name: str) -> Answer:
    return Answer(name, None, skipped=True, text=None)


def wait(name: str, batch: int = 1) -> Answer:
    return Answer(name, None, skipped=False, text=None, batch=batch)


def test_copies_are_one_text_and_share_a_label(tmp_path: Path) -> None:
    pile = pile_of(
        tmp_path,
        text=["Lost card", "fees", " lost  CARD\n", "", "loan"],
        label=["", "", "c", "d", ""],
    )
    assert pile.texts == ("Lost card", "fees", "loan")
    assert pile.first.tolist() == [0, 1, 4]
    assert pile.of_row.tolist() == [0, 1, 0, -1, 2]
    assert pile.labels == ("c", None, None)
    assert pile.open_texts().tolist() == [1, 2]
    assert pile.remarks == (
        "1 row without a text: left out",
        "1 copy of other texts: one label counts for all",
    )


def test_copies_with_two_labels_are_set_aside_until_one_is_settled(tmp_path: Path) -> None:
    pile = pile_of(tmp_path, text=["a", "A", "b"], label=["x", "y", ""])
    assert pile.labels == (None, None)
    assert pile.open_texts().tolist() == [1]
    assert "1 text in" in pile.remarks[-1] and "more than one label" in pile.remarks[-1]
    settled = pile.answered([label("2", "y")], ELSEWHERE)
    assert settled.labels == ("y", None)
    assert not settled.skipped


def test_what_comes_later_counts_and_is_remarked(tmp_path: Path) -> None:
    pile = pile_of(tmp_path, text=["a", "b", "c"], label=["x", "y", ""])
    later = pile.answered([label("1", "z"), label("2", "y"), wait("3", 4)], ELSEWHERE)
    assert later.labels == ("z", "y", None)
    assert later.waiting == {2}
    assert later.batch.tolist() == [0, 0, 4]
    assert later.remarks == (
        "1 label in labels.csv other than before (first: al_row 1): what labels.csv says counts",
    )
    assert pile.labels == ("x", "y", None), "the pile before is as it was"


def test_a_skip_takes_a_label_away_and_a_label_a_skip(tmp_path: Path) -> None:
    pile = pile_of(tmp_path, text=["a", "b", "c"], label=["x", "", ""])
    skipped = pile.answered([wait("2"), skip("1"), skip("2")], ELSEWHERE)
    assert skipped.labels == (None, None, None)
    assert (skipped.skipped, skipped.waiting) == ({0, 1}, set())
    assert skipped.open_texts().tolist() == [2]
    # Another file that still has it as waiting does not bring it back; a label does.
    assert skipped.answered([wait("2")], ELSEWHERE).skipped == {0, 1}
    assert skipped.answered([label("2", "y")], ELSEWHERE).skipped == {0}


def test_a_label_elsewhere_ends_the_wait(tmp_path: Path) -> None:
    pile = pile_of(tmp_path, text=["a", "b"]).answered([wait("1"), wait("2")], ELSEWHERE)
    assert pile.answered([label("1", "x")], ELSEWHERE).waiting == {1}
    assert pile.answered([label("1", "x"), wait("1")], ELSEWHERE).waiting == {1}


def test_two_labels_of_one_file_teach_nothing(tmp_path: Path) -> None:
    pile = pile_of(tmp_path, text=["a", "b"]).answered(
        [label("1", "x"), label("1", "y"), label("2", "x")], ELSEWHERE
    )
    assert (pile.labels, pile.skipped) == ((None, "x"), {0})


@pytest.mark.parametrize(
    ("ids", "named", "told"),
    [
        (["q1", "q2", "q3"], "id", ("q1", "q2", "q3")),
        (["1.0", "2.0", "3.0"], "id", ("1", "2", "3")),
        (["007", "7", "07"], "id", ("007", "7", "07")),
        (["q1", "", "q3"], "al_row", ("1", "2", "3")),
        (["q1", "q1", "q3"], "al_row", ("1", "2", "3")),
    ],
)
def test_ids_tell_rows_apart_or_their_numbers_do(
    tmp_path: Path, ids: list[str], named: str, told: tuple[str, ...]
) -> None:
    pile = pile_of(tmp_path, id=ids, text=texts(3))
    assert (pile.id, pile.ids) == (named, told)


def test_whole_numbers_are_one_class_however_a_program_writes_them(tmp_path: Path) -> None:
    pile = pile_of(tmp_path, text=texts(5), label=["1", "1.0", "01", "1.5", "v1.0"])
    assert pile.labels == ("1", "1", "01", "1.5", "v1.0")
    as_floats = write(tmp_path / "floats.jsonl", text=texts(3), label=[1.0, 2.0, None])
    assert read_pile(as_floats).labels == ("1", "2", None)


def test_classes_that_differ_by_a_slip_are_found(tmp_path: Path) -> None:
    labels = ["Cards", "cards", "loan fees", "fees", "Loan  fees", "cards"]
    pile = pile_of(tmp_path, text=texts(6), label=labels)
    assert pile.classes_alike() == [["Cards", "cards"], ["Loan  fees", "loan fees"]]


def test_labels_are_found_by_the_name_of_their_column(tmp_path: Path) -> None:
    source = write(tmp_path / "t.csv", text=texts(3), label=["x", "", ""], topic=["", "y", "y "])
    assert read_pile(source).labels == ("x", None, None)
    assert read_pile(source, label="topic").labels == (None, "y", "y")
    nothing = read_pile(source, label="intention")
    assert nothing.n_labelled == 0
    assert "has no column 'intention': every text counts as unlabelled" in nothing.remarks[-1]


@pytest.mark.parametrize(
    ("columns", "options", "sentence"),
    [
        ({"text": ["a", "A "]}, {}, "has one text only"),
        ({"text": ["", " "]}, {}, "has no text: name another"),
        ({"text": ["a", "b"]}, {"text": "txt"}, "did you mean 'text'"),
        ({"text": ["a", "b"], "topic": ["", ""]}, {"label": "topik"}, "did you mean 'topic'"),
        ({"text": ["a", "b"], "topic": ["", ""]}, {"label": "text"}, "must be three columns"),
        ({"label": ["a", "b"]}, {"text": "label"}, "must be three columns"),
        ({"text": ["a", "b"], "nr": ["1", ""]}, {"id": "nr"}, "row 2 of"),
        ({"text": ["a", "b"], "nr": ["1", "1"]}, {"id": "nr"}, "rows 1 and 2 of"),
        ({"text": ["a", "b"], "al_why": ["", ""]}, {}, "as files that come out of here"),
        ({"text": ["a", "b"], "label": ["-1", ""]}, {}, "has the label -1"),
    ],
)
def test_a_pile_that_makes_no_sense_is_refused(
    tmp_path: Path, columns: dict[str, list[str]], options: dict[str, str], sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        read_pile(write(tmp_path / "t.csv", **columns), **options)


def test_answers_about_other_texts_are_refused(tmp_path: Path) -> None:
    pile = pile_of(tmp_path, text=["a", "b"])
    with pytest.raises(UserError, match=r"has the al_row '3', which .* has not: labels must be"):
        pile.answered([label("3", "x")], ELSEWHERE)
    with pytest.raises(UserError, match=r"row 1 of .* has another text than in"):
        pile.answered([Answer("1", "x", skipped=False, text="b")], ELSEWHERE)
    # What white space and letter case an editor changed does not matter.
    assert pile.answered([Answer("1", "x", skipped=False, text=" A\r\n")], ELSEWHERE).n_labelled
    named = pile_of(tmp_path, id=["007", "08"], text=["a", "b"])
    with pytest.raises(UserError, match="a spreadsheet may have made that of '007'"):
        named.answered([label("7", "x")], ELSEWHERE)
    assert named.name(0) == "id 007" and pile.name(1) == "row 2"


@given(st.lists(st.tuples(st.integers(1, 8), st.sampled_from(["x", "y", "skip", "wait"]))))
def test_every_text_is_in_one_state(said: list[tuple[int, str]]) -> None:
    table_texts = ["a", "b", "A", "c", "d", "e", "d ", ""]
    pile = small_pile(table_texts)
    for number, what in said:
        name = str(number)
        made = {"skip": skip(name), "wait": wait(name)}.get(what, label(name, what))
        pile = pile.answered([made], ELSEWHERE)
    labelled = {u for u, each in enumerate(pile.labels) if each is not None}
    states = [labelled, pile.waiting, pile.skipped, set(pile.open_texts().tolist())]
    assert sum(map(len, states)) == len(set().union(*states)) == len(pile.texts) == 5
    # The last label or skip of each text is what counts.
    for u in range(5):
        own = [what for number, what in said if pile.of_row[number - 1] == u and what != "wait"]
        assert pile.labels[u] == (own[-1] if own and own[-1] != "skip" else None)
        assert (u in pile.skipped) == (bool(own) and own[-1] == "skip")


def small_pile(values: list[str]) -> Pile:
    with tempfile.TemporaryDirectory() as place:
        return pile_of(Path(place), text=values)


def test_answers_to_texts_that_are_gone_are_left_out_and_told(tmp_path: Path) -> None:
    pile = pile_of(tmp_path, id=["a", "b", "03"], text=["one", "two", "three"])
    found = pile.answered([label("x", "c"), label("b", "c"), label("y", "d")], ELSEWHERE)
    assert found.labels == (None, "c", None)
    texts_csv = tmp_path / "texts.csv"
    assert found.remarks[-1] == (
        f"2 rows of labels.csv not in {texts_csv} any more (first: id x): left out"
    )
    with pytest.raises(UserError, match=r"has the id 'x', which .* has not: labels must be"):
        pile.answered([label("x", "c")], ELSEWHERE)
    with pytest.raises(UserError, match=r"has the id '3'.* may have made that of '03'"):
        pile.answered([label("a", "c"), label("x", "c"), label("3", "d")], ELSEWHERE)


def test_ids_that_were_given_anew_are_noticed(tmp_path: Path) -> None:
    pile = pile_of(tmp_path, id=["a", "b"], text=["one", "two"])
    same = [Answer(name, "c", False, text) for name, text in (("a", " ONE"), ("b", "two"))]
    assert not pile.answered(same, ELSEWHERE).remarks
    swapped = [Answer(name, "c", False, text) for name, text in (("a", "two"), ("b", "one"))]
    found = pile.answered(swapped, ELSEWHERE)
    assert found.labels == ("c", "c"), "a text may have been corrected"
    assert "2 texts of" in found.remarks[-1] and "(first: id a)" in found.remarks[-1]


@pytest.mark.parametrize("number", [-1, 2**31, 10**30])
def test_numbers_that_no_batch_has_are_refused(tmp_path: Path, number: int) -> None:
    pile = pile_of(tmp_path, text=["one", "two"])
    with pytest.raises(UserError, match=f"labels.csv has {number} as 'al_batch' for al_row 1"):
        pile.answered([wait("1", number)], ELSEWHERE)


@pytest.mark.parametrize("other", ["Caf\u00e9", "cafe\u0301", "\ufeffcaf\u00e9", "caf\u00e9\u200b"])
def test_classes_that_look_alike_are_named(tmp_path: Path, other: str) -> None:
    pile = pile_of(tmp_path, text=["a", "b", "c"], label=["caf\u00e9", other, "tea"])
    assert pile.classes_alike() == [sorted(["caf\u00e9", other])]


def test_a_column_that_may_hold_labels_is_named(tmp_path: Path) -> None:
    pile = pile_of(tmp_path, text=["a", "b"], **{"Label ": ["x", "y"]})
    assert pile.labels == (None, None)
    assert pile.remarks == ("labels in column 'Label ' count if you name it with --label",)


def test_ids_may_be_whatever_a_database_has(tmp_path: Path) -> None:
    ids: list[list[Any]] = [
        [Decimal(1), Decimal(2)],
        [uuid.UUID(int=1), uuid.UUID(int=2)],
        [datetime.date(2026, 1, 1), datetime.date(2026, 1, 2)],
    ]
    for each in ids:
        pile = read_pile(write(tmp_path / "t.parquet", id=each, text=["a", "b"]))
        assert (pile.id, pile.ids) == ("id", tuple(map(str, each)))
    nested = write(tmp_path / "t.jsonl", id=[{"oid": 1}, {"oid": 2}], text=["a", "b"])
    assert read_pile(nested).id == "al_row"
    with pytest.raises(UserError, match="labels and ids are texts, numbers or dates"):
        read_pile(nested, id="id")
