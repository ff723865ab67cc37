"""Tables: what is read is what was written, whoever wrote it."""

from __future__ import annotations

import csv
import datetime
import io
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alutils.errors import UserError
from alutils.tables import KINDS, Table, check_place, read_table, write_table

reuse = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
ROWS = [("1", "one, two; three\tfour|five"), ("2", 'a "quote"\nand\r\nlines'), ("3", "中文 ünï")]


def columns(rows: list[tuple[str, str]]) -> dict[str, list[Any]]:
    ids, texts = zip(*rows, strict=True)
    return {"id": list(ids), "body": list(texts)}


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_any_separator_mark_and_line_ending(
    separator: str, encoding: str, ending: str, tmp_path: Path
) -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=separator, lineterminator=ending)
    writer.writerows([["id", "body"], *ROWS])
    path = tmp_path / "a.csv"
    path.write_bytes(out.getvalue().encode(encoding))
    table = read_table(path, ["body"])
    assert table.columns == columns(ROWS)
    form = {"suffix": ".csv", "separator": separator, "mark": encoding != "utf-8"}
    assert table.form == form
    write_table(path, table)
    again = path.read_bytes()
    assert again.startswith(b"\xef\xbb\xbf") == (encoding != "utf-8")
    assert read_table(path, ["body"]) == table
    assert pd.read_csv(path, sep=separator, dtype=str)["id"].tolist() == ["1", "2", "3"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32", "utf-32-le"])
def test_wide_encodings_are_known_without_a_mark(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("id,body\n1,中文\n".encode(encoding))
    assert read_table(path, ["body"]).columns == {"id": ["1"], "body": ["中文"]}


def test_a_second_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbf\xef\xbb\xbfbody\nx\n")
    assert read_table(tmp_path / "a.csv", ["body"]).columns == {"body": ["x"]}


@pytest.mark.parametrize("line", ["sep=;\r\n", "sep=;\n", '"sep=;"\r\n', "\ufeffsep=;\r"])
def test_a_first_line_that_tells_excel_the_separator_tells_it_here(
    line: str, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text(f"{line}id;body,all\r\n1;x\r\n", newline="")
    assert read_table(tmp_path / "a.csv", ["id"]).columns == {"id": ["1"], "body,all": ["x"]}


@pytest.mark.parametrize(
    ("source", "separator", "target", "written"),
    [
        ("a.csv", ",", "b.tsv", "\t"),
        ("a.csv", ";", "b.tsv", "\t"),
        ("a.tsv", "\t", "b.csv", ","),
        ("a.csv", ";", "b.csv", ";"),
        ("a.tsv", ",", "b.tsv", ","),
        ("a.csv", ";", "B.CSV", ";"),
    ],
)
def test_a_file_of_another_ending_has_the_separator_of_that_ending(
    source: str, separator: str, target: str, written: str, tmp_path: Path
) -> None:
    (tmp_path / source).write_text(f"id{separator}body\n1{separator}x\n")
    write_table(tmp_path / target, read_table(tmp_path / source, ["id"]))
    assert (tmp_path / target).read_text() == f"id{written}body\n1{written}x\n"


def test_the_columns_wanted_decide_between_separators(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id;a,b,c\n1;x,y,z\n")
    assert read_table(tmp_path / "a.csv", ["id"]).columns == {"id": ["1"], "a,b,c": ["x,y,z"]}
    assert read_table(tmp_path / "a.csv", ["c"]).columns == {
        "id;a": ["1;x"],
        "b": ["y"],
        "c": ["z"],
    }


def test_another_encoding_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("text\ncafé\n".encode("cp1252"))
    assert read_table(path, ["text"], encoding="cp1252").columns == {"text": ["café"]}
    # What is UTF-8 is read as UTF-8, whatever is named: a batch beside an old file may be.
    path.write_bytes("text\ncafé\n".encode())
    assert read_table(path, ["text"], encoding="cp1252").columns == {"text": ["café"]}
    path.write_bytes("text\n中文\n".encode("gb18030"))
    with pytest.raises(UserError, match=r"name its encoding .cp1252 and gb18030 are common"):
        read_table(path, ["text"])
    for wrong, message in [("ascii", "neither UTF-8 nor ascii"), ("latin9000", "no encoding")]:
        with pytest.raises(UserError, match=message):
            read_table(path, ["text"], encoding=wrong)


def test_columns_that_are_empty_and_have_no_name_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,body,,\n1,a,,\n2,b\n")
    assert read_table(path, ["body"]).columns == {"id": ["1", "2"], "body": ["a", "b"]}
    path.write_text(",body\n0,a\n")  # as pandas writes the numbers of rows
    assert read_table(path, ["body"]).columns == {"": ["0"], "body": ["a"]}


def test_texts_of_any_length(tmp_path: Path) -> None:
    limit = csv.field_size_limit()
    table = Table({"body": ["long " * 2_000_000, "short"]})
    for suffix in KINDS:
        write_table(tmp_path / f"a{suffix}", table)
        assert read_table(tmp_path / f"a{suffix}", ["body"]).columns == table.columns
    assert csv.field_size_limit() == limit


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
values: st.SearchStrategy[Any] = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
)


@reuse
@given(suffix=st.sampled_from(sorted(KINDS)), rows=st.lists(st.tuples(texts, texts), min_size=1))
def test_texts_survive_every_kind_of_file(
    suffix: str, rows: list[tuple[str, str]], tmp_path: Path
) -> None:
    path = tmp_path / f"any{suffix}"
    write_table(path, Table(columns(rows)))
    assert read_table(path, ["id", "body"]).columns == columns(rows)


@reuse
@given(
    rows=st.lists(
        st.dictionaries(st.sampled_from("abc"), values | st.lists(values, max_size=2)), max_size=5
    )
)
def test_values_survive_json_lines(rows: list[dict[str, Any]], tmp_path: Path) -> None:
    rows = [{"id": number, **row} for number, row in enumerate(rows)]
    names = list(dict.fromkeys(name for row in rows for name in row))
    if not names:
        return
    table = Table({name: [row.get(name) for row in rows] for name in names})
    write_table(tmp_path / "a.jsonl", table)
    assert read_table(tmp_path / "a.jsonl", ["id"]).columns == table.columns


def test_types_of_parquet_survive(tmp_path: Path) -> None:
    day = datetime.datetime(2026, 1, 2, 3, 4, 5)
    source = pa.table(
        {
            "small": pa.array([1, None, 3], pa.int16()),
            "when": pa.array([day, None, day], pa.timestamp("ns")),
            "many": pa.array([["a"], [], None], pa.list_(pa.string())),
            "kind": pa.array(["x", "y", "x"]).dictionary_encode(),
        }
    )
    pq.write_table(source, tmp_path / "a.parquet")
    table = read_table(tmp_path / "a.parquet", ["small"])
    write_table(tmp_path / "b.parquet", table.take([2, 0, 1]))
    assert pq.read_table(tmp_path / "b.parquet").equals(source.take([2, 0, 1]))


def test_dates_after_those_of_python_survive(tmp_path: Path) -> None:
    far = {
        "stamp": pa.array([2**62, None], pa.timestamp("us")),
        "day": pa.array([2**30, 1], pa.date32()),
        "zone": pa.array([2**62, 0], pa.timestamp("us", tz="Europe/Berlin")),
    }
    pq.write_table(pa.table(far), tmp_path / "a.parquet")
    table = read_table(tmp_path / "a.parquet", ["day"])
    assert table.columns["day"] == [2**30, 1]
    write_table(tmp_path / "b.parquet", table)
    assert pq.read_table(tmp_path / "b.parquet").equals(pa.table(far))


def test_a_column_that_changed_its_type_becomes_text(tmp_path: Path) -> None:
    pq.write_table(pa.table({"label": pa.array([1, None], pa.int16())}), tmp_path / "a.parquet")
    table = read_table(tmp_path / "a.parquet", ["label"])
    changed = Table({"label": [1, "one"], "none": [None, None]}, table.form)
    write_table(tmp_path / "b.parquet", changed)
    again = read_table(tmp_path / "b.parquet", ["label"])
    assert again.columns == {"label": ["1", "one"], "none": [None, None]}


def test_from_one_kind_to_another(tmp_path: Path) -> None:
    table = Table({"a": [1, None], "b": [{"x": "ü"}, [1]], "c": [datetime.date(2026, 1, 2), "="]})
    write_table(tmp_path / "a.csv", table)
    assert (tmp_path / "a.csv").read_text() == 'a,b,c\n1,"{""x"": ""ü""}",2026-01-02\n,[1],=\n'
    write_table(tmp_path / "a.jsonl", table)
    assert read_table(tmp_path / "a.jsonl", ["c"]).columns["c"] == ["2026-01-02", "="]


def test_half_a_surrogate_pair_is_carried_along(tmp_path: Path) -> None:
    table = Table({"a": ["\ud800"]})
    write_table(tmp_path / "a.jsonl", table)
    assert read_table(tmp_path / "a.jsonl", ["a"]).columns == table.columns
    write_table(tmp_path / "a.csv", table)
    assert (tmp_path / "a.csv").read_text() == "a\n\\ud800\n"
    write_table(tmp_path / "a.parquet", Table({"a": ["\ud800"], "\udfff": [["\ud800"]]}))
    found = read_table(tmp_path / "a.parquet", []).columns
    assert found == {"a": ["\\ud800"], "\\udfff": ["['\\ud800']"]}


def test_lists_in_lists_that_parquet_could_write_but_not_read_are_texts(tmp_path: Path) -> None:
    deep: list[Any] = [1]
    for _ in range(200):
        deep = [deep]
    write_table(tmp_path / "a.parquet", Table({"a": [deep, None], "b": [[[1]], [[]]]}))
    found = read_table(tmp_path / "a.parquet", []).columns
    assert found == {"a": [str(deep), None], "b": [[[1]], [[]]]}


@pytest.mark.parametrize("suffix", sorted(KINDS))
def test_what_has_no_end_or_does_not_fit_is_refused(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"a{suffix}"
    for make in (os.mkfifo, os.mkdir, lambda path: path.symlink_to("/dev/zero")):
        make(path)
        with pytest.raises(UserError, match="is a folder, a pipe or a device: name an ordinary"):
            read_table(path, [])
        path.rmdir() if path.is_dir() else path.unlink()
    with path.open("wb") as file:
        file.truncate(2**43)  # takes no room on the disk
    with pytest.raises(UserError, match=r"has 8796\.1 GB, and .* GB of memory are free"):
        read_table(path, [])


def test_a_line_that_tells_the_separator_and_nothing_else_is_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("sep=,\n")
    with pytest.raises(UserError, match="is empty"):
        read_table(tmp_path / "a.csv", [])


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    write_table(path, Table({"a": ["old"]}))
    path.chmod(0o640)
    write_table(path, Table({"a": ["new"]}))
    assert path.stat().st_mode & 0o777 == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["a.csv"]
    with pytest.raises(UserError, match=r"cannot write .*name another file"):
        write_table(tmp_path / "none" / "a.csv", Table({"a": ["x"]}))
    (tmp_path / "b.csv").mkdir()
    with pytest.raises(UserError, match="cannot write"):
        write_table(tmp_path / "b.csv", Table({"a": ["x"]}))
    assert {each.name for each in tmp_path.iterdir()} == {"a.csv", "b.csv"}


@reuse
@given(suffix=st.sampled_from(sorted(KINDS)), content=st.binary(max_size=200))
def test_arbitrary_bytes_never_cause_a_traceback(
    suffix: str, content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / f"any{suffix}"
    path.write_bytes(content)
    for encoding in (None, "cp1252", "gb18030"):
        try:
            read_table(path, [], encoding=encoding)
        except UserError as error:
            assert "\n" not in str(error)


def test_a_place_where_nothing_can_be_written_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_place(tmp_path / "a.CSV", KINDS)
    (tmp_path / "ring.csv").symlink_to("ring.csv")
    for path, told in {
        tmp_path / "ring.csv": "cannot write .*name another file",
        tmp_path / "a.txt": "must end in .csv, .jsonl, .parquet, .tsv",
        tmp_path / "no" / "a.csv": "there is no folder",
        tmp_path / f"{'n' * 300}.csv": "File name too long",
    }.items():
        with pytest.raises(UserError, match=told):
            check_place(path, KINDS)
    # The tests may run as somebody who may write everywhere.
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(UserError, match="its folder is read-only"):
        check_place(tmp_path / "a.csv", KINDS)
