"""Measure the speed of everything, beside its peers: ``python -m benchmarks [--full]``.

Prints tables in Markdown, and writes what was measured to data/benchmarks/quick.json or full.json,
from which the book's page on speed is made. The full measurement adds larger shapes and takes an
hour or more. With other sizes nothing is written unless a file is named.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from alutils import speed
from alutils.figures import milliseconds
from alutils.progress import duration, say
from benchmarks import head, report, run, strategies
from benchmarks import limits as least
from benchmarks.measure import Limits, Row, one_thread, row
from benchmarks.problem import Shape, draw

ROOT = Path(__file__).parents[1]
TASKS = ["strategies", "head", "run", "growth"]
LARGE = Shape(rows=25_000, dim=1024, classes=77)
GROWTH = ([10_000, 30_000, 100_000, 300_000, 1_000_000], ["margin", "badge", "coreset"])


@dataclass(frozen=True)
class Plan:
    """What is measured, and within which limits."""

    kind: str
    shapes: list[Shape]
    labels: tuple[int, ...]
    run: run.Run
    measured_cycles: int | None
    growth: bool
    limits: Limits


def rows_of(plan: Plan, tasks: list[str]) -> Iterator[Row]:
    """Measure the tasks one by one."""
    for shape in plan.shapes:
        if "strategies" in tasks:
            yield from strategies.measure(draw(shape), plan.limits)
        if "head" in tasks:
            yield from head.measure(shape, plan.labels, plan.limits)
    if "run" in tasks:
        limits = replace(plan.limits, seconds=3 * plan.limits.seconds)  # for one cycle
        yield from run.measure(plan.run, limits, plan.measured_cycles)
    if "growth" in tasks and plan.growth:
        yield from _growth()


def _growth() -> Iterator[Row]:
    """Write the records of `benchmarks.growth` as the rows of the other tasks are written."""
    try:
        from benchmarks import growth
    except ImportError:
        return
    for record in growth.measure(*GROWTH):
        sizes = record["rows"], growth.DIMENSIONS, growth.CLASSES, growth.LABELLED
        shape = Shape(*sizes, record["query_size"], record["replicates"])
        work = least.of(record["strategy"], strategies.QUERY, shape)
        yield row(
            shape, "growth", record["strategy"], speed.OURS,
            [record["seconds"] / shape.replicates], replicates=shape.replicates,
            memory_bytes=record["peak_bytes"], flops=work and work.flops,
            bytes_moved=work and work.bytes,
        )  # fmt: skip


def main(arguments: list[str] | None = None) -> None:
    """Measure, write and print."""
    options = _parser().parse_args(arguments)
    one_thread()
    plan, start = _plan(options), time.monotonic()
    about, rows = report.header(plan.kind, plan.limits), []
    for each in rows_of(plan, options.tasks):
        rows.append(each)
        took = f"{milliseconds(each['seconds'])} ms " if each["seconds"] is not None else ""
        what = f"{each['task']} {each['item']} ({each['part']}), {each['system']}"
        say(f"{what}: {took}{each['note']}")
    about["wall_seconds"] = time.monotonic() - start
    file = options.output
    if file is None and plan.kind != "other" and set(options.tasks) == set(TASKS):
        file = ROOT / speed.FOLDER / f"{plan.kind}.json"
    if file:
        report.write(file, about, rows)
        say(f"measured in {duration(about['wall_seconds'])}, written to {file}")
    print(report.markdown(speed.of(about, rows)))


def _plan(options: argparse.Namespace) -> Plan:
    names = ["rows", "dim", "classes", "labelled", "query_size", "replicates"]
    given = {name: value for name in names if (value := getattr(options, name)) is not None}
    seconds = options.seconds or (120.0 if options.full else 20.0)
    limits = Limits(seconds, psutil.virtual_memory().total // 2, options.patience)
    if not given:
        return Plan(
            "full" if options.full else "quick",
            [Shape(), LARGE] if options.full else [Shape()],
            tuple(options.labels),
            run.Run(cycles=options.cycles),
            None if options.full else 3,
            options.full,
            limits,
        )
    shape = replace(LARGE if options.full else Shape(), **given)
    same = {name: value for name, value in given.items() if name != "labelled"}
    whole = run.Run(cycles=options.cycles)
    whole = replace(whole, shape=replace(whole.shape, **same), test=min(whole.test, shape.rows))
    return Plan("other", [shape], tuple(options.labels), whole, 3, False, limits)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--full", action="store_true", help="measure the large shapes, too")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=TASKS)
    parser.add_argument("--rows", type=int, help="of the pool; sizes change all tasks")
    for name in ("dim", "classes", "labelled", "query-size", "replicates"):
        parser.add_argument(f"--{name}", type=int)
    parser.add_argument("--labels", nargs="+", type=int, default=head.LABELS, help="of heads")
    parser.add_argument("--cycles", type=int, default=run.Run.cycles, help="of the whole run")
    parser.add_argument("--patience", type=float, default=0.5, help="seconds spent on repeats")
    parser.add_argument("--seconds", type=float, help="limit for one replicate")
    parser.add_argument("--output", type=Path, metavar="FILE", help="where the rows are written")
    return parser


if __name__ == "__main__":
    main()
