"""Cloud services: what an operation does -> the service it belongs to."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Mapping
from html.parser import HTMLParser
from pathlib import PurePosixPath

from alutils.errors import UserError
from alutils.wheels import inflated

SMALLEST = 110
"""Operations with different first paragraphs that a service must have to be a class."""


def parse(members: Mapping[str, bytes]) -> list[tuple[str, str]]:
    """Read (first paragraph about an operation, its service), none twice in a service.

    Parameters
    ----------
    members : mapping of str to bytes
        Service descriptions by name, ``.../SERVICE/VERSION/FILE``: JSON compressed with gzip. Of
        several versions of a service, dates as they are, the last one counts.

    Raises
    ------
    UserError
        If a file is not such a description.
    """
    latest = {PurePosixPath(member).parts[-3]: member for member in sorted(members)}
    pairs = []
    for member in latest.values():
        try:
            with gzip.GzipFile(fileobj=io.BytesIO(members[member])) as file:
                description = json.loads(inflated(file, member))
            service = description["metadata"]["serviceId"]
            operations = description["operations"].values()
            if len(operations) < SMALLEST:
                continue
            found = (first_paragraph(each.get("documentation", "")) for each in operations)
            texts = dict.fromkeys(filter(None, found))
        except (OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
            raise UserError(f"{member} is not JSON compressed with gzip: {error}") from error
        except (KeyError, TypeError, AttributeError) as error:
            raise UserError(f"{member} does not describe a service: {error!r}") from error
        if len(texts) >= SMALLEST:
            pairs += [(text, service) for text in texts]
    return pairs


def first_paragraph(documentation: str) -> str:
    """Return the first paragraph that has any text, without tags.

    Parameters
    ----------
    documentation : str
        HTML.
    """
    for paragraph in documentation.split("</p>"):
        reader = _Text()
        reader.feed(paragraph)
        reader.close()
        if text := " ".join("".join(reader.parts).split()):
            return text
    return ""


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)
