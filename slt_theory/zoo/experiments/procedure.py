"""What iterative pruning with reset must do, bit for bit; a small rig suffices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise

import torch

from slt_theory.theorems.checks import Outcome, all_of
from slt_theory.torch.train import Round, Tensors, among, applied, magnitude, nested, rounds, top
from slt_theory.zoo.experiments.imp import RATE, ROUNDS
from slt_theory.zoo.rig import Rig, rig
from slt_theory.zoo.systems.imp import keeps
from slt_theory.zoo.verdicts import FULL, SMALL, Size

__all__ = [
    "check_rounds",
    "largest_removed",
    "never_reset",
    "one_too_few",
    "other_order",
    "procedure",
]

Keeps = Sequence[dict[str, int]]


def _by_rounds(r: Rig, counts: Keeps) -> Iterable[Round]:
    return rounds(r.model, r.start(), r.task, r.recipe, counts, draws=r.draws)


def procedure(seed: int, size: Size = FULL) -> Outcome:
    """Counts, nesting, magnitudes, reset and pairing of every round."""
    return _kept(seed, _by_rounds)


def largest_removed(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the smallest weights are kept."""

    def turned(tensors: Tensors) -> Tensors:
        return {name: -score for name, score in magnitude(tensors).items()}

    return _kept(
        seed,
        lambda r, counts: rounds(
            r.model, r.start(), r.task, r.recipe, counts, draws=r.draws, score=turned
        ),
    )


def never_reset(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: each round goes on from the trained weights."""

    def tuned(r: Rig, counts: Keeps) -> Iterable[Round]:
        last = next(iter(_by_rounds(r, ())))
        yield last
        for keep in counts:
            weights = last.fitted.variables
            masks = top(among(magnitude(weights), last.masks), keep)
            last = Round(masks, weights, r.train(weights, masks))
            yield last

    return _kept(seed, tuned)


def one_too_few(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: ">" at the threshold where ">=" is meant, so each cut removes one more."""
    return _kept(
        seed,
        lambda r, counts: _by_rounds(r, [{n: k - 1 for n, k in keep.items()} for keep in counts]),
    )


def other_order(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: every arm draws batches of its own."""
    return _kept(seed, _by_rounds, copy=1)


def _kept(seed: int, run: Callable[[Rig, Keeps], Iterable[Round]], *, copy: int = 0) -> Outcome:
    r = rig(seed, SMALL)
    counts = keeps(r.model.shapes, RATE, ROUNDS)
    failures = check_rounds(r, list(run(r, counts)), counts, copy=copy)
    return all_of(failures, 5 * ROUNDS, "counts, nesting, magnitudes, reset, same batches")


def check_rounds(r: Rig, done: Sequence[Round], counts: Keeps, *, copy: int = 0) -> list[str]:
    """The laws that fail, with their round; `copy` says which batches another arm is given."""
    failures = []
    for number, ((before, after), keep) in enumerate(
        zip(pairwise(done), counts, strict=True), start=1
    ):
        again = r.train(after.start, after.masks, copy=copy).variables
        laws = {
            "counts": all((m.flatten(1).sum(1) == keep[n]).all() for n, m in after.masks.items()),
            "nesting": bool(nested(after.masks, before.masks).all()),
            "magnitudes": _larger(before, after),
            "reset": _equal(*(applied(t, after.masks) for t in (after.start, r.start()))),
            "pairing": _equal(after.fitted.variables, again),
        }
        failures += [f"{law} in round {number}" for law, holds in laws.items() if not holds]
    return failures


def _larger(before: Round, after: Round) -> bool:
    """No weight that a round dropped had ended larger than one that it kept in the same layer."""
    worth = magnitude(before.fitted.variables)
    return all(
        bool(
            (
                worth[name].masked_fill(~kept, torch.inf).flatten(1).amin(1)
                >= worth[name].masked_fill(kept | ~before.masks[name], 0).flatten(1).amax(1)
            ).all()
        )
        for name, kept in after.masks.items()
    )


def _equal(first: Tensors, second: Tensors) -> bool:
    return all(torch.equal(first[name], second[name]) for name in first)
