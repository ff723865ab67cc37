from __future__ import annotations

from pathlib import Path

import pytest

from alutils import strategies
from alutils.book import source
from alutils.errors import UserError
from alutils.page_needs import needs_of_page
from alutils.parameters import validate
from alutils.profile import read_profile
from alutils.study import check_names, grids_of

ROOT = Path(__file__).parent.parent


def test_every_profile_of_the_project_can_be_run() -> None:
    for path in (ROOT / "data" / "profiles").glob("*.yaml"):
        notebooks = read_profile(ROOT, path.stem).notebooks
        for name, given in notebooks.items():
            for grid in needs_of_page(name, validate(source(ROOT, name), given)).grids:
                check_names(grid.cells())


def test_quick_profile_covers_what_it_promises() -> None:
    given = read_profile(ROOT, "quick").notebooks["query_strategies"]
    (compared,) = grids_of([validate(source(ROOT, "query_strategies"), given)])
    assert len(compared.datasets) >= 3
    assert len(compared.embedders) >= 4
    assert compared.seeds >= 5
    assert set(compared.strategies) <= set(strategies.names())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("about: x\nnotebooks: {a: {}}\nextra: 1", "extra"),
        ("notebooks: {a: 3}", "about"),
        ("- a list", "profile"),
        ("about: [", "not YAML"),
        ("about: !!python/object/apply:os.system ['true']", "not YAML"),
        ("about: x\nnotebooks: {}", "notebooks: .* at least 1"),
        ("about: x\nnotebooks: {a: {when: 2024-99-99}}", "a value that is not YAML .month"),
        ("about: !!bool x\nnotebooks: {a: {}}", "a value that is not YAML"),
        ("about: x\nnotebooks:\n  a: {b: 1}\n  a: {c: 1}", "line 4 has the key 'a' a second"),
        ("about: x\nnotebooks: {a: {b: 1, b: 2}}", "line 2 has the key 'b' a second time"),
        ("about: x\nnotebooks: {a: {[b]: 1, [c]: 2}}", "."),
        ("[" * 5000, "a value that is not YAML"),
    ],
)
def test_a_file_that_is_no_profile_is_named(tmp_path: Path, text: str, message: str) -> None:
    folder = tmp_path / "data" / "profiles"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text(text)
    with pytest.raises(UserError, match=message) as error:
        read_profile(tmp_path, "mine")
    assert "\n" not in str(error.value)


def test_a_profile_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "profiles"
    (folder / "folder.yaml").mkdir(parents=True)
    (folder / "dangling.yaml").symlink_to(folder / "nothing")
    for name in "folder", "dangling":
        with pytest.raises(UserError, match=f"cannot read profile .*{name}.yaml"):
            read_profile(tmp_path, name)


def test_shared_values_may_be_merged_and_overridden(tmp_path: Path) -> None:
    folder = tmp_path / "data" / "profiles"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text(
        "about: x\n"
        "shared: {data: &data {seeds: 1, cycles: 2}, run: &run {<<: *data, cycles: 3}}\n"
        "notebooks: {a: {<<: [*data, *run], seeds: 4}, b: {<<: *run}}\n"
    )
    notebooks = read_profile(tmp_path, "mine").notebooks
    assert notebooks == {"a": {"seeds": 4, "cycles": 2}, "b": {"seeds": 1, "cycles": 3}}


def test_unknown_profile_and_wrong_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="did you mean 'quick'"):
        read_profile(ROOT, "quik")
    with pytest.raises(UserError, match="--root"):
        read_profile(tmp_path, "quick")
