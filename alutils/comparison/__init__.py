"""Two runs, profiles or archives side by side: what differs, and whether by more than luck."""

from __future__ import annotations

from alutils.comparison.matching import Comparison, compare
from alutils.comparison.page import write_page
from alutils.comparison.side import Side, read_side

__all__ = ["Comparison", "Side", "compare", "read_side", "write_page"]
