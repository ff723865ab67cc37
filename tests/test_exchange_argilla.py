from __future__ import annotations

import ast
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alutils import exchange
from alutils.errors import UserError
from alutils.exchange import Answer, Task, argilla


def test_records_follow_the_documented_schema() -> None:
    tasks = [Task("7", "A text", "sport", 0.75, {"al_why": "badge", "none": None})]
    tasks.append(Task("8", "Two", None, None, {}))
    assert argilla.records(tasks, "minilm") == [
        {
            "id": "7",
            "fields": {"al_text": "A text"},
            "metadata": {"al_id": "7", "al_why": "badge"},
            "suggestions": {"al_label": {"value": "sport", "score": 0.75, "agent": "minilm"}},
            "responses": {},
            "vectors": {},
        },
        {
            "id": "8",
            "fields": {"al_text": "Two"},
            "metadata": {"al_id": "8"},
            "suggestions": {},
            "responses": {},
            "vectors": {},
        },
    ]


@given(st.lists(st.text(st.characters(), min_size=1), min_size=1, unique=True))
def test_classes_come_back_from_the_script(names: list[str]) -> None:
    script = argilla.dataset_script(names)
    assert script.isascii()
    tree = ast.parse(script)
    (labels,) = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "labels"
    ]
    assert ast.literal_eval(labels) == names


def record(responses: Any, **further: Any) -> list[dict[str, Any]]:
    fields = {"al_text": "A text"}
    return [{"id": "7", "fields": fields, "metadata": {}, "responses": responses, **further}]


def answer(content: object) -> Answer:
    (only,) = exchange.read(content, "there.json").answers
    return only


def test_suggestions_and_drafts_are_no_labels() -> None:
    made = [{"value": "sport", "user_id": "u", "status": "draft"}]
    content = record({"al_label": made}, suggestions={"al_label": {"value": "sport"}})
    read = exchange.read(content, "there.json")
    assert read.answers == (Answer("7", None, False, "A text"),)
    assert read.remarks == ("1 unlabelled text(s) have a draft, which does not count: submit it",)


@pytest.mark.parametrize(
    ("status", "label"),
    [({"status": "completed"}, "sport"), ({"status": "pending"}, None), ({}, "sport")],
)
def test_a_nested_export_tells_drafts_by_the_record(
    status: dict[str, str], label: str | None
) -> None:
    read = exchange.read(record({"al_label": [{"value": "sport", "user_id": "u"}]}, **status), "f")
    assert read.answers == (Answer("7", label, False, "A text"),)
    (remark,) = read.remarks
    assert "does not say which responses are drafts or discarded" in remark


def test_a_discarded_record_is_a_skip_whatever_the_question() -> None:
    by_person = [{"user_id": "u", "values": {}, "status": "discarded"}]
    assert answer(record(by_person)).skipped
    other = [{"user_id": "u", "values": {"tone": {"value": "good"}}, "status": "discarded"}]
    labelled = [{"user_id": "u", "values": {"al_label": {"value": "a"}}, "status": "submitted"}]
    first, second = record(other), record(labelled)
    second[0]["id"] = "8"
    read = exchange.read(first + second, "f").answers
    assert [(each.label, each.skipped) for each in read] == [(None, True), ("a", False)]


def test_a_dataset_of_ones_own_may_name_things_otherwise() -> None:
    made = {"sentiment": [{"value": "good", "status": "submitted"}]}
    own = {"id": 7, "fields": {"text": "A text"}, "metadata": None, "responses": made}
    assert answer([own]) == Answer("7", "good", False, "A text")
    assert answer([{**own, "external_id": "mine"}]).id == "mine"


def test_of_several_questions_the_label_must_be_named() -> None:
    made = [{"value": "x", "status": "submitted"}]
    with pytest.raises(UserError, match=r"several questions, 'tone', 'topic': name .* 'al_label'"):
        answer(record({"topic": made, "tone": made}))
    assert answer(record({"al_label": made, "tone": made})).label == "x"


def test_a_note_called_id_does_not_take_the_place_of_the_id() -> None:
    flat = {"al_id": "7", "id": 3, "al_text": "A text", "al_label.responses": None}
    assert answer([flat]).id == "7"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (record(3), "responses of record 1 should be an object, but is a number"),
        (record([3]), "a response of record 1 should be an object, but is a number"),
        (record({"al_label": [{"value": 3}]}), "the label of record 1 should be a text, but is a"),
        (record([{"values": [], "status": "done"}]), "record 1 has a response with the status 'do"),
        (record([{"values": {"q": "x"}}]), "a value of a response of record 1 should be an object"),
        ([{"_server_id": "u"}], "record 1 has no id that is a text or a whole number"),
        (
            [{"id": "7", "q.responses": ["a", "b"], "q.responses.status": ["draft"]}],
            "record 1 has 2 responses, but 1 statuses of them",
        ),
    ],
)
def test_what_is_malformed_is_named(content: object, sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        exchange.read(content, "there.json")
    assert f"there.json, read as an export of Argilla: {sentence}" in str(caught.value)
