"""Functions and families: values in balls, curvature bounds, names."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from slt_theory.errors import BadInput
from slt_theory.universal import Family, Function, Monomials, build_universal, parse_family
from slt_theory.universal.balls import ball, down, hull, up
from slt_theory.universal.functions import cosine, decay, negative_log, power, sine


@pytest.mark.parametrize(
    ("function", "plain", "second"),
    [
        (power(1), lambda x: (1 + x) / 2, lambda x: 0.0),
        (power(4), lambda x: ((1 + x) / 2) ** 4, lambda x: 3 * ((1 + x) / 2) ** 2),
        (
            sine(2),
            lambda x: math.sin(4 * math.pi * x),
            lambda x: -((4 * math.pi) ** 2) * math.sin(4 * math.pi * x),
        ),
        (
            cosine(1),
            lambda x: math.cos(2 * math.pi * x),
            lambda x: -((2 * math.pi) ** 2) * math.cos(2 * math.pi * x),
        ),
        (negative_log(), lambda x: -math.log((1 + x) / 2), lambda x: (1 + x) ** -2.0),
        (decay(), lambda x: math.exp(-x), lambda x: math.exp(-x)),
    ],
)
def test_values_and_curvature_agree_with_floats(function, plain, second):
    for x in np.linspace(0, 1, 37).tolist():
        point = ball(Fraction(x))
        assert down(function(point)) - 1e-12 <= plain(x) <= up(function(point)) + 1e-12
        around = hull(ball(Fraction(x)), ball(Fraction(x) + Fraction(1, 50)))
        assert function.second_derivative_bound(around) >= abs(second(x)) * (1 - 1e-12)
        assert function.second_derivative_bound(point) == pytest.approx(abs(second(x)), abs=1e-9)


def test_a_curvature_bound_that_is_too_small_is_refused_and_a_true_one_is_not():
    def square(x):
        return 5 * x * x

    assert Family("fine", (Function("5x^2", square, 10),)).names == ("5x^2",)
    with pytest.raises(BadInput, match=r"9\.99.* for 5x\^2: is violated near x"):
        Family("false", (Function("5x^2", square, Fraction(999, 100)),))
    with pytest.raises(BadInput, match="violated"):
        Family("false", (Function("5x^2", square, lambda x: 9 + 0 * x),))
    # Flat but for a small stretch: only fine second differences see it.
    with pytest.raises(BadInput, match=r"violated near x = 0\.[67]"):
        Family("bump", (Function("bump", lambda x: (-9999 * (x - 0.7) ** 2).exp(), 3000),))


@pytest.mark.parametrize(
    ("value", "curvature"),
    [
        (lambda x: math.sin(x), 1),
        (lambda x: 0.5, 1),
        (lambda x: x.missing(), 1),
        (lambda x: 1 / (x - x), 1),
        (lambda x: x, float("nan")),
        (lambda x: x, "many"),
        (lambda x: x, lambda x: 1.0),
    ],
)
def test_functions_that_are_no_functions_of_balls_are_named(value, curvature):
    with pytest.raises(BadInput):
        Family("bad", (Function("it", value, curvature),))


@pytest.mark.parametrize(
    "name",
    [
        "",
        "powers",
        "powers:",
        "powers:4-1",
        "powers:0",
        "powers:1-13",
        "sin:0",
        "sin:x",
        "sin:-1",
        "sin:²",
        "fourier:1.5",
        "fourier:33",
        "monomials:4",
        "monomials:4,0",
        "monomials:8,8",
        "monomials:17,1",
        "sparse:",
        "sparse:0-0",
        "sparse:1-0,1",
        "sparse:1-0,1-0",
        "sparse:13",
        "sines:2",
    ],
)
def test_names_that_mean_no_family_are_refused(name):
    with pytest.raises(BadInput):
        parse_family(name)


def test_families_by_name():
    assert len(parse_family("powers:2-5").names) == 4
    assert len(parse_family("fourier:3").names) == 6
    four = parse_family("monomials:4,3")
    assert isinstance(four, Monomials)
    assert len(four.names) == 34
    assert len(set(four.exponents)) == 34
    assert all(1 <= sum(row) <= 3 for row in four.exponents)
    assert parse_family("sin:1").sha256 != parse_family("sin:2").sha256


@pytest.mark.parametrize(
    "options",
    [
        {"functions": ()},
        {"functions": (power(2), power(2))},
        {"functions": (power(2),), "lo": 1, "hi": 2},
        {"functions": (power(2),), "lo": 0, "hi": 0},
        {"functions": (power(2),), "lo": 0, "hi": float("inf")},
    ],
)
def test_families_that_cannot_be(options):
    with pytest.raises(BadInput):
        Family("bad", **options)


@pytest.mark.parametrize(
    "options",
    [
        {"eps": 0},
        {"eps": -1},
        {"eps": float("nan")},
        {"eps": 1e-9},
        {"eps": 0.1, "n": 1},
        {"eps": 0.1, "n": 2.5},
        {"eps": 0.1, "knots": 0},
        {"eps": 0.1, "size": 4},
        {"eps": 0.1, "beam": True},
        {"eps": 0.1, "seed": -1},
        {"eps": 0.1, "lock": 1},
        {"eps": 0.1, "prune": 0.6, "lock": 0.6},
    ],
)
def test_requests_that_cannot_be(options):
    with pytest.raises(BadInput):
        build_universal("sin:1", **options)


def test_a_family_has_to_be_one():
    with pytest.raises(BadInput):
        build_universal(power(2), eps=0.1)  # type: ignore[arg-type]


@pytest.mark.parametrize(("lo", "hi"), [(-1, 1), (0, 1), (-1, 3)])
def test_powers_around_zero_are_no_reason_to_refuse_a_family(lo, hi):
    quartic = Function("x^4", lambda x: x**4, lambda x: 12 * x**2)
    half = ball(Fraction(1, 2))
    shifted = Function("(x-1/2)^4", lambda x: (x - half) ** 4, lambda x: 12 * (x - half) ** 2)
    family = Family("quartic", (quartic, shifted), lo, hi)
    assert family.names == ("x^4", "(x-1/2)^4")
    with pytest.raises(BadInput, match="no finite value"):
        Family("pole", (Function("1/x", lambda x: 1 / x, 1),), lo, hi)
