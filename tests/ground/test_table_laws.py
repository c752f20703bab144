"""Laws by tables: a slow reference, exact masses, an exact test of the draws of each."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import mpmath
import numpy as np
import pytest

from slt_theory.errors import BadInput
from slt_theory.laws import (
    Beta,
    Histogram,
    Laplace,
    Law,
    Triangular,
    TruncatedNormal,
    parse_law,
)
from slt_theory.laws.shapes import Shape
from slt_theory.laws.table import TABLE_BITS
from slt_theory.statistics import binomial_alarm
from slt_theory.streams import words32

mpmath.mp.dps = 50

SHAPES: list[Shape] = [
    Triangular(),
    Triangular("-1/3", "1/2", "3/4"),
    Triangular(0, 0, 1),
    Laplace("0.3"),
    Laplace("1/2", -1, 2, loc="1/3"),
    TruncatedNormal(),
    TruncatedNormal(-3, 1, loc=1, scale="1/2"),
    Beta(2, 2),
    Beta("1/2", "1/2"),
    Beta(3, "1/3", 0, 1),
]


def ids(law: Law) -> str:
    return law.name


def real(x: Fraction) -> mpmath.mpf:
    return mpmath.mpf(x.numerator) / x.denominator


def below(law: Shape, x: Fraction) -> mpmath.mpf:
    """The distribution function by its definition, in mpmath, at 50 digits."""
    lo, hi, at = real(law.lo), real(law.hi), real(x)
    if isinstance(law, Triangular):
        mode = real(law.mode)
        if at <= mode and mode > lo:
            return (at - lo) ** 2 / ((hi - lo) * (mode - lo))
        return 1 - (hi - at) ** 2 / ((hi - lo) * (hi - mode))
    if isinstance(law, Beta):
        t = (at - lo) / (hi - lo)
        return mpmath.betainc(real(law.a), real(law.b), 0, t, regularized=True)
    loc, scale = real(law.loc), real(law.scale)

    def whole(y: mpmath.mpf) -> mpmath.mpf:
        t = (y - loc) / scale
        if isinstance(law, Laplace):
            return mpmath.exp(t) / 2 if t < 0 else 1 - mpmath.exp(-t) / 2
        return mpmath.ncdf(t)

    return (whole(at) - whole(lo)) / (whole(hi) - whole(lo))


@pytest.mark.parametrize("law", SHAPES, ids=ids)
def test_masses_are_those_of_the_named_law_up_to_one_unit(law: Shape) -> None:
    table = law.table
    assert table.below[0] == 0
    assert table.below[-1] == 1 << 64
    assert all(a <= b for a, b in pairwise(table.below))
    for i in [1, 2, len(table.below) - 2, *range(7, len(table.below) - 1, 331)]:
        edge = Fraction(int(table.edges[i]), 1 << TABLE_BITS)
        exact = below(law, min(max(edge, law.lo), law.hi)) * 2**64
        assert abs(exact - table.below[i]) <= 1, i


@pytest.mark.parametrize("law", [*SHAPES, Histogram((-1, 0, "1/3", 1), (1, 0, 5))], ids=ids)
@pytest.mark.parametrize("bits", [8, 24, TABLE_BITS])
def test_a_draw_is_the_place_in_the_cell_of_its_word(law: Law, bits: int) -> None:
    law = law.at(bits)
    words = words32(3, 1, 0, 3 * 200).reshape(200, 3)
    extremes = np.array([[0, 0, 0], [2**32 - 1] * 3, [0, 0, 2**32 - 1]], dtype=np.uint32)
    words = np.concatenate([words, extremes])
    table, slow = law.table, []  # type: ignore[attr-defined]
    for first, second, place in words.tolist():
        word = first + (second << 32)
        cell = max(i for i in range(len(table.below) - 1) if table.below[i] <= word)
        left, right = int(table.edges[cell]), int(table.edges[cell + 1])
        x = left + (right - left) * place // 2**32
        slow.append((x + (1 << (TABLE_BITS - bits)) // 2) >> (TABLE_BITS - bits))
    assert law.integers(words).tolist() == slow


# P(a < X <= b) exactly; the alarms at 1e-9 on both sides see a mass that is off by 20 %.
WINDOWS = [("0", "1/4"), ("-1/4", "1/8"), ("1/2", "3/4")]
TRIALS = 60_000


@pytest.mark.parametrize("law", SHAPES, ids=ids)
def test_draws_have_the_masses_of_the_named_law(law: Shape) -> None:
    draws = law.sample(2024, 0, 0, TRIALS)
    for a, b in WINDOWS:
        low, high = (min(max(Fraction(end), law.lo), law.hi) for end in (a, b))
        mass = float(below(law, high) - below(law, low)) if low < high else 0.0
        inside = int(np.count_nonzero((draws > low / law.unit) & (draws <= high / law.unit)))
        if mass < 0.03:
            continue
        few = binomial_alarm(0.999 * mass, 0.8 * mass, TRIALS)
        many = binomial_alarm(1 - 1.001 * mass, max(1 - 1.25 * mass, 0.001), TRIALS)
        assert min(few.power, many.power) > 0.9
        assert inside > few.threshold
        assert TRIALS - inside > many.threshold


@pytest.mark.parametrize("law", SHAPES, ids=ids)
def test_the_coupling_holds_along_the_quantiles(law: Shape) -> None:
    """The named law's own quantile of a word lies within `coupling` of the draw of the word."""
    table, slack = law.table, mpmath.mpf(2) ** -60
    for number in range(0, len(table.masses), 257):
        left, right = (Fraction(int(e), 1 << TABLE_BITS) for e in table.edges[number : number + 2])
        if table.masses[number] < 1 << 40:
            continue
        for part in (Fraction(1, 16), Fraction(1, 2), Fraction(15, 16)):
            mass = mpmath.mpf(table.below[number]) + real(part) * table.masses[number]
            drawn = left + part * (right - left)
            around = [min(max(drawn + s * law.coupling, left), right) for s in (-1, 1)]
            assert below(law, around[0]) - slack <= mass / 2**64 <= below(law, around[1]) + slack


@pytest.mark.parametrize("law", SHAPES, ids=ids)
def test_floors_are_below_the_density_and_not_idle(law: Shape) -> None:
    for half in (Fraction(1, 8), Fraction(1, 3)):
        floor = law.density_floor(half)
        if law.lo > -half or law.hi < half:
            assert floor == 0
            continue
        inside = [float(half) * (k / 50 - 1) for k in range(101)]
        least = float(np.min(law.density(inside)))
        assert 0.99 * least - 1e-12 <= float(floor) <= least * (1 + 1e-12)


def test_the_floor_of_a_table_is_its_lowest_cell() -> None:
    law = Histogram((-1, 0, "1/2", 1), (2, 1, 1))
    assert law.density_floor("1/4") == Fraction(1, 2)
    assert law.density_floor(1) == Fraction(1, 2)
    assert law.density_floor("1.01") == 0
    assert Histogram((-1, 0, 1), (1, 0)).density_floor("1/4") == 0
    assert Histogram((-1, "1/4", 1), (1, 1)).density_floor("1/4") == Fraction(2, 5)


@pytest.mark.parametrize("law", SHAPES, ids=ids)
def test_a_name_reads_back_as_the_same_law(law: Shape) -> None:
    assert parse_law(law.name) == law


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("triangular(1,0,-1)", "lo < hi"),
        ("triangular(-1,2,1)", "mode"),
        ("laplace(0)", "scale"),
        ("laplace(1e-6)", "scale"),
        ("laplace(0.1, 5, 6)", "within 8 scales"),
        ("beta(2)", "needs b"),
        ("beta(0.1,1)", "1/4"),
        ("beta(1,2,3,4,5)", "5 values"),
        ("laplace(0.3, hi=1, hi=2)", "twice"),
        ("laplace(0.3, width=1)", "width is unknown"),
        ("histogram(0:1)", "edge"),
        ("histogram(0:1,0:1,1)", "increase"),
        ("gauss", "no law"),
        ("trianglar(0,1)", "did you mean triangular"),
        ("discrete(1:0)", "> 0"),
        ("discrete(1:1,1:2)", "differ"),
        ("mixture(1:gauss)", "no law"),
        ("empirical(w.npy)", "refused here"),
    ],
)
def test_what_cannot_be_is_refused_by_name(text: str, what: str) -> None:
    with pytest.raises(BadInput, match=what):
        parse_law(text)
