"""Election tweets of 2016: tweet -> the candidate whose account wrote it."""

from __future__ import annotations

import csv
import html
import io

from alutils.errors import UserError


def parse(content: bytes) -> list[tuple[str, str]]:
    """Read (tweet, account); what others wrote (retweets) and other languages are left out.

    Parameters
    ----------
    content : bytes
        A table of Orange: tab-separated, UTF-8, two rows about the columns below their names.

    Raises
    ------
    UserError
        If it is not such a table.
    """
    try:
        rows = csv.DictReader(io.StringIO(content.decode("utf-8"), newline=""), delimiter="\t")
        return [
            (html.unescape(row["Content"]).strip(), row["Author"])
            for row in list(rows)[2:]
            if row["Is retweet"] == "False" and row["Language"] == "en"
        ]
    except (UnicodeDecodeError, csv.Error, KeyError, AttributeError, TypeError) as error:
        raise UserError(f"the election tweets are not in the expected shape: {error}") from error
