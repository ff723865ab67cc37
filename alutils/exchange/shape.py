"""Reading JSON that may be anything: each value is what it should be, or there is one sentence."""

from __future__ import annotations

import reprlib

from alutils.errors import UserError

_KINDS = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}


def kind(value: object) -> str:
    """Name what a JSON value is."""
    return "null" if value is None else _KINDS.get(type(value), "a number")


def _wrong(value: object, what: str, wanted: str) -> UserError:
    return UserError(
        f"{what} should be {wanted}, but is {kind(value)}: "
        "export the file again, and do not edit it by hand"
    )


def as_dict(value: object, what: str) -> dict[str, object]:
    """Take an object, or say what `what` is instead."""
    if not isinstance(value, dict):
        raise _wrong(value, what, "an object")
    return value


def as_list(value: object, what: str) -> list[object]:
    """Take a list, null for an empty one, or say what `what` is instead."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise _wrong(value, what, "a list")
    return value


def as_text(value: object, what: str) -> str:
    """Take a text, or say what `what` is instead."""
    if not isinstance(value, str):
        raise _wrong(value, what, "a text")
    return value


def as_flag(value: object, what: str) -> bool:
    """Take true or false, null for false, or say what `what` is instead."""
    if value is not None and not isinstance(value, bool):
        raise _wrong(value, what, "true or false")
    return bool(value)


def as_id(value: object, where: str) -> str:
    """Take an id, a whole number as text, or say that it is none."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value:
        raise UserError(
            f"{where} has no id that is a text or a whole number: "
            "label tasks that `alutils select` wrote, or give yours a column id"
        )
    return value


def as_batch(value: object, where: str) -> int | None:
    """Take the number of a batch, which may be missing, or say that it is none."""
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise _wrong(value, f"the batch of {where}", "a whole number")


def as_label(choices: object, where: str) -> str | None:
    """Take the one class that was chosen.

    Parameters
    ----------
    choices : object
        A text, or a list of at most one; null and an empty text stand for none.
    where : str
        Where it stands, for messages.

    Raises
    ------
    UserError
        If there are several, or what was chosen is not a text.
    """
    if isinstance(choices, list):
        if len(choices) > 1:
            raise UserError(
                f"{where} has {len(choices)} labels, {reprlib.repr(choices)}, but a text has one "
                "class here: let the tool offer a single choice, and label it again"
            )
        choices = choices[0] if choices else None
    if choices is None:
        return None
    return as_text(choices, f"the label of {where}") or None


def as_records(content: object) -> list[dict[str, object]]:
    """Take a list of objects; one object alone is a list of one."""
    records = [content] if isinstance(content, dict) else as_list(content, "the file")
    return [as_dict(record, f"record {i}") for i, record in enumerate(records, start=1)]
