"""The command line: `alutils ...`."""

from __future__ import annotations

import io
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

from alutils.errors import BookFailed, CellsFailed, NotReproduced, UserError
from alutils.progress import say

STOPPED = "alutils: stopped; what was finished is kept, and the same command goes on from there"


def stop() -> NoReturn:
    """End after Ctrl-C; a second one, while what is open is closed, changes nothing."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    say(STOPPED)
    sys.exit(130)


try:
    import typer

    from alutils.cli import books, catalogue, comparing, own_texts, studies
except KeyboardInterrupt:  # it takes a moment, and `main` is not there yet
    stop()

app = typer.Typer(
    help="Active learning on frozen embeddings: label your texts, run studies, build the book.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(catalogue.datasets_app, name="datasets")
app.command("embedders")(catalogue.list_embedders)
app.add_typer(catalogue.strategies_app, name="strategies")
app.command("advise")(own_texts.advise_strategy)
app.command("select")(own_texts.select_texts)
app.command("progress")(own_texts.report_progress)
app.command("predict")(own_texts.predict_labels)
app.command("plan")(studies.plan_profile)
app.command("run")(studies.run_profile)
app.command("book")(books.build_the_book)
app.command(
    "run-notebook",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    epilog="Parameters follow as -p NAME VALUE, as often as you like; values are YAML.",
)(books.run_one_notebook)
app.command("compare")(comparing.compare_runs)
app.command("release")(books.pack_release)
app.command("archive")(studies.archive_results)
app.command("fit-rule")(studies.fit_rule)
app.command("verify")(studies.verify_profile)


def _in_a_folder() -> None:
    """Refuse to begin in a folder that is not there any more: whatever comes would stumble."""
    try:
        Path.cwd()
    except OSError:
        raise UserError("the folder you are in is not there any more: go to another") from None


def _end(message: str, code: int) -> NoReturn:
    """Say why, where anybody can hear it, and end."""
    try:
        say(f"alutils: {message}")
        sys.stdout.flush()
    except OSError:
        # What could not be written must not be tried again when Python ends.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for stream in 1, 2:
            os.dup2(nowhere, stream)
    sys.exit(code)


def main() -> None:
    """Run the command line; a user's mistake ends with one sentence and exit code 2."""
    for stream in sys.stdout, sys.stderr:
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal may know ASCII only
    try:
        _in_a_folder()
        try:
            app()
        finally:
            sys.stdout.flush()
    except UserError as error:
        _end(str(error), 2)
    except (BookFailed, CellsFailed, NotReproduced) as error:
        _end(str(error), 1)
    except MemoryError:
        _end("there is not enough memory for this: give a part of it, or use a larger machine", 2)
    except OSError as error:  # of a file that nobody here opened, such as standard output
        what = f" ({error.filename})" if error.filename else ""
        _end(f"the system refused to read or write: {error.strerror or error}{what}", 2)
    except (KeyboardInterrupt, SystemExit) as end:
        if isinstance(end, SystemExit) and end.code != 130:  # which typer makes of Ctrl-C
            raise
        stop()
    finally:  # Python takes a while to end, and what was to be done is done
        signal.signal(signal.SIGINT, signal.SIG_IGN)
