"""A measurement as a file, and as tables in Markdown."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import psutil  # type: ignore[import-untyped]

from alutils import speed
from alutils.figures import sizes, speed_table
from alutils.provenance import environment
from benchmarks import limits, peers
from benchmarks.measure import Limits, Row

TITLES = {
    "strategy": "One query",
    "head": "One head",
    "run": "A whole run with BADGE",
    "growth": "One query, as the pool grows",
}


def header(kind: str, allowed: Limits) -> dict[str, Any]:
    """Describe when, with what and on what hardware, and measure what a core can do at best."""
    return {
        "kind": kind,
        **origin(),
        "peak_flops": limits.peak_flops(),
        "peak_bandwidth": limits.peak_bandwidth(),
        "limit_seconds": allowed.seconds,
        "limit_memory_bytes": allowed.memory_bytes,
    }


def origin() -> dict[str, Any]:
    """Describe when, with what and on what hardware something is measured."""
    made_of = environment(Path(__file__).parent)
    made_of["packages"] = {**made_of["packages"], **peers.versions()}  # type: ignore[dict-item]
    machine = {
        "platform": f"{platform.system()} {platform.machine()}",
        "memory_bytes": psutil.virtual_memory().total,
    }
    return {
        "date": datetime.now(UTC).date().isoformat(),
        **made_of,
        "machine": {**made_of["machine"], **machine},  # type: ignore[dict-item]
    }


def write(path: Path, about: dict[str, Any], rows: Sequence[Row]) -> None:
    """Write a measurement, one line for each row."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(json.dumps(_short(row), ensure_ascii=False) for row in rows)
    text = f'{{"about": {json.dumps(_short(about), indent=2)},\n"rows": [\n{lines}\n]}}\n'
    path.write_text(text, encoding="utf-8")


def _short(values: dict[str, Any]) -> dict[str, Any]:
    """Keep four digits of what was measured."""
    return {k: float(f"{v:.4g}") if isinstance(v, float) else v for k, v in values.items()}


def markdown(found: speed.Speed) -> str:
    """Write every task and shape of a measurement as tables."""
    parts = []
    for task, title in TITLES.items():
        compared = speed.compare(found, task)
        varies = {"head": "labelled", "growth": "rows"}.get(task, "item")
        by = [each for each in [*speed.SHAPE, "item"] if each != varies]
        by = by if varies != "item" else speed.SHAPE
        for _, here in compared.groupby(by, sort=False):
            lines = table(speed_table(here, varies))
            parts.append(f"## {title}: {sizes(here.iloc[0])}\n\n{lines}")
    return "\n\n".join(parts)


def table(rows: pd.DataFrame) -> str:
    """Write texts as a table in Markdown."""
    lines = [list(map(str, rows.columns)), ["---"] * rows.shape[1]]
    lines += [list(map(str, line)) for line in rows.itertuples(index=False)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
