"""A pile and a proposal for people to look at: tables, and a map in two dimensions."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alutils.figures.style import plain
from alutils.labelling.pile import Pile
from alutils.labelling.proposal import Proposal
from alutils.streams import stream

MAPPED = 5000  # texts without a label on the map, at most
PLANE = 2  # dimensions of the map
CHUNK = 8192  # embeddings looked at at once
KINDS = ("unlabelled", "labelled", "proposed", "audit")


def contents(pile: Pile) -> pd.DataFrame:
    """Say what a file holds, a row for each thing: ``in the file`` and ``number``."""
    sizes = Counter(label for label in pile.labels if label is not None)
    few, many = min(sizes.values(), default=0), max(sizes.values(), default=0)
    each = f"{few:,} to {many:,} labels" if few < many else f"{few:,} labels each"
    rows = {
        "rows": f"{pile.table.n_rows:,}",
        "different texts": f"{len(pile.texts):,}",
        "of these, with a label": f"{pile.n_labelled:,}",
        "of these, waiting for a label": f"{len(pile.waiting):,}",
        "of these, set aside": f"{len(pile.skipped):,}",
        "classes": f"{len(sizes):,} ({each})" if sizes else "0",
    }
    optional = ("of these, waiting for a label", "of these, set aside")
    kept = {what: number for what, number in rows.items() if number != "0" or what not in optional}
    return pd.DataFrame({"in the file": kept.keys(), "number": kept.values()})


def proposed_table(pile: Pile, proposal: Proposal, first: int, width: int = 160) -> pd.DataFrame:
    """Return the first texts of a proposal, shortened to `width` characters, each with its why.

    Of those that the strategy chose `first` are shown, and a quarter as many of the audit.
    """
    chosen, drawn = np.flatnonzero(~proposal.audit), np.flatnonzero(proposal.audit)
    reasons = proposal.why.to_dict("records")
    return pd.DataFrame(
        {
            "text": _short(pile.texts[proposal.texts[at]], width),
            "guess": _short(guess, 40) if isinstance(guess := reasons[at]["guess"], str) else "",
            "chosen by": "chance (audit)" if proposal.audit[at] else plain(proposal.strategy),
            "why": _why(reasons[at], pile, width // 2),
        }
        for at in np.r_[chosen[:first], drawn[: first // 4]]
    )


def plane(
    pile: Pile, embeddings: NDArray[np.floating], proposal: Proposal, seed: int = 0
) -> pd.DataFrame:
    """Lay texts out in the plane of the first two principal components of their embeddings.

    Parameters
    ----------
    pile : Pile
        U texts.
    embeddings : ndarray of shape (U, D)
        Of these texts.
    proposal : Proposal
        Of this pile.
    seed : int
        Of the draw of texts without a label, where there are more than 5,000.

    Returns
    -------
    pandas.DataFrame
        ``x``, ``y``, ``kind`` ("unlabelled", "labelled", "proposed" or "audit") and ``class``
        (None without a label). ``attrs["explained"]`` is the share of the variance in the plane.
    """
    kind = np.full(len(pile.texts), KINDS[0], dtype=object)
    kind[[label is not None for label in pile.labels]] = "labelled"
    kind[proposal.texts] = np.where(proposal.audit, "audit", "proposed")
    shown = np.arange(len(kind))
    rest = np.flatnonzero(kind == KINDS[0])
    if len(rest) > MAPPED:
        dropped = stream("map", "own texts", seed).permutation(rest)[MAPPED:]
        shown = np.setdiff1d(shown, dropped)
    axes, explained = _principal(embeddings)
    points = np.asarray(embeddings[shown], np.float64) @ axes
    table = pd.DataFrame(points - points.mean(axis=0), columns=["x", "y"])
    table["kind"] = kind[shown]
    table["class"] = pd.Series([pile.labels[u] for u in shown], dtype=object)
    table.attrs["explained"] = explained
    return table


def proposed_words(proposal: Proposal) -> str:
    """Say in words what a proposal has in it."""
    n_drawn = int(proposal.audit.sum())
    parts = []
    if proposal.strategy:
        n_chosen = len(proposal.texts) - n_drawn
        texts = "text" if n_chosen == 1 else "texts"
        parts.append(f"{plain(proposal.strategy)} chooses {n_chosen:,} {texts}")
    if n_drawn:
        parts.append(f"{n_drawn:,} {'is' if n_drawn == 1 else 'are'} drawn at random")
    if proposal.waiting:
        parts.append(f"{proposal.waiting:,} of earlier batches wait for a label")
    words = f"{', '.join(parts)}."
    return words[0].upper() + words[1:]


def map_words(points: pd.DataFrame) -> str:
    """Say what the map shows, for those who cannot see it."""
    sizes = points["kind"].value_counts()
    words = ("without a label", "with a label", "proposed by the strategy", "drawn at random")
    counted = [
        f"{sizes[kind]:,} {word}" for kind, word in zip(KINDS, words, strict=True) if kind in sizes
    ]
    return (
        f"Map of texts on the first two principal components: {', '.join(counted)}. The plane has "
        f"{points.attrs['explained']:.0%} of the variance of the embeddings."
    ).replace("%", " %")


def map_caption(points: pd.DataFrame) -> str:
    """Say how to read the map."""
    words = {
        "labelled": "dots in colour have a label",
        "proposed": "rings are proposed next",
        "audit": "squares are drawn at random",
    }
    keys = [word for kind, word in words.items() if (points["kind"] == kind).any()]
    return (
        "What is near in this map may still be far apart: its axes, the first two principal "
        f"components of the embeddings, have {100 * points.attrs['explained']:.0f} % of their "
        f"variance. In the map, {', '.join(keys)}."
    )


def commands(
    path: Path,
    *,
    text: str,
    label: str | None,
    id: str | None,
    labels: Sequence[str],
    embedder: str,
    encoding: str | None,
    strategy: str,
    k: int,
) -> str:
    """Return the commands that go on with a file, a line each, quoted for a shell.

    Parameters
    ----------
    path : pathlib.Path
        The file.
    text, label, id, labels, embedder, encoding, strategy, k
        As for ``alutils select``; what is left out there may be left out here.
    """
    shared = [str(path), "--text", text]
    shared += [] if label is None else ["--label", label]
    shared += [] if id is None else ["--id", id]
    target = f"{path.stem}_to_label{path.suffix}"
    shared += [word for each in labels if each != target for word in ("--labels", each)]
    shared += ["--embedder", embedder]
    shared += [] if encoding is None else ["--encoding", encoding]
    select = ["alutils", "select", *shared, "--strategy", strategy, "-k", str(k), "-o", target]
    progress = ["alutils", "progress", *shared, "--labels", target]
    return "\n".join(map(shlex.join, (select, progress)))


def _why(row: dict[Any, Any], pile: Pile, width: int) -> str:
    """Give the reason with a text in the place of its id, which the table does not show."""
    nearest = row["nearest"]
    if pd.isna(nearest):
        return str(row["why"])
    quoted = f"text: “{_short(pile.texts[nearest], width)}”,"
    return str(row["why"]).replace(f"text: {pile.name(nearest)},", quoted)


def _short(text: str, width: int) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 1].rstrip()}…"


def _principal(embeddings: NDArray[np.floating]) -> tuple[NDArray[np.float64], float]:
    """Return the first two principal axes, (D, 2), and the share of the variance along them."""
    mean: NDArray[np.float64] = np.mean(embeddings, axis=0, dtype=np.float64)
    scatter = np.zeros((len(mean), len(mean)))
    for start in range(0, len(embeddings), CHUNK):
        part = embeddings[start : start + CHUNK] - mean
        scatter += part.T @ part
    variances, vectors = np.linalg.eigh(scatter)
    first = vectors[:, : -PLANE - 1 : -1]
    # An axis has no direction of its own: its largest entry is made positive, always.
    first *= np.sign(first[np.abs(first).argmax(axis=0), np.arange(first.shape[1])])
    axes = np.zeros((len(mean), PLANE))  # an embedding may have one dimension
    axes[:, : first.shape[1]] = first
    whole = float(variances.sum())
    return axes, float(variances[-PLANE:].sum()) / whole if whole > 0 else 1.0
