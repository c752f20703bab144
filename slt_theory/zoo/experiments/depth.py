"""Variational depth search: its bound in enclosures, its pruning, its calibration."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from slt_theory.theorems.checks import Outcome, all_of
from slt_theory.torch.train import Recipe, Tensors, initial, outputs
from slt_theory.zoo.rig import Rig, rig
from slt_theory.zoo.systems.depth import DepthNet, Mixture, elbo, fixed, pruned
from slt_theory.zoo.verdicts import FULL, Size, beats, not_worse

WIDTH, DEPTHS, TRAIN, MARGIN, BINS = 20, 10, 1000, 0.01, 15
NET = DepthNet(64, WIDTH, DEPTHS, 10, TRAIN)
RECIPE = Recipe(steps=600, batch=60, method="sgd", rate=0.1, momentum=0.5)


@cache
def digits_rig(seed: int, size: Size) -> Rig:
    return rig(seed, size, recipe=RECIPE)


def _start(r: Rig, copy: int) -> Tensors:
    """Residual branches begin a tenth as large, or their sum would grow with the depth."""
    tensors = initial(NET, r.draws, law="kaiming-normal", copy=copy)
    branches = {f"{k}.weight" for k in range(1, DEPTHS + 1)}
    return {name: value / 10 if name in branches else value for name, value in tensors.items()}


@cache
def trained(seed: int, size: Size, copy: int = 0) -> Tensors:
    r = replace(digits_rig(seed, size), model=NET)
    return r.train(_start(r, copy), copy=copy, loss=NET.loss).variables


@cache
def deep(seed: int, size: Size) -> Tensors:
    """The usual residual network of full depth, from the same weights and batches."""
    r = replace(digits_rig(seed, size), model=NET)
    start = _start(r, 0)
    last = torch.full((len(r.draws),), DEPTHS)
    depth = fixed(start, last)["depth"]
    weights = {name: value for name, value in start.items() if name != "depth"}
    fitted = r.train(
        weights,
        loss=NET.fixed_loss,
        effective=lambda variables: {**variables, "depth": depth},
    )
    return {**fitted.variables, "depth": depth}


def accuracy(seed: int, size: Size, tensors: Tensors) -> list[Fraction]:
    return replace(digits_rig(seed, size), model=Mixture(NET)).accuracy(tensors)


def pruned_loses_nothing(seed: int, size: Size = FULL) -> Outcome:
    """The network cut at its most probable depth against the whole mixture."""
    whole = trained(seed, size)
    kept = whole["depth"].argmax(1).tolist()
    what = "accuracy of the network cut at argmax q over the mixture of depths"
    arms = {"depth": kept}
    first, second = (accuracy(seed, size, t) for t in (pruned(whole), whole))
    return not_worse(first, second, what, margin=MARGIN, arms=arms)


def cut_at_the_least(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: cut at the least probable depth, whose prediction alone is kept."""
    whole = trained(seed, size)
    least = fixed(whole, whole["depth"].argmin(1))
    first, second = (accuracy(seed, size, t) for t in (least, whole))
    return not_worse(first, second, "accuracy of the depth of least q over all", margin=MARGIN)


def control(seed: int, size: Size = FULL) -> Outcome:
    """The mixture against itself, other weights and order."""
    first, second = (accuracy(seed, size, trained(seed, size, copy)) for copy in (0, 1))
    return beats(first, second, "accuracy of the mixture over itself")


def calibration(seed: int, size: Size, tensors: Tensors) -> list[float]:
    """Expected calibration error on the test part, in 15 equal bins of confidence."""
    task = digits_rig(seed, size).task
    values = outputs(Mixture(NET), tensors, task.inputs, task.test).double()
    confidence, guess = values.max(2)
    right = (guess == task.answers(task.test)).double()
    place = (confidence * BINS).long().clamp(max=BINS - 1)
    gaps = torch.zeros(len(values), BINS, dtype=torch.float64)
    gaps.scatter_add_(1, place, right - confidence)
    return [float(gap) for gap in gaps.abs().sum(1) / values.shape[1]]


def calibrated(seed: int, size: Size = FULL) -> Outcome:
    """The mixture's calibration error against that of the network of full depth: a point less."""
    return _calibrated(seed, size, trained(seed, size), deep(seed, size))


def blunt_mixture(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the mixture is of predictions whose logits are divided by ten."""
    return _calibrated(seed, size, _blunted(trained(seed, size)), deep(seed, size))


def over_blunt(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the single network's logits are; the mixture is then seen to win."""
    return _calibrated(seed, size, trained(seed, size), _blunted(deep(seed, size)))


def _blunted(tensors: Tensors) -> Tensors:
    return {n: value / 10 if n.startswith("last.") else value for n, value in tensors.items()}


def _calibrated(seed: int, size: Size, mixture: Tensors, single: Tensors) -> Outcome:
    first, second = ([-e for e in calibration(seed, size, t)] for t in (mixture, single))
    what = f"minus calibration error of the mixture over depth {DEPTHS} alone"
    arms = {
        "accuracy of the mixture": accuracy(seed, size, mixture),
        f"accuracy of depth {DEPTHS}": accuracy(seed, size, single),
    }
    return beats(first, second, what, smallest=MARGIN, arms=arms)


# The evidence lower bound: as symbols, and in enclosures for trained networks.

#: An enclosure wider than this says nothing.
_BITS, _WIDEST = 200, 2.0**-100
_GUESSES = 20


def symbolic(seed: int, size: Size = FULL) -> Outcome:
    """ELBO(q) + KL(q | posterior) is the log evidence, for every q that sums to 1."""
    return _symbolic(one=1)


def without_sum(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: q sums to 2."""
    return _symbolic(one=2)


def _symbolic(one: int) -> Outcome:
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


def evidence(seed: int, size: Size = FULL) -> Outcome:
    """For trained networks: the bound is below the evidence, and equals it at the posterior."""
    return _evidence(seed, size, swapped=False)


def wrong_direction(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: q and prior change places in the divergence."""
    return _evidence(seed, size, swapped=True)


def log_likelihoods(seed: int, size: Size) -> Tensor:
    """Of the training part under each depth: (S, depths + 1), float64."""
    task, tensors = digits_rig(seed, size).task, trained(seed, size)
    values = outputs(NET, tensors, task.inputs, task.train).double()[..., :-1].log_softmax(3)
    labels = task.answers(task.train)[:, :, None, None].expand(-1, -1, DEPTHS + 1, 1)
    return values.gather(3, labels)[..., 0].sum(1)


def _evidence(seed: int, size: Size, *, swapped: bool) -> Outcome:
    """Rounded likelihoods are taken as exact numbers: the law holds for any."""
    from flint import arb, ctx

    source, failures = random.Random(seed), []
    rows = log_likelihoods(seed, size).tolist()
    with ctx.workprec(_BITS):
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
