"""The normal law: a correctly rounded table, and an enclosed distance from the exact quantile."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest
from flint import arb, ctx, fmpq
from scipy.special import ndtri

from slt_theory.laws import (
    NORMAL_NODES,
    NORMAL_OCTAVES,
    NORMAL_TABLE_BITS,
    Normal,
)
from slt_theory.laws.normal import normal_table


@pytest.fixture(autouse=True)
def _precision():
    before = ctx.prec
    ctx.prec = 160
    yield
    ctx.prec = before


def tail(x: arb) -> arb:
    """P(N > x)."""
    return (x / arb(2).sqrt()).erfc() / 2


def phi(x: arb) -> arb:
    return (-x * x / 2).exp() / (2 * arb.pi()).sqrt()


def ball(q: Fraction) -> arb:
    return arb(fmpq(q.numerator, q.denominator))


def quantile(p: Fraction) -> arb:
    """An enclosure of the x with P(N > x) = p, of radius 2^-100."""
    x = arb(-float(ndtri(float(p))))
    for _ in range(5):
        x = arb((x + (tail(x) - ball(p)) / phi(x)).mid())
    radius = arb(2) ** -100
    assert tail(x - radius) > ball(p) > tail(x + radius)
    return arb(x.mid(), radius)


def node_probability(index: int) -> Fraction:
    """Tail probability of node `index` of the table."""
    octave = NORMAL_OCTAVES - 1 - index // NORMAL_NODES
    return Fraction(NORMAL_NODES + index % NORMAL_NODES, NORMAL_NODES * 2 ** (2 + octave))


def test_the_table_falls_and_ends_at_zero():
    table = normal_table()
    assert table.shape == (NORMAL_OCTAVES * NORMAL_NODES + 1,)
    assert (np.diff(table) < 0).all()
    assert table[-1] == 0


def test_random_nodes_are_correctly_rounded():
    table, rng = normal_table(), random.Random(1)
    places = [0, 1, 255, 256, len(table) - 2, *rng.sample(range(len(table) - 1), 250)]
    for index in places:
        exact = quantile(node_probability(index)) * arb(2) ** NORMAL_TABLE_BITS
        assert abs(exact - int(table[index])) < 0.5


def test_the_coupling_holds_in_every_segment():
    """Interpolation, truncation of the place and integer roundings, enclosed one by one.

    On p in [a, b] the quantile x(p) has x' = -1/phi and |x'''| = (1 + 2 x^2) / phi^3, and both
    grow in size towards small p, where x is larger: the ends a bound them.
    """
    table = normal_table().astype(object)
    unit = Fraction(1, 2**NORMAL_TABLE_BITS)
    worst = Fraction(0)
    # max over t in [0, 1] of |t (t - 1/2) (t - 1)| is sqrt(3) / 36.
    cubic = arb(3).sqrt() / 36
    for segment in range(NORMAL_OCTAVES * NORMAL_NODES // 2):
        a, b = (
            node_probability(2 * segment),
            node_probability(2 * segment + 2)
            if (2 * segment + 2 < NORMAL_OCTAVES * NORMAL_NODES)
            else Fraction(1, 2),
        )
        x0, x1, x2 = (int(v) for v in table[2 * segment : 2 * segment + 3])
        x = ball((x0 + 1) * unit)
        third = (1 + 2 * x * x) / phi(x) ** 3
        interpolation = cubic / 6 * third * ball(b - a) ** 3
        # Nodes are off by half a unit: Lagrange's weights sum to at most 5/4 in size.
        nodes = Fraction(5, 8) * unit
        bend = abs(x2 - 2 * x1 + x0)
        # floor(t (t - 2^19) / 2^20) is off by < 1, then bend >> 19 and the linear term by < 1 each.
        integers = (Fraction(bend, 2**19) + 2) * unit
        # The place t is cut to 20 bits; the interpolant moves by at most its steepest slope.
        slope = 2 * max(x0 - x1, x1 - x2) + 2 * bend
        place = Fraction(slope, 2**20) * unit
        total = interpolation + ball(nodes + integers + place)
        assert total < arb(2) ** -26, segment
        worst = max(worst, Fraction(float(total.upper())))
    # The bound is not idle either.
    assert worst > Fraction(1, 2**28)
    assert Normal().coupling == Fraction(1, 2**26) + unit / 2


def words_of(tail_word: int, sign: int) -> list[int]:
    word = tail_word | sign << 63
    return [word % 2**32, word >> 32]


@pytest.mark.parametrize("bits", [44, 24, 16])
def test_draws_lie_within_the_coupling_of_the_exact_quantile(bits):
    law, rng = Normal(bits), random.Random(bits)
    tails = [rng.getrandbits(63) >> rng.randrange(43) for _ in range(150)]
    # Below 2^-40 a word is too coarse, as the docs say.
    tails = [max(t, 2**24) for t in [*tails, 2**63 - 2, 2**62, 2**62 - 1, 2**61 - 1]]
    words = np.array([words_of(t, 0) for t in tails], dtype=np.uint32)
    draws = law.integers(words).tolist()
    for t, k in zip(tails, draws, strict=True):
        # The real draw lies anywhere in the word's interval.
        for end in (t, t + 1):
            exact = quantile(Fraction(end, 2**64))
            assert abs(exact - ball(k * law.unit)) < ball(law.coupling)
    mirrored = law.integers(np.array([words_of(t, 1) for t in tails], dtype=np.uint32))
    assert mirrored.tolist() == [-k for k in draws]


def test_draws_are_monotone_across_segments_and_octaves():
    rng, edges = random.Random(4), []
    for octave in range(NORMAL_OCTAVES):
        top = 2 ** (62 - octave)
        for m in rng.sample(range(128), 12):
            place = top + top * m // 128
            edges += [place - 1, place, place + 1]
    tails = sorted(t for t in edges if 2**19 <= t < 2**63)
    words = np.array([words_of(t, 0) for t in tails], dtype=np.uint32)
    assert (np.diff(Normal().integers(words)) <= 0).all()


def test_the_tail_is_cut_where_the_docs_say():
    law = Normal()
    end = law.integers(np.array([words_of(0, 0), words_of(0, 1)], dtype=np.uint32)) * float(
        law.unit
    )
    assert end.tolist() == [float(law.support[1]), float(law.support[0])]
    assert 7.51 < end[0] < 7.52
    coarse = Normal(3)
    (edge,) = coarse.integers(np.array([words_of(0, 0)], dtype=np.uint32)).tolist()
    assert edge * coarse.unit == coarse.support[1]
