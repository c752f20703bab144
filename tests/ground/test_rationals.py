"""Numbers from outside: exactly what they say, or refused."""

from __future__ import annotations

import random
from decimal import Decimal
from fractions import Fraction
from typing import Any

import flint
import mpmath
import numpy as np
import pytest
import sympy
import torch

from slt_theory.certified import certified_n
from slt_theory.certified.exact import rational
from slt_theory.errors import BadInput
from slt_theory.experiments import threshold
from slt_theory.instance import solve
from slt_theory.lattice import Lattice
from slt_theory.laws import Signs, Uniform
from slt_theory.rationals import parse_fraction, positive_fraction, to_fraction, whole_number
from slt_theory.statistics import clopper_pearson, probability

THIRD = Fraction(1, 3)
LONG = np.longdouble(1) + np.longdouble(2) ** -60
with mpmath.workdps(50):
    MPF = mpmath.mpf(1) / 3
    MINUS_MPF = -MPF


@pytest.mark.parametrize(
    ("value", "exact"),
    [
        ("0.1", Fraction(1, 10)),
        ("1/3", THIRD),
        (" -1e-3 ", Fraction(-1, 1000)),
        (np.str_("0.25"), Fraction(1, 4)),
        (Decimal("0.1"), Fraction(1, 10)),
        (Decimal("-1e-999"), Fraction(-1, 10**999)),
        (Decimal(0), Fraction(0)),
        (np.float16(0.1), Fraction(float(np.float16(0.1)))),
        (np.array(0.1), Fraction(0.1)),
        (np.array(LONG), 1 + Fraction(1, 2**60)),
        (np.uint64(2**64 - 1), Fraction(2**64 - 1)),
        (LONG, 1 + Fraction(1, 2**60)),
        (-LONG, -1 - Fraction(1, 2**60)),
        (torch.tensor(0.5), Fraction(1, 2)),
        (flint.fmpz(-7), Fraction(-7)),
        (flint.fmpq(1, 3), THIRD),
        (flint.arb(-0.75), Fraction(-3, 4)),
        (flint.arb(0), Fraction(0)),
        (flint.arf(0.1), Fraction(0.1)),
        (mpmath.mpf(-0.75), Fraction(-3, 4)),
        (mpmath.mpf(0), Fraction(0)),
        (sympy.Rational(1, 3), THIRD),
        (sympy.Float("0.5"), Fraction(1, 2)),
        (sympy.Integer(3), Fraction(3)),
    ],
)
def test_a_number_is_taken_exactly(value: object, exact: Fraction) -> None:
    assert to_fraction("x", value) == exact


def test_many_digits_survive() -> None:
    with mpmath.workdps(60):
        assert abs(to_fraction("x", MPF) - THIRD) < Fraction(1, 10**50)
        assert to_fraction("x", MINUS_MPF) == -to_fraction("x", MPF)
    digits = sympy.Float("0.1", 60)
    assert abs(to_fraction("x", digits) - Fraction(1, 10)) < Fraction(1, 10**58)
    rng = random.Random(5)
    for _ in range(200):
        exact = Fraction(rng.getrandbits(200), 1 << rng.randint(1, 300)) * rng.choice([-1, 1])
        with flint.ctx.workprec(300):
            assert to_fraction("x", flint.arb(exact.numerator)) == exact.numerator
        with mpmath.workprec(400):
            both = mpmath.mpf(exact.numerator) / exact.denominator
            assert to_fraction("x", both) == exact


@pytest.mark.parametrize(
    "value",
    [
        True, np.False_, np.array(True), None, [], object(), 1j, np.complex64(1), np.clongdouble(1),
        "", "one", "1/0", "nan", "1_0", "0x1", "1e9999", "1e999999999", b"0.1", "\u0661", "1 / 3",
        float("nan"), float("inf"), np.float32("inf"), np.longdouble("nan"), Decimal("NaN"),
        Decimal("sNaN"), Decimal("inf"), Decimal("1e-1001"), Decimal("1e99999999"),
        flint.arb(1, 0.5), flint.arb("nan"), flint.arb("inf"), flint.arf("nan"), flint.acb(1),
        flint.arb(2) ** 10**9, flint.arb(3).sqrt(), mpmath.mpf("inf"), mpmath.mpf("nan"),
        mpmath.mpf("1e100000000"), mpmath.mpf("1e-100000000"), mpmath.pi, mpmath.mpc(1),
        mpmath.iv.mpf(1), sympy.sqrt(2), sympy.pi, sympy.nan, sympy.oo, sympy.Symbol("x"),
        np.array([0.1]), np.datetime64("2020"), torch.tensor([0.1, 0.2]), torch.tensor(1j),
        10**400, "1e400", Fraction(10**400, 3),
    ],
)  # fmt: skip
def test_anything_else_is_refused_by_name(value: Any) -> None:
    with pytest.raises(BadInput, match=r"^x = "):
        to_fraction("x", value)


def test_errors_are_positive_and_not_beyond_floats() -> None:
    assert positive_fraction("eps", "1/4") == Fraction(1, 4)
    for value in (0, -1, "0", "-1/3", "1e-400", Fraction(1, 10**400)):
        with pytest.raises(BadInput, match="eps"):
            positive_fraction("eps", value)


def test_whole_numbers() -> None:
    for value in (2, 2.0, np.int8(2), np.float32(2), "2", "4/2", Decimal(2), flint.fmpz(2)):
        number = whole_number("size", value)
        assert number == 2
        assert type(number) is int
    for value in (True, 2.5, "two", None, float("nan")):
        with pytest.raises(BadInput, match="size"):
            whole_number("size", value)


def test_probabilities_may_be_written() -> None:
    assert probability("delta", "1/10") == probability("delta", "0.1") == 0.1
    for value in ("0", "1", "2/1", "1e999", "ten", True, float("nan"), None):
        with pytest.raises(BadInput, match="delta"):
            probability("delta", value)


def test_certified_bounds_read_floats_twice_and_text_once() -> None:
    assert rational("1/100", "eps") == (Fraction(1, 100), Fraction(1, 100))
    assert rational(0.01, "eps") == (Fraction(1, 100), Fraction(0.01))
    narrow = np.float32(0.1)
    assert rational(narrow, "eps") == (Fraction(1, 10), Fraction(float(narrow)))
    for value in ("1e999999999", True, None, float("nan")):
        with pytest.raises(BadInput, match="eps"):
            rational(value, "eps")


def test_text_is_not_read_beyond_its_bounds() -> None:
    with pytest.raises(BadInput):
        parse_fraction("x", "1" * 1001)
    assert parse_fraction("x", "." + "3" * 900).numerator == int("3" * 900)


ENDLESS = "1e999999999"
DOORS = {
    "uniform": lambda: Uniform(0, ENDLESS),
    "signs": lambda: Signs(ENDLESS),
    "law by name": lambda: certified_n(0.1, 0.1, law=f"uniform[-1,{ENDLESS}]"),
    "scale by name": lambda: threshold(law=f"{ENDLESS}*uniform", eps=0.1, delta=0.1),
    "mask by name": lambda: certified_n(0.1, 0.1, law=f"bernoulli({ENDLESS})*uniform"),
    "certified": lambda: certified_n(ENDLESS, 0.1),
    "targets": lambda: threshold(eps=0.1, delta=0.1, targets=f"fixed:{ENDLESS}"),
    "delta": lambda: threshold(eps=0.1, delta=ENDLESS),
    "solve": lambda: solve([ENDLESS], 1),
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_no_door_takes_a_huge_exponent_at_its_word(door: Any) -> None:
    with pytest.raises(BadInput):
        door()


def test_a_lattice_takes_no_long_double_that_it_would_round() -> None:
    assert Lattice(24).nearest(np.array([np.longdouble(0.5)])).tolist() == [1 << 23]
    with pytest.raises(BadInput, match="float64"):
        Lattice(24).nearest(np.array([LONG]))


@pytest.mark.parametrize("counts", [(5.5, 10), (5, 10.5), (True, 10), ("five", 10)])
def test_bounds_of_a_probability_take_counts(counts: Any) -> None:
    with pytest.raises(BadInput):
        clopper_pearson(*counts)
    assert clopper_pearson(5.0, 10) == clopper_pearson(5, 10)  # type: ignore[arg-type]
