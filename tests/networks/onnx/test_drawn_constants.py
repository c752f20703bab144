"""Constants that a graph computes: folded as they run, or refused where no two runs agree."""

from __future__ import annotations

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from slt_theory.errors import BadInput
from slt_theory.networks.onnx_graph import read_onnx

WEIGHT = np.array([[1.3, -0.7, 70.1], [0.1, 2.7, -1.1], [1e-3, 0.2, 3.3]], dtype=np.float32)
make = helper.make_node


def saved(path, nodes, *, batch=1, opset=17, **weights):
    """Write a graph of ``x`` (batch, 3) and these nodes; its output is ``y``."""
    graph = helper.make_graph(
        nodes,
        "constants",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [batch, 3])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(value, name) for name, value in weights.items()],
    )
    opsets = [helper.make_opsetid("", opset)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path


def run(path, x):
    onnxruntime = pytest.importorskip("onnxruntime")
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    return session.run(None, {"x": x.astype(np.float32)})[0]


def inside(node):
    """A node that gives the output of another one, in the branch of an If."""
    result = helper.make_tensor_value_info(node.output[0], TensorProto.FLOAT, None)
    then, other = (helper.make_graph([node], name, [], [result]) for name in ("then", "other"))
    return make("If", ["yes"], ["m"], then_branch=then, else_branch=other)


@pytest.mark.parametrize(
    "node",
    [
        make("RandomNormal", [], ["m"], shape=[3, 3]),
        make("RandomUniform", [], ["m"], shape=[3, 3], seed=1.0),
        make("RandomNormalLike", ["w"], ["m"]),
        make("RandomUniformLike", ["w"], ["m"]),
        make("Bernoulli", ["p"], ["m"]),
        make("Dropout", ["w", "", "yes"], ["m"]),
        inside(make("RandomNormal", [], ["drawn"], shape=[3, 3])),
    ],
    ids=lambda node: node.op_type,
)
def test_what_is_drawn_at_every_run_is_no_constant(tmp_path, node):
    given = {"w": WEIGHT, "yes": np.array(True), "p": np.full((3, 3), 0.5, np.float32)}
    path = saved(tmp_path / "n.onnx", [node, make("MatMul", ["x", "m"], ["y"])], **given)
    with pytest.raises(BadInput, match="draws random numbers"):
        read_onnx(path)


@pytest.mark.parametrize("kind", [TensorProto.FLOAT16, TensorProto.BFLOAT16])
@pytest.mark.parametrize("like", [False, True])
def test_a_cast_of_a_weight_rounds_it(tmp_path, kind, like):
    cast = make("CastLike", ["w", "h"], ["s"]) if like else make("Cast", ["w"], ["s"], to=kind)
    nodes = [cast, make("Cast", ["s"], ["m"], to=1), make("MatMul", ["x", "m"], ["y"])]
    path = saved(
        tmp_path / "n.onnx", nodes, w=WEIGHT, h=np.zeros(1, helper.tensor_dtype_to_np_dtype(kind))
    )
    (weight,) = read_onnx(path).network.weights
    if kind == TensorProto.FLOAT16:
        expected = WEIGHT.astype(np.float16).astype(np.float64)
    else:  # the upper half of a float32, to the nearest, ties to even
        bits = WEIGHT.view(np.uint32).astype(np.uint64)
        nearest = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16 << 16
        expected = nearest.astype(np.uint32).view(np.float32).astype(np.float64)
    assert (expected != WEIGHT).any()
    assert (np.asarray(weight).reshape(3, 3) == expected.T).all()


@pytest.mark.parametrize(
    ("node", "opset"),
    [
        (make("BatchNormalization", ["k", "a", "a", "a", "a"], ["c"]), 9),
        (make("GlobalMaxPool", ["k"], ["c"]), 13),
        (make("AveragePool", ["k"], ["c"], kernel_shape=[2], pads=[1, 0]), 11),
        (make("MaxPool", ["k"], ["c"], kernel_shape=[3], auto_pad="SAME_LOWER"), 11),
    ],
    ids=lambda value: getattr(value, "op_type", ""),
)
def test_constants_are_folded_as_they_run(tmp_path, node, opset):
    # What the comparison corrects of ONNX's reference is corrected where constants are folded, too.
    side = 1 if node.op_type == "GlobalMaxPool" else 3
    nodes = [node, make("Reshape", ["c", "s"], ["m"]), make("MatMul", ["x", "m"], ["y"])]
    weights = {"k": WEIGHT[None], "a": np.array([1, 2, 3], np.float32), "s": np.array([3, side])}
    path = saved(tmp_path / "n.onnx", nodes, opset=opset, **weights)
    x = np.array([[0.5, -2.0, 1.0]])
    np.testing.assert_allclose(
        read_onnx(path).network.run(x)[-1], run(path, x), rtol=2.0**-18, atol=2.0**-18
    )


def test_a_mean_over_all_axes_takes_no_batch_of_any_length(tmp_path):
    nodes = [
        make("MatMul", ["x", "w"], ["a"]),
        make("ReduceMean", ["a"], ["m"]),
        make("Add", ["a", "m"], ["y"]),
    ]
    read_onnx(saved(tmp_path / "n.onnx", nodes, w=WEIGHT))  # a batch of 1 is one input
    with pytest.raises(BadInput, match=r"ReduceMean.*across the batch"):
        read_onnx(saved(tmp_path / "n.onnx", nodes, batch="N", w=WEIGHT))


@pytest.mark.parametrize("auto_pad", ["SAME_UPPER", "SAME_LOWER"])
def test_a_dilated_pool_padded_to_the_same_size_is_refused(tmp_path, auto_pad):
    # onnxruntime and the definition give other shapes.
    nodes = [
        make("MatMul", ["x", "w"], ["a"]),
        make("Unsqueeze", ["a", "one"], ["b"]),
        make("MaxPool", ["b"], ["y"], kernel_shape=[2], dilations=[2], auto_pad=auto_pad),
    ]
    path = saved(tmp_path / "n.onnx", nodes, w=WEIGHT, one=np.array([1]))
    with pytest.raises(BadInput, match=r"MaxPool.*dilated and padded"):
        read_onnx(path)


def test_nothing_left_of_a_value_is_refused(tmp_path):
    nodes = [make("MatMul", ["x", "w"], ["a"]), make("Tile", ["a", "counts"], ["y"])]
    path = saved(tmp_path / "n.onnx", nodes, w=WEIGHT, counts=np.array([1, 0]))
    with pytest.raises(BadInput, match=r"Tile.*leaves no number"):
        read_onnx(path)


def test_a_mean_whose_first_value_is_the_narrower_one_is_read(tmp_path):
    nodes = [make("MatMul", ["x", "w"], ["a"]), make("Mean", ["c", "a"], ["y"])]
    path = saved(tmp_path / "n.onnx", nodes, w=WEIGHT, c=np.array([[2.0]], np.float32))
    x = np.array([[0.5, -2.0, 1.0]])
    np.testing.assert_allclose(
        read_onnx(path).network.run(x)[-1], run(path, x), rtol=2.0**-18, atol=2.0**-18
    )
