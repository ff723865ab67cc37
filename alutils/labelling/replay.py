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

import numpy as np
import pandas as pd

import alutils.strategies
from alutils import datasets, embedders, statistics
from alutils.errors import UserError
from alutils.figures.style import names, plain, points
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
        alutils.strategies.get(name)
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


def replayed_words(pile: Pile, grid: Grid, budget: int) -> str:
    """Say in words what a grid of `replay_grid` replays, and what to be careful about."""
    (name,) = grid.datasets
    found = datasets.sampled(name, grid.pool_size, grid.test_size)
    cell = grid.cells()[0]
    words = (
        f"Out of {len(found.pool_texts):,} texts, "
        f"{names(['Random', *_compared(grid.strategies)])} ask for {cell.budget:,} labels, "
        f"{cell.query_size:,} at a time after {cell.initial_size:,} random ones; accuracy is "
        f"measured on {len(found.test_texts):,} others."
    )
    if cell.budget + cell.query_size <= budget:
        words += f" The budget of {budget:,} is lowered to half of the labels there are."
    if pile.n_labelled < len(pile.texts):
        words += (
            f" The {len(pile.texts) - pile.n_labelled:,} texts without a label have no part in it: "
            "if the others were not drawn at random, what is found for them need not hold for the "
            "whole pile."
        )
    if grid.seeds == 1:
        words += " One seed gives no interval, so nothing can be told."
    return words


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
    """Compare every strategy with Random over the whole curve.

    Returns
    -------
    pandas.DataFrame
        A row for each strategy, the largest gain first: ``strategy``; ``mean``, ``low``, ``high``
        of the gain in AULC with its 95 % interval over seeds; ``p``, corrected for the number of
        strategies (Holm); ``verdict``, "better" or "worse" where the interval excludes zero and
        p is below 0.05, else "cannot tell".
    """
    areas = statistics.aulc(records)
    apart = statistics.paired_differences(areas, "aulc", "strategy", BASELINE)
    found = statistics.intervals(apart, "difference", ["strategy"])
    found["p"] = statistics.holm(found["p"])
    decided = statistics.verdicts(found).where(found["p"] < 1 - statistics.LEVEL, "tie")
    found["verdict"] = decided.replace("tie", "cannot tell")
    order = found.sort_values("mean", ascending=False, kind="stable")
    return order.reset_index(drop=True)


def saved(records: pd.DataFrame) -> pd.DataFrame:
    """Count the labels that each strategy saves, half way and at the end.

    Returns
    -------
    pandas.DataFrame
        A row for each strategy and ``at``, the labels that Random gets: ``middle``, ``low`` and
        ``high`` of those that the strategy saves when it is to be as accurate, with a 95 %
        interval over seeds. That is the mean, or, where a run never gets so far (-inf), the
        median, whose interval needs six seeds.
    """
    sizes = sorted(records["n_labelled"].unique())
    rows = []
    for at in (int(sizes[len(sizes) // 2]), int(sizes[-1])):
        needed = statistics.labels_to_match(records, BASELINE, at=at)
        for strategy, runs in needed.groupby("strategy", sort=False):
            runs = runs.assign(saved=at - runs["needed"])
            if np.isfinite(runs["saved"]).all():
                mean = statistics.intervals(runs, "saved", ["strategy"]).iloc[0]
                ends = tuple(mean[["mean", "low", "high"]])
            else:
                ends = tuple(statistics.median_interval(runs["saved"].to_list()))
            rows.append((strategy, at, *ends))
    return pd.DataFrame(rows, columns=["strategy", "at", "middle", "low", "high"])


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


def saved_words(row: pd.Series) -> str:
    """Say how many labels a strategy saves.

    Parameters
    ----------
    row : pandas.Series
        Of `saved`.

    Examples
    --------
    >>> saved_words(pd.Series({"middle": 90.2, "low": -float("inf"), "high": 151}))
    '90 (none to 151)'
    """
    ends = [_labels(row[column]) for column in ("middle", "low", "high")]
    return ends[0] if np.isnan(row["low"]) else f"{ends[0]} ({ends[1]} to {ends[2]})"


def replay_table(gained: pd.DataFrame, saving: pd.DataFrame) -> pd.DataFrame:
    """Write `gains` and `saved` for people."""
    rows = []
    for row in gained.to_dict("records"):
        here = saving[saving["strategy"] == row["strategy"]]
        rows.append(
            {
                "strategy": plain(row["strategy"]),
                "mean accuracy over the curve, minus Random": points(
                    row["mean"], row["low"], row["high"]
                ),
                "verdict": row["verdict"],
                **{
                    f"saved of Random's {each['at']:,}": saved_words(each)
                    for _, each in here.iterrows()
                },
            }
        )
    return pd.DataFrame(rows)


def conclusion(gained: pd.DataFrame, saving: pd.DataFrame) -> str:
    """Say in a few sentences what a replay means for whoever pays for labels.

    Parameters
    ----------
    gained, saving : pandas.DataFrame
        As `gains` and `saved` return them.
    """
    better = gained.loc[gained["verdict"] == "better", "strategy"]
    if len(better):
        are = "is" if len(better) == 1 else "are"
        words = (
            f"**On these texts {names(better)} {are} better than Random**, over the whole curve."
        )
        best = saving[saving["strategy"] == better.iloc[0]]
        words += "".join(f" {_saving_words(row)}" for _, row in best.iterrows())
    elif (gained["verdict"] == "worse").all():
        words = "**On these texts Random is better** than all that it is compared with."
    else:
        words = "**On these texts no strategy is seen to be better than Random.**"
    if (gained["verdict"] == "cannot tell").any():
        words += " Where no difference can be told there may be one, which more seeds would show."
    return words


def _saving_words(row: pd.Series) -> str:
    """Say in a sentence what a strategy saves at one number of labels."""
    goal = f"To be as accurate as Random with {row['at']:,} labels"
    name, number = plain(row["strategy"]), saved_words(row)
    if row["low"] > 0:
        return f"{goal}, {name} saves {number} of them."
    if row["high"] < 0:
        return f"{goal}, {name} takes more: it saves {number}."
    return f"{goal}, it cannot be told whether {name} saves any: {number}."


def curves_words(table: pd.DataFrame) -> str:
    """Say what the curves show, for those who cannot see them."""
    ends = table[table["n_labelled"] == table["n_labelled"].max()].set_index("strategy")
    start = table.loc[table["n_labelled"] == table["n_labelled"].min()].iloc[0]
    last = [
        f"{plain(name)} {100 * row['mean']:.1f} %, "
        f"{points(row['gain'], row['gain_low'], row['gain_high'])} from Random"
        for name, row in ends.drop(BASELINE).iterrows()
    ]
    return (
        "A column of two panels for each strategy: its test accuracy over the number of labels "
        f"beside Random's, and the difference. All begin at {100 * start['mean']:.1f} % with "
        f"{start['n_labelled']:,} labels. With {ends['n_labelled'].iloc[0]:,} Random is at "
        f"{100 * ends.loc[BASELINE, 'mean']:.1f} %; {'; '.join(last)}."
    )


def _compared(strategies: Sequence[str]) -> list[str]:
    return [name for name in dict.fromkeys(strategies) if name != BASELINE]


def _least(initial_size: int, query_size: int) -> int:
    """Return the labels of the shortest curve: two queries after the first labels."""
    return initial_size + 2 * query_size


def _labels(number: float) -> str:
    # A strategy that never gets there saves nothing, however many labels it would take.
    return "none" if np.isneginf(number) else f"{number:,.0f}".replace("-", "−")


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
