"""Zhou et al.: of a ticket's initial weights, the signs are what counts."""

from __future__ import annotations

from fractions import Fraction

from slt_theory.theorems.checks import Outcome
from slt_theory.torch.train import constant_magnitude, sign_kept
from slt_theory.zoo.experiments.imp import arm, found
from slt_theory.zoo.experiments.speed import learned
from slt_theory.zoo.verdicts import FULL, Size, beats, equivalent

MARGIN = Fraction(1, 100)


def new_magnitudes(seed: int, size: Size = FULL) -> Outcome:
    """The ticket, and fresh magnitudes under its signs."""
    return _same(seed, size, "signs")


def new_signs(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: fresh signs with them."""
    return _same(seed, size, "fresh")


def _same(seed: int, size: Size, name: str) -> Outcome:
    ticket, other = (arm(seed, size, a).accuracy for a in ("ticket", name))
    return equivalent(ticket, other, f"accuracy of ticket and {name}", margin=MARGIN)


def one_magnitude(seed: int, size: Size = FULL) -> Outcome:
    """The ticket, and its signs times one number a layer."""
    r, imp = found(seed, size)
    constant = learned(r, constant_magnitude(imp[0].start), imp[-1].masks).accuracy
    ticket = arm(seed, size, "ticket").accuracy
    return equivalent(ticket, constant, "accuracy of ticket and constant magnitude", margin=MARGIN)


def control(seed: int, size: Size = FULL) -> Outcome:
    """Two draws of magnitudes under the signs, other order."""
    r, imp = found(seed, size)
    start = sign_kept(imp[0].start, r.start(copy=2))
    again = learned(r, start, imp[-1].masks, copy=1).accuracy
    return beats(arm(seed, size, "signs").accuracy, again, "signs over signs")
