"""ReLU gadgets: how random neurons imitate one weight."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from slt_theory.testing.lemma import Lemma
from slt_theory.testing.margins import equality
from slt_theory.testing.scalars import numbers
from slt_theory.testing.space import lists
from slt_theory.testing.spaces import reals

__all__ = ["LEMMAS", "NEURONS", "gadget", "identity", "slope", "slopes", "two_sums"]

NEURONS = lists(numbers(-1, 1, bits=2), 0, 8).map(
    lambda flat: tuple(zip(flat[::2], flat[1::2], strict=False))
)
"""Pairs (u, v) of an out-weight and an in-weight."""

Neurons = Sequence[tuple[Any, Any]]


def positive(x: Any) -> Any:
    """``relu(x)``, exactly."""
    return max(x, Fraction(0))


def gadget(neurons: Neurons, x: Any) -> Any:
    """sum of u relu(v x)."""
    return sum((u * positive(v * x) for u, v in neurons), Fraction(0))


def slope(neurons: Neurons, sign: int) -> Any:
    """The subset sum that acts on inputs of that sign: sum of u v over neurons with sign v."""
    return sum((u * v for u, v in neurons if sign * v > 0), Fraction(0))


identity = Lemma(
    "relu-identity",
    "w x = relu(w x) - relu(-w x) for either sign of w and x",
    {"w": reals(-1, 1), "x": reals(-1, 1)},
    margin=lambda w, x: equality(w * x, positive(w * x) - positive(-w * x)),
    proof="relu-gadgets",
)

slopes = Lemma(
    "relu-gadgets",
    "sum of u relu(v x) has slope sum over v > 0 of u v for x >= 0, and sum over v < 0 for x <= 0",
    {"neurons": NEURONS, "x": reals(-1, 1)},
    margin=lambda neurons, x: equality(gadget(neurons, x), x * slope(neurons, 1 if x >= 0 else -1)),
    proof="relu-gadgets",
)

two_sums = Lemma(
    "relu-gadgets-two-sums",
    "if both subset sums are within eps of w, the gadget is within eps |x| of w x",
    {"neurons": NEURONS, "w": reals(-1, 1), "x": reals(-1, 1), "eps": reals(0, 1)},
    given=lambda neurons, w, eps: (
        abs(slope(neurons, 1) - w) <= eps and abs(slope(neurons, -1) - w) <= eps
    ),
    margin=lambda neurons, w, x, eps: eps * abs(x) - abs(gadget(neurons, x) - w * x),
    proof="relu-gadgets",
)

one_sum = Lemma(
    "relu-gadgets-one-sum",
    "for x >= 0 the subset sum of the positive half alone is enough",
    {"neurons": NEURONS, "w": reals(-1, 1), "x": reals(0, 1), "eps": reals(0, 1)},
    given=lambda neurons, w, eps: abs(slope(neurons, 1) - w) <= eps,
    margin=lambda neurons, w, x, eps: eps * abs(x) - abs(gadget(neurons, x) - w * x),
    proof="relu-gadgets",
)

LEMMAS = (identity, slopes, two_sums, one_sum)
