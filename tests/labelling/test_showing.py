"""What people look at: nothing is lost, and nothing that stands in a text is obeyed."""

from __future__ import annotations

import shlex
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import typer.main
from sklearn.decomposition import PCA

from alutils import figures
from alutils.cli import app
from alutils.exchange import Answer
from alutils.labelling import Proposal, propose, showing
from alutils.labelling.audit import audit_prefix
from alutils.rehearsals import sample
from tests.labelling.made_up import HOSTILE, pile_of, texts_and_topics

ROOT = Path(__file__).parents[2]


class Tags(HTMLParser):
    """The elements of a page, with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def harmless(page: str) -> bool:
    return not any(
        tag in ("script", "img", "b") or any(name.startswith("on") for name in attributes)
        for tag, attributes in Tags(page).found
    )


def hostile(n: int) -> tuple[list[str], list[str]]:
    texts, _ = texts_and_topics(n)
    kinds = [HOSTILE[i % len(HOSTILE)] for i in range(n)]
    return [f"{kind} {text}" for kind, text in zip(kinds, texts, strict=True)], kinds


def proposal_for(tmp_path: Path, n: int = 60, n_labelled: int = 30):  # type: ignore[no-untyped-def]
    texts, topics = texts_and_topics(n)
    pile = pile_of(tmp_path, texts, [t if i < n_labelled else "" for i, t in enumerate(topics)])
    vectors = np.random.default_rng(0).normal(size=(n, 6))
    return pile, vectors, propose(pile, vectors, strategy="margin", k=10)


def test_contents_are_counted(tmp_path: Path) -> None:
    texts = ["a", "b", "c", "A ", "", "d", "e"]
    pile = pile_of(tmp_path, texts, ["x", "x", "y", "", "", "", ""])
    told = dict(showing.contents(pile).to_numpy())
    assert told == {
        "rows": "7",
        "different texts": "5",
        "of these, with a label": "3",
        "classes": "2 (1 to 2 labels)",
    }
    waiting = pile.answered([Answer(pile.ids[5], None, False, None, 1)], Path("b.csv"))
    assert dict(showing.contents(waiting).to_numpy())["of these, waiting for a label"] == "1"
    none = pile_of(tmp_path, texts, [""] * 7)
    assert dict(showing.contents(none).to_numpy())["classes"] == "0"


def test_the_plane_is_that_of_principal_components(tmp_path: Path) -> None:
    pile, vectors, proposal = proposal_for(tmp_path)
    points = showing.plane(pile, vectors, proposal)
    twin = PCA(2, svd_solver="full").fit(vectors)
    other = twin.transform(vectors)
    found = points[["x", "y"]].to_numpy()
    signs = np.sign((found * other).sum(axis=0))
    np.testing.assert_allclose(found, signs * other, atol=1e-9)
    assert points.attrs["explained"] == pytest.approx(twin.explained_variance_ratio_.sum())
    assert (points["kind"][:30] == "labelled").all() and points["class"][30:].isna().all()
    drawn = points["kind"].iloc[proposal.texts].tolist()
    assert drawn == ["audit" if audit else "proposed" for audit in proposal.audit]
    assert (points["kind"] == "unlabelled").sum() == 60 - 30 - 10


@pytest.mark.parametrize("vectors", [np.ones((60, 3)), np.arange(60.0)[:, None]])
def test_flat_embeddings_have_a_plane_too(tmp_path: Path, vectors: np.ndarray) -> None:
    pile, _, proposal = proposal_for(tmp_path)
    points = showing.plane(pile, vectors, proposal)
    assert np.isfinite(points[["x", "y"]]).all(axis=None)
    assert points.attrs["explained"] == pytest.approx(1)


def test_of_a_large_pile_only_texts_without_a_label_are_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pile, vectors, proposal = proposal_for(tmp_path)
    whole = showing.plane(pile, vectors, proposal)["kind"].value_counts()
    monkeypatch.setattr(showing, "MAPPED", 7)
    few = showing.plane(pile, vectors, proposal)["kind"].value_counts()
    assert few["unlabelled"] == 7
    assert few.drop("unlabelled").equals(whole.drop("unlabelled")[few.index.drop("unlabelled")])


def test_rows_are_proposed_in_words_with_the_nearest_text(tmp_path: Path) -> None:
    pile, _, proposal = proposal_for(tmp_path)
    table = showing.proposed_table(pile, proposal, 4, width=20)
    assert table["text"].str.len().max() <= 20
    assert table["chosen by"].tolist() == [*["Margin"] * 4, "chance (audit)"]
    reasons = proposal.why[~proposal.audit].to_dict("records")
    rows = zip(table["why"], table["text"], reasons, proposal.texts[~proposal.audit], strict=False)
    for why, text, row, u in list(rows)[:4]:
        assert text[:19] == pile.texts[u][:19]
        assert (
            f" {pile.name(row['nearest'])}, " not in why
            and f"“{pile.texts[row['nearest']][:8]}" in why
        )
    words = showing.proposed_words(proposal)
    assert words == "Margin chooses 9 texts, 1 is drawn at random."


def test_hostile_texts_and_classes_are_shown_and_not_obeyed(tmp_path: Path) -> None:
    texts, kinds = hostile(60)
    pile = pile_of(tmp_path, texts, [kind if i < 40 else "" for i, kind in enumerate(kinds)])
    vectors = np.random.default_rng(0).normal(size=(60, 6))
    proposal: Proposal = propose(pile, vectors, strategy="margin", k=10)
    page = figures.table(showing.proposed_table(pile, proposal, 10)).to_html()
    assert harmless(page) and "&lt;script&gt;alert(1)" in page
    assert not harmless(f"<table>{HOSTILE[0]}</table>")  # the test can fail


def test_commands_are_read_by_a_shell_as_they_were_meant() -> None:
    lines = showing.commands(
        Path("my data/it's $HOME.csv"), text="a b", label="l", id="nr",
        labels=["x y.json", "it's $HOME_to_label.csv"], embedder="minilm", encoding="cp1252",
        strategy="tcm", k=50,
    ).splitlines()  # fmt: skip
    select, progress = map(shlex.split, lines)
    assert select == [
        "alutils", "select", "my data/it's $HOME.csv", "--text", "a b", "--label", "l", "--id",
        "nr", "--labels", "x y.json", "--embedder", "minilm", "--encoding", "cp1252",
        "--strategy", "tcm", "-k", "50", "-o", "it's $HOME_to_label.csv",
    ]  # fmt: skip
    assert progress[:3] == ["alutils", "progress", select[2]]
    assert progress[-2:] == ["--labels", select[-1]]
    commands = typer.main.get_command(app).commands
    for words in select, progress:
        known = {option for each in commands[words[1]].params for option in each.opts}
        assert known.issuperset(word for word in words[2:] if word.startswith("-"))


def test_labels_are_hidden_as_if_few_had_been_given(tmp_path: Path) -> None:
    texts, topics = texts_and_topics(90)
    pile = pile_of(tmp_path, texts, topics)
    few = sample.hide_labels(pile, 25)
    kept = [(a, b) for a, b in zip(few.labels, pile.labels, strict=True) if a is not None]
    assert len(kept) == 25 and all(a == b for a, b in kept)
    assert audit_prefix(few, 0)[1] >= 3  # a tenth, rounded up
    assert sample.hide_labels(pile, 25).labels == few.labels
    assert sample.hide_labels(pile, 25, seed=1).labels != few.labels
    assert (
        sample.hide_labels(pile, 1).n_labelled == 1 and sample.hide_labels(pile, 0).n_labelled == 0
    )
