"""A rehearsal: the stand-in answers as a person would, in a table and in a labelling tool."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from alutils.errors import UserError
from alutils.labelling import propose, read_pile
from alutils.labelling.answers import with_answers
from alutils.labelling.batch_files import write_batch, write_tasks
from alutils.rehearsals.person import answer_table, answer_tasks, person
from alutils.tables import Table, read_table, write_table
from tests.strategies.problems import blobs

TEXTS = [f"text {row}" for row in range(40)]
TEXTS[3] = '<b>"quoted"</b>, with a comma\nand $two lines & `marks`'
LABELS = ["rain, or snow" if row % 2 else "sun" for row in range(40)]


def piled(tmp_path: Path):  # type: ignore[no-untyped-def]
    write_table(tmp_path / "texts.csv", Table({"text": TEXTS}))
    return read_pile(tmp_path / "texts.csv"), blobs(40, 5, 2)[0]


def test_a_person_passes_on_its_share_of_texts_and_always_on_the_same() -> None:
    texts = [str(row) for row in range(4000)]
    says = person(texts, texts, 0.1)
    passed = [text for text, said in says.items() if said is None]
    assert 300 < len(passed) < 500
    assert says == person(texts, texts, 0.1) != person(texts, texts, 0.1, seed=1)
    assert all(said in (None, text) for text, said in says.items())
    assert person(texts, texts) == dict(zip(texts, texts, strict=True))
    with pytest.raises(UserError, match="share of the texts"):
        person(texts, texts, 2)


def test_a_table_is_filled_in_once(tmp_path: Path) -> None:
    pile, vectors = piled(tmp_path)
    path = tmp_path / "to_label.csv"
    proposal = propose(pile, vectors, k=30)
    write_batch(path, pile, proposal)
    before = read_table(path, [])
    asked = [TEXTS[u] for u in proposal.texts]
    assert before.columns["text"] == asked
    says = person(TEXTS, LABELS) | {asked[0]: None, asked[1]: "my own"}
    assert answer_table(path, says) == 30
    after = read_table(path, [])
    assert after.columns["al_skip"] == ["yes"] + [""] * 29
    assert after.columns["label"] == [says[text] or "" for text in asked]
    untouched = set(before.columns) - {"label", "al_skip"}
    assert {name: after.columns[name] for name in untouched} == {
        name: before.columns[name] for name in untouched
    }
    # What has an answer, or was passed, is not asked again.
    assert answer_table(path, person(TEXTS, ["other"] * 40)) == 0
    assert read_table(path, []).columns == after.columns


def test_the_commands_read_the_answers_of_both(tmp_path: Path) -> None:
    pile, vectors = piled(tmp_path)
    proposal = propose(pile, vectors, k=40)
    says = person(TEXTS, LABELS) | {TEXTS[3]: None, TEXTS[7]: None}
    write_batch(tmp_path / "to_label.csv", pile, proposal)
    write_tasks(tmp_path / "tasks.json", "label-studio", pile, proposal, ["sun", "rain, or snow"])
    assert answer_table(tmp_path / "to_label.csv", says) == 40
    assert answer_tasks(tmp_path / "tasks.json", tmp_path / "export.json", says) == 40
    assert "annotations" not in json.loads((tmp_path / "tasks.json").read_text())[0]
    for file in "to_label.csv", "export.json":
        answered = with_answers(pile, tmp_path / file)
        assert list(answered.labels) == [says[text] for text in TEXTS]
        assert answered.skipped == {3, 7} and not answered.waiting
        assert np.all(answered.batch == 1)


def test_a_text_that_nobody_knows_is_named(tmp_path: Path) -> None:
    pile, vectors = piled(tmp_path)
    write_batch(tmp_path / "to_label.csv", pile, propose(pile, vectors, k=3))
    with pytest.raises(UserError, match=r"to_label.csv asks about a text .* not known here: 'text"):
        answer_table(tmp_path / "to_label.csv", {})
