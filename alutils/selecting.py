"""`select`: one call from embeddings and labels to the rows worth labelling next."""

from __future__ import annotations

import numpy as np
import psutil  # type: ignore[import-untyped]
import torch
from numpy.typing import ArrayLike, NDArray

from alutils import only_probabilities, strategies
from alutils.errors import UserError
from alutils.geometry import Geometry
from alutils.given_head import Classifier, all_classes, given_head
from alutils.heads import FittedHead
from alutils.labelled_pool import UNLABELLED, LabelledPool, labelled_pool
from alutils.streams import stream

STREAM_LABEL = "select"  # stands where a study has the name of the dataset


def select(
    embeddings: ArrayLike,
    labels: ArrayLike,
    strategy: str = "badge",
    k: int = 100,
    seed: int = 0,
    n_classes: int | None = None,
    head: Classifier | None = None,
) -> NDArray[np.int64]:
    """Choose the rows to label next.

    Embeddings are centred and scaled, and the default head is fitted if the strategy looks at
    one, exactly as in a study. A classifier of your own may take its place.

    Parameters
    ----------
    embeddings : array_like
        Floating-point vectors of all rows, labelled and unlabelled, shape (N, D).
    labels : array_like
        Shape (N,): whole numbers or texts; -1, None, NaN and an empty text stand for a label that
        is not known.
    strategy : str
        Name of a query strategy. With no label at all, and no `head`, it must be one that needs
        no head.
    k : int
        Rows to choose, at most the unlabelled ones.
    seed : int
        The same arguments with the same seed choose the same rows.
    n_classes : int, optional
        Number of classes there are, labelled or not: ProbCover and TCM look at it. Left out, the
        number of classes that have a label or that `head` knows.
    head : Classifier, optional
        A fitted classifier of scikit-learn, or whatever has ``classes_`` and ``predict_proba``,
        that takes `embeddings` as they are given and whose classes are those of the labels.
        Strategies that look only at class probabilities then look at its own; a class that it does
        not know has probability 0. Others, which fit heads or ask for gradients or dropout, refuse
        it. Left out, the default head.

    Returns
    -------
    numpy.ndarray
        Distinct unlabelled rows, int64, shape (k,), in the order chosen.

    Raises
    ------
    UserError
        If the arguments do not fit together; the message says which and what to do instead.

    Examples
    --------
    >>> import numpy as np
    >>> embeddings = np.random.default_rng(0).normal(size=(50, 8))
    >>> labels = np.full(50, -1)
    >>> first = select(embeddings, labels, strategy="typiclust", k=10)
    >>> labels[first] = np.arange(10) % 2  # ask a person instead
    >>> len(select(embeddings, labels, strategy="badge", k=5))
    5

    A head of your own, here a random forest:

    >>> from sklearn.ensemble import RandomForestClassifier
    >>> forest = RandomForestClassifier(random_state=0).fit(embeddings[first], labels[first])
    >>> len(select(embeddings, labels, strategy="margin", k=5, head=forest))
    5
    """
    if not isinstance(strategy, str):
        raise UserError(
            f"strategy must be the name of one, such as 'badge', but is of type "
            f"{type(strategy).__name__}"
        )
    chooser = strategies.get(strategy)
    at = labelled_pool(embeddings, labels)
    _check_integer("k", k)
    _check_integer("seed", seed)
    if seed < 0:
        raise UserError(f"seed must be 0 or more, but is {seed}")
    if len(at.labelled) == len(at.known):
        raise UserError("every row has a label; -1 marks an unlabelled row")
    classes = at.classes if head is None else all_classes(head, at.classes)
    if n_classes is None:
        n_classes = len(classes)
    _check_integer("n_classes", n_classes)
    if n_classes < len(classes):
        whose = "labels" if head is None else "labels and a head"
        raise UserError(
            f"n_classes is {n_classes}, but {whose} of {len(classes)} classes are there: "
            "count all classes, those without a label too"
        )
    count, dim = at.pool.shape
    needed = 4 * (count + dim) * int(n_classes)  # bytes of probabilities and weights
    if chooser.needs_head and needed > psutil.virtual_memory().total:
        raise UserError(
            f"n_classes is {n_classes:,}, and a head for so many classes takes "
            f"{needed / 2**30:,.0f} GiB, more than there is: count the classes once more"
        )
    if chooser.needs_head and head is None and len(at.classes) < 2:
        free = strategies.head_free_names()
        choices = f"{', '.join(free[:-1])} or {free[-1]}"
        if not len(at.classes):
            raise UserError(
                f"{strategy} learns from labels, and there are none yet: "
                f"choose the first batch with {choices}"
            )
        raise UserError(
            f"{strategy} learns to tell classes apart, and all labels are of one class, "
            f"{at.classes[0]}: label points of another class, or choose with {choices}"
        )

    if chooser.needs_head and head is not None:
        given = given_head(head, embeddings, at.pool, classes, int(n_classes))
        rows = only_probabilities.choose(
            strategy,
            at.pool,
            torch.as_tensor(at.known)[None] != UNLABELLED,
            given,
            Geometry(at.pool, STREAM_LABEL, [seed]),
            int(k),
            [stream("query", STREAM_LABEL, seed)],
        )
        return rows[0].numpy()
    fitted = at.fit(n_classes=int(n_classes)) if chooser.needs_head else None
    return choose(at, fitted, strategy, int(k), seed, int(n_classes))


def choose(
    at: LabelledPool,
    fitted: FittedHead | None,
    strategy: str,
    k: int,
    seed: int,
    n_classes: int,
) -> NDArray[np.int64]:
    """Do what `select` does, with arguments that are checked and a head that is fitted already."""
    known = torch.as_tensor(at.known)[None]
    selection = strategies.Selection(
        pool=at.pool,
        labelled=known != UNLABELLED,
        labels=known,
        n_classes=n_classes,
        head=fitted,
        geometry=Geometry(at.pool, STREAM_LABEL, [seed]),
    )
    streams = [stream("query", STREAM_LABEL, seed)]
    return strategies.select(strategy, selection, k, streams)[0].numpy()


def _check_integer(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise UserError(f"{name} must be a whole number, but is {value!r}")
