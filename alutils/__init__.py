"""Active learning on frozen text embeddings.

`alutils.advise` says what to begin with on a new dataset; `alutils.select` chooses what to label
next; `alutils.study.run_study` compares strategies; ``alutils --help`` lists what the command line
does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alutils.advice import advise
    from alutils.selecting import select

__all__ = ["advise", "select"]


def __getattr__(name: str) -> Any:
    # PyTorch takes seconds to import, and `alutils --help` does not need it.
    if name == "advise":
        from alutils.advice import advise

        return advise
    if name == "select":
        from alutils.selecting import select

        return select
    raise AttributeError(f"module 'alutils' has no attribute {name!r}")
