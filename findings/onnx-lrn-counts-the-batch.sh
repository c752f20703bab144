#!/usr/bin/env bash
# What happens: LRN of the reference evaluator sums squares for as many channels as the batch has entries: of one image of five channels the first is normalised, the others are divided by a power of the bias alone; a batch of five is right.
# Versions: onnx 1.23.2, onnxruntime 1.32.0, numpy 2.4.6
# A good guess, written down before the run: every channel is divided by a power of the sum over its neighbours, image by image: the batch has no part in it.
# Who meets it: references and tests of AlexNet's norm with one image at a time.
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

for batch in (1, 2, 5):
    x = np.random.default_rng(0).normal(size=(batch, 5, 2, 2)).astype(np.float32)
    node = helper.make_node("LRN", ["x"], ["y"], size=3, alpha=1.0, beta=0.5, bias=1.0)
    graph = helper.make_graph(
        [node], "norm",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, x.shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, x.shape)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    runtime = session.run(None, {"x": x})[0]
    reference = ReferenceEvaluator(model).run(None, {"x": x})[0]
    right = [bool(np.allclose(reference[:, c], runtime[:, c], atol=1e-5)) for c in range(5)]
    print(f"batch of {batch}: channels that are right {right}")
    assert right == [c < batch for c in range(5)]
    assert all(np.array_equal(reference[:, c], x[:, c]) for c in range(batch, 5))
PYTHON
