"""Where others implement the same rule, they choose the same rows."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from alutils import strategies
from alutils.strategies.badge import gradients
from tests.strategies.problems import blobs, selection, streams, with_probabilities

N_ROWS, LABELLED = 40, [2, 3, 11, 30]
FREE = np.setdiff1d(np.arange(N_ROWS), LABELLED)

shapes = given(n_classes=st.integers(2, 8), seed=st.integers(0, 10**6))


@pytest.fixture(scope="module")
def skactiveml():
    return pytest.importorskip("skactiveml.pool", reason="needs scikit-activeml to compare with")


@pytest.fixture(scope="module")
def small_text():
    return pytest.importorskip("small_text", reason="needs small-text to compare with")


def draw(n_classes: int, seed: int):
    """Two given things: a pool with four labelled rows, and probabilities of every row."""
    problem = selection(*blobs(N_ROWS, 5, n_classes, seed), [LABELLED], n_classes=n_classes)
    table = np.random.default_rng(seed).dirichlet(np.full(n_classes, 0.7), size=(1, N_ROWS))
    return with_probabilities(problem, table), table[0]


def ours(name: str, problem, k: int) -> list[int]:
    return strategies.select(name, problem, k, streams([0]))[0].tolist()


def known(table: np.ndarray):
    """A classifier of scikit-activeml that predicts the given probabilities; rows are numbers."""
    from skactiveml.base import SkactivemlClassifier

    class Known(SkactivemlClassifier):
        def fit(self, X, y, sample_weight=None):
            return self

        def predict_proba(self, X):
            return table[X[:, 0].astype(int)]

    clf = Known(classes=list(range(table.shape[1])))
    clf.classes_ = np.arange(table.shape[1])
    return clf


def unknown_labels(problem) -> np.ndarray:
    labels = problem.labels[0].double()
    return labels.masked_fill(~problem.labelled[0], torch.nan).numpy()


@pytest.mark.parametrize(
    ("name", "method"),
    [
        ("least_confidence", "least_confident"),
        ("margin", "margin_sampling"),
        ("entropy", "entropy"),
    ],
)
@settings(max_examples=15, deadline=None)
@shapes
def test_uncertainty_as_scikit_activeml(skactiveml, name, method, n_classes, seed):
    problem, table = draw(n_classes, seed)
    peer = skactiveml.UncertaintySampling(method=method, random_state=0)
    numbers = np.arange(float(N_ROWS))[:, None]
    model = {"clf": known(table), "fit_clf": False}
    rows = peer.query(numbers, unknown_labels(problem), candidates=FREE, batch_size=9, **model)
    assert ours(name, problem, 9) == rows.tolist()


@pytest.mark.parametrize(
    ("name", "class_name"),
    [
        ("least_confidence", "LeastConfidence"),
        ("margin", "BreakingTies"),
        ("entropy", "PredictionEntropy"),
    ],
)
@settings(max_examples=15, deadline=None)
@shapes
def test_uncertainty_as_small_text(small_text, name, class_name, n_classes, seed):
    problem, table = draw(n_classes, seed)
    clf = SimpleNamespace(predict_proba=lambda numbers: table[numbers])
    peer = getattr(small_text, class_name)()
    rows = peer.query(clf, np.arange(N_ROWS), FREE, np.array(LABELLED), None, n=9)
    assert set(ours(name, problem, 9)) == set(rows.tolist())  # theirs come in no order


@settings(max_examples=15, deadline=None)
@shapes
def test_coreset_as_scikit_activeml(skactiveml, n_classes, seed):
    problem, _ = draw(n_classes, seed)
    X = problem.pool.numpy()
    peer = skactiveml.CoreSet(random_state=0)
    rows = peer.query(X, unknown_labels(problem), candidates=FREE, batch_size=20)
    assert ours("coreset", problem, 20) == rows.tolist()


@settings(max_examples=15, deadline=None)
@shapes
def test_coreset_as_small_text(small_text, n_classes, seed):
    problem, _ = draw(n_classes, seed)
    X = problem.pool.numpy()[[*FREE, *LABELLED]]  # it numbers rows from the unlabelled ones on
    places = np.arange(N_ROWS)
    free, labelled = places[: len(FREE)], places[len(FREE) :]
    rows = small_text.greedy_coreset(X, free, labelled, 20, distance_metric="euclidean")
    assert ours("coreset", problem, 20) == FREE[rows].tolist()


@pytest.mark.parametrize("seed", range(5))
def test_typiclust_as_scikit_activeml_where_clusters_are_plain(skactiveml, seed):
    """Clusters far apart, of different sizes; the labelled rows are in two of them."""
    rng = np.random.default_rng(seed)
    sizes = rng.permutation([5, 8, 12, 17, 23, 30])
    clusters = rng.permutation(np.repeat(np.arange(6), sizes))
    points = 1000 * np.eye(6)[clusters] + rng.normal(size=(len(clusters), 6))
    labelled = [int(np.flatnonzero(clusters == c)[0]) for c in (1, 4)]
    problem = selection(points, clusters, [labelled], seeds=[seed])
    X, free = problem.pool.numpy(), (~problem.labelled[0]).nonzero()[:, 0].numpy()
    # Their default is the mean over 5 neighbours, against 20 in the paper and here.
    peer = skactiveml.TypiClust(k=20, random_state=seed)
    rows = peer.query(X, unknown_labels(problem), candidates=free, batch_size=4)
    assert ours("typiclust", problem, 4) == rows.tolist()


@pytest.mark.filterwarnings("ignore:The maximum purity")  # it had no radius to choose from
@settings(max_examples=15, deadline=None)
@shapes
def test_prob_cover_as_scikit_activeml_given_the_radius(skactiveml, n_classes, seed):
    """Each row in turn is one of those that it deems best, of which it takes any."""
    problem, _ = draw(n_classes, seed)
    radius = np.sqrt(problem.geometry.pure_balls(n_classes, 0.5).limits[0])
    peer = skactiveml.ProbCover(n_classes=n_classes, deltas=[radius], random_state=0)
    X, labels, free = problem.pool.numpy(), unknown_labels(problem), list(FREE)
    for row in ours("prob_cover(purity=0.5)", problem, 12):
        _, gains = peer.query(X, labels, candidates=free, return_utilities=True)
        assert gains[0, row] == np.nanmax(gains[0])
        labels[row] = 0
        free.remove(row)


@pytest.mark.parametrize("bandwidth", [0.5, 1.0])
@settings(max_examples=15, deadline=None)
@shapes
def test_max_herding_as_scikit_activeml(skactiveml, bandwidth, n_classes, seed):
    """Row by row, since two rows nearest to each other gain the same."""
    problem, _ = draw(n_classes, seed)
    X = problem.pool.numpy()
    gamma = 1 / (bandwidth**2 * (X**2).sum(axis=1).mean())
    peer = skactiveml.MaxHerding(
        normalize_samples=False, metric_dict={"gamma": gamma}, random_state=0
    )
    labels, free = unknown_labels(problem), list(FREE)
    for row in ours(f"max_herding(bandwidth={bandwidth})", problem, 20):
        _, gains = peer.query(X, labels, candidates=free, return_utilities=True)
        assert gains[0, row] == pytest.approx(np.nanmax(gains[0]), rel=1e-9)
        labels[row] = 0
        free.remove(row)


@settings(max_examples=15, deadline=None)
@shapes
def test_badge_as_scikit_activeml_in_what_is_not_drawn(skactiveml, n_classes, seed):
    """The gradients, and so the first choice; their second draw keeps norms as distances.

    To them a row counts as no farther from a choice than from the origin, which is none.
    """
    problem, table = draw(n_classes, seed)
    # Their classifier hands the embeddings on, so that rows can be numbers there too.
    clf = known(table)
    clf.predict_proba = lambda X, emb: (table[X[:, 0].astype(int)], problem.pool.numpy()[FREE])
    peer = skactiveml.Badge(clf_embedding_flag_name="emb", random_state=0)
    numbers = np.arange(float(N_ROWS))[:, None]
    labels, model = unknown_labels(problem), {"clf": clf, "fit_clf": False}
    rows, chances = peer.query(
        numbers, labels, candidates=FREE, batch_size=2, return_utilities=True, **model
    )
    first = ours("badge", problem, 1)
    assert first == rows[:1]
    space = gradients(problem.pool, torch.as_tensor(table)[None])
    norms = space.norms[0].numpy()[FREE]
    nearest = space.to_nearest(torch.arange(1), torch.tensor([first]))[0].numpy()[FREE]
    for weights, found in ((norms, chances[0]), (np.minimum(norms, nearest), chances[1])):
        found = np.nan_to_num(found[FREE])  # nan at rows chosen
        np.testing.assert_allclose(found, weights / weights.sum(), rtol=1e-6, atol=1e-9)


def test_badge_differs_from_small_text_which_prefers_confident_rows(small_text):
    """Theirs is -p hᵀ: nothing is taken from the entry of the predicted class."""
    from small_text.integrations.pytorch.query_strategies.strategies import BADGE

    table = np.array([[0.4, 0.3, 0.3], [0.98, 0.01, 0.01], [0.6, 0.3, 0.1]])
    pool = torch.eye(3, dtype=torch.float64)
    theirs = (BADGE(3).get_badge_embeddings(pool.numpy(), table) ** 2).sum(axis=1)
    np.testing.assert_allclose(theirs, (table**2).sum(axis=1))
    norms = gradients(pool, torch.as_tensor(table)[None]).norms[0]
    assert (theirs.argmax(), norms.argmax()) == (1, 0)
