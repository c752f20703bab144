"""Features that a ticket gives to a readout, and the same without its error."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from slt_theory.arrays import Floats
from slt_theory.errors import BadInput
from slt_theory.tickets.checking.effective import sparse_layers
from slt_theory.tickets.ticket import Ticket
from slt_theory.universal.check import UniversalCheck
from slt_theory.universal.family import Family

__all__ = ["by_coordinate", "exact_values", "hinge_values", "readout_bound"]


def by_coordinate(basis: Callable[[Floats], Floats], x: Floats) -> Floats:
    """The same functions of every coordinate: arrays (batch, d) to (batch, d k).

    Parameters
    ----------
    basis : callable
        From points (m, 1) to values (m, k).
    """
    points, place = np.unique(x, return_inverse=True)
    values = basis(points[:, None])
    return values[place.reshape(x.shape)].reshape(len(x), -1)


def exact_values(family: Family, points: Floats) -> Floats:
    """The functions themselves at points (m,): array (m, k) in float64."""
    return np.stack([function.on(points) for function in family.functions], axis=1)


def hinge_values(ticket: Ticket, x: Floats) -> Floats:
    """Values of the hinge neurons that a univariate ticket keeps: points (m, 1) to (m, h)."""
    values = np.vstack([x.T, np.ones((1, len(x)))])
    for layer in sparse_layers(ticket, 0):
        values = np.maximum(layer @ values, 0)
    rows = ticket.blocks[0].layers[1].rows
    outer = ticket.rows(1, 0, 0, ticket.blocks[1].outputs)[:, :rows]
    return np.asarray(values[outer.any(axis=0)].T)


def readout_bound(check: UniversalCheck, coefficients: ArrayLike) -> Floats:
    """Certified sup error of linear readouts, against the same readouts of the exact functions.

    Parameters
    ----------
    check : UniversalCheck
    coefficients : array (outputs, functions)
        Any readout; a constant may be added freely.

    Returns
    -------
    array (outputs,)
        ``sum_i |c_i| eps_i``, rounded up: this is strong universality with the basis's own errors.
    """
    weights = np.abs(np.atleast_2d(np.asarray(coefficients, dtype=np.float64)))
    errors = np.array([f.sup_error_bound for f in check.functions])
    if weights.shape[1] != errors.size or not np.isfinite(weights).all():
        raise BadInput(
            "coefficients", weights.shape, f"must be finite, of shape (outputs, {errors.size})"
        )
    sums = weights @ errors
    return np.asarray(np.nextafter(sums * (1 + (errors.size + 2) * 2.0**-52), np.inf))
