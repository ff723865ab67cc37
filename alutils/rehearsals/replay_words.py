"""A replay in words, for whoever pays for labels."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alutils import datasets
from alutils.figures.style import names, plain, points
from alutils.labelling.pile import Pile
from alutils.rehearsals.replay import BASELINE
from alutils.study import Grid


def replayed_words(pile: Pile, grid: Grid, budget: int) -> str:
    """Say in words what a grid of `replay_grid` replays, and what to be careful about."""
    (name,) = grid.datasets
    found = datasets.sampled(name, grid.pool_size, grid.test_size)
    cell = grid.cells()[0]
    words = (
        f"Out of {len(found.pool_texts):,} texts, "
        f"{names(['Random', *grid.strategies[1:]])} ask for {cell.budget:,} labels, "
        f"{cell.query_size:,} at a time after {cell.initial_size:,} random ones; accuracy is "
        f"measured on {len(found.test_texts):,} others."
    )
    if cell.budget + cell.query_size <= budget:
        words += f" The budget of {budget:,} is lowered to half of these texts."
    if pile.n_labelled < len(pile.texts):
        words += (
            f" The {len(pile.texts) - pile.n_labelled:,} texts without a label have no part in it: "
            "if the others were not drawn at random, what is found for them need not hold for the "
            "whole pile."
        )
    if grid.seeds == 1:
        words += " One seed gives no interval, so nothing can be told."
    return words


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


def curves_caption(found: pd.DataFrame) -> str:
    """Say what the curves of a replay show.

    Parameters
    ----------
    found : pandas.DataFrame
        As `alutils.rehearsals.replayed.gains` returns it.
    """
    seeds = int(found["n_seeds"].max())
    told = (
        f"with 95 % intervals over {seeds:,} seeds; bands are those of single points"
        if seeds > 1
        else "of one seed, which gives no interval"
    )
    twins = "".join(
        f" {plain(name)} and {plain(other)} made the same choices: they are one result."
        for name, other in found.loc[found["as"].notna(), ["as", "strategy"]].to_numpy()
    )
    return (
        f"{gain_words(found)} These are differences in mean accuracy over the curve, {told}.{twins}"
    )


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


def saved_words(row: pd.Series) -> str:
    """Say how many labels a strategy saves.

    Parameters
    ----------
    row : pandas.Series
        Of `alutils.rehearsals.replayed.saved`.

    Examples
    --------
    >>> saved_words(pd.Series({"middle": 90.2, "low": -float("inf"), "high": 151}))
    '90 (−∞ to 151)'
    """
    ends = [_labels(row[column]) for column in ("middle", "low", "high")]
    return ends[0] if np.isnan(row["low"]) else f"{ends[0]} ({ends[1]} to {ends[2]})"


def replay_table(gained: pd.DataFrame, saving: pd.DataFrame) -> pd.DataFrame:
    """Write gains and labels saved for people."""
    rows = []
    for row in gained.to_dict("records"):
        here = saving[saving["strategy"] == row["strategy"]]
        rows.append(
            {
                "strategy": plain(row["strategy"]),
                "mean accuracy over the curve (AULC), minus Random": points(
                    row["mean"], row["low"], row["high"]
                ),
                "verdict": row["verdict"],
                **{
                    f"labels saved of Random's {each['at']:,}": saved_words(each)
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
        As the functions of these names in `alutils.rehearsals.replayed` return them.
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


def _labels(number: float) -> str:
    # Below zero it takes more labels than Random; at minus infinity it never gets there.
    return f"{number:,.0f}".replace("-", "−").replace("inf", "∞")
