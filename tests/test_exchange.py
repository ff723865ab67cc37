from __future__ import annotations

import copy
import json
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alutils import exchange
from alutils.errors import UserError
from alutils.exchange import FORMATS, Answer, Task
from tests.labelling_people import SHAPES

# Control characters, marks of writing direction and lone surrogates among them.
texts = st.text(st.characters(), max_size=20)
classes = st.lists(texts.filter(bool), min_size=1, max_size=4, unique=True)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
slow = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


def written(tool: str, tasks: list[Task], names: list[str]) -> Any:
    return json.loads(FORMATS[tool].write(tasks, names, "some model"))


@st.composite
def piles(draw: st.DrawFn) -> tuple[list[str], list[Task]]:
    names = draw(classes)
    tasks = [
        Task(
            name,
            draw(texts),
            draw(st.none() | st.sampled_from(names)),
            draw(st.none() | st.floats(0, 1)),
            # The names are those that tools use themselves.
            draw(st.dictionaries(st.sampled_from(["id", "text", "label", "data"]), anything)),
        )
        for name in draw(st.lists(texts.filter(bool), min_size=1, max_size=5, unique=True))
    ]
    return names, tasks


@st.composite
def labelled_piles(draw: st.DrawFn) -> tuple[list[str], list[Task], dict[str, Any]]:
    names, tasks = draw(piles())
    person = st.tuples(st.sampled_from(names), st.sampled_from(["submitted", "discarded", "draft"]))
    said = {task.id: draw(st.lists(person, max_size=4)) for task in tasks}
    return names, tasks, said


def counted(people: list[tuple[str, str]]) -> str | None:
    """Most votes, by trying each label against all others."""
    votes = Counter(label for label, status in people if status == "submitted")
    for label, number in votes.items():
        if all(number > other for name, other in votes.items() if name != label):
            return label
    return None


@slow
@given(labelled_piles(), st.randoms(use_true_random=False), st.sampled_from(sorted(SHAPES)))
def test_what_people_say_comes_back(pile: Any, random: Any, shape: str) -> None:
    names, tasks, said = pile
    tool, export, tells = SHAPES[shape]
    if not tells:
        said = {k: [each for each in v if each[1] == "submitted"] for k, v in said.items()}
    exported = export(written(tool, tasks, names), said)
    random.shuffle(exported)
    content = json.loads(json.dumps(exported))
    found = exchange.recognise(content)
    assert found is not None and found.name == tool
    answers = {each.id: each for each in exchange.read(content, "there.json").answers}
    assert answers.keys() == {task.id for task in tasks}
    for task in tasks:
        people = said[task.id]
        skipped = any(s == "discarded" for _, s in people) and not any(
            s == "submitted" for _, s in people
        )
        assert answers[task.id] == Answer(task.id, counted(people), skipped, task.text)


@pytest.mark.parametrize("tool", FORMATS)
def test_tasks_alone_are_texts_that_wait(tool: str) -> None:
    tasks = [Task("a", "first", "x", 0.9, {}), Task("b", "second", None, None, {})]
    answers = exchange.read(written(tool, tasks, ["x"]), "there.json")
    assert answers.answers == (
        Answer("a", None, False, "first"),
        Answer("b", None, False, "second"),
    )
    assert answers.remarks == ()


@pytest.mark.parametrize("tool", FORMATS)
def test_hostile_texts_pass_unchanged(tool: str) -> None:
    hostile = [
        "<script>alert(1)</script><img src=x onerror=alert(2)>",
        "\u202eright to left\u2066",
        "".join(map(chr, range(32))) + "\x7f\u2028\ufeff",
        "\ud800 alone \udfff",
        "$al_id {{7*7}} ${jndi:ldap://x}",
        "long " * 2_000_000,
    ]
    tasks = [Task(str(i), text, None, None, {}) for i, text in enumerate(hostile)]
    content = FORMATS[tool].write(tasks, [], "some model")
    assert content.isascii()
    assert [each.text for each in exchange.read(json.loads(content), "f").answers] == hostile


@pytest.mark.parametrize("tool", FORMATS)
def test_values_of_a_table_are_written(tool: str) -> None:
    notes = {
        "integer": np.int64(3),
        "float": np.float32(0.5),
        "flag": np.bool_(True),
        "missing": float("nan"),
        "none": None,
        "na": pd.NA,
        "nat": pd.NaT,
        "endless": np.inf,
        "time": pd.Timestamp("2024-05-01"),
        "list": ["a", 1],
    }
    (record,) = written(tool, [Task("a", "text", None, None, notes)], [])
    kept = record["data"] if tool == "label-studio" else record["metadata"]
    told = {k: v for k, v in kept.items() if v is not None and not k.startswith("al_")}
    assert told == {
        "integer": 3,
        "float": 0.5,
        "flag": True,
        "time": "2024-05-01 00:00:00",
        "list": "['a', 1]",
    }


@pytest.mark.parametrize("tool", FORMATS)
def test_a_note_may_not_take_a_name_of_ours(tool: str) -> None:
    with pytest.raises(UserError, match=r"'al_text'.*rename"):
        FORMATS[tool].write([Task("a", "text", None, None, {"al_text": 1})], [], "m")


@pytest.mark.parametrize("tool", FORMATS)
def test_a_guess_is_one_of_the_classes(tool: str) -> None:
    with pytest.raises(UserError, match=r"no class 'sprot': did you mean 'sport'"):
        FORMATS[tool].write([Task("a", "text", "sprot", 0.5, {})], ["sport"], "m")


@pytest.mark.parametrize("tool", FORMATS)
@pytest.mark.parametrize("names", [[], ["a", "a"]])
def test_a_tool_needs_classes(tool: str, names: list[str]) -> None:
    with pytest.raises(UserError):
        FORMATS[tool].set_up(names)


def test_an_unknown_tool_has_a_nearest_one() -> None:
    assert exchange.get("argilla").title == "Argilla"
    with pytest.raises(UserError, match=r"did you mean 'label-studio'"):
        exchange.get("labelstudio")


def read_or_say(content: object) -> None:
    """Reading gives answers, or one sentence that begins with the file."""
    try:
        answers = exchange.read(content, "there.json")
    except UserError as error:
        assert str(error).startswith("there.json")
        assert "\n" not in str(error)
        return
    ids = [each.id for each in answers.answers]
    assert len(set(ids)) == len(ids)
    for each in answers.answers:
        assert each.label is None or (each.label and not each.skipped)


@slow
@given(anything)
def test_any_json_is_read_or_refused_in_a_sentence(content: object) -> None:
    read_or_say(content)


# Where an arbitrary value stands in the shape of an export.
_KEYS = [
    *["id", "data", "annotations", "result", "value", "choices", "was_cancelled", "annotator"],
    *["annotation_id", "al_id", "al_label", "al_text", "fields", "metadata", "responses", "values"],
    *["al_label.responses", "al_label.responses.status", "al_label-suggestion", "status", "type"],
    *["suggestions", "_server_id", "external_id", "from_name", "predictions", "drafts"],
]
lookalikes = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["a", "choices", "submitted", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(_KEYS), inner, min_size=1, max_size=6)
    ),
    max_leaves=25,
)


@slow
@given(lookalikes)
def test_what_looks_like_an_export_is_read_or_refused_in_a_sentence(content: object) -> None:
    read_or_say(content)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths to all that a JSON value holds."""
    inner: Any = value.items() if isinstance(value, dict) else ()
    inner = enumerate(value) if isinstance(value, list) else inner
    return [path] * bool(path) + [
        place for key, each in inner for place in places(each, (*path, key))
    ]


SAMPLE = [
    Task("a", "first", "x", 0.9, {"n": 1}),
    Task("b", "second", None, None, {}),
    Task("c", "third", "y", 0.4, {}),
]
SAID = {
    "a": [("x", "submitted"), ("y", "submitted"), ("x", "submitted")],
    "b": [("y", "discarded")],
}


@slow
@given(st.sampled_from(sorted(SHAPES)), st.data())
def test_a_damaged_export_is_read_or_refused_in_a_sentence(shape: str, data: st.DataObject) -> None:
    tool, export, _ = SHAPES[shape]
    content = copy.deepcopy(export(written(tool, SAMPLE, ["x", "y"]), SAID))
    for _ in range(data.draw(st.integers(1, 2))):
        *path, last = data.draw(st.sampled_from(places(content)))
        inner: Any = content
        for key in path:
            inner = inner[key]
        if data.draw(st.booleans()):
            inner[last] = data.draw(anything | lookalikes)
        else:
            del inner[last]
        if not places(content):
            break
    read_or_say(content)


@pytest.mark.parametrize("content", [[1, 2, 3], {}, "text", None, 3, [[]], [{"text": "a"}]])
def test_what_is_no_export_is_refused(content: object) -> None:
    with pytest.raises(
        UserError, match=r"^there\.json: this is not an export of Label Studio or A"
    ):
        exchange.read(content, "there.json")


def test_an_empty_export_is_refused() -> None:
    with pytest.raises(UserError, match=r"^there\.json: the file has no records: label a text"):
        exchange.read([], "there.json")


@pytest.mark.parametrize("shape", SHAPES)
def test_one_id_with_two_labels_is_refused(shape: str) -> None:
    tool, export, _ = SHAPES[shape]
    twice = written(tool, SAMPLE[:1] * 2, ["x", "y"])
    one, again = export(twice, {"a": [("x", "submitted")]})
    _, other = export(twice, {"a": [("y", "submitted")]})
    with pytest.raises(UserError, match=r"record 1 and record 2 both have the id 'a', but are lab"):
        exchange.read([one, other], "there.json")
    assert exchange.read([one, again], "f").answers == (Answer("a", "x", False, "first"),)


@pytest.mark.parametrize("shape", SHAPES)
def test_one_id_with_two_texts_is_refused(shape: str) -> None:
    tool, export, _ = SHAPES[shape]
    both = [Task("a", text, None, None, {}) for text in ("first", "second")]
    with pytest.raises(UserError, match=r"both have the id 'a', but different texts"):
        exchange.read(export(written(tool, both, []), {}), "there.json")


@pytest.mark.parametrize("shape", SHAPES)
def test_several_labels_of_a_text_are_refused(shape: str) -> None:
    tool, export, _ = SHAPES[shape]
    content = export(written(tool, SAMPLE, ["x", "y"]), {"b": [("z", "submitted")]})
    text = json.dumps(content)
    several = '["x", "y"]'
    text = text.replace('{"choices": ["z"]}', f'{{"choices": {several}}}').replace('"z"', several)
    with pytest.raises(UserError, match=r"record 2 has 2 labels, \['x', 'y'\], but a text has one"):
        exchange.read(json.loads(text), "there.json")


@pytest.mark.parametrize("shape", SHAPES)
def test_disagreements_are_reported(shape: str) -> None:
    tool, export, _ = SHAPES[shape]
    tasks = written(tool, SAMPLE, ["x", "y"])
    said = {
        "a": [("x", "submitted"), ("y", "submitted")],
        "b": [("x", "submitted"), ("x", "submitted"), ("y", "submitted")],
    }
    answers = exchange.read(export(tasks, said), "there.json")
    assert [each.label for each in answers.answers] == [None, "x", None]
    assert not any(each.skipped for each in answers.answers)
    *_, majority, tie = answers.remarks
    assert "disagree on 1 text (id 'b')" in majority
    assert "disagree evenly on 1 text (id 'a')" in tie


@given(st.lists(anything, min_size=1, max_size=4))
def test_json_lines_are_parsed_as_json_is(records: list[object]) -> None:
    lines = "\n".join(json.dumps(each, ensure_ascii=False) for each in records) + "\n"
    alone = json.dumps(records)
    parsed = exchange.parse(lines, "f")
    expected = json.dumps(records if len(records) > 1 else records[0])
    assert json.dumps(parsed) == expected
    assert json.dumps(exchange.parse("\ufeff" + alone, "f")) == alone


@pytest.mark.parametrize("text", ["", "a,b\n1,2", '{"a": 1', "[" * 100_000, "9" * 9_000, '{}\n{"'])
def test_what_is_not_json_is_refused(text: str) -> None:
    with pytest.raises(UserError, match=r"^there\.json: .* export the file again$"):
        exchange.parse(text, "there.json")
