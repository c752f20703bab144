#!/usr/bin/env bash
# What happens: torch.quantize_per_tensor multiplies by 1 / scale where its documentation and ONNX divide by scale: with scale 0.3 the number 12.5 * 0.3 is 13 in torch and 12 in onnxruntime, and so are an eighth of the ties; for scale 0.1 none.
# Versions: torch 2.13.0 (CPU), onnx 1.23.2, onnxruntime 1.32.0, numpy 2.4.6
# A good guess, written down before the run: round(x / scale) in float32 on both sides: equal integers for equal scales.
# Who meets it: exactness tests between a quantised module and its export, and bounds of half a step that are taken literally.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check torch==2.13.0 onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import warnings

import numpy as np
import onnxruntime
import torch
from onnx import TensorProto, helper

warnings.simplefilter("ignore")


def by_runtime(x, scale):
    graph = helper.make_graph(
        [helper.make_node("QuantizeLinear", ["x", "s", "z"], ["q"])], "q",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None])],
        [helper.make_tensor_value_info("q", TensorProto.INT8, [None])],
        [
            helper.make_tensor("s", TensorProto.FLOAT, [], [scale]),
            helper.make_tensor("z", TensorProto.INT8, [], [0]),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"x": x})[0]


def by_torch(x, scale):
    tensor = torch.quantize_per_tensor(torch.from_numpy(x), float(scale), 0, torch.qint8)
    return tensor.int_repr().numpy()


halves = np.arange(-250, 251).astype(np.float32) / 2
differ = {}
for scale in map(np.float32, (0.01, 0.05, 0.1, 0.3, 0.7)):
    x = halves * scale
    divided = np.clip(np.rint(x / scale), -128, 127).astype(np.int8)
    runtime, torchs = by_runtime(x, scale), by_torch(x, scale)
    assert np.array_equal(runtime, divided)
    times = np.clip(np.rint(x * (np.float32(1) / scale)), -128, 127).astype(np.int8)
    assert np.array_equal(torchs, times)
    differ[float(scale)] = int(np.count_nonzero(runtime != torchs))
    print(f"scale {scale}: {differ[float(scale)]} of {halves.size} integers differ")
third = np.float32(0.3)
x = np.float32([12.5]) * third
print("12.5 * 0.3:", "torch", by_torch(x, third)[0], "onnxruntime", by_runtime(x, third)[0])
assert (by_torch(x, third)[0], by_runtime(x, third)[0]) == (13, 12)
assert sum(differ.values()) > 10 and 0 in differ.values()
PYTHON
