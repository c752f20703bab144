"""Small misreadings deep inside a network, where the rounding of the whole explains everything."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

import slt_theory.networks.operators as of
from slt_theory.errors import BadInput
from slt_theory.networks import onnx_operators
from slt_theory.networks.onnx_graph import read_onnx
from slt_theory.networks.onnx_operators import OPERATORS
from slt_theory.networks.rounding import random_inputs, rounding_errors

DEPTH, CHANNELS = 24, 4


def deep(path):
    """Write a chain of padded convolutions, batch norms and ReLUs with large weights."""
    rng = np.random.default_rng(0)
    weights, nodes, last = [], [], "x"

    def constant(*shape, scale=1.0):
        values = rng.normal(size=shape) * scale
        name = f"w{len(weights)}"
        weights.append(numpy_helper.from_array(values.astype(np.float32), name))
        return name

    for k in range(DEPTH):
        kernel = constant(CHANNELS, CHANNELS, 2, 2, scale=20.0)
        nodes.append(helper.make_node("Conv", [last, kernel], [f"c{k}"], pads=[0, 1, 1, 0]))
        weights.append(
            numpy_helper.from_array(rng.uniform(0.5, 2, CHANNELS).astype(np.float32), f"v{k}")
        )
        parts = [constant(CHANNELS) for _ in range(3)]
        nodes.append(helper.make_node("BatchNormalization", [f"c{k}", *parts, f"v{k}"], [f"n{k}"]))
        nodes.append(helper.make_node("Relu", [f"n{k}"], [f"r{k}"]))
        last = f"r{k}"
    graph = helper.make_graph(
        nodes, "deep",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, CHANNELS, 4, 4])],
        [helper.make_tensor_value_info(last, TensorProto.FLOAT, None)],
        weights,
    )  # fmt: skip
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)
    return path


def slope(call, x):
    return of.leaky(call.tape, x, 1e-4)


def swapped(*arguments):
    return [(after, before) for before, after in RIGHT_PADS(*arguments)]


def epsilon(call, *parts):
    call.attributes = {**call.attributes, "epsilon": 2e-5}
    return RIGHT_NORM(call, *parts)


RIGHT_PADS, RIGHT_NORM = onnx_operators._pads, OPERATORS["BatchNormalization"]
PLANTED = {
    "a slope of 1e-4 in every ReLU": lambda patch: patch.setitem(OPERATORS, "Relu", slope),
    "padding at the other side": lambda patch: patch.setattr(onnx_operators, "_pads", swapped),
    "another epsilon": lambda patch: patch.setitem(OPERATORS, "BatchNormalization", epsilon),
}


def test_the_rounding_of_the_whole_explains_more_than_its_outputs(tmp_path):
    reading = read_onnx(deep(tmp_path / "deep.onnx"))
    x = random_inputs(reading.network.size_in, 4)
    errors = rounding_errors(reading.unfolded, x, 2.0**-53)
    assert (errors > np.abs(reading.network.forward(x)).reshape(4, -1)).any()


@pytest.mark.parametrize("planted", PLANTED)
def test_a_misreading_deep_inside_is_refused(tmp_path, monkeypatch, planted):
    path = deep(tmp_path / "deep.onnx")
    PLANTED[planted](monkeypatch)
    with pytest.raises(BadInput, match=r"from ONNX's reference after .* rounding does not explain"):
        read_onnx(path)


@pytest.mark.parametrize("at", [1, 11, DEPTH - 1])
def test_one_wrong_slope_at_any_depth_is_refused(tmp_path, monkeypatch, at):
    path, right, count = deep(tmp_path / "deep.onnx"), OPERATORS["Relu"], iter(range(DEPTH))
    one = lambda call, x: (slope if next(count) == at else right)(call, x)  # noqa: E731
    monkeypatch.setitem(OPERATORS, "Relu", one)
    with pytest.raises(BadInput, match="after activate"):
        read_onnx(path)
