r"""Gadget pairs whose hidden neurons are not ReLUs: leaky ReLU and tanh.

Leaky ReLU, slope a below 0. A neuron ``v f(u x)`` gives ``u v x`` on one side of 0 and ``a u v x``
on the other. With S+ and S- the sums of its two halves the slopes are ``S+ + a S-`` and
``S- + a S+``; both are w where both sums are ``w / (1 + a)``. For inputs >= 0 the half with u > 0
does alone, as for ReLU.

Tanh is odd, and ``|tanh t - t| <= |t|^3 / 3``, because the derivative of
``tanh t - t + t^3 / 3`` is ``t^2 - tanh^2 t >= 0``. With in-weights times s and out-weights times
1/s a neuron gives

    (v / s) tanh(s u x) = u v x (1 - theta),    0 <= theta <= (s u x)^2 / 3,

on both sides of 0: the half with u > 0 does for every x, and n neurons with weights of [-1, 1] are
off by at most ``n s^2 X^2 / 3`` in a slope over inputs of size X. It counts as an error of the
weight.

Source: Burkholz (2022, arXiv 2205.02321), in place of whose limits these are exact or explicit.
Sigmoid is not among them: ``f(0) = 1/2`` leaves ``sum v / 2s``, far larger than any weight, which
further neurons would have to cancel to ``s eps``.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from slt_theory.arrays import Ints
from slt_theory.lattice import PRODUCT_BITS
from slt_theory.networks import Activation, Network
from slt_theory.networks.steps import Activate, Move, Pool
from slt_theory.tickets.domain import Box, Domain

__all__ = [
    "KINDS",
    "MOST_SHRINK",
    "bend_units",
    "enlarges",
    "gadget_activation",
    "largest_input",
    "leaky_slopes",
]

KINDS = ("leaky_relu", "tanh")
MOST_SHRINK = 40


def gadget_activation(target: Network) -> Activation | None:
    """The activation of a target's source network where it is not a ReLU; one for all layers."""
    for step in target.steps:
        if isinstance(step, Activate) and step.activation.kind in KINDS:
            return step.activation
    return None


def largest_input(domain: Domain, constant: bool) -> Fraction:
    """Size of the largest number that enters the first layer."""
    size = max(abs(domain.lo), abs(domain.hi)) if isinstance(domain, Box) else domain.radius
    return max(Fraction(size), Fraction(int(constant)))


def enlarges(target: Network) -> bool:
    """True if what enters the first layer may be larger than every input of the domain.

    Pools, flattenings and activations with ``|f(x)| <= |x|`` enlarge nothing; a residual sum may.
    """
    value = target.inputs_of_layers[0]
    while value:
        step = target.steps[value - 1]
        small = isinstance(step, Activate) and step.activation.kind != "sigmoid"
        if not (small or isinstance(step, Move | Pool)):
            return True
        value = step.of
    return False


def bend_units(n: int, shrink: int, largest: Fraction) -> int:
    """``n s^2 X^2 / 3`` in units of the lattice, rounded up; the block's scale is in the unit."""
    return math.ceil(n * largest**2 * Fraction(2**PRODUCT_BITS, 3 * 4**shrink))


def leaky_slopes(positive: Ints, negative: Ints, slope: float) -> Ints:
    """``S+ + a S-`` for sums below ``2**53``, off by at most one unit: two roundings."""
    return positive + np.rint(slope * negative.astype(np.float64)).astype(np.int64)
