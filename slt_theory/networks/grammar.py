"""Say how the tensors of a checkpoint follow each other: a small grammar in an architecture file.

    input = [3, 32, 32]
    forward = "conv1(padding=1) bn1 relu layer1.{0-2}:block layer2.0:down mean linear"
    [blocks]
    block = "conv1(padding=1) bn1 relu conv2(padding=1) bn2 +[input] relu"
    down = "conv1(stride=2, padding=1) bn1 relu conv2(padding=1) bn2 +[input every(2) pad] relu"

A word is one of

* the name of a layer in the file, with what its weights do not say: a linear layer, a convolution
  (stride, padding, dilation, groups), a batch norm (epsilon);
* an activation: relu, gelu, leaky_relu(0.1), ...; ``flatten``, ``mean`` over all sites;
* ``maxpool(side, stride=, padding=)``, ``avgpool(...)``;
* ``PREFIX:BLOCK``: the words of a block, its names behind the prefix; ``{0-2}`` repeats;
* ``+[...]``: the sum with what the words give, starting from ``input`` (of the block) or from
  ``NAME``, an earlier layer; ``every(2)`` takes every second row and column, ``pad`` adds zero
  channels, half before and half after, up to the number that the sum needs.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from slt_theory.errors import BadInput
from slt_theory.networks.activations import KINDS_OF_ACTIVATION
from slt_theory.networks.arrays import checked_floats
from slt_theory.networks.graph import Graph
from slt_theory.networks.kinds import Convolution
from slt_theory.networks.pools import Pool
from slt_theory.networks.steps import Shape
from slt_theory.networks.tape import Tape, Value

__all__ = ["Forward", "graph_of"]

_WORD = re.compile(r"\+\[[^\]]*\]|[^\s()]+(?:\([^)]*\))?")
_CALL = re.compile(r"(?P<name>[^()]+?)(?:\((?P<options>[^)]*)\))?")
_RANGE = re.compile(r"\{(\d+)-(\d+)\}")
_MOST_REPETITIONS = 10_000
_PARTS = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")


@dataclass(frozen=True)
class Forward:
    """The way of a value through the layers of a file: `words`, and named `blocks` of words."""

    words: str
    blocks: Mapping[str, str] = field(default_factory=dict)


def graph_of(
    tensors: Mapping[str, Any], forward: Forward, input_shape: Shape, source: str
) -> Graph:
    """Return the network of named tensors that a forward pass describes.

    Raises
    ------
    BadInput
        Names the word: a layer that the file lacks, an option that is not known, shapes that do not
        follow; or a tensor that no word uses.
    """
    reader = _Reader(tensors, forward, source)
    value = reader.words(forward.words, reader.tape.input(input_shape), "")
    left = [
        key for key in tensors
        if key not in reader.used and not key.endswith("num_batches_tracked")
    ]  # fmt: skip
    if left:
        raise BadInput(
            "forward", left[0], "is used by no word of the forward pass", "name its layer"
        )
    return reader.tape.graph(value)


class _Reader:
    def __init__(self, tensors: Mapping[str, Any], forward: Forward, source: str) -> None:
        self.tensors, self.forward = tensors, forward
        self.source = source
        self.tape = Tape()
        self.used: set[str] = set()
        self.given: dict[str, Value] = {}

    def words(self, text: str, value: Value, prefix: str) -> Value:
        """Record words one after the other, from `value`; names stand behind `prefix`."""
        start = value
        if _WORD.sub("", text).strip():
            raise BadInput("forward", _WORD.sub("", text).strip(), "is no word")
        for word in _WORD.findall(text):
            for each in _repeated(word):
                value = self._followed(each, value, start, prefix)
        return value

    def _followed(self, word: str, value: Value, start: Value, prefix: str) -> Value:
        try:
            return self._word(word, value, start, prefix)
        except BadInput:
            raise
        except RecursionError:
            raise BadInput("forward", word[:80], "is of a block that holds itself") from None
        except (ValueError, LookupError, ArithmeticError) as error:
            reason = f"cannot be followed on values of {value.shape} ({error})"
            raise BadInput(
                "forward", word, reason, "options are integers: pool(3, stride=2)"
            ) from error

    def _word(self, word: str, value: Value, start: Value, prefix: str) -> Value:
        if word.startswith("+["):
            return self._sum(word[2:-1], value, start, prefix)
        if ":" in word:
            where, _, block = word.partition(":")
            if block not in self.forward.blocks:
                known = ", ".join(self.forward.blocks) or "none"
                raise BadInput("forward", block, "is no block", f"blocks: {known}")
            return self.words(self.forward.blocks[block], value, f"{prefix}{where}.")
        call = _CALL.fullmatch(word)
        if call is None:
            raise BadInput("forward", word, "is no word: NAME or NAME(option=value, ...)")
        name, options = call["name"], _options(word, call["options"] or "")
        full = f"{prefix}{name}"
        if any(f"{full}.{part}" in self.tensors for part in _PARTS):
            value = self._layer(full, options, value)
            self.given[full] = value
            return value
        return self._plain(name, word, options, value)

    def _sum(self, text: str, value: Value, start: Value, prefix: str) -> Value:
        first, *rest = _WORD.findall(text)
        if first == "input":
            other = start
        elif f"{prefix}{first}" in self.given:
            other = self.given[f"{prefix}{first}"]
        else:
            known = ", ".join(["input", *self.given])
            raise BadInput("forward", f"+[{text}]", f"must begin with one of {known}")
        for word in rest:
            if word == "pad":
                lack = value.shape[0] - other.shape[0]
                if lack < 0:
                    shapes = f"{other.shape}, more than the sum's {value.shape}"
                    raise BadInput("forward", f"+[{text}]", f"pads channels of {shapes}")
                sites = [(0, 0)] * (len(other.shape) - 1)
                other = self.tape.pad(other, [(lack // 2, lack - lack // 2), *sites])
            else:
                other = self._word(word, other, start, prefix)
        return self.tape.add(value, other)

    def _layer(self, name: str, options: dict[str, Any], value: Value) -> Value:
        parts = {}
        for part in _PARTS:
            key = f"{name}.{part}"
            if key in self.tensors:
                self.used.add(key)
                if part != "num_batches_tracked":
                    parts[part] = checked_floats(key, self.tensors[key])
        if "running_mean" in parts:
            return self._batch_norm(name, parts, options, value)
        if "weight" not in parts:
            raise BadInput(f"{name}.weight", self.source, "is missing")
        weight, bias = parts["weight"], parts.get("bias")
        if weight.ndim == 2:
            _none_left(name, options)
            flat = self.tape.reshape(value, (int(np.prod(value.shape)),))
            return self.tape.linear(flat, weight, bias, name)
        axes = weight.ndim - 2
        numbers = {
            key: _sides(options.pop(key, none), axes, none)
            for key, none in (("stride", 1), ("padding", 0), ("dilation", 1))
        }
        kind = Convolution(**numbers, groups=int(options.pop("groups", 1)))
        _none_left(name, options)
        return self.tape.convolution(value, weight, bias, name, kind)

    def _batch_norm(
        self, name: str, parts: dict[str, Any], options: dict[str, Any], value: Value
    ) -> Value:
        epsilon = float(options.pop("epsilon", 1e-5))
        _none_left(name, options)
        shape = (-1, *[1] * (len(value.shape) - 1))
        if "running_var" not in parts or not (parts["running_var"] >= 0).all() or epsilon <= 0:
            raise BadInput(f"{name}.running_var", epsilon, "must be >= 0, and epsilon > 0")
        scale = parts.get("weight", 1.0) / np.sqrt(parts["running_var"] + epsilon)
        shift = parts.get("bias", np.zeros_like(scale))
        centred = self.tape.affine(value, 1.0, -parts["running_mean"].reshape(shape), name)
        return self.tape.affine(centred, scale.reshape(shape), shift.reshape(shape), name)

    def _plain(self, name: str, word: str, options: dict[str, Any], value: Value) -> Value:
        if name in KINDS_OF_ACTIVATION:
            return self.tape.activate(value, word)
        if name in ("maxpool", "avgpool"):
            side = int(options.pop("0", options.pop("side", 2)))
            stride, padding = int(options.pop("stride", side)), int(options.pop("padding", 0))
            counted = bool(int(options.pop("count_padding", 1)))
            _none_left(name, options)
            kind: Any = "max" if name == "maxpool" else "average"
            pool = Pool(0, kind, side, stride, padding, count_padding=counted)
            return self.tape.pool(value, pool)
        if name == "every":
            step = int(options.pop("0"))
            _none_left(name, options)
            if step < 1:
                raise BadInput("forward", word, "must take every first, second, ... site")
            cuts = [(0, 1, value.shape[0], 0, 0)]
            cuts += [(0, step, -(-side // step), 0, 0) for side in value.shape[1:]]
            return self.tape.rearrange(value, cuts=cuts)
        if name == "mean":
            _none_left(name, options)
            return self.tape.mean(value, range(1, len(value.shape)))
        if name == "flatten":
            return self.tape.reshape(value, (int(np.prod(value.shape)),))
        known = ", ".join(sorted({key.rpartition(".")[0] for key in self.tensors})[:20])
        raise BadInput(
            "forward", word, f"is no layer of {self.source} and no step",
            f"layers: {known}; steps: {', '.join(KINDS_OF_ACTIVATION)}, maxpool, avgpool, mean, "
            "flatten, every, pad",
        )  # fmt: skip


def _repeated(word: str) -> list[str]:
    """``layer1.{0-2}:block`` three times, the last number fastest."""
    ranges = [range(int(a), int(b) + 1) for a, b in _RANGE.findall(word)]
    if prod(map(len, ranges)) > _MOST_REPETITIONS:
        raise BadInput("forward", word, f"repeats more than {_MOST_REPETITIONS:,} times")
    texts = []
    for numbers in itertools.product(*ranges):
        rest = iter(numbers)
        texts.append(_RANGE.sub(lambda _, rest=rest: str(next(rest)), word))  # type: ignore[misc]
    return texts


def _options(word: str, text: str) -> dict[str, Any]:
    """``2, stride=1`` as {"0": "2", "stride": "1"}; pairs as ``stride=1x2``."""
    found: dict[str, Any] = {}
    for number, part in enumerate(filter(None, (p.strip() for p in text.split(",")))):
        name, equals, value = part.rpartition("=")
        key = name.strip() if equals else str(number)
        if key in found:
            raise BadInput("forward", word, f"gives {key} twice")
        found[key] = value.strip()
    return found


def _sides(value: Any, axes: int, none: int) -> tuple[int, int]:
    """(rows, columns); a sequence is an image of one row."""
    parts = [int(part) for part in str(value).split("x")]
    parts = parts * 2 if len(parts) == 1 else parts
    return (none, parts[-1]) if axes == 1 else (parts[0], parts[1])


def _none_left(name: str, options: dict[str, Any]) -> None:
    if options:
        raise BadInput("forward", f"{name}({', '.join(options)})", "is an option that is not known")
