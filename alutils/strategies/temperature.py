"""Calibration by temperature: probabilities that are as sure as they are right."""

from __future__ import annotations

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from alutils import heads
from alutils.metrics import calibration_error

FOLDS = 5
#: Four per octave from 1/8 to 8, the mildest first: it is kept if no other does better.
GRID = sorted((2 ** (step / 4) for step in range(-12, 13)), key=lambda t: abs(np.log(t)))


def tempered(probabilities: Tensor, temperature: float) -> Tensor:
    """Divide logits by a temperature, given the probabilities (N, C): those that follow."""
    top = probabilities.amax(dim=1, keepdim=True)
    powers = (probabilities / top).pow_(1 / temperature)
    return powers.div_(powers.sum(dim=1, keepdim=True))


def best_temperature(
    pool: Tensor, rows: Tensor, labels: Tensor, n_classes: int, stream: Generator
) -> float:
    """Find the temperature under which held-out predictions are best calibrated.

    Parameters
    ----------
    pool : torch.Tensor
        Shape (N, D).
    rows, labels : torch.Tensor
        The labelled rows and their classes, shape (L,).
    n_classes : int
        Number of classes of the dataset.
    stream : numpy.random.Generator
        Divides the labelled rows into folds.

    Returns
    -------
    float
        That of the smallest expected calibration error; the nearest to 1 among equals, and 1
        with fewer than 5 labels.
    """
    if len(rows) < FOLDS:
        return 1.0
    order = torch.as_tensor(stream.permutation(len(rows)), device=pool.device)
    rows, labels = rows[order], labels[order]
    predicted = []
    for held_out in torch.arange(len(rows), device=pool.device).tensor_split(FOLDS):
        keep = torch.ones_like(rows, dtype=torch.bool).index_fill_(0, held_out, False)
        head = heads.get("softmax").fit(pool, rows[None, keep], labels[None, keep], n_classes)
        predicted.append(head.probabilities(pool[rows[held_out]])[0])
    probabilities = torch.cat(predicted)
    tried = torch.stack([tempered(probabilities, t) for t in GRID])
    errors = calibration_error(tried, labels)
    return GRID[int(errors.cpu().numpy().argmin())]  # the first of equals
