"""Datasets made harder: what each step does to the pool, and that the test side stays."""

from __future__ import annotations

import numpy as np
import pytest

from alutils import datasets
from alutils.catalogue.steps import Step
from alutils.datasets import altered
from alutils.datasets.dataset import Dataset
from alutils.errors import UserError

NAME = "kjv_genres"


def plain() -> Dataset:
    return datasets.sampled(NAME, 4000, 300)


@pytest.mark.parametrize(
    "step", ["label_noise(0.2)", "label_confusion(0.2)", "imbalance(50)", "copies(0.3)"]
)
def test_the_test_side_stays(step: str) -> None:
    changed, before = datasets.sampled(f"{NAME}+{step}", 4000, 300), plain()
    assert changed.name == f"{NAME}+{step}"
    assert changed.test_texts == before.test_texts
    np.testing.assert_array_equal(changed.test_labels, before.test_labels)
    assert changed.fingerprint != before.fingerprint
    assert changed.fingerprint == datasets.sampled(f"{NAME}+{step}", 4000, 300).fingerprint


def test_noise_hits_the_share_it_says_and_any_other_class() -> None:
    before, after = plain(), datasets.sampled(f"{NAME}+label_noise(0.2)", 4000, 300)
    assert before.pool_texts == after.pool_texts
    wrong = before.pool_labels != after.pool_labels
    assert wrong.mean() == pytest.approx(0.2, abs=0.02)
    shift = (after.pool_labels - before.pool_labels)[wrong] % 8
    assert np.bincount(shift, minlength=8)[1:] / wrong.sum() == pytest.approx(
        np.full(7, 1 / 7), abs=0.04
    )


def test_confusion_goes_to_one_class_each() -> None:
    before, after = plain(), datasets.sampled(f"{NAME}+label_confusion(0.2)", 4000, 300)
    wrong = before.pool_labels != after.pool_labels
    assert wrong.mean() == pytest.approx(0.2, abs=0.02)
    for each in range(8):
        assert len(set(after.pool_labels[wrong & (before.pool_labels == each)])) <= 1


@pytest.mark.parametrize("step", ["label_noise", "label_confusion"])
def test_more_noise_keeps_what_less_made_wrong(step: str) -> None:
    less, more = (datasets.sampled(f"{NAME}+{step}({s})", 4000, 300) for s in (0.05, 0.2))
    wrong = less.pool_labels != plain().pool_labels
    np.testing.assert_array_equal(less.pool_labels[wrong], more.pool_labels[wrong])


def test_the_most_similar_class_has_the_most_similar_words() -> None:
    texts = ("red wine", "red grape wine", "blue sea", "sea of blue", "white wine", "grape white")
    labels = np.array([0, 0, 1, 1, 2, 2])
    toy = Dataset("toy", texts, labels, ("x",), np.array([0]), ("a", "b", "c"), 0)
    changed = altered.mislabelled(toy, Step("label_confusion", 1.0))
    assert changed.pool_labels[[0, 4]].tolist() == [2, 0]


def test_classes_fall_geometrically_and_nested() -> None:
    before = datasets.load("movie_sentiment")
    counts = np.bincount(before.pool_labels)
    thinned = altered.thin(before, Step("imbalance", 10.0))
    assert sorted(np.bincount(thinned.pool_labels)) == [counts.max() // 10, counts.max()]
    harder = altered.thin(before, Step("imbalance", 100.0))
    assert set(harder.pool_texts) < set(thinned.pool_texts) < set(before.pool_texts)
    # Pools are thinned before they are sampled, so that they keep their size where they can.
    assert len(datasets.sampled("movie_sentiment+imbalance(10)", 2000, 100).pool_labels) == 2000


def test_no_class_is_lost() -> None:
    thinned = altered.thin(datasets.load(NAME), Step("imbalance", 1e4))
    assert (np.bincount(thinned.pool_labels, minlength=8) >= 1).all()


def test_copies_take_text_and_label() -> None:
    before, after = plain(), datasets.sampled(f"{NAME}+copies(0.3)", 4000, 300)
    assert len(after.pool_texts) == 4000 and len(set(after.pool_texts)) == 2800
    label_of = dict(zip(before.pool_texts, before.pool_labels, strict=True))
    assert [label_of[text] for text in after.pool_texts] == after.pool_labels.tolist()


def test_a_pool_of_copies_alone_is_refused() -> None:
    with pytest.raises(UserError, match="leaves no text of the 3 in the pool to copy"):
        datasets.sampled("movie_sentiment+copies(0.9)", 3, 10)


def test_the_order_of_steps_does_not_count_for_what_is_thinned_first() -> None:
    one = datasets.sampled("movie_sentiment+label_noise(0.1)+imbalance(10)", 500, 50)
    two = datasets.sampled("movie_sentiment+imbalance(10)+label_noise(0.1)", 500, 50)
    np.testing.assert_array_equal(one.pool_labels, two.pool_labels)


def test_a_step_of_embedders_is_refused() -> None:
    with pytest.raises(UserError, match="no step 'noise'"):
        datasets.sampled(f"{NAME}+noise(1)", 100, 50)
