"""Which device heavy tensors live on."""

from __future__ import annotations

import os

import torch

from alutils.errors import UserError


def best_device() -> torch.device:
    """Return the device to compute on: CUDA, else Metal, else the CPU.

    The environment variable ``ALUTILS_DEVICE`` overrides the choice: ``cpu``, ``cuda:1``.

    Raises
    ------
    UserError
        If ``ALUTILS_DEVICE`` names no device, or one that this machine does not have.
    """
    chosen = os.environ.get("ALUTILS_DEVICE")
    if not chosen:
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(chosen)
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:
        raise UserError(
            f"ALUTILS_DEVICE is {chosen!r}, which this machine cannot use: "
            "set it to cpu, cuda or mps, or leave it out"
        ) from error
    return device
