"""What a model's folder may be made of: weights as safetensors, and code that is installed here."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Any

from alutils.errors import UserError

PICKLES = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib"}
"""Endings of files whose reading can run what they hold."""

OWN = "sentence_transformers."


def check(folder: Path, *, own_code: bool) -> None:
    """Refuse a folder that could not be loaded without reading a pickle or running its code.

    Parameters
    ----------
    folder : pathlib.Path
        A sentence-transformers folder.
    own_code : bool
        Whether it may run Python code of its own: somebody said so for this very embedder.

    Raises
    ------
    UserError
        If its weights are a pickle, it brings code, or it is no such folder.
    """
    for module in _modules(folder / "modules.json"):
        place = PurePosixPath(module["path"])
        if place.is_absolute() or ".." in place.parts:
            raise UserError(f"the model in {folder} has a part at {place}, outside of its folder")
        if not module["type"].startswith(OWN) and not own_code:
            raise UserError(
                f"the model in {folder} is made of {module['type']!r}, which is no part of "
                "sentence-transformers: its code would run with all your rights on this machine, "
                f"so it is not loaded; {BY_NAME}"
            )
        _check_weights(folder / place)


BY_NAME = (
    "code of a model runs only for an embedder of the catalogue that says requires_remote_code, "
    "and only with --trust-remote-code and its name"
)


def _modules(path: Path) -> list[dict[str, Any]]:
    if not path.exists():  # a transformer alone, as many on the hub are
        return [{"path": "", "type": OWN}]
    content = _json(path)
    fits = isinstance(content, list) and all(
        isinstance(each, dict) and {type(each.get(key)) for key in ("path", "type")} == {str}
        for each in content
    )
    if not fits or not content:
        raise UserError(
            f"{path} lists no modules, so there is no model: save one there with "
            "SentenceTransformer.save"
        )
    return list(content)


def _check_weights(place: Path) -> None:
    files = sorted(path for path in place.glob("*") if path.is_file())
    pickles = [path for path in files if path.suffix.lower() in PICKLES]
    if pickles and not any(path.suffix == ".safetensors" for path in files):
        raise UserError(
            f"the weights in {place} are a pickle ({pickles[0].name}), and reading one can run any "
            "code in it: load the model where you trust it, and save it again with "
            "SentenceTransformer.save, which writes model.safetensors"
        )
    for path in files:
        if path.name.endswith(".index.json"):
            index = _json(path)
            named = index.get("weight_map") if isinstance(index, dict) else None
            shards = named.values() if isinstance(named, dict) else [None]
            if not all(str(shard).endswith(".safetensors") for shard in shards):
                raise UserError(f"{path} names weights that are no safetensors: they are not read")


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"cannot read {path}: {' '.join(str(error).split())}") from error
