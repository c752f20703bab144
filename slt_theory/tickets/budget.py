"""From the error of a network to the errors of its weights.

With e_l the sup-norm error after layer l, B_l a bound of the l1 norm of its input and ``eps_l`` the
error of every weight and bias of layer l,

    e_l <= ||W_l||_inf e_{l-1} + eps_l (B_{l-1} + d_{l-1} e_{l-1} + 1),

so giving each layer the same share of the final error fixes all eps_l. The certificate of the
finished ticket decides, not this estimate.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from slt_theory.errors import BadInput
from slt_theory.networks import Dense
from slt_theory.tickets.domain import Ball, Domain
from slt_theory.tickets.error_bound import target_ranges

__all__ = ["pensia_rule", "weight_errors"]

_RESOLUTION_BITS = 46


def weight_errors(target: Dense, domain: Domain, network_eps: Fraction) -> list[Fraction]:
    """Per-layer weight errors that keep the network within `network_eps` in sup norm.

    Source: the recursion of Burkholz (2022) and its successors in general form, with the target's
    own norms and the ranges its activations take on `domain`.

    Raises
    ------
    BadInput
        If an error falls below the lattice's resolution; names the smallest `network_eps`.
    """
    shares = _shares(target, domain)
    scale = _largest_scale(target, shares, float(network_eps))
    smallest = min(s * scale for s in shares)
    if smallest * 2.0**_RESOLUTION_BITS < 1:
        need = float(network_eps) / (smallest * 2.0**_RESOLUTION_BITS)
        raise BadInput(
            "network_eps",
            float(network_eps),
            "asks for weights finer than the lattice's resolution",
            f"the smallest that can be had for this target is about {need:.2g}",
        )
    # Rounded down to a dyadic number, so that the header holds it exactly.
    return [Fraction(math.floor(s * scale * 2**60), 2**60) for s in shares]


def _input_sums(target: Dense, domain: Domain) -> list[float]:
    """B_l: bound of the l1 norm of the input of each layer, the constant 1 of a bias included."""
    sums = []
    for k, (lo, hi) in enumerate(target_ranges(target, domain)[:-1]):
        largest = np.maximum(np.abs(lo), np.abs(hi)) if k == 0 else np.maximum(hi, 0)
        total = float(largest.sum())
        if k == 0 and isinstance(domain, Ball):
            total = min(total, domain.radius * math.sqrt(lo.size))
        sums.append(total + (target.biases[k] is not None))
    return sums


def _row_sums(target: Dense) -> list[float]:
    return [float(np.abs(w).sum(axis=1).max()) for w in target.weights]


def _shares(target: Dense, domain: Domain) -> list[float]:
    rows, sums = _row_sums(target), _input_sums(target, domain)
    return [
        1 / (max(sums[k], 1e-300) * math.prod(max(r, 1e-300) for r in rows[k + 1 :]))
        for k in range(target.depth)
    ]


def _predicted(target: Dense, rows: list[float], sums: list[float], eps: list[float]) -> float:
    error = 0.0
    for k in range(target.depth):
        width = target.weights[k].shape[1]
        error = rows[k] * error + eps[k] * (sums[k] + width * error)
    return error


def _largest_scale(target: Dense, shares: list[float], network_eps: float) -> float:
    rows = _row_sums(target)
    # The l1 bounds are those hidden in the shares.
    sums = [
        1 / (s * math.prod(max(r, 1e-300) for r in rows[k + 1 :])) for k, s in enumerate(shares)
    ]
    low, high = 0.0, network_eps
    for _ in range(200):
        middle = (low + high) / 2
        if _predicted(target, rows, sums, [s * middle for s in shares]) <= network_eps:
            low = middle
        else:
            high = middle
    return low


def pensia_rule(target: Dense, network_eps: float) -> list[float]:
    """The theorem's own rule for norms at most 1: eps / (2 l d_i d_{i-1}) per weight."""
    return [network_eps / (2 * target.depth * w.shape[0] * w.shape[1]) for w in target.weights]
