"""What a page found, in a form that a page can show and a table can check."""

from __future__ import annotations

import html
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from alutils.figures.style import points, signed

Verdict = Literal["holds", "does not hold", "cannot tell"]


@dataclass(frozen=True)
class Number:
    """One number that a finding rests on.

    Parameters
    ----------
    label : str
        What it is, in words that stand alone: "BADGE minus Margin, AULC, mean over datasets".
    value : float
        The number.
    low, high : float
        Its 95 % interval; NaN where it has none.
    unit : str
        What was drawn again for the interval: ``"seeds"`` (within these datasets), ``"datasets"``;
        empty without one, or why there is none.
    kind : {"points", "plain", "share", "amount"}
        How it is written: a difference of shares in percentage points; with its sign, as a
        correlation; a share in per cent; or an amount, which has no sign: a count, or a mean.
    """

    label: str
    value: float
    low: float = np.nan
    high: float = np.nan
    unit: str = ""
    kind: Literal["points", "plain", "share", "amount"] = "points"

    def __str__(self) -> str:
        if self.kind == "points":
            return points(self.value, self.low, self.high)
        if self.kind == "share":
            return f"{100 * self.value:.0f} %"
        if self.kind == "amount":
            whole = float(self.value).is_integer()
            return f"{self.value:,.0f}" if whole else f"{self.value:,.2f}"
        return signed([self.value, self.low, self.high], 2)


@dataclass(frozen=True)
class Finding:
    """The answer to one question. As the last value of a notebook cell it shows itself.

    Parameters
    ----------
    question : str
        What was asked, ending in a question mark.
    verdict : {"holds", "does not hold", "cannot tell"}
        Of the claim behind the question.
    sentence : str
        The answer in one sentence, with the numbers that matter; Markdown.
    test : str
        The test by name, its unit and its result.
    change : str
        What would change the answer.
    numbers : dict of str to Number
        What the table of claims checks, by a short name.
    decides : str
        Short name of the number that the verdict hangs on, where the finding chooses it.
    """

    question: str
    verdict: Verdict
    sentence: str
    test: str
    change: str
    numbers: dict[str, Number] = field(default_factory=dict)
    decides: str = ""

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """Show a box with the verdict to the book, and to Jupyter."""
        style = {"holds": "tip", "does not hold": "warning", "cannot tell": "note"}[self.verdict]
        parts = [
            ("Test", self.test),
            ("What would change it", self.change),
        ]
        body = "\n\n".join(f"**{name}.** {text}" for name, text in parts)
        markdown = (
            f"````{{admonition}} {self.verdict.capitalize()}\n:class: {style} verdict\n"
            f"**{self.question}** {self.sentence}\n\n{body}\n````"
        )
        said = "".join(
            f"<p><b>{html.escape(name)}</b> {html.escape(text)}</p>"
            for name, text in [(f"{self.verdict}:", self.sentence), *parts]
        )
        plain = f"{self.question} {self.verdict}: {self.sentence}"
        return {"text/plain": plain, "text/html": said, "text/markdown": markdown}
