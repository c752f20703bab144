"""Amplification for subsets of fixed size: where the block argument stops."""

from __future__ import annotations

import itertools
from fractions import Fraction

from .kit import Proof, step
from .kit.balls import ball

UNSAFE = ({"blocks": 2},)


def _blocks(blocks: int) -> bool:
    """A block of n/r items has no k-subset when k > n/r."""
    n, k = 24, 12
    size = n // blocks
    return not any(True for _ in itertools.combinations(range(size), k))


def _many() -> bool:
    """r = (4/c) ln(k/eps) is at least 4 ln(100) > 18 for c <= 1, k = 1, eps = 1/100."""
    return bool(4 * ball(100).log() > 18)


def _valid() -> bool:
    """The argument is sound once k <= lambda n/r: then k/(n/r) <= lambda, as its lemma asks."""
    n, lam = Fraction(1000), Fraction(1, 2)
    return all(
        Fraction(k) / (n / r) <= lam for r in (2, 7, 19) for k in range(int(lam * n / r) + 1)
    )


def build(*, blocks: int = 4) -> Proof:
    """The proof; `blocks` is the number r of blocks in the counterexample."""
    return Proof(
        "gap-fixed-size-amplification",
        "Subsets of fixed size: amplification needs k <= lambda n/r",
        r"Splitting n items into $r = (4/c)\ln(k/\varepsilon)$ blocks and taking the k-subset "
        r"inside "
        rf"one block is impossible for density $k/n > 1/r$: with n = 24, k = 12, r = {blocks} no "
        "block has a subset of that size.",
        (
            step(
                "no k-subset inside a block (complete enumeration)",
                "finite",
                lambda: _blocks(blocks),
            ),
            step("r is at least 18 already for one item and error 1/100", "enclosure", _many),
            step("for k <= lambda n/r the argument stands", "rule", _valid),
        ),
        gap="The amplified statement for subsets of exactly k items is proved by blocks of size "
        "n/r. As written the proof needs k <= lambda n/r, which constant density excludes. The "
        "statement is not refuted here; the proof covers only densities below lambda/r.",
    )
