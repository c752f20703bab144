"""From a tape to a network: dead values dropped, scales and shifts folded, shapes made explicit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from math import prod

import numpy as np

from slt_theory.errors import BadInput
from slt_theory.networks.activations import Activation
from slt_theory.networks.arrays import Floats
from slt_theory.networks.graph import Graph
from slt_theory.networks.kinds import Convolution, Kind, Linear
from slt_theory.networks.moves import Flatten, Rearrange
from slt_theory.networks.nodes import Affine, Input, Node, Sum, Value, Weighted
from slt_theory.networks.pools import Pool
from slt_theory.networks.steps import Activate, Add, Shape, Step, Weigh

__all__ = ["emit", "emit_with_places"]

_MOST_CHANNELS = 1 << 13
"""A scale of its own for each of n numbers is a layer of n x n weights."""


def emit(nodes: Sequence[Node], output: Value, *, fold: bool) -> Graph:
    """Return the network that gives `output`, as `slt_theory.networks.tape.Tape.graph` says."""
    if not fold:
        return emit_with_places(nodes, output)[0]
    live, alias = _folded(_live(nodes, output.node))
    return _emitted(live, replace(output, node=alias.get(output.node, output.node)))[0]


def emit_with_places(nodes: Sequence[Node], output: Value) -> tuple[Graph, dict[int, int]]:
    """Return the network with nothing folded, and the number of its value that each node gives."""
    return _emitted(_live(nodes, output.node), output)


def _emitted(live: dict[int, Node], output: Value) -> tuple[Graph, dict[int, int]]:
    emitter = _Emitter(live)
    place = emitter.value(output.node, output.shape)
    if not emitter.names:
        raise BadInput("network", "no layer of weights", "has nothing to approximate")
    if place != len(emitter.steps):
        # The output is a value in the middle: an identity step puts it last.
        emitter.steps.append(emitter.view(place, output.shape))
    network = Graph(
        tuple(emitter.weights),
        tuple(emitter.biases),
        tuple(emitter.names),
        tuple(emitter.kinds),
        tuple(emitter.steps),
        next(node.shape for node in live.values() if isinstance(node, Input)),
    )
    return network, emitter.places


def _live(nodes: Sequence[Node], output: int) -> dict[int, Node]:
    """Nodes that the output depends on, in order."""
    needed = {output}
    for number in range(output, -1, -1):
        if number in needed:
            needed.update(nodes[number].of)
    needed |= {number for number, node in enumerate(nodes) if isinstance(node, Input)}
    return {number: nodes[number] for number in sorted(needed)}


def _folded(live: dict[int, Node]) -> tuple[dict[int, Node], dict[int, int]]:
    """Fold scales and shifts into the layer before, then into the layer behind."""
    alias: dict[int, int] = {}
    uses = Counter(of for node in live.values() for of in node.of)
    nodes: dict[int, Node] = {}
    for number, node in live.items():
        node = replace(node, of=tuple(alias.get(of, of) for of in node.of))
        before = nodes.get(node.of[0]) if node.of else None
        if isinstance(node, Affine) and isinstance(before, Weighted) and uses[node.of[0]] == 1:
            merged = _into_layer_before(before, node)
            if merged is not None:
                nodes[node.of[0]] = merged
                alias[number] = node.of[0]
                uses[node.of[0]] = uses[number]
                continue
        while isinstance(node, Weighted) and isinstance(before, Affine) and uses[node.of[0]] == 1:
            merged = _into_layer_behind(before, node)
            if merged is None:
                break
            del nodes[node.of[0]]
            node, before = merged, nodes.get(merged.of[0])
        nodes[number] = node
    return nodes, alias


def _by_channel(values: Floats, shape: Shape) -> Floats | None:
    """One number a channel, if it is the same at all its sites."""
    rows = values.reshape(shape[0], -1)
    return rows[:, 0] if (rows == rows[:, :1]).all() else None


def _into_layer_before(layer: Weighted, affine: Affine) -> Weighted | None:
    scale, shift = (_by_channel(v, layer.shape) for v in (affine.scale, affine.shift))
    if scale is None or shift is None:
        return None
    weight = layer.weight * scale.reshape(-1, *[1] * (layer.weight.ndim - 1))
    bias = shift if layer.bias is None else scale * layer.bias + shift
    return replace(layer, weight=weight, bias=bias if bias.any() else None)


def _into_layer_behind(affine: Affine, layer: Weighted) -> Weighted | None:
    """``W (s x + t) + b = (W s) x + (W t + b)``, where padding does not see the shift."""
    scale, shift = (_by_channel(v, layer.takes) for v in (affine.scale, affine.shift))
    if scale is None or shift is None:
        return None
    if layer.kind is not None:
        if layer.kind.groups != 1 or (any(layer.kind.padding) and shift.any()):
            return None
        scale, shift = scale[:, None, None], shift[:, None, None]
    moved = (layer.weight * shift).reshape(len(layer.weight), -1).sum(axis=1)
    bias = moved if layer.bias is None else layer.bias + moved
    return replace(
        layer, of=affine.of, weight=layer.weight * scale, bias=bias if bias.any() else None
    )


class _Emitter:
    """Steps of a `Graph`, made node by node."""

    def __init__(self, live: dict[int, Node]) -> None:
        self.weights: list[Floats] = []
        self.biases: list[Floats | None] = []
        self.names: list[str] = []
        self.kinds: list[Kind] = []
        self.steps: list[Step] = []
        self.places: dict[int, int] = {}
        self.shapes: list[Shape] = []
        self.views: dict[tuple[int, Shape], int] = {}
        for number, node in live.items():
            self.places[number] = self._node(node)

    def _append(self, step: Step, shape: Shape) -> int:
        self.steps.append(step)
        self.shapes.append(shape)
        return len(self.steps)

    def view(self, place: int, shape: Shape) -> Step:
        """The numbers of a value, row by row as another shape."""
        before = self.shapes[place]
        if len(shape) == 1:
            return Flatten(place)
        whole = tuple((0, 1, side, 0, 0) for side in before)
        return Rearrange(place, tuple(range(len(before))), whole, shape)

    def value(self, number: int, shape: Shape | None) -> int:
        """A recorded node, seen as `shape`."""
        place = self.places[number]
        # One number without an axis is a vector of one.
        shape = (1,) if shape == () else shape
        if shape is None or self.shapes[place] == shape:
            return place
        if (place, shape) not in self.views:
            self.views[place, shape] = self._append(self.view(place, shape), shape)
        return self.views[place, shape]

    def _node(self, node: Node) -> int:
        if isinstance(node, Input):
            self.shapes.append(node.shape)
            return 0
        if isinstance(node, Weighted):
            return self._weighted(node)
        if isinstance(node, Affine):
            return self._weighted(_depthwise(node))
        if isinstance(node, Sum):
            one = self.value(node.of[0], None)
            other = self.value(node.of[1], self.shapes[one])
            return self._append(Add(one, other), self.shapes[one])
        of = self.value(node.of[0], node.takes)
        if isinstance(node.step, Activation):
            return self._append(Activate(of, node.step), self.shapes[of])
        step: Pool | Rearrange = replace(node.step, of=of)
        return self._append(step, node.shape)

    def _weighted(self, node: Weighted) -> int:
        of, kind = self.value(node.of[0], node.takes), node.kind
        if kind is not None and node.bias is not None:
            unrolling = kind.unrolling(node.weight.shape, node.takes)
            if unrolling.constant_tap is None:
                # Every tap meets the padding, so none could carry a bias: the zeros become sites.
                (top, left), (_, rows, columns) = kind.padding, node.takes
                cuts = (
                    (0, 1, node.takes[0], 0, 0),
                    (0, 1, rows, top, top),
                    (0, 1, columns, left, left),
                )
                wide = (node.takes[0], rows + 2 * top, columns + 2 * left)
                of = self._append(Rearrange(of, (0, 1, 2), cuts, wide), wide)
                kind = replace(kind, padding=(0, 0))
        self.weights.append(node.weight)
        self.biases.append(node.bias)
        self.names.append(node.name)
        self.kinds.append(Linear() if kind is None else kind)
        return self._append(Weigh(of, len(self.names) - 1), node.shape)


def _depthwise(node: Affine) -> Weighted:
    """Scales and shifts as a 1 x 1 convolution of every channel with itself."""
    shape = node.shape if len(node.shape) == 3 else (prod(node.shape), 1, 1)
    scale, shift = (_by_channel(v, shape) for v in (node.scale, node.shift))
    if scale is None or shift is None:
        shape = (prod(node.shape), 1, 1)
        scale, shift = node.scale, node.shift
    if shape[0] > _MOST_CHANNELS:
        raise BadInput(
            node.name,
            f"{shape[0]} scales",
            f"more than {_MOST_CHANNELS} different scales of one value are no layer of this tool",
            "scale by channel, or fold the scale into a layer",
        )
    bias = shift if np.any(shift) else None
    kind = Convolution(groups=shape[0])
    return Weighted(node.of, shape, shape, scale[:, None, None, None], bias, node.name, kind)
