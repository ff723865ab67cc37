"""Does the gain of a strategy depend on the quality of the embedding? A mixed model."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.regression.mixed_linear_model import MixedLM, MixedLMResults

from alutils.statistics.student import LEVEL


@dataclass(frozen=True)
class QualityModel:
    """A fitted model of a paired difference, and how the fit went.

    Parameters
    ----------
    slopes : pandas.DataFrame
        One row per strategy but the reference: ``strategy``, ``slope`` (how much more its
        difference rises with the measure than that of the reference, in the unit of the
        difference per unit of the measure), ``error`` (standard error), ``low``, ``high``
        (95 %, normal), ``p``.
    reference : str
        The strategy that slopes are compared with.
    reference_slope : float
        Its own slope.
    statistic, df, p : float
        Likelihood-ratio test of all rows of `slopes` at once: chi-square, degrees of freedom,
        p-value.
    converged : bool
        Whether all three fits ended where a maximum can be.
    problems : list of str
        What the fits complained of; empty when all went well. Believe no number before reading.
    n_rows, n_datasets : int
        What the model was fitted to.
    """

    slopes: pd.DataFrame
    reference: str
    reference_slope: float
    statistic: float
    df: int
    p: float
    converged: bool
    problems: list[str]
    n_rows: int
    n_datasets: int


def quality_model(
    differences: pd.DataFrame, quality: pd.DataFrame, measure: str, reference: str
) -> QualityModel:
    """Model paired differences by strategy, measured quality and their interaction.

    The model is ``difference ~ strategy * measure`` with a random intercept for each dataset.
    Its rows are means over seeds: quality is measured once per embedding, and seeds counted as
    rows would pretend to more of them.

    Parameters
    ----------
    differences : pandas.DataFrame
        As returned by `paired_differences` from the AULC of Random.
    quality : pandas.DataFrame
        ``dataset``, ``embedder`` and the column `measure`, one row per embedding.
    measure : str
        Column of `quality` with the measured quality.
    reference : str
        Strategy whose slope the others are compared with.

    Returns
    -------
    QualityModel
        Slopes and their errors by restricted maximum likelihood, the test of the interaction by
        maximum likelihood, and what went wrong. A fit that failed leaves NaN.

    Raises
    ------
    ValueError
        If the reference or a measured quality is missing.

    Notes
    -----
    All strategies are compared with the same runs of Random, whose noise they share; it cancels
    in differences between strategies, which is what `slopes` holds. With few datasets, errors of
    this kind are too small.

    References
    ----------
    .. [1] Laird and Ware, Random-effects models for longitudinal data, Biometrics 38, 1982.
    .. [2] Lindstrom and Bates, Newton-Raphson and EM algorithms for linear mixed-effects models
       for repeated-measures data, JASA 83, 1988 (the algorithm of statsmodels).
    """
    units = differences.groupby(["strategy", "dataset", "embedder"])["difference"].mean()
    table = units.reset_index().merge(
        quality[["dataset", "embedder", measure]],
        on=["dataset", "embedder"],
        how="left",
        validate="many_to_one",
    )
    if table[measure].isna().any():
        raise ValueError(f"{int(table[measure].isna().sum())} rows have no {measure!r}")
    others = [name for name in table["strategy"].unique() if name != reference]
    if len(others) == table["strategy"].nunique():
        raise ValueError(f"no differences of the reference {reference!r}")
    spread = table[measure].std(ddof=0) or 1.0
    x = (table[measure] - table[measure].mean()) / spread
    main = pd.DataFrame({"(one)": 1.0, "(slope)": x})
    for name in others:
        main[name] = (table["strategy"] == name).astype(float)
    rises = pd.DataFrame({name: main[name] * x for name in others})
    full = pd.concat([main, rises.add_suffix(":slope")], axis=1)
    # statsmodels calls any variance between datasets below 0.01 a bound: in units of the
    # residual spread, that says something.
    y = table["difference"]
    scale = float(np.std(y - full @ np.linalg.pinv(full) @ y)) or 1.0
    y = y / scale

    problems: list[str] = []
    shown = _fit("slopes", y, full, table["dataset"], True, problems)
    larger = _fit("test, with interaction", y, full, table["dataset"], False, problems)
    smaller = _fit("test, without interaction", y, main, table["dataset"], False, problems)

    unit = scale / spread
    columns = [f"{name}:slope" for name in others]
    slope = _of(shown, "fe_params", columns) * unit
    error = _of(shown, "bse_fe", columns) * unit
    half = stats.norm.ppf((1 + LEVEL) / 2) * error
    statistic = 2 * (larger.llf - smaller.llf) if larger and smaller else np.nan
    if statistic < 0:
        problems.append(f"test: the likelihood fell by {-statistic / 2:.2g} with more parameters")
    slopes = pd.DataFrame(
        {
            "strategy": others,
            "slope": slope,
            "error": error,
            "low": slope - half,
            "high": slope + half,
            "p": 2 * stats.norm.sf(np.abs(slope) / error),
        }
    )
    return QualityModel(
        slopes=slopes,
        reference=reference,
        reference_slope=float(_of(shown, "fe_params", ["(slope)"])[0] * unit),
        statistic=float(statistic),
        df=len(others),
        p=float(stats.chi2.sf(statistic, len(others))),
        converged=all(fit is not None and fit.converged for fit in (shown, larger, smaller)),
        problems=problems,
        n_rows=len(table),
        n_datasets=table["dataset"].nunique(),
    )


def quality_slopes(
    differences: pd.DataFrame, quality: pd.DataFrame, measure: str, factor: str
) -> pd.DataFrame:
    """Fit a line of its own over measured quality to the differences of every level.

    The model is ``difference ~ measure`` with a random intercept for each dataset, one for each
    level. Its rows are means over seeds, as in `quality_model`, which compares the slopes of
    levels; here each is compared with zero.

    Parameters
    ----------
    differences : pandas.DataFrame
        As returned by `paired_differences`.
    quality : pandas.DataFrame
        ``dataset``, ``embedder`` and the column `measure`, one row per embedding.
    measure : str
        Column of `quality` with the measured quality.
    factor : str
        Column whose levels were compared: ``"initial_pool"``.

    Returns
    -------
    pandas.DataFrame
        One row per level, in order of appearance: ``slope`` (unit of the difference per unit of
        the measure), ``error``, ``low``, ``high`` (95 %, normal), ``p``, ``converged``,
        ``problems`` (a list of texts), ``n_rows``, ``n_datasets``. A fit that failed leaves NaN.

    Notes
    -----
    Datasets that differ in their slopes, and not in their intercepts alone, make the errors too
    small.
    """
    units = differences.groupby([factor, "dataset", "embedder"], sort=False)["difference"].mean()
    table = units.reset_index().merge(
        quality[["dataset", "embedder", measure]],
        on=["dataset", "embedder"],
        how="left",
        validate="many_to_one",
    )
    rows = []
    for level, group in table.groupby(factor, sort=False):
        here = group.reset_index(drop=True)
        spread = here[measure].std(ddof=0) or 1.0
        x = pd.DataFrame({"(one)": 1.0, "(slope)": (here[measure] - here[measure].mean()) / spread})
        y = here["difference"]
        # In units of the residual spread, for the same reason as in `quality_model`.
        scale = float(np.std(y - x @ np.linalg.pinv(x) @ y)) or 1.0
        problems: list[str] = []
        fit = _fit("slope", y / scale, x, here["dataset"], True, problems)
        unit = scale / spread
        slope = float(_of(fit, "fe_params", ["(slope)"])[0] * unit)
        error = float(_of(fit, "bse_fe", ["(slope)"])[0] * unit)
        half = stats.norm.ppf((1 + LEVEL) / 2) * error
        rows.append(
            {
                factor: level,
                "slope": slope,
                "error": error,
                "low": slope - half,
                "high": slope + half,
                "p": 2 * stats.norm.sf(abs(slope / error)) if error else np.nan,
                "converged": fit is not None and bool(fit.converged),
                "problems": problems,
                "n_rows": len(here),
                "n_datasets": here["dataset"].nunique(),
            }
        )
    return pd.DataFrame(rows)


def _fit(
    purpose: str, y: pd.Series, x: pd.DataFrame, groups: pd.Series, reml: bool, problems: list[str]
) -> MixedLMResults | None:
    """Fit with a random intercept per group; write down what went wrong instead of warning."""
    if np.linalg.matrix_rank(x) < x.shape[1]:
        problems.append(f"{purpose}: too few levels of the measure to tell strategies apart")
        return None
    fit = None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            # Not the default: by gradients it often stops short of the maximum, or ends at a
            # variance of zero with an infinite likelihood. Here one variance is searched for.
            fit = MixedLM(y, x, groups=groups).fit(reml=reml, method="powell")
            if not np.isfinite(fit.llf):
                problems.append(f"{purpose}: the likelihood is {fit.llf}")
                fit = None
        except (np.linalg.LinAlgError, ValueError) as error:
            problems.append(f"{purpose}: {error}")
    problems.extend(dict.fromkeys(f"{purpose}: {each.message}" for each in caught))
    return fit


def _of(fit: MixedLMResults | None, name: str, columns: list[str]) -> np.ndarray:
    if fit is None:
        return np.full(len(columns), np.nan)
    found: np.ndarray = getattr(fit, name)[columns].to_numpy()
    return found
