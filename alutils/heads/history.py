"""What L-BFGS remembers, in compact form (Byrd, Nocedal and Schnabel 1994), batched.

The loop over the history becomes a few large products. Everything is kept with its image under
the metric, so that inner products need no product with the metric itself.
"""

from __future__ import annotations

import torch
from torch import Tensor

#: Steps remembered. Measured from 3 to 20: more save no iterations worth their cost.
MEMORY = 4


class History:
    """The last steps of R minimisations and how the gradient changed along them.

    Parameters
    ----------
    like : torch.Tensor
        Shape (R, ...), a point.
    """

    #: The attributes with one entry per replicate.
    TENSORS = ("known", "images", "changes", "products", "curvatures", "old")

    def __init__(self, like: Tensor) -> None:
        n, size = len(like), like[0].numel()
        self.count = 0
        # Steps, then the preconditioned changes of the gradient; and the images of both.
        self.known = like.new_zeros(n, 2 * MEMORY, size)
        self.images = like.new_zeros(n, 2 * MEMORY, size)
        self.changes = like.new_zeros(n, MEMORY, size)
        # step_i . change_j and change_i . (preconditioned change_j).
        self.products = like.new_zeros(n, MEMORY, MEMORY)
        self.curvatures = like.new_zeros(n, MEMORY, MEMORY)
        # Gradient, preconditioned gradient and its image at the last point.
        self.old = like.new_zeros(n, 3, size)

    def remember(self, step: Tensor, image: Tensor) -> None:
        """Add a step and its image; the change of the gradient follows with `aim`."""
        slot = self.count % MEMORY
        self.known[:, slot], self.images[:, slot] = step.flatten(1), image.flatten(1)
        self.count += 1

    def aim(self, gradient: Tensor, z: Tensor, z_image: Tensor) -> tuple[Tensor, Tensor]:
        """Apply the estimate of the inverse Hessian to the gradient.

        Parameters
        ----------
        gradient, z, z_image : torch.Tensor
            Shape (R, ...): the gradient, the preconditioned gradient, and the latter's image.

        Returns
        -------
        torch.Tensor, torch.Tensor
            Shape (R, ...): minus the direction of descent, and its image.
        """
        now = torch.stack([gradient.flatten(1), z.flatten(1), z_image.flatten(1)], dim=1)
        m, slot = min(self.count, MEMORY), (self.count - 1) % MEMORY
        if m:
            change = now - self.old
            self.changes[:, slot] = change[:, 0]
            self.known[:, MEMORY + slot] = change[:, 1]
            self.images[:, MEMORY + slot] = change[:, 2]
        self.old = now
        if not m:
            return z, z_image
        # Rows times a transposed history is the fast shape.
        by_step = torch.stack([now[:, 0], change[:, 0]], 1) @ self.images[:, :m].mT
        by_change = torch.stack([now[:, 2], change[:, 2]], 1) @ self.changes[:, :m].mT
        self.products[:, :m, slot] = by_step[:, 1]
        self.curvatures[:, :m, slot] = self.curvatures[:, slot, :m] = by_change[:, 1]

        # Slots from the oldest to the newest step, and back.
        order = [(self.count + i) % m for i in range(m)]
        back = [order.index(i) for i in range(m)]
        upper = self.products[:, order][:, :, order].triu()
        middle = self.curvatures[:, order][:, :, order] + torch.diag_embed(
            upper.diagonal(dim1=1, dim2=2)
        )
        u = torch.linalg.solve_triangular(upper, by_step[:, 0, order, None], upper=True)
        v = torch.linalg.solve_triangular(
            upper.mT, middle @ u - by_change[:, 0, order, None], upper=False
        )
        weights = u.new_zeros(len(u), 1, 2 * MEMORY)
        weights[:, 0, :m], weights[:, 0, MEMORY : MEMORY + m] = v[:, back, 0], -u[:, back, 0]
        return z + (weights @ self.known).view_as(z), z_image + (weights @ self.images).view_as(z)
