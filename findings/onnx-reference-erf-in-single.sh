#!/usr/bin/env bash
# What happens: the reference evaluator computes Erf of float64 inputs in float32, and GELU, whose body is made of it, with it.
# Versions: onnx 1.23.2, numpy 2.4.6
# A good guess, written down before the run: a model of double tensors is evaluated in double throughout: errors of a few 1e-16.
# Who meets it: whoever compares two readings of a network at the rounding of float64 and takes the reference for exact.
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


import math

graph = model("Erf", [5], 13)
graph.graph.input[0].type.tensor_type.elem_type = TensorProto.DOUBLE
graph.graph.output[0].type.tensor_type.elem_type = TensorProto.DOUBLE
x = np.array([0.1, 0.3, 0.7, 1.1, 1.9])
y = ReferenceEvaluator(graph).run(None, {"x": x})[0]
error = max(abs(a - math.erf(b)) for a, b in zip(y.tolist(), x.tolist()))
print("dtype", y.dtype, "largest error", error)
assert y.dtype == np.float64
assert 1e-10 < error < 1e-7
assert np.array_equal(y, y.astype(np.float32).astype(np.float64))
print("every value is a float32 number")
PYTHON
