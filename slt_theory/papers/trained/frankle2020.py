"""Linear mode connectivity: networks that part early end far apart, those that part late do not.

Source: Frankle, Dziugaite, Roy, Carbin, "Linear mode connectivity and the lottery ticket
hypothesis" (ICML 2020, arXiv 1912.05671).
"""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from slt_theory.papers.trained.shared import (
    SCOPE,
    Arms,
    Beats,
    Check,
    Claim,
    Paper,
    Rig,
    Run,
    Scale,
    Source,
    Verdict,
    Within,
    control,
    mutant,
    rest,
    rig,
    training,
)

PAPER = Paper(
    key="frankle2020",
    authors="Jonathan Frankle, Gintare Karolina Dziugaite, Daniel M. Roy, Michael Carbin",
    title="Linear mode connectivity and the lottery ticket hypothesis",
    venue="ICML",
    year=2020,
    arxiv="1912.05671",
)


def between(first: training.Tensors, second: training.Tensors, share: Fraction) -> training.Tensors:
    """The point of the segment with this share of the way to `second` behind it."""
    return {name: first[name].lerp(second[name], float(share)) for name in first}


def barrier(
    model: training.Model,
    first: training.Tensors,
    second: training.Tensors,
    task: training.Task,
    *,
    points: int = 30,
) -> list[Fraction]:
    """Test error at the worst of `points` equidistant points of the segment, less the ends' mean.

    Exact for each network, from counts. At least 0 where the ends are alike.
    """
    path = [
        training.correct(model, between(first, second, Fraction(k, points - 1)), task).tolist()
        for k in range(points)
    ]
    count = task.test.shape[1]
    return [
        Fraction(one + other - 2 * min(counts), 2 * count)
        for one, other, counts in zip(path[0], path[-1], zip(*path, strict=True), strict=True)
    ]


LATE = 120
#: What the paper calls stable.
STABLE = Fraction(2, 100)


@cache
def _parents(seed: int, size: Scale) -> tuple[Rig, dict[int, training.Tensors]]:
    """Weights at step 0 and at step 120."""
    r = rig(seed, size)
    late = r.steps(LATE)
    early = r.train(r.start(), snapshots=(0, late)).snapshots
    return r, {0: early[0], LATE: early[late]}


@cache
def _barrier(seed: int, size: Scale, parted: int, first: int, second: int) -> list[Fraction]:
    """Of two children that go on from a step, each with its own batches."""
    r, parents = _parents(seed, size)
    recipe = rest(r.recipe, r.steps(parted) if parted else 0)
    one, other = (
        r.train(parents[parted], recipe=recipe, copy=copy).variables for copy in (first, second)
    )
    return barrier(r.model, one, other, r.task)


@cache
def _between_strangers(seed: int, size: Scale) -> list[Fraction]:
    r, _ = _parents(seed, size)
    one, other = (r.train(r.start(copy=copy), copy=copy).variables for copy in (1, 2))
    return barrier(r.model, one, other, r.task)


#: The highest error barrier of two networks of one kind.
HEIGHTS = Arms(
    Run,
    {
        "parted at step 0": lambda run: _barrier(*run, 0, 1, 2),
        "parted at step 120": lambda run: _barrier(*run, LATE, 1, 2),
        "other two, parted at step 0": lambda run: _barrier(*run, 0, 3, 4),
        # Planted error.
        "strangers": lambda run: _between_strangers(*run),
    },
)
LOW = Arms(
    Run,
    {
        "parted at step 0": lambda run: [-height for height in _barrier(*run, 0, 1, 2)],
        "strangers": lambda run: [-height for height in _between_strangers(*run)],
        "none": 0,
    },
    what="minus the barrier over none",
)
PARTED, AGAIN = "parted at step 0", "other two, parted at step 0"
PAIRS = Beats(
    HEIGHTS, PARTED, AGAIN, what="barrier of one pair over another's, both part at step 0"
)

LARGE = "ResNets and VGG on CIFAR-10 and ImageNet"

ENTRIES = (
    Claim(
        id="frankle2020-connectivity",
        title="Networks that part later end in better connected minima",
        family="pruning and rewinding",
        source=Source(PAPER, "instability analysis, section 3", "ICML 2020", "recalled-high"),
        statement="Two copies of a network, trained on with different batches from step k, have an "
        "error barrier on the segment between them that falls with k, to none.",
        paper_scope=LARGE,
        test_scope=f"{SCOPE}; k = 0 against k = 120, 30 points, test error",
        checks=(
            Check(
                "barrier",
                "larger for k = 0 than for k = 120",
                Beats(
                    HEIGHTS,
                    PARTED,
                    "parted at step 120",
                    what="barrier of networks that part at step 0 over step 120",
                ),
                recorded=Verdict.INCONCLUSIVE,
            ),
            control("two pairs that part at 0", PAIRS),
            mutant(
                "strangers",
                "the two have starts of their own",
                Beats(
                    HEIGHTS,
                    "strangers",
                    "parted at step 120",
                    what="barrier of strangers over step 120",
                ),
                Verdict.CONSISTENT,
            ),
        ),
    ),
    Claim(
        id="frankle2020-stable",
        title="A small network is stable from the start",
        family="pruning and rewinding",
        source=Source(PAPER, "instability analysis, LeNet, section 3", "ICML 2020", "recalled-mid"),
        statement="Two copies of a small network, trained from the same initial weights with "
        "different batches, are linearly connected: the error barrier is at most two points.",
        paper_scope="LeNet-300-100 on MNIST",
        test_scope=f"{SCOPE}; 30 points, test error",
        checks=(
            Check("barrier", "at most two points", Within(LOW, PARTED, "none", margin=STABLE)),
            control("two pairs that part at 0", PAIRS),
            mutant(
                "strangers",
                "the two have starts of their own",
                Within(LOW, "strangers", "none", margin=STABLE),
            ),
        ),
    ),
)
