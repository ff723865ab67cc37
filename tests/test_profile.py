from __future__ import annotations

from pathlib import Path

import pytest

from alutils import strategies
from alutils.book import source
from alutils.errors import UserError
from alutils.parameters import validate
from alutils.profile import read_profile
from alutils.study import check_names, grids_of

ROOT = Path(__file__).parent.parent


def test_every_profile_of_the_project_can_be_run() -> None:
    for path in (ROOT / "data" / "profiles").glob("*.yaml"):
        notebooks = read_profile(ROOT, path.stem).notebooks
        for grid in grids_of(validate(source(ROOT, n), given) for n, given in notebooks.items()):
            check_names(grid.cells())


def test_quick_profile_covers_what_it_promises() -> None:
    given = read_profile(ROOT, "quick").notebooks["query_strategies"]
    (compared,) = grids_of([validate(source(ROOT, "query_strategies"), given)])
    assert len(compared.datasets) >= 3
    assert len(compared.embedders) >= 4
    assert compared.seeds >= 5
    assert set(compared.strategies) == set(strategies.names())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("about: x\nnotebooks: {}\nextra: 1", "extra"),
        ("notebooks: {a: 3}", "about"),
        ("- a list", "profile"),
        ("about: [", "not YAML"),
        ("about: !!python/object/apply:os.system ['true']", "not YAML"),
    ],
)
def test_a_file_that_is_no_profile_is_named(tmp_path: Path, text: str, message: str) -> None:
    folder = tmp_path / "data" / "profiles"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text(text)
    with pytest.raises(UserError, match=message):
        read_profile(tmp_path, "mine")


def test_unknown_profile_and_wrong_folder(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="did you mean 'quick'"):
        read_profile(ROOT, "quik")
    with pytest.raises(UserError, match="--root"):
        read_profile(tmp_path, "quick")
