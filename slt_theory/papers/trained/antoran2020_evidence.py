"""The evidence lower bound: as symbols, and in enclosures for trained networks."""

from __future__ import annotations

import random
from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np

from slt_theory.balls import precision
from slt_theory.papers.trained.antoran2020 import (
    DEPTH_NET,
    DEPTHS,
    PAPER,
    digits_rig,
    elbo,
    net,
    trained,
)
from slt_theory.papers.trained.shared import (
    FULL,
    Check,
    Claim,
    Outcome,
    Scale,
    Source,
    all_of,
    mutant,
    torch,
    training,
)

#: An enclosure wider than this says nothing.
_BITS, _WIDEST = 200, 2.0**-100
_GUESSES = 20


def symbolic(seed: int, size: Scale = FULL, *, one: int = 1) -> Outcome:
    """ELBO(q) + KL(q | posterior) is the log evidence, for every q that sums to `one` = 1."""
    import sympy

    failures = []
    for depths in range(1, 7):
        names = ("q", "log_q", "log_prior", "log_likelihood")
        q, log_q, log_prior, likelihood = (
            np.array(sympy.symbols(f"{name}0:{depths}"), dtype=object) for name in names
        )
        evidence = sympy.Symbol("log_evidence")
        divergence = (q * (log_q - (log_prior + likelihood - evidence))).sum()
        gap = elbo(likelihood, q, log_q, log_prior) + divergence - evidence
        if sympy.expand(gap.subs(q[-1], one - sum(q[:-1]))) != 0:
            failures.append(f"{depths} depths")
    return all_of(failures, 6, "identity of symbols")


def log_likelihoods(seed: int, size: Scale) -> torch.Tensor:
    """Of the training part under each depth: (S, depths + 1), float64."""
    task, tensors = digits_rig(seed, size).task, trained(seed, size)
    values = (
        training.outputs(net(), tensors, task.inputs, task.train).double()[..., :-1].log_softmax(3)
    )
    labels = task.answers(task.train)[:, :, None, None].expand(-1, -1, DEPTHS + 1, 1)
    return values.gather(3, labels)[..., 0].sum(1)


def evidence(seed: int, size: Scale = FULL, *, swapped: bool = False) -> Outcome:
    """For trained networks: the bound is below the evidence, and equals it at the posterior.

    Rounded likelihoods are taken as exact numbers: the law holds for any. Mutant: `swapped`, q and
    prior change places in the divergence.
    """
    from flint import arb

    source, failures = random.Random(seed), []
    rows = log_likelihoods(seed, size).tolist()
    with precision(_BITS):
        shares = _array((arb(17) / 20) ** k for k in range(1, DEPTHS + 2))
        log_prior = _log(shares / shares.sum())
        for k, row in enumerate(rows):
            likelihood = _array(map(arb, row))
            joint = _array(value.exp() for value in likelihood + log_prior)

            def below(q: Any, likelihood: Any = likelihood, joint: Any = joint) -> Any:
                first, second = (log_prior, _log(q)) if swapped else (_log(q), log_prior)
                return joint.sum().log() - elbo(likelihood, q, first, second)

            zero = below(joint / joint.sum())
            if not (zero.contains(0) and zero.rad() < _WIDEST):
                failures.append(f"the posterior of network {k}")
            for _ in range(_GUESSES):
                guess = _array(arb(source.randint(1, 1000)) for _ in range(DEPTHS + 1))
                if not below(guess / guess.sum()) > 0:
                    failures.append(f"a guess for network {k}")
    evidence = "log evidence - ELBO: 0 at the posterior, positive elsewhere"
    return all_of(failures, len(rows) * (1 + _GUESSES), evidence)


def _array(values: Iterable[Any]) -> Any:
    return np.array(list(values), dtype=object)


def _log(values: Any) -> Any:
    return _array(value.log() for value in values)


ENTRIES = (
    Claim(
        id="antoran2020-evidence",
        title="The bound over depths is tight at the posterior",
        family="probabilistic and biological",
        source=Source(PAPER, "the variational objective", "arXiv v4", "code"),
        statement="For every network the log evidence is ELBO(q) + KL(q | posterior) for every q "
        "over depths: the bound needs no samples and its maximum is the posterior.",
        paper_scope="any network with an output after every depth",
        test_scope="symbols for one to six depths; enclosures for " + DEPTH_NET,
        exact=True,
        checks=(
            Check("identity", "an identity of symbols", symbolic),
            Check(
                "trained networks",
                "the gap is 0 at the posterior and positive at twenty other q, in enclosures",
                evidence,
            ),
            mutant("sums to 2", "q is not normalised", partial(symbolic, one=2)),
            mutant(
                "wrong direction",
                "q and prior change places in the divergence",
                partial(evidence, swapped=True),
            ),
        ),
    ),
)
