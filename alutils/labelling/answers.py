"""Answers of people, out of a table or out of what a labelling tool exports."""

from __future__ import annotations

from pathlib import Path

from alutils import exchange
from alutils.errors import UserError, unknown
from alutils.exchange import Answer
from alutils.labelling import columns
from alutils.labelling.pile import Pile
from alutils.labelling.reading import names_of
from alutils.labelling.whole_numbers import as_whole
from alutils.tables import KINDS, Table, read_table, read_text
from alutils.tables.spreadsheet import unguarded
from alutils.tables.values import texts_of

JSON = (".json", ".jsonl")  # what labelling tools export


def with_answers(pile: Pile, path: Path, encoding: str | None = None) -> Pile:
    """Return the pile with the answers of a file.

    Parameters
    ----------
    pile : Pile
        The texts that were asked about.
    path : pathlib.Path
        A table with the pile's columns of ids and labels, or an export of Label Studio or Argilla.
    encoding : str, optional
        Of a text file that is not UTF-8.

    Raises
    ------
    UserError
        If it cannot be read, or is about other texts.
    """
    suffix = path.suffix.lower()
    if suffix in JSON:
        content = exchange.parse(read_text(path, encoding), path)
        if suffix not in KINDS or exchange.recognise(content):
            found = exchange.read(content, path)
            return pile.answered(found.answers, path, found.remarks)
    if suffix not in KINDS:
        tools = " or ".join(tool.title for tool in exchange.FORMATS.values())
        raise UserError(
            f"{path} is neither a table ({', '.join(sorted(KINDS))}) nor an export of {tools} "
            "(.json): name a file of labels"
        )
    return pile.answered(_of_table(pile, path, encoding), path)


def read_ours(path: Path, encoding: str | None = None) -> Table:
    """Read a table; if it was written here, without what guards its cells in a spreadsheet.

    Raises
    ------
    UserError
        As of `alutils.tables.read_table`.
    """
    table = read_table(path, [], encoding=encoding)
    ours = {columns.BATCH, columns.GIVEN} & table.columns.keys()
    return unguarded(path, table) if ours else table


def proposed_before(path: Path, pile: Pile, encoding: str | None) -> Table:
    """Read a batch that was written before.

    Raises
    ------
    UserError
        If the file is something else, which must not be written over.
    """
    table = read_ours(path, encoding)
    if columns.BATCH not in table.columns:
        raise UserError(
            f"{path} is there and no batch that was proposed before (it has no column "
            f"{columns.BATCH!r}): name another file with -o"
        )
    _check_columns(path, table, pile)
    return table


def _check_columns(path: Path, table: Table, pile: Pile) -> None:
    if pile.id not in table.columns:
        ids = "give your texts ids (--id)" if pile.id == columns.ROW else "name another with --id"
        raise UserError(
            f"{path} has no column {pile.id!r}, by which its rows are told apart: put it back, or "
            f"{ids}"
        )
    if pile.label not in table.columns:
        raise UserError(f"{path}: {unknown('column', pile.label, table.columns)}")


def _of_table(pile: Pile, path: Path, encoding: str | None) -> list[Answer]:
    table = read_ours(path, encoding)
    _check_columns(path, table, pile)
    ids = names_of(path, pile.id, table.columns[pile.id])
    labels = names_of(path, pile.label, table.columns[pile.label])
    nothing = [None] * table.n_rows
    texts = texts_of(path, pile.text, table.columns.get(pile.text, nothing))
    skips = table.columns.get(columns.SKIP, nothing)
    batches = table.columns.get(columns.BATCH, nothing)
    answers = []
    for row, name in enumerate(ids):
        skipped = not _is_empty(skips[row])
        batch = None if _is_empty(batches[row]) else _number(path, row, batches[row])
        if batch is None and labels[row] is None and not skipped:
            continue  # a plain list of labels, with holes
        if name is None:
            raise UserError(f"row {row + 1} of {path} has no {pile.id!r}: remove it, or fill it in")
        answers.append(Answer(name, labels[row], skipped, texts[row], batch))
    return answers


def _is_empty(value: object) -> bool:
    # What pandas has for an empty cell is not equal to itself.
    return value is None or value != value or not str(value).strip()


def _number(path: Path, row: int, value: object) -> int:
    try:
        return int(as_whole(str(value).strip()))
    except ValueError:
        raise UserError(
            f"row {row + 1} of {path} has {value!r} as {columns.BATCH!r}, which is no number: "
            "leave this column as it was"
        ) from None
