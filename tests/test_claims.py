"""Claims: what is on record is compared with what comes out, and a difference is named."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alutils import claims
from alutils.book import sources
from alutils.errors import NotReproduced
from alutils.findings import Finding, Number
from alutils.study import Grid

ROOT = Path(__file__).parent.parent

FOUND = {
    "C9": Finding(
        question="Is it so?",
        verdict="holds",
        sentence="It is.",
        test="By looking.",
        change="Nothing.",
        numbers={
            "gain": Number("gain of one over the other", 0.02, 0.01, 0.03, "seeds"),
            "rate": Number("a rate", 0.5, kind="plain"),
        },
    )
}


@pytest.fixture
def recorded(tmp_path: Path) -> dict[str, dict[str, object]]:
    claims.write(tmp_path, FOUND)
    return claims.on_record(tmp_path)


def moved(by: float, verdict: str = "holds") -> dict[str, Finding]:
    finding = FOUND["C9"]
    number = dataclasses.replace(finding.numbers["gain"], value=0.02 + by)
    numbers = {**finding.numbers, "gain": number}
    return {"C9": dataclasses.replace(finding, numbers=numbers, verdict=verdict)}  # type: ignore[arg-type]


def test_what_is_on_record_is_json_that_every_reader_knows(tmp_path: Path) -> None:
    claims.write(tmp_path, FOUND)
    content = json.loads(
        (tmp_path / claims.ON_RECORD).read_text(), parse_constant=lambda word: pytest.fail(word)
    )
    assert content["C9"]["numbers"]["rate"]["low"] is None


def test_the_same_findings_agree(recorded: dict[str, dict[str, object]]) -> None:
    said = claims.check(FOUND, recorded, exactly=True)
    assert said == "1 claims with 2 numbers come out as they are on record (up to rounding)"
    claims.check(moved(1e-7), recorded, exactly=True)


def test_a_number_that_moved_is_named(recorded: dict[str, dict[str, object]]) -> None:
    with pytest.raises(NotReproduced, match=r"C9: gain of one over the other is 0\.02001"):
        claims.check(moved(1e-5), recorded, exactly=True)
    claims.check(moved(0.009, "cannot tell"), recorded, exactly=False)  # half the interval: 0.01
    with pytest.raises(NotReproduced, match="gain of one over the other"):
        claims.check(moved(0.011), recorded, exactly=False)
    with pytest.raises(NotReproduced, match="gain of one over the other"):
        claims.check(moved(np.nan), recorded, exactly=False)


def test_a_verdict_that_moved_is_named(recorded: dict[str, dict[str, object]]) -> None:
    with pytest.raises(NotReproduced, match="verdict is 'cannot tell', on record 'holds'"):
        claims.check(moved(0.0, "cannot tell"), recorded, exactly=True)


def test_a_claim_or_number_that_is_gone_is_named(recorded: dict[str, dict[str, object]]) -> None:
    with pytest.raises(NotReproduced, match="C9: it has no page any more"):
        claims.check({}, recorded, exactly=True)
    without = {"C9": dataclasses.replace(FOUND["C9"], numbers={})}
    with pytest.raises(NotReproduced, match="a rate is nan"):
        claims.check(without, recorded, exactly=True)


def test_every_claim_has_a_page_and_a_module_that_decides() -> None:
    known = claims.read_claims(ROOT)
    assert len({claim.id for claim in known}) == len(known)
    for claim in known:
        assert claim.page in sources(ROOT), claim.page
        assert (ROOT / "alutils" / "findings" / f"{claim.page}.py").is_file()


def test_the_cost_of_a_page_counts_shared_cells_once() -> None:
    grid = Grid(
        datasets=["trec6"],
        embedders=["lsa"],
        strategies=["random", "margin"],
        initial_size=10,
        query_size=10,
        cycles=2,
        seeds=3,
        pool_size=100,
        test_size=50,
    )
    fields = [cell.fields() for cell in grid.cells()]
    costs = pd.DataFrame(fields).assign(stage="cell", cpu_seconds=[2.0, 3.0])
    costs["peak_memory_bytes"] = [5e8, 4e8]
    embedding = {"stage": "embedding", "dataset": "trec6", "embedder": "lsa", "cpu_seconds": 50.0}
    costs = pd.concat([costs, pd.DataFrame([embedding])], ignore_index=True)
    only_margin = grid.model_copy(update={"strategies": ["margin"]})
    assert claims.costs_of(costs, [grid, only_margin]) == (5.0, 5e8)
    assert claims.costs_of(costs, [only_margin]) == (3.0, 4e8)
    assert claims.costs_of(costs, []) == (0.0, 0.0)
