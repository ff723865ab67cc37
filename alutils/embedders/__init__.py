"""Embedders: from a dataset's texts to embeddings, through the embedding store."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from alutils.catalogue import dataset_entry, dataset_names, embedder_entry
from alutils.catalogue.embedder_entry import EmbedderEntry
from alutils.catalogue.steps import EMBEDDER_STEPS, Step, base_name, split_steps
from alutils.datasets import Dataset
from alutils.embedders import degrade
from alutils.embedders.backbone import open_backbone
from alutils.embedders.spreading import spread
from alutils.embedding_reuse import NOTE, digests
from alutils.embedding_store import EmbeddingStore, Matrices, Shard
from alutils.errors import UserError

__all__ = ["EmbeddedDataset", "embed", "entry_of"]

# Tokenising takes a hundredth of the time, and its threads make every later fork print a warning.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")


@dataclass(frozen=True, eq=False)
class EmbeddedDataset:
    """A dataset and its embeddings.

    Attributes
    ----------
    dataset : Dataset
        With N pool texts and M test texts.
    embedder : str
        Name as in the catalogue, with its steps.
    pool, test : ndarray of shape (N, D) and (M, D), float32
        Read-only views of one memory-mapped matrix; without steps, rows have length 1 (0 if a text
        has no word that the embedder knows).
    fingerprint : str
        64 hex digits that change if and only if the vectors may change.
    """

    dataset: Dataset
    embedder: str
    pool: np.ndarray = field(repr=False)
    test: np.ndarray = field(repr=False)
    fingerprint: str

    @property
    def path(self) -> Path:
        """The ``.npy`` file of the whole matrix, shape (N + M, D): pool rows, then test rows."""
        assert isinstance(self.pool, np.memmap) and self.pool.filename is not None
        return Path(self.pool.filename)


def embed(
    dataset: Dataset,
    embedders: Sequence[str],
    *,
    trust_remote_code: Collection[str] = (),
    scheduler: str | None = None,
    growing: bool = False,
) -> dict[str, EmbeddedDataset]:
    """Embed the texts of a dataset, or open what was embedded before.

    Parameters
    ----------
    dataset : Dataset
        Its pool and test texts are embedded; its labels are not looked at.
    embedders : sequence of str
        Names of the catalogue, or ``folder:PATH`` for a sentence-transformers folder of your own,
        with steps or without. Those that share a backbone share one forward pass.
    trust_remote_code : collection of str
        Embedders that may run Python code from their repository, besides those in the
        environment variable ``ALUTILS_TRUST_REMOTE_CODE`` (names with commas between).
    scheduler : str, optional
        Address of a Dask scheduler whose workers embed; by default this process does, with all
        its cores or its GPU.
    growing : bool
        Whether texts may be added: then what an earlier call embedded is not embedded again, where
        the embedder looks at one text at a time.

    Returns
    -------
    dict of str to EmbeddedDataset
        In the order of `embedders`.

    Raises
    ------
    UserError
        Before anything is downloaded or computed, if an embedder does not exist or needs a trust
        that is not given; later, if weights cannot be had, the store cannot be written or an
        embedding is not finite.
    """
    wanted = {name: split_steps(name, EMBEDDER_STEPS) for name in embedders}
    groups: dict[str, list[EmbedderEntry]] = {}
    for name in dict.fromkeys(base for base, _ in wanted.values()):
        entry = entry_of(name)
        groups.setdefault(entry.backbone or name, []).append(entry)
    for backbone in groups:
        _check_trust(entry_of(backbone), trust_remote_code)
    found: dict[str, EmbeddedDataset] = {}
    for backbone, entries in groups.items():
        found |= _embed_group(dataset, entry_of(backbone), entries, scheduler, growing)
    return {
        name: _degraded(found[base], name, steps) if steps else found[base]
        for name, (base, steps) in wanted.items()
    }


def entry_of(name: str) -> EmbedderEntry:
    """Return the catalogue entry of an embedder, or make one for ``folder:PATH``.

    With steps in the name it is that of the embedder without them, under this name and with the
    dimensions that are left.

    Raises
    ------
    UserError
        If there is no such embedder, no such folder or no such step.
    """
    base, steps = split_steps(name, EMBEDDER_STEPS)
    if steps:
        entry = entry_of(base)
        left = None if entry.dim is None else degrade.dimensions(entry.dim, steps)
        return entry.model_copy(update={"name": name, "dim": left})
    if not name.startswith("folder:"):
        return embedder_entry(name)
    folder = Path(name.removeprefix("folder:")).expanduser()
    if not (folder / "modules.json").is_file():
        raise UserError(
            f"{folder} is no sentence-transformers folder (it has no modules.json): "
            "save one there with SentenceTransformer.save"
        )
    return EmbedderEntry(
        name=name,
        title=folder.name,
        description="A sentence-transformers folder of your own.",
        licence="yours",
        kind="transformer",
        dim=None,
    )


def _degraded(embedded: EmbeddedDataset, name: str, steps: Sequence[Step]) -> EmbeddedDataset:
    """Apply the steps of a name to what was embedded, or open what was made before."""
    pool_size, rows = len(embedded.pool), len(embedded.pool) + len(embedded.test)
    fields = {
        "embedding": embedded.fingerprint,
        "pool_size": pool_size,
        "steps": [str(step) for step in steps],
        "recipe": degrade.RECIPE,
    }

    def compute(shards: Sequence[Shard], advance: Callable[[int], None]) -> Matrices:
        transform = degrade.fit(embedded.pool, steps, embedded.fingerprint)
        vectors = np.load(embedded.path, mmap_mode="r", allow_pickle=False)
        for shard in shards:
            yield shard, [transform(vectors[shard.start : shard.stop], shard.start)]
            advance(shard.stop - shard.start)

    dataset = embedded.dataset
    [stored] = EmbeddingStore().get_or_compute(
        [fields],
        rows,
        compute,
        f"embedding {dataset.name} with {name}",
        [{"dataset": dataset.name, "embedder": name}],
    )
    pool, test = stored.embeddings[:pool_size], stored.embeddings[pool_size:]
    return EmbeddedDataset(dataset, name, pool, test, stored.key)


def _check_trust(entry: EmbedderEntry, trusted: Collection[str]) -> None:
    from_environment = os.environ.get("ALUTILS_TRUST_REMOTE_CODE", "").split(",")
    if entry.requires_remote_code and entry.name not in {*trusted, *from_environment}:
        assert entry.hub is not None
        raise UserError(
            f"embedder {entry.name!r} runs Python code that its authors keep at {entry.hub.id}, "
            "with all your rights on this machine: if you trust them, allow it with "
            f"`--trust-remote-code {entry.name}`"
        )


def _embed_group(
    dataset: Dataset,
    backbone: EmbedderEntry,
    entries: Sequence[EmbedderEntry],
    scheduler: str | None,
    growing: bool,
) -> dict[str, EmbeddedDataset]:
    texts = _texts(dataset, backbone)
    pool_size = len(dataset.pool_texts)
    identities, vectors = open_backbone(backbone, entries, texts[:pool_size])
    # The split counts: lsa is fitted on the pool texts, and `pool` must stay what it was.
    common = {"texts": _fingerprint(texts), "pool_size": pool_size}
    who = entries[0].name if len(entries) == 1 else f"{backbone.name} at {len(entries)} layers"

    # LSA is fitted to all texts.
    reusable = {NOTE: digests(texts)} if growing and backbone.kind != "lsa" else {}

    def here(shards: Sequence[Shard], advance: Callable[[int], None]) -> Matrices:
        for shard in shards:
            yield shard, vectors(shard.which, texts[shard.start : shard.stop], advance)

    def compute(shards: Sequence[Shard], advance: Callable[[int], None]) -> Matrices:
        if scheduler is None or backbone.kind == "lsa":  # which is fitted on all texts together
            found = here(shards, advance)
        else:
            found = spread(backbone, entries, texts, shards, advance, scheduler)
        for shard, arrays in found:
            for i, array in zip(shard.which, arrays, strict=True):
                _check(array, entries[i], dataset, shard.start)
            yield shard, arrays

    # What it costs a cluster is not what it costs this process.
    cost = {} if scheduler is None or backbone.kind == "lsa" else {"cost": None}
    stored = EmbeddingStore().get_or_compute(
        [{**common, "embedder": identity} for identity in identities],
        len(texts),
        compute,
        f"embedding {dataset.name} with {who}",
        [
            {"dataset": dataset.name, "embedder": entry.name, **cost, **reusable}
            for entry in entries
        ],
    )
    return {
        entry.name: EmbeddedDataset(
            dataset,
            entry.name,
            one.embeddings[:pool_size],
            one.embeddings[pool_size:],
            one.key,
        )
        for entry, one in zip(entries, stored, strict=True)
    }


def _texts(dataset: Dataset, backbone: EmbedderEntry) -> list[str]:
    """Return pool and test texts, the two texts of a pair joined as the embedder wants it."""
    texts = [*dataset.pool_texts, *dataset.test_texts]
    name = base_name(dataset.name)
    if backbone.separator is None or name not in dataset_names():
        return texts
    joined_by = dataset_entry(name).pair_separator
    if joined_by is None:
        return texts
    return [text.replace(joined_by, backbone.separator) for text in texts]


def _check(array: np.ndarray, entry: EmbedderEntry, dataset: Dataset, start: int) -> None:
    if entry.dim is not None and array.shape[1] != entry.dim:
        raise UserError(
            f"embedder {entry.name!r} gives {array.shape[1]} dimensions where its catalogue entry "
            f"says {entry.dim}: correct the entry"
        )
    finite = np.isfinite(array).all(axis=1)
    if not finite.all():
        row = start + int(np.argmin(finite))
        side, index = ("pool", row)
        if row >= len(dataset.pool_texts):
            side, index = ("test", row - len(dataset.pool_texts))
        raise UserError(
            f"embedder {entry.name!r} gives an embedding that is not finite for {side} text "
            f"{index} of dataset {dataset.name!r}: leave that text out, or choose another embedder"
        )


def _fingerprint(texts: Sequence[str]) -> str:
    digest = hashlib.sha256()
    for text in texts:
        content = text.encode("utf-8")
        digest.update(len(content).to_bytes(8, "little"))
        digest.update(content)
    return digest.hexdigest()
