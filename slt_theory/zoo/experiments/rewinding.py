"""Late resetting: tickets put back to an early step against tickets put back to the start."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from slt_theory.theorems.checks import Outcome
from slt_theory.torch.train import Round
from slt_theory.zoo.experiments.imp import RATE, ROUNDS, found
from slt_theory.zoo.rig import Rig, rig
from slt_theory.zoo.systems.imp import keeps
from slt_theory.zoo.systems.rewinding import rest, rewound
from slt_theory.zoo.verdicts import FULL, Size, beats

#: A tenth of the steps; training goes on with those that are left.
LATE = 60
#: A wider network; the counts of nine rounds in one cut.
WIDE, CUTS = (64, 300, 100, 10), 9


@cache
def _rewound(seed: int, size: Size, kind: str) -> tuple[Rig, tuple[Round, ...]]:
    """Rounds with rewinding, the dense one first: iterative in the rig, or one-shot and wide."""
    if kind == "iterative":
        r = rig(seed, size)
        counts = keeps(r.model.shapes, RATE, ROUNDS)
    else:
        r = rig(seed, size, widths=WIDE)
        counts = keeps(r.model.shapes, RATE, CUTS)[-1:]
    late = r.steps(LATE)
    done = rewound(r.model, r.start(), r.task, r.recipe, counts, draws=r.draws, late=late)
    return r, tuple(done)


@cache
def _one_shot(seed: int, size: Size, name: str) -> list[Fraction]:
    """Test accuracy under the one-shot mask, from the start or from the early step."""
    r, (dense, ticket) = _rewound(seed, size, "one-shot")
    if name == "rewound":
        return r.accuracy(ticket.fitted.variables)
    if name == "reset":
        return r.accuracy(r.train(dense.start, ticket.masks).variables)
    left = rest(r.recipe, r.steps(LATE))
    if name == "start mistaken":
        return r.accuracy(r.train(dense.start, ticket.masks, recipe=left).variables)
    return r.accuracy(r.train(ticket.start, ticket.masks, recipe=left, copy=1).variables)


def _over(seed: int, size: Size, first: str, second: str) -> Outcome:
    one, other = (_one_shot(seed, size, name) for name in (first, second))
    return beats(one, other, f"accuracy of {first} over {second}")


def iterative(seed: int, size: Size = FULL) -> Outcome:
    """Seven rounds of 35 %, rewound in each, against the same with reset."""
    r, (*_, last) = _rewound(seed, size, "iterative")
    _, (*_, reset) = found(seed, size)
    late, first = (r.accuracy(ticket.fitted.variables) for ticket in (last, reset))
    return beats(late, first, "accuracy of rewound over reset")


def extreme(seed: int, size: Size = FULL) -> Outcome:
    """One cut to a fortieth in the wider network, rewound against reset."""
    return _over(seed, size, "rewound", "reset")


def start_mistaken(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the start is taken for the early step."""
    return _over(seed, size, "start mistaken", "reset")


def control(seed: int, size: Size = FULL) -> Outcome:
    """Rewound against rewound with other batches."""
    return _over(seed, size, "rewound", "rewound, other order")


def over_fresh(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: instead of reset, the last round draws new weights."""
    r, (*_, last) = _rewound(seed, size, "iterative")
    _, (*_, reset) = found(seed, size)
    fresh = r.accuracy(r.train(r.start(copy=1), reset.masks).variables)
    return beats(r.accuracy(last.fitted.variables), fresh, "accuracy of rewound over drawn anew")


def iterative_control(seed: int, size: Size = FULL) -> Outcome:
    """Rewound tickets of the rig against themselves trained with other batches."""
    r, (*_, last) = _rewound(seed, size, "iterative")
    left = rest(r.recipe, r.steps(LATE))
    again = r.train(last.start, last.masks, recipe=left, copy=1).variables
    one, other = (r.accuracy(weights) for weights in (last.fitted.variables, again))
    return beats(one, other, "rewound over rewound")
