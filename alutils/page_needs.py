"""What the pages of a book need: which cells run, which embeddings measured, which evidence."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from alutils.book import source
from alutils.parameters import validate
from alutils.profile import read_profile
from alutils.study import Grid, grids_of


@dataclass(frozen=True)
class Needs:
    """What a page, or all pages of a profile, need.

    Parameters
    ----------
    grids : list of Grid
        Whose cells are run.
    measured : list of Grid
        Whose embeddings are measured.
    evidence : dict of str to list of Grid
        Whose cells are measured beyond their records, by kind of evidence.
    """

    grids: list[Grid] = field(default_factory=list)
    measured: list[Grid] = field(default_factory=list)
    evidence: dict[str, list[Grid]] = field(default_factory=dict)


def page_parameters(root: Path, profile: str) -> dict[str, dict[str, Any]]:
    """Return the parameters of every page of a profile, those with defaults included."""
    given = read_profile(root, profile).notebooks
    return {page: validate(source(root, page), values) for page, values in given.items()}


def needs_of_page(page: str, parameters: Mapping[str, Any]) -> Needs:
    """Return what a page needs.

    Its parameters are one grid, and all its embeddings are measured, unless its module in
    `alutils.findings` says otherwise: by ``grids``, ``measured_grids`` or ``evidence_grids``,
    functions of the parameters.
    """
    module: Any = findings_of(page)
    grids = list(module.grids(parameters)) if hasattr(module, "grids") else grids_of([parameters])
    measured = module.measured_grids(parameters) if hasattr(module, "measured_grids") else grids
    evidence = module.evidence_grids(parameters) if hasattr(module, "evidence_grids") else {}
    return Needs(grids, list(measured), dict(evidence))


def needs_of_profile(root: Path, profile: str) -> Needs:
    """Return what all pages of a profile need together."""
    together = Needs()
    for page, parameters in page_parameters(root, profile).items():
        own = needs_of_page(page, parameters)
        together.grids.extend(own.grids)
        together.measured.extend(own.measured)
        for kind, grids in own.evidence.items():
            together.evidence.setdefault(kind, []).extend(grids)
    return together


def findings_of(page: str) -> ModuleType | None:
    """Return the module of `alutils.findings` that has the name of a page, if there is one."""
    name = f"alutils.findings.{page}"
    return importlib.import_module(name) if importlib.util.find_spec(name) else None
