#!/usr/bin/env bash
# What happens: the reference evaluator runs Softmax, LogSoftmax and Hardmax of opsets 1 to 12 over one axis, and over the last by default: the six rows of a 2 x 3 x 4 tensor sum to 6, where the standard has 2.
# Versions: onnx 1.23.2, onnxruntime 1.32.0, numpy 2.4.6
# A good guess, written down before the run: before opset 13 the tensor is flattened from the axis on, the second by default, as the standard says and onnxruntime computes.
# Who meets it: old models whose softmax stands on more than two axes: references made by the evaluator, and weights folded by it.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import numpy as np
import onnxruntime
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator

x = np.random.default_rng(0).normal(size=(2, 3, 4)).astype(np.float32)


def model(kind, opset):
    graph = helper.make_graph(
        [helper.make_node(kind, ["x"], ["y"])], "one",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


for kind in ("Softmax", "LogSoftmax", "Hardmax"):
    for opset in (9, 11, 12, 13):
        one = model(kind, opset)
        reference = ReferenceEvaluator(one).run(None, {"x": x})[0]
        session = onnxruntime.InferenceSession(
            one.SerializeToString(), providers=["CPUExecutionProvider"]
        )
        runtime = session.run(None, {"x": x})[0]
        print(kind, "opset", opset, "sums: reference", reference.sum(), "runtime", runtime.sum())
        assert np.allclose(reference, runtime, atol=1e-4) == (opset >= 13)
        if kind == "Softmax":
            assert round(float(reference.sum())) == 6
            assert round(float(runtime.sum())) == (2 if opset < 13 else 6)
PYTHON
