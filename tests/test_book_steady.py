from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from alutils.book.steady import steady


def test_what_differs_from_run_to_run_goes_and_the_rest_stays() -> None:
    times = {"start_time": "2026-01-01T00:00:00", "end_time": "...", "duration": 1.0}
    shown = new_output("stream", name="stdout", text="a result")
    said = new_output("stream", name="stderr", text="embedded in 27 s")
    address = {"text/plain": "<Styler at 0x7f4076c06d50>", "text/html": "<p>at 0x7f4076c06d50></p>"}
    table = new_output("display_data", dict(address))
    code = new_code_cell(
        "1",
        metadata={"papermill": {**times, "status": "completed"}, "execution": {"iopub": "..."}},
        outputs=[shown, said, table],
    )
    notebook = new_notebook(
        cells=[new_markdown_cell("# Title", metadata={"papermill": dict(times)}), code],
        metadata={"papermill": {**times, "version": "2.7.0"}, "title": "a title"},
    )
    steady(notebook)
    assert notebook.metadata == {
        "papermill": {"version": "2.7.0"},
        "title": "a title",
    }
    assert [cell.metadata for cell in notebook.cells] == [
        {"papermill": {}},
        {"papermill": {"status": "completed"}},
    ]
    assert [output.get("text") for output in notebook.cells[1].outputs] == ["a result", None]
    assert notebook.cells[1].outputs[1].data == {**address, "text/plain": "<Styler>"}
