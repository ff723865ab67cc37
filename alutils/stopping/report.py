"""What can be told from the labels so far, and how it is said. Nothing is decided."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from alutils.progress import several
from alutils.stopping.audit import AccuracyOfRest, AuditedAccuracy, half_width
from alutils.stopping.forecast import Forecast

SHOWN_BATCHES = 5


@dataclass(frozen=True, eq=False)
class Stopping:
    """What the labels so far tell about going on. ``str()`` puts it in words.

    Attributes
    ----------
    n_rows, n_labelled, n_classes : int
        Texts in the pile, labels, and classes that have a label.
    accuracy : AuditedAccuracy or None
        Of the head, on texts like those of the pile; None without audit rows.
    rest : AccuracyOfRest or None
        Of the head, on the texts that have no label.
    stability : pandas.DataFrame
        How predictions changed from batch to batch, as `stability` returns it.
    forecast : Forecast or None
        What the next labels should bring.
    notes : tuple of str
        Sentences on what is missing, and why.
    """

    n_rows: int
    n_labelled: int
    n_classes: int
    accuracy: AuditedAccuracy | None
    rest: AccuracyOfRest | None
    stability: pd.DataFrame = field(repr=False)
    forecast: Forecast | None
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        lines = [
            f"{self.n_labelled:,} of {self.n_rows:,} texts have a label, "
            f"of {several(self.n_classes, 'class', 'classes')}.",
            *self._right(),
            *self._changes(),
        ]
        if self.forecast is not None:
            at = self.forecast
            lines.append(
                f"The next {at.more:,} labels should change accuracy by {_points(at.gain)} points "
                f"({_points(at.low)} to {_points(at.high)})."
            )
        lines += self.notes
        lines.append("Whether more labels are worth their price is for you to decide.")
        if self.accuracy is not None and self.n_labelled < self.n_rows:
            n = self.accuracy.n
            more = min(max(100, n), self.n_rows - self.n_labelled)
            # Drawn towards one half: of one text that was right, nobody can tell that all will be.
            likely = (self.accuracy.n_correct + 2) / (n + 4)
            now, then = (half_width(likely, each) for each in (n, n + more))
            lines.append(
                f"Accuracy is known to ±{100 * now:.0f} points; {more:,} more labels drawn at "
                f"random would make that ±{100 * then:.0f}."
            )
        return "\n".join(lines)

    def _right(self) -> list[str]:
        if self.accuracy is None:
            return []
        lines = [
            "How often a classifier trained on these labels is right (95 % intervals):",
            f"  on new texts like these: {_share(self.accuracy)}",
        ]
        if self.rest is not None:
            n = self.n_rows - self.n_labelled
            lines.append(f"  on the {several(n, 'text')} without a label: {_share(self.rest)}")
        audited = several(self.accuracy.n, "text that was", "texts that were")
        return [*lines, f"  Judged by the audit: {audited} drawn at random and labelled."]

    def _changes(self) -> list[str]:
        last = self.stability.tail(SHOWN_BATCHES)
        if not len(last):
            return []
        changed = ", ".join(f"{each:.1%}".replace("%", " %") for each in last["changed"])
        batches = "the last batch" if len(last) == 1 else f"each of the last {len(last)} batches"
        return [
            f"Predictions changed by {batches}: {changed}.",
            "  Accuracy on the texts without a label cannot have changed by more than that.",
        ]


def _share(found: AuditedAccuracy | AccuracyOfRest) -> str:
    return f"{found.accuracy:.0%} ({found.low:.0%} to {found.high:.0%})".replace("%", " %")


def _points(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", "−")
