"""Round trips with labelling tools: tasks out, answers back.

Both directions are pure functions of Python objects; who calls them reads and writes the files.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from alutils.errors import UserError, unknown
from alutils.exchange import argilla, label_studio
from alutils.exchange.json_text import dump, parse
from alutils.exchange.records import Answer, Answers, Task

__all__ = ["FORMATS", "Answer", "Answers", "Format", "Task", "get", "parse", "read", "recognise"]


@dataclass(frozen=True)
class Format:
    """A labelling tool's files.

    Attributes
    ----------
    name : str
        As people write it on the command line.
    title : str
        As the tool calls itself.
    suffix : str
        Of a file of tasks.
    setup_suffix : str
        Of the file that sets the tool up.
    build : callable
        Tasks and what made the guesses -> records of the tool.
    setup : callable
        Classes -> text of the file that sets the tool up for them.
    recognise : callable
        Content of a JSON file -> whether it comes from the tool.
    answers : callable
        Content of a JSON file -> what came back.
    """

    name: str
    title: str
    suffix: str
    setup_suffix: str
    build: Callable[[Sequence[Task], str], list[dict[str, object]]]
    setup: Callable[[Sequence[str]], str]
    recognise: Callable[[object], bool]
    answers: Callable[[object], Answers]

    def write(self, tasks: Sequence[Task], classes: Sequence[str], model: str) -> str:
        """Write tasks as the text of a file that the tool loads.

        Parameters
        ----------
        tasks : sequence of Task
            Texts to be labelled.
        classes : sequence of str
            Names of the classes; may be empty as long as no task has a guess.
        model : str
            Names what made the guesses.

        Raises
        ------
        UserError
            If a guess is none of the classes, which a tool would refuse, or a note has a name that
            the tool's file needs.
        """
        for task in tasks:
            if task.guess is not None and task.guess not in classes:
                raise unknown("class", task.guess, classes)
        return dump(self.build(tasks, model))

    def set_up(self, classes: Sequence[str]) -> str:
        """Write the text of the file that sets the tool up for these classes.

        Raises
        ------
        UserError
            If there is no class, one twice, or one that the tool cannot hold.
        """
        if not classes:
            raise UserError(f"{self.title} needs to know the classes: name them")
        if len(set(classes)) < len(classes):
            raise UserError("a class is named twice: name each once")
        return self.setup(classes)


FORMATS = {
    each.name: each
    for each in (
        Format(
            "label-studio",
            "Label Studio",
            ".json",
            ".xml",
            label_studio.tasks,
            label_studio.labelling_config,
            label_studio.recognise,
            label_studio.answers,
        ),
        Format(
            "argilla",
            "Argilla",
            ".json",
            ".py",
            argilla.records,
            argilla.dataset_script,
            argilla.recognise,
            argilla.answers,
        ),
    )
}


def get(name: str) -> Format:
    """Look a labelling tool up by name, or raise a UserError with the nearest one."""
    if name not in FORMATS:
        raise unknown("labelling tool", name, FORMATS)
    return FORMATS[name]


def recognise(content: object) -> Format | None:
    """Say which tool a JSON file comes from, None if from none of them.

    Parameters
    ----------
    content : object
        What the file's JSON says.
    """
    return next((each for each in FORMATS.values() if each.recognise(content)), None)


def read(content: object, path: Path | str) -> Answers:
    """Read what a labelling tool exported.

    Parameters
    ----------
    content : object
        What the file's JSON says.
    path : path-like
        Where it lies, for messages.

    Raises
    ------
    UserError
        If it comes from no tool we know, or is malformed.
    """
    if content == []:
        raise UserError(f"{path}: the file has no records: label a text, and export again")
    tool = recognise(content)
    if tool is None:
        known = " or ".join(each.title for each in FORMATS.values())
        raise UserError(
            f"{path}: this is not an export of {known}: export the labelled project as JSON"
        )
    try:
        return tool.answers(content)
    except UserError as error:
        raise UserError(f"{path}, read as an export of {tool.title}: {error}") from error
