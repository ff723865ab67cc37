"""`select` with a classifier of one's own."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import torch
from scipy.sparse import csr_array
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from alutils import only_probabilities, select, strategies
from alutils.errors import UserError
from alutils.geometry import Geometry
from alutils.given_head import GivenHead, MoreThanProbabilities, given_head
from alutils.heads import FittedHead, scale
from tests.strategies.problems import blobs

REFUSING = ["bald", "drop_query", "alfa_mix", "uncertainty_herding"]
POINTS, CLASSES = blobs(60, 6, 3)
LABELS = np.where(np.arange(60) < 18, CLASSES, -1)
KNOWN = LABELS >= 0


def regression(points=POINTS, labels=LABELS):
    """The default head, by scikit-learn."""
    known = labels != -1
    return LogisticRegression(C=0.1, tol=1e-10, max_iter=10_000).fit(points[known], labels[known])


def test_which_strategies_look_at_probabilities_alone():
    headed = [name for name in strategies.names() if strategies.get(name).needs_head]
    assert only_probabilities.names() == [name for name in headed if name not in REFUSING]


@pytest.mark.parametrize("name", only_probabilities.names())
def test_the_default_head_as_a_given_one_chooses_the_same_rows(name):
    (scaled,) = scale(torch.tensor(POINTS))
    points = scaled.numpy()
    own = select(points, LABELS, name, 8, seed=2)
    assert (own == select(points, LABELS, name, 8, seed=2, head=regression(points))).all()


@pytest.mark.parametrize("name", only_probabilities.names())
def test_it_is_the_given_head_that_is_looked_at(name):
    forest = RandomForestClassifier(20, random_state=0).fit(POINTS[KNOWN], LABELS[KNOWN])
    own, other = (select(POINTS, LABELS, name, 8, head=head) for head in (regression(), forest))
    assert set(own.tolist()) != set(other.tolist())


@pytest.mark.parametrize("name", strategies.head_free_names())
def test_a_strategy_without_a_head_needs_none(name):
    own = select(POINTS, LABELS, name, 8)
    assert (own == select(POINTS, LABELS, name, 8, head=regression())).all()


@pytest.mark.parametrize("name", [*REFUSING, "bald(passes=4)", "skactiveml:Clue"])
def test_strategies_that_need_more_say_so_and_name_others(name):
    if name.startswith("skactiveml"):
        pytest.importorskip("skactiveml")
    with pytest.raises(UserError, match=r"than class probabilities.* least_confidence, .*bait"):
        select(POINTS, LABELS, name, 8, head=regression())


@pytest.mark.parametrize(
    "head",
    [
        make_pipeline(StandardScaler(), LogisticRegression()),
        GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2),
        CalibratedClassifierCV(LinearSVC(), cv=2),
        RandomForestClassifier(10, random_state=0),
        KNeighborsClassifier(3),
    ],
    ids=lambda head: type(head).__name__,
)
def test_any_classifier_will_do_and_the_least_sure_rows_are_its_own(head):
    head.fit(POINTS[KNOWN], LABELS[KNOWN])
    rows = select(POINTS, LABELS, "least_confidence", 8, head=head)
    top = head.predict_proba(POINTS).max(axis=1)
    assert np.allclose(np.sort(top[rows]), np.sort(top[~KNOWN])[:8])


def test_whatever_has_the_two_names_will_do():
    table = np.random.default_rng(0).dirichlet([1.0] * 3, size=60)
    head = SimpleNamespace(classes_=[0, 1, 2], predict_proba=lambda X: table.tolist())
    rows = select(POINTS, LABELS, "least_confidence", 4, head=head)
    assert (rows == np.flatnonzero(~KNOWN)[table[~KNOWN].max(axis=1).argsort()[:4]]).all()


def test_names_of_columns_reach_the_classifier():
    table = pd.DataFrame(POINTS, columns=list("abcdef"))
    head = LogisticRegression().fit(table[KNOWN], LABELS[KNOWN])
    rows = select(table, LABELS, "margin", 5, head=head)  # else scikit-learn would warn
    assert len(rows) == 5
    head = LogisticRegression().fit(POINTS[KNOWN], LABELS[KNOWN])
    for form in (POINTS, POINTS.tolist(), torch.tensor(POINTS, requires_grad=True)):
        assert (rows == select(form, LABELS, "margin", 5, head=head)).all()


def test_columns_go_by_the_names_of_classes():
    names = np.array(["pear", "apple", "fig"])
    texts = np.where(KNOWN, names[LABELS], "")
    head = LogisticRegression().fit(POINTS[KNOWN], texts[KNOWN])
    pool = torch.tensor(POINTS)
    found = given_head(head, POINTS, pool, np.array(["fig", "plum", "apple", "pear"]), 5)
    p = head.predict_proba(POINTS)  # apple, fig, pear
    expected = np.stack([p[:, 1], 0 * p[:, 0], p[:, 0], p[:, 2], 0 * p[:, 0]], axis=1)
    assert np.allclose(found.table, expected)
    assert found.classes_seen.tolist() == [[True, False, True, True, False]]
    assert len(select(POINTS, texts, "badge", 5, head=head)) == 5


def test_head_and_labels_may_each_know_a_class_that_the_other_does_not():
    two = np.where(LABELS == 2, -1, LABELS)
    for labels, head in [(LABELS, regression(labels=two)), (two, regression())]:
        for name in only_probabilities.names():
            assert len(set(select(POINTS, labels, name, 8, head=head).tolist())) == 8
    with pytest.raises(UserError, match="n_classes is 2, but labels and a head of 3 classes"):
        select(POINTS, two, n_classes=2, head=regression())


@pytest.mark.parametrize("name", only_probabilities.names())
def test_a_given_head_needs_no_label(name):
    for labels in (np.full(60, -1), np.where(LABELS == 1, 1, -1), [None] * 60):
        assert len(set(select(POINTS, labels, name, 8, head=regression()).tolist())) == 8


@pytest.mark.parametrize("factor", [1e-3, 1e30])
def test_embeddings_reach_the_head_as_they_are_given(factor):
    head = KNeighborsClassifier(5).fit(POINTS[KNOWN] * factor + 7 * factor, LABELS[KNOWN])
    plain = KNeighborsClassifier(5).fit(POINTS[KNOWN], LABELS[KNOWN])
    expected = select(POINTS, LABELS, "entropy", 8, head=plain)
    moved = POINTS * factor + 7 * factor
    assert (expected == select(moved, LABELS, "entropy", 8, head=head)).all()


def test_rows_are_known_by_where_they_lie():
    pool = torch.tensor(POINTS)
    table = torch.rand(60, 2)
    head = GivenHead(pool, table)
    assert isinstance(head, FittedHead)
    assert torch.equal(head.probabilities(pool)[0], table)
    parts = [head.probabilities(part) for part in pool.split(7)]
    assert torch.equal(torch.cat(parts, dim=1)[0], table)
    assert torch.equal(head.replicate(0).probabilities(pool[3:9])[0], table[3:9])
    for other in (
        pool.clone(),
        pool[[3, 4]],
        pool[::2],
        pool[:, :3],
        pool.view(-1)[3:57].view(9, 6),
        pool.float(),
        pool.view(-1, 3),
    ):
        with pytest.raises(MoreThanProbabilities):
            head.probabilities(other)


def test_withheld_labels_survive_the_split_into_replicates_only():
    pool = torch.tensor(POINTS)
    labels = torch.full((1, 60), -1).as_subclass(only_probabilities.Withheld)
    head = GivenHead(pool, torch.rand(60, 2))
    looked_at = strategies.Selection(
        pool, torch.tensor(KNOWN)[None], labels, 2, head, Geometry(pool, "toy", [0])
    )
    one = looked_at.replicate(0)
    assert torch.equal(one.probabilities(), head.table[None])
    for use in (
        lambda at: at[0],
        lambda at: at >= 0,
        lambda at: torch.nonzero(at),
        lambda at: at.tolist(),
        lambda at: at.cpu(),
    ):
        with pytest.raises(MoreThanProbabilities):
            use(one.labels)


def stub(classes=(0, 1, 2), answer=None):
    uniform = np.full((60, 3), 1 / 3)
    return SimpleNamespace(
        classes_=classes, predict_proba=lambda X: uniform if answer is None else answer(uniform)
    )


@pytest.mark.parametrize(
    ("head", "message"),
    [
        (LogisticRegression(), "a LogisticRegression, has no classes_ yet: fit it first"),
        (GridSearchCV(LogisticRegression(), {}), "a GridSearchCV, has no classes_ yet"),
        (LogisticRegression, "but is the class LogisticRegression"),
        ("softmax", "must be a fitted classifier with predict_proba, but is a str"),
        (LinearSVC().fit(POINTS, CLASSES), "but is a LinearSVC: .* CalibratedClassifierCV"),
        (regression(POINTS[:, :4]), "cannot predict the embeddings: X has 6 features, but"),
        (stub(["a", "b", "c"]), "knows the classes 'a', 'b', 'c', and labels are of 0, 1, 2"),
        (stub([7, 8, 9]), "knows the classes 7, 8, 9, and labels are of 0, 1, 2"),
        (stub([-1, 0, 1]), "has a class -1, which stands for no label"),
        (stub(["", "a", "b"]), "has a class '', which stands for no label"),
        (stub([False, True]), "has the classes False, True: fit it on labels"),
        (stub([0, 1, 1]), "has the classes 0, 1, 1: fit it on labels"),
        (stub([0, 1, 2.5]), r"has the classes 0, 1, 2\.5"),
        (stub([[0, 1], [0, 1]]), r"has the classes \[0, 1\], \[0, 1\]"),
        (stub([]), r"has the classes \(none\)"),
        (stub(list(range(9))), r"gives probabilities of shape \(60, 3\) for 60 rows and 9"),
        (stub(answer=lambda p: p[:-1]), r"shape \(59, 3\)"),
        (stub(answer=lambda p: p + np.nan), "gives nan, nan, nan as class probabilities of row 0"),
        (stub(answer=lambda p: p * np.arange(60)[:, None]), "probabilities of row 0: .* sum to 1"),
        (stub(answer=lambda p: p - [[0, 0.5, -0.5]]), "0 or more and sum to 1"),
        (stub(answer=lambda p: [[]]), r"shape \(1, 0\)"),
        (stub(answer=lambda p: 1 / 0), "cannot predict the embeddings: division by zero"),
    ],
)
def test_a_bad_head_is_named(head, message):
    with pytest.raises(UserError, match=message) as caught:
        select(POINTS, LABELS, "margin", 5, head=head)
    assert "\n" not in str(caught.value)


def test_sparse_embeddings_are_still_refused():
    with pytest.raises(UserError, match="embeddings are sparse"):
        select(csr_array(POINTS), LABELS, "margin", 5, head=regression())
