"""The ellipsoid of least volume around points (Loewner), by Khachiyan's ascent.

Source: Khachiyan (1996); away steps of Todd and Yildirim (2007); start of Kumar and Yildirim
(2005).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput

__all__ = ["TOLERANCE", "Ellipsoid", "Floats", "enclosing"]

Floats = NDArray[np.float64]

#: Of the leverages, at the end of the ascent.
TOLERANCE = 1e-3


@dataclass(frozen=True, eq=False)
class Ellipsoid:
    """All x with ``(x - centre)' shape (x - centre) <= 1``."""

    centre: Floats
    shape: Floats

    def axes(self) -> Floats:
        """Half axes as rows (r, r), orthogonal up to rounding."""
        values, vectors = np.linalg.eigh(self.shape)
        return np.asarray((vectors / np.sqrt(values)).T)


def enclosing(points: Any, *, rescaled: bool = True, steps: int = 100_000) -> Ellipsoid:
    """The ellipsoid of least volume around points (n, r) of full affine rank, within TOLERANCE.

    The ascent stops at an ellipsoid that misses some points; `rescaled` widens it until it
    contains all. Cost: r^2 n a step, about a hundred steps.

    Raises
    ------
    BadInput
        The points span less, or `steps` do not suffice.
    """
    rows = np.asarray(points, dtype=np.float64)
    count, rank = rows.shape
    if count <= rank or np.linalg.matrix_rank(rows - rows.mean(0)) < rank:
        raise BadInput("points", rows.shape, "must be of full affine rank")
    middle, width = rows.mean(0), rows.std(0)
    lifted = np.c_[(rows - middle) / width, np.ones(count)]
    weights = np.bincount(_spread(lifted[:, :-1]), minlength=count) / (2 * rank)
    for _ in range(steps):
        inverse = np.linalg.inv(lifted.T @ (weights[:, None] * lifted))
        leverage = np.einsum("ij,jk,ik->i", lifted, inverse, lifted) / (rank + 1)
        far, near = leverage.argmax(), np.where(weights > 0, leverage, np.inf).argmin()
        over, under = leverage[far] - 1, 1 - leverage[near]
        if max(over, under) <= TOLERANCE:
            break
        j = far if over > under else near
        least = -weights[j] / (1 - weights[j])  # an away step removes the point at most
        step = (leverage[j] - 1) / max((rank + 1) * leverage[j] - 1, 1e-300)
        weights *= 1 - max(step, least)
        weights[j] = 0 if step <= least else weights[j] + step
    else:
        raise BadInput("steps", steps, "do not reach the ellipsoid of least volume")
    centre = weights @ rows
    shape = np.linalg.inv((rows - centre).T @ (weights[:, None] * (rows - centre))) / rank
    if rescaled:
        reach = np.einsum("ij,jk,ik->i", rows - centre, shape, rows - centre).max()
        shape /= reach * (1 + 1e-9)  # rounding included: containment is decided exactly by a check
    return Ellipsoid(centre, shape)


def _spread(rows: Floats) -> list[int]:
    """The two extreme points of each of r directions, each orthogonal to the pairs before."""
    rest, chosen = np.eye(rows.shape[1]), []
    for _ in range(rows.shape[1]):
        heights = rows @ rest[np.square(rest).sum(1).argmax()]
        pair = [int(heights.argmin()), int(heights.argmax())]
        along = rest @ (rows[pair[1]] - rows[pair[0]])
        rest = rest - np.outer(along, along) / (along @ along)
        chosen += pair
    return chosen
