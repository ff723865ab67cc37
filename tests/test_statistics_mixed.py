"""The mixed model: against its likelihood written out, and known slopes."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import optimize, stats

from alutils.statistics import quality_model, quality_slopes

SLOPES = {"margin": 0.2, "badge": 0.5, "coreset": -0.4}


def study(
    seed: int, slopes: dict[str, float] = SLOPES, noise: float = 0.01, datasets: int = 8
) -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    names = [f"d{i}" for i in range(datasets)]
    quality = pd.DataFrame(itertools.product(names, "abcd"), columns=["dataset", "embedder"])
    quality["probe"] = rng.uniform(0.4, 0.9, len(quality))
    shift = pd.Series(rng.normal(0, 0.03, datasets), index=names)
    keys = itertools.product(slopes, names, "abcd", range(3))
    rows = pd.DataFrame(keys, columns=["strategy", "dataset", "embedder", "seed"])
    probe = rows.merge(quality, on=["dataset", "embedder"])["probe"]
    gain = rows["strategy"].map(slopes) * probe + rows["dataset"].map(shift)
    return rows.assign(difference=gain + rng.normal(0, noise, len(rows))), quality


def means(rows: pd.DataFrame, quality: pd.DataFrame) -> pd.DataFrame:
    units = rows.groupby(["strategy", "dataset", "embedder"])["difference"].mean().reset_index()
    return units.merge(quality, on=["dataset", "embedder"])


def test_slopes_are_those_that_the_data_were_made_with() -> None:
    rows, quality = study(0)
    found = quality_model(rows, quality, "probe", "margin")
    slopes = found.slopes.set_index("strategy")
    # Without the interaction, what it explains hides the datasets; the other two fits are clean.
    assert found.converged
    assert [problem for problem in found.problems if "without interaction" not in problem] == []
    assert (found.n_rows, found.n_datasets, found.df) == (3 * 8 * 4, 8, 2)
    for name in ("badge", "coreset"):
        truth = SLOPES[name] - SLOPES["margin"]
        assert slopes.loc[name, "slope"] == pytest.approx(truth, abs=0.05)
    assert found.reference_slope == pytest.approx(0.2, abs=0.05)
    assert found.p < 1e-6 and (slopes["p"] < 1e-6).all()


@pytest.mark.parametrize(("seed", "noise"), [(1, 0.1), (2, 0.1), (8, 0.02), (9, 0.3)])
def test_the_fit_is_that_of_the_likelihood_written_out(seed: int, noise: float) -> None:
    rows, quality = study(seed, noise=noise)
    table = means(rows, quality)
    y = table["difference"].to_numpy()
    same = (table["dataset"].to_numpy()[:, None] == table["dataset"].to_numpy()).astype(float)
    who = np.column_stack([table["strategy"] == name for name in SLOPES]).astype(float)
    probe = table[["probe"]].to_numpy()

    def solved(x: np.ndarray, ratio: float) -> tuple[np.ndarray, np.ndarray, float, float]:
        """Coefficients, X' V^-1 X, weighted residuals and log |V| at a ratio of variances."""
        v = np.eye(len(y)) + ratio * same
        weighted = np.linalg.solve(v, x)
        beta = np.linalg.solve(x.T @ weighted, weighted.T @ y)
        residual = y - x @ beta
        squares = residual @ np.linalg.solve(v, residual)
        return beta, x.T @ weighted, squares, np.linalg.slogdet(v)[1]

    def best(x: np.ndarray, reml: bool) -> tuple[float, float]:
        """Highest likelihood and its ratio of variances."""

        def loss(log_ratio: float) -> float:
            _, information, squares, volume = solved(x, np.exp(log_ratio))
            n = len(y) - reml * x.shape[1]
            return 0.5 * (n * np.log(squares) + volume + reml * np.linalg.slogdet(information)[1])

        found = optimize.minimize_scalar(loss, bounds=(-20, 8), method="bounded")
        return -found.fun, np.exp(found.x)

    full = np.hstack([who, probe, probe * who[:, 1:]])
    found = quality_model(rows, quality, "probe", "margin")
    statistic = 2 * (best(full, False)[0] - best(full[:, :4], False)[0])
    assert found.converged
    assert found.statistic == pytest.approx(statistic, rel=1e-4)
    assert found.p == pytest.approx(stats.chi2.sf(statistic, 2), rel=1e-2)

    beta, information, squares, _ = solved(full, best(full, True)[1])
    errors = np.sqrt(np.diag(np.linalg.inv(information)) * squares / (len(y) - 6))
    assert found.slopes["strategy"].tolist() == ["badge", "coreset"]
    assert found.slopes["slope"].tolist() == pytest.approx(beta[4:].tolist(), rel=1e-3)
    assert found.slopes["error"].tolist() == pytest.approx(errors[4:].tolist(), rel=5e-3)
    low, high = stats.norm.interval(0.95, beta[4:], errors[4:])
    assert found.slopes["low"].tolist() == pytest.approx(low, rel=2e-2)
    assert found.slopes["high"].tolist() == pytest.approx(high, rel=2e-2)
    p = 2 * stats.norm.sf(np.abs(beta[4:] / errors[4:]))
    np.testing.assert_allclose(found.slopes["p"], p, rtol=0.1)
    assert found.reference_slope == pytest.approx(beta[3], rel=1e-3)


def test_tests_reject_and_intervals_cover_about_as_often_as_they_say() -> None:
    same = dict.fromkeys(SLOPES, 0.3)
    found = [quality_model(*study(10 + i, same, 0.05), "probe", "margin") for i in range(25)]
    p = np.array([each.p for each in found])
    assert (p < 0.05).sum() <= 4 and 0.2 < np.median(p) < 0.8
    slopes = pd.concat(each.slopes for each in found)
    assert 0.86 < ((slopes["low"] < 0) & (slopes["high"] > 0)).mean() <= 1


def test_swapping_the_reference_flips_the_sign_and_keeps_the_test() -> None:
    rows, quality = study(3, {"margin": 0.2, "badge": 0.5}, 0.1)
    there = quality_model(rows, quality, "probe", "margin")
    back = quality_model(rows.sample(frac=1, random_state=0), quality, "probe", "badge")
    assert there.slopes["slope"].item() == pytest.approx(-back.slopes["slope"].item(), rel=1e-3)
    assert there.statistic == pytest.approx(back.statistic, rel=1e-3)


def test_nothing_is_reported_where_nothing_went_wrong() -> None:
    found = quality_model(*study(1, noise=0.1), "probe", "margin")
    assert found.converged and found.problems == []


def test_units_of_the_measure_only_change_units() -> None:
    rows, quality = study(4, noise=0.1)
    found = quality_model(rows, quality, "probe", "margin")
    percent = quality_model(rows, quality.assign(probe=100 * quality["probe"]), "probe", "margin")
    np.testing.assert_allclose(percent.slopes["slope"], found.slopes["slope"] / 100)
    assert percent.statistic == pytest.approx(found.statistic)


def nothing(rows: pd.DataFrame, quality: pd.DataFrame) -> list[str]:
    """Problems of a fit that must say so and give no number."""
    found = quality_model(rows, quality, "probe", "margin")
    assert not found.converged and len(found.problems) >= 1
    assert found.slopes[["slope", "error", "low", "high", "p"]].isna().all(axis=None)
    assert np.isnan([found.p, found.statistic, found.reference_slope]).all()
    return found.problems


@pytest.mark.parametrize("constant", [0.5, 0.7, 0.1])
def test_a_quality_that_never_changes_is_reported_and_not_hidden(constant: float) -> None:
    rows, quality = study(5)
    assert "too few levels" in nothing(rows, quality.assign(probe=constant))[0]


def test_a_strategy_seen_at_one_quality_has_no_slope() -> None:
    rows, quality = study(5)
    quality["probe"] = quality["embedder"].map({"a": 0.5, "b": 0.6, "c": 0.7, "d": 0.8})
    few = rows[(rows["strategy"] != "badge") | (rows["embedder"] == "a")]
    found = quality_model(few, quality, "probe", "margin")
    assert not found.converged and "too few levels" in found.problems[0]


def test_no_difference_at_all_has_no_likelihood() -> None:
    rows, quality = study(5)
    problems = nothing(rows.assign(difference=0.0), quality)
    assert "slopes: the likelihood is inf" in problems


def test_a_variance_at_its_bound_is_reported() -> None:
    rows, quality = study(6, noise=0.1)
    # With each dataset's mean taken away there is nothing left between datasets.
    rows["difference"] -= rows.groupby("dataset")["difference"].transform("mean")
    found = quality_model(rows, quality, "probe", "margin")
    assert any("boundary" in problem or "singular" in problem for problem in found.problems)
    assert all(problem.startswith(("slopes", "test")) for problem in found.problems)


def test_what_is_missing_is_named() -> None:
    rows, quality = study(7)
    with pytest.raises(ValueError, match="reference 'entropy'"):
        quality_model(rows, quality, "probe", "entropy")
    with pytest.raises(ValueError, match="no 'probe'"):
        quality_model(rows, quality.iloc[1:], "probe", "margin")


@pytest.mark.parametrize("seed", [0, 3])
def test_each_slope_is_that_of_generalised_least_squares(seed: int) -> None:
    rows, quality = study(seed, noise=0.05)
    rows = rows.sample(frac=1, random_state=seed)
    found = quality_slopes(rows, quality, "probe", "strategy").set_index("strategy")
    assert set(found.index) == set(SLOPES) and found["converged"].all()
    for name, truth in SLOPES.items():
        here = means(rows[rows["strategy"] == name], quality).sort_values("dataset")
        y, x = here["difference"].to_numpy(), here["probe"].to_numpy()
        full = np.column_stack([np.ones(len(y)), x])
        same = (here["dataset"].to_numpy()[:, None] == here["dataset"].to_numpy()).astype(float)

        def loss(log_ratio: float, full=full, same=same, y=y) -> tuple[float, ...]:  # type: ignore[no-untyped-def]
            v = np.eye(len(y)) + np.exp(log_ratio) * same
            weighted = np.linalg.solve(v, full)
            information = full.T @ weighted
            beta = np.linalg.solve(information, weighted.T @ y)
            squares = (y - full @ beta) @ np.linalg.solve(v, y - full @ beta)
            freedom = len(y) - 2
            volume = np.linalg.slogdet(v)[1] + np.linalg.slogdet(information)[1]
            error = np.sqrt(np.linalg.inv(information)[1, 1] * squares / freedom)
            return freedom * np.log(squares) + volume, beta[1], error

        best = optimize.minimize_scalar(lambda r: loss(r)[0], bounds=(-20, 8), method="bounded")
        _, slope, error = loss(best.x)
        assert found.loc[name, "slope"] == pytest.approx(slope, abs=1e-5)
        # statsmodels also counts that the ratio of variances is estimated, which adds a little.
        assert error * 0.999 < found.loc[name, "error"] < error * 1.05
        assert abs(slope - truth) < 4 * error
        width = found.loc[name, "high"] - found.loc[name, "low"]
        assert width == pytest.approx(2 * stats.norm.ppf(0.975) * found.loc[name, "error"])


def test_a_slope_that_cannot_be_fitted_says_so() -> None:
    rows, quality = study(0)
    found = quality_slopes(rows, quality.assign(probe=0.5), "probe", "strategy")
    assert found["slope"].isna().all() and not found["converged"].any()
    assert all("too few levels" in problems[0] for problems in found["problems"])
