"""A clock that jumps by years while a study runs, over files from 1970 and from 2100."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from alutils.fingerprint import code_fingerprint
from tests.faults.runs import CAMPAIGN, ROOT, SEED, Study, assert_same

YEAR = 365.25 * 24 * 3600
JUMPING = """
import json, os, time
begun, jumps = json.loads(os.environ["FAULTS_JUMPS"])
right = time.time

def wrong():
    passed = time.monotonic() - begun
    return right() + [seconds for moment, seconds in jumps if moment <= passed][-1]

time.time, time.time_ns = wrong, lambda: int(wrong() * 1e9)
"""


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.campaign)])
def test_a_clock_that_jumps(copy: Study, undisturbed: Study, workers: int) -> None:
    draw = random.Random(f"{SEED} {workers}")
    for result in draw.sample(sorted(copy.store.glob("results/*/*/*.parquet")), 5):
        result.unlink()
    shutil.rmtree(draw.choice(sorted(copy.store.glob("embeddings/*/meta.json"))).parent)
    (copy.root / "sitecustomize.py").write_text(JUMPING)
    for path in copy.store.rglob("*"):
        in_1970, in_2100 = 0.0, 130 * YEAR
        os.utime(path, (draw.choice([in_1970, in_2100]),) * 2, follow_symlinks=False)
    jumps = [(0.0, -56 * YEAR)]
    while jumps[-1][0] < (120 if CAMPAIGN else 30):
        jumps.append((jumps[-1][0] + draw.uniform(0.02, 0.5), draw.uniform(-56, 100) * YEAR))
    code, said = copy.run(
        workers=workers,
        PYTHONPATH=f"{copy.root}:{ROOT}",
        FAULTS_JUMPS=json.dumps([time.monotonic(), jumps]),
    )
    assert (code, "Traceback" in said) == (0, False), said
    assert "3 kept, 5 to compute" in said
    assert not re.search(r"-\d+ (s|min|h)\b|\d h\b", said), said  # nor an hour: it took minutes
    costs = [
        pd.read_parquet(path)["cell_wall_seconds"]
        for path in copy.finished()
        if "results" in path.parts
    ]
    assert pd.concat(costs).between(0, 3600).all()
    assert_same(copy, undisturbed)


def test_code_from_a_machine_whose_clock_is_ahead(tmp_path: Path) -> None:
    code = "from alutils.fingerprint import code_fingerprint as f; print(f(['alutils.streams']))"
    shutil.copytree(ROOT / "alutils", tmp_path / "alutils")
    for path in tmp_path.rglob("*.py"):
        os.utime(path, (130 * YEAR, 130 * YEAR))
    for folder in ROOT, tmp_path:
        said = subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONPATH": str(folder)},
            cwd=folder,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert said == f"{code_fingerprint(['alutils.streams'])}\n"
