"""Movie reviews: snippet -> fresh or rotten."""

from __future__ import annotations

import bz2
import csv
import io

from alutils.wheels import inflated


def parse(content: bytes) -> list[tuple[str, str]]:
    """Read (snippet, "fresh" or "rotten"); plot summaries and empty snippets are left out.

    Parameters
    ----------
    content : bytes
        A CSV file compressed with bzip2, with columns ``category`` and ``text``.
    """
    with bz2.BZ2File(io.BytesIO(content)) as file:
        text = inflated(file, "the file of reviews").decode("utf-8")
    table = csv.DictReader(io.StringIO(text, newline=""))
    return [
        (row["text"].strip(), row["category"])
        for row in table
        if row["category"] in ("fresh", "rotten") and row["text"].strip()
    ]
