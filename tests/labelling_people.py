"""People who label: from the file that a tool loads to the file that it exports.

The shapes follow the tools' documentation: Label Studio's JSON and JSON-MIN; of Argilla 2 records
flattened and nested; of its FeedbackDataset records and columns.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

# What each person did: label and status (submitted, discarded, draft).
Said = Mapping[str, Sequence[tuple[str | None, str]]]
Records = list[dict[str, Any]]


def label_studio(tasks: Records, said: Said) -> Records:
    """Export as JSON: a draft stands apart, a skip is a cancelled annotation."""
    exported = []
    for number, task in enumerate(copy.deepcopy(tasks), start=70):
        people = list(enumerate(said.get(task["data"]["al_id"], ()), start=1))
        made = [(p, _annotation(p, label, status)) for p, (label, status) in people]
        drafts = [a for (p, a) in made if people[p - 1][1][1] == "draft"]
        annotations = [a for (p, a) in made if people[p - 1][1][1] != "draft"]
        task |= {"id": number, "project": 3, "annotations": annotations, "drafts": drafts}
        task.setdefault("predictions", [])
        exported.append(task)
    return exported


def _annotation(person: int, label: str | None, status: str) -> dict[str, Any]:
    region = {
        "id": "region",
        "from_name": "al_label",
        "to_name": "al_text",
        "type": "choices",
        "value": {"choices": [label]},
        "origin": "manual",
    }
    return {
        "id": 500 + person,
        "completed_by": person,
        "result": [] if label is None else [region],
        "was_cancelled": status == "discarded",
        "ground_truth": False,
        "created_at": "2024-05-01T10:00:00.000000Z",
        "lead_time": 2.5,
    }


def label_studio_minimal(tasks: Records, said: Said) -> Records:
    """Export as JSON-MIN: a record for each annotation, none for a skip, `id` overwritten."""
    exported = []
    for task in label_studio(tasks, said):
        kept = [a for a in task["annotations"] if not a["was_cancelled"]]
        nobody = [] if task["annotations"] else [{"result": [], "id": None, "completed_by": None}]
        for made in kept or nobody:
            chosen = {r["from_name"]: r["value"]["choices"][0] for r in made["result"]}
            told = {"annotator": made["completed_by"], "annotation_id": made["id"]}
            exported.append({**task["data"], "id": task["id"], **chosen, **told})
    return exported


def argilla_flat(records: Records, said: Said) -> Records:
    """Export flattened: notes become columns, and may take the place of the id."""
    exported = []
    for record in copy.deepcopy(records):
        people = said.get(record["id"], ())
        flat = {"id": record["id"], "status": "pending", "_server_id": "6ba7b810"}
        flat |= record["fields"] | record["metadata"]
        key = "al_label.responses"
        flat[key] = [label for label, _ in people] or None
        flat[f"{key}.users"] = [f"user {i}" for i, _ in enumerate(people)] or None
        flat[f"{key}.status"] = [status for _, status in people] or None
        for question, suggestion in record["suggestions"].items():
            flat[f"{question}.suggestion"] = suggestion["value"]
        exported.append(flat)
    return exported


def argilla_nested(records: Records, said: Said) -> Records:
    """Export nested: no response has a status, the record has one."""
    exported = []
    for record in copy.deepcopy(records):
        people = said.get(record["id"], ())
        answers = [{"value": label, "user_id": f"user {i}"} for i, (label, _) in enumerate(people)]
        done = any(status == "submitted" for _, status in people)
        record["responses"] = {"al_label": answers} if people else {}
        record |= {"status": "completed" if done else "pending", "_server_id": "6ba7b810"}
        exported.append(record)
    return exported


def argilla_feedback(records: Records, said: Said) -> Records:
    """Records of a FeedbackDataset: responses by person."""
    exported = []
    for record in copy.deepcopy(records):
        responses = [
            {
                "user_id": f"user {i}",
                "values": {} if label is None else {"al_label": {"value": label}},
                "status": status,
            }
            for i, (label, status) in enumerate(said.get(record["id"], ()))
        ]
        suggestions = [{"question_name": q, **s} for q, s in record["suggestions"].items()]
        name = record.pop("id")
        record |= {"responses": responses, "suggestions": suggestions, "external_id": name}
        exported.append(record)
    return exported


def argilla_columns(records: Records, said: Said) -> Records:
    """A FeedbackDataset as a table: a column of responses for each question."""
    return [
        {
            **record["fields"],
            "al_label": [
                {"user_id": f"user {i}", "value": label, "status": status}
                for i, (label, status) in enumerate(said.get(record["id"], ()))
            ],
            "al_label-suggestion": record["suggestions"].get("al_label", {}).get("value"),
            "external_id": record["id"],
            "metadata": "{}",
        }
        for record in records
    ]


# Tool, shape, and whether the shape shows who skipped and what is a draft.
SHAPES: dict[str, tuple[str, Callable[[Records, Said], Records], bool]] = {
    "JSON": ("label-studio", label_studio, True),
    "JSON-MIN": ("label-studio", label_studio_minimal, False),
    "flat": ("argilla", argilla_flat, True),
    "nested": ("argilla", argilla_nested, False),
    "feedback": ("argilla", argilla_feedback, True),
    "columns": ("argilla", argilla_columns, True),
}
