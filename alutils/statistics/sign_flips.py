"""Tests of many mean differences at once that are about the same datasets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from alutils.statistics.student import ROUNDING
from alutils.streams import stream

EXACT = 12
"""Up to so many units all combinations of signs are looked at; with more, a sample of them."""

SAMPLE = 4096


def sign_flip_tests(differences: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Test for every group whether its mean over datasets is zero, with the family corrected.

    If nothing differs, every dataset could as well have all its differences with the other sign.
    So signs are flipped, dataset by dataset and for all groups alike, and the largest statistic
    of all groups is compared with what such flips give. That keeps the groups' dependence, and
    few datasets allow many groups, which a correction of each group's own p would not.

    Parameters
    ----------
    differences : pandas.DataFrame
        As returned by `paired_differences`; seeds are averaged first. A group may lack datasets.
    by : sequence of str
        Columns that define the groups.

    Returns
    -------
    pandas.DataFrame
        One row per group, in order of appearance: ``p`` of the group by itself and ``p_family``,
        both two-sided, and ``n_datasets``. With n datasets neither is below 2 ** (1 - n).

    Notes
    -----
    The statistic of a group is the sum of its values over the root of the sum of their squares,
    which orders flips as Student's t does. The family is corrected by the largest of them [1]_,
    in one step.

    References
    ----------
    .. [1] Westfall and Young, Resampling-Based Multiple Testing, 1993.
    """
    by = list(by)
    means = differences.groupby([*by, "dataset"], sort=False)["difference"].mean()
    wide = means.unstack("dataset").reset_index()
    groups = differences[by].drop_duplicates(ignore_index=True)
    values = groups.merge(wide, on=by).drop(columns=by).to_numpy(float)
    values = np.where(np.abs(values) <= ROUNDING, 0.0, values)
    known = ~np.isnan(values)
    values = np.nan_to_num(values)
    size = np.sqrt((values**2).sum(axis=1, keepdims=True))
    unit = values / np.where(size > 0, size, 1)
    seen = np.abs(unit.sum(axis=1))
    drawn = np.abs(unit @ _signs(values.shape[1]).T)
    reached = seen[:, None] - 1e-9
    return groups.assign(
        p=(drawn >= reached).mean(axis=1),
        p_family=(drawn.max(axis=0) >= reached).mean(axis=1),
        n_datasets=known.sum(axis=1),
    )


def _signs(n: int) -> np.ndarray:
    """Return combinations of n signs, (combinations, n), the one without a flip among them."""
    if n <= EXACT:
        # All signs turned round give the same statistic: the first stays as it is.
        bits = np.arange(2 ** (n - 1))[:, None] >> np.arange(n)[::-1] & 1
        return 1 - 2 * bits
    signs = stream("signs", "sign flips", 0).choice([-1, 1], size=(SAMPLE, n))
    signs[0] = 1
    return signs
