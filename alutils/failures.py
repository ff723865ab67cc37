"""Cells that failed: named at the end of a run, and not tried again unasked."""

from __future__ import annotations

import json
import traceback
from pathlib import Path

from alutils.errors import UserError
from alutils.results import Provenance, keep, read_kept


class FailedCells:
    """What is known of cells that failed, beside the results.

    Parameters
    ----------
    store : pathlib.Path
        The folder of a `alutils.results.ResultsStore`.
    """

    def __init__(self, store: Path) -> None:
        self.folder = store / "failed"

    def read(self, provenance: Provenance) -> str | None:
        """Return why this cell failed, with this code and these data; None if it did not."""
        for path in self._files(provenance):
            if (data := read_kept(path)) is not None:
                reason: str = json.loads(data)["reason"]
                return reason
        return None

    def write(self, provenance: Provenance, reason: str, trace: str) -> None:
        """Keep why a cell failed, and where in the code."""
        found = {"cell": provenance.cell.fields(), "reason": reason, "trace": trace.splitlines()}
        data = json.dumps(found, indent=1, ensure_ascii=False).encode()
        keep(self.folder, provenance.key, ".json", data)

    def forget(self, provenance: Provenance) -> None:
        """Let a cell be tried again."""
        for path in self._files(provenance):
            path.unlink(missing_ok=True)

    def _files(self, provenance: Provenance) -> list[Path]:
        return sorted(self.folder.glob(f"{provenance.key}-*.json"))


def reason_of(error: Exception) -> str:
    """Say in one line why a cell failed."""
    if isinstance(error, UserError):
        return str(error)
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}".removesuffix(": ")


def trace_of(error: Exception) -> str:
    """Write where in the code an error arose."""
    return "".join(traceback.format_exception(error))
