"""Tables of sentences, which a phone shows as one block for each row (see custom.css)."""

from __future__ import annotations

import re
from html import escape, unescape
from statistics import median

LONG = 40  # letters of most cells of a column beside which two others do not fit on a phone
COLUMNS = 3

_TABLE = re.compile(r"<table\b([^>]*)>(.*?)</table>", re.DOTALL)
_HEAD = re.compile(r"<thead\b.*?</thead>", re.DOTALL)
_ROW = re.compile(r"<tr\b([^>]*)>(.*?)</tr>", re.DOTALL)
_CELL = re.compile(r"<(td|th)\b([^>]*)>(.*?)</\1>", re.DOTALL)
_CLASS = re.compile(r'\bclass="')


def stack(body: str) -> str:
    """Prepare the tables of a page that are too wide for a phone because of what is written there.

    Others are left as they are, and scroll sideways: numbers are compared from row to row.

    Parameters
    ----------
    body : str
        HTML.

    Returns
    -------
    str
        Such a table has the class ``stacked``, and each of its cells has the name of its column.
        Roles say that it is a table, since some browsers forget that with the layout.

    Examples
    --------
    >>> head = "<thead><tr><th>a</th><th>b</th><th>c</th></tr></thead>"
    >>> short = f"<table>{head}<tbody><tr><td>1</td><td>2</td><td>3</td></tr></tbody></table>"
    >>> stack(short) == short
    True
    """
    return _TABLE.sub(_stacked, body)


def _stacked(table: re.Match[str]) -> str:
    attributes, inside = table.groups()
    head = _HEAD.search(inside)
    names = [_words(cell[3]) for cell in _CELL.finditer(head[0])] if head else []
    if head is None or len(names) < COLUMNS:
        return table[0]
    rest = inside.replace(head[0], "")
    rows = [
        [len(_words(cell[3])) for cell in _CELL.finditer(row[2])] for row in _ROW.finditer(rest)
    ]
    if any(len(row) != len(names) for row in rows):
        return table[0]
    if max(map(median, zip(*rows, strict=True)), default=0) <= LONG:
        return table[0]

    def row(found: re.Match[str]) -> str:
        cells = map(_labelled, _CELL.finditer(found[2]), names)
        return f'<tr role="row"{found[1]}>{"".join(cells)}</tr>'

    titles = re.sub(r"<tr\b", '<tr role="row"', head[0])
    titles = re.sub(r"<th\b", '<th role="columnheader"', titles)
    whole = re.sub(r"<(thead|tbody)\b", r'<\1 role="rowgroup"', titles + _ROW.sub(row, rest))
    if _CLASS.search(attributes):
        attributes = _CLASS.sub('class="stacked ', attributes)
    else:
        attributes = f' class="stacked"{attributes}'
    return f'<table role="table"{attributes}>{whole}</table>'


def _labelled(cell: re.Match[str], name: str) -> str:
    kind, attributes, content = cell.groups()
    role = "cell" if kind == "td" else "rowheader"
    inside = f"<div>{content}</div>" if _words(content) or "<img" in content else ""
    label = escape(name)
    return f'<{kind} role="{role}" data-label="{label}"{attributes}>{inside}</{kind}>'


def _words(markup: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", "", markup)).split())
