"""How hard a task is: what Random leaves open along its curve."""

from __future__ import annotations

import numpy as np
import pandas as pd

from alutils.statistics import aulc, intervals

MEASURES = {
    "open_share": "room open, share",
    "open_points": "room open, points",
    "labels_to_90": "labels to 90 %",
    "n_classes": "classes",
    "out_of_reach": "out of reach",
}
"""Measures of hardness; of each, a larger value is harder. The first is the one judged."""

FILLED = 0.9
"""A task saturates at once when Random fills this share of its room ..."""

AT_ONCE = 0.2
"""... within this share of the budget."""


def filled(records: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Say how much of its room Random has filled, along the curve.

    The room of a dataset under an embedder goes from the accuracy of always answering the largest
    class to the probe accuracy, which is measured on the pool with four fifths of its labels.

    Parameters
    ----------
    records : pandas.DataFrame
        As returned by `alutils.study.run_study`, with the strategy ``random``.
    measured : pandas.DataFrame
        As returned by `alutils.quality.measure_quality`.

    Returns
    -------
    pandas.DataFrame
        By ``dataset``, ``embedder`` and ``n_labelled``: columns of `alutils.statistics.intervals`
        of the share filled. It can pass 1, since the ceiling is an estimate too; it is missing
        where the probe is no better than a constant answer.
    """
    table = _shares(records, measured)
    return intervals(table, "filled", ["dataset", "embedder", "n_labelled"])


def _shares(records: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Random's rows with ``ceiling``, ``floor`` and the share ``filled``."""
    known = measured[["dataset", "embedder", "probe_accuracy", "largest_class", "n_classes"]]
    known = known.rename(columns={"probe_accuracy": "ceiling", "largest_class": "floor"})
    table = records[records["strategy"] == "random"].merge(known, on=["dataset", "embedder"])
    room = (table["ceiling"] - table["floor"]).where(table["ceiling"] > table["floor"])
    return table.assign(filled=(table["accuracy"] - table["floor"]) / room)


def at_once(records: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Find what saturates at once: nine tenths of the room filled in a fifth of the budget.

    Parameters
    ----------
    records, measured : pandas.DataFrame
        As in `filled`.

    Returns
    -------
    pandas.DataFrame
        Rows of `filled` at the last cycle within a fifth of the budget (the first cycle, where
        that comes later), with ``saturated``: ``"yes"`` where the whole interval over seeds is
        above nine tenths, ``"no"`` where it is below, else ``"cannot tell"``.
    """
    table = filled(records, measured)
    sizes = table["n_labelled"]
    early = sizes[sizes <= AT_ONCE * sizes.max()]
    table = table[sizes == (early.max() if len(early) else sizes.min())]
    words = np.select([table["low"] > FILLED, table["high"] < FILLED], ["yes", "no"], "cannot tell")
    return table.assign(saturated=words).reset_index(drop=True)


def hardness(records: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Measure how hard each dataset is under each embedder, on Random's runs.

    Parameters
    ----------
    records, measured : pandas.DataFrame
        As in `filled`.

    Returns
    -------
    pandas.DataFrame
        One row per ``dataset`` and ``embedder``: ``open_share``, the share of the room not yet
        filled, averaged over the budget; ``open_points``, the same as a difference of accuracies;
        ``labels_to_90``, the labels with which Random's mean curve has made nine tenths of its way
        from a constant answer to its last accuracy; ``n_classes``; ``out_of_reach``, what a probe
        with most labels of the pool still gets wrong.
    """
    table = _shares(records, measured)
    unit = ["dataset", "embedder"]
    known = table.groupby(unit, sort=False)[["ceiling", "floor", "n_classes"]].first()
    area = aulc(table).groupby(unit)["aulc"].mean()
    open_points = known["ceiling"] - area.reindex(known.index)
    room = (known["ceiling"] - known["floor"]).where(known["ceiling"] > known["floor"])
    curves = table.groupby([*unit, "n_labelled"])["accuracy"].mean()
    nine_tenths = pd.Series(
        [_labels_to(curves.loc[key], known["floor"][key]) for key in known.index], known.index
    )
    return known.assign(
        open_share=open_points / room,
        open_points=open_points,
        labels_to_90=nine_tenths,
        out_of_reach=1 - known["ceiling"],
    )[list(MEASURES)].reset_index()


def _labels_to(curve: pd.Series, floor: float) -> float:
    """Labels with which a curve first makes nine tenths of its way from the floor to its end."""
    curve = curve.sort_index()
    labels, best = curve.index.to_numpy(float), np.maximum.accumulate(curve.to_numpy())
    goal = floor + FILLED * (curve.iloc[-1] - floor)
    # Between two cycles the curve is a straight line; before the first there is none.
    first = int(np.argmax(best >= goal))
    if first == 0:
        return float(labels[0])
    share = (goal - best[first - 1]) / (best[first] - best[first - 1])
    return float(labels[first - 1] + share * (labels[first] - labels[first - 1]))
