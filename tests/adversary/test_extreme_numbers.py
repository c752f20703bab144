"""Bounds of differences at the ends of float64: huge and tiny weights, subnormal boxes, exactly."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise, product
from random import Random

import numpy as np
import pytest

import slt_theory as slt
from slt_theory.errors import BadInput
from slt_theory.networks import Dense, from_layers
from slt_theory.networks.layers import ConvolutionLayer
from slt_theory.tickets.checking import batch_bounds

TINY = 5e-324
WEIGHTS = (
    (0.0, TINY, -TINY, 2.0**-1022, 1e-300, 1.0, -1.0),
    (1e300, -1e300, 1e-308, 1.0, 0.0),
    (1e150, -1e150, 1e154, 1e-160, 1.0),
    (1 + 2.0**-52, 1 - 2.0**-53, -1.0, 2.0**53, 2.0**-53, 0.1),
)
ENDS = (
    (0.0, TINY, 1.0),
    (0.0, TINY, -TINY),
    (1e200, -1e200, 0.0),
    (1.0, 1 + 2.0**-52),
    (-1.0, 1.0),
)


def exact(network: Dense, x: tuple[float, ...], slope: Fraction) -> list[Fraction]:
    """Outputs over the rationals, by the definition."""
    values = [Fraction(v) for v in x]
    for k, (weight, bias) in enumerate(zip(network.weights, network.biases, strict=True)):
        if k:
            values = [v if v > 0 else slope * v for v in values]
        shift = np.zeros(len(weight)) if bias is None else bias
        values = [
            sum((Fraction(w) * v for w, v in zip(row, values, strict=True)), Fraction(b))
            for row, b in zip(weight.tolist(), shift.tolist(), strict=True)
        ]
    return values


def drawn(seed: int) -> tuple[Dense, Dense, list[float], list[float], Fraction]:
    """Two networks of one architecture with extreme numbers, and a box with extreme ends."""
    source = Random(seed)
    pool = source.choice(WEIGHTS)
    sides = [source.randint(1, 3) for _ in range(source.randint(2, 4))]

    def numbers(*shape: int) -> np.ndarray:
        return np.reshape([source.choice(pool) for _ in range(int(np.prod(shape)))], shape)

    weights = [numbers(b, a) for a, b in pairwise(sides)]
    biases = [numbers(b) if source.random() < 0.5 else None for b in sides[1:]]
    others = [np.where(numbers(*w.shape) > 0, w, numbers(*w.shape)) for w in weights]
    activation, slope = source.choice([("relu", 0), ("leaky_relu(0.25)", Fraction(1, 4))])
    ends = source.choice(ENDS)
    pairs = [sorted(source.choices(ends, k=2)) for _ in range(sides[0])]
    networks = (Dense(w, biases, activation=activation) for w in (weights, others))
    return *networks, [a for a, _ in pairs], [b for _, b in pairs], Fraction(slope)


def refuted(seed: int) -> str:
    """What exact arithmetic says against the certificate of a case; empty if nothing."""
    a, b, low, high, slope = drawn(seed)
    facts = slt.difference(a, b, (low, high)).facts
    errors, kept = [Fraction(0)], True
    corners = product(*({lo, hi, min(max(0.0, lo), hi)} for lo, hi in zip(low, high, strict=True)))
    for x in corners:
        ours, theirs = exact(a, x, slope), exact(b, x, slope)
        errors += [abs(u - v) for u, v in zip(ours, theirs, strict=True)]
        best = [[k for k, v in enumerate(y) if v == max(y)] for y in (ours, theirs)]
        kept &= len(best[0]) == 1 and best[0] == best[1]
    if np.isfinite(facts.error_bound) and max(errors) > Fraction(facts.error_bound):
        return f"{seed}: error {float(max(errors)):g} above {facts.error_bound:g}"
    if low == high and Fraction(facts.error_found) > max(errors):
        return f"{seed}: found {facts.error_found:g} of {float(max(errors)):g}"
    return "" if kept or not facts.class_kept else f"{seed}: a class that changes is kept"


def test_no_bound_is_refuted_at_the_ends_of_float64():
    assert [text for text in map(refuted, range(160)) if text] == []


@pytest.mark.parametrize("end", [TINY, 3 * TINY])
def test_half_of_a_subnormal_end_is_not_lost(end):
    big, nothing = Dense([[[1e300]]]), Dense([[[0.0]]])
    facts = slt.difference(big, nothing, ([0], [end])).facts
    assert Fraction(facts.error_bound) >= Fraction(1e300) * Fraction(end)


def test_a_lost_half_is_found(monkeypatch):
    def careless(ends):
        return (ends[0] + ends[1]) / 2, (ends[1] - ends[0]) / 2

    monkeypatch.setattr(batch_bounds, "_centred", careless)
    # The error that the middle of a box has may tell the toolkit itself.
    with pytest.raises((ArithmeticError, AssertionError)):
        test_no_bound_is_refuted_at_the_ends_of_float64()


def test_a_convolution_that_meets_padding_alone_is_bounded():
    # Image 1 x 1, padded by 1, stride 2: each window of one place lies in the padding.
    layers = [ConvolutionLayer(np.array([[[[w]]]]), padding=1, stride=2) for w in (1.0, 2.0)]
    a, b = (from_layers([layer], input_shape=(1, 1, 1)) for layer in layers)
    assert slt.difference(a, b, ([-1], [1])).facts.error_bound < 1e-300


def test_ends_of_a_box_are_taken_exactly_and_rounded_outwards():
    a, b = Dense([[[1.0]]]), Dense([[[0.0]]])
    for low, high in (
        (["0.1"], ["1/3"]),
        ([Fraction(1, 10)], [Fraction(1, 3)]),
        ([0.5], [2**60 + 1]),
    ):
        box = slt.difference(a, b, (low, high)).region
        for end, exactly, side in ((box.lo, low, 1), (box.hi, high, -1)):
            assert (Fraction(float(end[0])) - Fraction(exactly[0])) * side <= 0
    for low, high in (([0, 1], [1]), ([float("nan")], [1]), ([0], [float("inf")]), ([], [])):
        with pytest.raises(BadInput, match="region"):
            slt.difference(a, b, (low, high))
