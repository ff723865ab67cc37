"""The list of measures: what each is, where it comes from, what it costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from alutils.diagnostics import clusters, labelled, neighbourhood, shape
from alutils.diagnostics.measured import Measured
from alutils.diagnostics.pool import Pool


@dataclass(frozen=True)
class Measure:
    """One measure of the quality of an embedding.

    Parameters
    ----------
    name : str
        Of the column; that of its error is `error_name`.
    title : str
        What to call it in a text.
    definition : str
        One sentence.
    source : str
        The paper that it comes from.
    cost : str
        For N rows of D dimensions and C classes.
    between : str
        Its range.
    better : {"higher", "lower", None}
        Which way an embedding is better by it; None where neither is meant to be.
    function : callable
        Takes a `Pool`.
    needs_labels : bool
        Whether it looks at the labels of the pool.
    needs_n_classes : bool
        Whether it must know how many classes there are.
    """

    name: str
    title: str
    definition: str
    source: str
    cost: str
    between: str
    better: Literal["higher", "lower"] | None
    function: Callable[[Pool], Measured]
    needs_labels: bool = False
    needs_n_classes: bool = False

    @property
    def error_name(self) -> str:
        """Name of the column of its standard error."""
        return f"{self.name}_error"


SEARCH = "O(N²D), one pass over all distances that measures share; beyond 5,000 rows O(1,000 ND)"
CLUSTERS = "O(NCD) for each iteration of five k-means, which measures share"

MEASURES: tuple[Measure, ...] = (
    Measure(
        name="probe_accuracy",
        title="probe accuracy",
        definition="Five-fold cross-validated accuracy of the default head on the pool.",
        source="Alain and Bengio 2016, Understanding intermediate layers using linear classifier "
        "probes",
        cost="O(NCD) for each step of five fits: the dearest by far",
        between="0 to 1",
        better="higher",
        function=labelled.probe_accuracy,
        needs_labels=True,
    ),
    Measure(
        name="neighbour_accuracy",
        title="neighbour accuracy",
        definition="Share of texts whose ten nearest others by cosine vote for their class.",
        source="Cover and Hart 1967, Nearest neighbor pattern classification",
        cost="O(N²D), one product of all pairs",
        between="0 to 1",
        better="higher",
        function=labelled.neighbour_accuracy,
        needs_labels=True,
    ),
    Measure(
        name="neighbour_purity",
        title="neighbour purity",
        definition="Mean share of a text's ten nearest others that have its class.",
        source="Manning, Raghavan and Schütze 2008, Introduction to information retrieval, "
        "chapter 8 (precision at k)",
        cost=SEARCH,
        between="0 to 1",
        better="higher",
        function=labelled.neighbour_purity,
        needs_labels=True,
    ),
    Measure(
        name="class_silhouette",
        title="silhouette of the classes",
        definition="Mean over texts of (b - a) / max(a, b), with a the mean distance to the "
        "others of its class and b the least mean distance to another class.",
        source="Rousseeuw 1987, Silhouettes: a graphical aid to the interpretation and validation "
        "of cluster analysis",
        cost=SEARCH,
        between="-1 to 1",
        better="higher",
        function=labelled.class_silhouette,
        needs_labels=True,
    ),
    Measure(
        name="within_scatter",
        title="scatter within classes",
        definition="Share of the variance of the pool that remains within its classes.",
        source="Fukunaga 1990, Introduction to statistical pattern recognition, section 10.2",
        cost="O(ND), one pass",
        between="0 to 1",
        better="lower",
        function=labelled.within_scatter,
        needs_labels=True,
    ),
    Measure(
        name="class_margin",
        title="class margin",
        definition="Mean over texts of (b - a) / (b + a), with a the distance to the mean of the "
        "others of its class and b that to the nearest mean of another class.",
        source="Sato and Yamada 1996, Generalized learning vector quantization",
        cost="O(NCD), one pass",
        between="-1 to 1",
        better="higher",
        function=labelled.class_margin,
        needs_labels=True,
    ),
    Measure(
        name="class_margin_low",
        title="10th percentile of the class margin",
        definition="Class margin that one text in ten falls short of.",
        source="Sato and Yamada 1996, Generalized learning vector quantization",
        cost="O(NCD), one pass",
        between="-1 to 1",
        better="higher",
        function=labelled.class_margin_low,
        needs_labels=True,
    ),
    Measure(
        name="cluster_agreement",
        title="agreement of clusters and classes",
        definition="Adjusted mutual information of the classes and as many k-means clusters, "
        "mean of five draws.",
        source="Vinh, Epps and Bailey 2010, Information theoretic measures for clusterings "
        "comparison",
        cost=CLUSTERS,
        between="about 0 to 1",
        better="higher",
        function=clusters.cluster_agreement,
        needs_labels=True,
        needs_n_classes=True,
    ),
    Measure(
        name="effective_rank",
        title="effective rank",
        definition="Exponential of the entropy of the normalised singular values of the centred "
        "pool.",
        source="Roy and Vetterli 2007, The effective rank: a measure of effective dimensionality",
        cost="O(ND²), one singular value decomposition that measures share",
        between="1 to D",
        better=None,
        function=shape.effective_rank,
    ),
    Measure(
        name="isotropy",
        title="isotropy",
        definition="IsoScore: how evenly the variance of the centred pool is spread over the D "
        "dimensions.",
        source="Rudman, Gillman, Rayne and Eickhoff 2022, IsoScore: measuring the uniformity of "
        "embedding space utilization",
        cost="O(ND²), one singular value decomposition that measures share",
        between="0 to 1",
        better=None,
        function=shape.isotropy,
    ),
    Measure(
        name="intrinsic_dimension",
        title="intrinsic dimension",
        definition="Maximum-likelihood dimension of the distances to the ten nearest others, "
        "inverses averaged over texts.",
        source="Levina and Bickel 2004, Maximum likelihood estimation of intrinsic dimension; "
        "averaged as MacKay and Ghahramani 2005 say",
        cost=SEARCH,
        between="0 to about D",
        better=None,
        function=shape.intrinsic_dimension,
    ),
    Measure(
        name="hubness",
        title="hubness",
        definition="Skewness of how often a text is among the ten nearest of another.",
        source="Radovanović, Nanopoulos and Ivanović 2010, Hubs in space",
        cost=SEARCH,
        between="about 0 without limit",
        better="lower",
        function=neighbourhood.hubness,
    ),
    Measure(
        name="neighbour_contrast",
        title="neighbour contrast",
        definition="Mean distance of two texts, divided by the mean distance of a text to its "
        "tenth nearest.",
        source="He, Kumar and Chang 2012, On the difficulty of nearest neighbor search",
        cost=SEARCH,
        between="1 without limit",
        better="higher",
        function=neighbourhood.neighbour_contrast,
    ),
    Measure(
        name="cluster_silhouette",
        title="silhouette of clusters",
        definition="Mean silhouette of as many k-means clusters as there are classes, mean of "
        "five draws.",
        source="Rousseeuw 1987, Silhouettes: a graphical aid to the interpretation and validation "
        "of cluster analysis",
        cost=f"{CLUSTERS}, then {SEARCH}",
        between="-1 to 1",
        better="higher",
        function=clusters.cluster_silhouette,
        needs_n_classes=True,
    ),
    Measure(
        name="cluster_stability",
        title="stability of clusters",
        definition="Mean adjusted Rand index of two k-means clusterings from different draws, as "
        "many clusters as there are classes.",
        source="von Luxburg 2010, Clustering stability: an overview; Hubert and Arabie 1985, "
        "Comparing partitions",
        cost=CLUSTERS,
        between="about 0 to 1",
        better="higher",
        function=clusters.cluster_stability,
        needs_n_classes=True,
    ),
)
"""All measures, those that look at labels first."""


def measure(pool: Pool) -> dict[str, Measured]:
    """Take all measures that can be had of a pool.

    Parameters
    ----------
    pool : Pool
        With labels all of them; without labels those that need none, and those of clusters only
        if the number of classes is known.

    Returns
    -------
    dict of str to Measured
        By name, in the order of `MEASURES`.
    """
    return {
        each.name: each.function(pool)
        for each in MEASURES
        if (pool.labels is not None or not each.needs_labels)
        and (pool.n_classes is not None or not each.needs_n_classes)
    }
