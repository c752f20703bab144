"""Stein variational pruning: each weight has a gate in (0, 1), and open gates stay.

Source: Wang et al., "Efficient Stein variational inference for reliable distribution-lossless
network pruning" (arXiv 2212.03537), of which the idea is known here, not prior and gates: those
are ours (`liu2016.Regression`).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache

from slt_theory.papers.trained.liu2016 import (
    MANY,
    NOISE,
    PARTICLES,
    TABLE,
    Ridge,
    gates,
    particles,
    ridge,
)
from slt_theory.papers.trained.shared import (
    Arms,
    Beats,
    Check,
    Claim,
    Paper,
    Run,
    Scale,
    Source,
    Verdict,
    control,
    mutant,
    torch,
    training,
)

PAPER = Paper(
    key="wang2022",
    authors="Wang, Guo, Guo, Zhang, Xu, Zhang, Liu",
    title="Efficient Stein variational inference for reliable distribution-lossless network "
    "pruning",
    venue="arXiv",
    year=2022,
    arxiv="2212.03537",
)

MORE = (19, 39, 79)
LEVEL = Fraction(9, 10)
DENSITY = Fraction(3, 10)


def mass(base: Ridge, points: torch.Tensor) -> list[float]:
    """Posterior mass between the order statistics that leave 1/20 of n + 1 on each side.

    Averaged over coordinates. Independent draws from the posterior hold 0.9 on average, exactly.
    """
    ordered, cut = points.sort(dim=1).values, (points.shape[1] + 1) // 20
    ends = torch.stack([ordered[:, cut - 1], ordered[:, -cut]])
    below = torch.special.ndtr((ends - base.mean) / base.deviation)
    return [float(value) for value in (below[1] - below[0]).mean(1)]


def independent(seed: int, size: Scale, *, copy: int = 0, scale: int = 1) -> list[float]:
    """Masses for as many independent draws from the posterior."""
    base = ridge(seed, size)
    normal = base.members.normal(training.Use.AGAIN, copy, (PARTICLES, base.mean.shape[1]))
    return mass(base, base.mean[:, None] + scale * normal @ base.factor.mT)


@cache
def errors(seed: int, size: Scale, rule: str, *, copy: int = 0) -> list[float]:
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
        score = base.members.uniform(training.Use.MASKS, copy, (features,))
    else:
        _, opened = gates(particles(seed, size, PARTICLES, gated=True, copy=copy))
        score = opened.mean(1) * (-1 if rule == "closed" else 1)
    mask = training.top_rows(score, int(DENSITY * features)).double()
    inputs, answers = base.task.inputs[base.task.train], base.task.answers(base.task.train)
    inputs = inputs * mask[:, None]
    precision = inputs.mT @ inputs / NOISE + torch.eye(features, dtype=torch.float64)
    weights = torch.linalg.solve(precision, inputs.mT @ answers[:, :, None] / NOISE)
    test = base.task.inputs[base.task.test] * mask[:, None]
    misses = test @ weights - base.task.answers(base.task.test)[:, :, None]
    return [float(value) for value in misses.square().mean((1, 2))]


MASSES = Arms(
    Run,
    {
        "19 particles": lambda run: mass(ridge(*run), particles(*run, 19)),
        "39 particles": lambda run: mass(ridge(*run), particles(*run, 39)),
        "79 particles": lambda run: mass(ridge(*run), particles(*run, 79)),
        "independent draws": lambda run: independent(*run),
        "others": lambda run: independent(*run, copy=1),
        "0.9": LEVEL,
        # Planted error: distances to the mean doubled; seen to hold enough.
        "doubled intervals": lambda run: independent(*run, scale=2),
    },
    what="posterior mass of intervals of {first} against {second}",
)
COUNTS = ("19 particles", "39 particles", "79 particles")


def _by(rule: str, copy: int = 0) -> Callable[[Run], list[float]]:
    return lambda run: [-error for error in errors(*run, rule, copy=copy)]


FEATURES = Arms(
    Run,
    {
        "posterior": _by("posterior"),
        "magnitude": _by("magnitude"),
        "random": _by("random"),
        "other particles": _by("posterior", copy=1),
        # Planted error: the features whose gates are most closed.
        "closed": _by("closed"),
    },
    what="minus squared error of three features by {first} over {second}",
)


ENTRIES = (
    Claim(
        id="wang2022-reliability",
        title="The spread of Stein particles says how reliable a weight is",
        family="probabilistic and biological",
        source=Source(PAPER, "abstract: quantified reliability", "arXiv v1", "read"),
        statement="The spread of the particles is an error estimate: their interval of level 0.9 "
        "holds posterior mass 0.9.",
        paper_scope="pruned networks on CIFAR-10 and ImageNet; the abstract gives no level",
        test_scope=TABLE + MANY + "; posterior in closed form",
        not_claimed=(
            "that more particles do not help: the mass is 0.79 with 19 of them, 0.85 with 39, 0.86 "
            "with 79 and 0.87 with 159",
            "anything about other kernels: collapse of the variance in high dimension is a known "
            "weakness of the Gaussian one",
        ),
        checks=(
            Check(
                "mass of intervals",
                "at least 0.9 on average over coordinates: less here in every replicate",
                Beats(MASSES, "39 particles", "0.9", beside=COUNTS),
                label="not-claimed",
            ),
            control(
                "independent posterior draws against others",
                Beats(
                    MASSES,
                    "independent draws",
                    "others",
                    what="posterior mass of intervals of {first} over {second}",
                ),
            ),
            mutant(
                "twice as wide",
                "independent draws, twice as far from the mean, hold enough",
                Beats(
                    MASSES,
                    "doubled intervals",
                    "0.9",
                    what="posterior mass of {first} against {second}",
                ),
                Verdict.CONSISTENT,
            ),
        ),
    ),
    Claim(
        id="wang2022-lossless",
        title="Pruning by posterior inclusion beats pruning by magnitude",
        family="probabilistic and biological",
        source=Source(PAPER, "abstract: against truncation near 0", "arXiv v1", "read"),
        statement="Small weights can matter: keeping what a posterior over weights and inclusion "
        "keeps is more accurate than cutting off small magnitudes.",
        paper_scope="networks on CIFAR-10 and ImageNet; prior and gates of the paper",
        test_scope=TABLE + "three features kept and refitted; prior and gates are ours, " + MANY,
        not_claimed=(
            "that they choose alike: the posterior wins 10 to 16 of 24 splits, loses 2 to 5 and "
            "often keeps the same three features",
            "anything about features that are not standardised: there it would be easy",
        ),
        checks=(
            Check(
                "against magnitude",
                "smaller squared test error than the largest ridge coefficients: not decided here",
                Beats(FEATURES, "posterior", "magnitude"),
                recorded=Verdict.INCONCLUSIVE,
            ),
            Check(
                "against lot", "and than random features", Beats(FEATURES, "posterior", "random")
            ),
            control(
                "other particles",
                Beats(
                    FEATURES,
                    "posterior",
                    "other particles",
                    what="minus squared error by inclusion over itself",
                ),
            ),
            mutant(
                "closed first",
                "the features whose gates are most closed are kept",
                Beats(FEATURES, "closed", "magnitude"),
            ),
        ),
    ),
)
