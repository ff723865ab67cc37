"""Transformers: sentence-transformers models from a wheel, the hub or a folder of your own.

All entries that share a backbone are computed by one forward pass: an earlier layer is a hidden
state that the pass makes anyway.

The vectors do not depend on the number of threads; another processor, torch or GPU changes them by
rounding, about 1e-6 in float32. Batches are cut from fixed shards, so the same texts in the same
order always meet in the same batches.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from alutils.catalogue.embedder_entry import EmbedderEntry
from alutils.device import best_device
from alutils.embedders import model_folder, weights
from alutils.errors import UserError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

Batch = tuple[np.ndarray, dict[str, Any]]


RECIPE = 1
"""Part of the key of the store. Raise it with any change here that changes a vector: hashing this
code instead would throw hours of GPU time away for a reworded message. A test pins the vectors."""


def identity(backbone: EmbedderEntry, entry: EmbedderEntry) -> dict[str, Any]:
    """Return what the vectors depend on besides the texts, for the key of the store."""
    return {
        "kind": "transformer",
        "weights": weights.identity(backbone),
        "layer": entry.layer,
        "prompt": backbone.prompt,
        "suffix": backbone.suffix,
        "pooling": backbone.pooling,
        "padding_side": backbone.padding_side,
        "max_length": backbone.max_length,
        "batch_size": backbone.batch_size,
        "dtype": backbone.dtype,
        "normalised": True,
        "recipe": RECIPE,
        "transformers": version("transformers"),
        "sentence-transformers": version("sentence-transformers"),
    }


class Transformer:
    """A backbone that embeds texts, at its end or at earlier layers.

    Parameters
    ----------
    backbone : EmbedderEntry
        The model. It is loaded when the first text is embedded.
    layers : sequence of int or None
        Which hidden state gives each output; None is the model's own end.
    """

    def __init__(self, backbone: EmbedderEntry, layers: Sequence[int | None]) -> None:
        self.backbone, self.layers = backbone, layers
        self.device = best_device()
        self._model: SentenceTransformer | None = None

    def vectors(
        self, which: Sequence[int], texts: Sequence[str], advance: Callable[[int], None]
    ) -> list[np.ndarray]:
        """Embed texts.

        Parameters
        ----------
        which : sequence of int
            Positions in `layers` of the outputs that are wanted.
        texts : sequence of str
            Embedded in batches of similar length, the longest first: if the memory is too small,
            that shows at once.
        advance : callable
            Called with the number of texts of each batch when it is done.

        Returns
        -------
        list of ndarray of shape (len(texts), D), float32
            One per element of `which`, rows of length 1.
        """
        if self._model is None:
            self._model = _load(self.backbone, self.layers, self.device)
        out: list[np.ndarray] = []
        # Tokenised here, because a tokenizer serves one thread at a time.
        batches = list(self._batches(self._model, texts))
        workers = torch.get_num_threads() if self.device.type == "cpu" else 1
        with self._enough_memory(), _single_threads(workers) as pool:
            forward = partial(self._forward, self._model, [self.layers[i] for i in which])
            for (rows, _), arrays in zip(batches, pool.map(forward, batches), strict=True):
                out = out or [np.empty((len(texts), a.shape[1]), dtype=np.float32) for a in arrays]
                for whole, array in zip(out, arrays, strict=True):
                    whole[rows] = array
                advance(len(rows))
        return out

    def _batches(self, model: SentenceTransformer, texts: Sequence[str]) -> Iterator[Batch]:
        """Yield rows and model input of each batch."""
        prompt, size = self.backbone.prompt, self.backbone.batch_size
        texts = [text + self.backbone.suffix for text in texts]
        tokens = model.tokenizer(
            [prompt + text for text in texts], truncation=True, max_length=self.backbone.max_length
        )
        order = np.argsort([-len(ids) for ids in tokens.input_ids], kind="stable")
        for start in range(0, len(texts), size):
            rows = order[start : start + size]
            yield rows, model.preprocess([texts[row] for row in rows], prompt=prompt or None)

    def _forward(
        self, model: SentenceTransformer, layers: Sequence[int | None], batch: Batch
    ) -> list[np.ndarray]:
        features = {
            name: value.to(self.device) if isinstance(value, torch.Tensor) else value
            for name, value in batch[1].items()
        }
        mask = features["attention_mask"]
        with torch.inference_mode():
            features = model(features)
            outputs = [_output(model, features, mask, layer) for layer in layers]
            unit = [torch.nn.functional.normalize(vectors.float(), dim=1) for vectors in outputs]
        return [vectors.cpu().numpy() for vectors in unit]

    @contextmanager
    def _enough_memory(self) -> Iterator[None]:
        try:
            yield
        except torch.cuda.OutOfMemoryError as error:
            raise UserError(
                f"embedder {self.backbone.name!r} needs more memory than {self.device} has: use a "
                "larger GPU, or point ALUTILS_DEVICE to another device"
            ) from error


@contextmanager
def _single_threads(workers: int) -> Iterator[ThreadPoolExecutor]:
    """Open threads that each compute one batch alone.

    Threads inside an operation wait for each other at its end, hundreds of times in a pass. Where
    other programs share the cores that waiting made MiniLM several times slower; a batch per
    thread is never slower, and what a batch gives cannot depend on the number of threads.
    """
    before = torch.get_num_threads()
    try:
        with ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            torch.set_num_threads(1)
            yield pool
    finally:
        torch.set_num_threads(before)


def _output(
    model: SentenceTransformer, features: dict[str, Any], mask: torch.Tensor, layer: int | None
) -> torch.Tensor:
    if layer is None:
        vectors: torch.Tensor = features["sentence_embedding"]
        return vectors
    states = features["all_layer_embeddings"]
    if layer >= len(states):
        raise UserError(
            f"there is no layer {layer}: the model has hidden states 0 to {len(states) - 1}"
        )
    hidden = {"token_embeddings": states[layer], "attention_mask": mask}
    hidden |= {k: v for k, v in features.items() if k == "prompt_length"}
    pooled: torch.Tensor = _pooling(model)(hidden)["sentence_embedding"]
    return pooled


def _pooling(model: SentenceTransformer) -> Any:
    from sentence_transformers.sentence_transformer.modules import Pooling

    return next((module for module in model if isinstance(module, Pooling)), None)


def _load(
    backbone: EmbedderEntry, layers: Sequence[int | None], device: torch.device
) -> SentenceTransformer:
    if device.type == "cpu" and backbone.dtype != "float32":
        raise UserError(
            f"embedder {backbone.name!r} computes in {backbone.dtype}, which a CPU does slowly and "
            "not alike from one machine to the next: embed once on a machine with a GPU, and this "
            "one can read the result from the same ALUTILS_HOME"
        )
    folder = weights.folder(backbone)
    model_folder.check(folder, own_code=backbone.requires_remote_code)
    # Imported late: it takes seconds, and nothing is loaded when the store has what is wanted.
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    bars = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        model = SentenceTransformer(
            str(folder),
            device=str(device),
            trust_remote_code=backbone.requires_remote_code,
            local_files_only=True,
            model_kwargs={
                "dtype": getattr(torch, backbone.dtype),
                "attn_implementation": "sdpa",
                "use_safetensors": True,  # never a pickle
            },
            config_kwargs={"output_hidden_states": True} if set(layers) != {None} else {},
        )
    except (
        OSError,
        ValueError,
        KeyError,
        ImportError,
        AttributeError,
        RuntimeError,
        SafetensorError,  # truncated weights
    ) as error:
        reason = str(error).strip().split("\n")[0]
        if "trust_remote_code" in str(error):  # advice that nobody can follow here
            raise UserError(
                f"the model in {folder} brings Python code of its own, which would run with all "
                f"your rights on this machine, so it is not loaded; {model_folder.BY_NAME}"
            ) from error
        raise UserError(
            f"cannot load embedder {backbone.name!r} from {folder}: {reason}"
        ) from error
    finally:
        if bars:
            logging.enable_progress_bar()
    model.eval()
    model.max_seq_length = backbone.max_length
    if backbone.padding_side is not None:
        model.tokenizer.padding_side = backbone.padding_side
    _check_pooling(backbone, model)
    return model


def _check_pooling(backbone: EmbedderEntry, model: SentenceTransformer) -> None:
    declared = {"mean": "mean", "last_token": "lasttoken"}.get(backbone.pooling)
    found = getattr(_pooling(model), "pooling_mode", None)
    if declared is not None and found != declared:
        raise UserError(
            f"the catalogue says that embedder {backbone.name!r} pools by {backbone.pooling}, but "
            f"the model itself says {found}: correct the entry, or use `pooling: own`"
        )
