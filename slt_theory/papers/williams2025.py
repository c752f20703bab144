"""Williams et al. 2025: random weights, learned biases."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import partial
from itertools import product

import numpy as np

from slt_theory.theorems.checks import EXACT, Check, Outcome, Power, all_of, mutant
from slt_theory.theorems.common import POSITIVE, integers, parameter
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

PAPER = Paper(
    key="williams2025",
    authors="Ezekiel Williams, Alexandre Payeur, Avery Hee-Woon Ryoo, Thomas Jiralerspong, Matthew "
    "G. Perich, Luca Mazzucato, Guillaume Lajoie",
    title="Expressivity of neural networks with random weights and learned biases",
    venue="ICLR 2025",
    year=2025,
    arxiv="2407.00957",
)


def biases_are_masks(seed: int, low_enough: bool = True) -> Outcome:
    """relu(w x + b) with b <= -||w||_1 is 0 on [-1,1]^d, so a bias switches a neuron off.

    The network with chosen biases equals the network with masked neurons at 40 random inputs
    k/8 in [-1,1]^3, in integers. `low_enough` False takes b = -||w||_1 / 2.
    """
    failures, cases = [], 0
    for case in range(20):
        draws = integers(seed, case, 12 * 4, -64, 64)
        weights, out = draws[:36].reshape(12, 3), draws[36:]
        kept = integers(seed, 200 + case, 12, 0, 1) == 1
        size = np.abs(weights).sum(axis=1)
        # Inputs are in units of 1/8, so a bias of b counts 8 b.
        bias = np.where(kept, 0, -8 * size if low_enough else -4 * size)
        inputs = integers(seed, 400 + case, 120, -8, 8).reshape(40, 3)
        inputs[0] = 8 * np.sign(weights[np.argmin(kept)])
        hidden = np.maximum(inputs @ weights.T + bias, 0)
        cases += 1
        masked = np.maximum(inputs @ weights.T, 0) * kept
        if not kept.all() and not np.array_equal(hidden @ out, masked @ out):
            failures.append(f"network {case}")
    return all_of(failures, cases, "biases that switch neurons off")


def waiting_time(seed: int, numbers: int = 1) -> Outcome:
    """log(1/delta) (2/eps)^(d + 1) neurons miss a target with probability at most delta, by balls.

    Each of the d + 1 numbers of a neuron is uniform on [-1, 1] and within eps of its goal with
    probability eps/2 at least, at an end of the interval. `numbers` is the 1 of d + 1.
    """
    from flint import arb, fmpq

    failures, cases = [], 0
    for part, d, less in product((2, 4, 10), (1, 2, 3), (10, 100)):
        count = (arb(less).log() * (2 * part) ** (d + numbers)).ceil()
        missed = ((1 - arb(fmpq(1, (2 * part) ** (d + 1)))).log() * count).exp()
        cases += 1
        if not missed <= arb(fmpq(1, less)):
            failures.append(f"eps = 1/{part}, d = {d}, delta = 1/{less}")
    return all_of(failures, cases, "neurons near those of a target, one at least")


def recurrent_error(seed: int, steps: int = 12) -> Outcome:
    """h <- f(h) + error of at most e a step stays within e (L^T - 1)/(L - 1) of h <- f(h), exact.

    f(h) = clip(a h, -1, 1) with a = 3/2 and errors of +-1/4096, T = 12 steps; `steps` is the T of
    the bound, so that a smaller one claims less error than T steps make.
    """
    slope, size, failures, cases = Fraction(3, 2), Fraction(1, 4096), [], 40
    for case in range(cases):
        exact = near = Fraction(int(integers(seed, case, 1, -3, 3)[0]), 4096)
        signs = [1] * 12 if case < 20 else (2 * integers(seed, 50 + case, 12, 0, 1) - 1).tolist()
        for sign in signs:
            exact = min(max(slope * exact, Fraction(-1)), Fraction(1))
            near = min(max(slope * near, Fraction(-1)), Fraction(1)) + int(sign) * size
        if abs(near - exact) > size * (slope**steps - 1) / (slope - 1):
            failures.append(f"trajectory {case}")
    return all_of(failures, cases, f"errors of 12 steps against the bound at T = {steps}")


ENTRIES = (
    Theorem(
        id="williams2025-biases",
        title="Random weights, learned biases: universal on compact sets",
        kind="theorem",
        source=Source(
            PAPER,
            "abstract; the masking argument as summarised, the waiting time derived here",
            "arXiv v3",
            "abstract",
        ),
        statement=Statement(
            "A wide network with fixed random weights whose biases are learned; the activation can "
            "be switched off by a bias (ReLU is)",
            (parameter("inputs in a compact set", "input_bound", lambda v: v < math.inf),),
            "It approximates every continuous function on a compact set. Biases far enough below "
            "0 act as masks of whole neurons, so neurons that happen to lie near those of a "
            "target can be kept and all others removed.",
        ),
        quantifiers=Quantifiers("all", "all", "eps", "compact inputs"),
        assumptions=(POSITIVE,),
        constants=(Constant("2", "2", "derived", "weights are uniform on [-1, 1]"),),
        bound=Formula(
            "log(1/delta)*(2/eps)**(d + 1)",
            lambda eps, delta, d: math.log(1 / delta) * (2 / eps) ** (d + 1),
        ),
        unit="neurons offered to one neuron of d weights (the waiting time, ours)",
        not_claimed=("a width that is polynomial in 1/eps and d together",),
        known_issues=(
            KnownIssue(
                "exponential in d: no contradiction to malach2020-neurons-lower-bound, which "
                "excludes small neuron-subnetworks"
            ),
        ),
        uses=("malach2020-neurons",),
        checks=(
            Check("biases as masks", "equal outputs, in integers", biases_are_masks),
            mutant(
                "half the bias",
                "b = -||w||_1 / 2 switches a neuron off",
                partial(biases_are_masks, low_enough=False),
                power=Power(100, 100),
            ),
            Check("waiting time", "the chance that no neuron is near, by balls", waiting_time),
            mutant(
                "exponent",
                "(2/eps)^d in place of (2/eps)^(d + 1)",
                partial(waiting_time, numbers=0),
                power=EXACT,
            ),
        ),
    ),
    Theorem(
        id="williams2025-recurrent",
        title="The same for recurrent networks and trajectories of finite length",
        kind="theorem",
        source=Source(PAPER, "abstract; the error bound derived here", "arXiv v3", "abstract"),
        statement=Statement(
            "A recurrent network with fixed random weights and learned biases; trajectories of a "
            "dynamical system over T steps",
            (parameter("T is finite", "T", lambda v: v < math.inf),),
            "Learned biases approximate the trajectories on compact sets. An error of at most e a "
            "step grows to at most e (L^T - 1)/(L - 1) where the system has the Lipschitz constant "
            "L > 1, so that every finite T is served.",
        ),
        quantifiers=Quantifiers("all", "all", "eps over T steps", "compact states"),
        assumptions=(POSITIVE,),
        constants=(Constant("L", None, "unnamed"),),
        bound=None,
        not_claimed=("infinite trajectories",),
        uses=("williams2025-biases",),
        checks=(
            Check("error of T steps", "exact rationals, an expanding map", recurrent_error),
            mutant(
                "fewer steps",
                "the bound at T = 6",
                partial(recurrent_error, steps=6),
                power=Power(100, 100),
            ),
        ),
    ),
)
