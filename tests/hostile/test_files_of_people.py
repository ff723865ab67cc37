"""Whatever a table or a file of labels or embeddings holds: read, or refused in a sentence."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from alutils.advice.vectors import read_vectors
from alutils.errors import UserError
from alutils.labelling import Pile, columns, read_pile
from alutils.labelling.answers import with_answers
from alutils.labelling.batch_files import write_batch
from alutils.labelling.proposal import Proposal, propose
from alutils.tables import read_table, write_table
from tests.hostile.damage import (
    anything,
    cases,
    changed,
    damaged,
    plain,
    read_or_refused,
    tokens,
    whole,
)

SIX = "".join(f'"{n}","text {n}, and more","{"ab"[n % 2] if n < 4 else ""}"\n' for n in range(6))
CSV = f"id,text,label\n{SIX}".encode()
JSONL = "".join(
    json.dumps({"id": n, "text": f"text {n}", "label": "ab"[n % 2] if n < 4 else None}) + "\n"
    for n in range(6)
).encode()


def parquet(table: pa.Table) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out)
    return out.getvalue()


PARQUET = parquet(
    pa.table({"id": [0, 1, 2], "text": ["a", "b", None], "label": pa.array(["x", None, "y"])})
)
FILES = {".csv": CSV, ".tsv": CSV.replace(b",", b"\t"), ".jsonl": JSONL, ".parquet": PARQUET}


def use(path: Path, encoding: str | None) -> None:
    """Read a file of texts as commands do, and write it again."""
    table = read_or_refused(read_table, path, [], encoding=encoding)
    if table is not None:
        write_table(path.with_name(f"again{path.suffix}"), table)
    for named in (None, "id"):
        pile = read_or_refused(read_pile, path, "text", "label", named, encoding)
        if pile is not None:
            read_or_refused(with_answers, pile, path, encoding)


@cases
@given(suffix=st.sampled_from(sorted(FILES)), data=st.data())
def test_a_damaged_file_of_texts(suffix: str, data: st.DataObject, tmp_path: Path) -> None:
    path = tmp_path / f"texts{suffix}"
    path.write_bytes(data.draw(damaged(FILES[suffix])))
    use(path, data.draw(st.sampled_from([None, "cp1252", "utf-7", "unicode_escape", "\0"])))


@cases
@given(rows=st.lists(st.dictionaries(st.sampled_from(["id", "text", "label"]), anything)))
def test_json_lines_of_any_values(rows: list[dict[str, Any]], tmp_path: Path) -> None:
    path = tmp_path / "texts.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    use(path, None)


KINDS = {
    "text": st.lists(st.none() | st.text(max_size=4), min_size=3, max_size=3).map(
        lambda v: pa.array(
            [None if t is None else t.encode("utf-8", "replace").decode() for t in v]
        )
    ),
    "bytes read as text": st.lists(st.binary(max_size=4), min_size=3, max_size=3).map(
        lambda v: pa.array(v, pa.binary()).view(pa.string())
    ),
    "time": st.builds(
        lambda v, unit, zone: pa.array(v, pa.timestamp(unit, zone)),
        st.lists(st.integers(-(2**53), 2**53), min_size=3, max_size=3),
        st.sampled_from(["s", "ms", "us", "ns"]),
        st.sampled_from([None, "UTC", "Europe/Nowhere"]),
    ),
    "day": st.lists(st.integers(-(2**31), 2**31 - 1), min_size=3, max_size=3).map(
        lambda v: pa.array(v, pa.int32()).view(pa.date32())
    ),
    "duration": st.lists(st.integers(-(2**63), 2**63 - 1), min_size=3, max_size=3).map(
        lambda v: pa.array(v, pa.duration("s"))
    ),
    "number": st.lists(st.floats(), min_size=3, max_size=3).map(pa.array),
    "nested": st.lists(
        st.dictionaries(st.text(max_size=2), st.integers(0, 9)), min_size=3, max_size=3
    ).map(lambda v: pa.array([list(d.items()) for d in v], pa.map_(pa.string(), pa.int64()))),
    "classes": st.just(pa.array(["x", "y", "x"]).dictionary_encode()),
    "none": st.just(pa.nulls(3)),
}


@cases
@given(kinds=st.tuples(*[st.sampled_from(sorted(KINDS))] * 3), data=st.data())
def test_parquet_of_any_types(kinds: tuple[str, ...], data: st.DataObject, tmp_path: Path) -> None:
    arrays = [data.draw(KINDS[kind]) for kind in kinds]
    names = data.draw(st.sampled_from([["id", "text", "label"], ["text", "text", "id"]]))
    path = tmp_path / "texts.parquet"
    pq.write_table(pa.Table.from_arrays(arrays, names), path)
    use(path, None)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> tuple[Pile, dict[str, bytes]]:
    """A pile, and the batch that was asked for: as a table of each kind, and as exports."""
    folder = tmp_path_factory.mktemp("asked")
    (folder / "texts.csv").write_bytes(CSV)
    pile = read_pile(folder / "texts.csv", id="id")
    vectors = np.random.default_rng(0).normal(size=(6, 3)).astype(np.float32)
    batch = propose(pile, vectors, strategy="margin", k=2, audit=0.5)
    files: dict[str, bytes] = {}
    for suffix in FILES:
        write_batch(folder / f"batch{suffix}", pile, batch)
        files[suffix] = (folder / f"batch{suffix}").read_bytes()
    return pile, files


@cases
@given(suffix=st.sampled_from(sorted(FILES)), data=st.data())
def test_a_damaged_file_of_labels(
    suffix: str, data: st.DataObject, asked: tuple[Pile, dict[str, bytes]], tmp_path: Path
) -> None:
    pile, files = asked
    path = tmp_path / f"labels{suffix}"
    path.write_bytes(data.draw(damaged(files[suffix])))
    read_or_refused(with_answers, pile, path)


FILLED_IN = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(["id", "text", "label", *columns.OURS], plain | anything)
    | {columns.BATCH: whole | tokens},
)


@cases
@given(rows=st.lists(FILLED_IN, max_size=3))
def test_labels_of_any_values(
    rows: list[dict[str, Any]], asked: tuple[Pile, dict[str, bytes]], tmp_path: Path
) -> None:
    rows = [{"id": "0", "label": "a"}, *({"id": "1", **row} for row in rows)]
    path = tmp_path / "labels.jsonl"
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    pile = read_or_refused(with_answers, asked[0], path)
    if pile is not None:
        write_again(pile, tmp_path)


@pytest.mark.parametrize("number", [-1, 10**9, 2**63, 10**30])
def test_a_number_that_no_batch_has(
    number: int, asked: tuple[Pile, dict[str, bytes]], tmp_path: Path
) -> None:
    (tmp_path / "labels.csv").write_text(f"id,label,al_batch\n0,a,{number}\n")
    with pytest.raises(UserError, match="as 'al_batch'"):
        with_answers(asked[0], tmp_path / "labels.csv")


@pytest.mark.parametrize("descr", ["()", "('<f4',)", "[('a',)]", "-" * 5000 + "1", "'"])
def test_a_header_that_numpy_stumbles_on(descr: str, tmp_path: Path) -> None:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': (1,)}}\n".encode()
    size = len(header).to_bytes(2, "little")
    (tmp_path / "a.npy").write_bytes(b"\x93NUMPY\x01\x00" + size + header + bytes(8))
    with pytest.raises(UserError, match="cannot be read as an array of numbers"):
        read_vectors(tmp_path / "a.npy")


def test_a_zip_archive_is_no_npy(tmp_path: Path) -> None:
    with (tmp_path / "a.npy").open("wb") as file:
        np.savez(file, a=np.zeros((2, 2), np.float32))
    with pytest.raises(UserError, match="cannot be read as an array of numbers"):
        read_vectors(tmp_path / "a.npy")


def write_again(pile: Pile, folder: Path) -> None:
    """Ask for more, and write it: what was read may not break what comes after it."""
    vectors = np.random.default_rng(0).normal(size=(len(pile.texts), 3)).astype(np.float32)
    batch = read_or_refused(propose, pile, vectors, k=1)
    if isinstance(batch, Proposal) and len(batch.texts):
        (folder / "next.csv").unlink(missing_ok=True)
        write_batch(folder / "next.csv", pile, batch)
        read_or_refused(with_answers, pile, folder / "next.csv")


def exported(tool: str) -> list[dict[str, Any]]:
    """An export of some answers to the six texts."""
    if tool == "label-studio":
        value = {"choices": ["a"]}
        part = {"from_name": "al_label", "to_name": "al_text", "type": "choices", "value": value}
        told = {"result": [part], "was_cancelled": False, "ground_truth": False}
        return [
            {"id": 7, "data": {"al_id": str(n), "al_text": f"text {n}", "al_batch": 1},
             "annotations": [told], "predictions": [], "drafts": []}
            for n in range(2)
        ]  # fmt: skip
    answer = [{"value": "a", "status": "submitted", "user_id": "u"}]
    return [
        {"id": str(n), "fields": {"al_text": f"text {n}"}, "metadata": {"al_id": str(n)},
         "suggestions": {}, "responses": {"al_label": answer}, "status": "completed"}
        for n in range(2)
    ]  # fmt: skip


@cases
@given(tool=st.sampled_from(["label-studio", "argilla"]), data=st.data())
def test_a_changed_export(
    tool: str, data: st.DataObject, asked: tuple[Pile, dict[str, bytes]], tmp_path: Path
) -> None:
    content = json.dumps(data.draw(changed(exported(tool)))).encode()
    if data.draw(st.booleans()):
        content = data.draw(damaged(content))
    path = tmp_path / data.draw(st.sampled_from(["export.json", "export.jsonl"]))
    path.write_bytes(content)
    pile = read_or_refused(with_answers, asked[0], path)
    if pile is not None:
        write_again(pile, tmp_path)


def npy(array: np.ndarray) -> bytes:
    out = io.BytesIO()
    np.save(out, array)
    return out.getvalue()


HEADERS = st.dictionaries(
    st.sampled_from(["descr", "fortran_order", "shape"]),
    st.sampled_from(
        ["<f4", "<f8", "|O", "<U9", "<c8", "<M8[s]", "V4", [("a", "<f4")], "x", True, False, None]
    )
    | st.lists(st.integers(-1, 2**70), max_size=3).map(tuple),
    min_size=3,
)


@cases
@given(data=st.data())
def test_a_damaged_npy(data: st.DataObject, tmp_path: Path) -> None:
    good = npy(np.zeros((4, 3), np.float32))
    if data.draw(st.booleans()):
        text = data.draw(HEADERS.map(repr) | st.sampled_from(["-" * 5000 + "1", "(" * 5000, "'"]))
        header = text.encode().ljust(118) + b"\n"
        version = data.draw(st.sampled_from([b"\x01\x00", b"\x02\x00", b"\x03\x00", b"\x09\x00"]))
        size = len(header).to_bytes(2 if version == b"\x01\x00" else 4, "little")
        good = b"\x93NUMPY" + version + size + header + bytes(48)
    path = tmp_path / "vectors.npy"
    path.write_bytes(data.draw(st.just(good) | damaged(good)))
    read_or_refused(read_vectors, path)


TYPES = [
    "BOOL",
    "U8",
    "I8",
    "F8_E5M2",
    "F8_E4M3",
    "I16",
    "U16",
    "F16",
    "BF16",
    "I32",
    "F32",
    "F64",
    "I64",
    "U64",
    "C64",
    "F4",
    "X",
]


@cases
@given(data=st.data())
def test_damaged_safetensors(data: st.DataObject, tmp_path: Path) -> None:
    good = save({"embeddings": np.zeros((4, 3), np.float32)})
    if data.draw(st.booleans()):
        kind, size = data.draw(st.sampled_from(TYPES)), data.draw(st.integers(0, 96))
        shape = data.draw(st.lists(st.integers(0, 12), max_size=3))
        spec = {"dtype": kind, "shape": shape, "data_offsets": [0, size]}
        header = json.dumps({data.draw(tokens): spec}).encode()
        good = len(header).to_bytes(8, "little") + header + bytes(size)
    path = tmp_path / "vectors.safetensors"
    path.write_bytes(data.draw(st.just(good) | damaged(good)))
    read_or_refused(read_vectors, path)
