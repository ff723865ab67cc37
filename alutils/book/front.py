"""The page at the root of a book, which only leads to the first one."""

from __future__ import annotations

import re
from pathlib import Path

_LEADS = re.compile(r'<meta http-equiv="Refresh" content="0; url=([^"]+)" */>\s*')

PAGE = """\
<!DOCTYPE html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta http-equiv="refresh" content="0; url={page}">
    <title>{title}</title>
    <link rel="icon" href="data:,">
  </head>
  <body>
    <main><h1><a href="{page}">{title}</a></h1></main>
  </body>
</html>
"""


def complete(book: Path) -> None:
    """Write the root page out, of which Jupyter Book writes a single line.

    Of that, nothing would be read aloud, and a browser would ask for an icon. It stands for a
    moment only, so that it has none.

    Parameters
    ----------
    book : pathlib.Path
        Folder of the HTML.
    """
    path = book / "index.html"
    leads = _LEADS.fullmatch(path.read_text(encoding="utf-8"))
    if leads is None:  # the first page itself
        return
    first = (book / leads[1]).read_text(encoding="utf-8")
    title = re.search(r"<title>(.*?)</title>", first, re.DOTALL)
    words = title[1].strip() if title else leads[1]
    path.write_text(PAGE.format(page=leads[1], title=words), encoding="utf-8")
