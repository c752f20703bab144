"""Kumar and Natale 2025: a source of finite precision represents a quantised target exactly.

Source weights are uniform on the multiples of 1/M in [-1, 1], so products and sums are multiples
of 1/M^2. The target is first rounded to multiples of a resolution r >= 1/M^2, and each sum is then
that multiple exactly: the error of every weight is the error of rounding it, at most r/2, and
nothing else. A target that is quantised already has error 0. At depth l + 1 a sum of a layer behind
the first is one of single draws, hence a multiple of 1/M, and r >= 1/M there. The theorem also
rounds activations after every layer; here they are not rounded, in the target or in the ticket, and
the two networks are equal on all inputs either way.

Ours: r is the largest power of two with r/2 <= eps unless given, 1/M the largest power of two whose
square is at most r (at depth l + 1 behind the first layer: which is at most r), and n the usual
estimate. The proof of the theorem has a gap (the products of
two lattice numbers miss most lattice points, see the catalogue); tickets do not depend on it.

Source: Kumar and Natale (arXiv 2508.11020), Theorems 1 and 2; catalogue ids
``kumar2025-quantised``, ``kumar2025-shallow``.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

from slt_theory.errors import BadInput
from slt_theory.lattice import PRODUCT_BITS, WEIGHT_BITS, positive_fraction
from slt_theory.laws import Grid
from slt_theory.tickets.building import depth, pairs
from slt_theory.tickets.building.depth import RandomSource
from slt_theory.tickets.building.request import Layer, Request
from slt_theory.tickets.resolution import resolution_units, rounded
from slt_theory.tickets.ticket import Ticket

__all__ = ["build", "build_shallow", "sufficient_copies", "sufficient_n"]


def _resolution(layer: Layer, asked: Any) -> Fraction:
    """The resolution of a layer, a power of two with half of it within eps."""
    if asked is not None:
        exact = positive_fraction("resolution", asked)
        if exact > 2 * layer.eps or (
            exact.numerator.bit_count(),
            exact.denominator.bit_count(),
        ) != (
            1,
            1,
        ):
            raise BadInput(
                "resolution",
                asked,
                "must be a power of two, at most 2 eps",
                f"at most {float(2 * layer.eps):g} here",
            )
        return exact
    result = Fraction(2) ** layer.scale_exponent
    while result > 2 * layer.eps:
        result /= 2
    return result


def _quantised(
    request: Request, asked: Any, *, single: bool = False
) -> tuple[Request, Grid, list[Fraction]]:
    """The request for exact sums of the rounded weights, and the source's law.

    With `single` the layers behind the first are sums of single draws, not of products.
    """
    resolutions = [_resolution(layer, asked) for layer in request.layers]
    scaled = [
        int(Fraction(2) ** layer.scale_exponent / r)
        for layer, r in zip(request.layers, resolutions, strict=True)
    ]
    factors = [1 if single and k else 2 for k in range(len(scaled))]
    # M^2 >= 2^e / r for a layer of products, M >= 2^e / r for one of single draws.
    bits = max(
        -(-(max(steps, 1).bit_length() - 1) // factor)
        for steps, factor in zip(scaled, factors, strict=True)
    )
    if bits > WEIGHT_BITS:
        raise BadInput(
            "resolution", str(min(resolutions)), f"is below 2^-{PRODUCT_BITS}", "raise eps"
        )
    layers = tuple(
        replace(
            layer,
            targets=rounded(layer.targets, resolution_units(str(r), layer.scale_exponent)),
            # Sums are multiples of one more than this: within it means equal.
            radius=(1 << (PRODUCT_BITS - factor * bits)) - 1,
        )
        for layer, r, factor in zip(request.layers, resolutions, factors, strict=True)
    )
    return replace(request, layers=layers), Grid(1 << bits), resolutions


def sufficient_n(request: Request, resolution: Any = None) -> int:
    """Smallest n with an estimated chance of any inexact sum of at most 1 %."""
    exact, law, _ = _quantised(request, resolution)
    return pairs.sufficient_n(exact, law)


def build(request: Request, theorem: str, resolution: Any = None) -> Ticket:
    """Construct the ticket of the rounded target."""
    exact, law, resolutions = _quantised(request, resolution)
    return _of_resolution(pairs.build(exact, theorem, law=law), resolutions)


def sufficient_copies(request: Request, resolution: Any = None) -> int:
    """Copies of a neuron with an estimated chance of any inexact sum of at most 1 %."""
    exact, law, _ = _quantised(request, resolution, single=True)
    return depth.sufficient_n(exact, RandomSource(law))[1]


def build_shallow(request: Request, theorem: str, resolution: Any = None) -> Ticket:
    """Construct the ticket of depth l + 1 of the rounded target."""
    exact, law, resolutions = _quantised(request, resolution, single=True)
    return _of_resolution(depth.build(exact, theorem, RandomSource(law)), resolutions)


def _of_resolution(ticket: Ticket, resolutions: list[Fraction]) -> Ticket:
    blocks = tuple(
        replace(block, resolution=str(r))
        for block, r in zip(ticket.blocks, resolutions, strict=True)
    )
    return replace(ticket, blocks=blocks)
