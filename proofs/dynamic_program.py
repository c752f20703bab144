"""The robust dynamic program, with its integers checked a second way."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import numpy as np

from slt_theory.certified.dynamic import SHARE_BITS, Window, dynamic_program, envelope_bound
from slt_theory.certified.exact import ONE
from slt_theory.certified.search import METHODS

from .kit import Proof, step
from .kit.algebra import identity, nonnegative

UNSAFE = (
    {"kappa": Fraction(3, 5)},
    {"claims": ((Fraction(1, 100), Fraction(1, 100), 30),)},
    {"lift": -1},
)

CLAIMS = (
    (Fraction(1, 10), Fraction(1, 10), 17),
    (Fraction(1, 100), Fraction(1, 100), 37),
    (Fraction(1, 1000), Fraction(1, 1000), 58),
)


def _line() -> bool:
    """alpha - s (v' - m) has mean <= alpha when s >= 0 and E v' >= m."""
    from sympy import symbols

    alpha, s, mean, m = symbols("alpha s mu m")
    excess = alpha - (alpha - s * (mean - m))
    return identity(excess, s * (mean - m))


def _mean(kappa: Fraction) -> bool:
    """The program's mean is below the exact one at every state of a fine lattice."""
    window = Window(Fraction(1, 50), Fraction(1, 100), kappa)
    one = 1 << SHARE_BITS
    for k in range(1, 1024):
        v = k << (SHARE_BITS - 10)
        share = Fraction(v, one)
        if Fraction(window.mean(v), one) > share * (1 + (1 - share) / 2):
            return False
    return True


def _concave() -> bool:
    from sympy import diff, symbols

    v, kappa = symbols("v kappa")
    return identity(diff(v + kappa * v * (1 - v), v, 2), -2 * kappa)


def _corner() -> bool:
    """Pairs of a window of length l at distance above 1 fill (l - 1)^2; half can be (new, old)."""
    from sympy import Rational, integrate, symbols

    y, size = symbols("y l", positive=True)
    area = 2 * integrate(size - 1 - y, (y, 0, size - 1))
    loss = Rational(1, 2) * area / 2 / size
    return identity(area, (size - 1) ** 2) and identity(loss, (size - 1) ** 2 / (4 * size))


def _gap() -> bool:
    """An uncovered z of the target window leaves 2 gap of the longer window open, always."""
    for gap in (Fraction(k, 300) for k in range(1, 30)):
        low, high = -Fraction(1, 2) - gap, Fraction(1, 2) + gap
        for z in (Fraction(-1, 2), Fraction(0), Fraction(1, 2)):
            if min(z + gap, high) - max(z - gap, low) != 2 * gap:
                return False
    return True


def _brute_force(lift: int) -> bool:
    """`envelope_bound` is never below the best chord, on random step polygons, by fractions."""
    source = np.random.default_rng(7)
    for _ in range(150):
        size = int(source.integers(3, 12))
        points = np.sort(source.choice(1000, size, replace=False)).astype(np.int64)
        values = np.sort(source.integers(0, 4000, size))[::-1].astype(np.int64)
        mean = int(source.integers(points[0], points[-1] + 1))
        slope = int(source.integers(0, 60))
        bound = envelope_bound(points, values, mean, slope)[0] + 40 * lift
        chords = [
            Fraction(int(values[i]))
            + Fraction(int(values[j] - values[i]), int(points[j] - points[i]))
            * (mean - int(points[i]))
            for i in range(size)
            for j in range(i + 1, size)
            if points[i] <= mean <= points[j]
        ]
        if bound < max(chords):
            return False
    return True


@cache
def _smallest(e: Fraction, delta: Fraction) -> int:
    rows = dynamic_program(Window(2 * e, e), 120)
    limit = int(delta * ONE)
    return next(n for n, row in enumerate(rows) if row <= limit)


def _claims(claims: tuple[tuple[Fraction, Fraction, int], ...]) -> bool:
    return all(_smallest(e, delta) <= n for e, delta, n in claims)


def _split() -> bool:
    run = METHODS["dynamic-program"].profile
    assert run is not None
    return run(Fraction(1, 50), Fraction(1, 2), 64)[36] <= ONE // 100


def _doubling_vertex() -> bool:
    """States cover [v, min(2v, 1)] of every v of a cell: 2v of its right end is the last needed."""
    from sympy import symbols

    p, q, v = symbols("p q v")
    return identity(2 * q - 2 * v, 2 * (q - v)) and nonnegative(v, v, 0, 1) and bool(p != q)


def build(
    *,
    kappa: Fraction = Fraction(1, 2),
    claims: tuple[tuple[Fraction, Fraction, int], ...] = CLAIMS,
    lift: int = 0,
) -> Proof:
    """The proof; `kappa` is the growth constant, `claims` lists (e, delta, n)."""
    listed = ", ".join(f"({float(e):g}, {float(d):g}): {n}" for e, d, n in claims)
    return Proof(
        "dynamic-program",
        "The robust dynamic program",
        r"Let $F_t(v)$ be the largest probability, over sets of share at least $v$, that $t$ "
        r"further items leave a share $u \ge$ stop of the window. Then $F_{t+1}(v)$ is at most "
        r"the concave envelope of $F_t$ on $[v, \min(2v, 1)]$ at $m(v) = v + \kappa v (1-v)$. "
        rf"Smallest certified n (error 2e on $[-1/2,1/2]$), by integers: {listed}.",
        (
            step(
                r"$E[\alpha - s(v' - m)] \le \alpha$ for $s \ge 0$, $E v' \ge m$",
                "identity",
                _line,
                "a line above F_t bounds E F_t(v'); F does not increase, so slopes are >= 0",
            ),
            step(
                r"the program's mean is at most $v(1 + (1-v)/2)$",
                "spot",
                lambda: _mean(kappa),
                "expectation identity; rounded down",
            ),
            step(
                r"$m'' = -2\kappa$: m is concave, so between states it lies above its chord",
                "identity",
                _concave,
                "with the slope s of the left state p, F(v) <= F(p) - s (m(v) - m(p)) on the cell",
            ),
            step(r"$2v \le 2q$ for v up to the next state q", "identity", _doubling_vertex),
            step(
                "the integer bound is above every chord (150 random polygons, by fractions)",
                "spot",
                lambda: _brute_force(lift),
            ),
            step(f"certified n: {listed}", "enclosure", lambda: _claims(claims)),
            step(
                r"a window of length $\ell$ loses at most $(\ell-1)^2/(4\ell)$ of its share a step",
                "identity",
                _corner,
                "z new and y old cannot be swapped, so half of the area |z - y| > 1 counts",
            ),
            step(
                "an uncovered target at error reach + gap leaves 2 gap open in the longer window",
                "rule",
                _gap,
            ),
            step(
                "with three tenths of the error as gap: 36 items at error 0.02, delta 0.01",
                "enclosure",
                _split,
            ),
        ),
        ("expectation-identity", "growth-at-most-double"),
    )
