"""What a study will take before it is run: cells, memory, disk and time.

Nothing is computed, read or downloaded for it. Sizes come from the catalogue (`sizes`), times from
what cells took before (`model`), and `plan` puts them together.
"""

from __future__ import annotations

from alutils.planning.model import CostModel, calibrate, find
from alutils.planning.plan import Plan, make
from alutils.planning.words import blocks, resources

__all__ = ["CostModel", "Plan", "blocks", "calibrate", "find", "make", "resources"]
