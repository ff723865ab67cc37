"""The same key gives the same bytes: in another process, with other threads and hash seeds."""

from __future__ import annotations

import os
import subprocess
import sys

SCRIPT = """
import hashlib, tempfile
from pathlib import Path
from alutils.results import ResultsStore
from alutils.study import Grid, run_study
sizes = dict(initial_size=10, query_size=5, cycles=3, seeds=2, pool_size=300, test_size=100)
grid = Grid(datasets=["icd10_chapters"], embedders=["lsa"], initial_pools=["kmedoids"],
            strategies=["badge", "typiclust", "coreset", "tcm"], **sizes)
with tempfile.TemporaryDirectory() as folder:
    records = run_study([grid, grid.model_copy(update={"head": "mlp", "strategies": ["margin"]})],
                        workers=1, store=ResultsStore(Path(folder)))
numbers = records[[name for name in records if "seconds" not in name and "memory" not in name]]
for cell, found in numbers.groupby(["strategy", "head"]):
    content = b"".join(
        v.tobytes() if hasattr(v, "tobytes") else repr(v).encode() for v in found.to_numpy().ravel()
    )
    print(*cell, len(found), hashlib.sha256(content).hexdigest())
"""


def hashes(threads: int, hash_seed: int) -> str:
    environment = {
        **os.environ,
        **dict.fromkeys(
            ["OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"], str(threads)
        ),
        "PYTHONHASHSEED": str(hash_seed),
    }
    command = [sys.executable, "-c", SCRIPT]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return done.stdout


def test_a_cell_is_the_same_to_the_bit_in_fresh_processes() -> None:
    first = hashes(threads=1, hash_seed=0)
    assert len(first.splitlines()) == 5
    assert hashes(threads=3, hash_seed=1) == first
