"""Few of many points that dominate every linear form: ellipsoid, its axes, Caratheodory.

Source: Tukan, Mualem and Maalouf, "Pruning neural networks via coresets and convex geometry:
towards no assumptions" (2022), the l-infinity coreset. As in the paper, and unlike a
reimplementation that was read: the ellipsoid has minimum volume and is no covariance, and ends of
axes are convex combinations and not replaced by their nearest neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.zoo.systems.ellipsoid import TOLERANCE, Ellipsoid, Floats, enclosing

__all__ = ["Dominating", "Integers", "dominating", "simplex_around"]

Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Dominating:
    """Points `members` of a cloud, sorted; and why they were taken.

    Attributes
    ----------
    ends : float64 array (2 r, r)
        Ends of the axes of the ellipsoid shrunk by r.
    simplices : tuple of int64 arrays
        The r + 1 points around each end; fewer if it lies on a face.
    """

    members: Integers
    ellipsoid: Ellipsoid
    ends: Floats
    simplices: tuple[Integers, ...]


def simplex_around(points: Floats, end: Floats) -> Integers:
    """At most r + 1 points whose convex hull contains `end` (Caratheodory), as sorted numbers.

    Source: Lawson and Hanson's active sets keep independent columns, so a solution has at most as
    many positive weights as equations.
    """
    from scipy.optimize import nnls

    weights, _ = nnls(np.r_[points.T, np.ones((1, len(points)))], np.r_[end, 1.0])
    return np.asarray(np.flatnonzero(weights > 0))


def dominating(points: Any) -> Dominating:
    """At most 2 r (r + 1) of n points with max_P |p.x| <= (1 + r^1.5) max_C |q.x| for every x.

    Parameters
    ----------
    points : array_like (n, r)
        Of full affine rank.
    """
    rows = np.asarray(points, dtype=np.float64)
    rank = rows.shape[1]
    ellipsoid = enclosing(rows)
    axes = ellipsoid.axes()
    half = axes / (rank * (1 + TOLERANCE))
    ends = ellipsoid.centre + np.r_[half, -half]
    # In the coordinates of the axes all points have norm at most 1: well conditioned.
    inner = (rows - ellipsoid.centre) @ np.linalg.inv(axes)
    unit = (ends - ellipsoid.centre) @ np.linalg.inv(axes)
    simplices = tuple(simplex_around(inner, end) for end in unit)
    return Dominating(np.unique(np.concatenate(simplices)), ellipsoid, ends, simplices)
