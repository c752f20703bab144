"""Ends in fixed point hold the exact outputs, whatever the network, and equal the slow twin's."""

from __future__ import annotations

import random
from fractions import Fraction
from functools import cached_property

import attacks
import numpy as np
import pytest
import special_tickets
from attacks import Pair
from flint import arb
from random_tickets import draw
from slow_fixed_point import Slow

from slt_theory.balls import precision
from slt_theory.errors import BadInput
from slt_theory.tickets.checking import curves, fixed_point, fixed_point_run
from slt_theory.tickets.checking.fixed_point import DigitBase
from slt_theory.tickets.checking.network_pair import NetworkPair, pair_of_ticket
from slt_theory.tickets.checking.unrolled import target_maps

SEEDS = *range(48), 130, 141, 209, 345
"""The last four draw curved activations, which are rare."""


class Drawn:
    """A random ticket, both networks as maps, their exact outputs at two inputs."""

    def __init__(self, seed: int) -> None:
        self.case = draw(seed)
        with attacks.quick(self.case, whole=False):
            ticket = attacks.tickets.build_ticket(self.case.target, **self.case.options)
        self.slow = Pair(self.case, special_tickets.read(ticket))
        self.pair: NetworkPair = pair_of_ticket(ticket, self.case.target)
        self.networks = self.pair.maps, target_maps(self.case.target)
        starts = self.slow._starts(random.Random(seed))
        # A corner, and a point that has all its bits.
        self.x = starts[:, [0, starts.shape[1] * 2 // 3]].T * np.array([[1], [1 - 2.0**-40]])

    @cached_property
    def exact(self) -> list[list[list[tuple[Fraction, Fraction]]]]:
        """Ends of (network, input, output): equal, or those of balls of 300 bits."""
        found = []
        for network in (self.slow.ours, self.slow.theirs):
            with precision(300):
                values = network.run(self.slow._values(self.x.T, self.slow.kind))[-1]
            flat = values.array.reshape(-1, len(self.x)).T.tolist()
            found.append([[within(value, values.scale) for value in row] for row in flat])
        return found


def within(value: int | Fraction | arb, scale: Fraction) -> tuple[Fraction, Fraction]:
    """Ends of a number in units of `scale`."""
    if not isinstance(value, arb):
        return value * scale, value * scale
    middle, radius = (
        Fraction(int(m)) * Fraction(2) ** int(e)
        for m, e in (value.mid().man_exp(), value.rad().man_exp())
    )
    return (middle - radius) * scale, (middle + radius) * scale


def drawn(seed: int) -> Drawn | None:
    try:
        return Drawn(seed)
    except BadInput:
        return None


@pytest.fixture(scope="module")
def cases() -> list[Drawn]:
    return [case for case in map(drawn, SEEDS) if case is not None]


def lost(cases: list[Drawn], radius: float) -> tuple[int, int, float]:
    """Outputs outside their ends, those inside, and the largest ratio of a radius to its bound."""
    outside, inside, wide = 0, 0, 0.0
    for case in cases:
        ends = fixed_point_run.ends_in_fixed_point(case.case.target, case.networks, case.x, radius)
        assert ends is not None
        if not any(source.loose for source in case.pair.maps):
            wide = max(wide, sum(float((high - low).max()) for low, high in ends) / 2 / radius)
        for (low, high), exact in zip(ends, case.exact, strict=True):
            for k, row in enumerate(exact):
                for j, (least, most) in enumerate(row):
                    held = Fraction(low[k, j]) <= most and least <= Fraction(high[k, j])
                    inside, outside = inside + held, outside + (not held)
    return outside, inside, wide


@pytest.mark.parametrize("radius", [2.0**-10, 2.0**-40])
def test_ends_hold_the_exact_outputs_and_are_as_narrow_as_asked(cases, radius):
    outside, inside, wide = lost(cases, radius)
    assert outside == 0
    assert inside > 150
    # Of outputs up to 2^13 a float keeps 2^-40.
    assert wide <= (1 if radius > 2.0**-40 else 4)
    kinds = {case.case.theorem for case in cases if case.slow.kind == "exact"}
    assert len(kinds) >= 12
    curved = [case.case for case in cases if case.slow.kind == "ball"]
    assert {case.activation for case in curved} == {"tanh", "silu"}
    assert len({case.theorem for case in curved}) == 2
    maps = [source for case in cases for source in case.pair.maps]
    assert any(source.two_sided for source in maps)
    assert any(source.loose for source in maps)
    assert any(source.copies_out > 1 for source in maps)


@pytest.mark.parametrize(("bits", "places"), [(5, 3), (20, 5)])
def test_every_digit_is_that_of_the_slow_twin(cases, bits, places):
    numbers = 0
    for case in cases[::2]:
        for maps in case.networks:
            found = fixed_point_run.in_fixed_point(
                case.case.target, maps, case.x, DigitBase(bits, places), 32
            )
            slow = Slow(case.case.target, maps, bits, places)
            for k, x in enumerate(case.x):
                digits = found[0][:, k].astype(int).tolist()
                theirs = slow.run(x)
                ours = [
                    sum(int(d) << (bits * i) for i, d in enumerate(number))
                    for number in zip(*digits, strict=True)
                ]
                assert ours == theirs
                numbers += len(ours)
    assert numbers > 60


def test_a_slice_or_a_carry_that_is_left_out_is_caught(cases, monkeypatch):
    real = fixed_point.cut

    def less(values, bits, last):
        slices = real(values, bits, last)
        return slices._replace(exponents=slices.exponents[:1], parts=slices.parts[:1])

    monkeypatch.setattr(fixed_point_run, "cut", less)
    assert lost(cases, 2.0**-40)[0]
    monkeypatch.undo()
    carry = fixed_point.carried
    monkeypatch.setattr(
        fixed_point, "carried", lambda sums, bits: carry(np.fmod(sums, 2.0 ** (2 * bits - 1)), bits)
    )
    assert lost(cases, 2.0**-40)[0]


def test_a_curve_in_single_precision_is_caught(cases, monkeypatch):
    def shorter(activation, number, below):
        return int(float(np.float32(activation(number * 2.0**-below))) * 2.0**below)

    monkeypatch.setattr(curves, "_nearest", shorter)
    assert lost([case for case in cases if case.slow.kind == "ball"], 2.0**-40)[0]


def test_loose_slopes_that_are_not_charged_are_caught(cases, monkeypatch):
    loose = [case for case in cases if any(source.loose for source in case.pair.maps)]
    for case in loose:
        for source in case.pair.maps:
            monkeypatch.setattr(source, "loose", 0.0)
    assert lost(loose, 2.0**-60)[0]
