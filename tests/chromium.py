"""A browser of this machine, for tests that need one."""

from __future__ import annotations

import shutil

import pytest

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), ""
)

needs_chromium = pytest.mark.skipif(
    not CHROMIUM, reason="needs a browser: apt-get install chromium"
)
