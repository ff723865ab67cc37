"""axe-core, the rules of accessibility, as npm has it: one version, checked, kept in the store."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from alutils.home import home

VERSION = "4.14.1"
SHA512 = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="


WITHOUT = "the rest was checked, but not with axe-core: npm is needed to fetch it once"


def script() -> str | None:
    """Return the script, fetched at most once; nothing where npm cannot fetch it."""
    path = home() / "downloads" / f"axe-core-{VERSION}.tgz"
    if not path.exists() and not _fetched(path):
        return None
    found = base64.b64encode(hashlib.sha512(path.read_bytes()).digest()).decode()
    assert found == SHA512, f"{path} is not what npm published: delete it"
    with tarfile.open(path) as package:
        member = package.extractfile("package/axe.min.js")
        assert member
        return member.read().decode()


def _fetched(path: Path) -> bool:
    npm = shutil.which("npm")
    if not npm:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent) as room:  # two tests may fetch it at once
        order = [npm, "pack", f"axe-core@{VERSION}", "--silent"]
        try:
            subprocess.run(order, cwd=room, check=True, stdout=subprocess.DEVNULL, timeout=60)
        except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
            return False
        Path(room, path.name).replace(path)
    return True
