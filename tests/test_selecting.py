import numpy as np
import pandas as pd
import pytest
import torch
from scipy.sparse import csr_array

import alutils
from alutils import strategies
from alutils.errors import UserError
from alutils.selecting import select
from tests.strategies.problems import blobs


def problem(n_rows=60, n_labelled=12):
    embeddings, classes = blobs(n_rows, 6, 3)
    return embeddings, np.where(np.arange(n_rows) < n_labelled, classes, -1)


@pytest.mark.parametrize("name", strategies.names())
def test_k_distinct_unlabelled_rows(name):
    embeddings, labels = problem()
    rows = alutils.select(embeddings, labels, strategy=name, k=9, seed=3)
    assert isinstance(rows, np.ndarray)
    assert rows.dtype == np.int64
    assert rows.shape == (9,)
    assert len(set(rows.tolist())) == 9
    assert (labels[rows] == -1).all()
    assert (rows == select(embeddings, labels, strategy=name, k=9, seed=3)).all()


@pytest.mark.parametrize("name", strategies.names())
def test_shift_scale_and_names_of_classes_do_not_matter(name):
    embeddings, labels = problem()
    renamed = np.where(labels == -1, -1, np.array([40, -7, 12])[labels])
    expected = select(embeddings, labels, name, 8)
    assert (expected == select(3 * embeddings + 5, labels, name, 8)).all()
    if name in ("random", "coreset", "typiclust", "kmeans"):
        assert (expected == select(embeddings, renamed, name, 8)).all()
    else:
        assert set(expected.tolist()) == set(select(embeddings, renamed, name, 8).tolist())


def test_another_seed_chooses_otherwise():
    embeddings, labels = problem()
    assert (select(embeddings, labels, k=9) != select(embeddings, labels, k=9, seed=1)).any()


def test_inputs_are_left_alone_and_lists_are_welcome():
    embeddings, labels = problem()
    before = embeddings.copy(), labels.copy()
    rows = select(embeddings, labels, k=5)
    assert (embeddings == before[0]).all()
    assert (labels == before[1]).all()
    assert (rows == select(embeddings.tolist(), labels.tolist(), k=5)).all()
    assert len(select(embeddings.astype(np.float16), labels, k=5)) == 5


@pytest.mark.parametrize(
    "form",
    [
        lambda array: array[::-1].copy()[::-1],  # negative strides
        lambda array: np.asfortranarray(array),
        lambda array: array.tolist(),
        torch.tensor,
        lambda array: torch.tensor(array, requires_grad=array.dtype.kind == "f"),
    ],
)
def test_the_form_of_an_array_does_not_matter(form):
    embeddings, labels = problem()
    expected = select(embeddings, labels, k=5)
    assert (expected == select(form(embeddings), form(labels), k=5)).all()


def test_columns_may_be_reversed_and_bfloat16_is_welcome():
    embeddings, labels = problem()
    flipped = embeddings[:, ::-1]
    assert (select(flipped, labels, k=5) == select(flipped.copy(), labels, k=5)).all()
    short = torch.tensor(embeddings).bfloat16()
    assert (select(short, labels, k=5) == select(short.float(), labels, k=5)).all()


@pytest.mark.parametrize("factor", [1e200, 1e-200, 1e305])
@pytest.mark.parametrize("name", strategies.names())
def test_numbers_may_be_huge_or_tiny(name, factor):
    embeddings, labels = problem()
    expected = select(embeddings, labels, name, 8)
    assert (expected == select(embeddings * factor, labels, name, 8)).all()


@pytest.mark.parametrize("n_classes", range(2, 9))
def test_labels_may_all_stand_at_one_vector(n_classes):
    embeddings = np.random.default_rng(0).normal(size=(50, 16)).astype(np.float32)
    embeddings[: 2 * n_classes] = embeddings[0]
    labels = np.where(np.arange(50) < 2 * n_classes, np.arange(50) % n_classes, -1)
    assert len(select(embeddings, labels, "margin", 2)) == 2


@pytest.mark.parametrize("name", strategies.head_free_names())
def test_first_batch_needs_no_label(name):
    embeddings, _ = problem()
    assert len(select(embeddings, np.full(60, -1), name, 10)) == 10


def test_the_number_of_classes_may_be_told():
    embeddings, labels = problem()
    nothing = np.full(60, -1)
    fewer = select(embeddings, nothing, "prob_cover", 10)
    assert (fewer == select(embeddings, nothing, "prob_cover", 10, n_classes=2)).all()
    assert (fewer != select(embeddings, nothing, "prob_cover", 10, n_classes=20)).any()
    typical = select(embeddings, labels, "tcm", 10, n_classes=50)
    assert (typical == select(embeddings, labels, "typiclust", 10)).all()
    assert (typical != select(embeddings, labels, "tcm(per_class=0)", 10)).any()


@pytest.mark.parametrize(
    "form",
    [
        lambda labels: np.where(labels == -1, np.nan, labels),
        lambda labels: labels.astype(float),
        lambda labels: [None if label == -1 else int(label) for label in labels],
        lambda labels: ["" if label == -1 else "abc"[label] for label in labels],
        lambda labels: [None if label == -1 else "abc"[label] for label in labels],
        lambda labels: [np.nan if label == -1 else "abc"[label] for label in labels],
        lambda labels: labels.astype(str),
        lambda labels: pd.Series(labels).replace(-1, pd.NA).astype("Int64"),
        lambda labels: pd.Series(["" if at == -1 else "abc"[at] for at in labels]),
        lambda labels: pd.Series(
            ["abc"[at] if at >= 0 else None for at in labels], dtype="category"
        ),
        lambda labels: pd.Series(["abc"[at] if at >= 0 else None for at in labels], dtype="string"),
    ],
)
def test_labels_may_be_texts_and_have_holes(form):
    embeddings, labels = problem()
    assert (select(embeddings, labels, k=5) == select(embeddings, form(labels), k=5)).all()
    table = pd.DataFrame(embeddings)
    for same in (table, table.astype("Float64"), table.astype("double[pyarrow]")):
        assert (select(embeddings, labels, k=5) == select(same, labels, k=5)).all()


def changed(array, index, value):
    array = array.copy()
    array[index] = value
    return array


E, L = problem()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"labels": np.full(60, -1)}, "first batch with random, coreset, .* or "),
        ({"embeddings": pd.DataFrame(changed(E, (7, 2), np.nan)).astype("Float64")}, "in row 7"),
        ({"labels": np.where(L == 1, 1, -1)}, "all labels are of one class, 1"),
        ({"embeddings": changed(E, (7, 2), np.nan)}, "first in row 7"),
        ({"embeddings": changed(E, (9, 0), np.inf)}, "first in row 9"),
        ({"embeddings": E[0]}, r"shape is \(6,\)"),
        ({"embeddings": E[:0], "labels": L[:0]}, r"shape is \(0, 6\)"),
        ({"embeddings": E.astype(int)}, "floating-point"),
        ({"embeddings": E.astype(object)}, "floating-point"),
        ({"embeddings": np.ones_like(E)}, "same vector"),
        ({"labels": L[:-1]}, r"shape is \(59,\)"),
        ({"labels": L[:, None]}, r"shape is \(60, 1\)"),
        ({"labels": L + 0.5}, "must be whole numbers"),
        ({"labels": L == 1}, "must be whole numbers"),
        ({"labels": [*L[:-1], "a"]}, "partly texts and partly numbers"),
        ({"labels": [*L[:-1].tolist(), (1,)]}, "labels cannot be read"),
        (
            {"labels": np.array([*L[:-1].tolist(), b"a"], dtype=object)},
            "of row 59 is of type bytes",
        ),
        ({"k": 0}, "at least 1"),
        ({"k": -3}, "at least 1"),
        ({"k": 49}, "only 48 of the pool's 60 rows are unlabelled"),
        ({"k": 2.5}, "k must be a whole number"),
        ({"k": True}, "k must be a whole number"),
        ({"n_classes": 10**9}, "n_classes is 1,000,000,000, and a head .* takes 246 GiB"),
        ({"n_classes": 1}, "n_classes is 1, but labels of 3 classes are there"),
        ({"n_classes": "3"}, "n_classes must be a whole number"),
        ({"embeddings": [["one"], ["two"]]}, "embed texts first"),
        ({"seed": -1}, "seed must be 0 or more"),
        ({"seed": "0"}, "seed must be a whole number"),
        ({"strategy": "bagde"}, "did you mean 'badge'"),
        ({"strategy": None}, "such as 'badge', but is of type NoneType"),
        ({"strategy": 1}, "but is of type int"),
        ({"strategy": ["badge"]}, "but is of type list"),
        ({"strategy": {}}, "but is of type dict"),
        ({"embeddings": [[0.5, 1.0], [2.0]]}, "embeddings cannot be read"),
        ({"labels": [[0], [1, 2]]}, "labels cannot be read"),
        ({"embeddings": torch.tensor(E).to_sparse()}, "embeddings are sparse"),
        ({"embeddings": csr_array(E)}, "embeddings are sparse"),
        ({"embeddings": torch.tensor(E, device="meta")}, "embeddings cannot be read"),
        ({"embeddings": np.ma.masked_less(E, 0)}, "embeddings are a masked array"),
        ({"labels": np.ma.masked_less(L, 0)}, "labels are a masked array"),
        (
            {"labels": changed(L.astype(np.uint64), 3, 2**63)},
            f"label {2**63} of row 3 is too large",
        ),
        ({"labels": L.astype(np.uint8)}, "every row has a label; -1 marks an unlabelled row$"),
        ({"labels": np.arange(60) % 3}, "every row has a label; -1 marks an unlabelled row$"),
    ],
)
def test_bad_input_is_named(arguments, message):
    arguments = {"embeddings": E, "labels": L, "strategy": "badge", "k": 5, "seed": 0, **arguments}
    with pytest.raises(UserError, match=message) as caught:
        select(**arguments)
    assert "\n" not in str(caught.value)


def test_other_byte_orders_and_lengths_are_the_same_numbers():
    embeddings, labels = problem()
    expected = select(embeddings, labels, k=5)
    swapped = embeddings.astype(embeddings.dtype.newbyteorder(">"))
    assert (select(swapped, labels, k=5) == expected).all()
    assert (select(embeddings.astype(np.longdouble), labels, k=5) == expected).all()
