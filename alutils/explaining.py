"""`explain`: why each chosen row is worth a label, as a table and in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from alutils.errors import UserError
from alutils.geometry import kmeans, squared_norms
from alutils.given_head import Classifier, all_classes, given_head
from alutils.labelled_pool import LabelledPool, as_array, labelled_pool
from alutils.streams import stream
from alutils.telling_words import telling_words

GROUPS = 20  # of the pool, at most
SMALLEST = 10  # rows that a group has on average, at least
SAMPLE = 10_000  # rows from which groups and their words are learnt
CHUNK = 4096  # rows compared at once
CLOSE = 0.2  # guesses of which neither is this much more probable are both named


def explain(
    embeddings: ArrayLike,
    labels: ArrayLike,
    rows: ArrayLike,
    *,
    texts: Sequence[str] | None = None,
    names: Sequence[str] | None = None,
    head: Classifier | None = None,
    seed: int = 0,
) -> pd.DataFrame:
    """Say why each chosen row is worth a label.

    Three things speak for a row, whatever strategy chose it: what the head makes of it, how many
    rows it stands for, and what is labelled near it. They describe the row; they are not the
    strategy's own score.

    Parameters
    ----------
    embeddings, labels
        As for `alutils.select`, shapes (N, D) and (N,).
    rows : array_like
        Row numbers, shape (k,): unlabelled rows, such as `alutils.select` returns.
    texts : sequence of str, optional
        The N texts, for `group_words`. What is no text counts as an empty one.
    names : sequence of str, optional
        What the sentence calls each of the N rows; left out, ``row 7``.
    head : Classifier, optional
        As for `alutils.select`. Left out, the default head fitted to the labels, if they are of
        two classes or more.
    seed : int
        Of the groups. The same arguments with the same seed give the same table.

    Returns
    -------
    pandas.DataFrame
        One row per chosen row, in the order of `rows`, which are its index ("row"). Columns:

        guess, second
            The two most probable classes, as they are among the labels; None without a head.
        confidence, second_confidence
            Their probabilities; NaN without a head.
        group, group_size, group_labelled
            Number of the row's group, how many rows the group has, and how many of these are
            labelled. Groups are k-means clusters of the whole pool, at most 20 and of at least 10
            rows on average, learnt from at most 10,000 rows.
        group_words
            The words that tell the group from the others (`alutils.telling_words`), with commas
            between; None without texts or words.
        nearest, nearest_label, similarity
            The labelled row whose embedding, centred on the pool's mean, has the largest cosine
            with that of the row, its label, and the cosine; missing without labels.
        why
            The above as one sentence.

    Raises
    ------
    UserError
        If the arguments do not fit together; the message says which and what to do instead.

    Examples
    --------
    >>> import numpy as np
    >>> angle = np.linspace(0, 3, 30)
    >>> embeddings = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    >>> labels = np.full(30, "", dtype=object)
    >>> labels[[0, 29]] = "east", "west"
    >>> table = explain(embeddings, labels, [14, 2])
    >>> table["guess"].tolist(), table["nearest"].tolist()
    (['east', 'east'], [0, 0])
    >>> for sentence in table["why"].str.split("; ").loc[2]:
    ...     print(sentence)
    Between east (57 %) and west (43 %)
    one of 11 similar texts, 1 of them labelled
    nearest labelled text: row 0, east (similarity 0.99).
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise UserError(f"seed must be a whole number, 0 or more, but is {seed!r}")
    at = labelled_pool(embeddings, labels)
    chosen = _check_rows(rows, at)
    words = _check_texts(texts, len(at.pool))
    names = None if names is None else list(names)
    if names is not None and len(names) != len(at.pool):
        raise UserError(f"names must be one per row, {len(at.pool):,}, but are {len(names):,}")
    guesses = _guesses(at, embeddings, head, chosen)
    groups = _groups(at, chosen, words, seed)
    table = pd.concat([guesses, groups, _nearest(at, chosen)], axis=1)
    table.index = pd.Index(chosen, name="row")
    some = len(at.labelled) > 0
    table["why"] = pd.Series(
        [_sentence(each, some, names) for each in table.to_dict("records")],
        table.index,
        dtype=object,
    )
    return table


def _guesses(
    at: LabelledPool, embeddings: ArrayLike, head: Classifier | None, chosen: NDArray[np.int64]
) -> pd.DataFrame:
    points = at.pool[torch.as_tensor(chosen)]
    classes = at.classes
    probabilities = None
    if head is not None and len(chosen):
        classes = all_classes(head, at.classes)
        rows = (
            embeddings.iloc[chosen]
            if isinstance(embeddings, pd.DataFrame)
            else as_array("embeddings", embeddings)[chosen]
        )
        probabilities = given_head(head, rows, points, classes, len(classes)).table
    elif len(classes) >= 2:
        probabilities = at.fit().probabilities(points)[0]
    if probabilities is None or len(classes) < 2:
        missing, unknown = np.full(len(chosen), None), np.full(len(chosen), np.nan)
        best, second, p_best, p_second = missing, missing, unknown, unknown
    else:
        found = probabilities.double().numpy()
        order = np.argsort(-found, axis=1, kind="stable")[:, :2]
        best, second = classes.astype(object)[order.T]
        p_best, p_second = np.take_along_axis(found, order, axis=1).T
    return pd.DataFrame(
        {
            "guess": pd.Series(best, dtype=object),
            "confidence": p_best,
            "second": pd.Series(second, dtype=object),
            "second_confidence": p_second,
        }
    )


def _groups(
    at: LabelledPool, chosen: NDArray[np.int64], texts: list[str] | None, seed: int
) -> pd.DataFrame:
    n_rows = len(at.pool)
    n_groups = min(GROUPS, max(1, n_rows // SMALLEST))
    draws = stream("groups", "explain", seed)
    sample = np.sort(draws.choice(n_rows, min(SAMPLE, n_rows), replace=False))
    centres = kmeans(at.pool[torch.as_tensor(sample)], n_groups, draws).centres
    groups = nearest_centre(at.pool, centres).numpy()
    told: list[str | None] = [None] * n_groups
    if texts is not None:
        read = telling_words([texts[row] for row in sample], groups[sample], n_groups)
        told = [", ".join(each) or None for each in read]
    own = groups[chosen]
    return pd.DataFrame(
        {
            "group": own,
            "group_size": np.bincount(groups, minlength=n_groups)[own],
            "group_labelled": np.bincount(groups[at.labelled], minlength=n_groups)[own],
            "group_words": pd.Series([told[group] for group in own], dtype=object),
        }
    )


def nearest_centre(points: Tensor, centres: Tensor) -> Tensor:
    """Return which of the centres (K, D) is nearest to each point (N, D): int64, shape (N,)."""
    norms = squared_norms(centres)
    parts = [torch.addmm(norms, p, centres.T, alpha=-2).argmin(dim=1) for p in points.split(CHUNK)]
    return torch.cat(parts)


def _nearest(at: LabelledPool, chosen: NDArray[np.int64]) -> pd.DataFrame:
    labelled = at.labelled
    rows, cosines = np.zeros(len(chosen), dtype=np.int64), np.full(len(chosen), np.nan)
    if len(labelled):
        theirs = torch.nn.functional.normalize(at.pool[torch.as_tensor(labelled)])
        for start in range(0, len(chosen), CHUNK):
            part = slice(start, start + CHUNK)
            own = torch.nn.functional.normalize(at.pool[torch.as_tensor(chosen[part])])
            similar = (own @ theirs.T).numpy()
            best = similar.argmax(axis=1)  # the first of equal ones
            rows[part], cosines[part] = labelled[best], similar.max(axis=1)
    missing = np.full(len(chosen), not len(labelled))
    names = at.classes.astype(object)[at.known[rows]] if len(labelled) else [None] * len(chosen)
    return pd.DataFrame(
        {
            "nearest": pd.arrays.IntegerArray(rows, missing),
            "nearest_label": pd.Series(names, dtype=object),
            "similarity": cosines,
        }
    )


def _sentence(row: dict[Any, Any], some_labelled: bool, names: Sequence[str] | None) -> str:
    parts = []
    if row["guess"] is not None:
        first, second = row["confidence"], row["second_confidence"]
        guess = f"{_plain(row['guess'])} ({100 * first:.0f} %)"
        if first - second < CLOSE:
            parts.append(f"between {guess} and {_plain(row['second'])} ({100 * second:.0f} %)")
        else:
            parts.append(f"probably {guess}")
    parts.append(_group_words(row, some_labelled))
    if some_labelled:
        nearest = f"row {row['nearest']}" if names is None else names[row["nearest"]]
        parts.append(
            f"nearest labelled text: {nearest}, {_plain(row['nearest_label'])} "
            f"(similarity {round(row['similarity'], 2) + 0.0:.2f})"  # never -0.00
        )
    sentence = "; ".join(parts)
    return f"{sentence[0].upper()}{sentence[1:]}."


def _group_words(row: dict[Any, Any], some_labelled: bool) -> str:
    size, labelled = row["group_size"], row["group_labelled"]
    about = f"texts about '{row['group_words']}'" if row["group_words"] else "similar texts"
    if size == 1:
        return "like no other"
    if not some_labelled:
        return f"stands for a group of {size:,} {about}, none of them labelled"
    return f"one of {size:,} {about}, {f'{labelled:,}' if labelled else 'none'} of them labelled"


def _plain(label: object) -> str:
    """Write a class on one line."""
    return " ".join(str(label).split())


def _check_rows(rows: ArrayLike, at: LabelledPool) -> NDArray[np.int64]:
    chosen = as_array("rows", rows)
    if chosen.ndim != 1 or (chosen.size and chosen.dtype.kind not in "iu"):
        raise UserError(
            "rows must be a list of row numbers, as select returns them, but are "
            f"{chosen.dtype} of shape {chosen.shape}"
        )
    for row in chosen.tolist():
        if not 0 <= row < len(at.pool):
            raise UserError(
                f"there is no row {row:,}: rows of the embeddings are 0 to {len(at.pool) - 1:,}"
            )
        if at.known[row] >= 0:
            raise UserError(
                f"row {row:,} has a label, {at.classes[at.known[row]]}: explain rows without one"
            )
    return chosen.astype(np.int64)


def _check_texts(texts: Sequence[str] | None, n_rows: int) -> list[str] | None:
    if texts is None:
        return None
    if isinstance(texts, str) or not hasattr(texts, "__len__"):
        raise UserError(f"texts must be a list of texts, but are {texts!r:.40}")
    given = list(texts)  # of a table, the names of its columns
    if len(given) != n_rows:
        raise UserError(
            f"texts must be one per row of the embeddings, {n_rows:,}, but are {len(given):,}"
        )
    return [text if isinstance(text, str) else "" for text in given]
