"""The command line as a person meets it: exit codes, one sentence, nothing written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from alutils import cli

ROOT = Path(__file__).parent.parent
SCRIPT = Path(sys.executable).parent / "alutils"


def alutils(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *words: str
) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["alutils", *words])
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit) as stop:
        cli.main()
    out, err = capsys.readouterr()
    return int(stop.value.code or 0), out, err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["datasets", "show", "icd10_chapter"], "did you mean 'icd10_chapters'"),
        (["book", "--profile", "quik"], "did you mean 'quick'"),
        (["run", "quik"], "did you mean 'quick'"),
        (["run-notebook", "initial_pol"], "did you mean 'initial_pool'"),
        (["run-notebook", "initial_pool", "-p", "seedz", "3"], "did you mean 'seeds'"),
        (["run-notebook", "initial_pool", "-p", "seeds", "abc"], "a whole number"),
        (["run-notebook", "initial_pool", "-p", "seeds"], "parameter 'seeds' has no value"),
        (["run-notebook", "initial_pool", "-p", "seeds", "-p", "cycles", "2"], "'seeds' has no"),
        (["run-notebook", "initial_pool", "-p"], "a -p has no name"),
        (["run-notebook", "initial_pool", "-p", "seeds=1"], "with a space, -p seeds 1"),
        (["run-notebook", "initial_pool", "-p", "seeds=1", "-p", "cycles", "2"], "-p seeds 1"),
        (
            ["run-notebook", "initial_pool", "--workers", "2"],
            "listed by alutils run-notebook --help",
        ),
        (["run-notebook", "initial_pool", "-p", "datasets", "[a,", "b]"], "in quotes"),
        (["run-notebook", "initial_pool", "--root", "tests"], "or name that with --root"),
        (["run-notebook", "initial_pool", "-o", "notebooks/initial_pool.py"], "ends in .ipynb"),
        (["datasets", "--mirror", "nowhere"], "is not a folder"),
        (["verify", "--profile", "quik"], "did you mean 'quick'"),
    ],
)
def test_mistakes_get_one_sentence_and_exit_code_2(
    words: list[str],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("ALUTILS_HOME", str(tmp_path / "home"))
    code, out, err = alutils(capsys, monkeypatch, *words)
    assert code == 2
    assert sentence in err
    assert err.startswith("alutils: ") and err.count("\n") == 1
    assert out == ""
    assert not (tmp_path / "home").exists()


def test_a_profile_without_experiments_has_nothing_to_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALUTILS_HOME", str(tmp_path / "home"))
    folder = tmp_path / "data" / "profiles"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text("about: x\nnotebooks: {catalogue: {}}")
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    assert alutils(capsys, monkeypatch, "run", "mine", "--root", str(tmp_path)) == (0, "", "")


@pytest.mark.parametrize("words", [["datasets"], ["embedders"], ["strategies"]])
def test_lists_name_what_there_is(
    words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, _ = alutils(capsys, monkeypatch, *words)
    assert code == 0
    expected = {"datasets": "icd10_chapters", "embedders": "minilm", "strategies": "badge"}
    assert expected[words[0]] in out
    assert "None" not in out


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(130)])
def test_ctrl_c_is_one_sentence(
    error: BaseException, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted() -> None:
        raise error

    monkeypatch.setattr(cli, "app", interrupted)
    assert alutils(capsys, monkeypatch) == (130, "", f"{cli.STOPPED}\n")


def test_ctrl_c_inside_a_command_is_one_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(root: Path, name: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("alutils.page_needs.read_profile", interrupted)
    assert alutils(capsys, monkeypatch, "run", "quick") == (130, "", f"{cli.STOPPED}\n")


def test_ctrl_c_while_the_command_line_is_imported(tmp_path: Path) -> None:
    (tmp_path / "typer.py").write_text("raise KeyboardInterrupt")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        [SCRIPT, "datasets"], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (130, f"{cli.STOPPED}\n")


def test_ctrl_c_when_all_is_done_changes_nothing() -> None:
    code = "import atexit, os, signal; from alutils import cli; cli.app = lambda: print('done');"
    code += "atexit.register(lambda: os.kill(os.getpid(), signal.SIGINT)); cli.main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "done\n", "")


def test_importing_the_command_line_takes_no_more_than_it_must() -> None:
    heavy = "{'jupytext', 'yaml', 'pydantic'}"
    code = f"import sys, alutils.cli; sys.exit(bool({heavy} & {{*sys.modules}}))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_terminal_that_knows_ascii_only() -> None:
    code = "import sys; from alutils import cli; cli.app = lambda: print('é'); cli.main()"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.stdout, done.stderr) == ("\\xe9\n", "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a full device: Linux has one")
@pytest.mark.parametrize("words", ["--help", "strategies", "select no.csv --text t"])
def test_an_output_that_is_full_is_one_sentence(words: str) -> None:
    command = [sys.executable, "-c", "from alutils import cli; cli.main()", *words.split()]
    with Path("/dev/full").open("w") as full:
        heard = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        mute = subprocess.run(command, stdout=full, stderr=full, check=False)
    (sentence,) = heard.stderr.splitlines()
    assert sentence.startswith("alutils: ")
    assert heard.returncode == mute.returncode == 2


def test_a_folder_that_is_gone_and_memory_that_is_short_are_one_sentence(tmp_path: Path) -> None:
    gone = "import os, pathlib; os.chdir('gone'); os.rmdir('../gone')"
    short = "from alutils import cli; cli.app = lambda: bytearray(2**62)"
    for code, told in {gone: "the folder you are in", short: "not enough memory"}.items():
        (tmp_path / "gone").mkdir(exist_ok=True)
        done = subprocess.run(
            [sys.executable, "-c", f"from alutils import cli; {code}; cli.main()"],
            capture_output=True, text=True, check=False, cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 2
        assert told in done.stderr and len(done.stderr.splitlines()) == 1


def test_help_is_quick_and_imports_no_torch() -> None:
    code = "import sys, alutils.cli; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_notebook_runs_with_new_parameters(tmp_path: Path) -> None:
    words = "run-notebook initial_pool -p datasets [icd10_chapters] -p embedders [hashing,lsa]"
    words += " -p seeds 2 -p cycles 2 -p initial_size 20 -p query_size 20"
    words += " -p pool_size 300 -p test_size 100"
    command = [
        Path(sys.executable).parent / "alutils",
        *words.split(),
        "-o",
        tmp_path / "out.ipynb",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()) == tmp_path / "out.ipynb"
    record = (tmp_path / "out.run.json").read_text()
    assert '"seeds": 2' in record
    assert list((tmp_path / "figures" / "out").glob("*.svg"))


def test_a_mistake_inside_a_notebook_is_said_in_one_sentence(tmp_path: Path) -> None:
    words = "run-notebook initial_pool -p datasets [icd10_chapters] -p embedders [hashing]"
    words += " -p pool_size 100 -p query_size 500"
    command = [
        Path(sys.executable).parent / "alutils",
        *words.split(),
        "-o",
        tmp_path / "out.ipynb",
    ]
    environment = {**os.environ, "ALUTILS_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 2
    assert "but there are 100" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_a_strategy_is_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code, out, _ = alutils(capsys, monkeypatch, "strategies", "show", "badge")
    assert code == 0
    assert "Source: Ash et al." in out
    code, _, error = alutils(capsys, monkeypatch, "strategies", "show", "bagde")
    assert code == 2
    assert "did you mean 'badge'" in error


PROFILE = """
about: A study of two strategies.
notebooks:
  ties:
    datasets: [icd10_chapters]
    embedders: [hashing, lsa]
    strategies: [random, margin]
    initial_size: 10
    query_size: 10
    cycles: 3
    seeds: 3
    pool_size: 200
    test_size: 50
"""


def test_a_study_is_archived_and_verified(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ALUTILS_ARCHIVE", "")  # so that what the command sets is forgotten again
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    (tmp_path / "data" / "profiles").mkdir(parents=True)
    (tmp_path / "data" / "profiles" / "two.yaml").write_text(PROFILE)
    claims = "- {id: Q11, page: ties, says: Ties matter.}\n"
    (tmp_path / "data" / "claims.yaml").write_text(claims)
    here = ("--root", str(tmp_path))

    assert alutils(capsys, monkeypatch, "run", "two", "--workers", "1", *here)[0] == 0
    code, out, err = alutils(capsys, monkeypatch, "archive", "two", *here)
    folder = tmp_path / "data" / "results" / "two"
    assert (code, out.strip()) == (0, str(folder)), err
    assert "4 cells are in the archive" in err

    verify = ("verify", "--profile", "two", "--workers", "1", *here)
    code, out, _ = alutils(capsys, monkeypatch, *verify, "--sample", "2")
    assert code == 0
    assert "1 claims with" in out and "2 of 4 cells computed again" in out
    code, out, _ = alutils(capsys, monkeypatch, *verify, "--all")
    assert code == 0
    assert "4 of 4 cells" in out and "each within half its interval" in out

    recorded = json.loads((folder / "claims.json").read_text())
    recorded["Q11"]["verdict"] = "surely"
    (folder / "claims.json").write_text(json.dumps(recorded))
    code, out, err = alutils(capsys, monkeypatch, *verify)
    assert (code, out) == (1, "")
    assert "Q11: the verdict is" in err and "Traceback" not in err

    (folder / "claims.json").unlink()
    code, out, err = alutils(capsys, monkeypatch, *verify)
    assert code == 2 and "alutils archive" in err
