"""Intrinsic dimension by two neighbours (TwoNN), by maximum likelihood and not by a fitted line.

Source: Facco, d'Errico, Rodriguez, Laio, "Estimating the intrinsic dimension of datasets by a
minimal neighborhood information" (2017, arXiv 1803.06992).
"""

from __future__ import annotations

from functools import partial

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
    mutant,
    share,
    torch,
    training,
)

PAPER = Paper(
    key="facco2017",
    authors="Facco, d'Errico, Rodriguez, Laio",
    title="Estimating the intrinsic dimension of datasets by a minimal neighborhood information",
    venue="Scientific Reports",
    year=2017,
    arxiv="1803.06992",
)


def ratios(points: torch.Tensor) -> torch.Tensor:
    """Squared ratio of the distances to second and first neighbour: float64 (S, N).

    Of points (S, N, d); with int64 coordinates the neighbours are found exactly. A point with a
    duplicate has no ratio: nan.
    """
    norms = points.square().sum(-1)
    squares = norms[:, :, None] + norms[:, None, :] - 2 * points @ points.mT
    count = points.shape[1]
    squares[:, range(count), range(count)] = squares.max() + 1
    first, second = squares.topk(2, dim=2, largest=False).values.double().unbind(2)
    return torch.where(first > 0, second / first, torch.nan)


def two_nn(squared: torch.Tensor) -> torch.Tensor:
    """Intrinsic dimensions (S,): N / sum log mu, of squared ratios mu^2 (S, N), nan left out.

    The maximum of the likelihood if mu has the Pareto law of exponent d, as it has where the
    density is constant around a point. Low by a tenth or more beyond ten dimensions.
    """
    logs = squared.log() / 2
    return logs.isfinite().sum(1) / logs.nansum(1)


def maximum(seed: int, size: Scale = FULL, *, less: int = 0) -> Outcome:
    """N / sum log mu is the one maximum of the Pareto likelihood; mutant: N - 1 in place of N."""
    import sympy

    d, count, logs = sympy.symbols("d N L", positive=True)
    likelihood = count * sympy.log(d) - (d + 1) * logs
    slope = sympy.diff(likelihood, d)
    failures = []
    if sympy.simplify(slope.subs(d, (count - less) / logs)) != 0:
        failures.append("the slope is not 0 there")
    if not sympy.diff(slope, d).is_negative:
        failures.append("the likelihood is not concave")
    return all_of(failures, 2, "slope 0, second derivative negative")


#: Samples of one size, and the level of their intervals; asked is less, to be decidable.
TRIALS, SAMPLE, LEVEL, ASKED = 2000, 100, 0.95, 0.9
#: Of a uniform cube.
POINTS = 1000


def covered(seed: int, size: Scale = FULL, *, dropped: int = 0, d: float = 5.0) -> Outcome:
    """Exact intervals for d from Pareto samples hold it at their level.

    Mutant: the largest are dropped as outliers, as the fitted line does, and no more.
    """
    from scipy.special import gammaincinv

    lots = training.draws(seed, [0]).uniform(training.Use.DATA, 1, (TRIALS, SAMPLE))[0]
    # mu = u^(-1/d) for uniform u; multiples of 2^-25 above 0 stand for u.
    squared = ((lots + 1) / 2 + 2.0**-26) ** (-2 / d)
    kept = squared.sort(dim=1).values[:, : SAMPLE - dropped]
    count = kept.shape[1]
    found = two_nn(kept)
    # count * d / found is the sum of `count` unit exponentials: a Gamma variable.
    lo, hi = (float(gammaincinv(count, p)) / count for p in ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
    inside = int(((found * lo <= d) & (d <= found * hi)).sum())
    return share(inside, TRIALS, ASKED, f"intervals of level {LEVEL} that hold d = {d:g}")


def cube(seed: int, size: Scale, d: int, *, copy: int = 0) -> list[float]:
    """Relative errors for points of uniform cubes, whose neighbours are found in integers.

    Four clouds a replicate: they cost little.
    """
    members, index = training.draws(seed, 4 * size.replicates), 2 + d + 100 * copy
    points = members.below(1 << 20, training.Use.DATA, index, (POINTS, d))
    return [abs(value / d - 1) for value in two_nn(ratios(points)).tolist()]


CUBES = Arms(
    Run,
    {
        "1/10": 0.1,
        "2 dimensions": lambda run: cube(*run, 2),
        "5 dimensions": lambda run: cube(*run, 5),
        "10 dimensions": lambda run: cube(*run, 10),
        "5 dimensions, elsewhere": lambda run: cube(*run, 5, copy=1),
    },
    what="{first} over the relative error of TwoNN in a cube of {second}",
)
ELSEWHERE = "relative error of TwoNN over its own elsewhere"


ENTRIES = (
    Claim(
        id="facco2017-likelihood",
        title="TwoNN is the maximum of its likelihood",
        family="probabilistic and biological",
        source=Source(PAPER, "the estimator, by likelihood", "2017", "derived"),
        statement="If the ratio of second to first neighbour distance has a Pareto law, its "
        "exponent d has the estimate N / sum log mu, with exact Gamma intervals.",
        paper_scope="data whose density is constant around each point",
        test_scope="symbols; 2,000 Pareto samples of 100; uniform cubes of 1,000 points",
        not_claimed=("dimensions of ten and more: in a cube of ten it is a seventh too low",),
        checks=(
            Check("maximum", "slope 0, likelihood concave, in symbols", maximum),
            Check("intervals", "hold d at their level", covered),
            Check("cube of 2", "within a tenth", Beats(CUBES, "1/10", "2 dimensions")),
            Check("cube of 5", "within a tenth", Beats(CUBES, "1/10", "5 dimensions")),
            Check(
                "cube of 10",
                "within a tenth: too low here",
                Beats(CUBES, "1/10", "10 dimensions"),
                label="not-claimed",
            ),
            control(
                "clouds against others",
                Beats(CUBES, "5 dimensions", "5 dimensions, elsewhere", what=ELSEWHERE),
            ),
            mutant("N - 1", "N - 1 in place of N", partial(maximum, less=1)),
            mutant(
                "tenth dropped",
                "the largest tenth is dropped, as for the fitted line, and nothing corrected",
                partial(covered, dropped=SAMPLE // 10),
            ),
        ),
    ),
)
