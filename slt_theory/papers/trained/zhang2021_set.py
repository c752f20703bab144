"""The critical set, to the letter, and the steps that it is given."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from itertools import pairwise

from slt_theory.papers.trained.shared import (
    Check,
    Claim,
    Outcome,
    Scale,
    Source,
    all_of,
    mutant,
    torch,
    training,
)
from slt_theory.papers.trained.zhang2021 import PAPER, Forgetting, critical, scaled_steps, watched

BRIEF = Scale(6, Fraction(1, 3))


class _Recorded(Forgetting):
    """Forgetting that also keeps a plain history: which examples were right, step by step."""

    def __init__(self, stack: int, examples: int) -> None:
        super().__init__(stack, examples)
        self.history: list[list[dict[int, bool]]] = [[] for _ in range(stack)]

    def __call__(self, logits: torch.Tensor, batch: training.Batch) -> torch.Tensor:
        right = (logits.argmax(2) == batch.labels).tolist()
        for replicate, numbers in enumerate(batch.numbers.tolist()):
            self.history[replicate].append(dict(zip(numbers, right[replicate], strict=True)))
        return super().__call__(logits, batch)


def definition(
    seed: int,
    size: Scale = BRIEF,
    *,
    event: tuple[bool, bool] = (True, False),
    unlearned: bool = True,
) -> Outcome:
    """The set is what the definition makes of the plain history, for every example."""
    r, memory, before, after = watched(seed, size, _Recorded)
    assert isinstance(memory, _Recorded)
    forgotten, flipped = critical(r.task.train, memory, before, after)
    member, changed = (forgotten | flipped).tolist(), (before != after).tolist()
    failures, cases = [], 0
    for k, train in enumerate(r.task.train.tolist()):
        for place, number in enumerate(train):
            rights = [step[number] for step in memory.history[k] if number in step]
            lost = event in pairwise(rights) or (unlearned and not any(rights))
            cases += 1
            if member[k][place] != (lost or changed[k][place]):
                failures.append(f"example {number} of replicate {k}")
    return all_of(failures, cases, "critical: forgotten, never learned, or flipped by pruning")


def steps(
    seed: int, size: Scale = BRIEF, *, scaled: Callable[[int, int, int], int] = scaled_steps
) -> Outcome:
    """N is the integer nearest to |P| / |D| N0; all of the data get all of the steps."""
    total, failures, cases = 600, [], 0
    for examples in range(1, 121):
        for chosen in range(examples + 1):
            cases += 1
            off = abs(scaled(chosen, examples, total) * examples - chosen * total)
            if 2 * off > examples:
                failures.append(f"{chosen} of {examples}")
    return all_of(failures, cases, f"|N |D| - |P| N0| <= |D| / 2 at N0 = {total}")


def _floating(chosen: int, examples: int, steps: int) -> int:
    """Mutant: in floating point, cut to an integer."""
    return int(chosen / examples * steps)


ENTRIES = (
    Claim(
        id="zhang2021-set",
        title="The critical set is what training forgets or pruning flips",
        family="around the search",
        source=Source(
            PAPER, "definition of the PrAC set, the steps it is given", "ICML 2021", "read"
        ),
        statement="An example is critical if it was forgotten at least once, never learned, or is "
        "classified otherwise after pruning; training on the set P takes |P| / |D| N0 steps.",
        paper_scope="every network and data set",
        test_scope="six networks of 200 steps, every training digit, from the plain history of "
        "its predictions; all |P| <= |D| <= 120",
        exact=True,
        checks=(
            Check("definition", "membership of every example", definition),
            Check("steps", "the nearest integer to |P| / |D| N0", steps),
            mutant(
                "never learned left out",
                "what was never right was never forgotten",
                partial(definition, unlearned=False),
            ),
            mutant(
                "learning counted",
                "events from wrong to right",
                partial(definition, event=(False, True)),
            ),
            mutant(
                "floating point",
                "steps in floating point, cut to an integer",
                partial(steps, scaled=_floating),
            ),
        ),
    ),
)
