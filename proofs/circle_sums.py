"""Sums modulo 2 reach every residue with kappa = 1."""

from __future__ import annotations

import random
from fractions import Fraction

from slt_theory.certified.circle import circle_n, circle_window
from slt_theory.certified.dynamic import SHARE_BITS

from .kit import Proof, step
from .kit.algebra import identity

UNSAFE = (
    {"rate": Fraction(11, 10)},
    {"arc": Fraction(3)},
    {"claims": ((Fraction(1, 100), Fraction(1, 100), 14),)},
)

CLAIMS = (
    (Fraction(1, 10), Fraction(1, 10), 10),
    (Fraction(1, 100), Fraction(1, 100), 18),
    (Fraction(1, 1000), Fraction(1, 1000), 25),
)


def _hit() -> bool:
    """{x : z - x in [a, b]} = [z - b, z - a] modulo 2: its length, over 2."""
    from sympy import symbols

    z, a, b = symbols("z a b")
    return identity(((z - a) - (z - b)) / 2, (b - a) / 2)


def _growth(rate: Fraction) -> bool:
    from sympy import Rational, symbols

    v = symbols("v")
    return identity(v + (1 - v) * v, v + Rational(rate.numerator, rate.denominator) * v * (1 - v))


def _cyclic() -> bool:
    """Unions of cells of Z_m, all m shifts: the mean share of C and C + x together, exactly."""
    source = random.Random(17)
    for _ in range(60):
        m = source.randint(3, 40)
        part = {source.randrange(m) for _ in range(source.randint(1, m))}
        share = Fraction(len(part), m)
        grown = sum(len(part | {(c + x) % m for c in part}) for x in range(m))
        if Fraction(grown, m * m) != share + share * (1 - share):
            return False
    return True


def _double() -> bool:
    """|C u (C + x)| <= |C| + |C + x| = 2 |C|."""
    from sympy import symbols

    share = symbols("v")
    return identity(share + share, 2 * share)


def _ends(arc: Fraction) -> bool:
    """The arcs of radius r = error - gap and gap have shares 2 r/2 and 2 gap/2 of a circle of 2."""
    error, gap = Fraction(1, 10), Fraction(3, 100)
    window = circle_window(error, gap)
    return (window.start, window.stop) == (arc * (error - gap) / 2, arc * gap / 2)


def _mean() -> bool:
    """The program's mean is below the exact one at every state of a fine lattice."""
    window = circle_window(Fraction(1, 10), Fraction(1, 20))
    one = 1 << SHARE_BITS
    shares = [k << (SHARE_BITS - 10) for k in range(1, 1024)]
    return all(window.mean(v) * one <= v * one + v * (one - v) for v in shares)


def _claims(claims: tuple[tuple[Fraction, Fraction, int], ...]) -> bool:
    found = [(circle_n(eps, delta), n) for eps, delta, n in claims]
    return all(best is not None and best.n <= n for best, n in found)


def build(
    *,
    rate: Fraction = Fraction(1),
    arc: Fraction = Fraction(2),
    claims: tuple[tuple[Fraction, Fraction, int], ...] = CLAIMS,
) -> Proof:
    """The proof; `rate` is kappa, an arc of radius r has length `arc` r."""
    listed = ", ".join(f"({float(e):g}, {float(d):g}): {n}" for e, d, n in claims)
    return Proof(
        "circle-sums",
        "Sums modulo 2",
        r"Let $X_i$ be independent and uniform on $\mathbf{R}/2\mathbf{Z}$ (for instance "
        r"$U[-1,1]$ modulo 2). With n items, every residue has a subset sum within $\varepsilon$ "
        rf"modulo 2 with probability at least $1-\delta$: $(\varepsilon, \delta)$: {listed}.",
        (
            step(
                r"$P(z - X \in C) = |C|/2$ for every z and measurable C",
                "identity",
                _hit,
                "on an arc; the law is the measure over 2, and nothing is clipped",
                rules=("measure",),
            ),
            step(
                rf"$E v' = v + {rate}\, v (1 - v)$ for the share v of residues near a sum",
                "identity",
                lambda: _growth(rate),
                "C' consists of C and of the z outside C with z - X in C",
                rules=("fubini",),
            ),
            step("the same for unions of cells of Z/m and all shifts", "spot", _cyclic),
            step(r"$v \le v' \le \min(2v, 1)$", "identity", _double, rules=("measure",)),
            step(
                "the empty sum serves a share error - gap; a residue missed by the error leaves an "
                "arc of share gap",
                "finite",
                lambda: _ends(arc),
                "every point of the open arc of radius gap is then farther than error - gap from "
                "all sums",
                rules=("triangle",),
            ),
            step(r"the program's mean is at most $v + v(1-v)$", "spot", _mean, "rounded down"),
            step(
                f"certified n, by the integers of the dynamic program with kappa = 1: {listed}",
                "enclosure",
                lambda: _claims(claims),
                "its proof asks for these two facts and kappa <= 1, whatever the space",
            ),
        ),
        ("dynamic-program",),
    )
