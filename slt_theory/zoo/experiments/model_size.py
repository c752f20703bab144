"""What a ticket search gains in small and in large networks."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import torch

from slt_theory.papers.trained.shared.pruning import keeps
from slt_theory.theorems.checks import Outcome
from slt_theory.torch.train import Tensors, correct, fit_masked, magnitude, ones, top
from slt_theory.zoo.rig import Rig, rig
from slt_theory.zoo.systems.model_size import TicketSearch, search
from slt_theory.zoo.verdicts import FULL, Size, beats

#: Six rounds that each remove 30 %, in 64-w-w/2-10.
RATE, ROUNDS = Fraction(3, 10), 6
SMALL_WIDTH, LARGE_WIDTH = 12, 100


def _continued(r: Rig, counts: list[dict[str, int]]) -> TicketSearch:
    """Mutant: weights are never reset, so every round adds its steps to those before."""
    masks = ones(r.model.shapes, len(r.draws))
    networks: list[Tensors] = [r.train(r.start()).variables]
    for keep in counts:
        masks = top(magnitude(networks[-1]), keep)
        fitted = fit_masked(r.model, networks[-1], masks, r.task, r.recipe, draws=r.draws)
        networks.append(fitted.variables)
    right = [correct(r.model, each, r.task, "validation") for each in networks]
    return TicketSearch(tuple(networks), torch.stack(right))


@cache
def searched(seed: int, size: Size, width: int, how: str) -> tuple[Rig, TicketSearch]:
    r = rig(seed, size, widths=(64, width, width // 2, 10))
    counts = keeps(r.model.shapes, RATE, ROUNDS)
    if how == "continued":
        return r, _continued(r, counts)
    start = r.start(copy=1 if how == "again" else 0)
    return r, search(r.model, start, r.task, r.recipe, counts, draws=r.draws)


def _gain(seed: int, size: Size, width: int, how: str, part: str) -> list[Fraction]:
    """Test accuracy of what validation chooses, less the dense network's; or that over its errors.

    A dense network without errors has none to lose: 0.
    """
    r, found = searched(seed, size, width, how)
    dense, best = (r.accuracy(n) for n in (found.networks[0], found.network(found.best())))
    gains = [b - d for b, d in zip(best, dense, strict=True)]
    if part == "points":
        return gains
    return [g / (1 - d) if d < 1 else Fraction(0) for g, d in zip(gains, dense, strict=True)]


def _over(seed: int, size: Size, how: str, part: str) -> Outcome:
    """The small width, however it is searched, over the large one as it should be."""
    small = _gain(seed, size, SMALL_WIDTH, how, part)
    large = _gain(seed, size, LARGE_WIDTH, "reset", part)
    what = f"gain by ticket search at width {SMALL_WIDTH} over width {LARGE_WIDTH}, in {part}"
    return beats(small, large, what)


def small_gains_more(seed: int, size: Size = FULL) -> Outcome:
    """Accuracy of the network that validation chooses, over the dense one's."""
    return _over(seed, size, "reset", "points")


def small_loses_more_errors(seed: int, size: Size = FULL) -> Outcome:
    """The same as a share of the dense network's errors: small ones have more to lose."""
    return _over(seed, size, "reset", "shares of the error")


def never_reset(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: in small networks each round goes on from the last one's weights."""
    return _over(seed, size, "continued", "points")


def never_reset_errors(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the same as a share of the errors."""
    return _over(seed, size, "continued", "shares of the error")


def control(seed: int, size: Size = FULL) -> Outcome:
    """The gain at the small width against itself from other initial weights."""
    one, other = (_gain(seed, size, SMALL_WIDTH, how, "points") for how in ("reset", "again"))
    return beats(one, other, "gain over gain")
