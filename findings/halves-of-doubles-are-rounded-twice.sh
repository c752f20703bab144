#!/usr/bin/env bash
# What happens: torch, polars and onnxruntime turn a double into float16 by way of float32: 1 + 2^-11 + 2^-40 becomes 1, although 1 + 2^-10 is nearer, as one double in 16000; so do torch and ml_dtypes for bfloat16. numpy and pyarrow round once.
# Versions: torch 2.13.0 (CPU), polars 2.1.0, onnx 1.23.2, onnxruntime 1.32.0, ml_dtypes 0.6.0, pyarrow 26.0.1, numpy 2.4.6
# A good guess, written down before the run: a conversion is to the nearest number, ties to even, so all libraries agree on every double.
# Who meets it: weights kept in double and rounded for a device: the nearest half is off by half a unit, and files made by two tools differ.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check torch==2.13.0 polars==2.1.0 onnx==1.23.2 onnxruntime==1.32.0 ml_dtypes==0.6.0 pyarrow==26.0.1 numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import ml_dtypes
import numpy as np
import onnxruntime
import polars
import pyarrow
import torch
from onnx import TensorProto, helper

graph = helper.make_graph(
    [helper.make_node("Cast", ["x"], ["y"], to=TensorProto.FLOAT16)], "cast",
    [helper.make_tensor_value_info("x", TensorProto.DOUBLE, [None])],
    [helper.make_tensor_value_info("y", TensorProto.FLOAT16, [None])],
)
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
session = onnxruntime.InferenceSession(
    model.SerializeToString(), providers=["CPUExecutionProvider"]
)
halves = {
    "numpy": lambda x: x.astype(np.float16),
    "pyarrow": lambda x: pyarrow.array(x).cast(pyarrow.float16()).to_numpy(zero_copy_only=False),
    "torch": lambda x: torch.from_numpy(x).to(torch.float16).numpy(),
    "polars": lambda x: polars.Series(x).cast(polars.Float16).to_numpy(),
    "onnxruntime": lambda x: session.run(None, {"x": x})[0],
}
x = np.random.default_rng(0).uniform(1, 2, 1_000_000)
x[0] = 1 + 2.0**-11 + 2.0**-40
for name, convert in halves.items():
    half = convert(x).astype(float)
    best = np.rint(np.ldexp(x, 10)) / 1024  # the nearest multiple of 2^-10
    wrong = int(np.count_nonzero(half != best))
    print(f"{name}: {half[0]!r}, wrong for {wrong} of a million doubles between 1 and 2")
    assert (half[0] == 1 + 2.0**-10) == (wrong == 0) == (name in ("numpy", "pyarrow"))
    assert wrong == 0 or 20 < wrong < 150

near = np.array([1 + 2.0**-8 + 2.0**-40])
brain = {
    "torch": torch.from_numpy(near).to(torch.bfloat16).float().numpy(),
    "ml_dtypes": near.astype(ml_dtypes.bfloat16).astype(float),
}
for name, value in brain.items():
    print(f"{name} to bfloat16: {float(value[0])!r}, nearest is {1 + 2.0**-7!r}")
    assert value[0] == 1
PYTHON
