"""Predictions: every row is there, what a person gave stands, the rest is the head's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from alutils.errors import UserError
from alutils.labelling import read_pile
from alutils.labelling.predictions import predicted, write_predictions
from alutils.tables import Table, read_table, write_table
from tests.strategies.problems import blobs


def pile_of(tmp_path: Path, n_labelled: int = 12):  # type: ignore[no-untyped-def]
    vectors, classes = blobs(40, 5, 3)
    names = ["abc"[c] if row < n_labelled else "" for row, c in enumerate(classes)]
    table = {
        "body": [*(f"text {row}" for row in range(40)), "TEXT  1", "", "text 30"],
        "topic": [*names, "", "", ""],
        "more": [str(row) for row in range(43)],
    }
    write_table(tmp_path / "texts.csv", Table(table))
    return read_pile(tmp_path / "texts.csv", "body", "topic"), vectors, classes


def test_every_row_has_what_was_given_or_is_likeliest(tmp_path: Path) -> None:
    pile, vectors, classes = pile_of(tmp_path)
    out = predicted(pile, vectors).columns
    assert {name: out[name] for name in pile.table.columns} == pile.table.columns
    assert out["al_given"][:12] == ["yes"] * 12
    assert out["al_label"][:12] == ["abc"[c] for c in classes[:12]]
    assert out["al_confidence"][:12] == [None] * 12
    scaled = (vectors - vectors.mean(axis=0)) / np.sqrt(
        ((vectors - vectors.mean(axis=0)) ** 2).sum(axis=1).mean()
    )
    scaled *= np.sqrt(scaled.shape[1])
    twin = LogisticRegression(C=0.1, tol=1e-8).fit(scaled[:12], classes[:12])
    assert out["al_label"][12:40] == ["abc"[c] for c in twin.predict(scaled[12:])]
    # A copy has the label of its text, a row without a text has nothing.
    assert [out[name][40] for name in ("al_label", "al_confidence", "al_given")] == [
        "abc"[classes[1]],
        None,
        "yes",
    ]
    assert [out[name][41] for name in ("al_label", "al_confidence", "al_given")] == [None] * 3
    assert [out[name][42] for name in ("al_label", "al_given")] == [out["al_label"][30], None]
    assert all(0 < c <= 1 for c in out["al_confidence"][12:40])


def test_predictions_replace_predictions_and_nothing_else(tmp_path: Path) -> None:
    pile, vectors, _ = pile_of(tmp_path)
    table = predicted(pile, vectors)
    path = tmp_path / "sorted.csv"
    write_predictions(path, table)
    write_predictions(path, table)
    assert read_table(path, []).columns["al_given"][:13] == ["yes"] * 12 + [""]
    with pytest.raises(UserError, match="holds no predictions"):
        write_predictions(tmp_path / "texts.csv", table)
    with pytest.raises(UserError, match="as files that come out of here"):
        read_pile(path, "body")


def test_nothing_is_predicted_from_one_class(tmp_path: Path) -> None:
    pile, vectors, _ = pile_of(tmp_path, 1)
    with pytest.raises(UserError, match=r"only the class '[abc]'.*alutils select"):
        predicted(pile, vectors)
    with pytest.raises(UserError, match="no label in"):
        predicted(pile_of(tmp_path, 0)[0], vectors)
