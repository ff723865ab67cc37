"""When to stop labelling: what can be told, never a decision.

Three questions. How right is the head, on texts that nobody has labelled (`audit`)? Do its
predictions still change (`stability`)? What would the next labels bring (`forecast`)? How honest
the answers are is measured in `trial`.
"""

from __future__ import annotations

from alutils.stopping.audit import (
    AccuracyOfRest,
    AuditedAccuracy,
    audit_order,
    audit_rows,
)
from alutils.stopping.estimating import when_to_stop
from alutils.stopping.forecast import Forecast
from alutils.stopping.report import Stopping

__all__ = [
    "AccuracyOfRest",
    "AuditedAccuracy",
    "Forecast",
    "Stopping",
    "audit_order",
    "audit_rows",
    "when_to_stop",
]
