"""What strategies need to know about the pool's embeddings: clusters, distances, neighbours.

Everything here is seeded, runs on the device and in the dtype of the points it is given, and
knows nothing of heads, labels or strategies.
"""

from alutils.geometry.balls import Balls
from alutils.geometry.coverage import cover
from alutils.geometry.farthest import farthest_first
from alutils.geometry.kmeans import kmeans
from alutils.geometry.linkage import average_linkage
from alutils.geometry.lloyd import Clusters, to_own_centre
from alutils.geometry.medoids import swap_medoids
from alutils.geometry.neighbours import mean_neighbour_distance
from alutils.geometry.pool import Geometry
from alutils.geometry.seeding import d2_extend, d2_sample, inverse_cdf
from alutils.geometry.similarity import Gaussian, Nearness, smallest_distance
from alutils.geometry.space import Space, squared_norms, tolerance

__all__ = [
    "Balls",
    "Clusters",
    "Gaussian",
    "Geometry",
    "Nearness",
    "Space",
    "average_linkage",
    "cover",
    "d2_extend",
    "d2_sample",
    "farthest_first",
    "inverse_cdf",
    "kmeans",
    "mean_neighbour_distance",
    "smallest_distance",
    "squared_norms",
    "swap_medoids",
    "to_own_centre",
    "tolerance",
]
