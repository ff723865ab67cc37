"""Replays: they do what the commands do, and random labels are what they say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

import alutils
from alutils import datasets
from alutils.cli.transcript import run
from alutils.labelling import Pile, read_pile
from alutils.labelling.answers import with_answers
from alutils.labelling.predictions import predicted
from alutils.rehearsals.person import answer_table, person
from alutils.rehearsals.rounds import random_labels, replay
from alutils.rehearsals.truth import Truth, scores, told
from alutils.stopping import audit_order
from alutils.tables import Table, read_table, write_table

DATA = datasets.sampled("trivia_lists", 300, 100)
TEXTS = list(DATA.pool_texts)
LABELS = [DATA.classes[label] for label in DATA.pool_labels]
SAYS = person(TEXTS, LABELS, 0.1)


@pytest.fixture
def pile(tmp_path: Path) -> Pile:
    write_table(tmp_path / "texts.csv", Table({"text": TEXTS}))
    return read_pile(tmp_path / "texts.csv")


@pytest.fixture(scope="module")
def vectors() -> np.ndarray:
    return alutils.embed(TEXTS, "hashing")


@pytest.fixture(scope="module")
def truth() -> Truth:
    new = alutils.embed(DATA.test_texts, "hashing")
    return Truth(LABELS, new, [DATA.classes[label] for label in DATA.test_labels])


@pytest.mark.parametrize("strategy", [None, "margin"])
def test_a_replay_is_what_the_commands_do(
    pile: Pile, vectors: np.ndarray, truth: Truth, strategy: str | None
) -> None:
    folder = pile.path.parent
    found = replay(pile, vectors, truth, SAYS, batches=3, k=30, strategy=strategy, seed=4)
    words = f"--strategy {strategy}" if strategy else ""
    for row in found.to_dict("records"):
        run(
            f"alutils select texts.csv --embedder hashing -k 30 --seed 4 {words} -o to_label.csv",
            folder,
        )
        answer_table(folder / "to_label.csv", SAYS)
        run(
            "alutils predict texts.csv --embedder hashing --labels to_label.csv -o sorted.csv",
            folder,
        )
        ends = read_table(folder / "sorted.csv", []).columns
        right = np.array(ends["al_label"]) == np.array(LABELS)
        given = np.array(ends["al_given"]) == "yes"
        assert row["n_labelled"] == given.sum() and given.sum() < 30 * row["batch"]
        assert row["sorted"] == pytest.approx(right.mean())
        assert row["rest"] == pytest.approx(right[~given].mean())


def test_random_labels_are_the_first_of_a_random_order(
    pile: Pile, vectors: np.ndarray, truth: Truth
) -> None:
    found = random_labels(pile, vectors, truth, SAYS, [20, 240], seed=2)
    assert found["n_labelled"].tolist() == [20, 240]
    asked = [u for u in audit_order(TEXTS, 2) if SAYS[TEXTS[u]] is not None]
    for size, row in zip([20, 240], found.to_dict("records"), strict=True):
        answers = np.full(300, "", object)
        answers[asked[:size]] = np.array(LABELS, object)[asked[:size]]
        write_table(
            pile.path.parent / "labels.csv",
            Table({"al_row": [str(n) for n in range(1, 301)], "label": list(answers)}),
        )
        labelled = with_answers(pile, pile.path.parent / "labels.csv")
        out = predicted(labelled, vectors).columns
        right = np.array(out["al_label"], object) == np.array(LABELS, object)
        assert row["sorted"] == pytest.approx(right.mean())
        assert row["rest"] == pytest.approx(right[answers == ""].mean())
        assert scores(labelled, vectors, truth) == (row["rest"], row["sorted"], row["new"])


def test_scores_agree_with_another_solver(pile: Pile, vectors: np.ndarray, truth: Truth) -> None:
    # With ten dimensions the head errs on labelled texts too, which must count as they were given.
    vectors, new_vectors = vectors[:, :10], truth.new_embeddings[:, :10]
    truth = replace(truth, new_embeddings=new_vectors)
    row = random_labels(pile, vectors, truth, SAYS, [240]).iloc[0]
    asked = [u for u in audit_order(TEXTS, 0) if SAYS[TEXTS[u]] is not None][:240]
    centre, scale = vectors.mean(axis=0), (vectors - vectors.mean(axis=0)).std()
    twin = LogisticRegression(C=0.1, tol=1e-8, max_iter=1000)
    twin.fit((vectors[asked] - centre) / scale, np.array(LABELS)[asked])
    guesses = twin.predict((vectors - centre) / scale)
    assert (guesses[asked] != np.array(LABELS)[asked]).any()
    rest = np.setdiff1d(np.arange(300), asked)
    right = guesses[rest] == np.array(LABELS)[rest]
    new = twin.predict((new_vectors - centre) / scale) == np.array(truth.new_labels)
    assert row["rest"] == pytest.approx(right.mean())
    assert row["sorted"] == pytest.approx((240 + right.sum()) / 300)
    assert row["new"] == pytest.approx(new.mean())


def test_what_is_told_is_what_the_report_prints(
    pile: Pile, vectors: np.ndarray, truth: Truth
) -> None:
    folder = pile.path.parent
    command = "texts.csv --embedder hashing"
    run(f"alutils select {command} -k 100 -o to_label.csv", folder)
    answer_table(folder / "to_label.csv", SAYS)
    printed = run(f"alutils progress {command} --labels to_label.csv", folder).printed
    row = told(with_answers(pile, folder / "to_label.csv"), vectors, truth)
    assert row["n_labelled"] + row["passed"] == 100
    numbers = f"{row['estimate']:.0%} ({row['low']:.0%} to {row['high']:.0%})".replace("%", " %")
    assert f"without a label: {numbers}" in printed
