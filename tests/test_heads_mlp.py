from __future__ import annotations

import math
import warnings
from dataclasses import fields

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits
from torch import Tensor, nn

from alutils import heads, strategies
from alutils.cell import Cell
from alutils.datasets import load
from alutils.embedders import embed
from alutils.errors import UserError
from alutils.heads import FittedMlp, Mlp, SoftmaxRegression, scale
from alutils.loop import Problem, Replicates, run_cell
from alutils.running import code_of
from alutils.streams import stream
from tests.strategies.devices import Away


def problem(seed: int, n: int = 60, d: int = 8, c: int = 4) -> tuple[Tensor, Tensor]:
    """A pool of overlapping clusters, float64, and its labels."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, c, n)
    pool = 2 * rng.normal(size=(c, d))[labels] + rng.normal(size=(n, d))
    return scale(torch.from_numpy(pool))[0], torch.from_numpy(labels)


def draw(seed: int, n: int, shape: tuple[int, int]) -> Tensor:
    rng = np.random.default_rng(seed)
    return torch.from_numpy(
        np.stack([rng.choice(n, shape[1], replace=False) for _ in range(shape[0])])
    )


def twin(head: Mlp, points: Tensor, labels: Tensor) -> nn.Sequential:
    """One replicate that has seen all classes, by torch's own layers, autograd and Adam."""
    n_dimensions, n_classes = points.shape[1], int(labels.max()) + 1
    network = nn.Sequential(
        nn.Linear(n_dimensions, head.hidden), nn.ReLU(), nn.Linear(head.hidden, n_classes)
    ).double()
    start = stream("mlp weights", "", 0).standard_normal((n_dimensions, head.hidden))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        network[0].weight.copy_(torch.from_numpy(start.T * math.sqrt(2 / n_dimensions)))
    adam = torch.optim.Adam(network.parameters(), lr=head.learning_rate)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(adam, head.steps)
    for _ in range(head.steps):
        adam.zero_grad()
        weights = network[0].weight.square().sum() + network[2].weight.square().sum()
        loss = nn.functional.cross_entropy(network(points), labels, reduction="sum")
        ((loss + head.penalty / 2 * weights) / len(points)).backward()
        adam.step()
        cosine.step()
    return network


@pytest.mark.parametrize("head", [Mlp(), Mlp(hidden=5, penalty=0.3, steps=20, learning_rate=0.1)])
def test_trains_as_autograd_and_adam_of_torch_do(head: Mlp) -> None:
    pool, truth = problem(0)
    rows = draw(1, len(pool), (3, 30))
    fitted = head.fit(pool, rows, truth[rows], 4)
    for r in range(3):
        slow = twin(head, pool[rows[r]], truth[rows[r]])
        torch.testing.assert_close(fitted.inner[r].T, slow[0].weight.data, atol=1e-8, rtol=0)
        torch.testing.assert_close(fitted.inner_bias[r, 0], slow[0].bias.data, atol=1e-8, rtol=0)
        torch.testing.assert_close(fitted.outer[r].T, slow[2].weight.data, atol=1e-8, rtol=0)
        torch.testing.assert_close(fitted.outer_bias[r, 0], slow[2].bias.data, atol=1e-8, rtol=0)
        with torch.no_grad():
            expected, seen_by_last_layer = torch.softmax(slow(pool), dim=1), slow[:2](pool)
        torch.testing.assert_close(fitted.probabilities(pool)[r], expected, atol=1e-8, rtol=0)
        torch.testing.assert_close(fitted.features(pool)[r], seen_by_last_layer, atol=1e-8, rtol=0)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 40), st.sampled_from([3, 50]))
def test_a_batch_equals_single_runs(seed: int, size: int, d: int) -> None:
    pool, truth = problem(seed, d=d)
    rows = draw(seed, len(pool), (3, size))
    for dtype, tolerance in ((torch.float64, 1e-9), (torch.float32, 1e-4)):
        points = pool.to(dtype)
        batch = Mlp(hidden=16).fit(points, rows, truth[rows], 4)
        for r in range(3):
            single = Mlp(hidden=16).fit(points, rows[r : r + 1], truth[rows[r : r + 1]], 4)
            expected = batch.probabilities(points)[r : r + 1]
            for alone in (single, batch.replicate(r)):
                torch.testing.assert_close(
                    alone.probabilities(points), expected, atol=tolerance, rtol=0
                )


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 40))
def test_order_of_rows_and_names_of_classes_do_not_matter(seed: int, size: int) -> None:
    pool, truth = problem(seed)
    rows = draw(seed, len(pool), (1, size))
    order, names = draw(seed + 1, size, (1, size))[0], draw(seed + 2, 4, (1, 4))[0]
    p = Mlp(hidden=16).fit(pool, rows, truth[rows], 4).probabilities(pool)
    found = Mlp(hidden=16).fit(pool, rows[:, order], names[truth[rows[:, order]]], 4)
    torch.testing.assert_close(found.probabilities(pool)[..., names], p, atol=1e-7, rtol=0)


def test_a_class_that_nobody_has_seen_changes_nothing() -> None:
    pool, truth = problem(2)
    rows = draw(3, len(pool), (2, 30))
    few = Mlp().fit(pool, rows, truth[rows], 4).probabilities(pool)
    many = Mlp().fit(pool, rows, truth[rows], 9).probabilities(pool)
    torch.testing.assert_close(many[..., :4], few, atol=1e-9, rtol=0)
    assert bool((many[..., 4:] == 0).all())


def test_classes_not_seen_have_probability_zero_each_replicate_for_itself() -> None:
    pool, truth = problem(10)
    first, last = (torch.nonzero(keep)[:10, 0] for keep in (truth < 3, truth > 1))
    rows = torch.stack([first, last])
    fitted = Mlp().fit(pool, rows, truth[rows], 6)
    assert fitted.classes_seen.tolist() == [
        [True, True, True, False, False, False],
        [False, False, True, True, False, False],
    ]
    p = fitted.probabilities(pool)
    torch.testing.assert_close(p.sum(dim=-1), torch.ones(2, len(pool), dtype=p.dtype))
    for r in range(2):
        assert bool((p[r][:, ~fitted.classes_seen[r]] == 0).all())
        assert bool((p[r][:, fitted.classes_seen[r]] > 0).all())
        assert bool((fitted.outer[r][:, ~fitted.classes_seen[r]] == 0).all())


def test_one_class_is_certain_and_never_left() -> None:
    pool, truth = problem(11)
    rows = torch.nonzero(truth == 1)[None, :5, 0]
    fitted = Mlp().fit(pool, rows, truth[rows], 4)
    expected = torch.tensor([0.0, 1, 0, 0], dtype=pool.dtype).expand(1, len(pool), 4)
    assert torch.equal(fitted.probabilities(pool), expected)
    assert torch.isinf(fitted.distance_to_flip(pool)).all()


def test_what_softmax_regression_cannot_tell_apart() -> None:
    points = torch.tensor([[0.0, 0], [1, 1], [0, 1], [1, 0]]).repeat(10, 1)
    truth = torch.tensor([0, 0, 1, 1]).repeat(10)
    (pool,) = scale(points)
    rows = torch.arange(40)[None]
    linear = SoftmaxRegression(C=100).fit(pool, rows, truth[None], 2).probabilities(pool)[0]
    assert float((linear - 0.5).abs().max()) < 1e-3
    head = Mlp(hidden=32, penalty=0, steps=300, learning_rate=0.05)
    bent = head.fit(pool, rows, truth[None], 2).probabilities(pool)[0]
    assert float(bent.gather(1, truth[:, None]).min()) > 0.999


def test_separable_points_are_learned_by_heart() -> None:
    pool, truth = problem(12, n=40, d=50)
    rows = torch.arange(40)[None]
    fitted = Mlp(penalty=0, steps=200).fit(pool.float(), rows, truth[rows], 4)
    p = fitted.probabilities(pool.float())[0].gather(1, truth[:, None])
    assert float(-p.log().mean()) < 1e-3


@pytest.mark.parametrize(("dataset", "classes"), [("kjv_genres", 8), ("movie_sentiment", 2)])
def test_as_good_as_scikit_learns_on_texts(dataset: str, classes: int) -> None:
    sample = load(dataset).sample(2000, 1000)
    embedded = embed(sample, ["wordllama"])["wordllama"]
    pool, test = scale(
        torch.from_numpy(np.array(embedded.pool)), torch.from_numpy(np.array(embedded.test))
    )
    truth, test_truth = (torch.tensor(y) for y in (sample.pool_labels, sample.test_labels))
    rows = draw(0, len(pool), (3, 300))
    p = Mlp().fit(pool, rows, truth[rows], classes).probabilities(test)
    ours = (p.argmax(dim=2) == test_truth).double().mean(dim=1).numpy()
    theirs = []
    for r in range(3):
        model = MLPClassifier((128,), alpha=5.0, max_iter=100, random_state=0)
        # Its products are small: more threads than cores would wait for each other.
        with warnings.catch_warnings(), threadpool_limits(1):
            warnings.simplefilter("ignore")
            model.fit(pool[rows[r]].numpy(), truth[rows[r]].numpy())
        theirs.append(model.score(test.numpy(), test_truth.numpy()))
    # The standard error of one accuracy on 1,000 texts is 0.016.
    assert np.mean(ours) > np.mean(theirs) - 0.02
    assert np.abs(ours - theirs).max() < 0.05


def test_distance_to_flip_is_the_first_on_the_way() -> None:
    pool, truth = problem(13, n=50, d=5)
    rows = draw(14, 50, (2, 20))
    labels = truth[rows]
    labels[1].clamp_(max=2)  # a class not seen must never be flipped to
    fitted = Mlp(hidden=30, penalty=0.1, steps=200, learning_rate=0.05).fit(pool, rows, labels, 4)
    distances = fitted.distance_to_flip(pool)
    assert distances.shape == (2, 50)
    ways = torch.linspace(0, 0.999, 400, dtype=pool.dtype)
    for r in range(2):
        head = fitted.replicate(r)
        predicted = head.probabilities(pool)[0].argmax(dim=1)
        point = pool.clone().requires_grad_()
        logits = torch.relu(point @ head.inner[0] + head.inner_bias[0]) @ head.outer[0]
        logits = (logits + head.outer_bias[0])[:, head.classes_seen[0]]
        loss = nn.functional.cross_entropy(logits, predicted, reduction="sum")
        (gradient,) = torch.autograd.grad(loss, point)
        direction = gradient / gradient.norm(dim=1, keepdim=True)
        finite = torch.isfinite(distances[r])
        assert finite.sum() > 25
        beyond = pool + 1.0001 * (distances[r][:, None] * direction).where(finite[:, None], 0)
        now = head.probabilities(beyond)[0].argmax(dim=1)
        assert ((now != predicted) == finite).all()
        far = distances[r].where(finite, 1e3)
        for share in ways:
            before = head.probabilities(pool + share * far[:, None] * direction)[0].argmax(dim=1)
            assert (before == predicted).all()


@pytest.mark.parametrize("chunk", [1, 7])
def test_parts_of_the_points_make_the_whole(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    pool, truth = problem(15)
    rows = draw(16, len(pool), (2, 20))
    fitted = Mlp().fit(pool, rows, truth[rows], 4)
    whole = fitted.probabilities(pool), fitted.distance_to_flip(pool)
    monkeypatch.setattr("alutils.heads.mlp.CHUNK", chunk)
    torch.testing.assert_close(fitted.probabilities(pool), whole[0])
    torch.testing.assert_close(fitted.distance_to_flip(pool), whole[1])
    assert fitted.probabilities(pool[:0]).shape == (2, 0, 4)


def test_a_warm_start_is_ignored() -> None:
    pool, truth = problem(17)
    rows = draw(18, len(pool), (2, 20))
    cold = Mlp().fit(pool, rows, truth[rows], 4)
    before = Mlp().fit(pool, rows[:, :5], truth[rows[:, :5]], 4)
    warm = Mlp().fit(pool, rows, truth[rows], 4, warm=before)
    for each in fields(FittedMlp):
        assert torch.equal(getattr(warm, each.name), getattr(cold, each.name))


def test_all_that_is_made_is_on_the_device_of_the_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    pool, truth = problem(20)
    rows = draw(21, len(pool), (2, 20))
    labels = truth[rows]
    with Away():
        fitted = Mlp().fit(pool, rows, labels, 4)
        found = fitted.probabilities(pool), fitted.distance_to_flip(pool), fitted.features(pool)
    assert all(each.device == pool.device for each in found)


def test_bad_input_is_named() -> None:
    pool, truth = problem(19)
    rows = torch.arange(6).view(2, 3)
    with pytest.raises(UserError, match=r"rows have shape \(2, 0\)"):
        Mlp().fit(pool, rows[:, :0], truth[rows[:, :0]], 4)
    with pytest.raises(UserError, match="labels run from -1"):
        Mlp().fit(pool, rows, torch.full_like(rows, -1), 4)
    for value in (torch.nan, torch.inf, 1e200):
        broken = pool.clone()
        broken[2, 0] = value
        with pytest.raises(UserError, match="NaN, infinity or a number too large"):
            Mlp().fit(broken, rows, truth[rows], 4)
    with pytest.raises(UserError, match=r"infinite: lower learning_rate or penalty"):
        Mlp(learning_rate=1e300).fit(pool, rows, truth[rows], 4)
    with pytest.raises(UserError, match="8 dimensions"):
        Mlp().fit(pool, rows, truth[rows], 4).probabilities(pool[:, :5])


def test_the_key_names_head_and_parameters() -> None:
    def key(head: str, strategy: str = "margin") -> dict[str, str]:
        return code_of(Cell("toy", "given", "random", strategy, 10, 5, 3, head=head))

    assert key("softmax") != key("softmax(C=1)") == key("softmax(C=1.0)")
    assert key("mlp") != key("mlp(hidden=64)")
    assert "alutils.heads.mlp" in key("mlp") and "alutils.heads.mlp" not in key("softmax")
    # Uncertainty herding calibrates by softmax regression under any head.
    assert "alutils.heads.softmax" in key("mlp", "uncertainty_herding")


@pytest.fixture(scope="module")
def replicates(tmp_path_factory: pytest.TempPathFactory) -> Replicates:
    sample = load("kjv_genres").sample(300, 100)
    embedded = embed(sample, ["minilm"])["minilm"]
    problem = Problem(
        dataset="kjv_genres",
        embedder="minilm",
        path=embedded.path,
        pool_labels=sample.pool_labels,
        test_labels=sample.test_labels,
        n_classes=len(sample.classes),
        data_fingerprint=sample.fingerprint,
        embedding_fingerprint=embedded.fingerprint,
    )
    return Replicates(problem, [0, 1])


@pytest.mark.parametrize("name", strategies.names())
def test_every_strategy_works_with_it(name: str, replicates: Replicates) -> None:
    cell = Cell("kjv_genres", "minilm", "random", name, 20, 10, 3, head="mlp")
    together = run_cell(cell, replicates)
    assert together["n_labelled"].tolist() == [20, 30, 40] * 2
    for _, run in together.groupby("seed"):
        assert len(set(np.concatenate(run["chosen"].tolist()))) == 40
    # A seed does not depend on its company.
    alone = run_cell(cell, Replicates(replicates.problem, [1]))
    for one, other in zip(together["chosen"][3:], alone["chosen"], strict=True):
        assert one.tolist() == other.tolist()


def test_badge_looks_at_the_hidden_layer(replicates: Replicates) -> None:
    rows = draw(22, 300, (2, 30))
    head = heads.get("mlp").fit(
        replicates.pool, rows, replicates.pool_labels[rows], replicates.problem.n_classes
    )
    assert isinstance(head, FittedMlp)
    hidden = head.features(replicates.pool)
    assert hidden.shape == (2, 300, 128) and bool((hidden >= 0).all())
