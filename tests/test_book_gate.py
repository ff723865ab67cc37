from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode, v4

from alutils.book import GateRefused
from alutils.book.gate import check, problems

FIGURE = "```{{figure}} figures/a/b.svg\n---\nname: b\n{alt}\n---\nCaption.\n```"


def executed(*outputs: NotebookNode, source: str = "plot()") -> NotebookNode:
    cell = v4.new_code_cell(source, outputs=list(outputs), execution_count=1)
    cell.metadata = NotebookNode(papermill=NotebookNode(status="completed", exception=False))
    notebook = v4.new_notebook(cells=[v4.new_markdown_cell("# Title\n\nText."), cell])
    notebook.metadata = NotebookNode(papermill=NotebookNode(exception=None))
    return notebook


def shown(**data: str) -> NotebookNode:
    kinds = {kind.replace("_", "/", 1).replace("_xml", "+xml"): text for kind, text in data.items()}
    return v4.new_output("display_data", data=kinds)


def refused(notebook: NotebookNode, folder: Path) -> list[str]:
    nbformat.write(notebook, folder / "curves.ipynb")
    return problems(folder / "curves.ipynb")


def test_a_finished_notebook_passes(tmp_path: Path) -> None:
    alt = FIGURE.format(alt='alt: "It rises"')
    table = shown(text_html="<table><tr><td>1</td></tr></table>", text_plain="1")
    figure = shown(text_markdown=alt, text_html="<img src='x'>", image_png="abcd")
    assert refused(executed(table, figure), tmp_path) == []


def test_a_failed_run(tmp_path: Path) -> None:
    notebook = executed()
    notebook.metadata.papermill.exception = True
    assert refused(notebook, tmp_path) == ["its run stopped at an error"]


@pytest.mark.parametrize("status", ["pending", "running", "failed"])
def test_an_unfinished_cell(tmp_path: Path, status: str) -> None:
    notebook = executed()
    notebook.cells[1].metadata.papermill.status = status
    assert refused(notebook, tmp_path) == [f"cell 2 did not run to its end ({status})"]


def test_a_notebook_that_papermill_never_saw(tmp_path: Path) -> None:
    notebook = executed()
    del notebook.cells[1].metadata["papermill"]
    del notebook.metadata["papermill"]
    assert refused(notebook, tmp_path) == ["cell 2 did not run to its end (never run)"]


def test_an_error_that_was_let_pass(tmp_path: Path) -> None:
    error = v4.new_output("error", ename="ValueError", evalue="x", traceback=[])
    assert refused(executed(error), tmp_path) == ["cell 2 shows an error: ValueError"]


@pytest.mark.parametrize("title", ["", "## Second level", "Text with # inside", "#hashtag"])
def test_no_title(tmp_path: Path, title: str) -> None:
    notebook = executed(source="# A comment is no title")
    notebook.cells[0].source = title
    assert ["it has no title" in each for each in refused(notebook, tmp_path)] == [True]


@pytest.mark.parametrize(
    "output",
    [
        shown(image_png="abcd", text_plain="<Figure size>"),
        shown(image_svg_xml="<svg/>"),
        shown(text_html="<p><img src='a.png'></p>"),
        shown(text_html="<img src='a.png' alt=''>"),
        shown(text_markdown="![](a.png)"),
        shown(text_markdown=FIGURE.format(alt="width: 10em")),
        shown(text_markdown=FIGURE.format(alt="alt:")),
        shown(text_markdown=FIGURE.format(alt='alt: ""')),
    ],
)
def test_an_image_that_cannot_be_read_out(tmp_path: Path, output: NotebookNode) -> None:
    words = "cell 2 shows an image without alt text: show a figure of alutils.figures"
    assert refused(executed(output), tmp_path) == [words]


def test_an_image_in_the_text_of_a_notebook(tmp_path: Path) -> None:
    notebook = executed()
    notebook.cells[0].source += "\n\n![](plan.png)"
    assert refused(notebook, tmp_path) == ["cell 1 has an image without alt text"]


def test_an_image_with_alt_text_in_its_cell(tmp_path: Path) -> None:
    notebook = executed(shown(image_png="abcd"))
    notebook.cells[1].metadata["mystnb"] = {"image": {"alt": "It rises"}}
    assert refused(notebook, tmp_path) == []


def test_check_names_every_notebook_and_reason(tmp_path: Path) -> None:
    notebook = executed(shown(image_png="abcd"))
    notebook.cells[0].source = "no title"
    for name in "one", "two":
        nbformat.write(notebook, tmp_path / f"{name}.ipynb")
    with pytest.raises(GateRefused) as error:
        check([tmp_path / "one.ipynb", tmp_path / "two.ipynb"])
    lines = str(error.value).splitlines()
    assert len(lines) == 4
    assert lines[0].startswith("notebook 'one': it has no title")
    assert lines[3].startswith("notebook 'two': cell 2 shows an image")
