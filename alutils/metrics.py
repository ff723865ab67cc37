"""What is measured on the test side, for all replicates at once."""

from __future__ import annotations

import torch
from torch import Tensor

PROBABILITY_FLOOR = 1e-6
"""Log-loss counts no probability below this: a class without a label yet has probability zero,
and would otherwise make the loss infinite."""

CALIBRATION_BINS = 15


def evaluate(probabilities: Tensor, labels: Tensor) -> dict[str, Tensor]:
    """Measure predictions against the true labels.

    Parameters
    ----------
    probabilities : torch.Tensor
        Shape (R, M, C): R replicates, M test points, C classes.
    labels : torch.Tensor
        Shape (M,): true class of each test point.

    Returns
    -------
    dict of str to torch.Tensor
        Each of shape (R,), float64. ``accuracy``; ``balanced_accuracy``, the mean recall over the
        classes that occur in the test side; ``macro_f1`` over the classes that occur in the test
        side or among the predictions, as in scikit-learn; ``log_loss`` in nats, probabilities
        floored at 1e-6; ``calibration_error``, the expected calibration error of the
        top class.
    """
    p = probabilities.double()
    replicates, _, n_classes = p.shape
    predicted = p.argmax(dim=2)
    truth = labels.expand_as(predicted)
    correct = (predicted == truth).double()

    def per_class(classes: Tensor, weights: Tensor) -> Tensor:
        return torch.zeros(replicates, n_classes, dtype=p.dtype, device=p.device).scatter_add_(
            1, classes, weights
        )

    hits = per_class(truth, correct)
    true_count = per_class(truth, torch.ones_like(correct))
    predicted_count = per_class(predicted, torch.ones_like(correct))
    occurs = true_count > 0
    recall = hits / true_count.clamp(min=1)
    total = true_count + predicted_count
    f1 = 2 * hits / total.clamp(min=1)

    of_truth = p.gather(2, truth.unsqueeze(2)).squeeze(2)
    return {
        "accuracy": correct.mean(dim=1),
        "balanced_accuracy": recall.sum(dim=1) / occurs.sum(dim=1),
        "macro_f1": f1.sum(dim=1) / (total > 0).sum(dim=1),
        "log_loss": -of_truth.clamp(min=PROBABILITY_FLOOR).log().mean(dim=1),
        "calibration_error": calibration_error(p, labels),
    }


def calibration_error(probabilities: Tensor, labels: Tensor) -> Tensor:
    """Gap between confidence and accuracy, averaged over points in 15 equal bins of confidence.

    Parameters
    ----------
    probabilities : torch.Tensor
        Shape (R, M, C).
    labels : torch.Tensor
        Shape (M,): true class of each point.

    Returns
    -------
    torch.Tensor
        The expected calibration error of the top class, from 0 to 1, float64, shape (R,).

    References
    ----------
    Guo, Pleiss, Sun and Weinberger, On calibration of modern neural networks, ICML 2017.
    """
    confidence, predicted = probabilities.double().max(dim=2)
    bins = (confidence * CALIBRATION_BINS).long().clamp(max=CALIBRATION_BINS - 1)
    gap = confidence.new_zeros(len(confidence), CALIBRATION_BINS)
    gap.scatter_add_(1, bins, confidence - (predicted == labels).double())
    return gap.abs().sum(dim=1) / labels.numel()
