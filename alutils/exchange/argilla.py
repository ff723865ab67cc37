"""Argilla: records with suggestions, how to make the dataset there, and its exports.

Formats: https://docs.argilla.io/latest/how_to_guides/import_export; for the first major version
https://docs.v1.argilla.io/en/latest/practical_guides/export_dataset.html.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from alutils.errors import UserError
from alutils.exchange.ballots import Ballot, decide
from alutils.exchange.json_text import plain_notes
from alutils.exchange.records import BATCH, ID, LABEL, TEXT, Answers, Task
from alutils.exchange.shape import as_batch, as_dict, as_id, as_label, as_list, as_records, as_text

_STATUSES = ("submitted", "discarded", "draft")
_FLAT = ".responses"
_OLD = "-suggestion"


def records(tasks: Sequence[Task], model: str) -> list[dict[str, object]]:
    """Build records as ``Dataset.records.from_json`` loads them; a guess becomes a suggestion.

    Parameters
    ----------
    tasks : sequence of Task
        Texts to be labelled.
    model : str
        Names what made the guesses.

    Returns
    -------
    list of dict
        One for each text. Notes that are missing are left out.

    Raises
    ------
    UserError
        If a note has a name that is needed here.
    """
    return [_record(task, model) for task in tasks]


def _record(task: Task, model: str) -> dict[str, object]:
    notes = plain_notes(task.notes, {ID, TEXT, LABEL})
    guess = {"value": task.guess, "score": task.confidence, "agent": model}
    return {
        "id": task.id,
        "fields": {TEXT: task.text},
        # The id once more: a flattened export lets a note called "id" take its place.
        "metadata": {ID: task.id, **{k: v for k, v in notes.items() if v is not None}},
        "suggestions": {} if task.guess is None else {LABEL: guess},
        "responses": {},
        "vectors": {},
    }


def dataset_script(classes: Sequence[str]) -> str:
    """Write a Python script that makes the dataset in Argilla, and loads and exports records.

    Parameters
    ----------
    classes : sequence of str
        Names of the classes.
    """
    labels = "\n".join(f"    {name!a}," for name in classes)
    return textwrap.dedent(
        '''\
        """Usage: python THIS.py load RECORDS.json, and python THIS.py export LABELS.json."""

        import json
        import sys

        import argilla as rg

        # Where Argilla runs, and the key of a user of it.
        client = rg.Argilla(api_url="http://localhost:6900", api_key="argilla.apikey")

        labels = [
        {labels}
        ]
        settings = rg.Settings(
            fields=[rg.TextField(name="{text}")],
            questions=[rg.LabelQuestion(name="{label}", labels=labels)],
            allow_extra_metadata=True,
        )
        dataset = client.datasets("alutils")
        if dataset is None:
            dataset = rg.Dataset("alutils", settings=settings, client=client).create()

        do, path = sys.argv[1:]
        if do == "load":
            dataset.records.from_json(path)
        else:
            # Only a flattened export says which responses are drafts or discarded.
            with open(path, "x") as file:
                json.dump(dataset.records.to_list(flatten=True), file)
        '''
    ).format(labels=labels, text=TEXT, label=LABEL)


def recognise(content: object) -> bool:
    """Whether some record has the shape of Argilla's."""
    records = content if isinstance(content, list) else [content]
    return any(_is_record(each) for each in records)


def _is_record(record: object) -> bool:
    if not isinstance(record, dict):
        return False
    nested = "fields" in record and bool({"responses", "suggestions"} & set(record))
    return nested or "_server_id" in record or any(key.endswith((_FLAT, _OLD)) for key in record)


@dataclass(frozen=True)
class _Response:
    """One person's value of one question; what the export does not say is None."""

    question: str | None
    value: object
    status: str | None


def answers(content: object) -> Answers:
    """Read an export: records nested or flattened, of Argilla 2 or of a FeedbackDataset before it.

    Parameters
    ----------
    content : object
        What the file's JSON says.

    Returns
    -------
    Answers
        Suggestions and drafts are no labels, a discarded response is a skip, most votes decide.

    Raises
    ------
    UserError
        If a record is malformed, has no id, or has several labels.
    """
    records = as_records(content)
    read = [_responses(record, f"record {i}") for i, record in enumerate(records, start=1)]
    question = _question({r.question for each in read for r in each if r.question is not None})
    ballots, drafts, unsaid = [], 0, False
    for i, (record, responses) in enumerate(zip(records, read, strict=True), start=1):
        where = f"record {i}"
        ours = [response for response in responses if response.question == question]
        unsaid |= any(response.status is None for response in ours)
        # A nested export leaves out each response's status, but says which records are complete.
        by_default = "draft" if record.get("status") == "pending" else "submitted"
        statuses = [response.status or by_default for response in ours]
        labels = [
            as_label(response.value, where)
            for response, status in zip(ours, statuses, strict=True)
            if status == "submitted"
        ]
        votes = tuple(label for label in labels if label is not None)
        # A person discards a record as a whole, whatever was said of this question.
        skipped = any(response.status == "discarded" for response in responses)
        drafts += not votes and any(response.status == "draft" for response in ours)
        batch = as_batch(_notes(record).get(BATCH), where)
        ballots.append(Ballot(where, _id(record, where), _text(record), votes, skipped, batch))
    said = []
    if unsaid:
        said.append(
            "the export does not say which responses are drafts or discarded: those of pending "
            "records are left out, all others count; to_list(flatten=True) would say it"
        )
    if drafts:
        said.append(f"{drafts} unlabelled text(s) have a draft, which does not count: submit it")
    return decide(ballots, said)


def _question(names: set[str]) -> str:
    """Which question has the label: ours, or the only one."""
    if LABEL in names or not names:
        return LABEL
    if len(names) > 1:
        raise UserError(
            f"the export has several questions, {', '.join(map(repr, sorted(names)))}: "
            f"name the one with the label {LABEL!r}"
        )
    return names.pop()


def _id(record: Mapping[str, object], where: str) -> str:
    # An `id` that the server made stands beside an `external_id` that the user gave.
    told = (_notes(record).get(ID), record.get("external_id"), record.get("id"))
    return as_id(next((each for each in told if each is not None), None), where)


def _notes(record: Mapping[str, object]) -> Mapping[str, object]:
    """Return what was noted beside the text; a flattened record has it among its own names."""
    metadata = record.get("metadata")
    return metadata if isinstance(metadata, dict) else record


def _text(record: Mapping[str, object]) -> str | None:
    fields = record.get("fields")
    known = fields if isinstance(fields, dict) else record
    text = known.get(TEXT, known.get("text"))
    return text if isinstance(text, str) else None


def _responses(record: Mapping[str, object], where: str) -> list[_Response]:
    responses = record.get("responses")
    if isinstance(responses, list):
        return _by_person(responses, where)
    if responses is not None:
        return _by_question(as_dict(responses, f"responses of {where}"), where)
    if any(key.endswith(_FLAT) for key in record):
        return _flattened(record, where)
    old = [key.removesuffix(_OLD) for key in record if key.endswith(_OLD)]
    return _by_question({question: record.get(question) for question in old}, where)


def _by_person(responses: Sequence[object], where: str) -> list[_Response]:
    """``[{"user_id", "values": {question: {"value"}}, "status"}]``."""
    found = []
    for item in responses:
        response = as_dict(item, f"a response of {where}")
        status = _status(response.get("status"), where)
        values = as_dict(response.get("values") or {}, f"values of a response of {where}")
        for question, value in values.items():
            answer = as_dict(value, f"a value of a response of {where}")
            found.append(_Response(question, answer.get("value"), status))
        if not values:
            found.append(_Response(None, None, status))
    return found


def _by_question(responses: Mapping[str, object], where: str) -> list[_Response]:
    """``{question: [{"value", "user_id", "status"?}]}``; once these were columns of a record."""
    found = []
    for question, items in responses.items():
        for item in as_list(items, f"responses of {where}"):
            response = as_dict(item, f"a response of {where}")
            status = _status(response.get("status"), where)
            found.append(_Response(question, response.get("value"), status))
    return found


def _flattened(record: Mapping[str, object], where: str) -> list[_Response]:
    """``{"question.responses": [value], "question.responses.status": [status]}``."""
    found = []
    for key in record:
        if not key.endswith(_FLAT):
            continue
        values = as_list(record[key], f"{key!r} of {where}")
        told = as_list(record.get(f"{key}.status"), f"'{key}.status' of {where}")
        statuses = told or [None] * len(values)
        if len(statuses) != len(values):
            raise UserError(
                f"{where} has {len(values)} responses, but {len(statuses)} statuses of them: "
                "export the file again, and do not edit it by hand"
            )
        for value, status in zip(values, statuses, strict=True):
            found.append(_Response(key.removesuffix(_FLAT), value, _status(status, where)))
    return found


def _status(value: object, where: str) -> str | None:
    if value is None:
        return None
    if as_text(value, f"a status of {where}") not in _STATUSES:
        raise UserError(
            f"{where} has a response with the status {value!r}: it should be one of "
            f"{', '.join(_STATUSES)}"
        )
    return str(value)
