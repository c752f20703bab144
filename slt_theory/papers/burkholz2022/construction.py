"""Depth L + 1 for leaky ReLU and tanh: what the gadget's half-sums are asked for (`bends`)."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction

import numpy as np

from slt_theory.errors import BadInput
from slt_theory.lattice import WEIGHT_BITS
from slt_theory.laws import Uniform
from slt_theory.tickets.bends import (
    MOST_SHRINK,
    bend_units,
    enlarges,
    gadget_activation,
    largest_input,
)
from slt_theory.tickets.building import depth
from slt_theory.tickets.building.depth import RandomSource
from slt_theory.tickets.building.request import Layer, Request
from slt_theory.tickets.domain import Box
from slt_theory.tickets.ticket import Ticket

__all__ = ["build", "sufficient_n"]

_LAW = Uniform(bits=WEIGHT_BITS)
_MOST_N = 1 << 16
_BEND_SHARE = 64
"""A gadget's bend takes at most this part of the error allowed for a weight."""


def sufficient_n(request: Request) -> int:
    """Return the copies of a neuron with an estimated chance of any failure of at most 1 %."""
    return depth.sufficient_n(_in_gadget(request)[0], RandomSource(_LAW))[1]


def build(request: Request, theorem: str) -> Ticket:
    """Build on what the gadget must approximate, then record the activation of its source."""
    asked, shrink = _in_gadget(request)
    return _adapted(depth.build(asked, theorem, RandomSource(_LAW)), request, shrink)


def _in_gadget(request: Request) -> tuple[Request, int]:
    """The request for the half-sums that a gadget needs, and how far its in-weights shrink."""
    activation = gadget_activation(request.target)
    first, *rest = request.layers
    if activation is None or (activation.kind == "leaky_relu" and _one_half(request)):
        return request, 0
    if activation.kind == "leaky_relu":
        return replace(request, layers=(_shared(first, activation.slope), *rest)), 0
    if enlarges(request.target):
        raise BadInput(
            "target",
            request.target.names[0],
            "takes values beyond the domain, on which tanh is not nearly linear",
            "begin with a weighted layer, or use relu",
        )
    constant = request.target.biases[0] is not None
    largest = largest_input(request.domain, constant)
    shrink = 0
    while bend_units(_MOST_N, shrink, largest) * _BEND_SHARE > first.radius:
        shrink += 1
        if shrink == MOST_SHRINK:
            break
    tighter = replace(first, radius=max(0, first.radius - bend_units(_MOST_N, shrink, largest)))
    # One half does for inputs of both signs; only this build need believe that they are >= 0.
    asked = replace(request, layers=(tighter, *rest), domain=Box(0.0, 1.0)).needed()
    return asked, shrink


def _adapted(ticket: Ticket, request: Request, shrink: int) -> Ticket:
    """The ticket with its domain, and with the activation of its source in the gadget's header."""
    activation = gadget_activation(request.target)
    if activation is None:
        return ticket
    first = replace(ticket.blocks[0], activation=activation.name, shrink=shrink)
    return replace(ticket, domain=str(request.domain), blocks=(first, *ticket.blocks[1:]))


def _one_half(request: Request) -> bool:
    return request.signs == "needed" and request.non_negative[0]


def _shared(layer: Layer, slope: float) -> Layer:
    """Half-sums ``w / (1 + a)``: what they miss by counts (1 + a) times, and three roundings."""
    share = 1 + Fraction(slope)
    targets = np.rint(layer.targets.astype(np.float64) / float(share)).astype(np.int64)
    return replace(layer, targets=targets, radius=max(0, math.floor((layer.radius - 4) / share)))
