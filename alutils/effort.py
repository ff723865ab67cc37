"""What it takes to compute a page's cells anew, in words."""

from __future__ import annotations

from pathlib import Path

from alutils import claims, spending
from alutils.archive import in_force
from alutils.figures.amounts import data_size
from alutils.page_needs import needs_of_page, page_parameters
from alutils.progress import duration
from alutils.study import run_study


def effort_of_pages(root: Path, profile: str) -> dict[str, str]:
    """Say what the cells of each page took when they were computed.

    Parameters
    ----------
    root : pathlib.Path
        The checkout.
    profile : str
        Its cells have results, or are in the archive in force.

    Returns
    -------
    dict of str to str
        By page: time of one core, memory, and for an archive on what. Pages without cells are left
        out. Cells that pages share count for each of them.
    """
    parameters = page_parameters(root, profile)
    grids = {page: needs_of_page(page, values).grids for page, values in parameters.items()}
    every = [grid for of_page in grids.values() for grid in of_page]
    if not every:
        return {}
    archived = in_force()
    costs = archived.costs if archived else spending.of_cells(run_study(every))
    # A store may have been filled by several machines.
    where = f" ({archived.run['machine']['processor']})" if archived else ""
    words = {}
    for page, own in grids.items():
        if own:
            seconds, memory = claims.costs_of(costs, own)
            words[page] = f"{duration(seconds)} on one core{where} and {data_size(memory)}"
    return words
