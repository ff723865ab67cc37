"""What a run was made of and what it took: written beside each notebook, never typed by hand."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import resource
import subprocess
import sys
from pathlib import Path

import psutil  # type: ignore[import-untyped]


def git_state(folder: Path) -> dict[str, object] | None:
    """Tell which commit the code in `folder` is, and whether it was edited since.

    Parameters
    ----------
    folder : pathlib.Path
        Any folder of a checkout.

    Returns
    -------
    dict or None
        ``{"commit": hex, "dirty": bool}``; None outside of a checkout or without git.
    """

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(folder), *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    try:
        return {"commit": git("rev-parse", "HEAD"), "dirty": bool(git("status", "--porcelain"))}
    except (OSError, subprocess.CalledProcessError):
        return None


def package_versions() -> dict[str, str]:
    """Return the versions of alutils and of what it declares to need, by name."""
    names = ["alutils"]
    for requirement in importlib.metadata.requires("alutils") or []:
        if "extra ==" not in requirement:
            names.append(re.split(r"[^\w.-]", requirement, maxsplit=1)[0])
    versions = {}
    for name in names:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # a checkout whose metadata are older than its pyproject.toml
    return versions


def device() -> str:
    """Return what heavy tensors are computed on: ``"cpu"``, or ``"cuda"`` and the name of it."""
    # PyTorch takes seconds to import, and many who want to know the rest do without it.
    import torch

    from alutils.device import best_device

    found = best_device()
    return f"{found} ({torch.cuda.get_device_name(found)})" if found.type == "cuda" else str(found)


def all_versions() -> dict[str, str]:
    """Return the version of every package that is installed here, by name."""
    found = importlib.metadata.distributions()
    return dict(sorted({each.metadata["Name"].lower(): each.version for each in found}.items()))


def machine() -> dict[str, object]:
    """Describe the computer: platform, processor, cores this process may use, memory."""
    model = platform.processor()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        found = re.search(r"^model name\s*:\s*(.+)$", cpuinfo.read_text(), re.MULTILINE)
        model = found.group(1) if found else model
    usable = getattr(os, "sched_getaffinity", None)
    return {
        "platform": platform.platform(),
        "processor": model or platform.machine(),
        "cores": len(usable(0)) if usable else os.cpu_count(),
        "memory_bytes": psutil.virtual_memory().total,
    }


def children_cost() -> dict[str, object]:
    """Return what the finished child processes took together.

    Returns
    -------
    dict
        ``cpu_seconds``, summed over them, and ``peak_memory_bytes`` of the largest single one.
    """
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 3),
        "peak_memory_bytes": used.ru_maxrss * unit,
    }


def environment(folder: Path) -> dict[str, object]:
    """Collect code, packages and machine for the record of a run of a source in `folder`."""
    return {
        "git": git_state(folder),
        "python": platform.python_version(),
        "packages": package_versions(),
        "machine": machine(),
    }
