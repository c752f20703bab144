"""Examples that training forgets or pruning flips, as the data to find a ticket with.

Source: Zhang et al., "Efficient lottery ticket finding: less data is more" (ICML 2021, arXiv
2106.03225); forgetting events by Toneva et al. (arXiv 1812.05159).
"""

from __future__ import annotations

from dataclasses import replace
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
    keeps,
    mutant,
    rig,
    torch,
    training,
)

PAPER = Paper(
    key="zhang2021",
    authors="Zhenyu Zhang, Xuxi Chen, Tianlong Chen, Zhangyang Wang",
    title="Efficient lottery ticket finding: less data is more",
    venue="ICML",
    year=2021,
    arxiv="2106.03225",
)


class Forgetting:
    """Cross-entropy that counts, as a loss of `fit`, how often an example is forgotten.

    An example is forgotten when it is wrong in a batch and was right in the last one that had it.

    Attributes
    ----------
    counts : Tensor (S, n)
    right, learned : Tensor (S, n)
        Right when last seen; right when seen at any time.
    """

    def __init__(self, stack: int, examples: int) -> None:
        self.counts = torch.zeros(stack, examples, dtype=torch.int64)
        self.right = torch.zeros(stack, examples, dtype=torch.bool)
        self.learned = torch.zeros(stack, examples, dtype=torch.bool)

    def __call__(self, logits: torch.Tensor, batch: training.Batch) -> torch.Tensor:
        # An example drawn twice into a batch is written twice, with the same value.
        now = logits.detach().argmax(2) == batch.labels
        lost = self.right.gather(1, batch.numbers) & ~now
        self.counts += torch.zeros_like(self.right).scatter_(1, batch.numbers, lost)
        self.right.scatter_(1, batch.numbers, now)
        self.learned |= self.right
        return training.cross_entropy(logits, batch)


def critical(
    train: torch.Tensor, memory: Forgetting, dense: torch.Tensor, pruned: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Find the examples that are critical to training, and those to pruning.

    Parameters
    ----------
    train : Tensor (S, count)
        Example numbers.
    dense, pruned : Tensor (S, count)
        Classes that the network predicts for them before and after it is pruned.

    Returns
    -------
    pair of bool Tensors (S, count)
        Forgotten at least once or never learned; predicted otherwise by the pruned network. The
        set is the union.
    """
    forgotten = (memory.counts > 0) | ~memory.learned
    return forgotten.gather(1, train), dense != pruned


def most(
    train: torch.Tensor, memory: Forgetting, flipped: torch.Tensor, count: int
) -> torch.Tensor:
    """The `count` most critical examples, each stack member the same number: (S, count).

    Never learned first, then by how often forgotten, then those that pruning flips, then by their
    order in `train`, which is random.
    """
    forgotten, learned = (each.gather(1, train) for each in (memory.counts, memory.learned))
    above = int(forgotten.max()) + 1
    rank = 2 * torch.where(learned, forgotten, above) + flipped
    return train.gather(1, rank.argsort(dim=1, descending=True, stable=True)[:, :count])


def scaled_steps(chosen: int, examples: int, steps: int) -> int:
    """The steps that `chosen` of all examples are given: ``steps * chosen / examples``, rounded."""
    return round(Fraction(steps * chosen, examples))


#: The paper's cut, for the examples that pruning flips.
CUT = Fraction(1, 5)
#: Two cuts to the counts that four and seven cuts of 35 % leave, the last 5.8 %.
RATE, AT = Fraction(7, 20), (4, 7)
CHOSEN, MARGIN = 500, 0.005


@cache
def watched(
    seed: int, size: Scale, kind: type[Forgetting] = Forgetting
) -> tuple[Rig, Forgetting, torch.Tensor, torch.Tensor]:
    """Training of the dense network, watched; its classes for the examples, whole and cut."""
    r = rig(seed, size)
    memory = kind(len(r.draws), len(r.task.inputs))
    dense = r.train(r.start(), loss=memory).variables
    cut = training.applied(
        dense, training.top(training.magnitude(dense), keeps(r.model.shapes, CUT, 1)[0])
    )
    before, after = (
        training.outputs(r.model, each, r.task.inputs, r.task.train).argmax(2)
        for each in (dense, cut)
    )
    return r, memory, before, after


@cache
def _masks(seed: int, size: Scale, data: str) -> tuple[Rig, training.Tensors]:
    """Masks found with all data, the critical half, a random half, or half of the classes."""
    r, memory, before, after = watched(seed, size)
    train = r.task.train
    numbers = {
        "all": train,
        "critical": most(train, memory, before != after, CHOSEN),
        "random": train.gather(1, r.draws.order(train.shape[1], training.Use.DATA, 1))[:, :CHOSEN],
        "classes": train.gather(1, r.task.answers(train).argsort(dim=1))[:, :CHOSEN],
    }[data]
    first, last = (keeps(r.model.shapes, RATE, at)[-1] for at in AT)
    task = replace(r.task, train=numbers)
    *_, cut = training.rounds(r.model, r.start(), task, r.recipe, [first], draws=r.draws)
    return r, training.top(
        training.among(training.magnitude(cut.fitted.variables), cut.masks), last
    )


@cache
def _accuracy(
    seed: int, size: Scale, data: str, *, deal: bool = False, copy: int = 0
) -> list[Fraction]:
    """Of the ticket, trained with all data whatever it was found with."""
    r, masks = _masks(seed, size, data)
    placed = training.shuffled(masks, r.draws) if deal else masks
    return r.accuracy(r.train(r.start(), placed, copy=copy).variables)


TICKETS = Arms(
    Run,
    {
        "the critical half": lambda run: _accuracy(*run, "critical"),
        "all": lambda run: _accuracy(*run, "all"),
        "a random half": lambda run: _accuracy(*run, "random"),
        "its counts at random": lambda run: _accuracy(*run, "critical", deal=True),
        "a random half, second order": lambda run: _accuracy(*run, "random", copy=1),
        "a random half, third order": lambda run: _accuracy(*run, "random", copy=2),
        # Planted error: sorted by label before the first half is taken.
        "half of the classes": lambda run: _accuracy(*run, "classes"),
    },
    what="accuracy, found with {first} over {second}",
)

TWO_CUTS = f"{SCOPE}; two cuts to density 0.058"
NO_SEARCH = "an effect of other settings: none was tried"

ENTRIES = (
    Claim(
        id="zhang2021-tickets",
        title="Tickets found with critical examples match those found with all",
        family="around the search",
        source=Source(PAPER, "experiments on subsets", "ICML 2021", "read"),
        statement="Tickets found with the critical set are as good as those found with all data, "
        "and better than those found with as many random examples.",
        paper_scope="ResNets and VGG on CIFAR and Tiny ImageNet, sets of 35 to 78 % of the data",
        test_scope=f"{TWO_CUTS}; found with 500 of 1,000 examples at equal steps, trained with "
        "all, at most half a point worse",
        not_claimed=(NO_SEARCH, "saved steps: here every search takes all of them"),
        checks=(
            Check(
                "matches all data",
                "at most half a point worse than found with all data",
                Within(TICKETS, "the critical half", "all", margin=MARGIN),
                recorded=Verdict.INCONCLUSIVE,
            ),
            Check(
                "better than random",
                "better than found with a random half",
                Beats(TICKETS, "the critical half", "a random half"),
                recorded=Verdict.INCONCLUSIVE,
            ),
            control(
                "a random half, two orders",
                Beats(
                    TICKETS,
                    "a random half, second order",
                    "a random half, third order",
                    what="ticket over ticket",
                ),
            ),
            Check(
                "sees worse tickets",
                "at most half a point worse than the same counts dealt out at random",
                Within(
                    TICKETS,
                    "the critical half",
                    "its counts at random",
                    margin=MARGIN,
                    what="accuracy, critical half over masks at random",
                ),
                recorded=Verdict.CONSISTENT,
                role="mutant",
            ),
            mutant(
                "half of the classes",
                "the set is the first half of the examples sorted by label",
                Beats(TICKETS, "half of the classes", "a random half"),
            ),
        ),
    ),
)
