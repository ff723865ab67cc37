"""Columns of the records that comparisons rest on."""

from __future__ import annotations

from alutils.cell import Cell

CELL_FIELDS = list(Cell.__dataclass_fields__)

METRICS = ["accuracy", "balanced_accuracy", "macro_f1", "log_loss", "calibration_error"]

#: Metrics of which lower values are better.
FALLING = {"log_loss", "calibration_error"}
