"""Label Studio: tasks with pre-annotations, the labelling interface, and its JSON exports.

Formats: https://labelstud.io/guide/predictions, https://labelstud.io/guide/export.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from xml.sax.saxutils import quoteattr

from alutils.errors import UserError
from alutils.exchange.ballots import Ballot, decide
from alutils.exchange.json_text import plain_notes
from alutils.exchange.records import BATCH, ID, LABEL, TEXT, Answers, Task
from alutils.exchange.shape import (
    as_batch,
    as_dict,
    as_flag,
    as_id,
    as_label,
    as_list,
    as_records,
    as_text,
)

# All that XML 1.0 cannot hold, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def tasks(tasks: Sequence[Task], model: str) -> list[dict[str, object]]:
    """Build tasks to import; a guess becomes a prediction, shown as a pre-annotation.

    Parameters
    ----------
    tasks : sequence of Task
        Texts to be labelled.
    model : str
        Names what made the guesses.

    Returns
    -------
    list of dict
        Items of Label Studio's basic JSON format.

    Raises
    ------
    UserError
        If a note has a name that is needed here.
    """
    return [_task(task, model) for task in tasks]


def _task(task: Task, model: str) -> dict[str, object]:
    notes = plain_notes(task.notes, {ID, TEXT, LABEL})
    record: dict[str, object] = {"data": {TEXT: task.text, ID: task.id, **notes}}
    if task.guess is not None:
        choice = {"choices": [task.guess]}
        result = {"from_name": LABEL, "to_name": TEXT, "type": "choices", "value": choice}
        score = {} if task.confidence is None else {"score": task.confidence}
        record["predictions"] = [{"model_version": model, **score, "result": [result]}]
    return record


def labelling_config(classes: Sequence[str]) -> str:
    """Write the labelling interface in XML: a text, and one choice among the classes.

    Parameters
    ----------
    classes : sequence of str
        Names of the classes.

    Returns
    -------
    str
        To be pasted in as code under Settings, Labeling Interface.

    Raises
    ------
    UserError
        If a name cannot be written in XML.
    """
    for name in classes:
        if not name or _NOT_XML.search(name):
            raise UserError(
                f"the class {name!r} is empty or has a control character, which Label Studio's "
                "interface cannot hold: rename the class"
            )
    choices = "\n".join(f"    <Choice {_attributes(name)}/>" for name in classes)
    return f"""<View>
  <Text name="{TEXT}" value="${TEXT}" valueType="text"/>
  <Choices name="{LABEL}" toName="{TEXT}" choice="single" required="true">
{choices}
  </Choices>
</View>
"""


def _attributes(name: str) -> str:
    if "$" not in name:
        return f"value={quoteattr(name)}"
    # A dollar would fetch a column of that name: what is shown is a wide dollar, and the alias,
    # which is what comes back, has the class as it is.
    return f"value={quoteattr(name.replace('$', '＄'))} alias={quoteattr(name)}"


def recognise(content: object) -> bool:
    """Whether some record has the shape of Label Studio's tasks or exports."""
    records = content if isinstance(content, list) else [content]
    return any(_is_task(each) or _is_minimal(each) for each in records)


def _is_task(record: object) -> bool:
    return (
        isinstance(record, dict)
        and "data" in record
        and (
            bool({"annotations", "predictions", "drafts"} & set(record))
            or (isinstance(record["data"], dict) and ID in record["data"])
        )
    )


def _is_minimal(record: object) -> bool:
    return isinstance(record, dict) and {"annotation_id", "annotator"} <= set(record)


def answers(content: object) -> Answers:
    """Read an export, JSON or JSON-MIN.

    Parameters
    ----------
    content : object
        What the file's JSON says.

    Returns
    -------
    Answers
        Predictions and drafts are no labels. If one annotation is the ground truth, it decides;
        else most votes do. A cancelled annotation is a skip.

    Raises
    ------
    UserError
        If a record is malformed, has no id, or has several labels.
    """
    records = as_records(content)
    if any(_is_minimal(record) for record in records):
        return decide(_minimal_ballots(records))
    return _full_answers(records)


@dataclass(frozen=True)
class _Annotation:
    """What one person did: skip, or choose something in each control."""

    skipped: bool
    truth: bool
    chosen: Mapping[str, list[object]]


def _full_answers(records: Sequence[Mapping[str, object]]) -> Answers:
    read = [_annotations(record, f"record {i}") for i, record in enumerate(records, start=1)]
    control = _control({name for each in read for a in each for name in a.chosen})
    ballots, drafts = [], 0
    for i, (record, made) in enumerate(zip(records, read, strict=True), start=1):
        where = f"record {i}"
        data = as_dict(record.get("data"), f"data of {where}")
        told = [a for a in made if a.truth and not a.skipped] or made
        labels = [as_label(a.chosen.get(control), where) for a in told if not a.skipped]
        ballots.append(
            Ballot(
                where,
                as_id(data.get(ID, data.get("id")), where),
                _text(data),
                tuple(label for label in labels if label is not None),
                any(a.skipped for a in made),
                as_batch(data.get(BATCH), where),
            )
        )
        drafts += bool(record.get("drafts")) and not ballots[-1].votes
    said = f"{drafts} unlabelled text(s) have a draft, which does not count: submit it first"
    return decide(ballots, [said] if drafts else [])


def _text(data: Mapping[str, object]) -> str | None:
    text = data.get(TEXT, data.get("text"))
    return text if isinstance(text, str) else None


def _annotations(record: Mapping[str, object], where: str) -> list[_Annotation]:
    found = []
    for item in as_list(record.get("annotations"), f"annotations of {where}"):
        annotation = as_dict(item, f"an annotation of {where}")
        chosen: dict[str, list[object]] = {}
        for part in as_list(annotation.get("result"), f"result of an annotation of {where}"):
            region = as_dict(part, f"a result of {where}")
            if region.get("type") != "choices":
                continue
            name = as_text(region.get("from_name"), f"from_name of a result of {where}")
            value = as_dict(region.get("value"), f"value of a result of {where}")
            choices = as_list(value.get("choices"), f"choices of {where}")
            chosen.setdefault(name, []).extend(choices)
        skipped = as_flag(annotation.get("was_cancelled"), f"was_cancelled of {where}")
        truth = as_flag(annotation.get("ground_truth"), f"ground_truth of {where}")
        found.append(_Annotation(skipped, truth, chosen))
    return found


def _control(names: set[str]) -> str:
    """Which control has the label: ours, or the only one."""
    if LABEL in names or not names:
        return LABEL
    if len(names) > 1:
        raise UserError(
            f"the export has several choices, {', '.join(map(repr, sorted(names)))}: "
            f"name the one with the label {LABEL!r}"
        )
    return names.pop()


def _minimal_ballots(records: Sequence[Mapping[str, object]]) -> list[Ballot]:
    """One ballot for each task: JSON-MIN has a record for each annotation."""
    instead = "export the project as JSON, not as JSON-MIN"
    if not any(LABEL in record for record in records) and any(
        record.get("annotation_id") is not None for record in records
    ):
        raise UserError(
            f"no record has {LABEL!r}, so none says which column is the label: {instead}"
        )
    found: dict[tuple[str, str], Ballot] = {}
    for i, record in enumerate(records, start=1):
        where = f"record {i}"
        if ID not in record:
            raise UserError(f"{where} has no {ID!r}, and its id is a number of a task: {instead}")
        own = as_id(record[ID], where)
        task = as_id(record["id"], where) if "id" in record else where
        value = record.get(LABEL)
        label = as_label(value.get("choices") if isinstance(value, dict) else value, where)
        batch = as_batch(record.get(BATCH), where)
        first = found.get((own, task), Ballot(where, own, _text(record), (), False, batch))
        votes = first.votes if label is None else (*first.votes, label)
        found[own, task] = replace(first, votes=votes)
    return list(found.values())
