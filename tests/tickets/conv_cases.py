"""Small targets with sites, and a slow checker for their tickets: Fractions and nested loops."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import Any

import numpy as np
import plain

from slt_theory.networks import Conv, Geometry, from_layers
from slt_theory.networks.layers import (
    ActivationLayer,
    ConvolutionLayer,
    EquivariantLayer,
    FlattenLayer,
    LinearLayer,
    PoolLayer,
    Residual,
)

Vector = list[Fraction]


def numbers(seed: int, *shape: int) -> np.ndarray:
    """Multiples of 2^-20 in [-1/2, 1/2]: float32 numbers on the lattice."""
    return np.random.default_rng(seed).integers(-(2**19), 2**19 + 1, shape) / 2.0**20


def small_conv(seed: int = 1) -> Conv:
    """Two padded convolutions with biases, a pool and a readout."""
    return Conv(
        (numbers(seed, 2, 1, 3, 3), numbers(seed + 1, 2, 2, 3, 3), numbers(seed + 2, 2, 8)),
        (numbers(seed + 3, 2), numbers(seed + 4, 2), numbers(seed + 5, 2)),
        geometry=(Geometry(), Geometry(stride=2)),
        input_shape=(1, 4, 3),
    )


def tiny_conv(seed: int = 1) -> Conv:
    """One channel, one padded convolution, a pool and a readout: for many copies of everything."""
    return Conv(
        (numbers(seed, 1, 1, 3, 3), numbers(seed + 1, 1, 2)),
        (numbers(seed + 2, 1), numbers(seed + 3, 1)),
        geometry=(Geometry(pool=2),),
        input_shape=(1, 2, 4),
    )


def tiny_residual(seed: int = 1) -> Any:
    """An identity skip between single layers."""
    return from_layers(
        [
            ConvolutionLayer(numbers(seed, 1, 1, 1, 2), numbers(seed + 1, 1)),
            ActivationLayer(),
            Residual([ConvolutionLayer(numbers(seed + 2, 1, 1, 3, 1), padding=(1, 0))]),
            ActivationLayer(),
            Residual([ConvolutionLayer(numbers(seed + 3, 1, 1, 1, 1), numbers(seed + 4, 1))]),
        ],
        input_shape=(1, 3, 3),
    )


def residual(seed: int = 1) -> Any:
    """A convolution, a residual block with a projected skip, an identity skip at the end."""
    block = Residual(
        [
            ConvolutionLayer(numbers(seed + 2, 2, 2, 3, 3), numbers(seed + 3, 2), padding=1),
            ActivationLayer(),
            ConvolutionLayer(numbers(seed + 4, 2, 2, 3, 3), padding=2, dilation=2),
        ],
        [ConvolutionLayer(numbers(seed + 5, 2, 2, 1, 1), numbers(seed + 6, 2))],
    )
    return from_layers(
        [
            ConvolutionLayer(numbers(seed, 2, 1, 3, 3), numbers(seed + 1, 2), padding=1),
            ActivationLayer(),
            PoolLayer("average", 2, 1),
            block,
            ActivationLayer(),
            Residual([ConvolutionLayer(numbers(seed + 7, 2, 2, 3, 3), padding=1)]),
        ],
        input_shape=(1, 4, 4),
    )


def equivariant(name: str, sites: int, elements: int, seed: int = 1) -> Any:
    return from_layers(
        [
            EquivariantLayer(numbers(seed, 2, 1, elements), name, numbers(seed + 1, 2)),
            ActivationLayer(),
            EquivariantLayer(numbers(seed + 2, 2, 2, elements), name, numbers(seed + 3, 2)),
        ],
        input_shape=(1, sites),
    )


def pooled(kind: str, seed: int = 1) -> Any:
    """Signed values reach the second layer: no ReLU before it."""
    return from_layers(
        [
            ConvolutionLayer(numbers(seed, 2, 1, 2, 2), numbers(seed + 1, 2), stride=2, groups=1),
            PoolLayer(kind, 2, 1),
            FlattenLayer(),
            LinearLayer(numbers(seed + 2, 2, 2), numbers(seed + 3, 2)),
        ],
        input_shape=(1, 4, 4),
    )


class PlainConvTicket(plain.PlainTicket):
    """The masked random network itself: every weight of every site, one at a time."""

    def __init__(self, data: bytes, target: Any) -> None:
        super().__init__(data)
        self.target = target

    def layer(self, index: int, x: list[Vector]) -> list[Vector]:
        """Channels (with copies) of vectors over sites to the same after block `index`."""
        block, record = self.blocks[index], self.header["blocks"][index]
        unrolling = self.target.unrolling(index)
        if record["constant_input"]:
            x = [*x, *[[Fraction(1)] * unrolling.sites_in] * record["copies_in"]]
        kept = [
            [[(j, w) for j, w in enumerate(row) if w] for row in matrix]
            for matrix in block.matrices
        ]
        for number, matrix in enumerate(kept):
            if number:
                x = [[max(v, Fraction(0)) for v in channel] for channel in x]
            x = [
                [
                    sum((w * x[j][p] for j, w in row if x[j][p]), Fraction(0))
                    for p in range(unrolling.sites_in)
                ]
                for row in matrix
            ]
        taps = record.get("taps", 1)
        looks = unrolling.looks.toarray().reshape(taps, unrolling.sites_out, unrolling.sites_in)
        result = []
        for channel in range(len(x) // taps):
            out = [Fraction(0)] * unrolling.sites_out
            for tap, q, p in zip(*np.nonzero(looks), strict=True):
                out[q] += x[channel * taps + tap][p]
            result.append(out)
        return result

    def forward(self, x: Vector) -> Vector:
        return run(self.target, x, self.layer, [b["copies_out"] for b in self.header["blocks"]])


def target_forward(target: Any, x: Vector) -> Vector:
    """The target in Fractions."""

    def layer(index: int, channels: list[Vector]) -> list[Vector]:
        unrolling, bias = target.unrolling(index), target.biases[index]
        coefficients = target.coefficients(index).tolist()
        looks = unrolling.looks.toarray()
        result = []
        for o, taps in enumerate(coefficients):
            start = Fraction(0 if bias is None else float(bias[o]))
            out = [start] * unrolling.sites_out
            for t, q in itertools.product(range(len(taps)), range(unrolling.sites_out)):
                for p in np.flatnonzero(looks[t * unrolling.sites_out + q]):
                    for i, w in enumerate(taps[t]):
                        out[q] += Fraction(w) * channels[i][p]
            result.append(out)
        return result

    return run(target, x, layer, [1] * target.depth)


def run(target: Any, x: Vector, layer: Any, copies_out: list[int]) -> Vector:
    """Steps one number at a time; channels are lists over sites, copies are neighbours."""
    shapes = target.shapes_of_values
    sites = int(np.prod(shapes[0][1:]))
    values = [[x[c * sites : (c + 1) * sites] for c in range(shapes[0][0])]]
    for step in target.steps:
        before, shape = values[step.of], shapes[step.of]
        name = type(step).__name__
        if name == "Weigh":
            values.append(layer(step.layer, before))
        elif name == "Activate":
            assert step.activation.kind == "relu"
            values.append([[max(v, Fraction(0)) for v in channel] for channel in before])
        elif name == "Flatten":
            copies = len(before) // shape[0]
            values.append(
                [
                    [before[c * copies + k][p]]
                    for c in range(shape[0])
                    for p in range(len(before[0]))
                    for k in range(copies)
                ]
            )
        elif name == "Add":
            other = values[step.skip]
            have, want = len(other) // shape[0], len(before) // shape[0]
            values.append(
                [
                    [
                        a + b
                        for a, b in zip(
                            before[c * want + k], other[c * have + k % have], strict=True
                        )
                    ]
                    for c in range(shape[0])
                    for k in range(want)
                ]
            )
        else:
            assert step.padding == 0
            _, height, width = shape
            rows = range((height - step.side) // step.stride + 1)
            columns = range((width - step.side) // step.stride + 1)
            window = list(itertools.product(range(step.side), repeat=2))
            values.append([])
            for channel in before:
                out = []
                for i, j in itertools.product(rows, columns):
                    seen = [
                        channel[(i * step.stride + a) * width + j * step.stride + b]
                        for a, b in window
                    ]
                    out.append(max(seen) if step.kind == "max" else sum(seen) / len(seen))
                values[-1].append(out)
    return [v for channel in values[-1] for v in channel]
