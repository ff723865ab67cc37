"""The embedding store: each matrix of embeddings is computed once and found by what made it.

An entry is a folder named by the SHA-256 of its *key fields*: everything the numbers depend on. It
holds ``embeddings.npy``, opened memory-mapped, and ``meta.json`` with the fields and a checksum. An
entry appears under its name only when it is complete. While it is computed its shards lie in
``KEY.partial``, each named by its own checksum, so a killed job goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock, Timeout

from alutils.costs import measured
from alutils.embedding_reuse import NOTE, most_alike
from alutils.embedding_shards import join_shards, read_shard, spans, sync, write_shard
from alutils.errors import UserError
from alutils.home import home
from alutils.progress import Progress, say

CHECKED_ON_OPEN = 2**30
"""Bytes up to which the checksum is verified at every opening. Hashing a gigabyte takes a second
or two; hashing 20 GB would make every cell on a cluster wait on its file system for minutes."""

META = {"fields", "shape", "sha256", "created", "notes"}

Fields = Mapping[str, Any]


@dataclass(frozen=True)
class Shard:
    """Rows of one matrix or more that are computed together.

    Parameters
    ----------
    which : tuple of int
        Positions of the matrices in what is wanted.
    start, stop : int
        Their rows.
    """

    which: tuple[int, ...]
    start: int
    stop: int


Matrices = Iterator[tuple[Shard, Sequence[np.ndarray]]]
Compute = Callable[[Sequence[Shard], Callable[[int], None]], Matrices]


@dataclass(frozen=True)
class Entry:
    """One matrix of the store.

    Parameters
    ----------
    key : str
        64 hex digits.
    embeddings : ndarray of shape (rows, D), float32
        Read-only memory map.
    meta : dict
        Key fields, shape, checksum, when it was made, and notes on how.
    """

    key: str
    embeddings: np.ndarray
    meta: dict[str, Any]


class DamagedError(UserError):
    """An entry whose bytes are not what was written."""


def key_of(fields: Fields) -> str:
    """Hash key fields; the order of the fields does not count."""
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


class EmbeddingStore:
    """A folder of embedding matrices.

    Parameters
    ----------
    folder : pathlib.Path, optional
        Default: ``home() / "embeddings"``. It may be read-only if all that is asked for is there.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = home() / "embeddings" if folder is None else folder

    def get(self, fields: Fields, *, verify: bool = False) -> Entry | None:
        """Open an entry.

        Parameters
        ----------
        fields : mapping
            Its key fields.
        verify : bool
            Verify the checksum also of a file above `CHECKED_ON_OPEN`.

        Returns
        -------
        Entry or None
            None if there is no such entry.

        Raises
        ------
        DamagedError
            If it is there but truncated, altered or under another entry's name.
        """
        key = key_of(fields)
        folder = self.folder / key
        if not folder.is_dir():
            return None
        try:
            for name in "meta.json", "embeddings.npy":
                if (folder / name).exists() and not (folder / name).is_file():
                    raise ValueError(f"its {name} is no file")
            meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
            if key_of(meta["fields"]) != key:
                raise ValueError("it belongs under another name")
            own = meta.pop("own_sha256", None)  # older entries have none
            if own not in (None, key_of(meta)) or set(meta) != META:
                raise ValueError("its meta.json was altered")
            path = folder / "embeddings.npy"
            small = path.stat().st_size <= CHECKED_ON_OPEN
            if (small or verify) and _sha256(path) != meta["sha256"]:
                raise ValueError("its checksum differs")
            # Not np.load, which takes a zip archive for an .npy file.
            embeddings = np.lib.format.open_memmap(path, mode="r")
            if list(embeddings.shape) != meta["shape"] or embeddings.dtype != np.float32:
                raise ValueError("its shape differs")
        except PermissionError as error:
            raise UserError(f"cannot read the embedding {folder}: {error.strerror}") from error
        except Exception as error:  # whatever NumPy and JSON stumble on in a header that is none
            reason = error.strerror if isinstance(error, OSError) else error
            raise DamagedError(f"the embedding {folder} is damaged: {reason}") from error
        return Entry(key, embeddings, meta)

    def get_or_compute(
        self,
        wanted: Sequence[Fields],
        rows: int,
        compute: Compute,
        label: str,
        notes: Sequence[Fields] | None = None,
    ) -> list[Entry]:
        """Open several entries over the same texts, computing those that are absent together.

        Two processes may ask for the same entry: the second waits and reuses what the first made.

        Parameters
        ----------
        wanted : sequence of mapping
            Key fields of each entry.
        rows : int
            Number of texts.
        compute : callable
            ``compute(shards, advance)`` yields every `Shard` in any order, with a float32 matrix
            of its rows for each of its ``which``, which are positions in `wanted`; it calls
            ``advance(n)`` whenever n more texts are done.
        label : str
            What is being done, for the progress line.
        notes : sequence of mapping, optional
            For each entry, what to record beside it. Notes are no part of the key. A ``cost`` of
            theirs takes the place of what this process measures.
            With the digests of its shards (`alutils.embedding_reuse`), shards that other entries
            have are not computed again.

        Returns
        -------
        list of Entry
            As in `wanted`.

        Raises
        ------
        UserError
            If the store cannot be written: it is read-only, or the disk is full.
        """
        # Kept, not opened again: up to a size, opening reads every byte.
        found = {key_of(f): self._sound(f) for f in wanted}
        absent = {key_of(f): i for i, f in enumerate(wanted) if found[key_of(f)] is None}
        for key in found.keys() - absent.keys():
            if self._partial(key).exists():
                self._remove_shards(key)
        if absent:
            with self._locked(sorted(absent)):
                for key in sorted(absent):
                    found[key] = self._sound(wanted[absent[key]])
                    if found[key] is not None:
                        del absent[key]  # another process made it while this one waited
                    elif (self.folder / key).exists():
                        self._set_aside(key)
                for key, i in absent.items():
                    if notes and NOTE in notes[i]:
                        self._take_over(key, wanted[i], notes[i][NOTE], rows)
                with measured() as cost:
                    self._compute(absent, rows, compute, label)
                shared = {**cost, "shared_by": len(absent)}
                for key, i in absent.items():
                    note = {"cost": shared, **(notes[i] if notes else {})}
                    self._assemble(key, wanted[i], rows, note)
        return [found[key_of(fields)] or self._existing(fields) for fields in wanted]

    def _existing(self, fields: Fields) -> Entry:
        entry = self.get(fields)
        assert entry is not None
        return entry

    def _sound(self, fields: Fields) -> Entry | None:
        try:
            return self.get(fields)
        except DamagedError:
            return None

    @contextmanager
    def _locked(self, keys: Sequence[str]) -> Iterator[None]:
        # Every process takes its locks in the same order, so two never wait for each other.
        with ExitStack() as stack:
            with self._writing():
                self.folder.mkdir(parents=True, exist_ok=True)
                for key in keys:
                    lock = FileLock(self.folder / f".{key}.lock")
                    try:
                        lock.acquire(blocking=False)
                    except Timeout:
                        say("waiting for another process that computes the same embeddings")
                        lock.acquire()
                    stack.callback(lock.release)
            yield

    def _set_aside(self, key: str) -> None:
        n = 1
        while (aside := self.folder / f"{key}.damaged-{n}").exists():
            n += 1
        with self._writing():
            (self.folder / key).rename(aside)
        say(f"the stored embedding {key[:12]} is damaged: kept as {aside.name}, computed again")

    def _take_over(self, key: str, fields: Fields, digests: Sequence[str], rows: int) -> None:
        """Write the shards that another entry has as shards of this one."""
        theirs, same = most_alike(self.folder, fields, digests)
        entry = self._sound(theirs) if same else None
        for start, stop in (spans(rows)[at] for at in same):
            if entry is not None and read_shard(self._partial(key), start, stop) is None:
                with self._writing():
                    write_shard(self._partial(key), start, np.array(entry.embeddings[start:stop]))

    def _compute(self, absent: Mapping[str, int], rows: int, compute: Compute, label: str) -> None:
        """Compute the shards that are lacking, each for all entries that lack it."""
        keys = {i: key for key, i in absent.items()}
        todo = [
            Shard(lacking, start, stop)
            for start, stop in spans(rows)
            if (lacking := tuple(i for i, k in keys.items() if self._lacks(k, start, stop)))
        ]
        left = sum(shard.stop - shard.start for shard in todo)
        if 0 < left < rows:
            say(f"{label}: {rows - left:,} of {rows:,} texts are done already")
        with Progress(label, total=left, unit="texts") as progress:
            for shard, arrays in compute(todo, progress.advance):
                for i, array in zip(shard.which, arrays, strict=True):
                    assert array.dtype == np.float32 and len(array) == shard.stop - shard.start
                    rows_in_order = np.ascontiguousarray(array, "<f4")
                    with self._writing():
                        write_shard(self._partial(keys[i]), shard.start, rows_in_order)

    def _lacks(self, key: str, start: int, stop: int) -> bool:
        return read_shard(self._partial(key), start, stop) is None

    def _assemble(self, key: str, fields: Fields, rows: int, note: Fields) -> None:
        """Join the shards and let the entry appear under its name."""
        new = self.folder / f"{key}.new"
        with self._writing():
            shutil.rmtree(new, ignore_errors=True)  # left by a process that was killed
            new.mkdir()
            columns, sha256 = join_shards(self._partial(key), rows, new / "embeddings.npy")
            meta = {
                "fields": fields,
                "shape": [rows, columns],
                "sha256": sha256,
                "created": datetime.now(UTC).isoformat(timespec="seconds"),
                "notes": dict(note),
            }
            with (new / "meta.json").open("w", encoding="utf-8") as file:
                json.dump({**meta, "own_sha256": key_of(meta)}, file, indent=1, sort_keys=True)
                sync(file)
            new.replace(self.folder / key)
            shutil.rmtree(self._partial(key), ignore_errors=True)

    def _remove_shards(self, key: str) -> None:
        """Remove the shards of a whole entry; a process that was killed has left them."""
        # Not a mistake of anybody's if the store is read-only, or another process has the lock.
        with suppress(OSError), FileLock(self.folder / f".{key}.lock", blocking=False):
            shutil.rmtree(self._partial(key), ignore_errors=True)

    def _partial(self, key: str) -> Path:
        return self.folder / f"{key}.partial"

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise UserError(
                f"cannot write the embedding store {self.folder} ({error.strerror or error}): free "
                "space there, or set ALUTILS_HOME to a folder you can write to"
            ) from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
