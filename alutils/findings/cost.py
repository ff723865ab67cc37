"""What the study cost: where the seconds went, which cells were the dearest, and how cost grows.

Seconds are those of one processor core. Every cell was timed once, so there are no intervals: the
total is what was spent, not an estimate.
"""

from __future__ import annotations

import itertools

import pandas as pd

from alutils.archive import CELL_FIELDS
from alutils.embedders import entry_of
from alutils.figures.amounts import duration
from alutils.findings.finding import Finding, Number, Verdict
from alutils.spending import PARTS, per_run
from alutils.statistics import arrange

NIGHT = 8.0  # hours

SIZES = ["initial_size", "query_size", "cycles", "pool_size", "test_size"]

STAGES = {
    "embedding": "embedding the texts",
    "initial": "choosing initial pools",
    "query": "queries",
    "fit": "fitting heads",
    "rest": "evaluation and the rest",
}


def finding(costs: pd.DataFrame, cores: int, *, whole: bool = True) -> Finding:
    """Say whether the study can be computed again in a night.

    Parameters
    ----------
    costs : pandas.DataFrame
        As of `alutils.archiving.costs_of`.
    cores : int
        Of the machine that it ran on.
    whole : bool
        Whether these are the costs of the whole study; else of the cells of one page.

    Returns
    -------
    Finding
    """
    what = "the whole study" if whole else "what this page shows"
    hours = float(costs["cpu_seconds"].sum()) / 3600
    cells = costs[costs["stage"] == "cell"]
    clock = float(cells["wall_seconds"].sum()) / float(cells["cpu_seconds"].sum())
    runs = int(cells["seeds"].sum())
    longest = float(cells["cpu_seconds"].max()) / 60
    # No cell is divided among cores, so the longest one is the least it can take.
    night = max(hours / cores, longest / 60)
    verdict: Verdict = "holds" if night <= NIGHT else "does not hold"
    return Finding(
        question=f"Can {what} be computed again in a night, on a machine like the one it ran on?",
        verdict=verdict,
        sentence=(
            f"{_number(len(cells), 'cell')} ({_number(runs, 'run')}) with embeddings took "
            f"{duration(3600 * hours)} of one core, {duration(3600 * night)} if shared by "
            f"{_number(cores, 'core')} with nothing else to do; the longest cell took "
            f"{duration(60 * longest)}."
        ),
        test=(
            "The seconds of the processor that every cell and every embedding took, summed: what "
            f"was spent, so without interval. A night is {NIGHT:.0f} hours. By the clock, cells "
            f"took {clock:.1f} times their seconds of the processor. Measuring the quality of "
            "embeddings and building the book are not in it."
            + ("" if whole else " Nor are the cells of the other pages.")
        ),
        change="More of anything that is crossed: `alutils plan PROFILE` predicts it beforehand.",
        numbers={
            "core_hours": Number(f"core hours of {what}", hours, kind="amount"),
            "longest_cell": Number("core minutes of the longest cell", longest, kind="amount"),
        },
    )


def _number(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"


def stages(costs: pd.DataFrame) -> pd.DataFrame:
    """Divide the whole study into its stages.

    Returns
    -------
    pandas.DataFrame
        A row per stage: ``stage`` (as in `STAGES`), ``seconds``, ``share`` of all, and
        ``peak_memory_bytes`` (of a process, the same for all parts of cells).
    """
    cells, embedded = per_run(costs), costs[costs["stage"] == "embedding"]
    peak = cells["peak_memory_bytes"].max()
    seconds = {part: float((cells[part] * cells["seeds"]).sum()) for part in PARTS}
    seconds["embedding"] = float(embedded["cpu_seconds"].sum())
    table = pd.DataFrame({"stage": list(STAGES), "seconds": [seconds[name] for name in STAGES]})
    table["share"] = table["seconds"] / table["seconds"].sum()
    most = {"embedding": embedded["peak_memory_bytes"].max()}
    return table.assign(peak_memory_bytes=table["stage"].map(most).fillna(peak))


def embeddings(costs: pd.DataFrame) -> pd.DataFrame:
    """Say what each embedder took.

    Returns
    -------
    pandas.DataFrame
        A row per embedder, the dearest first: ``embedder``, ``datasets``, ``texts``, ``seconds``
        in all; ``shared_by``, the most layers that shared a pass (each bears its share);
        ``texts_per_second`` of a whole pass on one core, ``slowest`` and ``fastest`` dataset;
        ``peak_memory_bytes``.
    """
    found = costs[costs["stage"] == "embedding"]
    rates = found["texts"] / (found["cpu_seconds"] * found["shared_by"])
    table = found.assign(rate=rates).groupby("embedder", as_index=False)
    rows = table.agg(
        datasets=("dataset", "nunique"),
        texts=("texts", "sum"),
        seconds=("cpu_seconds", "sum"),
        shared_by=("shared_by", "max"),
        texts_per_second=("rate", "median"),
        slowest=("rate", "min"),
        fastest=("rate", "max"),
        peak_memory_bytes=("peak_memory_bytes", "max"),
    )
    return rows.sort_values(["seconds", "embedder"], ascending=[False, True], ignore_index=True)


def main_cells(costs: pd.DataFrame) -> pd.DataFrame:
    """Return the runs of the setting that compares most strategies, from random initial pools.

    Parameters
    ----------
    costs : pandas.DataFrame
        As of `alutils.archiving.costs_of`.

    Returns
    -------
    pandas.DataFrame
        As of `alutils.spending.per_run`: cells of one set of sizes. Of several that compare as
        many strategies, the one with most cells. Only those datasets and embedders that have the
        most strategies, so that means of strategies are means over the same cells.
    """
    cells = per_run(costs)
    cells = cells[cells["initial_pool"] == "random"]
    setting = cells[SIZES].astype(object).where(cells[SIZES].notna(), None).apply(tuple, axis=1)
    size = cells.groupby(setting)["strategy"].agg(["nunique", "size"])
    best = size.sort_values(["nunique", "size"], kind="stable").index[-1]
    cells = cells[setting == best]
    strategies = cells.groupby(["dataset", "embedder"])["strategy"].transform("nunique")
    return cells[strategies == strategies.max()].reset_index(drop=True)


def by_dataset(cells: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Say what a run takes, for each strategy and dataset.

    Parameters
    ----------
    cells : pandas.DataFrame
        As of `main_cells`.
    measured : pandas.DataFrame
        As of `alutils.quality.measure_quality`: for the numbers of classes.

    Returns
    -------
    pandas.DataFrame
        ``strategy``, ``dataset``, ``n_classes``, ``cells``; ``run``, the median of the cells in
        seconds; ``query_ms``, the median of one query in milliseconds; ``total``, seconds of all
        runs. Strategies from the dearest, datasets by their numbers of classes.
    """
    classes = measured.groupby("dataset")["n_classes"].max()
    queries = (cells["cycles"] - 1).clip(lower=1)
    table = cells.assign(
        query_ms=1000 * cells["query"] / queries, total=cells["run"] * cells["seeds"]
    )
    rows = table.groupby(["strategy", "dataset"], as_index=False).agg(
        cells=("run", "size"),
        run=("run", "median"),
        query_ms=("query_ms", "median"),
        total=("total", "sum"),
    )
    rows["n_classes"] = rows["dataset"].map(classes)
    means = rows.groupby("strategy")["run"].mean().sort_values(ascending=False)
    order = rows.drop_duplicates("dataset").sort_values(["n_classes", "dataset"])["dataset"]
    return arrange(rows, strategy=list(means.index), dataset=list(order))


def by_strategy(cells: pd.DataFrame) -> pd.DataFrame:
    """Say what a run takes part by part, for each strategy.

    Returns
    -------
    pandas.DataFrame
        ``strategy`` (the dearest first), and the means over cells of `PARTS` and of ``run``.
    """
    rows = cells.groupby("strategy", as_index=False)[[*PARTS, "run"]].mean()
    return rows.sort_values(["run", "strategy"], ascending=[False, True], ignore_index=True)


def by_initial_pool(costs: pd.DataFrame) -> pd.DataFrame:
    """Say what choosing the initial pool takes, for each way to do it.

    Returns
    -------
    pandas.DataFrame
        ``initial_pool`` (the dearest first), ``cells``, and ``median``, ``least`` and ``most``
        milliseconds of one run.
    """
    cells = per_run(costs)
    ms = cells.assign(ms=1000 * cells["initial"]).groupby("initial_pool", as_index=False)
    rows = ms.agg(
        cells=("ms", "size"), median=("ms", "median"), least=("ms", "min"), most=("ms", "max")
    )
    return rows.sort_values(["median", "initial_pool"], ascending=[False, True], ignore_index=True)


def dearest(costs: pd.DataFrame, number: int = 8) -> pd.DataFrame:
    """Return the cells that took most, with the seconds of one run and of all seeds (``cell``)."""
    cells = per_run(costs)
    cells["cell"] = cells["cpu_seconds"]
    return cells.sort_values(["cell", *CELL_FIELDS], ascending=[False, *[True] * len(CELL_FIELDS)])[
        :number
    ].reset_index(drop=True)


def growth(costs: pd.DataFrame, measured: pd.DataFrame) -> pd.DataFrame:
    """Say how a run's cost changes when one size changes and all else is the same.

    Parameters
    ----------
    costs, measured : pandas.DataFrame
        As in `by_dataset`, all cells.

    Returns
    -------
    pandas.DataFrame
        A row for each size of which there are several: ``what``; ``low`` and ``high``, the two
        levels furthest apart of those with at least half as many pairs as any; ``pairs`` of cells
        (or of medians over cells) that differ in it alone; and the median ratio of their ``fit``
        seconds, of the seconds of one ``query``, and of those of a ``run``.
    """
    cells = per_run(costs)
    classes = measured.groupby("dataset")["n_classes"].max()
    dims = {name: entry_of(str(name)).dim for name in cells["embedder"].unique()}
    cells = cells.assign(
        n_classes=cells["dataset"].map(classes),
        dim=cells["embedder"].map(dims),
        labels=cells["initial_size"] + (cells["cycles"] - 1) * cells["query_size"],
    )
    cells["query"] /= (cells["cycles"] - 1).clip(lower=1)
    same = ["initial_pool", "strategy", *SIZES, "head"]
    sets = {
        "classes": ("n_classes", [*same, "embedder"]),
        "dimensions": ("dim", [*same, "dataset"]),
        # Of a longer run: the same queries and more of them.
        "labels": ("labels", ["initial_pool", "strategy", "initial_size", "query_size", *ENDS]),
    }
    cells = cells.fillna({"pool_size": 0, "test_size": 0})  # which is all, and equal to itself
    rows, parts = [], ["fit", "query", "run"]
    for what, (column, keys) in sets.items():
        known = cells[cells[column].notna() & (cells["cycles"] > 1)]
        medians = known.groupby([*keys, column])[parts].median()
        at = {level: medians.xs(level, level=column) for level in sorted(known[column].unique())}
        found = {
            (low, high): (at[high] / at[low]).dropna()
            for low, high in itertools.combinations(at, 2)
        }
        most = max(map(len, found.values()), default=0)
        if most == 0:
            continue
        enough = [levels for levels, ratios in found.items() if 2 * len(ratios) >= most]
        low, high = max(enough, key=lambda levels: levels[1] / levels[0])
        ratios = found[low, high]
        medians_of = {part: ratios[part].median() for part in parts}
        rows.append({"what": what, "low": low, "high": high, "pairs": len(ratios), **medians_of})
    return pd.DataFrame(rows, columns=["what", "low", "high", "pairs", *parts])


ENDS = ["pool_size", "test_size", "head", "dataset", "embedder"]
