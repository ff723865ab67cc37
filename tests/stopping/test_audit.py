import hashlib
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alutils.stopping import AuditedAccuracy, audit_order, audit_rows
from alutils.stopping.audit import accuracy_of_rest, audited_accuracy, half_width

texts = st.lists(st.text(max_size=4), max_size=30)


@pytest.mark.parametrize(("right", "n"), [(0, 5), (8, 10), (85, 100), (7, 7)])
def test_wilson_by_hand(right, n):
    z, share = 1.959963984540054, right / n
    centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    found = audited_accuracy(np.arange(n) < right)
    assert (found.accuracy, found.n, found.n_correct) == (share, n, right)
    assert found.low == pytest.approx(max(centre - half, 0), abs=1e-12)
    assert found.high == pytest.approx(min(centre + half, 1), abs=1e-12)
    assert half_width(share, n) == pytest.approx((found.high - found.low) / 2)


def test_wilson_holds_the_truth_as_often_as_it_says():
    draw = np.random.default_rng(0)
    for truth in (0.6, 0.85):
        found = [audited_accuracy(draw.random(100) < truth) for _ in range(500)]
        assert 0.92 <= np.mean([each.low <= truth <= each.high for each in found]) <= 0.98


def test_rest_is_what_is_left_of_the_pile():
    # 1,000 rows: 200 labelled of which 50 % are right, and of the other 800 90 %.
    pile = 0.2 * 0.5 + 0.8 * 0.9
    audited = AuditedAccuracy(pile, pile - 0.05, pile + 0.05, 100, 82)
    rest = accuracy_of_rest(audited, np.arange(200) < 100, 1000)
    assert rest.accuracy == pytest.approx(0.9)
    stretch = math.sqrt(0.9) / 0.8
    assert rest.low == pytest.approx(0.9 - 0.05 * stretch)
    assert rest.high == pytest.approx(0.9 + 0.05 * stretch)
    assert accuracy_of_rest(audited, np.arange(200) < 0, 1000).high == 1  # never above


def test_interval_of_the_rest_holds_it_as_often_as_it_says():
    # All labels are a random sample, 40 % of a pile of 500 of which 400 would be right.
    draw, pile = np.random.default_rng(1), np.arange(500) < 400
    held = []
    for _ in range(500):
        order = draw.permutation(500)
        seen, left = pile[order[:200]], pile[order[200:]]
        rest = accuracy_of_rest(audited_accuracy(seen), seen, 500)
        assert rest.accuracy == pytest.approx(seen.mean())
        held.append(rest.low <= left.mean() <= rest.high)
    assert 0.92 <= np.mean(held) <= 0.98


@given(texts, st.integers(0, 3))
def test_order_is_by_the_hash_of_seed_and_text(pile, seed):
    keys = [hashlib.sha256(f"{seed}\x1f{text}".encode()).hexdigest() for text in pile]
    assert audit_order(pile, seed).tolist() == np.argsort(np.array(keys), kind="stable").tolist()


@given(st.lists(st.text(max_size=4), unique=True), texts, st.randoms())
def test_order_stays_when_texts_are_added_or_shuffled(pile, more, shuffler):
    longer = [*pile, *(text for text in more if text not in pile)]
    shuffler.shuffle(longer)
    before = [pile[row] for row in audit_order(pile, 0)]
    after = [longer[row] for row in audit_order(longer, 0)]
    assert [text for text in after if text in pile] == before


def test_another_seed_is_another_order():
    pile = [str(i) for i in range(50)]
    assert audit_order(pile, 0).tolist() != audit_order(pile, 1).tolist()


@given(st.lists(st.integers(-1, 2), max_size=20), st.randoms())
def test_audit_rows_are_the_longest_labelled_beginning(known, shuffler):
    order = list(range(len(known)))
    shuffler.shuffle(order)
    rows = audit_rows(np.array(order, dtype=int), np.array(known, dtype=int)).tolist()
    assert rows == order[: len(rows)]
    assert all(known[row] >= 0 for row in rows)
    assert len(rows) == len(order) or known[order[len(rows)]] == -1
