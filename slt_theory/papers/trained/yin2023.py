"""Blends of the tickets of one iterative pruning, chosen on validation examples.

Source: Yin et al., "Lottery Pools" (arXiv 2208.10842). The released code measures the first ticket
on test examples; the paper, and this file, on validation examples.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cache, partial

from slt_theory.papers.trained.shared import (
    FULL,
    SCOPE,
    Arms,
    Beats,
    Check,
    Claim,
    Outcome,
    Paper,
    Rig,
    Run,
    Scale,
    Source,
    Verdict,
    beats,
    control,
    keeps,
    mutant,
    rig,
    torch,
    training,
)

PAPER = Paper(
    key="yin2023",
    authors="Lu Yin, Shiwei Liu, Meng Fang, Tianjin Huang, Vlado Menkovski, Mykola Pechenizkiy",
    title="Lottery pools: winning more by interpolating tickets without increasing training or "
    "inference cost",
    venue="AAAI",
    year=2023,
    arxiv="2208.10842",
)

#: Shares of the network that is being improved.
GRID = (Fraction(1, 20), *(Fraction(k, 10) for k in range(1, 10)), Fraction(19, 20))


def blend(first: training.Tensors, second: training.Tensors, share: Fraction) -> training.Tensors:
    """``share * first + (1 - share) * second``."""
    return {
        name: float(share) * value + float(1 - share) * second[name]
        for name, value in first.items()
    }


def excess(
    model: training.Model, first: training.Tensors, second: training.Tensors, task: training.Task
) -> list[Fraction]:
    """Test error halfway between two networks, less the mean of theirs; exact.

    Never above the error barrier, the largest such excess on the line: where this is positive, the
    barrier is.

    Source: Frankle et al., "Linear mode connectivity and the lottery ticket hypothesis" (2020).
    """
    halfway = blend(first, second, Fraction(1, 2))
    one, other, between = (training.correct(model, each, task) for each in (first, second, halfway))
    count = 2 * task.test.shape[1]
    return [Fraction(value, count) for value in (one + other - 2 * between).tolist()]


@dataclass(frozen=True, eq=False)
class TicketPool:
    """A blended ticket, and its way there.

    Attributes
    ----------
    tensors, masks : dict of Tensor
    right : Tensor (others + 1, S)
        Validation examples classified right, at the start and after each other ticket.
    """

    tensors: training.Tensors
    masks: training.Tensors
    right: torch.Tensor


def pool(
    model: training.Model,
    ticket: training.Tensors,
    others: Iterable[training.Tensors],
    task: training.Task,
    keep: training.Keep,
    *,
    grid: Sequence[Fraction] = GRID,
) -> TicketPool:
    """Greedy blending into one ticket: each other, nearest first, stays in if nothing is lost.

    Parameters
    ----------
    keep : mapping or int
        The ticket's counts. Every blend is pruned to them again, by magnitude.
    """
    best, masks = ticket, training.top(training.magnitude(ticket), keep)
    right = training.correct(model, ticket, task, "validation")
    history = [right]
    for other in others:
        base = best
        for share in grid:
            mixed = blend(base, other, share)
            support = training.top(training.magnitude(mixed), keep)
            mixed = training.applied(mixed, support)
            now = training.correct(model, mixed, task, "validation")
            better = now >= right
            best, masks = _either(better, mixed, best), _either(better, support, masks)
            right = torch.maximum(now, right)
        history.append(right)
    return TicketPool(best, masks, torch.stack(history))


def _either(
    which: torch.Tensor, first: training.Tensors, second: training.Tensors
) -> training.Tensors:
    """Each network of the stack from the one or the other."""
    return {
        name: torch.where(which.reshape(-1, *[1] * (value.dim() - 1)), value, second[name])
        for name, value in first.items()
    }


#: The paper removes a fifth a round and rewinds to a twentieth of training. Five rounds remain
#: here, down to 14.5 %, after a first cut that counts for five.
RATE, FIRST, ROUNDS, LATE = Fraction(1, 5), 5, 9, 30
#: The positive control's last steps: how many, how much faster, on how few examples.
HOT, FASTER, NOISY = 60, 20, 2
Build = Callable[[int, Scale], tuple[Rig, dict[str, int], tuple["training.Tensors", ...]]]


def _in_new_order(r: Rig, counts: Sequence[dict[str, int]], late: int) -> Iterator[training.Round]:
    """`rounds` with batches of its own in every round: two tickets differ in more than masks."""
    masks, start = training.ones(r.model.shapes, len(r.draws)), r.start()
    fitted = r.train(start, masks, snapshots=(late,))
    yield training.Round(masks, start, fitted)
    start = fitted.snapshots[late]
    for number, keep in enumerate(counts, 1):
        masks = training.top(training.among(training.magnitude(fitted.variables), masks), keep)
        fitted = r.train(start, masks, copy=number)
        yield training.Round(masks, start, fitted)


@cache
def _rounds(seed: int, size: Scale) -> tuple[Rig, dict[str, int], tuple[training.Round, ...]]:
    r = rig(seed, size)
    counts = keeps(r.model.shapes, RATE, ROUNDS)[FIRST - 1 :]
    return r, counts[-1], tuple(_in_new_order(r, counts, r.steps(LATE)))


def rewound(seed: int, size: Scale) -> tuple[Rig, dict[str, int], tuple[training.Tensors, ...]]:
    """The sparsest ticket, then the others, nearest first."""
    r, keep, found = _rounds(seed, size)
    return r, keep, tuple(each.fitted.variables for each in reversed(found[1:]))


@cache
def _strangers(seed: int, size: Scale) -> tuple[Rig, dict[str, int], tuple[training.Tensors, ...]]:
    """The masks of the last two rounds, trained from unrelated weights."""
    r, keep, found = _rounds(seed, size)
    pair = (r.train(r.start(copy=k), found[-k].masks, copy=10 + k) for k in (1, 2))
    return r, keep, tuple(each.variables for each in pair)


@cache
def _siblings(seed: int, size: Scale) -> tuple[Rig, dict[str, int], tuple[training.Tensors, ...]]:
    """The sparsest ticket, trained on three times at a rate that leaves it unsettled."""
    r, keep, found = _rounds(seed, size)
    hot = replace(r.recipe, steps=r.steps(HOT), batch=NOISY, rate=FASTER * r.recipe.rate)
    last = found[-1]
    each = (r.train(last.fitted.variables, last.masks, recipe=hot, copy=20 + k) for k in range(3))
    return r, keep, tuple(one.variables for one in each)


def gain(seed: int, size: Scale = FULL, *, build: Build = rewound, arm: str = "average") -> Outcome:
    """Accuracy of a blend over its ticket; nothing is claimed where the ends are not connected."""
    r, keep, networks = build(seed, size)
    ticket, other = networks[:2]
    if arm == "average":
        mixed = blend(ticket, other, Fraction(1, 2))
        made = training.applied(mixed, training.top(training.magnitude(mixed), keep))
    else:
        made = pool(r.model, ticket, networks[1:], r.task, keep).tensors
    above = excess(r.model, ticket, other, r.task)
    barrier = beats(above, [0] * len(above), "error halfway over the mean of the ends")
    what = f"accuracy of the {arm} over its ticket"
    gain = beats(r.accuracy(made), r.accuracy(ticket), what, arms={"excess": above})
    closed = barrier.verdict is Verdict.CONSISTENT
    verdict = Verdict.NOT_APPLICABLE if closed else gain.verdict
    return Outcome(verdict, f"{gain.evidence}; {barrier.evidence}", gain.numbers)


def _again(run: Run) -> list[Fraction]:
    r, _, found = _rounds(*run)
    return r.accuracy(r.train(found[-1].start, found[-1].masks, copy=10).variables)


SPARSEST = Arms(
    Run,
    {
        "ticket": lambda run: _rounds(*run)[0].accuracy(_rounds(*run)[2][-1].fitted.variables),
        "ticket, other order": _again,
    },
    what="ticket over ticket",
)

NO_SEARCH = "an effect of other settings: none was tried"

ENTRIES = (
    Claim(
        id="yin2023-gain",
        title="Blends of adjacent tickets are better than the ticket",
        family="around the search",
        source=Source(PAPER, "averages of adjacent tickets, greedy pools", "AAAI 2023", "read"),
        statement="Where adjacent rewound tickets are linearly connected, their average, pruned "
        "to the density of one, is better than it; a greedy pool gains more.",
        paper_scope="VGG-16 and ResNet-18 on CIFAR, ResNets on ImageNet; 19 rounds, batch norm",
        test_scope=f"{SCOPE}; rounds of 20 % from density 0.34 to 0.145, rewound to step 30, with "
        "batches of their own; NOT_APPLICABLE where the error halfway is above the mean of the "
        "ends",
        not_claimed=(
            NO_SEARCH,
            "that no barrier lies elsewhere on the line: halfway only its presence is shown",
        ),
        checks=(
            Check(
                "average",
                "better than the ticket: reversed here, by what pruning removes again",
                gain,
                label="not-claimed",
            ),
            Check(
                "pool",
                "the greedy pool is better than the ticket: no difference here",
                partial(gain, arm="pool"),
                recorded=Verdict.INCONCLUSIVE,
            ),
            control(
                "the ticket in another order", Beats(SPARSEST, "ticket", "ticket, other order")
            ),
            mutant(
                "unrelated weights",
                "each ticket from weights of its own: a barrier, nothing is claimed",
                partial(gain, build=_strangers),
                Verdict.NOT_APPLICABLE,
            ),
            Check(
                "sees an average",
                "tickets of one basin that have not settled",
                partial(gain, build=_siblings),
                recorded=Verdict.CONSISTENT,
                role="mutant",
            ),
            Check(
                "sees a pool",
                "the pool of the same",
                partial(gain, build=_siblings, arm="pool"),
                recorded=Verdict.CONSISTENT,
                role="mutant",
            ),
        ),
    ),
)
