"""The workflows are what their schema says, run what there is, and do what the project promises."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTIONS = sorted((ROOT / ".github" / "actions").glob("*/action.yml"))


def read(name: str) -> dict[str, Any]:
    # YAML 1.1 takes the key `on` for a boolean
    text = (ROOT / ".github" / "workflows" / f"{name}.yml").read_text()
    return yaml.safe_load(re.sub("^on:", "'on':", text, flags=re.MULTILINE))


def steps(path: Path) -> list[dict[str, Any]]:
    content = yaml.safe_load(path.read_text())
    jobs = content["jobs"].values() if "jobs" in content else [content["runs"]]
    return [step for job in jobs for step in job["steps"]]


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        ("vendor.github-workflows", WORKFLOWS),
        ("custom.github-workflows-require-timeout", WORKFLOWS),
        ("vendor.github-actions", ACTIONS),
        ("vendor.citation-file-format", [ROOT / "CITATION.cff"]),
    ],
)
def test_files_are_what_their_schema_says(schema: str, files: list[Path]) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema]
    done = subprocess.run([*command, *map(str, files)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_every_command_is_there() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    profiles = {path.stem for path in (ROOT / "data" / "profiles").glob("*.yaml")}
    made = 0
    for path in [*WORKFLOWS, *ACTIONS]:
        for step in steps(path):
            for target, rest in re.findall(r"\bmake (\w+)(.*)", step.get("run", "")):
                assert target in targets, f"{path.name}: make {target}"
                assert {*re.findall(r"PROFILE=(\w+)", rest)} <= profiles
                made += 1
            uses = step.get("uses", "")
            if uses.startswith("./"):
                assert (ROOT / uses / "action.yml").is_file(), f"{path.name}: {uses}"
            elif uses:
                assert re.fullmatch(r"[\w-]+/[\w-]+@v\d+", uses), f"{path.name}: {uses}"
    assert made > 5


def test_one_action_has_one_version_everywhere() -> None:
    used = {
        step["uses"] for path in [*WORKFLOWS, *ACTIONS] for step in steps(path) if "uses" in step
    }
    names = [use.split("@")[0] for use in used]
    assert len(names) == len(set(names)), sorted(used)


def test_tests_run_on_every_version_of_python_that_is_promised() -> None:
    least = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    versions = read("tests")["jobs"]["test"]["strategy"]["matrix"]["python-version"]
    assert versions == ["3.11", "3.12", "3.13"] and least == f">={versions[0]}"


def test_what_happens_when() -> None:
    assert "push" in read("book")["on"] and read("book")["on"]["push"] is None  # every branch
    publish = read("book")["jobs"]["publish"]
    assert publish["needs"] == "build" and "refs/heads/main" in publish["if"]
    assert read("release")["on"] == {"push": {"tags": ["v*"]}}
    for name in "newest", "links":
        assert len(read(name)["on"]["schedule"][0]["cron"].split()) == 5
        assert read(name)["permissions"] == {"contents": "read", "issues": "write"}
    install = next(
        s for s in steps(ROOT / ".github/workflows/newest.yml") if s.get("id") == "install"
    )
    assert "constraints" not in install["run"]


def test_no_more_may_be_written_than_is_needed() -> None:
    for path in WORKFLOWS:
        assert read(path.stem)["permissions"]["contents"] == "read", path.name
        for step in steps(path):  # what people write would become code
            assert "${{ github.event" not in step.get("run", ""), path.name
            assert "${{ github.ref" not in step.get("run", ""), path.name
