"""Attributes that are left out, and arguments that no network can follow."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from slt_theory.errors import BadInput
from slt_theory.networks.onnx_graph import read_onnx


def after_gemm(path, kind, constants=(), opset=17, **attributes):
    """Write ``kind(W x)`` of three numbers, the constants behind its value."""
    weights = {"W": np.array([[1, 2], [0.5, -1], [3, 0.25]]), **dict(constants)}
    graph = helper.make_graph(
        [
            helper.make_node("Gemm", ["x", "W"], ["a"], transB=1),
            helper.make_node(kind, ["a", *dict(constants)], ["y"], **attributes),
        ],
        "after",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 2])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(w.astype(np.float32), name) for name, w in weights.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)]), path)
    return path


def norm(variance):
    values = {"gain": [1, 2, 3], "shift": [0, 1, 2], "mean": [1, 2, 3], "variance": variance}
    return {name: np.array(value) for name, value in values.items()}


@pytest.mark.parametrize("opset", [7, 9, 15, 17])
def test_a_batch_norm_without_epsilon_has_that_of_onnx(tmp_path, opset):
    path = after_gemm(tmp_path / "n.onnx", "BatchNormalization", norm([1e-3, 1e-6, 0]), opset)
    network = read_onnx(path).network
    x = np.array([[1.0, 1.0]])
    epsilon = float(np.float32(1e-5))
    deviation = np.sqrt(np.float32([1e-3, 1e-6, 0]).astype(np.float64) + epsilon)
    expected = (np.array([3, -0.5, 3.25]) - [1, 2, 3]) * [1, 2, 3] / deviation + [0, 1, 2]
    # 2^-45 is far above the rounding of a few operations, far below 1e-5 for its float32.
    np.testing.assert_allclose(network.forward(x)[0], expected, rtol=2.0**-45)


@pytest.mark.parametrize(
    ("kind", "constants", "attributes", "reason"),
    [
        ("BatchNormalization", norm([1, -2, 1]), {}, "variance that is not positive"),
        ("Div", {"d": np.array([1, 0, 2])}, {}, "divides by 0"),
        ("Cast", {}, {"to": TensorProto.INT64}, "rounds to integers"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_refused_by_name(tmp_path, kind, constants, attributes, reason):
    with pytest.raises(BadInput, match=f"{kind}.*{reason}"):
        read_onnx(after_gemm(tmp_path / "n.onnx", kind, constants, **attributes))
