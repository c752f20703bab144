"""Iterative pruning with reset does what it says, bit for bit; a small rig suffices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import pairwise

from slt_theory.papers.trained.frankle2019 import PAPER, RATE, ROUNDS
from slt_theory.papers.trained.shared import (
    SMALL,
    Check,
    Claim,
    Outcome,
    Rig,
    Scale,
    Source,
    all_of,
    keeps,
    mutant,
    rig,
    torch,
    training,
)

Keeps = Sequence[dict[str, int]]


def _by_rounds(r: Rig, counts: Keeps) -> Iterable[training.Round]:
    return training.rounds(r.model, r.start(), r.task, r.recipe, counts, draws=r.draws)


def check_rounds(
    r: Rig, done: Sequence[training.Round], counts: Keeps, *, copy: int = 0
) -> list[str]:
    """The laws that fail, with their round; `copy` says which batches another arm is given."""
    failures = []
    for number, ((before, after), keep) in enumerate(
        zip(pairwise(done), counts, strict=True), start=1
    ):
        again = r.train(after.start, after.masks, copy=copy).variables
        laws = {
            "counts": all((m.flatten(1).sum(1) == keep[n]).all() for n, m in after.masks.items()),
            "nesting": bool(training.nested(after.masks, before.masks).all()),
            "magnitudes": _larger(before, after),
            "reset": _equal(*(training.applied(t, after.masks) for t in (after.start, r.start()))),
            "pairing": _equal(after.fitted.variables, again),
        }
        failures += [f"{law} in round {number}" for law, holds in laws.items() if not holds]
    return failures


def _larger(before: training.Round, after: training.Round) -> bool:
    """No weight that a round dropped had ended larger than one that it kept in the same layer."""
    worth = training.magnitude(before.fitted.variables)
    return all(
        bool(
            (
                worth[name].masked_fill(~kept, torch.inf).flatten(1).amin(1)
                >= worth[name].masked_fill(kept | ~before.masks[name], 0).flatten(1).amax(1)
            ).all()
        )
        for name, kept in after.masks.items()
    )


def _equal(first: training.Tensors, second: training.Tensors) -> bool:
    return all(torch.equal(first[name], second[name]) for name in first)


def procedure(
    seed: int,
    size: Scale = SMALL,
    *,
    run: Callable[[Rig, Keeps], Iterable[training.Round]] = _by_rounds,
    copy: int = 0,
) -> Outcome:
    """Counts, nesting, magnitudes, reset and pairing of every round of a run."""
    r = rig(seed, SMALL)
    counts = keeps(r.model.shapes, RATE, ROUNDS)
    failures = check_rounds(r, list(run(r, counts)), counts, copy=copy)
    return all_of(failures, 5 * ROUNDS, "counts, nesting, magnitudes, reset, same batches")


# Planted errors.


def _smallest(r: Rig, counts: Keeps) -> Iterable[training.Round]:
    """Keep the smallest weights."""

    def turned(tensors: training.Tensors) -> training.Tensors:
        return {name: -score for name, score in training.magnitude(tensors).items()}

    return training.rounds(
        r.model, r.start(), r.task, r.recipe, counts, draws=r.draws, score=turned
    )


def _never_reset(r: Rig, counts: Keeps) -> Iterable[training.Round]:
    """Go on from the trained weights in each round."""
    last = next(iter(_by_rounds(r, ())))
    yield last
    for keep in counts:
        weights = last.fitted.variables
        masks = training.top(training.among(training.magnitude(weights), last.masks), keep)
        last = training.Round(masks, weights, r.train(weights, masks))
        yield last


def _one_too_few(r: Rig, counts: Keeps) -> Iterable[training.Round]:
    """Take ">" at the threshold for ">=", so that each cut removes one weight more."""
    return _by_rounds(r, [{n: k - 1 for n, k in keep.items()} for keep in counts])


ENTRIES = (
    Claim(
        id="frankle2019-procedure",
        title="Iterative pruning with reset does what it says",
        family="pruning and rewinding",
        source=Source(
            PAPER, "strategy of iterative pruning, section 1", "ICLR 2019", "recalled-high"
        ),
        statement="Each round keeps a set share of the weights of each layer kept before, those of "
        "largest trained magnitude, and puts them back to their initial values; arms that are "
        "compared see the same batches.",
        paper_scope="any network; the output layer is pruned at half the rate",
        test_scope="MLP 64-100-50-10 on 8x8 digits, 20 steps, seven rounds of 35 %",
        exact=True,
        checks=(
            Check(
                "procedure",
                "counts, nesting, magnitudes, reset and batches, bit for bit",
                procedure,
            ),
            mutant(
                "largest removed",
                "the smallest weights are kept",
                partial(procedure, run=_smallest),
            ),
            mutant(
                "never reset",
                "each round goes on from the trained weights",
                partial(procedure, run=_never_reset),
            ),
            mutant(
                "one too few",
                "a strict threshold removes one weight more",
                partial(procedure, run=_one_too_few),
            ),
            mutant("other order", "an arm draws batches of its own", partial(procedure, copy=1)),
        ),
    ),
)
