from __future__ import annotations

import warnings
from dataclasses import fields

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from alutils import heads
from alutils.datasets import load
from alutils.embedders import embed
from alutils.errors import UserError
from alutils.heads import FittedHead, Head, SoftmaxRegression, scale
from alutils.heads.solver import Problem, solve

TIGHT = SoftmaxRegression(tolerance=1e-10)


def problem(seed: int, n: int = 60, d: int = 8, c: int = 4) -> tuple[Tensor, Tensor]:
    """A pool of overlapping clusters with correlated dimensions, and its labels."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, c, n)
    pool = rng.normal(size=(c, d))[labels] + rng.normal(size=(n, d)) @ rng.normal(size=(d, d)) / 2
    return scale(torch.from_numpy(pool))[0], torch.from_numpy(labels)


def draw(seed: int, n: int, shape: tuple[int, int]) -> Tensor:
    rng = np.random.default_rng(seed)
    return torch.from_numpy(
        np.stack([rng.choice(n, shape[1], replace=False) for _ in range(shape[0])])
    )


def reference(pool: Tensor, rows: Tensor, labels: Tensor, n_classes: int, C: float) -> np.ndarray:
    """scikit-learn's probabilities, with columns for all classes."""
    points = pool.double().numpy()
    model = LogisticRegression(C=C, tol=1e-10, max_iter=20_000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(points[rows.numpy()], labels.numpy())
    wide = np.zeros((len(points), n_classes))
    wide[:, model.classes_] = model.predict_proba(points)
    return wide


def objective(weights: Tensor, bias: Tensor, points: Tensor, labels: Tensor, C: float) -> Tensor:
    """The documented objective, written out, for more than two classes, all seen."""
    losses = torch.nn.functional.cross_entropy(points @ weights.T + bias, labels, reduction="sum")
    return C * losses + 0.5 * weights.square().sum()


TEXTS = [
    ("icd10_chapters", "lsa"),
    ("hpo_organ_systems", "hashing"),
    ("kjv_genres", "wordllama"),
    ("movie_sentiment", "lsa"),
]


@pytest.mark.parametrize(("dataset", "embedder"), TEXTS)
def test_agrees_with_scikit_learn_on_texts(dataset: str, embedder: str) -> None:
    sample = load(dataset).sample(1500, 50)
    embedded = embed(sample, [embedder])[embedder]
    pool = scale(torch.from_numpy(np.array(embedded.pool)))[0]
    truth, n_classes = torch.from_numpy(sample.pool_labels.copy()), len(sample.classes)
    for size in (60, 600):
        rows = draw(0, len(pool), (2, size))
        fitted = SoftmaxRegression().fit(pool, rows, truth[rows], n_classes)
        found = fitted.probabilities(pool).double().numpy()
        for r in range(2):
            expected = reference(pool, rows[r], truth[rows[r]], n_classes, 0.1)
            assert np.abs(found[r] - expected).max() < 2e-4


@pytest.mark.parametrize("loader", [load_breast_cancer, load_digits, load_iris, load_wine])
@pytest.mark.parametrize("C", [0.01, 0.1, 10.0])
def test_agrees_with_scikit_learn_on_tables(loader, C: float) -> None:
    raw, target = loader(return_X_y=True)
    spread = raw.std(axis=0)
    pool = scale(torch.from_numpy(raw / np.where(spread > 0, spread, 1)))[0]
    truth, n_classes = torch.from_numpy(target), int(target.max()) + 1
    rows = draw(1, len(pool), (2, 100))  # more rows than dimensions
    head = SoftmaxRegression(C=C, tolerance=1e-9)
    found = head.fit(pool, rows, truth[rows], n_classes).probabilities(pool).numpy()
    for r in range(2):
        assert (
            np.abs(found[r] - reference(pool, rows[r], truth[rows[r]], n_classes, C)).max() < 1e-5
        )


@pytest.mark.parametrize("size", [5, 20, 50])
def test_gradient_by_autograd_is_what_is_reported(size: int) -> None:
    pool, truth = problem(0, c=3)
    rows = torch.empty(1, size, dtype=torch.int64)
    rows[0, :3] = torch.stack([torch.nonzero(truth == c)[0, 0] for c in range(3)])
    rows[0, 3:] = torch.tensor([i for i in range(60) if i not in rows[0, :3].tolist()])[: size - 3]
    for tolerance in (1e-3, 1e-8):
        head = SoftmaxRegression(tolerance=tolerance)
        fitted = head.fit(pool, rows, truth[rows], 3)
        at = [fitted.weights[0].clone().requires_grad_(), fitted.bias[0].clone().requires_grad_()]
        zero = [torch.zeros_like(value, requires_grad=True) for value in at]
        norms = []
        for weights, bias in (at, zero):
            value = objective(weights, bias, pool[rows[0]], truth[rows[0]], head.C)
            parts = torch.autograd.grad(value, [weights, bias])
            norms.append(float(torch.cat([part.flatten() for part in parts]).norm()))
        assert norms[0] <= tolerance * norms[1] * 1.0001
        assert norms[0] == pytest.approx(float(fitted.gradient_norm[0]), rel=1e-3, abs=1e-13)


@pytest.mark.parametrize("size", [20, 80])
def test_gradient_of_two_classes_counts_the_penalty_twice(size: int) -> None:
    pool, truth = problem(26, n=100, d=70, c=2)
    rows = draw(27, len(pool), (1, size))
    fitted = SoftmaxRegression(tolerance=1e-3).fit(pool, rows, truth[rows], 2)
    at = [fitted.weights[0].clone().requires_grad_(), fitted.bias[0].clone().requires_grad_()]
    value = objective(at[0], at[1], pool[rows[0]], truth[rows[0]], 0.1)
    value = value + 0.5 * at[0].square().sum()
    norm = torch.cat([part.flatten() for part in torch.autograd.grad(value, at)]).norm()
    assert float(norm) == pytest.approx(float(fitted.gradient_norm[0]), rel=1e-6)


@pytest.mark.parametrize("size", [6, 12, 30])
def test_the_span_holds_the_optimum_of_the_full_space(size: int) -> None:
    pool, truth = problem(4, d=12, c=3)
    rows = draw(5, len(pool), (1, size))
    labels = truth[rows[0]].clone()
    labels[:3] = torch.arange(3)
    full = torch.zeros(3, 13, dtype=torch.float64, requires_grad=True)
    solver = torch.optim.LBFGS(
        [full],
        max_iter=2000,
        tolerance_grad=1e-11,
        tolerance_change=0,
        line_search_fn="strong_wolfe",
    )

    def closure() -> Tensor:
        solver.zero_grad()
        value = objective(full[:, :-1], full[:, -1], pool[rows[0]], labels, 0.1)
        value.backward()
        return value

    solver.step(closure)
    fitted = TIGHT.fit(pool, rows, labels[None], 3)
    torch.testing.assert_close(fitted.weights[0], full[:, :-1].detach(), atol=1e-8, rtol=0)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.integers(2, 30), d=st.integers(1, 20))
def test_a_batch_equals_single_runs(seed: int, size: int, d: int) -> None:
    pool, truth = problem(seed, d=d)
    rows = draw(seed, len(pool), (4, size))
    head = SoftmaxRegression(tolerance=1e-5)  # loose: who stops when must not depend on the batch
    batch = head.fit(pool, rows, truth[rows], 4)
    for r in range(4):
        single = head.fit(pool, rows[r : r + 1], truth[rows[r : r + 1]], 4)
        assert int(single.iterations[0]) == int(batch.iterations[r])
        torch.testing.assert_close(
            single.probabilities(pool)[0], batch.probabilities(pool)[r], atol=1e-9, rtol=0
        )


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.integers(2, 40))
def test_order_of_rows_and_names_of_classes_do_not_matter(seed: int, size: int) -> None:
    pool, truth = problem(seed)
    rows = draw(seed, len(pool), (2, size))
    rng = np.random.default_rng(seed)
    plain = TIGHT.fit(pool, rows, truth[rows], 4).probabilities(pool)
    shuffled = rows[:, torch.from_numpy(rng.permutation(size))]
    again = TIGHT.fit(pool, shuffled, truth[shuffled], 4).probabilities(pool)
    torch.testing.assert_close(again, plain, atol=1e-7, rtol=0)
    rename = torch.from_numpy(rng.permutation(4))
    renamed = TIGHT.fit(pool, rows, rename[truth][rows], 4).probabilities(pool)
    torch.testing.assert_close(renamed[..., rename], plain, atol=1e-7, rtol=0)


@pytest.mark.parametrize("d", [40, 200])
def test_a_warm_start_saves_iterations_and_changes_nothing(d: int) -> None:
    pool, truth = problem(6, n=300, d=d, c=5)
    rows = draw(7, len(pool), (3, 120))
    before = TIGHT.fit(pool, rows[:, :100], truth[rows[:, :100]], 5)
    cold = TIGHT.fit(pool, rows, truth[rows], 5)
    # New rows in front: a row is known by its number, not by its place.
    moved = rows.flip(1)
    warm = TIGHT.fit(pool, moved, truth[moved], 5, warm=before)
    torch.testing.assert_close(
        warm.probabilities(pool), cold.probabilities(pool), atol=1e-7, rtol=0
    )
    same = TIGHT.fit(pool, moved, truth[moved], 5, warm=cold)
    assert int(same.iterations.max()) <= 2
    loose = SoftmaxRegression(tolerance=1e-4)
    assert (
        loose.fit(pool, rows, truth[rows], 5, warm=before).iterations.sum()
        < loose.fit(pool, rows, truth[rows], 5).iterations.sum()
    )


def test_a_warm_start_may_know_fewer_classes_or_other_rows() -> None:
    pool, truth = problem(8)
    few = torch.nonzero(truth < 2)[:6].T
    many = draw(9, len(pool), (1, 30))
    before = TIGHT.fit(pool, few, truth[few], 4)
    warm = TIGHT.fit(pool, many, truth[many], 4, warm=before).probabilities(pool)
    cold = TIGHT.fit(pool, many, truth[many], 4).probabilities(pool)
    torch.testing.assert_close(warm, cold, atol=1e-7, rtol=0)


def test_classes_not_seen_have_probability_zero_each_replicate_for_itself() -> None:
    pool, truth = problem(10, c=4)
    first, last = (torch.nonzero(keep)[:10, 0] for keep in (truth < 3, truth > 1))
    rows = torch.stack([first, last])
    fitted = SoftmaxRegression().fit(pool, rows, truth[rows], 6)
    assert fitted.classes_seen.tolist() == [
        [True, True, True, False, False, False],
        [False, False, True, True, False, False],
    ]
    p = fitted.probabilities(pool)
    assert p.shape == (2, len(pool), 6)
    torch.testing.assert_close(p.sum(dim=-1), torch.ones(2, len(pool), dtype=p.dtype))
    for r in range(2):
        assert bool((p[r][:, ~fitted.classes_seen[r]] == 0).all())
        assert bool((p[r][:, fitted.classes_seen[r]] > 0).all())


def test_one_class_is_certain_and_two_are_scikit_learns_sigmoid() -> None:
    pool, truth = problem(11, c=2)
    one = torch.nonzero(truth == 1)[:12, 0]
    two = torch.arange(12)
    rows = torch.stack([one, two])
    p = TIGHT.fit(pool, rows, truth[rows], 3).probabilities(pool)
    assert bool((p[0] == torch.tensor([0.0, 1.0, 0.0], dtype=p.dtype)).all())
    expected = reference(pool, two, truth[two], 3, 0.1)
    assert np.abs(p[1].numpy() - expected).max() < 1e-6


def test_duplicate_rows_count_twice() -> None:
    pool, truth = problem(12)
    rows = torch.arange(20)[None]
    twice = torch.cat([rows, rows], dim=1)
    doubled = SoftmaxRegression(C=0.2, tolerance=1e-10).fit(pool, rows, truth[rows], 4)
    found = TIGHT.fit(pool, twice, truth[twice], 4)
    torch.testing.assert_close(
        found.probabilities(pool), doubled.probabilities(pool), atol=1e-8, rtol=0
    )


def test_float32_pool_agrees_with_float64() -> None:
    pool, truth = problem(13, n=200, d=50)
    rows = draw(14, len(pool), (2, 40))
    wide = TIGHT.fit(pool, rows, truth[rows], 4)
    narrow = TIGHT.fit(pool.float(), rows, truth[rows], 4)
    assert narrow.weights.dtype is torch.float32
    torch.testing.assert_close(
        narrow.probabilities(pool.float()).double(), wide.probabilities(pool), atol=1e-5, rtol=0
    )


@pytest.mark.parametrize("size", [40, 80])
def test_solves_in_float32_where_there_is_nothing_wider(size: int) -> None:
    pool, truth = problem(15, n=200, d=50)
    rows = draw(16, len(pool), (2, size))
    narrow = Problem(pool[rows].float(), truth[rows], torch.ones(2, 4, dtype=torch.bool), 0.1)
    found = solve(narrow, torch.zeros(2, 4, min(size, 50) + 1), 1e-4).point[..., :-1]
    weights = found @ narrow.points if narrow.in_span else found
    exact = TIGHT.fit(pool, rows, truth[rows], 4)
    torch.testing.assert_close(weights.double(), exact.weights, atol=1e-3, rtol=0)


def wide_problem(size: int, d: int) -> tuple[Tensor, Tensor, Tensor]:
    """A pool, its labels and rows of two replicates, large enough for steps in float32."""
    pool, truth = problem(24, n=2 * size, d=d, c=5)
    return pool, truth, draw(25, len(pool), (2, size))


#: The span of the rows, and beyond it the diagonal of the stand-in and the whole.
WIDE = [(80, 120), (130, 120), (400, 80)]


@pytest.mark.parametrize(("size", "d"), WIDE)
@pytest.mark.parametrize("C", [1e-3, 0.1, 10.0])
def test_float32_steps_end_at_the_optimum_of_float64(size: int, d: int, C: float) -> None:
    pool, truth, rows = wide_problem(size, d)
    found = SoftmaxRegression(C=C, tolerance=1e-10).fit(pool, rows, truth[rows], 5)
    for r in range(2):
        at = [found.weights[r].clone().requires_grad_(), found.bias[r].clone().requires_grad_()]
        value = objective(at[0], at[1], pool[rows[r]], truth[rows[r]], C)
        norm = float(torch.cat([g.flatten() for g in torch.autograd.grad(value, at)]).norm())
        assert norm == pytest.approx(float(found.gradient_norm[r]), rel=1e-3)
        assert norm <= 1e-10 * C * size * d**0.5
        expected = reference(pool, rows[r], truth[rows[r]], 5, C)
        assert (
            np.abs(found.probabilities(pool)[r].numpy() - expected).max() < 1e-5
        )  # its own rounding


@pytest.mark.parametrize(("size", "d"), WIDE)
def test_float32_steps_of_a_batch_equal_those_of_single_runs(
    size: int, d: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool, truth, rows = wide_problem(size, d)
    head = SoftmaxRegression()
    batch = head.fit(pool, rows, truth[rows], 5)
    monkeypatch.setattr("alutils.heads.softmax.BLOCK_ENTRIES", 1)
    blocks = head.fit(pool, rows, truth[rows], 5)
    again = head.fit(pool, rows, truth[rows], 5, warm=batch)
    assert int(again.iterations.max()) == 0
    for r in range(2):
        single = head.fit(pool, rows[r : r + 1], truth[rows[r : r + 1]], 5)
        for each in fields(single):
            value, alone = getattr(blocks.replicate(r), each.name), getattr(single, each.name)
            assert (value is None and alone is None) or torch.equal(value, alone)
        torch.testing.assert_close(
            single.probabilities(pool)[0], batch.probabilities(pool)[r], atol=1e-7, rtol=0
        )


@pytest.mark.parametrize(("size", "d"), WIDE)
@pytest.mark.parametrize("exponent", [-90, 40, 60, 64, 70])
def test_what_float32_cannot_hold_is_solved_in_float64(size: int, d: int, exponent: int) -> None:
    pool, truth, rows = wide_problem(size, d)
    expected = TIGHT.fit(pool, rows, truth[rows], 5).probabilities(pool)
    unit = 2.0**exponent
    other = SoftmaxRegression(C=0.1 / unit**2, tolerance=1e-7)
    found = other.fit(pool * unit, rows, truth[rows], 5).probabilities(pool * unit)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=0)


@pytest.mark.parametrize("C", [0.1, 100.0, 1000.0])
@pytest.mark.parametrize("d", [100, 300])  # fewer dimensions than twice the rows, and more
def test_dependent_rows_do_not_stop_float32_steps(C: float, d: int) -> None:
    pool, truth = problem(23, n=140, d=d)
    pool[70:], truth[70:] = pool[:70], truth[:70]
    rows = torch.arange(140)[None]
    twice = SoftmaxRegression(C=C, tolerance=1e-8).fit(pool, rows, truth[rows], 4)
    once = SoftmaxRegression(C=2 * C, tolerance=1e-8).fit(
        pool, rows[:, :70], truth[rows[:, :70]], 4
    )
    torch.testing.assert_close(
        twice.probabilities(pool), once.probabilities(pool), atol=1e-5, rtol=0
    )


@pytest.mark.parametrize("C", [0.1, 100.0])
def test_singular_gram_matrix(C: float) -> None:
    pool, truth = problem(23, d=100)
    pool[30:] = pool[:30]
    truth[30:] = truth[:30]
    rows = torch.arange(60)[None]
    head = SoftmaxRegression(C=C, tolerance=1e-9)
    found = head.fit(pool, rows, truth[rows], 4).probabilities(pool)[0].numpy()
    assert np.abs(found - reference(pool, rows[0], truth[rows[0]], 4, C)).max() < 1e-5


def test_never_stops_short_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    pool, truth = problem(17)
    rows = draw(18, len(pool), (1, 30))
    monkeypatch.setattr("alutils.heads.solver.LIMIT", 3)
    with pytest.raises(RuntimeError, match="above the tolerance"):
        SoftmaxRegression().fit(pool, rows, truth[rows], 4)


@pytest.mark.parametrize("size", [5, 30])
def test_a_tolerance_below_rounding_ends_at_rounding(size: int) -> None:
    pool, truth = problem(17)
    rows = draw(18, len(pool), (1, size))
    fitted = SoftmaxRegression(tolerance=0).fit(pool, rows, truth[rows], 4)
    assert float(fitted.gradient_norm[0]) < 1e-12
    assert int(fitted.iterations[0]) < 200


@pytest.mark.parametrize("n_classes", range(2, 9))
@pytest.mark.parametrize("d", [2, 7, 40])  # in the span of the rows and not
@pytest.mark.parametrize("jitter", [0.0, 1e-12, 1e-8])
def test_the_optimum_may_be_at_zero(n_classes: int, d: int, jitter: float) -> None:
    rng = np.random.default_rng(n_classes)
    pool = np.ones((2 * n_classes, 1)) * rng.normal(size=d)
    pool += jitter * rng.normal(size=pool.shape)
    rows = torch.arange(len(pool))[None]
    fitted = SoftmaxRegression().fit(torch.from_numpy(pool), rows, rows % n_classes, n_classes)
    assert int(fitted.iterations[0]) < 50
    chance = torch.full((1, len(pool), n_classes), 1 / n_classes, dtype=torch.float64)
    torch.testing.assert_close(
        fitted.probabilities(torch.from_numpy(pool)), chance, atol=1e-6, rtol=0
    )


def test_two_points_with_the_same_labels_say_nothing() -> None:
    pool = torch.tensor([1.5, -0.5, 1.5, -0.5], dtype=torch.float64).repeat_interleave(5)[:, None]
    labels = torch.tensor([[0, 0, 1, 1]]).repeat_interleave(5, dim=1)
    fitted = SoftmaxRegression().fit(pool, torch.arange(20)[None], labels, 2)
    assert float(fitted.weights.abs().max()) < 1e-12


def test_bad_input_is_named() -> None:
    pool, truth = problem(19)
    rows = torch.arange(6).view(2, 3)
    head = SoftmaxRegression()
    with pytest.raises(UserError, match=r"rows have shape \(2, 0\)"):
        head.fit(pool, rows[:, :0], truth[rows[:, :0]], 4)
    with pytest.raises(UserError, match="rows run from 55 to 60, but the pool has 60"):
        head.fit(pool, rows + 55, truth[rows], 4)
    with pytest.raises(UserError, match="labels run from -1"):
        head.fit(pool, rows, torch.full_like(rows, -1), 4)
    broken = pool.clone()
    for value in (torch.nan, torch.inf, 1e200):
        broken[2, 0] = value
        with pytest.raises(UserError, match="NaN, infinity or a number too large"):
            head.fit(broken, rows, truth[rows], 4)
    with pytest.raises(UserError, match="8 dimensions"):
        head.fit(pool, rows, truth[rows], 4).logits(pool[:, :5])


def test_scale_uses_the_pool_alone() -> None:
    rng = np.random.default_rng(20)
    pool = torch.from_numpy(rng.normal(5, 3, (1000, 7)).astype(np.float32))
    test = torch.from_numpy(rng.normal(0, 1, (50, 7)).astype(np.float32))
    scaled, moved = scale(pool, test)
    assert scaled.dtype is torch.float32
    assert float(scaled.double().mean(dim=0).abs().max()) < 1e-6
    assert float(scaled.double().square().mean()) == pytest.approx(1, abs=1e-6)
    torch.testing.assert_close(scale(pool, test * 9)[0], scaled, atol=0, rtol=0)
    centred = pool.double() - pool.double().mean(dim=0)
    expected = (test.double() - pool.double().mean(dim=0)) / centred.square().mean().sqrt()
    torch.testing.assert_close(moved.double(), expected, atol=1e-5, rtol=0)


def test_scale_in_blocks_is_scale_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    pool, _ = problem(21)
    whole = scale(pool + 3)[0]
    monkeypatch.setattr("alutils.heads.scaling.BLOCK_ENTRIES", 50)
    torch.testing.assert_close(scale(pool + 3)[0], whole, atol=1e-12, rtol=0)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_scale_does_not_depend_on_the_unit(dtype: torch.dtype) -> None:
    pool = problem(21)[0].to(dtype)
    scaled = scale(pool)[0]
    for exponent in (-100, 100) if dtype is torch.float32 else (-900, -600, 600, 1020):
        huge = torch.ldexp(pool, torch.tensor(exponent, dtype=dtype))
        assert bool((scale(huge, huge)[1] == scaled).all())


def test_scale_refuses_what_cannot_be_scaled() -> None:
    pool = torch.randn(10, 3, generator=torch.Generator().manual_seed(0))
    with pytest.raises(UserError, match="same vector"):
        scale(torch.full((10, 3), 0.1))
    broken = pool.clone()
    broken[[4, 7], 1] = torch.tensor([torch.inf, torch.nan])
    with pytest.raises(UserError, match="row 4 of the pool"):
        scale(broken)
    with pytest.raises(UserError, match="row 4 of tensor 2"):
        scale(pool, broken)
    with pytest.raises(UserError, match="empty"):
        scale(pool[:0])
    with pytest.raises(UserError, match="3 columns"):
        scale(pool, pool[:, :2])
    huge = torch.full((4, 3), 3e38)
    huge[0] = 0
    assert bool(torch.isfinite(scale(huge / 2)[0]).all())


def test_registry_and_contract() -> None:
    assert "softmax" in heads.names()
    assert heads.get("softmax") == SoftmaxRegression(C=0.1)
    with pytest.raises(UserError, match="did you mean 'softmax'"):
        heads.get("sofmax")
    pool, truth = problem(22)
    rows = torch.arange(10)[None]
    for name in heads.names():
        head = heads.get(name)
        assert isinstance(head, Head)
        fitted = head.fit(pool, rows, truth[rows], 4)
        assert isinstance(fitted, FittedHead)
        p = fitted.probabilities(pool)
        assert p.shape == (1, 60, 4)
        torch.testing.assert_close(p.sum(-1), torch.ones(1, 60, dtype=p.dtype))


def test_one_replicate_alone() -> None:
    generator = torch.Generator().manual_seed(0)
    pool = torch.randn(40, 6, dtype=torch.float64, generator=generator)
    rows = torch.stack([torch.randperm(40, generator=generator)[:12] for _ in range(3)])
    labels = torch.randint(4, (3, 12), generator=generator)
    fitted = SoftmaxRegression().fit(pool, rows, labels, 4)
    for r in range(3):
        alone = fitted.replicate(r)
        assert alone.classes_seen.tolist() == fitted.classes_seen[r : r + 1].tolist()
        assert torch.allclose(alone.probabilities(pool)[0], fitted.probabilities(pool)[r])


def test_distance_to_flip_is_where_a_small_step_more_changes_the_prediction() -> None:
    generator = torch.Generator().manual_seed(1)
    pool = torch.randn(50, 5, dtype=torch.float64, generator=generator)
    rows = torch.stack([torch.randperm(50, generator=generator)[:15] for _ in range(2)])
    labels = torch.randint(4, (2, 15), generator=generator)
    labels[1].clamp_(max=2)  # a class not seen must never be flipped to
    fitted = SoftmaxRegression().fit(pool, rows, labels, 4)
    distances = fitted.distance_to_flip(pool)
    assert distances.shape == (2, 50)
    for r in range(2):
        head = fitted.replicate(r)
        predicted = head.probabilities(pool)[0].argmax(dim=1)
        point = pool.clone().requires_grad_()
        chances = head.probabilities(point)[0].gather(1, predicted[:, None])
        (gradient,) = torch.autograd.grad(-chances.log().sum(), point)
        direction = gradient / gradient.norm(dim=1, keepdim=True)
        finite = torch.isfinite(distances[r])
        assert finite.sum() > 25
        for share, flipped in ((0.999, False), (1.001, True)):
            moved = pool + direction * (share * distances[r])[:, None]
            now = head.probabilities(moved[finite])[0].argmax(dim=1)
            assert ((now != predicted[finite]) == flipped).all()
        far = head.probabilities(pool + 1e4 * direction)[0].argmax(dim=1)
        assert (far == predicted)[~finite].all()


def test_distance_to_flip_of_a_head_that_knows_one_class_is_infinite() -> None:
    pool = torch.randn(9, 3, dtype=torch.float64)
    fitted = SoftmaxRegression().fit(pool, torch.tensor([[0, 1]]), torch.tensor([[2, 2]]), 4)
    assert torch.isinf(fitted.distance_to_flip(pool)).all()


@pytest.mark.parametrize("size", [2, 3])
def test_few_labels_do_not_let_the_intercepts_run_away(size: int) -> None:
    """The fault: rounding moved all intercepts by the same, which nothing holds back."""
    for seed in [93, 485, 812, 1119, *range(40)]:
        pool, truth = problem(seed)
        rows = draw(seed, len(pool), (2, size))
        head = TIGHT.fit(pool, rows, truth[rows], 4)
        assert head.bias.sum(dim=1).abs().max() < 1e-9
