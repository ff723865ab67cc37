"""Why each chosen row is worth a label."""

import time

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from alutils.errors import UserError
from alutils.explaining import explain, nearest_centre
from alutils.heads import scale
from alutils.selecting import select
from alutils.telling_words import telling_words, words
from tests.strategies.problems import blobs

POINTS, CLASSES = blobs(120, 6, 3)
NAMES = np.array(["billing", "refund", "card"])
LABELS = np.where(np.arange(120) < 30, NAMES[CLASSES], "")
TEXTS = [f"{NAMES[c]} question {i % 7}" for i, c in enumerate(CLASSES)]
ROWS = np.array([77, 31, 119, 50])


def centred():
    (scaled,) = scale(torch.tensor(POINTS))
    return scaled.numpy()


def test_guesses_are_those_of_the_default_head():
    points, known = centred(), LABELS != ""
    twin = LogisticRegression(C=0.1, tol=1e-10, max_iter=10_000).fit(points[known], LABELS[known])
    found = explain(POINTS, LABELS, ROWS)
    for row in ROWS:
        p = dict(zip(twin.classes_, twin.predict_proba(points[[row]])[0], strict=True))
        first, second = sorted(p, key=p.get, reverse=True)[:2]
        assert found.loc[row, ["guess", "second"]].tolist() == [first, second]
        assert found.loc[row, "confidence"] == pytest.approx(p[first], abs=1e-4)
        assert found.loc[row, "second_confidence"] == pytest.approx(p[second], abs=1e-4)


def test_guesses_are_those_of_a_given_head():
    known = LABELS != ""
    forest = RandomForestClassifier(20, random_state=0).fit(POINTS[known], LABELS[known])
    found = explain(POINTS, LABELS, ROWS, head=forest)
    assert found["guess"].tolist() == forest.predict(POINTS[ROWS]).tolist()
    assert np.allclose(found["confidence"], forest.predict_proba(POINTS[ROWS]).max(axis=1))
    unlabelled = explain(POINTS, np.full(120, ""), ROWS, head=forest)
    assert unlabelled["guess"].tolist() == found["guess"].tolist()


def test_the_nearest_labelled_row_is_that_of_a_plain_search():
    points = POINTS - POINTS.mean(axis=0)
    found = explain(POINTS, LABELS, ROWS)
    for row in ROWS:
        cosines = {
            other: points[row]
            @ points[other]
            / np.sqrt((points[row] ** 2).sum() * (points[other] ** 2).sum())
            for other in range(30)
        }
        best = max(cosines, key=cosines.get)
        assert found.loc[row, "nearest"] == best
        assert found.loc[row, "nearest_label"] == LABELS[best]
        assert found.loc[row, "similarity"] == pytest.approx(cosines[best])


def test_groups_are_counted_over_the_whole_pool():
    everyone = np.arange(30, 120)
    found = explain(POINTS, LABELS, everyone, texts=TEXTS)
    assert found["group"].nunique() > 1
    for _, group in found.groupby("group"):
        size, labelled = group["group_size"].unique(), group["group_labelled"].unique()
        assert len(size) == len(labelled) == 1
        assert size[0] == len(group) + labelled[0]
        assert group["group_words"].nunique() == 1
    alone = explain(POINTS, LABELS, [44], texts=TEXTS)
    pd.testing.assert_frame_equal(alone, found.loc[[44]])


def test_a_group_is_that_of_the_nearest_centre():
    points, centres = torch.tensor(POINTS), torch.tensor(POINTS[:7])
    plain = [np.square(POINTS[:7] - point).sum(axis=1).argmin() for point in POINTS]
    assert nearest_centre(points, centres).tolist() == plain


def test_rows_come_in_their_order_and_join_to_a_table_of_texts():
    found = explain(POINTS, LABELS, ROWS, texts=TEXTS)
    assert found.index.tolist() == ROWS.tolist()
    assert found.columns.tolist() == [
        "guess", "confidence", "second", "second_confidence",
        "group", "group_size", "group_labelled", "group_words",
        "nearest", "nearest_label", "similarity", "why",
    ]  # fmt: skip
    joined = pd.DataFrame({"text": TEXTS}).join(found, how="right")
    assert joined["text"].tolist() == [TEXTS[row] for row in ROWS]
    pd.testing.assert_frame_equal(found, explain(POINTS, LABELS, ROWS, texts=pd.Series(TEXTS)))
    again = explain(POINTS, LABELS, ROWS.tolist()[::-1], texts=np.array(TEXTS, dtype=object))
    pd.testing.assert_frame_equal(found, again.iloc[::-1])
    assert explain(POINTS, LABELS, []).columns.tolist() == found.columns.tolist()


def test_the_seed_decides_the_groups_alone():
    first, second = (explain(POINTS, LABELS, ROWS, seed=seed) for seed in (0, 1))
    same = ["guess", "confidence", "nearest", "similarity"]
    pd.testing.assert_frame_equal(first[same], second[same])
    assert not first["group"].equals(second["group"])


def two_groups():
    """Twelve texts about cards at one place, eight about shoes at the opposite one."""
    side = np.repeat([1.0, -1.0], [12, 8])
    points = np.stack([side, 0.01 * np.arange(20)], axis=1)
    texts = ["my card was declined"] * 12 + ["these shoes are too small"] * 8
    return points, texts


def test_the_sentence_is_made_of_the_columns():
    points, texts = two_groups()
    labels = np.full(20, "", dtype=object)
    first = explain(points, labels, [3], texts=texts)["why"].item()
    assert first == "Stands for a group of 12 texts about 'card, declined', none of them labelled."
    labels[0] = "payment"
    one_class = explain(points, labels, [1, 15], texts=texts)["why"].tolist()
    assert one_class[0] == (
        "One of 12 texts about 'card, declined', 1 of them labelled; "
        "nearest labelled text: row 0, payment (similarity 1.00)."
    )
    assert one_class[1].startswith("One of 8 texts about 'shoes, small', none of them labelled; ")
    labels[19] = "size\nor fit"
    sure = LogisticRegression(C=100).fit(points[[0, 19]], labels[[0, 19]])
    probably = explain(points, labels, [2, 18], head=sure)
    assert probably["why"].iloc[0].startswith("Probably payment (")
    assert "%); one of 12 similar texts, 1 of them labelled; nearest" in probably["why"].iloc[0]
    assert probably["why"].iloc[1].startswith("Probably size or fit (")
    head = LogisticRegression(C=1e-6).fit(points[[0, 19]], labels[[0, 19]])
    between = explain(points, labels, [2], head=head)["why"].item()
    assert between.startswith("Between payment (50 %) and size or fit (50 %); one of 12 ")


def test_without_labels_or_with_one_class_there_is_no_guess():
    one_class = np.where(np.arange(120) < 30, "billing", "")
    for labels in (np.full(120, -1), one_class):
        found = explain(POINTS, labels, ROWS)
        assert found[["guess", "second", "group_words"]].isna().all(axis=None)
        assert found[["confidence", "second_confidence"]].isna().all(axis=None)
    nothing = explain(POINTS, np.full(120, -1), ROWS)
    assert nothing[["nearest", "nearest_label", "similarity"]].isna().all(axis=None)
    assert explain(POINTS, one_class, ROWS)["nearest_label"].tolist() == ["billing"] * 4


def test_numbers_stay_numbers():
    found = explain(POINTS, np.where(np.arange(120) < 30, CLASSES, -1), ROWS)
    assert {type(each) for each in found["guess"]} == {int}
    assert found["nearest"].dtype == "Int64"


@pytest.mark.parametrize(
    "texts",
    [[""] * 120, ["the of and"] * 120, ["12 34 !?"] * 120, [None] * 120, ["\ud800"] * 120],
)
def test_texts_without_words_make_no_group_words(texts):
    found = explain(POINTS, LABELS, ROWS, texts=texts)
    assert found["group_words"].isna().all()
    assert found["why"].str.contains("similar texts").all()


def test_tiny_and_degenerate_pools():
    line = np.arange(3.0)[:, None]
    assert explain(line, [0, 1, -1], [2])["group_size"].tolist() == [3]
    far = np.vstack([np.random.default_rng(0).normal(size=(20, 2)), [[1e4, 0.0]]])
    assert explain(far, [-1] * 21, [20])["why"].item() == "Like no other."
    copies = np.repeat(np.eye(2), 100, axis=0)
    found = explain(copies, [0, *[-1] * 198, 1], np.arange(1, 199))
    assert (found["guess"] == np.repeat([0, 1], 99)).all()
    assert (found["nearest"] == np.repeat([0, 199], 99)).all()
    centre = np.array([[1.0, 0.0], [-1.0, 0.0], [0.0, 0.0], [0.0, 1.0], [0.0, -1.0]])
    assert explain(centre, [0, 1, -1, -1, -1], [2])["similarity"].item() == 0
    assert "similarity 0.00" in explain(centre, [0, 1, -1, -1, -1], [2])["why"].item()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The CARD was declined, 2024!", ["card", "declined"]),
        ("Größe überprüfen", ["größe", "überprüfen"]),
        ("信用卡 iphone", ["信用", "用卡", "iphone"]),
        ("卡", []),
        ("카드 결제", ["카드", "결제"]),
        ("นัด", ["นั", "ัด"]),
        ("", []),
    ],
)
def test_words(text, expected):
    assert words(text) == expected


def test_telling_words_are_those_of_a_plain_count():
    texts = ["red fish", "blue fish fish", "red car", "old car park", "", "fish car"]
    groups = np.array([0, 0, 1, 1, 1, 2])
    bags = [[w for t, g in zip(texts, groups, strict=True) if g == at for w in set(t.split())]
            for at in range(3)]  # fmt: skip
    everything = [w for bag in bags for w in bag]
    mean = len(everything) / 3
    for bag, found in zip(bags, telling_words(texts, groups, 3), strict=True):
        weight = {w: bag.count(w) / len(bag) * np.log(1 + mean / everything.count(w)) for w in bag}
        assert found == sorted(weight, key=lambda w: (-round(weight[w], 9), w))[:3]


def test_chinese_texts_have_telling_words():
    texts = ["我的信用卡被拒绝了"] * 3 + ["请把鞋子换成大一号"] * 3
    found = telling_words(texts, np.repeat([0, 1], 3), 2)
    assert all(len(each) == 3 for each in found)
    assert all(word in texts[0] for word in found[0])
    assert all(word in texts[3] for word in found[1])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rows": [120]}, "there is no row 120: rows of the embeddings are 0 to 119"),
        ({"rows": [-1]}, "there is no row -1"),
        ({"rows": [3]}, "row 3 has a label, "),
        ({"rows": [31.0]}, "rows must be a list of row numbers"),
        ({"rows": LABELS == ""}, "rows must be a list of row numbers"),
        ({"rows": [[31]]}, r"of shape \(1, 1\)"),
        ({"rows": 31}, r"of shape \(\)"),
        ({"rows": ["a"]}, "rows must be a list"),
        ({"rows": [[31], [32, 33]]}, "rows cannot be read as one array"),
        ({"texts": TEXTS[:-1]}, "texts must be one per row of the embeddings, 120, but are 119"),
        ({"texts": "card"}, "texts must be a list of texts, but are 'card'"),
        ({"texts": 5}, "texts must be a list of texts, but are 5"),
        ({"names": ["card"]}, "names must be one per row, 120, but are 1"),
        ({"head": "softmax"}, "head must be a fitted classifier"),
        ({"seed": -1}, "seed must be a whole number, 0 or more"),
        ({"seed": "0"}, "seed must be a whole number, 0 or more"),
        ({"labels": LABELS[1:]}, "labels must be one per row"),
    ],
)
def test_bad_input_is_named(arguments, message):
    arguments = {"embeddings": POINTS, "labels": LABELS, "rows": ROWS, **arguments}
    with pytest.raises(UserError, match=message) as caught:
        explain(arguments.pop("embeddings"), arguments.pop("labels"), **arguments)
    assert "\n" not in str(caught.value)


def test_it_follows_select():
    rows = select(POINTS, LABELS, "margin", 6)
    found = explain(POINTS, LABELS, rows, texts=TEXTS)
    gaps = found["confidence"] - found["second_confidence"]
    assert gaps.is_monotonic_increasing  # margin takes the closest first


def test_a_large_pool_takes_seconds():
    generator = np.random.default_rng(0)
    points = generator.normal(size=(40_000, 96)).astype(np.float32)
    texts = [f"word{i % 997} other{i % 89}" for i in range(40_000)]
    start = time.monotonic()
    explain(points, [0, 1, *[-1] * 39_998], np.arange(2, 1002), texts=texts)
    assert time.monotonic() - start < 20  # 1 s, if nobody else computes


def test_a_table_is_no_list_of_texts():
    with pytest.raises(UserError, match="texts must be one per row"):
        explain(POINTS, LABELS, ROWS, texts=pd.DataFrame({"text": TEXTS}))


def test_a_given_head_is_asked_about_the_chosen_rows_alone():
    asked = []

    class Counting(RandomForestClassifier):
        def predict_proba(self, X):
            asked.append(len(X))
            return super().predict_proba(X)

    known = LABELS != ""
    forest = Counting(5, random_state=0).fit(pd.DataFrame(POINTS[known]), LABELS[known])
    explain(pd.DataFrame(POINTS), LABELS, ROWS, head=forest)
    assert asked == [len(ROWS)]
