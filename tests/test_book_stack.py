"""What is done to the pages of a book beyond the theme: tables on a phone, units, sources."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from pybtex.database import parse_file

from alutils import strategies
from alutils.book.bibliography import link_sources
from alutils.book.lighten import keep_units
from alutils.book.stack import stack
from alutils.strategies.cards import card, card_html

ROOT = Path(__file__).parent.parent
SENTENCE = "a sentence that would leave no room for two other columns"


class Cells(HTMLParser):
    """The cells of a page, with what they are called and what they say."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[dict[str, str | None], str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("td", "th"):
            self.found.append((dict(attrs), ""))

    def handle_data(self, data: str) -> None:
        if self.found:
            self.found[-1] = (self.found[-1][0], self.found[-1][1] + data)


def table(*rows: list[str], names: str = "abc", attributes: str = ' class="table"') -> str:
    head = "".join(f"<th>{name} &amp; so on</th>" for name in names)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table{attributes}><thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def test_a_table_of_sentences_has_its_cells_named() -> None:
    rows = [[SENTENCE, "<b>1</b> &lt;", ""], [SENTENCE, "2", "<p></p>"]]
    page = stack(f"<p>before</p>{table(*rows)}<p>after</p>")
    assert page.startswith('<p>before</p><table role="table" class="stacked table">')
    assert page.endswith("</table><p>after</p>")
    cells = [each for each in Cells(page).found if each[0]["role"] == "cell"]
    assert [each[0]["data-label"] for each in cells] == [f"{name} & so on" for name in "abc"] * 2
    assert [each[1].strip() for each in cells[:3]] == [SENTENCE, "1 <", ""]
    assert page.count('"></td>') == 2  # what is empty takes no room
    assert 'class="stacked"' in stack(table(*rows, attributes=""))
    assert ".stacked" in (ROOT / "book" / "_static" / "custom.css").read_text()


@pytest.mark.parametrize(
    "page",
    [
        table(["1", "2", "3"], ["4", "5", "6"]),
        table([SENTENCE, "2", "3"], ["4", "5", "6"], ["7", "8", "9"]),  # most are short
        table([SENTENCE, "2"], names="ab"),  # two columns fit
        table([SENTENCE, "2", "3"], [SENTENCE], names="abc"),  # cells that span columns
        f"<table><tbody><tr><td>{SENTENCE}</td><td>1</td><td>2</td></tr></tbody></table>",
        table(),
        "no table",
    ],
)
def test_other_tables_are_left_as_they_are(page: str) -> None:
    assert stack(page) == page


def test_a_number_stays_with_its_unit() -> None:
    kept = keep_units("95 % of 12 s, 3 min and 1.5 GB; 3 sets, 4 minutes, 5 points, % 6")
    assert kept == "95\xa0% of 12\xa0s, 3\xa0min and 1.5\xa0GB; 3 sets, 4 minutes, 5 points, % 6"


@pytest.mark.parametrize("name", strategies.names())
def test_the_source_of_a_strategy_leads_to_the_bibliography(name: str) -> None:
    entries = parse_file(str(ROOT / "book" / "references.bib")).entries.items()
    found = card(strategies.get(name))
    page = card_html(found, name, name, "1 ms")
    linked = link_sources(page, {each.fields["title"]: f"b.html#{key}" for key, each in entries})
    years = re.findall(r"\b(?:19|20)\d\d\b", found.source)
    assert linked.count('<a href="b.html#') == len(years)
    assert re.sub(r"</?a\b[^>]*>", "", linked) == page
