from dataclasses import replace

import pytest

from alutils import strategies
from alutils.errors import UserError
from alutils.geometry import Geometry
from tests.strategies.problems import blobs, draw_labelled, selection, streams


def run(name, problem, seeds):
    return strategies.select(name, problem, 8, streams(seeds)).tolist()


@pytest.mark.parametrize(
    ("n_labelled", "per_class", "expected"),
    [
        (9, 5, "typiclust"),
        (14, 5, "typiclust"),
        (15, 5, "margin"),
        (9, 3, "margin"),
        (7, 2.5, "typiclust"),
        (8, 2.5, "margin"),
        (1, 0, "margin"),
        (30, 10.1, "typiclust"),
    ],
)
def test_typical_before_and_uncertain_after(n_labelled, per_class, expected):
    points, classes = blobs(120, 5, 3)
    problem = selection(points, classes, draw_labelled(120, n_labelled, 2))
    found = run(f"tcm(per_class={per_class})", problem, [0, 1])
    assert found == run(expected, problem, [0, 1])
    other = {"typiclust": "margin", "margin": "typiclust"}[expected]
    assert found != run(other, problem, [0, 1])


def test_classes_not_seen_count():
    points, classes = blobs(120, 5, 3)
    problem = selection(points, classes, draw_labelled(120, 18, 1), n_classes=4)
    assert run("tcm", problem, [0]) == run("typiclust", problem, [0])


def test_replicates_that_change_over_at_different_times():
    points, classes = blobs(120, 5, 3)
    problem = selection(points, classes, draw_labelled(120, 20, 3))
    labelled = problem.labelled.clone()
    few = labelled[1].nonzero()[:10, 0]
    labelled[1] = False
    labelled[1, few] = True
    problem = replace(problem, labelled=labelled, labels=problem.labels.masked_fill(~labelled, -1))
    rows = run("tcm", problem, range(3))
    for r, name in enumerate(("margin", "typiclust", "margin")):
        assert rows[r] == run(name, problem.replicate(r), [r])[0]
        assert rows[r] == run("tcm", problem.replicate(r), [r])[0]


def test_one_replicate_s_clusterings_are_those_of_all():
    points, classes = blobs(50, 3, 2)
    problem = selection(points, classes, [[]] * 3, seeds=[4, 8, 2])
    alone = problem.replicate(1)
    assert alone.geometry.seeds == [8]
    assert alone.head is None
    found = alone.geometry.clusters(5)
    assert list(problem.geometry._clusters) == [(5, 8)]
    assert (problem.geometry.clusters(5)[1] == found[0]).all()
    assert (Geometry(problem.pool, "toy", [8]).clusters(5) == found).all()


def test_a_negative_number_is_refused():
    with pytest.raises(UserError, match="per_class cannot be -1"):
        strategies.get("tcm(per_class=-1)")
