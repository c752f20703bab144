"""ONNX files: random graphs of every operator, real networks, refusals by name."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import graphs
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from slt_theory.errors import BadInput, UnreadableFile
from slt_theory.networks.onnx_graph import read_onnx
from slt_theory.networks.onnx_operators import OPERATORS
from slt_theory.networks.onnx_reference import evaluator

# A folder of networks from public benchmarks, named by whoever has them.
DATA = Path(os.environ.get("SLT_NETWORKS", "networks-of-others"))


COVERED = sorted(set(OPERATORS) - {"Erf"})
"""Operators that are read; the error function is refused by name."""
IN_CI, MOST_IN_CI, LONG, OF_EACH = 40, 200, 300, 50


def read_one(folder, seed, counts):
    """Read one random graph; a misreading is refused, so nothing may be refused."""
    model, used, opset = graphs.draw(np.random.default_rng(seed), counts)
    onnx.save(model, folder / "drawn.onnx")
    try:
        read_onnx(folder / "drawn.onnx")
    except BadInput as error:
        raise AssertionError((seed, opset, used)) from error
    counts.update(set(used))


def report(counts):
    """What `pytest -s` shows, and every failure."""
    return sorted((counts[name], name) for name in COVERED)


def fresh():
    return int(np.random.SeedSequence().generate_state(1)[0])


def test_random_graphs_hold_every_operator(tmp_path):
    """Every operator at least once, in 40 graphs or as many more as that takes."""
    start, counts, number = fresh(), Counter(), 0
    while number < IN_CI or (report(counts)[0][0] < 1 and number < MOST_IN_CI):
        read_one(tmp_path, start + number, counts)
        number += 1
    print(number, "graphs", report(counts))
    assert report(counts)[0][0] >= 1, report(counts)


@pytest.mark.long
def test_three_hundred_random_graphs_hold_every_operator_fifty_times(tmp_path):
    start, counts = fresh(), Counter()
    for number in range(LONG):
        read_one(tmp_path, start + number, counts)
    print(report(counts))
    assert report(counts)[0][0] >= OF_EACH, report(counts)


def test_the_evaluator_equals_onnxruntime():
    runtime = pytest.importorskip("onnxruntime")
    runtime.set_default_logger_severity(4)
    start, same = fresh(), 0
    for seed in range(start, start + 60):
        rng = np.random.default_rng(seed)
        model, used, _ = graphs.draw(rng)
        shape = [side.dim_value for side in model.graph.input[0].type.tensor_type.shape.dim]
        x = rng.integers(-64, 65, size=shape) / 32
        ours = evaluator(model).run(None, {"x": x})[0]
        try:
            session = runtime.InferenceSession(
                model.SerializeToString(), providers=["CPUExecutionProvider"]
            )
            theirs = session.run(None, {"x": x.astype(np.float32)})[0]
        except Exception:  # an opset or a pool that this runtime does not have
            continue
        assert theirs.shape == ours.shape, (seed, used)
        assert np.abs(theirs - ours).max() <= 1e-3 * (1 + np.abs(ours).max()), (seed, used)
        same += 1
    assert same >= 50


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("acasxu_1_1", 13_305), ("mnistfc_256x4", 400_906), ("oval21_cifar_base_kw", 105_966)],
)
def test_real_networks_are_read(name, parameters):
    path = DATA / f"{name}.onnx"
    if not path.exists():
        pytest.skip("needs the file of a public benchmark")
    reading = read_onnx(path)
    assert reading.network.parameters == parameters
    assert reading.agreement.difference < 1e-12


def one_node(kind, *constants, inputs=(1, 4), opset=17, weigh=True, **attributes):
    """A model x -> kind(x W, constants)."""
    weights = [numpy_helper.from_array(np.eye(inputs[-1], dtype=np.float32), "W")]
    weights += [numpy_helper.from_array(np.asarray(c), f"c{k}") for k, c in enumerate(constants)]
    nodes = [helper.make_node("MatMul", ["x", "W"], ["h"])] if weigh else []
    given = ["h" if weigh else "x", *(f"c{k}" for k in range(len(constants)))]
    nodes.append(helper.make_node(kind, given, ["y"], name="last", **attributes))
    graph = helper.make_graph(
        nodes, "one",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, inputs)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        weights,
    )  # fmt: skip
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (one_node("Softmax"), r"Softmax \(node 1, last\): divides by a sum of values"),
        (one_node("Elu"), r"Elu \(node 1, last\): is not covered"),
        (one_node("Swish", opset=24, alpha=1.5), "a factor inside of its sigmoid"),
        (
            one_node("LayerNormalization", np.ones(4, dtype=np.float32)),
            "no theorem here covers: otsuka2026-block and otsuka2026-transformer hold without",
        ),
        (one_node("Erf"), "GELU is an operator of its own from opset 20"),
        (one_node("Relu", weigh=False), "no layer of weights"),
        (one_node("ReduceMean", axes=[0]), "across the batch"),
        (one_node("Reshape", np.array([4, 1])), "axis 0 is not the batch"),
        (one_node("LeakyRelu", alpha=1.5), "slopes lie in"),
        (one_node("Relu", inputs=(None, None, 4)), "unknown length"),
        (one_node("Relu", opset=6), "must be at least 7"),
    ],
)
def test_what_is_not_covered_is_refused_by_name(tmp_path, model, says):
    path = tmp_path / "m.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(BadInput, match=says):
        read_onnx(path)


def product_of_constants(path):
    """Write x W with W computed from float32 constants, and a node that leads nowhere."""
    rng = np.random.default_rng(0)
    weights = {"w": rng.normal(size=(4, 3)), "s": np.array(1 / 3), "v": rng.uniform(1, 2, 3)}
    graph = helper.make_graph(
        [
            helper.make_node("Mul", ["w", "s"], ["ws"]),
            helper.make_node("Sqrt", ["v"], ["sv"]),
            helper.make_node("Div", ["ws", "sv"], ["wd"]),
            helper.make_node("MatMul", ["x", "wd"], ["h"]),
            helper.make_node("Shape", ["h"], ["shape"]),
            helper.make_node("ConstantOfShape", ["shape"], ["zeros"]),
            helper.make_node("Max", ["h", "zeros"], ["y"]),
            helper.make_node("Softmax", ["y"], ["unused"]),
        ],
        "folded",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(w.astype(np.float32), name) for name, w in weights.items()],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)
    return {name: w.astype(np.float32).astype(np.float64) for name, w in weights.items()}


def test_constants_are_folded_over_the_reals(tmp_path):
    weights = product_of_constants(tmp_path / "m.onnx")
    reading = read_onnx(tmp_path / "m.onnx")
    expected = weights["w"] * weights["s"] / np.sqrt(weights["v"])
    # Three roundings of float64; folded in float32 it would be off by 2^-24.
    assert np.allclose(reading.network.weights[0], expected.T, rtol=2.0**-50, atol=0)


def test_a_clip_at_the_ends_of_float32_is_none(tmp_path):
    ends = [np.array(end, dtype=np.float32) for end in (np.finfo(np.float32).min, np.inf)]
    path = tmp_path / "m.onnx"
    path.write_bytes(one_node("Clip", *ends).SerializeToString())
    x = np.random.default_rng(0).normal(size=(4, 4))
    assert np.array_equal(read_onnx(path).network.forward(x), x)


def test_damaged_files_are_named(tmp_path):
    path = tmp_path / "m.onnx"
    with pytest.raises(UnreadableFile, match="does not exist"):
        read_onnx(path)
    path.write_bytes(one_node("Relu").SerializeToString()[:-40])
    with pytest.raises((UnreadableFile, BadInput)):
        read_onnx(path)


def test_a_wrong_reading_is_refused(tmp_path, monkeypatch):
    monkeypatch.setitem(OPERATORS, "Relu", OPERATORS["Tanh"])
    path = tmp_path / "m.onnx"
    path.write_bytes(one_node("Relu").SerializeToString())
    with pytest.raises(BadInput, match="after activate, step 2, which rounding does not explain"):
        read_onnx(path)
