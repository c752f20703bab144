"""Sakamoto and Sato 2022: a PAC-Bayes bound for winning tickets."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from slt_theory.theorems.checks import EXACT, Check, Outcome, all_of, mutant
from slt_theory.theorems.common import parameter
from slt_theory.theorems.conditions import Statement
from slt_theory.theorems.entry import Constant, Paper, Quantifiers, Source, Theorem

if TYPE_CHECKING:
    from flint import arb

PAPER = Paper(
    key="sakamoto2022",
    authors="Keitaro Sakamoto, Issei Sato",
    title="Analyzing lottery ticket hypothesis from PAC-Bayesian theory perspective",
    venue="NeurIPS 2022",
    year=2022,
    arxiv="2205.07320",
)

Weights = list[tuple[int, int]]
"""A law of slab values: (value, weight), weights of total 2^10."""

_TOTAL = 1 << 10


def _slab(shift: int) -> Weights:
    """A slab of 9 values around `shift`, falling as 1, 1/2, 1/4, ... away from it."""
    weights = [(shift + k, 1 << (8 - 2 * abs(k))) for k in range(-4, 5)]
    rest = _TOTAL - sum(weight for _, weight in weights)
    return [(v, w + (rest if v == shift else 0)) for v, w in weights]


def divergence(first: dict[int, arb], second: dict[int, arb]) -> arb:
    """Kullback-Leibler divergence of two laws of finitely many values, in balls."""
    from flint import arb

    return sum((p * (p / second[v]).log() for v, p in first.items()), arb(0))


def spike_and_slab(seed: int, gates: bool = True) -> Outcome:
    """KL of two spike-and-slab laws = KL of the gates + kept share times KL of the slabs, by balls.

    The left side is over all values of one weight, the spike at a value that no slab has.
    `gates` False leaves out the first term.
    """
    from flint import arb

    failures, cases, spike = [], 0, 99
    for kept, prior in ((1, 8), (4, 8), (7, 8), (2, 3)):
        for shift in range(3):
            slabs = {v: arb(w) / _TOTAL for v, w in _slab(0)}
            # The prior's slab reaches further, so that nothing has divergence infinity.
            wide = {v: arb(1) / 17 for v in range(-8, 9)}
            moved = {v + shift: p for v, p in slabs.items()}
            one, other = arb(kept) / 10, arb(prior) / 10
            posterior = {spike: 1 - one, **{v: one * p for v, p in moved.items()}}
            before = {spike: 1 - other, **{v: other * p for v, p in wide.items()}}
            gate = divergence({0: 1 - one, 1: one}, {0: 1 - other, 1: other})
            parts = one * divergence(moved, wide) + (gate if gates else 0)
            cases += 1
            if not abs(divergence(posterior, before) - parts) < arb(2.0**-40):
                failures.append(f"kept {kept}/10 against {prior}/10, shift {shift}")
    return all_of(failures, cases, "divergence of spike-and-slab laws of one weight")


ENTRIES = (
    Theorem(
        id="sakamoto2022-spike-and-slab",
        title="A PAC-Bayes bound in which sparsity and distance from the start are two terms",
        kind="identity",
        source=Source(PAPER, "abstract; the divergence derived here", "proceedings", "abstract"),
        statement=Statement(
            "Posterior and prior of a network are spike-and-slab laws, weight by weight: 0 with "
            "probability 1 - lambda, else near the trained, or the initial, weight",
            (parameter("the slab has no atom at 0", "atoms", lambda v: v >= 0),),
            "A PAC-Bayes bound with this pair explains winning tickets by sharpness, sparsity and "
            "distance from the initial weights: its divergence is the sum over weights of "
            "KL(lambda | lambda_0), the price of the mask, and lambda times the divergence of the "
            "slabs, the price of the distance.",
        ),
        quantifiers=Quantifiers(None, "fixed", "the divergence, exactly", "one weight"),
        assumptions=(),
        constants=(Constant("1", "1", "derived", "both terms count once"),),
        bound=None,
        not_claimed=("tickets without training", "a bound that is not vacuous for large networks"),
        checks=(
            Check("two terms", "twelve pairs of laws, by balls", spike_and_slab),
            mutant(
                "mask for free",
                "without the divergence of the gates",
                partial(spike_and_slab, gates=False),
                power=EXACT,
            ),
        ),
    ),
)
