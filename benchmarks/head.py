"""CPU seconds to fit a head, on one thread: ours, scikit-learn's, and the usual training loop.

scikit-learn is run with smaller and smaller `tol` until the gradient of the same objective is as
small as ours; its time is that of the first run which gets there. The training loop is what most
projects do: AdamW, a `DataLoader`, a fixed number of epochs; where it ends up is its own affair.
"""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from alutils.heads import SoftmaxRegression
from benchmarks.measure import Limits, Row, cpu_seconds, guarded, repeat, row
from benchmarks.problem import Shape, draw_pool

LABELS = (100, 500, 1000)
EPOCHS, BATCH, RATE = 200, 32, 1e-3


def measure(shape: Shape, labels: tuple[int, ...], limits: Limits) -> Iterator[Row]:
    """Measure heads of this many dimensions, classes and replicates at these numbers of labels."""
    for n_labels in labels:
        size = dataclasses.replace(shape, rows=3 * max(labels), labelled=n_labels, query_size=0)
        rng = np.random.default_rng(0)
        pool, truth = draw_pool(rng, size.rows, size.dim, size.classes)
        rows = torch.from_numpy(
            np.stack([rng.permutation(size.rows)[:n_labels] for _ in range(size.replicates)])
        )
        yield from _at(size, pool, rows, truth[rows], limits)


def _at(size: Shape, pool: Tensor, rows: Tensor, labels: Tensor, limits: Limits) -> Iterator[Row]:
    head = SoftmaxRegression()

    def fit() -> tuple[float, float, int]:
        fitted: list[Any] = []
        spent = cpu_seconds(lambda: fitted.append(head.fit(pool, rows, labels, size.classes)))
        norm, most = float(fitted[0].gradient_norm[0]), int(fitted[0].iterations.max())
        return spent / size.replicates, norm, most

    ours = guarded(
        lambda: repeat(lambda turn: fit(), limits.patience),
        dataclasses.replace(limits, calls=size.replicates),
        warm=fit,
    )
    turns = ours.value or []
    note = f"gradient {turns[0][1]:.1e}, {turns[0][2]} iterations" if turns else ours.note
    yield row(
        size, "head", "head", "alutils", [spent for spent, *_ in turns], part="fit",
        implementation="SoftmaxRegression", replicates=size.replicates,
        memory_bytes=ours.memory_bytes, note=note,
    )  # fmt: skip

    x = pool[rows[0]].double().numpy()
    y = np.unique(labels[0].numpy(), return_inverse=True)[1]
    if turns:
        theirs = guarded(lambda: peer(x, y, head.C, turns[0][1]), limits)
        spent, norm = theirs.value or (None, None)
        yield row(
            size, "head", "head", "scikit-learn", [spent] if theirs.value else [], part="fit",
            implementation="LogisticRegression", memory_bytes=theirs.memory_bytes,
            note=f"gradient {norm:.1e}" if theirs.value else theirs.note,
        )  # fmt: skip

    loop = guarded(
        lambda: cpu_seconds(lambda: train(x, y)), limits, warm=lambda: train(x, y, epochs=1)
    )
    yield row(
        size, "head", "head", "AdamW loop", [loop.value] if loop.value else [], part="fit",
        implementation=f"{EPOCHS} epochs, batches of {BATCH}", memory_bytes=loop.memory_bytes,
        note=loop.note,
    )  # fmt: skip


def gradient_norm(model: LogisticRegression, x: np.ndarray, y: np.ndarray) -> float:
    """Norm of the gradient of C * log-losses + 0.5 ||W||², as scikit-learn parametrises it."""
    residual = model.predict_proba(x) - np.eye(len(model.classes_))[y]
    if len(model.classes_) == 2:
        residual = residual[:, 1:]
    rows = model.C * residual.T @ x + model.coef_
    return float(np.sqrt((rows**2).sum() + (model.C * residual.sum(axis=0) ** 2).sum()))


def peer(x: np.ndarray, y: np.ndarray, C: float, target: float) -> tuple[float, float]:
    """Seconds of scikit-learn's first fit whose gradient is as small as `target`, and its norm."""
    warnings.simplefilter("ignore")
    tol = 1e-3
    while True:
        model = LogisticRegression(C=C, tol=tol, max_iter=100_000)
        spent = cpu_seconds(lambda: model.fit(x, y))  # noqa: B023  called at once
        norm = gradient_norm(model, x, y)
        if norm <= target or tol < 1e-12:
            return spent, norm
        tol /= 2


def train(x: np.ndarray, y: np.ndarray, epochs: int = EPOCHS) -> torch.nn.Module:
    """Train a linear layer as most projects do."""
    data = TensorDataset(torch.from_numpy(x).float(), torch.from_numpy(y))
    model = torch.nn.Linear(x.shape[1], int(y.max()) + 1)
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE)
    for _ in range(epochs):
        for points, labels in DataLoader(data, batch_size=BATCH, shuffle=True):
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(model(points), labels).backward()
            optimiser.step()
    return model
