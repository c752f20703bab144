"""Otsuka et al. 2024: partially frozen random networks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from slt_theory.lattice import WEIGHT_BITS
from slt_theory.laws import Uniform
from slt_theory.statistics import Verdict
from slt_theory.theorems.checks import Check, Outcome, SumsCheck, share
from slt_theory.theorems.common import POSITIVE, parameter, relation, targets_inside
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
from slt_theory.theorems.networks import Layout, one_more_layer
from slt_theory.tickets.building.construction import OfNetworks
from slt_theory.tickets.building.options import Number, choice, shares

if TYPE_CHECKING:
    from slt_theory.experiments.threshold import Threshold
    from slt_theory.tickets.building.depth import RandomSource
    from slt_theory.tickets.building.request import Request
    from slt_theory.tickets.ticket import Ticket


PAPER = Paper(
    key="otsuka2024",
    authors="Hikari Otsuka, Daiki Chijiwa, Ángel López García-Arias, Yasuyuki Okoshi, Kazushi "
    "Kawamura, Thiem Van Chu, Daichi Fujiki, Susumu Takeuchi, Masato Motomura",
    title="Partially frozen random networks contain compact strong lottery tickets",
    venue="TMLR 2025",
    year=2024,
    arxiv="2402.14029",
)

_LOCKED_FEW = relation(
    "n2 <= n1^2 (locked numbers at most the square of the free ones)",
    ("locked", "free"),
    lambda locked, free: locked <= free**2,
)


def locked_quadratic(seed: int) -> Outcome:
    """n2 = n1^2 locked numbers: is even z = 0 within the reach of the n1 free ones?

    A necessary condition only; success cannot be more frequent.
    """
    from slt_theory.laws import Uniform

    law, trials, free = Uniform(), 1000, 80
    eps = 1 << 46  # 1/64 of the unit 2^-52
    reached = 0
    for trial in range(trials):
        draws = law.sample(seed, trial + (5 << 56), 0, free + free * free)
        locked, items = int(draws[free:].sum()), draws[:free]
        low, high = int(np.minimum(items, 0).sum()), int(np.maximum(items, 0).sum())
        reached += locked + low - eps <= 0 <= locked + high + eps
    return share(
        reached, trials, 0.9, f"z = 0 within reach of {free} free and {free * free} locked numbers"
    )


def frozen_threshold(lock: Fraction, prune: Fraction, seed: int) -> Threshold:
    """n_90 for a random target at eps = 1/100, shares of the numbers locked and pruned."""
    from slt_theory.experiments.threshold import threshold

    eps = Fraction(1, 100)
    return threshold(
        eps=eps, delta=0.1, targets="random", lock=lock, prune=prune, trials=600, seed=seed
    )


def _in_words(found: Threshold) -> str:
    return f"{found.n} in {found.n_low}..{found.n_high}"


def freezing_only_by_share(seed: int) -> Outcome:
    """Half of the numbers free: does it matter whether the other half is pruned or locked?"""
    half, none = Fraction(1, 2), Fraction(0)
    pruned, locked = frozen_threshold(none, half, seed), frozen_threshold(half, none, seed)
    text = f"n_90 = {_in_words(pruned)} with half pruned, {_in_words(locked)} with half locked"
    assert pruned.n_high is not None
    apart = locked.n_low is not None and locked.n_low > pruned.n_high
    return Outcome(
        Verdict.VIOLATED if apart else Verdict.CONSISTENT,
        text,
        {"pruned": pruned.n, "locked": locked.n},
    )


ENTRIES = (
    Theorem(
        id="otsuka2024-locked-subset-sum",
        title="Subset sums with locked numbers",
        kind="lemma",
        source=Source(PAPER, "the subset-sum lemma with locked variables", "arXiv", "recalled-mid"),
        statement=Statement(
            "X_1..X_n1 free and X'_1..X'_n2 locked, all iid U[-1,1], n1 >= K1 "
            "log(K2/min(eps, delta))",
            (_LOCKED_FEW,),
            "With probability at least 1 - delta, for z in [-1,1] some subset I of the "
            "free ones has |z - sum of all X' - sum_I X_i| <= eps.",
        ),
        quantifiers=Quantifiers("fixed", None, "eps", "[-1, 1]"),
        assumptions=(POSITIVE, targets_inside(1.0)),
        constants=(
            Constant("K1", None, "unnamed"),
            Constant("K2", None, "unnamed"),
            Constant("n2 <= n1^2", "1", "stated", "recalled; false without a constant below 1"),
        ),
        bound=Formula(
            "C*log(K/Min(eps, delta))", lambda eps, delta, C, K: C * math.log(K / min(eps, delta))
        ),
        unit="free numbers offered to one target",
        law="uniform",
        asks={"lock": "1/4"},
        proof="frozen-lemma",
        known_issues=(
            KnownIssue(
                "as recalled the condition n2 <= n1^2 is too weak: at n2 = n1^2 the locked sum has "
                "standard deviation 0.577 n1 while the free numbers reach about n1/4 to each side. "
                "n2 <= n1^2 / (c log(1/delta)) is enough (slt-frozen-explicit)",
                shown_by="n2 = n1^2",
                proof="gap-frozen-hypothesis",
                refutes=True,
            ),
            KnownIssue(
                "a reading in which n depends on freezing only through 1/(free share) misses the "
                "term q/f^2",
                shown_by="only 1/f",
            ),
        ),
        uses=("lueker1998-rss",),
        checks=(
            SumsCheck(
                "a quarter locked",
                "a random target at n = 80 with a quarter of the numbers locked",
                "1/50",
                0.1,
                n=80,
                targets="random",
                asks={"lock": "1/4"},
            ),
            Check(
                "n2 = n1^2",
                "the condition n2 <= n1^2 alone",
                locked_quadratic,
                label="recalled-fails",
            ),
            Check(
                "only 1/f",
                "n_90 times the free share does not depend on what the frozen rest is",
                freezing_only_by_share,
                label="not-claimed",
            ),
        ),
    ),
    Theorem(
        id="otsuka2024-frozen-network",
        title="Strong tickets in partially frozen networks",
        kind="theorem",
        source=Source(PAPER, "the existence theorem; abstract read", "arXiv", "recalled-low"),
        statement="Source of depth L + 1 with iid U[-1,1] parameters of which a random share is "
        "pruned and a random share locked. With n_l >= C d_l log(1/min(eps_l, delta/rho)) neurons, "
        "C depending on the shares, it contains with probability at least 1 - delta a ticket with "
        "error eps whose masks respect the freezing.",
        quantifiers=Quantifiers("fixed", "fixed", "eps", "parameters in [-1, 1]"),
        assumptions=(
            POSITIVE,
            parameter("some share stays free", "f", lambda f: 0 < f <= 1),
            parameter(
                "locked weights lie in subset-sum layers only: in the first layer of a gadget a "
                "locked in-weight cannot be removed, and a hidden neuron of d inputs would see one "
                "of them alone with probability (1 - q)^(d - 1); there weights are pruned only",
                "locked_in_gadget",
                lambda q: q == 0,
            ),
        ),
        constants=(Constant("C", None, "unnamed", "depends on the freezing shares"),),
        bound=Formula(
            "C*d_out*log(1/Min(eps, delta/rho))",
            lambda eps, delta, d_out, rho, C: C * d_out * math.log(1 / min(eps, delta / rho)),
        ),
        unit="neurons of one layer",
        law="uniform",
        asks={"lock": "1/4", "prune": "1/4"},
        not_claimed=(
            "how C depends on the shares: see slt-frozen-explicit",
            "that neurons may be switched off for all sums at once, which our tickets use: an "
            "in-weight is pruned, or a copy made a neuron that is 0 for every input",
        ),
        uses=("otsuka2024-locked-subset-sum", "gadhikar2023-subset-sum"),
        construction=Layout(
            "uniform",
            1,
            one_more_layer,
            copied=True,
            asks={"lock": "1/4", "prune": "1/4"},
            note="a quarter locked (subset-sum layers), a quarter pruned (all layers); frozen "
            "weights counted by kind of layer, not stored",
        ),
        checks=(
            SumsCheck(
                "half frozen",
                "all of [-1,1] at n = 100, a quarter pruned and a quarter locked",
                "1/20",
                0.1,
                n=100,
                asks={"lock": "1/4", "prune": "1/4"},
            ),
        ),
    ),
)


@dataclass(frozen=True)
class FrozenSource(OfNetworks):
    """Depth L + 1 in a source frozen at random: weights pruned to 0, or locked to their value.

    A random network of which the share `prune` is 0 and the share `lock` cannot be removed still
    contains the target with O(d log(1/eps)) neurons a layer; the constant depends on the shares.
    """

    theorem: ClassVar[str] = "otsuka2024-frozen-network"
    typical: ClassVar[tuple[dict[str, Any], ...]] = (
        {"signs": "needed", "prune": 0.25, "lock": 0.25},
    )

    prune: Number | Sequence[Number] = shares("Share of weights frozen to 0.")
    lock: Number | Sequence[Number] = shares("Share of weights frozen to their value.")
    budget: Literal["uniform", "epl", "erk"] = choice(
        "How these shares are spread over the layers: the same share everywhere, equally many free "
        "weights, or the Erdos-Renyi kernel.",
        "uniform",
        "epl",
        "erk",
    )
    inputs: Literal["own", "chosen"] = choice(
        "Input that a hidden neuron of the first pair sees: its own, whatever the in-weight, or "
        "one that it chooses for a large in-weight; then far fewer neurons do.",
        "own",
        "chosen",
    )

    def plan(self, request: Request) -> int:
        """Return the copies of a neuron with an estimated chance of any failure of at most 1 %."""
        from slt_theory.tickets.building import depth

        return depth.sufficient_n(request, self._source())[1]

    def build(self, request: Request) -> Ticket:
        """Find a plan of widths, then solve the pair and the single layers."""
        from slt_theory.tickets.building import depth

        return depth.build(request, self.theorem, self._source())

    def _source(self) -> RandomSource:
        from slt_theory.tickets.building.depth import RandomSource

        law, chosen = Uniform(bits=WEIGHT_BITS), self.inputs == "chosen"
        return RandomSource(law, self.prune, self.lock, self.budget, chosen)


CONSTRUCTIONS = (FrozenSource,)
