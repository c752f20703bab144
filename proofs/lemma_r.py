"""Lemma R: an explicit random subset sum theorem."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from slt_theory.certified.exact import ONE
from slt_theory.certified.lemma_r import FIRST_RATE, SECOND_RATE, lemma_r_profile

from . import answers
from .kit import Proof, ProofStep, step
from .kit.algebra import identity, nonnegative
from .kit.rules import chord, iterate, markov, union

UNSAFE = (
    {"first": Fraction(87, 100)},
    {"second": Fraction(74, 100)},
    {"table": {(Fraction(1, 100), Fraction(1, 100)): 96}},
    {"gap": Fraction(11, 10)},
)

TABLE = {
    (Fraction(1, 10), Fraction(1, 10)): 47,
    (Fraction(1, 10), Fraction(1, 100)): 72,
    (Fraction(1, 100), Fraction(1, 10)): 72,
    (Fraction(1, 100), Fraction(1, 100)): 97,
    (Fraction(1, 1000), Fraction(1, 100)): 123,
    (Fraction(1, 1000), Fraction(1, 1000)): 148,
}


def _power(value: Fraction) -> Any:
    from sympy import Rational

    return Rational(value.numerator, value.denominator)


def _chord_of_inverse() -> bool:
    from sympy import Rational, symbols

    v = symbols("v")
    mean = v * (1 + (1 - v) * Rational(1, 2))
    return identity(chord(1 / v, 1 / (2 * v), v, 2 * v, mean), (1 - (1 - v) / 4) / v)


def _first(rate: Fraction) -> bool:
    from sympy import Rational, symbols

    v = symbols("v")
    return nonnegative(_power(rate) - (1 - (1 - v) / 4), v, 0, Rational(1, 2))


def _second_identity() -> bool:
    from sympy import Rational, symbols

    v = symbols("v")
    return identity(1 - v * (1 + (1 - v) * Rational(1, 2)), (1 - v) * (1 - v / 2))


def _second(rate: Fraction) -> bool:
    from sympy import Rational, symbols

    v = symbols("v")
    return nonnegative(_power(rate) - (1 - v / 2), v, Rational(1, 2), 1)


def _convex() -> bool:
    from sympy import diff, oo, symbols

    v = symbols("v")
    return identity(diff(1 / v, v, 2), 2 / v**3) and nonnegative(v**3, v, 0, oo)


def _phases() -> bool:
    """Markov after iteration: P(1/v >= 2) and P(u >= e), with the powers as symbols."""
    from sympy import symbols

    e, power = symbols("e P")
    first = identity(markov(power / (2 * e), 2), power / (4 * e))
    return first and identity(markov(power / 2, e), power / (2 * e))


def _end(gap: Fraction = Fraction(1)) -> bool:
    """min(z + e, 1/2) - max(z - e, -1/2) >= e: four differences, linear in z and e, at corners."""
    half = Fraction(1, 2)
    return all(
        end - begin >= gap * e
        for e in (Fraction(0), Fraction(1, 4))
        for z in (-half, half)
        for end in (z + e, half)
        for begin in (z - e, -half)
    )


def _needed(rate: Fraction, start: Fraction, target: Fraction) -> int:
    steps = 0
    while iterate(start, rate, steps) > target:
        steps += 1
    return steps


def _table(first: Fraction, second: Fraction, table: dict[tuple[Fraction, Fraction], int]) -> bool:
    for (e, delta), claimed in table.items():
        t1 = _needed(first, markov(1 / (2 * e), 2), delta / 2)
        t2 = _needed(second, markov(Fraction(1, 2), e), delta / 2)
        bound = union(
            [
                iterate(markov(1 / (2 * e), 2), first, t1),
                iterate(markov(Fraction(1, 2), e), second, t2),
            ]
        )
        if t1 + t2 != claimed or bound > delta:
            return False
    return True


def _program(first: Fraction, second: Fraction) -> bool:
    """The function used by `slt bound` is the same bound, rounded up, with the best split."""
    for e in (Fraction(1, 10), Fraction(1, 100)):
        rows = lemma_r_profile(e, 2 * e, 90)
        for n in range(0, 90, 7):
            exact = min(
                iterate(1 / (4 * e), first, t) + iterate(1 / (2 * e), second, n - t)
                for t in range(n + 1)
            )
            if not min(Fraction(1), exact) <= Fraction(rows[n], ONE) <= exact + Fraction(1, 2**80):
                return False
    return True


def _phase_steps(first: Fraction, second: Fraction) -> tuple[ProofStep, ...]:
    """From a share of 2e to one half, and from one half to all but e."""
    return (
        step(r"$1/v$ is convex on $(0, \infty)$", "monotone", _convex),
        step(
            r"$E[1/v'] \le \frac1v (1 - (1-v)/4)$",
            "identity",
            _chord_of_inverse,
            r"on $[v, 2v]$ with $E v' = v(1+(1-v)/2)$",
            rules=("chord",),
        ),
        step(
            rf"$1 - (1-v)/4 \le {first}$ for $0 \le v \le 1/2$",
            "polynomial",
            lambda: _first(first),
        ),
        step(
            r"$P(v_t \le 1/2) \le P(1/v_t \ge 2) \le (7/8)^t / (4e)$",
            "rule",
            _phases,
            r"$Y_t = 1/v_t$ from $v_0 = 2e$, stopped above 1/2",
            rules=("iteration", "markov"),
        ),
        step(r"$E(1-v') = (1-v)(1-v/2)$", "identity", _second_identity),
        step(
            rf"$1 - v/2 \le {second}$ for $1/2 \le v \le 1$",
            "polynomial",
            lambda: _second(second),
        ),
        step(
            r"$P(1-v_t \ge e) \le (3/4)^t/(2e)$ after the first phase",
            "rule",
            _phases,
            r"$Y_t = 1 - v_t$ from at most 1/2; the set never shrinks, so $v_t \ge 1/2$ stays",
            rules=("iteration", "markov", "union"),
        ),
    )


def _end_steps(
    first: Fraction, second: Fraction, gap: Fraction, rows: dict[tuple[Fraction, Fraction], int]
) -> tuple[ProofStep, ...]:
    """The rest is too short to hold a hole; the printed n."""
    listed = ", ".join(f"({float(e):g}, {float(d):g}): {n}" for (e, d), n in rows.items())
    return (
        step(
            "if less than e of W is left, every z of W has an approximated point within e",
            "finite",
            lambda: _end(gap),
            "the interval of radius e around z meets W in length at least e; both errors "
            "together are 2e",
            rules=("linearity",),
        ),
        step(f"smallest n by integers: {listed}", "finite", lambda: _table(first, second, rows)),
        step(
            "the function behind the printed bound is this bound, rounded up",
            "spot",
            lambda: _program(first, second),
        ),
        step("printed n on windows up to length 1 by all splits", "spot", answers.lemma_r),
    )


def build(
    *,
    first: Fraction = FIRST_RATE,
    second: Fraction = SECOND_RATE,
    table: dict[tuple[Fraction, Fraction], int] | None = None,
    gap: Fraction = Fraction(1),
) -> Proof:
    """The proof; `first`, `second` are the rates; an uncovered point leaves `gap` e open."""
    rows = TABLE if table is None else table
    return Proof(
        "lemma-r",
        "Lemma R: explicit random subset sums",
        r"Let $X_i \sim U[-1,1]$ be independent, $0 < e \le 1/4$, $0 < \delta < 1$. If $n \ge "
        r"\lceil \ln(1/(2e\delta))/\ln(8/7) \rceil + \lceil \ln(1/(e\delta))/\ln(4/3) \rceil$, "
        r"then "
        r"with probability at least $1 - \delta$ every $z \in [-1/2, 1/2]$ has a subset with "
        r"$|z - \sum_{i \in S} X_i| \le 2e$. For another window of length 1 around 0, whose nearer "
        r"end is at distance $d < e$, $v_0 = e + d$ takes the place of $2e$ in the first phase.",
        (*_phase_steps(first, second), *_end_steps(first, second, gap, rows)),
        ("expectation-identity", "growth-at-most-double"),
    )
