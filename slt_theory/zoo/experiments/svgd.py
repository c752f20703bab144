"""Stein variational inference on the diabetes table: its fixed point, its spread, its pruning."""

from __future__ import annotations

import random
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from slt_theory.data import Labelled, diabetes
from slt_theory.theorems.checks import Outcome, all_of
from slt_theory.torch.train import Draws, Recipe, Task, Use, draws, fit, split_task, top_rows
from slt_theory.zoo.systems.svgd import Regression, direction, gates, stein
from slt_theory.zoo.verdicts import FULL, Size, beats

#: Half of the variance is noise in a linear fit of the standardised table.
NOISE, COUNTS = 0.5, (300, 0, 142)
STEPS, RATE = 2000, 0.05

#: With n + 1 a multiple of 20, order statistics give an interval of 0.9 exactly.
PARTICLES, MORE = 39, (19, 39, 79)
LEVEL = Fraction(9, 10)
DENSITY = Fraction(3, 10)


# The fixed point, in rationals.


def fixed_point(seed: int, size: Size = FULL) -> Outcome:
    """Summed motions are precision times kernel-weighted distances to the posterior mean."""
    return _fixed_point(seed, symmetric=True)


def rows_normalised(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: each row of the kernel sums to 1, as in attention."""
    return _fixed_point(seed, symmetric=False)


def _fixed_point(seed: int, *, symmetric: bool, cases: int = 40) -> Outcome:
    source, failures = random.Random(seed), []

    def rationals(*shape: int) -> Any:
        numbers = [Fraction(source.randint(-30, 30), source.randint(1, 9)) for _ in range(100)]
        return np.array(source.choices(numbers, k=int(np.prod(shape))), dtype=object).reshape(shape)

    for case in range(cases):
        n, d = source.randint(2, 7), source.randint(1, 4)
        root, mean, particles = rationals(d, d), rationals(d), rationals(n, d)
        precision = root.T @ root + np.eye(d, dtype=int).astype(object)
        half = abs(rationals(n, n))
        kernel = half + half.T
        if not symmetric:
            kernel = kernel / kernel.sum(1)[:, None]
        width = Fraction(source.randint(1, 40), 7)
        motion = direction(kernel, particles, (mean - particles) @ precision, width)
        pull = kernel.sum(0) @ (mean - particles) @ precision
        if not all(n * motion.sum(0) == pull):
            failures.append(f"case {case}")
    return all_of(failures, cases, "sum of motions equals precision times weighted distance")


# Bayesian ridge regression.


@dataclass(frozen=True, eq=False)
class Ridge:
    """The table's splits and their posteriors, in closed form.

    The posterior of 300 examples is that of the ten rows of R in X = Q R: `short` has these.
    """

    task: Task
    short: Task
    members: Draws
    mean: Tensor
    deviation: Tensor
    factor: Tensor


@cache
def ridge(seed: int, size: Size) -> Ridge:
    torch.set_num_threads(1)
    columns, progress = ((values - values.mean(0)) / values.std(0) for values in diabetes())
    members = draws(seed, size.replicates)
    sample = Labelled(columns, progress)
    task = split_task("diabetes, standardised", sample, members, COUNTS, dtype=torch.float64)
    inputs, answers = task.inputs[task.train], task.answers(task.train)
    unit = torch.eye(columns.shape[1], dtype=torch.float64)
    covariance = torch.linalg.inv(inputs.mT @ inputs / NOISE + unit)
    mean = (covariance @ (inputs.mT @ answers[:, :, None]) / NOISE)[:, :, 0]
    deviation = covariance.diagonal(dim1=1, dim2=2).sqrt()
    left, right = torch.linalg.qr(inputs)
    rows = torch.arange(right[:, :, 0].numel()).reshape(right.shape[:2])
    none = rows[:, :0]
    labels = (left.mT @ answers[:, :, None]).flatten()
    short = Task("the same, ten rows a split", right.flatten(0, 1), labels, rows, none, none)
    return Ridge(task, short, members, mean, deviation, torch.linalg.cholesky(covariance))


@cache
def particles(seed: int, size: Size, count: int, *, gated: bool = False, copy: int = 0) -> Tensor:
    """Where standard normal particles end."""
    base = ridge(seed, size)
    features = base.mean.shape[1]
    model = Regression(count, features, noise=NOISE, prior=float(DENSITY) if gated else None)
    start = base.members.normal(Use.WEIGHTS, copy, model.shapes["particles"])
    recipe = Recipe(
        steps=size.steps(STEPS), batch=None, method="adam", rate=RATE, schedule="cosine"
    )
    fitted = fit(
        model,
        {"particles": start},
        base.short,
        recipe,
        draws=base.members,
        loss=model.likelihood,
        penalty=model.penalty,
        on_gradient=[stein],
    )
    return fitted.variables["particles"]


def _misses(seed: int, size: Size, copy: int = 0) -> list[float]:
    """Largest error of the particles' mean over the coordinates, in posterior deviations."""
    base = ridge(seed, size)
    away = particles(seed, size, PARTICLES, copy=copy).mean(1) - base.mean
    return [float(value) for value in (away.abs() / base.deviation).amax(1)]


def reaches_the_mean(seed: int, size: Size = FULL) -> Outcome:
    """The particles' mean lies within a tenth of a posterior deviation in every coordinate."""
    found = _misses(seed, size)
    what = "1/10 over the largest error of the mean in posterior deviations"
    return beats([Fraction(1, 10)] * len(found), found, what)


def mean_control(seed: int, size: Size = FULL) -> Outcome:
    """The errors of some particles against those of others."""
    return beats(_misses(seed, size), _misses(seed, size, copy=1), "largest error over another")


def mass(base: Ridge, points: Tensor) -> list[float]:
    """Posterior mass between the order statistics that leave 1/20 of n + 1 on each side.

    Averaged over coordinates. Independent draws from the posterior hold 0.9 on average, exactly.
    """
    ordered, cut = points.sort(dim=1).values, (points.shape[1] + 1) // 20
    ends = torch.stack([ordered[:, cut - 1], ordered[:, -cut]])
    below = torch.special.ndtr((ends - base.mean) / base.deviation)
    return [float(value) for value in (below[1] - below[0]).mean(1)]


def coverage(seed: int, size: Size = FULL) -> Outcome:
    """Intervals of the particles at level 0.9 hold posterior mass 0.9."""
    base = ridge(seed, size)
    masses = {n: mass(base, particles(seed, size, n)) for n in MORE}
    found = masses[PARTICLES]
    what = f"posterior mass of intervals of {PARTICLES} particles against 0.9"
    others = {f"{n} particles": values for n, values in masses.items()}
    return beats(found, [LEVEL] * len(found), what, arms=others)


def independent(seed: int, size: Size = FULL, *, copy: int = 0) -> list[float]:
    """Masses for as many independent draws from the posterior."""
    base = ridge(seed, size)
    normal = base.members.normal(Use.AGAIN, copy, (PARTICLES, base.mean.shape[1]))
    return mass(base, base.mean[:, None] + normal @ base.factor.mT)


def coverage_control(seed: int, size: Size = FULL) -> Outcome:
    """Independent draws against other independent draws."""
    first, second = (independent(seed, size, copy=copy) for copy in (0, 1))
    return beats(first, second, "posterior mass of intervals of independent draws over others")


def twice_as_wide(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: independent draws, their distances to the mean doubled; seen to hold enough."""
    base = ridge(seed, size)
    normal = base.members.normal(Use.AGAIN, 0, (PARTICLES, base.mean.shape[1]))
    found = mass(base, base.mean[:, None] + 2 * normal @ base.factor.mT)
    return beats(found, [LEVEL] * len(found), "posterior mass of doubled intervals against 0.9")


# Pruning the ten features to three.


@cache
def errors(seed: int, size: Size, rule: str, *, copy: int = 0) -> list[float]:
    """Mean squared test error of the features of largest score, refitted.

    Parameters
    ----------
    rule : str
        posterior: the average gate of the particles; closed: the same, lowest first; magnitude: of
        the ridge coefficients of the standardised features; random.
    """
    base = ridge(seed, size)
    features = base.mean.shape[1]
    if rule == "magnitude":
        score = base.mean.abs()
    elif rule == "random":
        score = base.members.uniform(Use.MASKS, copy, (features,))
    else:
        _, opened = gates(particles(seed, size, PARTICLES, gated=True, copy=copy))
        score = opened.mean(1) * (-1 if rule == "closed" else 1)
    mask = top_rows(score, int(DENSITY * features)).double()
    inputs, answers = base.task.inputs[base.task.train], base.task.answers(base.task.train)
    inputs = inputs * mask[:, None]
    precision = inputs.mT @ inputs / NOISE + torch.eye(features, dtype=torch.float64)
    weights = torch.linalg.solve(precision, inputs.mT @ answers[:, :, None] / NOISE)
    test = base.task.inputs[base.task.test] * mask[:, None]
    misses = test @ weights - base.task.answers(base.task.test)[:, :, None]
    return [float(value) for value in misses.square().mean((1, 2))]


def _fewer_errors(seed: int, size: Size, first: str, second: str) -> Outcome:
    less, more = ([-e for e in errors(seed, size, rule)] for rule in (first, second))
    what = f"minus squared error of three features by {first} over {second}"
    return beats(less, more, what)


def over_magnitude(seed: int, size: Size = FULL) -> Outcome:
    """Features by inclusion against features by magnitude."""
    return _fewer_errors(seed, size, "posterior", "magnitude")


def over_random(seed: int, size: Size = FULL) -> Outcome:
    """Features by inclusion against random ones."""
    return _fewer_errors(seed, size, "posterior", "random")


def closed_first(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the features whose gates are most closed are kept."""
    return _fewer_errors(seed, size, "closed", "magnitude")


def pruning_control(seed: int, size: Size = FULL) -> Outcome:
    """Inclusion against itself, from other particles."""
    first, second = ([-e for e in errors(seed, size, "posterior", copy=c)] for c in (0, 1))
    return beats(first, second, "minus squared error by inclusion over itself")
