"""Trivia of a chat bot: question -> the list its author put it in."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

import yaml

from alutils.errors import UserError

MIXED = "general"
"""A list on everything, whose questions would fit others: left out."""

SMALLEST = 200
"""Questions that a list must have to be a class."""

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # the one in C, where it was built


def parse(members: Mapping[str, bytes]) -> list[tuple[str, str]]:
    """Read (question, name of its list); questions with a link, which show a picture, are left out.

    Parameters
    ----------
    members : mapping of str to bytes
        YAML files by name, each a mapping of questions to lists of answers. Other values describe
        the list.

    Raises
    ------
    UserError
        If a file is not such a mapping.
    """
    pairs = []
    for member, content in sorted(members.items()):
        try:
            table = yaml.load(content, Loader=LOADER)
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise UserError(f"{member} is not valid YAML: {' '.join(str(error).split())}") from None
        if not isinstance(table, dict):
            raise UserError(f"{member} is not a mapping of questions to answers")
        questions = [
            text.strip()
            for text, answers in table.items()
            if isinstance(text, str) and isinstance(answers, list) and "://" not in text
        ]
        name = PurePosixPath(member).stem
        if len(questions) >= SMALLEST and name != MIXED:
            pairs += [(text, name) for text in questions]
    return pairs
