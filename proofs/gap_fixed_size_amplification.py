"""Amplification for subsets of fixed size: where the block argument stops."""

from __future__ import annotations

import itertools

from .kit import Proof, step
from .kit.algebra import identity
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
    """k = lambda n/r - d gives k/(n/r) = lambda - d r/n: at most lambda, as the lemma asks."""
    from sympy import symbols

    n, r, lam, less = symbols("n r lam d")
    return identity((lam * n / r - less) / (n / r), lam - less * r / n)


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
            step(
                "for k <= lambda n/r a block meets the density that the lemma for one block asks",
                "identity",
                _valid,
            ),
        ),
        gap="The amplified statement for subsets of exactly k items is proved by blocks of size "
        "n/r. As written the proof needs k <= lambda n/r, which constant density excludes. The "
        "statement is not refuted here; the proof covers only densities below lambda/r.",
    )
