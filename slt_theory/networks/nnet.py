"""Read the text format `.nnet` of the ACAS Xu networks, its normalisation included.

A file holds ReLU networks ``y = N(z)`` of layers W z + b, and for every input a mean m and a range
r: ``z = (x - m) / r``; one further mean and range scale all outputs: ``r y + m``. The smallest and
largest input that the file states are where its authors clip; within them clipping does nothing.
Files of the ACAS Xu networks may state ranges of two more inputs, which earlier versions had: the
first entries are those of the inputs, the last those of the outputs.
"""

from __future__ import annotations

from itertools import pairwise
from os import PathLike
from pathlib import Path
from typing import NamedTuple

import numpy as np

from slt_theory.errors import BadInput, UnreadableFile
from slt_theory.networks.arrays import Floats
from slt_theory.networks.dense import Dense
from slt_theory.networks.rounding import Reading, compared, random_inputs
from slt_theory.networks.tape import Tape, Value

__all__ = ["Normalised", "read_nnet", "read_normalised"]

_MOST_NUMBERS = 1 << 26


class Normalised(NamedTuple):
    """The network of a file as its weights stand there, ``N`` in ``r N((x - m) / r) + m``.

    Attributes
    ----------
    network : Dense
    means, ranges : arrays (inputs + 1,)
        Of every input, and one of all outputs.
    """

    network: Dense
    means: Floats
    ranges: Floats


def read_normalised(path: str | PathLike[str]) -> Normalised:
    """Read the network of an `.nnet` file as a function of normalised inputs, nothing folded.

    Raises
    ------
    UnreadableFile, BadInput
        As `read_nnet`.
    """
    weights, means, ranges = _parsed(Path(path))
    return Normalised(
        Dense(tuple(w for w, _ in weights), tuple(b for _, b in weights)), means, ranges
    )


def read_nnet(path: str | PathLike[str]) -> Reading:
    """Read an `.nnet` file as the function of inputs in their own units.

    Raises
    ------
    UnreadableFile
        Missing, or text that is no such file; names the line.
    BadInput
        Sizes that contradict each other, or ranges that are not positive.

    Notes
    -----
    Scales are folded into the first and last layer, rounded a few times; every line of arithmetic
    and the whole are compared with the file evaluated without the network.
    """
    weights, means, ranges = _parsed(Path(path))
    tape, recorded = _recorded(weights, means, ranges)
    x = means[:-1] + ranges[:-1] * random_inputs(len(means) - 1, 16)
    values = _evaluated(x, weights, means, ranges)
    seen = {value.node: theirs for value, theirs in zip(recorded, values, strict=True)}
    return compared(tape, recorded[-1], x, values[-1], seen, "the file")


def _parsed(path: Path) -> tuple[list[tuple[Floats, Floats]], Floats, Floats]:
    """Weights and biases layer by layer, means and ranges of the inputs and of the outputs."""
    lines = _Lines(path)
    layers, inputs, outputs, _ = lines.integers("number of layers, inputs, outputs, largest", 4)
    sizes = lines.integers("sizes of the layers", layers + 1)
    if (sizes[0], sizes[-1]) != (inputs, outputs) or min(sizes) < 1:
        raise BadInput("sizes", sizes, f"must lead from {inputs} inputs to {outputs} outputs")
    if sum(a * b for a, b in pairwise(sizes)) > _MOST_NUMBERS:
        raise BadInput("sizes", sizes, f"hold more than {_MOST_NUMBERS} weights")
    lines.skip()
    low, high = (
        lines.floats(what, inputs, more=True)[:inputs]
        for what in ("smallest inputs", "largest inputs")
    )
    means, ranges = (
        lines.floats(what, inputs + 1, more=True)[[*range(inputs), -1]]
        for what in ("means", "ranges")
    )
    if not (ranges > 0).all() or not (low <= high).all():
        raise BadInput("ranges", ranges.tolist(), "must be positive, and minima below maxima")
    weights: list[tuple[Floats, Floats]] = []
    for k in range(layers):
        rows = [lines.floats(f"weights of layer {k + 1}", sizes[k]) for _ in range(sizes[k + 1])]
        bias = [lines.floats(f"biases of layer {k + 1}", 1)[0] for _ in range(sizes[k + 1])]
        weights.append((np.stack(rows), np.array(bias)))
    return weights, means, ranges


def _recorded(
    weights: list[tuple[Floats, Floats]], means: Floats, ranges: Floats
) -> tuple[Tape, list[Value]]:
    """The tape, and the value of every line of arithmetic."""
    tape = Tape()
    x = tape.input((len(means) - 1,))
    values = [tape.affine(x, 1.0, -means[:-1], "input.mean")]
    values.append(tape.affine(values[-1], 1 / ranges[:-1], 0.0, "input.range"))
    for k, (weight, bias) in enumerate(weights):
        if k:
            values.append(tape.activate(values[-1], "relu"))
        values.append(tape.linear(values[-1], weight, bias, f"fc{k + 1}"))
    values.append(tape.affine(values[-1], ranges[-1], means[-1], "output.range"))
    return tape, values


def _evaluated(
    x: Floats, weights: list[tuple[Floats, Floats]], means: Floats, ranges: Floats
) -> list[Floats]:
    """The same lines of arithmetic from the file alone."""
    values = [x - means[:-1]]
    values.append(values[-1] / ranges[:-1])
    for k, (weight, bias) in enumerate(weights):
        if k:
            values.append(np.maximum(values[-1], 0))
        values.append(values[-1] @ weight.T + bias)
    return [*values, values[-1] * ranges[-1] + means[-1]]


class _Lines:
    """Lines of numbers, comments left out."""

    def __init__(self, path: Path) -> None:
        try:
            text = path.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise UnreadableFile("path", str(path), f"cannot be read as text ({error})") from error
        self.path = path
        lines = enumerate(text.splitlines(), start=1)
        self.rest = [(n, line) for n, line in lines if line.strip() and not line.startswith("//")]
        self.rest.reverse()

    def skip(self) -> None:
        """A flag that no reader uses."""
        self.floats("flag", 1)

    def floats(self, what: str, count: int, *, more: bool = False) -> Floats:
        """The `count` numbers of the next line, or at least so many.

        Raises
        ------
        UnreadableFile
            If there is none, or it holds something else.
        """
        if not self.rest:
            raise UnreadableFile("path", str(self.path), f"ends before its {what}")
        number, line = self.rest.pop()
        try:
            values = np.array([float(part) for part in line.split(",") if part.strip()])
        except ValueError:
            values = np.empty(0)
        fits = len(values) == count or (more and len(values) > count)
        if not fits or not np.isfinite(values).all():
            raise UnreadableFile(
                "path", f"{self.path}, line {number}", f"must be {count} numbers: its {what}"
            )
        return values

    def integers(self, what: str, count: int) -> list[int]:
        values = self.floats(what, count)
        if (values != np.rint(values)).any():
            raise UnreadableFile("path", str(self.path), f"must have integers as its {what}")
        return [int(v) for v in values]
