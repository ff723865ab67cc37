"""Embeddings from a file of one array. Nothing in it is ever run."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np

from alutils.errors import UserError
from alutils.ordinary_file import check_ordinary
from alutils.tables import is_there

WANTED = "one array with a row for each text"


def read_vectors(path: Path) -> np.ndarray:
    """Read embeddings from ``.npy`` or ``.safetensors``.

    Parameters
    ----------
    path : pathlib.Path
        Of the file. A ``.safetensors`` file must hold a single tensor.

    Returns
    -------
    numpy.ndarray
        As it is there; bfloat16 and float8, which NumPy does not have, as float32.

    Raises
    ------
    UserError
        If there is no such file, or it holds no such array.
    """
    if not is_there(path):
        raise UserError(f"there is no file {path}: name a .npy or .safetensors file of embeddings")
    check_ordinary(path)
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return _npy(path)
    if suffix == ".safetensors":
        return _safetensors(path)
    raise UserError(
        f"{path} is neither .npy nor .safetensors: save embeddings with numpy.save, {WANTED}"
    )


def _npy(path: Path) -> np.ndarray:
    try:
        # No pickle: it could run code. Nor np.load, which takes a zip archive for an .npy file.
        with np.errstate(all="ignore"), warnings.catch_warnings(action="ignore"):
            array = np.asarray(np.lib.format.open_memmap(path, mode="r"))
        # Of another processor: the same numbers, their bytes the other way round.
        native = array.dtype.isnative
        return array if native else array.astype(array.dtype.newbyteorder("="))
    except Exception as error:  # a header is Python text, and NumPy raises whatever it stumbles on
        raise UserError(
            f"{path} cannot be read as an array of numbers ({_first_line(error)}): save {WANTED} "
            "with numpy.save, as float32"
        ) from error


def _safetensors(path: Path) -> np.ndarray:
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise UserError(
            f"{path} cannot be read as safetensors ({_first_line(error)}): save {WANTED} again"
        ) from error
    if len(tensors) != 1:
        inside = ", ".join(map(repr, sorted(tensors))) or "none"
        raise UserError(
            f"{path} holds {len(tensors)} tensors ({inside}): save the embeddings alone, {WANTED}"
        )
    (tensor,) = tensors.values()
    known = not tensor.is_floating_point() or tensor.dtype in (torch.float16, torch.float64)
    try:
        return np.asarray((tensor if known else tensor.float()).numpy())
    except (TypeError, RuntimeError):  # nor do all types of PyTorch convert to others
        raise UserError(
            f"{path} holds numbers of the type {tensor.dtype}, which NumPy does not have: save the "
            "embeddings as float32"
        ) from None


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
