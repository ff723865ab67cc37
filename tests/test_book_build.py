import html
import json
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from filelock import FileLock
from nbclient import NotebookClient

from alutils.book import BookFailed, GateRefused, build, build_book, launch, pages
from alutils.errors import UserError
from tests.book_parts import REPOSITORY, write_book, write_notebook

COLAB, BINDER = "https://colab.research.google.com", "https://mybinder.org"

FOR_JUPYTER = '<figure role="img"'


@pytest.fixture
def copy(built: Path, tmp_path: Path) -> Path:
    return shutil.copytree(built, tmp_path / "checkout")


def page(root: Path, name: str) -> str:
    return (root / "_build" / "html" / f"{name}.html").read_text()


def body(root: Path, name: str) -> str:
    """Return the page without scripts and sources."""
    return re.sub(r"<script.*?</script>", "", page(root, name), flags=re.DOTALL)


def test_a_figure_arrives_with_alt_caption_and_data(built: Path) -> None:
    text = page(built, "notebooks/curves")
    read = BeautifulSoup(text, "html.parser")
    (image,) = read.find_all("img", alt='A line: it "rises" & ends')
    (data,) = read.select('a.download[href$="lines.csv"]')
    folder = built / "_build" / "html" / "notebooks"
    assert "<path" in (folder / str(image["src"])).read_text()
    assert (folder / str(data["href"])).read_text() == "labels,accuracy\n10,0.5\n20,0.75\n"
    assert 'caption-text">It rises.' in text
    assert FOR_JUPYTER not in text


def test_a_figure_can_be_taken_along_and_traced_to_the_record_of_its_run(built: Path) -> None:
    text = page(built, "notebooks/curves")
    html = built / "_build" / "html" / "notebooks"
    links = dict(re.findall(r'href="([^"]+/lines\.(svg|png|csv))"', text))
    assert sorted(links.values()) == ["csv", "png", "svg"]
    assert all((html / link).stat().st_size > 0 for link in links)
    record = json.loads((built / "_build/source/notebooks/curves.run.json").read_text())
    made_by = re.search(r'<span class="made-by">(.*)</span>', text)
    assert made_by and f'<a href="curves.run.json">{record["run_key"]}</a>' in made_by[1]
    assert json.loads((html / "curves.run.json").read_text())["run_key"] == record["run_key"]
    assert '<a href="#run-parameters">' in made_by[1] and 'id="run-parameters"' in text


def test_prose_refers_to_figures_by_number(built: Path) -> None:
    assert re.search(
        r'href="../notebooks/curves.html#fig-lines"><span[^>]*>Fig. 1<', page(built, "book/index")
    )


def test_parameters_are_a_table_and_not_code(built: Path) -> None:
    text = body(built, "notebooks/curves")
    assert '<details class="run-parameters" id="run-parameters">' in text
    assert "<code>3</code>" in text
    code = re.sub(r"<[^>]+>", "", text)
    assert "seeds: int" not in code
    assert "seeds = 3" not in code


def test_the_root_leads_to_the_first_page_and_asks_for_no_icon(built: Path) -> None:
    root, first = page(built, "index"), page(built, "book/index")
    assert 'content="0; url=book/index.html"' in root
    (title,) = re.findall(r"<title>.*?</title>", first)
    assert title in root and "The question" in title
    assert '<link rel="icon" href="data:,">' in root


def test_a_page_says_how_to_regenerate_it(built: Path) -> None:
    text = page(built, "notebooks/curves")
    assert text.index("lines.svg") < text.index('id="how-to-regenerate-this"')
    assert text.index('id="how-to-regenerate-this"') < text.index('class="run-parameters"')
    words = re.sub(r"<[^>]+>", "", text)
    assert ".venv/bin/alutils run-notebook curves \\\n  -p seeds 3" in words
    folder = built / "_build" / "html" / "notebooks"
    for name in "curves.py", "curves.ipynb", "curves.run.json":
        (link,) = set(re.findall(rf'href="((?:[^"]*/)?{name})"', text))
        assert (folder / link).is_file()


def test_a_published_notebook_runs_from_a_checkout(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = built / "_build" / "html" / "_sources" / "notebooks" / "curves.ipynb"
    notebook = nbformat.read(published, as_version=4)

    def shown() -> list[str]:
        outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
        return [output.get("data", {}).get("text/html", "")[:7] for output in outputs]

    assert "<figure" in shown()
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = []
    monkeypatch.setenv("ALUTILS_FIGURES", str(tmp_path))
    NotebookClient(notebook, resources={"metadata": {"path": REPOSITORY / "notebooks"}}).execute()
    assert (tmp_path / "lines.csv").exists()
    assert "<figure" in shown()


def test_launch_links_need_a_repository(built: Path, copy: Path) -> None:
    assert "colab" not in page(built, "notebooks/curves")
    assert "mybinder" not in page(built, "notebooks/curves")
    staging, url = copy / "_build" / "source", "https://github.com/someone/something"
    launch.link(staging, url)
    folder = build._render(staging, copy / "_build")
    text = html.unescape((folder / "notebooks" / "curves.html").read_text())
    executed = "notebooks/curves.ipynb"
    assert f"{COLAB}/github/someone/something/blob/executed/{executed}" in text
    assert f"{BINDER}/v2/gh/someone/something/executed?urlpath=lab/tree/{executed}" in text
    assert "mybinder" not in (folder / "book" / "index.html").read_text()
    pages.check(folder)


def test_tables_stay_and_terminal_lines_do_not(built: Path) -> None:
    text = page(built, "notebooks/curves")
    assert 'class="dataframe"' in text
    assert "output stderr" not in text


def test_the_book_needs_no_network_and_no_mathjax(built: Path) -> None:
    pages.check(built / "_build" / "html")
    every = [path.read_text() for path in (built / "_build" / "html").rglob("*.html")]
    assert len(every) >= 3
    assert not any("mathjax" in text.lower() for text in every)
    assert "for $5 or alutils.py." in page(built, "book/index")  # neither math nor a link


def test_what_gates_a_page_would_see_the_network(built: Path) -> None:
    text = page(built, "book/index").replace("../_static/", "https://cdn.example/")
    assert len(pages.problems(text)) > 3


def test_a_page_loads_what_it_uses(built: Path) -> None:
    prose, code = page(built, "book/index"), page(built, "notebooks/curves")
    for unused in "thebe", "fontawesome.js", "togglebutton", "sphinx-design", "searchindex.js":
        assert unused not in prose + code
    assert "copybutton.js" in code and "copybutton.js" not in prose
    assert "searchindex.js" in page(built, "search")


def published(root: Path) -> dict[str, bytes]:
    """Return the files of a book without what tells when it was made: records, and one date."""
    folder = root / "_build" / "html"
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    found["ro-crate-metadata.json"], dates = re.subn(
        rb'"datePublished": "[^"]+T[^"]+"', b"", found["ro-crate-metadata.json"]
    )
    assert dates == 1
    return {name: content for name, content in found.items() if not name.endswith("run.json")}


def test_a_second_build_is_the_same_byte_for_byte_and_forgets_old_pages(
    built: Path, copy: Path
) -> None:
    (copy / "book" / "stale.md").unlink()
    build_book(copy, {"curves": {"seeds": 3}}, workers=1)
    assert not (copy / "_build" / "source" / "book" / "stale.md").exists()
    one, another = published(built), published(copy)
    assert "_sources/notebooks/curves.ipynb" in one and "searchindex.js" in one
    assert list(one) == list(another)
    times = {"run.json", "notebooks/curves.run.json", "ro-crate-metadata.json"}
    assert {name for name in one if one[name] != another[name]} <= times


def test_a_broken_link_fails_and_the_old_book_stays(copy: Path) -> None:
    before = page(copy, "book/index")
    (copy / "book" / "index.md").write_text("# New\n\n{doc}`nowhere`\n")
    with pytest.raises(BookFailed) as error:
        build_book(copy, {"curves": {}}, workers=1)
    assert "book/index.md:3: WARNING: unknown document: 'nowhere'" in str(error.value)
    assert page(copy, "book/index") == before


def test_a_notebook_the_gate_refuses_leaves_the_old_book(copy: Path) -> None:
    before = page(copy, "notebooks/curves")
    write_notebook(copy / "notebooks", "curves", "1", title="No title")
    with pytest.raises(GateRefused, match="'curves': it has no title"):
        build_book(copy, {"curves": {}}, workers=1)
    assert page(copy, "notebooks/curves") == before


@pytest.mark.parametrize(
    ("notebooks", "words"),
    [
        ({"curves": {"seed": 1}}, "no parameter 'seed': did you mean 'seeds'"),
        ({"curve": {}}, "no notebook 'curve': did you mean 'curves'"),
        ({}, "no parameters are given for it"),
        ({"curves": {}, "more": {}}, "'more' has no page in the book"),
    ],
)
def test_mistakes_are_found_before_anything_runs(
    tmp_path: Path, notebooks: dict[str, dict[str, object]], words: str
) -> None:
    root = write_book(tmp_path / "checkout")
    write_notebook(root / "notebooks", "more", "1")
    with pytest.raises(UserError, match=re.escape(words)):
        build_book(root, notebooks, workers=1)
    assert not (root / "_build").exists()


def test_a_page_that_is_listed_must_exist(tmp_path: Path) -> None:
    root = write_book(tmp_path / "checkout")
    (root / "book" / "index.md").unlink()
    with pytest.raises(UserError, match=r"there is no book/index\.md"):
        build_book(root, {"curves": {}}, workers=1)
    (root / "_toc.yml").unlink()
    with pytest.raises(UserError, match="there is no book in"):
        build_book(root, {"curves": {}}, workers=1)


def test_two_builds_do_not_work_in_one_folder(tmp_path: Path) -> None:
    root = write_book(tmp_path / "checkout")
    (root / "_build").mkdir()
    with (
        FileLock(root / "_build" / ".lock"),
        pytest.raises(UserError, match="another build is at work"),
    ):
        build_book(root, {"curves": {}}, workers=1)
