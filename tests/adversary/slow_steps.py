"""Where weighted layers look, and steps without weights, one number at a time."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
from slow_values import Values


def looks(
    target: Any, layer: int, before: tuple[int, ...]
) -> tuple[int, list[tuple[int, int, int]]]:
    """Sites out, and every (tap, site out, site in) that a layer joins; padding is left out."""
    kind, weight = target.kinds[layer], target.weights[layer]
    name = type(kind).__name__
    if name == "Linear":
        return 1, [(0, 0, 0)]
    if name == "Equivariant":
        basis = kind.matrices()
        return basis.shape[1], [tuple(map(int, place)) for place in np.argwhere(basis)]
    (height, width), (kh, kw) = before[1:], weight.shape[2:]
    out = [
        (side + 2 * pad - spread * (size - 1) - 1) // step + 1
        for side, pad, spread, size, step in zip(
            (height, width), kind.padding, kind.dilation, (kh, kw), kind.stride, strict=True
        )
    ]
    places = []
    for a, b, i, j in itertools.product(range(kh), range(kw), range(out[0]), range(out[1])):
        y = i * kind.stride[0] - kind.padding[0] + a * kind.dilation[0]
        x = j * kind.stride[1] - kind.padding[1] + b * kind.dilation[1]
        if 0 <= y < height and 0 <= x < width:
            places.append((a * kw + b, i * out[1] + j, y * width + x))
    return out[0] * out[1], places


def coefficients(target: Any, layer: int) -> np.ndarray:
    """Target weights as rows (channel out, tap), columns channels in."""
    kind, weight = target.kinds[layer], target.weights[layer]
    name = type(kind).__name__
    if name == "Linear":
        return np.asarray(weight)
    if name == "Equivariant":
        out, inside, elements = weight.shape
        return np.array([[weight[o, :, e]] for o in range(out) for e in range(elements)]).reshape(
            -1, inside
        )
    out, per_group, kh, kw = weight.shape
    rows = np.zeros((out, kh * kw, per_group * kind.groups))
    for o, i, a, b in itertools.product(range(out), range(per_group), range(kh), range(kw)):
        group = o // (out // kind.groups)
        rows[o, a * kw + b, group * per_group + i] = weight[o, i, a, b]
    return rows.reshape(out * kh * kw, -1)


def taps(target: Any, layer: int) -> int:
    return int(np.prod(target.weights[layer].shape[2:]))


def flattened(x: Values, copies: int) -> Values:
    channels, sites, batch = x.array.shape
    cube = x.array.reshape(channels // copies, copies, sites, batch).swapaxes(1, 2)
    return Values(cube.reshape(channels * sites, 1, batch), x.scale, x.kind)


def rearranged(x: Values, step: Any, shape: tuple[int, ...], copies: int) -> Values:
    """Axes transposed, cut, padded by zeros, and read as the result: every copy alike."""
    assert step.mode == "constant"
    axes = [
        [-1] * c[3] + list(range(c[0], c[0] + c[1] * c[2], c[1])) + [-1] * c[4] for c in step.cuts
    ]
    places = []
    for position in itertools.product(*axes):
        if min(position) < 0:
            places.append(None)
            continue
        index = [0] * len(shape)
        for axis, number in zip(step.order, position, strict=True):
            index[axis] = number
        places.append(int(np.ravel_multi_index(index, shape)))
    channels, sites, batch = x.array.shape
    cube = x.array.reshape(channels // copies, copies, sites, batch).swapaxes(0, 1)
    flat = cube.reshape(copies, -1, batch)
    zero = np.zeros_like(flat[:, 0]) if x.kind == "float" else flat[:, 0] * 0
    moved = np.stack([zero if p is None else flat[:, p] for p in places], axis=1)
    split = moved.reshape(copies, step.result[0], -1, batch).swapaxes(0, 1)
    return Values(split.reshape(copies * step.result[0], -1, batch), x.scale, x.kind)


def with_copies(x: Values, have: int, want: int) -> Values:
    """Copy c is copy c modulo `have`."""
    cube = x.array.reshape(-1, have, *x.array.shape[1:])
    taken = cube[:, [c % have for c in range(want)]]
    return Values(taken.reshape(-1, *x.array.shape[1:]), x.scale, x.kind)


def _pair(value: Any) -> tuple[int, ...]:
    return value if isinstance(value, tuple) else (value, value)


def _axis(step: Any, k: int, length: int) -> list[tuple[list[int], int]]:
    """Windows along an axis: places inside, and by what a mean divides."""
    pads = _pair(step.padding) * (
        1 if isinstance(step.padding, tuple) and len(step.padding) == 4 else 2
    )
    side, stride, spread = (_pair(v)[k] for v in (step.side, step.stride, step.dilation))
    before, after = pads[k], pads[k + 2]
    if step.adaptive:
        ends = [(i * length // side, -(-(i + 1) * length // side)) for i in range(side)]
        return [(list(range(a, b)), b - a) for a, b in ends]
    windows = []
    start = -before
    while True:
        last = start + spread * (side - 1)
        fits = last < length + after
        partly = step.ceil and start < length and last - stride < length + after - 1
        if not (fits or partly):
            return windows
        inside = [start + spread * a for a in range(side) if 0 <= start + spread * a < length]
        whole = min(start + side, length + after) - start
        windows.append((inside, whole if step.count_padding else len(inside)))
        start += stride


def pooled(x: Values, step: Any, shape: tuple[int, ...]) -> Values:
    _, height, width = shape
    out, divisors = [], []
    for (ys, m), (zs, n) in itertools.product(_axis(step, 0, height), _axis(step, 1, width)):
        seen = [x.array[:, y * width + z] for y in ys for z in zs]
        out.append(_largest(seen, x.kind) if step.kind == "max" else sum(seen[1:], seen[0]))
        divisors.append(m * n)
    if step.kind == "max":
        return Values(np.stack(out, axis=1), x.scale, x.kind)
    if x.kind == "exact":
        whole = math.lcm(*divisors)
        out = [total * (whole // d) for total, d in zip(out, divisors, strict=True)]
        return Values(np.stack(out, axis=1), x.scale / whole, x.kind)
    out = [total / d for total, d in zip(out, divisors, strict=True)]
    return Values(np.stack(out, axis=1), x.scale, x.kind)


def _largest(seen: list[np.ndarray], kind: str) -> np.ndarray:
    largest = seen[0]
    for other in seen[1:]:
        if kind == "ball":
            largest = (largest + other + np.abs(largest - other)) / 2
        else:
            largest = np.maximum(largest, other)
    return largest
