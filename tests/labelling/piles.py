"""Small files of texts, their embeddings, and what a person does with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alutils.labelling import Pile, Proposal, propose, read_pile
from alutils.labelling.answers import read_ours, with_answers
from alutils.labelling.batch_files import write_batch
from alutils.tables import Table, read_table, write_table

Rows = list[dict[str, Any]]


def texts(n: int) -> list[str]:
    return [f"text number {i}" for i in range(n)]


def write(path: Path, **columns: list[Any]) -> Path:
    write_table(path, Table(columns))
    return path


def rows_of(path: Path) -> Rows:
    columns = read_ours(path).columns
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def write_rows(path: Path, rows: Rows) -> None:
    form = read_table(path, []).form
    write_table(path, Table({name: [row[name] for row in rows] for name in rows[0]}, form))


def vectors(n: int, seed: int = 0) -> NDArray[np.float32]:
    """Three clusters, in which rows take turns."""
    draws = np.random.default_rng(seed)
    centres = 4 * draws.normal(size=(3, 6))
    return (centres[np.arange(n) % 3] + draws.normal(size=(n, 6))).astype(np.float32)


def topic(row: int) -> str:
    return ("cards", "fees", "loans")[row % 3]


def go_on(source: Path, target: Path, embeddings: NDArray[np.float32], **options: Any) -> Proposal:
    """Do what the command line does: read the pile and its batches, and write the next one."""
    pile = with_target(source, target)
    proposal = propose(pile, embeddings[pile.first], **options)
    if len(proposal.texts):
        write_batch(target, pile, proposal)
    return proposal


def with_target(source: Path, target: Path) -> Pile:
    pile = read_pile(source)
    return with_answers(pile, target) if target.exists() else pile


def label_all(target: Path, source_texts: list[str], name: str = "label") -> None:
    """Give every text of a batch the topic that its number in the source has."""
    rows = rows_of(target)
    for row in rows:
        row[name] = topic(source_texts.index(row["text"]))
    write_rows(target, rows)
