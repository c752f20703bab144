#!/usr/bin/env bash
# What happens: GlobalMaxPool of the reference evaluator takes the maximum over channels and places of a sequence, and over the batch and channels of what has more axes.
# Versions: onnx 1.23.2, numpy 2.4.6
# A good guess, written down before the run: the maximum over all axes but the first two, for any number of them; GlobalAveragePool does so.
# Who meets it: networks on sequences (batch, channels, places); images come out right, so tests on images do not see it.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check onnx==1.23.2 numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import numpy as np
import onnx
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator


def model(kind, shape, opset, constants=(), **attributes):
    names = ["x", *(f"c{k}" for k in range(len(constants)))]
    node = helper.make_node(kind, names, ["y"], **attributes)
    weights = [onnx.numpy_helper.from_array(c, f"c{k}") for k, c in enumerate(constants)]
    graph = helper.make_graph(
        [node], "one",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        weights,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


for shape in ([1, 3, 4], [1, 2, 3, 4], [2, 2, 2, 2, 2]):
    x = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    expected = x.max(axis=tuple(range(2, x.ndim)), keepdims=True)
    y = ReferenceEvaluator(model("GlobalMaxPool", shape, 13)).run(None, {"x": x})[0]
    mean = ReferenceEvaluator(model("GlobalAveragePool", shape, 13)).run(None, {"x": x})[0]
    right = y.shape == expected.shape and np.array_equal(y, expected)
    print(shape, "gives shape", y.shape, "right" if right else "wrong")
    assert right == (len(shape) == 4)
    assert np.allclose(mean, x.mean(axis=tuple(range(2, x.ndim)), keepdims=True))
PYTHON
