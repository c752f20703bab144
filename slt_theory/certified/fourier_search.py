"""Search for tilts, majorants and weights of the Fourier-Markov bound. Nothing rests on it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from slt_theory.balls import precision
from slt_theory.certified.enclose import FloatArray, power
from slt_theory.certified.fourier_certificate import TiltedCell, TiltedCertificate
from slt_theory.certified.fourier_gauss import BITS
from slt_theory.certified.fourier_majorant import majorises
from slt_theory.certified.fourier_means import TiltedMeans
from slt_theory.certified.fourier_parameters import Plan, Tilt

__all__ = ["search_tilted"]

_WAVES = 16
_COARSE = 800
_ROOM = 1 + 1e-6

_X = (np.arange(2000) - 999.5) / 1000


def _chance(tilt: float) -> FloatArray:
    value: FloatArray = _X / (1 + np.exp(-tilt * _X))
    return value


def _push(tilt: float, goal: float, n: int) -> float:
    """The rate at which the tilted mean of A, with weights 1 - 2pq, is `goal`."""
    u, weight = _chance(tilt), 1 - 1 / (1 + np.cosh(tilt * _X))
    low, high = 0.0, 12.0
    for _ in range(40):
        middle = (low + high) / 2
        tilted = weight * np.exp(middle * u)
        low, high = (
            (middle, high) if (tilted * u).sum() / tilted.sum() * n < goal else (low, middle)
        )
    return low


def _tail(tilt: float, start: float, n: int) -> tuple[float, float]:
    """Chernoff's bound of P(A >= start) and its rate."""
    u = _chance(tilt)
    rates = np.linspace(0, 10, 201)
    logs = [n * np.log(np.exp(m * u).mean()) - m * start for m in rates]
    k = int(np.argmin(logs))
    return float(np.exp(logs[k])), float(rates[k])


def _majorant(plan: Plan, cell: Tilt, width: float) -> tuple[complex, ...]:
    """The cheapest majorant by a linear program on a coarse grid, lifted until it is one."""
    from scipy.optimize import linprog

    period = float(plan.period)
    place = (np.arange(_COARSE) / _COARSE - 0.5) * period + width / 2
    angle = 2 * np.pi * np.outer(place, np.arange(_WAVES + 1)) / period
    matrix = np.concatenate([np.cos(angle), np.sin(angle[:, 1:])], axis=1)
    near = (place >= -period / _COARSE) & (place <= width + period / _COARSE)
    goal = np.where(near, np.exp(-float(cell.push) * np.maximum(place, 0)), 0.0)
    with precision(BITS):
        one = replace(cell, waves=(1 + 0j,) * (_WAVES + 1))
        means = TiltedMeans(replace(plan, rates=(Fraction(1),)), one)
        size = power(means.item.far[0], plan.count) * means._coefficients / 2
    # 2 Re c_k z_k = Re z_k x_k + Im z_k y_k for c_k = (x_k - i y_k)/2.
    cost = np.concatenate([size.real, size.imag[1:]]) / (2 * size[0].real)
    cost[0] = 1.0
    found = linprog(cost, A_ub=-matrix, b_ub=-goal, bounds=[(-3, 3)] * len(cost), method="highs")
    x = np.round(np.asarray(found.x), 9)
    rest = [complex(a, -b) / 2 for a, b in zip(x[1 : _WAVES + 1], x[_WAVES + 1 :], strict=True)]
    lift = 0.0005
    while True:
        waves = (complex(x[0] + lift), *rest)
        with precision(BITS):
            if majorises(waves, cell.push, width, plan.period):
                return waves
        lift *= 1.3


def _weights(rows: FloatArray, cost: FloatArray) -> FloatArray | None:
    """Weights (a, c) with the least cost that meet the constraint; None if there are none."""
    from scipy.optimize import linprog

    share = rows / cost
    scale, parts = float((1 / share.max(axis=1)).max()), None
    if not np.isfinite(scale):
        return None
    for _ in range(5):
        matrix = np.clip(share * scale, 0.0, 1e3)
        matrix[matrix < 1e-7] = 0.0
        for method in ("highs", "highs-ipm"):
            found = linprog(
                np.ones(cost.size), A_ub=-matrix, b_ub=-np.ones(len(rows)), method=method
            )
            if found.x is not None and found.status == 0:
                break
        else:
            break
        better = float(found.x.sum()) * scale
        done = parts is not None and better > 0.95 * float(parts.sum())
        parts, scale = np.maximum(found.x, 0.0) * scale, better
        if done:
            break
    if parts is None:
        return None
    weights = parts / cost
    weights = weights / float((rows @ weights).min()) * _ROOM
    return np.array([float(f"{w:.6e}") for w in weights * (1 + 1e-5)])


def search_tilted(
    plan: Plan, *, gain: float = 1.15, step: float = 0.4, stop: float = 2e-4, delta: float = 0.01
) -> TiltedCertificate:
    """A certificate for ``plan.count`` items; tilts grow by `gain` `step` over the variance n/12.

    The tail begins where it adds less than `stop` times `delta`. Cost: about two seconds a cell.
    """
    n, variance = plan.count, plan.count / 12
    cells: list[Tilt] = []
    empty = (0.0,) * (2 * len(plan.rates))
    place, tilt, start = 0.0, Fraction(0), Fraction(0)
    while True:
        chance, rate = _tail(float(tilt), float(start), n)
        if cells and 2 * chance < stop * delta:
            push = Fraction(round(rate * 64), 64)
            cells.append(Tilt(tilt, start, push, (1 + 0j,), empty))
            break
        place += step
        following = Fraction(round(-gain * place / variance * 64), 64)
        mean = place + n / 2 * float((_X * np.tanh(float(following) * _X / 2)).mean())
        after = Tilt(following, Fraction(round(mean * 64), 64), Fraction(0), (1 + 0j,), empty)
        middle = float(start + after.start) / 2
        push = Fraction(round(_push(float(tilt), middle, n) * 32), 32)
        cell = Tilt(tilt, start, push, (1 + 0j,), empty)
        made = TiltedCell(plan, cell, after)
        cell = replace(cell, waves=_majorant(plan, cell, made.width))
        made.cell = cell
        weights = _weights(made.constraint(), made.costs())
        if weights is not None:
            cell = replace(cell, weights=tuple(float(w) for w in weights))
        cells.append(cell)
        tilt, start = after.tilt, after.start
    rates = [Fraction(k, 8) for k in range(1, 80)]
    squares = min(rates, key=lambda t: TiltedCertificate(plan, (), t, 1.0).beyond())
    return TiltedCertificate(plan, tuple(cells), squares, 1.0).with_bound()
