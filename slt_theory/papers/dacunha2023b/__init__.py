"""Da Cunha, d'Amore, Natale 2023: structured pruning, hidden channels kept whole."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from slt_theory.lattice import target_range
from slt_theory.laws import Normal
from slt_theory.streams import Purpose, stream_id
from slt_theory.theorems.checks import Check, Outcome, share
from slt_theory.theorems.common import POSITIVE, parameter
from slt_theory.theorems.conditions import Statement
from slt_theory.theorems.entry import (
    Constant,
    Formula,
    KnownIssue,
    Paper,
    Quantifiers,
    Source,
    Theorem,
)
from slt_theory.tickets.building.construction import OfNetworks

if TYPE_CHECKING:
    from slt_theory.tickets.building.request import Request
    from slt_theory.tickets.ticket import Ticket


PAPER = Paper(
    key="dacunha2023b",
    authors="Arthur da Cunha, Francesco d'Amore, Emanuele Natale",
    title="Polynomially over-parameterized convolutional neural networks contain structured "
    "strong winning lottery tickets",
    venue="NeurIPS 2023",
    year=2023,
    arxiv="2311.09858",
)

_L1 = parameter("the l1 norm of every kernel tensor is at most 1", "l1_norm", lambda v: v <= 1)


def scaled_normal_vectors(seed: int) -> Outcome:
    """Vectors Z_i X_i in the plane, Z_i and X_i normal: a random target of [-1/2,1/2]^2."""
    from slt_theory.subset_sum.vector import decide

    law, trials, n, eps = Normal(bits=24), 200, 26, Fraction(1, 20)
    unit = Fraction(1, 1 << 48)
    successes = 0
    for trial in range(trials):
        draws = law.sample(seed, stream_id(Purpose.TESTS, trial), 0, 3 * n + 2).reshape(-1)
        items = draws[:n, None] * draws[n : 3 * n].reshape(n, 2)
        words = [Fraction(int(d) % (1 << 20), 1 << 20) - Fraction(1, 2) for d in draws[-2:]]
        boxes = [target_range(z, eps, unit) for z in words]
        low, high = np.array([b.lo for b in boxes]), np.array([b.hi for b in boxes])
        successes += decide(items, low, high) is not None
    return share(successes, trials, 0.9, f"n = {n}, eps = {eps}, d = 2")


ENTRIES = (
    Theorem(
        id="dacunha2023b-structured",
        title="Removing whole filters: polynomial overparameterisation",
        kind="theorem",
        source=Source(PAPER, "main theorem; abstract read", "arXiv", "recalled-low"),
        statement=Statement(
            "A random CNN of 2l layers with N(0,1) kernels and n_i >= C s_i^6.5 c_i^6 "
            "log^3(s_i c_i c_{i-1} l / eps) channels",
            (_L1,),
            "With probability at least 1 - eps it contains, for every such target, a "
            "structured ticket: blocks of channels in the 1 x 1 layers and whole filters "
            "after them, with max error eps.",
        ),
        quantifiers=Quantifiers("all", "all", "eps, max norm", "kernels with ||K||_1 <= 1"),
        assumptions=(POSITIVE,),
        constants=(
            Constant("C", None, "unnamed"),
            Constant("13", "13", "stated", "exponent of the filter's side: 12 or 13, recalled"),
            Constant("6", "6", "stated", "exponent of the channels, recalled"),
        ),
        bound=Formula(
            "C*s**Rational(13, 2)*d_out**6*log(s*d_in*d_out*l/eps)**3",
            lambda eps, s, d_in, d_out, l, C: (  # noqa: E741
                C * s**6.5 * d_out**6 * math.log(s * d_in * d_out * l / eps) ** 3
            ),
        ),
        unit="channels",
        known_issues=(KnownIssue("exponents are uncertain; only the polynomial order was read"),),
        not_claimed=("that the exponents are necessary",),
        uses=("becchetti2022-fixed-size-vectors",),
        checks=(
            Check(
                "vectors Z X",
                "summands Z X with one normal factor a vector reach a random target of "
                "[-1/2,1/2]^2",
                scaled_normal_vectors,
            ),
        ),
    ),
)


@dataclass(frozen=True)
class WholeChannels(OfNetworks):
    """Structured tickets: a hidden channel is kept whole or removed, with all its filters.

    Polynomially many channels suffice; a sum is over the vectors u_k V_k of all taps and outputs at
    once, so only few coordinates can be built here.
    """

    theorem: ClassVar[str] = "dacunha2023b-structured"
    dimensions: ClassVar[tuple[int, ...]] = (4,)

    def plan(self, request: Request) -> int:
        """Return the hidden channels for an input channel and half, dead ones included."""
        from slt_theory.papers.dacunha2023b.construction import sufficient_n

        return sufficient_n(request.needed())

    def build(self, request: Request) -> Ticket:
        """Solve every vector sum."""
        from slt_theory.papers.dacunha2023b.construction import build

        return build(request.needed(), self.theorem)


CONSTRUCTIONS = (WholeChannels,)
