"""Leave in an executed notebook what it found, so that the same results make the same file.

When it ran and how long that took is in the record beside it.
"""

from __future__ import annotations

import re

from nbformat import NotebookNode

_TIMES = "start_time", "end_time", "duration"
_ADDRESS = re.compile(r" at 0x[0-9a-f]+(?=>)")


def steady(notebook: NotebookNode) -> None:
    """Take out what differs from run to run though the results do not.

    These are times, where in memory an object was, and the lines for the terminal: they tell how
    long something took and what was in the store, and have been where they belong.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        As papermill leaves it; changed in place.
    """
    for part in [notebook, *notebook.cells]:
        for name in _TIMES:
            part.metadata.get("papermill", {}).pop(name, None)
        part.metadata.pop("execution", None)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = [each for each in cell.outputs if each.get("name") != "stderr"]
            for output in cell.outputs:
                if "text/plain" in output.get("data", {}):
                    output.data["text/plain"] = _ADDRESS.sub("", output.data["text/plain"])
