"""The robust dynamic program, with its integers checked a second way."""

from __future__ import annotations

import random
from fractions import Fraction
from functools import cache

import numpy as np

from slt_theory.certified.dynamic import (
    SHARE_BITS,
    Window,
    dynamic_program,
    envelope_bound,
    known_shares,
)
from slt_theory.certified.exact import ONE
from slt_theory.certified.search import METHODS
from slt_theory.intervals import Interval, clip, measure, minus, shift

from . import answers
from .kit import Proof, ProofStep, step
from .kit.algebra import identity, nonnegative
from .kit.intervals import expected_gain, random_union

UNSAFE = (
    {"kappa": Fraction(3, 5)},
    {"claims": ((Fraction(1, 100), Fraction(1, 100), 30),)},
    {"lift": -1},
    {"corner": Fraction(1, 40)},
)

CLAIMS = (
    (Fraction(1, 10), Fraction(1, 10), 17),
    (Fraction(1, 100), Fraction(1, 100), 37),
    (Fraction(1, 1000), Fraction(1, 1000), 58),
)


def _inclusion() -> bool:
    """C1 in C2 gives C1' in C2', on random unions and shifts."""
    source = random.Random(14)
    window: Interval = (Fraction(-1, 2), Fraction(1, 2))
    for _ in range(40):
        larger = random_union(source, *window, 4)
        smaller = larger[:: source.randint(1, 3)]
        x = Fraction(source.randint(-60, 60), 60)
        grown = [[*c, *clip(shift(c, x), window)] for c in (smaller, larger)]
        if minus(grown[0], grown[1]):
            return False
    return True


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

    v, kappa, loss = symbols("v kappa loss")
    mean = v + kappa * v * (1 - v) - loss
    # m' is linear in kappa and in v: its smallest value on [0, 1]^2 is at a corner.
    corners = [diff(mean, v).subs({v: a, kappa: b}) for a in (0, 1) for b in (0, 1)]
    return identity(diff(mean, v, 2), -2 * kappa) and bool(min(corners) >= 0)


def _corner() -> bool:
    """Pairs of a window of length l at distance above 1 fill (l - 1)^2; half can be (new, old)."""
    from sympy import Rational, integrate, symbols

    y, size = symbols("y l", positive=True)
    area = 2 * integrate(size - 1 - y, (y, 0, size - 1))
    loss = Rational(1, 2) * area / 2 / size
    # Of (z, y) and (y, z) at most one is (new, old): membership of z and of y, four cases.
    once = all((not z) * y + (not y) * z <= 1 for z in (0, 1) for y in (0, 1))
    halved = identity(loss, (size - 1) ** 2 / (4 * size))
    return once and identity(area, (size - 1) ** 2) and halved


def _corner_sets(share: Fraction) -> bool:
    """Exact expected gains of random unions in longer windows are at least the bound."""
    source = random.Random(13)
    for _ in range(40):
        size = 1 + Fraction(source.randint(1, 40), 100)
        window: Interval = (-size / 2, size / 2)
        part = random_union(source, *window, source.randint(1, 4))
        v = measure(part) / size
        loss = share * (size - 1) ** 2 / size
        if expected_gain(part, window) / size < size / 2 * v * (1 - v) - loss:
            return False
    # Nearly attained by the right end as C: all of its far pairs are (new, old).
    size = Fraction(6, 5)
    part = [(Fraction(2, 5), size / 2)]
    gain = expected_gain(part, (-size / 2, size / 2)) / size
    return gain >= size / 2 * Fraction(1, 6) * Fraction(5, 6) - share * (size - 1) ** 2 / size


def _gap() -> bool:
    """[z - gap, z + gap] lies in the longer window for z in the target window: linear, corners."""
    half = Fraction(1, 2)
    return all(
        z + gap <= half + gap and z - gap >= -half - gap
        for z in (-half, half)
        for gap in (Fraction(0), Fraction(1))
    )


def _stop() -> bool:
    """Behind the last state less than `stop` is left, although states are rounded."""
    one = 1 << SHARE_BITS
    for stop in (Fraction(1, 100), Fraction(1, 3), Fraction(2, one + 1), Fraction(1, 2 * one)):
        window = Window(stop / 2, stop)
        last = int(known_shares(window, 12)[-1])
        if Fraction(one - last, one) > stop:
            return False
    return True


def _adversary() -> bool:
    """A feasible worst case on a grid: two-point steps v -> a, b with mean m(v) exactly.

    Its failure probability is a lower bound of F; the program must never fall below it.
    """
    grid, e = 80, Fraction(1, 10)
    values = [Fraction(int(grid - k >= e * grid)) for k in range(grid + 1)]
    rows = dynamic_program(Window(2 * e, e), 12, 24)
    for t in range(13):
        if Fraction(rows[t], ONE) < values[int(2 * e * grid)]:
            return False
        new = values.copy()
        for k in range(1, grid):
            mean = k + Fraction(k * (grid - k), 2 * grid)
            below = int(mean)
            chords = (
                values[a] + (values[b] - values[a]) * (mean - a) / (b - a)
                for b in range(below + 1, min(2 * k, grid) + 1)
                for a in (k, below)
            )
            new[k] = max(chords, default=Fraction(0))
        values = [_coarse(x) for x in new]
    # The program is also close to it: the test has power.
    return Fraction(rows[12], ONE) < 2 * values[int(2 * e * grid)] + Fraction(1, 100)


def _coarse(x: Fraction) -> Fraction:
    """Rounded down, so that fractions stay short and the bound stays a lower one."""
    return Fraction(int(x * 2**60), 2**60)


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


def _reach() -> bool:
    """min(2 v, 1) <= min(2 q, 1) for v <= q."""
    from sympy import symbols

    q, less = symbols("q d")
    return identity(2 * q - 2 * (q - less), 2 * less) and nonnegative(2 * less, less, 0, 1)


def _bound_steps() -> tuple[ProofStep, ...]:
    """Concave envelopes bound the worst share; cells of states."""
    return (
        step(
            "F_t does not increase: a part of C, with the same items, leaves at least as much",
            "rule",
            _inclusion,
            "so the supremum over shares at least v is the one over shares v",
            rules=("inclusion",),
        ),
        step(
            r"$E[\alpha - s(v' - m)] \le \alpha$ for $s \ge 0$, $E v' \ge m$",
            "identity",
            _line,
            "a line above F_t bounds E F_t(v'); F does not increase, so slopes are >= 0",
            rules=("linearity",),
        ),
        step(
            r"$m'' = -2\kappa$ and $m' \ge 0$ for $0 \le \kappa \le 1$: m is concave and "
            "increasing, so between states it lies above its chord",
            "monotone",
            _concave,
            "with the slope s of the left state p, F(v) <= F(p) - s (m(v) - m(p)) on the cell",
        ),
        step(
            r"for v in a cell [p, q], v' lies in $[p, \min(2q, 1)]$",
            "polynomial",
            _reach,
            "one line above F_t there serves all v of the cell",
        ),
        step("behind the last state less than stop is left", "spot", _stop, "rounded down"),
    )


def _program_steps(
    kappa: Fraction, lift: int, claims: tuple[tuple[Fraction, Fraction, int], ...], listed: str
) -> tuple[ProofStep, ...]:
    """The integer program stays on the safe side, from both sides."""
    return (
        step(
            r"the program's mean is at most $v(1 + (1-v)/2)$",
            "spot",
            lambda: _mean(kappa),
            "expectation identity; rounded down",
        ),
        step(
            "the integer bound is above every chord (150 random polygons, by fractions)",
            "spot",
            lambda: _brute_force(lift),
        ),
        step(
            "the program stays above a feasible worst case found by fractions",
            "spot",
            _adversary,
            "and within a factor of two of it",
        ),
        step(f"certified n: {listed}", "enclosure", lambda: _claims(claims)),
    )


def _longer_window_steps(corner: Fraction) -> tuple[ProofStep, ...]:
    """Windows longer than 1, and the gap that they pay with."""
    return (
        step(
            r"a window of length $\ell$ loses at most $(\ell-1)^2/(4\ell)$ of its share a step",
            "identity",
            _corner,
            "of the pairs (z, y), (y, z) with |z - y| > 1 at most one is (new, old), so half "
            "of that area counts, at density 1/2",
            rules=("fubini", "measure"),
        ),
        step(
            "expected gains of 40 random sets in longer windows, exactly",
            "spot",
            lambda: _corner_sets(corner),
        ),
        step(
            "an uncovered target at error reach + gap leaves 2 gap open in the longer window",
            "finite",
            _gap,
            rules=("linearity", "triangle"),
        ),
        step(
            "with three tenths of the error as gap: 36 items at error 0.02, delta 0.01",
            "enclosure",
            _split,
        ),
        step(
            "start, stop and mean of that window, by measures of sets in it",
            "spot",
            answers.dynamic_windows,
        ),
        step(
            "printed failure bounds stay above a feasible process in that window",
            "spot",
            answers.dynamic_profiles,
        ),
    )


def build(
    *,
    kappa: Fraction = Fraction(1, 2),
    claims: tuple[tuple[Fraction, Fraction, int], ...] = CLAIMS,
    lift: int = 0,
    corner: Fraction = Fraction(1, 4),
) -> Proof:
    """The proof; `kappa` is the growth constant, `claims` lists (e, delta, n).

    `corner` (l - 1)^2 / l is the share lost in a window of length l.
    """
    listed = ", ".join(f"({float(e):g}, {float(d):g}): {n}" for e, d, n in claims)
    return Proof(
        "dynamic-program",
        "The robust dynamic program",
        r"Let $F_t(v)$ be the largest probability, over sets of share at least $v$, that $t$ "
        r"further items leave a share $u \ge$ stop of the window. Then $F_{t+1}(v)$ is at most "
        r"the concave envelope of $F_t$ on $[v, \min(2v, 1)]$ at $m(v) = v + \kappa v (1-v)$. "
        rf"Smallest certified n (error 2e on $[-1/2,1/2]$), by integers: {listed}. "
        r"For a window of length $\ell > 1$ this holds with $\kappa = \ell/2$ and "
        r"$m(v) = v + \kappa v(1-v) - (\ell-1)^2/(4\ell)$.",
        (
            *_bound_steps(),
            *_program_steps(kappa, lift, claims, listed),
            *_longer_window_steps(corner),
        ),
        ("expectation-identity", "growth-at-most-double"),
    )
