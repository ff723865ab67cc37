import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alutils.datasets.assembly import (
    Rows,
    Source,
    assemble,
    by_class_name,
    comparable,
    draw_test,
    without_duplicates,
)
from alutils.errors import UserError

texts = st.text(alphabet="aAbß \t\n", max_size=3)
labelled = st.lists(st.tuples(texts, st.integers(0, 3)), max_size=40)


def rows(pairs):
    return Rows([text for text, _ in pairs], np.array([label for _, label in pairs], dtype=int))


@given(labelled)
def test_distinct_keeps_the_first_of_undisputed_texts(pairs):
    classes_of = {}
    for text, label in pairs:
        classes_of.setdefault(comparable(text), set()).add(label)
    expected, met = [], set()
    for text, label in pairs:
        key = comparable(text)
        if key and key not in met and len(classes_of[key]) == 1:
            expected.append((text, label))
        met.add(key)
    distinct = without_duplicates(rows(pairs))
    kept = list(zip(distinct.rows.texts, distinct.rows.labels.tolist(), strict=True))
    assert kept == expected
    assert distinct.disputed == sum(len(labels) > 1 for labels in classes_of.values())
    assert distinct.seen == set(classes_of)


@given(labelled, labelled)
def test_no_text_is_in_pool_and_test(pool, test):
    source = Source(("a", "b", "c", "d"), rows(pool), rows(test), "")
    try:
        dataset = assemble("x", source, None)
    except UserError:
        return
    keys = [comparable(text) for text in dataset.pool_texts + dataset.test_texts]
    assert len(keys) == len(set(keys)) == len(pool) + len(test) - dataset.duplicates_removed
    assert not set(map(comparable, dataset.pool_texts)) & {comparable(text) for text, _ in test}
    # Every text still has the class it came with, whatever was renumbered.
    original = {(text, "abcd"[label]) for text, label in pool + test}
    for kept, labels in (
        (dataset.pool_texts, dataset.pool_labels),
        (dataset.test_texts, dataset.test_labels),
    ):
        assert {(t, dataset.classes[i]) for t, i in zip(kept, labels, strict=True)} <= original


@given(st.lists(st.integers(0, 5), min_size=1, max_size=60), st.integers(0, 70), st.integers(0, 9))
def test_drawn_test_split(labels, size, seed):
    labels = np.array(labels)
    inside = draw_test(labels, size, np.random.default_rng(seed))
    classes, counts = np.unique(labels, return_counts=True)
    assert inside.sum() == min(size, len(labels) - len(classes))
    assert set(labels[~inside]) == set(classes)
    if size <= len(labels) // 4:
        # Stratified: no class is more than one text away from its share, plus one for the class
        # whose only text may not leave the pool.
        share = counts * size / len(labels)
        drawn = np.array([(labels[inside] == label).sum() for label in classes])
        assert np.all(drawn <= share + 1 + len(classes) / 2)
    again = draw_test(labels, size, np.random.default_rng(seed))
    assert np.array_equal(inside, again)


def test_drawn_test_split_depends_on_the_stream():
    labels = np.zeros(100, dtype=int)
    one, two = (draw_test(labels, 25, np.random.default_rng(seed)) for seed in (0, 1))
    assert not np.array_equal(one, two)


def example(n=100, name="example"):
    pairs = [(f"text {row}", "even" if row % 2 == 0 else "odd") for row in range(n)]
    return assemble(name, by_class_name(pairs, "made up"), None)


def test_one_class_or_nothing_to_test_is_refused():
    for pairs in ([("a", "x"), ("b", "x")], [("a", "x"), ("b", "y")], [("a", "x"), ("A ", "y")]):
        with pytest.raises(UserError, match="at least two classes"):
            assemble("tiny", by_class_name(pairs, ""), None)


def test_sample_is_fixed_nested_and_independent():
    dataset = example()
    small, large = dataset.sample(10, 5), dataset.sample(30, 5)
    assert (len(small.pool_texts), len(small.test_texts)) == (10, 5)
    assert set(small.pool_texts) < set(large.pool_texts) < set(dataset.pool_texts)
    assert small.test_texts == large.test_texts
    assert small.pool_texts != dataset.pool_texts[:10]  # at random, in the order of the pool
    assert list(small.pool_texts) == sorted(small.pool_texts, key=dataset.pool_texts.index)
    assert small.fingerprint == dataset.sample(10, 5).fingerprint != large.fingerprint
    whole = dataset.sample(None, None)
    assert whole.fingerprint == dataset.fingerprint == dataset.sample(1000, 1000).fingerprint
    label_of = dict(zip(dataset.pool_texts, dataset.pool_labels, strict=True))
    assert [label_of[text] for text in large.pool_texts] == large.pool_labels.tolist()
    with pytest.raises(UserError, match="pool size must be at least 1, not 0"):
        dataset.sample(0, 5)


def test_fingerprint_changes_with_everything_that_matters():
    dataset = example(8)
    other_labels = dataset.pool_labels.copy()
    other_labels[0] = 1 - other_labels[0]
    variants = [
        dataset,
        dataclasses.replace(dataset, pool_labels=other_labels),
        dataclasses.replace(dataset, classes=("odd", "even")),
        dataclasses.replace(dataset, pool_texts=(*dataset.pool_texts[:-1], "other")),
        dataclasses.replace(
            dataset,
            pool_texts=(
                dataset.pool_texts[0] + dataset.pool_texts[1][:1],
                dataset.pool_texts[1][1:],
                *dataset.pool_texts[2:],
            ),
        ),
        dataclasses.replace(
            dataset,
            pool_texts=dataset.pool_texts + dataset.test_texts[:1],
            test_texts=dataset.test_texts[1:],
            pool_labels=np.append(dataset.pool_labels, dataset.test_labels[:1]),
            test_labels=dataset.test_labels[1:],
        ),
    ]
    assert len({variant.fingerprint for variant in variants}) == len(variants)
    assert dataclasses.replace(dataset, provenance="else").fingerprint == dataset.fingerprint


def test_labels_cannot_be_changed_by_accident():
    with pytest.raises(ValueError, match="read-only"):
        example().pool_labels[0] = 1


def test_split_of_a_file_does_not_depend_on_its_folder():
    here, there = example(name="file:/a/mine.csv"), example(name="file:b/mine.csv")
    assert here.fingerprint == there.fingerprint != example(name="file:a/yours.csv").fingerprint
    assert here.sample(5, 5).fingerprint == there.sample(5, 5).fingerprint
