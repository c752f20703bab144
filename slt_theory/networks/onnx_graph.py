"""Read an ONNX graph as the function it is; the package `onnx` parses, nothing of the file runs.

Constants are folded by ONNX's own reference implementation. The network read is then compared with
that implementation on random inputs, every operator on its own and the whole, within the rounding
bound of `slt_theory.networks.rounding`. The reference runs in float64 for that, since a float32
bound of a deep network would say little.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slt_theory.errors import BadInput, UnreadableFile
from slt_theory.extras import optional
from slt_theory.networks.onnx_call import Call
from slt_theory.networks.onnx_operators import OPERATORS, REFUSED
from slt_theory.networks.onnx_reference import NARROW, evaluator, in_float64, rounded
from slt_theory.networks.operators import Refused
from slt_theory.networks.rounding import Reading, compared, random_inputs
from slt_theory.networks.tape import Tape, Value

__all__ = ["read_onnx"]

_INPUTS = 6
_FLOATS = ("float16", "float32", "float64")
_OLDEST = 7


def read_onnx(path: str | PathLike[str]) -> Reading:
    """Read an `.onnx` file.

    Parameters
    ----------
    path : path
        Opset 7 or newer; weights may stand in files beside it. One input, one output, both of
        floats. Axis 0 is the batch where it is symbolic or 1.

    Returns
    -------
    Reading
        The network, the same operator by operator, and how it agrees with ONNX's reference.

    Raises
    ------
    MissingExtra
        Without the package `onnx`.
    UnreadableFile
        Missing, truncated or damaged.
    BadInput
        Names an operator outside of what a network here may hold, its node, and the way out; or an
        output that differs from the reference by more than rounding explains.
    """
    model = _parsed(Path(path))
    graph = _Graph(model)
    output = graph.output()
    x = random_inputs(math.prod(graph.shape), _INPUTS)
    theirs, seen = graph.reference(x, output)
    return compared(graph.tape, output, x, theirs, seen, "ONNX's reference")


def _parsed(path: Path) -> Any:
    if not path.is_file():
        raise UnreadableFile("path", str(path), "does not exist")
    onnx = optional("onnx", "onnx", f"reading {path.name}")
    try:
        model = onnx.load(path)
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UnreadableFile(
            "path", str(path), f"is truncated, damaged, or no .onnx file ({reason[:200]})",
            "copy or export it again, with the files of its weights beside it",
        ) from error  # fmt: skip
    version = next((o.version for o in model.opset_import if o.domain in ("", "ai.onnx")), 0)
    if version < _OLDEST:
        raise BadInput(
            "opset",
            version,
            f"must be at least {_OLDEST}",
            "convert it with onnx.version_converter, and compare the outputs of both",
        )
    return model


class _Graph:
    """Nodes in order: constants are computed, values go on the tape."""

    def __init__(self, model: Any) -> None:
        from onnx import numpy_helper

        self.tape = Tape()
        self.name, self.dtype, sides = _input_type(model.graph)
        # Constants are folded over the reals, too: a float32 product of weights would round.
        self.model = in_float64(model)
        self.types = _types_of_casts(model.graph)
        self.called: list[Any] = []
        graph = self.model.graph
        self.opset = next(o.version for o in model.opset_import if o.domain in ("", "ai.onnx"))
        try:
            self.known: dict[str, Any] = {
                weight.name: np.asarray(numpy_helper.to_array(weight))
                for weight in graph.initializer
            }
        except (TypeError, ValueError, KeyError) as error:
            raise UnreadableFile(
                "path", graph.name, f"holds a damaged weight ({error})", "copy or export it again"
            ) from error
        if self.dtype.name not in _FLOATS:
            raise BadInput("input", self.dtype.name, "must be of float16, float32 or float64")
        self.batched = len(sides) > 1 and sides[0] in (None, 1)
        self.symbolic = self.batched and sides[0] is None
        shape = sides[1:] if self.batched else sides
        if any(side is None for side in shape) or not shape:
            raise BadInput(
                "input", f"{self.name}: {sides}", "has an axis of unknown length",
                "fix it, for example with onnx.tools.update_model_dims",
            )  # fmt: skip
        self.shape = tuple(int(side) for side in shape if side is not None)
        self.known[self.name] = self.tape.input(self.shape)

    def output(self) -> Value:
        """Record every node; the value of the output."""
        name = self.model.graph.output[0].name
        needed = {name}
        for node in reversed(self.model.graph.node):
            if needed & set(node.output):
                needed |= set(node.input)
        for number, node in enumerate(self.model.graph.node):
            if needed & set(node.output):
                self._record(node, number)
        found = self.known.get(name)
        if not isinstance(found, Value):
            raise BadInput("output", name, "must depend on the input")
        return found

    def _record(self, node: Any, number: int) -> None:
        if node.domain not in ("", "ai.onnx"):
            raise BadInput("network", f"{node.domain}.{node.op_type}", "is of a domain of its own")
        if node.op_type != "Constant" and any(
            name and name not in self.known for name in node.input
        ):
            raise BadInput("network", node.op_type, "takes a value that no node before it gives")
        given = [self.known[name] if name else None for name in node.input]
        if not any(isinstance(value, Value) for value in given):
            _check_fixed(node, given, number)
            results = self._computed(node, given)
        else:
            results = self._called(node, given, number)
            self.called.append(node)
        self.known.update(zip(node.output, results, strict=False))

    def _computed(self, node: Any, given: list[Any]) -> list[NDArray[Any]]:
        """A constant, by ONNX's reference implementation."""
        import onnx

        if node.op_type in ("Cast", "CastLike") and node.output[0] in self.types:
            return [rounded(given[0], self.types[node.output[0]])]
        names = [name for name in node.input if name]
        inputs = [onnx.helper.make_value_info(name, onnx.TypeProto()) for name in names]
        outputs = [onnx.helper.make_value_info(name, onnx.TypeProto()) for name in node.output]
        graph = onnx.helper.make_graph([node], "constant", inputs, outputs)
        model = onnx.helper.make_model(graph, opset_imports=self.model.opset_import)
        values = [value for value in given if value is not None]
        try:
            feed = dict(zip(names, values, strict=True))
            results = [np.asarray(v) for v in evaluator(model).run(None, feed)]
            return [v.astype(np.float64) if v.dtype.kind == "f" else v for v in results]
        except Exception as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise BadInput(
                "network", f"{node.op_type} of constants", f"cannot be computed ({reason[:200]})"
            ) from error

    def _called(self, node: Any, given: list[Any], number: int) -> list[Any]:
        import onnx

        attributes: dict[str, Any] = {
            a.name: onnx.helper.get_attribute_value(a) for a in node.attribute
        }
        name = str(node.name or next((n for n in node.input[1:] if n), f"{node.op_type}{number}"))
        call = Call(
            self.tape, self.batched, self.symbolic, self.opset, name, attributes, len(node.output)
        )  # fmt: skip
        operator: Callable[..., Any] | None = OPERATORS.get(node.op_type)
        place = f"{node.op_type} (node {number}, {node.name or 'unnamed'})"
        try:
            if operator is None:
                raise Refused(*REFUSED.get(node.op_type, ("is not covered",)))
            result = operator(call, *given)
            if isinstance(result, Value) and 0 in result.shape:
                raise Refused("leaves no number of its value")
        except Refused as refusal:
            raise BadInput("network", place, str(refusal), refusal.way_out) from None
        except (TypeError, ValueError, IndexError) as error:
            if isinstance(error, BadInput):
                raise
            raise BadInput("network", place, f"has arguments that do not fit ({error})") from error
        return result if isinstance(result, list) else [result]

    def _of_values(self) -> Any:
        """The model without its constant part: what that gives is a weight."""
        import onnx

        taken = {name for node in self.called for name in node.input}
        weights = [
            onnx.numpy_helper.from_array(value, name)
            for name, value in self.known.items()
            if name in taken and not isinstance(value, Value)
        ]
        model = onnx.ModelProto()
        model.CopyFrom(self.model)
        del model.graph.node[:], model.graph.initializer[:]
        model.graph.node.extend(self.called)
        model.graph.initializer.extend(weights)
        return model

    def reference(
        self, x: NDArray[np.float64], output: Value
    ) -> tuple[NDArray[np.float64], dict[int, NDArray[np.float64]]]:
        """Outputs of ONNX's reference implementation in float64, and its numbers of every node."""
        runner = evaluator(self._of_values())
        shape = (1, *self.shape) if self.batched else self.shape
        names = [name for name, value in self.known.items() if isinstance(value, Value)]
        try:
            runs = [runner.run(names, {self.name: row.reshape(shape)}) for row in x]
        except Exception as error:
            raise BadInput(
                "network", f"{type(error).__name__}: {str(error)[:200]}",
                "ONNX's reference implementation cannot run it, so the reading cannot be compared",
            ) from error  # fmt: skip
        seen = {
            self.known[name].node: np.stack(values).astype(np.float64).reshape(len(x), -1)
            for name, values in zip(names, zip(*runs, strict=True), strict=True)
        }
        return seen[output.node], seen


_DRAWN = {"Bernoulli", "Multinomial"} | {
    f"Random{law}{like}" for law in ("Normal", "Uniform") for like in ("", "Like")
}


def _check_fixed(node: Any, given: list[Any], number: int) -> None:
    """Refuse to fold a node whose value another run would draw anew, also within its branches."""
    drops = node.op_type == "Dropout" and len(given) > 2 and given[2] is not None
    if node.op_type in _DRAWN or (drops and bool(given[2])):
        place = f"{node.op_type} (node {number}, {node.name or 'unnamed'})"
        raise BadInput("network", place, "draws random numbers", "store them as a weight")
    for attribute in node.attribute:
        for inner in attribute.g.node:
            # What is inside may take names of its own; a Dropout there has no value yet.
            _check_fixed(inner, [None, None, inner.op_type == "Dropout"], number)


def _types_of_casts(graph: Any) -> dict[str, int]:
    """Types to which casts go, by the names of their outputs, where they hold fewer floats."""
    stored = {weight.name: weight.data_type for weight in graph.initializer}
    found = {}
    for node in graph.node:
        kind = 0
        if node.op_type == "Cast":
            kind = next((a.i for a in node.attribute if a.name == "to"), 0)
        elif node.op_type == "CastLike":
            kind = stored.get(node.input[1], 0)
        if kind in NARROW:
            found[node.output[0]] = kind
    return found


def _input_type(graph: Any) -> tuple[str, np.dtype[Any], list[int | None]]:
    """Name, type and sides of the one input."""
    from onnx import helper

    weights = {weight.name for weight in graph.initializer}
    inputs = [entry for entry in graph.input if entry.name not in weights]
    if len(inputs) != 1 or len(graph.output) != 1:
        names = [entry.name for entry in inputs], [entry.name for entry in graph.output]
        raise BadInput("network", names, "must have one input and one output")
    tensor = inputs[0].type.tensor_type
    sides = [side.dim_value if side.dim_value > 0 else None for side in tensor.shape.dim]
    kind = np.dtype(helper.tensor_dtype_to_np_dtype(tensor.elem_type))
    return inputs[0].name, kind, sides
