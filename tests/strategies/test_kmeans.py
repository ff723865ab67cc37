import numpy as np
import torch

from alutils import strategies
from alutils.geometry import kmeans
from tests.strategies.problems import blobs, selection, streams


def test_nearest_row_to_each_centre():
    points, classes = blobs(90, 4, 3)
    problem = selection(points, classes, [[0, 5, 9]])
    rows = strategies.select("kmeans", problem, 7, streams([2]))[0].tolist()
    free = [i for i in range(90) if i not in (0, 5, 9)]
    labels, _ = kmeans(problem.pool[free], 7, streams([2])[0])
    pool, expected = problem.pool.numpy(), []
    for c in range(7):
        members = [free[i] for i in np.flatnonzero(labels.numpy() == c)]
        centre = np.mean([pool[i] for i in members], axis=0)
        assert len(members) > 2  # two are equally near
        expected.append(min(members, key=lambda i: ((pool[i] - centre) ** 2).sum()))
    assert rows == expected


def test_a_pair_is_decided_by_the_stream():
    points = np.array([[0.0, 0.1], [0.3, 0.7], [50, 51.7], [52, 53]])
    problem = selection(points, np.array([0, 0, 1, 1]), [[]] * 300, dtype=torch.float32)
    rows = strategies.select("kmeans", problem, 2, streams(range(300)))
    counts = torch.bincount(rows.flatten(), minlength=4)
    assert counts.min() > 100


def test_copies_do_not_empty_clusters():
    """The fault: fewer than k rows when clusters are empty, as when rows are copies."""
    points = np.repeat([[0.0, 1], [2, 3], [5, 1]], 10, axis=0)
    problem = selection(points, np.repeat([0, 1, 2], 10), [[0, 10]], dtype=torch.float32)
    rows = strategies.select("kmeans", problem, 12, streams([0]))[0].tolist()
    assert len(set(rows)) == 12


def test_labelled_rows_take_no_part():
    points, classes = blobs(40, 3, 2)
    outlier = points.copy()
    outlier[:5] += 1000  # labelled, far away: must not attract a centre
    problem = selection(points, classes, [list(range(5))])
    moved = strategies.Selection(**{**vars(problem), "pool": problem.pool.clone()})
    moved.pool[:5] += 1000
    chosen = [strategies.select("kmeans", p, 6, streams([1])).tolist() for p in (problem, moved)]
    assert chosen[0] == chosen[1]
