import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import least_squares

from alutils.stopping.forecast import curve_sizes, forecast, why_no_forecast
from alutils.stopping.power_law import RATES, fit_power_laws

SIZES = np.array(curve_sizes(1000))


@pytest.mark.parametrize("rate", RATES[[5, 20, 40]])
@pytest.mark.parametrize(("ceiling", "drop"), [(0.9, 0.1), (1.0, 0.05), (0.7, 0.0)])
def test_planted_curve_is_found(ceiling, drop, rate):
    planted = ceiling - drop * (SIZES / 1000) ** -rate
    found = fit_power_laws(SIZES, planted[None])
    assert found.at(SIZES)[0] == pytest.approx(planted, abs=1e-9)
    assert found.ceiling[0] == pytest.approx(ceiling)
    if drop:
        assert found.rate[0] == rate
    beyond = ceiling - drop * 1.1**-rate
    assert found.at([1100])[0, 0] == pytest.approx(beyond, abs=1e-9)


def test_no_worse_than_a_general_solver():
    draw = np.random.default_rng(0)
    curves = 0.85 - 0.1 * (SIZES / 1000) ** -0.5 + draw.normal(0, 0.02, (20, len(SIZES)))
    found = fit_power_laws(SIZES, curves)
    weight = np.sqrt(SIZES / SIZES.sum())

    def missed(p, curve):
        return weight * (p[0] - p[1] * (SIZES / 1000) ** -p[2] - curve)

    for i, curve in enumerate(curves):
        best = least_squares(
            missed, [0.85, 0.1, 0.5], bounds=([0, 0, 0.1], [1, np.inf, 3]), args=(curve,)
        )
        ours = missed([found.ceiling[i], found.drop[i], found.rate[i]], curve)
        assert (ours**2).sum() <= 2 * best.cost * 1.02


@given(st.lists(st.floats(0, 1), min_size=len(SIZES), max_size=len(SIZES)))
def test_curves_rise_and_stay_below_1(accuracy):
    found = fit_power_laws(SIZES, np.array([accuracy]))
    values = found.at([100, 500, 1000, 2000, 10**6])[0]
    assert (np.diff(values) >= 0).all()
    assert values[-1] <= 1


def audited(draw, gain_of_row=0.0, n=400):
    """Rows that are right from some number of labels on."""
    accuracy = 0.9 - 0.15 * (SIZES / 1000) ** -0.6
    return draw.random(n) < accuracy[:, None] + gain_of_row


def test_forecast_of_a_planted_curve():
    draw = np.random.default_rng(0)
    level = draw.random(20_000)
    correct = level < (0.9 - 0.15 * (SIZES / 1000) ** -0.6)[:, None]
    truth = 0.15 * (1 - 1.1**-0.6)
    found = forecast(SIZES, correct, changed=0.0, more=100)
    assert found.gain == pytest.approx(truth, abs=0.002)
    assert found.low < truth < found.high
    assert found.high - found.low < 0.01
    assert found.points["accuracy"].tolist() == correct.mean(axis=1).tolist()
    # Ten times the rows, a third of the length; another seed, nearly the same.
    few = forecast(SIZES, correct[:, :2000], changed=0.0)
    assert 2 < (few.high - few.low) / (found.high - found.low) < 5
    assert forecast(SIZES, correct, 0.0, seed=1).low == pytest.approx(found.low, abs=5e-4)
    assert forecast(SIZES, correct, 0.0).low == found.low


def test_luck_of_a_batch_makes_the_interval_longer():
    correct = np.ones((len(SIZES), 50), bool)
    none = forecast(SIZES, correct, changed=0.0)
    assert (none.gain, none.low, none.high) == (0, 0, 0)
    some = forecast(SIZES, correct, changed=0.1)
    # 1.96 standard deviations of a tenth of what changes
    assert some.high == pytest.approx(0.0196, abs=0.002)
    assert some.low == pytest.approx(-0.0196, abs=0.002)


@given(st.integers(1, 100_000))
def test_sizes_rise_to_all_labels(n):
    sizes = curve_sizes(n)
    assert sizes[-1] == n
    assert sizes == sorted(set(sizes))
    assert len(sizes) == 8 or n < 40


def test_why_there_is_no_forecast():
    assert "from an audit of 19" in why_no_forecast(curve_sizes(1000), 19)
    assert "from 22 labels" in why_no_forecast(curve_sizes(22), 22)
    assert why_no_forecast(curve_sizes(300), 20) is None
