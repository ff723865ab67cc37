"""ICD-10-CM: diagnosis description -> chapter, from the tabular list of the US government."""

from __future__ import annotations

from xml.etree import ElementTree

from alutils.errors import UserError


def parse(content: bytes) -> list[tuple[str, str]]:
    """Read (description, title of its chapter) for every code, categories included.

    Parameters
    ----------
    content : bytes
        The XML of the tabular list.

    Raises
    ------
    UserError
        If it is not a tabular list.
    """
    try:
        root = ElementTree.fromstring(content)
        return [
            (_text(code), _text(chapter))
            for chapter in root.findall("chapter")
            for code in chapter.iter("diag")
        ]
    except ElementTree.ParseError as error:
        raise UserError(f"the ICD-10-CM tabular list is not valid XML: {error}") from error


def _text(element: ElementTree.Element) -> str:
    description = (element.findtext("desc") or "").strip()
    if not description:
        raise UserError("the ICD-10-CM tabular list has a code or chapter without a description")
    return description
