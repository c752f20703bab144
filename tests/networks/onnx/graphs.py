"""Random ONNX graphs over every operator that is read, in the opsets that have them."""

from __future__ import annotations

from collections import Counter

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OLDEST, NEWEST = 7, onnx.defs.onnx_opset_version()


class Maker:
    """Nodes one after the other; `shape` is that of the last value, batch first."""

    def __init__(self, rng, opset, shape):
        self.rng, self.opset, self.shape = rng, opset, shape
        self.last, self.nodes, self.weights, self.used = "x", [], [], []

    def constant(self, values):
        name = f"w{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def floats(self, *shape):
        return self.constant((self.rng.normal(size=shape) * 0.5).astype(np.float32))

    def integers(self, values):
        return self.constant(np.asarray(values, dtype=np.int64))

    def add(self, kind, inputs=None, outputs=1, **attributes):
        """Append a node; the name of its first output."""
        names = [f"v{len(self.nodes)}_{k}" for k in range(outputs)]
        self.nodes.append(helper.make_node(kind, inputs or [self.last], names, **attributes))
        self.last = names[0]
        self.used.append(kind)
        return names

    def settle(self):
        """Infer the shape of the last value with ONNX's own inference."""
        model = self.model()
        inferred = onnx.shape_inference.infer_shapes(model, strict_mode=True, data_prop=True)
        tensor = inferred.graph.output[0].type.tensor_type
        self.shape = tuple(side.dim_value for side in tensor.shape.dim)

    def model(self):
        graph = helper.make_graph(
            self.nodes,
            "drawn",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, self.start)],
            [helper.make_tensor_value_info(self.last, TensorProto.FLOAT, None)],
            self.weights,
        )
        opset = [helper.make_opsetid("", self.opset)]
        return helper.make_model(graph, opset_imports=opset, ir_version=8)


def _axes(m, kind, axes, **more):
    """Axes as an input where the opset has them so, as an attribute before."""
    since = {"Squeeze": 13, "Unsqueeze": 13, "ReduceSum": 13, "ReduceMean": 18}[kind]
    if m.opset >= since:
        m.add(kind, [m.last, m.integers(axes)], **more)
    else:
        m.add(kind, axes=axes, **more)


def _slice(m, starts, ends, axes, steps=None):
    if m.opset < 10:
        m.add("Slice", starts=starts, ends=ends, axes=axes)
    else:
        lists = [starts, ends, axes, *([steps] if steps else [])]
        m.add("Slice", [m.last, *(m.integers(v) for v in lists)])


def _pad(m, widths, mode="constant"):
    if m.opset < 11:
        m.add("Pad", pads=widths, mode=mode)
    else:
        m.add("Pad", [m.last, m.integers(widths)], mode=mode)


def _gemm(m):
    width, out = m.shape[-1], int(m.rng.integers(2, 6))
    if m.rng.integers(2):
        m.add("Gemm", [m.last, m.floats(out, width), m.floats(out)], transB=1, alpha=0.5)
    else:
        m.add("Gemm", [m.last, m.floats(width, out), m.floats(1, out)], beta=2.0)


def _matmul(m):
    width, out = m.shape[-1], int(m.rng.integers(2, 6))
    m.add("MatMul", [m.last, m.floats(width, out)])
    m.add("Add", [m.floats(out), m.last])


def _conv(m):
    channels, sides = m.shape[1], m.shape[2:]
    axes = len(sides)
    kernel = [int(m.rng.integers(1, min(3, side) + 1)) for side in sides]
    groups = channels if m.rng.integers(3) == 0 else 1
    options = {"group": groups, "strides": [int(m.rng.integers(1, 3)) for _ in sides]}
    pads = m.rng.integers(4)
    if pads == 0:
        options["auto_pad"] = str(m.rng.choice(["SAME_UPPER", "SAME_LOWER", "VALID"]))
    else:
        options["pads"] = [int(v) for v in m.rng.integers(0, 3, size=2 * axes)]
    inputs = [m.last, m.floats(2 * groups, channels // groups, *kernel)]
    if m.rng.integers(2):
        inputs.append(m.floats(2 * groups))
    m.add("Conv", inputs, kernel_shape=kernel, **options)


def _pool(m, kind):
    sides = m.shape[2:]
    kernel = [int(m.rng.integers(1, min(3, side) + 1)) for side in sides]
    pads = [int(m.rng.integers(0, k)) for k in kernel] * 2
    options = {"strides": [int(m.rng.integers(1, 3)) for _ in sides]}
    if m.rng.integers(4) == 0:
        options["auto_pad"] = str(m.rng.choice(["SAME_UPPER", "VALID"]))
    else:
        options["pads"] = pads
    if kind == "AveragePool":
        options["count_include_pad"] = int(m.rng.integers(2))
    m.add(kind, kernel_shape=kernel, **options)


def _norm(m):
    channels = m.shape[1]
    variance = m.constant(m.rng.uniform(0.3, 2, channels).astype(np.float32))
    parts = [m.floats(channels) for _ in range(3)]
    m.add("BatchNormalization", [m.last, *parts, variance], epsilon=1e-3)


def _skip(m, kind):
    before = m.last
    m.add("Tanh")
    m.add(kind, [m.last, before])


def _join(m):
    before = m.last
    m.add("Relu")
    m.add("Concat", [m.last, before], axis=1)


def _scaled(m, kind):
    shape = (m.shape[1], *[1] * (len(m.shape) - 2))
    other = m.floats(*shape)
    m.add(kind, [m.last, other] if kind == "Div" or m.rng.integers(2) else [other, m.last])


def _reshape(m):
    m.add("Reshape", [m.last, m.integers([int(m.rng.integers(2)), -1])])


def _cut(m):
    side = m.shape[-1]
    axis = len(m.shape) - 1
    if m.opset >= 10 and m.rng.integers(2):
        _slice(m, [side - 1], [-side - 1], [axis], [-1])
    else:
        _slice(m, [int(m.rng.integers(0, side))], [1000], [axis])


def _padded(m):
    axes = len(m.shape)
    widths = [0, 0, *(int(v) for v in m.rng.integers(0, 2, size=axes - 2))] * 2
    _pad(m, widths, str(m.rng.choice(["constant", "edge"])))


def _split(m):
    half = m.shape[1] // 2
    sizes = [half, m.shape[1] - half]
    if m.opset < 13:
        names = m.add("Split", outputs=2, axis=1, split=sizes)
    else:
        names = m.add("Split", [m.last, m.integers(sizes)], outputs=2, axis=1)
    m.add("Concat", names[::-1], axis=1)


def _gather(m):
    index = m.rng.integers(0, m.shape[1], size=3)
    m.add("Gather", [m.last, m.integers(index)], axis=1)


def _prelu(m):
    m.add("PRelu", [m.last, m.constant(np.array([0.25], dtype=np.float32))])


def _sigmoid(m):
    before = m.last
    m.add("Sigmoid")
    if m.rng.integers(2):
        m.add("Mul", [before, m.last])


def _folded(m):
    """A shape computed in the graph, as exporters write it."""
    m.add("Shape")
    shape = m.last
    before = m.nodes[-1].input[0]
    m.add("Cast", [shape], to=TensorProto.INT64)
    m.add("Reshape", [before, m.last])


def _clip(m):
    if m.opset < 11:
        m.add("Clip", min=-0.5, max=0.75)
    else:
        low, high = (m.constant(np.array(end, dtype=np.float32)) for end in (-0.5, 0.75))
        m.add("Clip", [m.last, low, high][: int(m.rng.integers(2, 4))])


def _extreme(m, kind):
    before = m.last
    m.add("Neg")
    # Before opset 8 all arguments have one shape.
    other = m.floats(1) if m.opset >= 8 and m.rng.integers(2) else before
    m.add(kind, [m.last, other])


def _mean_of_two(m):
    before = m.last
    m.add("Relu")
    m.add("Mean", [before, m.last])


def _einsum(m):
    letters = "bcde"[: len(m.shape)]
    m.add("Einsum", [m.last, m.floats(m.shape[1], 3)], equation=f"{letters},cz->bz{letters[2:]}")


def _tile(m):
    counts = [1] * len(m.shape)
    counts[int(m.rng.integers(1, len(m.shape)))] = 2
    m.add("Tile", [m.last, m.integers(counts)])


def _expand(m):
    """Means of channels, spread over them again."""
    shape = list(m.shape)
    _axes(m, "ReduceMean", [1], keepdims=1)
    m.add("Expand", [m.last, m.integers(shape)])


def _sized(m):
    """Divided by its count of numbers, which the graph computes."""
    before = m.last
    m.add("Size")
    m.add("Cast", [m.last], to=TensorProto.FLOAT)
    m.add("Div", [before, m.last])


IMAGE = {
    "Conv": _conv,
    "MaxPool": lambda m: _pool(m, "MaxPool"),
    "AveragePool": lambda m: _pool(m, "AveragePool"),
    "GlobalAveragePool": lambda m: m.add("GlobalAveragePool"),
    "GlobalMaxPool": lambda m: m.add("GlobalMaxPool"),
    "Transpose": lambda m: m.add("Transpose", perm=[0, *range(2, len(m.shape)), 1]),
    "ReduceMean": lambda m: _axes(m, "ReduceMean", [len(m.shape) - 1], keepdims=1),
    "Squeeze": lambda m: (_axes(m, "Unsqueeze", [1]), _axes(m, "Squeeze", [1])),
    "Pad": _padded,
    "Flatten": lambda m: m.add("Flatten", axis=1),
    "Reshape": _reshape,
}
VECTOR = {
    "Gemm": _gemm,
    "MatMul": _matmul,
    "ReduceSum": lambda m: _axes(m, "ReduceSum", [1], keepdims=1),
}
ANY = {
    "BatchNormalization": _norm,
    "Add": lambda m: _skip(m, "Add"),
    "Sub": lambda m: (_skip if m.rng.integers(2) else _scaled)(m, "Sub"),
    "Sum": lambda m: _skip(m, "Sum"),
    "Mul": lambda m: _scaled(m, "Mul"),
    "Div": lambda m: _scaled(m, "Div"),
    "Concat": _join,
    "Slice": _cut,
    "Split": _split,
    "Gather": _gather,
    "Relu": lambda m: m.add("Relu"),
    "LeakyRelu": lambda m: m.add("LeakyRelu", alpha=0.25),
    "PRelu": _prelu,
    "Tanh": lambda m: m.add("Tanh"),
    "Sigmoid": _sigmoid,
    "Gelu": lambda m: m.add("Gelu", approximate=str(m.rng.choice(["none", "tanh"]))),
    "Swish": lambda m: m.add("Swish"),
    "Neg": lambda m: m.add("Neg"),
    "Identity": lambda m: m.add("Identity"),
    "Dropout": lambda m: m.add("Dropout"),
    "Shape": _folded,
    "Size": _sized,
    "Clip": _clip,
    "Max": lambda m: _extreme(m, "Max"),
    "Min": lambda m: _extreme(m, "Min"),
    "Mean": _mean_of_two,
    "Einsum": _einsum,
    "Tile": _tile,
    "Expand": _expand,
}
SINCE = {"Gelu": 20, "Swish": 24, "Einsum": 12, "Expand": 8}
"""The opset that first has an operator."""


def _rarest(rng, names, counts):
    """One of the names that were read least so far, most of the time; else any."""
    least = min(counts[name] for name in names)
    rare = [name for name in names if counts[name] == least]
    return str(rng.choice(rare if rng.random() < 0.7 else names))


def draw(rng, counts=None):
    """(model, names of its operators, opset); `counts` says how often each was read so far."""
    counts = Counter() if counts is None else counts
    aim = _rarest(rng, [*IMAGE, *VECTOR, *ANY], counts)
    opset = int(rng.integers(SINCE.get(aim, OLDEST), NEWEST + 1))
    axes = 0 if aim in VECTOR else int(rng.integers(1, 3)) if aim in IMAGE else int(rng.integers(3))
    shape = (1, int(rng.integers(2, 6)), *(int(rng.integers(4, 8)) for _ in range(axes)))
    m = Maker(rng, opset, shape)
    m.start = shape
    (_conv if axes else _gemm)(m)
    m.settle()
    for number in range(int(rng.integers(9, 17))):
        table = {**ANY, **(IMAGE if len(m.shape) > 2 else VECTOR)}
        names = [name for name in table if SINCE.get(name, OLDEST) <= opset]
        name = aim if not number and aim in names else _rarest(rng, names, counts)
        if name == "Split" and m.shape[1] < 2:
            continue
        saved = m.last, list(m.nodes), list(m.weights), list(m.used), m.shape
        table[name](m)
        m.settle()
        if len(m.shape) < 2 or min(m.shape) < 1 or np.prod(m.shape) > 1500:
            m.last, m.nodes, m.weights, m.used, m.shape = saved
    return m.model(), m.used, opset
