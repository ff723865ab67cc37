"""Measures on data whose answer is known, against scikit-learn, and what must not change them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import skew
from sklearn.datasets import load_digits
from sklearn.metrics import silhouette_samples, silhouette_score
from sklearn.neighbors import NearestNeighbors

from alutils import diagnostics
from alutils.diagnostics import MEASURES, Measured, Pool, labelled
from alutils.diagnostics import pool as pools
from alutils.diagnostics.measured import jackknife, mean_of, ratio_of

LABEL_FREE = [m.name for m in MEASURES if not m.needs_labels]
OF_CLUSTERS = [m.name for m in MEASURES if m.needs_n_classes]
FAST = [m for m in MEASURES if m.name != "probe_accuracy"]


@pytest.fixture(scope="module")
def digits() -> Pool:
    images, labels = load_digits(return_X_y=True)
    return Pool(images[:500].astype(np.float32), labels[:500], name="digits")


def blobs(n_each: int, n_blobs: int, spread: float, n_dimensions: int = 8) -> Pool:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(n_blobs), n_each)
    centres = 10 * np.eye(n_dimensions)[labels]
    return Pool(centres + rng.normal(0, spread, centres.shape), labels, name="blobs")


def ball(n_rows: int, n_dimensions: int, within: int) -> np.ndarray:
    """Points spread evenly over a ball of few dimensions, turned within a space of more."""
    rng = np.random.default_rng(0)
    points = rng.normal(size=(n_rows, n_dimensions))
    points *= (rng.random(n_rows) ** (1 / n_dimensions) / np.linalg.norm(points, axis=1))[:, None]
    turn = np.linalg.qr(rng.normal(size=(within, within)))[0]
    return points @ turn[:n_dimensions]


def gaussian(n_rows: int, n_dimensions: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n_rows, n_dimensions))


def test_neighbours_and_distances_are_those_of_scikit_learn(digits: Pool) -> None:
    points = digits.points.double().numpy()
    found = NearestNeighbors(n_neighbors=10).fit(points).kneighbors()[0]
    survey = digits.survey
    np.testing.assert_allclose(survey.distances, found, rtol=1e-4)
    every = np.linalg.norm(points[:, None] - points, axis=2)
    assert (survey.neighbours != np.arange(500)[:, None]).all()
    # Images of whole numbers are often as near as others, so rows are compared by distance.
    own = np.take_along_axis(every, survey.neighbours, axis=1)
    np.testing.assert_allclose(own, found, rtol=1e-4)
    np.testing.assert_allclose(survey.mean_distance, every.sum(axis=1) / 499, rtol=1e-4)


def test_silhouettes_are_those_of_scikit_learn(digits: Pool) -> None:
    points, truth = digits.points.numpy(), digits.truth.numpy()
    expected = silhouette_samples(points, truth)
    np.testing.assert_allclose(digits.survey.silhouettes[0], expected, atol=1e-4)
    assert diagnostics.class_silhouette(digits).value == pytest.approx(expected.mean(), abs=1e-5)
    runs = [silhouette_score(points, clusters.numpy()) for clusters in digits.clusterings]
    found = diagnostics.cluster_silhouette(digits)
    assert found.value == pytest.approx(np.mean(runs), abs=1e-5)
    assert found.error == pytest.approx(np.std(runs, ddof=1) / np.sqrt(5), abs=1e-5)


def test_a_class_of_one_text_and_a_class_of_none_do_no_harm() -> None:
    points = gaussian(30, 4)
    labels = np.array([0] * 15 + [2] * 14 + [3])
    pool = Pool(points, labels, n_classes=6)
    expected = silhouette_samples(pool.points.numpy(), labels)
    np.testing.assert_allclose(pool.survey.silhouettes[0], expected, atol=1e-5)
    assert all(np.isfinite(m.function(pool).value) for m in MEASURES)


def test_one_class_has_no_margin_and_no_silhouette() -> None:
    pool = Pool(gaussian(30, 4), np.zeros(30, dtype=np.int64))
    assert np.isnan(diagnostics.class_silhouette(pool).value)
    assert np.isnan(diagnostics.class_margin(pool).value)
    assert np.isnan(diagnostics.cluster_silhouette(pool).value)


def test_two_rows_can_be_measured() -> None:
    found = diagnostics.measure(Pool(np.eye(2), np.array([0, 1])))
    assert found["effective_rank"].value == pytest.approx(1)
    assert np.isnan(found["intrinsic_dimension"].value)


def test_far_blobs_are_perfect_by_every_measure() -> None:
    found = diagnostics.measure(blobs(100, 3, 0.01))
    perfect = ("neighbour_purity", "class_silhouette", "class_margin", "class_margin_low")
    for name in (*perfect, "cluster_agreement", "cluster_silhouette", "cluster_stability"):
        assert found[name].value == pytest.approx(1, abs=0.01), name
    assert found["within_scatter"].value == pytest.approx(0, abs=1e-4)


def test_labels_at_random_are_worth_nothing() -> None:
    rng = np.random.default_rng(1)
    found = diagnostics.measure(Pool(gaussian(2000, 16), rng.integers(4, size=2000)))
    assert found["neighbour_purity"].value == pytest.approx(0.25, abs=0.01)
    assert found["class_silhouette"].value == pytest.approx(0, abs=0.005)
    assert found["class_margin"].value == pytest.approx(0, abs=0.03)
    assert found["class_margin"].value < 0  # the least of three distances against one
    assert found["within_scatter"].value == pytest.approx(1996 / 1999, abs=0.001)
    assert found["cluster_agreement"].value == pytest.approx(0, abs=0.005)


def test_scatter_and_margins_by_hand() -> None:
    points = np.array([[0.0], [2.0], [10.0], [14.0]])
    pool = Pool(points, np.array([0, 0, 1, 1]))
    within, total = 1 + 1 + 4 + 4, np.square(points - 6.5).sum()
    assert diagnostics.within_scatter(pool).value == pytest.approx(within / total)
    # To the other of the own class, and to the mean of the other class, 12 or 1.
    own, other = np.array([2, 2, 4, 4]), np.array([12, 10, 9, 13])
    margins = (other - own) / (other + own)
    assert diagnostics.class_margin(pool).value == pytest.approx(margins.mean())
    assert diagnostics.class_margin_low(pool).value == pytest.approx(np.quantile(margins, 0.1))


def test_a_margin_is_positive_where_the_nearest_mean_is_right(digits: Pool) -> None:
    points, truth = digits.points.numpy(), digits.truth.numpy()
    for row in range(0, 500, 25):
        rest = np.arange(500) != row
        means = [points[rest & (truth == c)].mean(axis=0) for c in range(10)]
        nearest = np.linalg.norm(np.array(means) - points[row], axis=1).argmin()
        margin = labelled._margins(digits)[row]
        assert (margin > 0) == (nearest == truth[row])


def test_purity_is_a_mean_of_shares_and_not_a_vote() -> None:
    # Six near rows of ten are of the class everywhere: the vote is always right, purity is 0.6.
    rng = np.random.default_rng(0)
    centres = np.repeat(100 * np.eye(40), 11, axis=0)
    labels = np.tile([0] * 7 + [1] * 4, 40)
    pool = Pool(centres + rng.normal(0, 0.1, centres.shape), labels)
    expected = (7 * 0.6 + 4 * 0.3) / 11
    assert diagnostics.neighbour_purity(pool).value == pytest.approx(expected)
    assert diagnostics.neighbour_accuracy(pool).value == pytest.approx(7 / 11)


@pytest.mark.parametrize("n_dimensions", [1, 2, 4])
def test_intrinsic_dimension_of_a_ball_in_a_larger_space(n_dimensions: int) -> None:
    pool = Pool(ball(4000, n_dimensions, 20))
    found = diagnostics.intrinsic_dimension(pool).value
    assert found == pytest.approx(n_dimensions, rel=0.06)


def test_intrinsic_dimension_leaves_copies_out() -> None:
    points = ball(1000, 2, 5)
    once = diagnostics.intrinsic_dimension(Pool(points)).value
    twice = diagnostics.intrinsic_dimension(Pool(np.concatenate([points, points]))).value
    assert twice == pytest.approx(once, rel=0.15)
    copies = Pool(np.repeat(np.eye(3), 20, axis=0))
    assert np.isnan(diagnostics.intrinsic_dimension(copies).value)
    assert np.isnan(diagnostics.neighbour_contrast(copies).value)


def isoscore(points: np.ndarray) -> float:
    """Steps 2 to 7 of the paper, one by one."""
    n = points.shape[1]
    principal = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    variances = np.diag(np.cov((principal[0] * principal[1]).T))
    normalised = np.sqrt(n) * variances / np.linalg.norm(variances)
    defect = np.linalg.norm(normalised - 1) / np.sqrt(2 * (n - np.sqrt(n)))
    share = (n - defect**2 * (n - np.sqrt(n))) ** 2 / n**2
    return float((n * share - 1) / (n - 1))


def test_isotropy_is_isoscore(digits: Pool) -> None:
    assert diagnostics.isotropy(digits).value == pytest.approx(
        isoscore(digits.vectors.astype(float))
    )
    assert diagnostics.isotropy(Pool(gaussian(20_000, 8))).value == pytest.approx(1, abs=0.01)
    half = gaussian(20_000, 8) * np.repeat([1, 0], 4)
    assert diagnostics.isotropy(Pool(half)).value == pytest.approx(3 / 7, abs=0.01)
    line = np.outer(gaussian(100, 1), np.ones(8))
    assert diagnostics.isotropy(Pool(line)).value == pytest.approx(0, abs=1e-6)
    assert np.isnan(diagnostics.isotropy(Pool(gaussian(100, 1))).value)


def test_hubs_appear_in_many_dimensions() -> None:
    assert abs(diagnostics.hubness(Pool(gaussian(2000, 2))).value) < 0.5
    many = Pool(gaussian(2000, 100))
    found = diagnostics.hubness(many).value
    assert found > 3
    counts = np.bincount(many.survey.neighbours.ravel(), minlength=2000)
    assert found == pytest.approx(skew(counts))


def test_contrast_falls_with_dimension_and_rises_with_clusters() -> None:
    few, many = (diagnostics.neighbour_contrast(Pool(gaussian(1000, d))).value for d in (2, 200))
    assert few > 5 > 1.3 > many > 1
    pool = blobs(50, 4, 0.1)
    expected = pool.survey.mean_distance.mean() / pool.survey.distances[:, 9].mean()
    assert diagnostics.neighbour_contrast(pool).value == pytest.approx(expected)
    assert expected > 10


def test_clusters_of_a_cloud_without_any_are_not_found_again() -> None:
    cloud = Pool(gaussian(1000, 16), n_classes=10)
    assert diagnostics.cluster_stability(cloud).value < 0.5
    assert diagnostics.cluster_silhouette(cloud).value < 0.1
    assert diagnostics.cluster_stability(cloud).error > 0


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 100))
def test_turned_moved_scaled_and_shuffled_pools_measure_the_same(seed: int, factor: float) -> None:
    rng = np.random.default_rng(seed)
    labels = rng.integers(3, size=150)
    points = rng.normal(size=(150, 6)) + 2.5 * np.eye(6)[labels]
    turn, order = np.linalg.qr(rng.normal(size=(6, 6)))[0], rng.permutation(150)
    turned = (points @ turn * factor + 3 * factor)[order]
    one, other = Pool(points, labels), Pool(turned, labels[order])
    for each in FAST:
        if each.name == "neighbour_accuracy" or each.needs_n_classes:
            continue  # its cosine is of vectors that were not centred; draws go by row
        here, there = each.function(one), each.function(other)
        assert here.value == pytest.approx(there.value, rel=1e-6, abs=1e-6), each.name


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.01, 100))
def test_clusters_of_turned_and_scaled_pools_are_the_same(seed: int, factor: float) -> None:
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(150, 6)) + 6 * np.eye(6)[rng.integers(3, size=150)]
    turn = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    one, other = Pool(points, n_classes=3), Pool(points @ turn * factor, n_classes=3)
    for name in ("cluster_silhouette", "cluster_stability"):
        here, there = diagnostics.measure(one)[name], diagnostics.measure(other)[name]
        assert here == pytest.approx(there, rel=1e-6, abs=1e-6), name


def test_label_free_measures_do_not_see_labels(digits: Pool) -> None:
    wrong = np.random.default_rng(0).permutation(digits.truth.numpy())
    told = Pool(digits.vectors, digits.truth.numpy(), name="digits")
    misled = Pool(digits.vectors, wrong, name="digits")
    untold = diagnostics.measure(Pool(digits.vectors, n_classes=10, name="digits"))
    assert list(untold) == LABEL_FREE
    for each in MEASURES:
        if not each.needs_labels:
            assert each.function(told) == each.function(misled) == untold[each.name]
        elif each.name != "probe_accuracy":
            assert each.function(told) != each.function(misled), each.name


SAMPLED = ["neighbour_purity", "class_silhouette", "intrinsic_dimension", "neighbour_contrast"]


def test_stated_errors_cover_the_whole_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    labels = rng.integers(3, size=1200)
    points = (rng.normal(size=(1200, 12)) + np.eye(12)[labels]).astype(np.float32)
    measures = [m for m in MEASURES if m.name in (*SAMPLED, "hubness")]
    whole = {m.name: m.function(Pool(points, labels)) for m in measures}
    assert all(found.error == 0 for found in whole.values())
    monkeypatch.setattr(pools, "WHOLE", 400)
    monkeypatch.setattr(pools, "ASKED", 400)
    monkeypatch.setattr(pools, "RUNS", 1)  # of clusters, which are not looked at here
    covered = {m.name: 0 for m in measures}
    n_draws = 100
    for draw in range(n_draws):
        pool = Pool(points, labels, name=f"draw {draw}")
        assert len(pool.survey.asked) == 400
        for each in measures:
            value, error = each.function(pool)
            assert error > 0
            covered[each.name] += abs(value - whole[each.name].value) < 1.96 * error
    # 95 of 100 are expected, and fewer than 88 are one chance in 500.
    assert all(count >= 88 for count in covered.values()), covered
    assert sum(covered.values()) < len(measures) * n_draws, covered


def test_a_large_pool_is_clustered_on_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    pool = blobs(200, 3, 0.01)
    monkeypatch.setattr(pools, "WHOLE", 150)
    monkeypatch.setattr(pools, "ASKED", 100)
    assert [len(clusters) for clusters in pool.clusterings] == [600] * 5
    assert diagnostics.cluster_agreement(pool) == pytest.approx((1, 0))
    assert diagnostics.cluster_silhouette(pool).value == pytest.approx(1, abs=0.01)
    assert diagnostics.cluster_silhouette(pool).error > 0
    assert diagnostics.cluster_stability(pool) == pytest.approx((1, 0))


def test_blocks_of_rows_change_nothing(digits: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("alutils.diagnostics.survey.ENTRIES", 500 * 7)
    monkeypatch.setattr("alutils.diagnostics.labelled.BLOCK", 7)
    small = Pool(digits.vectors, digits.truth.numpy(), name="digits")
    for each in FAST:
        assert each.function(small) == pytest.approx(each.function(digits), abs=1e-6), each.name


def test_the_table_says_all_of_every_measure() -> None:
    names = [m.name for m in MEASURES]
    assert len(set(names)) == len(names)
    for each in MEASURES:
        assert getattr(diagnostics, each.name) is each.function
        assert each.definition.endswith(".") and each.source and each.cost and each.between
        assert each.error_name == f"{each.name}_error"
    assert set(OF_CLUSTERS) == {"cluster_agreement", "cluster_silhouette", "cluster_stability"}
    assert isinstance(Measured(1.0), tuple) and Measured(1.0).error == 0


def test_the_error_of_a_mean_and_of_a_ratio() -> None:
    values, below = np.array([1.0, 2.0, 4.0, 9.0]), np.array([2.0, 2.0, 4.0, 8.0])
    assert mean_of(values, 4) == (4.0, 0.0)
    expected = values.std(ddof=1) / 2 * np.sqrt(1 - 4 / 16)
    assert mean_of(values, 16) == pytest.approx((4.0, expected))
    residual = (values - below).std(ddof=1) / 4  # the ratio of means is 1, the mean below 4
    assert ratio_of(values, below, 16) == pytest.approx((1, residual / 2 * np.sqrt(0.75)))
    assert np.isnan(ratio_of(values, np.zeros(4), 16).value)
    # Of a mean the jackknife gives the plain standard error.
    without = np.array([values[np.arange(4) != row].mean() for row in range(4)])
    assert jackknife(without) == pytest.approx(values.std(ddof=1) / 2)
