"""CPU seconds per softmax head against scikit-learn at equal gradient norm, on one thread.

    python -m benchmarks.head [--replicates 10] [--tolerance 1e-5] [--shape D,C,L ...]

The pool is drawn: unit-variance class centres and noise whose spectrum falls like that of text
embeddings. scikit-learn is run with smaller and smaller `tol` until the gradient of the same
objective is as small as ours; its time is that of the first run which gets there.
"""

from __future__ import annotations

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import time
import warnings

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

from alutils.heads import SoftmaxRegression, scale

SHAPES = ["1024,77,100", "1024,77,500", "1024,77,1000"]
SHAPES += ["384,2,50", "384,2,400", "384,6,100", "384,22,100", "384,22,400"]


def draw_pool(
    rng: np.random.Generator, n: int, d: int, c: int
) -> tuple[torch.Tensor, torch.Tensor]:
    labels = rng.integers(0, c, n)
    spectrum = np.arange(1, d + 1) ** -0.5
    centres = rng.normal(size=(c, d)) * spectrum
    pool = centres[labels] + 1.5 * rng.normal(size=(n, d)) * spectrum
    return scale(torch.from_numpy(pool.astype(np.float32)))[0], torch.from_numpy(labels)


def gradient_norm(model: LogisticRegression, x: np.ndarray, y: np.ndarray) -> float:
    """Norm of the gradient of C * log-losses + 0.5 ||W||², as scikit-learn parametrises it."""
    residual = model.predict_proba(x) - np.eye(len(model.classes_))[y]
    if len(model.classes_) == 2:
        residual = residual[:, 1:]
    rows = model.C * residual.T @ x + model.coef_
    return float(np.sqrt((rows**2).sum() + (model.C * residual.sum(axis=0) ** 2).sum()))


def peer(x: np.ndarray, y: np.ndarray, C: float, target: float) -> tuple[float, float]:
    tol = 1e-3
    while True:
        model = LogisticRegression(C=C, tol=tol, max_iter=100_000)
        start = time.process_time()
        model.fit(x, y)
        spent = time.process_time() - start
        norm = gradient_norm(model, x, y)
        if norm <= target or tol < 1e-12:
            return spent, norm
        tol /= 2


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=10)
    parser.add_argument("--tolerance", type=float, default=1e-5)
    parser.add_argument("--shape", nargs="+", default=SHAPES, metavar="D,C,L")
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    head = SoftmaxRegression(tolerance=options.tolerance)
    print("| D | C | labels | alutils, s | iterations | scikit-learn, s | gradient norms | ratio |")
    print("|---|---|---|---|---|---|---|---|")
    for shape in options.shape:
        d, c, n_labels = (int(part) for part in shape.split(","))
        rng = np.random.default_rng(0)
        pool, truth = draw_pool(rng, 3 * n_labels, d, c)
        rows = torch.from_numpy(
            np.stack([rng.permutation(len(pool))[:n_labels] for _ in range(options.replicates)])
        )
        seconds = []
        for _ in range(3):
            start = time.process_time()
            fitted = head.fit(pool, rows, truth[rows], c)
            seconds.append((time.process_time() - start) / options.replicates)
        ours = min(seconds)
        norm = float(fitted.gradient_norm[0])
        y = np.unique(truth[rows[0]].numpy(), return_inverse=True)[1]
        x = pool[rows[0]].double().numpy()
        theirs, reached = peer(x, y, head.C, norm)
        print(
            f"| {d} | {c} | {n_labels} | {ours:.4f} | {int(fitted.iterations.max())} | "
            f"{theirs:.4f} | {norm:.1e}, {reached:.1e} | {theirs / ours:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
