"""Tables and links that can be heard."""

from __future__ import annotations

import pandas as pd
from bs4 import BeautifulSoup, Tag

from alutils.book.aloud import correct_names, name_downloads, name_tables
from alutils.figures import table

MARKDOWN = """<h2>Where &lt;b&gt; it is<a class="headerlink" href="#where">#</a></h2>
<table class="table"><thead><tr class="row-odd"><th class="head"><p>question</p></th>
<th class="head text-right"><p>labels</p></th></tr></thead>
<tbody><tr><td><p>C1</p></td><td class="text-right"><p>100</p></td></tr></tbody></table>"""


def parsed(body: str) -> BeautifulSoup:
    return BeautifulSoup(body, "html.parser")


def named(body: str) -> BeautifulSoup:
    page = parsed(body)
    name_tables(page)
    return page


def scopes(of: Tag) -> list[tuple[str, str]]:
    return [(str(head["scope"]), head.get_text(strip=True)) for head in of.find_all("th")]


def test_a_table_has_the_name_of_its_heading_and_heads_on_both_sides() -> None:
    rows = pd.DataFrame({"strategy": ["<b>BADGE</b>", ""], "gain": ["+1 <i>", "+2"]})
    first, second, other = named(
        MARKDOWN + table(rows).to_html() + "<h3>After</h3>" + table(rows.head(1)).to_html()
    ).find_all("table")
    assert first["aria-label"] == "Where <b> it is"
    assert second["aria-label"] == "Where <b> it is, table 2"
    assert other["aria-label"] == "After"
    assert scopes(first) == [("col", "question"), ("col", "labels"), ("row", "C1")]
    assert scopes(second) == [("col", "strategy"), ("col", "gain"), ("row", "<b>BADGE</b>")]
    assert [cell.get_text(strip=True) for cell in second.find_all("td")] == ["+1 <i>", "", "+2"]


def test_a_table_that_has_all_this_stays_as_it_is() -> None:
    done = (
        '<h2>Here</h2><table aria-label="Own"><thead><tr><th scope="col">a</th></tr></thead>'
        '<tbody><tr><th scope="row">b</th></tr></tbody></table>'
    )
    assert str(named(done)) == done
    captioned = MARKDOWN.replace("<thead>", "<caption>Its own</caption><thead>")
    assert named(captioned).find("table", {"aria-label": True}) is None
    bare = "<table><tr><td>1</td></tr></table>"
    assert str(named(bare)) == bare


def test_no_word_is_lost() -> None:
    assert named(MARKDOWN).get_text() == parsed(MARKDOWN).get_text()


def test_a_link_to_a_file_says_of_which_figure_it_is() -> None:
    link = (
        '<a class="reference download internal" download="" href="../_downloads/0a/ties-p.{}">'
        '<code class="xref download"><span class="pre">{}</span></code></a>'
    )
    page = parsed(link.format("csv", "Data (CSV)") + link.format("py", "source"))
    name_downloads(page)
    labels = [(each.get("aria-label"), each.get_text()) for each in page.find_all("a")]
    assert labels == [("Data (CSV) of ties-p", "Data (CSV)"), (None, "source")]


def test_what_is_not_true_is_not_said() -> None:
    page = parsed('<b aria-label="Toggle hidden content">Show</b><p role="doc-biblioentry">Roe</p>')
    correct_names(page)
    assert str(page) == '<b>Show</b><p role="listitem">Roe</p>'
