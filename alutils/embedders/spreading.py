"""Embed on the workers of a cluster, each shard of the store by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from alutils.catalogue.embedder_entry import EmbedderEntry
from alutils.embedders.backbone import Vectors, open_backbone
from alutils.embedding_store import Shard
from alutils.execution import run_tasks, tell


@dataclass(frozen=True)
class _Task:
    backbone: EmbedderEntry
    entries: tuple[EmbedderEntry, ...]
    shard: Shard
    texts: tuple[str, ...]


def spread(
    backbone: EmbedderEntry,
    entries: Sequence[EmbedderEntry],
    texts: Sequence[str],
    shards: Sequence[Shard],
    advance: Callable[[int], None],
    scheduler: str,
) -> Iterator[tuple[Shard, list[np.ndarray]]]:
    """Embed shards on a cluster.

    Parameters
    ----------
    backbone : EmbedderEntry
        The model. `lsa` is none for this: it is fitted on all texts together.
    entries : sequence of EmbedderEntry
        What of it is wanted.
    texts : sequence of str
        All texts; a worker gets those of its shard.
    shards : sequence of Shard
        What to compute.
    advance : callable
        Called with each number of texts that are done.
    scheduler : str
        Address of a Dask scheduler.

    Yields
    ------
    tuple of Shard and list of ndarray
        As they come; the vectors are those that this process would compute, up to what another
        processor or GPU changes by rounding.
    """
    own = tuple(entries)
    tasks = [_Task(backbone, own, s, tuple(texts[s.start : s.stop])) for s in shards]
    yield from run_tasks(_embed, tasks, scheduler, hear=advance)


def _embed(task: _Task) -> tuple[Shard, list[np.ndarray]]:
    return task.shard, _opened(task)(task.shard.which, task.texts, tell)


_OPEN: dict[tuple[str, ...], Vectors] = {}


def _opened(task: _Task) -> Vectors:
    """Load a model, or go on with the last one: a worker embeds many shards with it."""
    key = (task.backbone.name, *(entry.name for entry in task.entries))
    if key not in _OPEN:
        _OPEN.clear()
        _, _OPEN[key] = open_backbone(task.backbone, task.entries, ())
    return _OPEN[key]
