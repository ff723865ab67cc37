"""Archives that somebody changed, and made look as if nobody had."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd


def forge(folder: Path, table: str, rows: pd.DataFrame) -> None:
    """Put other rows into an archive, and take the checksums away that would tell."""
    rows.to_parquet(folder / f"{table}.parquet")
    run = json.loads((folder / "run.json").read_text())
    run.pop("files", None)
    (folder / "run.json").write_text(json.dumps(run))
