"""The reviewers' question on heads (Q7): whether the findings hold under another one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from alutils.errors import UserError
from alutils.figures.style import plain
from alutils.findings import robustness, robustness_words
from alutils.findings.finding import Finding
from alutils.study import Grid, grids_of

QUESTION = "Do the findings hold under an MLP head instead of logistic regression?"

CLAIMED = "mlp"
"""The head that the claim is about. Others that are run say whether the penalty matters."""


def grids(parameters: Mapping[str, Any]) -> list[Grid]:
    """Return a grid for each head, that of the base first.

    Parameters
    ----------
    parameters : mapping
        Of the page: those of a grid, and ``heads``, other than the base's.

    Returns
    -------
    list of Grid

    Raises
    ------
    UserError
        If there is no other head.
    """
    (base,) = grids_of([parameters])
    others = [head for head in dict.fromkeys(parameters["heads"]) if head != base.head]
    if not others:
        raise UserError(
            f"heads needs one or more besides {base.head!r}, with which they are compared"
        )
    return [base, *(base.model_copy(update={"head": head}) for head in others)]


def measured_grids(parameters: Mapping[str, Any]) -> list[Grid]:
    """Return the grids whose embeddings are measured: that of the base."""
    return grids(parameters)[:1]


def finding(*records: pd.DataFrame) -> Finding:
    """Judge whether findings hold under an MLP.

    Parameters
    ----------
    *records : pandas.DataFrame
        Of each of `grids`.

    Returns
    -------
    Finding
        See `alutils.findings.robustness.compare` for the rule. Where no head is `CLAIMED`, the
        question is that of all heads.
    """
    return judged(robustness.compare(robustness.areas(records)))


def judged(compared: robustness.Compared) -> Finding:
    """Do as `finding` with what has been compared already."""
    claimed = [world for world in compared.worlds["world"] if world == plain(CLAIMED)]
    question = QUESTION if claimed else "Do the findings hold under other heads?"
    return robustness_words.finding(compared, question, judged=claimed or None)
