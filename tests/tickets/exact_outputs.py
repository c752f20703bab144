"""A small network, its ticket, and the exact outputs of both in fractions."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import numpy as np

from slt_theory.lattice import PRODUCT_BITS
from slt_theory.networks import Dense
from slt_theory.tickets import Ticket, build_ticket
from slt_theory.tickets.checking.effective import effective_block

RNG = np.random.default_rng(5)
NET = Dense(
    [RNG.normal(0, 0.5, (6, 3)), RNG.normal(0, 0.5, (5, 6)), RNG.normal(0, 0.6, (3, 5))],
    [RNG.normal(0, 0.2, 6), None, RNG.normal(0, 0.1, 3)],
)
INPUTS = RNG.uniform(-0.85, 0.85, (5, 3))
KNOWN: dict[bytes, Ticket] = {}
Row = list[Fraction]


@cache
def built() -> Ticket:
    """A ticket of `NET` for box:-1,1."""
    ticket = build_ticket(NET, eps=0.02, seed=3, domain="box:-1,1")
    KNOWN[ticket.digest] = ticket
    return ticket


def _layer(matrix: list[Row], other: list[Row], x: Row) -> Row:
    return [
        sum((w if v >= 0 else u) * v for w, u, v in zip(row, also, x, strict=False))
        for row, also in zip(matrix, other, strict=True)
    ]


def _fractions(matrix: np.ndarray, unit: Fraction = Fraction(1)) -> list[Row]:
    return [[Fraction(number) * unit for number in row] for row in matrix.tolist()]


@cache
def _layers(digest: bytes) -> list[tuple[list[Row], list[Row]]]:
    """Slopes for inputs >= 0 and <= 0 of every layer, as fractions."""
    ticket, layers = KNOWN[digest], []
    for k in range(len(ticket.blocks)):
        effective = effective_block(ticket, k)
        unit = Fraction(2) ** (effective.scale_exponent - PRODUCT_BITS)
        sums = effective.positive if effective.negative is None else effective.negative
        layers.append((_fractions(effective.positive, unit), _fractions(sums, unit)))
    return layers


TARGET = [(_fractions(NET.matrix(k)),) * 2 for k in range(NET.depth)]


def exact(ticket: Ticket | None, x: np.ndarray) -> Row:
    """Outputs of the target, or of the ticket, at one input in fractions."""
    layers = TARGET if ticket is None else _layers(ticket.digest)
    values = [Fraction(number) for number in x.tolist()]
    for k, (bias, (matrix, other)) in enumerate(zip(NET.biases, layers, strict=True)):
        if k:
            values = [max(v, Fraction(0)) for v in values]
        if bias is not None:
            values = [*values, Fraction(1)]
        values = _layer(matrix, other, values)
    return values


def exact_error(ticket: Ticket, x: np.ndarray) -> Fraction:
    """Sup-norm error of the ticket at one input."""
    pairs = zip(exact(ticket, x), exact(None, x), strict=True)
    return max(abs(a - b) for a, b in pairs)


def lead(values: Row) -> tuple[int, Fraction]:
    """The class of outputs, and by how much it leads."""
    best = max(range(len(values)), key=values.__getitem__)
    return best, values[best] - max(v for k, v in enumerate(values) if k != best)
