"""How right the head is, from labels of a random sample of the pile.

Labels that a strategy chose cannot tell: it chooses texts that are hard, rare or typical, and a
head is more often wrong or right on these than on the others (Farquhar, Gal and Rainforth 2021,
On statistical bias in active learning, ICLR). The *audit rows* are a simple random sample instead.
They may train the head, as long as none is predicted by a head that was fitted to it. But they must
not steer the strategy: it should choose among the other rows as though they were not there. What
it chooses after it has seen a label carries some of that label into every head, and where it has
seen one it does not look again: the estimate would be too high on some datasets and too low on
others, by many points while there are few labels (`alutils.stopping.trial` shows it).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from statsmodels.stats.proportion import proportion_confint

CONFIDENCE = 0.95


@dataclass(frozen=True)
class AuditedAccuracy:
    """Estimated accuracy of the head on texts like those of the pile.

    Attributes
    ----------
    accuracy, low, high : float
        Share of audit rows predicted rightly, and its 95 % interval.
    n, n_correct : int
        Audit rows, and how many were predicted rightly.
    """

    accuracy: float
    low: float
    high: float
    n: int
    n_correct: int


def audited_accuracy(correct: NDArray[np.bool_]) -> AuditedAccuracy:
    """Estimate the accuracy, with Wilson's interval.

    The interval is that for new texts of the same kind, not for the pile alone: it is not made
    narrower for what is already labelled.

    Parameters
    ----------
    correct : ndarray of bool, shape (A,)
        Whether each audit row is predicted rightly by a head that did not see its label.

    Returns
    -------
    AuditedAccuracy

    References
    ----------
    Wilson 1927, Probable inference, the law of succession, and statistical inference, Journal of
    the American Statistical Association.

    Examples
    --------
    >>> found = audited_accuracy(np.array([True] * 8 + [False] * 2))
    >>> round(found.low, 2), round(found.high, 2)
    (0.49, 0.94)
    """
    n_correct, n = int(correct.sum()), len(correct)
    low, high = proportion_confint(n_correct, n, alpha=1 - CONFIDENCE, method="wilson")
    return AuditedAccuracy(n_correct / n, float(low), float(high), n, n_correct)


def half_width(accuracy: float, n: int) -> float:
    """Return half the length of the interval for this accuracy from n audit rows."""
    low, high = proportion_confint(accuracy * n, n, alpha=1 - CONFIDENCE, method="wilson")
    return float(high - low) / 2


@dataclass(frozen=True)
class AccuracyOfRest:
    """Estimated accuracy of the head on the texts that have no label.

    Attributes
    ----------
    accuracy, low, high : float
        Estimate and its 95 % interval.
    """

    accuracy: float
    low: float
    high: float


def accuracy_of_rest(
    audited: AuditedAccuracy, labelled: NDArray[np.bool_], n_rows: int
) -> AccuracyOfRest:
    """Estimate the accuracy on the rows without a label.

    They are not like the pile: a strategy takes hard texts out of it. The accuracy on the pile is
    the mean of that on its labelled rows, all of which are known, and that on the rest, which is
    thus left over. The interval is that for the pile, stretched as much, and narrowed by the
    finite population correction.

    Parameters
    ----------
    audited : AuditedAccuracy
        For the pile.
    labelled : ndarray of bool, shape (L,)
        Whether each labelled row is predicted rightly by a head that did not see its label.
    n_rows : int
        Rows of the pile, more than L.

    Returns
    -------
    AccuracyOfRest

    References
    ----------
    Cochran 1977, Sampling Techniques, section 2.6 for the correction.
    """
    share = len(labelled) / n_rows
    estimate = (audited.accuracy - share * float(labelled.mean())) / (1 - share)
    stretch = np.sqrt(1 - audited.n / n_rows) / (1 - share)
    ends = estimate + stretch * np.array([0, audited.low, audited.high])
    ends[1:] -= stretch * audited.accuracy
    found, low, high = np.clip(ends, 0, 1).tolist()
    return AccuracyOfRest(found, low, high)


def audit_order(texts: Sequence[str], seed: int) -> NDArray[np.int64]:
    """Put texts into a random order that does not depend on where they stand.

    Parameters
    ----------
    texts : sequence of str
        The whole pile.
    seed : int
        Another seed, another order.

    Returns
    -------
    ndarray of int64, shape (N,)
        Rows by the SHA-256 of seed and text. Two texts keep their order when others are added or
        all are shuffled. Rows of equal texts stay together, as they stand.
    """
    digests = [hashlib.sha256(f"{seed}\x1f{text}".encode()).digest() for text in texts]
    return np.array(sorted(range(len(digests)), key=digests.__getitem__), dtype=np.int64)


def audit_rows(order: NDArray[np.int64], known: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the rows at the head of a random order that all have a label.

    Whoever labelled them, and why, does not matter: the order does not depend on it. Two things
    make the sample a little uneven. A row after the last that was labelled for the audit is taken
    in only if a strategy chose it: less than one on average while fewer than half of the pile are
    labelled. And rows that a strategy had chosen before did steer it.

    Parameters
    ----------
    order : ndarray of int64, shape (N,)
        As `audit_order` returns it.
    known : ndarray of int64, shape (N,)
        -1 where a row has no label, as in `LabelledPool.known`.

    Returns
    -------
    ndarray of int64
        The longest labelled beginning of `order`.
    """
    without = np.flatnonzero(known[order] < 0)
    return order[: without[0]] if len(without) else order
