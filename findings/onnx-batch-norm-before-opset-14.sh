#!/usr/bin/env bash
# What happens: ONNX's reference evaluator mixes the statistics of the batch into the stored ones (momentum 0.9) for models of opset 9 to 13, where the operator is inference.
# Versions: onnx 1.23.2, numpy 2.4.6
# A good guess, written down before the run: y = scale (x - mean) / sqrt(var + epsilon) + bias with the stored mean and variance, in every opset.
# Who meets it: whoever checks an importer of trained networks against the reference; most exported files are of these opsets.
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


x = np.array([[1.0, -2.0], [3.0, 0.5], [0.0, 4.0]], dtype=np.float32)
scale, bias, mean, var = (np.array(v, dtype=np.float32) for v in ([2, 1], [0, 1], [1, 0], [4, 1]))
expected = scale * (x - mean) / np.sqrt(var + 1e-5) + bias
for opset in (9, 13, 14, 15):
    y = ReferenceEvaluator(model("BatchNormalization", [3, 2], opset, (scale, bias, mean, var))).run(
        None, {"x": x}
    )[0]
    difference = float(np.abs(y - expected).max())
    print(f"opset {opset}: off by {difference:.4g}")
    assert (difference > 0.1) == (opset < 14), opset
    if opset < 14:
        mixed = 0.9 * mean + 0.1 * x.mean(0), 0.9 * var + 0.1 * x.var(0)
        own = scale * (x - mixed[0]) / np.sqrt(mixed[1] + 1e-5) + bias
        assert np.abs(y - own).max() < 1e-4
        print("   it equals the normalisation by 0.9 stored + 0.1 of this batch")
PYTHON
