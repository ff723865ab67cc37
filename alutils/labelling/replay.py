"""A replay: labels that are there already are asked for again, by strategies and at random.

Where every label is known, labelling can be played through as often as one likes. So a pile with
labels tells what a strategy would have been worth on it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from alutils import statistics
from alutils.errors import UserError
from alutils.figures.style import names, plain, points
from alutils.home import home
from alutils.labelling.pile import Pile
from alutils.study import Grid
from alutils.tables import Table, write_table

BASELINE = "random"

FEWEST_CYCLES = 3  # heads: two queries are the least that could be called a curve


def labels_for_replay(initial_size: int, query_size: int) -> int:
    """Return how many labelled texts a replay needs.

    A quarter is kept for testing, and a strategy that takes more than half of the others has
    little to choose from.
    """
    return -(-8 * (initial_size + (FEWEST_CYCLES - 1) * query_size) // 3)


def why_no_replay(pile: Pile, initial_size: int, query_size: int) -> str | None:
    """Say in a sentence why labels cannot be replayed; None if they can."""
    wanted = labels_for_replay(initial_size, query_size)
    if len(pile.classes) < 2:
        have = "has a label" if not pile.n_labelled else "has a label of a second class"
        return f"No text {have} yet, so there is nothing to replay."
    if pile.n_labelled < wanted:
        return (
            f"There are {pile.n_labelled:,} labelled texts. A replay with initial_size "
            f"{initial_size:,} and query_size {query_size:,} needs {wanted:,}: a quarter is for "
            "testing, and no more than half of the others may be asked for."
        )
    return None


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
        If the budget or the pool is too small for two queries, or there is no strategy to compare.

    Notes
    -----
    The file is in `alutils.home.home`, in a folder named by what is in it: the same texts and
    labels find their results again. Random numbers are named by the name of the pile's file.
    """
    compared = [name for name in dict.fromkeys(strategies) if name != BASELINE]
    if not compared:
        raise UserError(f"strategies needs one besides {BASELINE!r}, which all are compared with")
    for name, value in (
        ("initial_size", initial_size), ("query_size", query_size), ("seeds", seeds),
    ):  # fmt: skip
        if value < 1:
            raise UserError(f"{name} must be at least 1, but is {value}")
    least = initial_size + (FEWEST_CYCLES - 1) * query_size
    if budget < least:
        raise UserError(
            f"budget is {budget:,}, but initial_size {initial_size:,} and two queries of "
            f"{query_size:,} are {least:,} labels: raise it, or lower these"
        )
    in_pool = 3 * pile.n_labelled // 4
    if pool_size is not None:
        in_pool = min(in_pool, pool_size)
    half = in_pool // 2
    if half < least:
        raise UserError(
            f"pool_size {pool_size:,} is too small: half of it must hold the {least:,} labels of "
            f"initial_size {initial_size:,} and two queries of {query_size:,}"
        )
    return Grid(
        datasets=[_written(pile)],
        embedders=[embedder],
        strategies=[BASELINE, *compared],
        initial_size=initial_size,
        query_size=query_size,
        cycles=1 + (min(budget, half) - initial_size) // query_size,
        seeds=seeds,
        pool_size=pool_size,
        test_size=1000,
    )


def curves(records: pd.DataFrame) -> pd.DataFrame:
    """Return learning curves, and how far they are from Random's.

    Parameters
    ----------
    records : pandas.DataFrame
        Of `alutils.study.run_study`.

    Returns
    -------
    pandas.DataFrame
        ``strategy``, ``n_labelled``, ``mean``, ``low``, ``high`` of the accuracy, and ``gain``,
        ``gain_low``, ``gain_high`` of the difference from Random, paired by seed (0 for Random).
        Shares, with 95 % intervals over seeds.
    """
    by = ["strategy", "n_labelled"]
    found = statistics.intervals(records, "accuracy", by)
    apart = statistics.paired_differences(records, "accuracy", "strategy", BASELINE)
    gained = statistics.intervals(apart, "difference", by)
    gained = gained.rename(columns={"mean": "gain", "low": "gain_low", "high": "gain_high"})
    ends = ["gain", "gain_low", "gain_high"]
    joined = found[[*by, "mean", "low", "high"]].merge(gained[[*by, *ends]], on=by, how="left")
    joined.loc[joined["strategy"] == BASELINE, ends] = 0.0
    return joined


def gains(records: pd.DataFrame) -> pd.DataFrame:
    """Compare every strategy with Random.

    Returns
    -------
    pandas.DataFrame
        A row for each strategy, the largest gain first: ``strategy``; ``mean``, ``low``, ``high``
        of the gain in AULC with its 95 % interval over seeds; ``p``, corrected for the number of
        strategies (Holm); ``verdict``, "better" or "worse" where the interval excludes zero and
        p is below 0.05, else "cannot tell"; and with ``needed``, ``needed_low``, ``needed_high``
        the median of the labels that it takes to be as accurate as Random with all of its.
    """
    areas = statistics.aulc(records)
    apart = statistics.paired_differences(areas, "aulc", "strategy", BASELINE)
    found = statistics.intervals(apart, "difference", ["strategy"])
    found["p"] = statistics.holm(found["p"])
    decided = statistics.verdicts(found).where(found["p"] < 1 - statistics.LEVEL, "tie")
    found["verdict"] = decided.replace("tie", "cannot tell")
    matched = statistics.labels_to_match(records, BASELINE).groupby("strategy")["needed"]
    for strategy, needed in matched:
        ends = statistics.median_interval(needed.to_list())
        columns = ["needed", "needed_low", "needed_high"]
        found.loc[found["strategy"] == strategy, columns] = list(ends)
    order = found.sort_values("mean", ascending=False, kind="stable")
    return order.reset_index(drop=True)


def gain_words(found: pd.DataFrame) -> str:
    """Say in words which strategies are ahead of Random, and of which nobody can tell.

    Examples
    --------
    >>> row = {"strategy": "badge", "mean": 0.02, "low": 0.01, "high": 0.03, "verdict": "better"}
    >>> print(gain_words(pd.DataFrame([row])))
    Better than Random: BADGE by +2.0 points (+1.0 to +3.0).
    """
    beginnings = {
        "better": "Better than Random:",
        "worse": "Worse than Random:",
        "cannot tell": "No difference from Random can be told for",
    }
    sentences = []
    for verdict, beginning in beginnings.items():
        here = found[found["verdict"] == verdict]
        by = " by" if verdict != "cannot tell" else ","
        parts = [
            f"{plain(row['strategy'])}{by} {points(row['mean'], row['low'], row['high'])}"
            for row in here.to_dict("records")
        ]
        if parts:
            sentences.append(f"{beginning} {'; '.join(parts)}.")
    return " ".join(sentences)


def saved_words(row: pd.Series, budget: int) -> str:
    """Say in words how many labels a strategy saves.

    Parameters
    ----------
    row : pandas.Series
        Of `gains`.
    budget : int
        Labels at the end.

    Examples
    --------
    >>> row = pd.Series({"needed": 310.2, "needed_low": 250, "needed_high": float("inf")})
    >>> saved_words(row, 400)
    '310 (250 to more than 400), which saves 90 of 400'
    """
    needed, low, high = (_labels(row[c], budget) for c in ("needed", "needed_low", "needed_high"))
    span = "" if np.isnan(row["needed_low"]) else f" ({low} to {high})"
    if np.isinf(row["needed"]):
        return f"{needed}{span}: nothing is saved"
    saved = budget - round(row["needed"])
    return f"{needed}{span}, which saves {saved:,} of {budget:,}"


def replay_table(found: pd.DataFrame, budget: int) -> pd.DataFrame:
    """Write `gains` for people."""
    return pd.DataFrame(
        {
            "strategy": plain(row["strategy"]),
            "mean accuracy over the curve, minus Random": points(*row[["mean", "low", "high"]]),
            "verdict": row["verdict"],
            f"labels to be as accurate as Random with {budget:,}": saved_words(row, budget),
        }
        for _, row in found.iterrows()
    )


def curves_words(table: pd.DataFrame) -> str:
    """Say what the curves show, for those who cannot see them."""
    ends = table[table["n_labelled"] == table["n_labelled"].max()]
    first = table["n_labelled"].min()
    start = table.loc[table["n_labelled"] == first, "mean"].iloc[0]
    at_end = "; ".join(
        f"{plain(row['strategy'])} {100 * row['mean']:.1f} %" for row in ends.to_dict("records")
    )
    shown = names([name for name in dict.fromkeys(table["strategy"]) if name != BASELINE])
    return (
        f"Left: test accuracy over the number of labels for Random and {shown}. All begin at "
        f"{100 * start:.1f} % with {first:,} labels; with {ends['n_labelled'].iloc[0]:,} they are "
        f"at {at_end}. Right: the same minus Random, with 95 % bands over seeds."
    )


def _labels(number: float, budget: int) -> str:
    return f"more than {budget:,}" if np.isinf(number) else f"{number:,.0f}"


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
    stem = re.sub(r"\W+", "-", pile.path.stem).strip("-") or "texts"
    path: Path = home() / "replays" / digest.hexdigest()[:16] / f"{stem}.jsonl"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_table(path, table)
    return f"file:{path.as_posix().replace('?', '%3F')}"
