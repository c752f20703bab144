"""A ticket search with a fixed budget, in networks of several sizes.

Source: Sahu et al., "Not all lotteries are made equal" (arXiv 2206.08175).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from slt_theory.papers.trained.shared import (
    REPLICATES,
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
    control,
    keeps,
    mutant,
    rig,
    torch,
    training,
)

PAPER = Paper(
    key="sahu2022",
    authors="Surya Kant Sahu, Sai Mitheran, Somya Suhans Mahapatra",
    title="Not all lotteries are made equal",
    venue="arXiv",
    year=2022,
    arxiv="2206.08175",
)


@dataclass(frozen=True, eq=False)
class TicketSearch:
    """Every network of a search, the dense one first.

    Attributes
    ----------
    networks : tuple of dicts of Tensor
    right : Tensor (rounds + 1, S)
        Validation examples that each classifies right.
    """

    networks: tuple[training.Tensors, ...]
    right: torch.Tensor

    def best(self) -> torch.Tensor:
        """The round of most right; of equals the sparsest: int64 (S,)."""
        return self._last(self.right == self.right.max(0).values)

    def sparsest_matching(self) -> torch.Tensor:
        """The last round that is no worse than the dense network: int64 (S,)."""
        return self._last(self.right >= self.right[0])

    def network(self, rounds: torch.Tensor) -> training.Tensors:
        """The stack with each replicate's network of its own round."""
        each = torch.arange(len(rounds))
        return {
            name: torch.stack([network[name] for network in self.networks])[rounds, each]
            for name in self.networks[0]
        }

    def _last(self, fits: torch.Tensor) -> torch.Tensor:
        return len(fits) - 1 - fits.flip(0).int().argmax(0)


def search(
    model: training.Model,
    start: training.Tensors,
    task: training.Task,
    recipe: training.Recipe,
    keeps: Sequence[training.Keep],
    *,
    draws: training.Draws,
) -> TicketSearch:
    """Train, prune, reset and train again, once for each count."""
    networks = tuple(
        found.fitted.variables
        for found in training.rounds(model, start, task, recipe, keeps, draws=draws)
    )
    right = torch.stack([training.correct(model, each, task, "validation") for each in networks])
    return TicketSearch(networks, right)


#: Six rounds that each remove 30 %, in 64-w-w/2-10.
RATE, ROUNDS = Fraction(3, 10), 6
SMALL_WIDTH, LARGE_WIDTH = 12, 100


def _continued(r: Rig, counts: list[dict[str, int]]) -> TicketSearch:
    """Mutant: weights are never reset, so every round adds its steps to those before."""
    masks = training.ones(r.model.shapes, len(r.draws))
    networks: list[training.Tensors] = [r.train(r.start()).variables]
    for keep in counts:
        masks = training.top(training.magnitude(networks[-1]), keep)
        fitted = training.fit_masked(r.model, networks[-1], masks, r.task, r.recipe, draws=r.draws)
        networks.append(fitted.variables)
    right = [training.correct(r.model, each, r.task, "validation") for each in networks]
    return TicketSearch(tuple(networks), torch.stack(right))


@cache
def searched(seed: int, size: Scale, width: int, how: str) -> tuple[Rig, TicketSearch]:
    """Search tickets at a width: reset, again from other weights, or continued."""
    r = rig(seed, size, widths=(64, width, width // 2, 10))
    counts = keeps(r.model.shapes, RATE, ROUNDS)
    if how == "continued":
        return r, _continued(r, counts)
    start = r.start(copy=1 if how == "again" else 0)
    return r, search(r.model, start, r.task, r.recipe, counts, draws=r.draws)


def _gain(seed: int, size: Scale, width: int, how: str, part: str) -> list[Fraction]:
    """Test accuracy of what validation chooses, less the dense network's; or that over its errors.

    A dense network without errors has none to lose: 0.
    """
    r, found = searched(seed, size, width, how)
    dense, best = (r.accuracy(n) for n in (found.networks[0], found.network(found.best())))
    gains = [b - d for b, d in zip(best, dense, strict=True)]
    if part == "points":
        return gains
    return [g / (1 - d) if d < 1 else Fraction(0) for g, d in zip(gains, dense, strict=True)]


def _in(part: str) -> dict[str, Callable[[Run], list[Fraction]]]:
    """Gains of the arms in points, or as shares of the dense network's errors."""
    return {
        "small": lambda run: _gain(*run, SMALL_WIDTH, "reset", part),
        "large": lambda run: _gain(*run, LARGE_WIDTH, "reset", part),
        "small, again": lambda run: _gain(*run, SMALL_WIDTH, "again", part),
        # Planted error.
        "small, never reset": lambda run: _gain(*run, SMALL_WIDTH, "continued", part),
    }


WIDTHS = f"gain by ticket search at width {SMALL_WIDTH} over width {LARGE_WIDTH}, in "
POINTS = Arms(Run, _in("points"), what=WIDTHS + "points")
ERRORS = Arms(Run, _in("shares of the error"), what=WIDTHS + "shares of the error")

NO_SEARCH = "an effect of other settings: none was tried"

ENTRIES = (
    Claim(
        id="sahu2022-size",
        title="Small networks gain more from a search for tickets",
        family="around the search",
        source=Source(PAPER, "abstract", "arXiv", "read"),
        statement="With a fixed budget of rounds, the best network of a ticket search improves on "
        "the dense one by more in small models than in large ones.",
        paper_scope="models of several sizes on image data; sizes and rounds not recovered",
        test_scope="MLP 64-w-w/2-10 at w = 12 and w = 100 on 8x8 digits, 600 Adam steps, six "
        f"rounds of 30 %, chosen by 300 validation images, {REPLICATES}",
        not_claimed=(NO_SEARCH,),
        checks=(
            Check(
                "gain",
                "larger at width 12 than at width 100",
                Beats(POINTS, "small", "large"),
                recorded=Verdict.INCONCLUSIVE,
            ),
            Check(
                "gain of the error",
                "the same as a share of the dense network's errors",
                Beats(ERRORS, "small", "large"),
                recorded=Verdict.INCONCLUSIVE,
            ),
            control(
                "width 12, other weights",
                Beats(POINTS, "small", "small, again", what="gain over gain"),
            ),
            mutant(
                "never reset",
                "in small networks rounds add their steps, which is what these lack",
                Beats(POINTS, "small, never reset", "large"),
                Verdict.CONSISTENT,
            ),
            mutant(
                "never reset, errors",
                "the same as a share of the errors",
                Beats(ERRORS, "small, never reset", "large"),
                Verdict.CONSISTENT,
            ),
        ),
    ),
)
