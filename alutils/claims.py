"""The table of claims: every claim with its page, what was found, and what is on record."""

from __future__ import annotations

import dataclasses
import inspect
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pydantic

from alutils import quality, yaml_text
from alutils.archive import CELL_FIELDS
from alutils.errors import NotReproduced, UserError
from alutils.evidence import evidence
from alutils.findings import Finding
from alutils.page_needs import findings_of, needs_of_page, page_parameters
from alutils.results import write_atomically
from alutils.statistics import arrange
from alutils.study import Grid, run_study
from alutils.tables.table import one_line

ON_RECORD = "claims.json"

ROUNDING = 1e-6


class Claim(pydantic.BaseModel, frozen=True, extra="forbid"):
    """One line of ``data/claims.yaml``.

    Parameters
    ----------
    id : str
        C and a number for a claim of the paper's abstract, Q and a number for a question of its
        reviewers, another letter for one of ours.
    page : str
        Notebook that tests it; the module of the same name in `alutils.findings` decides.
    says : str
        The claim, in our words.
    """

    id: str
    page: str
    says: str

    @property
    def command(self) -> str:
        """What makes the page again with other parameters."""
        return f"alutils run-notebook {self.page}"


def read_claims(root: Path) -> list[Claim]:
    """Read the claims of the book in the checkout `root`."""
    path = root / "data" / "claims.yaml"
    try:
        text = path.read_text(encoding="utf-8")
        return pydantic.TypeAdapter(list[Claim]).validate_python(yaml_text.parse(text))
    except (UserError, OSError, ValueError) as error:
        raise UserError(f"the claims in {path} cannot be read ({one_line(error)})") from error


def find_all(
    root: Path, profile: str, *, records: pd.DataFrame | None = None
) -> dict[str, Finding]:
    """Work out what every claim of the book has come to under a profile.

    Parameters
    ----------
    root : pathlib.Path
        The checkout.
    profile : str
        Its parameters are used.
    records : pandas.DataFrame, optional
        Records of all cells; by default those of `alutils.study.run_study`.

    Returns
    -------
    dict of str to Finding
        By id of the claim; claims whose page is not in the profile are left out.
    """
    parameters = page_parameters(root, profile)
    known = [claim for claim in read_claims(root) if claim.page in parameters]
    needs = {claim.page: needs_of_page(claim.page, parameters[claim.page]) for claim in known}
    if records is None:
        records = run_study([grid for page in needs.values() for grid in page.grids])
    measured = quality.measure_quality([grid for page in needs.values() for grid in page.measured])
    found = {}
    for claim in known:
        module, own = findings_of(claim.page), needs[claim.page]
        assert module is not None, claim.page
        if not own.grids:  # a page that computes what it needs
            found[claim.id] = module.answer(parameters[claim.page])
            continue
        # A finding gets its records, one table for each grid, and what else it asks for by name.
        named: dict[str, pd.DataFrame] = {}
        for name in inspect.signature(module.finding).parameters:
            if name == "measured":
                named[name] = _quality_of(measured, own.grids)
            elif name in own.evidence:
                named[name] = evidence(name, own.evidence[name])
        found[claim.id] = module.finding(
            *(_records_of(records, grid) for grid in own.grids), **named
        )
    return found


def _records_of(records: pd.DataFrame, grid: Grid) -> pd.DataFrame:
    """Take out of the records of many grids what one of them would have given."""
    cells = pd.DataFrame([cell.fields() for cell in grid.cells()])
    return records[records["seed"] < grid.seeds].merge(cells, on=CELL_FIELDS)


def _quality_of(measured: pd.DataFrame, grids: Sequence[Grid]) -> pd.DataFrame:
    """Take out of a table of measured quality what some grids would have given."""
    cells = pd.DataFrame([cell.fields() for grid in grids for cell in grid.cells()])
    known = measured.merge(cells[quality.PAIR].drop_duplicates(), on=quality.PAIR)
    datasets = list(dict.fromkeys(name for grid in grids for name in grid.datasets))
    return arrange(known, dataset=datasets, embedder=quality.embedder_order(known))


def write(folder: Path, found: Mapping[str, Finding]) -> None:
    """Put findings on record beside an archive."""
    content = {name: dataclasses.asdict(each) for name, each in found.items()}
    text = json.dumps(content, indent=1, ensure_ascii=False)
    write_atomically(folder / ON_RECORD, f"{text.replace('NaN', 'null')}\n".encode())


def on_record(folder: Path) -> dict[str, Any]:
    """Read the findings on record beside an archive.

    Raises
    ------
    UserError
        If there are none, because cells were still missing when it was written.
    """
    try:
        text = (folder / ON_RECORD).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UserError(
            f"the archive {folder} has no claims on record: run the cells that are missing, then "
            "alutils archive again"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"cannot read {folder / ON_RECORD}: {one_line(error)}") from error
    try:
        content: dict[str, Any] = json.loads(text)
        for claim in content.values():
            _ = claim["verdict"], [(n["label"], n["value"] + 0) for n in claim["numbers"].values()]
    except (ValueError, RecursionError, AttributeError, KeyError, TypeError) as error:
        raise UserError(
            f"{folder / ON_RECORD} holds no claims on record ({one_line(error)}): take it from the "
            "repository again"
        ) from error
    return content


def tolerance(number: Mapping[str, Any]) -> float:
    """How far a number may move when all of it is computed again elsewhere: half its interval."""
    if number["low"] is None:
        return 0.01 if number["kind"] == "points" else 0.1
    return float(number["high"] - number["low"]) / 2


def check(found: Mapping[str, Finding], recorded: Mapping[str, Any], *, exactly: bool) -> str:
    """Compare findings with those on record.

    Parameters
    ----------
    found : mapping of str to Finding
        Worked out just now.
    recorded : mapping
        As of `on_record`.
    exactly : bool
        Whether they come from the same records, and have to be equal up to rounding; else each
        number may move by its `tolerance`, and verdicts may move with them.

    Returns
    -------
    str
        A sentence for people.

    Raises
    ------
    NotReproduced
        Naming every number and verdict that is not as it is on record.
    """
    faults, numbers = [], 0
    for name, old in recorded.items():
        new = found.get(name)
        if new is None:
            faults.append(f"{name}: it has no page any more")
            continue
        if exactly and new.verdict != old["verdict"]:
            faults.append(f"{name}: the verdict is {new.verdict!r}, on record {old['verdict']!r}")
        for key, number in old["numbers"].items():
            numbers += 1
            allowed = ROUNDING if exactly else tolerance(number)
            value = new.numbers[key].value if key in new.numbers else math.nan
            if not abs(value - number["value"]) <= allowed:
                faults.append(
                    f"{name}: {number['label']} is {value:.6g}, on record {number['value']:.6g}, "
                    f"allowed are {allowed:.2g}"
                )
    if faults:
        raise NotReproduced("claims do not come out as they are on record:\n" + "\n".join(faults))
    return (
        f"{len(recorded)} claims with {numbers} numbers come out as they are on record "
        f"({'up to rounding' if exactly else 'each within half its interval'})"
    )


def costs_of(costs: pd.DataFrame, grids: Sequence[Grid]) -> tuple[float, float]:
    """Return the processor seconds and the peak of memory (bytes) of some grids' cells.

    Parameters
    ----------
    costs : pandas.DataFrame
        Of an archive. Embedding is left out, since pages share it.
    grids : sequence of Grid
        Cells that several share count once.
    """
    fields = [cell.fields() for grid in grids for cell in grid.cells()]
    if not fields:
        return 0.0, 0.0
    own = costs.merge(pd.DataFrame(fields).drop_duplicates(), on=CELL_FIELDS)
    return float(own["cpu_seconds"].sum()), float(own["peak_memory_bytes"].max())
