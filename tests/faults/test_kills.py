"""SIGKILL of a whole run, again and again: what was finished stays, and the table is the same."""

from __future__ import annotations

import random
import signal
import time
from pathlib import Path

import pytest

from alutils.embedding_shards import SHARD_ROWS
from tests.faults.runs import MOMENTS, SEED, Study, assert_same


@pytest.mark.parametrize("workers", [1, pytest.param(2, marks=pytest.mark.campaign)])
def test_a_run_that_is_killed_at_random_moments(
    tmp_path: Path, undisturbed: Study, workers: int
) -> None:
    draw = random.Random(f"{SEED} {workers}")
    clock = time.monotonic()
    assert Study(tmp_path / "0").run(workers=workers)[0] == 0
    span = time.monotonic() - clock
    study, studies, kills, lost = Study(tmp_path / "1"), 1, 0, 0
    while kills < MOMENTS:
        before, begun = study.finished(), study.begun()
        moment = draw.uniform(0, span)
        run = study.start(workers=workers)
        if run.ended(moment):  # it was through before: another from the beginning
            assert run.finish()[0] == 0
            assert_same(study, undisturbed)
            studies += 1
            study = Study(tmp_path / str(studies))
            continue
        run.signal(signal.SIGKILL)
        assert run.finish()[0] == -signal.SIGKILL
        kills += 1
        assert before.items() <= study.finished().items()
        in_flight = dict(study.begun().items() - begun.items()).keys() - study.done()
        assert len(in_flight) <= workers
        lost += len(in_flight)
        print(f"killed after {moment:.2f} s: {len(study.done())} cells kept, {len(in_flight)} lost")
    before = study.finished()
    code, said = study.run(workers=workers)
    assert (code, "Traceback" in said) == (0, False), said
    assert before.items() <= study.finished().items()
    assert_same(study, undisturbed)
    print(f"seed {SEED}, {workers} workers, {span:.0f} s a run: {kills} kills, {lost} cells lost")


EMBEDDING = """
about: Many texts, and as good as nothing to do with them.
notebooks:
  initial_pool:
    datasets: [movie_sentiment]
    embedders: [hashing]
    initial_pools: [random]
    strategies: [random]
    initial_size: 10
    query_size: 10
    cycles: 1
    seeds: 1
    pool_size: 5000
    test_size: 1000
"""
SHARDS = 6


def test_an_embedding_job_that_is_killed_at_random_moments(tmp_path: Path) -> None:
    draw = random.Random(SEED)
    undisturbed = Study(tmp_path / "0", EMBEDDING)
    assert undisturbed.run(cold=False)[0] == 0
    study, studies, kept = Study(tmp_path / "1", EMBEDDING), 1, {}
    for _ in range(MOMENTS):
        run, more = study.start(cold=False), len(kept) + draw.randint(1, 3)
        while len(study.shards()) < more and not study.matrices() and not run.ended():
            time.sleep(0.001)
        time.sleep(draw.uniform(0, 0.05))
        run.signal(signal.SIGKILL)
        said = run.finish()[1]
        goes_on = f"{len(kept) * SHARD_ROWS:,} of 6,000 texts are done already" in said
        assert goes_on == (0 < len(kept) < SHARDS), said
        if study.matrices():  # it was through: another from the beginning
            assert study.run(cold=False)[0] == 0
            assert_same(study, undisturbed)
            studies, kept = studies + 1, {}
            study = Study(tmp_path / str(studies), EMBEDDING)
            continue
        assert kept.items() <= study.shards().items()  # not written again
        kept = study.shards()
        print(f"killed with {len(kept)} of {SHARDS} shards")
    code, said = study.run(cold=False)
    assert (code, "Traceback" in said) == (0, False), said
    assert_same(study, undisturbed)
