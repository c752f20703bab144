"""Exact derivatives of a small tanh network in balls, and the curvature bound of a group.

Source: Tran et al. (2022), Theorem 2: for binary cross-entropy
lambda_max(H_a) <= mean of f (1 - f) |grad f|^2 + |f - y| lambda_max(Hess f), f the soft output.
It fails so. With the logit z, f = 1 / (1 + e^-z), in the place of f under the derivatives and the
spectral norm in the second term it holds: H = mean of f (1 - f) grad z grad z' + (f - y) Hess z.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from slt_theory.zoo.systems.balls import length, spectral

__all__ = ["Group", "Logit", "group", "logit"]


class Logit(NamedTuple):
    """z of one input, its gradient (a column) and its Hessian."""

    value: Any
    first: Any
    second: Any


@dataclass(frozen=True, eq=False)
class Group:
    """Mean cross-entropy of a group with two derivatives, and both curvature bounds."""

    loss: Any
    gradient: Any
    hessian: Any
    logit_bound: Any
    soft_bound: Any


def logit(hidden: Sequence[Sequence[Any]], out: Sequence[Any], row: Sequence[Any]) -> Logit:
    """Of z = sum_j v_j tanh(w_j . x) + v_last; weights ordered w_1, ..., w_h, v."""
    from flint import arb, arb_mat

    width, units = len(row), len(hidden)
    size = units * (width + 1) + 1
    first, second = arb_mat(size, 1), arb_mat(size, size)
    value = arb(out[-1])
    first[size - 1, 0] = arb(1)
    for j, weights in enumerate(hidden):
        t = sum((a * b for a, b in zip(weights, row, strict=True)), arb(0)).tanh()
        slope, at = 1 - t * t, units * width + j
        value += out[j] * t
        first[at, 0] = t
        for k, x in enumerate(row, j * width):
            first[k, 0] = out[j] * slope * x
            second[k, at] = second[at, k] = slope * x
            for m, y in enumerate(row, j * width):
                second[k, m] = -2 * out[j] * t * slope * x * y
    return Logit(value, first, second)


def group(rows: Sequence[tuple[Logit, int]]) -> Group:
    """Means over (logit, label 0 or 1) pairs."""
    from flint import arb

    parts = []
    for z, label in rows:
        f = 1 / (1 + (-z.value).exp())
        spread, outer = f * (1 - f), z.first * z.first.transpose()
        norm, miss = length(z.first) ** 2, abs(f - label)
        soft = z.second * spread + outer * (spread * (1 - 2 * f))
        parts.append(
            Group(
                ((1 - 2 * label) * z.value).exp().log1p(),
                z.first * (f - label),
                outer * spread + z.second * (f - label),
                spread * norm + miss * spectral(z.second),
                spread * spread**2 * norm + miss * spectral(soft),
            )
        )
    share = 1 / arb(len(parts))
    columns = zip(*(vars(part).values() for part in parts), strict=True)
    return Group(*(sum(column[1:], column[0]) * share for column in columns))
