"""Late resetting: tickets put back to an early step against tickets put back to the start.

Source: Frankle, Dziugaite, Roy, Carbin, "Stabilizing the lottery ticket hypothesis" (arXiv
1903.01611). The loop is `shared.pruning.rewound`.
"""

from __future__ import annotations

from dataclasses import dataclass

from slt_theory.papers.trained.frankle2019 import RATE, ROUNDS, SPARSE, found
from slt_theory.papers.trained.shared import (
    REPLICATES,
    Arms,
    Beats,
    Check,
    Claim,
    Paper,
    Rig,
    Scale,
    Source,
    Verdict,
    control,
    keeps,
    mutant,
    rest,
    rewound,
    rig,
    training,
)

PAPER = Paper(
    key="frankle2019b",
    authors="Jonathan Frankle, Gintare Karolina Dziugaite, Daniel M. Roy, Michael Carbin",
    title="Stabilizing the lottery ticket hypothesis",
    venue="arXiv",
    year=2019,
    arxiv="1903.01611",
)

#: A tenth of the steps; training goes on with those that are left.
LATE = 60
#: A wider network; the counts of nine rounds in one cut.
WIDE, CUTS = (64, 300, 100, 10), 9


@dataclass(frozen=True, eq=False)
class Rewound:
    """Dense and last round of a pruning with rewinding, and the last round of one with reset."""

    rig: Rig
    dense: training.Round
    last: training.Round
    reset: training.Round | None = None

    @property
    def left(self) -> training.Recipe:
        """The steps after the one that is rewound to."""
        return rest(self.rig.recipe, self.rig.steps(LATE))

    def trained(
        self, start: training.Tensors, *, left: bool = False, copy: int = 0
    ) -> training.Tensors:
        """Weights under the last masks after all steps, or those that are left."""
        recipe = self.left if left else self.rig.recipe
        return self.rig.train(start, self.last.masks, recipe=recipe, copy=copy).variables


def _rewound(r: Rig, counts: list[dict[str, int]], reset: training.Round | None = None) -> Rewound:
    late = r.steps(LATE)
    dense, *_, last = rewound(
        r.model, r.start(), r.task, r.recipe, counts, draws=r.draws, late=late
    )
    return Rewound(r, dense, last, reset)


def iterative(seed: int, size: Scale) -> Rewound:
    """Seven rounds of 35 %, rewound in each, beside those of Frankle and Carbin."""
    r = rig(seed, size)
    return _rewound(r, keeps(r.model.shapes, RATE, ROUNDS), found(seed, size).rounds[-1])


def one_shot(seed: int, size: Scale) -> Rewound:
    """One cut to a fortieth in the wider network."""
    r = rig(seed, size, widths=WIDE)
    return _rewound(r, keeps(r.model.shapes, RATE, CUTS)[-1:])


def _reset(s: Rewound) -> training.Round:
    assert s.reset is not None
    return s.reset


ITERATIVE = Arms(
    iterative,
    {
        "rewound": lambda s: s.last.fitted.variables,
        "reset": lambda s: _reset(s).fitted.variables,
        "rewound, other order": lambda s: s.trained(s.last.start, left=True, copy=1),
        # Planted error.
        "drawn anew": lambda s: s.rig.train(s.rig.start(copy=1), _reset(s).masks).variables,
    },
    read=lambda s, weights: s.rig.accuracy(weights),
    what="accuracy of {first} over {second}",
)
ONE_SHOT = Arms(
    one_shot,
    {
        "rewound": lambda s: s.last.fitted.variables,
        "reset": lambda s: s.trained(s.dense.start),
        "rewound, other order": lambda s: s.trained(s.last.start, left=True, copy=1),
        # Planted error.
        "start mistaken": lambda s: s.trained(s.dense.start, left=True),
    },
    read=lambda s, weights: s.rig.accuracy(weights),
    what="accuracy of {first} over {second}",
)


LARGE = "ResNets and VGG on CIFAR-10 and ImageNet"

ENTRIES = (
    Claim(
        id="frankle2019b-rewinding",
        title="Iterative tickets put back to an early step beat those put back to the start",
        family="pruning and rewinding",
        source=Source(PAPER, "late resetting", "arXiv", "recalled-mid"),
        statement="Where reset to initial weights finds no winning tickets, rewinding to a step "
        "k > 0 does, with as many training steps in all.",
        paper_scope=LARGE,
        test_scope=f"{SPARSE}; rewound to step 60, the optimiser's state is not",
        not_claimed=("a network in which reset fails: here it does not",),
        checks=(
            Check(
                "accuracy",
                "rewound over reset",
                Beats(ITERATIVE, "rewound", "reset"),
                recorded=Verdict.INCONCLUSIVE,
            ),
            control(
                "rewound against rewound",
                Beats(ITERATIVE, "rewound", "rewound, other order", what="rewound over rewound"),
            ),
            mutant(
                "drawn anew",
                "reset to new random weights",
                Beats(ITERATIVE, "rewound", "drawn anew"),
                Verdict.CONSISTENT,
            ),
        ),
    ),
    Claim(
        id="frankle2019b-extreme",
        title="Extreme one-shot tickets put back to an early step beat those put back to the start",
        family="pruning and rewinding",
        source=Source(PAPER, "late resetting", "arXiv", "recalled-mid"),
        statement="Where reset to initial weights finds no winning tickets, rewinding to a step "
        "k > 0 does, with as many training steps in all.",
        paper_scope=LARGE,
        test_scope="MLP 64-300-100-10 on 8x8 digits, 600 Adam steps, one cut to density 0.024, "
        f"rewound to step 60, {REPLICATES}",
        not_claimed=(
            "that rewinding does nothing: it wins 13, 21 and 21 of 24 replicates with master seeds "
            "0, 1 and 2, and is CONSISTENT with the last two",
        ),
        checks=(
            Check(
                "accuracy",
                "rewound over reset",
                Beats(ONE_SHOT, "rewound", "reset"),
                recorded=Verdict.INCONCLUSIVE,
            ),
            control("rewound against rewound", Beats(ONE_SHOT, "rewound", "rewound, other order")),
            mutant(
                "start mistaken",
                "the start is taken for the early step",
                Beats(ONE_SHOT, "start mistaken", "reset"),
            ),
        ),
    ),
)
