"""Profiles: named studies, in ``data/profiles/NAME.yaml``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import pydantic
import yaml

from alutils.errors import UserError, unknown


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


class _Loader(yaml.SafeLoader):
    """Safe YAML, in which a key written twice is a mistake; PyYAML drops the first."""

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        seen = set()
        for key, _ in node.value:  # before << is filled in, which may well repeat a key
            if (key.tag, str(key.value)) in seen:
                line = key.start_mark.line + 1
                raise UserError(f"line {line} has the key {key.value!r} a second time: keep one")
            seen.add((key.tag, str(key.value)))
        return node


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
        content = yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except UserError as error:
        raise UserError(f"profile {path}: {error}") from None
    except OSError as error:
        raise UserError(f"cannot read profile {path}: {error.strerror}; mend it there") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        text = " ".join(str(error).split())
        raise UserError(f"profile {path} is not YAML: {text}; mend it there") from error
    except Exception as error:
        # PyYAML lets ValueError, KeyError and more escape for 2024-99-99 or !!bool x
        raise UserError(
            f"profile {path} has a value that is not YAML ({error}): quote it to give a text"
        ) from error
    try:
        return Profile.model_validate(content)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise UserError(f"profile {path}: {where}: {first['msg']}; mend it there") from error
