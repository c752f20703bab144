"""Search for the input on which a ticket errs most: a lower bound of its sup-norm error.

The difference of two ReLU networks is piecewise linear, so on a box its largest values sit at
corners of linear pieces; each step moves every sample to the extreme point of the domain that its
gradient asks for and keeps it if the error grows. The winner's error is reported less the rounding
error of evaluating it, so some input of the domain really has at least that error.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.networks import Dense
from slt_theory.streams import Purpose, stream_id, words32
from slt_theory.tickets.domain import Box, Domain

__all__ = ["largest_error_found"]

Floats = NDArray[np.float64]
Layers = list[Any]
_STARTS = 32
_STEPS = 12
_OUTPUTS = 32


def _forward(layers: Layers, x: Floats) -> tuple[Floats, list[Floats]]:
    """Outputs and the inputs of every layer; a layer is (positive, negative, bias)."""
    inputs = []
    for k, (positive, negative, bias) in enumerate(layers):
        if k:
            x = np.maximum(x, 0)
        inputs.append(x)
        if k == 0 and negative is not positive and (x < 0).any():
            x = np.maximum(x, 0) @ positive.T + np.minimum(x, 0) @ negative.T + bias
        else:
            x = x @ positive.T + bias
    return x, inputs


def _gradient(layers: Layers, inputs: list[Floats], seed: Floats) -> Floats:
    """Gradient of ``sum(seed * outputs)`` with respect to the network's input."""
    for k in reversed(range(len(layers))):
        positive, negative, _ = layers[k]
        back = seed @ positive
        if k:
            seed = back * (inputs[k] > 0)
        elif negative is not positive:
            return np.asarray(np.where(inputs[0] < 0, seed @ negative, back))
        else:
            return np.asarray(back)
    raise AssertionError("a network has layers")


def _extreme(domain: Domain, direction: Floats) -> Floats:
    """The point of the domain furthest along each direction."""
    if isinstance(domain, Box):
        return np.where(direction > 0, domain.hi, domain.lo)
    norm = np.linalg.norm(direction, axis=1, keepdims=True)
    return np.asarray(domain.radius * (1 - 2.0**-40) * direction / np.where(norm > 0, norm, 1))


def _starts(domain: Domain, count: int, size: int, seed: int) -> Floats:
    words = words32(seed, stream_id(Purpose.INPUTS, 0), 0, count * size)
    return _extreme(domain, words.reshape(count, size).astype(np.float64) - 2.0**31)


def _rounding(layers: Layers, x: Floats) -> Floats:
    """Bound of the rounding error of `_forward` on single inputs, per output."""
    error = np.zeros_like(x)
    for k, (positive, negative, bias) in enumerate(layers):
        if k:
            x = np.maximum(x, 0)
        size = np.maximum(np.abs(positive), np.abs(negative))
        terms = 2 * positive.shape[1] + 4
        gamma = terms * 2.0**-52
        magnitude = np.abs(x) @ size.T + np.abs(bias)
        error = (error @ size.T) * (1 + gamma) + gamma * magnitude * (1 + gamma) + 2.0**-1000
        x = _forward([(positive, negative, bias)], x)[0] if k == 0 else x @ positive.T + bias
    return error


def largest_error_found(target: Dense, domain: Domain, ticket: Layers, *, seed: int) -> float:
    """Largest sup-norm error over the inputs tried, rounded down.

    Parameters
    ----------
    target : Dense
    domain : Domain
    ticket : list of (positive, negative, bias)
        Effective layers in float64.
    seed : int
        Chooses the starting corners; the result is deterministic.
    """
    exact = [
        (w, w, np.zeros(w.shape[0]) if b is None else b)
        for w, b in zip(target.weights, target.biases, strict=True)
    ]
    outputs = np.arange(target.widths[-1])
    if outputs.size > _OUTPUTS:
        outputs = np.linspace(0, outputs.size - 1, _OUTPUTS).astype(int)
    starts = _starts(domain, _STARTS, target.widths[0], seed)
    # One row a (start, output, sign): all climb at once.
    rows = np.repeat(starts, 2 * outputs.size, axis=0)
    seeds = np.zeros((len(rows), target.widths[-1]))
    wanted = np.tile(np.repeat(outputs, 2), _STARTS)
    seeds[np.arange(len(rows)), wanted] = np.tile([1.0, -1.0], len(rows) // 2)

    def error(x: Floats) -> tuple[Floats, Floats]:
        ours, inputs = _forward(ticket, x)
        theirs, exact_inputs = _forward(exact, x)
        slope = _gradient(ticket, inputs, seeds) - _gradient(exact, exact_inputs, seeds)
        return ((ours - theirs) * seeds).sum(axis=1), slope

    value, slope = error(rows)
    for _ in range(_STEPS):
        proposal = _extreme(domain, slope)
        new_value, new_slope = error(proposal)
        better = new_value > value
        if not better.any():
            break
        rows[better], value[better] = proposal[better], new_value[better]
        slope[better] = new_slope[better]
    best = rows[int(np.argmax(value))][None, :]
    gap = np.abs(_forward(ticket, best)[0] - _forward(exact, best)[0])
    safe = gap - _rounding(ticket, best) - _rounding(exact, best)
    return max(0.0, float(np.nextafter(safe.max(), -np.inf)))
