"""Disparate impact: the curvature of a group, for one weight in rationals and for nets in balls."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from itertools import product
from typing import Any

import numpy as np

from slt_theory.laws import Normal
from slt_theory.streams import Purpose, stream_id
from slt_theory.theorems.checks import Outcome, all_of
from slt_theory.zoo.systems.balls import largest
from slt_theory.zoo.systems.disparate_net import Group, group, logit
from slt_theory.zoo.verdicts import FULL, Size

INPUTS, HIDDEN, NETS, GROUPS, EXAMPLES = 5, 3, 24, 3, 10
#: Standard deviations of the weights, in turn.
SCALES = (0.5, 1.0, 2.0)
BITS = 256


class _Net:
    """Random weights, and groups of examples with labels of their own."""

    def __init__(self, seed: int, number: int) -> None:
        size = HIDDEN * (INPUTS + 2) + 1
        count = 2 * size + GROUPS * EXAMPLES * (INPUTS + 1)
        stream = stream_id(Purpose.WEIGHTS, number)
        draws = (Normal().at(24).sample(seed, stream, 0, count) / 2**24).tolist()
        scale = SCALES[number % len(SCALES)]
        self.weights = [scale * v for v in draws[:size]]
        self.direction = draws[size : 2 * size]
        rows = np.array(draws[2 * size :]).reshape(GROUPS, EXAMPLES, INPUTS + 1)
        self.rows = np.concatenate((rows[..., :-1], np.ones((GROUPS, EXAMPLES, 1))), axis=2)
        self.labels = (rows[..., -1] > 0).astype(int)

    def groups(self, step: Any = 0) -> list[Group]:
        """At the weights plus `step` times the direction."""
        from flint import arb

        at = [
            w + step * arb(d) for w, d in zip(map(arb, self.weights), self.direction, strict=True)
        ]
        width = INPUTS + 1
        hidden = [at[j * width : (j + 1) * width] for j in range(HIDDEN)]
        out = at[HIDDEN * width :]
        return [
            group(
                [
                    (logit(hidden, out, [arb(v) for v in row]), label)
                    for row, label in zip(rows, labels, strict=True)
                ]
            )
            for rows, labels in zip(self.rows.tolist(), self.labels.tolist(), strict=True)
        ]


@cache
def _curvatures(seed: int) -> tuple[tuple[str, Any, Group], ...]:
    """(name, ball of the largest eigenvalue, group)."""
    nets = [(number, part) for number in range(NETS) for part in _Net(seed, number).groups()]
    return tuple(
        (f"net {number}, group {k % GROUPS}", largest(part.hessian), part)
        for k, (number, part) in enumerate(nets)
    )


def logit_form(seed: int, size: Size = FULL) -> Outcome:
    """Corrected: with the logit under the derivatives and a norm in the second term."""
    failures, cases = _one_weight("logit")
    nets = _curvatures(seed)
    failures += [name for name, top, part in nets if not top <= part.logit_bound]
    return _outcome(failures, cases + len(nets))


def soft_form(seed: int, size: Size = FULL) -> Outcome:
    """Known issue: as printed, for the soft output. Counted only where balls decide."""
    failures, cases = _one_weight("soft")
    nets = _curvatures(seed)
    failures += [name for name, top, part in nets if top > part.soft_bound]
    return _outcome(failures, cases + len(nets))


def signed_form(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: the logit form with the largest eigenvalue instead of the norm."""
    return _outcome(*_one_weight("signed"))


def _outcome(failures: list[str], cases: int) -> Outcome:
    return all_of(failures, cases, "largest eigenvalue of a group's Hessian at most its bound")


def _one_weight(form: str) -> tuple[list[str], int]:
    """One example, one weight w = 0, logit z = c + b w + a w^2 / 2, rational f = 1/(1 + e^-c)."""
    half = Fraction(1, 2)
    soft = sorted((Fraction(k, 8) for k in range(1, 8)), key=lambda f: abs(f - half))
    failures, cases = [], 0
    for a, b, f, y in product((0, 1, -1, 2, -2), (1, 0, 2), soft, (1, 0)):
        cases += 1
        spread = f * (1 - f)
        curvature = spread * b**2 + (f - y) * a
        bound = {
            "logit": spread * b**2 + abs(f - y) * abs(a),
            "signed": spread * b**2 + abs(f - y) * a,
            "soft": spread**3 * b**2 + abs(f - y) * spread * (a + (1 - 2 * f) * b**2),
        }[form]
        if curvature > bound:
            failures.append(f"z = {b} w + {a} w^2/2, f = {f}, y = {y}: {curvature} over {bound}")
    return failures, cases


def cubic_remainder(seed: int, size: Size = FULL) -> Outcome:
    """Theorem 1's remainder: halving a small change divides what two terms leave by eight."""
    return _remainder(seed, size, "group")


def wrong_curvature(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: another group's Hessian; what is left is of second order."""
    return _remainder(seed, size, "other")


def _remainder(seed: int, size: Size, whose: str) -> Outcome:
    """The quotient lies between 2^2.9 and 2^3.1: slope 3 within 0.1."""
    from flint import arb, arb_mat, ctx

    failures, nets = [], size.steps(NETS // 3)
    with ctx.workprec(BITS):
        low, high = arb(2) ** (arb(29) / 10), arb(2) ** (arb(31) / 10)
        for number in range(nets):
            net = _Net(seed, number)
            direction = arb_mat([[v] for v in net.direction])
            start, one, two = (net.groups(step) for step in (0, arb(2) ** -20, arb(2) ** -21))
            for k in range(GROUPS):
                hessian = start[k if whose == "group" else k - 1].hessian
                slope = (start[k].gradient.transpose() * direction)[0, 0]
                bend = (direction.transpose() * hessian * direction)[0, 0] / 2
                left = [
                    at[k].loss - start[k].loss - slope * t - bend * t**2
                    for at, t in ((one, arb(2) ** -20), (two, arb(2) ** -21))
                ]
                if not low < left[0] / left[1] < high:
                    failures.append(f"net {number}, group {k}")
    return all_of(failures, nets * GROUPS, "remainder of third order")
