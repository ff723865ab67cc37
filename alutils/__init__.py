"""Active learning on frozen text embeddings.

`alutils.advise` says what to begin with on a new dataset; `alutils.embed` turns texts into
embeddings; `alutils.select` chooses what to label next, `alutils.explain` says why, and
`alutils.when_to_stop` what more labels would bring;
`alutils.study.run_study` compares strategies; ``alutils --help`` lists what the command line does.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alutils.advice import advise
    from alutils.embedders.texts import embed
    from alutils.explaining import explain
    from alutils.selecting import select
    from alutils.stopping import when_to_stop

__all__ = ["advise", "embed", "explain", "select", "when_to_stop"]

_HOME = {
    "advise": "alutils.advice",
    "embed": "alutils.embedders.texts",
    "explain": "alutils.explaining",
    "select": "alutils.selecting",
    "when_to_stop": "alutils.stopping",
}


def __getattr__(name: str) -> Any:
    # PyTorch takes seconds to import, and `alutils --help` does not need it.
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module 'alutils' has no attribute {name!r}")
