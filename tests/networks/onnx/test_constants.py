"""Weights that a model computes from constants: ONNX's reference is not right for all of them."""

from __future__ import annotations

import math

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from slt_theory.networks.onnx_graph import read_onnx
from slt_theory.networks.onnx_reference import NARROW, evaluator, rounded

CONSTANT = np.random.default_rng(3).normal(size=(2, 3, 4)).astype(np.float32)


def added(kind, constants, opset, shape, **attributes):
    """A model of ``x + kind(constants)``, `shape` that of the constant."""
    names = [f"c{k}" for k in range(len(constants))]
    graph = helper.make_graph(
        [
            helper.make_node(kind, names, ["w"], **attributes),
            helper.make_node("Add", ["x", "w"], ["y"]),
        ],
        "added",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, *shape])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(c, name) for name, c in zip(names, constants, strict=True)],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def read(model, path):
    """The constant as the reading has it, and as the evaluator of the reading does."""
    onnx.save(model, path)
    network = read_onnx(path).network
    x = np.zeros([1, *network.input_shape])
    ours = evaluator(model).run(None, {"x": x})[0]
    return network.forward(x.reshape(1, -1)).reshape(ours.shape), ours


def by_runtime(model, shape):
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"x": np.zeros([1, *shape], np.float32)})[0]


@pytest.mark.parametrize("axis", [None, 0, 1, 2, -1, -2])
@pytest.mark.parametrize("opset", [11, 12, 13, 17])
@pytest.mark.parametrize("kind", ["Softmax", "LogSoftmax", "Hardmax"])
def test_a_softmax_of_constants_runs_over_the_axes_of_its_opset(tmp_path, kind, opset, axis):
    attributes = {} if axis is None else {"axis": axis}
    model = added(kind, [CONSTANT], opset, CONSTANT.shape, **attributes)
    for found in read(model, tmp_path / "s.onnx"):
        assert np.abs(found - by_runtime(model, CONSTANT.shape)).max() < 1e-5


@pytest.mark.parametrize(("opset", "total"), [(11, 2), (13, 6)])
def test_the_default_axis_of_a_softmax_is_that_of_its_opset(tmp_path, opset, total):
    """Each sum of probabilities is one: 2 of 12 numbers before opset 13, 6 of 4 from it on."""
    model = added("Softmax", [CONSTANT], opset, CONSTANT.shape)
    for found in read(model, tmp_path / "s.onnx"):
        assert abs(found.sum() - total) < 1e-12


def test_a_logarithm_of_a_softmax_is_finite_where_the_softmax_is_zero(tmp_path):
    model = added("LogSoftmax", [np.float32([[0, 1000]])], 13, (1, 2))
    for found in read(model, tmp_path / "s.onnx"):
        assert np.array_equal(found.ravel(), [-1000, 0])


def test_an_error_function_of_constants_is_that_of_doubles(tmp_path):
    model = added("Erf", [np.float32([0.5, -2])], 17, (2,))
    for found in read(model, tmp_path / "e.onnx"):
        expected = np.array([math.erf(0.5), math.erf(-2)])
        assert np.abs(found.ravel() - expected).max() < 1e-15


def test_a_batch_norm_of_constants_takes_the_stored_statistics(tmp_path):
    parts = [np.float32(v) for v in ([1, 2], [0, 1], [5, 6], [4, 9])]
    image = np.float32([[[1, 3], [2, 8]]])
    model = added("BatchNormalization", [image, *parts], 9, image.shape, epsilon=0.0)
    for found in read(model, tmp_path / "b.onnx"):
        rows = found.reshape(2, 2)
        assert np.abs(rows - [[-2, -1], [2 * -4 / 3 + 1, 2 * 2 / 3 + 1]]).max() < 1e-12


@pytest.mark.parametrize("size", [1, 3, 5, 7])
def test_a_local_response_norm_of_constants_runs_over_all_channels(tmp_path, size):
    image = np.random.default_rng(size).normal(size=(1, 5, 2, 3)).astype(np.float32) * 10
    model = added("LRN", [image], 13, image.shape, size=size, alpha=0.5, beta=0.75, bias=2.0)
    for found in read(model, tmp_path / "l.onnx"):
        assert np.abs(found - by_runtime(model, image.shape)).max() < 1e-5


def test_casts_of_constants_round_once_to_the_nearest_number():
    """Around every bfloat16 and every midpoint, by less than float32 tells; ties go to even."""
    words = np.arange(0x7F80, dtype=np.uint32) << 16
    low = words.view(np.float32).astype(float)
    high = np.append(low[1:], 2.0**128)
    middle, apart = (low + high) / 2, (high - low) * 2.0**-40
    even = np.where(words >> 16 & 1, high, low)
    for sign in (1, -1):
        for given, nearest in (
            (low, low),
            (low + apart, low),
            (middle - apart, low),
            (middle, even),
            (middle + apart, high),
        ):
            expected = np.where(nearest < 2.0**128, nearest, np.inf)
            assert np.array_equal(rounded(sign * given, NARROW[2]), sign * expected)
    assert rounded([1 + 2.0**-11 + 2.0**-40], NARROW[1]).tolist() == [1 + 2.0**-10]
    assert rounded([1 + 2.0**-24 + 2.0**-40], NARROW[0]).tolist() == [1 + 2.0**-23]
    assert np.isnan(rounded([np.nan], NARROW[2])).all()
