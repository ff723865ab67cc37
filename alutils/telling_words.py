"""What groups of texts are about: the words that tell each from the rest."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS, CountVectorizer

HEAD = 2000  # characters of each text that are read

# Scripts without spaces between words: Thai, Lao, Myanmar, Khmer, kana, Chinese characters.
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WORDS = re.compile(rf"[{_UNSPACED}]+|[^\W\d_{_UNSPACED}][^\W_{_UNSPACED}]+")
_UNSPACED_START = re.compile(rf"[{_UNSPACED}]")


def words(text: str) -> list[str]:
    """Split a text into lower-case words, without English stop words.

    A word begins with a letter and has at least two characters. Where a script has no spaces
    between words, as Chinese, Japanese and Thai, every two neighbouring characters are one.

    Examples
    --------
    >>> words("Why was my card declined in 2024?"), words("我的卡 was declined")
    (['card', 'declined'], ['我的', '的卡', 'declined'])
    """
    found = []
    for run in _WORDS.findall(text[:HEAD].lower()):
        if _UNSPACED_START.match(run):
            found += [run[i : i + 2] for i in range(len(run) - 1)]
        elif run not in ENGLISH_STOP_WORDS:
            found.append(run)
    return found


def telling_words(
    texts: Sequence[str], groups: NDArray[np.int64], n_groups: int, n_words: int = 3
) -> list[list[str]]:
    """Find the most telling words of each group by class-based TF-IDF.

    The weight of a word in a group is its share of the group's words times log(1 + A / f), where
    f is how often the word is there in all, and A the number of words in a group on average. A
    word counts once in each text.

    Parameters
    ----------
    texts : sequence of str
        N texts.
    groups : ndarray of int64, shape (N,)
        Group of each text, from 0.
    n_groups : int
        Number of groups.
    n_words : int
        At most so many words for each.

    Returns
    -------
    list of list of str
        For each group, the most telling word first; fewer words, or none, if it has no more.
        Words of equal weight come in alphabetical order.

    References
    ----------
    Grootendorst, BERTopic: Neural topic modeling with a class-based TF-IDF procedure,
    arXiv:2203.05794, 2022.

    Examples
    --------
    >>> telling_words(["a red fish", "a blue fish", "the red car"], np.array([0, 0, 1]), 2, 1)
    [['fish'], ['car']]
    """
    counter = CountVectorizer(analyzer=words, binary=True)
    try:
        counts = counter.fit_transform(texts)
    except ValueError:  # no word at all
        return [[] for _ in range(n_groups)]
    member = csr_array(
        (np.ones(len(groups)), (groups, np.arange(len(groups)))), shape=(n_groups, len(groups))
    )
    found = (member @ counts).toarray()
    totals = found.sum(axis=1, keepdims=True)
    weights = found / np.maximum(totals, 1) * np.log1p(totals.mean() / found.sum(axis=0))
    vocabulary = counter.get_feature_names_out()
    return [
        [str(vocabulary[word]) for word in np.argsort(-row, kind="stable")[:n_words] if row[word]]
        for row in weights
    ]
