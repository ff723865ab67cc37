"""The next batch: how many, which at random, which by the strategy, and what steers it."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from alutils import select
from alutils.advice.rule import shipped
from alutils.errors import UserError
from alutils.exchange import Answer
from alutils.heads import FittedHead, scale
from alutils.labelled_pool import LabelledPool, labelled_pool
from alutils.labelling import Pile, Proposal, proposal, propose, read_pile
from alutils.labelling.audit import audit_prefix
from tests.labelling.piles import texts, topic, vectors, write

N = 90
E = vectors(N)


@pytest.fixture
def fresh(tmp_path: Path) -> Pile:
    return read_pile(write(tmp_path / "texts.csv", text=texts(N)))


def labelled(pile: Pile, rows: Any, batch: int = 1) -> Pile:
    answers = [
        Answer(str(row + 1), topic(row), skipped=False, text=None, batch=batch) for row in rows
    ]
    return pile.answered(answers, Path("labels.csv"))


def waiting(pile: Pile, found: Proposal, batch: int = 1) -> Pile:
    answers = [Answer(str(u + 1), None, skipped=False, text=None, batch=batch) for u in found.texts]
    return pile.answered(answers, Path("batch.csv"))


def by_hand(pile: Pile, seed: int) -> list[int]:
    """The random order of the audit."""
    keys = [hashlib.sha256(f"{seed}\x1f{text.lower()}".encode()).hexdigest() for text in pile.texts]
    return sorted(range(len(keys)), key=keys.__getitem__)


def test_k_texts_wait_after_each_run(fresh: Pile) -> None:
    first = propose(fresh, E, k=20)
    assert len(set(first.texts.tolist())) == 20 and first.waiting == 0
    pile = waiting(fresh, first)
    again = propose(pile, E, k=20)
    assert (len(again.texts), again.waiting) == (0, 20)
    assert len(propose(pile, E, k=15).texts) == 0
    more = propose(labelled(pile, first.texts[:7]), E, k=20)
    assert (len(more.texts), more.waiting) == (7, 13)
    assert not set(more.texts) & set(first.texts)


def test_all_that_are_left_are_proposed_and_then_nothing(fresh: Pile) -> None:
    pile = labelled(fresh, range(85))
    assert sorted(propose(pile, E, k=20).texts) == [85, 86, 87, 88, 89]
    with pytest.raises(UserError, match=r"every text of .* has a label or is skipped"):
        propose(labelled(fresh, range(90)), E)
    skips = [Answer(str(row + 1), None, skipped=True, text=None) for row in range(85, 90)]
    with pytest.raises(UserError, match="none is left"):
        propose(pile.answered(skips, Path("labels.csv")), E)


def test_skipped_texts_are_never_proposed(fresh: Pile) -> None:
    skips = [Answer(str(row + 1), None, skipped=True, text=None) for row in range(0, 90, 2)]
    pile = fresh.answered(skips, Path("labels.csv"))
    found = propose(pile, E, k=100, audit=0.5)
    assert sorted(found.texts) == list(range(1, 90, 2))


@pytest.mark.parametrize(("audit", "drawn"), [(0, 0), (0.1, 2), (0.11, 3), (0.5, 10), (1, 20)])
def test_the_audit_is_its_share_and_comes_first_in_the_random_order(
    fresh: Pile, audit: float, drawn: int
) -> None:
    found = propose(fresh, E, k=20, audit=audit, seed=3)
    assert found.audit.tolist() == [True] * drawn + [False] * (20 - drawn)
    assert found.texts[:drawn].tolist() == by_hand(fresh, 3)[:drawn]
    assert found.strategy == ("" if drawn == 20 else shipped().initial_pool.fixed)


def test_the_audit_goes_on_where_it_ended_and_counts_what_was_labelled_otherwise(
    fresh: Pile,
) -> None:
    order = by_hand(fresh, 0)
    first = propose(fresh, E, k=20)
    pile = labelled(fresh, first.texts)
    # Of 40 labels 4 are drawn; the next one of the order has a label from elsewhere.
    pile = labelled(pile, order[2:3])
    have = audit_prefix(pile, 0)[1]
    assert have >= 3
    second = propose(pile, E, k=19)
    due = max(0, 4 - have)
    assert second.audit.sum() == due
    assert (
        second.texts[:due].tolist() == [u for u in order if u not in set(pile_labelled(pile))][:due]
    )


def pile_labelled(pile: Pile) -> list[int]:
    return [u for u, label in enumerate(pile.labels) if label is not None]


def test_many_labels_from_elsewhere_are_not_audited_at_once(fresh: Pile) -> None:
    order = by_hand(fresh, 0)
    pile = labelled(fresh, order[40:80])
    assert propose(pile, E, k=10).audit.sum() == 1
    assert propose(pile, E, k=10, audit=0.25).audit.sum() == 3


def test_the_audit_is_the_longest_labelled_beginning(fresh: Pile) -> None:
    order = by_hand(fresh, 0)
    pile = labelled(fresh, [*order[:3], order[4], *order[7:9]])
    found, n_audited = audit_prefix(pile, 0)
    assert (found.tolist(), n_audited) == (order, 3)
    skipped = pile.answered(
        [Answer(str(order[3] + 1), None, skipped=True, text=None)], Path("labels.csv")
    )
    found, n_audited = audit_prefix(skipped, 0)
    assert (found.tolist(), n_audited) == (order[:3] + order[4:], 4), "nobody may label a skip"


def test_the_audit_is_the_same_in_another_order_and_with_more_texts(tmp_path: Path) -> None:
    values = [*texts(40), "A Copy", "a  copy"]
    order = random.Random(1).sample(range(42), 42)
    more = [values[i] for i in order] + [f"another {i}" for i in range(40)]
    one = read_pile(write(tmp_path / "one.csv", text=values))
    other = read_pile(write(tmp_path / "other.csv", text=more))
    first = [one.texts[u].casefold().split() for u in audit_prefix(one, 5)[0]]
    later = [other.texts[u].casefold().split() for u in audit_prefix(other, 5)[0]]
    assert [each for each in later if each in first] == first


@pytest.mark.parametrize("strategy", ["badge", "margin", "tcm", "typiclust"])
def test_labels_of_the_audit_steer_nothing(fresh: Pile, strategy: str) -> None:
    order = by_hand(fresh, 0)
    pile = labelled(fresh, [*order[:4], *order[10:30]])
    told = dict.fromkeys(order[:4], "another class altogether")
    changed = replace(pile, labels=tuple(told.get(u, label) for u, label in enumerate(pile.labels)))
    one, other = (propose(each, E, strategy=strategy, k=15) for each in (pile, changed))
    assert one.texts.tolist() == other.texts.tolist()
    # Other labels do steer a strategy that looks at them.
    told = {u: topic(u + 1) for u in order[10:20]}
    changed = replace(pile, labels=tuple(told.get(u, label) for u, label in enumerate(pile.labels)))
    if strategy in ("badge", "margin"):
        assert one.texts.tolist() != propose(changed, E, strategy=strategy, k=15).texts.tolist()


@pytest.mark.parametrize("strategy", ["badge", "margin", "typiclust"])
def test_without_an_audit_the_strategy_chooses_as_select_does(fresh: Pile, strategy: str) -> None:
    pile = labelled(fresh, range(0, 30, 2))
    labels = np.array([label or "" for label in pile.labels], dtype=object)
    found = propose(pile, E, strategy=strategy, k=10, audit=0, seed=2)
    assert found.texts.tolist() == select(E, labels, strategy, 10, 2).tolist()


def test_the_strategy_does_not_choose_again_what_waits_or_was_drawn(fresh: Pile) -> None:
    pile = labelled(fresh, range(20))
    first = propose(pile, E, strategy="margin", k=10, audit=0.3)
    second = propose(waiting(pile, first), E, strategy="margin", k=25, audit=0.3)
    assert len({*first.texts, *second.texts, *range(20)}) == 10 + 15 + 20


@pytest.mark.parametrize("labels", [0, 1])
def test_before_there_are_two_classes_the_initial_pool_chooses(fresh: Pile, labels: int) -> None:
    pile = labelled(fresh, range(0, 3 * labels, 3))
    found = propose(pile, E, strategy="badge", initial_pool="random", k=5)
    assert found.strategy == "random"
    have = "only the class 'cards'" if labels else "no label"
    assert found.remarks == (
        f"{have} yet: random chooses, as badge learns from labels of two classes or more",
    )
    assert propose(pile, E, strategy="typiclust", k=5).strategy == "typiclust"


def test_the_class_that_only_the_audit_has_does_not_count(fresh: Pile) -> None:
    order = by_hand(fresh, 0)
    cards = [u for u in order[5:] if topic(u) == "cards"][:6]
    pile = labelled(fresh, [*order[:5], *cards])
    assert propose(pile, E, strategy="badge", initial_pool="random", k=5).strategy == "random"


def test_left_out_strategies_are_the_best_of_the_study(fresh: Pile) -> None:
    assert propose(fresh, E, k=5).strategy == shipped().initial_pool.fixed
    assert propose(labelled(fresh, range(20)), E, k=5).strategy == shipped().strategy.fixed


@pytest.mark.parametrize(("strategy", "few"), [("typiclust", True), ("tcm", True), ("margin", 0)])
def test_without_a_head_a_large_pile_is_sampled(
    fresh: Pile, monkeypatch: pytest.MonkeyPatch, strategy: str, few: bool
) -> None:
    monkeypatch.setattr(proposal, "CANDIDATES", 12)
    pile = labelled(fresh, range(20))
    found = propose(pile, E, strategy=strategy, k=10, audit=0)
    said = (f"{strategy} chooses from 12 texts, drawn at random from 70",)
    assert found.remarks == (said if few else ())
    assert len(set(found.texts.tolist())) == 10 and found.texts.min() >= 20
    # As many as are asked for, even if these are more than it would look at.
    assert len(propose(pile, E, strategy=strategy, k=30).texts) == 30


def test_what_the_audit_labelled_is_no_label_to_choose_by(fresh: Pile) -> None:
    found = propose(labelled(fresh, by_hand(fresh, 0)[:3]), E, k=10, strategy="margin")
    assert found.remarks[0].startswith("no label yet besides those of the audit: ")


def test_of_many_labels_one_head_is_fitted(fresh: Pile, monkeypatch: pytest.MonkeyPatch) -> None:
    fits: list[int] = []

    def fit(pool: LabelledPool, *rest: Any, **more: Any) -> FittedHead:
        fits.append(len(pool.labelled))
        return real(pool, *rest, **more)

    real = LabelledPool.fit
    monkeypatch.setattr(LabelledPool, "fit", fit)
    pile = labelled(fresh, sorted({*by_hand(fresh, 0)[:3], *range(20)}))
    order, n_audited = audit_prefix(pile, 0)
    two = propose(pile, E, k=10, strategy="margin")
    assert len(fits) == 2 and fits[0] < fits[1] == pile.n_labelled and not two.remarks
    monkeypatch.setattr(proposal, "MANY", 10)
    one = propose(pile, E, k=10, strategy="margin")
    assert fits[2:] == fits[:1]
    assert f"to all {pile.n_labelled} labels, those of the audit too" in one.remarks[0]
    assert one.texts.tolist() == two.texts.tolist()
    # It is that head which guesses, and not one that saw the labels of the audit.
    seen = pile.given.copy()
    seen[order[:n_audited]] = ""
    inside = np.setdiff1d(np.arange(N), np.r_[order[:n_audited], two.texts[two.audit]])
    at = labelled_pool(E[inside], seen[inside])
    (_, points) = scale(torch.tensor(E[inside]), torch.tensor(E[one.texts]))
    table = real(at).probabilities(points)[0].numpy()
    assert one.why["guess"].tolist() == at.classes[table.argmax(axis=1)].tolist()
    assert np.allclose(one.why["confidence"], table.max(axis=1), atol=1e-5)


def test_the_same_seed_gives_the_same_batch(fresh: Pile) -> None:
    pile = labelled(fresh, range(20))
    one, again, other = (propose(pile, E, k=10, seed=seed) for seed in (1, 1, 2))
    assert one.texts.tolist() == again.texts.tolist() != other.texts.tolist()
    assert one.why.equals(again.why)


def test_reasons_name_texts_as_the_file_does(tmp_path: Path) -> None:
    source = write(tmp_path / "t.csv", text=texts(30), nr=[f"q{i}" for i in range(30)])
    pile = read_pile(source, id="nr")
    pile = pile.answered(
        [Answer(f"q{i}", topic(i), skipped=False, text=None) for i in range(9)], Path("l.csv")
    )
    found = propose(pile, vectors(30), k=3)
    for why, nearest in zip(found.why["why"], found.why["nearest"], strict=True):
        assert f"nearest labelled text: nr q{nearest}, {topic(nearest)} (" in why


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"k": 0}, "k must be"),
        ({"k": True}, "k must be"),
        ({"k": 2.5}, "k must be"),
        ({"audit": -0.1}, "audit must be a share"),
        ({"audit": 1.1}, "audit must be a share"),
        ({"audit": float("nan")}, "audit must be a share"),
        ({"strategy": "bagde"}, "did you mean 'badge'"),
        ({"initial_pool": "margin"}, "cannot choose the first ones"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    fresh: Pile, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(UserError, match=sentence):
        propose(fresh, E, **options)
