"""A ticket of a seventh of the weights against the dense network."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

from slt_theory.theorems.checks import Outcome
from slt_theory.torch.train import magnitude, rounds, top
from slt_theory.zoo.experiments.speed import Learned, learned, sooner
from slt_theory.zoo.rig import Rig, rig
from slt_theory.zoo.systems.imp import keeps
from slt_theory.zoo.verdicts import FULL, Size, beats, not_worse

RATE, ROUNDS = Fraction(1, 5), 9
MARGIN, CLOSER = Fraction(2, 100), Fraction(1, 100)


@cache
def _arms(seed: int, size: Size) -> tuple[Rig, dict[str, Learned]]:
    """Dense, ticket after nine rounds of 20 %, and a one-shot mask of the smallest weights."""
    r = rig(seed, size)
    start, counts = r.start(), keeps(r.model.shapes, RATE, ROUNDS)
    *_, last = rounds(r.model, start, r.task, r.recipe, counts, draws=r.draws)
    dense = learned(r, start)
    small = {name: -score for name, score in magnitude(dense.weights).items()}
    return r, {
        "dense": dense,
        "ticket": learned(r, start, last.masks),
        "largest removed": learned(r, start, top(small, counts[-1])),
    }


def _close(seed: int, size: Size, name: str, margin: Fraction) -> Outcome:
    _, arms = _arms(seed, size)
    what = f"accuracy of {name} over dense"
    return not_worse(arms[name].accuracy, arms["dense"].accuracy, what, margin=margin)


def two_points(seed: int, size: Size = FULL) -> Outcome:
    """Test accuracy of the ticket, at most two points below dense."""
    return _close(seed, size, "ticket", MARGIN)


def one_point(seed: int, size: Size = FULL) -> Outcome:
    """The same with half the margin."""
    return _close(seed, size, "ticket", CLOSER)


def largest_removed(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the largest weights were pruned."""
    return _close(seed, size, "largest removed", MARGIN)


def largest_removed_closer(seed: int, size: Size = FULL) -> Outcome:
    """The same mutant with half the margin."""
    return _close(seed, size, "largest removed", CLOSER)


def control(seed: int, size: Size = FULL) -> Outcome:
    """Dense against dense, other weights and order."""
    _, arms = _arms(seed, size)
    return beats(arms["dense"].accuracy, _again(seed, size).accuracy, "dense over dense")


@cache
def _again(seed: int, size: Size) -> Learned:
    r, _ = _arms(seed, size)
    return learned(r, r.start(copy=2), copy=1)


def _sooner(seed: int, size: Size, name: str) -> Outcome:
    _, arms = _arms(seed, size)
    return sooner(arms[name], arms["dense"], f"minus steps of {name} over minus steps of dense")


def sooner_than_dense(seed: int, size: Size = FULL) -> Outcome:
    """Steps until ticket and dense network reach what both reach."""
    return _sooner(seed, size, "ticket")


def largest_removed_sooner(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the largest weights were pruned, and steps are compared."""
    return _sooner(seed, size, "largest removed")


def speed_control(seed: int, size: Size = FULL) -> Outcome:
    """Steps of two dense networks, other weights and order."""
    _, arms = _arms(seed, size)
    what = "minus steps of dense over minus steps of dense"
    return sooner(arms["dense"], _again(seed, size), what)
