"""Forget when a notebook ran and how long it took, so that the same results make the same file.

The record beside the notebook keeps both.
"""

from __future__ import annotations

from nbformat import NotebookNode

_TIMES = "start_time", "end_time", "duration"


def forget_times(notebook: NotebookNode) -> None:
    """Take out of an executed notebook what differs from run to run though its results do not.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        As papermill leaves it; changed in place. Lines for the terminal tell how long something
        took and what was in the store: they have been there, and go as well.
    """
    for part in [notebook, *notebook.cells]:
        for name in _TIMES:
            part.metadata.get("papermill", {}).pop(name, None)
        part.metadata.pop("execution", None)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [each for each in cell.outputs if each.get("name") != "stderr"]
