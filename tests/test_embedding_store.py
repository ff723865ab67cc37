import hashlib
import json
import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest
from filelock import FileLock
from hypothesis import given
from hypothesis import strategies as st

from alutils import embedding_store
from alutils.embedding_shards import SHARD_ROWS, join_shards, read_shard, spans, write_shard
from alutils.embedding_store import DamagedError, EmbeddingStore, key_of
from alutils.errors import UserError

ROWS = 2 * SHARD_ROWS + 7
FIELDS = {"texts": "abc", "embedder": {"kind": "test"}}
OTHER = {"texts": "abc", "embedder": {"kind": "other"}}


def matrix(which=0, columns=3):
    values = np.arange(ROWS * columns, dtype=np.float32).reshape(ROWS, columns)
    return values + np.float32(which)


class Computing:
    """Serves matrices and remembers what was asked."""

    def __init__(self):
        self.asked = []

    def __call__(self, shards, advance):
        for shard in shards:
            self.asked.append((shard.which, shard.start))
            advance(shard.stop - shard.start)
            yield shard, [matrix(i)[shard.start : shard.stop] for i in shard.which]


@pytest.fixture
def store(tmp_path):
    return EmbeddingStore(tmp_path / "embeddings")


def fill(store, fields=(FIELDS,), computing=None):
    return store.get_or_compute(list(fields), ROWS, computing or Computing(), "embedding")


def test_an_entry_is_computed_once_and_then_reused_without_a_word(store, capsys):
    computing = Computing()
    assert store.get(FIELDS) is None
    first = fill(store, computing=computing)[0]
    assert [start for _, start in computing.asked] == [0, SHARD_ROWS, 2 * SHARD_ROWS]
    capsys.readouterr()
    again = fill(store, computing=computing)[0]
    assert len(computing.asked) == 3
    assert capsys.readouterr() == ("", "")
    np.testing.assert_array_equal(first.embeddings, matrix())
    np.testing.assert_array_equal(again.embeddings, matrix())
    assert isinstance(again.embeddings, np.memmap)
    assert not again.embeddings.flags.writeable


def test_several_entries_are_computed_in_one_pass_and_only_those_that_are_absent(store):
    fill(store, [FIELDS])
    computing = Computing()
    entries = fill(store, [OTHER, FIELDS, {"third": 1}], computing)
    assert computing.asked[0] == ((0, 2), 0)
    np.testing.assert_array_equal(entries[0].embeddings, matrix(0))
    np.testing.assert_array_equal(entries[2].embeddings, matrix(2))


def test_an_entry_that_is_there_is_read_once(store, monkeypatch):
    fill(store)
    hashed = []
    whole = embedding_store._sha256
    monkeypatch.setattr(embedding_store, "_sha256", lambda p: hashed.append(p) or whole(p))
    fill(store)
    assert len(hashed) == 1


def test_nothing_but_the_entry_is_left_behind(store):
    entry = fill(store)[0]
    assert sorted(path.name for path in store.folder.iterdir() if path.name[0] != ".") == [
        entry.key
    ]
    meta = json.loads((store.folder / entry.key / "meta.json").read_text())
    assert meta["fields"] == FIELDS
    assert meta["shape"] == [ROWS, 3]


def flip_a_bit(folder):
    path = folder / "embeddings.npy"
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


def truncate(folder):
    path = folder / "embeddings.npy"
    path.write_bytes(path.read_bytes()[:-100])


def lose_the_matrix(folder):
    (folder / "embeddings.npy").unlink()


def spoil_the_meta(folder):
    (folder / "meta.json").write_text("{")


def empty_meta(folder):
    (folder / "meta.json").write_text("[]")


def alter_a_note(folder):
    path = folder / "meta.json"
    meta = json.loads(path.read_text())
    meta["notes"]["cost"]["wall_seconds"] += 1
    path.write_text(json.dumps(meta))


def alter_the_name_of_the_checksum(folder):
    path = folder / "meta.json"
    path.write_text(path.read_text().replace("own_sha256", "own_sha257"))


def put_a_pipe_for_the_meta(folder):
    (folder / "meta.json").unlink()
    os.mkfifo(folder / "meta.json")


def put_a_pipe_for_the_matrix(folder):
    (folder / "embeddings.npy").unlink()
    os.mkfifo(folder / "embeddings.npy")


@pytest.mark.parametrize(
    "damage",
    [
        put_a_pipe_for_the_meta,
        put_a_pipe_for_the_matrix,
        alter_the_name_of_the_checksum,
        flip_a_bit,
        truncate,
        lose_the_matrix,
        spoil_the_meta,
        empty_meta,
        alter_a_note,
    ],
)
def test_a_damaged_entry_is_named_set_aside_and_computed_again(store, capsys, damage):
    key = fill(store)[0].key
    damage(store.folder / key)
    with pytest.raises(DamagedError, match=key):
        store.get(FIELDS)
    computing = Computing()
    entry = fill(store, computing=computing)[0]
    assert len(computing.asked) == 3
    np.testing.assert_array_equal(entry.embeddings, matrix())
    assert (store.folder / f"{key}.damaged-1").is_dir()
    assert f"{key[:12]} is damaged" in capsys.readouterr().err
    damage(store.folder / key)
    fill(store)
    assert (store.folder / f"{key}.damaged-2").is_dir()


def test_an_entry_of_an_older_version_counts(store):
    path = store.folder / fill(store)[0].key / "meta.json"
    meta = json.loads(path.read_text())
    del meta["own_sha256"]
    path.write_text(json.dumps(meta))
    assert store.get(FIELDS) is not None


def test_shards_that_a_killed_process_left_beside_their_entry_are_removed(store):
    key = fill(store)[0].key
    write_shard(store.folder / f"{key}.partial", 0, matrix()[:SHARD_ROWS])
    with FileLock(store.folder / f".{key}.lock"):  # its writer may be about to do so
        fill(store)
        assert (store.folder / f"{key}.partial").exists()
    fill(store)
    assert not (store.folder / f"{key}.partial").exists()


def test_swapped_entries_are_found_out(store):
    one, two = fill(store, [FIELDS, OTHER])
    (store.folder / one.key).rename(store.folder / "aside")
    (store.folder / two.key).rename(store.folder / one.key)
    (store.folder / "aside").rename(store.folder / two.key)
    for fields in (FIELDS, OTHER):
        with pytest.raises(DamagedError, match="another name"):
            store.get(fields)


def test_swapped_matrices_are_found_out(store):
    one, two = (
        store.folder / entry.key / "embeddings.npy" for entry in fill(store, [FIELDS, OTHER])
    )
    content = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(content)
    with pytest.raises(DamagedError, match="checksum"):
        store.get(FIELDS)


def test_a_large_file_is_verified_only_when_asked(store, monkeypatch):
    monkeypatch.setattr("alutils.embedding_store.CHECKED_ON_OPEN", 100)
    key = fill(store)[0].key
    flip_a_bit(store.folder / key)
    assert store.get(FIELDS) is not None
    with pytest.raises(DamagedError, match="checksum"):
        store.get(FIELDS, verify=True)


class Harmful:
    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_a_pickle_is_never_opened(store, tmp_path):
    folder = store.folder / fill(store)[0].key
    path = folder / "embeddings.npy"
    harmful = np.array([Harmful(tmp_path / "it was opened")], dtype=object)
    np.save(path, harmful, allow_pickle=True)
    meta = json.loads((folder / "meta.json").read_text())
    meta["sha256"] = hashlib.sha256(path.read_bytes()).hexdigest()
    (folder / "meta.json").write_text(json.dumps(meta))
    with pytest.raises(DamagedError):
        store.get(FIELDS)
    assert not (tmp_path / "it was opened").exists()


CHILD = """
    import os, signal, sys, time
    from pathlib import Path
    import numpy as np
    from alutils.embedding_store import EmbeddingStore
    folder, log, rows, kill_at, pause = sys.argv[1:]
    def compute(shards, advance):
        values = np.arange(int(rows) * 3, dtype=np.float32).reshape(-1, 3)
        for shard in shards:
            if shard.start == int(kill_at):
                os.kill(os.getpid(), signal.SIGKILL)
            with open(log, "a") as file:
                file.write(f"{shard.start}\\n")
            time.sleep(float(pause))
            yield shard, [values[shard.start : shard.stop] for _ in shard.which]
    store = EmbeddingStore(Path(folder))
    entry = store.get_or_compute(
        [{"texts": "abc", "embedder": {"kind": "test"}}], int(rows), compute, "embedding"
    )[0]
    print(entry.meta["sha256"])
"""


def child(store, log, kill_at=-1, pause=0.0):
    arguments = [str(store.folder), str(log), str(ROWS), str(kill_at), str(pause)]
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(CHILD), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_killed_job_goes_on_where_it_stopped(store, tmp_path, capsys):
    killed = child(store, tmp_path / "log", kill_at=2 * SHARD_ROWS)
    killed.communicate(timeout=300)
    assert killed.returncode == -signal.SIGKILL
    assert store.get(FIELDS) is None
    computing = Computing()
    entry = fill(store, computing=computing)[0]
    assert [start for _, start in computing.asked] == [2 * SHARD_ROWS]
    np.testing.assert_array_equal(entry.embeddings, matrix())
    assert f"{2 * SHARD_ROWS:,} of {ROWS:,} texts are done already" in capsys.readouterr().err


def test_a_damaged_shard_is_computed_again(store, tmp_path):
    child(store, tmp_path / "log", kill_at=2 * SHARD_ROWS).communicate(timeout=300)
    shard = next(store.folder.glob("*.partial/000000000-*.npy"))
    shard.write_bytes(shard.read_bytes()[:-1] + b"x")
    computing = Computing()
    entry = fill(store, computing=computing)[0]
    assert [start for _, start in computing.asked] == [0, 2 * SHARD_ROWS]
    np.testing.assert_array_equal(entry.embeddings, matrix())


def test_two_processes_at_once_compute_once(store, tmp_path):
    log = tmp_path / "log"
    both = [child(store, log, pause=0.3) for _ in range(2)]
    results = [one.communicate(timeout=300) for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert log.read_text().split() == ["0", str(SHARD_ROWS), str(2 * SHARD_ROWS)]
    assert results[0][0] == results[1][0] != ""


def test_a_store_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"cannot write the embedding store .*ALUTILS_HOME"):
        fill(EmbeddingStore(tmp_path / "file" / "embeddings"))


FULL_DISK = """
    import resource, signal, sys
    from pathlib import Path
    import numpy as np
    from alutils.embedding_store import EmbeddingStore
    from alutils.errors import UserError
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, resource.RLIM_INFINITY))
    def compute(shards, advance):
        for shard in shards:
            ones = np.ones((shard.stop - shard.start, 8), dtype=np.float32)
            yield shard, [ones for _ in shard.which]
    try:
        EmbeddingStore(Path(sys.argv[1])).get_or_compute([{"a": 1}], 3000, compute, "embedding")
    except UserError as error:
        print(error)
"""


def test_a_full_disk_is_one_sentence_and_leaves_no_entry(store):
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(FULL_DISK), str(store.folder)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert "cannot write the embedding store" in done.stdout, done.stderr
    assert store.get({"a": 1}) is None


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not hold root back")
def test_a_read_only_store_serves_what_it_has(store):
    fill(store)
    store.folder.chmod(0o500)
    try:
        np.testing.assert_array_equal(fill(store)[0].embeddings, matrix())
        with pytest.raises(UserError, match="cannot write"):
            fill(store, [OTHER])
    finally:
        store.folder.chmod(0o700)


def test_what_is_there_is_served_without_a_write(store):
    fill(store)
    before = {path: path.stat().st_mtime_ns for path in [store.folder, *store.folder.rglob("*")]}
    fill(store)
    assert before == {
        path: path.stat().st_mtime_ns for path in [store.folder, *store.folder.rglob("*")]
    }


def test_shards_may_come_in_any_order(store):
    class Backwards(Computing):
        def __call__(self, shards, advance):
            yield from super().__call__(shards[::-1], advance)

    np.testing.assert_array_equal(fill(store, computing=Backwards())[0].embeddings, matrix())


def test_an_error_while_computing_leaves_the_finished_shards(store):
    def failing(shards, advance):
        for shard in shards:
            if shard.start:
                raise UserError("no")
            yield shard, [matrix()[shard.start : shard.stop]]

    with pytest.raises(UserError, match="no"):
        fill(store, computing=failing)
    computing = Computing()
    fill(store, computing=computing)
    assert [start for _, start in computing.asked] == [SHARD_ROWS, 2 * SHARD_ROWS]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda children: st.dictionaries(st.text(max_size=5), children, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=5), json_values, max_size=5))
def test_a_key_depends_on_every_value_but_not_on_the_order(fields):
    assert key_of(fields) == key_of(dict(reversed(fields.items())))
    assert key_of(fields) != key_of({**fields, "more": 1, "than": "before"})
    for name in fields:
        assert key_of(fields) != key_of({**fields, name: "changed to this"})


@given(st.integers(0, 5000))
def test_spans_cover_every_row_once(rows):
    covered = [row for start, stop in spans(rows) for row in range(start, stop)]
    assert covered == list(range(rows))


def test_joined_shards_are_what_numpy_would_save(tmp_path):
    for start, stop in spans(ROWS):
        write_shard(tmp_path / "shards", start, matrix()[start:stop])
    columns, _ = join_shards(tmp_path / "shards", ROWS, tmp_path / "joined.npy")
    np.save(tmp_path / "saved.npy", matrix())
    assert columns == 3
    assert (tmp_path / "joined.npy").read_bytes() == (tmp_path / "saved.npy").read_bytes()


def test_a_shard_of_another_height_does_not_count(tmp_path):
    write_shard(tmp_path, 0, np.zeros((5, 2), dtype=np.float32))
    assert read_shard(tmp_path, 0, 6) is None
    assert read_shard(tmp_path, 0, 5).shape == (5, 2)
