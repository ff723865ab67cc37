"""Run notebooks, several at a time, each in processes of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from alutils import inputs
from alutils.errors import BookFailed, UserError
from alutils.parameters import validate
from alutils.provenance import device


class NotebookFailed(BookFailed):
    """One or more notebooks stopped at an error. One line for each."""


@dataclass(frozen=True)
class Job:
    """One notebook to run: its source, every parameter (validated), where the result goes."""

    source: Path
    values: Mapping[str, object]
    output: Path

    @property
    def figures(self) -> Path:
        """Folder of the figures: ``figures/NAME`` beside the executed notebook."""
        return self.output.parent / "figures" / self.output.stem


def run_notebook(source: Path, given: Mapping[str, object], output: Path) -> Path:
    """Run one notebook with these parameters, in the current folder.

    Parameters
    ----------
    source : pathlib.Path
        A py:percent notebook.
    given : mapping of str to object
        Values for some of its parameters; the others keep their defaults.
    output : pathlib.Path
        Where the executed notebook goes, ending in ``.ipynb``. ``NAME.run.json`` and
        ``figures/NAME`` go beside it.

    Returns
    -------
    pathlib.Path
        `output`.

    Raises
    ------
    UserError
        If a parameter or `output` is wrong (nothing has run then), or the notebook itself raised
        one.
    NotebookFailed
        If a cell raised anything else, or the kernel died.
    """
    target = output.resolve()  # a link may lead to a source
    if {output.suffix, target.suffix} != {".ipynb"}:
        raise UserError(
            f"the output {output} is no notebook: give the name of a file that ends in .ipynb"
        )
    job = Job(source.resolve(), validate(source, given), target)
    _make_room(job)
    run_jobs([job], workers=1, folder=Path.cwd())
    return output


def _make_room(job: Job) -> None:
    """Make the folders of the output, and find out before the run that it can be written."""
    try:
        job.figures.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=job.output.parent).close()
        for file in job.output, job.output.with_suffix(".run.json"):
            if file.exists():
                file.open("ab").close()
    except OSError as error:
        raise UserError(
            f"cannot write {job.output}: {error.strerror} ({error.filename}); "
            "name another file with -o"
        ) from None


def run_jobs(jobs: Sequence[Job], workers: int, folder: Path) -> None:
    """Run notebooks, `workers` at a time; the failure of one does not stop the others.

    Parameters
    ----------
    jobs : sequence of Job
        What to run.
    workers : int
        How many notebooks run at the same time.
    folder : pathlib.Path
        Working directory of the kernels.

    Raises
    ------
    UserError
        If notebooks failed, and each because of something the user can mend.
    NotebookFailed
        If notebooks failed in any other way.
    """
    on = device()
    with ThreadPoolExecutor(max_workers=max(workers, 1)) as pool:
        failures = [
            (kind, message)
            for kind, message in pool.map(lambda job: _run(job, folder, on), jobs)
            if message
        ]
    if failures:
        kind = UserError if all(kind is UserError for kind, _ in failures) else NotebookFailed
        raise kind("\n".join(message for _, message in failures))


def _run(job: Job, folder: Path, on: str) -> tuple[type[Exception], str]:
    """Run one notebook in a process; return the kind of failure and its message, or no message."""
    record = job.output.with_suffix(".run.json")
    record.unlink(missing_ok=True)
    job.figures.mkdir(parents=True, exist_ok=True)
    (job.figures / inputs.FILE).unlink(missing_ok=True)  # what an earlier run has read
    order = {
        "source": str(job.source),
        "values": dict(job.values),
        "output": str(job.output),
        "figures": str(job.figures),
        "device": on,
    }
    # Ctrl-C must not hit the process in the middle of its imports. It is blocked in this thread
    # only; the process inherits that, and lets it in when it is ready.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    # A short private folder: sockets must have short paths, and neither a person's IPython
    # start-up files nor a kernel of the same name elsewhere may change what a notebook does.
    with tempfile.TemporaryDirectory(prefix="alutils-") as private:
        environment = {
            **os.environ,
            "ALUTILS_FIGURES": str(job.figures),
            "ALUTILS_PROJECT": str(job.source.parent.parent),
            "JUPYTER_RUNTIME_DIR": private,
            "JUPYTER_PREFER_ENV_PATH": "1",
            "IPYTHONDIR": str(Path(private, "ipython")),
            "PYDEVD_DISABLE_FILE_VALIDATION": "1",
            # Threads that have nothing to do must not keep a core from the notebook beside them.
            "OMP_WAIT_POLICY": "passive",
            # Progress is told in lines; that there are no widgets for it is nothing to warn of.
            "PYTHONWARNINGS": "ignore:IProgress not found",
        }
        done = subprocess.run(
            [sys.executable, "-P", "-m", "alutils.book.worker"],
            input=json.dumps(order),
            text=True,
            cwd=folder,
            env=environment,
        )
    if done.returncode == 0:
        return NotebookFailed, ""
    if not record.exists():
        words = f"its process ended with code {done.returncode}"
        return NotebookFailed, f"notebook {job.source.stem!r} failed: {words}"
    error = json.loads(record.read_text())["error"]
    where = f"notebook {job.source.stem!r}, cell {error['cell']} of {error['cells']}"
    if error["name"] == "UserError":
        return UserError, f"{where}: {error['message']}"
    lines = error["message"].strip().splitlines()
    last = f"{error['name']}: {lines[-1]}" if lines else error["name"]
    return NotebookFailed, f"{where} failed: {last} (as far as it got: {job.output})"
