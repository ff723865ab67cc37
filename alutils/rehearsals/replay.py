"""A replay: labels that are there already are asked for again, by strategies and at random.

Where every label is known, labelling can be played through as often as one likes. So a pile with
labels tells what a strategy would have been worth on it.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from alutils import embedders
from alutils import strategies as registry
from alutils.errors import UserError
from alutils.home import home
from alutils.labelling.pile import Pile
from alutils.study import Grid
from alutils.tables import Table, write_table

BASELINE = "random"

TEST_SIZE = 1000  # more texts make the accuracy hardly sharper, and take time to embed


def check(
    *,
    embedder: str,
    strategies: Sequence[str],
    budget: int,
    query_size: int,
    initial_size: int,
    seeds: int,
    pool_size: int | None,
) -> None:
    """Refuse what cannot be replayed, whatever the texts are.

    Parameters
    ----------
    embedder, strategies, budget, query_size, initial_size, seeds, pool_size
        As for `replay_grid`.

    Raises
    ------
    UserError
        If a name is unknown, a number not positive, or the budget or the pool too small.
    """
    embedders.entry_of(embedder)
    for name in strategies:
        registry.get(name)
    if not _compared(strategies):
        raise UserError(f"strategies needs one besides {BASELINE!r}, which all are compared with")
    sizes = {"query_size": query_size, "initial_size": initial_size, "seeds": seeds}
    for name, value in sizes.items():
        if value < 1:
            raise UserError(f"{name} must be at least 1, but is {value}")
    least = _least(initial_size, query_size)
    if budget < least:
        raise UserError(
            f"budget is {budget:,}, but initial_size {initial_size:,} and two queries of "
            f"{query_size:,} are {least:,} labels: raise it, or lower these"
        )
    if pool_size is not None and pool_size < 2 * least:
        raise UserError(
            f"pool_size is {pool_size:,}, but must be at least {2 * least:,}, twice the labels of "
            f"initial_size {initial_size:,} and two queries of {query_size:,}: raise it, or lower "
            "these"
        )


def why_no_replay(pile: Pile, initial_size: int, query_size: int) -> str | None:
    """Say in a sentence why labels cannot be replayed; None if they can."""
    if len(pile.classes) < 2:
        have = "has a label" if not pile.n_labelled else "has a label of a second class"
        return f"No text {have}, so there is nothing to replay."
    sizes = Counter(label for label in pile.labels if label is not None)
    # A class with one text is in the pool or in the test, but not in both.
    usable = sum(size for size in sizes.values() if size > 1)
    # A quarter is for testing, and half of the others is the most that may be asked for.
    wanted = -(-8 * _least(initial_size, query_size) // 3)
    if usable >= wanted:
        return None
    return (
        f"{usable:,} texts have a label of a class that has two or more. A replay with "
        f"initial_size {initial_size:,} and query_size {query_size:,} takes {wanted:,}, since a "
        "quarter is for testing and at most half of the others is asked for: lower these, or come "
        "back with more labels."
    )


def replay_grid(
    pile: Pile,
    *,
    embedder: str,
    strategies: Sequence[str],
    budget: int,
    query_size: int,
    initial_size: int,
    seeds: int,
    pool_size: int | None,
) -> Grid:
    """Return what `alutils.study.run_study` is to run; the labelled texts are written to a file.

    Parameters
    ----------
    pile : Pile
        For which `why_no_replay` has nothing to say. Its distinct labelled texts are replayed.
    embedder, seeds, query_size, initial_size, pool_size
        As in `Grid`. A quarter of the texts is for testing, of a sample of at most 1,000.
    strategies : sequence of str
        Compared with Random.
    budget : int
        Labels at the end; fewer where half of the pool has fewer.

    Raises
    ------
    UserError
        As of `check`.

    Notes
    -----
    The file is in `alutils.home.home`, in a folder named by what is in it: the same texts and
    labels find their results again. Random numbers are named by the name of the pile's file.
    """
    check(
        embedder=embedder,
        strategies=strategies,
        budget=budget,
        query_size=query_size,
        initial_size=initial_size,
        seeds=seeds,
        pool_size=pool_size,
    )
    in_pool = pile.n_labelled - pile.n_labelled // 4
    half = (in_pool if pool_size is None else min(in_pool, pool_size)) // 2
    return Grid(
        datasets=[_written(pile)],
        embedders=[embedder],
        strategies=[BASELINE, *_compared(strategies)],
        initial_size=initial_size,
        query_size=query_size,
        cycles=1 + (min(budget, half) - initial_size) // query_size,
        seeds=seeds,
        pool_size=pool_size,
        test_size=TEST_SIZE,
    )


def _compared(strategies: Sequence[str]) -> list[str]:
    return [name for name in dict.fromkeys(strategies) if name != BASELINE]


def _least(initial_size: int, query_size: int) -> int:
    """Return the labels of the shortest curve: two queries after the first labels."""
    return initial_size + 2 * query_size


def _written(pile: Pile) -> str:
    """Write the labelled texts to a file, unless they are there; return the dataset's name."""
    labelled = [u for u, label in enumerate(pile.labels) if label is not None]
    table = Table(
        {
            "text": [pile.texts[u] for u in labelled],
            "label": [pile.labels[u] for u in labelled],
        }
    )
    digest = hashlib.sha256()
    for text, label in zip(*table.columns.values(), strict=True):
        digest.update(f"{len(text)}\x1f{text}\x1f{label}\x1e".encode())
    # As the name is part of addresses and of random streams, it keeps letters and digits only.
    stem = re.sub(r"\W+", "-", pile.path.stem).strip("-")[:40] or "texts"
    path: Path = home() / "replays" / digest.hexdigest()[:16] / f"{stem}.jsonl"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_table(path, table)
    return f"file:{path.as_posix().replace('?', '%3F')}"
