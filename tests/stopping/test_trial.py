import inspect
import re

import numpy as np
import pytest

from alutils.stopping.played import one_report
from alutils.stopping.trial import trial


@pytest.fixture(scope="module")
def table():
    return trial(
        "movie_sentiment", "hashing", "margin", [0, 1], 3, 40, 12, pool_size=400, test_size=200
    )


def test_a_row_for_each_seed_and_batch_with_all_columns(table):
    assert table["seed"].tolist() == [0, 0, 0, 1, 1, 1]
    assert table["batch"].tolist() == [1, 2, 3] * 2
    assert table["n_labelled"].tolist() == [40, 80, 120] * 2
    assert (table["n_audit"] >= 12 * table["batch"]).all()
    named = set(re.findall(r"``(\w+)``", inspect.getdoc(trial)))
    assert named == set(table.columns)


def test_estimates_have_truths_beside_them(table):
    for estimate in ("audit", "rest"):
        assert (table[f"{estimate}_low"] <= table[estimate]).all()
        assert (table[estimate] <= table[f"{estimate}_high"]).all()
    later = table["batch"] > 1
    assert table.loc[later].notna().all(axis=None)
    assert table.loc[~later, ["changed", "kappa", "forecast"]].isna().all(axis=None)
    gains = table.groupby("seed")["test_accuracy"].diff().shift(-1)
    assert np.allclose(table["gain"][table["batch"] < 3], gains.dropna())
    share = table["n_labelled"] / 400
    assert np.allclose(
        table["pile_accuracy"], share * table["naive"] + (1 - share) * table["rest_accuracy"]
    )


def test_audit_labels_do_not_steer_unless_told(table):
    steered = trial(
        "movie_sentiment",
        "hashing",
        "margin",
        [0],
        3,
        40,
        12,
        audit_steers=True,
        pool_size=400,
        test_size=200,
    )
    assert list(steered) == list(table)
    assert steered["test_accuracy"].tolist() != table["test_accuracy"][:3].tolist()


def test_without_an_audit_there_is_only_the_truth(table):
    plain = trial(
        "movie_sentiment", "hashing", "margin", [0], 2, 40, 0, pool_size=400, test_size=200
    )
    truths = {"rest_accuracy", "test_accuracy", "gain"}
    assert set(plain) == {"seed", "batch", "n_labelled", "n_audit", *truths}
    assert (plain["n_audit"] == 0).all()
    assert plain["test_accuracy"].tolist() != table["test_accuracy"][:2].tolist()


def test_one_report_is_of_the_same_moment(table):
    found = one_report(
        "movie_sentiment", "hashing", "margin", 1, 3, 40, 12, pool_size=400, test_size=200
    )
    last = table.iloc[-1]
    assert (found.n_labelled, found.accuracy.n) == (120, last["n_audit"])
    assert found.accuracy.accuracy == pytest.approx(last["audit"])
    assert found.rest.low == pytest.approx(last["rest_low"])
    assert found.stability["changed"].iloc[-1] == pytest.approx(last["changed"])
