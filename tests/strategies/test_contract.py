"""What every registered strategy must keep, whatever it is."""

import sys
from dataclasses import dataclass, replace
from importlib.util import find_spec

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from alutils import strategies
from alutils.errors import UserError
from alutils.strategies import Selection
from tests.strategies.devices import Away, Fetches
from tests.strategies.problems import blobs, draw_labelled, selection, streams, toy

adapted = pytest.mark.skipif(not find_spec("skactiveml"), reason="needs scikit-activeml")
ADAPTED = [pytest.param(f"skactiveml:{name}", marks=adapted) for name in ("RandomSampling", "Clue")]
every_strategy = pytest.mark.parametrize("name", [*strategies.names(), *ADAPTED])


def run(name: str, problem: Selection, k: int, seeds: range | list | None = None) -> np.ndarray:
    seeds = problem.geometry.seeds if seeds is None else seeds
    return strategies.select(name, problem, k, streams(seeds)).numpy()


def check(problem: Selection, rows: np.ndarray, k: int) -> None:
    assert rows.shape == (len(problem.labelled), k)
    assert rows.dtype == np.int64
    for chosen, labelled in zip(rows, problem.labelled.numpy(), strict=True):
        assert len(set(chosen.tolist())) == k
        assert not labelled[chosen].any()


def test_registry():
    assert len(strategies._REGISTERED) == len(strategies.names())  # none twice
    assert set(strategies.head_free_names()) < set(strategies.names())
    assert all(strategies.get(name).name == name for name in strategies.names())
    for typed, meant in (
        ("bagde", "badge"),
        ("k-means++", "kmeans_plus_plus"),
        ("CoreSet", "coreset"),
    ):
        with pytest.raises(UserError, match=f"did you mean '{meant}'"):
            strategies.get(typed)


@every_strategy
def test_distinct_unlabelled_rows(name):
    problem = toy(name)
    for k in (1, 5, 17):
        check(problem, run(name, problem, k), k)


@pytest.mark.filterwarnings("ignore:Number of distinct clusters")
@every_strategy
@settings(max_examples=25, deadline=None)
@given(
    n_rows=st.integers(4, 40),
    distinct=st.integers(2, 40),
    share=st.floats(0, 1),
    seed=st.integers(0, 10**6),
)
def test_duplicates_in_the_pool_never_give_a_row_twice(name, n_rows, distinct, share, seed):
    points, classes = blobs(n_rows, 3, 3, seed)
    copies = np.random.default_rng(seed).integers(min(distinct, n_rows), size=n_rows)
    copies[:2] = 0, 1
    labelled = draw_labelled(n_rows, 2, 2, seed)
    problem = selection(points[copies], classes[copies], labelled, dtype=torch.float32, n_classes=3)
    k = 1 + round(share * (n_rows - 3))
    check(problem, run(name, problem, k), k)


@every_strategy
def test_everything_can_be_chosen(name):
    problem = toy(name)
    rows = run(name, problem, 48)
    for chosen, labelled in zip(rows, problem.labelled.numpy(), strict=True):
        assert set(chosen.tolist()) == set(np.flatnonzero(~labelled).tolist())


@every_strategy
def test_one_class_labelled(name):
    points, classes = blobs(40, 4, 3)
    only = [np.flatnonzero(classes == 1)[:4].tolist()]
    problem = selection(points, classes, only, dtype=torch.float32)
    check(problem, run(name, problem, 10), 10)


@every_strategy
def test_same_stream_same_rows_other_stream_other_rows(name):
    problem = toy(name)
    first = run(name, problem, 10)
    assert (first == run(name, problem, 10)).all()
    drawn = ["random", "bald", "badge", "drop_query", "kmeans", "kmeans_plus_plus"]
    drawn += ["power_margin", "cluster_margin", "falcun"]
    if name in drawn or name.startswith("skactiveml:"):
        assert (first != run(name, problem, 10, [7, 8, 9])).any()


@every_strategy
def test_global_random_state_is_neither_read_nor_changed(name):
    problem = toy(name)
    np.random.seed(0)  # noqa: NPY002
    torch.manual_seed(0)
    first = run(name, problem, 10)
    states = np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002
    torch.manual_seed(1)
    assert (first == run(name, toy(name), 10)).all()
    np.random.seed(0)  # noqa: NPY002
    torch.manual_seed(0)
    run(name, problem, 10)
    assert states == (np.random.get_state()[1].tolist(), torch.get_rng_state().tolist())  # noqa: NPY002


@every_strategy
def test_what_it_looks_at_is_left_as_it_was(name):
    problem = toy(name, dtype=torch.float32)
    seen = [problem.pool, problem.labelled, problem.labels, problem.probabilities()]
    before = [each.clone() for each in seen]
    run(name, problem, 10)
    assert all(torch.equal(*each) for each in zip(seen, before, strict=True))


@every_strategy
def test_batch_equals_single_runs(name):
    points, classes = blobs(200, 9, 4)
    labelled = draw_labelled(200, 20, 4)
    together = run(name, selection(points, classes, labelled), 30)
    for seed, rows in enumerate(labelled):
        alone = run(name, selection(points, classes, [rows], [seed]), 30)
        assert (together[seed] == alone[0]).all()


@every_strategy
def test_float32_and_float64_agree(name):
    assert (run(name, toy(name), 15) == run(name, toy(name, dtype=torch.float32), 15)).all()


@pytest.mark.parametrize(
    "careless",
    [
        lambda pool: pool + torch.zeros(len(pool), 1),
        lambda pool: pool[torch.arange(3)],
        lambda pool: pool[torch.as_tensor(np.arange(3))],
        lambda pool: pool[torch.tensor([1, 2])],
        lambda pool: torch.where(pool > 0, pool, torch.full((1,), 2.0)),
        lambda pool: pool.numpy(),
        lambda pool: np.asarray(pool),
        lambda pool: np.maximum(pool, 0),
    ],
)
def test_what_is_made_elsewhere_is_found_out(careless):
    pool = torch.ones(9, 4)
    with pytest.raises(TypeError, match=r"without naming its device|with cpu"), Away():
        careless(pool)
    with Away():
        assert (
            pool[torch.as_tensor(pool.cpu()[0].argsort().numpy(), device=pool.device)].sum() == 16
        )
    assert torch.zeros(1).device.type == "cpu"


@pytest.mark.parametrize(
    "fetch",
    [
        lambda x: x.sum().item(),
        lambda x: bool(x.any()),
        lambda x: float(x[0]),
        lambda x: range(int(x[1])),
        lambda x: [1, 2][x.long()[0]],
        lambda x: max(x[0], x[1]),
        lambda x: x[x > 1],
        lambda x: x[0, None].numpy() if x[0] > 1 else None,
        lambda x: x.tolist(),
        lambda x: x.cpu(),
        lambda x: x.nonzero(),
    ],
)
def test_a_round_trip_is_counted(fetch):
    x = torch.ones(3)
    with Fetches() as counted:
        fetch(x)
    assert counted.count == 1
    with Fetches() as counted:
        x[x.argmax(keepdim=True)] += x.where(x > 1, 0).max()
    assert counted.count == 0


def fetches(name: str, k: int) -> int:
    problem = selection(*blobs(400, 9, 4), draw_labelled(400, 20, 1))
    with Fetches() as counted:
        strategies.get(name).query(problem, k, streams([0]))
    return counted.count


@every_strategy
def test_no_round_trip_to_the_host_per_pick(name, monkeypatch):
    # How many iterations k-means makes is not a matter of picks.
    monkeypatch.setattr(sys.modules["alutils.geometry.lloyd"], "MAX_ITERATIONS", 2)
    assert fetches(name, 72) - fetches(name, 8) < (72 - 8) / 2


@every_strategy
def test_all_that_is_made_is_on_the_device_of_the_pool(name, monkeypatch):
    monkeypatch.setattr(torch, "from_numpy", torch.as_tensor)  # else no mode sees it
    problem = selection(*blobs(90, 9, 4), draw_labelled(90, 20, 2), dtype=torch.float32)
    with Away():
        rows = strategies.get(name).query(problem, 25, streams([0, 1]))
    assert rows.device == problem.pool.device


@pytest.mark.parametrize("name", strategies.head_free_names())
def test_the_initial_pool_is_chosen_on_the_device_of_the_pool(name):
    problem = selection(*blobs(60, 5, 3), [[], []])
    with Away():
        rows = strategies.get(name).query(problem, 20, streams([0, 1]))
    assert rows.device == problem.pool.device


@pytest.mark.parametrize("name", ["least_confidence", "margin", "entropy", "bait", "coreset"])
def test_row_order_does_not_matter(name):
    points, classes = blobs(80, 6, 3)
    labelled = draw_labelled(80, 10, 2)
    order = np.random.default_rng(5).permutation(80)
    place = np.argsort(order)
    moved = [place[rows].tolist() for rows in labelled]
    expected = run(name, selection(points, classes, labelled), 12)
    found = run(name, selection(points[order], classes[order], moved), 12)
    assert (order[found] == expected).all()


@pytest.mark.parametrize("name", [*strategies.head_free_names(), ADAPTED[0]])
def test_initial_pool(name):
    points, classes = blobs(60, 5, 3)
    problem = selection(points, classes, [[], []])
    assert problem.head is None
    check(problem, run(name, problem, 20), 20)


@every_strategy
def test_bad_requests_are_refused(name):
    problem = toy(name)
    with pytest.raises(UserError, match="only 48 of the pool's 60 rows are unlabelled"):
        run(name, problem, 49)
    with pytest.raises(UserError, match="at least 1"):
        run(name, problem, 0)
    if strategies.get(name).needs_head:
        with pytest.raises(UserError, match=", ".join(strategies.head_free_names())):
            run(name, replace(problem, head=None), 5)


@dataclass
class Careless:
    rows: torch.Tensor
    name: str = "careless"
    needs_head: bool = False

    def query(self, problem, k, draws):
        return self.rows


def test_a_strategy_that_breaks_the_contract_is_caught():
    problem = selection(*blobs(20, 3, 2), [[0, 1, 2, 3]])
    for rows, message in (
        ([[4, 5, 5]], "twice"),
        ([[4, 3, 5]], "already labelled"),
        ([[4, 5]], "instead of"),
    ):
        with pytest.raises(RuntimeError, match=message):
            strategies.choose(Careless(torch.tensor(rows)), problem, 3, streams([0]))


def test_a_summary_in_parts_is_that_of_all_probabilities(monkeypatch):
    monkeypatch.setattr(sys.modules["alutils.strategies.base"], "CHUNK", 7)
    problem = toy("margin")
    largest = problem.probabilities().amax(dim=2)
    assert torch.allclose(problem.summary(lambda p: p.amax(dim=-1)), largest, rtol=1e-12)
    with pytest.raises(ValueError, match="without a head"):
        replace(problem, head=None).summary(lambda p: p.amax(dim=-1))
