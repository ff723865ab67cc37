"""What can be said about every embedder without loading it."""

from __future__ import annotations

from typing import Any

from alutils.catalogue import embedder_entry, embedder_names
from alutils.catalogue.embedder_entry import EmbedderEntry
from alutils.embedders import weights
from alutils.wheels import wheel_path


def listing() -> list[dict[str, Any]]:
    """Describe all embedders of the catalogue.

    Returns
    -------
    list of dict
        Sorted by name, with ``name``, ``title``, ``kind``, ``dim``, ``parameters``,
        ``mteb_classification``, ``paper``, ``licence``, ``origin`` (where the weights come from)
        and ``available`` (one of "yes", "downloaded at first use from the package index",
        "downloaded at first use from the hub"; for a model that runs code of its own, what that
        takes is added).
    """
    return [_describe(embedder_entry(name)) for name in embedder_names()]


def _describe(entry: EmbedderEntry) -> dict[str, Any]:
    shown = ("name", "title", "kind", "dim", "parameters", "mteb_classification", "paper")
    backbone = embedder_entry(entry.backbone) if entry.backbone else entry
    available = _available(backbone)
    if backbone.requires_remote_code:
        available += f", with --trust-remote-code {backbone.name}"
    return {
        **{name: getattr(entry, name) for name in shown},
        "licence": entry.licence,
        "origin": _origin(backbone),
        "available": available,
    }


def _origin(entry: EmbedderEntry) -> str:
    if entry.wheel is not None:
        return f"package {entry.wheel.package} {entry.wheel.version}"
    if entry.hub is not None:
        return f"hub {entry.hub.id} at {entry.hub.revision[:8]}"
    return "package scikit-learn"


def _available(entry: EmbedderEntry) -> str:
    if entry.wheel is not None:
        pinned = entry.wheel
        if wheel_path(pinned.package, pinned.version, pinned.sha256).is_file():
            return "yes"
        return "downloaded at first use from the package index"
    if entry.hub is not None and weights.cached_folder(entry.hub) is None:
        return "downloaded at first use from the hub"
    return "yes"
