"""From the error of a network to the errors of its weights.

With e_l the vector of errors after layer l, B_l a bound of the l1 norm of its input (the constant 1
of a bias included) and ``eps_l`` the error of every weight and bias of layer l,

    e_l <= |W_l| e_{l-1} + eps_l (B_{l-1} + ||e_{l-1}||_1),

the general recursion of Burkholz (2022) and its successors, neuron by neuron. Each layer gets the
same share of the final error. The certificate of the finished ticket decides, not this estimate.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np

from slt_theory.errors import BadInput
from slt_theory.networks import Dense
from slt_theory.tickets.domain import Ball, Domain
from slt_theory.tickets.error_bound import target_ranges

__all__ = ["pensia_rule", "weight_errors"]

_RESOLUTION_BITS = 46


def weight_errors(target: Dense, domain: Domain, network_eps: Fraction) -> list[Fraction]:
    """Per-layer weight errors that keep the network within `network_eps` in sup norm.

    Raises
    ------
    BadInput
        If an error falls below the lattice's resolution; names the smallest `network_eps`.
    """
    sums = _input_sums(target, domain)
    shares = _shares(target, sums)
    scale = _largest_scale(target, sums, shares, float(network_eps))
    smallest = min(shares) * scale
    if smallest * 2.0**_RESOLUTION_BITS < 1:
        # The error is all but linear in the scale where it is this small.
        need = float(network_eps) / max(smallest * 2.0**_RESOLUTION_BITS, 2.0**-1000)
        raise BadInput(
            "network_eps",
            float(network_eps),
            "asks for weights finer than the lattice's resolution",
            f"the smallest that can be had for this target is about {need:.2g}",
        )
    # Rounded down to a dyadic number, so that the header holds it exactly.
    return [Fraction(math.floor(s * scale * 2**60), 2**60) for s in shares]


def _input_sums(target: Dense, domain: Domain) -> list[float]:
    """B_l for every layer, from the ranges that activations take on the domain."""
    sums = []
    for k, (lo, hi) in enumerate(target_ranges(target, domain)[:-1]):
        largest = np.maximum(np.abs(lo), np.abs(hi)) if k == 0 else np.maximum(hi, 0)
        total = float(largest.sum())
        if k == 0 and isinstance(domain, Ball):
            total = min(total, domain.radius * math.sqrt(lo.size))
        sums.append(total + (target.biases[k] is not None))
    return sums


def _shares(target: Dense, sums: list[float]) -> list[float]:
    """Errors of the layers up to a common factor: an equal share of the final error each."""
    shares = []
    for k, weight in enumerate(target.weights):
        spread = np.ones(weight.shape[0])
        for later in target.weights[k + 1 :]:
            spread = np.abs(later) @ spread
        shares.append(1 / max(sums[k] * float(spread.max()), 2.0**-100))
    return shares


def _predicted(target: Dense, sums: list[float], eps: list[float]) -> float:
    error = np.zeros(target.widths[0])
    for weight, total, each in zip(target.weights, sums, eps, strict=True):
        error = np.abs(weight) @ error + each * (total + float(error.sum()))
    return float(error.max())


def _largest_scale(
    target: Dense, sums: list[float], shares: list[float], network_eps: float
) -> float:
    low, high = 0.0, network_eps
    for _ in range(100):
        middle = (low + high) / 2
        if _predicted(target, sums, [s * middle for s in shares]) <= network_eps:
            low = middle
        else:
            high = middle
    return low


def pensia_rule(target: Dense, network_eps: Fraction) -> dict[str, Any]:
    """The theorem's own rule, for comparison: eps / (2 l d_i d_{i-1}) per weight, norms at most 1.

    Positive homogeneity meets the norms: with spectral norms scaled to at most 1 by powers of two
    ``2**exponents``, the rescaled network needs ``network_eps / 2**sum(exponents)``, and an error
    of a rescaled weight is ``2**exponent`` times as large in the target's unit.
    """
    exponents = target.rescaled().exponents
    inner = float(network_eps) / 2.0 ** sum(exponents)
    return {
        "norm_exponents": list(exponents),
        "eps": [
            2.0**e * inner / (2 * target.depth * w.size)
            for e, w in zip(exponents, target.weights, strict=True)
        ],
    }
