"""Universal, attention and transformer tickets under attack: functions in balls, sequences."""

from __future__ import annotations

import random
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from flint import arb
from slow_networks import Layer
from slow_sources import Source
from slow_values import Values

from slt_theory import tickets, universal
from slt_theory.experiments.attention_tickets import random_attention, random_transformer
from slt_theory.universal import check as universal_check

FAMILIES = ("powers:1-3", "sin:1", "powers:2", "sparse:1-1", "fourier:1", "sparse:2,1")
_GRID = 401


def read(ticket: Any) -> Source:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.slt"
        tickets.write_ticket(ticket, path)
        return Source.read(path)


class Chain:
    """Blocks one after the other, a ReLU between: the network of a universal ticket."""

    def __init__(self, source: Source) -> None:
        self.layers = []
        for block, matrices in zip(source.header["blocks"], source.blocks, strict=True):
            ones = block["copies_in"] if block["constant_input"] else 0
            self.layers.append(Layer(matrices, ones=ones, taps=1))

    def __call__(self, x: np.ndarray, kind: str) -> np.ndarray:
        """Inputs (numbers, batch) to outputs: floats or fractions."""
        values = Values.of(x[:, None, :], kind)
        for number, layer in enumerate(self.layers):
            values = values.activated("relu", 0.0) if number else values
            values = layer(values, 1, [(0, 0, 0)])
        outputs = values.array[:, 0]
        return outputs * values.scale if kind == "exact" else outputs


def functions(family: str, x: list[Any]) -> list[Any]:
    """The functions that a family's name stands for, of balls or floats."""
    kind, _, numbers = family.partition(":")
    half = [(v + 1) / 2 for v in x]
    if kind == "powers":
        first, _, last = numbers.partition("-")
        return [_power(half[0], p) for p in range(int(first), int(last or first) + 1)]
    if kind == "sparse":
        rows = [[int(r) for r in row.split("-")] for row in numbers.split(",")]
        return [_product(_power(h, r) for h, r in zip(half, row, strict=True)) for row in rows]
    turns = [2 * k * x[0] for k in range(1, int(numbers) + 1)]
    sines = [t.sin_pi() if isinstance(t, arb) else np.sin(np.pi * t) for t in turns]
    if kind == "sin":
        return sines
    cosines = [t.cos_pi() if isinstance(t, arb) else np.cos(np.pi * t) for t in turns]
    return [f for pair in zip(sines, cosines, strict=True) for f in pair]


def _power(x: Any, p: int) -> Any:
    return _product([x] * p) if p else x * 0 + 1


def _product(factors: Any) -> Any:
    first, *rest = factors
    for factor in rest:
        first = first * factor
    return first


def attack_universal(seed: int) -> tuple[str, list[str]]:
    """Name of what was built, and claims that are too good."""
    rng = random.Random(seed)
    family, eps = rng.choice(FAMILIES), rng.choice((0.05, 0.1))
    ticket = universal.build_universal(family, eps=eps, seed=seed)
    chosen = universal_check.family_of(ticket)
    check = universal.verify(ticket, chosen)
    found = [] if check.ok else [f"verify: {check.failures}"]
    chain, size = Chain(read(ticket)), chosen.inputs
    x = np.array([np.linspace(0, 1, _GRID) for _ in range(size)])
    if size > 1:
        x = np.array([[rng.random() for _ in range(4 * _GRID)] for _ in range(size)])
        x[:, : 2**size] = np.array(np.meshgrid(*[[0, 1]] * size)).reshape(size, -1)
    gaps = np.abs(chain(x, "float") - np.array(functions(family, list(x))))
    for k, function in enumerate(check.functions):
        point = x[:, [int(gaps[k].argmax())]]
        exact = chain(point, "exact")[k, 0]
        true = functions(family, [arb(v) for v in point[:, 0].tolist()])[k]
        error = abs(arb(exact.numerator) / arb(exact.denominator) - true)
        if not error.lower() <= arb(function.sup_error_bound):
            found.append(f"{family} {function.name}: {function.sup_error_bound} below {error}")
    return "burkholz2022c-universal", found


def attack_attention(seed: int) -> tuple[str, list[str]]:
    """As `attack_universal`, for sequences of one to eight tokens."""
    rng = random.Random(seed)
    target = random_attention(seed, heads=rng.randint(1, 2), width=rng.randint(1, 3))
    low, high = rng.choice(((-1.0, 1.0), (0.0, 1.0), (-3.0, 2.0)))
    options = {"eps": rng.choice((0.05, 0.2)), "n": 40, "seed": seed, "domain": f"box:{low},{high}"}
    ticket = tickets.build_ticket(target, theorem="otsuka2026-attention", **options)
    if not ticket.complete:
        return "incomplete", []
    check = tickets.verify(ticket, target)
    found = [] if check.ok else [f"verify: {check.failures}"]
    blocks = [matrices[1].fractions() @ matrices[0].fractions() for matrices in read(ticket).blocks]
    tried = []
    for length in (1, 2, 3, 8):
        for _ in range(24):
            x = [[rng.choice((low, high)) for _ in range(target.width)] for _ in range(length)]
            tried.append(np.array(x))
    floats = [block.astype(np.float64) for block in blocks]
    sizes = [float(np.abs(_attended(floats, x) - target.forward(x)[:1]).max()) for x in tried]
    best = tried[int(np.argmax(sizes))]
    balls = [_balls(block) for block in blocks]
    gap = np.abs(_attended(balls, _balls(best)) - _attention(target, _balls(best)))
    if any(not error.lower() <= arb(check.sup_error_bound) for error in gap.ravel()):
        found.append(f"attention {check.sup_error_bound} below {gap} at {best.tolist()}")
    return "otsuka2026-attention", found


def attack_transformer(seed: int) -> tuple[str, list[str]]:
    """As `attack_attention`, for blocks of attention and a network with skips, on a ball."""
    rng = random.Random(seed)
    shape = {"blocks": rng.randint(1, 2), "heads": rng.randint(1, 2), "width": rng.randint(1, 3)}
    target = random_transformer(seed, hidden=rng.randint(1, 3), **shape)
    radius = rng.choice((0.25, 1.0, 3.0))
    options = {"eps": rng.choice((0.05, 0.2)), "n": 60, "seed": seed, "domain": f"ball:{radius}"}
    ticket = tickets.build_ticket(target, theorem="otsuka2026-transformer", **options)
    if not ticket.complete:
        return "incomplete", []
    check = tickets.verify(ticket, target)
    found = [] if check.ok else [f"verify: {check.failures}"]
    source = read(ticket)
    pairs = list(zip(source.header["blocks"], source.blocks, strict=True))
    tried = []
    for length in (1, 2, 3, 8):
        for _ in range(12):
            x = np.array([[rng.gauss(0, 1) for _ in range(target.width)] for _ in range(length)])
            norms = np.linalg.norm(x, axis=1, keepdims=True)
            tried.append(x / norms * radius * (1 - 2.0**-40))
    gaps = [_masked(pairs, target, x) - target.forward(x) for x in tried]
    best = _balls(tried[int(np.argmax([np.square(gap).sum(axis=1).max() for gap in gaps]))])
    gap = _masked(pairs, target, best) - _whole(target, best)
    for row in gap:
        error = sum((value * value for value in row[1:]), row[0] * row[0]).sqrt()
        if not error.lower() <= arb(check.sup_error_bound):
            found.append(f"transformer {check.sup_error_bound} below {error}")
    return "otsuka2026-transformer", found


def _masked(pairs: list[tuple[Any, Any]], target: Any, x: np.ndarray) -> np.ndarray:
    """Outputs of the masked random layers, floats or balls; `pairs` of header and matrices."""
    ahead = iter(pairs)
    for heads, part in target.blocks:
        products = [next(ahead)[1] for _ in range(2 * heads.heads)]
        merged = [_like(m[1].fractions() @ m[0].fractions(), x) for m in products]
        z = np.array([x[q] + _attended(merged, np.roll(x, -q, axis=0))[0] for q in range(len(x))])
        y = z
        for layer in range(part.depth):
            header, (inner, outer) = next(ahead)
            y = _positive(y) if layer else y
            if header["constant_input"]:
                y = np.hstack([y, _like(np.ones((len(y), 1)), x)])
            y = _positive(y @ _like(inner.fractions(), x).T) @ _like(outer.fractions(), x).T
        x = z + y
    return x


def _whole(target: Any, x: np.ndarray) -> np.ndarray:
    """The target on balls, from its arrays."""
    for heads, part in target.blocks:
        z = np.array([x[q] + _attention(heads, np.roll(x, -q, axis=0))[0] for q in range(len(x))])
        y = z
        for layer, (weight, bias) in enumerate(zip(part.weights, part.biases, strict=True)):
            y = (_positive(y) if layer else y) @ _balls(weight).T + _balls(bias)
        x = z + y
    return x


def _positive(x: np.ndarray) -> np.ndarray:
    return (x + np.abs(x)) / 2


def _like(values: np.ndarray, x: np.ndarray) -> np.ndarray:
    return _balls(values) if x.dtype == object else values.astype(np.float64)


def _balls(values: np.ndarray) -> np.ndarray:
    def ball(value: Any) -> arb:
        exact = Fraction(value)
        return arb(exact.numerator) / arb(exact.denominator)

    return np.vectorize(ball, otypes=[object])(values)


def _attended(blocks: list[np.ndarray], x: np.ndarray) -> np.ndarray:
    """What the first token gets from all heads: matrices of scores and of values in turn."""
    total: Any = 0
    for scores, values in zip(blocks[::2], blocks[1::2], strict=True):
        total = total + _softmax((x[:1] @ scores.T) @ x.T) @ (x @ values.T)
    return total


def _attention(target: Any, x: np.ndarray) -> np.ndarray:
    """The same of the target, from its four arrays."""
    total: Any = 0
    root = arb(target.query.shape[2]).sqrt()
    for h in range(target.heads):
        query, key, value, output = (
            _balls(getattr(target, name)[h]) for name in ("query", "key", "value", "output")
        )
        scores = (x[:1] @ query) @ (x @ key).T / root
        total = total + _softmax(scores) @ (x @ value) @ output
    return total


def _softmax(scores: np.ndarray) -> np.ndarray:
    if scores.dtype == object:
        weights = np.vectorize(lambda s: s.exp(), otypes=[object])(scores)
    else:
        weights = np.exp(scores - scores.max())
    return weights / weights.sum()
