"""What is done to the pages of a book beyond the theme: tables on a phone, units, sources."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from pybtex.database import parse_file

from alutils import strategies
from alutils.book.bibliography import link_sources
from alutils.book.legible import keep_units
from alutils.book.stack import stack_tables
from alutils.strategies.cards import card, card_html

ROOT = Path(__file__).parent.parent
SENTENCE = "a sentence that would leave no room for two other columns"


def parsed(body: str) -> BeautifulSoup:
    return BeautifulSoup(body, "html.parser")


def stacked(body: str) -> BeautifulSoup:
    page = parsed(body)
    stack_tables(page)
    return page


def table(*rows: list[str], names: str = "abc", attributes: str = ' class="table"') -> str:
    head = "".join(f"<th>{name} &amp; so on</th>" for name in names)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table{attributes}><thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def test_a_table_of_sentences_has_its_cells_named() -> None:
    rows = [[SENTENCE, "<b>1</b> &lt;", ""], [SENTENCE, "2", "<p></p>"]]
    found = stacked(table(*rows)).table
    assert found and found["class"] == "stacked table"
    cells = found.select("tbody [role=cell]")
    assert [cell["data-label"] for cell in cells] == [f"{name} & so on" for name in "abc"] * 2
    assert [cell.get_text() for cell in cells[:3]] == [SENTENCE, "1 <", ""]
    assert [len(cell.contents) for cell in cells] == [1, 1, 0] * 2  # what is empty takes no room
    assert stacked(table(*rows, attributes="")).select("table.stacked")
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
    assert stacked(page) == parsed(page)


def test_a_number_stays_with_its_unit() -> None:
    page = parsed("95 % of 12 s, 3 min and 1.5 GB; 3 sets, 4 minutes, 5 points, % 6")
    keep_units(page)
    kept = page.get_text()
    assert kept == "95\xa0% of 12\xa0s, 3\xa0min and 1.5\xa0GB; 3 sets, 4 minutes, 5 points, % 6"
    copied = '<code>sleep 5 s</code><a title="9 %"></a><pre><b>$ wait 3 min</b></pre>'
    page = parsed(copied + "9 %")
    keep_units(page)
    assert str(page) == copied + "9\xa0%"


@pytest.mark.parametrize("name", strategies.names())
def test_the_source_of_a_strategy_leads_to_the_bibliography(name: str) -> None:
    entries = parse_file(str(ROOT / "book" / "references.bib")).entries.items()
    found = card(strategies.get(name))
    page = parsed(card_html(found, name, name, "1 ms"))
    before = str(page)
    link_sources(page, {each.fields["title"]: f"b.html#{key}" for key, each in entries})
    years = re.findall(r"\b(?:19|20)\d\d\b", found.source)
    assert len(page.select('a[href^="b.html#"]')) == len(years)
    assert re.sub(r"</?a\b[^>]*>", "", str(page)) == before
