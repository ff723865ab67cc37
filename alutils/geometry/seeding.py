"""D² sampling (k-means++), drawn exactly without keeping the distances up to date."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.random import Generator
from torch import Tensor

from alutils.geometry.space import Space

BLOCK = 32  # candidates drawn at once
PATIENCE = 1024  # distances worth computing anew to avoid one rejected candidate


def d2_sample(
    space: Space,
    first: Tensor,
    k: int,
    streams: Sequence[Generator],
    allowed: Tensor | None = None,
) -> Tensor:
    """Draw rows one by one, each with probability proportional to its squared distance D².

    D² is the squared distance to the nearest row drawn so far. Candidates come in blocks from
    *stale* weights, the distances to only some of the rows drawn, and are corrected by rejection:
    a candidate of stale weight w is kept with probability D² / w (D² ≤ w, since distances only
    shrink). The next row kept is then distributed exactly as D². A candidate is compared with the
    rows drawn so far; all N points are only when rejections have become dearer than that product.

    Parameters
    ----------
    space : Space
        Points of R replicates.
    first : torch.Tensor
        The row to begin with in each replicate, shape (R,).
    k : int
        Rows wanted, the first included.
    streams : sequence of numpy.random.Generator
        One per replicate.
    allowed : torch.Tensor, optional
        Boolean, shape (R, N): rows that may be drawn, at least k of each replicate, among them
        the first. All rows if left out.

    Returns
    -------
    torch.Tensor
        Shape (R, k), distinct allowed rows in the order drawn. Once every allowed point lies on a
        row drawn, the remaining rows are uniform among those not drawn.

    References
    ----------
    Arthur and Vassilvitskii, k-means++: The advantages of careful seeding, SODA 2007.
    """
    everyone = torch.arange(len(first), device=first.device)
    stale = space.to_nearest(everyone, first[:, None])
    filled = np.ones(len(first), dtype=np.int64)
    return _sample(space, first, filled, stale, k, streams, allowed)


def d2_extend(
    space: Space,
    centres: Sequence[Tensor],
    k: int,
    streams: Sequence[Generator],
    allowed: Tensor,
) -> Tensor:
    """Draw further rows as `d2_sample` does, where some centres are there already.

    Parameters
    ----------
    space : Space
        Points of R replicates.
    centres : sequence of torch.Tensor
        For each replicate the rows that are centres from the start, shape (L,), none of them
        allowed. Without any, the first row is uniform among the allowed.
    k : int
        Rows wanted, centres not counted.
    streams, allowed
        As for `d2_sample`.

    Returns
    -------
    torch.Tensor
        Shape (R, k), distinct allowed rows in the order drawn; uniform once every allowed point
        lies on a centre or a row drawn.
    """
    starts = list(centres)
    filled = np.array([0 if len(rows) else 1 for rows in starts])
    for r in np.flatnonzero(filled).tolist():
        free = allowed[r].nonzero()[:, 0]
        starts[r] = free[int(streams[r].integers(len(free)))][None]
    anchor = torch.cat([rows[:1] for rows in starts])
    return _sample(space, anchor, filled, space.to_nearest_of(starts), k, streams, allowed)


def _sample(
    space: Space,
    anchor: Tensor,
    filled: np.ndarray,
    stale: Tensor,
    k: int,
    streams: Sequence[Generator],
    allowed: Tensor | None,
) -> Tensor:
    """Fill k places per replicate from the squared distances (R, N) to the centres so far.

    The anchor (R,) is one of these centres, and the row drawn first where one place is filled.
    """
    device, n_points = anchor.device, len(space.points)
    # Places not filled yet hold the anchor: as a centre it changes nothing.
    chosen = np.repeat(anchor.cpu().numpy()[:, None], k, axis=1)
    folded = filled.copy()  # how many of the rows drawn the stale weights know
    rejected = np.zeros_like(filled)  # since they last learnt
    if allowed is not None:
        stale.masked_fill_(~allowed, 0)
    cumulative = stale.cumsum(dim=1, dtype=torch.float64)

    while len(active := np.flatnonzero(filled < k)):
        total = cumulative[:, -1].cpu().numpy()
        for r in active[total[active] <= 0].tolist():
            free = np.ones(n_points, bool) if allowed is None else allowed[r].cpu().numpy().copy()
            free[chosen[r, : filled[r]]] = False
            chosen[r, filled[r] :] = streams[r].choice(
                np.flatnonzero(free), k - filled[r], replace=False
            )
            filled[r] = k
        active = active[total[active] > 0]
        if not len(active):
            break
        which = torch.as_tensor(active, device=device)
        uniform = np.stack([streams[r].random((2, BLOCK)) for r in active.tolist()])
        sums = [cumulative[r] for r in active.tolist()]  # views: a copy for each block is dear
        candidates = inverse_cdf(sums, torch.as_tensor(uniform[:, 0], device=device))
        weight = stale[which[:, None], candidates]
        nearest = weight
        if (pending := _pending(chosen, folded, filled, active)).shape[1]:
            centres = torch.as_tensor(pending, device=device)
            known = space.between(which, candidates, centres).amin(dim=2)
            nearest = torch.minimum(weight, known)
        kept = _keep(
            weight.double().cpu().numpy(),
            nearest.double().cpu().numpy(),
            space.between(which, candidates, candidates).double().cpu().numpy(),
            uniform[:, 1],
            k - filled[active],
        )
        drawn = candidates.cpu().numpy()
        for r, rows, keep in zip(active, drawn, kept, strict=True):
            new = rows[keep]
            chosen[r, filled[r] : filled[r] + len(new)] = new
            filled[r] += len(new)
            rejected[r] += BLOCK - len(new)

        due = np.flatnonzero(
            (filled < k) & (filled > folded) & (rejected * PATIENCE >= n_points * (filled - folded))
        )
        if len(due):
            which = torch.as_tensor(due, device=device)
            centres = torch.as_tensor(_pending(chosen, folded, filled, due), device=device)
            fresh = torch.minimum(stale[which], space.to_nearest(which, centres))
            fresh.scatter_(1, centres, 0)
            stale[which] = fresh
            cumulative[which] = fresh.cumsum(dim=1, dtype=torch.float64)
            folded[due], rejected[due] = filled[due], 0
    return torch.as_tensor(chosen, device=device)


def inverse_cdf(cumulative: Sequence[Tensor] | Tensor, uniform: Tensor) -> Tensor:
    """Draw rows with probability proportional to their weights.

    Parameters
    ----------
    cumulative : torch.Tensor, or sequence of them
        Cumulative sums of the weights, float64, shape (A, N), or A of shape (N,); the last
        one positive.
    uniform : torch.Tensor
        Numbers from [0, 1), float64, shape (A, B).

    Returns
    -------
    torch.Tensor
        Shape (A, B), rows of positive weight.
    """
    total = torch.stack([sums[-1:] for sums in cumulative])
    below = torch.nextafter(total, torch.zeros_like(total))
    target = torch.minimum(uniform * total, below)
    found = [
        torch.searchsorted(sums, wanted, right=True)
        for sums, wanted in zip(cumulative, target, strict=True)
    ]
    return torch.stack(found).clamp_(max=len(cumulative[0]) - 1)


def _pending(
    chosen: np.ndarray, folded: np.ndarray, filled: np.ndarray, which: np.ndarray
) -> np.ndarray:
    """Rows drawn that the stale weights do not know, (A, P), padded with the first row."""
    width = int((filled - folded)[which].max())
    places = np.minimum(folded[which, None] + np.arange(width), chosen.shape[1] - 1)
    known = places >= filled[which, None]
    return np.where(known, chosen[which, :1], chosen[which[:, None], places])


def _keep(
    weight: np.ndarray,
    nearest: np.ndarray,
    among: np.ndarray,
    uniform: np.ndarray,
    room: np.ndarray,
) -> np.ndarray:
    """Go through candidates in order and keep each with probability D² / weight: mask (A, B)."""
    kept = np.zeros(weight.shape, dtype=bool)
    nearest, room, threshold = nearest.copy(), room.copy(), uniform * weight
    for b in range(weight.shape[1]):
        keep = (threshold[:, b] < nearest[:, b]) & (room > 0)
        kept[:, b] = keep
        room -= keep
        np.minimum(nearest, among[:, b], out=nearest, where=keep[:, None])
    return kept
