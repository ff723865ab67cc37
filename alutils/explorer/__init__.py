"""What the page for exploring results is made of: numbers worked out beforehand, as scripts."""

from __future__ import annotations

from alutils.explorer.numbers import cells_of
from alutils.explorer.scripts import Explorer, write

__all__ = ["Explorer", "cells_of", "write"]
