"""`alutils select` and `alutils progress` as a person with a file of texts meets them."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from alutils import cli, embed
from tests.labelling.piles import label_all, rows_of, texts, topic, vectors, write, write_rows
from tests.labelling_people import SHAPES

TEXTS = texts(60)
Alutils = Callable[..., tuple[int, str, str]]


@pytest.fixture
def alutils(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Alutils:
    """Give a command in an empty folder: exit code, standard output and error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALUTILS_HOME", str(tmp_path / "home"))
    np.save("vectors.npy", vectors(60))

    def give(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["alutils", *words])
        code = run()
        out, err = capsys.readouterr()
        return code, out, err

    return give


def run() -> int:
    try:
        cli.main()
    except SystemExit as stop:
        return int(stop.code or 0)
    return 0


def everything(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


SELECT = ("select", "texts.csv", "--embeddings", "vectors.npy", "-k", "10")
PROGRESS = ("progress", "texts.csv", "--embeddings", "vectors.npy")


def test_the_first_run_says_what_to_do(alutils: Alutils, tmp_path: Path) -> None:
    write(Path("texts.csv"), text=TEXTS)
    code, out, err = alutils(*SELECT, "--initial-pool", "typiclust", "--strategy", "badge")
    assert (code, out) == (0, "texts_to_label.csv\n")
    assert err.splitlines() == [
        "texts.csv: 60 texts, 0 labelled",
        "no label yet: typiclust chooses, as badge learns from labels of two classes or more",
        "10 texts to label: 9 chosen by typiclust, 1 drawn at random to estimate accuracy",
        "fill in the column 'label' of texts_to_label.csv, then give the same command again",
    ]
    assert len(rows_of(Path("texts_to_label.csv"))) == 10


def test_the_same_command_again_changes_nothing_until_something_is_labelled(
    alutils: Alutils, tmp_path: Path
) -> None:
    write(Path("texts.csv"), text=TEXTS)
    alutils(*SELECT)
    before = everything(tmp_path)
    code, out, err = alutils(*SELECT)
    assert (code, out) == (0, "texts_to_label.csv\n")
    assert err.splitlines()[1:] == ["10 texts wait for a label already: label them first"]
    assert everything(tmp_path) == before
    label_all(Path("texts_to_label.csv"), TEXTS)
    code, _, err = alutils(*SELECT, "--strategy", "margin")
    assert (code, err.splitlines()[0]) == (0, "texts.csv: 60 texts, 10 labelled, of 3 classes")
    assert "10 texts to label: 9 chosen by margin, 1 drawn at random" in err
    assert len(rows_of(Path("texts_to_label.csv"))) == 20


@pytest.mark.parametrize(
    ("name", "words", "target"),
    [
        ("a b.csv", (), "a b_to_label.csv"),
        ("t.tsv", (), "t_to_label.tsv"),
        ("t.jsonl", (), "t_to_label.jsonl"),
        ("t.parquet", (), "t_to_label.parquet"),
        ("t.csv", ("--for", "argilla"), "t_to_label.json"),
        ("t.csv", ("-o", "other.parquet"), "other.parquet"),
    ],
)
def test_the_batch_is_named_after_the_file(
    alutils: Alutils, name: str, words: tuple[str, ...], target: str
) -> None:
    write(Path(name), text=TEXTS)
    code, out, _ = alutils("select", name, "--embeddings", "vectors.npy", *words)
    assert (code, out) == (0, f"{target}\n")
    assert Path(target).exists()


def test_the_same_seed_gives_the_same_file(alutils: Alutils) -> None:
    write(Path("texts.csv"), text=TEXTS, label=[topic(i) if i < 20 else "" for i in range(60)])
    for name in ("one.csv", "two.csv", "other.csv"):
        seed = ("--seed", "8" if name == "other.csv" else "7")
        assert alutils(*SELECT, "-o", name, *seed)[0] == 0
    one, two, other = (Path(f"{name}.csv").read_bytes() for name in ("one", "two", "other"))
    assert one == two != other


def test_embeddings_of_a_file_do_as_well_as_an_embedder(alutils: Alutils) -> None:
    # One text is missing and one is a copy: rows of the file are not texts of the pile.
    values = ["", *TEXTS, "Text  NUMBER 5"]
    write(Path("texts.csv"), text=values, label=[topic(i) if i < 20 else "" for i in range(62)])
    found = embed([value or "nothing" for value in values], "hashing")
    np.save("e.npy", found)
    save_file({"e": np.ascontiguousarray(found)}, "e.safetensors")
    ways = (("--embedder", "hashing"), ("--embeddings", "e.npy"), ("--embeddings", "e.safetensors"))
    written = []
    for number, way in enumerate(ways):
        code, out, _ = alutils("select", "texts.csv", *way, "-k", "9", "-o", f"{number}.csv")
        assert code == 0
        written.append(Path(out.strip()).read_bytes())
    assert written[0] == written[1] == written[2]


def test_labels_of_the_batch_count_before_those_of_files_and_those_before_the_column(
    alutils: Alutils,
) -> None:
    own = ["a", "a", "a", "a", "", ""]
    write(Path("t.csv"), id=list("uvwxyz"), text=TEXTS[:6], label=own)
    write(Path("one.csv"), id=list("vwx"), label=["b", "b", "b"])
    write(Path("two.csv"), id=list("wx"), label=["c", "c"])
    columns = {"id": ["x", "y"], "label": ["d", ""], "al_batch": ["1", "1"]}
    write(Path("batch.csv"), text=TEXTS[3:5], **columns)
    np.save("six.npy", vectors(6))
    labels = ("--labels", "one.csv", "--labels", "two.csv")
    code, _, err = alutils(
        "select", "t.csv", "--embeddings", "six.npy", *labels, "-k", "2", "-o", "batch.csv"
    )
    assert code == 0
    assert err.splitlines()[:4] == [
        "3 labels in one.csv other than before (first: id v): what one.csv says counts",
        "2 labels in two.csv other than before (first: id w): what two.csv says counts",
        "1 label in batch.csv other than before (first: id x): what batch.csv says counts",
        "t.csv: 6 texts, 4 labelled, of 4 classes",
    ]
    assert [(row["id"], row["al_batch"]) for row in rows_of(Path("batch.csv"))] == [
        ("x", "1"),
        ("y", "1"),
        ("z", "2"),
    ]


def test_classes_that_differ_by_a_slip_are_told(alutils: Alutils) -> None:
    write(Path("texts.csv"), text=TEXTS, label=["fees", "Fees", "cards"] + 57 * [""])
    code, _, err = alutils(*SELECT)
    assert code == 0
    assert err.splitlines()[:2] == [
        "'Fees', 'fees' count as 2 classes: write them alike if they are one",
        "texts.csv: 60 texts, 3 labelled, of 3 classes",
    ]


@pytest.mark.parametrize("shape", SHAPES)
def test_a_round_trip_through_a_tool(alutils: Alutils, shape: str) -> None:
    tool, export, tells_all = SHAPES[shape]
    write(Path("texts.csv"), id=[f"q{i}" for i in range(60)], text=TEXTS)
    to_tool = (*SELECT, "--for", tool, "--classes", "cards,fees,loans", "-o", "tasks.json")
    code, out, err = alutils(*to_tool)
    assert (code, out) == (0, "tasks.json\n")
    assert "name what it exports with --labels" in err.splitlines()[-1]
    first = json.loads(Path("tasks.json").read_text())
    asked = [record.get("id") or record["data"]["al_id"] for record in first]
    said: dict[str, list[tuple[str | None, str]]] = {
        name: [(topic(int(name[1:])), "submitted")] for name in asked[:7]
    }
    said[asked[0]] *= 2
    said[asked[1]] += [("another", "submitted"), ("another", "submitted")]
    said[asked[8]] = [(None, "discarded")] if tells_all else []
    content = Path("tasks.json").read_bytes()
    code, _, err = alutils(*to_tool)
    assert code == 2 and "holds 10 texts of which no answer is known" in err
    assert Path("tasks.json").read_bytes() == content
    Path("export.json").write_text(json.dumps(export(first, said)))
    code, _, err = alutils(*to_tool, "--labels", "export.json")
    assert "people disagree on 1 text" in err and "the label that most gave is taken" in err
    assert (code, "60 texts, 7 labelled, of" in err) == (0, True)
    n_new = 8 if tells_all else 7  # else nobody told that one was skipped, and it waits
    assert f"{n_new} texts to label: " in err and f"; {10 - n_new} more wait already" in err
    second = json.loads(Path("tasks.json").read_text())
    again = [record.get("id") or record["data"]["al_id"] for record in second]
    assert len(again) == n_new and not set(again) & set(asked)
    code, out, _ = alutils(*PROGRESS, "--labels", "export.json")
    assert code == 0 and out.startswith("7 of 60 texts have a label, of ")


def test_progress_reads_the_batch_of_select(alutils: Alutils) -> None:
    write(Path("texts.csv"), text=TEXTS)
    code, _, err = alutils(*PROGRESS)
    assert code == 2 and "there is no label in texts.csv" in err
    alutils(*SELECT, "-k", "20", "--audit", "0.5")
    label_all(Path("texts_to_label.csv"), TEXTS)
    code, out, err = alutils(*PROGRESS)
    assert (code, err) == (
        0,
        "with the labels in texts_to_label.csv\ntexts.csv: 60 texts, 20 labelled, of 3 classes\n",
    )
    assert out.startswith("20 of 60 texts have a label, of 3 classes.\nHow often a classifier")
    assert "Judged by the audit: " in out and "The audit ends" not in out
    assert alutils(*PROGRESS, "--labels", "texts_to_label.csv")[:2] == (0, out)
    code, _, err = alutils(*PROGRESS, "--labels", "nothing.csv")
    assert code == 2 and err.startswith("alutils: there is no file nothing.csv")


def test_progress_tells_batches_apart(alutils: Alutils) -> None:
    write(Path("texts.csv"), text=TEXTS)
    for _ in range(3):
        alutils(*SELECT)
        label_all(Path("texts_to_label.csv"), TEXTS)
    code, out, _ = alutils(*PROGRESS)
    # Before the first batch there is no head whose predictions could have changed.
    assert code == 0 and "Predictions changed by each of the last 2 batches: " in out


def test_predict_sorts_every_row_and_says_how_many(alutils: Alutils) -> None:
    write(Path("texts.csv"), text=[*TEXTS, TEXTS[0].upper(), ""])
    write(Path("labels.csv"), al_row=[1, 2, 3, 4], label=[topic(i) for i in range(4)])
    words = ("predict", "texts.csv", "--embedder", "hashing", "--labels", "labels.csv")
    code, out, err = alutils(*words)
    assert (code, out) == (0, "texts_sorted.csv\n")
    said = "5 rows with a label that was given, 56 rows with the likeliest; of these"
    assert said in err.splitlines()[-1]
    rows = rows_of(Path("texts_sorted.csv"))
    assert [row["al_label"] for row in rows[:4]] == [topic(i) for i in range(4)]
    assert [row["al_given"] for row in rows] == ["yes"] * 4 + [""] * 56 + ["yes", ""]
    assert rows[61]["al_label"] == "" and all(row["al_label"] for row in rows[:61])
    assert alutils(*words, "-o", "labels.csv")[0] == 2
    assert alutils("predict", "texts.csv", "--embedder", "hashing")[0] == 2


def test_progress_says_where_the_audit_ends(alutils: Alutils) -> None:
    write(Path("texts.csv"), text=TEXTS)
    alutils(*SELECT, "-k", "20", "--audit", "0.5")
    label_all(Path("texts_to_label.csv"), TEXTS)
    rows = rows_of(Path("texts_to_label.csv"))
    rows[3]["label"] = ""
    write_rows(Path("texts_to_label.csv"), rows)
    code, out, _ = alutils(*PROGRESS)
    assert code == 0 and "Judged by the audit: 3 texts" in out
    assert f"The audit ends at row {rows[3]['al_row']}, the first of its random order" in out


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        (["cards"] * 9 + [""] * 51, "there is only the class 'cards' in texts.csv"),
        (["cards", "fees"] + [""] * 58, "2 of 60 texts have a label, of 2 classes."),
        ([topic(i) for i in range(60)], "60 of 60 texts have a label, of 3 classes."),
    ],
)
def test_progress_of_few_and_of_all_labels(
    alutils: Alutils, labels: list[str], sentence: str
) -> None:
    write(Path("texts.csv"), text=TEXTS, label=labels)
    code, out, err = alutils(*PROGRESS)
    assert code == (2 if "only" in sentence else 0)
    assert sentence in out + err
    assert "nan" not in out + err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("-o", "texts.csv"), "-o names texts.csv itself"),
        (("-o", "link.csv"), "-o names texts.csv itself"),
        (("-o", "batch.xlsx"), "must end in"),
        (("-o", "none/batch.csv"), "there is no folder none"),
        (("-o", f"{'n' * 300}.csv"), "(File name too long): name another file"),
        (("--labels", f"{'n' * 300}.csv"), "File name too long"),
        (("--embeddings", f"{'n' * 300}.npy"), "there is no file"),
        (("-o", "labels.csv"), "no batch that was proposed before"),
        (("--for", "labelstudio"), "did you mean 'label-studio'"),
        (("--for", "argilla", "-o", "batch.csv"), "must end in .json"),
        (("--classes", "a,b"), "name the tool with --for"),
        (("--strategy", "bagde"), "did you mean 'badge'"),
        (("--initial-pool", "margin"), "cannot choose the first ones"),
        (("-k", "0"), "k must be"),
        (("--audit", "2"), "audit must be"),
        (("--text", "txt"), "did you mean 'text'"),
        (("--label", "text"), "must be three columns"),
        (("--id", "nr"), "there is no column 'nr'"),
        (("--labels", "none.csv"), "there is no file none.csv"),
        (("--labels", "labels.csv"), "has the al_row '999'"),
        (("--embeddings", "none.npy"), "there is no file none.npy"),
        (("--embeddings", "short.npy"), "short.npy has 59 rows, but texts.csv has 60"),
        (("--embeddings", "flat.npy"), "its shape is (60,)"),
        (("--embeddings", "point.npy"), "its shape is ()"),
        (("--embeddings", "nan.npy"), "nan.npy has NaN or infinite numbers for row 8 of texts.csv"),
        (("--embeddings", "texts.csv"), "is neither .npy nor .safetensors"),
    ],
)
def test_mistakes_get_one_sentence_and_change_nothing(
    alutils: Alutils, tmp_path: Path, words: tuple[str, ...], sentence: str
) -> None:
    write(Path("texts.csv"), text=TEXTS)
    write(Path("labels.csv"), al_row=["999"], label=["x"])
    Path("link.csv").symlink_to("texts.csv")
    np.save("short.npy", vectors(59))
    np.save("flat.npy", vectors(60)[:, 0])
    np.save("point.npy", np.float32(3))
    np.save("nan.npy", np.where(np.arange(60)[:, None] == 7, np.nan, vectors(60)))
    before = everything(tmp_path)
    code, out, err = alutils(*SELECT, *words)
    assert (code, out) == (2, "")
    assert [line for line in err.splitlines() if line.startswith("alutils: ")] == [
        err.splitlines()[-1]
    ]
    assert sentence in err and "Traceback" not in err
    assert everything(tmp_path) == before


def test_mistakes_are_told_before_texts_are_embedded(
    alutils: Alutils, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(Path("texts.csv"), text=TEXTS)

    def never(*_: Any) -> None:
        raise AssertionError("texts were embedded")

    monkeypatch.setattr("alutils.embedders.texts.embed", never)
    for words in (("--strategy", "bagde"), ("-k", "0"), ("-o", "batch.xlsx"), ("-o", "no/b.csv")):
        assert alutils("select", "texts.csv", *words)[0] == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("predict", "texts.csv"), "there is only the class 'fees'"),
        (("progress", "texts.csv"), "there is only the class 'fees'"),
        (("select", "full.csv"), "none is left"),
        (("predict", "two.csv", "-o", "out.txt"), "must end in .csv"),
        (("predict", "two.csv", "-o", "no/out.csv"), "there is no folder no"),
        (("predict", "two.csv", "-o", "texts.csv"), "holds no predictions"),
        (("select", "two.csv", "--for", "argilla", "--classes", '"a, b'), "--classes cannot be"),
    ],
)
def test_what_cannot_end_well_is_told_before_texts_are_embedded(
    alutils: Alutils, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], sentence: str
) -> None:
    write(Path("texts.csv"), text=TEXTS, label=["fees", *[""] * 59])
    write(Path("two.csv"), text=TEXTS, label=["fees", "cards", *[""] * 58])
    write(Path("full.csv"), text=TEXTS, label=["fees", "cards"] * 30)

    def never(*_: Any) -> None:
        raise AssertionError("texts were embedded")

    monkeypatch.setattr("alutils.embedders.texts.embed", never)
    code, _, err = alutils(*words)
    assert code == 2 and sentence in err


@pytest.mark.parametrize("shape", SHAPES)
def test_an_export_is_never_written_over(alutils: Alutils, tmp_path: Path, shape: str) -> None:
    tool, export, _ = SHAPES[shape]
    write(Path("texts.csv"), id=[f"q{i}" for i in range(60)], text=TEXTS)
    alutils(*SELECT, "--for", tool, "--classes", "cards,fees", "-o", "tasks.json")
    first = json.loads(Path("tasks.json").read_text())
    asked = [record.get("id") or record["data"]["al_id"] for record in first]
    said = {name: [(topic(int(name[1:])), "submitted")] for name in asked}
    for name in ("export.json", "copy.json"):
        Path(name).write_text(json.dumps(export(first, said)))
    before = everything(tmp_path)
    for name in ("export.json", "copy.json"):
        to_tool = (*SELECT, "--for", tool, "--labels", "export.json", "-o", name)
        code, _, err = alutils(*to_tool)
        assert code == 2 and "would be lost: name another file" in err
    assert everything(tmp_path) == before


def test_a_class_may_have_a_comma(alutils: Alutils) -> None:
    write(Path("texts.csv"), text=TEXTS)
    names = 'refund, "cards, lost", 5" disk'
    assert alutils(*SELECT, "--for", "label-studio", "--classes", names, "-o", "t.json")[0] == 0
    setup = Path("t.xml").read_text()
    assert all(f"value={each}/>" in setup for each in ('"refund"', '"cards, lost"', "'5\" disk'"))


def test_no_file_is_named_that_was_not_written(alutils: Alutils) -> None:
    write(Path("texts.csv"), text=TEXTS)
    write(Path("asked.csv"), al_row=["7"], label=[""], al_batch=["1"])
    code, out, err = alutils(*SELECT, "-k", "1", "--labels", "asked.csv")
    assert (code, out) == (0, "")
    assert err.splitlines()[-1] == "1 text waits for a label already: label it first"


ROUND = st.tuples(
    st.lists(st.sampled_from(["label", "skip", "leave"]), min_size=1, max_size=5),
    st.booleans(),
    st.sampled_from(["typiclust", "margin", "badge", "random"]),
)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 7), st.sampled_from(["0", "0.1", "0.5"]), st.lists(ROUND, max_size=5))
def test_whatever_a_person_does_nothing_is_lost_and_nothing_comes_twice(
    k: int, audit: str, rounds: list[tuple[list[str], bool, str]]
) -> None:
    with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        labels = ["cards", "fees", *[""] * 16]
        write(Path("t.csv"), text=[*TEXTS[:16], "TEXT number 3", ""], label=labels)
        np.save("v.npy", vectors(18))
        batch, n_open = Path("t_to_label.csv"), 14
        words = ["select", "t.csv", "--embeddings", "v.npy", "-k", str(k), "--audit", audit]
        for doings, moved, strategy in [([], False, "random"), *rounds]:
            before = rows_of(batch) if batch.exists() else []
            waits = [row for row in before if not row["label"] and not row["al_skip"]]
            # Doings are for the first rows that wait; the others are left.
            for row, doing in zip(waits, doings, strict=False):
                if doing == "label":
                    row["label"] = topic(TEXTS.index(row["text"]))
                row["al_skip"] = "yes" if doing == "skip" else ""
            if moved and before:
                before.reverse()
            if before:
                write_rows(batch, before)
            patch.setattr(sys, "argv", ["alutils", *words, "--strategy", strategy])
            code = run()
            n_waiting = sum(not row["label"] and not row["al_skip"] for row in before)
            assert code == (0 if n_open + n_waiting else 2)
            after = rows_of(batch)
            assert after[: len(before)] == before
            n_new = min(k - n_waiting, n_open)
            assert len(after) == len(before) + n_new
            n_open -= n_new
            known = [row["text"] for row in after]
            assert len(set(known)) == len(known)
            assert not {"text number 0", "text number 1", "TEXT number 3", ""} & set(known)
