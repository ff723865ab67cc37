"""What a run will take, from what runs took: a few rates, measured, and the work of each run.

The seconds of a run are those of its parts, and the seconds of a part are a sum of amounts of work
(`work`), each with a rate. Rates are fitted to the costs of an archive, by least squares of
relative errors and none below zero, so that a rate is never an artefact of another. How far such
a model can be trusted is measured too: every dataset is predicted from the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pydantic
from scipy.optimize import nnls

from alutils import archive, catalogue
from alutils.archive import Archive
from alutils.embedders import entry_of
from alutils.naming import split
from alutils.planning.sizes import with_sizes
from alutils.speed import OURS, Speed, compare
from alutils.spending import PARTS, per_run

Rates = dict[str, float]

FIT, REST = ["cycles", "fit_span", "fit_classes"], ["cycles", "test_classes"]
QUERY, INITIAL = ["query_pool", "query_classes"], ["pool"]

SHARE = 0.9  # of the cells that a stated factor of error covers

QUERIES = 15  # of a run, when a benchmark of single queries is turned into one


class Error(pydantic.BaseModel, frozen=True, extra="forbid"):
    """How wrong predictions were on datasets that they were not made from.

    Parameters
    ----------
    cells : float
        Nine of ten cells took between their prediction divided by this and times this.
    total : float
        The same for the sum of all cells of a dataset, the worst of them.
    texts : float
        As `cells`, for embedding a dataset; NaN where none was measured twice.
    datasets : int
        How many were held out in turn.
    """

    cells: float
    total: float
    texts: float | None
    datasets: int


class CostModel(pydantic.BaseModel, frozen=True, extra="forbid"):
    """Rates, all in seconds of one processor core, and where they come from.

    Parameters
    ----------
    origin, processor : str
        Which archive, and on what it was computed.
    fit, rest : dict
        Seconds per unit of work of fitting heads, and of all that is neither fit nor query.
    query, initial : dict of str to dict
        The same for each query strategy and each way to choose the initial pool.
    embedding : dict of str to dict
        Seconds per text for each embedder that has a pass of its own, by dataset.
    memory : float
        Bytes of a worker beside those that `memory` counts.
    embedding_memory : dict of str to float
        Most bytes of the process that embeds, for each embedder with a pass of its own.
    largest : dict
        The largest size measured, by name: beyond them the model extrapolates.
    error : Error or None
        None where only one dataset was measured, and nothing could be held out.
    """

    origin: str
    processor: str
    fit: Rates
    rest: Rates
    query: dict[str, Rates]
    initial: dict[str, Rates]
    embedding: dict[str, dict[str, float]]
    memory: float
    embedding_memory: dict[str, float]
    largest: dict[str, float]
    error: Error | None = None

    def seconds(self, table: pd.DataFrame) -> pd.DataFrame:
        """Predict the seconds of one run of each cell, on one core.

        Parameters
        ----------
        table : pandas.DataFrame
            As of `alutils.planning.sizes.sized`.

        Returns
        -------
        pandas.DataFrame
            The columns of `PARTS`. A strategy that was never measured is taken as the slowest.
        """
        amounts = work(table)
        # One that was timed in one of the two places will take as long in the other.
        as_query = {
            name: {"query_pool": rate["pool"]} for name, rate in self.initial.items() if rate
        }
        return pd.DataFrame(
            {
                "fit": _apply(self.fit, amounts),
                "initial": _of_each(self.initial, table["initial_pool"], amounts),
                "query": _of_each({**as_query, **self.query}, table["strategy"], amounts),
                "rest": _apply(self.rest, amounts),
            }
        )

    def seconds_per_text(self, embedder: str, dataset: str) -> float | None:
        """Return the core seconds of a text in the pass that an embedder needs.

        Parameters
        ----------
        embedder : str
            One with a pass of its own, not a layer of another.
        dataset : str
            Where it was measured, else the median over the datasets where it was.

        Returns
        -------
        float or None
            For a transformer that was never measured, that of the measured ones times the ratio
            of their numbers of weights. None where there is nothing to go by.
        """
        if known := self.embedding.get(embedder):
            return known.get(dataset, float(np.median(list(known.values()))))
        entry = entry_of(embedder)
        alike = {
            name: float(np.median(list(found.values())))
            for name, found in self.embedding.items()
            if entry_of(name).kind == entry.kind
        }
        if entry.kind != "transformer":
            return max(alike.values(), default=None)
        per_weight = [s / w for name, s in alike.items() if (w := entry_of(name).parameters)]
        if not per_weight or entry.parameters is None:
            return None
        return float(np.median(per_weight)) * entry.parameters


def work(table: pd.DataFrame) -> pd.DataFrame:
    """Count what one run of each cell does.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `alutils.planning.sizes.sized`.

    Returns
    -------
    pandas.DataFrame
        ``cycles``. Of heads, which are fitted in the span of their L labelled rows, so in
        m = min(L, D) dimensions, summed over the cycles: ``fit_span`` L m² and ``fit_classes``
        L m C. Of the test side: ``test_classes``, cycles x M D C. Of the pool: ``pool`` N D;
        ``query_pool``, that for each query; ``query_classes``, N D C for each query, which is
        what probabilities take.
    """
    rows, dim, classes = table["n_pool"], table["dim"], table["n_classes"]
    cycles, queries = table["cycles"].astype(float), table["cycles"] - 1.0
    span = pd.Series(0.0, table.index)
    per_class = span.copy()
    for cycle in range(int(cycles.max()) if len(table) else 0):
        labels = (table["initial_size"] + cycle * table["query_size"]).where(cycle < cycles, 0.0)
        rank = np.minimum(labels, dim)
        span += labels * rank**2
        per_class += labels * rank * classes
    return pd.DataFrame(
        {
            "cycles": cycles,
            "fit_span": span,
            "fit_classes": per_class,
            "test_classes": cycles * table["n_test"] * dim * classes,
            "pool": rows * dim,
            "query_pool": queries * rows * dim,
            "query_classes": queries * rows * dim * classes,
        }
    )


def memory(table: pd.DataFrame, seeds: pd.Series) -> pd.Series:
    """Return the bytes that a worker holds for each cell, beside what it needs for any.

    Parameters
    ----------
    table : pandas.DataFrame
        As of `alutils.planning.sizes.sized`.
    seeds : pandas.Series
        Seeds of each cell, which advance together.

    Returns
    -------
    pandas.Series
        Counted: pool and test side, as they are (a mapped file) and scaled; for each seed
        three arrays with a number for every pool row and class; for each seed the labelled rows
        of the last cycle, their span and the products of both. All in single precision.
    """
    rows, dim, classes = table["n_pool"], table["dim"], table["n_classes"]
    labels = table["initial_size"] + (table["cycles"] - 1) * table["query_size"]
    rank = np.minimum(labels, dim)
    sides = 2 * (rows + table["n_test"]) * dim
    return 4.0 * (sides + seeds * (3 * rows * classes + 2 * labels * dim + labels * rank))


def calibrate(costs: pd.DataFrame, origin: str, processor: str) -> CostModel:
    """Fit the rates to what was measured, and find out how far they can be trusted.

    Parameters
    ----------
    costs : pandas.DataFrame
        As ``costs`` of an `alutils.archive.Archive`.
    origin, processor : str
        For people.

    Returns
    -------
    CostModel
    """
    cells, embeddings = measured_cells(costs), measured_embeddings(costs)
    return _fitted(cells, embeddings, origin, processor).model_copy(
        update={"error": _held_out(cells, embeddings)}
    )


def measured_cells(costs: pd.DataFrame) -> pd.DataFrame:
    """Take from a table of costs its cells, with their sizes, per run.

    Returns
    -------
    pandas.DataFrame
        The columns of `alutils.planning.sizes.sized`, ``seeds``, ``peak_memory_bytes``, and
        `PARTS` in core seconds per run. Cells of files of your own are left out.
    """
    known = costs["dataset"].isin(catalogue.dataset_names())
    known &= costs["embedder"].isin(catalogue.embedder_names())
    cells = with_sizes(per_run(costs[known]))
    return cells.assign(**{part: cells[part].clip(lower=1e-6) for part in PARTS})


def measured_embeddings(costs: pd.DataFrame) -> pd.DataFrame:
    """Take from a table of costs its embeddings, one row for each pass over the texts.

    Returns
    -------
    pandas.DataFrame
        ``dataset``, ``embedder`` (the one with the pass), ``seconds`` per text on one core and
        ``bytes`` at the peak.
    """
    known = costs["embedder"].isin(catalogue.embedder_names())
    found = costs[known & (costs["stage"] == "embedding")]
    whole = found["cpu_seconds"] * found["shared_by"] / found["texts"]
    passes = [catalogue.embedder_entry(name).backbone or name for name in found["embedder"]]
    table = found[["dataset", "peak_memory_bytes"]].assign(embedder=passes, seconds=whole)
    table = table.rename(columns={"peak_memory_bytes": "bytes"})
    return table.groupby(["dataset", "embedder"], as_index=False).max()


def _fitted(
    cells: pd.DataFrame, embeddings: pd.DataFrame, origin: str = "", processor: str = ""
) -> CostModel:
    amounts = work(cells)
    # The smallest peak beyond what is counted: larger ones have memory of earlier cells in them.
    least = (cells["peak_memory_bytes"] - memory(cells, cells["seeds"])).clip(lower=0)
    sizes = {name: float(cells[name].max()) for name in ("n_pool", "dim", "n_classes")}
    return CostModel(
        origin=origin,
        processor=processor,
        fit=_rates(amounts[FIT], cells["fit"]),
        rest=_rates(amounts[REST], cells["rest"]),
        query={
            name: _rates(amounts.loc[rows, QUERY], cells.loc[rows, "query"])
            for name, rows in _groups(cells[cells["cycles"] > 1], "strategy")
        },
        initial={
            name: _rates(amounts.loc[rows, INITIAL], cells.loc[rows, "initial"])
            for name, rows in _groups(cells, "initial_pool")
        },
        embedding={
            str(name): dict(zip(rows["dataset"], rows["seconds"], strict=True))
            for name, rows in embeddings.groupby("embedder")
        },
        memory=float(least.quantile(SHARE)),
        embedding_memory={
            str(name): float(most)
            for name, most in embeddings.groupby("embedder")["bytes"].max().items()
        },
        largest=sizes,
    )


def _groups(cells: pd.DataFrame, column: str) -> Iterator[tuple[str, pd.Index]]:
    """Yield each name without its parameters, and the rows that have it."""
    base = cells[column].map(lambda name: split(name)[0])
    for name, rows in cells.groupby(base):
        yield str(name), rows.index


def _rates(amounts: pd.DataFrame, seconds: pd.Series) -> Rates:
    """Fit rates none of which is negative; relative errors count, so that short cells do too."""
    scaled = amounts.div(seconds, axis=0)
    size = scaled.mean().where(lambda mean: mean > 0, 1.0)
    found, _ = nnls((scaled / size).to_numpy(), np.ones(len(scaled)))
    rates = dict(zip(amounts.columns, (found / size).tolist(), strict=True))
    return {name: rate for name, rate in rates.items() if rate > 0}


def _apply(rates: Rates, amounts: pd.DataFrame) -> pd.Series:
    return sum((rate * amounts[n] for n, rate in rates.items()), pd.Series(0.0, amounts.index))


def _of_each(rates: dict[str, Rates], names: pd.Series, amounts: pd.DataFrame) -> pd.Series:
    """Apply to every row the rates of its strategy, or those of the slowest there is."""
    base = names.map(lambda name: split(name)[0])
    seconds = pd.DataFrame({name: _apply(found, amounts) for name, found in rates.items()})
    if seconds.empty:
        return pd.Series(0.0, amounts.index)
    out = seconds.max(axis=1)
    for name in set(base) & set(seconds):
        out = out.where(base != name, seconds[name])
    return out


def _held_out(cells: pd.DataFrame, embeddings: pd.DataFrame) -> Error | None:
    """Predict each dataset from all others."""
    ratios, totals, texts = [], [], []
    datasets = sorted(set(cells["dataset"]))
    if len(datasets) < 2:
        return None
    for name in datasets:
        here, there = cells["dataset"] == name, embeddings["dataset"] == name
        model = _fitted(cells[~here].reset_index(drop=True), embeddings[~there])
        measured = cells.loc[here, PARTS].sum(axis=1)
        predicted = model.seconds(cells[here]).sum(axis=1)
        ratios.append(predicted / measured)
        totals.append(predicted.sum() / measured.sum())
        for row in embeddings[there].itertuples():
            if row.embedder in model.embedding:
                rate = model.seconds_per_text(str(row.embedder), name)
                texts.append((rate or np.nan) / float(str(row.seconds)))
    return Error(
        cells=float(_factor(pd.concat(ratios)).quantile(SHARE)),
        total=float(_factor(pd.Series(totals)).max()),
        texts=float(_factor(pd.Series(texts)).quantile(SHARE)) if texts else None,
        datasets=len(datasets),
    )


def beyond(model: CostModel, measured: Speed) -> float:
    """Compare with what was measured at the largest size of the benchmark, far beyond a study's.

    Parameters
    ----------
    model : CostModel
        Made from an archive; it has not seen the benchmark.
    measured : alutils.speed.Speed
        Of full kind.

    Returns
    -------
    float
        Nine of ten strategies, over a run of `QUERIES` queries, and fits of the head took between
        the prediction divided by this and times this; NaN if the benchmark has none of them.
    """
    rows = measured.rows[measured.rows["system"] == OURS]
    ratios = []
    asked = compare(measured, "strategy")
    asked = asked[(asked["system"] == OURS) & (asked["rows"] == asked["rows"].max())]
    for row in asked.to_dict("records"):
        size = {"n_pool": row["rows"], "dim": row["dim"], "n_classes": row["classes"], "n_test": 0}
        run = {"initial_size": 0, "query_size": 0, "cycles": QUERIES + 1}
        if row["item"] in model.query:
            amounts = work(pd.DataFrame([{**size, **run}]))
            predicted = _apply(model.query[row["item"]], amounts).iloc[0]
            ratios.append(predicted / (row["once"] + QUERIES * row["seconds"]))
    heads = rows[rows["task"] == "head"]
    for row in heads[heads["dim"] == heads["dim"].max()].to_dict("records"):
        size = {"n_pool": 0, "dim": row["dim"], "n_classes": row["classes"], "n_test": 0}
        run = {"initial_size": row["labelled"], "query_size": 0, "cycles": 1}
        predicted = _apply(model.fit, work(pd.DataFrame([{**size, **run}]))).iloc[0]
        ratios.append(predicted / row["seconds"])
    return float(_factor(pd.Series(ratios, dtype=float)).quantile(SHARE))


def _factor(ratios: pd.Series) -> pd.Series:
    return ratios.where(ratios > 1, 1 / ratios)


def of_archive(found: Archive) -> CostModel:
    """Calibrate on an archive."""
    run = found.run
    origin = (
        f"{run['cells']:,} cells of the study {run['profile']!r}, archived {run['written'][:10]}"
    )
    return calibrate(found.costs, origin, str(run["machine"]["processor"]))


def find(root: Path) -> CostModel | None:
    """Find the best there is to go by.

    Parameters
    ----------
    root : pathlib.Path
        Folder of the project.

    Returns
    -------
    CostModel or None
        Of the archive in force; else of the largest in ``data/results``; None where nothing was
        ever measured.

    Raises
    ------
    UserError
        If what is there cannot be read.
    """
    if (forced := archive.in_force()) is not None:
        return of_archive(forced)
    folders = [path.parent for path in sorted((root / "data" / "results").glob("*/run.json"))]
    if folders:
        return of_archive(max(map(archive.read, folders), key=lambda each: len(each.costs)))
    return None
