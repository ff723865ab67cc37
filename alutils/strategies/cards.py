"""What can be said about a strategy, read from its docstring."""

from __future__ import annotations

import dataclasses
import html
import inspect
import re
from typing import Any

from numpydoc.docscrape import ClassDoc

from alutils.strategies.base import QueryStrategy


@dataclasses.dataclass(frozen=True)
class Parameter:
    """One parameter of a strategy: its name, what it means, and its default."""

    name: str
    meaning: str
    default: Any


@dataclasses.dataclass(frozen=True)
class Card:
    """What a person needs to know of a strategy before using it.

    Attributes
    ----------
    name : str
        As in the registry.
    summary : str
        One sentence.
    definition : tuple of str
        Paragraphs: what exactly is chosen.
    parameters : tuple of Parameter
        In the order of the class.
    needs, cost, weak_when : str
        What it looks at, how its cost grows, and when it fails.
    differs : str
        Where it departs from its source; empty if nowhere.
    source : str
        The paper; empty if there is none.
    """

    name: str
    summary: str
    definition: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    needs: str
    cost: str
    weak_when: str
    differs: str
    source: str

    def __str__(self) -> str:
        lines = [self.name, "", self.summary, *self.definition, ""]
        lines += [f"{p.name} = {p.default!r}: {p.meaning}" for p in self.parameters]
        lines += [
            f"{label}: {text}"
            for label, text in (
                ("Needs", self.needs),
                ("Cost", self.cost),
                ("Weak when", self.weak_when),
                ("Differs", self.differs),
                ("Source", self.source),
            )
            if text
        ]
        return "\n".join(lines)


def card(strategy: QueryStrategy) -> Card:
    """Read the card of a strategy from the sections of its class's docstring.

    Parameters
    ----------
    strategy : QueryStrategy
        Its class has a numpydoc docstring whose notes are paragraphs that begin with ``Needs:``,
        ``Cost:``, ``Weak when:`` and, where it departs from its source, ``Differs:``.

    Returns
    -------
    Card
        Defaults are those of this strategy, so a configured one shows its own values.
    """
    text = inspect.cleandoc(type(strategy).__doc__ or "")
    sections = ClassDoc(type(strategy), doc=text, config={"show_class_members": False})
    notes = {}
    for paragraph in _paragraphs(sections["Notes"]):
        label, _, words = paragraph.partition(": ")
        notes[label] = words
    return Card(
        name=strategy.name,
        summary=" ".join(sections["Summary"]),
        definition=_paragraphs(sections["Extended Summary"]),
        parameters=tuple(
            Parameter(p.name, " ".join(p.desc), getattr(strategy, p.name))
            for p in sections["Parameters"]
        ),
        needs=notes.get("Needs", ""),
        cost=notes.get("Cost", ""),
        weak_when=notes.get("Weak when", ""),
        differs=notes.get("Differs", ""),
        source=" ".join(" ".join(sections["References"]).split()),
    )


def _paragraphs(lines: list[str]) -> tuple[str, ...]:
    """Join lines into paragraphs, which blank lines set apart."""
    blocks = "\n".join(lines).strip().split("\n\n")
    return tuple(" ".join(block.split()) for block in blocks if block.strip())


def card_html(card: Card, title: str, anchor: str, measured: str) -> str:
    """Write a card for a page of the book.

    Parameters
    ----------
    card : Card
        What to write.
    title : str
        The strategy's name as people write it.
    anchor : str
        Where links to the card lead, without the number sign.
    measured : str
        What one query costs here, with its unit.

    Returns
    -------
    str
        HTML; what is exact and long is folded.
    """
    rows = [("Needs", card.needs), ("Cost", f"{measured} here; {card.cost}")]
    rows += [("Weak when", card.weak_when)]
    folded = [f"<p>{_html(paragraph)}</p>" for paragraph in card.definition]
    if card.parameters:
        items = (
            f"<li><code>{html.escape(f'{p.name} = {p.default!r}')}</code>: {_html(p.meaning)}</li>"
            for p in card.parameters
        )
        folded.append(f"<ul>{''.join(items)}</ul>")
    if card.differs:
        folded.append(f"<p><b>Differs:</b> {_html(card.differs)}</p>")
    if card.source:
        folded.append(f'<p><b>Source:</b> <span class="source">{_html(card.source)}</span></p>')
    listed = "".join(f"<dt>{label}</dt><dd>{_html(text)}</dd>" for label, text in rows)
    return (
        f'<section class="strategy-card" id="{anchor}"><h3>{html.escape(title)}</h3>'
        f"<p>{_html(card.summary)}</p><dl>{listed}</dl>"
        f"<details><summary>Definition, parameters, source</summary>{''.join(folded)}</details>"
        "</section>"
    )


def _html(text: str) -> str:
    """Escape text; words between backticks are code."""
    return re.sub(r"`+([^`]+)`+", r"<code>\1</code>", html.escape(text, quote=False))
