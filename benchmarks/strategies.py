"""CPU seconds of one query per replicate, for every strategy, on one thread.

    python -m benchmarks.strategies [--rows 5000] [--dim 384] [--classes 22] [--query-size 100]

The pool is drawn as in `benchmarks.head`; 200 labels are there already. What depends on the pool
alone (clusterings) is computed in the query that first needs it, and counted.
"""

from __future__ import annotations

import argparse
import os

os.environ.setdefault("OMP_NUM_THREADS", "1")

import time

import numpy as np
import torch

from alutils import strategies
from alutils.geometry import Geometry
from alutils.heads import SoftmaxRegression
from alutils.strategies import Selection
from alutils.streams import stream
from benchmarks.head import draw_pool

LABELLED = 200


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--dim", type=int, default=384)
    parser.add_argument("--classes", type=int, default=22)
    parser.add_argument("--query-size", type=int, default=100)
    parser.add_argument("--replicates", type=int, default=10)
    options = parser.parse_args(arguments)
    torch.set_num_threads(1)
    rng, seeds = np.random.default_rng(0), range(options.replicates)
    pool, truth = draw_pool(rng, options.rows, options.dim, options.classes)
    rows = torch.from_numpy(np.stack([rng.permutation(len(pool))[:LABELLED] for _ in seeds]))
    labels = torch.full((len(seeds), len(pool)), -1)
    labels = labels.scatter(1, rows, truth[rows])
    head = SoftmaxRegression().fit(pool, rows, truth[rows], options.classes)
    print(
        f"{options.rows:,} x {options.dim}, {options.classes} classes, k = {options.query_size}\n"
    )
    print("| strategy | seconds per replicate |\n|---|---|")
    for name in strategies.names():
        selection = Selection(
            pool=pool,
            labelled=labels >= 0,
            labels=labels,
            n_classes=options.classes,
            head=head,
            geometry=Geometry(pool, "drawn", list(seeds)),
        )
        start = time.process_time()
        streams = [stream("query 1", "drawn", seed) for seed in seeds]
        strategies.select(name, selection, options.query_size, streams)
        print(f"| {name} | {(time.process_time() - start) / len(seeds):.4f} |", flush=True)


if __name__ == "__main__":
    main()
