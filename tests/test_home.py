"""Where files are kept: as the environment says, or one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from alutils.errors import UserError
from alutils.home import home


def test_the_environment_chooses_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("ALUTILS_HOME", raising=False)
    assert home() == tmp_path / "cache" / "alutils"
    monkeypatch.setenv("ALUTILS_HOME", str(tmp_path / "own"))
    assert home() == tmp_path / "own"


@pytest.mark.parametrize("variable", ["ALUTILS_HOME", "XDG_CACHE_HOME"])
def test_the_home_of_nobody_is_one_sentence(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.delenv("ALUTILS_HOME", raising=False)
    monkeypatch.setenv(variable, "~no-such-user/x")
    with pytest.raises(UserError, match=f"{variable} is '~no-such-user/x'.*mend or unset it"):
        home()


def test_without_a_home_folder_one_must_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(_: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    for variable in ("ALUTILS_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(Path, "expanduser", nowhere)
    with pytest.raises(UserError, match="set ALUTILS_HOME"):
        home()
