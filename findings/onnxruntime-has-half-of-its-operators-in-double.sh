#!/usr/bin/env bash
# What happens: the CPU provider of ONNX Runtime runs Gemm, Relu, Sigmoid, Softmax, MaxPool, batch and layer norm in double, but refuses Conv, LeakyRelu, PRelu, Elu, Softplus, Erf, Gelu, AveragePool and GlobalAveragePool of double tensors, which the standard allows.
# Versions: onnxruntime 1.32.0, onnx 1.23.2, numpy 2.4.6
# A good guess, written down before the run: float and double are both supported wherever the operator's schema lists both.
# Who meets it: whoever checks a network against ONNX Runtime more closely than single precision allows: a convolution must be unrolled to Gemm first.
# It installs what it needs into a temporary folder and fails if the behaviour changes.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/env"
"$work/env/bin/python" -m pip install --quiet --disable-pip-version-check onnx==1.23.2 onnxruntime==1.32.0 numpy==2.4.6
cd "$work"
"$work/env/bin/python" - <<'PYTHON'
import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper

row, image = [2, 3], [1, 1, 4, 4]
cases = {
    "Gemm": ([row, [3, 2]], {}), "Relu": ([row], {}), "Sigmoid": ([row], {}), "Softmax": ([row], {}),
    "MaxPool": ([image], {"kernel_shape": [2, 2]}),
    "BatchNormalization": ([[1, 2, 3], [2], [2], [2], [2]], {}),
    "LayerNormalization": ([row, [3]], {}),
    "Conv": ([image, [1, 1, 3, 3]], {}), "LeakyRelu": ([row], {}), "PRelu": ([row, [3]], {}),
    "Elu": ([row], {}), "Softplus": ([row], {}), "Erf": ([row], {}), "Gelu": ([row], {}),
    "AveragePool": ([image], {"kernel_shape": [2, 2]}), "GlobalAveragePool": ([image], {}),
}  # fmt: skip


def runs(operator, shapes, attributes, code, kind):
    names = [f"x{k}" for k in range(len(shapes))]
    inputs = [helper.make_tensor_value_info(n, code, s) for n, s in zip(names, shapes)]
    output = helper.make_tensor_value_info("y", code, [None] * len(shapes[0]))
    node = helper.make_node(operator, names, ["y"], **attributes)
    graph = helper.make_graph([node], "one", inputs, [output])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    onnx.checker.check_model(model)
    try:
        session = onnxruntime.InferenceSession(
            model.SerializeToString(), providers=["CPUExecutionProvider"]
        )
    except onnxruntime.capi.onnxruntime_pybind11_state.NotImplemented:
        return False
    session.run(None, {n: np.ones(s, kind) for n, s in zip(names, shapes)})
    return True


single = {o for o, (s, a) in cases.items() if runs(o, s, a, TensorProto.FLOAT, np.float32)}
double = {o for o, (s, a) in cases.items() if runs(o, s, a, TensorProto.DOUBLE, np.float64)}
print("in double:", *sorted(double))
print("refused:  ", *sorted(single - double))
assert single == set(cases)
assert double == set(list(cases)[:7])
PYTHON
