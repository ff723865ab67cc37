"""The book: typed parameters -> papermill -> gate -> Jupyter Book.

`build_book` makes the whole of it, `run_notebook` runs one notebook. Notebooks are run by
papermill in processes of their own; Jupyter Book only renders what they left.
"""

from alutils.book.build import build_book, source, sources
from alutils.book.execute import NotebookFailed, run_notebook
from alutils.book.gate import GateRefused
from alutils.errors import BookFailed

__all__ = [
    "BookFailed",
    "GateRefused",
    "NotebookFailed",
    "build_book",
    "run_notebook",
    "source",
    "sources",
]
