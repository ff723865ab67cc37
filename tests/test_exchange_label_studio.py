from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alutils import exchange
from alutils.errors import UserError
from alutils.exchange import Answer, Task, label_studio

printable = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
    | st.sampled_from("<>&\"'\n\r\t$"),
    min_size=1,
)


@given(st.lists(printable, min_size=1, unique=True))
def test_classes_come_back_from_the_labelling_interface(names: list[str]) -> None:
    root = ElementTree.fromstring(label_studio.labelling_config(names))
    text, choices = root
    assert (root.tag, text.tag, choices.tag) == ("View", "Text", "Choices")
    assert text.get("value") == "$al_text"
    assert choices.get("toName") == text.get("name") == "al_text"
    assert (choices.get("name"), choices.get("choice")) == ("al_label", "single")
    assert [each.get("alias", each.get("value")) for each in choices] == names


def test_a_dollar_in_a_class_fetches_no_column() -> None:
    root = ElementTree.fromstring(label_studio.labelling_config(["over $100", "$al_text"]))
    assert not any("$" in each.get("value", "$") for each in root.iter("Choice"))


@pytest.mark.parametrize("name", ["", "a\x00b", "\x1b", "\ud800", "\uffff"])
def test_a_class_that_xml_cannot_hold_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="rename the class"):
        label_studio.labelling_config(["good", name])


def test_tasks_follow_the_documented_schema() -> None:
    tasks = [
        Task("7", "A text", "sport", 0.75, {"al_why": "badge"}),
        Task("8", "Two", None, None, {}),
    ]
    assert label_studio.tasks(tasks, "minilm") == [
        {
            "data": {"al_text": "A text", "al_id": "7", "al_why": "badge"},
            "predictions": [
                {
                    "model_version": "minilm",
                    "score": 0.75,
                    "result": [
                        {
                            "from_name": "al_label",
                            "to_name": "al_text",
                            "type": "choices",
                            "value": {"choices": ["sport"]},
                        }
                    ],
                }
            ],
        },
        {"data": {"al_text": "Two", "al_id": "8"}},
    ]


def choice(label: str, control: str = "al_label") -> dict[str, Any]:
    value = {"choices": [label]}
    return {"from_name": control, "to_name": "t", "type": "choices", "value": value}


def exported(*annotations: dict[str, Any], **further: Any) -> list[dict[str, Any]]:
    data = {"al_id": "7", "al_text": "A text"}
    return [{"id": 1, "data": data, "annotations": list(annotations), **further}]


def answer(content: object) -> Answer:
    (only,) = exchange.read(content, "there.json").answers
    return only


def test_predictions_and_drafts_are_no_labels() -> None:
    made = {"result": [choice("sport")], "model_version": "m", "score": 1.0}
    content = exported(predictions=[made], drafts=[made])
    read = exchange.read(content, "there.json")
    assert read.answers == (Answer("7", None, False, "A text"),)
    assert read.remarks == (
        "1 unlabelled text(s) have a draft, which does not count: submit it first",
    )


def test_the_ground_truth_decides() -> None:
    others = [{"result": [choice("sport")]}] * 2
    truth = {"result": [choice("trade")], "ground_truth": True}
    assert answer(exported(*others, truth)).label == "trade"
    skipped = {"result": [], "ground_truth": True, "was_cancelled": True}
    assert answer(exported(*others, skipped)).label == "sport"


def test_a_label_chosen_before_skipping_does_not_count() -> None:
    assert answer(exported({"result": [choice("sport")], "was_cancelled": True})).skipped


def test_an_annotation_without_a_choice_is_no_label() -> None:
    comment = {"from_name": "why", "to_name": "t", "type": "textarea", "value": {"text": ["x"]}}
    assert answer(exported({"result": [comment]})) == Answer("7", None, False, "A text")
    assert answer(exported({"result": [comment, choice("sport")]})).label == "sport"


def test_a_project_of_ones_own_may_name_things_otherwise() -> None:
    own = {
        "id": 1,
        "data": {"id": 7, "text": "A text"},
        "annotations": [{"result": [choice("sport", "sentiment")]}],
    }
    assert answer([own]) == answer(own) == Answer("7", "sport", False, "A text")


def test_of_several_choices_the_label_must_be_named() -> None:
    both = exported({"result": [choice("sport", "topic"), choice("good", "tone")]})
    with pytest.raises(UserError, match=r"several choices, 'tone', 'topic': name .* 'al_label'"):
        exchange.read(both, "there.json")
    named = exported({"result": [choice("sport"), choice("good", "tone")]})
    assert answer(named).label == "sport"


def test_the_same_control_on_two_regions_is_two_labels() -> None:
    with pytest.raises(UserError, match="record 1 has 2 labels"):
        answer(exported({"result": [choice("sport"), choice("trade")]}))


def test_a_minimal_export_without_our_names_is_refused() -> None:
    known = {"annotator": 1, "annotation_id": 2, "id": 3}
    with pytest.raises(
        UserError, match=r"no record has 'al_label'.*export the project as JSON, not"
    ):
        answer([{"al_id": "7", "sentiment": "good", **known}])
    with pytest.raises(
        UserError, match=r"record 1 has no 'al_id'.*export the project as JSON, not"
    ):
        answer([{"al_label": "good", "text": "a", **known}])


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ([{"data": [], "annotations": []}], "data of record 1 should be an object, but is a list"),
        ([{"data": {}, "annotations": []}], "record 1 has no id that is a text or a whole number"),
        ([{"data": {"al_id": ""}, "drafts": []}], "record 1 has no id that is a text or a whole"),
        (exported({"result": 3}), "result of an annotation of record 1 should be a list"),
        (
            exported({"result": [], "was_cancelled": "no"}),
            "was_cancelled of record 1 should be true",
        ),
        (
            exported({"result": [{"type": "choices"}]}),
            "from_name of a result of record 1 should be",
        ),
        (exported({"result": [choice(3)]}), "the label of record 1 should be a text, but is a num"),  # type: ignore[arg-type]
        ([*exported(), 3], "record 2 should be an object, but is a number"),
    ],
)
def test_what_is_malformed_is_named(content: object, sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        exchange.read(content, "there.json")
    assert f"there.json, read as an export of Label Studio: {sentence}" in str(caught.value)
