"""The house keeps its own rules: pins in step, imports downward, nothing of one machine."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent

# A module may import those on lines above its own, and its own line's family.
LAYERS = [
    {"spelling"},
    {"errors", "streams", "progress", "cell", "costs"},
    {
        "home",
        "device",
        "fingerprint",
        "inputs",
        "naming",
        "ordinary_file",
        "telling_words",
        "yaml_text",
    },
    {"provenance"},
    {"execution"},
    {"wheels", "catalogue", "exchange", "parameters", "profile"},
    {"tables"},
    {"datasets"},
    {"embedding_shards"},
    {"embedding_reuse"},
    {"embedding_store"},
    {"embedders"},
    {"geometry", "metrics"},
    {"heads"},
    {"strategies", "diagnostics"},
    {"labelled_pool"},
    {"given_head"},
    {"only_probabilities", "explaining"},
    {"selecting", "loop"},
    {"stopping"},
    {"mechanism"},
    {"archive_tables"},
    {"archive", "results", "statistics", "speed"},
    {"failures"},
    {"running"},
    {"study", "spending"},
    {"quality", "evidence", "picks", "verification", "figures"},
    {"explorer"},
    {"advice"},
    {"reexamination", "labelling"},
    {"rehearsals"},
    {"reproduction", "findings", "planning"},
    {"archiving"},
    {"book", "release"},
    {"page_needs"},
    {"claims", "comparison"},
    {"effort"},
    {"cli"},
]


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def constraints() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    return {normal(k): v for k, v in (ln.split("==") for ln in lines if "==" in ln)}


def dependencies() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    return {normal(re.split(r"[<>=!~ ]", each)[0]) for each in named}


def test_every_dependency_is_pinned() -> None:
    assert dependencies() <= set(constraints())


def test_environment_names_the_same_pins() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    pip = next(d["pip"] for d in environment["dependencies"] if isinstance(d, dict))
    pins = {normal(k): v for k, v in (d.split("==") for d in pip if "==" in d)}
    assert set(pins) == dependencies()
    assert pins.items() <= constraints().items()


def test_what_python_is_used_is_what_is_promised() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    least = project["project"]["requires-python"].removeprefix(">=")
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert f"python={least}" in environment["dependencies"]
    assert (ROOT / ".binder" / "runtime.txt").read_text() == f"python-{least}\n"
    assert project["tool"]["mypy"]["python_version"] == least
    assert project["tool"]["ruff"]["target-version"] == f"py{least.replace('.', '')}"


def test_every_pin_is_of_something_that_is_needed() -> None:
    needed, rest = set[str](), dependencies() | {"alutils"}
    while rest:
        name = rest.pop()
        needed.add(name)
        try:
            wanted = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue  # for another version of Python
        rest |= {normal(re.split(r"[^\w.-]", each)[0]) for each in wanted} - needed
    assert set(constraints()) <= needed, sorted(set(constraints()) - needed)


def test_metadata_of_the_package_and_its_citation_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    config = yaml.safe_load((ROOT / "_config.yml").read_text())
    names = [each["name"] for each in project["authors"]]
    assert [each["name"] for each in citation["authors"]] == names == [config["author"]]
    for field, key in {
        "version": "version",
        "license": "license",
        "abstract": "description",
    }.items():
        assert citation[field] == project[key], field
    assert f"## {project['version']} " in (ROOT / "CHANGELOG.md").read_text()
    assert citation["title"].startswith(f"{project['name']}: ")


def test_imports_run_downward_only() -> None:
    level = {name: i for i, names in enumerate(LAYERS) for name in names}
    for path in (ROOT / "alutils").rglob("*.py"):
        own = path.relative_to(ROOT / "alutils").parts[0].removesuffix(".py")
        if own == "__init__":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            imported: list[str] = []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [alias.name for alias in node.names]
                imported = names if node.module == "alutils" else [node.module[8:]]
                if not node.module.startswith("alutils"):
                    continue
            for name in imported:
                other = name.split(".")[0]
                assert level[other] < level[own] or other == own, f"{path.name} imports {name}"


def test_no_trace_of_one_machine_is_committed() -> None:
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
        )
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    for name in filter(None, listed.stdout.split("\0")):
        path = ROOT / name
        if not path.exists():
            continue
        limit = 4_000_000 if name.startswith("data/results/") else 1_000_000
        assert path.stat().st_size < limit, f"{name} is large"
        text = path.read_bytes()
        for trace in (b"/wo" + b"rk/", b"/ho" + b"me/", b"/ro" + b"ot/"):
            assert trace not in text, f"{name} has a path of one machine"
