"""Disparate impact: the bound on a group's excess loss, in rationals and in balls."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from slt_theory.data import diabetes, table
from slt_theory.laws import Normal
from slt_theory.streams import Purpose, stream_id, words64
from slt_theory.theorems.checks import Outcome, all_of
from slt_theory.zoo.systems.balls import largest
from slt_theory.zoo.systems.disparate import Logistic, Quadratic, excess_bound, pruned
from slt_theory.zoo.systems.ellipsoid import Floats
from slt_theory.zoo.verdicts import FULL, Size

FITS = 50
LOGISTIC_FITS, RIDGE = 42, 1e-4


def _half(count: int, seed: int, number: int) -> Any:
    """A random half of 0 .. count - 1."""
    keys = words64(seed, stream_id(Purpose.INPUTS, number), 0, count)
    return np.sort(np.argsort(keys, kind="stable")[: count // 2])


def _normal(seed: int, number: int, *shape: int) -> Floats:
    draws = Normal().at(24).sample(seed, stream_id(Purpose.WEIGHTS, number), 0, int(np.prod(shape)))
    return np.asarray(draws.reshape(shape) / 2**24)


def exact(rows: Any) -> Any:
    """Floats as an exact rational matrix; a vector is a column."""
    from flint import fmpq, fmpq_mat

    values = np.asarray(rows, dtype=np.float64)
    values = values[:, None] if values.ndim == 1 else values
    return fmpq_mat([[fmpq(*v.as_integer_ratio()) for v in row] for row in values.tolist()])


class Excess(NamedTuple):
    """One check: the excess of a group, the bound on it, and what was done."""

    excess: Any
    bound: Any
    what: str


def _quadratic(seed: int, pooled: bool) -> Iterator[Excess]:
    """Diabetes, groups by sex: nested pruning, random masks, random and adverse changes."""
    from flint import arb_mat

    columns, answers = diabetes()
    inputs = np.c_[columns, np.ones(len(columns))]
    for fit in range(FITS):
        half = _half(len(inputs), seed, fit)
        weights = np.linalg.lstsq(inputs[half], answers[half], rcond=None)[0]
        start = exact(weights)
        whole = Quadratic(exact(inputs[half]), exact(answers[half]))
        for sex in (0.0, 1.0):
            mine = half[inputs[half, 1] == sex]
            group = Quadratic(exact(inputs[mine]), exact(answers[mine]))
            source = whole if pooled else group
            gradient, curvature = source.gradient(start), largest(arb_mat(source.hessian))
            targets = _targets(weights, inputs[mine], answers[mine], seed, fit)
            excesses = group.excess(start, exact(targets.T))
            for number, (target, excess) in enumerate(zip(targets, excesses, strict=True)):
                bound = excess_bound(gradient, curvature, exact(target) - start)
                yield Excess(excess, bound, f"fit {fit}, sex {sex:g}, change {number}")


def _targets(weights: Floats, inputs: Floats, answers: Floats, seed: int, fit: int) -> Floats:
    """Forty other weights: what pruning and chance give, and the worst direction of the bound."""
    noise = _normal(seed, fit, 20, len(weights))
    nested = [pruned(weights, keep) for keep in range(10)]
    masked = weights * (noise[:10] > 0)
    chance = weights + 100 * noise[10:]
    vector = np.linalg.eigh(inputs.T @ inputs)[1][:, -1]
    uphill = inputs.T @ (inputs @ weights - answers) @ vector
    adverse = weights + np.sign(uphill) * np.outer(2.0 ** np.arange(-4, 6), vector)
    return np.concatenate((nested, masked, chance, adverse))


def _never_above(checks: Iterator[Excess], evidence: str) -> Outcome:
    """The bound holds where the balls say so; undecided counts against it."""
    from flint import arb

    failures, cases, tightest = [], 0, 0.0
    for check in checks:
        cases += 1
        excess = arb(check.excess)
        tightest = max(tightest, float(excess / check.bound))
        if not excess <= check.bound:
            failures.append(f"{check.what}: {float(excess):.4g} over {float(check.bound):.4g}")
    outcome = all_of(failures, cases, evidence)
    return Outcome(outcome.verdict, outcome.evidence, {**outcome.numbers, "tightest": tightest})


def quadratic(seed: int, size: Size = FULL) -> Outcome:
    """Theorem 1 for squared error, where it needs no remainder, in rationals."""
    return _never_above(_quadratic(seed, pooled=False), "excess of a group at most its bound")


def pooled(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: gradient and curvature of all data instead of the group's."""
    return _never_above(_quadratic(seed, pooled=True), "excess of a group at most the pooled bound")


class Fit(NamedTuple):
    """Excesses of nested pruning of one fit in one group; index k keeps k weights of 30."""

    name: str
    excess: list[Any]
    certified: list[Any]
    literal: list[Any]


@cache
def logistic_fits(seed: int, fits: int) -> tuple[Fit, ...]:
    """Breast cancer, groups by class and by the median of the first column: 4 a fit."""
    from flint import arb_mat

    sample = table("breast_cancer")
    inputs = np.c_[sample.inputs, np.ones(len(sample))]
    signed = inputs * np.where(sample.labels > 0, 1, -1)[:, None]
    large = inputs[:, 0] > np.median(inputs[:, 0])
    found = []
    for fit in range(fits):
        half = _half(len(inputs), seed, 1000 + fit)
        weights = _newton(signed[half])
        columns = np.array([weights, *(pruned(weights, keep) for keep in range(30))]).T
        start, targets = arb_mat(weights[:, None].tolist()), arb_mat(columns.tolist())
        changes = [arb_mat([[v] for v in row]) - start for row in columns.T[1:].tolist()]
        for name, member in (
            ("class 0", sample.labels == 0),
            ("class 1", sample.labels == 1),
            ("small", ~large),
            ("large", large),
        ):
            group = Logistic(arb_mat(signed[half][member[half]].tolist()))
            before, *after = group.losses(targets)
            gradient = group.gradient(start)
            most, here = largest(group.greatest_hessian()), largest(group.hessian(start))
            found.append(
                Fit(
                    f"fit {fit}, {name}",
                    [loss - before for loss in after],
                    [excess_bound(gradient, most, change) for change in changes],
                    [excess_bound(gradient, here, change) for change in changes],
                )
            )
    return tuple(found)


def _newton(signed: Floats) -> Floats:
    """Ten Newton steps for logistic regression with a small ridge, from 0."""
    weights = np.zeros(signed.shape[1])
    ridge = RIDGE * np.eye(len(weights)) / len(signed)
    for _ in range(10):
        share = 1 / (1 + np.exp(signed @ weights))
        gradient = ridge @ weights - signed.T @ share / len(signed)
        hessian = ridge + (signed.T * (share * (1 - share))) @ signed / len(signed)
        weights = weights - np.linalg.solve(hessian, gradient)
    return weights


def certified(seed: int, size: Size = FULL) -> Outcome:
    """Theorem 1 for logistic loss with a curvature that holds everywhere."""
    return _nested(seed, size, "certified")


def without_remainder(seed: int, size: Size = FULL) -> Outcome:
    """Mutant: curvature at the dense weights, and no remainder."""
    return _nested(seed, size, "literal")


def _nested(seed: int, size: Size, bound: str) -> Outcome:
    checks = (
        Excess(excess, limit, f"{fit.name}, {keep} of 30 kept")
        for fit in logistic_fits(seed, size.steps(LOGISTIC_FITS))
        for keep, (excess, limit) in enumerate(zip(fit.excess, getattr(fit, bound), strict=True))
    )
    return _never_above(checks, f"excess of a group at most the {bound} bound")
