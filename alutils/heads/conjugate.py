"""Conjugate gradients for one Newton step of the softmax objective, batched over replicates."""

from __future__ import annotations

import torch
from torch import Tensor

from alutils.heads.span import Coordinates, dot

#: Far more iterations than any real problem needed. Reaching it still gives a descent direction.
LIMIT = 500


def newton_step(
    space: Coordinates,
    p: Tensor,
    scale: Tensor,
    downhill: Tensor,
    start: tuple[Tensor, Tensor],
    share: Tensor,
    mean: Tensor,
) -> tuple[Tensor, Tensor, Tensor]:
    """Solve ``Hessian * step = downhill`` roughly.

    Parameters
    ----------
    space : Coordinates
        The coordinates, of a step's dtype.
    p : torch.Tensor
        Shape (R, C, L), the probabilities of the labelled rows.
    scale : torch.Tensor
        Shape (R, 1, 1), the weight of the log-losses.
    downhill : torch.Tensor
        Minus the gradient; a replicate with zeros gets no step. Overwritten.
    start : tuple of torch.Tensor
        What `space.precondition` makes of it.
    share : torch.Tensor
        Shape (R,): a replicate is done when an iteration lowers the quadratic model by at most
        this share of what the iterations have lowered it by. To know that takes no product more,
        as the residual would: a fifth fewer products in all.
    mean : torch.Tensor
        Shape (R, C): what averages over the classes seen.

    Returns
    -------
    step : torch.Tensor
        In the space's coordinates.
    along : torch.Tensor
        Shape (R, C, L), the logits it adds.
    counts : torch.Tensor
        Shape (R,), int64, iterations.
    """
    direction, image = start
    left = dot(downhill, image)
    active = left > 0
    counts, total = active.long(), torch.zeros_like(left)
    step, along = torch.zeros_like(direction), torch.zeros_like(p)
    weighted = p * scale
    for _ in range(LIMIT):
        change = space.logits(image)
        curved = weighted * change
        curved.addcmul_(p, curved.sum(dim=1, keepdim=True), value=-1)
        bent = space.bend(curved, direction)
        # A replicate that is done stands still: its length is 0 from here on.
        bend = dot(bent, image)
        active = active & (left > 0) & (bend > 0)
        length = torch.where(active, left / bend, 0)
        by = length[:, None, None]
        step.addcmul_(direction, by)
        along.addcmul_(change, by)
        gain = length * left
        total += gain
        active = active & (gain > share * total)
        if not bool(active.any()):
            break
        counts += active
        downhill.addcmul_(bent, by, value=-1)
        space.balance(downhill, mean)
        z, z_image = space.precondition(downhill)
        now = dot(downhill, z_image)
        kept = torch.where(active, now / left, 0)[:, None, None]
        direction = torch.addcmul(z, direction, kept)
        image = direction if z_image is z else torch.addcmul(z_image, image, kept)
        left = now
    return step, along, counts
