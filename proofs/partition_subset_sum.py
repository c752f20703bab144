"""Number partitioning and subset sum are one problem."""

from __future__ import annotations

import itertools
import random

from .kit import Proof, step
from .kit.algebra import identity

UNSAFE = ({"factor": 1},)


def _algebra(factor: int) -> bool:
    from sympy import symbols

    inside, outside = symbols("A B")
    return identity(outside - inside, (inside + outside) - factor * inside)


def _bijection(factor: int) -> bool:
    source = random.Random(10)
    for _ in range(25):
        items = [source.randint(-20, 20) for _ in range(7)]
        total = sum(items)
        for bits in itertools.product((0, 1), repeat=7):
            chosen = sum(x for x, b in zip(items, bits, strict=True) if b)
            signed = sum(-x if b else x for x, b in zip(items, bits, strict=True))
            if signed != total - factor * chosen:
                return False
    return True


def _parity() -> bool:
    """Every signed sum has the parity of the total, so the target's parity is automatic."""
    return all(
        (sum(s * x for s, x in zip(signs, items, strict=True)) - sum(items)) % 2 == 0
        for items in itertools.product((0, 1, 2), repeat=4)
        for signs in itertools.product((-1, 1), repeat=4)
    )


def build(*, factor: int = 2) -> Proof:
    """The proof; the partition target is total - `factor` t."""
    return Proof(
        "partition-subset-sum",
        "Number partitioning is subset sum",
        rf"With $\Lambda = \sum x_i$: some $S$ has $\sum_S x_i = t$ if and only if some signs have "
        rf"$\sum \sigma_i x_i = \Lambda - {factor}t$; S is the set of negative signs. An error "
        rf"$\varepsilon$ of the one is ${factor}\varepsilon$ of the other.",
        (
            step(rf"$B - A = (A + B) - {factor}A$", "identity", lambda: _algebra(factor)),
            step(
                "subsets and sign vectors correspond, value by value",
                "spot",
                lambda: _bijection(factor),
            ),
            step(
                r"parity is automatic: $\sum \sigma_i x_i - \Lambda = -2\sum_S x_i$",
                "spot",
                _parity,
                "the identity above, for integers",
            ),
        ),
    )
