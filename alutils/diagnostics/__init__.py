"""What "embedding quality" means, measured on the pool alone.

`MEASURES` lists the measures with definition, source and cost. Each takes a `Pool` and returns
its value with a standard error (`Measured`). They look at what the head sees, Euclidean distances
between centred embeddings, except where they say otherwise. `measure` takes them all, `describe`
those that need no label.
"""

from alutils.diagnostics.clusters import cluster_agreement, cluster_silhouette, cluster_stability
from alutils.diagnostics.describe import describe
from alutils.diagnostics.labelled import (
    class_margin,
    class_margin_low,
    class_silhouette,
    neighbour_accuracy,
    neighbour_purity,
    probe_accuracy,
    within_scatter,
)
from alutils.diagnostics.measured import Measured
from alutils.diagnostics.neighbourhood import hubness, neighbour_contrast
from alutils.diagnostics.pool import Pool
from alutils.diagnostics.shape import effective_rank, intrinsic_dimension, isotropy
from alutils.diagnostics.table import MEASURES, Measure, measure

__all__ = [
    "MEASURES",
    "Measure",
    "Measured",
    "Pool",
    "class_margin",
    "class_margin_low",
    "class_silhouette",
    "cluster_agreement",
    "cluster_silhouette",
    "cluster_stability",
    "describe",
    "effective_rank",
    "hubness",
    "intrinsic_dimension",
    "isotropy",
    "measure",
    "neighbour_accuracy",
    "neighbour_contrast",
    "neighbour_purity",
    "probe_accuracy",
    "within_scatter",
]
