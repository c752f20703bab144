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
from numpy.typing import NDArray

from slt_theory.errors import BadInput
from slt_theory.networks import Network, Operator
from slt_theory.networks.steps import Activate, Add, Move, Pool, Weigh
from slt_theory.tickets.checking.error_bound import value_ranges
from slt_theory.tickets.domain import Ball, Domain

__all__ = ["error_of_weights", "pensia_rule", "weight_errors"]

Floats = NDArray[np.float64]
_RESOLUTION_BITS = 46


def weight_errors(target: Network, domain: Domain, network_eps: Fraction) -> list[Fraction]:
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


def error_of_weights(target: Network, domain: Domain, eps: float) -> float:
    """Error of the network if every weight and bias is off by at most `eps`, by the recursion."""
    return _predicted(target, _input_sums(target, domain), [eps] * target.depth)


def _input_sums(target: Network, domain: Domain) -> list[Floats]:
    """Per layer and value out, the l1 norm of what it sees, from the ranges on the domain."""
    ranges = value_ranges(target, domain)
    sums = []
    for layer, place in enumerate(target.inputs_of_layers):
        lo, hi = ranges[place]
        largest = np.maximum(np.abs(lo), np.abs(hi))
        total = _seen(target, layer) @ largest
        if place == 0 and isinstance(domain, Ball):
            seen = _seen(target, layer) @ np.ones(lo.size)
            total = np.minimum(total, domain.radius * np.sqrt(seen))
        sums.append(total + (target.biases[layer] is not None))
    return sums


def _seen(target: Network, layer: int) -> Operator:
    """A 1 for everything that one channel out sees."""
    operator = target.operator(layer)
    ones = np.ones((1, *operator.coefficients.shape[1:]))
    return Operator(ones, operator.unrolling)


def _errors(
    target: Network, sums: list[Floats], eps: list[float], start: tuple[int, float] | None = None
) -> Floats:
    """Errors of the output; with `start` those that one layer's own error of that size makes."""
    errors = [np.zeros(target.size_in)]
    shapes = target.shapes_of_values
    for step in target.steps:
        error = errors[step.of]
        if isinstance(step, Weigh):
            layer = step.layer
            after = target.operator(layer).map(np.abs) @ error
            if start is None:
                own = eps[layer] * (sums[layer] + _seen(target, layer) @ error)
                after = after + np.tile(own, after.size // own.size)
            elif start[0] == layer:
                after = after + start[1]
            errors.append(after)
        elif isinstance(step, Activate):
            errors.append(step.activation.lipschitz * error)
        elif isinstance(step, Pool):
            errors.append(step(error, shapes[step.of]))
        elif isinstance(step, Add):
            errors.append(error + errors[step.skip])
        elif isinstance(step, Move):
            errors.append(step.move(error, shapes[step.of], 1))
    return errors[-1]


def _shares(target: Network, sums: list[Floats]) -> list[float]:
    """Errors of the layers up to a common factor: an equal share of the final error each."""
    shares = []
    for layer in range(target.depth):
        spread = _errors(target, sums, [], (layer, 1.0))
        shares.append(1 / max(float(sums[layer].max()) * float(spread.max()), 2.0**-100))
    return shares


def _predicted(target: Network, sums: list[Floats], eps: list[float]) -> float:
    return float(_errors(target, sums, eps).max())


def _largest_scale(
    target: Network, sums: list[Floats], shares: list[float], network_eps: float
) -> float:
    low, high = 0.0, network_eps
    for _ in range(100):
        middle = (low + high) / 2
        if _predicted(target, sums, [s * middle for s in shares]) <= network_eps:
            low = middle
        else:
            high = middle
    return low


def pensia_rule(target: Network, network_eps: Fraction) -> dict[str, Any]:
    """The theorem's own rule, for comparison: eps / (2 l d_i d_{i-1}) per weight, norms at most 1.

    Positive homogeneity meets the norms: with spectral norms scaled to at most 1 by powers of two
    ``2**exponents``, the rescaled network needs ``network_eps / 2**sum(exponents)``, and an error
    of a rescaled weight is ``2**exponent`` times as large in the target's unit.
    """
    exponents = target.norm_exponents
    inner = float(network_eps) / 2.0 ** sum(exponents)
    return {
        "norm_exponents": list(exponents),
        "eps": [
            2.0**e * inner / (2 * target.depth * w.size)
            for e, w in zip(exponents, target.weights, strict=True)
        ],
    }
