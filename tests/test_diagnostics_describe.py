"""What can be said of embeddings without labels, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from alutils.diagnostics import MEASURES, Pool, describe, measure
from alutils.errors import UserError

POINTS = np.random.default_rng(0).normal(size=(60, 5))


def test_all_label_free_measures_and_the_same_each_time() -> None:
    found = describe(POINTS, n_classes=3)
    assert list(found) == [m.name for m in MEASURES if not m.needs_labels]
    assert describe(POINTS.tolist(), n_classes=np.int64(3)) == found
    assert found == measure(Pool(POINTS, n_classes=3, name="describe"))


def test_without_a_number_of_classes_there_are_no_clusters() -> None:
    found = describe(POINTS)
    assert list(found) == [m.name for m in MEASURES if not m.needs_labels and not m.needs_n_classes]


def test_half_precision_is_read() -> None:
    found, exact = describe(POINTS.astype(np.float16)), describe(POINTS)
    assert found["effective_rank"].value == pytest.approx(exact["effective_rank"].value, rel=1e-3)


def broken(value: float) -> np.ndarray:
    points = POINTS.copy()
    points[7, 2] = value
    return points


@pytest.mark.parametrize(
    ("embeddings", "said"),
    [
        (broken(np.nan), "row 7 of the pool holds NaN or infinity"),
        (broken(np.inf), "row 7 of the pool holds NaN or infinity"),
        (np.ones((60, 5)), "all 60 rows of the pool are the same vector"),
        (POINTS[:11], "there are 11 embeddings, too few .* give at least 12"),
        (POINTS[:, 0], r"one row per text .* their shape is \(60,\)"),
        (POINTS[:, :0], r"one column per dimension, but their shape is \(60, 0\)"),
        (np.ones((60, 5), dtype=int), "must be floating-point numbers, but are int64"),
        (["a text", "another"], "must be floating-point numbers, but are <U"),
        ([[1.0, 2.0], [3.0]], "give rows of equal length"),
    ],
)
def test_what_cannot_be_measured_is_one_sentence(embeddings: Any, said: str) -> None:
    with pytest.raises(UserError, match=said):
        describe(embeddings)


@pytest.mark.parametrize("n_classes", [1, 61, 2.0, True, "3"])
def test_a_wrong_number_of_classes_is_one_sentence(n_classes: Any) -> None:
    with pytest.raises(UserError, match="n_classes must be a whole number from 2 to 60"):
        describe(POINTS, n_classes=n_classes)
