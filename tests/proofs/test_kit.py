"""The kit itself: checks that can fail, levels, text."""

from __future__ import annotations

from fractions import Fraction

import pytest
import sympy
from slt_theory.proofs.kit import Proof, cited, combined, step
from slt_theory.proofs.kit.algebra import identity, increasing, nonnegative, sum_of_squares
from slt_theory.proofs.kit.balls import ball, integral, positive_on
from slt_theory.proofs.kit.rules import chord, markov

from slt_theory import proofs
from slt_theory.errors import BadInput
from slt_theory.intervals import measure, minus, union

x, y = sympy.symbols("x y")


def test_identity() -> None:
    assert identity((x + y) ** 2, x**2 + 2 * x * y + y**2)
    assert not identity((x + y) ** 2, x**2 + y**2)
    assert identity(1 / x + 1 / y, (x + y) / (x * y))
    assert not identity(sympy.Rational(1, 3), sympy.Rational(1, 2))


@pytest.mark.parametrize(
    ("poly", "lo", "hi", "truth"),
    [
        (x**2, -1, 1, True),
        (x, -1, 1, False),
        (x * (1 - x), 0, 1, True),
        ((x - 1) ** 2 * (x + 2), -2, 3, True),
        ((x - 1) ** 3, 0, 2, False),
        (-(x**2) - 1, -sympy.oo, sympy.oo, False),
        (x**4 - 2 * x**2 + 2, -sympy.oo, sympy.oo, True),
        (sympy.Integer(0) * x, 0, 1, True),
    ],
)
def test_nonnegative(poly: object, lo: object, hi: object, truth: bool) -> None:
    assert nonnegative(poly, x, lo, hi) is truth


def test_strict_refuses_a_touching_root() -> None:
    assert nonnegative(x**2, x, -1, 1)
    assert not nonnegative(x**2, x, -1, 1, strict=True)


def test_increasing() -> None:
    assert increasing(x / (1 + x), x, 0, 5)
    assert not increasing(x * (1 - x), x, 0, 1)


def test_sum_of_squares() -> None:
    assert sum_of_squares(x**2 - 2 * x * y + y**2, [(1, x - y)])
    assert not sum_of_squares(-(x**2), [(-1, x)])


def test_positive_on() -> None:
    assert positive_on(lambda t: t * t - t + 1, Fraction(-3), Fraction(3))
    assert not positive_on(lambda t: t * t - t + Fraction(1, 5).numerator / ball(5), 0, Fraction(1))


def test_integral() -> None:
    value = integral(lambda t, _: t * t, Fraction(0), Fraction(1))
    assert bool(value.contains(ball(Fraction(1, 3))))
    assert not bool(value.contains(ball(Fraction(34, 100))))


def test_rules() -> None:
    assert chord(0, 4, Fraction(0), Fraction(2), Fraction(1)) == 2
    assert markov(Fraction(1), Fraction(4)) == Fraction(1, 4)
    with pytest.raises(ValueError, match="positive"):
        markov(Fraction(1), Fraction(0))


def test_interval_sets() -> None:
    parts = [(Fraction(0), Fraction(2)), (Fraction(1), Fraction(3))]
    assert union(parts) == [(0, 3)]
    assert measure(minus(parts, [(Fraction(1, 2), Fraction(1))])) == Fraction(5, 2)


def test_levels() -> None:
    exact = step("a", "identity", lambda: True)
    ball_step = step("b", "enclosure", lambda: True)
    named = cited("c", "somebody 1900")
    words = step("e", "argued", lambda: True)
    wrong = step("d", "finite", lambda: False)
    table = {
        "symbolic": (exact,),
        "enclosure": (exact, ball_step),
        "cited": (exact, ball_step, named),
        "argued": (exact, named, words),
        "none": (exact, wrong),
    }
    for level, steps in table.items():
        assert Proof("p", "P", "T", steps).run().level == level
    assert Proof("p", "P", "T", ()).run().level == "none"


def test_a_proof_is_no_stronger_than_what_it_rests_on() -> None:
    exact = Proof("p", "P", "T", (step("a", "identity", lambda: True),))
    for below, level in (
        ((), "symbolic"),
        (("enclosure",), "enclosure"),
        (("enclosure", "cited"), "cited"),
        (("cited", "argued"), "argued"),
        (("none",), "none"),
    ):
        assert exact.run(below).level == level
    for name in proofs.IDS:
        found = proofs.get(name)
        parts = [found.own_level, *(proofs.level_of(other) for other in found.rests_on)]
        assert proofs.level_of(name) == combined(parts)


def test_a_rule_is_named() -> None:
    with pytest.raises(BadInput, match="rules"):
        step("a", "rule", lambda: True)
    with pytest.raises(BadInput, match="rules"):
        step("a", "identity", lambda: True, rules=("magic",))
    assert "markov" in step("a", "rule", lambda: True, rules=("markov",)).rules


def test_only_true_is_true() -> None:
    one = step("truthy", "finite", lambda: 1)  # type: ignore[arg-type, return-value]
    relation = step("unevaluated", "identity", lambda: x > 0)
    raising = step("raises", "finite", lambda: bool(1 // 0))
    for bad in (one, relation, raising):
        assert Proof("p", "P", "T", (bad,)).run().failed == (bad.claim,)


def test_methods_are_a_closed_list() -> None:
    with pytest.raises(BadInput, match="method"):
        step("a", "simplify", lambda: True)
    with pytest.raises(BadInput, match="source"):
        cited("a", " ")


def test_text_names_level_and_support() -> None:
    proof = proofs.get("softmax-lemma")
    text = proof.to_markdown(proof.run())
    assert "$" in text
    assert "Level: **enclosure**" in text
    assert "`expectation-identity`" in proofs.get("lemma-r").to_markdown()
    assert "**" not in proof.to_text()


def test_unknown_id() -> None:
    with pytest.raises(BadInput, match="is no proof"):
        proofs.get("nothing")
