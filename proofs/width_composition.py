"""Whole networks: union bounds over weights, errors through layers."""

from __future__ import annotations

import itertools
from fractions import Fraction

from slt_theory.certified.networks import dense_widths, root_up

from .kit import Proof, step
from .kit.algebra import identity
from .kit.rules import union

UNSAFE = ({"halves": Fraction(3)}, {"share": Fraction(3, 5)})


def _roots() -> bool:
    return all(
        root_up(n) ** 2 >= n and (root_up(n) - Fraction(2, 1000)) ** 2 < n
        for n in range(1, 3000, 7)
    )


def _frobenius(share: Fraction) -> bool:
    """d d' entries of size share eps/(l sqrt(d d')): square sum is (share eps/l)^2 <= "
    "(eps/2l)^2."""
    from sympy import Rational, symbols

    eps, depth, r = symbols("eps l r", positive=True)
    s = Rational(share.numerator, share.denominator)
    entry = s * eps / (depth * r)
    exact = identity(r**2 * entry**2, (s * eps / depth) ** 2)
    return exact and bool(share <= Fraction(1, 2))


def _union(halves: Fraction) -> bool:
    """Every weight needs two sums: delta/m for each of m = sum 2 d d' sums."""
    for dims in ((2, 3), (4, 5, 6), (10, 1, 10)):
        pairs = [a * b for a, b in itertools.pairwise(dims)]
        sums = sum(2 * p for p in pairs)
        if union([Fraction(1, sums)] * int(halves * sum(pairs))) > 1:
            return False
    return True


def _function() -> bool:
    found = dense_widths((3, 2, 2), Fraction(1, 5), Fraction(1, 5))
    if found is None or found.sums != 20:
        return False
    wide = [n * d for n, d in zip(found.items, (3, 2), strict=True)]
    entries = [Fraction(1, 5) / (4 * root_up(p)) for p in (6, 4)]
    near = all(
        abs(Fraction(e) - x) < Fraction(1, 10**9)
        for e, x in zip(found.entry_errors, entries, strict=True)
    )
    return list(found.widths) == wide and near


def build(*, halves: Fraction = Fraction(2), share: Fraction = Fraction(1, 2)) -> Proof:
    """The proof; `halves` sums a weight, `share` of eps / l for a layer."""
    return Proof(
        "width-composition",
        "Certified widths of whole networks",
        r"Let n items of the half law $v\,\max(u,0)$ reach $[-1,1]$ within $\varepsilon_w = "
        rf"{share}\varepsilon/(l\sqrt{{d_id_{{i-1}}}})$ except with probability $\delta/m$, $m "
        rf"= \sum"
        rf" {halves}d_id_{{i-1}}$. Then $n\,d_{{i-1}}$ hidden units between layers i-1 and i are "
        r"enough: with probability $1-\delta$ *every* network with $\|W_i\| \le 1$ has a pruning "
        r"within $\varepsilon$ on the unit ball.",
        (
            step(
                "a hidden unit serves the half line of its own sign: n units an input, n items "
                "a half",
                "rule",
                lambda: _union(halves),
                "both halves see the same law; union bound over all sums (independence not needed)",
            ),
            step(
                r"entries within $\varepsilon_w$ give $\|D\|_F \le \varepsilon/(2l)$",
                "identity",
                lambda: _frobenius(share),
                "the operator norm is at most the Frobenius norm",
            ),
            step("rational square roots, rounded up", "spot", _roots),
            step("the function behind the printed widths", "spot", _function),
        ),
        ("relu-gadgets", "error-recursion-dense", "mixture-rule", "extension-rule"),
    )
