"""The same strategies in scikit-activeml and small-text, run for one seed as their users would.

Each gets the scaled pool in float32, as embedders write it, and a classifier that is fitted
already (scikit-learn's, with the same penalty as our head): what is timed is the query, with the
probabilities it asks for. Parameters are the peer's defaults.
"""

from __future__ import annotations

import importlib.metadata
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import small_text
from skactiveml import pool
from skactiveml.classifier import SklearnClassifier
from sklearn.linear_model import LogisticRegression
from small_text.integrations.pytorch.query_strategies import BADGE

from benchmarks.problem import Problem

SKACTIVEML, SMALL_TEXT = "scikit-activeml", "small-text"
C = 0.1  # of our head

# By our name without underscores and parameters: class and constructor arguments.
_SKACTIVEML: dict[str, tuple[str, dict[str, Any]]] = {
    "random": ("RandomSampling", {}),
    "leastconfidence": ("UncertaintySampling", {"method": "least_confident"}),
    "margin": ("UncertaintySampling", {"method": "margin_sampling"}),
    "entropy": ("UncertaintySampling", {"method": "entropy"}),
    "badge": ("Badge", {}),
    "coreset": ("CoreSet", {}),
    "typiclust": ("TypiClust", {}),
    "probcover": ("ProbCover", {}),
    "maxherding": ("MaxHerding", {}),
    "dropquery": ("DropQuery", {}),
    "falcun": ("Falcun", {}),
}
_SMALL_TEXT = {
    "random": "RandomSampling",
    "leastconfidence": "LeastConfidence",
    "margin": "BreakingTies",
    "entropy": "PredictionEntropy",
    "badge": "BADGE",
    "coreset": "GreedyCoreset",
    "kmeans": "EmbeddingKMeans",
}
UNIT_NORM = {"ProbCover"}  # the default radii are for vectors of norm one


@dataclass(frozen=True)
class Peer:
    """Another implementation of one of our strategies.

    Attributes
    ----------
    system, implementation : str
        Package and class.
    prepare : callable
        Given a problem and k, does what is not timed and returns the query: a function of a seed
        that returns the rows chosen.
    """

    system: str
    implementation: str
    prepare: Callable[[Problem, int], Callable[[int], np.ndarray]]


def of(name: str) -> list[Peer]:
    """Return the peers that have the strategy of this name, in any spelling of it."""
    key = name.partition("(")[0].replace("_", "")
    found = []
    if key in _SKACTIVEML:
        found.append(_skactiveml(*_SKACTIVEML[key]))
    if key in _SMALL_TEXT:
        found.append(_small_text(_SMALL_TEXT[key]))
    return found


def versions() -> dict[str, str]:
    """Return the installed versions of the peers."""
    return {name: importlib.metadata.version(name) for name in (SKACTIVEML, SMALL_TEXT)}


def _labelled(problem: Problem) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Embeddings (N, D), labels (N,) and labelled rows of the first replicate."""
    rows = problem.rows[0].numpy()
    return problem.pool.numpy(), problem.truth.numpy(), rows


def _skactiveml(class_name: str, arguments: dict[str, Any]) -> Peer:
    def prepare(problem: Problem, k: int) -> Callable[[int], np.ndarray]:
        warnings.simplefilter("ignore")
        x, truth, rows = _labelled(problem)
        labels = np.full(len(x), np.nan)
        labels[rows] = truth[rows]
        if class_name in UNIT_NORM:
            x = x / np.linalg.norm(x, axis=1, keepdims=True)
        cls = getattr(pool, class_name)
        model = LogisticRegression(C=C, max_iter=1000)
        classifier = SklearnClassifier(model, classes=list(range(problem.shape.classes)))
        given: dict[str, Any] = {}
        asked = cls.query.__code__.co_varnames
        for role in ("clf", "estimator"):
            if role in asked:
                given = {role: classifier.fit(x[rows], labels[rows]), f"fit_{role}": False}

        def query(seed: int) -> np.ndarray:
            strategy = cls(random_state=seed, **arguments)
            return np.asarray(strategy.query(x, labels, batch_size=k, **given))

        return query

    return Peer(SKACTIVEML, class_name, prepare)


def _small_text(class_name: str) -> Peer:
    def prepare(problem: Problem, k: int) -> Callable[[int], np.ndarray]:
        class OnEmbeddings(small_text.SklearnClassifier):
            """A text's features are its embedding."""

            def embed(self, data: Any, return_proba: bool = False, pbar: Any = None) -> Any:
                return (data.x, self.predict_proba(data)) if return_proba else data.x

        warnings.simplefilter("ignore")
        x, truth, rows = _labelled(problem)
        dataset = small_text.SklearnDataset(x, truth)
        model = OnEmbeddings(LogisticRegression(C=C, max_iter=1000), problem.shape.classes)
        model.fit(dataset[rows])
        if class_name == "BADGE":
            strategy = BADGE(problem.shape.classes)
        else:
            strategy = getattr(small_text, class_name)()
        unlabelled = np.setdiff1d(np.arange(len(x)), rows)

        def query(seed: int) -> np.ndarray:
            np.random.seed(seed)  # noqa: NPY002  where it draws from
            return np.asarray(strategy.query(model, dataset, unlabelled, rows, truth[rows], n=k))

        return query

    return Peer(SMALL_TEXT, class_name, prepare)
