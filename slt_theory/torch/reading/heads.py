"""Read self-attention as the target ``Y = sum_h softmax(X Q_h K_h' X' / sqrt(d_K)) X V_h O_h``.

Around every softmax stand maps that act on each token alone: to queries, keys and values, and from
mixed values to the output. A linear map is its values at unit vectors, which are exact where it is
one product with a matrix. The maps, the softmax between them, and the whole are then compared with
torch at random tokens, each starting from torch's own values, within what rounding explains.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod, sqrt
from typing import Any

import numpy as np
import torch
from torch import Tensor

from slt_theory.errors import BadInput
from slt_theory.networks.attention import Attention, attend
from slt_theory.networks.rounding import Agreement, random_inputs
from slt_theory.torch.reading.attention import AttentionCore, cores_of
from slt_theory.torch.reading.flow import UNIT, Flow

__all__ = ["AttentionGraph", "hold", "read_heads"]

_TINY = 2.0**-1000
_INPUTS = 8
_KINDS = ("queries", "keys", "values")
_BIAS = (
    "the target of otsuka2026-attention has no biases: read the module without them (bias=False), "
    "or keep it its own in build_ticket(split_attention(module)) of slt_theory.torch"
)


@dataclass(frozen=True)
class AttentionGraph:
    """A graph of self-attention: its softmaxes and its output, at a batch of B inputs."""

    flow: Flow
    cores: list[AttentionCore]
    output: Any

    @classmethod
    def of(cls, flow: Flow) -> AttentionGraph:
        """The graph of a flow; `BadInput` names what no attention of this form holds."""
        output = flow.output()
        return cls(flow, cores_of(flow, output), output)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Batch, tokens, numbers of a token."""
        batch, tokens, width = self.flow.input.meta["val"].shape
        return int(batch), int(tokens), int(width)

    def sides(self, core: AttentionCore, x: Tensor, *, sizes: bool = False) -> list[Tensor]:
        """Queries, keys and values, each (batch, heads, tokens, numbers)."""
        start = {self.flow.input: x}
        query, key, value = (
            self.flow.run(start, node, sizes=sizes) for node in (core.query, core.key, core.value)
        )
        parts = [query, key.mT if core.key_turned else key, value]
        lead = np.broadcast_shapes(*(part.shape[:-2] for part in parts))
        if {part.shape[-2] for part in parts} != {x.shape[1]} or prod(lead) % len(x):
            raise BadInput(
                "module",
                f"{[s.shape[-2] for s in parts]} queries, keys, values of {x.shape[1]} tokens",
                "are not one a token of the same input",
                "axis 0 of the example is the batch, axis 1 the tokens: transpose before an "
                "attention with batch_first=False; appended keys (add_bias_kv, add_zero_attn) are "
                "not in the target of otsuka2026-attention",
            )  # fmt: skip
        rows = (part.expand(*lead, *part.shape[-2:]) for part in parts)
        return [part.reshape(len(x), -1, *part.shape[-2:]) for part in rows]

    def behind(self, mixed: Mapping[Any, Tensor], *, sizes: bool = False) -> Tensor:
        """The output, from mixed values (batch, heads, tokens, numbers) of every core's node."""
        start = {node: part.reshape(node.meta["val"].shape) for node, part in mixed.items()}
        return self.flow.run(start, self.output, sizes=sizes)

    def errors(self, x: Tensor, moved: Tensor | None = None) -> Tensor:
        """A bound of the errors of one evaluation at a batch, its tokens known up to `moved`."""
        start, off = {self.flow.input: x}, torch.zeros_like(x) if moved is None else moved
        errors, sizes, terms = {}, {}, 0
        for core in self.cores:
            sides, wide, shifts = (
                self.sides(core, v, sizes=s)
                for v, s in ((x, False), (x.abs() + off, True), (off, True))
            )
            slack = _slack(self, start, (core.query, core.key, core.value), x.shape[2])
            values, wrong = _mixed(
                [part.numpy() for part in sides],
                core.scaling(sides[0].shape[3]),
                [slack * w.numpy() + s.numpy() for w, s in zip(wide, shifts, strict=True)],
            )
            errors[core.mixed] = torch.from_numpy(wrong)
            sizes[core.mixed] = torch.from_numpy(np.abs(values) + wrong)
            terms += values.shape[1] * values.shape[3]
        slack = _slack(self, sizes, [self.output], terms)
        behind = [self.behind(given, sizes=True) for given in (errors, sizes)]
        return behind[0] + slack * behind[1]


def read_heads(flow: Flow, outputs: Callable[[Tensor], Tensor]) -> tuple[Attention, Agreement]:
    """Read an exported graph of self-attention.

    Parameters
    ----------
    flow : Flow
        Its input is (batch, tokens, width).
    outputs : callable
        The module itself: (batch, tokens, width) to its output, at a batch of another size.

    Returns
    -------
    Attention, Agreement

    Raises
    ------
    BadInput
        Names the operator that no attention of this form holds, a bias, or a difference from torch.
    """
    output = flow.output()
    if flow.input.meta["val"].dim() != 3 or output.meta["val"].dim() != 3:
        raise BadInput(
            "example", tuple(flow.input.meta["val"].shape),
            "must be (batch, tokens, width) of an attention, and so must its output be",
        )  # fmt: skip
    layer = AttentionGraph.of(flow)
    parts = [_matrices(layer, core) for core in layer.cores]
    shapes = {tuple(part.shape[1:] for part in matrices) for matrices in parts}
    if len(shapes) > 1:
        raise BadInput("module", f"heads of shapes {sorted(shapes)}", "must have equal widths")
    target = Attention(*(np.concatenate(part) for part in zip(*parts, strict=True)))
    _compare_parts(layer, parts)
    return target, _compare_whole(layer, target, outputs)


def _matrices(layer: AttentionGraph, core: AttentionCore) -> list[Any]:
    """Query, key, value (heads, d1, numbers) and output (heads, numbers, d2) of one softmax."""
    _, tokens, width = layer.shape
    zeros = torch.zeros(layer.shape, dtype=torch.float64)
    for name, part in zip(_KINDS, layer.sides(core, zeros), strict=True):
        if part.any():
            raise BadInput("module", f"{name} with a bias", "add a constant to every token", _BIAS)
    rows = []
    for start in range(0, width, tokens):
        count = min(tokens, width - start)
        x = zeros.clone()
        x[0, range(count), range(start, start + count)] = 1.0
        rows.append([part[0, :, :count] for part in layer.sides(core, x)])
    query, key, value = (torch.cat(part, dim=1).numpy() for part in zip(*rows, strict=True))
    # The target divides by the root; another factor goes into the queries.
    usual = core.scale is None and not core.factors
    scale = 1.0 if usual else core.scaling(query.shape[2]) * sqrt(query.shape[2])
    return [query * scale, key, value, _output(layer, core, value.shape[0], value.shape[2])]


def _output(layer: AttentionGraph, core: AttentionCore, heads: int, numbers: int) -> Any:
    """The map from mixed values (heads, numbers) of one softmax to the output's numbers."""
    batch, tokens, _ = layer.shape
    nothing = {c.mixed: torch.zeros(c.mixed.meta["val"].shape).double() for c in layer.cores}
    if layer.behind(nothing).any():
        raise BadInput("module", "output with a bias", "adds a constant to every token", _BIAS)
    rows = []
    for start in range(0, heads * numbers, tokens):
        count = min(tokens, heads * numbers - start)
        mixed = torch.zeros(batch, heads, tokens, numbers, dtype=torch.float64)
        head, number = divmod(np.arange(start, start + count), numbers)
        mixed[0, head, range(count), number] = 1.0
        rows.append(layer.behind(nothing | {core.mixed: mixed})[0, :count])
    return torch.cat(rows).reshape(heads, numbers, -1).numpy()


def _slack(layer: AttentionGraph, start: Any, goals: Sequence[Any], terms: int) -> float:
    """Twice the relative rounding of torch's map, and of its matrix and one product with it."""
    count = max(layer.flow.roundings(start, goal) for goal in goals)
    return 4 * (count + terms + 8) * UNIT


def _compare_parts(layer: AttentionGraph, parts: list[list[Any]]) -> None:
    """Hold every map and every softmax against torch, each at torch's own values."""
    batch, tokens, width = layer.shape
    x = torch.from_numpy(random_inputs(tokens * width, batch)).reshape(layer.shape)
    flow, start = layer.flow, {layer.flow.input: x}
    expected: Any = 0.0
    mixed_values: dict[Any, Tensor] = {}
    for core, matrices in zip(layer.cores, parts, strict=True):
        theirs, sizes = (layer.sides(core, v, sizes=s) for v, s in ((x, False), (x.abs(), True)))
        slack = _slack(layer, start, (core.query, core.key, core.value), width)
        usual = core.scaling(theirs[0].shape[3]) * sqrt(theirs[0].shape[3])
        for name, matrix, seen, size, factor in zip(
            _KINDS, matrices, theirs, sizes, (usual, 1.0, 1.0), strict=False
        ):
            ours = np.einsum("btj,hjk->bhtk", x.numpy(), matrix)
            hold(name, ours, factor * seen.numpy(), slack * abs(factor) * size.numpy())
        mixed = flow.run(start, core.mixed).reshape(theirs[2].shape).numpy()
        mixed_values[core.mixed] = torch.from_numpy(mixed)
        scale = core.scaling(theirs[0].shape[3])
        given = [part.numpy() for part in theirs]
        values, errors = _mixed(given, scale, [np.zeros_like(part) for part in given])
        hold("mixed values", values, mixed, 2 * errors)
        expected = expected + np.einsum("bhtk,hkj->btj", mixed, matrices[3])
    wide = layer.behind({k: v.abs() for k, v in mixed_values.items()}, sizes=True).numpy()
    terms = sum(m[3].shape[0] * m[3].shape[1] for m in parts)
    slack = _slack(layer, mixed_values, [layer.output], terms)
    hold("outputs", expected, layer.behind(mixed_values).numpy(), slack * wide)


def hold(name: str, ours: Any, theirs: Any, bound: Any) -> None:
    """Refuse a difference from torch beyond a bound, all arrays of one shape."""
    if ours.shape != theirs.shape:
        raise BadInput("module", theirs.shape, f"is the shape of its {name}, not {ours.shape}")
    difference = np.abs(ours - theirs)
    if not (difference <= bound + _TINY).all():
        raise BadInput(
            "module", float(difference.max()),
            f"is a difference of {name} from torch that rounding does not explain",
            "tokens, or inputs of the batch, may depend on each other before the softmax: axis 0 "
            "must be the batch and axis 1 the tokens; if so it is, please report it",
        )  # fmt: skip


def _mixed(sides: Sequence[Any], scale: float, errors: Sequence[Any]) -> tuple[Any, Any]:
    """Mixed values of queries, keys and values, and a bound of the rounding of one evaluation.

    Scores that are off by at most e change a weight p by at most ``(exp(2 e) - 1) p``, and by 1.
    """
    (query, key, value), (of_query, of_key, of_value) = sides, errors
    numbers, tokens = query.shape[-1], key.shape[-2]
    turned = key.swapaxes(-1, -2)
    scores = query @ turned * scale
    wide = np.abs(query) + of_query, np.abs(turned) + np.swapaxes(of_key, -1, -2)
    moved = wide[0] @ wide[1] - np.abs(query) @ np.abs(turned)
    off = abs(scale) * (moved + (2 * numbers + 16) * UNIT * (wide[0] @ wide[1]))
    weights = np.stack([attend(row, None) for row in scores.reshape(-1, *scores.shape[-2:])])
    weights = weights.reshape(scores.shape)
    with np.errstate(over="ignore"):
        factor = np.expm1(2 * off.max(axis=-1, keepdims=True) + (2 * tokens + 32) * UNIT)
    changed = np.minimum(factor * weights, 1.0)
    size = np.abs(value) + of_value
    return weights @ value, (
        changed @ size + weights @ (of_value + (2 * tokens + 8) * UNIT * size) + _TINY
    )


def _compare_whole(
    layer: AttentionGraph, target: Attention, outputs: Callable[[Tensor], Tensor]
) -> Agreement:
    """Hold the target against the module at random tokens, several inputs at once."""
    batch, tokens, width = layer.shape
    count = -(-_INPUTS // batch) * batch
    x = torch.from_numpy(random_inputs(tokens * width, count)).reshape(count, tokens, width)
    ours = np.stack([target.forward(row) for row in x.numpy()])
    theirs = outputs(x).numpy()
    bound = 2 * np.concatenate([layer.errors(part).numpy() for part in torch.split(x, batch)])
    hold("outputs", ours, theirs, bound)
    difference = np.abs(ours - theirs)
    worst = int(difference.argmax())
    return Agreement(count, float(difference.flat[worst]), float(bound.flat[worst]))
