#!/usr/bin/env bash
# What happens: onnx.version_converter rewrites models to another opset so that they compute something else: Softmax from 13 to 11 and Hardmax from 11 to 13 keep their axis but not its meaning, a linear Upsample of 9 and Resize of 10 become a Resize that measures from the middles of pixels.
# Versions: onnx 1.23.2, onnxruntime 1.32.0, numpy 2.4.6
# A good guess, written down before the run: a converter rewrites what changed between the opsets, as it does for Softmax from 11 to 13, or refuses: the numbers stay.
# Who meets it: whoever lifts old models to a new opset, or lowers new ones for an old reader: compare outputs after the conversion.
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
from onnx import TensorProto, helper, numpy_helper, version_converter

onnxruntime.set_default_logger_severity(4)


def model(kind, shape, opset, constants=(), **attributes):
    weights = [numpy_helper.from_array(c, f"c{k}") for k, c in enumerate(constants)]
    graph = helper.make_graph(
        [helper.make_node(kind, ["x", *(w.name for w in weights)], ["y"], **attributes)], "one",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        weights,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


def run(one, x):
    session = onnxruntime.InferenceSession(
        one.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"x": x})[0]


def moved(kind, shape, before, after, *constants, **attributes):
    """The largest change of an output by the conversion."""
    x = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    old = model(kind, shape, before, constants, **attributes)
    new = version_converter.convert_version(old, after)
    change = float(np.abs(run(old, x) - run(new, x)).max())
    print(f"{kind} {attributes} from opset {before} to {after}: outputs move by {change:.3g}")
    return change


scales = np.float32([1, 1, 2, 2])
assert moved("Softmax", [2, 3, 4], 11, 13, axis=1) < 1e-6
assert moved("Softmax", [2, 3, 4], 13, 11, axis=1) > 0.1
assert moved("LogSoftmax", [2, 3, 4], 13, 11, axis=1) > 0.1
assert moved("Hardmax", [2, 3, 4], 11, 13, axis=1) == 1
assert moved("Upsample", [1, 2, 4, 4], 9, 13, scales, mode="nearest") == 0
assert moved("Upsample", [1, 2, 4, 4], 9, 13, scales, mode="linear") > 0.1
assert moved("Resize", [1, 2, 4, 4], 10, 13, scales, mode="linear") > 0.1
PYTHON
