"""Slow references: the masked network layer by layer, subsets one by one."""

from __future__ import annotations

import itertools
from fractions import Fraction

import numpy as np

from slt_theory.laws import Uniform
from slt_theory.tickets import Ticket

LAW = Uniform(bits=24)


def layers(ticket: Ticket) -> list[list[list[list[tuple[int, Fraction]]]]]:
    """Per block its layers as rows of (column, weight): from seed and masks, weight by weight."""
    result = []
    for b, block in enumerate(ticket.blocks):
        parts = []
        for m, layer in enumerate(block.layers):
            last = m == len(block.layers) - 1
            unit = Fraction(2) ** ((block.scale_exponent if last else 0) - 24)

            def weight(r: int, c: int, layer=layer, unit=unit) -> Fraction:
                index = r * layer.columns + c
                return unit * int(LAW.sample(ticket.seed, layer.stream, index, 1)[0])

            kept = (np.flatnonzero(ticket.rows(b, m, r, r + 1)[0]) for r in range(layer.rows))
            parts.append([[(c, weight(r, c)) for c in row.tolist()] for r, row in enumerate(kept)])
        result.append(parts)
    return result


def forward(ticket: Ticket, parts: list, x: list[Fraction]) -> list[Fraction]:
    """Outputs at one point, in rational numbers."""
    values = list(x)
    for b, block in enumerate(ticket.blocks):
        if b:
            values = [max(v, Fraction(0)) for v in values]
        if block.constant_input:
            values += [Fraction(1)] * block.copies_in
        for m, rows in enumerate(parts[b]):
            if m:
                values = [max(v, Fraction(0)) for v in values]
            values = [sum((w * values[c] for c, w in row), Fraction(0)) for row in rows]
    return values


def smallest_subset(items: list[int], lo: int, hi: int) -> int | None:
    """Size of a smallest subset with its sum in a range."""
    for size in range(len(items) + 1):
        if any(lo <= sum(s) <= hi for s in itertools.combinations(items, size)):
            return size
    return None
