"""axe-core, the rules of accessibility, as npm has it: one version, checked, kept in the store."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from alutils.home import home

VERSION = "4.14.1"
SHA512 = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="


def script() -> str:
    """Return the script, fetched at most once; skips the test where npm cannot fetch it."""
    folder = home() / "downloads"
    path = folder / f"axe-core-{VERSION}.tgz"
    if not path.exists():
        _fetch(folder)
    found = base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()
    assert found == SHA512, f"{path} is not what npm published: delete it"
    with tarfile.open(path) as package:
        member = package.extractfile("package/axe.min.js")
        assert member
        return member.read().decode()


def _fetch(folder: Path) -> None:
    npm = shutil.which("npm")
    if not npm:
        pytest.skip("axe-core comes from npm, which is not installed here")
    folder.mkdir(parents=True, exist_ok=True)
    order = [npm, "pack", f"axe-core@{VERSION}", "--json", "--silent"]
    try:
        done = subprocess.run(order, cwd=folder, capture_output=True, text=True, timeout=120)
        json.loads(done.stdout)
    except (subprocess.TimeoutExpired, json.JSONDecodeError):
        pytest.skip("npm cannot fetch axe-core here: its registry does not answer")
