"""Files that can be read to their end, into the memory there is."""

from __future__ import annotations

from pathlib import Path

import psutil  # type: ignore[import-untyped]

from alutils.errors import UserError


def check_ordinary(path: Path) -> None:
    """Refuse what is no file with an end, and a file that does not fit into memory.

    Parameters
    ----------
    path : pathlib.Path
        Something that is there.

    Raises
    ------
    UserError
        If it is a folder, a pipe or a device, which may never end, or larger than what is free.
    """
    if not path.is_file():
        raise UserError(f"{path} is a folder, a pipe or a device: name an ordinary file")
    size, free = path.stat().st_size, psutil.virtual_memory().available
    if size > free:
        raise UserError(
            f"{path} has {size / 1e9:.1f} GB, and {free / 1e9:.1f} GB of memory are free: take a "
            "part of it"
        )
