"""Stein variational gradient descent: particles approach a posterior.

It moves n particles together: each climbs the log-density, averaged over its neighbours, and is
pushed away from them. Here it is one hook of the training loop, tried on Bayesian regression.

Source: Liu and Wang, "Stein variational gradient descent" (2016), Gaussian kernel of median width.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, partial
from typing import Any

import numpy as np

from slt_theory.papers.trained.shared import (
    FULL,
    Arms,
    Beats,
    Check,
    Claim,
    Outcome,
    Paper,
    Run,
    Scale,
    Source,
    all_of,
    control,
    datasets,
    mutant,
    torch,
    training,
)

PAPER = Paper(
    key="liu2016",
    authors="Liu, Wang",
    title="Stein variational gradient descent: a general purpose Bayesian inference algorithm",
    venue="NeurIPS",
    year=2016,
    arxiv="1608.04471",
)


def neighbours(particles: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Kernel values (S, n, n) of particles (S, n, d), and the kernel's width (S, 1, 1)."""
    norms = particles.square().sum(-1)
    squares = norms[:, :, None] + norms[:, None, :] - 2 * particles @ particles.mT
    count = particles.shape[1]
    width = squares.flatten(1).median(1).values[:, None, None] / math.log(count + 1)
    return (-squares / width).exp(), width


def direction(kernel: Any, particles: Any, scores: Any, width: Any) -> Any:
    """Motion of every particle: n^-1 sum_j k_ij score_j + grad_j k_ij.

    Any numbers will do, also exact ones in arrays of objects: it is linear in the kernel.

    Parameters
    ----------
    kernel : array (..., n, n)
        Of k(x, y) = exp(-|x - y|^2 / width); symmetric.
    particles, scores : array (..., n, d)
        Where they are, and the gradient of the log-density there.
    """
    apart = kernel.sum(-1)[..., None] * particles - kernel @ particles
    return (kernel @ scores + 2 / width * apart) / particles.shape[-2]


def stein(moment: training.Moment) -> None:
    """A hook on the gradient: energies of single particles become a motion of all."""
    particles = moment.variables["particles"]
    assert particles.grad is not None
    with torch.no_grad():
        kernel, width = neighbours(particles)
        particles.grad.copy_(-direction(kernel, particles, -particles.grad, width))


def gates(particles: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Weights and gates (S, n, d) of particles (S, n, 2 d)."""
    weights, logits = particles.chunk(2, dim=-1)
    return weights, logits.sigmoid()


class Regression:
    """Linear regression by n particles at a time: inputs (S, B, d) to outputs (S, B, n).

    The loss and the penalty are the energies: minus log-likelihood and minus log-prior, summed over
    the particles. With `prior`, the share of features expected to matter, particles have gates.
    """

    def __init__(
        self,
        particles: int,
        features: int,
        *,
        noise: float,
        prior: float | None = None,
    ) -> None:
        self.noise = noise
        self.cost = None if prior is None else math.log((1 - prior) / prior)
        dimension = features if prior is None else 2 * features
        self.shapes: training.Shapes = {"particles": (particles, dimension)}

    def __call__(self, tensors: training.Tensors, inputs: torch.Tensor) -> torch.Tensor:
        weights = tensors["particles"]
        if self.cost is not None:
            weights = torch.mul(*gates(weights))
        outputs: torch.Tensor = inputs @ weights.mT
        return outputs

    def likelihood(self, outputs: torch.Tensor, batch: training.Batch) -> torch.Tensor:
        """Energy of normal noise; the batch is the whole training part."""
        errors = outputs - batch.labels[:, :, None]
        energy: torch.Tensor = errors.square().sum((1, 2)) / (2 * self.noise)
        return energy

    def penalty(self, variables: training.Tensors, progress: float) -> torch.Tensor:
        """Energy of standard normal weights, and of gates with density ~ exp(-cost * gate)."""
        particles = variables["particles"]
        if self.cost is None:
            return particles.square().sum((1, 2)) / 2
        weights, opened = gates(particles)
        # log g (1 - g) is the density of the logit of a uniform gate.
        logit = -(opened.log() + (1 - opened).log())
        return (weights.square() / 2 + self.cost * opened + logit).sum((1, 2))


#: Half of the variance is noise in a linear fit of the standardised table.
NOISE, COUNTS = 0.5, (300, 0, 142)
STEPS, RATE = 2000, 0.05
#: With n + 1 a multiple of 20, order statistics give an interval of 0.9 exactly.
PARTICLES, MORE = 39, (19, 39, 79)


def fixed_point(
    seed: int, size: Scale = FULL, *, symmetric: bool = True, cases: int = 40
) -> Outcome:
    """Summed motions are precision times kernel-weighted distances to the posterior mean.

    Mutant: each row of the kernel sums to 1, as in attention.
    """
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


@dataclass(frozen=True, eq=False)
class Ridge:
    """The table's splits and their posteriors, in closed form.

    The posterior of 300 examples is that of the ten rows of R in X = Q R: `short` has these.
    """

    task: training.Task
    short: training.Task
    members: training.Draws
    mean: torch.Tensor
    deviation: torch.Tensor
    factor: torch.Tensor


@cache
def ridge(seed: int, size: Scale) -> Ridge:
    """Split the standardised table and solve for the posteriors."""
    torch.set_num_threads(1)
    columns, progress = (
        (values - values.mean(0)) / values.std(0) for values in datasets.diabetes()
    )
    members = training.draws(seed, size.replicates)
    sample = datasets.Labelled(columns, progress)
    task = training.split_task(
        "diabetes, standardised", sample, members, COUNTS, dtype=torch.float64
    )
    inputs, answers = task.inputs[task.train], task.answers(task.train)
    unit = torch.eye(columns.shape[1], dtype=torch.float64)
    covariance = torch.linalg.inv(inputs.mT @ inputs / NOISE + unit)
    mean = (covariance @ (inputs.mT @ answers[:, :, None]) / NOISE)[:, :, 0]
    deviation = covariance.diagonal(dim1=1, dim2=2).sqrt()
    left, right = torch.linalg.qr(inputs)
    rows = torch.arange(right[:, :, 0].numel()).reshape(right.shape[:2])
    none = rows[:, :0]
    labels = (left.mT @ answers[:, :, None]).flatten()
    short = training.Task(
        "the same, ten rows a split", right.flatten(0, 1), labels, rows, none, none
    )
    return Ridge(task, short, members, mean, deviation, torch.linalg.cholesky(covariance))


@cache
def particles(
    seed: int, size: Scale, count: int, *, gated: bool = False, copy: int = 0
) -> torch.Tensor:
    """Particles that start standard normal, at the end."""
    base = ridge(seed, size)
    features = base.mean.shape[1]
    model = Regression(count, features, noise=NOISE, prior=0.3 if gated else None)
    start = base.members.normal(training.Use.WEIGHTS, copy, model.shapes["particles"])
    recipe = training.Recipe(
        steps=size.steps(STEPS), batch=None, method="adam", rate=RATE, schedule="cosine"
    )
    fitted = training.fit(
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


def _misses(seed: int, size: Scale, copy: int = 0) -> list[float]:
    """Largest error of the particles' mean over the coordinates, in posterior deviations."""
    base = ridge(seed, size)
    away = particles(seed, size, PARTICLES, copy=copy).mean(1) - base.mean
    return [float(value) for value in (away.abs() / base.deviation).amax(1)]


MISSES = Arms(
    Run,
    {
        "largest error": lambda run: _misses(*run),
        "another": lambda run: _misses(*run, copy=1),
        "1/10": Fraction(1, 10),
    },
)
REACHES = "1/10 over the largest error of the mean in posterior deviations"

TABLE = "diabetes table, ten standardised features, 24 splits of 300 and 142; "
MANY = "39 particles, 2,000 Adam steps along the Stein direction"

ENTRIES = (
    Claim(
        id="liu2016-fixed-point",
        title="Particles at rest have the posterior's mean",
        family="probabilistic and biological",
        source=Source(PAPER, "the update; its fixed point on a normal law", "2016", "derived"),
        statement="On a normal posterior the motions of all particles add up to the precision "
        "times their kernel-weighted distance to its mean: at a fixed point the weighted mean is "
        "the posterior's. Repulsion cancels, whatever the symmetric kernel.",
        paper_scope="any smooth density and kernel",
        test_scope="rational particles, kernels and normal laws in up to four dimensions, in "
        "rationals; and " + TABLE + MANY,
        checks=(
            Check("identity", "motions add up, in exact rationals", fixed_point),
            Check(
                "reaches the mean",
                "every coordinate of the plain mean within a tenth of a posterior deviation",
                Beats(MISSES, "1/10", "largest error", what=REACHES),
            ),
            control("particles against others", Beats(MISSES, "largest error", "another")),
            mutant(
                "rows normalised",
                "each row of the kernel sums to 1, as in attention",
                partial(fixed_point, symmetric=False),
            ),
        ),
    ),
)
