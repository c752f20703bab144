"""The published experiment on convolutions, and beside it the true two-layer ticket.

Every convolution parameter of a LeNet5-shaped network is replaced by the best subset sum of n
numbers drawn from U[-1, 1]; the rest of the network stays as it is. Errors are recomputed from the
masks in integers. Source: da Cunha, Natale, Viennot (ICLR 2022), experiments; catalogue id
``dacunha2022-direct``.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.arrays import Ints
from slt_theory.lattice import PRODUCT_BITS
from slt_theory.networks import Conv, Geometry
from slt_theory.papers.dacunha2022 import DirectConv, TwoLayerConv
from slt_theory.records import Record
from slt_theory.streams import Purpose, stream_id, words32
from slt_theory.tickets.building.request import BuildSettings, parse_request
from slt_theory.tickets.checking.effective import effective_block
from slt_theory.tickets.ticket import Ticket

__all__ = ["ErrorRow", "direct_errors", "random_lenet5", "two_layer_beside"]

_BITS = 24


@dataclass(frozen=True)
class ErrorRow(Record):
    """All convolution parameters with n numbers each.

    Attributes
    ----------
    weight_error : float
        Largest error of a parameter.
    relative_weight_error : float
        Largest error of a layer's parameters over the largest parameter of that layer.
    relative_own_error : float
        Largest error of a parameter over its own size.
    relative_output_error : float
        Largest error of an output over the inputs tried, over the largest output.
    kept : float
        Numbers kept a parameter.
    """

    n: int
    parameters: int
    weight_error: float
    relative_weight_error: float
    relative_own_error: float
    relative_output_error: float
    kept: float
    seconds: float


def random_lenet5(seed: int = 0) -> Conv:
    """LeNet5 as in the paper, randomly initialised: 5x5 1->6 and 6->16, same padding, pools of 2,
    784-120-84-10; parameters U[-1, 1] / sqrt(fan in), multiples of 2^-24.

    Examples
    --------
    >>> random_lenet5()
    Conv(1-6@5x5-16@5x5-120-84-10, 107786 parameters)
    """
    shapes = [(6, 1, 5, 5), (16, 6, 5, 5), (120, 784), (84, 120), (10, 84)]
    weights: list[NDArray[np.float64]] = []
    biases: list[NDArray[np.float64]] = []
    for k, shape in enumerate(shapes):
        limit = 1 / np.sqrt(np.prod(shape[1:]))
        for number, size in ((2 * k, shape), (2 * k + 1, shape[:1])):
            words = words32(seed, stream_id(Purpose.TARGETS, number), 0, int(np.prod(size)))
            draws = (words.astype(np.float64) / 2.0**31 - 1) * limit
            (biases if number % 2 else weights).append(
                np.ldexp(np.rint(np.ldexp(draws, _BITS)), -_BITS).reshape(size)
            )
    return Conv(
        tuple(weights),
        tuple(biases),
        geometry=(Geometry(pool=2), Geometry(pool=2)),
        input_shape=(1, 28, 28),
    )


def _convolutions(target: Conv) -> Conv:
    """The convolutions alone."""
    count = target.convolutions
    return Conv(
        target.weights[:count],
        target.biases[:count],
        target.names[:count],
        target.geometry,
        target.input_shape,
    )


def direct_errors(
    target: Conv,
    ns: Sequence[int],
    *,
    seed: int = 0,
    images: int = 64,
    threads: int | None = None,
) -> list[ErrorRow]:
    """Exact optima of every convolution parameter for each n.

    Cost: about 2^(n/2) steps a parameter.

    Parameters
    ----------
    target : Conv
        Parameters within [-1, 1].
    ns : sequence of int
    seed : int
        Of the numbers and of the uniform images on which outputs are compared.
    images, threads : int
    """
    part = _convolutions(target)
    words = words32(seed, stream_id(Purpose.INPUTS, 0), 0, images * target.size_in)
    x = words.reshape(images, -1) / 2.0**32
    target_out = target.forward(x)
    rows = []
    for n in ns:
        begin = time.perf_counter()
        asked = BuildSettings(eps=2, seed=seed, n=n, objective="best", threads=threads)
        request = parse_request(part, asked, reach=None)
        ticket = DirectConv().build(request)
        seconds = time.perf_counter() - begin
        sums = [effective_block(ticket, k).positive for k in range(len(ticket.blocks))]
        pairs = zip(sums, request.layers, strict=True)
        worst = np.max([_errors(each, layer.targets) for each, layer in pairs], axis=0)
        out = _with_sums(target, ticket, sums).forward(x)
        difference = np.abs(out - target_out).max() / np.abs(target_out).max()
        rows.append(
            ErrorRow(
                n=n,
                parameters=part.parameters,
                weight_error=float(worst[0]),
                relative_weight_error=float(worst[1]),
                relative_own_error=float(worst[2]),
                relative_output_error=float(difference),
                kept=ticket.kept / part.parameters,
                seconds=seconds,
            )
        )
    return rows


def _with_sums(target: Conv, ticket: Ticket, sums: list[Ints]) -> Conv:
    """The target with the sums of a ticket as the parameters of its convolutions."""
    weights, biases = list(target.weights), list(target.biases)
    for k, block in enumerate(ticket.blocks):
        values = np.ldexp(sums[k].astype(np.float64), -PRODUCT_BITS)
        shape = weights[k].shape
        cube = values[:, : block.inputs].reshape(shape[0], -1, block.inputs)
        weights[k] = cube.transpose(0, 2, 1).reshape(shape)
        if block.constant_input:
            biases[k] = values[block.constant_tap :: block.taps, -1]
    return replace(target, weights=tuple(weights), biases=tuple(biases))


def _errors(sums: Ints, targets: Ints) -> tuple[float, float, float]:
    """Largest error of a weight: absolute, over the largest weight, and over the weight itself."""
    errors, sizes = np.abs(sums - targets), np.abs(targets)
    there = sizes > 0
    return (
        float(np.ldexp(float(errors.max()), -PRODUCT_BITS)),
        float(errors.max() / sizes.max()),
        float((errors[there] / sizes[there]).max()),
    )


def two_layer_beside(
    target: Conv, rows: Sequence[ErrorRow], *, seed: int = 0, threads: int | None = None
) -> list[dict[str, Any]]:
    """For each row the true ticket of the convolutions at its error: 1x1 gadgets, then the kernel.

    Returns
    -------
    list of dict
        ``eps``, ``n`` numbers a parameter, ``kept`` weights of both layers a parameter, the
        largest ``weight_error``, ``unreached`` sums and ``seconds``.
    """
    part = _convolutions(target)
    records = []
    for row in rows:
        begin = time.perf_counter()
        eps = Fraction(row.weight_error)
        request = parse_request(part, BuildSettings(eps=eps, seed=seed, threads=threads)).needed()
        ticket = TwoLayerConv().build(request)
        errors = [
            np.abs(effective_block(ticket, k).positive - layer.targets).max()
            for k, layer in enumerate(request.layers)
        ]
        records.append(
            {
                "eps": row.weight_error,
                "n": ticket.blocks[0].n,
                "kept": ticket.kept / part.parameters,
                "weight_error": float(np.ldexp(float(max(errors)), -PRODUCT_BITS)),
                "unreached": len(ticket.unreached),
                "seconds": time.perf_counter() - begin,
            }
        )
    return records
