from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from alutils.book.timeless import forget_times


def test_times_and_lines_for_the_terminal_go_and_the_rest_stays() -> None:
    times = {"start_time": "2026-01-01T00:00:00", "end_time": "...", "duration": 1.0}
    shown = new_output("stream", name="stdout", text="a result")
    said = new_output("stream", name="stderr", text="embedded in 27 s")
    code = new_code_cell(
        "1",
        metadata={"papermill": {**times, "status": "completed"}, "execution": {"iopub": "..."}},
        outputs=[shown, said],
    )
    notebook = new_notebook(
        cells=[new_markdown_cell("# Title", metadata={"papermill": dict(times)}), code],
        metadata={"papermill": {**times, "version": "2.7.0"}, "title": "a title"},
    )
    forget_times(notebook)
    assert notebook.metadata == {
        "papermill": {"version": "2.7.0"},
        "title": "a title",
    }
    assert [cell.metadata for cell in notebook.cells] == [
        {"papermill": {}},
        {"papermill": {"status": "completed"}},
    ]
    assert notebook.cells[1].outputs == [shown]
