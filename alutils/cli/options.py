"""Options that several commands have, and what they set up."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from alutils.errors import UserError

Root = Annotated[Path, typer.Option(help="Folder of the project.")]
Mirror = Annotated[
    Path | None,
    typer.Option(
        help="Folder of hub datasets, <owner>/<name>/<split>.parquet (or ALUTILS_MIRROR)."
    ),
]
Workers = Annotated[
    int | None, typer.Option(min=1, help="Processes at once; by default one for each core.")
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="Give the work to this Dask scheduler, such as tcp://10.0.0.1:8786, instead.",
    ),
]
RetryFailed = Annotated[
    bool, typer.Option("--retry-failed", help="Try cells again that failed before.")
]
ProfileName = Annotated[str, typer.Option("--profile", help="A file in data/profiles.")]
TrustRemoteCode = Annotated[
    list[str] | None,
    typer.Option(help="Let this embedder run the Python code that its hub page ships; repeatable."),
]


def environment(mirror: Path | None = None, trust: list[str] | None = None) -> None:
    """Pass options on to every process that is started from here."""
    if mirror is not None:
        if not mirror.is_dir():
            raise UserError(
                f"--mirror {mirror} is not a folder: name the one that holds the datasets"
            )
        os.environ["ALUTILS_MIRROR"] = str(mirror.resolve())
    if trust:
        os.environ["ALUTILS_TRUST_REMOTE_CODE"] = ",".join(trust)


def where(workers: int | None, scheduler: str | None) -> int | str | None:
    """Return how much runs at once: processes of this machine, or a scheduler; not both."""
    if workers is not None and scheduler is not None:
        raise UserError(
            "--workers are processes of this machine, and a scheduler brings its own: give "
            "--workers or --scheduler"
        )
    if scheduler == "":
        raise UserError("--scheduler is empty: give the address that dask scheduler prints")
    return workers if scheduler is None else scheduler


def archive_folder(root: Path, profile: str) -> Path:
    """Return where the archive of a profile is, or would be."""
    return root.resolve() / "data" / "results" / profile


def use_archive(root: Path, profile: str) -> bool:
    """Let everything from here on take results from the profile's archive, if it has one."""
    folder = archive_folder(root, profile)
    if not folder.is_dir():
        return False
    os.environ["ALUTILS_ARCHIVE"] = str(folder)
    return True
