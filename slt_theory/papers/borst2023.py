"""Borst, Dadush, Mikulincer 2023: targets as 0/1 combinations of random columns."""

from __future__ import annotations

from functools import partial

from slt_theory.theorems.checks import Check, Outcome, Power, mutant, share
from slt_theory.theorems.common import POSITIVE, integers, parameter
from slt_theory.theorems.conditions import Statement
from slt_theory.theorems.entry import (
    Constant,
    KnownIssue,
    Paper,
    Quantifiers,
    Source,
    Theorem,
)

PAPER = Paper(
    key="borst2023",
    authors="Sander Borst, Daniel Dadush, Dan Mikulincer",
    title="Integrality gaps for random integer programs via discrepancy",
    venue="SODA 2023",
    year=2023,
    arxiv="2203.11863",
)

_WIDTH = 64
"""Width of a plane of sums: coordinates stay within -32 .. 31 for up to 30 columns of size 1."""


def lattice_targets(seed: int, zero: bool = True, n: int = 20, radius: int = 2) -> Outcome:
    """Every z of a box around half of the sum of the columns is a 0/1 combination, exactly.

    Columns are uniform on {-1, 0, 1}^2, or on {-1, 1}^2 where `zero` is False: then the parities
    of both coordinates are those of the size of the subset, so that z = (0, 1) is out of reach.
    """
    trials, hits = 80, 0
    for trial in range(trials):
        low, high = (-1, 1) if zero else (0, 1)
        draws = integers(seed, trial, 2 * n, low, high)
        columns = (draws if zero else 2 * draws - 1).reshape(n, 2).tolist()
        start = (_WIDTH // 2) * (_WIDTH + 1)
        bits = 1 << start
        for x, y in columns:
            shift = x + _WIDTH * y
            bits |= bits << shift if shift >= 0 else bits >> -shift
        cx, cy = (round(sum(c[k] for c in columns) / 2) for k in (0, 1))
        box = range(-radius, radius + 1)
        hits += all(bits >> (start + cx + i + _WIDTH * (cy + j)) & 1 for i in box for j in box)
    law = "{-1, 0, 1}" if zero else "{-1, 1}"
    return share(hits, trials, 0.9, f"n = {n}, columns on {law}^2, all of a 5 x 5 box")


ENTRIES = (
    Theorem(
        id="borst2023-linear-discrepancy",
        title="Random columns reach every target near the middle, exactly if they are integers",
        kind="theorem",
        source=Source(
            PAPER, "abstract; the form of the conditions recalled", "arXiv v3", "abstract"
        ),
        statement=Statement(
            "An m x n matrix with iid columns, either log-concave and isotropic or uniform on the "
            "integers -k..k in every entry",
            (
                parameter("the columns' law has no parity (0 is an entry)", "zero_entry", bool),
                parameter("m >= 1", "m", lambda v: v >= 1),
            ),
            "For n at least polynomial in m, with probability exponentially near 1 a target "
            "near half of the sum of the columns is equal (integers) or very near (log-concave) "
            "to a {0,1} combination of them.",
        ),
        quantifiers=Quantifiers("fixed", None, "0, or exponentially small", "near the middle"),
        assumptions=(POSITIVE,),
        constants=(Constant("poly(m)", None, "unnamed", "columns that are enough"),),
        bound=None,
        known_issues=(
            KnownIssue(
                "the paper's theorem is for one target and many laws, continuous and discrete; "
                "the check asks for a box of targets at once, for one law"
            ),
        ),
        uses=("becchetti2022-vectors", "turner2020-discrepancy"),
        checks=(
            Check("integers", "exact sums in the plane, 20 columns", lattice_targets),
            mutant(
                "parity",
                "columns on {-1, 1}^2",
                partial(lattice_targets, zero=False),
                power=Power(100, 100),
            ),
        ),
    ),
)
