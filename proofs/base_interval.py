"""A base interval of small items and its extension by the others."""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from slt_theory.certified.base_certificate import certificates, stored_failure
from slt_theory.certified.enclose import ball
from slt_theory.certified.exact import ONE
from slt_theory.certified.magnitudes import MAGNITUDES
from slt_theory.certified.outward import counts, ladder, misfit, short, sweep

from .kit import Proof, ProofStep, step
from .kit.algebra import identity
from .kit.balls import integral

Claim = tuple[str, Fraction, Fraction, int]

CLAIMS: tuple[Claim, ...] = (
    ("uniform*uniform", Fraction(1, 100), Fraction(1, 100), 45),
    ("uniform*uniform", Fraction(1, 1000), Fraction(1, 1000), 61),
    ("uniform", Fraction(1, 100), Fraction(1, 100), 42),
    ("normal", Fraction(1, 100), Fraction(1, 100), 41),
    ("normal", Fraction(1, 1000), Fraction(1, 1000), 58),
)
ROW = 0
"""The certificate that the proof checks itself; the tests check all."""

UNSAFE = (
    {"start": Fraction(5, 4), "row": None},
    {"moved": 3, "row": None},
    {"claims": (("uniform*uniform", Fraction(1, 100), Fraction(1, 100), 40),), "row": None},
    {"mean": Fraction(99, 100), "row": None},
    {"cut": Fraction(9, 8)},
    {"length": Fraction(21, 20)},
)


def _joins() -> bool:
    """[s, s + D] and [s + x, s + D + x] overlap iff |x| <= D; together they are D + |x| long."""
    from sympy import symbols

    s, d, x = symbols("s D x")
    right = (s + d + x) - s
    left = (s + d) - (s - x)
    return identity(right, d + x) and identity(left, d + x) and identity((s + d) - (s + x), d - x)


def _ends() -> bool:
    """From [A - D/2, A + D/2] by P to the right and Q to the left."""
    from sympy import symbols

    a, d, p, q, w = symbols("A D P Q w")
    right, left = a + d / 2 + p - w, -w - (a - d / 2 - q)
    return identity(right, (a + p) - (w - d / 2)) and identity(left, (-a + q) - (w - d / 2))


def _covered(sums: list[int], lo: int, hi: int, error: int) -> bool:
    """Every real of [lo, hi] is within `error` of a sum."""
    inside = [x for x in sums if lo - error <= x <= hi + error]
    if not inside or inside[0] > lo + error or inside[-1] < hi - error:
        return False
    return all(b - a <= 2 * error for a, b in itertools.pairwise(inside))


def _instances(start: Fraction) -> bool:
    """Random integer items that meet (a) and (b): the promised interval is covered, exactly."""
    source, met = random.Random(11), 0
    for _ in range(4000):
        cut, error = 6, 1
        small = [2 * source.randint(-cut, cut) for _ in range(source.randint(3, 5))]
        large = sorted((source.randint(7, 40) for _ in range(2)), key=abs)
        length = 2 * source.randint(cut, 2 * cut)
        sums = sorted({sum(c) for r in range(6) for c in itertools.combinations(small, r)})
        middle = sum(small) // 2
        if not _covered(sums, middle - length // 2, middle + length // 2, 2 * error):
            continue
        sizes = [2 * x for x in large]
        if any(x > start * (length + sum(sizes[:k])) for k, x in enumerate(sizes)):
            continue
        met += 1
        items = [source.choice((-1, 1)) * x for x in sizes]
        every = small + items
        all_sums = sorted(
            {sum(c) for r in range(len(every) + 1) for c in itertools.combinations(every, r)}
        )
        lo = middle - length // 2 + sum(x for x in items if x < 0)
        hi = middle + length // 2 + sum(x for x in items if x > 0)
        if not _covered(all_sums, lo, hi, 2 * error):
            return False
    return met >= 20


def _even() -> bool:
    """X and -X have one law, so both ends fall short with the same probability."""
    from sympy import symbols

    nowhere, apart, near = symbols("a b c")
    return identity(nowhere + apart + near + near, nowhere + apart + 2 * near)


def _numbers() -> bool:
    """The numbers of small items, against exact binomials at both ends of the ball."""
    cut = Fraction(1, 4)
    table = counts("uniform", cut, 9)
    for n, k in itertools.product((1, 5, 9), range(10)):
        exact = math.comb(n, k) * cut**k * (1 - cut) ** (n - k) if k <= n else Fraction(0)
        if not exact <= Fraction(float(table[n, k])) <= exact + Fraction(1, 10**8):
            return False
    return True


def _sweep() -> bool:
    """The sweep of the large items against complete enumeration by fractions."""
    masses = [Fraction(1, 4), Fraction(1, 8), Fraction(1, 8), Fraction(1, 4)]
    ends, width, outside = [4, 6, 9, 13, 20], 7, Fraction(1, 4)
    found = sweep(np.array([float(m) for m in masses]), ends, float(outside), width, 5)
    for n in range(6):
        exact = Fraction(0)
        for word in itertools.product(range(5), repeat=n):
            so_far, bad = 0, False
            for j in range(4):
                here = word.count(j)
                bad |= here > 0 and width + so_far < ends[j + 1]
                so_far += here * ends[j]
            weight = math.prod(([*masses, outside][k] for k in word), start=Fraction(1))
            exact += weight if bad else 0
        if not exact <= Fraction(float(found[n])) <= exact + Fraction(1, 10**8):
            return False
    return True


def _ladder() -> bool:
    """The sums of one side against complete enumeration: which item is in the core matters."""
    kinds = {  # value, mass, small
        "half": [(-1, Fraction(1, 8)), (0, Fraction(1, 8)), (1, Fraction(1, 4))],
        "plus": [(0, Fraction(1, 4)), (2, Fraction(1, 4))],
        "far": [(0, Fraction(1, 4)), (3, Fraction(1, 4))],
    }
    half = np.array([0.125, 0.125, 0.25])
    plus, far = np.array([0.25, 0, 0.25, 0]), np.array([0.25, 0, 0, 0.25])
    goal, core = 3, 2
    found = ladder(half, plus, far, shift=1, goal=goal, core=core, n=4)
    for n in range(5):
        states = {(0, 0): Fraction(1)}
        for _ in range(n):
            after: dict[tuple[int, int], Fraction] = {}
            for (j, total), weight in states.items():
                small = kinds["half"] if j < core else kinds["plus"]
                moves = [(min(j + 1, core), v, m) for v, m in small]
                moves += [(j, v, m) for v, m in kinds["far"]]
                for k, v, m in moves:
                    key = (k, total + v)
                    after[key] = after.get(key, Fraction(0)) + weight * m
            states = after
        exact = sum((w for (_, total), w in states.items() if total < goal), Fraction(0))
        if not exact <= Fraction(float(found[n])) <= exact + Fraction(1, 10**8):
            return False
    return True


def _one_item(moved: int) -> bool:
    """One item of U*U: P(a(X) < goal) in closed form; the lattice is never below it."""
    law, cut, unit = "uniform*uniform", Fraction(1, 4), Fraction(1, 1024)
    below = MAGNITUDES[law].below
    for goal in (Fraction(1, 32), Fraction(1, 16), Fraction(1, 10)):
        bound = Fraction(float(short(law, cut, goal - moved * unit, Fraction(1), 1, 1)[1]))
        # a < goal < cut/2: negative large items, and small ones with x < 2 goal.
        exact = (1 + below(ball(2 * goal))) / 2
        if not (bool(ball(bound) >= exact) and bool(ball(bound) <= exact + ball(Fraction(1, 50)))):
            return False
    return True


def _derivatives() -> bool:
    """The closed forms have -log x, the bell and x times these as derivatives."""
    from sympy import diff, erf, exp, log, pi, sqrt, symbols

    x = symbols("x", positive=True)
    bell = 2 * exp(-(x**2) / 2) / sqrt(2 * pi)
    product = diff(x * (1 - log(x)), x) == -log(x)
    part = identity(diff(x**2 * (1 - 2 * log(x)) / 4, x) / x, -log(x))
    normal = diff(erf(x / sqrt(2)), x) == bell and diff(-bell, x) == x * bell
    return bool(product) and part and bool(normal)


def _misfit() -> bool:
    """One item of U*U does not fit if |X| > D: in closed form, for D = 3/2 cuts."""
    law, cut = "uniform*uniform", Fraction(1, 4)
    found = ball(Fraction(float(misfit(law, cut, Fraction(3, 2), Fraction(1), 1)[1])))
    exact = 1 - MAGNITUDES[law].below(ball(cut * Fraction(3, 2)))
    return bool(found >= exact) and bool(found <= exact + ball(Fraction(1, 20)))


def _magnitudes(mean: Fraction) -> bool:
    """Masses and partial means of the program against quadrature of twice the density."""
    lo, hi, tiny = Fraction(1, 3), Fraction(2, 3), Fraction(1, 10**14)
    close = ball(Fraction(1, 10**12))
    densities: dict[str, Any] = {
        "uniform": lambda x: 1 + 0 * x,
        "uniform*uniform": lambda x: -x.log(),
        "normal": lambda x: 2 * (-x * x / 2).exp() / (2 * x.pi()).sqrt(),
    }
    for name, law in MAGNITUDES.items():
        density = densities[name]

        def moment(x: Any, _: Any, p: Any = density) -> Any:
            return x * p(x)

        def mass(x: Any, _: Any, p: Any = density) -> Any:
            return p(x)

        found = (*law.masses([lo, hi]), *law.means([lo, hi]))
        stated = integral(mass, lo, hi), integral(moment, lo, hi) * ball(mean)
        at_zero = law.below(ball(tiny)), law.mean(ball(tiny))
        near = [*(a - b for a, b in zip(found, stated, strict=True)), *at_zero]
        if not all(bool(abs(x) < close) for x in near):
            return False
    return set(densities) == set(MAGNITUDES)


def _row(row: int | None, cut: Fraction, length: Fraction) -> bool:
    """A shipped certificate, computed anew; with `cut` or `length` other than 1, a moved one."""
    if row is None:
        return True
    one = certificates()[row]
    base = replace(
        one.base,
        cut=one.base.cut * cut,
        error=one.base.error / cut,
        length=one.base.length * length,
        radius=one.base.radius / cut,
    )
    return replace(one, base=base).check()


def _claims(claims: tuple[Claim, ...]) -> bool:
    for law, eps, delta, n in claims:
        if stored_failure(law, eps, Fraction(1))[n] > int(delta * ONE):
            return False
    return True


def _interval_steps(start: Fraction) -> tuple[ProofStep, ...]:
    """The interval grows by every item that is at most as long."""
    return (
        step(
            r"an interval J within $\varepsilon$ of sums and an item with $|x| \le |J|$ give "
            r"the interval $J \cup (J + x)$, longer by |x|",
            "induction",
            _joins,
            "first the small items left over, as c ≤ D, then the large ones by (b)",
        ),
        step(
            r"at the end it is $[A - D/2 - Q, A + D/2 + P]$, P and Q the sums of the "
            "positive and of the negative further items: (c) says that it holds [-w, w]",
            "identity",
            _ends,
        ),
        step(
            "the same for random integer items with all their sums",
            "spot",
            lambda: _instances(start),
        ),
    )


def _chance_steps(mean: Fraction, moved: int) -> tuple[ProofStep, ...]:
    """The chances that (a), (b) or (c) fails, from above."""
    return (
        step(
            r"failure $\le$ P(not a) + P(not b) + 2 P($\sum a(X_i) < w - D/2$)",
            "rule",
            _even,
            "given K, the small items are independent with the law given |X| ≤ c; items "
            "beyond the top are left out",
            rules=("union", "total-probability", "subsets"),
        ),
        step(
            "distributions and partial means of |U|, |U·U| and |N|",
            "spot",
            lambda: _magnitudes(mean),
            "closed forms: x and x²/2; x(1 - log x) and x²(1 - 2 log x)/4; erf(x/√2) and "
            "2(φ(0) - φ(x))",
        ),
        step(
            "these closed forms have the densities as derivatives and vanish at 0",
            "identity",
            _derivatives,
        ),
        step("one large item that does not fit, in closed form", "spot", _misfit),
        step("numbers of small items, rounded up", "spot", _numbers),
        step(
            "an item in (b) counts with the lower end of its cell and must fit with the upper; "
            "against complete enumeration",
            "spot",
            _sweep,
        ),
        step("the sums in (c) against complete enumeration", "spot", _ladder),
        step(
            "the lattice of (c) rounds a(x) down: one item in closed form",
            "enclosure",
            lambda: _one_item(moved),
        ),
    )


def build(
    *,
    start: Fraction = Fraction(1),
    moved: int = 0,
    mean: Fraction = Fraction(1),
    cut: Fraction = Fraction(1),
    length: Fraction = Fraction(1),
    claims: tuple[Claim, ...] = CLAIMS,
    row: int | None = ROW,
) -> Proof:
    """The proof.

    `start` multiplies the room that a large item has, `moved` lattice units are taken off the goal
    of the sums, `mean` multiplies the partial mean, `cut` and `length` those of the certificate
    `row`.
    """
    listed = ", ".join(f"{law} ({float(e):g}, {float(d):g}): {n}" for law, e, d, n in claims)
    return Proof(
        "base-interval",
        "A base interval and its extension",
        r"Even law; small: $|x| \le c$. Let A be half the sum of the first K small items and D "
        r"$\ge c$. If (a) every z of $[A - D/2, A + D/2]$ is within $\varepsilon$ of a sum of "
        r"these, (b) each large |x|, in increasing order, is at most D plus the sum of the smaller "
        r"large ones, (c) $\sum a(x_i) \ge w - D/2$ for the items and for their negatives, where a "
        r"= x/2 for those K items and max(x, 0) for the others, then every z of [-w, w] is within "
        rf"$\varepsilon$ of a sum. Certified n on [-1, 1]: {listed}.",
        (
            *_interval_steps(start),
            *_chance_steps(mean, moved),
            step(
                f"certificate {row}, computed anew with directed rounding"
                if row is not None
                else "no certificate is computed anew",
                "enclosure",
                lambda: _row(row, cut, length),
                "a search found parameters and weights; the bounds rest on this check alone",
            ),
            step(f"the stored bounds give {listed}", "enclosure", lambda: _claims(claims)),
        ),
        ("smoothed-density", "uniform-components"),
    )
