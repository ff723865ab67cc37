import json
import string

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alutils import datasets
from alutils.datasets.assembly import comparable
from alutils.errors import UserError

ROWS = [(f"text number {row}", "yes" if row % 3 else "no") for row in range(24)]
reuse = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def write(path, rows=ROWS, text="text", label="label"):
    table = pd.DataFrame(rows, columns=[text, label])
    if path.suffix == ".csv":
        table.to_csv(path, index=False)
    elif path.suffix == ".jsonl":
        table.to_json(path, orient="records", lines=True)
    else:
        table.to_parquet(path)
    return f"file:{path}?text={text}&label={label}"


def everything(dataset):
    texts = dataset.pool_texts + dataset.test_texts
    labels = [dataset.classes[i] for i in (*dataset.pool_labels, *dataset.test_labels)]
    return set(zip(texts, labels, strict=True))


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_the_three_formats_give_the_same_rows(tmp_path, suffix):
    dataset = datasets.load(write(tmp_path / f"mine{suffix}"))
    assert everything(dataset) == set(ROWS)
    assert dataset.classes == ("no", "yes")
    assert len(dataset.test_texts) == 6
    assert {dataset.classes[i] for i in dataset.pool_labels} == {"no", "yes"}
    again = datasets.load(dataset.name)
    assert again.fingerprint == dataset.fingerprint


def test_csv_is_read_as_it_is_meant(tmp_path):
    path = tmp_path / "mine.csv"
    texts = ["one, two", 'a "quote"', "two\nlines", "=1+1", "007", "NA", "nan", "ünï"]
    lines = ['"' + text.replace('"', '""') + f'",{row % 2}' for row, text in enumerate(texts)]
    path.write_text("text,label\n" + "\n".join(lines), encoding="utf-8-sig")
    assert everything(datasets.load(f"file:{path}")) == {
        (text, str(row % 2)) for row, text in enumerate(texts)
    }


def test_numbers_in_a_csv_file_stay_as_they_are_written(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text("text,label\n007,1.0\n1e3,1\n0x1,1.0\n2,1\n")
    dataset = datasets.load(f"file:{path}")
    assert everything(dataset) == {("007", "1.0"), ("1e3", "1"), ("0x1", "1.0"), ("2", "1")}


def test_byte_order_mark_in_json_lines(tmp_path):
    path = tmp_path / "mine.jsonl"
    lines = [json.dumps({"text": text, "label": label}) for text, label in ROWS]
    path.write_text("\n".join(lines), encoding="utf-8-sig")
    assert everything(datasets.load(f"file:{path}")) == set(ROWS)


def test_columns_with_special_characters(tmp_path):
    write(tmp_path / "a.csv", text="a&b=c", label="my label+")
    name = f"file:{tmp_path}/a.csv?text=a%26b%3Dc&label=my label+"
    assert everything(datasets.load(name)) == set(ROWS)


def test_a_question_mark_in_the_name_of_a_file(tmp_path):
    write(tmp_path / "why?.csv")
    write(tmp_path / "100%25.csv")
    for name in "why%3F.csv", "why%3f.csv", "100%25.csv":
        assert everything(datasets.load(f"file:{tmp_path}/{name}?text=text")) == set(ROWS)


def test_duplicates_and_disputes(tmp_path, capsys):
    extra = [("Text  NUMBER 0", "no"), ("text number 1", "no")]
    dataset = datasets.load(write(tmp_path / "mine.csv", ROWS + extra))
    assert everything(dataset) == set(ROWS) - {("text number 1", "yes")}
    assert dataset.duplicates_removed == 3
    assert "left out 1 texts that are there with more than one class" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("none.csv", None, "there is no file"),
        ("a.xlsx", "x", "must end in one of .csv, .jsonl, .parquet, .tsv"),
        ("a.csv", "", "is empty"),
        ("a.csv", "text,label\n", "has 0 rows"),
        ("a.csv", "text,label\na,b\n", "has 1 rows"),
        ("a.csv", "txt,label\na,b\nc,d\n", "no column 'text': did you mean 'txt'"),
        ("a.csv", "text,lable\na,b\nc,d\n", "no column 'label': did you mean 'lable'"),
        ("a.csv", "text,label\na,b\nb,c,d\n", "row 2 of .* has 3 fields, where .* 2 columns"),
        ("a.csv", "text,label\na,b,c\nb,c,d\n", "row 1 of .* has 3 fields"),
        ("a.csv", "text,label\na,b\n ,c\n", "1 rows without a text .the first is row 2"),
        ("a.csv", "text,label\na,b\nb,\n", "1 rows without a label .the first is row 2"),
        ("a.csv", "text,label\na,b\nb\n", "1 rows without a label .the first is row 2"),
        ("a.csv", "text,label\na,x\nb,x\n", "one class only"),
        ("a.csv", "text,label\na,x\nA,y\n", "at least two classes"),
        ("a.csv", "text,label\na,x\nb,y\n", "more texts than classes"),
        ("a.csv", b"text,label\n\xe9t\xe9,x\n", "is not UTF-8 at byte 11"),
        ("a.csv", "text,label\na,x\nb,y\n".encode("utf-16")[:-1], "is damaged UTF-16"),
        ("a.csv", "text,text,label\na,b,c\nd,e,f\n", "has 2 columns 'text'"),
        ("a.csv", 'text,label\na,"b\nc,d\n', "is not a CSV file"),
        ("a.jsonl", "", "is empty"),
        ("a.jsonl", '{"text": "a", "label": 1}\n{"text": ', "line 2 of .* is not JSON"),
        ("a.jsonl", "[1]\n", "line 1 of .* is not a JSON object"),
        ("a.jsonl", "[" * 100_000, "line 1 of .* is not"),
        (
            "a.jsonl",
            '{"text": 1, "label": 1}\n' * 2,
            "holds a value of type int in row 1, not a text",
        ),
        ("a.jsonl", '{"text": "a", "label": [1]}\n' * 2, "holds a value of type list in row 1"),
        ("a.jsonl", '{"text": "a", "label": NaN}\n' * 2, "2 rows without a label"),
        ("a.jsonl", '{"text": null, "label": 1}\n' * 2, "2 rows without a text"),
        ("a.jsonl", '{"text": "\\ud800", "label": 1}\n' * 2, "half a surrogate pair in row 1"),
        *(
            (
                "a.jsonl",
                f'{{"text": "a", "label": 1}}\n{{"text": "b", "label": {label}}}\n',
                f"values of types int and {kind} .rows 1 and 2.: write all of them as texts",
            )
            for label, kind in [("1.0", "float"), ("true", "bool"), ('"1"', "str")]
        ),
        ("a.parquet", "PAR1 but not really", "not a sound Parquet file"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(tmp_path, name, content, message):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(UserError, match=message) as caught:
        datasets.load(f"file:{path}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("file:", "names no file"),
        ("file:?text=a", "names no file"),
        ("file:a.csv?txt=a", "no setting 'txt': did you mean 'text'"),
        ("file:a.csv?text", "names no column"),
        ("file:a.csv?text=a&label=a", "the same column"),
        ("file:~nosuchuser/a.csv", "names no file"),
        ("file:a\0.csv", "."),
        ("file:" + "a" * 5000 + ".csv", "."),
    ],
)
def test_wrong_names(name, message):
    with pytest.raises(UserError, match=message):
        datasets.load(name)


def test_parquet_with_two_columns_of_one_name(tmp_path):
    columns = [pa.array(["a", "b"])] * 2 + [pa.array([0, 1])]
    pq.write_table(pa.table(columns, names=["text", "text", "label"]), tmp_path / "a.parquet")
    with pytest.raises(UserError, match="has 2 columns 'text'"):
        datasets.load(f"file:{tmp_path}/a.parquet")


def test_folder_is_not_a_file(tmp_path):
    (tmp_path / "a.csv").mkdir()
    with pytest.raises(UserError, match="is a folder, a pipe or a device"):
        datasets.load(f"file:{tmp_path}/a.csv")


suffixes = st.sampled_from([".csv", ".jsonl", ".parquet"])


@reuse
@given(suffix=suffixes, content=st.binary(max_size=200))
def test_arbitrary_bytes_never_cause_a_traceback(tmp_path, suffix, content):
    path = tmp_path / f"any{suffix}"
    path.write_bytes(b"text,label\n" + content if suffix == ".csv" else content)
    try:
        datasets.load(f"file:{path}")
    except UserError as error:
        assert "\n" not in str(error)


values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)


@reuse
@given(rows=st.lists(st.tuples(values, values), max_size=8))
def test_arbitrary_values_never_cause_a_traceback(tmp_path, rows):
    path = tmp_path / "any.jsonl"
    path.write_text("\n".join(json.dumps({"text": a, "label": b}) for a, b in rows))
    try:
        datasets.load(f"file:{path}")
    except UserError as error:
        assert "\n" not in str(error)


@reuse
@given(
    rows=st.lists(
        st.tuples(
            st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8),
            st.sampled_from(string.ascii_letters),
        ),
        min_size=8,
        max_size=40,
        unique_by=lambda row: comparable(row[0]),
    )
)
def test_csv_round_trip(tmp_path, rows):
    rows = [(text, label) for text, label in rows if comparable(text)]
    name = write(tmp_path / "any.csv", rows)
    try:
        dataset = datasets.load(name)
    except UserError as error:
        labels = {label for _, label in rows}
        assert len(labels) < 2 or len(rows) // 4 == 0 or len(labels) == len(rows), error
        return
    assert everything(dataset) == set(rows)
    assert {dataset.classes[i] for i in dataset.pool_labels} == {label for _, label in rows}
