import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from alutils import strategies
from alutils.errors import UserError
from alutils.strategies import bait
from alutils.strategies.bait import Bait
from alutils.strategies.fisher import Inverse, fisher_mean, quadratic_forms
from tests.strategies.problems import (
    blobs,
    draw_labelled,
    selection,
    streams,
    with_probabilities,
)


def oracle(pool, top, labelled, k, ridge=1.0):
    """Invert a matrix for every candidate of every step; also the closest call there was.

    The closest call is the relative difference in effect between the best two of a step.
    """
    informations = [p * (1 - p) * np.outer(h, h) for p, h in zip(top, pool, strict=True)]
    mean = sum(informations) / len(pool)
    matrix = ridge * np.eye(pool.shape[1])
    for i in np.flatnonzero(labelled):
        matrix = matrix + informations[i]

    def trace(m):
        return np.trace(np.linalg.inv(m) @ mean)

    def best(candidates, sign):
        nonlocal matrix, closest
        traces = np.array([trace(matrix + sign * informations[i]) for i in candidates])
        effects = np.sort(abs(traces - trace(matrix)))[:: -int(sign)]
        if len(effects) > 1:
            closest = min(closest, abs(effects[0] - effects[1]) / max(effects[0], 1e-300))
        row = candidates[int(traces.argmin())]
        matrix = matrix + sign * informations[row]
        return row

    chosen, closest = [], np.inf
    free = np.flatnonzero(~labelled).tolist()
    for _ in range(min(2 * k, len(free))):
        chosen.append(best([i for i in free if i not in chosen], +1.0))
    while len(chosen) > k:
        chosen.remove(best(chosen, -1.0))
    return chosen, closest


def random_table(n_replicates, n_rows, n_classes, seed=0):
    return np.random.default_rng(seed).dirichlet(np.ones(n_classes), size=(n_replicates, n_rows))


@settings(max_examples=40, deadline=None)
@given(
    n_rows=st.integers(3, 24),
    n_dimensions=st.integers(1, 30),
    n_labelled=st.integers(1, 20),
    k=st.integers(1, 8),
    ridge=st.sampled_from([0.01, 1.0, 30.0]),
    single=st.booleans(),
    seed=st.integers(0, 10**6),
)
def test_same_choices_as_dense_inverses(n_rows, n_dimensions, n_labelled, k, ridge, single, seed):
    """More labels than dimensions and fewer, and (few rows) replicates one after the other."""
    assume(ridge >= 1 or not single)  # float32 tells near rows apart from there on
    n_labelled = min(n_labelled, n_rows - 1)
    k = min(k, n_rows - n_labelled)
    labelled = draw_labelled(n_rows, n_labelled, 2, seed)
    dtype = torch.float32 if single else torch.float64
    problem = selection(*blobs(n_rows, n_dimensions, 3, seed), labelled, dtype=dtype, n_classes=3)
    problem = with_probabilities(problem, random_table(2, n_rows, 3, seed))
    rows = Bait(ridge=ridge).query(problem, k, streams([0, 1])).tolist()
    top = problem.probabilities().amax(dim=2).double().numpy()
    pool, mask = problem.pool.double().numpy(), problem.labelled.numpy()
    for r in range(2):
        expected, closest = oracle(pool, top[r], mask[r], k, ridge)
        assume(closest > (1e-4 if single else 1e-5))
        assert rows[r] == expected


def test_choices_of_a_trained_head():
    problem = selection(*blobs(60, 7, 3), draw_labelled(60, 12, 2))
    rows = strategies.select("bait", problem, 10, streams([0, 1])).tolist()
    top = problem.probabilities().amax(dim=2).numpy()
    for r in range(2):
        mask = problem.labelled[r].numpy()
        assert rows[r] == oracle(problem.pool.numpy(), top[r], mask, 10)[0]


@pytest.mark.parametrize("copies", [1, 4])
def test_mean_over_all_points_whatever_their_number(copies):
    """The fault: means of batches summed, so that more points weigh more."""
    points = torch.tensor(blobs(97, 300, 3)[0])
    weights = torch.tensor(np.random.default_rng(0).uniform(size=97))
    found = fisher_mean(points.repeat(copies, 1), weights.repeat(copies))
    expected = torch.einsum("n,nd,ne->de", weights, points, points) / 97
    assert torch.allclose(found, expected, atol=1e-12)


def test_a_labelled_row_weighs_as_much_as_a_chosen_one(monkeypatch):
    """The fault: the labelled rows weighted, four times at 97 of them, against those chosen.

    Going forward only, choosing 6 rows must equal choosing 3, labelling them, and 3 again.
    """
    monkeypatch.setattr(bait, "OVERSAMPLING", 1)
    points, classes = blobs(240, 12, 3)
    labelled = draw_labelled(240, 97, 1)
    table = random_table(1, 240, 4)

    def choose(known, k):
        problem = with_probabilities(selection(points, classes, [known]), table)
        return strategies.select("bait", problem, k, streams([0]))[0].tolist()

    first = choose(labelled[0], 3)
    assert choose(labelled[0], 6) == first + choose(labelled[0] + first, 3)


@pytest.mark.parametrize("n_vectors", [0, 3, 12])
def test_inverse_stays_exact_as_it_grows(n_vectors):
    rng = np.random.default_rng(1)
    known, added = torch.tensor(rng.normal(size=(2, n_vectors + 9, 5))).split([n_vectors, 9], 1)
    inverse = Inverse(known, 0.3, 9)
    for f in added.unbind(1):
        u = inverse.times(f[:, None])[:, 0]
        inverse.add(u, 1 + (f * u).sum(dim=1))
    vectors = torch.cat([known, added], dim=1)
    dense = torch.linalg.inv(0.3 * torch.eye(5, dtype=torch.float64) + vectors.mT @ vectors)
    points = torch.tensor(rng.normal(size=(2, 7, 5)))
    assert torch.allclose(inverse.times(points), points @ dense)
    for r in range(2):
        forms = torch.einsum("nd,de,ne->n", points[r], dense[r], points[r])
        assert torch.allclose(inverse.forms(points[r], r), forms)
        assert torch.allclose(quadratic_forms(points[r], dense[r]), forms)


def test_quadratic_forms_across_blocks():
    points = torch.tensor(blobs(6, 600, 2)[0])
    matrix = points.T @ points
    expected = torch.einsum("nd,de,ne->n", points, matrix, points)
    assert torch.allclose(quadratic_forms(points, matrix), expected)


def test_sure_rows_come_last():
    table = random_table(1, 20, 3)
    table[0, :12] = [1.0, 0.0, 0.0]
    problem = with_probabilities(selection(*blobs(20, 4, 3), [[15]]), table)
    rows = strategies.select("bait", problem, 9, streams([0]))[0].tolist()
    assert set(range(12, 20)) - {15} <= set(rows)


def test_nothing_to_learn_chooses_uniformly():
    n_replicates = 3000
    table = np.zeros((n_replicates, 6, 2))
    table[:, :, 0] = 1
    problem = with_probabilities(selection(*blobs(6, 3, 2), [[1]] * n_replicates), table)
    rows = strategies.select("bait", problem, 2, streams(range(n_replicates))).numpy()
    pairs = np.unique(rows[:, 0] * 10 + rows[:, 1], return_counts=True)[1]
    assert len(pairs) == 20
    assert stats.chisquare(pairs).pvalue > 1e-3


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_the_stream_decides_between_copies(dtype):
    points, classes = blobs(9, 33, 3)
    copies = np.arange(18) % 9
    n_replicates = 400
    problem = selection(points[copies], classes[copies], [[0]] * n_replicates, dtype=dtype)
    table = np.repeat(random_table(1, 9, 3)[:, copies], n_replicates, axis=0)
    problem = with_probabilities(problem, table)
    rows = strategies.select("bait", problem, 1, streams(range(n_replicates))).numpy()[:, 0]
    assert len(set((rows % 9).tolist())) == 1
    assert 150 < (rows < 9).sum() < 250


@pytest.mark.parametrize("n_rows", [2, 3])
def test_tiny_pools(n_rows):
    problem = selection(*blobs(n_rows, 3, 2), [[0]], n_classes=2)
    rows = strategies.select("bait", problem, n_rows - 1, streams([0]))
    assert sorted(rows[0].tolist()) == list(range(1, n_rows))


def test_many_steps_choose_the_same_rows_in_float32_and_float64():
    points, classes = blobs(1500, 96, 8)
    labelled = draw_labelled(1500, 60, 2)
    found = [
        strategies.select(
            "bait", selection(points, classes, labelled, dtype=d), 60, streams([0, 1])
        )
        for d in (torch.float32, torch.float64)
    ]
    assert (found[0] == found[1]).all()


def test_matrices_outgrow_the_pool_by_no_number_of_replicates(monkeypatch):
    sizes = []

    class Spied(bait._Search):
        def __init__(self, pool, roots, *rest):
            sizes.append(len(roots))
            super().__init__(pool, roots, *rest)

    monkeypatch.setattr(bait, "_Search", Spied)
    points, classes = blobs(160, 12, 3)
    labelled = draw_labelled(160, 5, 5)
    together = strategies.select("bait", selection(points, classes, labelled), 6, streams(range(5)))
    assert sizes == [2, 2, 1]
    for r, rows in enumerate(labelled):
        alone = strategies.select("bait", selection(points, classes, [rows]), 6, streams([r]))
        assert (alone[0] == together[r]).all()


def test_ridge_counts_and_must_be_positive():
    problem = selection(*blobs(80, 7, 3), draw_labelled(80, 9, 1))
    few, many = (
        strategies.select(f"bait(ridge={ridge})", problem, 9, streams([0])) for ridge in (0.01, 1e4)
    )
    assert (few != many).any()
    with pytest.raises(UserError, match="greater than or equal to 0"):
        strategies.get("bait(ridge=0)")
