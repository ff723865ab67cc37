"""A release: the built book and the archived results in one file, with checksums.

The same files give the same archive, byte for byte.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

from alutils.errors import UserError

SUMS = "SHA256SUMS"

ABOUT = ("CITATION.cff", "LICENSE", "CHANGELOG.md")


def version(root: Path) -> str:
    """Return the version that pyproject.toml states."""
    try:
        return str(tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"])
    except (OSError, ValueError, LookupError) as error:
        raise UserError(
            f"there is no version in {root / 'pyproject.toml'} ({error}): run this from the "
            "project's folder, or name that with --root"
        ) from None


def check_tag(root: Path, tag: str) -> None:
    """Refuse a tag that does not name the version, such as ``v0.1.0``.

    Raises
    ------
    UserError
        If it names another one.
    """
    if tag != (wanted := f"v{version(root)}"):
        raise UserError(
            f"the tag is {tag}, but pyproject.toml has the version of {wanted}: set the version "
            "first, or tag the commit that has it"
        )


def write_release(root: Path) -> Path:
    """Pack the built book, the archived results and their checksums.

    Parameters
    ----------
    root : pathlib.Path
        The checkout, with a book in ``_build/html``.

    Returns
    -------
    pathlib.Path
        ``dist/alutils-VERSION.tar.gz``, in which ``SHA256SUMS`` lists every file; its own checksum
        is in ``dist/SHA256SUMS``. ``sha256sum --check SHA256SUMS`` checks either.

    Raises
    ------
    UserError
        If there is no book yet, or the archive cannot be written.
    """
    name = f"alutils-{version(root)}"
    if not (root / "_build" / "html" / "run.json").is_file():
        raise UserError(f"there is no book in {root / '_build'}: make book PROFILE=offline first")
    dist = root / "dist"
    try:
        dist.mkdir(exist_ok=True)
        data = _tar(name, dict(_members(root)))
        (dist / f"{name}.tar.gz").write_bytes(data)
        line = f"{hashlib.sha256(data).hexdigest()}  {name}.tar.gz\n"
        (dist / SUMS).write_text(line, encoding="utf-8")
    except OSError as error:
        raise UserError(f"cannot write the release: {error.strerror} ({error.filename})") from None
    return dist / f"{name}.tar.gz"


def _members(root: Path) -> Iterator[tuple[str, bytes]]:
    for folder, name in (
        (root / "_build" / "html", "book"),
        (root / "data" / "results", "results"),
    ):
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                yield f"{name}/{path.relative_to(folder).as_posix()}", path.read_bytes()
    for about in ABOUT:
        yield about, (root / about).read_bytes()


def _tar(name: str, members: dict[str, bytes]) -> bytes:
    """Pack files so that neither the clock nor the machine leaves a trace."""
    sums = [f"{hashlib.sha256(data).hexdigest()}  {path}" for path, data in members.items()]
    whole = {**members, SUMS: ("\n".join(sums) + "\n").encode()}
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", filename="", mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path, data in whole.items():
            info = tarfile.TarInfo(f"{name}/{path}")  # of nobody, from 1970, readable by all
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return packed.getvalue()
