"""Piles made up for tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from alutils.labelling import Pile, read_pile
from alutils.tables import Table, write_table

TOPICS = {
    "weather": ["rain", "sun", "cloud", "storm", "wind", "snow", "frost", "mist"],
    "cooking": ["salt", "pan", "oven", "butter", "flour", "onion", "soup", "bread"],
    "chess": ["rook", "king", "pawn", "check", "mate", "bishop", "queen", "board"],
}
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "$\\frac{1}{$ & _a_ ```\n```{raw} html\n<b>x</b>\n```",
    "__a --> <script>alert(3)</script>",
)


def texts_and_topics(n: int) -> tuple[list[str], list[str]]:
    """Texts of which the words give away the topic, mostly."""
    names = list(TOPICS)
    topics = [names[i % 3] for i in range(n)]
    texts = [
        f"{TOPICS[t][i % 8]} {TOPICS[t][i // 8 % 8]} {TOPICS[names[i // 3 % 3]][i % 5]} n{i}"
        for i, t in enumerate(topics)
    ]
    return texts, topics


def pile_of(
    folder: Path, texts: Sequence[str], labels: Sequence[str], name: str = "texts.csv"
) -> Pile:
    """Write texts, with labels or empty ones, and read them."""
    write_table(folder / name, Table({"text": list(texts), "label": list(labels)}))
    return read_pile(folder / name, "text", "label")
