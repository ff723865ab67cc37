"""Profiles: named studies, in ``data/profiles/NAME.yaml``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pydantic

from alutils.errors import UserError, unknown
from alutils.yaml_text import parse


class Profile(pydantic.BaseModel, frozen=True, extra="forbid"):
    """What a book is built from.

    Parameters
    ----------
    about : str
        One sentence for people.
    shared : dict
        Values that several notebooks take, for YAML anchors; not read otherwise.
    notebooks : dict
        For each notebook the parameters that differ from its own defaults.
    """

    about: str
    shared: dict[str, Any] = {}
    notebooks: Annotated[dict[str, dict[str, Any]], pydantic.Field(min_length=1)]


def read_profile(root: Path, name: str) -> Profile:
    """Read a profile of the project.

    Parameters
    ----------
    root : pathlib.Path
        Folder of the project.
    name : str
        Name of the profile: ``"quick"``.

    Returns
    -------
    Profile

    Raises
    ------
    UserError
        If there is no such profile, or its file is not a profile.
    """
    folder = root / "data" / "profiles"
    names = sorted(path.stem for path in folder.glob("*.yaml"))
    if not names:
        raise UserError(
            f"there are no profiles in {folder}: run this from the project's folder, "
            "or name that with --root"
        )
    if name not in names:
        raise unknown("profile", name, names)
    path = folder / f"{name}.yaml"
    try:
        content = parse(path.read_text(encoding="utf-8"))
    except UserError as error:
        raise UserError(f"profile {path}: {error}; mend it there") from None
    except OSError as error:
        raise UserError(f"cannot read profile {path}: {error.strerror}; mend it there") from error
    except UnicodeDecodeError as error:
        raise UserError(f"profile {path} is not UTF-8 ({error}): save it as UTF-8") from error
    try:
        return Profile.model_validate(content)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise UserError(f"profile {path}: {where}: {first['msg']}; mend it there") from error
